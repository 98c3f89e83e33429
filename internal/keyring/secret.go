package keyring

import (
	"context"

	"github.com/habeas-data/habeas"
)

// Secret returns the secret of that name, made by generate at the first call ever
// and the same since: a signing key, for example. It is wrapped under the root
// key. Of several callers at once one generates. generate must not use the ring.
func (r *Ring) Secret(ctx context.Context, name string, generate func() ([]byte, error)) ([]byte, error) {
	if r.closed() {
		return nil, ErrClosed
	}
	if name == "" {
		return nil, habeas.Invalid("name", "A secret needs a name.")
	}
	wrapped, err := r.store.Secret(ctx, name, func() ([]byte, error) {
		secret, err := generate()
		if err != nil {
			return nil, err
		}
		defer clear(secret)
		return r.secret.Seal(nil, nil, secret, r.secretPlace(name)), nil
	})
	if err != nil {
		return nil, mapError(err)
	}
	return r.openSecret(name, wrapped)
}

// secretPlace binds a wrapped secret to its ring and its name.
func (r *Ring) secretPlace(name string) []byte {
	place := append([]byte("habeas secret v1 "), r.id[:]...)
	return append(place, name...)
}

func (r *Ring) openSecret(name string, wrapped []byte) ([]byte, error) {
	secret, err := r.secret.Open(nil, nil, wrapped, r.secretPlace(name))
	if err != nil {
		return nil, errDamaged.WithCause(err)
	}
	return secret, nil
}
