-- +goose Up
-- Cases of release of data about an account. The words are sealed under its key; when it is
-- erased they go, and ground, outcome and moments stay for the public figures. notice_due is
-- when the notice goes out by itself, 0 where none is owed any more.

CREATE TABLE release_case (
  id            BLOB    PRIMARY KEY,
  version       INTEGER NOT NULL,
  account       BLOB,
  ground        TEXT    NOT NULL,
  sets          TEXT    NOT NULL,
  legal         TEXT    NOT NULL,
  state         TEXT    NOT NULL,
  arrived       INTEGER NOT NULL,
  decided       INTEGER NOT NULL DEFAULT 0,
  notice_from   INTEGER NOT NULL DEFAULT 0,
  notice_by     INTEGER NOT NULL DEFAULT 0,
  notice_due    INTEGER NOT NULL DEFAULT 0,
  notice_at     INTEGER NOT NULL DEFAULT 0,
  notice_mail   BLOB,
  notice_failed INTEGER NOT NULL DEFAULT 0,
  hold_until    INTEGER NOT NULL DEFAULT 0,
  hidden        INTEGER NOT NULL DEFAULT 0,
  sealed        BLOB
) WITHOUT ROWID;
CREATE INDEX release_case_account ON release_case (account);
CREATE INDEX release_case_due ON release_case (notice_due) WHERE notice_due > 0;
CREATE INDEX release_case_hidden ON release_case (hold_until) WHERE hidden = 1;

-- What was handed over, under the key of the account.
CREATE TABLE release_file (
  id      BLOB PRIMARY KEY,
  account BLOB NOT NULL,
  sealed  BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX release_file_account ON release_file (account);

-- Accounts and networks that are kept out until a moment. A network and its reason are
-- sealed under the house's key, the reason for an account under the account's.
CREATE TABLE block (
  id       BLOB    PRIMARY KEY,
  account  BLOB,
  until    INTEGER NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0,
  sealed   BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX block_account ON block (account, until);
CREATE INDEX block_until ON block (until);
