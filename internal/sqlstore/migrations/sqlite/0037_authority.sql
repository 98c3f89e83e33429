-- +goose Up
-- Generations of the certificate authorities: what everybody may know of each, and what became
-- of it. Their keys are in the key store. told_at is when administrators were last told that the
-- next one, or for the root a list, is needed.

CREATE TABLE authority (
  kind       TEXT NOT NULL,
  generation INTEGER NOT NULL,
  serial     BLOB NOT NULL,
  begins     INTEGER NOT NULL,
  ends       INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL DEFAULT 0,
  reason     INTEGER NOT NULL DEFAULT 0,
  retired_at INTEGER NOT NULL DEFAULT 0,
  told_at    INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, generation)
) WITHOUT ROWID;

-- Which generation has issued a certificate: its list and its answers are of that one.

ALTER TABLE certificate ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;
DROP INDEX certificate_revoked;
CREATE INDEX certificate_revoked ON certificate (authority, generation, shard, revoked_at) WHERE revoked_at > 0;
CREATE INDEX certificate_generation ON certificate (authority, generation, ends);

CREATE TABLE revocation_list_new (
  authority  TEXT NOT NULL,
  generation INTEGER NOT NULL,
  shard      INTEGER NOT NULL,
  number     INTEGER NOT NULL,
  made_at    INTEGER NOT NULL,
  next_at    INTEGER NOT NULL,
  counted    INTEGER NOT NULL,
  list       BLOB NOT NULL,
  PRIMARY KEY (authority, generation, shard)
) WITHOUT ROWID;
INSERT INTO revocation_list_new (authority, generation, shard, number, made_at, next_at, counted, list)
  SELECT authority, 1, shard, number, made_at, next_at, counted, list FROM revocation_list;
DROP TABLE revocation_list;
ALTER TABLE revocation_list_new RENAME TO revocation_list;
