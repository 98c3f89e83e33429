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
	"github.com/habeas-data/habeas/internal/servertest"
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
	dir := h.Made.Dir
	c, collected := newChild(t, dir), newCollector(t)
	figures := h.configure(t, dir, collected)

	h.HTTP = c.start()
	h.throughAdministration()
	h.throughDesk()
	h.throughBulk()
	h.throughStaff()
	h.throughItsPerson()
	h.throughConsent()
	h.throughAddressChange()
	h.throughMistakes()
	h.throughNobody()
	h.throughPanics()
	h.sees("metrics of the first", fetch(t, "http://"+figures+"/metrics"))
	during := h.inTheMiddle(c)

	h.tell(t, dir)
	h.HTTP = c.start()
	h.throughVisit()
	h.sees("metrics of the second", fetch(t, "http://"+figures+"/metrics"))
	backups := h.backUp(t, dir)
	if r := h.person.Submit("/me/records/"+h.apiPerson.String()+"/erase", "word", "erase"); r.Status != http.StatusOK {
		t.Errorf("erasing: %d", r.Status)
	}
	for _, b := range []*browser{h.person, h.clerk, h.admin} {
		h.cookies(b)
		b.Done("/sign-out")
	}
	h.planted()
	after := c.crash("a server at rest")

	h.HTTP = c.start()
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
		d = databases{Records: pgtest.Database(t), Keys: pgtest.Database(t)}
	}
	first := servertest.New(t, d)
	policy, err := first.Policies.Current(t.Context())
	first.Must(err)
	policy.Notices.DelayDays = 0
	_, err = first.Policies.Change(t.Context(), servertest.Forged, policy)
	first.Must(err)
	first.Close()
	h := &heist{canaries: newCanaries(), databases: d, world: &world{TB: t, Made: first.Made, Post: first.Post, Faults: first.Faults}}
	var recovery strings.Builder
	h.Must(h.Made.Kit.WriteCode(&recovery))
	h.token("recovery code", recovery.String())
	h.token("first administrator's link", h.Made.AdministratorLink[strings.Index(h.Made.AdministratorLink, "=")+1:])
	return h
}

// tell makes notices due, which the server sends when it runs again.
func (h *heist) tell(t *testing.T, dir string) {
	t.Helper()
	between := servertest.Open(t, dir, func(cfg *app.Config) { cfg.Sender = nil })
	h.Must(between.Notices.Tell(t.Context()))
	between.Close()
}

// wrote searches the files of the server.
func (h *heist) wrote(t *testing.T, c *child, written map[string][]byte) {
	t.Helper()
	h.nowhere(t, "what was written", written)
	for _, part := range []string{"records.db", "keys.db", "stderr-1", "stderr-2"} {
		if len(written[part]) == 0 && h.databases.Records == "" {
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
	office := servertest.NewOffice(t)
	office.To = h.Post
	office.Open(t, false)
	host, port, err := net.SplitHostPort(office.Address)
	h.Must(err)
	figures = servertest.NewOffice(t).Address // one more free port
	path := filepath.Join(dir, app.SettingsFile)
	text, err := os.ReadFile(path)
	h.Must(err)
	h.Must(os.WriteFile(path, fmt.Appendf(append([]byte("core_dumps = true\n"), text...), `
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
	h.token("secret of a system", h.desk.Secret)
	h.token("token of a system", h.desk.Token)
	basic := h.desk.Send(http.MethodPost, "/oauth/token", "application/x-www-form-urlencoded", "grant_type=client_credentials", "Authorization", basicAuth(h.desk.ID.String(), h.desk.Secret))
	h.desk.Token = basic.JSON(h)["access_token"].(string)
	h.token("token of a system", h.desk.Token)
	h.token("credentials of a system", strings.TrimPrefix(basicAuth(h.desk.ID.String(), h.desk.Secret), "Basic "))

	ref := h.desk.Party(map[string]any{"external_id": apiOwnID, "fields": apiPerson, "ticket": apiTicket}, "Idempotency-Key", apiRequest)
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
		if r := h.clerk.Submit("/proof/panic", "who", staffPerson["identity.family_name"], "fault", fault); r.Status != http.StatusInternalServerError {
			h.Errorf("a panic was answered %d", r.Status)
		}
	}
}

// backUp makes a backup while the server runs and returns its directory.
func (h *heist) backUp(t *testing.T, dir string) string {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	h.Must(err)
	to := t.TempDir()
	_, err = app.Backup(t.Context(), app.BackupOptions{Dir: dir, To: to, Recipients: []string{id.Recipient().String()}})
	h.Must(err)
	return to
}

// planted leaves on the heap what must be found there.
func (h *heist) planted() {
	h.Helper()
	what := h.secrets.Invent("planted", canary.Name)
	if r := h.Browser().Submit("/proof/keep?what=" + url.QueryEscape(what)); r.Status != http.StatusOK {
		h.Fatalf("planting: %d", r.Status)
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
	conn := h.waits(c.addr, servertest.Fields("code", code, "t", link))
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
	h.Must(err)
	fmt.Fprintf(conn, "POST /proof/wait HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n",
		addr, basicAuth(h.desk.ID.String(), h.desk.Secret), len(body))
	for _, cookie := range h.person.Client.Jar.Cookies(h.URL()) {
		fmt.Fprintf(conn, "Cookie: %s=%s\r\n", cookie.Name, cookie.Value)
	}
	fmt.Fprintf(conn, "\r\n%s", body)
	h.Must(conn.SetReadDeadline(time.Now().Add(20 * time.Second)))
	if line, err := bufio.NewReader(conn).ReadString('\n'); !strings.Contains(line, "103") {
		h.Fatalf("nobody waits: %q, %v", line, err)
	}
	return conn
}

var tokens sync.Mutex // over the canaries, while several add to them

// calls fetches tokens, one after another, and shows each. What it asks last, on the same
// connection, is answered when the server is done with all before.
func (h *heist) calls(times int) {
	s := &system{Browser: h.Browser(), ID: h.desk.ID, Secret: h.desk.Secret}
	transport := &http.Transport{MaxConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	s.Client.Transport = transport
	for range times {
		r := s.Submit("/oauth/token", "grant_type", "client_credentials", "client_id", s.ID.String(), "client_secret", s.Secret)
		if r.Status != http.StatusOK {
			h.Errorf("token: %d %s", r.Status, r.Body)
			return
		}
		s.Token = r.JSON(h)["access_token"].(string)
		tokens.Lock()
		h.token("token of a system", s.Token)
		tokens.Unlock()
		if r := s.Send(http.MethodGet, "/api/v1/tickets:get?id="+apiTicket["id"].(string), "", "", "Authorization", "Bearer "+s.Token); r.Status != http.StatusOK {
			h.Errorf("a token was answered %d", r.Status)
		}
	}
	if r := s.Send(http.MethodGet, "/healthz", "", ""); r.Status != http.StatusOK {
		h.Errorf("/healthz: %d", r.Status)
	}
}

// keysOf adds the keys of a data directory whose server has stopped.
func (h *heist) keysOf(dir string) {
	h.Helper()
	header, err := store.Peek(h.Context(), store.Place{Path: filepath.Join(dir, "keys.db"), DSN: h.databases.Keys})
	h.Must(err)
	for _, w := range header.Wrappers {
		if w.Kind != "password" {
			continue
		}
		kek := argon2.IDKey([]byte(servertest.MasterPassword), w.Salt, w.Passes, w.MemoryKiB, w.Threads, 32)
		h.secrets.Binary("key of the master password", kek)
		place := fmt.Appendf(nil, "habeas root key v1 %x %s %d %d %d", header.Ring, w.Kind, w.Passes, w.MemoryKiB, w.Threads)
		root := h.unwrap(kek, w.Sealed, place)
		h.secrets.Binary("root key", root)
		for _, use := range []string{"subject keys", "secrets", "lookup", "code mailed-code"} {
			key, err := hkdf.Key(sha256.New, root, header.Ring[:], "habeas ring v1 "+use, 32)
			h.Must(err)
			h.secrets.Binary("key of "+use, key)
		}
	}
	ring, err := app.Unseal(h.Context(), dir, keyring.NewPassword([]byte(servertest.MasterPassword)), false)
	h.Must(err)
	defer ring.Close()
	signing, err := ring.Secret(h.Context(), "ledger-signing-key", nil)
	h.Must(err)
	h.Must(signing.Use(func(plain []byte) error {
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
	h.Must(err)
	aead, err := cipher.NewGCM(block)
	h.Must(err)
	out, err := aead.Open(nil, in[:12], in[12:], place)
	h.Must(err)
	return out
}
