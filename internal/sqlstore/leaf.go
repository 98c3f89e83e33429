package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/ledger"
)

// treeRows reads the rows of the ledger that have their place. It implements
// ledger.Source.
type treeRows struct {
	q    querier
	text *texts
}

func (t treeRows) Size(ctx context.Context) (int64, error) {
	var n int64
	err := t.q.QueryRowContext(ctx, t.text.size).Scan(&n)
	return n, failure(err)
}

func (t treeRows) Rows(ctx context.Context, from, to int64, visit func(ledger.Row) error) error {
	rows, err := t.q.QueryContext(ctx, t.text.rows, from, to)
	if err != nil {
		return failure(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r ledger.Row
		if err := rows.Scan(&r.Index, &r.Leaf, &r.Hashes); err != nil {
			return failure(err)
		}
		if err := visit(r); err != nil {
			return err
		}
	}
	return failure(rows.Err())
}

func (t treeRows) Hashes(ctx context.Context, indexes []int64) (map[int64][]byte, error) {
	out := make(map[int64][]byte, len(indexes))
	if t.text.many == 0 { // all in one list
		rows, err := t.q.QueryContext(ctx, t.text.hashes, indexes)
		_, err = collect(rows, err, func(r row) (_ struct{}, err error) {
			var i int64
			var h []byte
			err = r.Scan(&i, &h)
			out[i] = h
			return struct{}{}, err
		})
		return out, err
	}
	for _, i := range indexes {
		var n int64
		var h []byte
		err := t.q.QueryRowContext(ctx, t.text.hashes, i).Scan(&n, &h)
		if errors.Is(err, sql.ErrNoRows) { // like the list: what is not there is missing
			continue
		}
		if err != nil {
			return nil, failure(err)
		}
		out[i] = h
	}
	return out, nil
}

func (db *DB) tree() treeRows { return treeRows{db.readers, db.text} }

// Size implements ledger.Source: how many leaves have their place in the tree.
func (db *DB) Size(ctx context.Context) (int64, error) { return db.tree().Size(ctx) }

// Rows implements ledger.Source.
func (db *DB) Rows(ctx context.Context, from, to int64, visit func(ledger.Row) error) error {
	return db.tree().Rows(ctx, from, to, visit)
}

// Hashes implements ledger.Source.
func (db *DB) Hashes(ctx context.Context, indexes []int64) (map[int64][]byte, error) {
	return db.tree().Hashes(ctx, indexes)
}

// Events returns what happened to a subject, the newest first, before the given
// event (zero: from the newest). Lines whose month was destroyed are left out.
func (db *DB) Events(ctx context.Context, subject habeas.SubjectID, before habeas.EventID, limit int) ([]audit.Witnessed, error) {
	if before.IsZero() {
		before = lastEvent
	}
	key, err := db.keyOf(ctx, subject)
	if err != nil {
		return nil, err
	}
	rows, err := db.readers.QueryContext(ctx, db.text.events,
		subject[:], before[:], limit)
	out, err := collect(rows, err, func(r row) (audit.Witnessed, error) { return db.scanEvent(ctx, r, subject, key) })
	return slices.DeleteFunc(out, func(w audit.Witnessed) bool { return w.Text == nil }), err
}

// lastEvent sorts behind every event that will be.
var lastEvent = habeas.EventID(bytes.Repeat([]byte{0xff}, 16))

// Event returns one thing that happened to a subject. It is not found when the event
// is about somebody else, or its month was destroyed.
func (db *DB) Event(ctx context.Context, subject habeas.SubjectID, id habeas.EventID) (audit.Witnessed, error) {
	key, err := db.keyOf(ctx, subject)
	if err != nil {
		return audit.Witnessed{}, err
	}
	w, err := db.scanEvent(ctx, db.readers.QueryRowContext(ctx, db.text.event,
		subject[:], id[:]), subject, key)
	if errors.Is(err, sql.ErrNoRows) || err == nil && w.Text == nil {
		return audit.Witnessed{}, habeas.NotFound("There is no such line in your activity.").WithCode("activity.none")
	}
	return w, failure(err)
}

// keyOf returns the key that seals what is said of a subject; zero is the house.
func (db *DB) keyOf(ctx context.Context, subject habeas.SubjectID) (*keyring.Key, error) {
	if subject.IsZero() {
		return db.cfg.Keys.House(), nil
	}
	return db.cfg.Keys.Key(ctx, subject)
}

func eventPlace(id habeas.EventID) string { return "event/" + string(id[:]) }

// scanEvent opens one line of a subject. Text is nil when the month's key is gone.
func (db *DB) scanEvent(ctx context.Context, r row, subject habeas.SubjectID, key *keyring.Key) (audit.Witnessed, error) {
	var w audit.Witnessed
	var id, sealed []byte
	var index sql.NullInt64
	if err := r.Scan(&index, &id, &w.Leaf, &sealed); err != nil {
		return w, err
	}
	w.Index = -1
	if index.Valid {
		w.Index = index.Int64
	}
	event, err := habeas.Bytes16[habeas.EventKind](id)
	if err != nil {
		return w, err
	}
	public, err := audit.ParseLeaf(w.Leaf)
	if err != nil {
		return w, fmt.Errorf("leaf of %s: %w", event, err)
	}
	month, err := db.cfg.Keys.Month(ctx, public.Hour)
	if habeas.KindOf(err) == habeas.KindGone {
		return w, nil
	}
	if err != nil {
		return w, err
	}
	place := eventPlace(event)
	inner, err := month.Open(place, sealed)
	if err != nil {
		return w, fmt.Errorf("detail of %s: %w", event, err)
	}
	if w.Text, err = key.Open(place, inner); err != nil {
		return w, fmt.Errorf("detail of %s: %w", event, err)
	}
	if w.Entry, err = audit.ParseCanonical(w.Text); err != nil {
		return w, err
	}
	w.Subject = subject
	return w, nil
}

// OpenLeaves opens the ledger rows of what cfg names (Dir or DSN) for reading only,
// without keys: for `audit verify`, which works while the server is sealed or running.
func OpenLeaves(ctx context.Context, cfg Config) (*Leaves, error) {
	pool, text, err := openPublic(cfg)
	if err != nil {
		return nil, err
	}
	l := &Leaves{treeRows{pool, text}, pool}
	if _, err := l.Size(ctx); err != nil {
		return nil, errors.Join(err, l.pool.Close())
	}
	return l, nil
}

// openPublic makes a pool for reading the records that cfg names (Dir or DSN), without
// keys and beside a server that may be running.
func openPublic(cfg Config) (*sql.DB, *texts, error) {
	if cfg.DSN != "" {
		pool, err := openPool(cfg.DSN, readOnly)
		return pool, &postgresTexts, err
	}
	path := filepath.Join(cfg.Dir, "records.db")
	if _, err := os.Stat(path); err != nil {
		return nil, nil, errNoStore
	}
	pool, err := sql.Open("sqlite", dsn(path, true))
	if err != nil {
		return nil, nil, fmt.Errorf("open records: %w", err)
	}
	return pool, &sqliteTexts, nil
}

// Leaves are the public rows of the ledger. It implements ledger.Source.
type Leaves struct {
	treeRows
	pool *sql.DB
}

// Close closes the file or the connections.
func (l *Leaves) Close() error { return l.pool.Close() }
