-- +goose Up
-- The register of requests in depth, what legal duties keep of erased records, and the
-- register of breaches.

ALTER TABLE request ADD COLUMN came_at bigint NOT NULL DEFAULT 0;
ALTER TABLE request ADD COLUMN extended_at bigint NOT NULL DEFAULT 0;
ALTER TABLE request ADD COLUMN reminded_at bigint NOT NULL DEFAULT 0;
ALTER TABLE request ADD COLUMN assigned bytea;

-- Until when staff keep a record beyond its time; 0: until they say otherwise.
ALTER TABLE retention ADD COLUMN held_until bigint NOT NULL DEFAULT 0;

-- One data set of an erased record, under a key of its own. Nothing leads to it but its
-- number; the words go with their key, the rest shows that they went.
CREATE TABLE remainder (
  id       bytea PRIMARY KEY,
  erasure  bytea NOT NULL,
  subject  bytea, -- owner of the key; empty once that is destroyed
  name     text NOT NULL,
  label    text NOT NULL,
  duty     text NOT NULL,
  until    bigint NOT NULL,
  event    bytea NOT NULL,
  ended_at bigint NOT NULL DEFAULT 0,
  ended    bytea,
  sealed   bytea
);
CREATE INDEX remainder_erasure ON remainder (erasure);
CREATE INDEX remainder_until ON remainder (until) WHERE ended_at = 0;

-- Breaches of personal data; the register says nothing about individuals. What staff
-- write is sealed under the house's key.
CREATE TABLE breach (
  id      bytea PRIMARY KEY,
  version bigint NOT NULL,
  noticed bigint NOT NULL,
  closed  bigint NOT NULL DEFAULT 0,
  sealed  bytea NOT NULL
);

-- Who was written to because of a breach, as a keyed mark that only this breach makes, and
-- the mail.
CREATE TABLE breach_letter (
  breach bytea NOT NULL,
  mark   bytea NOT NULL,
  mail   bytea NOT NULL,
  PRIMARY KEY (breach, mark)
);
