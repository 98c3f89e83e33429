package sqlstore

import (
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

// engine is what SQLite and PostgreSQL do differently when they write. Whatever is
// not named here or in texts is the same on both.
type engine interface {
	// begin opens the transaction of a batch. What is read in it afterwards stays
	// true until it is committed.
	begin(tx *Tx) error
	// commit makes the batch durable. errUnknown says that it may have.
	commit(tx *Tx) error
	// rollback undoes the batch, also one that failed half-way.
	rollback(tx *Tx)
	// committed is told that a batch became durable.
	committed(tx *Tx)

	// apply writes what the plans of a batch have decided.
	apply(tx *Tx, changes []party.Change) error
	// append writes a leaf into the ledger.
	append(tx *Tx, l leafRow) error
	// forget tells other nodes whom an erasure was about.
	forget(tx *Tx, subject habeas.SubjectID, witness audit.Entry) error

	// over reports whether an error has ended the whole transaction, so that no
	// savepoint can save the rest of it.
	over(err error) bool
	// again reports whether a batch that failed for the n-th time is tried again,
	// after having waited as long as it takes.
	again(err error, n int) bool
	// alone reports whether the writes of a failed batch are tried one by one.
	alone(err error) bool
	// compact leaves nothing of what was deleted in the log, as far as that is ours.
	compact(tx *Tx)

	// stop ends what runs beside the writer. The writer has stopped.
	stop()
}

// texts are the SQL texts that differ.
type texts struct {
	mark   string // leaves the traces of changes
	anyOf  string // matches a column against many values
	many   int    // how many values one such statement takes; 0: one list of any length
	leaf   string // inserts a leaf; its arguments are those of leafRow.args
	orphan string // parts the leaves of a subject
	part   string // parts one leaf of a subject

	size, rows, hashes string // ledger.Source
	events, event      string // lines of a subject
	eventsIn           string // those of a span of the ledger
	tidy               string // removes what was over before a time, 1000 rows at most; may be empty
}

var sqliteTexts = texts{
	mark:     sqliteMark,
	anyOf:    `IN (?` + strings.Repeat(",?", 31) + `)`,
	many:     32,
	leaf:     `INSERT INTO leaf (idx, event, subject, leaf, hashes, sealed) VALUES (?,?,?,?,?,?)`,
	orphan:   `UPDATE leaf SET subject = randomblob(16), sealed = x'' WHERE subject = ?`,
	part:     `UPDATE leaf SET subject = randomblob(16), sealed = x'' WHERE subject = ? AND event = ?`,
	size:     `SELECT coalesce(max(idx) + 1, 0) FROM leaf`,
	rows:     `SELECT idx, leaf, hashes FROM leaf WHERE idx >= ? AND idx < ? ORDER BY idx`,
	hashes:   `SELECT idx, hashes FROM leaf WHERE idx = ?`,
	events:   `SELECT idx, event, leaf, sealed FROM leaf WHERE subject = ? AND event < ? ORDER BY event DESC LIMIT ?`,
	event:    `SELECT idx, event, leaf, sealed FROM leaf WHERE subject = ? AND event = ?`,
	eventsIn: `SELECT idx, event, leaf, sealed FROM leaf WHERE subject = ? AND idx >= ? AND idx < ? ORDER BY idx`,
}

var postgresTexts = texts{
	mark:  postgresMark,
	anyOf: `= ANY(?)`,
	leaf: `WITH written AS (INSERT INTO leaf (event, subject, leaf, sealed) VALUES (?1,?2,?3,?4))
		INSERT INTO staged (event, node) VALUES (?1,?5)`,
	orphan: `UPDATE leaf SET subject = substring(sha256(uuid_send(gen_random_uuid())) FROM 1 FOR 16), sealed = '' WHERE subject = ?`,
	part:   `UPDATE leaf SET subject = substring(sha256(uuid_send(gen_random_uuid())) FROM 1 FOR 16), sealed = '' WHERE subject = ? AND event = ?`,
	size:   `SELECT coalesce(max(idx) + 1, 0) FROM tree`,
	rows: `SELECT t.idx, l.leaf, t.hashes FROM tree t JOIN leaf l ON l.event = t.event
		WHERE t.idx >= ? AND t.idx < ? ORDER BY t.idx`,
	hashes: `SELECT idx, hashes FROM tree WHERE idx = ANY(?)`,
	events: `SELECT t.idx, l.event, l.leaf, l.sealed FROM leaf l LEFT JOIN tree t ON t.event = l.event
		WHERE l.subject = ? AND l.event < ? ORDER BY l.event DESC LIMIT ?`,
	event: `SELECT t.idx, l.event, l.leaf, l.sealed FROM leaf l LEFT JOIN tree t ON t.event = l.event
		WHERE l.subject = ? AND l.event = ?`,
	eventsIn: `SELECT t.idx, l.event, l.leaf, l.sealed FROM leaf l JOIN tree t ON t.event = l.event
		WHERE l.subject = ? AND t.idx >= ? AND t.idx < ? ORDER BY t.idx`,
	tidy: `DELETE FROM forgotten WHERE event IN (SELECT event FROM forgotten WHERE at < ? LIMIT 1000)`,
}

// leafRow is a leaf on its way into the ledger.
type leafRow struct {
	event, subject [16]byte
	public, sealed []byte
}

// spread gives the arguments of a statement with anyOf for as many keys as fit, and
// returns how many those are.
func (t *texts) spread(keys [][]byte) (args []any, n int) {
	if t.many == 0 {
		return []any{keys}, len(keys)
	}
	n = min(len(keys), t.many)
	args = make([]any, t.many)
	for i := range args {
		args[i] = keys[min(i, n-1)] // the last one fills up a short list
	}
	return args, n
}
