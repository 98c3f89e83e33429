-- +goose Up
-- To whom a record is related: a row for each side, sealed under that side's own key. The
-- ids alone say that two records are about two parties. A household is what its members
-- have in common: it has no row of its own.
CREATE TABLE relation (
  id          BLOB NOT NULL,
  party       BLOB NOT NULL,
  other       BLOB,
  household   BLOB,
  ended_at    INTEGER NOT NULL DEFAULT 0,
  objected_at INTEGER NOT NULL DEFAULT 0,
  sealed      BLOB NOT NULL,
  PRIMARY KEY (id, party)
) WITHOUT ROWID;
CREATE INDEX relation_party ON relation (party);
CREATE INDEX relation_other ON relation (other) WHERE other IS NOT NULL;
CREATE INDEX relation_household ON relation (household) WHERE household IS NOT NULL;

-- Accounts that act for somebody who has none.
CREATE TABLE guardian (
  id           BLOB PRIMARY KEY,
  party        BLOB NOT NULL,
  account      BLOB NOT NULL,
  staff        BLOB NOT NULL,
  document     TEXT NOT NULL,
  until        INTEGER NOT NULL,
  hand_over_at INTEGER NOT NULL DEFAULT 0,
  ended_at     INTEGER NOT NULL DEFAULT 0,
  ended        TEXT NOT NULL DEFAULT '',
  told_at      INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX guardian_party ON guardian (party);
CREATE INDEX guardian_account ON guardian (account);
CREATE INDEX guardian_until ON guardian (until) WHERE ended_at = 0;

-- Codes that went out by post: keyed hashes only, also of the address with which one was used.
CREATE TABLE letter (
  id       BLOB PRIMARY KEY,
  party    BLOB NOT NULL,
  code     BLOB NOT NULL,
  staff    BLOB NOT NULL,
  expires  INTEGER NOT NULL,
  state    TEXT NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0,
  address  BLOB
) WITHOUT ROWID;
CREATE UNIQUE INDEX letter_code ON letter (code);
CREATE INDEX letter_party ON letter (party);
