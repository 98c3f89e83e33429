-- +goose Up
-- Sites of trusted entity creators (ADR 0051): what they declare is sealed under the key of who
-- holds the role, so that it goes with them. proof is what the site shows once.

CREATE TABLE creator_site (
  id           BLOB PRIMARY KEY,
  account      BLOB NOT NULL,
  at           INTEGER NOT NULL,
  confirmed_at INTEGER NOT NULL DEFAULT 0,
  confirmed_by BLOB,
  ended_at     INTEGER NOT NULL DEFAULT 0,
  sealed       BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX creator_site_account ON creator_site (account);

-- That somebody lets a creator act for them, with the words of their consent.

CREATE TABLE mandate (
  id       BLOB PRIMARY KEY,
  account  BLOB NOT NULL,
  creator  BLOB,
  site     BLOB NOT NULL,
  at       INTEGER NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0,
  sealed   BLOB NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX mandate_standing ON mandate (account, creator) WHERE ended_at = 0;
CREATE INDEX mandate_account ON mandate (account);
CREATE INDEX mandate_creator ON mandate (creator);

-- Under which of them a certificate was asked for, and through whom something was contributed.

ALTER TABLE certificate ADD COLUMN mandate BLOB;
ALTER TABLE contribution ADD COLUMN through BLOB;
CREATE INDEX contribution_through ON contribution (through) WHERE through IS NOT NULL;
