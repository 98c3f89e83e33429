package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

// Guardians reads who acts for whom. It implements party.Guardians.
type Guardians struct{ q querier }

// GuardiansTx changes it in one transaction. It implements party.GuardianWriter.
type GuardiansTx struct {
	Guardians
	tx *Tx
}

var _ party.GuardianWriter = GuardiansTx{}

// Guardians returns the reader on the pool.
func (db *DB) Guardians() Guardians { return Guardians{q: db.readers} }

// Guardians returns the reader and writer in this transaction.
func (tx *Tx) Guardians() GuardiansTx { return GuardiansTx{Guardians{q: tx.Records().q}, tx} }

const selectGuardian = `SELECT id, party, account, staff, document, until, hand_over_at, ended_at, ended, told_at FROM guardian`

func scanGuardian(r row) (party.Guardian, error) {
	var g party.Guardian
	var id, about, account, by []byte
	var until, over, ended, told int64
	if err := r.Scan(&id, &about, &account, &by, &g.Document, &until, &over, &ended, &g.Ended, &told); err != nil {
		return g, err
	}
	copy(g.ID[:], id)
	copy(g.Party[:], about)
	copy(g.Account[:], account)
	copy(g.By[:], by)
	g.Until, g.HandOverAt, g.EndedAt, g.ToldAt = moment(until), moment(over), moment(ended), moment(told)
	return g, nil
}

// GuardiansOf implements party.Guardians.
func (s Guardians) GuardiansOf(ctx context.Context, id habeas.PartyID) ([]party.Guardian, error) {
	rows, err := s.q.QueryContext(ctx, members+selectGuardian+` WHERE party IN (SELECT id FROM member) ORDER BY id DESC`, id[:])
	return collect(rows, err, scanGuardian)
}

// WardsOf implements party.Guardians.
func (s Guardians) WardsOf(ctx context.Context, account habeas.AccountID) ([]party.Guardian, error) {
	rows, err := s.q.QueryContext(ctx, selectGuardian+` WHERE account = ? ORDER BY id DESC`, account[:])
	return collect(rows, err, scanGuardian)
}

// Guardian implements party.Guardians.
func (s Guardians) Guardian(ctx context.Context, id habeas.GuardianID) (party.Guardian, error) {
	g, err := scanGuardian(s.q.QueryRowContext(ctx, selectGuardian+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return g, party.ErrNoGuardian
	}
	return g, failure(err)
}

// GuardiansDue implements party.Guardians.
func (s Guardians) GuardiansDue(ctx context.Context, soon, now time.Time, limit int) ([]party.Guardian, error) {
	rows, err := s.q.QueryContext(ctx, selectGuardian+` WHERE ended_at = 0 AND (until <= ?1 OR until <= ?2 AND told_at = 0) ORDER BY until, id LIMIT ?3`,
		millis(now), millis(soon), limit)
	return collect(rows, err, scanGuardian)
}

// SaveGuardian implements party.GuardianWriter.
func (w GuardiansTx) SaveGuardian(g party.Guardian, e audit.Entry) error {
	_, err := w.tx.exec(`INSERT INTO guardian (id, party, account, staff, document, until, hand_over_at, ended_at, ended, told_at) VALUES (?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET until = excluded.until, hand_over_at = excluded.hand_over_at, ended_at = excluded.ended_at,
		ended = excluded.ended, told_at = excluded.told_at`,
		g.ID[:], g.Party[:], g.Account[:], g.By[:], string(g.Document), millis(g.Until), millis(g.HandOverAt), millis(g.EndedAt), string(g.Ended), millis(g.ToldAt))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}
