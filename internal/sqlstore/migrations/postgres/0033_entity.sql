-- +goose Up
-- The Entity Name System (ADR 0049). What is said of an entity is public: body is its description
-- as compact JSON. What is hidden in it, and the whole of one that is hidden or about a person who
-- is not public, lies sealed under the house key, with its writer's words about this version.
-- turn counts the writes to all entities: who follows them reads on from the last one seen.

CREATE TABLE entity (
  id      bigint PRIMARY KEY,  -- 60 bits, random; never deleted
  state   text    NOT NULL,
  version bigint NOT NULL,
  turn    bigint NOT NULL,
  label   bigint NOT NULL,     -- a hash of its folded first name; 0: sealed or gone
  created bigint NOT NULL,
  changed bigint NOT NULL,
  leads   bytea,                 -- the identifiers that it leads to, 8 bytes each
  body    text    NOT NULL,
  sealed  bytea
);
CREATE UNIQUE INDEX entity_turn ON entity (turn);
CREATE INDEX entity_label ON entity (label) WHERE label <> 0;

-- What an entity was before its present version, for internal use and for undoing.
CREATE TABLE entity_past (
  entity  bigint NOT NULL,
  version bigint NOT NULL,
  state   text    NOT NULL,
  changed bigint NOT NULL,     -- since when it held
  leads   bytea,
  body    text    NOT NULL,
  sealed  bytea,
  PRIMARY KEY (entity, version)
);

-- What other registries call entities, as a keyed hash of scheme and value: no two have the same.
CREATE TABLE entity_external (
  mark   bytea PRIMARY KEY,
  entity bigint NOT NULL
);

-- Whose identifiers lead to an entity.
CREATE TABLE entity_lead (
  target bigint NOT NULL,
  entity bigint NOT NULL,
  PRIMARY KEY (target, entity)
);

-- The public evolution of identifiers, and which versions each step made of which, to undo it.
CREATE TABLE evolution (
  seq       bigint PRIMARY KEY,
  operation text    NOT NULL,
  at        bigint NOT NULL,
  old       bytea    NOT NULL,
  new       bytea    NOT NULL,
  undone_by bigint NOT NULL,
  undoes    bigint NOT NULL
);
CREATE TABLE evolution_part (
  entity  bigint NOT NULL,
  seq     bigint NOT NULL,
  version bigint NOT NULL,     -- that the step made; the one before is version - 1
  PRIMARY KEY (entity, seq)
);
CREATE INDEX evolution_part_seq ON evolution_part (seq);

-- Tickets that keep others from changing an entity, for minutes; mark is a hash of the ticket.
CREATE TABLE entity_lock (
  entity bigint PRIMARY KEY,
  mark   bytea  NOT NULL,
  ends   bigint NOT NULL
);

-- Who has accepted which words of the contribution licence.
CREATE TABLE entity_licence (
  account bytea PRIMARY KEY,
  words   bigint NOT NULL,
  at      bigint NOT NULL
);
