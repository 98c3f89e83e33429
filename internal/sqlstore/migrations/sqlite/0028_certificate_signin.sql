-- +goose Up
-- The serial number of the identity certificate by which somebody signed in: the sign-in counts
-- as long as that does.
ALTER TABLE sign_in ADD COLUMN certificate BLOB;

-- How many certificates of the shard stood as revoked when the list was made: another number
-- now means that it is out of date, whatever the clock says.
ALTER TABLE revocation_list ADD COLUMN counted INTEGER NOT NULL DEFAULT -1;
