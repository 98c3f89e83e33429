package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/pki"
)

const selectAuthority = `SELECT kind, generation, serial, begins, ends, revoked_at, reason, retired_at FROM authority`

func scanAuthority(s row) (g pki.Generation, err error) {
	var serial []byte
	var begins, ends, revoked, retired int64
	err = s.Scan(&g.Kind, &g.Generation, &serial, &begins, &ends, &revoked, &g.Reason, &retired)
	copy(g.Serial[:], serial)
	g.Begins, g.Ends, g.RevokedAt, g.RetiredAt = moment(begins), moment(ends), moment(revoked), moment(retired)
	return g, err
}

// Authorities returns every generation of an authority that is known here, the oldest first. Of
// the root these are its certificates.
func (db *DB) Authorities(ctx context.Context, kind pki.Kind) ([]pki.Generation, error) {
	rows, err := db.readers.QueryContext(ctx, selectAuthority+` WHERE kind = ? ORDER BY generation`, string(kind))
	return collect(rows, err, scanAuthority)
}

// Authorities returns every generation that is known, and when the list of the root ends; zero
// if there is none.
func (s *Snapshot) Authorities(ctx context.Context) (all []pki.Generation, listEnds time.Time, err error) {
	rows, err := s.conn.QueryContext(ctx, selectAuthority)
	if all, err = collect(rows, err, scanAuthority); err != nil {
		return nil, listEnds, err
	}
	var ends sql.NullInt64
	err = s.conn.QueryRowContext(ctx, `SELECT max(next_at) FROM revocation_list WHERE authority = ?`, string(pki.Root)).Scan(&ends)
	if ends.Valid {
		listEnds = moment(ends.Int64)
	}
	return all, listEnds, failure(err)
}

// LastEnd is when the last certificate of a generation expires; zero if it has issued none.
func (r Revocations) LastEnd(ctx context.Context, issuer pki.Issuer) (time.Time, error) {
	var ends sql.NullInt64
	err := r.db.readers.QueryRowContext(ctx, `SELECT max(ends) FROM certificate WHERE authority = ? AND generation = ?`,
		string(issuer.Kind), issuer.Generation).Scan(&ends)
	return moment(ends.Int64), failure(err)
}

// revokedAuthorities is what stands on the list of the root: it is short, and whole.
func (r Revocations) revokedAuthorities(ctx context.Context) ([]pki.Revocation, error) {
	rows, err := r.db.readers.QueryContext(ctx, selectAuthority+` WHERE kind <> ? AND revoked_at > 0`, string(pki.Root))
	return collect(rows, err, func(s row) (pki.Revocation, error) {
		g, err := scanAuthority(s)
		return pki.Revocation{Serial: g.Serial, At: g.RevokedAt, Reason: g.Reason, NotAfter: g.Ends}, err
	})
}

// AddAuthority notes that a generation is there. If that was known, nothing changes and nothing
// is witnessed.
func (tx *Tx) AddAuthority(g pki.Generation, e audit.Entry) error {
	return tx.authority(e, `INSERT INTO authority (kind, generation, serial, begins, ends) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING`,
		string(g.Kind), g.Generation, g.Serial[:], millis(g.Begins), millis(g.Ends))
}

// RevokeAuthority notes that the root has revoked a generation: what it has issued counts no
// more. Revoking again changes nothing.
func (tx *Tx) RevokeAuthority(i pki.Issuer, at time.Time, reason pki.Reason, e audit.Entry) error {
	return tx.authority(e, `UPDATE authority SET revoked_at = ?, reason = ? WHERE kind = ? AND generation = ? AND revoked_at = 0`,
		millis(at), int(reason), string(i.Kind), i.Generation)
}

// RetireAuthority notes that the key of a generation was destroyed.
func (tx *Tx) RetireAuthority(i pki.Issuer, at time.Time, e audit.Entry) error {
	return tx.authority(e, `UPDATE authority SET retired_at = ? WHERE kind = ? AND generation = ? AND retired_at = 0`,
		millis(at), string(i.Kind), i.Generation)
}

// authority changes one row and witnesses that, unless nothing changed.
func (tx *Tx) authority(e audit.Entry, query string, args ...any) error {
	res, err := tx.exec(query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return tx.Audit(e)
}

// MarkAuthorityTold notes that administrators are told that something is needed of a generation;
// first is false when they were told since a moment.
func (o Ops) MarkAuthorityTold(ctx context.Context, i pki.Issuer, since, now time.Time) (first bool, err error) {
	err = o.inTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(`UPDATE authority SET told_at = ? WHERE kind = ? AND generation = ? AND told_at <= ?`,
			millis(now), string(i.Kind), i.Generation, millis(since))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		first = n > 0
		return err
	})
	return first, err
}
