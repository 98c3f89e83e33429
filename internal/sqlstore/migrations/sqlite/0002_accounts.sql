-- +goose Up
-- People who can sign in. What is personal is sealed under the account's own key;
-- addresses and passkeys are found by keyed hashes, cookies by hashes.

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

-- ended_at is set while a removal can be undone; the row goes afterwards.
CREATE TABLE passkey (
  hash     BLOB PRIMARY KEY,
  account  BLOB    NOT NULL,
  added_at INTEGER NOT NULL,
  used_at  INTEGER NOT NULL DEFAULT 0,
  ended_at INTEGER NOT NULL DEFAULT 0,
  sealed   BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX passkey_account ON passkey (account);

CREATE TABLE sign_in (
  hash       BLOB PRIMARY KEY,
  account    BLOB    NOT NULL,
  proof      TEXT    NOT NULL,
  passkey    BLOB    NOT NULL,
  address    BLOB    NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  sealed     BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX sign_in_account ON sign_in (account);

-- A mailed code or a WebAuthn ceremony under way. A row holds no code: it is
-- derived from the row's id when the mail is rendered and when it is checked.
CREATE TABLE challenge (
  id         BLOB PRIMARY KEY,
  purpose    TEXT    NOT NULL,
  subject    BLOB    NOT NULL,
  address    BLOB    NOT NULL,
  flow       BLOB    NOT NULL,
  tries      INTEGER NOT NULL DEFAULT 0,
  max_tries  INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  used_at    INTEGER NOT NULL DEFAULT 0,
  sealed     BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX challenge_address ON challenge (address);
CREATE INDEX challenge_subject ON challenge (subject);

-- Roles by address until certificates carry them (ADR 0008). The address is sealed
-- under the house key: it need not belong to an account yet.
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
  key   BLOB PRIMARY KEY,
  count INTEGER NOT NULL,
  since INTEGER NOT NULL
) WITHOUT ROWID;
