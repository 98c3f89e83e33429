-- +goose Up
-- Files of records on their way in. Names of files, cells and reasons are sealed under
-- the import's own key, which is destroyed when nobody needs them any more.

CREATE TABLE import (
  id       bytea PRIMARY KEY,
  account  bytea NOT NULL, -- who brought it; zero: the command line
  state    text NOT NULL,
  kind     text NOT NULL,
  digest   bytea NOT NULL, -- keyed hash of the file
  bytes    bigint NOT NULL,
  parts    bigint NOT NULL,
  row_done bigint NOT NULL DEFAULT 0, -- the checkpoint
  row_read bigint NOT NULL DEFAULT 0,
  created  bigint NOT NULL DEFAULT 0,
  attached bigint NOT NULL DEFAULT 0,
  review   bigint NOT NULL DEFAULT 0,
  known    bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  undone   bigint NOT NULL DEFAULT 0,
  version  bigint NOT NULL,
  at       bigint NOT NULL,
  ended    bigint NOT NULL DEFAULT 0,
  lease    bigint NOT NULL DEFAULT 0,
  sealed   bytea
);
CREATE INDEX import_digest ON import (digest);
CREATE INDEX import_working ON import (lease) WHERE state IN ('checking', 'running', 'undoing');

-- The file itself, in pieces.
CREATE TABLE import_part (
  import bytea NOT NULL,
  n      bigint NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (import, n)
);

-- Rows that stayed out, with their reasons.
CREATE TABLE import_reject (
  import bytea NOT NULL,
  n      bigint NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (import, n)
);

-- What the columns of a header mean, as somebody said before.
CREATE TABLE import_mapping (
  header bytea PRIMARY KEY,
  at     bigint NOT NULL,
  sealed bytea NOT NULL
);

-- Which records an import speaks of.
CREATE INDEX statement_import ON statement (source, party) WHERE source_kind = 1;
