package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

// Groups tells to which group staff belong. It implements party.Groups.
type Groups struct{ q querier }

// GroupsTx changes that in one transaction. It implements party.GroupWriter.
type GroupsTx struct {
	Groups
	tx *Tx
}

var _ party.GroupWriter = GroupsTx{}

// Groups returns the reader on the pool.
func (db *DB) Groups() Groups { return Groups{q: db.Records().q} }

// Groups returns the reader and writer in this transaction.
func (tx *Tx) Groups() GroupsTx { return GroupsTx{Groups{q: tx.Records().q}, tx} }

// GroupOf implements party.Groups.
func (s Groups) GroupOf(ctx context.Context, id habeas.AccountID) (name string, err error) {
	err = s.q.QueryRowContext(ctx, `SELECT name FROM staff_group WHERE account = ?`, id[:]).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return name, failure(err)
}

// InGroups implements party.Groups.
func (s Groups) InGroups(ctx context.Context) (map[habeas.AccountID]string, error) {
	out := map[habeas.AccountID]string{}
	rows, err := s.q.QueryContext(ctx, `SELECT account, name FROM staff_group`)
	_, err = collect(rows, err, func(r row) (bool, error) {
		var id []byte
		var name string
		err := r.Scan(&id, &name)
		if len(id) == len(habeas.AccountID{}) {
			out[habeas.AccountID(id)] = name
		}
		return true, err
	})
	return out, err
}

// SetGroup implements party.GroupWriter.
func (w GroupsTx) SetGroup(id habeas.AccountID, group string, e audit.Entry) error {
	query, args := `DELETE FROM staff_group WHERE account = ?`, []any{id[:]}
	if group != "" {
		query, args = `INSERT INTO staff_group (account, name) VALUES (?,?) ON CONFLICT (account) DO UPDATE SET name = excluded.name`, []any{id[:], group}
	}
	if _, err := w.tx.exec(query, args...); err != nil {
		return err
	}
	return w.tx.Audit(e)
}
