-- +goose Up
-- Records that are about one party, and records that were about two. Nothing moves when
-- records are merged: the one that goes in is pointed at, and its words stay its own.

CREATE TABLE party_merge (
  id       bytea PRIMARY KEY,
  target   bytea NOT NULL,
  party    bytea NOT NULL, -- the one that goes in
  state    text NOT NULL,
  was      text NOT NULL DEFAULT '',
  by_whom  bytea NOT NULL,
  choices  text NOT NULL DEFAULT '', -- names of fields, no values
  said     bytea,
  agreed   bytea, -- accounts, one after the other
  at       bigint NOT NULL,
  ended_at bigint NOT NULL DEFAULT 0
);
CREATE INDEX party_merge_target ON party_merge (target);
CREATE INDEX party_merge_party ON party_merge (party);
CREATE UNIQUE INDEX party_merge_once ON party_merge (party) WHERE state = 'done';

CREATE TABLE party_split (
  id       bytea PRIMARY KEY,
  party    bytea NOT NULL,
  target   bytea NOT NULL, -- the new record
  state    text NOT NULL,
  by_whom  bytea NOT NULL,
  at       bigint NOT NULL,
  ended_at bigint NOT NULL DEFAULT 0
);
CREATE INDEX party_split_party ON party_split (party);
CREATE INDEX party_split_target ON party_split (target);

-- Which words a split is about, and which handles lead elsewhere because of it.
CREATE TABLE split_item (
  split     bytea NOT NULL,
  party     bytea NOT NULL,
  statement bytea NOT NULL,
  PRIMARY KEY (split, party, statement)
);
CREATE TABLE split_handle (
  split  bytea NOT NULL,
  hash   bytea NOT NULL,
  source bytea NOT NULL,
  n      bigint NOT NULL,
  party  bytea NOT NULL, -- whom it led to
  PRIMARY KEY (split, hash, source, n)
);

-- Words that do not count where they lie, and because of which event.
CREATE TABLE aside (
  party     bytea NOT NULL,
  statement bytea NOT NULL,
  event     bytea NOT NULL,
  PRIMARY KEY (party, statement, event)
);
CREATE INDEX aside_event ON aside (event);
