package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// load collects what every copy claims about one tile.
func (v *verification) load(ctx context.Context, t tile) (*block, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := &block{tile: t}
	if v.edge != nil && t.n == v.signed>>(tileHeight*(t.level+1)) {
		b.known = copy(b.truth[:], v.edge[t.level])
	}
	for i := range b.known {
		b.told[i] = true
	}
	v.loadTile(b)
	if t.level > 0 {
		return b, v.loadRowHashes(ctx, b)
	}
	if err := v.loadRows(ctx, b); err != nil {
		return nil, err
	}
	v.loadEntries(b)
	v.done += int64(b.width - b.known)
	v.progress(v.done, v.leaves)
	return b, nil
}

// loadBelow verifies the tiles below and takes their roots as claims. If the
// block is settled by the tree above, they are held against its truth; otherwise
// they may agree with any of its columns and so help to settle it.
func (v *verification) loadBelow(ctx context.Context, b *block, settled bool) error {
	below := &column{kind: fromBelow}
	for i := b.known; i < b.width; i++ {
		wants := []tlog.Hash{b.truth[i]}
		if !settled {
			wants = nil
			for _, c := range b.columns {
				if c.has[i] {
					wants = append(wants, c.hash[i])
				}
			}
		}
		root, ok, err := v.subtree(ctx, b.level-1, b.n*tileWidth+int64(i), wants)
		if err != nil {
			return err
		}
		if ok {
			below.set(i, root)
		}
	}
	b.columns = append(b.columns, below)
	return nil
}

// open reads a published file, or the full one that has replaced it, and reports
// why it cannot. A file beyond the checkpoint need not exist.
func (v *verification) open(t tile) (data []byte, have tile, ok bool) {
	if v.files == nil {
		return nil, t, false
	}
	data, have, err := readTile(v.files, t)
	switch {
	case err == nil:
		v.sum.Files++
		return data, have, true
	case errors.Is(err, fs.ErrNotExist):
		if v.edge == nil {
			v.fault(t.path(), "missing")
		}
	case errors.Is(err, errTooLong):
		v.fault(have.path(), "is longer than such a file can be")
	default:
		v.fault(have.path(), "cannot be read")
	}
	return nil, have, false
}

// loadTile adds the hashes of the published tile.
func (v *verification) loadTile(b *block) {
	data, have, ok := v.open(b.tile)
	if !ok {
		return
	}
	if want := have.width * tlog.HashSize; len(data) != want {
		v.fault(have.path(), "has %d bytes, not %d", len(data), want)
	}
	b.columns = append(b.columns, tileColumn(have.path(), data, b.width))
}

func tileColumn(path string, data []byte, width int) *column {
	c := &column{kind: fromTile, place: path}
	for i := range width {
		if h, ok := hashAt(data, i); ok {
			c.set(i, h)
		}
	}
	return c
}

// loadEntries adds the hashes of the published leaves.
func (v *verification) loadEntries(b *block) {
	data, have, ok := v.open(tile{entryLevel, b.n, b.width})
	if ok {
		b.columns = append(b.columns, entryColumn(have, data, b.width))
	}
}

func entryColumn(have tile, data []byte, width int) *column {
	entries, rest := splitBundle(data, have.width)
	c := &column{kind: fromEntry, place: have.path(), limit: width}
	if len(entries) == have.width {
		c.rest = len(rest)
	}
	for i, entry := range entries[:min(width, len(entries))] {
		c.set(i, leafHash(entry))
	}
	return c
}

// loadRows adds the leaves and the hashes of up to 256 rows.
func (v *verification) loadRows(ctx context.Context, b *block) error {
	first := b.n * tileWidth
	from, to := first+int64(b.known), min(first+int64(b.width), v.rows)
	if v.src == nil || from >= to {
		return nil
	}
	stored, leaves := &column{kind: fromRow}, &column{kind: fromLeaf, limit: int(to - first)}
	b.rows = make([][]byte, to-first)
	next := from
	err := v.src.Rows(ctx, from, to, func(row Row) error {
		if row.Index < next || row.Index >= to {
			v.fault(fmt.Sprintf("leaf %d", row.Index), "comes where leaf %d should", next)
			return nil
		}
		next = row.Index + 1
		i := int(row.Index - first)
		v.sum.Rows++
		leaves.set(i, leafHash(row.Leaf))
		if want := completed(row.Index) * tlog.HashSize; len(row.Hashes) != want {
			v.fault(fmt.Sprintf("leaf %d", row.Index), "has %d bytes of hashes, not %d", len(row.Hashes), want)
		}
		if h, ok := hashAt(row.Hashes, 0); ok {
			stored.set(i, h)
		}
		b.rows[i] = slices.Clone(row.Hashes)
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: reading rows: %w", err)
	}
	b.columns = append(b.columns, stored, leaves)
	return nil
}

// loadRowHashes adds the hashes that rows store for a level above the leaves.
func (v *verification) loadRowHashes(ctx context.Context, b *block) error {
	if v.src == nil {
		return nil
	}
	var rows []int64
	for i := b.known; i < b.width && b.leaf(i) < v.rows; i++ {
		rows = append(rows, b.leaf(i))
	}
	if len(rows) == 0 {
		return nil
	}
	found, err := v.src.Hashes(ctx, rows)
	if err != nil {
		return fmt.Errorf("ledger: reading hashes: %w", err)
	}
	stored := &column{kind: fromRow}
	b.rows = make([][]byte, b.known+len(rows))
	for at, row := range rows {
		i := b.known + at
		h, ok := hashAt(found[row], tileHeight*b.level)
		if !ok {
			continue // the row is missing or too short, which loadRows tells
		}
		stored.set(i, h)
		b.rows[i] = slices.Clone(found[row][tileHeight*b.level*tlog.HashSize:])
	}
	b.columns = append(b.columns, stored)
	return nil
}

// compare reports every copy that differs from the settled block.
func (v *verification) compare(b *block) {
	for _, c := range b.columns {
		v.compareColumn(b, c, b.known, b.width)
	}
	b.eachInner(func(i, height int, equal bool) {
		if !equal && b.whole {
			v.fault(fmt.Sprintf("leaf %d hash %d", b.leaf(i), tileHeight*b.level+height), "is not the hash of the subtree that ends here")
		}
	})
	v.comparePartial(b, b.level)
	if b.level == 0 {
		v.comparePartial(b, entryLevel)
	}
}

// comparePartial checks the narrower files that earlier checkpoints have left.
func (v *verification) comparePartial(b *block, level int) {
	for _, width := range v.partial[tile{level, b.n, tileWidth}] {
		t := tile{level, b.n, width}
		if width <= b.known || width > b.width || width == b.width {
			continue // seen under the checkpoint, still to come, or among the columns
		}
		data, err := readFile(v.files, t.path(), t.limit())
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // pruned meanwhile
		case errors.Is(err, errTooLong):
			v.fault(t.path(), "is longer than such a file can be")
			continue
		case err != nil:
			v.fault(t.path(), "cannot be read")
			continue
		}
		v.sum.Files++
		if level == entryLevel {
			v.compareColumn(b, entryColumn(t, data, width), 0, width)
			continue
		}
		if want := width * tlog.HashSize; len(data) != want {
			v.fault(t.path(), "has %d bytes, not %d", len(data), want)
		}
		v.compareColumn(b, tileColumn(t.path(), data, width), 0, width)
	}
}

// compareColumn reports the claims of a column that are not true, a run of them
// as one fault at its first. After a run in a bundle nothing more is said about
// it: one wrong length shifts all entries that follow.
func (v *verification) compareColumn(b *block, c *column, from, to int) {
	wrong := func(i int) bool {
		if !c.has[i] {
			return i < c.limit
		}
		return b.told[i] && (c.hash[i] != b.truth[i] || (!b.sure && b.disputed(i)))
	}
	sound := true
	for i := from; i < to; i++ {
		if !wrong(i) {
			continue
		}
		sound = false
		first, what := i, b.verdict(c, i)
		for i+1 < to && wrong(i+1) {
			i++
		}
		if i > first {
			what += fmt.Sprintf("; so are the %d that follow", i-first)
		}
		v.fault(b.spot(c, first), "%s", what)
		if i > first && c.kind == fromEntry {
			break
		}
	}
	if c.rest > 0 && sound {
		v.fault(c.place, "has %d bytes after its last entry", c.rest)
	}
}

// disputed reports whether the columns differ on hash i.
func (b *block) disputed(i int) bool {
	return slices.ContainsFunc(b.columns, func(c *column) bool {
		return c.has[i] && c.hash[i] != b.truth[i]
	})
}

// verdict says what is wrong with hash i of a column.
func (b *block) verdict(c *column, i int) string {
	switch {
	case !c.has[i] && c.kind == fromEntry:
		return "is cut off"
	case !c.has[i]:
		return "is missing"
	case !b.sure:
		return "differs from another copy, and nothing tells which is right"
	case c.kind == fromLeaf || c.kind == fromEntry:
		return "is not the leaf that the tree holds"
	case c.kind == fromBelow:
		return "are not those of the tree above them"
	default:
		return "is not the hash that the tree holds"
	}
}
