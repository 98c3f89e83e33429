package ledger

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Published is a published log, or a copy of one, read from its files alone.
// Every hash that it returns has been checked against the signed root, so the
// files need not be trusted. It stays at the checkpoint it was opened with,
// while the log may grow: full tiles then stand in for partial ones.
// It is safe for concurrent use if its file system is.
type Published struct {
	files      fs.FS
	checkpoint Checkpoint
	hashes     tlog.HashReader
}

// OpenPublished opens the log in files, for example os.DirFS(dir), and verifies
// its checkpoint. Errors wrap ErrCheckpoint or come from the file system.
func OpenPublished(files fs.FS, known note.Verifiers) (*Published, error) {
	msg, err := readFile(files, checkpointPath, maxCheckpoint)
	if err != nil {
		return nil, err
	}
	c, err := ParseCheckpoint(msg, known)
	if err != nil {
		return nil, err
	}
	p := &Published{files: files, checkpoint: c}
	p.hashes = tlog.TileHashReader(c.Tree(), tileReader{files})
	return p, nil
}

// Checkpoint returns the verified checkpoint.
func (p *Published) Checkpoint() Checkpoint { return p.checkpoint }

// HashReader reads the hashes of the tree from its tiles. A tile that does not
// lead to the signed root is an error.
func (p *Published) HashReader() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		if len(indexes) == 0 {
			return nil, nil // TileHashReader cannot cope with a tree of size 0
		}
		for _, index := range indexes {
			if index < 0 {
				return nil, fmt.Errorf("%w: stored hash %d", ErrRange, index)
			}
		}
		return p.hashes.ReadHashes(indexes)
	})
}

// Inclusion is like the function of that name; size is at most the checkpoint's.
func (p *Published) Inclusion(index, size int64) ([]tlog.Hash, error) {
	if size > p.checkpoint.Size {
		return nil, fmt.Errorf("%w: size %d of %d", ErrRange, size, p.checkpoint.Size)
	}
	return inclusion(p.HashReader(), index, size)
}

// Consistency is like the function of that name; newSize is at most the
// checkpoint's.
func (p *Published) Consistency(oldSize, newSize int64) ([]tlog.Hash, error) {
	if newSize > p.checkpoint.Size {
		return nil, fmt.Errorf("%w: size %d of %d", ErrRange, newSize, p.checkpoint.Size)
	}
	return consistency(p.HashReader(), oldSize, newSize)
}

// Receipt makes the receipt for the leaf at index.
func (p *Published) Receipt(index int64) (Receipt, error) {
	proof, err := p.Inclusion(index, p.checkpoint.Size)
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{Index: index, Proof: proof, Checkpoint: p.checkpoint.Note}, nil
}

// Entry returns the leaf at index, checked against the signed root.
func (p *Published) Entry(index int64) ([]byte, error) {
	size := p.checkpoint.Size
	if index < 0 || index >= size {
		return nil, fmt.Errorf("%w: index %d of %d", ErrRange, index, size)
	}
	t := tile{entryLevel, index / tileWidth, int(min(tileWidth, size-index/tileWidth*tileWidth))}
	data, have, err := readTile(p.files, t)
	if err != nil {
		return nil, err
	}
	entries, err := parseBundle(data, have.width)
	if err != nil {
		return nil, err
	}
	want, err := p.HashReader().ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return nil, err
	}
	entry := entries[index%tileWidth]
	if leafHash(entry) != want[0] {
		return nil, fmt.Errorf("%w: entry %d of %s is not in the tree", ErrProof, index%tileWidth, have.path())
	}
	return entry, nil
}

// tileReader gives package tlog the files under their C2SP names.
type tileReader struct{ files fs.FS }

// Height implements tlog.TileReader.
func (tileReader) Height() int { return tileHeight }

// ReadTiles implements tlog.TileReader.
func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, want := range tiles {
		t := tile{want.L, want.N, want.W}
		data, have, err := readTile(r.files, t)
		if err != nil {
			return nil, err
		}
		if len(data) != have.width*tlog.HashSize {
			return nil, fmt.Errorf("ledger: %s has %d bytes, not %d", have.path(), len(data), have.width*tlog.HashSize)
		}
		out[i] = data[:t.width*tlog.HashSize]
	}
	return out, nil
}

// SaveTiles implements tlog.TileReader. There is no cache to fill.
func (tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

// readTile reads a tile or bundle. When a partial one is gone, the full one that
// has replaced it serves (C2SP tlog-tiles, "Partial Tiles"); have says which.
func readTile(files fs.FS, t tile) (data []byte, have tile, err error) {
	data, err = readFile(files, t.path(), t.limit())
	if errors.Is(err, fs.ErrNotExist) && t.width < tileWidth {
		t = t.full()
		data, err = readFile(files, t.path(), t.limit())
	}
	return data, t, err
}

// limit is the size of the largest file that can be the tile, in bytes.
func (t tile) limit() int64 {
	if t.level == entryLevel {
		return int64(t.width) * (2 + MaxLeaf)
	}
	return int64(t.width) * tlog.HashSize
}

// readFile reads a file of at most limit bytes: a copy from elsewhere may hold
// anything under a name.
func readFile(files fs.FS, path string, limit int64) ([]byte, error) {
	f, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("ledger: reading %s: %w", path, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("ledger: %s is longer than %d bytes: %w", path, limit, errTooLong)
	}
	return data, nil
}

var errTooLong = errors.New("file too long")
