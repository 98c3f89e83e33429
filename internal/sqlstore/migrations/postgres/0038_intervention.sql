-- +goose Up
-- Certificates that administrators revoked and accounts that they deleted, with what they wrote
-- down as the reason and proof, sealed under the house's key. event is that of the ledger's line;
-- account is NULL where the account is gone.
CREATE TABLE intervention (
  event   bytea PRIMARY KEY,
  kind    TEXT NOT NULL,
  account bytea,
  by_whom bytea NOT NULL,
  at      bigint NOT NULL,
  sealed  bytea NOT NULL
);
CREATE INDEX intervention_at ON intervention (at);
CREATE INDEX intervention_account ON intervention (account);

-- A consent that was given before the register held it: keys of registration files that are kept.
INSERT INTO consent (kind, party, account, words, given, at)
  SELECT 'registration.key', subject, subject, words, TRUE, at FROM escrow WHERE subject IS NOT NULL;
