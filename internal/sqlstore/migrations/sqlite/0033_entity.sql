-- +goose Up
-- The Entity Name System (ADR 0049). What is said of an entity is public: body is its description
-- as compact JSON. What is hidden in it, and the whole of one that is hidden or about a person who
-- is not public, lies sealed under the house key, with its writer's words about this version.
-- turn counts the writes to all entities: who follows them reads on from the last one seen.

CREATE TABLE entity (
  id      INTEGER PRIMARY KEY,  -- 60 bits, random; never deleted
  state   TEXT    NOT NULL,
  version INTEGER NOT NULL,
  turn    INTEGER NOT NULL,
  label   INTEGER NOT NULL,     -- a hash of its folded first name; 0: sealed or gone
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  leads   BLOB,                 -- the identifiers that it leads to, 8 bytes each
  body    TEXT    NOT NULL,
  sealed  BLOB
);
CREATE UNIQUE INDEX entity_turn ON entity (turn);
CREATE INDEX entity_label ON entity (label) WHERE label <> 0;

-- What an entity was before its present version, for internal use and for undoing.
CREATE TABLE entity_past (
  entity  INTEGER NOT NULL,
  version INTEGER NOT NULL,
  state   TEXT    NOT NULL,
  changed INTEGER NOT NULL,     -- since when it held
  leads   BLOB,
  body    TEXT    NOT NULL,
  sealed  BLOB,
  PRIMARY KEY (entity, version)
);

-- What other registries call entities, as a keyed hash of scheme and value: no two have the same.
CREATE TABLE entity_external (
  mark   BLOB PRIMARY KEY,
  entity INTEGER NOT NULL
) WITHOUT ROWID;

-- Whose identifiers lead to an entity.
CREATE TABLE entity_lead (
  target INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  PRIMARY KEY (target, entity)
) WITHOUT ROWID;

-- The public evolution of identifiers, and which versions each step made of which, to undo it.
CREATE TABLE evolution (
  seq       INTEGER PRIMARY KEY,
  operation TEXT    NOT NULL,
  at        INTEGER NOT NULL,
  old       BLOB    NOT NULL,
  new       BLOB    NOT NULL,
  undone_by INTEGER NOT NULL,
  undoes    INTEGER NOT NULL
);
CREATE TABLE evolution_part (
  entity  INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  version INTEGER NOT NULL,     -- that the step made; the one before is version - 1
  PRIMARY KEY (entity, seq)
) WITHOUT ROWID;
CREATE INDEX evolution_part_seq ON evolution_part (seq);

-- Tickets that keep others from changing an entity, for minutes; mark is a hash of the ticket.
CREATE TABLE entity_lock (
  entity INTEGER PRIMARY KEY,
  mark   BLOB    NOT NULL,
  ends   INTEGER NOT NULL
);

-- Who has accepted which words of the contribution licence.
CREATE TABLE entity_licence (
  account BLOB PRIMARY KEY,
  words   INTEGER NOT NULL,
  at      INTEGER NOT NULL
) WITHOUT ROWID;
