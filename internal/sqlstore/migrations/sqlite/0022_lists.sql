-- +goose Up
-- Lists of people: tags, saved searches, and lists taken away as files. No row says in the
-- clear who has which tag or what was searched for.

-- The words of a tag, under the house key.
CREATE TABLE tag (
  id     BLOB PRIMARY KEY,
  sealed BLOB NOT NULL
) WITHOUT ROWID;

-- That a record has a tag: which one, and who gave it, under the record's key.
CREATE TABLE party_tag (
  id     BLOB PRIMARY KEY,
  party  BLOB NOT NULL,
  sealed BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX party_tag_party ON party_tag (party);

-- What was done with a tag at once, under the house key, for the minutes in which it can
-- be taken back.
CREATE TABLE tag_change (
  id      BLOB PRIMARY KEY,
  account BLOB    NOT NULL,
  ends    INTEGER NOT NULL,
  sealed  BLOB    NOT NULL
) WITHOUT ROWID;

-- A filter under a name, under the house key. account is empty when who shared it is gone.
CREATE TABLE saved_list (
  id       BLOB PRIMARY KEY,
  account  BLOB,
  shared   INTEGER NOT NULL,
  used_at  INTEGER NOT NULL, -- to the day
  ended_at INTEGER NOT NULL DEFAULT 0,
  version  INTEGER NOT NULL,
  sealed   BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX saved_list_account ON saved_list (account);

-- A list that is taken away as a file, and how far it is; what is in it, and why, under the
-- house key. The file itself is nowhere.
CREATE TABLE list_file (
  id      BLOB PRIMARY KEY,
  account BLOB    NOT NULL,
  state   TEXT    NOT NULL,
  total   INTEGER NOT NULL DEFAULT 0,
  done    INTEGER NOT NULL DEFAULT 0,
  held    INTEGER NOT NULL DEFAULT 0, -- left out: not to be used
  at      INTEGER NOT NULL,
  sealed  BLOB    NOT NULL
) WITHOUT ROWID;
