-- +goose Up
-- The register of requests in depth, what legal duties keep of erased records, and the
-- register of breaches.

ALTER TABLE request ADD COLUMN came_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE request ADD COLUMN extended_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE request ADD COLUMN reminded_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE request ADD COLUMN assigned BLOB;

-- Until when staff keep a record beyond its time; 0: until they say otherwise.
ALTER TABLE retention ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;

-- One data set of an erased record, under a key of its own. Nothing leads to it but its
-- number; the words go with their key, the rest shows that they went.
CREATE TABLE remainder (
  id       BLOB PRIMARY KEY,
  erasure  BLOB NOT NULL,
  subject  BLOB, -- owner of the key; empty once that is destroyed
  name     TEXT NOT NULL,
  label    TEXT NOT NULL,
  duty     TEXT NOT NULL,
  until    INTEGER NOT NULL,
  event    BLOB NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0,
  ended    BLOB,
  sealed   BLOB
) WITHOUT ROWID;
CREATE INDEX remainder_erasure ON remainder (erasure);
CREATE INDEX remainder_until ON remainder (until) WHERE ended_at = 0;

-- Breaches of personal data; the register says nothing about individuals. What staff
-- write is sealed under the house's key.
CREATE TABLE breach (
  id      BLOB PRIMARY KEY,
  version INTEGER NOT NULL,
  noticed INTEGER NOT NULL,
  closed  INTEGER NOT NULL DEFAULT 0,
  sealed  BLOB NOT NULL
) WITHOUT ROWID;

-- Who was written to because of a breach, as a keyed mark that only this breach makes, and
-- the mail.
CREATE TABLE breach_letter (
  breach BLOB NOT NULL,
  mark   BLOB NOT NULL,
  mail   BLOB NOT NULL,
  PRIMARY KEY (breach, mark)
) WITHOUT ROWID;
