package app

import (
	"context"
	"errors"
	"sync"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Authorities are the certificate authorities of a server. Each is opened when it is first
// needed, and made then if the root is here too; that one came to be stands in the ledger.
// It is safe for concurrent use.
type Authorities struct {
	DB    *sqlstore.DB
	Keys  *keyring.Ring
	Org   pki.Organisation
	Clock habeas.Clock
	// Elsewhere: the root is in the key store of another machine, so nothing is made here
	// but by the ceremony (ADR 0038).
	Elsewhere bool

	mu         sync.Mutex
	open       map[pki.Kind]*pki.Authority
	responders map[pki.Kind]*pki.Responder
}

// Get returns one of the authorities below the root. Error: pki.ErrNoAuthority when the
// ceremony has not been done yet.
func (a *Authorities) Get(ctx context.Context, kind pki.Kind) (*pki.Authority, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.get(ctx, kind)
}

func (a *Authorities) get(ctx context.Context, kind pki.Kind) (*pki.Authority, error) {
	if made := a.open[kind]; made != nil {
		return made, nil
	}
	made, err := pki.Open(ctx, a.Keys, kind, a.Org)
	if errors.Is(err, pki.ErrNoAuthority) && !a.Elsewhere {
		made, err = a.make(ctx, kind)
	}
	if err != nil {
		return nil, err
	}
	if a.open == nil {
		a.open = map[pki.Kind]*pki.Authority{}
	}
	a.open[kind] = made
	return made, nil
}

// make makes an authority, the root first. Of two nodes that do it at the same time, the key
// store lets one win, and both go on with what that one has made.
func (a *Authorities) make(ctx context.Context, kind pki.Kind) (made *pki.Authority, err error) {
	now := a.Clock.Now()
	if kind == pki.Root {
		made, err = pki.MakeRoot(ctx, a.Keys, a.Org, now)
	} else {
		var root *pki.Authority
		if root, err = a.get(ctx, pki.Root); err == nil {
			made, err = root.Subordinate(ctx, a.Keys, kind, now)
		}
	}
	if err != nil {
		return nil, err
	}
	e := audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: audit.AuthorityMade, Actor: habeas.Server, At: now,
		Detail: map[string]string{"authority": string(kind)},
	}
	return made, a.DB.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.Audit(e) })
}

// Responder returns what answers OCSP requests about the certificates of an authority.
func (a *Authorities) Responder(ctx context.Context, kind pki.Kind) (*pki.Responder, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.responders[kind]; r != nil {
		return r, nil
	}
	authority, err := a.get(ctx, kind)
	if err != nil {
		return nil, err
	}
	r, err := pki.NewResponder(ctx, authority, a.Keys, a.DB.Revocations(), a.Clock)
	if err != nil {
		return nil, err
	}
	if a.responders == nil {
		a.responders = map[pki.Kind]*pki.Responder{}
	}
	a.responders[kind] = r
	return r, nil
}

// List returns the newest list of a shard: signed anew if one of its certificates was revoked
// since, or if half of its time is over. Nothing is signed for who asks again.
func (a *Authorities) List(ctx context.Context, kind pki.Kind, shard int) (pki.CRL, error) {
	store, now := a.DB.Revocations(), a.Clock.Now()
	for range 3 {
		l, err := store.LatestCRL(ctx, kind, shard)
		if err != nil {
			return l, err
		}
		last, err := store.LastRevoked(ctx, kind, shard)
		if err != nil || l.Number > 0 && !l.Due(now) && last.Before(l.ThisUpdate) {
			return l, err
		}
		authority, err := a.Get(ctx, kind)
		if err != nil {
			return l, err
		}
		l, err = authority.Publish(ctx, store, shard, now)
		if err == nil || habeas.KindOf(err) != habeas.KindConflict {
			return l, err
		}
	}
	return store.LatestCRL(ctx, kind, shard)
}
