package keyring

import (
	"context"

	"github.com/habeas-data/habeas"
)

// sample is what a stand-in opens: as long as the personal part of an address.
const sample = `{"m":"somebody@example.org","d":"somebody@example.org"}`

// Read is [Ring.Key] that reads the key store whatever is cached: whether somebody
// was here lately must not be seen in how long it takes (PTY-A26).
func (r *Ring) Read(ctx context.Context, id habeas.SubjectID) (*Key, error) {
	k, err := r.load(ctx, id)
	if err != nil {
		return nil, err
	}
	if !r.remember(k) {
		return nil, errErased
	}
	return k, nil
}

// StandIn does what it takes to open one sealed value with a [Ring.Read] key, where
// there is nobody whose key it could be: a read of the key store, a key unwrapped, and
// one value opened, which it returns.
func (r *Ring) StandIn(ctx context.Context) ([]byte, error) {
	k, err := r.load(ctx, houseID)
	if err != nil {
		return nil, err
	}
	return k.Open("stand-in", r.sealedSample())
}

// OpenSample opens one value that is nobody's, where one of somebody would be opened if
// there were somebody.
func (r *Ring) OpenSample() ([]byte, error) { return r.house.Open("stand-in", r.sealedSample()) }

func (r *Ring) sealedSample() []byte {
	r.sampleOnce.Do(func() { r.sample = r.house.Seal("stand-in", []byte(sample)) })
	return r.sample
}
