package scrub

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// write makes a file and returns its path.
func writeFile(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// alone fails when a directory holds more than these files.
func alone(t testing.TB, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(names) {
		t.Errorf("%s holds %v, want %v, %v", dir, entries, names, err)
	}
}

// Proves SCR-2.
func TestAFileIsReplacedAsAWhole(t *testing.T) {
	dir, s := t.TempDir(), newRough()
	path := writeFile(t, dir, "app.log", "from Jude\nsecret\nsecret\n")
	if err := os.Chmod(path, 0o604); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("app.log", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	var last [2]int64
	r, err := s.File(filepath.Join(dir, "link"), FileOptions{Progress: func(done, total int64) { last = [2]int64{done, total} }})
	if err != nil || !r.Changed || r.Bytes != 24 || r.Counts.Of(Known) != 2 || r.Counts.Of(Person) != 1 || last != [2]int64{24, 24} {
		t.Errorf("%+v, %v, %v", r, last, err)
	}
	if got := shown([]byte(readFile(t, path))); got != "from ⟦PERSON:a⟧\n⟦KNOWN:b⟧\n⟦KNOWN:b⟧\n" {
		t.Errorf("the file is %q", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o604 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	if at, err := os.Readlink(filepath.Join(dir, "link")); err != nil || at != "app.log" {
		t.Errorf("the link is %q, %v", at, err)
	}
	alone(t, dir, "app.log", "link")

	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = s.File(path, FileOptions{}); err != nil || r.Changed || r.Counts.All() != 0 {
		t.Errorf("the second time: %+v, %v", r, err)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("a file without findings was replaced, %v", err)
	}
}

func TestAPackedFileIsPackedAgain(t *testing.T) {
	dir, s := t.TempDir(), newRough()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, "the secret")
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	path := writeFile(t, dir, "a.log.gz", b.String())
	var out bytes.Buffer
	if r, err := s.File(path, FileOptions{To: &out}); err != nil || r.Changed || shown(out.Bytes()) != "the ⟦KNOWN:a⟧" {
		t.Errorf("unpacked: %+v, %v, %q", r, err, out.Bytes())
	}
	if r, err := s.File(path, FileOptions{}); err != nil || !r.Changed {
		t.Errorf("%+v, %v", r, err)
	}
	u, err := gzip.NewReader(strings.NewReader(readFile(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(u); err != nil || shown(text) != "the ⟦KNOWN:a⟧" {
		t.Errorf("%q, %v", text, err)
	}
	for name, text := range map[string]string{"cut.gz": b.String()[:b.Len()-6], "no.gz": "the secret"} {
		bad := writeFile(t, dir, name, text)
		if _, err := s.File(bad, FileOptions{}); err == nil || readFile(t, bad) != text {
			t.Errorf("%s: %v", name, err)
		}
	}
	alone(t, dir, "a.log.gz", "cut.gz", "no.gz")
}

// Proves SCR-2.
func TestWhatIsNoTextIsRefusedAndStays(t *testing.T) {
	long := strings.Repeat("a secret line\n", 40_000)
	for name, c := range map[string]struct {
		text string
		want error
		say  string
	}{
		"a NUL byte":                  {long + "\x00", ErrBinary, "binary"},
		"a PDF":                       {"%PDF-1.7 secret", ErrBinary, "binary"},
		"UTF-16 with its mark":        {"\xff\xfes\x00e\x00", ErrUTF16, "UTF-16"},
		"UTF-16 without":              {"\x00s\x00e\x00c", ErrUTF16, "UTF-16"},
		"Latin-1":                     {long + "caf\xe9 secret", ErrNotUTF8, "at byte 560003"},
		"the end of a character gone": {long + "caf\xc3", ErrNotUTF8, "ends in the middle of a character at byte 560003"},
		"more of one gone":            {"secret \xf0\x9f\x98", ErrNotUTF8, "middle of a character at byte 7"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := writeFile(t, dir, "f", c.text)
			_, err := newQuick().File(path, FileOptions{})
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.say) {
				t.Errorf("said %v", err)
			}
			if readFile(t, path) != c.text {
				t.Error("the file changed")
			}
			alone(t, dir, "f")
		})
	}
	dir := t.TempDir()
	path := writeFile(t, dir, "f", "caf\xe9 secret")
	if _, err := newQuick().File(path, FileOptions{AnyBytes: true}); err != nil || shown([]byte(readFile(t, path))) != "caf\xe9 ⟦KNOWN:a⟧" {
		t.Errorf("with AnyBytes: %q, %v", readFile(t, path), err)
	}
}

// Characters are cut by pieces of the stream and still are characters.
func TestUTF8IsCheckedAcrossPieces(t *testing.T) {
	text := strings.Repeat("é€😀a", 50)
	for size := 1; size < 9; size++ {
		c := &checked{r: &sized{strings.NewReader(text), size}}
		if b, err := io.ReadAll(c); err != nil || string(b) != text {
			t.Errorf("in pieces of %d: %v", size, err)
		}
		c = &checked{r: &sized{strings.NewReader(text + "\xf0\x9f"), size}}
		if _, err := io.ReadAll(c); !errors.Is(err, ErrNotUTF8) {
			t.Errorf("cut, in pieces of %d: %v", size, err)
		}
		c = &checked{r: &sized{strings.NewReader(text + "\xf0\x9fa" + text), size}}
		if _, err := io.ReadAll(c); !errors.Is(err, ErrNotUTF8) || !strings.HasSuffix(err.Error(), "byte 500") {
			t.Errorf("wrong, in pieces of %d: %v", size, err)
		}
	}
}

// sized reads in pieces of one size.
type sized struct {
	io.Reader
	n int
}

func (s *sized) Read(b []byte) (int, error) { return s.Reader.Read(b[:min(s.n, len(b))]) }

func TestWhatIsNoPlainFileIsRefused(t *testing.T) {
	dir, s := t.TempDir(), newRough()
	path := writeFile(t, dir, "a", "secret")
	if err := os.Link(path, filepath.Join(dir, "b")); err != nil {
		t.Fatal(err)
	}
	readOnly := writeFile(t, dir, "c", "secret")
	if err := os.Chmod(readOnly, 0o400); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		want error
	}{
		{path, ErrHardLinks},
		{dir, ErrNotRegular},
		{os.DevNull, ErrNotRegular},
		{readOnly, fs.ErrPermission},
		{filepath.Join(dir, "missing"), fs.ErrNotExist},
	} {
		if _, err := s.File(c.path, FileOptions{}); !errors.Is(err, c.want) || strings.Count(err.Error(), c.path) != 1 {
			t.Errorf("%s: %v, want %v", c.path, err, c.want)
		}
	}
	if readFile(t, path)+readFile(t, readOnly) != "secretsecret" {
		t.Error("a file changed")
	}
	alone(t, dir, "a", "b", "c")
}

func TestAFileThatChangesMeanwhileStays(t *testing.T) {
	text := strings.Repeat("a line\n", 80_000) + "secret\n"
	for name, change := range map[string]func(path string) error{
		"appended": func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("more\n")
			return errors.Join(err, f.Close())
		},
		"cut":      func(path string) error { return os.Truncate(path, 1000) },
		"replaced": func(path string) error { return errors.Join(os.Remove(path), os.WriteFile(path, []byte(text), 0o600)) },
		"linked":   func(path string) error { return os.Link(path, path+"2") },
	} {
		t.Run(name, func(t *testing.T) {
			path, done := writeFile(t, t.TempDir(), "f", text), false
			_, err := newQuick().File(path, FileOptions{Progress: func(int64, int64) {
				if !done {
					if err := change(path); err != nil {
						t.Error(err)
					}
				}
				done = true
			}})
			if !errors.Is(err, ErrFileChanged) || strings.Contains(readFile(t, path), "⟦") {
				t.Errorf("said %v", err)
			}
		})
	}
}

func TestStoppingLeavesTheFile(t *testing.T) {
	dir := t.TempDir()
	path := writeFile(t, dir, "f", strings.Repeat("secret\n", 50_000))
	stop := errors.New("stop")
	if _, err := newQuick().File(path, FileOptions{Stop: func() error { return stop }}); !errors.Is(err, stop) {
		t.Errorf("said %v", err)
	}
	if strings.Contains(readFile(t, path), "⟦") {
		t.Error("the file changed")
	}
	alone(t, dir, "f")
}

func TestErrorsOfTheStreamsComeThrough(t *testing.T) {
	s, bad := newQuick(), errors.New("bad cable")
	if _, err := s.Copy(io.Discard, iotest.ErrReader(bad), FileOptions{}); !errors.Is(err, bad) {
		t.Errorf("reading: %v", err)
	}
	for name, o := range map[string]Options{"whole": {}, "lines": {Lines: true}} {
		w := s.NewWriter(failing{bad}, o)
		_, err := w.Write([]byte(strings.Repeat("a secret\n", 30_000)))
		if _, again := w.Write([]byte("x\n")); !errors.Is(err, bad) || !errors.Is(again, bad) {
			t.Errorf("%s: %v, then %v", name, err, again)
		}
		if err := w.Close(); !errors.Is(err, bad) {
			t.Errorf("%s: Close says %v", name, err)
		}
		if _, err := w.Write([]byte("x\n")); !errors.Is(err, ErrClosed) || w.Close() != nil {
			t.Errorf("%s: after Close, %v", name, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// A text of any length takes the same memory: what is allocated for a long one is not more.
func TestMemoryDoesNotDependOnTheLength(t *testing.T) {
	s, many, more := newQuick(), 200_000, uint64(1<<20)
	if raced { // the race detector lets a sync.Pool lose a quarter of what it is given
		many, more = 20_000, 40<<20
	}
	short, long := spent(t, s, 1000), spent(t, s, many)
	if long > short+more {
		t.Errorf("1 MB took %d bytes, %d MB %d", short, many/1000, long)
	}
}

// A stream of a gigabyte, by all finders: what is allocated for all of it, and what is found.
func BenchmarkGigabyte(b *testing.B) {
	s := newReal(b)
	spent(b, s, 1000) // what is made once is made now
	b.SetBytes(1e9)
	for b.Loop() {
		b.ReportMetric(float64(spent(b, s, 1e6))/1e6, "MB-allocated")
	}
}

// spent is how many bytes are allocated while a text of so many lines is scrubbed.
func spent(t testing.TB, s *Scrubber, lines int) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := s.Copy(io.Discard, &lineReader{n: lines}, FileOptions{})
	runtime.ReadMemStats(&after)
	if err != nil || r.Bytes != int64(lines)*1000 || r.Counts.Of(Known) != int64(lines) {
		t.Fatalf("%+v, %v", r, err)
	}
	return after.TotalAlloc - before.TotalAlloc
}

// lineReader makes lines of 1,000 bytes, with one thing to be found in each.
type lineReader struct{ n, at int }

var longLine = []byte(strings.Repeat(".", 500) + " zwiebelfisch-secret " + strings.Repeat(".", 478) + "\n")

func (r *lineReader) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if r.at/len(longLine) == r.n {
			return n, io.EOF
		}
		k := copy(b[n:], longLine[r.at%len(longLine):])
		n, r.at = n+k, r.at+k
	}
	return n, nil
}
