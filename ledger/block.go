package ledger

import (
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// block is one tile under verification: up to 256 neighbouring hashes of one
// level, as each of several copies claims them.
type block struct {
	tile
	known   int // the first hashes are settled already: those under the checkpoint
	columns []*column
	rows    [][]byte // by hash: the stored hashes of its row from its own level up

	truth [tileWidth]tlog.Hash
	told  [tileWidth]bool // which of truth could be told
	whole bool            // all of it
	sure  bool            // it follows from the tree above or from a majority

	inner [tileHeight + 1][]tlog.Hash // the tree above truth, by height
}

// kind says where a column of claims comes from.
type kind int

const (
	fromTile  kind = iota // hashes of the published tile
	fromRow               // hashes stored in the rows
	fromLeaf              // recomputed from the leaves of the rows
	fromEntry             // recomputed from the published entries
	fromBelow             // recomputed from the tiles of the level below
)

// column is what one copy claims the hashes of a block to be.
type column struct {
	kind  kind
	place string // the file, for kinds that come from one
	hash  [tileWidth]tlog.Hash
	has   [tileWidth]bool
	limit int // claims are due below this index; a gap there is a fault already told, or an entry cut off
	rest  int // bytes after the last entry
}

func (c *column) set(i int, h tlog.Hash) { c.hash[i], c.has[i] = h, true }

// settle finds the true hashes of the blocks, which together make up a tree, and
// returns its root; ok is false if too much is missing. wants lists roots that
// the level above holds; anchored says that the result is one of them.
//
// When all claims agree there is nothing to find. Otherwise each copy in turn is
// tried as a whole, then the majority for each hash, and the first that gives a
// wanted root is the truth; failing that, the one with which most claims agree.
func settle(blocks []*block, wants []tlog.Hash) (root tlog.Hash, anchored, ok bool) {
	sure := func(is bool) {
		for _, b := range blocks {
			b.sure = is
		}
	}
	if agreed(blocks) {
		sure(true)
		root, _ = fill(blocks, fromTile)
		return root, slices.Contains(wants, root), true
	}
	type result struct {
		kind  kind
		root  tlog.Hash
		score int
	}
	best, second := result{score: -1}, result{score: -1}
	for k := fromBelow; k >= fromTile; k-- {
		r := result{kind: k}
		if r.root, ok = fill(blocks, k); !ok {
			sure(false)
			return r.root, false, false
		}
		for _, b := range blocks {
			r.score += b.agreement()
		}
		if slices.Contains(wants, r.root) {
			r.score += 1 << 30 // outweighs any agreement
		}
		switch {
		case r.root == best.root: // the same truth again
		case r.score > best.score:
			best, second = r, best
		case r.score > second.score:
			second = r
		}
	}
	fill(blocks, best.kind)
	sure(best.score > second.score)
	return best.root, slices.Contains(wants, best.root), true
}

// agreed reports whether all claims are there and equal.
func agreed(blocks []*block) bool {
	for _, b := range blocks {
		if b.known < b.width && len(b.columns) == 0 {
			return false
		}
		for i := b.known; i < b.width; i++ {
			first := b.columns[0]
			for _, c := range b.columns {
				if !c.has[i] || c.hash[i] != first.hash[i] {
					return false
				}
			}
		}
	}
	return true
}

// fill takes the truth of the blocks from the columns of one kind, where there
// is none from a vote, and returns the root; whole says that nothing is missing.
func fill(blocks []*block, k kind) (root tlog.Hash, whole bool) {
	var peaks []tlog.Hash
	whole = true
	for _, b := range blocks {
		b.whole = true
		for i := b.known; i < b.width; i++ {
			b.truth[i], b.told[i] = b.claim(k, i)
			b.whole = b.whole && b.told[i]
		}
		peaks = b.fold(peaks)
		whole = whole && b.whole
	}
	return foldPeaks(peaks), whole
}

// claim returns the claim of kind k for hash i, or what most columns claim; ties
// go to what was recomputed.
func (b *block) claim(k kind, i int) (h tlog.Hash, ok bool) {
	most := 0
	for _, c := range b.columns {
		if !c.has[i] {
			continue
		}
		if c.kind == k || (c.kind == fromBelow && k >= fromLeaf) {
			return c.hash[i], true
		}
		votes := 0
		for _, other := range b.columns {
			if other.has[i] && other.hash[i] == c.hash[i] {
				votes++
			}
		}
		if votes >= most {
			most, h = votes, c.hash[i]
		}
	}
	return h, most > 0
}

// fold computes the tree above truth and appends its complete subtrees to peaks,
// widest first.
func (b *block) fold(peaks []tlog.Hash) []tlog.Hash {
	b.inner[0] = b.truth[:b.width]
	for height := 1; height <= tileHeight; height++ {
		below := b.inner[height-1]
		nodes := b.inner[height][:0]
		for i := 0; i+1 < len(below); i += 2 {
			nodes = append(nodes, tlog.NodeHash(below[i], below[i+1]))
		}
		b.inner[height] = nodes
	}
	for height := tileHeight; height >= 0; height-- {
		if b.width>>height&1 == 1 {
			peaks = append(peaks, b.inner[height][len(b.inner[height])-1])
		}
	}
	return peaks
}

// agreement counts the claims, and the hashes in rows above them, that agree
// with the truth.
func (b *block) agreement() (n int) {
	for _, c := range b.columns {
		for i := b.known; i < b.width; i++ {
			if c.has[i] && c.hash[i] == b.truth[i] {
				n++
			}
		}
	}
	b.eachInner(func(_, _ int, equal bool) {
		if equal {
			n++
		}
	})
	return n
}

// eachInner goes through the hashes that rows store for the subtrees within the
// block: of height 1 to 7 above the block's level, in the row that ends hash i.
func (b *block) eachInner(visit func(i, height int, equal bool)) {
	for i := b.known; i < len(b.rows); i++ {
		for height := 1; height < min(tileHeight, completed(int64(i))); height++ {
			if h, ok := hashAt(b.rows[i], height); ok {
				visit(i, height, h == b.inner[height][i>>height])
			}
		}
	}
}

// leaf returns the index of the leaf that ends hash i.
func (b *block) leaf(i int) int64 {
	return (b.n*tileWidth+int64(i)+1)<<(tileHeight*b.level) - 1
}

// spot names hash i of a column.
func (b *block) spot(c *column, i int) string {
	switch c.kind {
	case fromTile:
		return fmt.Sprintf("%s hash %d", c.place, i)
	case fromRow:
		return fmt.Sprintf("leaf %d hash %d", b.leaf(i), tileHeight*b.level)
	case fromLeaf:
		return fmt.Sprintf("leaf %d", b.leaf(i))
	case fromEntry:
		return fmt.Sprintf("%s entry %d", c.place, i)
	default:
		return fmt.Sprintf("leaves %d to %d", b.leaf(i-1)+1, b.leaf(i))
	}
}
