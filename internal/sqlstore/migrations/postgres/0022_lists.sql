-- +goose Up
-- Lists of people: tags, saved searches, and lists taken away as files. No row says in the
-- clear who has which tag or what was searched for.

-- The words of a tag, under the house key.
CREATE TABLE tag (
  id     bytea PRIMARY KEY,
  sealed bytea NOT NULL
);

-- That a record has a tag: which one, and who gave it, under the record's key.
CREATE TABLE party_tag (
  id     bytea PRIMARY KEY,
  party  bytea NOT NULL,
  sealed bytea NOT NULL
);
CREATE INDEX party_tag_party ON party_tag (party);

-- What was done with a tag at once, under the house key, for the minutes in which it can
-- be taken back.
CREATE TABLE tag_change (
  id      bytea PRIMARY KEY,
  account bytea    NOT NULL,
  ends    bigint NOT NULL,
  sealed  bytea    NOT NULL
);

-- A filter under a name, under the house key. account is empty when who shared it is gone.
CREATE TABLE saved_list (
  id       bytea PRIMARY KEY,
  account  bytea,
  shared   bigint NOT NULL,
  used_at  bigint NOT NULL, -- to the day
  ended_at bigint NOT NULL DEFAULT 0,
  version  bigint NOT NULL,
  sealed   bytea    NOT NULL
);
CREATE INDEX saved_list_account ON saved_list (account);

-- A list that is taken away as a file, and how far it is; what is in it, and why, under the
-- house key. The file itself is nowhere.
CREATE TABLE list_file (
  id      bytea PRIMARY KEY,
  account bytea    NOT NULL,
  state   text    NOT NULL,
  total   bigint NOT NULL DEFAULT 0,
  done    bigint NOT NULL DEFAULT 0,
  held    bigint NOT NULL DEFAULT 0, -- left out: not to be used
  at      bigint NOT NULL,
  sealed  bytea    NOT NULL
);
