-- +goose Up
-- People who can sign in. What is personal is sealed under the account's own key;
-- addresses and passkeys are found by keyed hashes, cookies by hashes.

CREATE TABLE account (
  id         bytea  PRIMARY KEY,
  state      text   NOT NULL,
  created_at bigint NOT NULL,
  sealed     bytea  NOT NULL
);

-- Which addresses an account has proved.
CREATE TABLE account_address (
  hash      bytea   PRIMARY KEY,
  account   bytea   NOT NULL,
  proved_at bigint  NOT NULL,
  is_main   boolean NOT NULL,
  sealed    bytea   NOT NULL
);
CREATE INDEX account_address_account ON account_address (account);

-- ended_at is set while a removal can be undone; the row goes afterwards.
CREATE TABLE passkey (
  hash     bytea  PRIMARY KEY,
  account  bytea  NOT NULL,
  added_at bigint NOT NULL,
  used_at  bigint NOT NULL DEFAULT 0,
  ended_at bigint NOT NULL DEFAULT 0,
  sealed   bytea  NOT NULL
);
CREATE INDEX passkey_account ON passkey (account);

CREATE TABLE sign_in (
  hash       bytea  PRIMARY KEY,
  account    bytea  NOT NULL,
  proof      text   NOT NULL,
  passkey    bytea  NOT NULL,
  address    bytea  NOT NULL,
  created_at bigint NOT NULL,
  seen_at    bigint NOT NULL,
  expires    bigint NOT NULL,
  sealed     bytea  NOT NULL
);
CREATE INDEX sign_in_account ON sign_in (account);

-- A mailed code or a WebAuthn ceremony under way. A row holds no code: it is
-- derived from the row's id when the mail is rendered and when it is checked.
CREATE TABLE challenge (
  id         bytea  PRIMARY KEY,
  purpose    text   NOT NULL,
  subject    bytea  NOT NULL,
  address    bytea  NOT NULL,
  flow       bytea  NOT NULL,
  tries      bigint NOT NULL DEFAULT 0,
  max_tries  bigint NOT NULL,
  created_at bigint NOT NULL,
  expires    bigint NOT NULL,
  used_at    bigint NOT NULL DEFAULT 0,
  sealed     bytea  NOT NULL
);
CREATE INDEX challenge_address ON challenge (address);
CREATE INDEX challenge_subject ON challenge (subject);

-- Roles by address until certificates carry them (ADR 0008). The address is sealed
-- under the house key: it need not belong to an account yet.
CREATE TABLE role (
  address    bytea  NOT NULL,
  role       text   NOT NULL COLLATE "C",
  granted_by bytea  NOT NULL,
  granted_at bigint NOT NULL,
  sealed     bytea  NOT NULL,
  PRIMARY KEY (address, role)
);

-- Guesses and floods, counted per keyed hash.
CREATE TABLE guess (
  key   bytea  PRIMARY KEY,
  count bigint NOT NULL,
  since bigint NOT NULL
);
