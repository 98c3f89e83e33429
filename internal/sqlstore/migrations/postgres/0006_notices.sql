-- +goose Up
-- What the organisation has decided, people who are told what is held about them
-- without having an account, what they ask for, and when unclaimed records go.

-- Kept, and not used: its person objected or asked for restriction.
ALTER TABLE party ADD COLUMN restraint text NOT NULL DEFAULT '';
ALTER TABLE party ADD COLUMN restrained_at bigint NOT NULL DEFAULT 0;

-- Each version of a setting; the row in setting holds the newest.
ALTER TABLE setting ADD COLUMN version bigint NOT NULL DEFAULT 0;
CREATE TABLE setting_change (
  name    text    NOT NULL,
  version bigint NOT NULL,
  at      bigint NOT NULL,
  account bytea    NOT NULL,
  value   text    NOT NULL,
  PRIMARY KEY (name, version)
);

-- The version of a record at which it was last looked at for a notice.
CREATE TABLE told (
  party   bytea PRIMARY KEY,
  version bigint NOT NULL,
  state   text    NOT NULL,
  at      bigint NOT NULL
);

-- An address to which notices go: keyed hash, the hash of the token that stops them,
-- and the categories that were named so far.
CREATE TABLE notified (
  address    bytea PRIMARY KEY,
  stop       bytea    NOT NULL,
  sets       text    NOT NULL DEFAULT '',
  mail       bytea    NOT NULL,
  sent_at    bigint NOT NULL DEFAULT 0,
  seen_at    bigint NOT NULL DEFAULT 0,
  stopped_at bigint NOT NULL DEFAULT 0,
  bounced_at bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX notified_stop ON notified (stop);
CREATE INDEX notified_mail ON notified (mail) WHERE bounced_at = 0;

-- A browser in which somebody proved an address to see what is held there.
CREATE TABLE notice_visit (
  hash       bytea PRIMARY KEY,
  address    bytea    NOT NULL,
  created_at bigint NOT NULL,
  expires    bigint NOT NULL,
  sealed     bytea    NOT NULL
);

-- When an unclaimed record was announced to go, and whether staff keep it; the
-- reason is sealed under the record's key.
CREATE TABLE retention (
  party     bytea PRIMARY KEY,
  warned_at bigint NOT NULL DEFAULT 0,
  held_at   bigint NOT NULL DEFAULT 0,
  held_by   bytea    NOT NULL,
  sealed    bytea
);

-- What people asked for. party is empty once the record was erased.
CREATE TABLE request (
  id       bytea PRIMARY KEY,
  party    bytea    NOT NULL,
  kind     text    NOT NULL,
  channel  text    NOT NULL,
  state    text    NOT NULL,
  due      bigint NOT NULL,
  act_at   bigint NOT NULL DEFAULT 0,
  ended_at bigint NOT NULL DEFAULT 0,
  ended_by bytea    NOT NULL,
  sealed   bytea
);
CREATE INDEX request_party ON request (party);
CREATE INDEX request_open ON request (due, id) WHERE state = 'open';
CREATE INDEX request_act ON request (act_at) WHERE state = 'open' AND act_at > 0;
