-- +goose Up
-- What connected systems are told of changes. Nothing here is personal: a reference is
-- random and means something to one system only, a fingerprint is a keyed hash.

-- Systems that follow their feed. head numbers the events of one system.
CREATE TABLE change_feed (
  system bytea PRIMARY KEY,
  epoch  bytea    NOT NULL, -- names the place before the first event
  head   bigint NOT NULL DEFAULT 0,
  basis  text    NOT NULL DEFAULT '', -- what it may read, of which fingerprints were taken; empty: they are still being taken
  place  bytea    NOT NULL, -- how far that has come
  since  bigint NOT NULL
);

-- Parties that have changed since it was last looked whom that concerns.
CREATE TABLE change_mark (
  id        bytea PRIMARY KEY, -- in the order of the changes
  party     bytea NOT NULL,
  by_system bytea NOT NULL, -- who spoke, when it was a system that follows
  ref       bytea NOT NULL, -- and by which name; empty: another
  statement bytea NOT NULL, -- what was said; zero: nothing; empty: words came or went
  closed    bigint NOT NULL  -- 1: no words of others could be read afterwards, whatever the policy
);
CREATE INDEX change_mark_party ON change_mark (party);

-- What a system was last told of a party, by the name that it has for it.
CREATE TABLE change_ref (
  system    bytea NOT NULL,
  ref       bytea NOT NULL,
  party     bytea NOT NULL,
  own       bytea NOT NULL, -- fingerprint of its own words
  seen      bytea NOT NULL, -- fingerprint of what it could read
  restraint text NOT NULL DEFAULT '',
  one       bytea NOT NULL, -- told to be one with others that carry the same; empty: with none
  PRIMARY KEY (system, ref)
);
CREATE INDEX change_ref_party ON change_ref (party);

-- The events. An erased party's name stays until the row's time is over.
CREATE TABLE change_event (
  system bytea    NOT NULL,
  seq    bigint NOT NULL,
  id     bytea    NOT NULL,
  kind   text    NOT NULL,
  ref    bytea    NOT NULL,
  other  bytea    NOT NULL,
  hour   bigint NOT NULL, -- in which it was noticed
  job    bytea,             -- its delivery in the outbox
  PRIMARY KEY (system, seq)
);
CREATE INDEX change_event_hour ON change_event (hour);
CREATE INDEX change_event_job ON change_event (job) WHERE job IS NOT NULL;

-- Where a system wants to be told. Address and secrets are sealed under the house key.
CREATE TABLE webhook (
  system   bytea PRIMARY KEY,
  state    text    NOT NULL,
  kinds    text    NOT NULL DEFAULT '',
  failing  bigint NOT NULL DEFAULT 0, -- since when nothing has got through
  last_ok  bigint NOT NULL DEFAULT 0,
  reason   text    NOT NULL DEFAULT '',
  held     bigint NOT NULL DEFAULT 0, -- while paused: the last event that is not held back
  version  bigint NOT NULL,
  sealed   bytea    NOT NULL
);
