-- +goose Up
-- Registrations: who has an identity certificate, and until when. The name in it is sealed.

CREATE TABLE registration (
  account bytea PRIMARY KEY,
  at      bigint NOT NULL,
  ends    bigint NOT NULL,
  policy  bigint NOT NULL,
  sealed  bytea NOT NULL
);
CREATE INDEX registration_ends ON registration (ends);

-- Certificates that authorities have issued. A row outlives its account without account and
-- words: others have to learn that the certificate does not count any more. holder is the
-- serial number of the identity certificate that an attribute certificate hangs on.

CREATE TABLE certificate (
  authority  text NOT NULL,
  serial     bytea NOT NULL,
  shard      bigint NOT NULL,
  account    bytea,
  holder     bytea,
  role       text NOT NULL DEFAULT '',
  issued_at  bigint NOT NULL,
  ends       bigint NOT NULL,
  revoked_at bigint NOT NULL DEFAULT 0,
  reason     bigint NOT NULL DEFAULT 0,
  sealed     bytea,
  PRIMARY KEY (authority, serial)
);
CREATE INDEX certificate_account ON certificate (account);
CREATE INDEX certificate_ends ON certificate (ends);
CREATE INDEX certificate_revoked ON certificate (authority, shard, revoked_at) WHERE revoked_at > 0;

-- The newest list of revoked certificates of each shard, signed and public.

CREATE TABLE revocation_list (
  authority text NOT NULL,
  shard     bigint NOT NULL,
  number    bigint NOT NULL,
  made_at   bigint NOT NULL,
  next_at   bigint NOT NULL,
  list      bytea NOT NULL,
  PRIMARY KEY (authority, shard)
);
