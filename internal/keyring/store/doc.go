// Package store keeps wrapped keys: in a SQLite file of their own, or in a
// PostgreSQL database of their own that several nodes share. It sees no key in the
// clear: what it writes was wrapped by package keyring, and it could be handed to a
// stranger together with the file or the database.
//
// Promises of both:
//
//   - What a method has written when it returns nil is on the disk (SQLite: WAL,
//     synchronous=FULL; PostgreSQL: synchronous_commit is never off, and a commit
//     that a synchronous replica has not confirmed is never success).
//   - [Peek] changes no byte, whatever it finds. A store is created whole or not at
//     all, and never over something else.
//   - A write may be repeated. On PostgreSQL it is, once, when the connection broke:
//     the answer to a commit that was lost does no harm.
//
// # What is left of a deleted key
//
// SQLite: after [Store.DeleteKeys] and a successful [Store.Compact] the deleted
// bytes are neither in the file nor in its write-ahead log: secure_delete
// overwrites cells and freed pages, the truncating checkpoint empties the log.
//
// PostgreSQL never overwrites a row, and VACUUM leaves its bytes in the page until
// something else needs the room. So the keys lie in sixteen tables, and Compact
// rewrites the one that a key was deleted from into a new file (VACUUM FULL): 62,000
// rows out of a million, some 100 ms in which that part waits. Overwriting a row
// before deleting it would help nothing, because that writes another one. Then there
// is the write-ahead log, which holds whole pages of the table from before. The
// server removes a segment after the checkpoints that make it needless (by default
// five minutes apart), unless a replication slot, an archive or wal_keep_size holds
// it, and by default it renames segments for use later instead, so their bytes stay
// until they are written over. [Store.Pending] tells what is known. It is certain
// when the role is a member of pg_monitor and wal_recycle is off; elsewhere it says
// that it does not know. Base backups, archived segments and replicas are copies of
// the key store like any other and have to expire on their own. What lingers in all
// of them is a wrapped key: worth nothing without the master password.
//
// Blocks that a file system or a drive keeps aside are out of reach with either.
//
// # Places
//
// The file is keys.db with -wal and -shm beside it while open. One process at a time
// opens it; the lock on the directory is the caller's. The database (PostgreSQL 15
// or newer) holds nothing but the keys, and its role owns it. Connect to it directly:
// prepared statements and sessions are used.
package store
