-- +goose Up
-- The log of accounts (ADR 0041): sign-ins, refused ones too, credentials, recoveries. It
-- leaves for the archive after six months at most. mark is a keyed hash of the network, under
-- the key of the log's month; sealed is under that key and around the account's. An attempt
-- at no account has an account and a mark of zeros.

CREATE TABLE account_log (
  event   BLOB PRIMARY KEY,
  class   TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  account BLOB    NOT NULL,
  mark    BLOB    NOT NULL,
  sealed  BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX account_log_account ON account_log (account, at);
CREATE INDEX account_log_mark ON account_log (mark);
CREATE INDEX account_log_at ON account_log (at);

-- How many lines of a class a month had: what is left of it here.
CREATE TABLE log_month (
  month INTEGER NOT NULL,
  class TEXT    NOT NULL,
  lines INTEGER NOT NULL,
  PRIMARY KEY (month, class)
) WITHOUT ROWID;

-- Who read a log, and for what.
CREATE TABLE log_reading (
  id      BLOB PRIMARY KEY,
  account BLOB    NOT NULL, -- who reads
  subject BLOB,             -- about whom; NULL: no account
  at      INTEGER NOT NULL,
  sealed  BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX log_reading_at ON log_reading (at);
CREATE INDEX log_reading_subject ON log_reading (subject);

-- Who did what to public things, for ever and under a pseudonym. The ledger holds the digest
-- of each line; mark is emptied when the log's month goes.
CREATE TABLE contribution (
  id          BLOB PRIMARY KEY,
  at          INTEGER NOT NULL,
  operation   TEXT    NOT NULL,
  object      TEXT    NOT NULL, -- empty: the attempt was refused
  contributor BLOB    NOT NULL,
  via         BLOB    NOT NULL,
  refused     INTEGER NOT NULL,
  mark        BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX contribution_object ON contribution (object, at);
CREATE INDEX contribution_contributor ON contribution (contributor, at);
CREATE INDEX contribution_mark ON contribution (mark);
