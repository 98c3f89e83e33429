-- The key store. Nothing in it is readable without the master password or the
-- recovery code; nothing in it is about a person but a random identifier.

CREATE TABLE ring (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  id         BLOB    NOT NULL, -- 16 random bytes, bound into everything wrapped
  generation INTEGER NOT NULL  -- grows with every erasure
) STRICT;

-- One row for each way to unwrap the root key: password, recovery.
CREATE TABLE wrapper (
  kind        TEXT    PRIMARY KEY,
  passes      INTEGER NOT NULL, -- argon2id; 0 where no password is stretched
  memory_kib  INTEGER NOT NULL,
  threads     INTEGER NOT NULL,
  salt        BLOB    NOT NULL,
  sealed      BLOB    NOT NULL
) WITHOUT ROWID, STRICT;

-- Keyed by time-ordered identifiers, so that new keys are appended. No other
-- index: this is the hot table.
CREATE TABLE subject_key (
  id      BLOB PRIMARY KEY,
  wrapped BLOB NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE secret (
  name    TEXT PRIMARY KEY,
  wrapped BLOB NOT NULL
) WITHOUT ROWID, STRICT;
