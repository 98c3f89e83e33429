// Package store keeps wrapped keys in a SQLite file of their own. It sees no
// key in the clear: what it writes was wrapped by package keyring, and it could
// be handed to a stranger together with its file.
//
// Promises:
//
//   - What a method has written when it returns nil is on the disk
//     (WAL, synchronous=FULL).
//   - [Peek] changes no byte of the file, whatever it finds.
//   - After [Store.DeleteKeys] and a successful [Store.Compact] the deleted bytes
//     are neither in the file nor in its write-ahead log: secure_delete
//     overwrites cells and freed pages, the truncating checkpoint empties the
//     log. Blocks that the file system or the drive kept aside are out of reach.
//
// The file is keys.db with -wal and -shm beside it while open. One process at a
// time opens it; the lock on the directory is the caller's.
package store
