-- +goose Up
-- Decisions about roles (ADR 0044). A decision waits until its person is registered; then it
-- is carried out by an attribute certificate, and sealed under its holder's key instead of the
-- house's. Roles by address (ADR 0008) are gone: they are to be decided anew.

DROP TABLE role;

CREATE TABLE role_grant (
  id         BLOB PRIMARY KEY,
  role       TEXT NOT NULL,
  address    BLOB NOT NULL,
  account    BLOB,
  granted_by BLOB NOT NULL,
  granted_at INTEGER NOT NULL,
  ends       INTEGER NOT NULL DEFAULT 0,
  serial     BLOB,
  ended_at   INTEGER NOT NULL DEFAULT 0,
  ended_by   BLOB,
  sealed     BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX role_grant_account ON role_grant (account);
CREATE INDEX role_grant_address ON role_grant (address);
CREATE INDEX certificate_role ON certificate (role) WHERE role <> '';

-- Who asks for a role, and what was answered.

CREATE TABLE role_application (
  id         BLOB PRIMARY KEY,
  account    BLOB NOT NULL,
  role       TEXT NOT NULL,
  at         INTEGER NOT NULL,
  state      TEXT NOT NULL,
  decided_at INTEGER NOT NULL DEFAULT 0,
  decided_by BLOB,
  sealed     BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX role_application_account ON role_application (account);
CREATE INDEX role_application_open ON role_application (state) WHERE state = 'open';
