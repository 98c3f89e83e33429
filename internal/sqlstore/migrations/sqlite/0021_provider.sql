-- +goose Up
-- Who of an identity provider opens which account. The hash is keyed, of issuer and
-- subject; no row holds a subject. ended_at is set while a removal can be undone.

CREATE TABLE provider_link (
  hash     BLOB PRIMARY KEY,
  account  BLOB    NOT NULL,
  added_at INTEGER NOT NULL,
  used_at  INTEGER NOT NULL DEFAULT 0,
  ended_at INTEGER NOT NULL DEFAULT 0,
  sealed   BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX provider_link_account ON provider_link (account);

-- How an address was proved: by a code mailed to it, or on a provider's word alone.
ALTER TABLE account_address ADD COLUMN proof TEXT NOT NULL DEFAULT 'code';
ALTER TABLE address_removed ADD COLUMN proof TEXT NOT NULL DEFAULT 'code';
