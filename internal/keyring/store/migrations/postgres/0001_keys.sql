-- The key store. Nothing in it is readable without the master password or the
-- recovery code; nothing in it is about a person but a random identifier.

CREATE TABLE ring (
  one        smallint PRIMARY KEY CHECK (one = 1),
  id         bytea    NOT NULL, -- 16 random bytes, bound into everything wrapped
  generation bigint   NOT NULL  -- grows with every erasure, on whichever node
);

-- One row for each way to unwrap the root key: password, recovery.
CREATE TABLE wrapper (
  kind       text    PRIMARY KEY,
  passes     bigint  NOT NULL, -- argon2id; 0 where no password is stretched
  memory_kib bigint  NOT NULL,
  threads    integer NOT NULL,
  salt       bytea   NOT NULL,
  sealed     bytea   NOT NULL
);

-- In parts, because an erasure rewrites the part that a key was in: VACUUM alone
-- leaves the bytes of a deleted row in its page.
CREATE TABLE subject_key (
  id      bytea PRIMARY KEY,
  wrapped bytea NOT NULL
) PARTITION BY HASH (id);

DO $$
BEGIN
  FOR n IN 0..15 LOOP
    EXECUTE format('CREATE TABLE subject_key_%s PARTITION OF subject_key FOR VALUES WITH (MODULUS 16, REMAINDER %s)', n, n);
  END LOOP;
END $$;

CREATE TABLE secret (
  name    text  PRIMARY KEY,
  wrapped bytea NOT NULL
);

-- Written where a key is not needed, so that both take equally long.
CREATE TABLE decoy (
  slot    smallint PRIMARY KEY,
  wrapped bytea    NOT NULL
);

-- Everybody ever erased, for the lists of other nodes.
CREATE TABLE erased (
  id         bytea  PRIMARY KEY,
  generation bigint NOT NULL,
  at         bigint NOT NULL -- unix milliseconds
);
CREATE INDEX erased_generation ON erased (generation);

-- Tables that something was deleted from, and what is known about its bytes.
CREATE TABLE waste (
  place     text   PRIMARY KEY,
  cluster   bigint NOT NULL, -- numbers of another server's copy say nothing here
  dead      xid8   NOT NULL, -- the latest transaction that deleted
  rewritten pg_lsn           -- end of the log when the table was free of it; null: not yet
);
