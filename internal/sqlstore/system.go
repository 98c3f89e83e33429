package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/authz"
)

// Systems reads connected systems and their tokens. It implements authz.Reader.
type Systems struct{ q querier }

// Systems returns the reader of systems on the pool.
func (db *DB) Systems() Systems { return Systems{db.readers} }

// Systems returns the reader and writer of systems in this transaction.
func (tx *Tx) Systems() SystemsTx { return SystemsTx{Systems{steady{tx.w.conn}}, tx} }

const selectSystem = `SELECT id, name, secret, old_secret, scopes, created_at, used_at, ended_at, sandbox FROM system`

func scanSystem(r row) (authz.System, error) {
	var s authz.System
	var id, secret, old []byte
	var scopes string
	var created, used, ended int64
	if err := r.Scan(&id, &s.Name, &secret, &old, &scopes, &created, &used, &ended, &s.Sandbox); err != nil {
		return s, err
	}
	copy(s.ID[:], id)
	copy(s.Secret[:], secret)
	copy(s.OldSecret[:], old)
	s.Scopes = authz.SplitScopes(scopes)
	s.CreatedAt, s.UsedAt, s.EndedAt = moment(created), moment(used), moment(ended)
	return s, nil
}

// System implements authz.Reader.
func (r Systems) System(ctx context.Context, id habeas.SystemID) (authz.System, error) {
	s, err := scanSystem(r.q.QueryRowContext(ctx, selectSystem+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return s, authz.ErrNoSystem
	}
	return s, failure(err)
}

// Systems implements authz.Reader.
func (r Systems) Systems(ctx context.Context) ([]authz.System, error) {
	rows, err := r.q.QueryContext(ctx, selectSystem+` ORDER BY id`)
	return collect(rows, err, scanSystem)
}

// Bearer implements authz.Reader.
func (r Systems) Bearer(ctx context.Context, token authz.Hash, now time.Time) (authz.Bearer, error) {
	b := authz.Bearer{Actor: habeas.Actor{Kind: habeas.ActorSystem}}
	var id []byte
	var scopes string
	var expires int64
	err := r.q.QueryRowContext(ctx, `SELECT t.system, t.scopes, t.expires, s.sandbox FROM system_token t
		JOIN system s ON s.id = t.system WHERE t.hash = ? AND t.expires > ? AND s.ended_at = 0`,
		token[:], millis(now)).Scan(&id, &scopes, &expires, &b.Sandbox)
	if errors.Is(err, sql.ErrNoRows) {
		return b, authz.ErrToken
	}
	if err != nil {
		return b, failure(err)
	}
	copy(b.Actor.System[:], id)
	b.Scopes, b.Expires = authz.SplitScopes(scopes), moment(expires)
	return b, nil
}

// SystemsTx writes connected systems in one transaction. It implements authz.Writer.
type SystemsTx struct {
	Systems
	tx *Tx
}

// SaveSystem implements authz.Writer.
func (w SystemsTx) SaveSystem(s authz.System, e audit.Entry) error {
	var old any
	if !s.OldSecret.IsZero() {
		old = s.OldSecret[:]
	}
	_, err := w.tx.exec(`INSERT INTO system (id, name, secret, old_secret, scopes, created_at, used_at, ended_at, sandbox)
		VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET name=excluded.name, secret=excluded.secret,
		old_secret=excluded.old_secret, scopes=excluded.scopes, ended_at=excluded.ended_at`,
		s.ID[:], s.Name, s.Secret[:], old, authz.JoinScopes(s.Scopes), millis(s.CreatedAt), millis(s.UsedAt), millis(s.EndedAt), s.Sandbox)
	if err != nil {
		return err
	}
	if who := e.Actor.Account; !who.IsZero() { // had its secret in hand, or decided on it (PTY-A28)
		if _, err := w.tx.exec(`INSERT INTO system_hand (system, account) VALUES (?,?) ON CONFLICT DO NOTHING`, s.ID[:], who[:]); err != nil {
			return err
		}
	}
	if !s.Connected() {
		if _, err := w.tx.exec(`DELETE FROM system_token WHERE system = ?`, s.ID[:]); err != nil {
			return err
		}
	}
	return w.tx.Audit(e)
}

// GrantToken implements authz.Writer.
func (w SystemsTx) GrantToken(t authz.Token, now time.Time, e audit.Entry) error {
	if _, err := w.tx.exec(`DELETE FROM system_token WHERE expires <= ?`, millis(now)); err != nil {
		return err
	}
	if _, err := w.tx.exec(`INSERT INTO system_token (hash, system, scopes, expires) VALUES (?,?,?,?)`,
		t.Hash[:], t.System[:], authz.JoinScopes(t.Scopes), millis(t.Expires)); err != nil {
		return err
	}
	if err := exactlyOne(w.tx.exec(`UPDATE system SET used_at = ? WHERE id = ?`, millis(now), t.System[:])); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// RevokeToken implements authz.Writer.
func (w SystemsTx) RevokeToken(system habeas.SystemID, token authz.Hash, e audit.Entry) (bool, error) {
	res, err := w.tx.exec(`DELETE FROM system_token WHERE hash = ? AND system = ?`, token[:], system[:])
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	return true, w.tx.Audit(e)
}

// RefuseSystem implements authz.Writer.
func (w SystemsTx) RefuseSystem(e audit.Entry) error { return w.tx.Audit(e) }
