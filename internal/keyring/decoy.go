package keyring

import (
	"context"
	"crypto/rand"
)

// wrappedSize is the length of a wrapped key: nonce, material, tag.
const wrappedSize = nonceSize + materialSize + tagSize

// Decoy takes as long as committing one new key and keeps nothing. A write about a
// known party calls it, so that nobody learns from the time of an answer whether the
// party was new (PTY-A27).
func (r *Ring) Decoy(ctx context.Context) error {
	noise := make([]byte, wrappedSize)
	rand.Read(noise)
	watch(r.opts.Watch).saw(WorkWrite, len(noise))
	return mapError(r.store.Decoy(ctx, noise))
}
