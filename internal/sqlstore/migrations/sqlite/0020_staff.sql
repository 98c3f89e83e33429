-- +goose Up
-- Work of staff: batches of merges, who sees which data sets, and notes that their subject
-- can see.

-- A batch holds no value of anybody's; clashes counts by reason why pairs are not in it.
CREATE TABLE bulk (
  id           BLOB PRIMARY KEY,
  state        TEXT    NOT NULL,
  by_whom      BLOB    NOT NULL,
  undo_by      BLOB,
  certain      INTEGER NOT NULL,
  pairs        INTEGER NOT NULL DEFAULT 0,
  seen         INTEGER NOT NULL DEFAULT 0,
  free         INTEGER NOT NULL DEFAULT 0,
  merged       INTEGER NOT NULL DEFAULT 0,
  skipped      INTEGER NOT NULL DEFAULT 0,
  apart        INTEGER NOT NULL DEFAULT 0,
  apart_before INTEGER NOT NULL DEFAULT 0,
  left_over    INTEGER NOT NULL DEFAULT 0,
  clashes      TEXT    NOT NULL DEFAULT '',
  at           INTEGER NOT NULL,
  done_at      INTEGER NOT NULL DEFAULT 0,
  ended_at     INTEGER NOT NULL DEFAULT 0,
  lease        INTEGER NOT NULL DEFAULT 0,
  version      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX bulk_working ON bulk (lease) WHERE state IN ('looking', 'merging', 'undoing');

CREATE TABLE bulk_pair (
  bulk  BLOB    NOT NULL,
  n     INTEGER NOT NULL,
  a     BLOB    NOT NULL,
  b     BLOB    NOT NULL,
  merge_id BLOB NOT NULL, -- under which the two are merged
  step  TEXT    NOT NULL,
  PRIMARY KEY (bulk, n)
) WITHOUT ROWID;
CREATE INDEX bulk_pair_step ON bulk_pair (bulk, step, n);
CREATE INDEX bulk_pair_merge ON bulk_pair (merge_id);
CREATE INDEX bulk_pair_a ON bulk_pair (a);
CREATE INDEX bulk_pair_b ON bulk_pair (b);
CREATE INDEX duplicate_likely ON duplicate (p DESC, a, b) WHERE state = 'open';

-- Which group of staff somebody belongs to. What a group may see is part of the policy.
CREATE TABLE staff_group (
  account BLOB PRIMARY KEY,
  name    TEXT NOT NULL
) WITHOUT ROWID;

-- Notes of staff on a record, sealed under its key: every version, the answer of its
-- person, and why it was struck out.
CREATE TABLE note (
  id      BLOB PRIMARY KEY,
  party   BLOB    NOT NULL,
  account BLOB    NOT NULL, -- who wrote it
  struck  INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL,
  sealed  BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX note_party ON note (party);
