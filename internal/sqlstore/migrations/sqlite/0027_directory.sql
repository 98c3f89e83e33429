-- +goose Up
-- Who the directory of the organisation says works here: keyed hashes of mail addresses
-- and marks of groups, no names. since and ended are milliseconds; ended 0: so it is now.
CREATE TABLE directory_member (
  address BLOB    NOT NULL,
  mark    BLOB    NOT NULL,
  since   INTEGER NOT NULL,
  ended   INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (address, mark)
) WITHOUT ROWID;

-- How asking went; one row.
CREATE TABLE directory_state (
  n        INTEGER PRIMARY KEY CHECK (n = 1),
  asked    INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  failure  TEXT    NOT NULL
);

-- Staff as a connected system names them (SCIM 2.0). name and address are keyed hashes.
CREATE TABLE staff_user (
  id      BLOB PRIMARY KEY,
  system  BLOB    NOT NULL,
  name    BLOB    NOT NULL,
  address BLOB    NOT NULL,
  active  INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  sealed  BLOB    NOT NULL,
  UNIQUE (system, name)
) WITHOUT ROWID;
CREATE INDEX staff_user_address ON staff_user (address);

CREATE TABLE staff_set (
  id      BLOB PRIMARY KEY,
  system  BLOB    NOT NULL,
  mark    BLOB    NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  sealed  BLOB    NOT NULL,
  UNIQUE (system, mark)
) WITHOUT ROWID;

CREATE TABLE staff_in_set (
  staff_set  BLOB NOT NULL,
  staff_user BLOB NOT NULL,
  PRIMARY KEY (staff_set, staff_user)
) WITHOUT ROWID;
CREATE INDEX staff_in_set_user ON staff_in_set (staff_user);
