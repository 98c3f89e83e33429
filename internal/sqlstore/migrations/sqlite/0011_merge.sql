-- +goose Up
-- Records that are about one party, and records that were about two. Nothing moves when
-- records are merged: the one that goes in is pointed at, and its words stay its own.

CREATE TABLE party_merge (
  id       BLOB PRIMARY KEY,
  target   BLOB NOT NULL,
  party    BLOB NOT NULL, -- the one that goes in
  state    TEXT NOT NULL,
  was      TEXT NOT NULL DEFAULT '',
  by_whom  BLOB NOT NULL,
  choices  TEXT NOT NULL DEFAULT '', -- names of fields, no values
  said     BLOB,
  agreed   BLOB, -- accounts, one after the other
  at       INTEGER NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX party_merge_target ON party_merge (target);
CREATE INDEX party_merge_party ON party_merge (party);
CREATE UNIQUE INDEX party_merge_once ON party_merge (party) WHERE state = 'done';

CREATE TABLE party_split (
  id       BLOB PRIMARY KEY,
  party    BLOB NOT NULL,
  target   BLOB NOT NULL, -- the new record
  state    TEXT NOT NULL,
  by_whom  BLOB NOT NULL,
  at       INTEGER NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX party_split_party ON party_split (party);
CREATE INDEX party_split_target ON party_split (target);

-- Which words a split is about, and which handles lead elsewhere because of it.
CREATE TABLE split_item (
  split     BLOB NOT NULL,
  party     BLOB NOT NULL,
  statement BLOB NOT NULL,
  PRIMARY KEY (split, party, statement)
) WITHOUT ROWID;
CREATE TABLE split_handle (
  split  BLOB NOT NULL,
  hash   BLOB NOT NULL,
  source BLOB NOT NULL,
  n      INTEGER NOT NULL,
  party  BLOB NOT NULL, -- whom it led to
  PRIMARY KEY (split, hash, source, n)
) WITHOUT ROWID;

-- Words that do not count where they lie, and because of which event.
CREATE TABLE aside (
  party     BLOB NOT NULL,
  statement BLOB NOT NULL,
  event     BLOB NOT NULL,
  PRIMARY KEY (party, statement, event)
) WITHOUT ROWID;
CREATE INDEX aside_event ON aside (event);
