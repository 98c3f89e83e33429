-- +goose Up
-- Pairs of records that may be about the same party: how probable (in millionths), by
-- which fields (codes, no values), and what staff decided. mark_a and mark_b are keyed
-- hashes of what the two said then: a decision holds while both still say it.

CREATE TABLE duplicate (
  a          bytea  NOT NULL,
  b          bytea  NOT NULL,
  p          bigint NOT NULL,
  reasons    text   NOT NULL,
  state      text   NOT NULL,
  found_at   bigint NOT NULL,
  later_at   bigint NOT NULL DEFAULT 0,
  mark_a     bytea  NOT NULL,
  mark_b     bytea  NOT NULL,
  decided_by bytea,
  decided_at bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (a, b)
);
CREATE INDEX duplicate_b ON duplicate (b);
CREATE INDEX duplicate_open ON duplicate (later_at, p DESC, a, b) WHERE state = 'open';
CREATE INDEX duplicate_decided ON duplicate (decided_at DESC, a, b) WHERE state = 'different';
