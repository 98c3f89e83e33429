-- +goose Up
-- People who can sign in. What is personal is sealed under the account's own key.

CREATE TABLE account (
  id         BLOB PRIMARY KEY,
  state      TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  sealed     BLOB    NOT NULL
) WITHOUT ROWID;

-- Which addresses an account has proved.
CREATE TABLE account_address (
  hash      BLOB PRIMARY KEY,
  account   BLOB    NOT NULL,
  proved_at INTEGER NOT NULL,
  is_main   INTEGER NOT NULL,
  sealed    BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX account_address_account ON account_address (account);

CREATE TABLE passkey (
  id       BLOB PRIMARY KEY,
  account  BLOB    NOT NULL,
  added_at INTEGER NOT NULL,
  used_at  INTEGER NOT NULL DEFAULT 0,
  sealed   BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX passkey_account ON passkey (account);

CREATE TABLE sign_in (
  hash       BLOB PRIMARY KEY,
  account    BLOB    NOT NULL,
  proof      TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  expires    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sign_in_account ON sign_in (account);

-- A mailed code or a WebAuthn ceremony under way. A row holds no code: it is
-- derived from the row's id when the mail is rendered and when it is checked.
CREATE TABLE challenge (
  id         BLOB PRIMARY KEY,
  purpose    TEXT    NOT NULL,
  address    BLOB,
  account    BLOB,
  flow       BLOB,
  tries      INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  used_at    INTEGER NOT NULL DEFAULT 0,
  sealed     BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX challenge_address ON challenge (address) WHERE address IS NOT NULL;

-- Roles by address until certificates carry them (ADR 0008).
CREATE TABLE role (
  address    BLOB    NOT NULL,
  role       TEXT    NOT NULL,
  granted_by BLOB    NOT NULL,
  granted_at INTEGER NOT NULL,
  sealed     BLOB    NOT NULL,
  PRIMARY KEY (address, role)
) WITHOUT ROWID;

-- Guesses and floods, counted per keyed hash.
CREATE TABLE guess (
  key    BLOB PRIMARY KEY,
  count  INTEGER NOT NULL,
  since  INTEGER NOT NULL
) WITHOUT ROWID;
