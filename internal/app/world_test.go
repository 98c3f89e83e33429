package app_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/webhook"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

func TestMain(m *testing.M) {
	pgtest.Main(m, func(dsn string) error {
		db, err := sqlstore.Open(context.Background(), sqlstore.Config{DSN: dsn, Clock: habeas.SystemClock{}})
		if err != nil {
			return err
		}
		return db.Close()
	})
}

// world is a whole server on real files whose clock stands still and whose mails
// are read by the test. Nothing runs beside the requests: the outbox is emptied by
// mails, the ledger is published by publish.
type world struct {
	testing.TB
	*app.Server
	dir   string
	dsn   string // PostgreSQL database of the records; empty: SQLite in dir
	clock *habeas.ManualClock
	sent  []mail.Message
	pages http.Handler
	sets  []party.SetSchema // beside the built-in ones

	directory app.DirectoryConfig // zero: every granted role counts
}

// Send implements app.Sender.
func (w *world) Send(_ context.Context, m mail.Message) error {
	m, err := m.Opened()
	w.sent = append(w.sent, m)
	return err
}

// masterPassword opens the key stores of these tests.
const masterPassword = "correct horse battery"

func newWorld(t testing.TB, sets ...party.SetSchema) *world {
	t.Helper()
	return newWorldWith(t, app.DirectoryConfig{}, sets...)
}

// newWorldWith is newWorld whose organisation has a directory.
func newWorldWith(t testing.TB, d app.DirectoryConfig, sets ...party.SetSchema) *world {
	t.Helper()
	w := &world{TB: t, sets: sets, directory: d, dir: t.TempDir(), dsn: pgtest.Filled(t), clock: habeas.NewManualClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))}
	keys, _, err := keyring.Create(w.ctx(), filepath.Join(w.dir, "keys.db"), keyring.NewPassword([]byte(masterPassword)), keyring.Options{Clock: w.clock, KDF: keyring.CheapKDF})
	w.ok(err)
	w.open(keys)
	return w
}

// open makes the server of the stores in the world's directory and database.
func (w *world) open(keys *keyring.Ring) {
	w.Helper()
	origin, port := must(edge.ParseOrigin("https://records.example.org"))(w), must(edge.ParseOrigin("https://records.example.org:8443"))(w)
	s := &app.Server{Finder: party.NewIndex(), Disk: &app.Disk{}, Config: app.Config{
		Port: port,
		Dir:  w.dir, RecordsDSN: w.dsn, Keys: keys, Clock: w.clock, Organisation: "City Sports", Contact: "help@example.org", Origin: origin,
		Log: slog.New(slog.DiscardHandler), SessionDays: 30,
	}}
	s.Sessions = must(app.OpenSessions(s.Config))(w)
	w.Cleanup(func() { w.ok(s.Sessions.Close()) })
	w.Server = s
	s.Schemas = must(party.NewSchemas(append(party.DefaultSchemas(), w.sets...)...))(w)
	s.Duplicates = app.NewDuplicates(s.Log)
	learn := func(p party.Party, said party.Statement) {
		s.Finder.Learn(p, said)
		s.Duplicates.Note(p.ID)
	}
	s.Rolls = app.NewRolls(party.NewRoll(s.Schemas), s.Log)
	s.DB = must(sqlstore.Open(w.ctx(), sqlstore.Config{Dir: w.dir, DSN: w.dsn, Keys: keys, Clock: w.clock, Learn: learn, Entered: s.Rolls.Enter, Touched: s.Rolls.Touch}))(w)
	w.Cleanup(func() { w.ok(errors.Join(s.DB.Close(), keys.Close())) })
	s.Ledger = must(app.OpenLedger(w.ctx(), w.dir, "records.example.org/ledger", keys, s.DB))(w)
	s.Mailer = &app.Mailer{Keys: keys, Sender: w, Origin: origin, Organisation: "City Sports", Contact: "help@example.org", Domain: "example.org", Clock: w.clock}
	s.Accounts = app.NewAccounts(app.AccountsDeps{DB: s.DB, Keys: keys, Mailer: s.Mailer, Clock: w.clock, Origin: origin, Organisation: "City Sports", Port: port})
	s.Directory = must(app.NewDirectory(app.DirectoryDeps{DB: s.DB, Keys: keys, Clock: w.clock, Config: w.directory}))(w)
	s.Accounts.Obey(s.Directory)
	s.Staff = app.NewProvisioning(s.Directory)
	s.Logs = &app.Logs{DB: s.DB, Keys: keys, Accounts: s.Accounts, Clock: w.clock, Log: s.Log}
	s.Systems = app.NewSystems(app.SystemsDeps{DB: s.DB, Keys: keys, Schemas: s.Schemas, Clock: w.clock})
	own := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	s.Webhooks = &app.Webhooks{
		DB: s.DB, Changes: s.Systems.Changes(), Clock: w.clock, Allowed: own, Sender: webhook.NewSender(w.clock, own, nil),
		TellAdministrators: s.Accounts.TellAdministrators,
	}
	s.Policies = app.NewPolicies(s.DB, s.Schemas, w.clock)
	s.Certificates = app.NewCertificates(&app.Authorities{
		DB: s.DB, Keys: keys, Clock: w.clock,
		Org: pki.Organisation{Name: "City Sports", Country: "ES", URL: "http://pki.example.org"},
	}, s.Accounts, s.Policies)
	s.Escrows = app.NewEscrows(s.Certificates, account.EscrowRules{})
	s.Records = app.NewRecords(app.Records{
		DB: s.DB, Keys: keys, Finder: s.Finder, Ready: func() bool { return true }, Accounts: s.Accounts, Systems: s.Systems,
		Ledger: s.Ledger, Mailer: s.Mailer, Clock: w.clock, Policies: s.Policies, Rules: party.DefaultRules,
	}, s.Schemas)
	s.Entities = app.NewEntities(s.Records, must(entity.NewTypes())(w))
	s.Mailer.Receipts = s.Records.MailedReceipt
	s.Terms = app.NewTerms(s.Records, s.Accounts, s.Certificates)
	s.Digests = app.NewDigests(s.Records, s.Accounts, s.Policies)
	s.Profiles = app.NewProfiles(s.Records, s.Policies)
	s.Notices = app.NewNotices(s.Records, s.Accounts, s.Policies, s.Digests)
	s.Imports = app.NewImports(app.Imports{DB: s.DB, Keys: keys, Schemas: s.Schemas, Records: s.Records, Clock: w.clock, Disk: s.Disk, Log: s.Log})
	s.Disputes = app.NewDisputes(s.Records, s.Notices)
	s.Duplicates.Use(s.Records)
	s.Bulks = app.NewBulks(s.Records, s.Log)
	s.Lists = app.NewLists(s.Records, w.rolled(s.Rolls))
	w.pages = must(s.Handler(nil))(w)
}

// rolled fills a roll with the records that there are.
func (w *world) rolled(rolls *app.Rolls) *app.Rolls {
	w.Helper()
	rolls.Use(w.Records)
	w.ok(rolls.Build(w.ctx(), func(visit func(party.Party, party.Statement)) error { return w.DB.Records().Each(w.ctx(), visit) }))
	return rolls
}

func (w *world) ctx() context.Context { return context.Background() }

// must unwraps a result inside a test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// refused checks that something was refused with a code.
func (w *world) refused(err error, code string) {
	w.Helper()
	var e *habeas.Error
	if !errors.As(err, &e) || e.Code != code {
		w.Fatalf("got %v, want a refusal %q", err, code)
	}
}

func (w *world) address(s string) email.Address {
	w.Helper()
	return must(email.Parse(s))(w)
}

// later moves the clock: what happens next is newer than what happened before.
func (w *world) later(d time.Duration) { w.clock.Advance(max(d, time.Millisecond)) }

// system is a connected system.
type system struct {
	*world
	actor habeas.Actor
}

func (w *world) connect(name string) system {
	w.Helper()
	boss := habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 9}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	s, _, err := w.Systems.Connect(w.ctx(), boss, name)
	w.ok(err)
	return system{w, habeas.Actor{Kind: habeas.ActorSystem, System: s.ID}}
}

type more = func(*party.Assertion)

func ticket(ref, title string) more {
	return func(a *party.Assertion) { a.Ticket = &party.TicketInput{Ref: ref, Title: title} }
}

func external(id string) more { return func(a *party.Assertion) { a.ExternalID = id } }

// say is what the system says at an address (empty: none); it returns the party and
// the reference that the system got.
func (s system) say(address string, v party.Values, change ...more) (habeas.PartyID, party.Reference) {
	s.Helper()
	in := party.Assertion{Values: v}
	if address != "" {
		in.Email, in.HasEmail = s.address(address), true
	}
	for _, c := range change {
		c(&in)
	}
	s.later(0)
	ref := must(s.Systems.Records().FindOrCreate(s.ctx(), s.actor, in))(s)
	return s.partyOf(ref), ref
}

func (s system) partyOf(ref party.Reference) habeas.PartyID {
	s.Helper()
	prefix, n := ref.Handle(s.Keys.Cipher("reference/" + s.actor.System.String()))
	return must(s.DB.Records().ByReference(s.ctx(), s.actor.System, prefix, n))(s)
}

// person makes values of a person.
func person(given, family, birth string) party.Values {
	v := party.Values{}
	for field, text := range map[string]string{"given_name": given, "family_name": family, "birth_date": birth} {
		if text != "" {
			v.Put("identity", field, text)
		}
	}
	return v
}

// with adds a value.
func with(v party.Values, set, field, text string) party.Values {
	v.Put(set, field, text)
	return v
}

// mails delivers what waits in the outbox and returns it.
func (w *world) mails() []mail.Message {
	w.Helper()
	w.sent = nil
	now := w.clock.Now()
	for _, job := range must(w.DB.Ops().Due(w.ctx(), now, now.Add(time.Minute), 1000))(w) {
		w.ok(w.Mailer.Deliver(w.ctx(), job))
		w.ok(w.DB.Ops().Done(w.ctx(), job.ID, now))
	}
	return w.sent
}

// mailTo delivers and returns the only mail of a kind, checking to whom it went.
func (w *world) mailTo(address string, kind mail.Kind) mail.Message {
	w.Helper()
	var found []mail.Message
	for _, m := range w.mails() {
		if m.Kind == kind {
			found = append(found, m)
		}
	}
	if len(found) != 1 || found[0].To != address {
		w.Fatalf("%d mails of kind %s, want one to its reader", len(found), kind)
	}
	return found[0]
}

var mailedCode = regexp.MustCompile(`(?m)^ *(\d{4}) ?(\d{4}) *$`)

func (w *world) codeIn(m mail.Message) string {
	w.Helper()
	found := mailedCode.FindStringSubmatch(m.Text)
	if found == nil {
		w.Fatalf("no code in the mail:\n%s", m.Text)
	}
	return found[1] + found[2]
}

func newToken() (t account.Token) { rand.Read(t[:]); return t }

// join proves an address by a mailed code, as a person does in a browser.
func (w *world) join(address string) habeas.Actor { return w.joinIn(address, "en") }

func (w *world) joinIn(address, language string) habeas.Actor {
	w.Helper()
	w.mails()
	flow := newToken()
	id := must(w.Accounts.Ask(w.ctx(), account.Asking{Address: w.address(address), Language: language, Flow: flow, Client: "192.0.2.1"}))(w)
	return w.prove(id, w.codeIn(w.mailTo(w.address(address).Mailbox(), mail.KindCode)), flow)
}

// prove types a code and returns who is signed in by it.
func (w *world) prove(id habeas.ChallengeID, code string, flow account.Token) habeas.Actor {
	w.Helper()
	sign := newToken()
	must(w.Accounts.Prove(w.ctx(), habeas.Actor{}, id, sealedtest.Seal(code), account.Browser{Flow: flow, New: sign}))(w)
	actor, _, err := w.Accounts.Who(w.ctx(), edge.TokenHash(sign))
	w.ok(err)
	return actor
}

// member is a person who has added a passkey and signed in by it.
func (w *world) member(address string) habeas.Actor {
	w.Helper()
	a := w.join(address)
	a.Proof = habeas.ProofPasskey
	return a
}

// staff is somebody who works here, looking for a reason.
func (w *world) staff(address string) habeas.Actor {
	w.Helper()
	a := w.member(address)
	w.ok(w.Accounts.SetName(w.ctx(), a, "Nora Quill"))
	a.Roles, a.Purpose = []habeas.Role{habeas.RoleStaff}, "Correct an error"
	return a
}

// enter lets staff enter a party.
func (w *world) enter(a habeas.Actor, address string, v party.Values, change ...more) habeas.PartyID {
	w.Helper()
	in := party.Assertion{Values: v}
	if address != "" {
		in.Email, in.HasEmail = w.address(address), true
	}
	for _, c := range change {
		c(&in)
	}
	w.later(0)
	id, _, err := w.Records.Enter(w.ctx(), a, in, false)
	w.ok(err)
	return id
}

// offers are the records that a person is shown to claim.
func (w *world) offers(a habeas.Actor) []party.Offer {
	w.Helper()
	return must(w.Records.Offers(w.ctx(), a))(w)
}

// offer opens the confirm screen.
func (w *world) offer(a habeas.Actor, id habeas.PartyID) party.Offer {
	w.Helper()
	w.later(0)
	return must(w.Records.Offer(w.ctx(), a, id))(w)
}

// accept looks at a record and makes it the person's own.
func (w *world) accept(a habeas.Actor, id habeas.PartyID, corrected party.Values) {
	w.Helper()
	o := w.offer(a, id)
	w.later(0)
	w.ok(w.Records.Accept(w.ctx(), a, id, o.Record.Party.Version, corrected))
	w.later(0)
}

// notMe looks at a record and says that it is about somebody else.
func (w *world) notMe(a habeas.Actor, id habeas.PartyID) {
	w.Helper()
	o := w.offer(a, id)
	w.ok(w.Records.NotMe(w.ctx(), a, id, o.Record.Party.Version))
	w.later(0)
}

// move lets staff replace the address of a record.
func (w *world) move(a habeas.Actor, id habeas.PartyID, to string) {
	w.Helper()
	w.later(0)
	w.ok(w.Records.ChangeAddress(w.ctx(), a, id, w.address(to)))
	w.later(0)
}

// held is a record as it stands in the store.
func (w *world) held(id habeas.PartyID) party.Record {
	w.Helper()
	p := must(w.DB.Records().Party(w.ctx(), id))(w)
	settled := must(w.DB.Records().Settled(w.ctx(), p))(w)
	return party.Fold(p, must(w.DB.Records().Statements(w.ctx(), id))(w), settled, w.Schemas)
}

func (w *world) my(a habeas.Actor, id habeas.PartyID) party.Record {
	w.Helper()
	return must(w.Records.My(w.ctx(), a, id))(w)
}

func (w *world) mine(a habeas.Actor) []party.Record {
	w.Helper()
	return must(w.Records.Mine(w.ctx(), a))(w)
}

// field finds a field of a record.
func field(rec party.Record, set, name string) party.Field {
	for _, s := range rec.Sets {
		for _, f := range s.Fields {
			if s.Schema.Name == set && f.Schema.Name == name {
				return f
			}
		}
	}
	return party.Field{}
}

// activity are the lines that a person sees, newest first.
func (w *world) activity(a habeas.Actor) []party.Look {
	w.Helper()
	return must(w.Records.Activity(w.ctx(), a, habeas.EventID{}, 1000))(w)
}

// look finds the newest line of an event in somebody's Activity.
func (w *world) look(a habeas.Actor, event audit.Event) party.Look {
	w.Helper()
	for _, l := range w.activity(a) {
		if l.Event == event {
			return l
		}
	}
	w.Fatalf("no %s in the activity", event)
	return party.Look{}
}

// count counts all parties.
func (w *world) count() int {
	w.Helper()
	n, _, _, err := w.DB.Records().Count(w.ctx())
	w.ok(err)
	return n
}

// verify publishes the ledger and checks all of it against the rows.
func (w *world) verify() app.Verification {
	w.Helper()
	w.ok(w.Ledger.Publish(w.ctx()))
	v := must(app.VerifyRecords(w.ctx(), sqlstore.Config{Dir: w.dir, DSN: w.dsn}, nil))(w)
	if v.FaultCount != 0 {
		w.Fatalf("the ledger has faults: %v", v.Faults)
	}
	return v
}

// browser is a person's browser: cookies, and the headers that browsers send.
type browser struct {
	*world
	cookies map[string]string
}

func (w *world) browser() *browser { return &browser{w, map[string]string{}} }

// page is an answer read to its end.
type page struct {
	status int
	header http.Header
	text   string
}

func (b *browser) send(method, path string, form url.Values, change ...func(*http.Request)) page {
	b.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Host, r.RemoteAddr = "records.example.org", "192.0.2.1:4711"
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for _, c := range change {
		c(r)
	}
	rec := httptest.NewRecorder()
	b.pages.ServeHTTP(rec, r)
	reply := rec.Result()
	defer reply.Body.Close()
	for _, c := range reply.Cookies() {
		b.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return page{reply.StatusCode, reply.Header, string(must(io.ReadAll(reply.Body))(b))}
}

// get opens a page that must be there.
func (b *browser) get(path string) page {
	b.Helper()
	p := b.send(http.MethodGet, path, nil)
	if p.status != http.StatusOK {
		b.Fatalf("GET %s: status %d\n%s", path, p.status, p.text)
	}
	return p
}

// post submits a form that must lead to another page, and returns which.
func (b *browser) post(path string, fields ...string) string {
	b.Helper()
	p := b.send(http.MethodPost, path, formOf(fields...))
	if p.status != http.StatusSeeOther {
		b.Fatalf("POST %s: status %d\n%s", path, p.status, p.text)
	}
	return p.header.Get("Location")
}

// found is the page of staff that a search leads to; what was typed is not in its address.
func (b *browser) found(to, query string) page {
	b.Helper()
	at := b.post("/staff/find", "to", to, "q", query)
	if strings.Contains(strings.ToLower(at), strings.ToLower(query)) {
		b.Errorf("what was searched for stands in the address of its page")
	}
	return b.get(at)
}

// formOf makes a form of name, value, name, value …
func formOf(fields ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return v
}

// ask asks for a code at an address and returns the page to type it on.
func (b *browser) ask(address string) string {
	b.Helper()
	b.mails()
	return b.post("/join", "address", address, "again", address, "language", "en")
}

// typeCode types the code that was mailed.
func (b *browser) typeCode(at string) string {
	b.Helper()
	code := b.codeIn(b.mails()[0])
	return b.post("/code", "c", strings.TrimPrefix(at, "/code?c="), "code", code)
}

// join signs this browser in by a mailed code.
func (b *browser) join(address string) *browser {
	b.Helper()
	b.typeCode(b.ask(address))
	return b
}
