-- +goose Up
-- Connected systems may hold two live secrets while they change over, and are
-- granted scopes; so are their tokens. Hashes only.

ALTER TABLE system ADD COLUMN old_secret bytea;
ALTER TABLE system ADD COLUMN scopes text NOT NULL DEFAULT '';
ALTER TABLE system ADD COLUMN used_at bigint NOT NULL DEFAULT 0;
ALTER TABLE system_token ADD COLUMN scopes text NOT NULL DEFAULT '';
CREATE INDEX system_token_expires ON system_token (expires);
