-- +goose Up
-- Files of records on their way in. Names of files, cells and reasons are sealed under
-- the import's own key, which is destroyed when nobody needs them any more.

CREATE TABLE import (
  id       BLOB PRIMARY KEY,
  account  BLOB NOT NULL, -- who brought it; zero: the command line
  state    TEXT NOT NULL,
  kind     TEXT NOT NULL,
  digest   BLOB NOT NULL, -- keyed hash of the file
  bytes    INTEGER NOT NULL,
  parts    INTEGER NOT NULL,
  row_done INTEGER NOT NULL DEFAULT 0, -- the checkpoint
  row_read INTEGER NOT NULL DEFAULT 0,
  created  INTEGER NOT NULL DEFAULT 0,
  attached INTEGER NOT NULL DEFAULT 0,
  review   INTEGER NOT NULL DEFAULT 0,
  known    INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  undone   INTEGER NOT NULL DEFAULT 0,
  version  INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  ended    INTEGER NOT NULL DEFAULT 0,
  lease    INTEGER NOT NULL DEFAULT 0,
  sealed   BLOB
) WITHOUT ROWID;
CREATE INDEX import_digest ON import (digest);
CREATE INDEX import_working ON import (lease) WHERE state IN ('checking', 'running', 'undoing');

-- The file itself, in pieces.
CREATE TABLE import_part (
  import BLOB NOT NULL,
  n      INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (import, n)
);

-- Rows that stayed out, with their reasons.
CREATE TABLE import_reject (
  import BLOB NOT NULL,
  n      INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (import, n)
) WITHOUT ROWID;

-- What the columns of a header mean, as somebody said before.
CREATE TABLE import_mapping (
  header BLOB PRIMARY KEY,
  at     INTEGER NOT NULL,
  sealed BLOB NOT NULL
) WITHOUT ROWID;

-- Which records an import speaks of.
CREATE INDEX statement_import ON statement (source, party) WHERE source_kind = 1;
