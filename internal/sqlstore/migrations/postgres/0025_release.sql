-- +goose Up
-- Cases of release of data about an account. The words are sealed under its key; when it is
-- erased they go, and ground, outcome and moments stay for the public figures. notice_due is
-- when the notice goes out by itself, 0 where none is owed any more.

CREATE TABLE release_case (
  id            bytea   PRIMARY KEY,
  version       bigint NOT NULL,
  account       bytea,
  ground        text    NOT NULL,
  sets          text    NOT NULL,
  legal         text    NOT NULL,
  state         text    NOT NULL,
  arrived       bigint NOT NULL,
  decided       bigint NOT NULL DEFAULT 0,
  notice_from   bigint NOT NULL DEFAULT 0,
  notice_by     bigint NOT NULL DEFAULT 0,
  notice_due    bigint NOT NULL DEFAULT 0,
  notice_at     bigint NOT NULL DEFAULT 0,
  notice_mail   bytea,
  notice_failed bigint NOT NULL DEFAULT 0,
  hold_until    bigint NOT NULL DEFAULT 0,
  hidden        bigint NOT NULL DEFAULT 0,
  sealed        bytea
);
CREATE INDEX release_case_account ON release_case (account);
CREATE INDEX release_case_due ON release_case (notice_due) WHERE notice_due > 0;
CREATE INDEX release_case_hidden ON release_case (hold_until) WHERE hidden = 1;

-- What was handed over, under the key of the account.
CREATE TABLE release_file (
  id      bytea PRIMARY KEY,
  account bytea NOT NULL,
  sealed  bytea NOT NULL
);
CREATE INDEX release_file_account ON release_file (account);

-- Accounts and networks that are kept out until a moment. A network and its reason are
-- sealed under the house's key, the reason for an account under the account's.
CREATE TABLE block (
  id       bytea   PRIMARY KEY,
  account  bytea,
  until    bigint NOT NULL,
  ended_at bigint NOT NULL DEFAULT 0,
  sealed   bytea   NOT NULL
);
CREATE INDEX block_account ON block (account, until);
CREATE INDEX block_until ON block (until);
