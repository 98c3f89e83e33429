package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Publish brings the static files in dir up to the rows of src and returns the
// checkpoint that is then published. The files are those of C2SP tlog-tiles:
//
//	checkpoint                  signed note: origin, size, root
//	tile/<level>/<n>[.p/<w>]    hashes, 256 to a full tile
//	tile/entries/<n>[.p/<w>]    leaves, 256 to a full bundle
//
// The checkpoint is replaced last, when all it promises is on disk, so a crash
// at any moment leaves a sound published log and the next call finishes the
// work. Cost grows with the new leaves, not with the log: beyond them it reads
// at most 255 rows per level. Full tiles are never rewritten; partial ones are
// removed once the full one is on disk.
//
// Publish trusts neither the rows nor the directory: it recomputes every hash of
// the new leaves, and it signs only a tree that provably extends the published
// one. Otherwise it changes no checkpoint and returns ErrInconsistent with both
// trees. The published checkpoint must carry a signature of signer, which has to
// be deterministic (Ed25519 is, as note.NewSigner gives it), or of one of the
// former keys, which is how a log changes its key. A missing checkpoint starts a
// new log: whoever can delete that file can make the log forget, so copies or
// witnesses should remember it.
//
// One Publish per directory at a time: the caller holds a lock or lease.
// The origin of the log is the name of signer.
func Publish(ctx context.Context, dir string, src Source, signer note.Signer, former ...note.Verifier) (Checkpoint, error) {
	old, current, err := publishedBy(dir, signer, former)
	if err != nil {
		return Checkpoint{}, err
	}
	size, err := src.Size(ctx)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("ledger: reading the size: %w", err)
	}
	if size < old.Size || size > MaxSize {
		return Checkpoint{}, fmt.Errorf("%w: published is %s, but the rows end at %d", ErrInconsistent, old, size)
	}
	p := &publisher{src: src, old: old, files: newDurable(dir)}
	root, err := p.run(ctx, size)
	if err != nil {
		return Checkpoint{}, err
	}
	if current && size == old.Size {
		return old, nil // nothing new: keep the checkpoint with its cosignatures
	}
	next := Checkpoint{Origin: signer.Name(), Size: size, Root: root, Signers: []string{signer.Name()}}
	if next.Note, err = next.Sign(signer); err != nil {
		return Checkpoint{}, err
	}
	if err := errors.Join(p.files.write(checkpointPath, next.Note), p.files.sync()); err != nil {
		return Checkpoint{}, fmt.Errorf("ledger: publishing the checkpoint: %w", err)
	}
	return next, nil
}

// publishedBy reads the checkpoint in dir, the empty tree's if there is none.
// It must be signed by signer, which makes it current, or by a former key: a
// forged one would make the log sign a forged history.
func publishedBy(dir string, signer note.Signer, former []note.Verifier) (old Checkpoint, current bool, err error) {
	msg, err := readFile(os.DirFS(dir), checkpointPath, maxCheckpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{Origin: signer.Name(), Root: emptyRoot}, false, nil
	}
	if err != nil {
		return Checkpoint{}, false, err
	}
	old, err = ParseCheckpoint(msg, note.VerifierList(ownKey{signer}))
	if err == nil {
		current = true
	} else if len(former) > 0 {
		old, err = ParseCheckpoint(msg, note.VerifierList(former...))
	}
	if err != nil {
		return Checkpoint{}, false, fmt.Errorf("ledger: the published checkpoint: %w", err)
	}
	if old.Origin != signer.Name() {
		return Checkpoint{}, false, fmt.Errorf("%w: published is %s, but the signer is %s", ErrInconsistent, old, signer.Name())
	}
	return old, current, nil
}

// ownKey verifies a signature by making it again, for a note.Signer knows no
// public key.
type ownKey struct{ note.Signer }

// Verify implements note.Verifier.
func (k ownKey) Verify(msg, sig []byte) bool {
	again, err := k.Sign(msg)
	return err == nil && bytes.Equal(again, sig)
}

// publisher writes the tiles of one call of Publish.
type publisher struct {
	src   Source
	old   Checkpoint
	files *durable

	edge   *Frontier
	hashes [8][]byte // the growing tile of each level
	bundle []byte    // the growing entry bundle
	done   []tile    // full tiles and bundles of this run
}

// run writes everything that a checkpoint of the given size promises and
// returns its root. Nothing is written before the rows have led to the old root.
func (p *publisher) run(ctx context.Context, size int64) (tlog.Hash, error) {
	if err := p.start(ctx); err != nil {
		return tlog.Hash{}, err
	}
	for from := p.edge.Size(); from < size; from += tileWidth {
		// Rows first, files after: no query stays open while the disk syncs.
		if err := p.collect(ctx, from, min(from+tileWidth, size)); err != nil {
			return tlog.Hash{}, err
		}
		if err := p.writeFull(); err != nil {
			return tlog.Hash{}, err
		}
	}
	if err := p.writePartial(size); err != nil {
		return tlog.Hash{}, err
	}
	if err := p.files.sync(); err != nil {
		return tlog.Hash{}, fmt.Errorf("ledger: publishing: %w", err)
	}
	// Only now may the partial tiles go that full ones have replaced.
	return p.edge.Root(), p.prune()
}

// start reads the tree at the last full bundle: the hashes that the growing
// tiles hold there, and the frontier, computed from them and so checked with
// them when the old root comes out.
func (p *publisher) start(ctx context.Context) (err error) {
	base := p.old.Size &^ (tileWidth - 1)
	reader := HashReader(ctx, p.src)
	for level := 1; base>>(tileHeight*level) > 0; level++ {
		end := base >> (tileHeight * level)
		t := tlog.Tile{H: tileHeight, L: level, N: end / tileWidth, W: int(end % tileWidth)}
		if t.W == 0 {
			continue
		}
		if p.hashes[level], err = tlog.ReadTileData(t, reader); err != nil {
			return err
		}
	}
	p.edge, err = NewFrontier(base, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			t := tlog.TileForIndex(tileHeight, index)
			if out[i], err = tlog.HashFromTile(t, p.hashes[t.L], index); err != nil {
				return nil, err
			}
		}
		return out, nil
	}))
	if err != nil {
		return err
	}
	return p.checkOld()
}

// checkOld compares the recomputed tree with the published one when it has
// reached that size.
func (p *publisher) checkOld() error {
	if p.edge.Size() != p.old.Size || p.edge.Root() == p.old.Root {
		return nil
	}
	found := p.old
	found.Root = p.edge.Root()
	return fmt.Errorf("%w: published is %s, but the rows give %s", ErrInconsistent, p.old, found)
}

// collect recomputes the hashes of up to 256 rows and adds them to the tiles.
func (p *publisher) collect(ctx context.Context, from, to int64) error {
	err := p.src.Rows(ctx, from, to, func(row Row) error {
		if row.Index != p.edge.Size() {
			return fmt.Errorf("%w: leaf %d comes where leaf %d should", ErrInconsistent, row.Index, p.edge.Size())
		}
		if len(row.Leaf) > MaxLeaf {
			return fmt.Errorf("ledger: leaf %d has more than %d bytes", row.Index, MaxLeaf)
		}
		hashes := p.edge.Append(row.Leaf)
		if !bytes.Equal(hashes, row.Hashes) {
			return fmt.Errorf("%w: the stored hashes of leaf %d are not those of the tree", ErrInconsistent, row.Index)
		}
		for level := 0; level*tileHeight*tlog.HashSize < len(hashes); level++ {
			at := level * tileHeight * tlog.HashSize
			p.hashes[level] = append(p.hashes[level], hashes[at:at+tlog.HashSize]...)
		}
		p.bundle = appendEntry(p.bundle, row.Leaf)
		return p.checkOld()
	})
	if err != nil {
		return fmt.Errorf("ledger: publishing: %w", err)
	}
	if p.edge.Size() != to {
		return fmt.Errorf("%w: leaf %d is missing", ErrInconsistent, p.edge.Size())
	}
	return nil
}

// writeFull writes the tiles that the last row has filled.
func (p *publisher) writeFull() error {
	if p.edge.Size()%tileWidth != 0 {
		return nil
	}
	if err := p.write(tile{entryLevel, p.edge.Size()/tileWidth - 1, tileWidth}, p.bundle); err != nil {
		return err
	}
	p.bundle = p.bundle[:0]
	for level, data := range p.hashes {
		if len(data) < tileWidth*tlog.HashSize {
			break // a level above can only be full when this one is
		}
		n := p.edge.Size()>>(tileHeight*(level+1)) - 1
		if err := p.write(tile{level, n, tileWidth}, data); err != nil {
			return err
		}
		p.hashes[level] = data[:0]
	}
	return nil
}

// writePartial writes the right edge, as far as it differs from the old one.
func (p *publisher) writePartial(size int64) error {
	for level, data := range p.hashes {
		shift := tileHeight * level
		if len(data) == 0 || p.old.Size>>shift == size>>shift {
			continue
		}
		t := tile{level, size >> (shift + tileHeight), len(data) / tlog.HashSize}
		if err := p.write(t, data); err != nil {
			return err
		}
		if level > 0 {
			continue
		}
		t.level = entryLevel
		if err := p.write(t, p.bundle); err != nil {
			return err
		}
	}
	return nil
}

func (p *publisher) write(t tile, data []byte) error {
	if err := p.files.writeOnce(t.path(), data); err != nil {
		return fmt.Errorf("ledger: publishing %s: %w", t.path(), err)
	}
	if t.width == tileWidth {
		p.done = append(p.done, t)
	}
	return nil
}

// prune removes the partial tiles that this run's full ones have replaced. A
// reader that wants one takes the full tile instead (C2SP tlog-tiles).
func (p *publisher) prune() error {
	for _, t := range p.done {
		name := filepath.Join(p.files.root, filepath.FromSlash(t.path()))
		if err := os.RemoveAll(name + ".p"); err != nil {
			return fmt.Errorf("ledger: pruning %s: %w", t.path(), err)
		}
		p.files.dirty[filepath.Dir(name)] = true
	}
	return nil
}
