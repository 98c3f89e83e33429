-- +goose Up
-- How far the person of a registration was told that it ends: the last reminder, by its days before
-- the end, and when they were told that the account will be erased.

ALTER TABLE registration ADD COLUMN reminded bigint NOT NULL DEFAULT 0;
ALTER TABLE registration ADD COLUMN warned_at bigint NOT NULL DEFAULT 0;
