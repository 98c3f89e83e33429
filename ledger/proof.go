package ledger

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Inclusion proves that the tree with size leaves holds the leaf at index. The
// proof goes from the leaf's sibling up (RFC 6962, section 2.1.1); it costs one
// query of at most 56 rows. An index or size outside the log gives ErrRange.
func Inclusion(ctx context.Context, src Source, index, size int64) ([]tlog.Hash, error) {
	if err := checkSize(ctx, src, size); err != nil {
		return nil, err
	}
	return inclusion(HashReader(ctx, src), index, size)
}

// Consistency proves that the tree with newSize leaves begins with the tree of
// oldSize leaves (RFC 6962, section 2.1.2). The proof is empty when oldSize is 0
// or equal to newSize. Sizes outside the log give ErrRange.
func Consistency(ctx context.Context, src Source, oldSize, newSize int64) ([]tlog.Hash, error) {
	if err := checkSize(ctx, src, newSize); err != nil {
		return nil, err
	}
	return consistency(HashReader(ctx, src), oldSize, newSize)
}

func checkSize(ctx context.Context, src Source, size int64) error {
	have, err := src.Size(ctx)
	if err != nil {
		return fmt.Errorf("ledger: reading the size: %w", err)
	}
	if size > have {
		return fmt.Errorf("%w: size %d of %d", ErrRange, size, have)
	}
	return nil
}

func inclusion(r tlog.HashReader, index, size int64) ([]tlog.Hash, error) {
	if index < 0 || index >= size || size > MaxSize {
		return nil, fmt.Errorf("%w: index %d of %d", ErrRange, index, size)
	}
	return tlog.ProveRecord(size, index, r)
}

func consistency(r tlog.HashReader, oldSize, newSize int64) ([]tlog.Hash, error) {
	if oldSize < 0 || oldSize > newSize || newSize > MaxSize {
		return nil, fmt.Errorf("%w: sizes %d and %d", ErrRange, oldSize, newSize)
	}
	if oldSize == 0 {
		return nil, nil // every tree extends the empty one
	}
	return tlog.ProveTree(newSize, oldSize, r)
}

// VerifyInclusion checks that the tree of the checkpoint holds the leaf at
// index. The caller has verified the checkpoint. Errors wrap ErrProof.
func VerifyInclusion(c Checkpoint, index int64, leaf []byte, proof []tlog.Hash) error {
	if index < 0 || index >= c.Size || c.Size > MaxSize {
		return fmt.Errorf("%w: index %d of %d", ErrProof, index, c.Size)
	}
	if tlog.CheckRecord(proof, c.Size, c.Root, index, leafHash(leaf)) != nil {
		return fmt.Errorf("%w: no such leaf at index %d of %d", ErrProof, index, c.Size)
	}
	return nil
}

// VerifyConsistency checks that the tree of newer extends the tree of older,
// both of one log. The caller has verified both checkpoints. A difference of
// origin and an older checkpoint that is larger give ErrInconsistent, as do two
// roots for one size: that is proof that the log has lied. Otherwise errors wrap
// ErrProof: the proof may be at fault.
func VerifyConsistency(older, newer Checkpoint, proof []tlog.Hash) error {
	switch {
	case older.Origin != newer.Origin:
		return fmt.Errorf("%w: they are of two logs, %q and %q", ErrInconsistent, older.Origin, newer.Origin)
	case older.Size < 0 || newer.Size > MaxSize || older.Size > newer.Size:
		return fmt.Errorf("%w: sizes %d and %d", ErrInconsistent, older.Size, newer.Size)
	case older.Size == newer.Size && older.Root != newer.Root:
		return fmt.Errorf("%w: two roots for size %d", ErrInconsistent, older.Size)
	case older.Size == newer.Size || older.Size == 0:
		// Nothing to prove, and so nothing that a proof may hold.
		if len(proof) != 0 || (older.Size == 0 && older.Root != emptyRoot) {
			return fmt.Errorf("%w: from %d to %d", ErrProof, older.Size, newer.Size)
		}
		return nil
	}
	if tlog.CheckTree(proof, newer.Size, newer.Root, older.Size, older.Root) != nil {
		return fmt.Errorf("%w: from %d to %d", ErrProof, older.Size, newer.Size)
	}
	return nil
}
