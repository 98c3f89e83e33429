-- +goose Up
-- Public profiles, completion lists, and what people are told about who looked. What
-- they wish is sealed under their key.

CREATE TABLE showing (
  party        BLOB PRIMARY KEY,
  account      BLOB    NOT NULL, -- whose choice it is what is shown; zero: no account's
  published_at INTEGER NOT NULL DEFAULT 0, -- by staff
  hidden_at    INTEGER NOT NULL DEFAULT 0, -- by staff
  sealed       BLOB
) WITHOUT ROWID;
CREATE INDEX showing_published ON showing (party) WHERE published_at > 0;

CREATE TABLE completing (
  party       BLOB PRIMARY KEY,
  account     BLOB    NOT NULL,
  reminded_at INTEGER NOT NULL DEFAULT 0,
  sealed      BLOB
) WITHOUT ROWID;

-- How an account wants to be told who looked: the first line of the ledger that it was
-- not told of, and when it is told next.
CREATE TABLE digest (
  account    BLOB PRIMARY KEY,
  line       INTEGER NOT NULL,
  due        INTEGER NOT NULL, -- 0: never
  mail       BLOB    NOT NULL, -- the newest
  stop       BLOB    NOT NULL, -- hash of the token that ends it
  bounced_at INTEGER NOT NULL DEFAULT 0,
  version    INTEGER NOT NULL,
  sealed     BLOB
) WITHOUT ROWID;
CREATE INDEX digest_due ON digest (due) WHERE due > 0;
CREATE UNIQUE INDEX digest_stop ON digest (stop);

-- Of which kind a mail is, so that its reader finds it in a list without its words.
ALTER TABLE outbox ADD COLUMN about TEXT NOT NULL DEFAULT '';
CREATE INDEX outbox_subject ON outbox (subject);
