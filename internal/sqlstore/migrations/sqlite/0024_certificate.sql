-- +goose Up
-- Registrations: who has an identity certificate, and until when. The name in it is sealed.

CREATE TABLE registration (
  account BLOB PRIMARY KEY,
  at      INTEGER NOT NULL,
  ends    INTEGER NOT NULL,
  policy  INTEGER NOT NULL,
  sealed  BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX registration_ends ON registration (ends);

-- Certificates that authorities have issued. A row outlives its account without account and
-- words: others have to learn that the certificate does not count any more. holder is the
-- serial number of the identity certificate that an attribute certificate hangs on.

CREATE TABLE certificate (
  authority  TEXT NOT NULL,
  serial     BLOB NOT NULL,
  shard      INTEGER NOT NULL,
  account    BLOB,
  holder     BLOB,
  role       TEXT NOT NULL DEFAULT '',
  issued_at  INTEGER NOT NULL,
  ends       INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL DEFAULT 0,
  reason     INTEGER NOT NULL DEFAULT 0,
  sealed     BLOB,
  PRIMARY KEY (authority, serial)
) WITHOUT ROWID;
CREATE INDEX certificate_account ON certificate (account);
CREATE INDEX certificate_ends ON certificate (ends);
CREATE INDEX certificate_revoked ON certificate (authority, shard, revoked_at) WHERE revoked_at > 0;

-- The newest list of revoked certificates of each shard, signed and public.

CREATE TABLE revocation_list (
  authority TEXT NOT NULL,
  shard     INTEGER NOT NULL,
  number    INTEGER NOT NULL,
  made_at   INTEGER NOT NULL,
  next_at   INTEGER NOT NULL,
  list      BLOB NOT NULL,
  PRIMARY KEY (authority, shard)
) WITHOUT ROWID;
