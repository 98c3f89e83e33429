// Package servertest gives tests a whole server: real files, a real port, browsers
// that keep cookies and fill in the forms they are shown, devices with passkeys,
// connected systems, and an office that takes mail in over SMTP. Only tests import it.
package servertest

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki/dn"
)

// MasterPassword opens every data directory of [InitDir].
const MasterPassword = "Kettenbruch-Zwiebelturm-88"

// Forged is an administrator for what a test prepares without pages.
var Forged = habeas.Actor{
	Kind: habeas.ActorPerson, Account: habeas.AccountID{15: 1}, Proof: habeas.ProofPasskey,
	Roles: []habeas.Role{habeas.RoleAdministrator},
}

// World is one server on a real port over a real directory.
type World struct {
	testing.TB
	*app.Server
	Made   app.Initialised // of the directory; zero where the test made it itself
	HTTP   *httptest.Server
	Post   *Postman
	Logged *Buffer
	Faults *Buffer // every problem+json that was answered
}

// Buffer may be read while it is written.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer. It never fails.
func (s *Buffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// Bytes returns what was written so far.
func (s *Buffer) Bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.b.Bytes())
}

// Settings change how a world is opened.
type Settings func(*app.Config)

// Databases are two of PostgreSQL; empty, they stand for SQLite in the data directory.
type Databases struct{ Records, Keys string }

// InitDir makes a data directory that is quick to open.
func InitDir(t testing.TB, d Databases) (dir string, made app.Initialised) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	made, err := app.Init(t.Context(), app.InitOptions{
		Dir: dir, Password: keyring.NewPassword([]byte(MasterPassword)), Organisation: "City Sports", Addr: "localhost:8080", KDF: keyring.CheapKDF,
		RecordsDSN: d.Records, KeysDSN: d.Keys,
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir, made
}

// CopyDir copies a data directory that no server has open.
func CopyDir(t testing.TB, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// New makes a data directory and serves it.
func New(t testing.TB, d Databases, change ...Settings) *World {
	t.Helper()
	dir, made := InitDir(t, d)
	w := Open(t, dir, change...)
	w.Made = made
	return w
}

// Open serves a data directory that is there, with the databases of its settings. Mail
// goes to [World.Post] unless a change gives another sender. It is closed with the test.
func Open(t testing.TB, dir string, change ...Settings) *World {
	t.Helper()
	w := &World{TB: t, Post: NewPostman(), Logged: new(Buffer), Faults: new(Buffer)}
	set, err := app.ReadSettings(dir)
	w.Must(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.Must(err)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	origin, err := edge.ParseOrigin("http://localhost:" + port)
	w.Must(err)
	keys, err := app.Unseal(t.Context(), dir, keyring.NewPassword([]byte(MasterPassword)), false)
	w.Must(err)
	cfg := app.Config{
		Dir: dir, Keys: keys, RecordsDSN: set.Store.Records, Clock: habeas.SystemClock{}, Organisation: "City Sports", Contact: "the office", Origin: origin,
		Sender: w.Post, MailDomain: "example.org", Log: slog.New(slog.NewTextHandler(w.Logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&cfg)
	}
	w.Server, err = app.Open(t.Context(), cfg)
	w.Must(err)
	handler, err := w.Handler(nil)
	w.Must(err)
	w.HTTP = &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	w.HTTP.Start()
	w.HTTP.URL = origin.String()
	t.Cleanup(w.Close)
	return w
}

// Close stops the server in peace; doing it twice is harmless.
func (w *World) Close() {
	if w.Server == nil {
		return
	}
	w.HTTP.Close()
	if err := w.Server.Close(); err != nil {
		w.Error(err)
	}
	w.Server = nil
}

// Must ends the test on an error.
func (w *World) Must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// Registered registers everybody for whom a role waits, with keys that are thrown away:
// what they do with their registration file is proved elsewhere.
func (w *World) Registered() {
	w.Helper()
	if w.Server == nil { // it is another process
		return
	}
	grants, err := w.DB.Accounts().Grants(w.Context())
	w.Must(err)
	done := map[habeas.AccountID]bool{}
	for _, g := range grants {
		if g.State(w.Clock.Now()) != account.GrantWaits || g.Holder.IsZero() || done[g.Holder] {
			continue
		}
		done[g.Holder] = true
		addresses, err := w.DB.Accounts().Addresses(w.Context(), g.Holder)
		w.Must(err)
		who := dn.Subject{Name: "Test Person", Country: "ES", Username: "test", Email: account.Holdings{Addresses: addresses}.Main().Mailbox}
		w.Must(w.Backstage().Register(w.Context(), g.Holder, who))
	}
}

// URL is the address of the server.
func (w *World) URL() *url.URL {
	w.Helper()
	u, err := url.Parse(w.HTTP.URL)
	w.Must(err)
	return u
}
