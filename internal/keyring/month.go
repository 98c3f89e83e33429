package keyring

import (
	"context"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
)

// Month returns the key of the month of t (UTC), made durable at first need. It
// is Gone once destroyed.
func (r *Ring) Month(ctx context.Context, t time.Time) (*Key, error) {
	return r.monthly(ctx, monthID(monthPrefix, t))
}

// LogMonth is Month for what the log of sign-ins holds of the network in that month: a key
// of its own, because it ends within six months and that of Month does not.
func (r *Ring) LogMonth(ctx context.Context, t time.Time) (*Key, error) {
	return r.monthly(ctx, monthID(logPrefix, t))
}

func (r *Ring) monthly(ctx context.Context, id habeas.SubjectID) (*Key, error) {
	if k, ok := r.months.Load(id); ok {
		return k.(*Key), nil
	}
	k, err := r.load(ctx, id)
	if errors.Is(err, ErrNoKey) {
		k = r.NewKey(id)
		if err = r.commit(ctx, []*Key{k}); errors.Is(err, errTaken) { // by somebody at the same time
			k, err = r.load(ctx, id)
		}
	}
	if err != nil {
		return nil, err
	}
	r.months.Store(id, k)
	if r.erased(id) {
		r.months.Delete(id)
		return nil, errErased
	}
	return k, nil
}

// DestroyMonth is [Ring.Destroy] for the key of the month of t (UTC).
func (r *Ring) DestroyMonth(ctx context.Context, t time.Time) error {
	return r.destroy(ctx, []habeas.SubjectID{monthID(monthPrefix, t)})
}

// DestroyLogMonth is [Ring.Destroy] for the key of LogMonth. One that is destroyed already,
// or never was, costs nothing and is on no list.
func (r *Ring) DestroyLogMonth(ctx context.Context, t time.Time) error {
	id := monthID(logPrefix, t)
	_, err := r.load(ctx, id)
	switch {
	case errors.Is(err, ErrNoKey), habeas.KindOf(err) == habeas.KindGone:
		return nil
	case err != nil:
		return err
	}
	return r.destroy(ctx, []habeas.SubjectID{id})
}

func monthID(prefix [8]byte, t time.Time) habeas.SubjectID {
	year, month, _ := t.UTC().Date()
	id := habeas.SubjectID{8: byte(year >> 8), 9: byte(year), 10: byte(month)}
	copy(id[:], prefix[:])
	return id
}
