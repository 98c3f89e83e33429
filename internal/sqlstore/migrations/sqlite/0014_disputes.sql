-- +goose Up
-- Evidence in depth, and claims that turn out to be wrong.

-- Which kinds of evidence fitted, and how often facts were not recognised.
ALTER TABLE claim ADD COLUMN shown TEXT NOT NULL DEFAULT '';
ALTER TABLE claim ADD COLUMN fact_tries INTEGER NOT NULL DEFAULT 0;

-- A claim that somebody says was wrong. Whom to answer, what staff noted and which
-- addresses were blocked are sealed under the record's key.
CREATE TABLE dispute (
  id         BLOB PRIMARY KEY,
  party      BLOB    NOT NULL,
  claim      BLOB    NOT NULL,
  account    BLOB    NOT NULL,
  state      TEXT    NOT NULL,
  way        TEXT    NOT NULL,
  reason     TEXT    NOT NULL,
  shown      TEXT    NOT NULL DEFAULT '',
  ended_at   INTEGER NOT NULL DEFAULT 0,
  ended_by   BLOB    NOT NULL,
  claimed_at INTEGER NOT NULL,
  opened     TEXT    NOT NULL DEFAULT '',
  sealed     BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX dispute_party ON dispute (party);
CREATE INDEX dispute_open ON dispute (id) WHERE state = 'open';

-- Links of mails about a claim, by which it can be disputed: hashes only.
CREATE TABLE dispute_link (
  hash    BLOB PRIMARY KEY,
  party   BLOB    NOT NULL,
  claim   BLOB    NOT NULL,
  address BLOB    NOT NULL,
  expires INTEGER NOT NULL,
  sealed  BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX dispute_link_party ON dispute_link (party);

-- Staff saw a person and a document. What stands on the document is not kept.
CREATE TABLE person_check (
  claim    BLOB    NOT NULL,
  party    BLOB    NOT NULL,
  account  BLOB    NOT NULL,
  document TEXT    NOT NULL,
  staff    BLOB    NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (claim, at)
) WITHOUT ROWID;
CREATE INDEX person_check_party ON person_check (party);

-- Which accounts have connected or changed a system: what it says is no evidence for them.
CREATE TABLE system_hand (
  system  BLOB NOT NULL,
  account BLOB NOT NULL,
  PRIMARY KEY (account, system)
) WITHOUT ROWID;
