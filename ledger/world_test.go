package ledger

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// damage is one byte of one copy that a test can flip.
type damage struct {
	places []string // where Verify may say it is
	flip   func()   // flipping twice restores
}

// world is a published log whose every byte can be flipped.
type world struct {
	dir   string
	m     *Memory
	known note.Verifiers
	files map[string]string
}

// newWorld publishes at each of the sizes and leaves more rows unpublished.
func newWorld(t testing.TB, sizes []int64, rows int64) *world {
	t.Helper()
	signer, verifier := testKey(t, testOrigin)
	w := &world{dir: t.TempDir(), m: new(Memory), known: note.VerifierList(verifier)}
	for _, size := range sizes {
		publish(t, w.dir, w.m, size, signer)
	}
	grow(t, w.m, rows)
	w.files = snapshot(t, w.dir)
	return w
}

// row damages byte at of a row: its leaf, then its hashes.
func (w *world) row(i, at int) damage {
	row := &w.m.rows[i]
	if at < len(row.Leaf) {
		return damage{[]string{fmt.Sprintf("leaf %d", i)}, func() { row.Leaf[at] ^= 0x10 }}
	}
	at -= len(row.Leaf)
	place := fmt.Sprintf("leaf %d hash %d", i, at/tlog.HashSize)
	return damage{[]string{place}, func() { row.Hashes[at] ^= 0x10 }}
}

// rowBytes returns the number of bytes that row can damage.
func (w *world) rowBytes(i int) int { return len(w.m.rows[i].Leaf) + len(w.m.rows[i].Hashes) }

// file damages byte at of a published file.
func (w *world) file(t testing.TB, path string, at int) damage {
	places := []string{checkpointPath, "checkpoint signature"}
	if tl, ok := parseTilePath(path); ok && tl.level == entryLevel {
		places = []string{fmt.Sprintf("%s entry %d", path, entryAt([]byte(w.files[path]), at))}
	} else if ok {
		places = []string{fmt.Sprintf("%s hash %d", path, at/tlog.HashSize)}
	}
	name := filepath.Join(w.dir, path)
	return damage{places, func() { flipFile(t, name, at) }}
}

// draw damages any byte of rows or files.
func (w *world) draw(t testing.TB, rt *rapid.T) (d damage, ofRow bool) {
	if rapid.Bool().Draw(rt, "of a row") {
		i := rapid.IntRange(0, len(w.m.rows)-1).Draw(rt, "row")
		return w.row(i, rapid.IntRange(0, w.rowBytes(i)-1).Draw(rt, "byte")), true
	}
	path := rapid.SampledFrom(paths(w.files)).Draw(rt, "path")
	return w.file(t, path, rapid.IntRange(0, len(w.files[path])-1).Draw(rt, "byte")), false
}

// entryAt returns the entry of a sound bundle that holds the byte.
func entryAt(bundle []byte, at int) (entry int) {
	for end := 0; ; entry++ {
		if end += 2 + int(binary.BigEndian.Uint16(bundle[end:])); at < end {
			return entry
		}
	}
}

func flipFile(t testing.TB, name string, at int) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	if _, err := f.ReadAt(b[:], int64(at)); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x10
	if _, err := f.WriteAt(b[:], int64(at)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
