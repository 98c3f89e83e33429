package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

// Policies reads what the organisation has decided. It implements party.Policies.
type Policies struct{ q querier }

// PoliciesTx changes it in one transaction. It implements party.PolicyWriter.
type PoliciesTx struct {
	Policies
	tx *Tx
}

var _ party.PolicyWriter = PoliciesTx{}

// Policies returns the reader of policies on the pool.
func (db *DB) Policies() Policies { return Policies{q: db.Records().q} }

// Policies returns the reader and writer of policies in this transaction.
func (tx *Tx) Policies() PoliciesTx { return PoliciesTx{Policies{q: tx.Records().q}, tx} }

// policyName is the row of table setting that holds the policy.
const policyName = "policy"

const selectPolicy = `SELECT version, at, account, value FROM setting_change WHERE name = ? ORDER BY version DESC LIMIT ?`

func scanPolicy(r row) (party.Policy, error) {
	var p party.Policy
	var at int64
	var account []byte
	var value string
	if err := r.Scan(&p.Version, &at, &account, &value); err != nil {
		return p, err
	}
	p.ChangedAt = moment(at)
	copy(p.ChangedBy[:], account)
	was := party.DefaultPolicy() // what a version from before there was a choice does not say
	p.Matching, p.Digests = was.Matching, was.Digests
	if err := json.Unmarshal([]byte(value), &p); err != nil {
		return p, fmt.Errorf("policy of version %d: %w", p.Version, err)
	}
	return p, nil
}

// Policy implements party.Policies.
func (s Policies) Policy(ctx context.Context) (party.Policy, error) {
	p, err := scanPolicy(s.q.QueryRowContext(ctx, selectPolicy, policyName, 1))
	if errors.Is(err, sql.ErrNoRows) {
		return party.DefaultPolicy(), nil
	}
	return p, failure(err)
}

// PolicyHistory implements party.Policies.
func (s Policies) PolicyHistory(ctx context.Context, limit int) ([]party.Policy, error) {
	rows, err := s.q.QueryContext(ctx, selectPolicy, policyName, limit)
	return collect(rows, err, scanPolicy)
}

// ChangePolicy implements party.PolicyWriter.
func (w PoliciesTx) ChangePolicy(p party.Policy, e audit.Entry) error {
	held, err := w.Policy(w.tx.ctx)
	if err != nil {
		return err
	}
	if p.Version != held.Version+1 {
		return party.ErrPolicyMoved
	}
	value, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if _, err := w.tx.exec(`INSERT INTO setting (name, value, version) VALUES (?,?,?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value, version = excluded.version`, policyName, string(value), p.Version); err != nil {
		return err
	}
	if _, err := w.tx.exec(`INSERT INTO setting_change (name, version, at, account, value) VALUES (?,?,?,?,?)`,
		policyName, p.Version, millis(p.ChangedAt), p.ChangedBy[:], string(value)); err != nil {
		return err
	}
	return w.tx.Audit(e)
}
