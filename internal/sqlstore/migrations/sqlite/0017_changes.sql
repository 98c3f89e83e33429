-- +goose Up
-- What connected systems are told of changes. Nothing here is personal: a reference is
-- random and means something to one system only, a fingerprint is a keyed hash.

-- Systems that follow their feed. head numbers the events of one system.
CREATE TABLE change_feed (
  system BLOB PRIMARY KEY,
  epoch  BLOB    NOT NULL, -- names the place before the first event
  head   INTEGER NOT NULL DEFAULT 0,
  basis  TEXT    NOT NULL DEFAULT '', -- what it may read, of which fingerprints were taken; empty: they are still being taken
  place  BLOB    NOT NULL, -- how far that has come
  since  INTEGER NOT NULL
) WITHOUT ROWID;

-- Parties that have changed since it was last looked whom that concerns.
CREATE TABLE change_mark (
  id        BLOB PRIMARY KEY, -- in the order of the changes
  party     BLOB NOT NULL,
  by_system BLOB NOT NULL, -- who spoke, when it was a system that follows
  ref       BLOB NOT NULL, -- and by which name; empty: another
  statement BLOB NOT NULL, -- what was said; zero: nothing; empty: words came or went
  closed    INTEGER NOT NULL  -- 1: no words of others could be read afterwards, whatever the policy
) WITHOUT ROWID;
CREATE INDEX change_mark_party ON change_mark (party);

-- What a system was last told of a party, by the name that it has for it.
CREATE TABLE change_ref (
  system    BLOB NOT NULL,
  ref       BLOB NOT NULL,
  party     BLOB NOT NULL,
  own       BLOB NOT NULL, -- fingerprint of its own words
  seen      BLOB NOT NULL, -- fingerprint of what it could read
  restraint TEXT NOT NULL DEFAULT '',
  one       BLOB NOT NULL, -- told to be one with others that carry the same; empty: with none
  PRIMARY KEY (system, ref)
) WITHOUT ROWID;
CREATE INDEX change_ref_party ON change_ref (party);

-- The events. An erased party's name stays until the row's time is over.
CREATE TABLE change_event (
  system BLOB    NOT NULL,
  seq    INTEGER NOT NULL,
  id     BLOB    NOT NULL,
  kind   TEXT    NOT NULL,
  ref    BLOB    NOT NULL,
  other  BLOB    NOT NULL,
  hour   INTEGER NOT NULL, -- in which it was noticed
  job    BLOB,             -- its delivery in the outbox
  PRIMARY KEY (system, seq)
) WITHOUT ROWID;
CREATE INDEX change_event_hour ON change_event (hour);
CREATE INDEX change_event_job ON change_event (job) WHERE job IS NOT NULL;

-- Where a system wants to be told. Address and secrets are sealed under the house key.
CREATE TABLE webhook (
  system   BLOB PRIMARY KEY,
  state    TEXT    NOT NULL,
  kinds    TEXT    NOT NULL DEFAULT '',
  failing  INTEGER NOT NULL DEFAULT 0, -- since when nothing has got through
  last_ok  INTEGER NOT NULL DEFAULT 0,
  reason   TEXT    NOT NULL DEFAULT '',
  held     INTEGER NOT NULL DEFAULT 0, -- while paused: the last event that is not held back
  version  INTEGER NOT NULL,
  sealed   BLOB    NOT NULL
) WITHOUT ROWID;
