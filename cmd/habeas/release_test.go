package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/habeas-data/habeas/internal/release"
)

// released is a release of the very program that the tests run, and of another file.
type released struct {
	*site
	dir, private, key string
}

func newRelease(t *testing.T) *released {
	t.Helper()
	private, key, err := release.GenerateKey("example.org/habeas")
	r := &released{&site{TB: t}, t.TempDir(), private, key}
	r.must(err)
	return r
}

// list writes a manifest of the program under a name, and of what the directory holds.
func (r *released) list(version, name string) string {
	r.Helper()
	self, err := os.Executable()
	r.must(err)
	m := release.Manifest{Version: version, Date: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Go: runtime.Version()}
	for called, file := range map[string]string{name: self, "notes": filepath.Join(r.dir, "notes")} {
		f, err := os.Open(file)
		r.must(err)
		one, err := release.Measure(called, f)
		r.must(err)
		r.must(f.Close())
		m.Files = append(m.Files, one)
	}
	if m.Files[0].Name > m.Files[1].Name {
		m.Files[0], m.Files[1] = m.Files[1], m.Files[0]
	}
	signer, err := note.NewSigner(r.private)
	r.must(err)
	signed, err := m.Sign(signer)
	r.must(err)
	file := filepath.Join(r.dir, release.ManifestName)
	r.must(os.WriteFile(file, signed, 0o644))
	return file
}

// Whoever has the program can check by the signature of its release that it is ours, and is
// told what exactly is wrong with one that is not.
// Proves PRX-02.
func TestAProgramCanBeCheckedByItsSignature(t *testing.T) {
	r := newRelease(t)
	notes := filepath.Join(r.dir, "notes")
	r.must(os.WriteFile(notes, []byte("What is new.\n"), 0o644))
	manifest := r.list("v999.0.0", "habeas-"+runtime.GOOS+"-"+runtime.GOARCH)
	check := func(name string, code int, want string, args ...string) {
		t.Helper()
		got, out, complaints := r.run(append([]string{"verify-release"}, args...)...)
		if got != code || !strings.Contains(out+complaints, want) {
			t.Errorf("%s: ended with %d, want %d and %q:\n%s%s", name, got, code, want, out, complaints)
		}
	}
	key := "--key=" + r.key
	check("itself", 0, "as released: habeas-"+runtime.GOOS, key, manifest)
	check("what was checked", 0, "release v999.0.0 of 2026-03-01", key, manifest)
	check("a file", 0, notes+": as released: notes, 13 bytes", key, manifest, notes)
	check("without a key", 1, "developer's build", manifest)
	check("half a key", 1, "expected NAME+HASH+KEY", "--key=example.org/habeas", manifest)
	_, foreign, err := release.GenerateKey("example.net/other")
	r.must(err)
	check("by another key", 1, "signed by another key: by example.org/habeas+", "--key="+foreign, manifest)

	r.must(os.WriteFile(notes, []byte("What is old.\n"), 0o644))
	check("a file that was changed", 1, notes+": it is not what was released", key, manifest, notes)
	unlisted := filepath.Join(r.dir, "unlisted")
	r.must(os.WriteFile(unlisted, nil, 0o644))
	check("a file that is not listed", 1, unlisted+": the manifest does not list it", key, manifest, unlisted)

	signed, err := os.ReadFile(manifest)
	r.must(err)
	text, _, _ := strings.Cut(string(signed), "\n\n")
	for want, changed := range map[string]string{
		"the manifest is not signed":   text + "\n",
		"the signature does not fit":   strings.Replace(string(signed), "v999", "v998", 1),
		"this is no manifest of a rel": "hello\n",
	} {
		r.must(os.WriteFile(manifest, []byte(changed), 0o644))
		check(want, 1, want, key, manifest)
	}
}

// An older release is signed as well, and brings back what was mended since.
func TestAnOlderReleaseIsRefusedUnlessItIsWanted(t *testing.T) {
	r := newRelease(t)
	r.must(os.WriteFile(filepath.Join(r.dir, "notes"), nil, 0o644))
	r.list("v1.0.0", "habeas")
	c := verifyReleaseCommand{Manifest: filepath.Join(r.dir, release.ManifestName), Files: []string{filepath.Join(r.dir, "notes")}, Key: r.key}
	if err := c.verify("v1.1.0"); err == nil || !strings.Contains(err.Error(), "older than this program: v1.0.0, and this is v1.1.0") {
		t.Errorf("a downgrade: %v", err)
	}
	if err := c.verify("v1.0.0"); err != nil {
		t.Errorf("the same: %v", err)
	}
	c.Older = true
	if err := c.verify("v1.1.0"); err != nil {
		t.Errorf("when it is wanted: %v", err)
	}
}
