-- +goose Up
-- Records about people. Nothing here is personal in plain text: words are sealed
-- under the key of the person they are about, addresses are keyed hashes.

CREATE TABLE party (
  id         bytea   PRIMARY KEY,
  kind       text    NOT NULL,
  state      text    NOT NULL,
  account    bytea,
  claimed_at bigint  NOT NULL DEFAULT 0,
  review     text    NOT NULL DEFAULT '',
  opened     text    NOT NULL DEFAULT '',
  blocked    boolean NOT NULL DEFAULT false,
  stub       boolean NOT NULL DEFAULT false,
  cleared    boolean NOT NULL DEFAULT false,
  version    bigint  NOT NULL
);
CREATE INDEX party_account ON party (account) WHERE account IS NOT NULL;
CREATE INDEX party_review ON party (review, id) WHERE review <> '';

-- At one address (or external id), one source knows one party under an identity.
CREATE TABLE known_as (
  hash   bytea  NOT NULL,
  source bytea  NOT NULL,
  n      bigint NOT NULL,
  party  bytea  NOT NULL,
  ref    bytea  NOT NULL,
  sealed bytea  NOT NULL,
  PRIMARY KEY (hash, source, n)
);

-- What one source said about one party on one occasion; never changed.
CREATE TABLE statement (
  party       bytea  NOT NULL,
  id          bytea  NOT NULL,
  source_kind bigint NOT NULL,
  source      bytea  NOT NULL,
  ticket      bytea,
  sealed      bytea  NOT NULL,
  PRIMARY KEY (party, id)
);

CREATE TABLE ticket (
  id      bytea  PRIMARY KEY,
  system  bytea  NOT NULL,
  version bigint NOT NULL,
  state   text   NOT NULL,
  at      bigint NOT NULL
);

CREATE TABLE idempotent (
  key    bytea  PRIMARY KEY,
  print  bytea  NOT NULL,
  answer bytea  NOT NULL,
  at     bigint NOT NULL
);

-- A claim: an account asks for control of a record.
CREATE TABLE claim (
  id        bytea   PRIMARY KEY,
  party     bytea   NOT NULL,
  account   bytea   NOT NULL,
  state     text    NOT NULL,
  version   bigint  NOT NULL,
  opened    text    NOT NULL DEFAULT '',
  stale     boolean NOT NULL DEFAULT false,
  tries     bigint  NOT NULL DEFAULT 0,
  opened_at bigint  NOT NULL,
  closed_at bigint  NOT NULL DEFAULT 0
);
CREATE INDEX claim_account ON claim (account);
CREATE INDEX claim_party ON claim (party);

-- Codes given on paper: only their keyed hashes.
CREATE TABLE paper_code (
  party   bytea  NOT NULL,
  hash    bytea  NOT NULL,
  expires bigint NOT NULL,
  used_at bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (party, hash)
);

-- Addresses whose owner said of a record: this is not me.
CREATE TABLE blocked (
  hash  bytea NOT NULL,
  party bytea NOT NULL,
  PRIMARY KEY (hash, party)
);

-- The ledger. A leaf commits with the change that it witnesses; its place in the tree
-- is given to it a moment later by whoever holds the lease.
CREATE TABLE leaf (
  event   bytea PRIMARY KEY,
  subject bytea NOT NULL,
  leaf    bytea NOT NULL,
  sealed  bytea NOT NULL
);

-- Leaves that wait for their place, with the node that wrote them. Rows come and go,
-- so what is dead is cleared away soon.
CREATE TABLE staged (
  event bytea  PRIMARY KEY,
  node  bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0,
  autovacuum_analyze_threshold = 20000);

-- Places in the tree, from 0 without gaps, with the tree hashes that a leaf completes.
CREATE TABLE tree (
  idx    bigint PRIMARY KEY,
  event  bytea  NOT NULL UNIQUE,
  node   bigint NOT NULL,
  hashes bytea  NOT NULL
);

-- Work that one node does at a time. The epoch grows whenever another one takes it.
CREATE TABLE lease (
  name    text        PRIMARY KEY,
  holder  text        NOT NULL,
  epoch   bigint      NOT NULL,
  expires timestamptz NOT NULL
);
INSERT INTO lease (name, holder, epoch, expires) VALUES ('sequencer', '', 0, '-infinity');

-- Empty: its lock is the turn to write.
CREATE TABLE write_turn (nothing boolean);

-- Who was erased in the last hour, sealed, so that other nodes forget them too. The
-- leaf itself does not say it.
CREATE TABLE forgotten (
  event  bytea  PRIMARY KEY,
  sealed bytea  NOT NULL,
  at     bigint NOT NULL
);

-- Mail and other side effects, committed with what caused them.
CREATE TABLE outbox (
  id      bytea  PRIMARY KEY,
  kind    text   NOT NULL,
  subject bytea  NOT NULL,
  state   text   NOT NULL,
  due     bigint NOT NULL, -- while claimed: the end of the lease
  expires bigint NOT NULL DEFAULT 0,
  ended   bigint NOT NULL DEFAULT 0,
  tries   bigint NOT NULL DEFAULT 0,
  reason  text   NOT NULL DEFAULT '',
  sealed  bytea
);
CREATE INDEX outbox_due ON outbox (due) WHERE state = 'waiting';

CREATE TABLE schedule (
  name  text   PRIMARY KEY,
  last  bigint NOT NULL DEFAULT 0,
  lease bigint NOT NULL DEFAULT 0
);

-- Connected systems. The secret is a hash; a name of a system is not personal.
CREATE TABLE system (
  id         bytea  PRIMARY KEY,
  name       text   NOT NULL,
  secret     bytea  NOT NULL,
  created_at bigint NOT NULL,
  ended_at   bigint NOT NULL DEFAULT 0
);

CREATE TABLE system_token (
  hash    bytea  PRIMARY KEY,
  system  bytea  NOT NULL,
  expires bigint NOT NULL
);

-- What the organisation says about itself and its choices (not personal).
CREATE TABLE setting (
  name  text PRIMARY KEY,
  value text NOT NULL
);
