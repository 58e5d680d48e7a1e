-- Keeping a transcript is started and stopped, everybody who was there reads it by a code of their
-- own, and its lines are numbered in the order in which they were stored.

-- 'off', 'ask' or 'on'; NULL follows the setting transcripts.default. Rooms of before start as that.
ALTER TABLE rooms ADD COLUMN transcript TEXT CHECK (transcript IN ('off', 'ask', 'on'));
ALTER TABLE rooms DROP COLUMN transcription;

ALTER TABLE lines ADD COLUMN number BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE;

-- From when to when a transcript is kept: only lines that lie within are stored. The code that the
-- digest belongs to was given to the participant who started it, and deletes the transcript.
CREATE TABLE transcript_periods (
    meeting         TEXT   NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
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
    meeting       TEXT   NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    -- Its participant was removed: it is granted again to a token that was issued later.
    revoked_at_ms BIGINT,
    reads         BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX transcript_readers_by_meeting ON transcript_readers (meeting);
INSERT INTO transcript_readers (code_digest, meeting) SELECT transcript_digest, id FROM meetings;
ALTER TABLE meetings DROP COLUMN transcript_digest;
