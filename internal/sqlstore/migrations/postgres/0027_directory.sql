-- +goose Up
-- Who the directory of the organisation says works here: keyed hashes of mail addresses
-- and marks of groups, no names. since and ended are milliseconds; ended 0: so it is now.
CREATE TABLE directory_member (
  address bytea    NOT NULL,
  mark    bytea    NOT NULL,
  since   bigint NOT NULL,
  ended   bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (address, mark)
);

-- How asking went; one row.
CREATE TABLE directory_state (
  n        bigint PRIMARY KEY CHECK (n = 1),
  asked    bigint NOT NULL,
  answered bigint NOT NULL,
  failure  text    NOT NULL
);

-- Staff as a connected system names them (SCIM 2.0). name and address are keyed hashes.
CREATE TABLE staff_user (
  id      bytea PRIMARY KEY,
  system  bytea    NOT NULL,
  name    bytea    NOT NULL,
  address bytea    NOT NULL,
  active  boolean NOT NULL,
  version bigint NOT NULL,
  created bigint NOT NULL,
  changed bigint NOT NULL,
  sealed  bytea    NOT NULL,
  UNIQUE (system, name)
);
CREATE INDEX staff_user_address ON staff_user (address);

CREATE TABLE staff_set (
  id      bytea PRIMARY KEY,
  system  bytea    NOT NULL,
  mark    bytea    NOT NULL,
  version bigint NOT NULL,
  created bigint NOT NULL,
  changed bigint NOT NULL,
  sealed  bytea    NOT NULL,
  UNIQUE (system, mark)
);

CREATE TABLE staff_in_set (
  staff_set  bytea NOT NULL,
  staff_user bytea NOT NULL,
  PRIMARY KEY (staff_set, staff_user)
);
CREATE INDEX staff_in_set_user ON staff_in_set (staff_user);
