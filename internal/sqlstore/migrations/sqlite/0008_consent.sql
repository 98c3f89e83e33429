-- +goose Up
-- What people have agreed to, the newest decision of each kind for each record.

CREATE TABLE consent (
  kind    TEXT    NOT NULL,
  party   BLOB    NOT NULL,
  account BLOB    NOT NULL,
  words   INTEGER NOT NULL,
  given   INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (kind, party)
) WITHOUT ROWID;
CREATE INDEX consent_account ON consent (account);
