-- +goose Up
-- Consents that people hand over as a code or a link. Of both only keyed hashes are kept;
-- the note of its person is sealed under the record's key.

CREATE TABLE pass (
  id       bytea PRIMARY KEY,
  party    bytea    NOT NULL,
  account  bytea    NOT NULL,
  held     bigint NOT NULL,
  name     bytea    NOT NULL,
  code     bytea    NOT NULL,
  link     bytea    NOT NULL,
  sets     text    NOT NULL,
  uses     bigint NOT NULL,
  expires  bigint NOT NULL,
  ended_at bigint NOT NULL DEFAULT 0,
  ended    text    NOT NULL DEFAULT '',
  sealed   bytea    NOT NULL
);
CREATE UNIQUE INDEX pass_name ON pass (name);
CREATE INDEX pass_party ON pass (party);
CREATE INDEX pass_account ON pass (account) WHERE ended_at = 0;
CREATE INDEX pass_expires ON pass (expires);

-- Who used them, each booker and each ticket once: booker and handle are keyed hashes that
-- mean nothing in another pass; a person's address is sealed under the record's key.
CREATE TABLE pass_use (
  pass    bytea    NOT NULL,
  booker  bytea    NOT NULL,
  ticket  bytea    NOT NULL,
  party   bytea    NOT NULL,
  system  bytea    NOT NULL,
  handle  bytea    NOT NULL,
  said    bytea    NOT NULL,
  at      bigint NOT NULL,
  expires bigint NOT NULL,
  sealed  bytea    NOT NULL,
  PRIMARY KEY (pass, booker, ticket)
);
CREATE INDEX pass_use_handle ON pass_use (handle);
CREATE INDEX pass_use_party ON pass_use (party);
CREATE INDEX pass_use_expires ON pass_use (expires);

-- What a proved address is good for: a visit for one purpose does not serve another.
ALTER TABLE notice_visit ADD COLUMN purpose text NOT NULL DEFAULT 'notice';
