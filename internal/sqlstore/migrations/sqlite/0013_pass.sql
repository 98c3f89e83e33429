-- +goose Up
-- Consents that people hand over as a code or a link. Of both only keyed hashes are kept;
-- the note of its person is sealed under the record's key.

CREATE TABLE pass (
  id       BLOB PRIMARY KEY,
  party    BLOB    NOT NULL,
  account  BLOB    NOT NULL,
  held     INTEGER NOT NULL,
  name     BLOB    NOT NULL,
  code     BLOB    NOT NULL,
  link     BLOB    NOT NULL,
  sets     TEXT    NOT NULL,
  uses     INTEGER NOT NULL,
  expires  INTEGER NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0,
  ended    TEXT    NOT NULL DEFAULT '',
  sealed   BLOB    NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX pass_name ON pass (name);
CREATE INDEX pass_party ON pass (party);
CREATE INDEX pass_account ON pass (account) WHERE ended_at = 0;
CREATE INDEX pass_expires ON pass (expires);

-- Who used them, each booker and each ticket once: booker and handle are keyed hashes that
-- mean nothing in another pass; a person's address is sealed under the record's key.
CREATE TABLE pass_use (
  pass    BLOB    NOT NULL,
  booker  BLOB    NOT NULL,
  ticket  BLOB    NOT NULL,
  party   BLOB    NOT NULL,
  system  BLOB    NOT NULL,
  handle  BLOB    NOT NULL,
  said    BLOB    NOT NULL,
  at      INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  sealed  BLOB    NOT NULL,
  PRIMARY KEY (pass, booker, ticket)
) WITHOUT ROWID;
CREATE INDEX pass_use_handle ON pass_use (handle);
CREATE INDEX pass_use_party ON pass_use (party);
CREATE INDEX pass_use_expires ON pass_use (expires);

-- What a proved address is good for: a visit for one purpose does not serve another.
ALTER TABLE notice_visit ADD COLUMN purpose TEXT NOT NULL DEFAULT 'notice';
