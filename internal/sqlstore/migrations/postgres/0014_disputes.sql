-- +goose Up
-- Evidence in depth, and claims that turn out to be wrong.

-- Which kinds of evidence fitted, and how often facts were not recognised.
ALTER TABLE claim ADD COLUMN shown text NOT NULL DEFAULT '';
ALTER TABLE claim ADD COLUMN fact_tries bigint NOT NULL DEFAULT 0;

-- A claim that somebody says was wrong. Whom to answer, what staff noted and which
-- addresses were blocked are sealed under the record's key.
CREATE TABLE dispute (
  id         bytea PRIMARY KEY,
  party      bytea    NOT NULL,
  claim      bytea    NOT NULL,
  account    bytea    NOT NULL,
  state      text    NOT NULL,
  way        text    NOT NULL,
  reason     text    NOT NULL,
  shown      text    NOT NULL DEFAULT '',
  ended_at   bigint NOT NULL DEFAULT 0,
  ended_by   bytea    NOT NULL,
  claimed_at bigint NOT NULL,
  opened     text    NOT NULL DEFAULT '',
  sealed     bytea    NOT NULL
);
CREATE INDEX dispute_party ON dispute (party);
CREATE INDEX dispute_open ON dispute (id) WHERE state = 'open';

-- Links of mails about a claim, by which it can be disputed: hashes only.
CREATE TABLE dispute_link (
  hash    bytea PRIMARY KEY,
  party   bytea    NOT NULL,
  claim   bytea    NOT NULL,
  address bytea    NOT NULL,
  expires bigint NOT NULL,
  sealed  bytea    NOT NULL
);
CREATE INDEX dispute_link_party ON dispute_link (party);

-- Staff saw a person and a document. What stands on the document is not kept.
CREATE TABLE person_check (
  claim    bytea    NOT NULL,
  party    bytea    NOT NULL,
  account  bytea    NOT NULL,
  document text    NOT NULL,
  staff    bytea    NOT NULL,
  at       bigint NOT NULL,
  PRIMARY KEY (claim, at)
);
CREATE INDEX person_check_party ON person_check (party);

-- Which accounts have connected or changed a system: what it says is no evidence for them.
CREATE TABLE system_hand (
  system  bytea NOT NULL,
  account bytea NOT NULL,
  PRIMARY KEY (account, system)
);
