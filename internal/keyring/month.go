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
	id := monthID(t)
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
	return r.destroy(ctx, []habeas.SubjectID{monthID(t)})
}

func monthID(t time.Time) habeas.SubjectID {
	year, month, _ := t.UTC().Date()
	id := habeas.SubjectID{8: byte(year >> 8), 9: byte(year), 10: byte(month)}
	copy(id[:], monthPrefix[:])
	return id
}
