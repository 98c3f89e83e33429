-- +goose Up
-- A change of an account's main address under way: at most one for each account. The
-- link that stops it is found by a hash; the new address is sealed under the account's key.

CREATE TABLE address_change (
  account      bytea PRIMARY KEY,
  id           bytea  NOT NULL,
  link         bytea  NOT NULL,
  from_address bytea  NOT NULL,
  to_address   bytea  NOT NULL,
  due          bigint NOT NULL,
  switched_at  bigint NOT NULL DEFAULT 0,
  ends         bigint NOT NULL,
  added        boolean NOT NULL DEFAULT false,
  sealed       bytea  NOT NULL
);
CREATE UNIQUE INDEX address_change_link ON address_change (link);
CREATE INDEX address_change_due ON address_change (due) WHERE switched_at = 0;

-- Addresses that were removed and can still be taken back.
CREATE TABLE address_removed (
  account   bytea  NOT NULL,
  hash      bytea  NOT NULL,
  proved_at bigint NOT NULL,
  ended_at  bigint NOT NULL,
  sealed    bytea  NOT NULL,
  PRIMARY KEY (account, hash)
);

-- Browsers in which an address was proved before: their asking for codes is counted
-- apart, so that nobody can use up their share. The key is a keyed hash of both.
CREATE TABLE known_browser (
  key     bytea PRIMARY KEY,
  seen_at bigint NOT NULL
);
