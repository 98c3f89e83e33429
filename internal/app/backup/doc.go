// Package backup copies a running installation into two encrypted files, puts them
// back elsewhere, and examines an installation.
//
// The format knows no database: a backup of SQLite restores onto PostgreSQL and back.
// Each of the two files, records and keys, is an age file (https://age-encryption.org/v1)
// over the line "habeas-backup 1" and a gzip stream of frames:
//
//	frame    = kind (1 byte), length (uvarint), payload
//	manifest = 'M', JSON: first, says what the file holds
//	table    = 'T', JSON: name, columns and number of the rows that follow
//	row      = 'R', one value after another: 0 nothing · 1 integer (varint) ·
//	           2 bytes, 3 text (uvarint length, content)
//	file     = 'F', JSON: a small file of the data directory
//	data     = 'D', a piece of the stream of the key store
//	end      = 'E', JSON: number of frames, SHA-256 of all bytes before it
//
// Reading stops at the first thing that is not as written. Everything is streamed: a
// backup takes a few megabytes of memory, whatever its size.
//
// The package stands on the stores and does not know the server; package app connects
// the two.
package backup
