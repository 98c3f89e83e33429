-- +goose Up
-- Which notes and letters a split took along: they lie with the second record, and go
-- back to where they lay when it is undone.

CREATE TABLE split_paper (
  split bytea NOT NULL,
  party bytea NOT NULL,
  kind  text  NOT NULL,
  paper bytea NOT NULL,
  PRIMARY KEY (split, kind, paper)
);

-- A claim may lie with another record by now than the dispute about it.
CREATE INDEX dispute_claim ON dispute (claim);
