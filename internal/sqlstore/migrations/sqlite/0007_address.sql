-- +goose Up
-- A change of an account's main address under way: at most one for each account. The
-- link that stops it is found by a hash; the new address is sealed under the account's key.

CREATE TABLE address_change (
  account      BLOB PRIMARY KEY,
  id           BLOB    NOT NULL,
  link         BLOB    NOT NULL,
  from_address BLOB    NOT NULL,
  to_address   BLOB    NOT NULL,
  due          INTEGER NOT NULL,
  switched_at  INTEGER NOT NULL DEFAULT 0,
  ends         INTEGER NOT NULL,
  added        INTEGER NOT NULL DEFAULT 0,
  sealed       BLOB    NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX address_change_link ON address_change (link);
CREATE INDEX address_change_due ON address_change (due) WHERE switched_at = 0;

-- Addresses that were removed and can still be taken back.
CREATE TABLE address_removed (
  account   BLOB    NOT NULL,
  hash      BLOB    NOT NULL,
  proved_at INTEGER NOT NULL,
  ended_at  INTEGER NOT NULL,
  sealed    BLOB    NOT NULL,
  PRIMARY KEY (account, hash)
) WITHOUT ROWID;

-- Browsers in which an address was proved before: their asking for codes is counted
-- apart, so that nobody can use up their share. The key is a keyed hash of both.
CREATE TABLE known_browser (
  key     BLOB PRIMARY KEY,
  seen_at INTEGER NOT NULL
) WITHOUT ROWID;
