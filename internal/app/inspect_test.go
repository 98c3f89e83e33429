package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// filled is a person of whom something is held in many places, each with a word that stands
// nowhere else.
func (w *world) filled() (b *browser, who habeas.Actor, record habeas.PartyID) {
	w.Helper()
	bookings := w.connect("City Bookings")
	id, _ := bookings.say("bea.canary@example.org", with(with(person("Canarygiven", "Canaryfamily", "1984-05-03"), "phone", "number", "+34600777888"), "profile", "headline", "Canaryheadline"), ticket("T-canary", "Canarytour"))
	b = w.browser().join("bea.canary@example.org")
	a := w.who(b)
	w.accept(a, id, nil)
	w.ok(w.Accounts.SetName(w.ctx(), a, "Canaryname"))
	w.key(a, "Canarykey", w.clock.Now()) // removed a moment ago: a code still opens the account
	w.ok(w.Profiles.Choose(w.ctx(), a, id, nil))
	w.ok(w.Profiles.Publish(w.ctx(), a, id, party.Withdraw))
	must(w.Notices.RequestForMine(w.ctx(), a, id, party.AskRestrict))(w)
	return b, a, id
}

// key gives an account a passkey, or one that was removed at a moment.
func (w *world) key(a habeas.Actor, name string, ended time.Time) {
	w.Helper()
	w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error {
		now := w.clock.Now()
		key := account.Passkey{Hash: w.Keys.Lookup(account.LookupPasskey, name), Account: a.Account, AddedAt: now, EndedAt: ended, Name: name, Credential: []byte(`{"secret":"Neverkey"}`)}
		e := audit.Entry{ID: habeas.NewID[habeas.EventKind](now), Event: audit.CredentialAdded, Subject: habeas.SubjectOf(a.Account), Actor: a, At: now}
		return tx.Accounts().AddPasskey(key, e)
	}))
}

// Proves ACCT-03, ACCT-04 and LOG-04.
func TestAPersonInspectsEverythingThatIsHeld(t *testing.T) {
	w := newWorld(t)
	b, _, _ := w.filled()
	w.later(time.Minute)
	root := w.boss("root@example.org")
	must(w.Logs.Begin(w.ctx(), root, account.Reading{Kind: account.ReadAccount, Purpose: sentence(account.PurposeHelp), Words: "case Neverwords"}, w.address("bea.canary@example.org")))(w)
	page, file := b.get("/me/everything"), b.get("/me/everything/everything.json")
	if file.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(file.header.Get("Content-Type"), "application/json") {
		t.Errorf("headers: %v", file.header)
	}
	var held struct {
		Held []account.HeldTable `json:"held"`
		Log  []struct {
			Class, Credential, From string
		} `json:"log"`
		Contributions []struct{ Operation string } `json:"contributions"`
	}
	w.ok(json.Unmarshal([]byte(file.text), &held))
	rows := map[string]int{}
	for _, table := range held.Held {
		rows[table.Name] = len(table.Rows)
	}
	for _, table := range []string{"account", "account_address", "passkey", "sign_in", "consent", "showing", "log_reading", "claim"} {
		if rows[table] == 0 {
			t.Errorf("the inspection shows no row of %s", table)
		}
	}
	if len(held.Log) < 4 || len(held.Contributions) != 2 {
		t.Errorf("log %+v, contributions %+v", held.Log, held.Contributions)
	}
	for _, l := range held.Log {
		if (l.From != "") && l.Class != "revoked" && l.Class != "reset" {
			t.Errorf("an address is shown: %+v", l)
		}
	}
	for _, word := range []string{"Canaryname", "Canarykey", "bea.canary@example.org", "Canaryheadline", "Canarytour", "Help the person, who asked for it"} {
		if !strings.Contains(file.text, word) {
			t.Errorf("the file lacks %q", word)
		}
	}
	for _, word := range []string{"Canaryname", "Canarykey", "bea.canary@example.org", "profile.choose", "Signed in", "Not shown, and why"} {
		if !strings.Contains(page.text, word) {
			t.Errorf("the page lacks %q", word)
		}
	}
	if strings.Contains(file.text+page.text, "Neverkey") || strings.Contains(file.text+page.text, "Neverwords") {
		t.Error("what is left off is shown")
	}
	if c := w.copyOf(b); !strings.Contains(string(c.JSON), `"held"`) {
		t.Error("the copy lacks the account's rows")
	}
}

var wildcard = regexp.MustCompile(`\{[a-z.$]+\}`)

// identifiers are everything that names something of a person in an address.
func (w *world) identifiers(a habeas.Actor, id habeas.PartyID) []string {
	w.Helper()
	out := []string{id.String(), a.Account.String(), habeas.SubjectOf(id).String(), w.Profiles.Ref(id).String(), w.activity(a)[0].ID.String()}
	for _, q := range must(w.Notices.RequestsOfMine(w.ctx(), a, id))(w) {
		out = append(out, q.ID.String())
	}
	for _, r := range must(w.DB.Logs().ReadingsOf(w.ctx(), a.Account, 10))(w) {
		out = append(out, r.ID.String())
	}
	held := must(w.Records.Inspect(w.ctx(), a))(w)
	for _, table := range held.Tables {
		if table.Name == "claim" {
			for _, v := range table.Rows[0] {
				if v.Name == "id" {
					out = append(out, v.Text)
				}
			}
		}
	}
	return out
}

// everyRoute asks every mounted route for what belongs to the identifiers, and hands each
// answer to look.
func (b *browser) everyRoute(patterns, ids []string, methods string, look func(method, path string, p page)) int {
	b.Helper()
	n := 0
	for _, pattern := range patterns {
		method, path, _ := strings.Cut(pattern, " ")
		if !strings.Contains(methods, method) || path == "/sign-out" || strings.HasPrefix(path, "/static") {
			continue
		}
		values := ids
		if !wildcard.MatchString(path) {
			values = ids[:1]
		}
		for _, one := range values {
			n++
			at := wildcard.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), one)
			form := formOf()
			if method == http.MethodGet {
				form = nil
			}
			ip := netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)})
			look(method, at, b.send(method, at, form, from(ip.String())))
		}
	}
	return n
}

// Proves ACCT-05 and ACCT-04.
func TestNobodyReadsAnothersAccountOnAnyRoute(t *testing.T) {
	w := newWorld(t)
	patterns := w.routes()
	b, bea, record := w.filled()
	w.later(time.Minute)
	must(w.Logs.Begin(w.ctx(), w.boss("root@example.org"), account.Reading{Kind: account.ReadAccount, Purpose: sentence(account.PurposeHelp)}, w.address("bea.canary@example.org")))(w)
	ids := w.identifiers(bea, record)
	secret := regexp.MustCompile(`(?i)canary|600777888|` + bea.Account.String())

	// Her own browser finds her on many of these pages: the question is a good one.
	found := map[string]bool{}
	b.everyRoute(patterns, ids, http.MethodGet, func(_, path string, p page) {
		if p.status == http.StatusOK && secret.MatchString(p.text) {
			found[path] = true
		}
	})
	if len(found) < 8 || !found["/me/everything"] {
		t.Errorf("she finds herself on %d pages only: %v", len(found), slices.Sorted(maps.Keys(found)))
	}
	before := must(w.Records.Inspect(w.ctx(), bea))(w)
	oscar := w.browser().join("oscar@example.org")
	for who, one := range map[string]*browser{"somebody else": oscar, "nobody": w.browser()} {
		n := one.everyRoute(patterns, ids, "GET POST PUT PATCH DELETE", func(method, path string, p page) {
			text := p.text
			for _, id := range ids { // an error may repeat what was asked for
				text = strings.ReplaceAll(text, id, "")
			}
			if secret.MatchString(text) || secret.MatchString(fmt.Sprint(p.header)) && !strings.Contains(path, bea.Account.String()) {
				t.Errorf("%s reads of her at %s %s (%d)", who, method, path, p.status)
			}
		})
		t.Logf("%s: %d requests on %d routes", who, n, len(patterns))
	}
	if after := must(w.Records.Inspect(w.ctx(), bea))(w); string(after.JSON) != string(stamped(before.JSON, after.JSON)) {
		t.Error("something of hers was changed")
	}
}

// stamped gives one inspection the moment of another, which is the only thing to differ.
func stamped(old, at []byte) []byte {
	moment := regexp.MustCompile(`"taken": "[^"]+"`)
	return moment.ReplaceAll(old, moment.Find(at))
}

// Proves ACCT-07.
func TestTheContactPageReachesTheOperator(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	write := func(ip string, fields ...string) page {
		t.Helper()
		return b.send(http.MethodPost, "/contact", formOf(fields...), from(ip))
	}
	if p := write("198.51.100.1", "kind", "complaint", "words", " ", "reply", ""); p.status != http.StatusBadRequest {
		t.Errorf("an empty one: %d", p.status)
	}
	if p := write("198.51.100.1", "kind", "question", "words", "Hello", "reply", "no address\r\nBcc: x@example.org"); p.status != http.StatusBadRequest {
		t.Errorf("a wrong address: %d", p.status)
	}
	if p := write("198.51.100.1", "kind", "complaint", "words", "The page says\r\nsomething wrong.", "reply", "Tim@Example.org"); p.status != http.StatusSeeOther || p.header.Get("Location") != "/contact?done=sent" {
		t.Fatalf("a complaint: %d\n%s", p.status, p.text)
	}
	m := w.mailTo("help@example.org", mail.KindComplaint)
	if !strings.Contains(m.Text, "The page says something wrong.") || !strings.Contains(m.Text, "Tim@example.org") || strings.Contains(m.Subject+fmt.Sprint(m.MessageID), "im@") {
		t.Errorf("the mail:\n%s\n%s", m.Subject, m.Text)
	}
	if page := b.get("/contact?done=sent").text; !strings.Contains(page, "on its way to us") {
		t.Error("nobody is told that it was sent")
	}
	status := 0
	for range account.MessagesPerClient + 2 {
		status = write("198.51.100.2", "kind", "question", "words", "Again").status
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("a flood: %d", status)
	}
	if p := write("198.51.100.3", "kind", "question", "words", "Somebody else", "reply", ""); p.status != http.StatusSeeOther {
		t.Errorf("somebody else after a flood: %d", p.status)
	}
	if n := len(w.mails()); n != account.MessagesPerClient+1 {
		t.Errorf("%d mails", n)
	}
	// Where the settings name no address it goes to the administrators.
	w.Mailer.Contact = "https://example.org/contact"
	root := w.who(w.rooted("root@example.org"))
	w.mails()
	w.later(2 * account.MessageWindow)
	if p := write("198.51.100.1", "kind", "question", "words", "Hello"); p.status != http.StatusServiceUnavailable {
		t.Errorf("with nobody to read it: %d", p.status)
	}
	w.key(root, "root", time.Time{})
	write("198.51.100.1", "kind", "question", "words", "Hello")
	w.mailTo("root@example.org", mail.KindContact)
}

// Proves LOG-08, LOG-14 and PRX-04.
func TestTheStatisticsNameNobodyAndReadWithoutCookies(t *testing.T) {
	w := newWorld(t)
	for i := range 12 {
		w.browser().join(fmt.Sprintf("member%d@example.org", i))
	}
	if page := w.browser().get("/statistics").text; !strings.Contains(page, "There is no whole month yet") {
		t.Errorf("of the month that goes on:\n%s", page)
	}
	w.later(31 * 24 * time.Hour)
	b := w.browser()
	p := b.get("/statistics")
	if !strings.Contains(p.text, "2026-03") || !strings.Contains(p.text, "about 10") || !strings.Contains(p.text, "fewer than 10") || strings.Contains(p.text, "12") && strings.Contains(p.text, ">12<") {
		t.Errorf("of March:\n%s", p.text)
	}
	if len(b.cookies) != 0 || p.header.Get("Set-Cookie") != "" {
		t.Errorf("cookies for reading: %v", b.cookies)
	}
	// A rotated month is told as before.
	w.later(200 * 24 * time.Hour)
	w.ok(w.Logs.Rotate(w.ctx()))
	if again := b.get("/statistics").text; !strings.Contains(again, "2026-03") || !strings.Contains(again, "about 10") {
		t.Errorf("after the rotation:\n%s", again)
	}
}

// Proves PRX-04 and PRX-05.
func TestSigningOutClearsWhatTheSiteLeft(t *testing.T) {
	w := newWorld(t)
	b := w.browser().join("tim@example.org")
	for name := range b.cookies {
		if !strings.HasPrefix(name, "__Host-habeas-") {
			t.Errorf("a cookie %s", name)
		}
	}
	b.send(http.MethodPost, "/preferences", formOf("theme", "dark", "back", "/"))
	p := b.send(http.MethodPost, "/sign-out", formOf())
	if got := p.header.Get("Clear-Site-Data"); got != `"cache", "storage"` {
		t.Errorf("Clear-Site-Data: %s", got)
	}
	if len(b.cookies) != 2 { // the mark of the browser, which opens nothing, and the theme
		t.Errorf("cookies stay: %v", b.cookies)
	}
	if p := b.join("tim@example.org").send(http.MethodPost, "/sign-out?machine=shared", formOf()); p.header.Get("Clear-Site-Data") == "" || len(b.cookies) != 0 {
		t.Errorf("on a shared machine cookies stay: %v", b.cookies)
	}
	if p := b.send(http.MethodGet, "/me", nil); p.status != http.StatusSeeOther {
		t.Errorf("after signing out: %d", p.status)
	}
}
