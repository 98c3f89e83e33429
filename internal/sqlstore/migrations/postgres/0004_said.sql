-- +goose Up
-- The keyed hash of the last delivery with a ticket, by which a repeated one is known.

ALTER TABLE known_as ADD COLUMN said bytea;
