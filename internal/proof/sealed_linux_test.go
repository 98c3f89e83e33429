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
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"golang.org/x/crypto/argon2"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/keyring/store"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/sealed/canary"
)

// A server in a process of its own goes through what its people do, with every secret and
// everything about people known to the test. It is made to crash in the middle of requests,
// and again when all is done. What it wrote holds nothing of all that; its cores hold none
// of the secrets. Names and addresses of people are in the cores by design: the index that
// staff search in, and the buffers of requests (docs/sealed.md).
//
// Proves SEAL-A7 and ANA-2.
func TestARunningServerWritesNothingAndItsCoresShowNoSecret(t *testing.T) {
	var d databases
	if os.Getenv("HABEAS_TEST_ENGINE") == "postgres" {
		d = databases{pgtest.Database(t), pgtest.Database(t)}
	}
	h := &heist{canaries: newCanaries(), databases: d}
	first := newWorldOn(t, d)
	policy, err := first.Policies.Current(t.Context())
	first.must(err)
	policy.Notices.DelayDays = 0 // so that a notice goes out at the next start
	_, err = first.Policies.Change(t.Context(), forged, policy)
	first.must(err)
	first.close()
	h.world = &world{TB: t, made: first.made, post: first.post, faults: first.faults}
	var recovery strings.Builder
	h.must(h.made.Kit.WriteCode(&recovery))
	h.token("recovery code", recovery.String())
	dir := h.made.Dir
	c := newChild(t, dir)
	collected := newCollector(t)
	figures := h.configure(t, dir, collected)
	t.Log("start", time.Now())
	h.http = c.start()
	h.http.URL = "http://" + c.addr

	h.token("first administrator's link", h.made.AdministratorLink[strings.Index(h.made.AdministratorLink, "=")+1:])
	h.throughAdministration()
	h.throughPages()
	h.throughStaff()
	h.throughItsPerson()
	h.throughAddressChange()
	h.throughMistakes()
	h.throughNobody()
	h.throughPanics()
	h.sees("metrics of the first", fetch(t, "http://"+figures+"/metrics"))
	t.Log(time.Now())
	during := h.inTheMiddle(c)
	t.Log(time.Now())

	between := openWorld(t, dir, func(cfg *app.Config) { cfg.Sender = nil }) // the server is to send it
	between.must(between.Notices.Tell(t.Context()))
	between.close()
	t.Log("start", time.Now())
	h.http = c.start()
	h.throughNotice()
	h.sees("metrics of the second", fetch(t, "http://"+figures+"/metrics"))
	h.sees("traces", collected.got.Bytes())
	backups := h.backUp(t, dir)
	if r := h.person.submit("/me/records/"+h.apiPerson.String()+"/erase", "word", "erase"); r.status != http.StatusOK {
		t.Errorf("erasing: %d", r.status)
	}
	h.planted(c)
	after := c.crash("a server at rest")
	t.Log("start", time.Now())
	h.http = c.start()
	c.stop()

	t.Log("files", time.Now())
	written := files(t, dir, c.out, backups)
	h.nowhere(t, "what was written", written)
	for _, part := range []string{"records.db", "keys.db", "stderr-1", "stderr-2"} {
		if len(written[part]) == 0 && d.records == "" {
			t.Errorf("there is no %s to search", part)
		}
	}
	if log := string(c.logged()); strings.Count(log, "msg=request") < 50 || !strings.Contains(log, "SIGABRT") || !strings.Contains(log, "incident") {
		t.Errorf("the log tells of no requests, panics and crashes: %.2000s", log)
	}
	t.Log("keys", time.Now())
	h.keysOf(dir)
	for _, core := range []string{during, after} {
		report, err := h.secrets.Core(core)
		if core == after && err == nil {
			err = report.Require("planted")
		}
		for _, f := range report.Findings {
			fd, _ := os.Open(core)
			b := make([]byte, 420)
			fd.ReadAt(b, f.Offset-200)
			t.Logf("DEBUG %v %q", f, b)
		}
		if err := errors.Join(err, report.Err()); err != nil {
			t.Error(err)
		}
		t.Logf("%s: %d bytes searched for %d patterns", filepath.Base(core), report.Bytes, h.secrets.Patterns())
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
	h.must(os.WriteFile(path, fmt.Appendf(text, `
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

var (
	shownSecret = regexp.MustCompile(`id="client-secret">([^<]+)<`)
	shownSystem = regexp.MustCompile(`id="client-id">([^<]+)<`)
	personAt    = regexp.MustCompile(`/staff/people/(pty_[0-9a-z]+)`)
)

// throughPages connects a system on the pages and lets it speak over HTTP.
func (h *heist) throughPages() {
	page := h.admin.submit("/admin/systems", "name", "Booking desk", "mode", "live").body
	secret, id := shownSecret.FindStringSubmatch(page), shownSystem.FindStringSubmatch(page)
	if secret == nil || id == nil {
		h.Fatalf("no secret is shown: %s", page)
	}
	var err error
	h.desk = &system{browser: h.browser(), secret: secret[1]}
	h.desk.id, err = habeas.ParseID[habeas.SystemKind](id[1])
	h.must(err)
	h.token("secret of a system", h.desk.secret)
	for range 2 {
		h.desk.token = h.desk.fetchToken()
		h.token("token of a system", h.desk.token)
	}
	basic := h.desk.send(http.MethodPost, "/oauth/token", "application/x-www-form-urlencoded", "grant_type=client_credentials", "Authorization", basicAuth(h.desk.id.String(), h.desk.secret))
	h.desk.token = basic.json(h)["access_token"].(string)
	h.token("token of a system", h.desk.token)
	h.token("credentials of a system", strings.TrimPrefix(basicAuth(h.desk.id.String(), h.desk.secret), "Basic "))

	ticket := map[string]any{}
	for k, v := range apiTicket {
		ticket[k] = v
	}
	h.desk.party(map[string]any{"external_id": apiOwnID, "fields": apiPerson, "ticket": ticket}, "Idempotency-Key", apiRequest)
	h.desk.party(map[string]any{"external_id": bulkOwnID, "email": bulkPerson["contact"]["email"], "fields": bulkPerson})
	h.apiPerson = h.found(apiPerson["identity"]["family_name"])
	h.bulkPerson = h.found(bulkPerson["identity"]["family_name"])
}

func basicAuth(id, secret string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(id, secret)
	return r.Header.Get("Authorization")
}

// found is whom staff find by a name.
func (h *heist) found(name string) habeas.PartyID {
	h.Helper()
	page := h.clerk.send(http.MethodGet, "/staff/people?q="+url.QueryEscape(name), "", "")
	at := personAt.FindStringSubmatch(page.body)
	if at == nil {
		h.Fatalf("%d: nobody is found: %s", page.status, page.complaint())
	}
	id, err := habeas.ParseID[habeas.PartyKind](at[1])
	h.must(err)
	return id
}

// throughPanics lets handlers fail with people's data in their hands.
func (h *heist) throughPanics() {
	for _, fault := range []string{"", "on"} {
		if r := h.clerk.submit("/proof/panic", "who", staffPerson["identity.family_name"], "fault", fault); r.status != http.StatusInternalServerError {
			h.Errorf("a panic was answered %d", r.status)
		}
	}
}

// throughNotice follows what somebody without an account is mailed, by both links and a code.
func (h *heist) throughNotice() {
	address := bulkPerson["contact"]["email"]
	told := h.post.take(h, mail.KindNotice, stored(address))
	stop := told.ListUnsubscribe[strings.LastIndex(told.ListUnsubscribe, "/")+1:]
	h.token("link that stops mails", stop)
	visitor := h.browser()
	for _, path := range []string{"/notice/stop/" + stop, "/notice/stop/" + stop + "/resume"} {
		if r := visitor.submit(path); r.status != http.StatusOK && r.status != http.StatusSeeOther {
			h.Errorf("the link that stops mails was answered %d", r.status)
		}
	}
	to := visitor.done("/notice", "address", address)
	code := codeIn(h, h.post.take(h, mail.KindCode, stored(address)))
	h.token("code of a notice", code)
	visitor.submit("/notice/code", "c", strings.TrimPrefix(to, "/notice/code?c="), "code", "00000000")
	visitor.done("/notice/code", "c", strings.TrimPrefix(to, "/notice/code?c="), "code", code)
	visitor.done("/notice/records/" + h.bulkPerson.String() + "/object")
	h.cookies(visitor)
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

// planted leaves on the heap what must be found there, so that the search is seen to see.
func (h *heist) planted(c *child) {
	h.Helper()
	what := h.secrets.Invent("planted", canary.Name)
	if r := h.browser().submit("/proof/keep?what=" + url.QueryEscape(what)); r.status != http.StatusOK {
		h.Fatalf("planting: %d", r.status)
	}
}

// inTheMiddle lets requests with every kind of secret wait in a handler while others come
// and go, and crashes the server then.
func (h *heist) inTheMiddle(c *child) (core string) {
	h.Helper()
	for _, b := range []*browser{h.admin, h.clerk, h.person} {
		h.cookies(b)
	}
	var wrong, token canary.Set
	code, link := wrong.Invent("", canary.Code), token.Invent("", canary.Token)
	h.token("code in use", code)
	h.token("link in use", link)
	body := fields("code", code, "t", link)
	conn, err := net.Dial("tcp", c.addr)
	h.must(err)
	defer conn.Close()
	fmt.Fprintf(conn, "POST /proof/wait HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n",
		c.addr, basicAuth(h.desk.id.String(), h.desk.secret), len(body))
	for _, cookie := range h.person.client.Jar.Cookies(h.origin()) {
		fmt.Fprintf(conn, "Cookie: %s=%s\r\n", cookie.Name, cookie.Value)
	}
	fmt.Fprintf(conn, "\r\n%s", body)
	h.must(conn.SetReadDeadline(time.Now().Add(20 * time.Second)))
	if line, err := bufio.NewReader(conn).ReadString('\n'); !strings.Contains(line, "103") {
		h.Fatalf("nobody waits: %q, %v", line, err)
	}
	var tokens sync.Mutex
	var callers sync.WaitGroup
	came := make(chan struct{}, 1000)
	for range 4 {
		callers.Go(func() {
			s := &http.Client{}
			for {
				res, err := s.PostForm("http://"+c.addr+"/oauth/token", url.Values{
					"grant_type": {"client_credentials"}, "client_id": {h.desk.id.String()}, "client_secret": {h.desk.secret},
				})
				if err != nil {
					return // the server is gone
				}
				body, _ := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if text := string(body); strings.Contains(text, `"access_token":"`) {
					_, rest, _ := strings.Cut(text, `"access_token":"`)
					granted, _, _ := strings.Cut(rest, `"`)
					tokens.Lock()
					h.token("token of a system", granted)
					tokens.Unlock()
				}
				select {
				case came <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 40 {
		<-came
	}
	core = c.crash("a server in the middle of requests")
	callers.Wait()
	return core
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
