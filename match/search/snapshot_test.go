package search

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func saved(t testing.TB, x *Index) []byte {
	t.Helper()
	var b bytes.Buffer
	if n, err := x.WriteTo(&b); err != nil || n != int64(b.Len()) {
		t.Fatalf("wrote %d of %d: %v", n, b.Len(), err)
	}
	return b.Bytes()
}

// A saved index answers as before, can be written to, and saved over itself.
func TestASavedIndexIsTheSame(t *testing.T) {
	x := some(t)
	x.Delete("york")
	if err := x.Put(town("lund", "Lund", 90_000)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "names.idx")
	if err := x.Save(path); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {Trust: true}} {
		y, err := Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		if y.Len() != x.Len() || y.Names() != x.Names() {
			t.Errorf("%d entities and %d names, should be %d and %d", y.Len(), y.Names(), x.Len(), x.Names())
		}
		for _, text := range []string{"York", "Lund", "Newyork", "東京", "new yo", "upper"} {
			for _, mode := range []Mode{Auto, Whole, Typing} {
				q := Query{Text: text, Mode: mode}
				same(t, q, x.Search(q), y.Search(q))
			}
		}
		if err := y.Put(town("late", "Latecomer", 1)); err != nil || ids(y.Search(Query{Text: "latecomer"}))[0] != "late" {
			t.Errorf("an opened index takes entities: %v", err)
		}
		if err := y.Save(path + "2"); err != nil {
			t.Error(err)
		}
		if err := y.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("Save left %v", left)
	}
}

func TestAnEmptyIndexIsSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "empty")
	if err := New(Options{}).Save(path); err != nil {
		t.Fatal(err)
	}
	x, err := Open(path, Options{})
	if err != nil || x.Len() != 0 {
		t.Fatal(x, err)
	}
	if r := x.Search(Query{Text: "a"}); r.None != 1 {
		t.Error(r)
	}
}

func TestAFileThatIsNotRightIsRefusedWithTheReason(t *testing.T) {
	good := saved(t, some(t))
	change := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(good)) }
	for name, c := range map[string]struct {
		file   []byte
		reason string
	}{
		"empty":     {nil, "does not begin"},
		"foreign":   {[]byte("SQLite format 3\x00 and so on"), "does not begin"},
		"header":    {good[:20], "truncated in the header"},
		"table":     {change(func(b []byte) []byte { return shorten(b, 100) }), "truncated in the table"},
		"truncated": {good[:len(good)-64], "bytes where it should have"},
		"longer":    {append(bytes.Clone(good), 0), "bytes where it should have"},
		"newer":     {change(func(b []byte) []byte { b[8] = 9; return b }), "its version is 9"},
		"sections":  {change(func(b []byte) []byte { b[12]++; return b }), "sections where it should have"},
		"row":       {change(func(b []byte) []byte { b[headerSize]++; return b }), "table of sections is damaged"},
		"outside": {change(func(b []byte) []byte {
			binary.LittleEndian.PutUint64(b[headerSize+8:], 1<<62)
			return reseal(b)
		}), `section "name text" lies outside`},
		"content": {change(func(b []byte) []byte {
			at := binary.LittleEndian.Uint64(b[headerSize+rowSize:])
			b[at+5] ^= 1
			return b
		}), `section "name offsets" is damaged`},
		"lies": {change(func(b []byte) []byte {
			at := binary.LittleEndian.Uint64(b[headerSize+rowSize:])
			b[at+7] = 0xff
			return reseal(b)
		}), `section "name offsets" contradicts`},
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		x, err := Open(path, Options{})
		if !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), c.reason) || x != nil {
			t.Errorf("%s: %v, should say %q", name, err, c.reason)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// shorten cuts a file and makes its header agree.
func shorten(b []byte, n int) []byte {
	b = b[:n]
	binary.LittleEndian.PutUint64(b[16:], uint64(n))
	return b
}

// reseal makes all checksums right again where the table allows.
func reseal(b []byte) []byte {
	if len(b) < headerSize {
		return b
	}
	n := int(binary.LittleEndian.Uint32(b[12:]))
	end := headerSize + rowSize*n
	if n > 1000 || end > len(b) {
		return b
	}
	for i := range n {
		row := b[headerSize+rowSize*i:]
		at, size := binary.LittleEndian.Uint64(row), binary.LittleEndian.Uint64(row[8:])
		if at <= uint64(len(b)) && size <= uint64(len(b))-at {
			binary.LittleEndian.PutUint32(row[16:], crc32.Checksum(b[at:at+size], castagnoli))
		}
	}
	binary.LittleEndian.PutUint64(b[16:], uint64(len(b)))
	binary.LittleEndian.PutUint32(b[24:], crc32.Checksum(b[headerSize:end], castagnoli))
	return b
}

// Nothing that a file with right checksums holds makes a question fail.
func FuzzOpen(f *testing.F) {
	x := build(f, append(invented(1, 3), town("ny", "New York", 1, "Нью-Йорк"), town("rj", "Rio de Janeiro City", 1)))
	good := saved(f, x)
	f.Add(good, uint32(0), uint64(0))
	for i := range uint32(30) {
		f.Add(good, headerSize+rowSize*i, uint64(i)<<31)
		f.Add(good, uint32(binary.LittleEndian.Uint64(good[headerSize+rowSize*int(i):])), uint64(0xffff0000)+uint64(i))
	}
	f.Fuzz(func(t *testing.T, file []byte, at uint32, value uint64) {
		b := bytes.Clone(file)
		if int64(at)+8 <= int64(len(b)) {
			binary.LittleEndian.PutUint64(b[at:], binary.LittleEndian.Uint64(b[at:])^value)
		}
		s, err := read(reseal(b), Options{})
		if err != nil {
			return
		}
		y := New(Options{})
		y.stats.add(s)
		y.now.Store(y.now.Load().push(s))
		for _, text := range []string{"new york", "nwe yrok", "Нью", "york new", "n", "RJC"} {
			for _, mode := range []Mode{Auto, Whole, Mention, Typing} {
				y.Search(Query{Text: text, Mode: mode, Explain: true, Types: []string{"place"}, Country: "DE"})
				y.Search(Query{Text: text, Mode: mode})
			}
		}
		y.Get("ny")
		y.Delete("ny", "e0", "e1")
		if err := y.Put(town("ny", "York", 2)); err != nil {
			t.Log(err) // what was damaged cannot be merged; that is said
		}
		y.Stats()
	})
}
