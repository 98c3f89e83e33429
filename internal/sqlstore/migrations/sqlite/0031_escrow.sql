-- +goose Up
-- Private keys of registration files that their people have left here (REC-01). What the
-- page sent is sealed under the key of the account, and inside that under a key of the
-- escrow's own, which is destroyed when it ends: the row stays until that is done.

CREATE TABLE escrow (
  id       BLOB PRIMARY KEY,
  subject  BLOB,
  serial   BLOB NOT NULL,
  class    TEXT NOT NULL,
  words    INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0,
  sealed   BLOB
) WITHOUT ROWID;
CREATE UNIQUE INDEX escrow_subject ON escrow (subject) WHERE subject IS NOT NULL;
CREATE INDEX escrow_ended ON escrow (ended_at) WHERE ended_at > 0;

-- Resets of the password of a registration file under way. recipient is the public half of a
-- key pair in the browser that asked, link the SHA-256 of the token that stops the reset.

CREATE TABLE file_reset (
  id        BLOB PRIMARY KEY,
  account   BLOB NOT NULL,
  escrow    BLOB NOT NULL,
  class     TEXT NOT NULL,
  link      BLOB NOT NULL,
  address   BLOB NOT NULL,
  recipient BLOB NOT NULL,
  due       INTEGER NOT NULL,
  ends      INTEGER NOT NULL,
  taken_at  INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE UNIQUE INDEX file_reset_account ON file_reset (account);
CREATE UNIQUE INDEX file_reset_link ON file_reset (link);
