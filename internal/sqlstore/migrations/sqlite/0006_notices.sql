-- +goose Up
-- What the organisation has decided, people who are told what is held about them
-- without having an account, what they ask for, and when unclaimed records go.

-- Kept, and not used: its person objected or asked for restriction.
ALTER TABLE party ADD COLUMN restraint TEXT NOT NULL DEFAULT '';
ALTER TABLE party ADD COLUMN restrained_at INTEGER NOT NULL DEFAULT 0;

-- Each version of a setting; the row in setting holds the newest.
ALTER TABLE setting ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
CREATE TABLE setting_change (
  name    TEXT    NOT NULL,
  version INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  account BLOB    NOT NULL,
  value   TEXT    NOT NULL,
  PRIMARY KEY (name, version)
) WITHOUT ROWID;

-- The version of a record at which it was last looked at for a notice.
CREATE TABLE told (
  party   BLOB PRIMARY KEY,
  version INTEGER NOT NULL,
  state   TEXT    NOT NULL,
  at      INTEGER NOT NULL
) WITHOUT ROWID;

-- An address to which notices go: keyed hash, the hash of the token that stops them,
-- and the categories that were named so far.
CREATE TABLE notified (
  address    BLOB PRIMARY KEY,
  stop       BLOB    NOT NULL,
  sets       TEXT    NOT NULL DEFAULT '',
  mail       BLOB    NOT NULL,
  sent_at    INTEGER NOT NULL DEFAULT 0,
  seen_at    INTEGER NOT NULL DEFAULT 0,
  stopped_at INTEGER NOT NULL DEFAULT 0,
  bounced_at INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE UNIQUE INDEX notified_stop ON notified (stop);
CREATE INDEX notified_mail ON notified (mail) WHERE bounced_at = 0;

-- A browser in which somebody proved an address to see what is held there.
CREATE TABLE notice_visit (
  hash       BLOB PRIMARY KEY,
  address    BLOB    NOT NULL,
  created_at INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  sealed     BLOB    NOT NULL
) WITHOUT ROWID;

-- When an unclaimed record was announced to go, and whether staff keep it; the
-- reason is sealed under the record's key.
CREATE TABLE retention (
  party     BLOB PRIMARY KEY,
  warned_at INTEGER NOT NULL DEFAULT 0,
  held_at   INTEGER NOT NULL DEFAULT 0,
  held_by   BLOB    NOT NULL,
  sealed    BLOB
) WITHOUT ROWID;

-- What people asked for. party is empty once the record was erased.
CREATE TABLE request (
  id       BLOB PRIMARY KEY,
  party    BLOB    NOT NULL,
  kind     TEXT    NOT NULL,
  channel  TEXT    NOT NULL,
  state    TEXT    NOT NULL,
  due      INTEGER NOT NULL,
  act_at   INTEGER NOT NULL DEFAULT 0,
  ended_at INTEGER NOT NULL DEFAULT 0,
  ended_by BLOB    NOT NULL,
  sealed   BLOB
) WITHOUT ROWID;
CREATE INDEX request_party ON request (party);
CREATE INDEX request_open ON request (due, id) WHERE state = 'open';
CREATE INDEX request_act ON request (act_at) WHERE state = 'open' AND act_at > 0;
