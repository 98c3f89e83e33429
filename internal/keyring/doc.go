// Package keyring turns one master password into everything that keeps personal
// data unreadable at rest, and destroys it piece by piece when people ask.
//
//	master password ─ argon2id ─┐
//	                            ├─ wraps ─ root key ─ HKDF-SHA256 ─ working keys ─ wrap ─ subject keys ─ seal ─ values
//	recovery code ─ HKDF-SHA256 ┘
//
// Everything is wrapped and sealed with AES-256-GCM. Each subject (a party or an
// account), each month and the house itself has a random key of its own. Erasing
// somebody is destroying their key: what it sealed, in every table, log and
// backup, becomes noise (design.md, Storage).
//
// # What is promised
//
//   - Neither the password nor any key is ever written in the clear (PROT-02).
//   - A wrong password changes nothing on disk (PROT-03).
//   - A new master password rewraps the root key and nothing else.
//   - A key that [Ring.Commit] returned for survives a crash; a key that
//     [Ring.Destroy] returned for is in no file of the store, and its erasure is
//     on a list beside it that [Open] applies again to a restored copy. On
//     PostgreSQL it may be in the server's write-ahead log for a while longer;
//     [Ring.Pending] tells (see package store). What a long read held up in the
//     store itself goes with the next [Ring.Compact], which a server calls every
//     ten minutes while something is pending.
//
// # Where it lies
//
// The store is a SQLite file for one node, or a PostgreSQL database of its own that
// several nodes share (Options.DSN). The path of the file says in both cases where
// this node's list of erasures lies: the file “tombstones” beside it. With a database
// no file of keys is made.
//
// # In memory
//
// Passwords, recovery codes, the root key and the working keys are in sealed memory from
// where they are read or made to where they end, [Ring.Close] at the latest. Subject keys
// are many: they lie in ordinary memory encrypted under a key that is sealed, and are
// opened in sealed memory for each use. A core dump shows none of them (SEAL-A7).
//
// # Several nodes
//
// Each node caches keys, so an erasure on one has to reach the others before they
// seal or open anything more in a transaction. The database numbers the erasures of
// all nodes, and whoever is about to write asks for that number:
//
//	keys.Refresh(ctx) // at the start of each transaction that writes
//
// It is the read of one row while nothing has changed. When something has, the node
// appends the erased subjects to its own list, syncs it, and drops their keys. A
// transaction that began before an erasure and commits after it may still write what
// the destroyed key has sealed: nobody can ever open it. An erased subject never gets
// a key again on any node, and a key that is missing is looked for among the erased
// first. A further node is made with [Join]. On a file Refresh does nothing.
//
// # Copies
//
// [Ring.Backup] writes everything as of one moment, [Restore] makes a store of it on
// either engine. The list of erasures is no part of a backup, because it has to be
// newer: Restore refuses without one, and the next Open destroys again whom it names.
// Lists of several nodes are joined by [MergeTombstones].
//
// # What is not promised
//
//   - Whoever can run code in the process can use its keys. A debugger reads them
//     where the system has no secret memory (see package sealed), and what registers
//     and signals hold for a moment is not wiped.
//   - A copy of the key store made before an erasure or before a new password
//     still holds the old wrapping. Backups of it have to expire on their own.
//   - What a file system or a drive keeps of overwritten blocks is out of reach.
//
// [Ring] and [Key] are safe for concurrent use unless a method says otherwise.
package keyring
