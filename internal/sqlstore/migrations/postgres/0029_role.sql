-- +goose Up
-- Decisions about roles (ADR 0044). A decision waits until its person is registered; then it
-- is carried out by an attribute certificate, and sealed under its holder's key instead of the
-- house's. Roles by address (ADR 0008) are gone: they are to be decided anew.

DROP TABLE role;

CREATE TABLE role_grant (
  id         bytea PRIMARY KEY,
  role       text NOT NULL,
  address    bytea NOT NULL,
  account    bytea,
  granted_by bytea NOT NULL,
  granted_at bigint NOT NULL,
  ends       bigint NOT NULL DEFAULT 0,
  serial     bytea,
  ended_at   bigint NOT NULL DEFAULT 0,
  ended_by   bytea,
  sealed     bytea NOT NULL
);
CREATE INDEX role_grant_account ON role_grant (account);
CREATE INDEX role_grant_address ON role_grant (address);
CREATE INDEX certificate_role ON certificate (role) WHERE role <> '';

-- Who asks for a role, and what was answered.

CREATE TABLE role_application (
  id         bytea PRIMARY KEY,
  account    bytea NOT NULL,
  role       text NOT NULL,
  at         bigint NOT NULL,
  state      text NOT NULL,
  decided_at bigint NOT NULL DEFAULT 0,
  decided_by bytea,
  sealed     bytea NOT NULL
);
CREATE INDEX role_application_account ON role_application (account);
CREATE INDEX role_application_open ON role_application (state) WHERE state = 'open';
