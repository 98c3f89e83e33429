package archive

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

var march = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func write(t *testing.T, dir string, to age.Recipient, lines ...Line) []byte {
	t.Helper()
	f, err := Create(dir, to, march)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := f.Add(l); err != nil {
			t.Fatal(err)
		}
	}
	name, digest, err := f.Close()
	if err != nil || len(digest) != 64 || !strings.HasPrefix(name, "log-2026-03-") {
		t.Fatal(name, digest, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func key(t *testing.T) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Proves LOG-07.
func TestAnArchiveFileOpensWithItsKeyOnlyAndWhole(t *testing.T) {
	dir, mine := t.TempDir(), key(t)
	want := []Line{{Kind: KindLog, ID: "evt1", At: "2026-03-01T09:00:00Z", Who: "canary", Class: "authorized"}, {Kind: KindContribution, ID: "ctb1", Operation: "profile.publish", Refused: true}}
	text := write(t, dir, mine.Recipient(), want...)
	if bytes.Contains(text, []byte("canary")) {
		t.Error("a line can be read in the file")
	}
	var got []Line
	head, err := Read(bytes.NewReader(text), func(l Line) error { got = append(got, l); return nil }, mine)
	if err != nil || head.Month != "2026-03" || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("read %+v %+v, %v", head, got, err)
	}
	none := func(Line) error { return nil }
	if _, err := Read(bytes.NewReader(text), none, key(t)); err == nil {
		t.Error("another key opens it")
	}
	for i := range text {
		other := bytes.Clone(text)
		other[i] ^= 1
		if _, err := Read(bytes.NewReader(other), none, mine); err == nil {
			t.Fatalf("byte %d changed: not noticed", i)
		}
	}
	if _, err := Read(bytes.NewReader(text[:len(text)-1]), none, mine); err == nil {
		t.Error("a cut file is read")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(left) > 0 {
		t.Error("a part stayed")
	}
	f, err := Create(dir, mine.Recipient(), march)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Abort(); err != nil {
		t.Error(err)
	}
	if all, _ := os.ReadDir(dir); len(all) != 1 {
		t.Errorf("%d files after one was given up", len(all))
	}
}

func TestWhatIsNoArchiveIsRefused(t *testing.T) {
	const head = `{"habeas_archive":1,"month":"2026-03"}` + "\n"
	for _, text := range []string{
		"", "\n", "x", `{"habeas_archive":2,"month":"2026-03"}`, `{"habeas_archive":1,"month":"March"}`, `{"habeas_archive":1,"month":"2026-03","more":1}`,
		head + "{}", head + `{"kind":"log"}`, head + `{"kind":"other","id":"x"}`, head + `{"kind":"log","id":"x"} {}`, head + `{"kind":"log","id":"x","ip":"192.0.2.1"}`,
		head + `{"kind":"log","id":"` + strings.Repeat("x", maxLine) + `"}`,
	} {
		if _, err := readPlain(strings.NewReader(text), func(Line) error { return nil }); err == nil {
			t.Errorf("read: %.60q", text)
		}
	}
	stop := errors.New("stop")
	if _, err := readPlain(strings.NewReader(head+`{"kind":"log","id":"x"}`), func(Line) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the visitor's error: %v", err)
	}
}

func FuzzReadPlain(f *testing.F) {
	f.Add([]byte(`{"habeas_archive":1,"month":"2026-03"}` + "\n" + `{"kind":"log","id":"x","at":"2026-03-01T09:00:00Z"}` + "\n"))
	f.Add([]byte(`{"habeas_archive":1,"month":"2026-03"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		n := 0
		_, err := readPlain(bytes.NewReader(text), func(l Line) error {
			n++
			if l.ID == "" || l.Kind != KindLog && l.Kind != KindContribution {
				t.Fatalf("visited %+v", l)
			}
			return nil
		})
		if err == nil && n > bytes.Count(text, []byte("\n"))+1 {
			t.Fatalf("%d lines of %d", n, bytes.Count(text, []byte("\n"))+1)
		}
	})
}
