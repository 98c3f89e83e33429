package proof_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// masterPassword opens every data directory of these tests.
const masterPassword = "Kettenbruch-Zwiebelturm-88"

// forged is an administrator for what a test prepares without pages.
var forged = habeas.Actor{
	Kind: habeas.ActorPerson, Account: habeas.AccountID{15: 1}, Proof: habeas.ProofPasskey,
	Roles: []habeas.Role{habeas.RoleAdministrator},
}

// world is one server on a real port over a real directory.
type world struct {
	testing.TB
	*app.Server
	made   app.Initialised
	http   *httptest.Server
	post   *postman
	logged *safeBuffer
	faults *safeBuffer // every problem+json that was answered
}

// safeBuffer is a log that may be read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// Bytes returns what was written so far.
func (s *safeBuffer) Bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.b.Bytes())
}

// postman implements app.Sender: it keeps what is delivered.
type postman struct {
	mu       sync.Mutex
	mails    []mail.Message
	subjects []string // of all that ever came
	came     chan struct{}
}

// Send implements app.Sender.
func (p *postman) Send(_ context.Context, m mail.Message) error {
	m, err := m.Opened()
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, m)
	p.subjects = append(p.subjects, m.Subject)
	select {
	case p.came <- struct{}{}:
	default:
	}
	return nil
}

// take waits for a mail of a kind to an address and takes it out.
func (p *postman) take(t testing.TB, kind mail.Kind, to string) mail.Message {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		p.mu.Lock()
		for i, m := range p.mails {
			if m.Kind == kind && strings.EqualFold(m.To, to) {
				p.mails = append(p.mails[:i:i], p.mails[i+1:]...)
				p.mu.Unlock()
				return m
			}
		}
		p.mu.Unlock()
		select {
		case <-p.came:
		case <-timeout:
			t.Fatalf("no mail of kind %s came", kind)
		}
	}
}

var codeInMail = regexp.MustCompile(`(?m)^ *(\d{4}) ?(\d{4}) *$`)

func codeIn(t testing.TB, m mail.Message) string {
	t.Helper()
	found := codeInMail.FindStringSubmatch(m.Text)
	if found == nil {
		t.Fatalf("the mail holds no code:\n%s", m.Text)
	}
	return found[1] + found[2]
}

// settings change how a world is opened.
type settings func(*app.Config)

// databases are two of PostgreSQL; empty, they stand for SQLite in the data directory.
type databases struct{ records, keys string }

// twoOn makes two databases in a cluster.
func twoOn(t testing.TB, c *pgtest.Cluster) databases {
	t.Helper()
	return databases{c.Database(t), c.Database(t)}
}

// initDir makes a data directory that is quick to open.
func initDir(t testing.TB) (dir string, made app.Initialised) {
	t.Helper()
	return initDirOn(t, databases{})
}

// initDirOn is initDir with records and keys in databases.
func initDirOn(t testing.TB, d databases) (dir string, made app.Initialised) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	made, err := app.Init(t.Context(), app.InitOptions{
		Dir: dir, Password: keyring.NewPassword([]byte(masterPassword)), Organisation: "City Sports", Addr: "localhost:8080", KDF: keyring.CheapKDF,
		RecordsDSN: d.records, KeysDSN: d.keys,
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir, made
}

// newWorld makes a data directory and serves it.
func newWorld(t testing.TB, change ...settings) *world {
	t.Helper()
	return newWorldOn(t, databases{}, change...)
}

// newWorldOn is newWorld with records and keys in databases.
func newWorldOn(t testing.TB, d databases, change ...settings) *world {
	t.Helper()
	dir, made := initDirOn(t, d)
	w := openWorld(t, dir, change...)
	w.made = made
	return w
}

// openWorld serves a data directory that is there, with the databases of its settings.
func openWorld(t testing.TB, dir string, change ...settings) *world {
	t.Helper()
	w := &world{TB: t, post: &postman{came: make(chan struct{}, 1)}, logged: new(safeBuffer), faults: new(safeBuffer)}
	set, err := app.ReadSettings(dir)
	w.must(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	origin, err := edge.ParseOrigin("http://localhost:" + port)
	w.must(err)
	keys, err := app.Unseal(t.Context(), dir, keyring.NewPassword([]byte(masterPassword)), false)
	w.must(err)
	cfg := app.Config{
		Dir: dir, Keys: keys, RecordsDSN: set.Store.Records, Clock: habeas.SystemClock{}, Organisation: "City Sports", Contact: "the office", Origin: origin,
		Sender: w.post, MailDomain: "example.org", Log: slog.New(slog.NewTextHandler(w.logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&cfg)
	}
	w.Server, err = app.Open(t.Context(), cfg)
	w.must(err)
	handler, err := w.Handler(nil)
	w.must(err)
	w.http = &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	w.http.Start()
	w.http.URL = origin.String()
	t.Cleanup(w.close)
	return w
}

// close stops the server in peace; doing it twice is harmless.
func (w *world) close() {
	if w.Server == nil {
		return
	}
	w.http.Close()
	if err := w.Close(); err != nil {
		w.Error(err)
	}
	w.Server = nil
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// reply is an answer read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) json(t testing.TB) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("the answer is not JSON: %v: %s", err, r.body)
	}
	return v
}

var listItem = regexp.MustCompile(`(?s)class="notice[^"]*form-errors.*?</div>`)

// complaint is what a page says is wrong, without the page around it.
func (r reply) complaint() string {
	if found := listItem.FindString(r.body); found != "" {
		return found
	}
	return r.body
}

// origin is the address of the server.
func (w *world) origin() *url.URL {
	w.Helper()
	u, err := url.Parse(w.http.URL)
	w.must(err)
	return u
}

// browser is one browser of one person.
type browser struct {
	w      *world
	client *http.Client
	key    *authenticator
}

func (w *world) browser() *browser {
	jar, _ := cookiejar.New(nil) // never fails
	return &browser{w: w, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *browser) send(method, path, contentType, body string, headers ...string) reply {
	b.w.Helper()
	r, err := http.NewRequestWithContext(b.w.Context(), method, b.w.http.URL+path, strings.NewReader(body))
	b.w.must(err)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.client.Do(r)
	b.w.must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	b.w.must(err)
	if res.Header.Get("Content-Type") == "application/problem+json" {
		_, _ = b.w.faults.Write(append(text, '\n')) // never fails
	}
	return reply{res.StatusCode, res.Header, string(text)}
}

// fields are names and values of a form, in turn.
func fields(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

func (b *browser) submit(path string, pairs ...string) reply {
	b.w.Helper()
	return b.send(http.MethodPost, path, "application/x-www-form-urlencoded", fields(pairs...))
}

// done submits a form that must lead on, and returns where to.
func (b *browser) done(path string, pairs ...string) string {
	b.w.Helper()
	r := b.submit(path, pairs...)
	if r.status != http.StatusSeeOther {
		b.w.Fatalf("%s: status %d: %s", path, r.status, r.complaint())
	}
	return r.header.Get("Location")
}

func (b *browser) json(path string, body any) reply {
	b.w.Helper()
	text, err := json.Marshal(body)
	b.w.must(err)
	r := b.send(http.MethodPost, path, "application/json", string(text))
	if r.status != http.StatusOK {
		b.w.Fatalf("%s: status %d: %s", path, r.status, r.body)
	}
	return r
}

// join proves an address by the code that is mailed to it and returns the code.
func (b *browser) join(address string) (code string) {
	b.w.Helper()
	to := b.done("/join", "address", address, "again", address, "language", "en")
	code = codeIn(b.w, b.w.post.take(b.w, mail.KindCode, stored(address)))
	b.done("/code", "c", strings.TrimPrefix(to, "/code?c="), "code", code)
	return code
}

// administrator becomes the first administrator by the link that init printed.
func (b *browser) administrator(address string) (code string) {
	b.w.Helper()
	link, err := url.Parse(b.w.made.AdministratorLink)
	b.w.must(err)
	to := b.done("/first-administrator", "t", link.Query().Get("t"), "address", address, "again", address)
	code = codeIn(b.w, b.w.post.take(b.w, mail.KindCode, stored(address)))
	b.done("/code", "c", strings.TrimPrefix(to, "/code?c="), "code", code)
	b.addPasskey("work laptop")
	return code
}

// stored is the mailbox under which an address is kept and written to.
func stored(address string) string {
	a, err := email.Parse(address)
	if err != nil {
		return address
	}
	return a.Mailbox()
}

// addPasskey lets the browser's device make a passkey.
func (b *browser) addPasskey(name string) {
	b.w.Helper()
	o := b.json("/me/credentials/passkeys/options", map[string]string{"name": name}).json(b.w)["publicKey"].(map[string]any)
	user, err := base64.RawURLEncoding.DecodeString(o["user"].(map[string]any)["id"].(string))
	b.w.must(err)
	b.key = newAuthenticator(b.w.http.URL)
	b.json("/me/credentials/passkeys", b.key.create(o["challenge"].(string), user))
}

// signIn signs in with a passkey.
func (b *browser) signIn(key *authenticator) {
	b.w.Helper()
	o := b.json("/sign-in/passkey/options", struct{}{}).json(b.w)["publicKey"].(map[string]any)
	b.json("/sign-in/passkey", key.get(o["challenge"].(string)))
}

// system is a connected system with its token.
type system struct {
	*browser
	id            habeas.SystemID
	secret, token string
}

// connect connects a system and fetches its token over HTTP.
func (w *world) connect(name string) *system {
	w.Helper()
	return w.connectOn(authz.Terms{Name: name})
}

// connectOn is connect for a system that may read, or that is only tried out.
func (w *world) connectOn(terms authz.Terms) *system {
	w.Helper()
	made, secret, err := w.Systems.ConnectOn(w.Context(), forged, terms)
	w.must(err)
	s := &system{browser: w.browser(), id: made.ID, secret: sealedtest.Text(secret)}
	s.token = s.fetchToken()
	return s
}

func (s *system) fetchToken() string {
	s.w.Helper()
	r := s.submit("/oauth/token", "grant_type", "client_credentials", "client_id", s.id.String(), "client_secret", s.secret)
	if r.status != http.StatusOK {
		s.w.Fatalf("token: %d %s", r.status, r.body)
	}
	return r.json(s.w)["access_token"].(string)
}

const findOrCreate = "/api/v1/parties:findOrCreate"

func encoded(t testing.TB, body any) string {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// say sends one assertion and returns the answer.
func (s *system) say(body any, headers ...string) reply {
	s.w.Helper()
	return s.send(http.MethodPost, findOrCreate, "application/json", encoded(s.w, body), append(headers, "Authorization", "Bearer "+s.token)...)
}

// party is say for an assertion that must be taken in; it returns the reference.
func (s *system) party(body any, headers ...string) string {
	s.w.Helper()
	r := s.say(body, headers...)
	if r.status != http.StatusOK {
		s.w.Fatalf("find or create: %d %s", r.status, r.body)
	}
	return r.json(s.w)["party"].(string)
}

// behind returns the party that a reference of the system stands for.
func (s *system) behind(ref string) habeas.PartyID {
	s.w.Helper()
	r, err := party.ParseReference("party", ref)
	s.w.must(err)
	prefix, n := r.Handle(s.w.Keys.Cipher("reference/" + s.id.String()))
	id, err := s.w.DB.Records().ByReference(s.w.Context(), s.id, prefix, n)
	s.w.must(err)
	return id
}

// copyDir copies a data directory of a stopped server.
func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}
