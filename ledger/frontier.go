package ledger

import (
	"crypto/sha256"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	// MaxSize is the largest tree this package handles, in leaves. The bound
	// keeps the index arithmetic of x/mod/sumdb/tlog, which a hostile size could
	// otherwise send into an endless loop, far from overflow.
	MaxSize = 1 << 56

	// MaxLeaf is the longest leaf in bytes: entry bundles store the length of an
	// entry in 16 bits (C2SP tlog-tiles).
	MaxLeaf = 1<<16 - 1
)

// emptyRoot is the root of the tree without leaves (RFC 6962, section 2.1).
var emptyRoot = tlog.Hash(sha256.Sum256(nil))

// Frontier is the right edge of a tree: the roots of the complete subtrees that
// make it up, at most one per level. It is all that appending needs, so a writer
// keeps it in memory and never reads the tree back.
//
// A writer clones the frontier, appends a batch, stores the rows, and keeps the
// clone only once the database has committed. A Frontier is not safe for
// concurrent use; the zero value is the empty tree.
type Frontier struct {
	size  int64
	peaks []tlog.Hash // widest subtree first: one per one-bit of size
}

// NewFrontier reads the right edge of the tree with size leaves, with one call
// to r that asks for at most 56 hashes. A size of 0 reads nothing, so r may be
// nil.
func NewFrontier(size int64, r tlog.HashReader) (*Frontier, error) {
	if size < 0 || size > MaxSize {
		return nil, fmt.Errorf("%w: size %d", ErrRange, size)
	}
	f := &Frontier{size: size}
	if size == 0 {
		return f, nil
	}
	indexes := peakIndexes(size)
	hashes, err := r.ReadHashes(indexes)
	if err != nil {
		return nil, fmt.Errorf("ledger: reading the frontier: %w", err)
	}
	if len(hashes) != len(indexes) {
		return nil, fmt.Errorf("ledger: frontier of size %d needs %d hashes, got %d", size, len(indexes), len(hashes))
	}
	f.peaks = slices.Clone(hashes)
	return f, nil
}

// peakIndexes lists the stored hash indexes of the complete subtrees that make
// up the tree with size leaves, widest first.
func peakIndexes(size int64) []int64 {
	indexes := make([]int64, 0, bits.OnesCount64(uint64(size)))
	for start := int64(0); start < size; {
		level := bits.Len64(uint64(size-start)) - 1
		indexes = append(indexes, tlog.StoredHashIndex(level, start>>level))
		start += 1 << level
	}
	return indexes
}

// Clone returns an independent copy.
func (f *Frontier) Clone() *Frontier {
	// Room for the carries of a long batch, so that Append seldom grows it.
	peaks := make([]tlog.Hash, len(f.peaks), len(f.peaks)+16)
	copy(peaks, f.peaks)
	return &Frontier{size: f.size, peaks: peaks}
}

// Size returns the number of leaves.
func (f *Frontier) Size() int64 { return f.size }

// Root returns the root hash of the tree (RFC 6962, section 2.1).
func (f *Frontier) Root() tlog.Hash { return foldPeaks(f.peaks) }

// foldPeaks joins the complete subtrees of a tree, widest first, to its root.
func foldPeaks(peaks []tlog.Hash) tlog.Hash {
	if len(peaks) == 0 {
		return emptyRoot
	}
	h := peaks[len(peaks)-1]
	for i := len(peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(peaks[i], h)
	}
	return h
}

// Append adds a leaf and returns the hashes that it completes, 32 bytes each:
// the hash of the leaf, then the roots of the subtrees that end with it, lowest
// first. They belong into the leaf's Row. The result is what tlog.StoredHashes
// gives, without reading anything.
//
// Append does not bound the leaf; a leaf over MaxLeaf bytes cannot be published.
func (f *Frontier) Append(leaf []byte) []byte {
	return f.appendHash(leafHash(leaf))
}

func (f *Frontier) appendHash(h tlog.Hash) []byte {
	carries := completed(f.size) - 1
	out := make([]byte, 0, (carries+1)*tlog.HashSize)
	out = append(out, h[:]...)
	for range carries {
		last := len(f.peaks) - 1
		h = tlog.NodeHash(f.peaks[last], h)
		f.peaks = f.peaks[:last]
		out = append(out, h[:]...)
	}
	f.peaks = append(f.peaks, h)
	f.size++
	return out
}

// completed returns how many hashes the leaf with the given index completes:
// its own and one for each subtree it is the last leaf of.
func completed(index int64) int {
	return bits.TrailingZeros64(uint64(index+1)) + 1
}

// leafHash is tlog.RecordHash without its allocation for leaves of usual size.
func leafHash(leaf []byte) tlog.Hash {
	var buf [512]byte // buf[0] is 0, the prefix of leaves in RFC 6962
	if len(leaf) >= len(buf) {
		return tlog.RecordHash(leaf)
	}
	n := copy(buf[1:], leaf)
	return sha256.Sum256(buf[:1+n])
}
