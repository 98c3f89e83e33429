package redteam_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/servertest"
)

type (
	browser = servertest.Browser
	system  = servertest.System
	reply   = servertest.Reply
	object  = map[string]any
)

// world is a server whose clock stands still until a test moves it, and whose mails come
// over SMTP.
type world struct {
	*servertest.World
	clock    *habeas.ManualClock
	boss     *browser // the first administrator, once there is one
	networks int
	campus   *servertest.Provider // believed about addresses at example.org
	cloud    *servertest.Provider // believed about none
}

// seed is a data directory, and a database where the records are on PostgreSQL, that are
// made once: every attack gets copies. The keys lie in the directory.
var seed struct {
	dir, link string
}

// sow makes the seed, with the records in a database; empty: SQLite in the directory.
func sow(_, dsn string) error {
	ctx := context.Background()
	keys, kit, err := keyring.Create(ctx, app.KeysPath(seed.dir), keyring.NewPassword([]byte(servertest.MasterPassword)), keyring.Options{KDF: keyring.CheapKDF})
	if err != nil {
		return err
	}
	kit.Close()
	origin, err := edge.ParseOrigin("http://localhost:8080")
	if err != nil {
		return err
	}
	s, err := app.Open(ctx, app.Config{Dir: seed.dir, RecordsDSN: dsn, Keys: keys, Clock: habeas.SystemClock{}, Organisation: "City Sports", Origin: origin})
	if err != nil {
		return errors.Join(err, keys.Close())
	}
	seed.link, err = s.Accounts.FirstAdministratorLink(ctx)
	return errors.Join(err, s.Close())
}

// newWorld serves copies of the seed.
func newWorld(t *testing.T) *world {
	t.Helper()
	dsn := ""
	if pgtest.OnPostgres() {
		dsn = pgtest.FilledDatabase(t)
	}
	w := &world{clock: habeas.NewManualClock(time.Now())}
	office := servertest.NewOffice(t)
	w.campus, w.cloud = servertest.NewProvider(t, w.clock.Now, false), servertest.NewProvider(t, w.clock.Now, false)
	w.World = servertest.Open(t, servertest.CopyDir(t, seed.dir), office.ByMail(t, w.clock), w.campus.At("campus", "example.org"), w.cloud.At("cloud"), func(cfg *app.Config) {
		var err error
		cfg.RecordsDSN = dsn
		cfg.Proxies, err = edge.ParseProxies([]string{"127.0.0.0/8"}) // a browser names its network
		if err != nil {
			t.Fatal(err)
		}
	})
	w.Made.AdministratorLink, office.To = w.HTTP.URL+seed.link, w.Post
	office.Open(t, false)
	return w
}

// person opens a browser, in a network of its own, that sends what browsers send.
func (w *world) person() *browser {
	b := w.Browser()
	b.Sends = http.Header{
		"Accept": {"text/html"}, "Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"},
	}
	w.from(b)
	return b
}

// from moves a browser to a network where nobody was before.
func (w *world) from(b *browser) {
	w.networks++
	b.Sends.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", w.networks/250, w.networks%250+1))
}

// later moves the clock.
func (w *world) later(d time.Duration) { w.clock.Advance(d) }

// ask asks for a code at an address, by the form of the page, and returns the id that the
// next page types it for.
func ask(b *browser, address string) string {
	b.W.Helper()
	return wanted(b, b.Filled("/join", "/join", "address", address, "again", address))
}

// wanted is the id in the address of the page to type a code on.
func wanted(b *browser, to string) string {
	b.W.Helper()
	c, ok := strings.CutPrefix(to, "/code?c=")
	if !ok {
		b.W.Fatalf("led to %q, want the page for the code", to)
	}
	return c
}

// mailed waits for the code that was mailed to an address.
func (w *world) mailed(address string) string {
	w.Helper()
	return servertest.CodeIn(w, w.Post.About(w, servertest.Stored(address), "Your code"))
}

// answer types a code into the form of its page.
func answer(b *browser, c, code string) reply {
	b.W.Helper()
	return b.Fill("/code?c="+c, "/code", "code", code)
}

// join proves an address and returns where that led.
func (w *world) join(b *browser, address string) string {
	w.Helper()
	c := ask(b, address)
	r := answer(b, c, w.mailed(address))
	if r.Status != http.StatusSeeOther {
		w.Fatalf("joining: status %d: %s", r.Status, r.Complaint())
	}
	return r.Header.Get("Location")
}

// joined is a new browser of somebody who has proved an address.
func (w *world) joined(address string) *browser {
	w.Helper()
	b := w.person()
	if to := w.join(b, address); to != "/me" {
		w.Fatalf("the code of %s leads to %q", address, to)
	}
	return b
}

// member is joined, with a passkey.
func (w *world) member(address string) *browser {
	w.Helper()
	b := w.joined(address)
	b.AddPasskey("phone")
	w.Post.About(w, address, "passkey was added")
	return b
}

// administrator is the first administrator.
func (w *world) administrator() *browser {
	w.Helper()
	if w.boss == nil {
		w.boss = w.person()
		w.boss.Administrator("boss@example.org")
		w.Post.About(w, "boss@example.org", "passkey was added")
	}
	return w.boss
}

// staff is somebody who works here, with a reason for looking.
func (w *world) staff(address string) *browser {
	w.Helper()
	w.administrator().Filled("/admin/roles", "/admin/roles", "address", address, "again", address, "role", "staff", "checked", "Seen at the desk.")
	b := w.member(address)
	reason(b)
	return b
}

// reason gives the reason for looking that staff are asked for before the first record.
func reason(b *browser) {
	b.W.Helper()
	b.Filled(staffAt(habeas.PartyID{1}), "/staff/purpose", "purpose", "correction")
}

// in reports who a browser is signed in as: the page of one's own opens.
func in(b *browser) bool {
	b.W.Helper()
	switch r := b.Get("/me"); {
	case r.Status == http.StatusOK:
		return true
	case r.Status == http.StatusSeeOther && strings.HasPrefix(r.Header.Get("Location"), "/sign-in"):
		return false
	default:
		b.W.Fatalf("/me: status %d", r.Status)
		return false
	}
}

// fields are data sets with their fields.
type fields map[string]map[string]string

// says is what a system says about somebody at an address.
func says(address string, f fields, more ...any) object {
	o := object{"email": address, "fields": f}
	for i := 0; i+1 < len(more); i += 2 {
		o[more[i].(string)] = more[i+1]
	}
	return o
}

// record is a party that a system brings, a moment later than everything before.
func (w *world) record(s *system, address string, f fields, more ...any) habeas.PartyID {
	w.Helper()
	w.later(time.Millisecond)
	return s.Behind(s.Party(says(address, f, more...)))
}

// held is a record as it stands in the store.
func (w *world) held(id habeas.PartyID) party.Record {
	w.Helper()
	p, err := w.DB.Records().Party(w.Context(), id)
	w.Must(err)
	said, err := w.DB.Records().Statements(w.Context(), id)
	w.Must(err)
	settled, err := w.DB.Records().Settled(w.Context(), p)
	w.Must(err)
	return party.Fold(p, said, settled, w.Schemas)
}

// unclaimed checks that nobody got hold of a record.
func (w *world) unclaimed(id habeas.PartyID) {
	w.Helper()
	if p := w.held(id).Party; p.State != party.Unclaimed || !p.Account.IsZero() {
		w.Errorf("the record is %s, and not nobody's", p.State)
	}
}

func offerAt(id habeas.PartyID) string  { return "/me/offers/" + id.String() }
func recordAt(id habeas.PartyID) string { return "/me/records/" + id.String() }
func staffAt(id habeas.PartyID) string  { return "/staff/people/" + id.String() }

// accept opens the confirm screen and makes the record the browser's own.
func accept(b *browser, id habeas.PartyID) {
	b.W.Helper()
	b.Filled(offerAt(id), offerAt(id)+"/accept")
}

// shows opens a page that must be there and checks that it says none of the words.
func (w *world) hides(b *browser, path string, words ...string) reply {
	w.Helper()
	r := b.Get(path)
	if r.Status != http.StatusOK {
		w.Fatalf("%s: status %d", path, r.Status)
	}
	w.without(path, r.Body, words...)
	return r
}

// without checks that a text holds none of the words.
func (w *world) without(where, text string, words ...string) {
	w.Helper()
	for _, word := range words {
		if strings.Contains(text, word) {
			w.Errorf("%s shows %q", where, word)
		}
	}
}

// mails counts every mail that was ever handed over for delivery.
func (w *world) mails() (n int) {
	w.Helper()
	all, err := w.DB.Ops().Deliveries(w.Context())
	w.Must(err)
	for _, count := range all {
		n += count
	}
	return n
}

// parties counts all records.
func (w *world) parties() int {
	w.Helper()
	n, _, _, err := w.DB.Records().Count(w.Context())
	w.Must(err)
	return n
}

// leaves is the size of the ledger: nothing was done while it stays.
func (w *world) leaves() int64 {
	w.Helper()
	w.Must(w.DB.Settle(w.Context())) // on PostgreSQL events get their place a moment later
	n, err := w.DB.Size(w.Context())
	w.Must(err)
	return n
}

// is checks the status of an answer.
func (w *world) is(what string, r reply, status int) {
	w.Helper()
	if r.Status != status {
		w.Errorf("%s: status %d, want %d: %s", what, r.Status, status, r.Complaint())
	}
}

// refused checks that an answer is a refusal, whatever it says.
func (w *world) refused(what string, r reply) {
	w.Helper()
	if r.Status < 400 || r.Status >= 500 {
		w.Errorf("%s: status %d to %q, want a refusal", what, r.Status, r.Header.Get("Location"))
	}
}

var linkIn = regexp.MustCompile(`https?://[^\s"<>]+`)

// link is the path that a mail leads to.
func (w *world) link(text, begins string) string {
	w.Helper()
	for _, found := range linkIn.FindAllString(text, -1) {
		if path, ok := strings.CutPrefix(found, w.HTTP.URL); ok && strings.HasPrefix(path, begins) {
			return path
		}
	}
	w.Fatalf("the mail leads to no %s", begins)
	return ""
}

// wrong is a code that is not the right one.
func wrong(code string) string {
	if code == "12345678" {
		return "87654321"
	}
	return "12345678"
}

// cookieValue is what differs in a cookie from browser to browser.
var cookieValue = regexp.MustCompile(`=[\w-]{20,}`)

// shape is everything that somebody outside sees of an answer, without what differs from
// request to request for everybody.
func shape(r reply, varies ...string) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.Status)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if name == "Date" || name == "X-Request-Id" || name == "Content-Length" && len(varies) > 0 {
			continue
		}
		fmt.Fprintln(&b, name, cookieValue.ReplaceAllString(strings.Join(r.Header[name], "\n"), "=…"))
	}
	b.WriteString(r.Body)
	text := b.String()
	for _, v := range varies {
		text = strings.ReplaceAll(text, v, "…")
	}
	return text
}

var paperCode = regexp.MustCompile(`[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}`)

// codeOf is the code in the text of a mail.
func codeOf(w *world, text string) string {
	w.Helper()
	return servertest.CodeIn(w, mail.Message{Text: text})
}

// hidden is what a form of a page carries in a field.
func hidden(b *browser, page, action, field string) string {
	b.W.Helper()
	shown := b.Get(page)
	for _, f := range b.Forms(shown) {
		if f.Action == action {
			return f.Fields.Get(field)
		}
	}
	b.W.Fatalf("%s: status %d, and there is no form %s", page, shown.Status, action)
	return ""
}
