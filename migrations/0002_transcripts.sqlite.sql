-- Keeping a transcript is started and stopped, everybody who was there reads it by a code of their
-- own, and its lines are numbered in the order in which they were stored.

-- 'off', 'ask' or 'on'; NULL follows the setting transcripts.default. Rooms of before start as that.
ALTER TABLE rooms ADD COLUMN transcript TEXT CHECK (transcript IN ('off', 'ask', 'on'));
ALTER TABLE rooms DROP COLUMN transcription;

-- SQLite cannot drop a unique column or add a numbered key: the two tables are written again.
CREATE TABLE meetings_next (
    id              TEXT   NOT NULL PRIMARY KEY,
    room            TEXT   NOT NULL,
    wrapped_key     BYTEA  NOT NULL,
    started_at_ms   BIGINT NOT NULL,
    last_seen_at_ms BIGINT NOT NULL,
    ended_at_ms     BIGINT
);
INSERT INTO meetings_next
    SELECT id, room, wrapped_key, started_at_ms, last_seen_at_ms, ended_at_ms FROM meetings;

CREATE TABLE lines_next (
    number        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    meeting       TEXT    NOT NULL REFERENCES meetings_next (id) ON DELETE CASCADE,
    segment       TEXT    NOT NULL,
    started_at_ms BIGINT  NOT NULL,
    ended_at_ms   BIGINT  NOT NULL,
    sealed        BYTEA   NOT NULL,
    UNIQUE (meeting, segment)
);
INSERT INTO lines_next (meeting, segment, started_at_ms, ended_at_ms, sealed)
    SELECT meeting, segment, started_at_ms, ended_at_ms, sealed FROM lines ORDER BY rowid;

-- From when to when a transcript is kept: only lines that lie within are stored. The code that the
-- digest belongs to was given to the participant who started it, and deletes the transcript.
CREATE TABLE transcript_periods (
    meeting         TEXT   NOT NULL REFERENCES meetings_next (id) ON DELETE CASCADE,
    started_at_ms   BIGINT NOT NULL,
    ended_at_ms     BIGINT,
    deletion_digest BYTEA,
    PRIMARY KEY (meeting, started_at_ms)
);
CREATE UNIQUE INDEX transcript_periods_one_open ON transcript_periods (meeting)
    WHERE ended_at_ms IS NULL;
-- What is being kept now stops until somebody starts it: then all are asked to agree.
INSERT INTO transcript_periods (meeting, started_at_ms, ended_at_ms)
    SELECT id, started_at_ms, COALESCE(ended_at_ms, last_seen_at_ms) FROM meetings;

-- Who may read a transcript: one code for each participant, of which only the SHA-256 is kept.
CREATE TABLE transcript_readers (
    code_digest   BYTEA  NOT NULL PRIMARY KEY,
    meeting       TEXT   NOT NULL REFERENCES meetings_next (id) ON DELETE CASCADE,
    -- Its participant was removed: it is granted again to a token that was issued later.
    revoked_at_ms BIGINT,
    reads         BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX transcript_readers_by_meeting ON transcript_readers (meeting);
INSERT INTO transcript_readers (code_digest, meeting) SELECT transcript_digest, id FROM meetings;

DROP TABLE lines;
DROP TABLE meetings;
ALTER TABLE meetings_next RENAME TO meetings;
ALTER TABLE lines_next RENAME TO lines;
CREATE UNIQUE INDEX meetings_one_open_per_room ON meetings (room) WHERE ended_at_ms IS NULL;
CREATE INDEX meetings_by_room ON meetings (room, started_at_ms);
