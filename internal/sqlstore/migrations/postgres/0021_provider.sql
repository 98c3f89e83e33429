-- +goose Up
-- Who of an identity provider opens which account. The hash is keyed, of issuer and
-- subject; no row holds a subject. ended_at is set while a removal can be undone.

CREATE TABLE provider_link (
  hash     bytea  PRIMARY KEY,
  account  bytea  NOT NULL,
  added_at bigint NOT NULL,
  used_at  bigint NOT NULL DEFAULT 0,
  ended_at bigint NOT NULL DEFAULT 0,
  sealed   bytea  NOT NULL
);
CREATE INDEX provider_link_account ON provider_link (account);

-- How an address was proved: by a code mailed to it, or on a provider's word alone.
ALTER TABLE account_address ADD COLUMN proof text NOT NULL DEFAULT 'code';
ALTER TABLE address_removed ADD COLUMN proof text NOT NULL DEFAULT 'code';
