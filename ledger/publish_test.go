package ledger

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// snapshot reads all files of a published log.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func paths(files map[string]string) (names []string) {
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestPublishWritesTheFilesOfTlogTiles(t *testing.T) {
	// The example of the specification, and one leaf more than two full levels.
	for size, want := range map[int64]map[string]int{
		1:      {"tile/0/000.p/1": 1, "tile/entries/000.p/1": 0},
		256:    {"tile/0/000": 256, "tile/entries/000": 0, "tile/1/000.p/1": 1},
		70_000: {"tile/0/272": 256, "tile/0/273.p/112": 112, "tile/1/000": 256, "tile/1/001.p/17": 17, "tile/2/000.p/1": 1, "tile/entries/273.p/112": 0},
	} {
		dir := t.TempDir()
		signer, _ := testKey(t, testOrigin)
		var m Memory
		publish(t, dir, &m, size, signer)
		files := snapshot(t, dir)
		reader := HashReader(t.Context(), &m)
		var count int
		for _, tl := range tlog.NewTiles(tileHeight, 0, size) {
			path := tile{tl.L, tl.N, tl.W}.path()
			data, err := tlog.ReadTileData(tl, reader)
			if err != nil {
				t.Fatal(err)
			}
			if files[path] != string(data) {
				t.Fatalf("size %d: %s is not what package tlog makes of the tree", size, path)
			}
			count++
			if tl.L == 0 {
				count++ // its entry bundle
			}
		}
		if len(files) != count+1 {
			t.Errorf("size %d: %d files, not %d: %v", size, len(files), count+1, paths(files))
		}
		for path, hashes := range want {
			if data, ok := files[path]; !ok || hashes > 0 && len(data) != hashes*tlog.HashSize {
				t.Errorf("size %d: %s has %d bytes", size, path, len(data))
			}
		}
	}
}

func TestPublishStepByStepEqualsPublishAtOnce(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	var m Memory
	grow(t, &m, 1500)
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		sizes := rapid.SliceOfN(rapid.Int64Range(0, 1500), 1, 6).Draw(rt, "sizes")
		slices.Sort(sizes)
		var older Checkpoint
		for i, size := range sizes {
			c, err := Publish(context.Background(), dir, prefix{&m, size}, signer)
			if err != nil {
				rt.Fatal(err)
			}
			if i > 0 {
				p, err := OpenPublished(os.DirFS(dir), note.VerifierList(verifier))
				if err != nil {
					rt.Fatal(err)
				}
				proof, err := p.Consistency(older.Size, size)
				if err != nil {
					rt.Fatal(err)
				}
				if err := VerifyConsistency(older, c, proof); err != nil {
					rt.Fatal(err)
				}
			}
			older = c
		}
		last := sizes[len(sizes)-1]
		once := t.TempDir()
		if _, err := Publish(context.Background(), once, prefix{&m, last}, signer); err != nil {
			rt.Fatal(err)
		}
		have := snapshot(t, dir)
		for path, data := range snapshot(t, once) {
			if have[path] != data {
				rt.Fatalf("%s differs", path)
			}
			delete(have, path)
		}
		for path := range have { // what is left may only be partial and still growing
			full, _, ok := strings.Cut(path, ".p/")
			if _, err := os.Stat(filepath.Join(once, full)); !ok || err == nil {
				rt.Fatalf("%s should be gone", path)
			}
		}
	})
}

// prefix is a source as it was when it had size rows.
type prefix struct {
	Source
	size int64
}

func (p prefix) Size(context.Context) (int64, error) { return p.size, nil }

// counting counts the rows that are read.
type counting struct {
	Source
	rows int64
}

func (c *counting) Rows(ctx context.Context, from, to int64, visit func(Row) error) error {
	c.rows += to - from
	return c.Source.Rows(ctx, from, to, visit)
}

func (c *counting) Hashes(ctx context.Context, rows []int64) (map[int64][]byte, error) {
	c.rows += int64(len(rows))
	return c.Source.Hashes(ctx, rows)
}

func TestPublishReadsOnlyTheRightEdge(t *testing.T) {
	signer, _ := testKey(t, testOrigin)
	dir := t.TempDir()
	var m Memory
	publish(t, dir, &m, 100_000, signer)
	grow(t, &m, 100_010)
	c := &counting{Source: &m}
	if _, err := Publish(t.Context(), dir, c, signer); err != nil {
		t.Fatal(err)
	}
	if c.rows > 10+3*255 {
		t.Errorf("10 new leaves of 100,010 made it read %d rows", c.rows)
	}
}

func TestPublishWithoutNewLeavesChangesNothing(t *testing.T) {
	signer, _ := testKey(t, testOrigin)
	dir := t.TempDir()
	var m Memory
	first := publish(t, dir, &m, 300, signer)
	// A cosignature that somebody has added stays.
	witness, _ := testKey(t, "witness.example.org")
	cosigned, err := note.Sign(&note.Note{Text: first.text()}, signer, witness)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, checkpointPath), cosigned, 0o600); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	again := publish(t, dir, &m, 300, signer)
	if !bytes.Equal(again.Note, cosigned) {
		t.Error("the returned checkpoint is not the published one")
	}
	for path, data := range snapshot(t, dir) {
		if before[path] != data {
			t.Errorf("%s has changed", path)
		}
	}
}

func TestPublishNeverSignsAnInconsistentTree(t *testing.T) {
	signer, _ := testKey(t, testOrigin)
	stranger, _ := testKey(t, testOrigin)
	elsewhere, _ := testKey(t, "example.org/other")
	for name, c := range map[string]struct {
		size   int64
		change func(t *testing.T, dir string, m *Memory)
		signer note.Signer
		want   error
	}{
		"rows were lost": {700, func(_ *testing.T, _ string, m *Memory) { rebuild(m, 699, testLeaf) }, signer, ErrInconsistent},
		"history was rewritten throughout": {700, func(_ *testing.T, _ string, m *Memory) {
			rebuild(m, 700, func(i int64) []byte { return []byte{byte(i)} })
		}, signer, ErrInconsistent},
		"an early leaf was rewritten throughout": {700, func(t *testing.T, _ string, m *Memory) {
			rebuild(m, 700, func(i int64) []byte {
				if i == 3 {
					return []byte("forged")
				}
				return testLeaf(i)
			})
			grow(t, m, 900)
		}, signer, ErrInconsistent},
		"the last leaf was changed": {700, func(_ *testing.T, _ string, m *Memory) { m.rows[699].Leaf = []byte("x") }, signer, ErrInconsistent},
		"a new leaf was changed":    {700, func(t *testing.T, _ string, m *Memory) { grow(t, m, 720); m.rows[710].Leaf = []byte("x") }, signer, ErrInconsistent},
		"a new hash was changed":    {700, func(t *testing.T, _ string, m *Memory) { grow(t, m, 720); m.rows[710].Hashes[5] ^= 1 }, signer, ErrInconsistent},
		"a leaf is missing":         {700, func(t *testing.T, _ string, m *Memory) { grow(t, m, 720); m.rows[710].Index = 711 }, signer, ErrInconsistent},
		"a full tile is in the way": {700, func(t *testing.T, dir string, m *Memory) {
			grow(t, m, 800)
			write(t, dir, "tile/0/002", make([]byte, 8192))
		}, signer, ErrInconsistent},
		"the checkpoint was forged": {700, func(t *testing.T, dir string, m *Memory) {
			rebuild(m, 700, func(i int64) []byte { return []byte{byte(i)} })
			msg, err := Checkpoint{Origin: testOrigin, Size: 700, Root: m.edge.Root()}.Sign(stranger)
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, checkpointPath, msg)
		}, signer, ErrCheckpoint},
		"the key is another":    {700, nil, stranger, ErrCheckpoint},
		"the origin is another": {700, nil, elsewhere, ErrCheckpoint},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var m Memory
			publish(t, dir, &m, c.size, signer)
			if c.change != nil {
				c.change(t, dir, &m)
			}
			before := snapshot(t, dir)
			_, err := Publish(t.Context(), dir, &m, c.signer)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v", err)
			}
			if snapshot(t, dir)[checkpointPath] != before[checkpointPath] {
				t.Error("the checkpoint has changed")
			}
			for path, data := range snapshot(t, dir) {
				if old, ok := before[path]; ok && old != data {
					t.Errorf("%s was rewritten", path)
				}
			}
		})
	}
}

// rebuild makes a log anew of its first size rows, with other leaves.
func rebuild(m *Memory, size int64, leaf func(i int64) []byte) {
	m.edge, m.rows = Frontier{}, nil
	for i := range size {
		row := Row{Index: i, Leaf: leaf(i)}
		row.Hashes = m.edge.Append(row.Leaf)
		m.rows = append(m.rows, row)
	}
}

func write(t testing.TB, dir, path string, data []byte) {
	t.Helper()
	name := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestPublishErrorNamesBothTrees(t *testing.T) {
	signer, _ := testKey(t, testOrigin)
	dir := t.TempDir()
	var m Memory
	c := publish(t, dir, &m, 5, signer)
	rebuild(&m, 5, func(i int64) []byte { return []byte{byte(i)} })
	_, err := Publish(t.Context(), dir, &m, signer)
	for _, root := range []tlog.Hash{c.Root, m.edge.Root()} {
		if err == nil || !strings.Contains(err.Error(), root.String()) {
			t.Errorf("%v does not name root %s", err, root)
		}
	}
}

func TestPublishFinishesWhatWasCutOff(t *testing.T) {
	// A crash leaves any prefix of the writes. Playing all of them: publish to
	// the end, put back the old checkpoint, take away some new files.
	signer, verifier := testKey(t, testOrigin)
	dir := t.TempDir()
	var m Memory
	old := publish(t, dir, &m, 500, signer)
	before := snapshot(t, dir)
	publish(t, dir, &m, 900, signer)
	after := snapshot(t, dir)
	var fresh []string
	for _, path := range paths(after) {
		if _, ok := before[path]; !ok {
			fresh = append(fresh, path)
		}
	}
	for kept := range len(fresh) + 1 {
		cut := t.TempDir()
		for path, data := range before {
			write(t, cut, path, []byte(data))
		}
		for _, path := range fresh[:kept] {
			write(t, cut, path, []byte(after[path]))
		}
		write(t, cut, "tile/0/.003.tmp", []byte("torn"))
		p, err := OpenPublished(os.DirFS(cut), note.VerifierList(verifier))
		if err != nil || p.Checkpoint().Size != old.Size {
			t.Fatalf("cut after %d files: the old log is unreadable: %v", kept, err)
		}
		publish(t, cut, &m, 900, signer)
		got := snapshot(t, cut)
		delete(got, "tile/0/.003.tmp")
		if !slices.Equal(paths(got), paths(after)) {
			t.Fatalf("cut after %d files: %v, not %v", kept, paths(got), paths(after))
		}
		for path, data := range after {
			if got[path] != data {
				t.Fatalf("cut after %d files: %s differs", kept, path)
			}
		}
	}
}

func TestPublishChangesKeyWhenTheFormerOneIsNamed(t *testing.T) {
	signer, former := testKey(t, testOrigin)
	next, nextVerifier := testKey(t, testOrigin)
	dir := t.TempDir()
	var m Memory
	publish(t, dir, &m, 5, signer)
	if _, err := Publish(t.Context(), dir, &m, next); !errors.Is(err, ErrCheckpoint) {
		t.Fatalf("without the former key: %v", err)
	}
	if _, err := Publish(t.Context(), dir, &m, next, former); err != nil {
		t.Fatal(err)
	}
	p, err := OpenPublished(os.DirFS(dir), note.VerifierList(nextVerifier))
	if err != nil || p.Checkpoint().Size != 5 {
		t.Fatalf("size %d, %v", p.Checkpoint().Size, err)
	}
}

func TestPublishRefusesLeavesThatNoBundleCanHold(t *testing.T) {
	signer, _ := testKey(t, testOrigin)
	var m Memory
	if _, err := m.Append(make([]byte, MaxLeaf+1)); err == nil {
		t.Error("Memory takes a leaf that is too long")
	}
	if _, err := m.Append(make([]byte, MaxLeaf)); err != nil {
		t.Error(err)
	}
	dir := t.TempDir()
	if _, err := Publish(t.Context(), dir, &m, signer); err != nil {
		t.Error(err)
	}
	m.rows = append(m.rows, Row{Index: 1, Leaf: make([]byte, MaxLeaf+1), Hashes: m.edge.Append(make([]byte, MaxLeaf+1))})
	if _, err := Publish(t.Context(), dir, &m, signer); err == nil {
		t.Error("a leaf that is too long was published")
	}
}

func TestPublishStopsWhenCancelled(t *testing.T) {
	signer, _ := testKey(t, testOrigin)
	var m Memory
	grow(t, &m, 300)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if _, err := Publish(ctx, dir, &m, signer); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if files := snapshot(t, dir); len(files) != 0 {
		t.Errorf("it has written %v", paths(files))
	}
}

// BenchmarkPublish publishes 256 new leaves of 200 bytes on a log of 100,000.
func BenchmarkPublish(b *testing.B) {
	signer, _ := testKey(b, testOrigin)
	dir := b.TempDir()
	var m Memory
	publish(b, dir, &m, 100_000, signer)
	leaf := make([]byte, 200)
	for b.Loop() {
		for range tileWidth {
			if _, err := m.Append(leaf); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := Publish(context.Background(), dir, &m, signer); err != nil {
			b.Fatal(err)
		}
	}
}
