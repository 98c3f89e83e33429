-- +goose Up
-- Private keys of registration files that their people have left here (REC-01). What the
-- page sent is sealed under the key of the account, and inside that under a key of the
-- escrow's own, which is destroyed when it ends: the row stays until that is done.

CREATE TABLE escrow (
  id       bytea PRIMARY KEY,
  subject  bytea,
  serial   bytea NOT NULL,
  class    text NOT NULL,
  words    bigint NOT NULL,
  at       bigint NOT NULL,
  ended_at bigint NOT NULL DEFAULT 0,
  sealed   bytea
);
CREATE UNIQUE INDEX escrow_subject ON escrow (subject) WHERE subject IS NOT NULL;
CREATE INDEX escrow_ended ON escrow (ended_at) WHERE ended_at > 0;

-- Resets of the password of a registration file under way. recipient is the public half of a
-- key pair in the browser that asked, link the SHA-256 of the token that stops the reset.

CREATE TABLE file_reset (
  id        bytea PRIMARY KEY,
  account   bytea NOT NULL,
  escrow    bytea NOT NULL,
  class     text NOT NULL,
  link      bytea NOT NULL,
  address   bytea NOT NULL,
  recipient bytea NOT NULL,
  due       bigint NOT NULL,
  ends      bigint NOT NULL,
  taken_at  bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX file_reset_account ON file_reset (account);
CREATE UNIQUE INDEX file_reset_link ON file_reset (link);
