-- +goose Up
-- The sampled log of questions about entities (ADR 0050): for internal use, at most six months.
-- What was asked and answered, and, where that is switched on, from where, lies sealed.

CREATE TABLE asked (
  id     text PRIMARY KEY, -- random
  at     bigint NOT NULL,
  form   text NOT NULL,    -- in which form the question came
  sealed bytea NOT NULL
);
CREATE INDEX asked_at ON asked (at);

-- What no snapshot of the public index holds is read at the start.
CREATE INDEX entity_sealed ON entity (turn) WHERE sealed IS NOT NULL;
