-- +goose Up
-- Public profiles, completion lists, and what people are told about who looked. What
-- they wish is sealed under their key.

CREATE TABLE showing (
  party        bytea PRIMARY KEY,
  account      bytea    NOT NULL, -- whose choice it is what is shown; zero: no account's
  published_at bigint NOT NULL DEFAULT 0, -- by staff
  hidden_at    bigint NOT NULL DEFAULT 0, -- by staff
  sealed       bytea
);
CREATE INDEX showing_published ON showing (party) WHERE published_at > 0;

CREATE TABLE completing (
  party       bytea PRIMARY KEY,
  account     bytea    NOT NULL,
  reminded_at bigint NOT NULL DEFAULT 0,
  sealed      bytea
);

-- How an account wants to be told who looked: the first line of the ledger that it was
-- not told of, and when it is told next.
CREATE TABLE digest (
  account    bytea PRIMARY KEY,
  line       bigint NOT NULL,
  due        bigint NOT NULL, -- 0: never
  mail       bytea    NOT NULL, -- the newest
  stop       bytea    NOT NULL, -- hash of the token that ends it
  bounced_at bigint NOT NULL DEFAULT 0,
  version    bigint NOT NULL,
  sealed     bytea
);
CREATE INDEX digest_due ON digest (due) WHERE due > 0;
CREATE UNIQUE INDEX digest_stop ON digest (stop);

-- Of which kind a mail is, so that its reader finds it in a list without its words.
ALTER TABLE outbox ADD COLUMN about text NOT NULL DEFAULT '';
CREATE INDEX outbox_subject ON outbox (subject);
