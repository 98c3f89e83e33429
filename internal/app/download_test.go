package app_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/release"
)

// releases writes a release of one small program and returns its directory and public key.
func (w *world) releases(program string) (dir, key string) {
	w.Helper()
	dir = w.TempDir()
	private, key, err := release.GenerateKey("records.example.org/habeas")
	w.ok(err)
	f := must(release.Measure("habeas-linux-amd64", strings.NewReader(program)))(w)
	m := release.Manifest{Version: "v1.2.3", Date: w.clock.Now(), Go: "go1.26.0", Files: []release.File{f}}
	w.put(filepath.Join(dir, release.ManifestName), string(must(m.Sign(must(note.NewSigner(private))(w)))(w)))
	w.put(filepath.Join(dir, f.Name), program)
	return dir, key
}

func (w *world) put(file, text string) {
	w.Helper()
	w.ok(os.WriteFile(file, []byte(text), 0o644))
}

// The official site hands out the signed list and the programs that it lists, as they were
// released, and nothing else that lies there.
// Proves PRX-02.
func TestTheSiteHandsOutWhatWasReleasedAndNothingElse(t *testing.T) {
	w := newWorld(t)
	if p := w.browser().send(http.MethodGet, "/download", nil); p.status != http.StatusNotFound {
		t.Errorf("a site without a release: %d", p.status)
	}
	program := strings.Repeat("program ", 10_000)
	dir, key := w.releases(program)
	w.Downloads = release.NewShelf(dir, must(release.Key(key))(w))
	w.pages = must(w.Handler(nil))(w)
	b := w.browser()

	page := b.get("/download")
	f := must(release.Measure("", strings.NewReader(program)))(w)
	for _, want := range []string{"Version v1.2.3", "https://records.example.org", f.Hash(), `href="/download/habeas-linux-amd64"`, "habeas verify-release manifest.txt"} {
		if !strings.Contains(page.text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if !strings.Contains(b.get("/policy").text, `href="/download"`) {
		t.Error("no page leads there")
	}
	m := must(release.Open([]byte(b.get("/download/manifest.txt").text), must(release.Key(key))(w)))(w)
	got := b.get("/download/habeas-linux-amd64")
	if _, err := m.Check("habeas-linux-amd64", strings.NewReader(got.text)); err != nil || got.text != program {
		t.Errorf("what is handed out: %d bytes, %v", len(got.text), err)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "Content-Length": "80000", "Content-Disposition": `attachment; filename="habeas-linux-amd64"`,
		"X-Content-Type-Options": "nosniff",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
		}
	}

	w.put(filepath.Join(dir, "unlisted"), "x")
	w.put(filepath.Join(filepath.Dir(dir), "beside"), "x")
	for _, path := range []string{
		"/download/unlisted", "/download/habeas", "/download/", "/download/..%2fbeside", "/download/%2e%2e/beside", "/download/../../etc/passwd",
		"/download/..%5cbeside", "/download/%2fetc%2fpasswd", "/download/habeas-linux-amd64%00", "/download/./unlisted", "/download//unlisted",
	} {
		if p := b.send(http.MethodGet, path, nil); p.status < 300 || p.text == "x" {
			t.Errorf("%s: %d", path, p.status)
		}
	}

	w.put(filepath.Join(dir, "habeas-linux-amd64"), strings.Replace(program, "p", "b", 1))
	if p := b.send(http.MethodGet, "/download/habeas-linux-amd64", nil); p.status != http.StatusServiceUnavailable || strings.Contains(p.text, "program program") {
		t.Errorf("one that was changed: %d", p.status)
	}
	other, _ := w.releases(program)
	w.put(filepath.Join(dir, release.ManifestName), string(must(os.ReadFile(filepath.Join(other, release.ManifestName)))(w)))
	for _, path := range []string{"/download", "/download/manifest.txt", "/download/habeas-linux-amd64"} {
		if p := b.send(http.MethodGet, path, nil); p.status != http.StatusServiceUnavailable {
			t.Errorf("%s signed by another key: %d", path, p.status)
		}
	}
}

// A program that is changed while it goes over the wire does not arrive whole.
func TestADownloadThatChangesBreaksOff(t *testing.T) {
	w := newWorld(t)
	program := strings.Repeat("program ", 100_000)
	dir, key := w.releases(program)
	w.Downloads = release.NewShelf(dir, must(release.Key(key))(w))
	w.pages = must(w.Handler(nil))(w)
	r := httptest.NewRequest(http.MethodGet, "/download/habeas-linux-amd64", nil)
	r.Host = "records.example.org"
	to := &tampering{ResponseRecorder: httptest.NewRecorder(), with: func() { w.put(filepath.Join(dir, "habeas-linux-amd64"), strings.Repeat("Program ", 100_000)) }}
	func() {
		defer func() {
			if broken, _ := recover().(error); !errors.Is(broken, http.ErrAbortHandler) {
				t.Errorf("it ends with %v", broken)
			}
		}()
		w.pages.ServeHTTP(to, r)
	}()
	if n := to.Body.Len(); n == 0 || n >= len(program) {
		t.Errorf("%d of %d bytes went out", n, len(program))
	}
}

// tampering calls once something has been written.
type tampering struct {
	*httptest.ResponseRecorder
	with func()
}

func (w *tampering) Write(p []byte) (int, error) {
	if w.with != nil && len(p) > 1000 {
		w.with()
		w.with = nil
	}
	return w.ResponseRecorder.Write(p)
}

func TestDoctorNamesProgramsThatAreNotWhatWasReleased(t *testing.T) {
	w, _ := patient(t)
	dir, key := w.releases("program")
	w.put(filepath.Join(w.dir, app.SettingsFile), "[downloads]\ndir = \""+dir+"\"\nkey = \""+key+"\"\n")
	found := func() bool {
		r := must(app.Doctor(w.ctx(), app.DoctorOptions{Dir: w.dir, Clock: w.clock}))(w)
		return slices.ContainsFunc(r.Findings, func(f backup.Finding) bool {
			return f.Code == "downloads" && strings.Contains(f.What, "habeas-linux-amd64") && r.Verdict != backup.Good
		})
	}
	if found() {
		t.Error("what was released is reported")
	}
	w.put(filepath.Join(dir, "habeas-linux-amd64"), "another")
	if !found() {
		t.Error("what was changed is not")
	}
}
