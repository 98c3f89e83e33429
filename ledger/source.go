package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrRange says that an index or size lies outside the tree.
var ErrRange = errors.New("ledger: outside the tree")

// Row is what a store keeps for one leaf.
type Row struct {
	Index  int64  // position in the log, from 0 without gaps
	Leaf   []byte // at most MaxLeaf bytes
	Hashes []byte // what Frontier.Append returned for it
}

// Source is a store of rows. Committed rows never change and never disappear;
// each call sees at least the rows that an earlier call has seen.
// Implementations must be safe for concurrent use.
type Source interface {
	// Size returns the number of committed rows.
	Size(ctx context.Context) (int64, error)
	// Rows calls visit for the rows from ≤ index < to in ascending order. The
	// row's slices belong to the source again when visit returns. An error of
	// visit ends the call and is returned.
	Rows(ctx context.Context, from, to int64, visit func(Row) error) error
	// Hashes returns the stored hashes of the given rows, by index. Rows that do
	// not exist are left out.
	Hashes(ctx context.Context, rows []int64) (map[int64][]byte, error)
}

// HashReader reads the hashes of a tree from the rows of src, with one call of
// src.Hashes for each call of ReadHashes. The hash of the n-th subtree of a
// level lies in the row of its last leaf, ((n+1)<<level)-1, at position level.
func HashReader(ctx context.Context, src Source) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		type place struct {
			row   int64
			level int
		}
		places := make([]place, len(indexes))
		rows := make([]int64, len(indexes))
		for i, index := range indexes {
			if index < 0 || index > 2*MaxSize {
				return nil, fmt.Errorf("%w: stored hash %d", ErrRange, index)
			}
			level, n := tlog.SplitStoredHashIndex(index)
			places[i] = place{row: (n+1)<<level - 1, level: level}
			rows[i] = places[i].row
		}
		slices.Sort(rows)
		stored, err := src.Hashes(ctx, slices.Compact(rows))
		if err != nil {
			return nil, fmt.Errorf("ledger: reading hashes: %w", err)
		}
		hashes := make([]tlog.Hash, len(places))
		for i, p := range places {
			h, ok := hashAt(stored[p.row], p.level)
			if !ok {
				return nil, fmt.Errorf("ledger: leaf %d has no hash of level %d", p.row, p.level)
			}
			hashes[i] = h
		}
		return hashes, nil
	})
}

// hashAt returns the i-th hash of a concatenation, if it is that long.
func hashAt(hashes []byte, i int) (h tlog.Hash, ok bool) {
	if len(hashes) < (i+1)*tlog.HashSize {
		return h, false
	}
	return tlog.Hash(hashes[i*tlog.HashSize:]), true
}

// Memory is a Source in memory, for tests and for logs that are small enough.
// It is safe for concurrent use; the zero value is an empty log.
type Memory struct {
	mu   sync.RWMutex
	edge Frontier
	rows []Row
}

// Append adds a leaf and returns its index. The leaf is copied.
func (m *Memory) Append(leaf []byte) (int64, error) {
	if len(leaf) > MaxLeaf {
		return 0, fmt.Errorf("ledger: a leaf has %d bytes, more than %d", len(leaf), MaxLeaf)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	row := Row{Index: m.edge.Size(), Leaf: bytes.Clone(leaf)}
	row.Hashes = m.edge.Append(leaf)
	m.rows = append(m.rows, row)
	return row.Index, nil
}

// Size implements Source.
func (m *Memory) Size(context.Context) (int64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return int64(len(m.rows)), nil
}

// Rows implements Source.
func (m *Memory) Rows(ctx context.Context, from, to int64, visit func(Row) error) error {
	m.mu.RLock()
	rows := m.rows // rows are only ever appended: a snapshot is safe to read
	m.mu.RUnlock()
	if from < 0 || from > to || to > int64(len(rows)) {
		return fmt.Errorf("%w: rows %d to %d of %d", ErrRange, from, to, len(rows))
	}
	for _, row := range rows[from:to] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	return nil
}

// Hashes implements Source.
func (m *Memory) Hashes(_ context.Context, rows []int64) (map[int64][]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	found := make(map[int64][]byte, len(rows))
	for _, i := range rows {
		if i >= 0 && i < int64(len(m.rows)) {
			found[i] = m.rows[i].Hashes
		}
	}
	return found, nil
}
