-- +goose Up
-- What the person of a record has decided about what others propose, sealed under the
-- record's key; at which version it was last looked at, and whether any proposal waits.

CREATE TABLE settled (
  party   BLOB PRIMARY KEY,
  looked  INTEGER NOT NULL,
  waiting INTEGER NOT NULL DEFAULT 0,
  sealed  BLOB
) WITHOUT ROWID;
