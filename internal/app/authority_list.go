package app

import (
	"bytes"
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// List returns the newest list of a shard: signed anew if one of its certificates was revoked
// since, or if half of its time is over. Nothing is signed for who asks again, and that of a root
// elsewhere is the one that was brought in. Error: pki.ErrNoAuthority.
func (a *Authorities) List(ctx context.Context, i pki.Issuer, shard int) (pki.CRL, error) {
	l, due, err := a.latest(ctx, i, shard)
	if err != nil || !due {
		return l, err
	}
	if i.Kind == pki.Root && a.Elsewhere {
		if l.Number == 0 {
			return l, pki.ErrNoAuthority
		}
		return l, nil
	}
	authority, err := a.signer(ctx, i)
	if err != nil {
		return l, err
	}
	a.listing.Lock()
	defer a.listing.Unlock()
	for range 3 {
		if l, due, err = a.latest(ctx, i, shard); err != nil || !due {
			return l, err
		}
		l, err = authority.Publish(ctx, a.DB.Revocations(), shard, a.Clock.Now())
		if err == nil || habeas.KindOf(err) != habeas.KindConflict {
			return l, err
		}
	}
	return a.DB.Revocations().LatestCRL(ctx, i, shard)
}

// signer opens what signs a list, the root with whichever certificate it has.
func (a *Authorities) signer(ctx context.Context, i pki.Issuer) (*pki.Authority, error) {
	if i.Kind == pki.Root {
		return a.There(ctx, pki.Root)
	}
	return a.Published(ctx, i)
}

// latest reads a list and says whether it has to be made anew.
func (a *Authorities) latest(ctx context.Context, i pki.Issuer, shard int) (l pki.CRL, due bool, err error) {
	store := a.DB.Revocations()
	counted, err := store.CountRevoked(ctx, i, shard)
	if err != nil {
		return l, false, err
	}
	l, err = store.LatestCRL(ctx, i, shard)
	return l, l.Number == 0 || l.Counted != counted || l.Due(a.Clock.Now()), err
}

// BringList brings in a list that the root has signed (DER): it is published from then on, and the
// authorities that stand on it count no more, from the next request on. An older list than the
// one that is there is refused, and the same again changes nothing. Errors: pki.ErrList,
// pki.ErrNoAuthority.
func (a *Authorities) BringList(ctx context.Context, der []byte) (pki.CRL, error) {
	root, err := a.RootCertificate(ctx)
	if err != nil {
		return pki.CRL{}, err
	}
	list, revoked, err := pki.ReadRootList(der, root)
	if err != nil {
		return list, err
	}
	last, err := a.DB.Revocations().LatestCRL(ctx, list.Issuer, 0)
	if err != nil || bytes.Equal(last.DER, list.DER) {
		return list, err
	}
	var known []pki.Generation
	for _, kind := range subordinates {
		all, err := a.DB.Authorities(ctx, kind)
		if err != nil {
			return list, err
		}
		known = append(known, all...)
	}
	return list, a.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		list.Counted = 0
		for _, g := range known {
			entry, ends := revoked[g.Serial]
			if ends {
				e := a.entry(audit.AuthorityRevoked, g.Issuer)
				e.Detail["reason"] = entry.Reason.String()
				if err := tx.RevokeAuthority(g.Issuer, entry.At, entry.Reason, e); err != nil {
					return err
				}
			}
			if ends || !g.RevokedAt.IsZero() {
				list.Counted++
			}
		}
		err := tx.Ops().SaveCRL(ctx, list)
		if err != nil && habeas.KindOf(err) == habeas.KindConflict {
			return pki.ErrList
		}
		return err
	})
}
