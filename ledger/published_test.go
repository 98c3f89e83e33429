package ledger

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func TestPublishedCopyServesWhatTheRowsServe(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	dir := t.TempDir()
	var m Memory
	c := publish(t, dir, &m, 70_001, signer)
	p, err := OpenPublished(os.DirFS(dir), note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if p.Checkpoint().String() != c.String() {
		t.Errorf("checkpoint %s, not %s", p.Checkpoint(), c)
	}
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, c.Size).Draw(t, "size")
		index := rapid.Int64Range(0, size-1).Draw(t, "index")
		same(t, "inclusion", func() ([]tlog.Hash, error) { return p.Inclusion(index, size) },
			func() ([]tlog.Hash, error) { return Inclusion(t.Context(), &m, index, size) })
		same(t, "consistency", func() ([]tlog.Hash, error) { return p.Consistency(index, size) },
			func() ([]tlog.Hash, error) { return Consistency(t.Context(), &m, index, size) })
		entry, err := p.Entry(index)
		if err != nil || !bytes.Equal(entry, testLeaf(index)) {
			t.Fatalf("entry %d: %v", index, err)
		}
		r, err := p.Receipt(index)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Verify(entry, note.VerifierList(verifier)); err != nil {
			t.Fatal(err)
		}
	})
}

func same(t *rapid.T, what string, a, b func() ([]tlog.Hash, error)) {
	x, errX := a()
	y, errY := b()
	if errX != nil || errY != nil || len(x) != len(y) {
		t.Fatalf("%s: %d and %d hashes, %v, %v", what, len(x), len(y), errX, errY)
	}
	for i := range x {
		if x[i] != y[i] {
			t.Fatalf("%s: hash %d differs", what, i)
		}
	}
}

func TestPublishedRefusesWhatLiesOutside(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	for _, size := range []int64{0, 3} {
		dir := t.TempDir()
		var m Memory
		publish(t, dir, &m, size, signer)
		p, err := OpenPublished(os.DirFS(dir), note.VerifierList(verifier))
		if err != nil {
			t.Fatal(err)
		}
		for name, call := range map[string]func() error{
			"inclusion beyond":    func() error { _, err := p.Inclusion(0, size+1); return err },
			"inclusion negative":  func() error { _, err := p.Inclusion(-1, size); return err },
			"inclusion at size":   func() error { _, err := p.Inclusion(size, size); return err },
			"consistency beyond":  func() error { _, err := p.Consistency(0, size+1); return err },
			"consistency reverse": func() error { _, err := p.Consistency(size, size-1); return err },
			"receipt beyond":      func() error { _, err := p.Receipt(size); return err },
			"entry beyond":        func() error { _, err := p.Entry(size); return err },
			"entry negative":      func() error { _, err := p.Entry(-1); return err },
			"negative hash":       func() error { _, err := p.HashReader().ReadHashes([]int64{-1}); return err },
		} {
			if err := call(); !errors.Is(err, ErrRange) {
				t.Errorf("size %d, %s: %v", size, name, err)
			}
		}
		if hashes, err := p.HashReader().ReadHashes(nil); len(hashes) != 0 || err != nil {
			t.Errorf("size %d: no hashes asked for: %v", size, err)
		}
	}
}

func TestPublishedNeverReturnsWhatIsNotUnderTheRoot(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	dir := t.TempDir()
	var m Memory
	publish(t, dir, &m, 600, signer)
	files := snapshot(t, dir)
	rapid.Check(t, func(rt *rapid.T) {
		damaged := fstest.MapFS{}
		for path, data := range files {
			damaged[path] = &fstest.MapFile{Data: []byte(data)}
		}
		path := rapid.SampledFrom(paths(files)).Draw(rt, "path")
		data := damaged[path].Data
		switch rapid.IntRange(0, 2).Draw(rt, "damage") {
		case 0:
			data[rapid.IntRange(0, len(data)-1).Draw(rt, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
		case 1:
			damaged[path].Data = data[:rapid.IntRange(0, len(data)-1).Draw(rt, "length")]
		case 2:
			delete(damaged, path)
		}
		p, err := OpenPublished(damaged, note.VerifierList(verifier))
		if err != nil {
			return
		}
		for _, index := range []int64{0, 255, 256, 599, rapid.Int64Range(0, 599).Draw(rt, "index")} {
			if r, err := p.Receipt(index); err == nil {
				if _, err := r.Verify(testLeaf(index), note.VerifierList(verifier)); err != nil {
					rt.Fatalf("a receipt that does not verify: %v", err)
				}
			}
			if entry, err := p.Entry(index); err == nil && !bytes.Equal(entry, testLeaf(index)) {
				rt.Fatalf("a forged entry %d", index)
			}
		}
	})
}

func TestPublishedStaysReadableWhileTheLogGrows(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	dir := t.TempDir()
	var m Memory
	publish(t, dir, &m, 300, signer)
	p, err := OpenPublished(os.DirFS(dir), note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	publish(t, dir, &m, 70_000, signer)
	if _, err := os.Stat(filepath.Join(dir, "tile/0/001.p")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the partial tile was not pruned: %v", err)
	}
	for index := range int64(300) {
		if _, err := p.Receipt(index); err != nil {
			t.Fatal(err)
		}
		if entry, err := p.Entry(index); err != nil || !bytes.Equal(entry, testLeaf(index)) {
			t.Fatalf("entry %d: %v", index, err)
		}
	}
}

func TestTilePathsAreThoseOfTheSpecification(t *testing.T) {
	for path, want := range map[string]tile{
		"tile/0/x001/x234/067":       {0, 1234067, 256},
		"tile/0/x001/x234/067.p/8":   {0, 1234067, 8},
		"tile/63/000":                {63, 0, 256},
		"tile/entries/x001/000.p/42": {entryLevel, 1000, 42},
	} {
		got, ok := parseTilePath(path)
		if !ok || got != want || got.path() != path {
			t.Errorf("%s is %+v with path %s", path, got, got.path())
		}
	}
	for _, path := range []string{
		"", "tile", "tile/0", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/data/000", "tile/0/1234",
		"tile/0/x000/001", "tile/0/001/067", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
		"tile/0/000.p", "tile/8/0/000", "tile/entries", "tile/entries/data/000", "checkpoint", "/tile/0/000",
	} {
		if got, ok := parseTilePath(path); ok {
			t.Errorf("%q is taken for %+v", path, got)
		}
	}
}

func FuzzTilePath(f *testing.F) {
	f.Add("tile/0/x001/x234/067.p/8")
	f.Add("tile/entries/000")
	f.Fuzz(func(t *testing.T, path string) {
		got, ok := parseTilePath(path)
		if ok && (got.path() != path || got.n < 0 || got.width < 1 || got.width > tileWidth || got.end() < 1) {
			t.Errorf("%q is taken for %+v", path, got)
		}
	})
}

// FuzzPublished serves arbitrary bytes as tile and bundle of a true checkpoint.
func FuzzPublished(f *testing.F) {
	signer, verifier := testKey(f, testOrigin)
	dir := f.TempDir()
	var m Memory
	publish(f, dir, &m, 3, signer)
	files := snapshot(f, dir)
	f.Add([]byte(files["tile/0/000.p/3"]), []byte(files["tile/entries/000.p/3"]))
	f.Add([]byte{}, []byte{0, 1})
	f.Fuzz(func(t *testing.T, hashes, bundle []byte) {
		p, err := OpenPublished(fstest.MapFS{
			checkpointPath:         {Data: []byte(files[checkpointPath])},
			"tile/0/000.p/3":       {Data: hashes},
			"tile/entries/000.p/3": {Data: bundle},
		}, note.VerifierList(verifier))
		if err != nil {
			t.Fatal(err)
		}
		for index := range int64(3) {
			if entry, err := p.Entry(index); err == nil && !bytes.Equal(entry, testLeaf(index)) {
				t.Errorf("a forged entry %d", index)
			}
		}
	})
}
