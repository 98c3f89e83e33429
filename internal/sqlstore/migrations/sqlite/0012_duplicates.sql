-- +goose Up
-- Pairs of records that may be about the same party: how probable (in millionths), by
-- which fields (codes, no values), and what staff decided. mark_a and mark_b are keyed
-- hashes of what the two said then: a decision holds while both still say it.

CREATE TABLE duplicate (
  a          BLOB    NOT NULL,
  b          BLOB    NOT NULL,
  p          INTEGER NOT NULL,
  reasons    TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  found_at   INTEGER NOT NULL,
  later_at   INTEGER NOT NULL DEFAULT 0,
  mark_a     BLOB    NOT NULL,
  mark_b     BLOB    NOT NULL,
  decided_by BLOB,
  decided_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (a, b)
) WITHOUT ROWID;
CREATE INDEX duplicate_b ON duplicate (b);
CREATE INDEX duplicate_open ON duplicate (later_at, p DESC, a, b) WHERE state = 'open';
CREATE INDEX duplicate_decided ON duplicate (decided_at DESC, a, b) WHERE state = 'different';
