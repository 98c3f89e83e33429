package proof_test

import (
	"bufio"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"golang.org/x/crypto/argon2"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/keyring/store"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/sealed/canary"
)

// A server in a process of its own goes through what its people do, with every secret and
// everything about people known to the test. It is made to dump its core in the middle of a
// request, and again when all is done. What it wrote holds nothing of all that; the cores
// hold none of the secrets. Names and addresses of people are in the cores by design: in the
// index that staff search and in buffers of requests (docs/sealed.md).
//
// Proves SEAL-A7 and ANA-2.
func TestARunningServerWritesNothingAndItsCoresShowNoSecret(t *testing.T) {
	h := newFarHeist(t)
	dir := h.made.Dir
	c, collected := newChild(t, dir), newCollector(t)
	figures := h.configure(t, dir, collected)

	h.http = c.start()
	h.throughAdministration()
	h.throughDesk()
	h.throughBulk()
	h.throughStaff()
	h.throughItsPerson()
	h.throughAddressChange()
	h.throughMistakes()
	h.throughNobody()
	h.throughPanics()
	h.sees("metrics of the first", fetch(t, "http://"+figures+"/metrics"))
	during := h.inTheMiddle(c)

	h.tell(t, dir)
	h.http = c.start()
	h.throughVisit()
	h.sees("metrics of the second", fetch(t, "http://"+figures+"/metrics"))
	backups := h.backUp(t, dir)
	if r := h.person.submit("/me/records/"+h.apiPerson.String()+"/erase", "word", "erase"); r.status != http.StatusOK {
		t.Errorf("erasing: %d", r.status)
	}
	for _, b := range []*browser{h.person, h.clerk, h.admin} {
		h.cookies(b)
		b.done("/sign-out")
	}
	h.planted()
	after := c.crash("a server at rest")

	h.http = c.start()
	c.stop() // sends the traces that are left
	h.sees("traces", collected.got.Bytes())
	h.wrote(t, c, files(t, dir, c.out, backups))
	h.keysOf(dir)
	for _, core := range []string{during, after} {
		report, err := h.secrets.Core(core)
		if core == after && err == nil {
			err = report.Require("planted") // so the search sees what is there
		}
		if err := errors.Join(err, report.Err()); err != nil {
			t.Errorf("core of %s: %v", filepath.Base(core), err)
		}
		t.Logf("core of %s: %d bytes searched for %d patterns", filepath.Base(core), report.Bytes, h.secrets.Patterns())
	}
}

// newFarHeist prepares a directory, whose server will run elsewhere.
func newFarHeist(t *testing.T) *heist {
	t.Helper()
	var d databases
	if os.Getenv("HABEAS_TEST_ENGINE") == "postgres" {
		d = databases{pgtest.Database(t), pgtest.Database(t)}
	}
	first := newWorldOn(t, d)
	policy, err := first.Policies.Current(t.Context())
	first.must(err)
	policy.Notices.DelayDays = 0
	_, err = first.Policies.Change(t.Context(), forged, policy)
	first.must(err)
	first.close()
	h := &heist{canaries: newCanaries(), databases: d, world: &world{TB: t, made: first.made, post: first.post, faults: first.faults}}
	var recovery strings.Builder
	h.must(h.made.Kit.WriteCode(&recovery))
	h.token("recovery code", recovery.String())
	h.token("first administrator's link", h.made.AdministratorLink[strings.Index(h.made.AdministratorLink, "=")+1:])
	return h
}

// tell makes notices due, which the server sends when it runs again.
func (h *heist) tell(t *testing.T, dir string) {
	t.Helper()
	between := openWorld(t, dir, func(cfg *app.Config) { cfg.Sender = nil })
	h.must(between.Notices.Tell(t.Context()))
	between.close()
}

// wrote searches the files of the server.
func (h *heist) wrote(t *testing.T, c *child, written map[string][]byte) {
	t.Helper()
	h.nowhere(t, "what was written", written)
	for _, part := range []string{"records.db", "keys.db", "stderr-1", "stderr-2"} {
		if len(written[part]) == 0 && h.databases.records == "" {
			t.Errorf("there is no %s to search", part)
		}
	}
	h.noCell(t, c.dir)
	log := string(c.logged())
	for word, least := range map[string]int{"msg=request": 100, "incident": 2, "panic": 1, "SIGABRT": 2} {
		if n := strings.Count(log, word); n < least {
			t.Errorf("the log has %q %d times, want %d: %.2000s", word, n, least, log)
		}
	}
}

// configure lets the server send mails to this process and its log, figures and traces say
// all they can.
func (h *heist) configure(t *testing.T, dir string, c *collector) (figures string) {
	t.Helper()
	office := newPostOffice(t)
	office.to = h.post
	office.open(t, false)
	host, port, err := net.SplitHostPort(office.address)
	h.must(err)
	figures = newPostOffice(t).address // one more free port
	path := filepath.Join(dir, app.SettingsFile)
	text, err := os.ReadFile(path)
	h.must(err)
	h.must(os.WriteFile(path, fmt.Appendf(append([]byte("core_dumps = true\n"), text...), `
[smtp]
host = %q
port = %s
tls = "none"
from = "records@example.org"
[log]
level = "debug"
[metrics]
listen = %q
[trace]
endpoint = %q
`, host, port, figures, c.URL), 0o600))
	return figures
}

// sees searches what the server shows to those who look after it.
func (h *heist) sees(name string, shown []byte) {
	h.Helper()
	if len(shown) < 200 {
		h.Errorf("%s: %s", name, shown)
	}
	for _, what := range h.find(shown) {
		h.Errorf("%s: %s", name, what)
	}
}

// throughDesk lets a system speak, with each way to show its secret.
func (h *heist) throughDesk() {
	h.desk = h.connected(authz.Terms{Name: "Booking desk"})
	h.token("secret of a system", h.desk.secret)
	h.token("token of a system", h.desk.token)
	basic := h.desk.send(http.MethodPost, "/oauth/token", "application/x-www-form-urlencoded", "grant_type=client_credentials", "Authorization", basicAuth(h.desk.id.String(), h.desk.secret))
	h.desk.token = basic.json(h)["access_token"].(string)
	h.token("token of a system", h.desk.token)
	h.token("credentials of a system", strings.TrimPrefix(basicAuth(h.desk.id.String(), h.desk.secret), "Basic "))

	ref := h.desk.party(map[string]any{"external_id": apiOwnID, "fields": apiPerson, "ticket": apiTicket}, "Idempotency-Key", apiRequest)
	h.apiPerson = h.behind(h.desk, ref, apiPerson["identity"]["family_name"])
}

func basicAuth(id, secret string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(id, secret)
	return r.Header.Get("Authorization")
}

// throughPanics lets handlers fail with people's data in their hands.
func (h *heist) throughPanics() {
	for _, fault := range []string{"", "on"} {
		if r := h.clerk.submit("/proof/panic", "who", staffPerson["identity.family_name"], "fault", fault); r.status != http.StatusInternalServerError {
			h.Errorf("a panic was answered %d", r.status)
		}
	}
}

// backUp makes a backup while the server runs and returns its directory.
func (h *heist) backUp(t *testing.T, dir string) string {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	h.must(err)
	to := t.TempDir()
	_, err = app.Backup(t.Context(), app.BackupOptions{Dir: dir, To: to, Recipients: []string{id.Recipient().String()}})
	h.must(err)
	return to
}

// planted leaves on the heap what must be found there.
func (h *heist) planted() {
	h.Helper()
	what := h.secrets.Invent("planted", canary.Name)
	if r := h.browser().submit("/proof/keep?what=" + url.QueryEscape(what)); r.status != http.StatusOK {
		h.Fatalf("planting: %d", r.status)
	}
}

// inTheMiddle lets a request with every kind of secret wait in a handler while others come
// and go, and takes a core then.
func (h *heist) inTheMiddle(c *child) (core string) {
	h.Helper()
	for _, b := range []*browser{h.admin, h.clerk, h.person} {
		h.cookies(b)
	}
	var fresh canary.Set
	code, link := fresh.Invent("", canary.Code), fresh.Invent("", canary.Token)
	h.token("code in use", code)
	h.token("link in use", link)
	conn := h.waits(c.addr, fields("code", code, "t", link))
	defer conn.Close()
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() { h.calls(4) })
	}
	callers.Wait()
	return c.crash("a server in the middle of a request")
}

// waits sends a request that a handler keeps, and returns its connection.
func (h *heist) waits(addr, body string) net.Conn {
	h.Helper()
	conn, err := net.Dial("tcp", addr)
	h.must(err)
	fmt.Fprintf(conn, "POST /proof/wait HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n",
		addr, basicAuth(h.desk.id.String(), h.desk.secret), len(body))
	for _, cookie := range h.person.client.Jar.Cookies(h.origin()) {
		fmt.Fprintf(conn, "Cookie: %s=%s\r\n", cookie.Name, cookie.Value)
	}
	fmt.Fprintf(conn, "\r\n%s", body)
	h.must(conn.SetReadDeadline(time.Now().Add(20 * time.Second)))
	if line, err := bufio.NewReader(conn).ReadString('\n'); !strings.Contains(line, "103") {
		h.Fatalf("nobody waits: %q, %v", line, err)
	}
	return conn
}

var tokens sync.Mutex // over the canaries, while several add to them

// calls fetches tokens, one after another, and shows each. What it asks last, on the same
// connection, is answered when the server is done with all before.
func (h *heist) calls(times int) {
	s := &system{browser: h.browser(), id: h.desk.id, secret: h.desk.secret}
	transport := &http.Transport{MaxConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	s.client.Transport = transport
	for range times {
		r := s.submit("/oauth/token", "grant_type", "client_credentials", "client_id", s.id.String(), "client_secret", s.secret)
		if r.status != http.StatusOK {
			h.Errorf("token: %d %s", r.status, r.body)
			return
		}
		s.token = r.json(h)["access_token"].(string)
		tokens.Lock()
		h.token("token of a system", s.token)
		tokens.Unlock()
		if r := s.send(http.MethodGet, "/api/v1/tickets:get?id="+apiTicket["id"].(string), "", "", "Authorization", "Bearer "+s.token); r.status != http.StatusOK {
			h.Errorf("a token was answered %d", r.status)
		}
	}
	if r := s.send(http.MethodGet, "/healthz", "", ""); r.status != http.StatusOK {
		h.Errorf("/healthz: %d", r.status)
	}
}

// keysOf adds the keys of a data directory whose server has stopped.
func (h *heist) keysOf(dir string) {
	h.Helper()
	header, err := store.Peek(h.Context(), store.Place{Path: filepath.Join(dir, "keys.db"), DSN: h.databases.keys})
	h.must(err)
	for _, w := range header.Wrappers {
		if w.Kind != "password" {
			continue
		}
		kek := argon2.IDKey([]byte(masterPassword), w.Salt, w.Passes, w.MemoryKiB, w.Threads, 32)
		h.secrets.Binary("key of the master password", kek)
		place := fmt.Appendf(nil, "habeas root key v1 %x %s %d %d %d", header.Ring, w.Kind, w.Passes, w.MemoryKiB, w.Threads)
		root := h.unwrap(kek, w.Sealed, place)
		h.secrets.Binary("root key", root)
		for _, use := range []string{"subject keys", "secrets", "lookup", "code mailed-code"} {
			key, err := hkdf.Key(sha256.New, root, header.Ring[:], "habeas ring v1 "+use, 32)
			h.must(err)
			h.secrets.Binary("key of "+use, key)
		}
	}
	ring, err := app.Unseal(h.Context(), dir, keyring.NewPassword([]byte(masterPassword)), false)
	h.must(err)
	defer ring.Close()
	signing, err := ring.Secret(h.Context(), "ledger-signing-key", nil)
	h.must(err)
	h.must(signing.Use(func(plain []byte) error {
		private, _, _ := strings.Cut(string(plain), "\n")
		parts := strings.SplitN(private, "+", 5) // PRIVATE, KEY, name, hash, key (golang.org/x/mod/sumdb/note)
		h.secrets.Text("signing key", parts[4])
		raw, err := base64.StdEncoding.DecodeString(parts[4])
		h.secrets.Binary("signing key", raw[1:])
		return err
	}))
}

func (h *heist) unwrap(key, in, place []byte) []byte {
	h.Helper()
	block, err := aes.NewCipher(key)
	h.must(err)
	aead, err := cipher.NewGCM(block)
	h.must(err)
	out, err := aead.Open(nil, in[:12], in[12:], place)
	h.must(err)
	return out
}
