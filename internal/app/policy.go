package app

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/web/admin"
)

// policyFor is how long a node may go by a policy that another node has changed.
const policyFor = 5 * time.Second

// Policies is what the organisation has decided: read by every room that follows it,
// changed by administrators (PTY-24). It is safe for concurrent use.
type Policies struct {
	db      *sqlstore.DB
	schemas *party.Schemas
	clock   habeas.Clock

	mu   sync.Mutex
	held party.Policy
	read time.Time // zero: never
}

// NewPolicies returns the use cases.
func NewPolicies(db *sqlstore.DB, schemas *party.Schemas, clock habeas.Clock) *Policies {
	return &Policies{db: db, schemas: schemas, clock: clock}
}

// Current returns the policy in force; a change on another node is heard of within a
// few seconds, one on this node at once. When the store cannot be read, the last known
// policy still holds. The caller must not change what the value points to.
func (p *Policies) Current(ctx context.Context) (party.Policy, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	if !p.read.IsZero() && now.Sub(p.read) < policyFor && !now.Before(p.read) {
		return p.held, nil
	}
	fresh, err := p.db.Policies().Policy(ctx)
	if err != nil {
		if !p.read.IsZero() {
			return p.held, nil
		}
		return party.Policy{}, err
	}
	p.held, p.read = fresh, now
	return fresh, nil
}

// Change puts another policy into force. to.Version is the version that was read and
// edited: when somebody else was quicker, the answer is party.ErrPolicyMoved. What is
// the same as before changes nothing and is no version.
func (p *Policies) Change(ctx context.Context, a habeas.Actor, to party.Policy) (party.Policy, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return party.Policy{}, account.ErrNotAdministrator
	}
	if err := to.Check(p.schemas); err != nil {
		return party.Policy{}, err
	}
	now := p.clock.Now()
	a.Kind = habeas.ActorStaff
	out := to
	err := p.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Policies()
		was, err := w.Policy(tx.Context())
		if err != nil {
			return err
		}
		if was.Version != to.Version {
			return party.ErrPolicyMoved
		}
		detail := was.Changes(to)
		if len(detail) == 0 {
			out = was
			return nil
		}
		out.Version, out.ChangedAt, out.ChangedBy = was.Version+1, now, a.Account
		detail["version"] = strconv.FormatInt(out.Version, 10)
		return w.ChangePolicy(out, audit.Entry{
			ID: habeas.NewID[habeas.EventKind](now), Event: audit.SettingsChanged, Actor: a, At: now, Detail: detail,
		})
	})
	if err != nil {
		return party.Policy{}, err
	}
	p.mu.Lock()
	p.held, p.read = out, now
	p.mu.Unlock()
	return out, nil
}

// History lists the versions for administrators, newest first.
func (p *Policies) History(ctx context.Context, a habeas.Actor, limit int) ([]admin.PolicyChange, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return nil, account.ErrNotAdministrator
	}
	all, err := p.db.Policies().PolicyHistory(ctx, limit+1)
	if err != nil {
		return nil, err
	}
	out := make([]admin.PolicyChange, 0, limit)
	for i, v := range all {
		was := party.DefaultPolicy()
		if i+1 < len(all) {
			was = all[i+1]
		}
		if i < limit {
			out = append(out, admin.PolicyChange{Policy: v, Changed: was.Changes(v)})
		}
	}
	return out, nil
}
