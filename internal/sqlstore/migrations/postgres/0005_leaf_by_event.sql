-- +goose Up
-- A line of somebody's Activity is named by its event: where several nodes write, its
-- place in the tree is known only a moment later.

CREATE INDEX leaf_event ON leaf (subject, event);
