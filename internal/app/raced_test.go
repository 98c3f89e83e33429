//go:build race

package app

// hoursOfGuessing is short under the race detector, which makes SQLite twenty times
// slower; the whole day is guessed without it, on PostgreSQL.
const hoursOfGuessing = 4
