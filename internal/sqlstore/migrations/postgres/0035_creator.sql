-- +goose Up
-- Sites of trusted entity creators (ADR 0051): what they declare is sealed under the key of who
-- holds the role, so that it goes with them. proof is what the site shows once.

CREATE TABLE creator_site (
  id           bytea PRIMARY KEY,
  account      bytea NOT NULL,
  at           bigint NOT NULL,
  confirmed_at bigint NOT NULL DEFAULT 0,
  confirmed_by bytea,
  ended_at     bigint NOT NULL DEFAULT 0,
  sealed       bytea NOT NULL
);
CREATE INDEX creator_site_account ON creator_site (account);

-- That somebody lets a creator act for them, with the words of their consent.

CREATE TABLE mandate (
  id       bytea PRIMARY KEY,
  account  bytea NOT NULL,
  creator  bytea,
  site     bytea NOT NULL,
  at       bigint NOT NULL,
  ended_at bigint NOT NULL DEFAULT 0,
  sealed   bytea NOT NULL
);
CREATE UNIQUE INDEX mandate_standing ON mandate (account, creator) WHERE ended_at = 0;
CREATE INDEX mandate_account ON mandate (account);
CREATE INDEX mandate_creator ON mandate (creator);

-- Under which of them a certificate was asked for, and through whom something was contributed.

ALTER TABLE certificate ADD COLUMN mandate bytea;
ALTER TABLE contribution ADD COLUMN through bytea;
CREATE INDEX contribution_through ON contribution (through) WHERE through IS NOT NULL;
