package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/pkitest"
	"github.com/habeas-data/habeas/internal/pki/regfile"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

var began = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// world is an authority, somebody's open registration file, and a server that tells what it
// was asked and by whom.
type world struct {
	*testing.T
	authority *pkitest.Authority
	session   *sealed.Session
	identity  *regfile.Identity
	clock     *habeas.ManualClock
	server    *httptest.Server
	asked     []*http.Request
	answer    http.HandlerFunc
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, authority: must(pkitest.New(began))(t), session: sealed.Open(t.Context()), clock: habeas.NewManualClock(began.Add(time.Hour))}
	t.Cleanup(w.session.Close)
	key := must(regfile.NewKey(w.session))(t)
	asked := must(request.Make(key, dn.Subject{Name: "Tim Tester", Country: "ES", Username: "tim", Email: "tim@example.com"}))(t)
	chain := must(w.authority.Issue(must(request.Parse(asked))(t)))(t)
	password := sealedtest.Seal("correct horse battery staple")
	file := must(regfile.Make(key, chain, password))(t)
	w.identity = must(regfile.Open(w.session, file, password))(t)
	w.server = w.serve(w.authority)
	return w
}

// serve starts a server of an authority's root which wants certificates of ours.
func (w *world) serve(of *pkitest.Authority) *httptest.Server {
	w.Helper()
	people := x509.NewCertPool()
	people.AddCert(w.authority.Root())
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
		w.asked = append(w.asked, r)
		if w.answer != nil {
			w.answer(a, r)
			return
		}
		a.Header().Set("Set-Cookie", "habeas=1")
		_, _ = io.WriteString(a, "hello "+r.TLS.PeerCertificates[0].EmailAddresses[0])
	}))
	s.TLS = &tls.Config{
		MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: people, Time: w.clock.Now,
		Certificates: []tls.Certificate{must(of.IssueServer())(w.T)},
	}
	s.StartTLS()
	w.Cleanup(s.Close)
	return s
}

// run starts the proxy for a server.
func (w *world) run(server string) *Proxy {
	w.Helper()
	p := must(New(Config{Identity: w.identity, Server: server, Clock: w.clock, Log: slog.New(slog.DiscardHandler)}))(w.T)
	ctx, end := context.WithCancel(w.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	w.Cleanup(func() {
		end()
		if err := <-done; err != nil {
			w.Error(err)
		}
	})
	return p
}

// answer is one that was read to its end.
type answer struct {
	StatusCode int
	Header     http.Header
}

// ask is a program of this machine that uses the proxy.
func (w *world) ask(p *Proxy, path string, change func(*http.Request)) (answer, string) {
	w.Helper()
	r := must(http.NewRequestWithContext(w.Context(), http.MethodGet, p.URL()+path, http.NoBody))(w.T)
	r.Header.Set("Authorization", "Bearer "+p.Token())
	if change != nil {
		change(r)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := client.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer a.Body.Close()
	return answer{a.StatusCode, a.Header}, string(must(io.ReadAll(a.Body))(w.T))
}

// Programs reach the server as the person in the file, and no cookie passes in either direction.
func TestProgramsReachTheServerAsThePerson(t *testing.T) {
	w := newWorld(t)
	p := w.run(w.server.URL)
	if err := p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.asked = nil
	a, text := w.ask(p, "/me?a=1", func(r *http.Request) {
		r.Header.Set("Cookie", "habeas=stolen")
		r.Header.Set("X-Forwarded-For", "192.0.2.1")
		r.Header.Set("X-Client-Cert", "somebody else")
		r.Header.Set("Client-Cert", ":AAAA:")
		r.Header.Set("Accept-Language", "es")
	})
	if a.StatusCode != http.StatusOK || text != "hello tim@example.com" || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("%d %q, cookie %q", a.StatusCode, text, a.Header.Get("Set-Cookie"))
	}
	got := w.asked[0]
	if got.RequestURI != "/me?a=1" || got.Header.Get("Accept-Language") != "es" {
		t.Errorf("asked for %s with %v", got.RequestURI, got.Header)
	}
	for _, name := range []string{"Cookie", "Authorization", "X-Forwarded-For", "X-Client-Cert", "Client-Cert", "Forwarded"} {
		if got.Header.Get(name) != "" {
			t.Errorf("the server got %s", name)
		}
	}
	_, about := w.ask(p, IdentityPath, nil)
	var me struct{ Name, Email, Server string }
	if err := json.Unmarshal([]byte(about), &me); err != nil || me.Name != "Tim Tester" || me.Server != w.server.URL {
		t.Errorf("identity %s, %v", about, err)
	}
	w.answer = func(a http.ResponseWriter, r *http.Request) {
		http.Redirect(a, r, w.server.URL+"/there?x=1", http.StatusSeeOther)
	}
	if a, _ := w.ask(p, "/", nil); a.Header.Get("Location") != "/there?x=1" {
		t.Errorf("led to %s", a.Header.Get("Location"))
	}
}

// A server outside the trust root, or without TLS, gets nothing.
// Proves AUTH-06.
func TestAForeignServerGetsNothing(t *testing.T) {
	w := newWorld(t)
	foreign := w.serve(must(pkitest.New(began))(t))
	p := w.run(foreign.URL)
	if err := p.Check(t.Context()); codeOf(err) != ErrForeignServer.Code {
		t.Errorf("checked: %v", err)
	}
	a, text := w.ask(p, "/me", nil)
	if a.StatusCode != http.StatusBadGateway || !strings.Contains(text, "proxy.foreign") || len(w.asked) != 0 {
		t.Errorf("%d %s, and it was asked %d times", a.StatusCode, text, len(w.asked))
	}
	w.server.Close()
	if err := w.run(w.server.URL).Check(t.Context()); habeas.KindOf(err) != habeas.KindUnavailable {
		t.Errorf("a server that is away: %v", err)
	}
	for _, bad := range []string{"http://localhost:8080", "https://", "records.example.org", "https://tim@example.org", "https://example.org/path", "https://example.org/?q"} {
		if _, err := New(Config{Identity: w.identity, Server: bad, Clock: w.clock}); codeOf(err) != "proxy.server" {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestNobodyElseUsesTheProxy(t *testing.T) {
	w := newWorld(t)
	p := w.run(w.server.URL)
	for name, c := range map[string]struct {
		change func(*http.Request)
		code   string
	}{
		"no token":             {func(r *http.Request) { r.Header.Del("Authorization") }, "proxy.token"},
		"another token":        {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+strings.Repeat("A", 43)) }, "proxy.token"},
		"the token as a user":  {func(r *http.Request) { r.SetBasicAuth("x", p.Token()) }, "proxy.token"},
		"a page of the web":    {func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, "proxy.page"},
		"a page's picture":     {func(r *http.Request) { r.Header.Set("Sec-Fetch-Mode", "no-cors") }, "proxy.page"},
		"a name of DNS for it": {func(r *http.Request) { r.Host = "evil.example" }, "proxy.page"},
	} {
		a, text := w.ask(p, "/me", c.change)
		if a.StatusCode/100 != 4 || !strings.Contains(text, c.code) || len(w.asked) != 0 {
			t.Errorf("%s: %d %s", name, a.StatusCode, text)
		}
	}
	for _, bad := range []string{"0.0.0.0:0", "[::]:0", "192.0.2.1:80", "example.org:80", "8600", ":8600"} {
		if _, err := New(Config{Identity: w.identity, Server: w.server.URL, Listen: bad, Clock: w.clock}); codeOf(err) != "proxy.listen" {
			t.Errorf("listening at %s: %v", bad, err)
		}
	}
	w.clock.Advance(4 * 365 * 24 * time.Hour)
	if _, err := New(Config{Identity: w.identity, Server: w.server.URL, Clock: w.clock}); !errors.Is(err, pki.ErrExpired) {
		t.Errorf("an expired certificate: %v", err)
	}
}

// With the session the key is gone: nothing more is signed, and no file was written.
// Proves PRX-03.
func TestQuittingLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("TMPDIR", dir)
	w := newWorld(t)
	p := w.run(w.server.URL)
	if a, _ := w.ask(p, "/me", nil); a.StatusCode != http.StatusOK {
		t.Fatal(a.StatusCode)
	}
	w.session.Close()
	p.forward.Transport.(*http.Transport).CloseIdleConnections()
	if _, err := w.identity.Key.Sign(nil, make([]byte, 32), nil); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("the key signs after the end: %v", err)
	}
	if a, _ := w.ask(p, "/me", nil); a.StatusCode != http.StatusBadGateway {
		t.Errorf("after the end: %d", a.StatusCode)
	}
	var left bytes.Buffer
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left.WriteString(name + "\n")
		}
		return err
	})
	if err != nil || left.Len() > 0 {
		t.Errorf("left behind: %s%v", left.String(), err)
	}
}

func codeOf(err error) string {
	var e *habeas.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
