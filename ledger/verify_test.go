package ledger

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func (w *world) verify(t testing.TB, dir string, src Source) []Fault {
	t.Helper()
	faults, _, err := Verify(context.Background(), dir, src, w.known, nil)
	if err != nil {
		t.Fatal(err)
	}
	return faults
}

// mustFind flips one byte and wants it reported alone and in its place.
func (w *world) mustFind(t testing.TB, d damage, dir string, src Source) {
	t.Helper()
	d.flip()
	defer d.flip()
	faults := w.verify(t, dir, src)
	if len(faults) != 1 || !slices.Contains(d.places, faults[0].Place) {
		t.Fatalf("a flipped byte in %q was reported as %v", d.places, faults)
	}
}

// Proves AUD-9.
func TestEveryFlippedByteOfASmallLogIsFoundInItsPlace(t *testing.T) {
	w := newWorld(t, []int64{3, 11, 21}, 21)
	if faults := w.verify(t, w.dir, w.m); len(faults) != 0 {
		t.Fatalf("a sound log has faults: %v", faults)
	}
	for path, data := range w.files {
		for at := range len(data) {
			w.mustFind(t, w.file(t, path, at), w.dir, w.m)
			w.mustFind(t, w.file(t, path, at), w.dir, nil)
		}
	}
	for i := range w.m.rows {
		for at := range w.rowBytes(i) {
			w.mustFind(t, w.row(i, at), w.dir, w.m)
			if i < 20 { // nothing stands above the last leaf of rows alone: the next test
				w.mustFind(t, w.row(i, at), "", w.m)
			}
		}
	}
}

func TestTheLastOfUnsignedRowsIsFoundThoughNothingSettlesIt(t *testing.T) {
	w := newWorld(t, nil, 21)
	w.m.rows[20].Leaf[0] ^= 1
	faults := w.verify(t, "", w.m)
	if len(faults) == 0 || slices.ContainsFunc(faults, func(f Fault) bool { return !strings.HasPrefix(f.Place, "leaf 20") }) {
		t.Errorf("got %v", faults)
	}
}

func TestAnyFlippedByteOfALargerLogIsFoundInItsPlace(t *testing.T) {
	// Full and partial tiles on two levels, rows beyond the checkpoint.
	w := newWorld(t, []int64{100, 400, 1300}, 1700)
	rapid.Check(t, func(rt *rapid.T) {
		d, ofRow := w.draw(t, rt)
		w.mustFind(t, d, w.dir, w.m)
		if ofRow {
			w.mustFind(t, d, "", w.m)
		} else {
			w.mustFind(t, d, w.dir, nil)
		}
	})
}

func TestFlippedBytesOnThreeLevelsAreFoundInTheirPlace(t *testing.T) {
	w := newWorld(t, []int64{65_800, 66_000}, 66_100)
	for _, path := range []string{
		"tile/2/000.p/1", "tile/1/000", "tile/1/001.p/1", "tile/0/017", "tile/0/257.p/8", "tile/0/257.p/208",
		"tile/entries/255", "tile/entries/257.p/208",
	} {
		at := len(w.files[path]) / 2
		w.mustFind(t, w.file(t, path, at), w.dir, w.m)
		w.mustFind(t, w.file(t, path, at), w.dir, nil)
	}
	for _, i := range []int{1<<16 - 1, 1<<12 - 1, 1<<15 - 1, 66_047, 66_099} {
		for at := len(w.m.rows[i].Leaf); at < w.rowBytes(i); at += tlog.HashSize {
			w.mustFind(t, w.row(i, at), w.dir, w.m)
		}
	}
}

func TestSeveralFlippedBytesNeverPass(t *testing.T) {
	w := newWorld(t, []int64{300, 700}, 900)
	rapid.Check(t, func(rt *rapid.T) {
		var places []string
		for range rapid.IntRange(2, 5).Draw(rt, "bytes") {
			d, _ := w.draw(t, rt)
			if slices.Contains(places, d.places[0]) {
				continue // the same byte twice would be none
			}
			d.flip()
			defer d.flip()
			places = append(places, d.places[0])
		}
		if faults := w.verify(t, w.dir, w.m); len(faults) == 0 {
			rt.Fatalf("nothing found of %v", places)
		}
	})
}

func TestALeafForgedWithAllItsHashesIsToldFromThePublishedOne(t *testing.T) {
	w := newWorld(t, []int64{70_000}, 70_500)
	forge := func(i int64) []byte {
		if i == 300 {
			return []byte("forged")
		}
		return testLeaf(i)
	}
	rebuild(w.m, 70_500, forge)
	faults := w.verify(t, w.dir, w.m)
	if !slices.ContainsFunc(faults, func(f Fault) bool { return f.Place == "leaf 300" }) {
		t.Errorf("leaf 300 is not among %v", faults)
	}
	for _, f := range faults {
		if strings.HasPrefix(f.Place, "tile") || strings.HasPrefix(f.Place, "checkpoint") {
			t.Errorf("the published copy is blamed: %v", f)
		}
	}
}

func TestATreeForgedThroughoutFailsAtTheCheckpoint(t *testing.T) {
	w := newWorld(t, []int64{600}, 600)
	signer, _ := testKey(t, testOrigin)
	rebuild(w.m, 600, func(i int64) []byte { return []byte{byte(i), 1} })
	forged := t.TempDir()
	publish(t, forged, w.m, 600, signer)
	checkpoint, err := os.ReadFile(filepath.Join(w.dir, checkpointPath))
	if err != nil {
		t.Fatal(err)
	}
	write(t, forged, checkpointPath, checkpoint)
	for name, src := range map[string]Source{"with rows": w.m, "alone": nil} {
		faults := w.verify(t, forged, src)
		if len(faults) != 1 || faults[0].Place != "checkpoint root" {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

func TestVerifyNamesWhatIsMissingOrStrange(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, w *world)
		places []string
	}{
		"a full tile":         {removed("tile/0/001"), []string{"tile/0/001"}},
		"the partial tile":    {removed("tile/0/002.p/188"), []string{"tile/0/002.p/188"}},
		"an upper tile":       {removed("tile/1/000.p/2"), []string{"tile/1/000.p/2"}},
		"a bundle":            {removed("tile/entries/000"), []string{"tile/entries/000"}},
		"the checkpoint":      {removed("checkpoint"), []string{"checkpoint"}},
		"an older partial":    {removed("tile/0/002.p/88"), nil}, // may be deleted
		"a stranger":          {written("tile/0/readme\n.txt", "hi"), []string{`"tile/0/readme\n.txt"`}},
		"a temporary file":    {written("tile/0/.000.tmp", "torn"), nil},
		"a short tile":        {cut("tile/0/001", -1), []string{"tile/0/001"}},
		"a long tile":         {cut("tile/0/001", 1), []string{"tile/0/001"}},
		"an empty bundle":     {cut("tile/entries/001", -1<<20), []string{"tile/entries/001 entry 0"}},
		"a short bundle":      {cut("tile/entries/001", -1), []string{"tile/entries/001 entry 255"}},
		"a long bundle":       {cut("tile/entries/001", 1), []string{"tile/entries/001"}},
		"a short old bundle":  {cut("tile/entries/002.p/88", -1), []string{"tile/entries/002.p/88 entry 87"}},
		"a tile without rows": {written("tile/0/007", strings.Repeat("x", 8192)), []string{"tile/0/007"}},
		"the last rows": {
			func(_ *testing.T, w *world) { w.m.rows = w.m.rows[:650] },
			[]string{"rows"},
		},
		"a row in between": {func(_ *testing.T, w *world) { w.m.rows[400].Index = 9000 }, []string{"leaf 9000", "leaf 400"}},
		"hashes of a row":  {func(_ *testing.T, w *world) { w.m.rows[401].Hashes = w.m.rows[401].Hashes[:32] }, []string{"leaf 401"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, []int64{600, 700}, 720)
			c.change(t, w)
			var got []string
			for _, f := range w.verify(t, w.dir, w.m) {
				got = append(got, f.Place)
			}
			if !slices.Equal(got, c.places) {
				t.Errorf("reported %q, not %q", got, c.places)
			}
		})
	}
}

func removed(path string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		if err := os.Remove(filepath.Join(w.dir, path)); err != nil {
			t.Fatal(err)
		}
	}
}

func written(path, data string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) { write(t, w.dir, path, []byte(data)) }
}

// cut changes the length of a file.
func cut(path string, by int) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		data, err := os.ReadFile(filepath.Join(w.dir, path))
		if err != nil {
			t.Fatal(err)
		}
		data = append(data, 0)[:max(0, len(data)+by)]
		write(t, w.dir, path, data)
	}
}

func TestVerifyGoesOnAndCountsAllFaults(t *testing.T) {
	w := newWorld(t, []int64{700}, 700)
	for i := 0; i < 700; i += 2 {
		w.m.rows[i].Hashes[0] ^= 1
	}
	faults, sum, err := Verify(t.Context(), w.dir, w.m, w.known, nil)
	if err != nil || len(faults) != maxFaults || sum.Faults != 350 {
		t.Errorf("%d of %d faults, %v", len(faults), sum.Faults, err)
	}
}

func TestVerifySaysWhatItCovered(t *testing.T) {
	w := newWorld(t, []int64{300, 700}, 900)
	var last, total int64
	_, sum, err := Verify(t.Context(), w.dir, w.m, w.known, func(done, of int64) {
		if done < last {
			t.Errorf("progress goes back from %d to %d", last, done)
		}
		last, total = done, of
	})
	if err != nil {
		t.Fatal(err)
	}
	if last != 900 || total != 900 {
		t.Errorf("progress ended at %d of %d", last, total)
	}
	files := int64(len(snapshot(t, w.dir)))
	if sum.Size != 900 || sum.Root != w.m.edge.Root() || sum.Rows != 900 || sum.Files != files ||
		sum.Checkpoint.Size != 700 || sum.Unsigned != 0 || sum.Faults != 0 {
		t.Errorf("%d files, summary %+v", files, sum)
	}
}

func TestVerifyChecksUnsignedFilesAgainstRows(t *testing.T) {
	// A publisher cut off before the checkpoint: 900 leaves in files, 700 signed.
	signer, verifier := testKey(t, testOrigin)
	known := note.VerifierList(verifier)
	dir := t.TempDir()
	var m Memory
	publish(t, dir, &m, 700, signer)
	checkpoint, err := os.ReadFile(filepath.Join(dir, checkpointPath))
	if err != nil {
		t.Fatal(err)
	}
	publish(t, dir, &m, 900, signer)
	write(t, dir, checkpointPath, checkpoint)
	grow(t, &m, 950)
	for _, path := range []string{"", "tile/0/002", "tile/entries/002", "tile/0/003.p/132", "tile/1/000.p/3"} {
		if path != "" {
			data, err := os.ReadFile(filepath.Join(dir, path))
			if err != nil {
				t.Fatal(err)
			}
			flipFile(t, filepath.Join(dir, path), len(data)-1)
		}
		faults, sum, err := Verify(t.Context(), dir, &m, known, nil)
		if err != nil || sum.Unsigned != 5 || (len(faults) != 0) != (path != "") || len(faults) > 1 {
			t.Errorf("%s: %d unsigned, %v, %v", path, sum.Unsigned, faults, err)
		}
		if len(faults) == 1 && !strings.HasPrefix(faults[0].Place, path+" ") {
			t.Errorf("%s: reported as %v", path, faults)
		}
		if path != "" {
			data, _ := os.ReadFile(filepath.Join(dir, path))
			flipFile(t, filepath.Join(dir, path), len(data)-1)
		}
	}
}

func TestVerifyOfAnEmptyLog(t *testing.T) {
	w := newWorld(t, []int64{0}, 0)
	for name, src := range map[string]Source{"with rows": w.m, "alone": nil} {
		if faults := w.verify(t, w.dir, src); len(faults) != 0 {
			t.Errorf("%s: %v", name, faults)
		}
	}
	if faults := w.verify(t, "", w.m); len(faults) != 0 {
		t.Errorf("rows: %v", faults)
	}
	if faults := w.verify(t, t.TempDir(), nil); len(faults) != 1 || faults[0].Place != checkpointPath {
		t.Errorf("nothing published: %v", faults)
	}
}

// failing is a source whose database is gone.
type failing struct{ Source }

func (failing) Rows(context.Context, int64, int64, func(Row) error) error {
	return errors.New("database gone")
}

func TestVerifyFailsOnlyForItsSourceAndContext(t *testing.T) {
	w := newWorld(t, []int64{300}, 300)
	if _, _, err := Verify(t.Context(), w.dir, failing{w.m}, w.known, nil); err == nil {
		t.Error("a failing source goes unnoticed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Verify(ctx, w.dir, w.m, w.known, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, _, err := Verify(t.Context(), "", nil, w.known, nil); err == nil {
		t.Error("verifying nothing succeeds")
	}
}

func TestVerifyRunsBesideWriterAndPublisher(t *testing.T) {
	w := newWorld(t, nil, 0)
	signer, verifier := testKey(t, testOrigin)
	known := note.VerifierList(verifier)
	publish(t, w.dir, w.m, 1, signer)
	done := make(chan error, 1)
	go func() {
		var err error
		for i := int64(1); i < 3000 && err == nil; i++ {
			if _, err = w.m.Append(testLeaf(i)); err == nil && i%60 == 0 {
				_, err = Publish(context.Background(), w.dir, w.m, signer)
			}
		}
		done <- err
	}()
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		default:
		}
		faults, _, err := Verify(t.Context(), w.dir, w.m, known, nil)
		if err != nil || len(faults) != 0 {
			t.Fatalf("%v, %v", faults, err)
		}
	}
}

func FuzzSplitBundle(f *testing.F) {
	f.Add(appendEntry(appendEntry(nil, []byte("a")), nil), 2)
	f.Fuzz(func(t *testing.T, data []byte, width int) {
		width = max(1, min(width, tileWidth))
		entries, rest := splitBundle(data, width)
		var again []byte
		for _, entry := range entries {
			again = appendEntry(again, entry)
		}
		if !bytes.Equal(append(again, rest...), data) {
			t.Errorf("%x with %d entries came back as %x", data, width, again)
		}
	})
}

// BenchmarkVerify checks rows, tiles and bundles of 100,000 leaves of 200 bytes.
func BenchmarkVerify(b *testing.B) {
	signer, verifier := testKey(b, testOrigin)
	dir := b.TempDir()
	var m Memory
	for range 100_000 {
		if _, err := m.Append(make([]byte, 200)); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := Publish(context.Background(), dir, &m, signer); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		faults, _, err := Verify(context.Background(), dir, &m, note.VerifierList(verifier), nil)
		if err != nil || len(faults) != 0 {
			b.Fatal(faults, err)
		}
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "leaves/s")
}
