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
//     on a list beside it that [Open] applies again to a restored copy.
//
// # What is not
//
//   - Go can wipe neither the copies its runtime makes nor the key schedules
//     inside crypto/aes: while the server runs unsealed, whoever reads its memory
//     reads its keys.
//   - A copy of the key store made before an erasure or before a new password
//     still holds the old wrapping. Backups of it have to expire on their own.
//   - What a file system or a drive keeps of overwritten blocks is out of reach.
//
// [Ring] and [Key] are safe for concurrent use unless a method says otherwise.
package keyring
