-- +goose Up
-- What people have agreed to, the newest decision of each kind for each record.

CREATE TABLE consent (
  kind    text    NOT NULL,
  party   bytea    NOT NULL,
  account bytea    NOT NULL,
  words   bigint NOT NULL,
  given   boolean NOT NULL,
  at      bigint NOT NULL,
  PRIMARY KEY (kind, party)
);
CREATE INDEX consent_account ON consent (account);
