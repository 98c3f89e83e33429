-- +goose Up
-- Key keepers of registration files: people who hold shares of somebody's private key (ADR
-- 0052). escrow is that of the class "keepers" once it is made, and share what was sealed to
-- the keeper, here under the keys of account and escrow. hash is that of the address that was
-- asked, until there is an answer. reply is a share on its way to the browser of a reset.

CREATE TABLE keeper (
  id          bytea PRIMARY KEY,
  keeper_set  bytea NOT NULL,
  subject     bytea NOT NULL,
  escrow      bytea,
  account     bytea,
  hash        bytea,
  serial      bytea,
  need        bigint NOT NULL,
  state       text NOT NULL,
  at          bigint NOT NULL,
  answered_at bigint NOT NULL DEFAULT 0,
  reset       bytea,
  reply       bytea,
  share       bytea,
  sealed      bytea
);
CREATE INDEX keeper_subject ON keeper (subject);
CREATE INDEX keeper_account ON keeper (account) WHERE account IS NOT NULL;
CREATE INDEX keeper_hash ON keeper (hash) WHERE hash IS NOT NULL;
CREATE INDEX keeper_escrow ON keeper (escrow) WHERE escrow IS NOT NULL;
