-- +goose Up
-- What the person of a record has decided about what others propose, sealed under the
-- record's key; at which version it was last looked at, and whether any proposal waits.

CREATE TABLE settled (
  party   bytea PRIMARY KEY,
  looked  bigint NOT NULL,
  waiting boolean NOT NULL DEFAULT false,
  sealed  bytea
);
