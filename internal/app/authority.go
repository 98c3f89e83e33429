package app

import (
	"context"
	"crypto/x509"
	"errors"
	"strconv"
	"sync"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Authorities are the certificate authorities of a server, each in generations (ADR 0053). One
// is opened when it is first needed, and made then if the root is here too; that it came to be
// stands in the ledger. It is safe for concurrent use.
type Authorities struct {
	DB    *sqlstore.DB
	Keys  *keyring.Ring
	Org   pki.Organisation
	Clock habeas.Clock
	// Elsewhere: the root is in the key store of another machine, so nothing is made here
	// but by the ceremony (ADR 0038).
	Elsewhere bool

	listing    sync.Mutex // one list is signed at a time: who waited finds it signed
	making     sync.Mutex // one generation is made at a time: who waited finds it made
	mu         sync.Mutex // guards what is open; which generations count is asked without it
	open       map[pki.Issuer]*pki.Authority
	responders map[pki.Issuer]*pki.Responder
}

// Get returns the generation of an authority that issues now: the newest that counts. It makes
// one if there is none, or if the newest cannot issue for the whole time any more; so it must not
// be called in a transaction. Error: pki.ErrNoAuthority when the ceremony has not been done yet.
func (a *Authorities) Get(ctx context.Context, kind pki.Kind) (*pki.Authority, error) {
	newest, err := a.newest(ctx, kind)
	if err == nil && !newest.HeirDue(a.Clock.Now(), pki.CeremonyLead) { // nearly always
		return newest, nil
	}
	a.making.Lock()
	defer a.making.Unlock()
	return a.get(ctx, kind)
}

func (a *Authorities) get(ctx context.Context, kind pki.Kind) (*pki.Authority, error) {
	newest, err := a.newest(ctx, kind)
	switch {
	case a.Elsewhere && err == nil && newest.HeirDue(a.Clock.Now(), pki.CeremonyLead): // maybe it was just brought in
		if err := a.discover(ctx, kind, newest.Issuer().Generation); err != nil {
			return nil, err
		}
		return a.newest(ctx, kind)
	case a.Elsewhere:
		return newest, err
	case errors.Is(err, pki.ErrNoAuthority), err == nil && newest.HeirDue(a.Clock.Now(), 0):
		return a.make(ctx, kind)
	}
	return newest, err
}

// There is Get that makes nothing: what strangers ask for is made for them by nobody, and nothing
// is made in a transaction. Errors: pki.ErrNoAuthority.
func (a *Authorities) There(ctx context.Context, kind pki.Kind) (*pki.Authority, error) {
	return a.newest(ctx, kind)
}

// newest opens the newest generation that counts.
func (a *Authorities) newest(ctx context.Context, kind pki.Kind) (*pki.Authority, error) {
	all, err := a.generations(ctx, kind)
	if err != nil {
		return nil, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Counts() {
			return a.at(ctx, all[i].Issuer)
		}
	}
	return nil, pki.ErrNoAuthority
}

// generations returns those that the records know. If they know none, the key store is asked:
// the authority is older than the rows, or a ceremony has just brought it in.
func (a *Authorities) generations(ctx context.Context, kind pki.Kind) ([]pki.Generation, error) {
	all, err := a.DB.Authorities(ctx, kind)
	if err != nil || len(all) > 0 {
		return all, err
	}
	if err := a.discover(ctx, kind, 0); err != nil {
		return nil, err
	}
	return a.DB.Authorities(ctx, kind)
}

// discover notes the generations in the key store that follow one that is known.
func (a *Authorities) discover(ctx context.Context, kind pki.Kind, known int) error {
	n, err := pki.Generations(ctx, a.Keys, kind)
	if err != nil {
		return err
	}
	for g := known + 1; g <= n; g++ {
		made, err := a.at(ctx, kind.Nth(g))
		if errors.Is(err, pki.ErrRetired) { // the rows are older than the keys
			continue
		}
		if err == nil {
			err = a.note(ctx, made)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// at opens one generation, the root with its newest certificate.
func (a *Authorities) at(ctx context.Context, i pki.Issuer) (*pki.Authority, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if made := a.open[i]; made != nil {
		return made, nil
	}
	made, err := pki.Open(ctx, a.Keys, i, a.Org)
	if err != nil {
		return nil, err
	}
	if a.open == nil {
		a.open = map[pki.Issuer]*pki.Authority{}
	}
	a.open[i] = made
	return made, nil
}

// make makes the next generation of an authority, the root first. Of two nodes that do it at the
// same time, the key store lets one win, and both go on with what that one has made.
func (a *Authorities) make(ctx context.Context, kind pki.Kind) (made *pki.Authority, err error) {
	now := a.Clock.Now()
	if kind == pki.Root {
		made, err = pki.MakeRoot(ctx, a.Keys, a.Org, now)
	} else {
		var root *pki.Authority
		if root, err = a.get(ctx, pki.Root); err != nil {
			return nil, err
		}
		var all []pki.Generation
		if all, err = a.DB.Authorities(ctx, kind); err == nil {
			made, err = root.Subordinate(ctx, a.Keys, kind.Nth(last(all).Generation+1), now)
		}
	}
	if err != nil {
		return nil, err
	}
	return made, a.note(ctx, made)
}

// last is the newest of some generations; the zero value if there is none.
func last(all []pki.Generation) (g pki.Generation) {
	if len(all) > 0 {
		g = all[len(all)-1]
	}
	return g
}

// note writes down that a generation is there.
func (a *Authorities) note(ctx context.Context, made *pki.Authority) error {
	g := made.Described()
	return a.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		if a.Elsewhere { // the root is known by what it has signed
			root := made.Above()
			if err := tx.AddAuthority(root, a.entry(audit.AuthorityMade, root.Issuer)); err != nil {
				return err
			}
		}
		return tx.AddAuthority(g, a.entry(audit.AuthorityMade, g.Issuer))
	})
}

func (a *Authorities) entry(event audit.Event, i pki.Issuer) audit.Entry {
	now := a.Clock.Now()
	return audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: event, Actor: habeas.Server, At: now,
		Detail: map[string]string{"authority": string(i.Kind), "generation": strconv.Itoa(i.Generation)},
	}
}

// Trusted are the generations of an authority whose certificates are believed: those that are
// neither retired nor revoked, the newest first. Error: pki.ErrNoAuthority if there is none.
func (a *Authorities) Trusted(ctx context.Context, kind pki.Kind) (trusted []*pki.Authority, err error) {
	all, err := a.generations(ctx, kind)
	if err != nil {
		return nil, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if !all[i].Counts() {
			continue
		}
		made, err := a.at(ctx, all[i].Issuer)
		if errors.Is(err, pki.ErrRetired) { // another node has just done so
			continue
		}
		if err != nil {
			return nil, err
		}
		trusted = append(trusted, made)
	}
	if len(trusted) == 0 {
		return nil, pki.ErrNoAuthority
	}
	return trusted, nil
}

// Verifier decides which certificates of people count now, of whatever generation.
func (a *Authorities) Verifier() *pki.Verifier {
	return pki.NewVerifier(a.issuers, a.DB.Revocations(), a.Clock)
}

// issuers are those that Trusted returns for people, for a verifier. Whether one was revoked is
// asked each time.
func (a *Authorities) issuers() ([]*pki.Authority, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	return a.Trusted(ctx, pki.Identity)
}

// Published opens a generation of which lists and answers are published: one with its key, that
// is known here. Errors: pki.ErrNoAuthority, pki.ErrRetired.
func (a *Authorities) Published(ctx context.Context, i pki.Issuer) (*pki.Authority, error) {
	all, err := a.generations(ctx, i.Kind)
	if err != nil {
		return nil, err
	}
	for _, g := range all {
		switch {
		case g.Issuer != i:
		case !g.RetiredAt.IsZero():
			return nil, pki.ErrRetired
		default:
			return a.at(ctx, i)
		}
	}
	return nil, pki.ErrNoAuthority
}

// RootCertificate is the newest certificate of the root: where the root is elsewhere, the one
// that came with the newest authority below it. Error: pki.ErrNoAuthority.
func (a *Authorities) RootCertificate(ctx context.Context) (*x509.Certificate, error) {
	var newest *x509.Certificate
	for _, kind := range []pki.Kind{pki.Root, pki.Identity, pki.Attribute, pki.Server} {
		there, err := a.newest(ctx, kind)
		if errors.Is(err, pki.ErrNoAuthority) {
			continue
		}
		if err != nil {
			return nil, err
		}
		chain := there.Chain()
		if root := chain[len(chain)-1]; newest == nil || root.NotAfter.After(newest.NotAfter) {
			newest = root
		}
	}
	if newest == nil {
		return nil, pki.ErrNoAuthority
	}
	return newest, nil
}

// Responder returns what answers OCSP requests about the certificates of a generation.
func (a *Authorities) Responder(ctx context.Context, i pki.Issuer) (*pki.Responder, error) {
	authority, err := a.Published(ctx, i)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.responders[i]; r != nil {
		return r, nil
	}
	r, err := pki.NewResponder(ctx, authority, a.Keys, a.DB.Revocations(), a.Clock)
	if err != nil {
		return nil, err
	}
	if a.responders == nil {
		a.responders = map[pki.Issuer]*pki.Responder{}
	}
	a.responders[i] = r
	return r, nil
}
