// Package sqlstore holds all SQL of records, for SQLite and PostgreSQL. One file per
// subject implements that subject's reads and writes.
//
// There is one writer in a process. It takes every write that waits into one
// transaction and makes them durable together (group commit). Hot writes are plans
// (party.Plan): the engine reads what they need, lets them decide, and writes the
// rows; a use case over several domains is a closure (InTx). Both commit their audit
// leaf with their rows: what cannot be witnessed does not happen (AUD-11).
//
// SQL texts are written once, with ? or ?1 for values; engine.go holds what the two
// databases do differently (docs/adr/0013). On PostgreSQL several processes share the
// database: a leaf commits with its change and gets its place in the ledger's tree
// from whoever holds the sequencer's lease (sequencer.go), and what other processes
// changed is read from that tree (feed.go).
//
// Personal words are sealed here, under the key of the person they are about, with
// the place of the row as associated data, so that a value moved to another row
// does not open. A new subject's key is durable before its first row.
package sqlstore
