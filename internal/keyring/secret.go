package keyring

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/sealed"
)

// Secret returns the secret of that name, made by generate at the first call ever
// and the same since: a signing key, for example. It is wrapped under the root
// key, and what is returned can be used until Close. Of several callers at once one
// generates. generate must not use the ring; what it returns is cleared.
func (r *Ring) Secret(ctx context.Context, name string, generate func() ([]byte, error)) (sealed.Value, error) {
	if r.closed() {
		return sealed.Value{}, ErrClosed
	}
	if name == "" {
		return sealed.Value{}, habeas.Invalid("name", "A secret needs a name.")
	}
	if known, ok := r.secrets.Load(name); ok {
		return known.(sealed.Value), nil
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
		return sealed.Value{}, mapError(err)
	}
	secret, err := r.openSecret(name, wrapped)
	if err != nil {
		return sealed.Value{}, err
	}
	v, err := r.vault.session.Seal("secret of the ring", secret)
	if err != nil {
		return sealed.Value{}, err
	}
	known, _ := r.secrets.LoadOrStore(name, v)
	return known.(sealed.Value), nil
}

// DestroySecret destroys the secrets of these names: the next call of Secret makes others, or
// fails as its generate does. On other nodes they can be used until those close their rings or
// destroy them too. Names of no secret are passed over. Backups from before still hold them; who
// restores one destroys again.
func (r *Ring) DestroySecret(ctx context.Context, names ...string) error {
	if r.closed() {
		return ErrClosed
	}
	if err := r.take(ctx, r.eraseTurn); err != nil {
		return err
	}
	defer r.eraseTurn.give()
	n, err := r.store.DeleteSecrets(ctx, names...)
	if err != nil {
		return mapError(err)
	}
	for _, name := range names {
		if known, ok := r.secrets.LoadAndDelete(name); ok {
			r.vault.session.Forget(known.(sealed.Value))
		}
	}
	if n == 0 {
		return nil
	}
	return r.compact(ctx)
}

// secretPlace binds a wrapped secret to its ring and its name.
func (r *Ring) secretPlace(name string) []byte {
	place := append([]byte("habeas secret v1 "), r.id[:]...)
	return append(place, name...)
}

// openSecret returns the secret on the heap: the caller clears it.
func (r *Ring) openSecret(name string, wrapped []byte) ([]byte, error) {
	secret, err := r.secret.Open(nil, nil, wrapped, r.secretPlace(name))
	if err != nil {
		return nil, errDamaged.WithCause(err)
	}
	return secret, nil
}
