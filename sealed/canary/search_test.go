package canary

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"mime/quotedprintable"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/unicode/norm"
)

const bird = "Żółć \"Quuxówna\" <&> 𝔐ars"

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(b) // never fails
	return b
}

// hide writes v in one form, between bytes that shift its alignment.
var hide = map[string]func(v string, shift int) []byte{
	"raw":        func(v string, _ int) []byte { return []byte(v) },
	"lower case": func(v string, _ int) []byte { return []byte(strings.ToLower(v)) },
	"upper case": func(v string, _ int) []byte { return []byte(strings.ToUpper(v)) },
	"decomposed": func(v string, _ int) []byte { return norm.NFD.Bytes([]byte(v)) },
	"no accents": func(string, int) []byte { return []byte(`Zolc "Quuxowna"`) },
	"one word":   func(string, int) []byte { return []byte("... quuxówna ...") },
	"hex":        func(v string, _ int) []byte { return []byte(hex.EncodeToString([]byte(v))) },
	"HEX":        func(v string, _ int) []byte { return []byte(strings.ToUpper(hex.EncodeToString([]byte(v)))) },
	"base64": func(v string, shift int) []byte {
		return []byte(base64.StdEncoding.EncodeToString([]byte("abcde"[:shift] + v + "tail")))
	},
	"base64url": func(v string, shift int) []byte {
		return []byte(base64.URLEncoding.EncodeToString([]byte("ÿÿÿ"[:shift] + v + "ÿ")))
	},
	"base32": func(v string, shift int) []byte {
		return []byte(base32.StdEncoding.EncodeToString([]byte("abcde"[:shift] + v + "tail")))
	},
	"base32hex": func(v string, shift int) []byte {
		return []byte(base32.HexEncoding.EncodeToString([]byte("abcde"[:shift] + v + "tail")))
	},
	"crockford": func(v string, shift int) []byte {
		return []byte(base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").EncodeToString([]byte("abcde"[:shift] + v + "tail")))
	},
	"UTF-16LE": func(v string, _ int) []byte { return wide(v, binary.LittleEndian) },
	"UTF-16BE": func(v string, _ int) []byte { return wide(v, binary.BigEndian) },
	"reversed": func(v string, _ int) []byte {
		r := []rune(v)
		slices.Reverse(r)
		return []byte(string(r))
	},
	"bytes reversed": func(v string, _ int) []byte {
		b := []byte(v)
		slices.Reverse(b)
		return b
	},
	"decimal list":    func(v string, _ int) []byte { return fmt.Appendf(nil, "%d", []byte(v)) },
	"Go list":         func(v string, _ int) []byte { return fmt.Appendf(nil, "%#v", []byte(v)) },
	"hex list":        func(v string, _ int) []byte { return fmt.Appendf(nil, "% x", v) },
	"hex with colons": func(v string, _ int) []byte { return []byte(strings.ReplaceAll(fmt.Sprintf("% X", v), " ", ":")) },
	"Go quotes":       func(v string, _ int) []byte { return fmt.Appendf(nil, "%+q", v) },
	"quoted twice":    func(v string, _ int) []byte { return []byte(strconv.Quote(strconv.QuoteToASCII(v))) },
	"query":           func(v string, _ int) []byte { return []byte("q=" + url.QueryEscape(v)) },
	"path":            func(v string, _ int) []byte { return []byte(url.PathEscape(v)) },
	"JSON":            func(v string, _ int) []byte { b, _ := json.Marshal(map[string]string{"k": v}); return b },
	"JSON in ASCII": func(v string, _ int) []byte {
		return []byte(`"\u017b\u00f3\u0142\u0107 \"Quux\u00f3wna\" <&> \ud835\udd10ars"`)
	},
	"XML": func(v string, _ int) []byte {
		var b bytes.Buffer
		_ = xml.EscapeText(&b, []byte(v)) // a buffer takes everything
		return b.Bytes()
	},
	"HTML": func(v string, _ int) []byte { return []byte(html.EscapeString(v)) },
	"entities": func(v string, _ int) []byte {
		return []byte("&#379;&#243;&#322;&#263; &#34;Quux&#243;wna&#34; &#60;&#38;&#62;")
	},
	"mail": func(v string, _ int) []byte {
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		_, _ = io.WriteString(w, v)
		_ = w.Close()
		return b.Bytes()
	},
	"gzip": func(v string, _ int) []byte {
		return packed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, v)
	},
	"zlib": func(v string, _ int) []byte {
		return packed(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, v)
	},
	"zstd": func(v string, _ int) []byte {
		return packed(func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z }, v)
	},
	"zip in gzip": func(v string, _ int) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, _ := z.Create("some/name.txt")
		_, _ = io.WriteString(w, strings.Repeat("-", 100_000)+v)
		_ = z.Close()
		return packed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, b.String())
	},
}

func packed(open func(io.Writer) io.WriteCloser, v string) []byte {
	var b bytes.Buffer
	w := open(&b)
	_, _ = io.WriteString(w, v) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

func find(t *testing.T, s *Set, data []byte) []Finding {
	t.Helper()
	r, err := s.Bytes("data", data)
	if err != nil {
		t.Fatal(err)
	}
	if r.Bytes != int64(len(data)) {
		t.Errorf("%d bytes of %d were searched", r.Bytes, len(data))
	}
	return r.Findings
}

// Proves ANA-2.
func TestACanaryIsFoundInEveryForm(t *testing.T) {
	var s Set
	s.Text("name", bird)
	random := noise(64 << 10)
	if found := find(t, &s, random); len(found) > 0 {
		t.Fatalf("found in noise: %v", found)
	}
	for name, encode := range hide {
		for shift := range 5 {
			data := bytes.Clone(random)
			copy(data[1000+shift:], encode(bird, shift))
			found := find(t, &s, data)
			if len(found) == 0 {
				t.Errorf("%s, shifted by %d: not found", name, shift)
			}
			for _, f := range found {
				if f.Canary != "name" || f.Offset < 1000 || f.Offset > 1100+int64(len(encode(bird, shift))) || strings.Contains(f.String(), "Quux") {
					t.Errorf("%s: %v", name, f)
				}
			}
		}
	}
}

func TestNumbersAndKeysAreFound(t *testing.T) {
	var s Set
	s.Text("phone", "+34 968 555-0142")
	s.Binary("key", []byte{0xff, 0x00, 0x81, 0x7f, 0x3c, 0x22, 0x9a, 0x10})
	for data, want := range map[string]int{
		"tel:349685550142": 1, "key=/wCBfzwimhA": 1, "FF00817F3C229A10": 1, "ff:00:81:7F:3c:22:9a:10": 1, "255 0 129 127 60 34 154 16": 1,
		`\377\000\201\177\074\042\232\020`: 1, "Quuxówn": 0, "": 0, "34968": 0, "tel:349685550142,349685550142": 1,
	} {
		if found := find(t, &s, []byte(data)); len(found) != want {
			t.Errorf("%q: %v, want %d", data, found, want)
		}
	}
}

func TestAValueAcrossTwoReadsIsFoundOnceAndWhereItIs(t *testing.T) {
	var s Set
	s.Text("name", "Zirbelnusskuchen")
	for _, at := range []int{0, 1, chunk - 20, chunk - 8, chunk - 1, chunk, 2*chunk - 5, 3 * chunk} {
		data := bytes.Repeat([]byte("x"), 3*chunk+100)
		copy(data[at:], "Zirbelnusskuchen")
		for name, r := range map[string]io.Reader{
			"whole": bytes.NewReader(data), "halves": iotest.HalfReader(bytes.NewReader(data)), "with the end": iotest.DataErrReader(bytes.NewReader(data)),
		} {
			report, err := s.Reader("data", r)
			if err != nil || len(report.Findings) != 1 || report.Findings[0].Offset != int64(at) || report.Findings[0].Count != 1 {
				t.Errorf("%s at %d: %v, %v", name, at, report.Findings, err)
			}
		}
	}
	report, err := s.Reader("data", iotest.OneByteReader(strings.NewReader("a Zirbelnusskuchen, two ZIRBELNUSSKUCHEN")))
	if err != nil || len(report.Findings) != 1 || report.Findings[0].Count != 2 || report.Findings[0].Offset != 2 {
		t.Errorf("byte by byte: %v, %v", report.Findings, err)
	}
}

func TestValuesBetweenLongStretchesOfZerosAreFound(t *testing.T) {
	for _, value := range [][]byte{[]byte("quuxowna-77"), append(make([]byte, 7), "quuxowna-77"...)} {
		var set Set
		set.Binary("key", value)
		for before := range 3 * stretch {
			data := append(make([]byte, before), value...)
			data = append(data, make([]byte, 2*stretch)...)
			report, err := set.Bytes("memory", data)
			if err != nil || len(report.Findings) != 1 || report.Findings[0].Offset != int64(before) {
				t.Fatalf("%d zeros before %q: %v, %v", before, value, report.Findings, err)
			}
		}
	}
}

func TestFilesAreSearchedWithTheirNamesAndDirectoriesInDirectories(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a/b/clean", strings.Repeat("nothing ", 1000))
	write("a/b/dirty", "so Zirbelnusskuchen")
	write("of-zirbelnusskuchen/note", "zirbelnusskuchen again")
	var s Set
	s.Text("name", "Zirbelnusskuchen")
	report, err := s.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	var where []string
	for _, f := range report.Findings {
		where = append(where, strings.TrimPrefix(f.String(), dir))
	}
	slices.Sort(where)
	want := []string{
		"/a/b/dirty: name at byte 3 (raw)", "/…: name at byte 0 (raw)", "/… (name): name at byte 3 (raw)",
	}
	slices.Sort(want)
	if !slices.Equal(where, want) || report.Files != 3 {
		t.Errorf("%d files, found %q", report.Files, where)
	}
}

func TestASearchThatCouldNotFailIsAnError(t *testing.T) {
	var empty, short, s Set
	short.Text("country", "LI")
	s.Text("name", "Zirbelnusskuchen")
	if _, err := empty.Bytes("x", nil); !errors.Is(err, ErrNothing) {
		t.Errorf("a set without canaries: %v", err)
	}
	if _, err := short.Bytes("x", nil); err == nil || strings.Contains(err.Error(), "LI") {
		t.Errorf("a canary of two bytes: %v", err)
	}
	if _, err := s.Files(t.TempDir()); !errors.Is(err, ErrNothing) {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := s.Files(filepath.Join(t.TempDir(), "gone")); err == nil {
		t.Error("no directory: no error")
	}
	broken := errors.New("bad sector")
	if _, err := s.Reader("x", io.MultiReader(strings.NewReader("a"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
	report, err := s.Bytes("x", []byte("zirbelnusskuchen"))
	if err != nil || report.Err() == nil || !errors.Is(report.Require("another"), ErrBlind) || report.Require("name") != nil || report.Err() != nil {
		t.Errorf("what was planted: %v, %v", report, err)
	}
	// The search itself goes blind.
	s.m.bits = [len(s.m.bits)]uint64{}
	if _, err := s.Bytes("x", []byte("zirbelnusskuchen")); !errors.Is(err, ErrBlind) {
		t.Errorf("a blind search: %v", err)
	}
}

func TestWhatIsInventedIsItsOwn(t *testing.T) {
	for shape := Name; shape <= Address; shape++ {
		var a, b Set
		va, vb := a.Invent("a", shape), b.Invent("b", shape)
		if va == vb || len(find(t, &a, []byte("x"+va))) == 0 || shape != Code && len(find(t, &a, []byte("x"+vb))) != 0 {
			t.Errorf("shape %d: %q and %q", shape, va, vb)
		}
	}
}

func fifty() *Set {
	var s Set
	for i := range 50 {
		s.Invent(fmt.Sprint(i), Shape(i%8+1))
	}
	return &s
}

func BenchmarkSearch(b *testing.B) {
	s := fifty()
	text := bytes.Repeat([]byte(`{"time":"2031-04-05T06:07:08Z","level":"INFO","msg":"served","method":"GET","path":"/api/v1/parties","status":200,"took":0.0123}`+"\n"), 1<<18)
	for name, data := range map[string][]byte{"noise": noise(32 << 20), "text": text[:32<<20], "zeros": make([]byte, 32<<20)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := s.Bytes("x", data); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(s.Patterns()), "patterns")
		})
	}
}
