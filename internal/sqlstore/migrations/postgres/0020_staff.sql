-- +goose Up
-- Work of staff: batches of merges, who sees which data sets, and notes that their subject
-- can see.

-- A batch holds no value of anybody's; clashes counts by reason why pairs are not in it.
CREATE TABLE bulk (
  id           bytea PRIMARY KEY,
  state        text    NOT NULL,
  by_whom      bytea    NOT NULL,
  undo_by      bytea,
  certain      bigint NOT NULL,
  pairs        bigint NOT NULL DEFAULT 0,
  seen         bigint NOT NULL DEFAULT 0,
  free         bigint NOT NULL DEFAULT 0,
  merged       bigint NOT NULL DEFAULT 0,
  skipped      bigint NOT NULL DEFAULT 0,
  apart        bigint NOT NULL DEFAULT 0,
  apart_before bigint NOT NULL DEFAULT 0,
  left_over    bigint NOT NULL DEFAULT 0,
  clashes      text    NOT NULL DEFAULT '',
  at           bigint NOT NULL,
  done_at      bigint NOT NULL DEFAULT 0,
  ended_at     bigint NOT NULL DEFAULT 0,
  lease        bigint NOT NULL DEFAULT 0,
  version      bigint NOT NULL
);
CREATE INDEX bulk_working ON bulk (lease) WHERE state IN ('looking', 'merging', 'undoing');

CREATE TABLE bulk_pair (
  bulk  bytea    NOT NULL,
  n     bigint NOT NULL,
  a     bytea    NOT NULL,
  b     bytea    NOT NULL,
  merge_id bytea NOT NULL, -- under which the two are merged
  step  text    NOT NULL,
  PRIMARY KEY (bulk, n)
);
CREATE INDEX bulk_pair_step ON bulk_pair (bulk, step, n);
CREATE INDEX bulk_pair_merge ON bulk_pair (merge_id);
CREATE INDEX bulk_pair_a ON bulk_pair (a);
CREATE INDEX bulk_pair_b ON bulk_pair (b);
CREATE INDEX duplicate_likely ON duplicate (p DESC, a, b) WHERE state = 'open';

-- Which group of staff somebody belongs to. What a group may see is part of the policy.
CREATE TABLE staff_group (
  account bytea PRIMARY KEY,
  name    text NOT NULL
);

-- Notes of staff on a record, sealed under its key: every version, the answer of its
-- person, and why it was struck out.
CREATE TABLE note (
  id      bytea PRIMARY KEY,
  party   bytea    NOT NULL,
  account bytea    NOT NULL, -- who wrote it
  struck  bigint NOT NULL DEFAULT 0,
  version bigint NOT NULL,
  sealed  bytea    NOT NULL
);
CREATE INDEX note_party ON note (party);
