package release

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// maker is who releases.
type maker struct {
	testing.TB
	signer note.Signer
	key    PublicKey
}

func newMaker(t testing.TB, name string) maker {
	t.Helper()
	private, public, err := GenerateKey(name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := Key(public)
	if err != nil || key.BuiltIn {
		t.Fatal(key.BuiltIn, err)
	}
	return maker{t, signer, key}
}

func (k maker) sign(m Manifest) []byte {
	k.Helper()
	signed, err := m.Sign(k.signer)
	if err != nil {
		k.Fatal(err)
	}
	return signed
}

// programs are the contents of a small release.
var programs = map[string]string{"habeas-linux-amd64": strings.Repeat("lin", 50_000), "habeas-windows-amd64.exe": "win"}

func released(t testing.TB) Manifest {
	t.Helper()
	m := Manifest{Version: "v1.2.3", Date: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Go: "go1.26.0"}
	for _, name := range []string{"habeas-linux-amd64", "habeas-windows-amd64.exe"} {
		f, err := Measure(name, strings.NewReader(programs[name]))
		if err != nil {
			t.Fatal(err)
		}
		m.Files = append(m.Files, f)
	}
	return m
}

// shelf writes a release into a directory.
func (k maker) shelf() (*Shelf, string) {
	k.Helper()
	dir := k.TempDir()
	for name, text := range programs {
		k.write(dir, name, text)
	}
	k.write(dir, ManifestName, string(k.sign(released(k))))
	return NewShelf(dir, k.key), dir
}

func (k maker) write(dir, name, text string) {
	k.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		k.Fatal(err)
	}
}

func TestAManifestThatWasTouchedIsRefused(t *testing.T) {
	k := newMaker(t, "example.org/habeas")
	m := released(t)
	signed := k.sign(m)
	other := newMaker(t, "example.net/other")
	text, _, _ := strings.Cut(string(signed), "\n\n")
	edit := func(from, to string) string { return strings.Replace(string(signed), from, to, 1) }
	resigned := func(text string) string {
		msg, err := note.Sign(&note.Note{Text: text + "\n"}, k.signer)
		if err != nil {
			t.Fatal(err)
		}
		return string(msg)
	}
	for name, c := range map[string]struct {
		msg  string
		want error
	}{
		"as it was signed":          {string(signed), nil},
		"without its signature":     {text + "\n", ErrUnsigned},
		"signed by somebody else":   {string(other.sign(m)), ErrOtherKey},
		"another version":           {edit("v1.2.3", "v1.2.4"), ErrForged},
		"another hash":              {edit(m.Files[0].Hash()[:4], "0000"), ErrForged},
		"nothing":                   {"", ErrManifest},
		"something else, signed":    {resigned("hello"), ErrManifest},
		"files out of order":        {resigned(swapped(text)), ErrManifest},
		"a path for a name":         {resigned(strings.Replace(text, "habeas-linux-amd64", "../habeas", 1)), ErrManifest},
		"its own name":              {resigned(strings.Replace(text, "habeas-linux-amd64", ManifestName, 1)), ErrManifest},
		"capitals in a hash":        {resigned(strings.Replace(text, m.Files[0].Hash(), strings.ToUpper(m.Files[0].Hash()), 1)), ErrManifest},
		"a length with a zero":      {resigned(strings.Replace(text, " 150000 ", " 0150000 ", 1)), ErrManifest},
		"a length below nothing":    {resigned(strings.Replace(text, " 150000 ", " -1 ", 1)), ErrManifest},
		"no version":                {resigned(strings.Replace(text, "v1.2.3", "newest", 1)), ErrManifest},
		"a date of another zone":    {resigned(strings.Replace(text, "09:00:00Z", "09:00:00+01:00", 1)), ErrManifest},
		"longer than any manifest":  {string(signed) + strings.Repeat("— a b\n", MaxManifest/8), ErrManifest},
		"a second signature beside": {cosigned(t, signed, other.signer), nil},
	} {
		got, err := Open([]byte(c.msg), k.key)
		if !errors.Is(err, c.want) || err != nil && c.want == nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if c.want == nil && got.text() != m.text() {
			t.Errorf("%s: it reads %+v", name, got)
		}
	}
}

func swapped(text string) string {
	lines := strings.Split(text, "\n")
	n := len(lines)
	lines[n-1], lines[n-2] = lines[n-2], lines[n-1]
	return strings.Join(lines, "\n")
}

func cosigned(t *testing.T, signed []byte, by note.Signer) string {
	t.Helper()
	text, signature, _ := strings.Cut(string(signed), "\n\n")
	second, err := note.Sign(&note.Note{Text: text + "\n"}, by)
	if err != nil {
		t.Fatal(err)
	}
	_, more, _ := strings.Cut(string(second), "\n\n")
	return text + "\n\n" + signature + more
}

func TestAFileIsWhatTheManifestListsOrIsRefused(t *testing.T) {
	m := released(t)
	linux := programs["habeas-linux-amd64"]
	for name, c := range map[string]struct {
		file, text string
		want       error
	}{
		"under its name":                   {"habeas-linux-amd64", linux, nil},
		"installed under another":          {"habeas", linux, nil},
		"changed":                          {"habeas-linux-amd64", linux[1:] + "x", ErrDiffers},
		"one byte more":                    {"habeas-linux-amd64", linux + "x", ErrDiffers},
		"another program under this name":  {"habeas-linux-amd64", "win", ErrDiffers},
		"another program, another name":    {"habeas", "something else", ErrUnlisted},
		"a name that begins like a listed": {"habeas-linux", "x", ErrUnlisted},
	} {
		is, err := m.Check(c.file, strings.NewReader(c.text))
		if !errors.Is(err, c.want) || err != nil && c.want == nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if c.want == nil && is.Name != "habeas-linux-amd64" {
			t.Errorf("%s: it is called %s", name, is.Name)
		}
	}
	for running, refused := range map[string]bool{"v1.2.2": false, "v1.2.3": false, "v1.3.0": true, "v1.2.4-0.20260301090000-0123456789ab+dirty": true, "(devel)": false} {
		if err := m.Newer(running); errors.Is(err, ErrOlder) != refused {
			t.Errorf("to a program of %s: %v", running, err)
		}
	}
}

func TestAShelfHandsOutWhatWasReleasedAndNothingElse(t *testing.T) {
	k := newMaker(t, "example.org/habeas")
	s, dir := k.shelf()
	read := func(name string) (string, error) {
		r, err := s.Open(name)
		if err != nil {
			return "", err
		}
		defer r.Close()
		text, err := io.ReadAll(r)
		return string(text), err
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	for name, want := range programs {
		if text, err := read(name); err != nil || text != want {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
	}
	k.write(dir, "unlisted", "x")
	for _, name := range []string{"unlisted", ManifestName, "", ".", "..", "../" + filepath.Base(dir) + "/habeas-linux-amd64", "/etc/passwd"} {
		if _, err := read(name); !errors.Is(err, ErrUnlisted) {
			t.Errorf("%q: %v", name, err)
		}
	}

	k.write(dir, "habeas-windows-amd64.exe", "bad") // as long as before
	if _, err := read("habeas-windows-amd64.exe"); !errors.Is(err, ErrDiffers) {
		t.Errorf("changed: %v", err)
	}
	if err := s.Check(); !errors.Is(err, ErrDiffers) || !strings.Contains(err.Error(), "habeas-windows-amd64.exe") {
		t.Errorf("all of it: %v", err)
	}
	k.write(dir, "habeas-windows-amd64.exe", "win and more")
	if _, err := read("habeas-windows-amd64.exe"); !errors.Is(err, ErrDiffers) {
		t.Errorf("changed again: %v", err)
	}
	k.write(dir, "habeas-windows-amd64.exe", "win")
	if text, err := read("habeas-windows-amd64.exe"); err != nil || text != "win" {
		t.Errorf("mended: %q, %v", text, err)
	}

	outside := filepath.Join(t.TempDir(), "outside")
	k.write(filepath.Dir(outside), "outside", "win")
	listed := filepath.Join(dir, "habeas-windows-amd64.exe")
	for name, put := range map[string]func() error{
		"a link that leads out": func() error { return os.Symlink(outside, listed) },
		"a directory":           func() error { return os.Mkdir(listed, 0o755) },
		"nothing":               func() error { return nil },
	} {
		if err := errors.Join(os.RemoveAll(listed), put()); err != nil {
			t.Fatal(err)
		}
		if text, err := read("habeas-windows-amd64.exe"); err == nil {
			t.Errorf("%s was handed out: %q", name, text)
		}
	}
	k.write(dir, ManifestName, string(newMaker(t, "example.net/other").sign(released(t))))
	if _, err := read("habeas-linux-amd64"); !errors.Is(err, ErrOtherKey) {
		t.Errorf("under a foreign manifest: %v", err)
	}
}

// Whoever reads to the end has what was released: a file that changes on the way, in its
// last byte or its first, with the times of before, is never whole.
func TestAFileThatChangesWhileItIsReadIsNeverWhole(t *testing.T) {
	k := newMaker(t, "example.org/habeas")
	const name = "habeas-linux-amd64"
	want := programs[name]
	for at, change := range map[string]func(f *os.File) error{
		"its last byte": func(f *os.File) error { _, err := f.WriteAt([]byte("x"), int64(len(want)-1)); return err },
		"its middle":    func(f *os.File) error { _, err := f.WriteAt([]byte("x"), 100_000); return err },
		"it ends":       func(f *os.File) error { return f.Truncate(70_000) },
	} {
		s, dir := k.shelf()
		r, err := s.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		begin := make([]byte, 65_536)
		if _, err := io.ReadFull(r, begin); err != nil || !bytes.Equal(begin, []byte(want[:len(begin)])) {
			t.Fatal(err)
		}
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		is, err := f.Stat()
		if err = errors.Join(err, change(f), f.Close(), os.Chtimes(filepath.Join(dir, name), is.ModTime(), is.ModTime())); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(r)
		if !errors.Is(err, ErrDiffers) || len(begin)+len(rest) >= len(want) {
			t.Errorf("%s: %d of %d bytes, %v", at, len(begin)+len(rest), len(want), err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADeveloperBuildKnowsNoKey(t *testing.T) {
	if _, err := Key(""); !errors.Is(err, ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
	if _, err := Key("example.org/habeas"); err == nil || errors.Is(err, ErrNoKey) {
		t.Errorf("half a key: %v", err)
	}
	k := newMaker(t, "example.org/habeas")
	version, verifier = "v1.2.3", k.key.Text
	defer func() { version, verifier = "", "" }()
	if key, err := Key(""); err != nil || !key.BuiltIn || key.ID() != k.key.ID() || Version() != "v1.2.3" {
		t.Errorf("a release: %s %s, %v", Version(), key.Text, err)
	}
}

// What is read is canonical: it renders to the text that it was read from.
func FuzzManifest(f *testing.F) {
	f.Add(released(f).text())
	f.Add(header + "\nversion v1.0.0\ndate 2026-03-01T09:00:00Z\ngo go1.26\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parse(text)
		if err != nil {
			return
		}
		if m.text() != text {
			t.Errorf("it reads as another text:\n%q\n%q", text, m.text())
		}
		for _, file := range m.Files {
			if filepath.Base(file.Name) != file.Name || !filepath.IsLocal(file.Name) {
				t.Errorf("a name that leads somewhere: %q", file.Name)
			}
			if found, ok := m.File(file.Name); !ok || found != file {
				t.Errorf("%s is not found", file.Name)
			}
		}
	})
}
