package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/ledger"
)

// Tx is one transaction of the writer. It offers each domain's rows; every method
// that changes what is held about a person, or granted to one, takes the audit
// entry that witnesses it. It is valid only inside the function it was given to
// and only on its goroutine.
type Tx struct {
	ctx      context.Context
	w        *writer
	front    *ledger.Frontier // SQLite: the tree's right edge as this batch leaves it
	learned  []learned
	planned  []party.Change // by plans inside a use case
	touched  []habeas.SubjectID
	mail     bool // something was left in the outbox
	news     bool // systems may have to be told
	entities bool // some were written
	compact  bool // truncate the log after the commit

	origin netip.Addr // where the request of the use case that runs comes from
}

type learned struct {
	party     party.Party
	statement party.Statement
}

// run runs one closure under a savepoint: its refusal undoes its own rows and
// leaves the rest of the batch alone.
func (tx *Tx) run(t *task) (refused, failed error) {
	tx.origin = audit.Origin(t.ctx)
	before, learnedBefore, mailBefore, newsBefore, entitiesBefore := tx.front, len(tx.learned), tx.mail, tx.news, tx.entities
	plannedBefore, touchedBefore := len(tx.planned), len(tx.touched)
	if before != nil {
		tx.front = before.Clone()
	}
	if _, err := tx.w.conn.ExecContext(tx.ctx, `SAVEPOINT use_case`); err != nil {
		return nil, err
	}
	if err := guarded(t.fn, tx); err != nil {
		if tx.w.db.engine.over(err) {
			return nil, err
		}
		if _, undo := tx.w.conn.ExecContext(tx.ctx, `ROLLBACK TO use_case`); undo != nil {
			return nil, errors.Join(err, undo)
		}
		tx.front, tx.learned, tx.mail, tx.news, tx.entities = before, tx.learned[:learnedBefore], mailBefore, newsBefore, entitiesBefore
		tx.planned, tx.touched = tx.planned[:plannedBefore], tx.touched[:touchedBefore]
		refused = failure(err)
	}
	_, failed = tx.w.conn.ExecContext(tx.ctx, `RELEASE use_case`)
	return refused, failed
}

// guarded keeps a fault in one use case from stopping the writer for all.
func guarded(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = habeas.Internal(fmt.Errorf("use case panicked: %T", p))
		}
	}()
	return fn(tx)
}

// announce tells what became durable.
func (tx *Tx) announce(changes []party.Change) {
	db := tx.w.db
	if db.cfg.Learn != nil {
		for _, c := range changes {
			if c.Statement != nil {
				p := c.Insert
				if p == nil {
					p = c.Update
				}
				db.cfg.Learn(*p, *c.Statement)
			}
		}
		for _, l := range tx.learned {
			db.cfg.Learn(l.party, l.statement)
		}
	}
	tx.tellRoll(changes)
	if tx.mail && db.cfg.Wake != nil {
		db.cfg.Wake()
	}
	if tx.news && db.cfg.News != nil {
		db.cfg.News()
	}
	if tx.entities && db.cfg.Entities != nil {
		db.cfg.Entities()
	}
	if tx.compact {
		db.engine.compact(tx)
	}
}

// tellRoll tells which records came to be and which may be other than they were.
func (tx *Tx) tellRoll(changes []party.Change) {
	cfg := tx.w.db.cfg
	if cfg.Touched == nil {
		return
	}
	for _, c := range slices.Concat(changes, tx.planned) {
		switch {
		case c.Insert != nil && c.Statement != nil:
			cfg.Entered(*c.Insert, *c.Statement)
		case c.Insert != nil:
			cfg.Touched(habeas.SubjectOf(c.Insert.ID))
		case c.Update != nil:
			cfg.Touched(habeas.SubjectOf(c.Update.ID))
		}
	}
	for _, id := range tx.touched {
		cfg.Touched(id)
	}
}

// touchTop counts a change of a merged record as one of the records that show it, so that
// whoever has one of those before them, or looks for what has changed, notices.
func (tx *Tx) touchTop(c *party.Change) error {
	if c.Update == nil || c.Update.State != party.Merged {
		return nil
	}
	id := c.Update.ID
	_, err := tx.exec(upward+`UPDATE party SET version = version + 1 WHERE id <> ? AND id IN (SELECT id FROM up)`, id[:], id[:])
	return err
}

// applyOne writes the rows of one plan, one after the other.
func (tx *Tx) applyOne(c *party.Change) error {
	key, err := tx.keyFor(c)
	if err != nil {
		return err
	}
	if c.Insert != nil {
		if err := tx.insertParty(*c.Insert); err != nil {
			return err
		}
	} else if err := tx.updateParty(*c.Update); err != nil {
		return err
	}
	for _, k := range c.KnownAs {
		if err := tx.putKnownAs(k, key); err != nil {
			return err
		}
	}
	if c.Statement != nil {
		if err := tx.insertStatement(*c.Statement, key); err != nil {
			return err
		}
	}
	if c.Ticket != nil {
		if err := tx.putTicket(*c.Ticket); err != nil {
			return err
		}
	}
	if i := c.Idempotent; i != nil {
		if _, err := tx.w.stmts.putIdempotent.ExecContext(tx.ctx, idempotentArgs(*i)...); err != nil {
			return err
		}
	}
	l, err := tx.leafOf(c.Audit, key) // tellRoll knows the record already
	if err != nil {
		return err
	}
	return tx.w.db.engine.append(tx, l)
}

func idempotentArgs(i party.Idempotent) []any {
	return []any{i.Key[:], i.Print[:], i.Answer[:], i.At.UnixMilli()}
}

// keyFor returns the key that seals the rows of a change.
func (tx *Tx) keyFor(c *party.Change) (*keyring.Key, error) {
	if c.NewKey != nil {
		return c.NewKey, nil
	}
	p := c.Insert
	if p == nil {
		p = c.Update
	}
	return tx.key(habeas.SubjectOf(p.ID))
}

// key returns a subject's key, refusing one that was destroyed meanwhile.
func (tx *Tx) key(id habeas.SubjectID) (*keyring.Key, error) {
	if id.IsZero() {
		return tx.w.db.cfg.Keys.House(), nil
	}
	return tx.w.db.cfg.Keys.Key(tx.ctx, id)
}

// Audit appends an entry to the ledger in this transaction.
func (tx *Tx) Audit(e audit.Entry) error {
	key, err := tx.key(e.Subject)
	if err != nil {
		return err
	}
	if err := tx.append(e, key); err != nil {
		return err
	}
	return tx.log(e, key)
}

// append commits to an entry and adds its leaf to the ledger.
func (tx *Tx) append(e audit.Entry, key *keyring.Key) error {
	l, err := tx.leafOf(e, key)
	if err != nil {
		return err
	}
	if !e.Subject.IsZero() && Alters(e.Event) {
		tx.touched = append(tx.touched, e.Subject)
	}
	return tx.w.db.engine.append(tx, l)
}

// leafOf makes the leaf of an entry.
func (tx *Tx) leafOf(e audit.Entry, key *keyring.Key) (leafRow, error) {
	month, err := tx.w.db.cfg.Keys.Month(tx.ctx, e.At)
	if err != nil {
		return leafRow{}, err
	}
	leaf, text, err := audit.Commit(e, key, month)
	if err != nil {
		return leafRow{}, err
	}
	// Sealed twice: the detail goes with its subject's key and with its month's (AUD-10).
	place := eventPlace(e.ID)
	return leafRow{e.ID, e.Subject, leaf.Marshal(), month.Seal(place, key.Seal(place, text))}, nil
}

// steady reads to the end whatever the caller's context says: a caller that leaves must
// not interrupt a statement, because that would roll back the others of the batch too.
type steady struct{ conn *sql.Conn }

// QueryContext implements querier.
func (s steady) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return s.conn.QueryContext(context.WithoutCancel(ctx), query, args...)
}

// QueryRowContext implements querier.
func (s steady) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return s.conn.QueryRowContext(context.WithoutCancel(ctx), query, args...)
}

// query and exec are for the rare writes.
func (tx *Tx) exec(query string, args ...any) (sql.Result, error) {
	return tx.w.conn.ExecContext(tx.ctx, query, args...)
}

func (tx *Tx) query(query string, args ...any) (*sql.Rows, error) {
	return tx.w.conn.QueryContext(tx.ctx, query, args...)
}

func (tx *Tx) queryRow(query string, args ...any) *sql.Row {
	return tx.w.conn.QueryRowContext(tx.ctx, query, args...)
}
