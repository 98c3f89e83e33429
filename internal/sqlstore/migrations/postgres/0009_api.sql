-- +goose Up
-- A system may be connected for trying things out: nothing it says is kept. A
-- system's own number of a ticket, sealed, so that it can list its tickets.

ALTER TABLE system ADD COLUMN sandbox boolean NOT NULL DEFAULT false;
ALTER TABLE ticket ADD COLUMN sealed bytea;
CREATE INDEX ticket_system ON ticket (system, at, id);
