-- +goose Up
-- Records about people. Nothing here is personal in plain text: words are sealed
-- under the key of the person they are about, addresses are keyed hashes.

CREATE TABLE party (
  id         BLOB PRIMARY KEY,
  kind       TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  account    BLOB,
  claimed_at INTEGER NOT NULL DEFAULT 0,
  review     TEXT    NOT NULL DEFAULT '',
  opened     TEXT    NOT NULL DEFAULT '',
  blocked    INTEGER NOT NULL DEFAULT 0,
  stub       INTEGER NOT NULL DEFAULT 0,
  cleared    INTEGER NOT NULL DEFAULT 0,
  version    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX party_account ON party (account) WHERE account IS NOT NULL;
CREATE INDEX party_review ON party (review, id) WHERE review <> '';

-- At one address (or external id), one source knows one party under an identity.
CREATE TABLE known_as (
  hash   BLOB    NOT NULL,
  source BLOB    NOT NULL,
  n      INTEGER NOT NULL,
  party  BLOB    NOT NULL,
  ref    BLOB    NOT NULL,
  sealed BLOB    NOT NULL,
  PRIMARY KEY (hash, source, n)
) WITHOUT ROWID;

-- What one source said about one party on one occasion; never changed.
CREATE TABLE statement (
  party       BLOB    NOT NULL,
  id          BLOB    NOT NULL,
  source_kind INTEGER NOT NULL,
  source      BLOB    NOT NULL,
  ticket      BLOB,
  sealed      BLOB    NOT NULL,
  PRIMARY KEY (party, id)
) WITHOUT ROWID;

CREATE TABLE ticket (
  id      BLOB PRIMARY KEY,
  system  BLOB    NOT NULL,
  version INTEGER NOT NULL,
  state   TEXT    NOT NULL,
  at      INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE idempotent (
  key    BLOB PRIMARY KEY,
  print  BLOB    NOT NULL,
  answer BLOB    NOT NULL,
  at     INTEGER NOT NULL
) WITHOUT ROWID;

-- A claim: an account asks for control of a record.
CREATE TABLE claim (
  id        BLOB PRIMARY KEY,
  party     BLOB    NOT NULL,
  account   BLOB    NOT NULL,
  state     TEXT    NOT NULL,
  version   INTEGER NOT NULL,
  opened    TEXT    NOT NULL DEFAULT '',
  stale     INTEGER NOT NULL DEFAULT 0,
  tries     INTEGER NOT NULL DEFAULT 0,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX claim_account ON claim (account);
CREATE INDEX claim_party ON claim (party);

-- Codes given on paper: only their keyed hashes.
CREATE TABLE paper_code (
  party   BLOB    NOT NULL,
  hash    BLOB    NOT NULL,
  expires INTEGER NOT NULL,
  used_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (party, hash)
) WITHOUT ROWID;

-- Addresses whose owner said of a record: this is not me.
CREATE TABLE blocked (
  hash  BLOB NOT NULL,
  party BLOB NOT NULL,
  PRIMARY KEY (hash, party)
) WITHOUT ROWID;

-- The ledger: the public leaf with the tree hashes that it completes, and the
-- detail sealed for its subject.
CREATE TABLE leaf (
  idx     INTEGER PRIMARY KEY,
  event   BLOB NOT NULL,
  subject BLOB NOT NULL,
  leaf    BLOB NOT NULL,
  hashes  BLOB NOT NULL,
  sealed  BLOB NOT NULL
);
CREATE INDEX leaf_subject ON leaf (subject, idx);

-- Mail and other side effects, committed with what caused them.
CREATE TABLE outbox (
  id      BLOB PRIMARY KEY,
  kind    TEXT    NOT NULL,
  subject BLOB    NOT NULL,
  state   TEXT    NOT NULL,
  due     INTEGER NOT NULL, -- while claimed: the end of the lease
  expires INTEGER NOT NULL DEFAULT 0,
  ended   INTEGER NOT NULL DEFAULT 0,
  tries   INTEGER NOT NULL DEFAULT 0,
  reason  TEXT    NOT NULL DEFAULT '',
  sealed  BLOB
) WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (due) WHERE state = 'waiting';

CREATE TABLE schedule (
  name TEXT PRIMARY KEY,
  last  INTEGER NOT NULL DEFAULT 0,
  lease INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Connected systems. The secret is a hash; a name of a system is not personal.
CREATE TABLE system (
  id         BLOB PRIMARY KEY,
  name       TEXT    NOT NULL,
  secret     BLOB    NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE system_token (
  hash    BLOB PRIMARY KEY,
  system  BLOB    NOT NULL,
  expires INTEGER NOT NULL
) WITHOUT ROWID;

-- What the organisation says about itself and its choices (not personal).
CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
