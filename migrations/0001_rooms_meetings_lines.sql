-- Rooms, the meetings held in them and what was said there. Valid on SQLite and PostgreSQL.

-- A lasting place with a link. The code in the link is a capability: only its SHA-256 is kept.
CREATE TABLE rooms (
    id            TEXT    NOT NULL PRIMARY KEY,
    code_digest   BYTEA   NOT NULL UNIQUE,
    name          TEXT    NOT NULL,
    transcription BOOLEAN NOT NULL,
    created_at_ms BIGINT  NOT NULL
);

-- First join to last leave. wrapped_key is the meeting's own key under the master key; the
-- transcript code is derived from that key, and only its SHA-256 is kept.
CREATE TABLE meetings (
    id                TEXT   NOT NULL PRIMARY KEY,
    room              TEXT   NOT NULL,
    wrapped_key       BYTEA  NOT NULL,
    transcript_digest BYTEA  NOT NULL UNIQUE,
    started_at_ms     BIGINT NOT NULL,
    last_seen_at_ms   BIGINT NOT NULL,
    ended_at_ms       BIGINT
);
CREATE UNIQUE INDEX meetings_one_open_per_room ON meetings (room) WHERE ended_at_ms IS NULL;
CREATE INDEX meetings_by_room ON meetings (room, started_at_ms);

-- One final line of a transcript; who said what in which language is sealed with the meeting's key.
CREATE TABLE lines (
    meeting       TEXT   NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    segment       TEXT   NOT NULL,
    started_at_ms BIGINT NOT NULL,
    ended_at_ms   BIGINT NOT NULL,
    sealed        BYTEA  NOT NULL,
    PRIMARY KEY (meeting, segment)
);

-- Which master key this database was written under: a server started with another one must stop
-- before it writes what nobody can read.
CREATE TABLE master_key (
    id          INTEGER NOT NULL PRIMARY KEY,
    fingerprint BYTEA   NOT NULL
);
