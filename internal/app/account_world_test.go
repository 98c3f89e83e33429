package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/web"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// accountWorld is a server of accounts with real stores and real pages, whose clock
// stands still and whose mails are read by the test.
type accountWorld struct {
	t        testing.TB
	dir      string
	dsn      string // of the records; empty: SQLite in dir
	clock    *habeas.ManualClock
	keys     *keyring.Ring
	db       *sqlstore.DB
	accounts *Accounts

	certificates *Certificates

	handler http.Handler
	mails   []mail.Message
	log     *stepLog // what went to the session log
}

// Send implements Sender.
func (w *accountWorld) Send(_ context.Context, m mail.Message) error {
	m, err := m.Opened()
	w.mails = append(w.mails, m)
	return err
}

func newAccountWorld(t testing.TB) *accountWorld {
	t.Helper()
	w := &accountWorld{t: t, dir: t.TempDir(), clock: habeas.NewManualClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), log: &stepLog{}}
	w.dsn = pgtest.Filled(t, w.dir)
	ctx := context.Background()
	var err error
	w.keys, _, err = keyring.Create(ctx, filepath.Join(w.dir, "keys.db"), keyring.NewPassword([]byte("correct horse battery")), keyring.Options{Clock: w.clock, KDF: keyring.CheapKDF})
	w.must(err)
	w.db, err = sqlstore.Open(ctx, sqlstore.Config{Dir: w.dir, DSN: w.dsn, Keys: w.keys, Clock: w.clock})
	w.must(err)
	t.Cleanup(func() {
		w.must(w.db.Close())
		w.must(w.keys.Close())
	})
	origin, err := edge.ParseOrigin("https://records.example.org")
	w.must(err)
	mailer := &Mailer{
		Keys: w.keys, Sender: w, Origin: origin, Organisation: "City Sports", Contact: "help@example.org", Domain: "example.org", Clock: w.clock,
	}
	w.accounts = NewAccounts(AccountsDeps{DB: w.db, Keys: w.keys, Mailer: mailer, Clock: w.clock, Origin: origin, Organisation: "City Sports"})
	schemas, err := party.NewSchemas(party.DefaultSchemas()...)
	w.must(err)
	w.certificates = NewCertificates(&Authorities{
		DB: w.db, Keys: w.keys, Clock: w.clock, Org: pki.Organisation{Name: "City Sports", Country: "ES", URL: "http://pki.example.org"},
	}, w.accounts, NewPolicies(w.db, schemas, w.clock))
	renderer, err := ui.NewRenderer(ui.Config{Org: "City Sports", Clock: w.clock, Secure: true})
	w.must(err)
	failures := &edge.Failures{Page: renderer.Failure, Log: slog.New(slog.DiscardHandler)}
	mux := &edge.Mux{Failures: failures}
	site := &web.Site{
		Base: &ui.Base{
			Renderer: renderer, Clock: w.clock, Origin: origin, Cookies: edge.Cookies{Origin: origin},
			SignIns: w.accounts, Limits: edge.NewBuckets(w.clock, 1, 300, 100),
			Flows: session.NewFlows(w.log, w.clock),
		},
		Accounts: w.accounts, Roles: w.certificates.Roles,
	}
	site.Mount(mux)
	w.handler = edge.Guard{Origin: origin, Failures: failures}.Wrap(mux)
	return w
}

func (w *accountWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// post delivers what waits in the outbox and returns it.
func (w *accountWorld) post() []mail.Message {
	w.t.Helper()
	w.mails = nil
	now := w.clock.Now()
	due, err := w.db.Ops().Due(context.Background(), now, now.Add(time.Minute), 100)
	w.must(err)
	for _, job := range due {
		w.must(w.accounts.mailer.Deliver(context.Background(), job))
		w.must(w.db.Ops().Done(context.Background(), job.ID, now))
	}
	return w.mails
}

// typedCode is the code of a challenge as its reader types it.
func typedCode(keys *keyring.Ring, id habeas.ChallengeID) string {
	code := codeOf(keys, id)
	return string(code[:])
}

var codeInMail = regexp.MustCompile(`(?m)^ *(\d{4}) ?(\d{4}) *$`)

// code reads the code in the one mail that waits.
func (w *accountWorld) code() string {
	w.t.Helper()
	mails := w.post()
	if len(mails) != 1 {
		w.t.Fatalf("%d mails, want one", len(mails))
	}
	return codeIn(w.t, mails[0])
}

func codeIn(t testing.TB, m mail.Message) string {
	t.Helper()
	found := codeInMail.FindStringSubmatch(m.Text)
	if found == nil {
		t.Fatalf("no code in the mail:\n%s", m.Text)
	}
	return found[1] + found[2]
}

func (w *accountWorld) address(s string) email.Address {
	w.t.Helper()
	a, err := email.Parse(s)
	w.must(err)
	return a
}

// accountAt returns the account at an address, zero when there is none.
func (w *accountWorld) accountAt(s string) habeas.AccountID {
	w.t.Helper()
	id, _, err := w.accounts.AccountAt(context.Background(), w.accounts.addressHash(w.address(s)))
	w.must(err)
	return id
}

// events counts what the ledger says of a subject.
func (w *accountWorld) events(subject habeas.SubjectID) map[audit.Event]int {
	w.t.Helper()
	log, err := w.db.Events(context.Background(), subject, habeas.EventID{}, 1000)
	w.must(err)
	out := map[audit.Event]int{}
	for _, e := range log {
		out[e.Event]++
	}
	return out
}

// tab is one browser.
type tab struct {
	w       *accountWorld
	cookies map[string]string
	network string
}

func (w *accountWorld) browser() *tab {
	return &tab{w: w, cookies: map[string]string{}, network: "192.0.2.1"}
}

func (b *tab) send(r *http.Request) *answer {
	b.w.t.Helper()
	r.Host = "records.example.org"
	r.RemoteAddr = b.network + ":4711"
	r.Header.Set("Accept", "text/html")
	if r.Method == http.MethodPost && r.Header.Get("Sec-Fetch-Site") == "" {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	b.w.handler.ServeHTTP(rec, r)
	reply := &answer{StatusCode: rec.Code, Header: rec.Header(), Body: rec.Body.String(), Cookies: cookiesOf(rec.Header())}
	for _, c := range reply.Cookies {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return reply
}

func (b *tab) get(path string) *answer {
	return b.send(httptest.NewRequest(http.MethodGet, path, nil))
}

// submit posts a form given as name, value, name, value …
func (b *tab) submit(path string, fields ...string) *answer {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

func (b *tab) json(path string, body any) (int, []byte) {
	b.w.t.Helper()
	text, err := json.Marshal(body)
	b.w.must(err)
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(string(text)))
	r.Header.Set("Content-Type", "application/json")
	reply := b.send(r)
	return reply.StatusCode, []byte(reply.Body)
}

// answer is what a browser got.
type answer struct {
	StatusCode int
	Header     http.Header
	Body       string
	Cookies    []*http.Cookie
}

func cookiesOf(h http.Header) (out []*http.Cookie) {
	for _, line := range h.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil {
			out = append(out, c)
		}
	}
	return out
}

// ask asks for a code and returns the id of the challenge.
func (b *tab) ask(address string) string {
	b.w.t.Helper()
	reply := b.submit("/join", "address", address, "again", address, "language", "en")
	to, ok := strings.CutPrefix(reply.Header.Get("Location"), "/code?c=")
	if reply.StatusCode != http.StatusSeeOther || !ok {
		b.w.t.Fatalf("asking for a code: status %d, location %q", reply.StatusCode, reply.Header.Get("Location"))
	}
	return to
}

// join goes the whole way with a code and returns where it led.
func (b *tab) join(address string) string {
	b.w.t.Helper()
	c := b.ask(address)
	return b.submit("/code", "c", c, "code", b.w.code()).Header.Get("Location")
}

// signedIn returns the actor that this browser's cookie stands for.
func (b *tab) signedIn() habeas.Actor {
	b.w.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	sign, ok := edge.Cookies{Origin: b.w.origin()}.SignIn(r)
	if !ok {
		return habeas.Actor{}
	}
	actor, _, err := b.w.accounts.Who(context.Background(), sign)
	b.w.must(err)
	return actor
}

func (w *accountWorld) origin() edge.Origin { return w.accounts.mailer.Origin.(edge.Origin) }

// authenticator makes passkeys as a device does (WebAuthn Level 3): ES256, no
// attestation, user verified.
type authenticator struct {
	key     *ecdsa.PrivateKey
	id      []byte
	user    []byte
	counter uint32
}

var b64 = base64.RawURLEncoding

func (a *authenticator) clientData(kind, challenge string) []byte {
	text, _ := json.Marshal(map[string]any{
		"type": kind, "challenge": challenge, "origin": "https://records.example.org", "crossOrigin": false,
	})
	return text
}

func (a *authenticator) data(flags byte) []byte {
	rp := sha256.Sum256([]byte("records.example.org"))
	out := append(rp[:], flags)
	return binary.BigEndian.AppendUint32(out, a.counter)
}

func newAuthenticator() *authenticator {
	a := &authenticator{id: make([]byte, 32)}
	rand.Read(a.id)
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return a
}

// create answers creation options.
func (a *authenticator) create(challenge string, user []byte) map[string]any {
	a.user = user
	point, _ := a.key.PublicKey.Bytes() // 0x04, x, y
	cose, _ := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	data := append(a.data(0x45), make([]byte, 16)...) // present, verified, with a key; no AAGUID
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(append(data, a.id...), cose...)
	object, _ := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	return map[string]any{
		"id": b64.EncodeToString(a.id), "rawId": b64.EncodeToString(a.id), "type": "public-key",
		"response": map[string]any{
			"clientDataJSON":    b64.EncodeToString(a.clientData("webauthn.create", challenge)),
			"attestationObject": b64.EncodeToString(object),
		},
		"clientExtensionResults": map[string]any{},
	}
}

// get answers request options.
func (a *authenticator) get(challenge string) map[string]any {
	a.counter++
	client, data := a.clientData("webauthn.get", challenge), a.data(0x05)
	sum := sha256.Sum256(client)
	digest := sha256.Sum256(append(data, sum[:]...))
	signature, _ := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	return map[string]any{
		"id": b64.EncodeToString(a.id), "rawId": b64.EncodeToString(a.id), "type": "public-key",
		"response": map[string]any{
			"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
			"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(a.user),
		},
		"clientExtensionResults": map[string]any{},
	}
}

type ceremonyOptions struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
		AllowCredentials []any  `json:"allowCredentials"`
		UserVerification string `json:"userVerification"`
	} `json:"publicKey"`
}

func (b *tab) options(path string, body any) ceremonyOptions {
	b.w.t.Helper()
	status, text := b.json(path, body)
	if status != http.StatusOK {
		b.w.t.Fatalf("%s: status %d: %s", path, status, text)
	}
	var o ceremonyOptions
	b.w.must(json.Unmarshal(text, &o))
	return o
}

// addPasskey lets this browser's device make a passkey.
func (b *tab) addPasskey(name string) *authenticator {
	b.w.t.Helper()
	o := b.options("/me/credentials/passkeys/options", map[string]string{"name": name})
	user, err := b64.DecodeString(o.PublicKey.User.ID)
	b.w.must(err)
	key := newAuthenticator()
	if status, text := b.json("/me/credentials/passkeys", key.create(o.PublicKey.Challenge, user)); status != http.StatusOK {
		b.w.t.Fatalf("adding a passkey: status %d: %s", status, text)
	}
	return key
}

// signIn answers with a passkey and returns the status.
func (b *tab) signIn(key *authenticator) int {
	b.w.t.Helper()
	o := b.options("/sign-in/passkey/options", map[string]string{})
	status, _ := b.json("/sign-in/passkey", key.get(o.PublicKey.Challenge))
	return status
}

// member joins with an address, adds a passkey and reads the mail about it.
func (w *accountWorld) member(address string) (*tab, *authenticator) {
	w.t.Helper()
	b := w.browser()
	b.join(address)
	key := b.addPasskey("phone")
	w.post()
	return b, key
}

// administrator makes somebody the first administrator by the operator's link.
func (w *accountWorld) administrator(address string) (*tab, *authenticator) {
	w.t.Helper()
	path, err := w.accounts.FirstAdministratorLink(context.Background())
	w.must(err)
	b := w.browser()
	link := strings.TrimPrefix(path, "/first-administrator?t=")
	to := b.submit("/first-administrator", "t", link, "address", address, "again", address).Header.Get("Location")
	b.submit("/code", "c", strings.TrimPrefix(to, "/code?c="), "code", w.code())
	key := b.addPasskey("work laptop")
	w.register(address)
	w.post()
	return b, key
}

// register registers the account at an address, with a key that is thrown away.
func (w *accountWorld) register(address string) {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.must(err)
	asked, err := request.Make(key, dn.Subject{Name: "Test Person", Country: "ES", Username: "test", Email: w.address(address).Mailbox()})
	w.must(err)
	_, err = w.certificates.Register(context.Background(), habeas.Actor{Kind: habeas.ActorPerson, Account: w.accountAt(address)}, asked)
	w.must(err)
}

// grantOf finds the newest decision about an address.
func (w *accountWorld) grantOf(address string) account.Grant {
	w.t.Helper()
	all, err := w.db.Accounts().Grants(context.Background())
	w.must(err)
	var found account.Grant
	for _, g := range all {
		if g.Words.Display == address && !g.At.Before(found.At) {
			found = g
		}
	}
	return found
}

// hashOf is the lookup hash of an address.
func (w *accountWorld) hashOf(address string) keyring.LookupHash {
	return w.accounts.addressHash(w.address(address))
}

type mailMessage = mail.Message

// sentTo matches what a page shows only to the browser in which a flow began.
var sentTo = regexp.MustCompile(`(?s)<p class="heading-lead">.*?</p>`)

// mainPart is a page without header and footer.
var mainPart = regexp.MustCompile(`(?s)<main .*</main>`)

// other is a code that is not the right one.
func other(code string) string {
	if code == "12345678" {
		return "87654321"
	}
	return "12345678"
}

// flow is the hash of this browser's flow cookie.
func (b *tab) flow() account.Token {
	b.w.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	flow, ok := edge.Cookies{Origin: b.w.origin()}.Flow(r)
	if !ok {
		b.w.t.Fatal("the browser carries no flow")
	}
	return account.Token(flow)
}

func hashHex(h keyring.LookupHash) string { return hex.EncodeToString(h[:]) }
