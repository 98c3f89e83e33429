package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// maxFaults bounds the list of faults; Summary.Faults counts them all.
const maxFaults = 100

// Fault is one difference that Verify has found.
type Fault struct {
	// Place is where, exactly: "leaf 1234", "leaf 1234 hash 3" (of the hashes
	// in its row), "tile/0/x001/002 hash 77", "tile/entries/003 entry 12",
	// "checkpoint signature". Counting starts at 0.
	Place string
	What  string // what is wrong there, in English
}

// String joins place and finding.
func (f Fault) String() string { return f.Place + ": " + f.What }

// Summary says what Verify has covered.
type Summary struct {
	Size       int64      // leaves of the largest tree that was recomputed
	Root       tlog.Hash  // its root as recomputed
	Checkpoint Checkpoint // the published one if its signature holds, else zero
	Rows       int64      // rows read
	Files      int64      // tiles, bundles and checkpoint read
	Unsigned   int64      // files beyond the checkpoint, which a publisher cut off leaves behind
	Faults     int64      // all faults, also those beyond the list
}

// Verify recomputes the tree and compares every copy of every part of it: the
// leaves and hashes of the rows of src, and the checkpoint and each tile and
// entry bundle in dir, full and partial. With src nil it checks a copied
// directory alone; with dir "" it checks rows alone.
//
// It goes on after a fault and lists the first 100. Where copies differ, the
// signed root decides which is wrong, then the parts of the tree above, then
// the majority; when none of these decides, all that differ are listed. Faults
// in neighbouring entries, leaves or hashes of one file count as one, at the first.
//
// Rows beyond the checkpoint are checked against themselves and against files
// that are already there; nothing has signed them yet. Without src, files
// beyond the checkpoint are only counted, as Unsigned. It may run beside a
// writer and a publisher. It needs a few megabytes, more when leaves are near
// MaxLeaf: a bundle is then 17 MB. progress, if not nil, is called about every
// 256 leaves. The error is only about src and ctx; all else is a Fault.
func Verify(ctx context.Context, dir string, src Source, known note.Verifiers, progress func(done, total int64)) ([]Fault, Summary, error) {
	v := &verification{src: src, progress: progress, report: &report{}, partial: map[tile][]int{}}
	if progress == nil {
		v.progress = func(int64, int64) {}
	}
	var err error
	if dir != "" {
		v.files = os.DirFS(dir)
		err = v.published(ctx, known)
	} else {
		err = v.unsigned(ctx)
	}
	v.sum.Faults = v.total
	return v.faults, v.sum, err
}

// verification is the state of one call of Verify. It recomputes up to two
// trees: that of the checkpoint, then that of all rows, of which it takes the
// part under the checkpoint from the first.
type verification struct {
	*report
	files    fs.FS  // nil without a directory
	src      Source // nil without rows
	progress func(done, total int64)

	sum     Summary
	leaves  int64          // leaves to go through, for progress
	done    int64          // leaves gone through
	rows    int64          // number of rows
	partial map[tile][]int // widths of the partial files, by full tile
	beyond  []tile         // files that reach beyond the checkpoint

	signed int64         // size of the first tree, once it is done
	edge   [][]tlog.Hash // its right edge: by level, the hashes of the growing tile
}

// report collects faults.
type report struct {
	faults []Fault
	total  int64
}

func (r *report) fault(place, format string, args ...any) {
	r.total++
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, Fault{Place: place, What: fmt.Sprintf(format, args...)})
	}
}

// published checks a directory, and the rows if there are any.
func (v *verification) published(ctx context.Context, known note.Verifiers) error {
	read, problem := v.readCheckpoint(known)
	size := int64(MaxSize)
	if problem == nil {
		v.sum.Checkpoint, size = read, read.Size
	}
	// The order matters beside a publisher: checkpoint, files, rows. Each holds
	// at least what the one before promises.
	held := v.list(size)
	var wants []tlog.Hash
	if problem == nil {
		wants = []tlog.Hash{read.Root}
	} else {
		size = held // no signed size: take what the files hold
	}
	if err := v.countRows(ctx, size); err != nil {
		return err
	}
	root, sound, err := v.tree(ctx, size, wants)
	if err != nil {
		return err
	}
	v.judgeCheckpoint(read, problem, tlog.Tree{N: size, Hash: root}, sound)
	if v.src == nil {
		return nil
	}
	if v.rows < size {
		v.fault("rows", "they end at leaf %d, but %d leaves are published", v.rows, size)
	}
	for _, t := range v.beyond {
		if t.end() > v.rows {
			v.fault(t.path(), "holds leaves that have no row")
		}
	}
	return v.tail(ctx, size)
}

// unsigned checks rows alone.
func (v *verification) unsigned(ctx context.Context) error {
	if v.src == nil {
		return errors.New("ledger: nothing to verify: neither a directory nor rows")
	}
	if err := v.countRows(ctx, 0); err != nil {
		return err
	}
	return v.tail(ctx, 0)
}

// tail checks the rows beyond the tree that is done.
func (v *verification) tail(ctx context.Context, done int64) error {
	v.signed = done
	if v.rows <= done {
		return nil
	}
	_, _, err := v.tree(ctx, v.rows, nil)
	return err
}

func (v *verification) countRows(ctx context.Context, published int64) (err error) {
	if v.src != nil {
		if v.rows, err = v.src.Size(ctx); err != nil {
			return fmt.Errorf("ledger: reading the size: %w", err)
		}
		if v.rows < 0 || v.rows > MaxSize {
			return fmt.Errorf("%w: size %d", ErrRange, v.rows)
		}
	}
	v.leaves = max(published, v.rows)
	return nil
}

// readCheckpoint returns the checkpoint in the directory and what is wrong with
// it. A checkpoint with a problem is a mere hint, and zero if unreadable.
func (v *verification) readCheckpoint(known note.Verifiers) (Checkpoint, error) {
	msg, err := readFile(v.files, checkpointPath, maxCheckpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{}, errors.New("missing")
	}
	if err != nil {
		return Checkpoint{}, errors.New("cannot be read")
	}
	v.sum.Files++
	c, err := ParseCheckpoint(msg, known)
	if err == nil {
		return c, nil
	}
	hint, malformed := readCheckpoint(msg)
	if malformed != nil {
		return Checkpoint{}, malformed
	}
	return hint, err
}

// judgeCheckpoint compares the checkpoint with the recomputed tree.
func (v *verification) judgeCheckpoint(c Checkpoint, problem error, tree tlog.Tree, sound bool) {
	switch {
	case problem == nil && sound && c.Root != tree.Hash:
		v.fault("checkpoint root", "the files and rows agree on another root for size %d: %s", tree.N, tree.Hash)
	case problem == nil:
	case c.Note == nil:
		v.fault(checkpointPath, "%v", problem)
	case c.Size == tree.N && c.Root == tree.Hash:
		v.fault("checkpoint signature", "%v; size and root are those of the tree", problem)
	default:
		v.fault("checkpoint signature", "%v; nor are size and root those of the tree, which has %d leaves", problem, tree.N)
	}
}

// list walks the files and notes those that need a look of their own: partial
// ones, those beyond a tree of the given size, and strangers. It returns the
// size that the lowest tiles and bundles add up to.
func (v *verification) list(size int64) (held int64) {
	visit := func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // no tiles at all, or pruned meanwhile
		case err != nil:
			v.fault(plain(path), "cannot be read")
			return nil
		case d.IsDir() || strings.HasPrefix(d.Name(), ".") && strings.HasSuffix(d.Name(), ".tmp"):
			return nil // a temporary file is what a cut-off publisher leaves
		}
		t, ok := parseTilePath(path)
		if !ok {
			v.fault(plain(path), "is no file of a published log")
			return nil
		}
		if t.end() > size {
			v.beyond = append(v.beyond, t)
			v.sum.Unsigned++
		}
		if t.width < tileWidth {
			v.partial[t.full()] = append(v.partial[t.full()], t.width)
		}
		if t.level <= 0 && t.end() <= MaxSize {
			held = max(held, t.end())
		}
		return nil
	}
	_ = fs.WalkDir(v.files, "tile", visit) // visit never fails
	return held
}

// plain keeps control characters of a foreign file name out of reports.
func plain(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(path)
	}
	return path
}

// tree recomputes the tree with size leaves and reports every copy that differs.
// wants holds the signed root, if there is one. sound says that each hash of the
// right edge could be told.
func (v *verification) tree(ctx context.Context, size int64, wants []tlog.Hash) (root tlog.Hash, sound bool, err error) {
	var blocks []*block
	edge := make([][]tlog.Hash, 8)
	for level := len(edge) - 1; level >= 0; level-- {
		nodes := size >> (tileHeight * level)
		width := int(nodes % tileWidth)
		if width == 0 {
			continue
		}
		b, err := v.load(ctx, tile{level, nodes / tileWidth, width})
		if err != nil {
			return root, false, err
		}
		blocks = append(blocks, b)
	}
	if root, sound, err = v.resolve(ctx, blocks, wants); err != nil {
		return root, false, err
	}
	for _, b := range blocks {
		edge[b.level] = b.truth[:b.width]
	}
	v.edge = edge
	v.sum.Size, v.sum.Root = size, root
	return root, sound, nil
}

// subtree checks a full tile and all below it, and returns its root; ok is false
// if too much is missing to tell. wants are the hashes that the level above
// holds for it.
func (v *verification) subtree(ctx context.Context, level int, n int64, wants []tlog.Hash) (root tlog.Hash, ok bool, err error) {
	b, err := v.load(ctx, tile{level, n, tileWidth})
	if err != nil {
		return root, false, err
	}
	return v.resolve(ctx, []*block{b}, wants)
}

// resolve settles the blocks, checks the tiles below them and reports all that
// differs. It goes from the root down where a signature reaches, so that a copy
// which is forged throughout, and therefore agrees with itself, is told apart.
func (v *verification) resolve(ctx context.Context, blocks []*block, wants []tlog.Hash) (root tlog.Hash, ok bool, err error) {
	root, anchored, ok := settle(blocks, wants)
	for _, b := range blocks {
		if b.level > 0 {
			if err := v.loadBelow(ctx, b, anchored); err != nil {
				return root, false, err
			}
		}
	}
	if !anchored {
		root, _, ok = settle(blocks, wants)
	}
	for _, b := range blocks {
		v.compare(b)
	}
	return root, ok, nil
}
