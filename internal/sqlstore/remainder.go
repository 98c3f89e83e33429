package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Remainders reads what legal duties keep of erased records. It implements
// party.Remainders.
type Remainders struct {
	q    querier
	keys *keyring.Ring
}

// RemaindersTx writes them in one transaction. It implements party.RemainderWriter.
type RemaindersTx struct {
	Remainders
	tx *Tx
}

var _ party.RemainderWriter = RemaindersTx{}

// Remainders returns the reader on the pool.
func (db *DB) Remainders() Remainders { return Remainders{q: db.Records().q, keys: db.cfg.Keys} }

// Remainders returns the reader and writer in this transaction.
func (tx *Tx) Remainders() RemaindersTx {
	r := tx.Records()
	return RemaindersTx{Remainders{q: r.q, keys: r.keys}, tx}
}

func remainderPlace(id habeas.RemainderID) string { return "remainder/" + string(id[:]) }

const selectRemainder = `SELECT id, erasure, name, label, duty, until, event, ended_at, ended, sealed FROM remainder`

// scanRemainder reads a row and what is sealed in it.
func scanRemainder(r row) (out party.Remainder, sealed []byte, err error) {
	var id, erasure, event, ended []byte
	var until, endedAt int64
	if err := r.Scan(&id, &erasure, &out.Set, &out.Label, &out.Duty, &until, &event, &endedAt, &ended, &sealed); err != nil {
		return out, nil, err
	}
	copy(out.ID[:], id)
	copy(out.Erasure[:], erasure)
	copy(out.Event[:], event)
	copy(out.Ended[:], ended)
	out.Until, out.EndedAt = moment(until), moment(endedAt)
	return out, sealed, nil
}

func plainRemainder(r row) (party.Remainder, error) {
	out, _, err := scanRemainder(r)
	return out, err
}

// OfErasure implements party.Remainders.
func (s Remainders) OfErasure(ctx context.Context, erasure habeas.RemainderID) ([]party.Remainder, error) {
	rows, err := s.q.QueryContext(ctx, selectRemainder+` WHERE erasure = ? ORDER BY until, id`, erasure[:])
	return collect(rows, err, plainRemainder)
}

// Kept implements party.Remainders.
func (s Remainders) Kept(ctx context.Context, limit int) ([]party.Remainder, error) {
	rows, err := s.q.QueryContext(ctx, selectRemainder+` WHERE ended_at = 0 ORDER BY until, id LIMIT ?`, limit)
	return collect(rows, err, plainRemainder)
}

// Over implements party.Remainders.
func (s Remainders) Over(ctx context.Context, now time.Time, limit int) ([]party.Remainder, error) {
	rows, err := s.q.QueryContext(ctx, selectRemainder+` WHERE ended_at = 0 AND until <= ? ORDER BY until, id LIMIT ?`, millis(now), limit)
	return collect(rows, err, plainRemainder)
}

// Open implements party.Remainders.
func (s Remainders) Open(ctx context.Context, id habeas.RemainderID) (party.Remainder, error) {
	out, sealed, err := scanRemainder(s.q.QueryRowContext(ctx, selectRemainder+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return out, habeas.NotFound("Nothing is kept under this number.").WithCode("remainder.none")
	}
	if err != nil || sealed == nil {
		return out, failure(err)
	}
	key, err := s.keys.Key(ctx, habeas.SubjectOf(id))
	if err != nil {
		return out, err
	}
	return out, openWords(key, remainderPlace(id), sealed, &out.Words)
}

// KeepRemainder implements party.RemainderWriter.
func (w RemaindersTx) KeepRemainder(r party.Remainder, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(r.ID))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, remainderPlace(r.ID), r.Words)
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO remainder (id, erasure, subject, name, label, duty, until, event, sealed) VALUES (?,?,?,?,?,?,?,?,?)`,
		r.ID[:], r.Erasure[:], r.ID[:], r.Set, r.Label, r.Duty, millis(r.Until), r.Event[:], sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// EndRemainder implements party.RemainderWriter.
func (w RemaindersTx) EndRemainder(r party.Remainder, e audit.Entry) error {
	err := exactlyOne(w.tx.exec(`UPDATE remainder SET ended_at = ?, ended = ?, subject = NULL, sealed = NULL WHERE id = ? AND ended_at = 0`,
		millis(e.At), e.ID[:], r.ID[:]))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}
