-- +goose Up
-- To whom a record is related: a row for each side, sealed under that side's own key. The
-- ids alone say that two records are about two parties. A household is what its members
-- have in common: it has no row of its own.
CREATE TABLE relation (
  id          bytea NOT NULL,
  party       bytea NOT NULL,
  other       bytea,
  household   bytea,
  ended_at    bigint NOT NULL DEFAULT 0,
  objected_at bigint NOT NULL DEFAULT 0,
  sealed      bytea NOT NULL,
  PRIMARY KEY (id, party)
);
CREATE INDEX relation_party ON relation (party);
CREATE INDEX relation_other ON relation (other) WHERE other IS NOT NULL;
CREATE INDEX relation_household ON relation (household) WHERE household IS NOT NULL;

-- Accounts that act for somebody who has none.
CREATE TABLE guardian (
  id           bytea PRIMARY KEY,
  party        bytea NOT NULL,
  account      bytea NOT NULL,
  staff        bytea NOT NULL,
  document     text NOT NULL,
  until        bigint NOT NULL,
  hand_over_at bigint NOT NULL DEFAULT 0,
  ended_at     bigint NOT NULL DEFAULT 0,
  ended        text NOT NULL DEFAULT '',
  told_at      bigint NOT NULL DEFAULT 0
);
CREATE INDEX guardian_party ON guardian (party);
CREATE INDEX guardian_account ON guardian (account);
CREATE INDEX guardian_until ON guardian (until) WHERE ended_at = 0;

-- Codes that went out by post: keyed hashes only, also of the address with which one was used.
CREATE TABLE letter (
  id       bytea PRIMARY KEY,
  party    bytea NOT NULL,
  code     bytea NOT NULL,
  staff    bytea NOT NULL,
  expires  bigint NOT NULL,
  state    text NOT NULL,
  ended_at bigint NOT NULL DEFAULT 0,
  address  bytea
);
CREATE UNIQUE INDEX letter_code ON letter (code);
CREATE INDEX letter_party ON letter (party);
