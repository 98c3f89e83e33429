-- +goose Up
-- Which notes and letters a split took along: they lie with the second record, and go
-- back to where they lay when it is undone.

CREATE TABLE split_paper (
  split BLOB NOT NULL,
  party BLOB NOT NULL,
  kind  TEXT NOT NULL,
  paper BLOB NOT NULL,
  PRIMARY KEY (split, kind, paper)
) WITHOUT ROWID;

-- A claim may lie with another record by now than the dispute about it.
CREATE INDEX dispute_claim ON dispute (claim);
