package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// sealedProvider is the personal part of a link to an identity provider.
type sealedProvider struct {
	Issuer string `json:"i"`
	Called string `json:"c,omitempty"`
}

func providerPlace(h keyring.LookupHash) string { return "provider-link/" + string(h[:]) }

const selectLink = `SELECT ` + credentialColumns + ` FROM provider_link`

func (r Accounts) scanLink(ctx context.Context) func(row) (account.ProviderLink, error) {
	return func(s row) (account.ProviderLink, error) {
		var in sealedProvider
		c, err := r.scanCredential(ctx, s, "link to a provider", providerPlace, &in)
		return account.ProviderLink{
			Hash: c.hash, Account: c.account, AddedAt: moment(c.added), UsedAt: moment(c.used), EndedAt: moment(c.ended),
			Issuer: in.Issuer, Called: in.Called,
		}, err
	}
}

// ProviderLinks implements account.Reader: oldest first.
func (r Accounts) ProviderLinks(ctx context.Context, id habeas.AccountID) ([]account.ProviderLink, error) {
	rows, err := r.q.QueryContext(ctx, selectLink+` WHERE account = ? AND ended_at = 0 ORDER BY added_at`, id[:])
	return collect(rows, err, r.scanLink(ctx))
}

// ProviderLink implements account.Reader. One of somebody who was erased meanwhile is none.
func (r Accounts) ProviderLink(ctx context.Context, hash keyring.LookupHash) (account.ProviderLink, bool, error) {
	l, err := r.scanLink(ctx)(r.q.QueryRowContext(ctx, selectLink+` WHERE hash = ?`, hash[:]))
	if errors.Is(err, sql.ErrNoRows) || habeas.KindOf(err) == habeas.KindGone {
		return account.ProviderLink{}, false, nil
	}
	return l, err == nil, failure(err)
}

// AddProviderLink implements account.Writer.
func (w AccountsTx) AddProviderLink(l account.ProviderLink, e audit.Entry) error {
	return w.saveLink(`INSERT INTO provider_link (account, added_at, used_at, ended_at, sealed, hash) VALUES (?,?,?,?,?,?)
		ON CONFLICT (hash) DO UPDATE SET account = excluded.account, added_at = excluded.added_at, used_at = excluded.used_at,
		ended_at = excluded.ended_at, sealed = excluded.sealed WHERE provider_link.ended_at > 0`, l, e)
}

// ChangeProviderLink implements account.Writer.
func (w AccountsTx) ChangeProviderLink(l account.ProviderLink, e audit.Entry) error {
	return w.saveLink(`UPDATE provider_link SET account = ?, added_at = ?, used_at = ?, ended_at = ?, sealed = ? WHERE hash = ?`, l, e)
}

func (w AccountsTx) saveLink(query string, l account.ProviderLink, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(l.Account))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, providerPlace(l.Hash), sealedProvider{l.Issuer, l.Called})
	if err != nil {
		return err
	}
	err = exactlyOne(w.tx.exec(query, l.Account[:], millis(l.AddedAt), millis(l.UsedAt), millis(l.EndedAt), sealed, l.Hash[:]))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// RemoveProviderLinks forgets every link of an account, those that could still be taken
// back too: what recovery does. Where there is nothing, nothing is noted.
func (w AccountsTx) RemoveProviderLinks(id habeas.AccountID, e audit.Entry) error {
	res, err := w.tx.exec(`DELETE FROM provider_link WHERE account = ?`, id[:])
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return w.tx.Audit(e)
}

// ProveAddress implements account.Writer.
func (w AccountsTx) ProveAddress(a account.Address, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(a.Account))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, addressPlace(a.Hash), sealedAddress{Mailbox: a.Mailbox, Display: a.Display})
	if err != nil {
		return err
	}
	err = exactlyOne(w.tx.exec(`UPDATE account_address SET proof = ?, proved_at = ?, sealed = ? WHERE hash = ? AND account = ?`,
		string(habeas.ProofCode), millis(e.At), sealed, a.Hash[:], a.Account[:]))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}
