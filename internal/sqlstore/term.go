package sqlstore

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
)

var _ account.TermWriter = AccountsTx{}

const day = 24 * time.Hour

// terms finds accounts by their registration, with what the condition asks between them.
func (r Accounts) terms(ctx context.Context, condition string, after habeas.AccountID, limit int, args ...any) ([]habeas.AccountID, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT g.account FROM registration g JOIN account a ON a.id = g.account
		WHERE `+condition+` AND g.account > ? ORDER BY g.account LIMIT ?`, append(args, after[:], limit)...)
	return collect(rows, err, func(s row) (id habeas.AccountID, err error) {
		var raw []byte
		err = s.Scan(&raw)
		copy(id[:], raw)
		return id, err
	})
}

// ToRemind implements account.TermReader.
func (r Accounts) ToRemind(ctx context.Context, now time.Time, days int, after habeas.AccountID, limit int) ([]habeas.AccountID, error) {
	return r.terms(ctx, `g.ends > ? AND g.ends <= ? AND (g.reminded = 0 OR g.reminded > ?) AND a.state = 'active'`,
		after, limit, millis(now), millis(now.Add(time.Duration(days)*day)), days)
}

// ToLapse implements account.TermReader.
func (r Accounts) ToLapse(ctx context.Context, now time.Time, after habeas.AccountID, limit int) ([]habeas.AccountID, error) {
	return r.terms(ctx, `g.ends <= ? AND a.state = 'active'`, after, limit, millis(now))
}

// ToWarn implements account.TermReader.
func (r Accounts) ToWarn(ctx context.Context, now time.Time, after habeas.AccountID, limit int) ([]habeas.AccountID, error) {
	return r.terms(ctx, `g.ends <= ? AND g.warned_at = 0`, after, limit, millis(account.WarnBound(now)))
}

// ToErase implements account.TermReader.
func (r Accounts) ToErase(ctx context.Context, now time.Time, after habeas.AccountID, limit int) ([]habeas.AccountID, error) {
	return r.terms(ctx, `g.ends <= ? AND g.warned_at > 0 AND g.warned_at <= ?`, after, limit,
		millis(account.EraseBound(now)), millis(now.Add(-account.WarnedFor)))
}

// SaveTerm implements account.TermWriter.
func (w AccountsTx) SaveTerm(g account.Registration, e audit.Entry) error {
	err := exactlyOne(w.tx.exec(`UPDATE registration SET reminded = ?, warned_at = ? WHERE account = ?`, g.Reminded, millis(g.WarnedAt), g.Account[:]))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// MarkRestored forgets who was told that their account will be erased: what was restored knows
// nothing of a renewal since, so everybody is told anew and has account.WarnedFor to answer.
func (o Ops) MarkRestored(ctx context.Context) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE registration SET warned_at = 0 WHERE warned_at > ?`, 0)
		return err
	})
}
