package sqlstore

import (
	"context"
	"fmt"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Credentials of an account — passkeys, links to identity providers — lie in rows of one
// shape: found by a keyed hash, with words sealed under their person's key.

// credentialColumns are the columns of such a row, as [Accounts.scanCredential] reads them.
const credentialColumns = `hash, account, added_at, used_at, ended_at, sealed`

// credential is such a row.
type credential struct {
	hash               keyring.LookupHash
	account            habeas.AccountID
	added, used, ended int64
}

// scanCredential reads a row and opens its words into in, which are sealed for a place.
func (r Accounts) scanCredential(ctx context.Context, s row, what string, place func(keyring.LookupHash) string, in any) (c credential, err error) {
	var hash, id, sealed []byte
	if err := s.Scan(&hash, &id, &c.added, &c.used, &c.ended, &sealed); err != nil {
		return c, err
	}
	copy(c.hash[:], hash)
	copy(c.account[:], id)
	key, err := r.keys.Key(ctx, habeas.SubjectOf(c.account))
	if err != nil {
		return c, err
	}
	if err := openWords(key, place(c.hash), sealed, in); err != nil {
		return c, fmt.Errorf("%s: %w", what, err)
	}
	return c, nil
}
