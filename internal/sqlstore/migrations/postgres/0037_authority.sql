-- +goose Up
-- Generations of the certificate authorities: what everybody may know of each, and what became
-- of it. Their keys are in the key store. told_at is when administrators were last told that the
-- next one, or for the root a list, is needed.

CREATE TABLE authority (
  kind       text NOT NULL,
  generation bigint NOT NULL,
  serial     bytea NOT NULL,
  begins     bigint NOT NULL,
  ends       bigint NOT NULL,
  revoked_at bigint NOT NULL DEFAULT 0,
  reason     bigint NOT NULL DEFAULT 0,
  retired_at bigint NOT NULL DEFAULT 0,
  told_at    bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, generation)
);

-- Which generation has issued a certificate: its list and its answers are of that one.

ALTER TABLE certificate ADD COLUMN generation bigint NOT NULL DEFAULT 1;
DROP INDEX certificate_revoked;
CREATE INDEX certificate_revoked ON certificate (authority, generation, shard, revoked_at) WHERE revoked_at > 0;
CREATE INDEX certificate_generation ON certificate (authority, generation, ends);

ALTER TABLE revocation_list ADD COLUMN generation bigint NOT NULL DEFAULT 1;
ALTER TABLE revocation_list DROP CONSTRAINT revocation_list_pkey;
ALTER TABLE revocation_list ADD PRIMARY KEY (authority, generation, shard);
