-- +goose Up
-- Key keepers of registration files: people who hold shares of somebody's private key (ADR
-- 0052). escrow is that of the class "keepers" once it is made, and share what was sealed to
-- the keeper, here under the keys of account and escrow. hash is that of the address that was
-- asked, until there is an answer. reply is a share on its way to the browser of a reset.

CREATE TABLE keeper (
  id          BLOB PRIMARY KEY,
  keeper_set  BLOB NOT NULL,
  subject     BLOB NOT NULL,
  escrow      BLOB,
  account     BLOB,
  hash        BLOB,
  serial      BLOB,
  need        INTEGER NOT NULL,
  state       TEXT NOT NULL,
  at          INTEGER NOT NULL,
  answered_at INTEGER NOT NULL DEFAULT 0,
  reset       BLOB,
  reply       BLOB,
  share       BLOB,
  sealed      BLOB
) WITHOUT ROWID;
CREATE INDEX keeper_subject ON keeper (subject);
CREATE INDEX keeper_account ON keeper (account) WHERE account IS NOT NULL;
CREATE INDEX keeper_hash ON keeper (hash) WHERE hash IS NOT NULL;
CREATE INDEX keeper_escrow ON keeper (escrow) WHERE escrow IS NOT NULL;
