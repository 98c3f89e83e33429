-- +goose Up
-- The log of accounts (ADR 0041): sign-ins, refused ones too, credentials, recoveries. It
-- leaves for the archive after six months at most. mark is a keyed hash of the network, under
-- the key of the log's month; sealed is under that key and around the account's. An attempt
-- at no account has an account and a mark of zeros.

CREATE TABLE account_log (
  event   bytea PRIMARY KEY,
  class   text    NOT NULL,
  at      bigint NOT NULL,
  account bytea   NOT NULL,
  mark    bytea   NOT NULL,
  sealed  bytea   NOT NULL
);
CREATE INDEX account_log_account ON account_log (account, at);
CREATE INDEX account_log_mark ON account_log (mark);
CREATE INDEX account_log_at ON account_log (at);

-- How many lines of a class a month had: what is left of it here.
CREATE TABLE log_month (
  month bigint NOT NULL,
  class text    NOT NULL,
  lines bigint NOT NULL,
  PRIMARY KEY (month, class)
);

-- Who read a log, and for what.
CREATE TABLE log_reading (
  id      bytea PRIMARY KEY,
  account bytea   NOT NULL, -- who reads
  subject bytea,             -- about whom; NULL: no account
  at      bigint NOT NULL,
  sealed  bytea   NOT NULL
);
CREATE INDEX log_reading_at ON log_reading (at);
CREATE INDEX log_reading_subject ON log_reading (subject);

-- Who did what to public things, for ever and under a pseudonym. The ledger holds the digest
-- of each line; mark is emptied when the log's month goes.
CREATE TABLE contribution (
  id          bytea PRIMARY KEY,
  at          bigint NOT NULL,
  operation   text    NOT NULL,
  object      text    NOT NULL, -- empty: the attempt was refused
  contributor bytea   NOT NULL,
  via         bytea   NOT NULL,
  refused     boolean NOT NULL,
  mark        bytea   NOT NULL
);
CREATE INDEX contribution_object ON contribution (object, at);
CREATE INDEX contribution_contributor ON contribution (contributor, at);
CREATE INDEX contribution_mark ON contribution (mark);
