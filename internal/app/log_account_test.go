package app_test

import (
	"bytes"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/app/archive"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
)

// cameFrom makes requests come from an address.
func cameFrom(address string) func(*http.Request) {
	return from(netip.AddrPortFrom(netip.MustParseAddr(address), 4711).String())
}

// joinFrom signs this browser in by a mailed code from an address.
func (b *browser) joinFrom(address, ip string) *browser {
	b.Helper()
	b.mails()
	at := b.send(http.MethodPost, "/join", formOf("address", address, "again", address, "language", "en"), cameFrom(ip)).header.Get("Location")
	code := b.codeIn(b.mails()[0])
	if p := b.send(http.MethodPost, "/code", formOf("c", strings.TrimPrefix(at, "/code?c="), "code", code), cameFrom(ip)); p.status != http.StatusSeeOther {
		b.Fatalf("the code from %s: %d", ip, p.status)
	}
	return b
}

// logged are the lines that are held of an account, oldest first, as they lie in the store.
func (w *world) logged(id habeas.AccountID) []account.LogLine {
	w.Helper()
	all := must(w.DB.Logs().Lines(w.ctx(), id, account.LogSince(w.clock.Now()), 100))(w)
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all
}

func sentence(key string) string {
	for _, p := range account.ReadPurposes() {
		if p.Key == key {
			return p.Sentence
		}
	}
	return ""
}

// Proves LOG-01, LOG-02, LOG-03, LOG-04 and LOG-05.
func TestTheLogHoldsWhatThePolicyListsAndNoMore(t *testing.T) {
	w := newWorld(t)
	b := w.browser().joinFrom("tim@example.org", "198.51.100.7")
	tim := w.who(b)
	w.later(time.Minute)
	b.post("/me/credentials/name", "called", "Tim") // is not on the list
	w.later(time.Minute)
	b.post("/sign-out")
	w.later(time.Minute)
	at := b.ask("tim@example.org")
	code := b.codeIn(b.mails()[0])
	b.send(http.MethodPost, "/code", formOf("c", strings.TrimPrefix(at, "/code?c="), "code", "00000000"), cameFrom("198.51.100.8"))
	b.send(http.MethodPost, "/code", formOf("c", strings.TrimPrefix(at, "/code?c="), "code", code), cameFrom("2001:db8::7"))
	var got []string
	for _, l := range w.logged(tim.Account) {
		got = append(got, string(l.Class)+" "+l.Credential+" "+l.From.String())
	}
	want := "registered  198.51.100.7|activated address 198.51.100.7|authorized code 198.51.100.7|refused code 198.51.100.8|authorized code 2001:db8::7"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("the log\n%s, want\n%s", s, want)
	}
	// On the page its person sees no address, only on revocation and reset.
	second := w.browser().joinFrom("mia@example.org", "198.51.100.9")
	mia := w.who(second)
	w.ok(w.Accounts.SetName(w.ctx(), mia, "Mia"))
	for _, l := range w.logged(mia.Account) {
		if l.Shown().From.IsValid() {
			t.Errorf("%s shows its address", l.Class)
		}
	}
	for _, class := range account.LogClasses() {
		l := account.LogLine{Class: class, From: w.logged(tim.Account)[0].From}
		if shows := l.Shown().From.IsValid(); shows != (class == account.LogRevoked || class == account.LogReset) {
			t.Errorf("%s shows its address: %v", class, shows)
		}
	}
	w.verify()
}

// Proves LOG-01, LOG-04 and LOG-16.
func TestAnAttemptAtAnUnknownAddressLeavesNothingThatIdentifiesAnybody(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	at := b.ask("nobody@example.org")
	b.send(http.MethodPost, "/code", formOf("c", strings.TrimPrefix(at, "/code?c="), "code", "00000000"), cameFrom("198.51.100.8"))
	// A code that was mailed because of a record belongs to no account either.
	id, _ := w.connect("City Bookings").say("ada@example.org", person("Ada", "Okoye", ""))
	flow := newToken()
	ask := must(w.Accounts.Ask(w.ctx(), account.Asking{Address: w.address("ada@example.org"), Language: "en", Flow: flow, Client: "198.51.100.8"}))(w)
	b.send(http.MethodPost, "/code", formOf("c", ask.String(), "code", "00000000"), cameFrom("198.51.100.8"))
	for _, who := range []habeas.AccountID{{}, habeas.AccountID(id)} {
		for _, l := range w.logged(who) {
			if l.Class != account.LogRefused || l.From.IsValid() || !l.Account.IsZero() {
				t.Errorf("line %+v", l)
			}
		}
	}
	if n := len(w.logged(habeas.AccountID{})); n != 2 {
		t.Errorf("%d lines of attempts, want 2", n)
	}
	lines, acts, err := w.DB.Logs().Sharing(w.ctx(), []netip.Addr{addr(t, "198.51.100.8")}, w.clock.Now().AddDate(0, -6, 0), w.clock.Now(), 10)
	w.ok(err)
	if len(lines)+len(acts) != 0 {
		t.Errorf("found by address: %v %v", lines, acts)
	}
}

// Proves LOG-16, LOG-08, ADM-02 and ACCT-04.
func TestACaseOfAbuseFindsWhoSharesAnAddressAndTheySeeIt(t *testing.T) {
	w := newWorld(t)
	tim := w.who(w.browser().joinFrom("tim@example.org", "2001:db8:1::1"))
	mia := w.who(w.browser().joinFrom("mia@example.org", "2001:db8:1::ffff")) // the same subscriber
	lea := w.who(w.browser().joinFrom("lea@example.org", "2001:db8:2::1"))
	boss := w.boss("root@example.org")
	w.later(time.Minute)
	read := func(a habeas.Actor, kind account.ReadingKind, purpose, words string) (habeas.ReadingID, error) {
		return w.Logs.Begin(w.ctx(), a, account.Reading{Kind: kind, Purpose: sentence(purpose), Words: words}, w.address("tim@example.org"))
	}
	_, err := read(mia, account.ReadShared, string(account.GroundAbuse), "case 7")
	w.refused(err, "role.missing")
	_, err = read(boss, account.ReadShared, account.PurposeHelp, "case 7")
	w.refused(err, "log.abuse")
	_, err = read(boss, account.ReadShared, string(account.GroundAbuse), " ")
	w.refused(err, "log.abuse")
	_, err = read(boss, account.ReadAccount, "curiosity", "")
	w.refused(err, "log.purpose")
	_, err = w.Logs.Begin(w.ctx(), boss, account.Reading{Kind: account.ReadAccount, Purpose: sentence(account.PurposeHelp)}, w.address("none@example.org"))
	w.refused(err, "log.nobody")

	id := must(read(boss, account.ReadShared, string(account.GroundAbuse), "case 7"))(w)
	view := must(w.Logs.View(w.ctx(), boss, id))(w)
	if len(view.Shared) != 1 || view.Shared[0].Account != mia.Account || view.Shared[0].Lines != 3 {
		t.Errorf("shared: %+v", view.Shared)
	}
	for who, a := range map[string]habeas.Actor{"tim": tim, "mia": mia} {
		if l := w.look(a, audit.LogRead); l.Actor.Purpose != sentence(string(account.GroundAbuse)) || l.Detail["log"] != "shared" {
			t.Errorf("%s sees %+v", who, l)
		}
	}
	for _, l := range w.activity(lea) {
		if l.Event == audit.LogRead {
			t.Error("somebody is told who was not shown")
		}
	}
	other := w.boss("other@example.org")
	_, err = w.Logs.View(w.ctx(), other, id)
	w.refused(err, "log.reading")
	w.later(account.ReadingLife)
	_, err = w.Logs.View(w.ctx(), boss, id)
	w.refused(err, "log.reading")
	if all := must(w.Logs.Readings(w.ctx(), boss, 10))(w); len(all) != 1 || all[0].Words != "case 7" {
		t.Errorf("the register: %+v", all)
	}
	w.verify()
}

// Proves LOG-06, LOG-07 and LOG-16.
func TestAMonthOfTheLogLeavesForAnArchiveThatTheServerCannotRead(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.Logs.Archive = app.Archive{Dir: t.TempDir(), To: key.Recipient()}
	tim := w.who(w.browser().joinFrom("tim@example.org", "198.51.100.7"))
	mia := w.who(w.browser().joinFrom("mia@example.org", "198.51.100.7"))
	w.ok(w.Accounts.SetName(w.ctx(), mia, "Mia"))
	n := len(w.logged(tim.Account))
	sign := w.activity(tim)[0]
	ends := time.Date(2026, 8, 31, 0, 0, 0, 0, time.UTC) // six months after 1 March, less the day that is left for repairs

	w.later(ends.Add(-time.Second).Sub(w.clock.Now()))
	w.ok(w.Logs.Rotate(w.ctx()))
	if len(w.logged(tim.Account)) != n || len(archived(t, w.Logs.Archive.Dir)) != 0 {
		t.Error("the month left a second early")
	}
	late := w.who(w.browser().joinFrom("tim@example.org", "198.51.100.7")) // a line of August
	if late.Account != tim.Account {
		t.Fatal("another account")
	}
	w.later(2 * time.Second)
	if left := len(w.logged(tim.Account)); left != 1 {
		t.Errorf("%d lines are read a second late, before the rotation", left)
	}
	w.ok(w.Logs.Rotate(w.ctx()))
	w.ok(w.Logs.Rotate(w.ctx())) // again is the same
	if at, _, err := w.DB.Logs().Oldest(w.ctx()); err != nil || at.Month() != time.August {
		t.Errorf("the oldest line is of %v, %v", at, err)
	}
	for _, look := range w.activity(tim) {
		if look.Event == audit.SignInSucceeded && look.At.Equal(sign.At) {
			t.Error("the ledger still says when Tim signed in in March")
		}
	}
	_, err = w.Keys.LogMonth(w.ctx(), time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC))
	if habeas.KindOf(err) != habeas.KindGone {
		t.Errorf("the key of March: %v", err)
	}
	files := archived(t, w.Logs.Archive.Dir)
	if len(files) != 1 {
		t.Fatalf("%d files", len(files))
	}
	if bytes.Contains(files[0], []byte("registered")) {
		t.Error("the file can be read")
	}
	var lines []archive.Line
	if _, err := archive.Read(bytes.NewReader(files[0]), func(l archive.Line) error { lines = append(lines, l); return nil }, key); err != nil {
		t.Fatal(err)
	}
	who := map[string]int{}
	for _, l := range lines {
		who[l.Who]++
		if strings.Contains(l.ID+l.Who+l.Credential, "198.51") {
			t.Errorf("an address: %+v", l)
		}
	}
	if len(lines) != 2*n || len(who) != 2 {
		t.Errorf("archived %d lines of %d people", len(lines), len(who))
	}
	w.verify()
	if months := must(w.Logs.Statistics(w.ctx()))(w); len(months) != 1 {
		t.Errorf("the statistics: %+v", months)
	}
}

// archived are the files of an archive.
func archived(t *testing.T, dir string) (out [][]byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	return out
}

// Proves LOG-06.
func TestWhatCannotBeArchivedGoesAtTheEndOfItsTimeAllTheSame(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.Logs.Archive = app.Archive{Dir: filepath.Join(t.TempDir(), "gone"), To: key.Recipient()}
	w.browser().join("tim@example.org")
	six := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	w.later(six.Add(-time.Second).Sub(w.clock.Now()))
	if err := w.Logs.Rotate(w.ctx()); err == nil {
		t.Error("nobody hears that the archive is gone")
	}
	if c := w.Health(w.ctx()); !strings.Contains(healthText(c, "log"), "archive") {
		t.Errorf("health: %+v", c)
	}
	w.later(2 * time.Second)
	w.ok(w.Logs.Rotate(w.ctx()))
	if _, found, err := w.DB.Logs().Oldest(w.ctx()); err != nil || found {
		t.Errorf("lines are left, %v", err)
	}
}

func healthText(h app.Health, name string) string {
	for _, c := range h.Checks {
		if c.Name == name {
			return c.Text
		}
	}
	return ""
}

// Proves LOG-12 and ADM-03.
func TestContributionsAreKeptUnderAPseudonymThatErasureOrphans(t *testing.T) {
	w := newWorld(t)
	id, _ := w.connect("City Bookings").say("tim@example.org", with(person("Tim", "Berger", ""), "profile", "headline", "Plays the cello"))
	b := w.browser().join("tim@example.org")
	tim := w.who(b)
	w.accept(tim, id, nil)
	w.later(time.Minute)
	w.ok(w.Profiles.Choose(w.ctx(), tim, id, nil))
	mia := w.member("mia@example.org")
	w.later(time.Minute)
	if err := w.Profiles.Choose(w.ctx(), mia, id, nil); err == nil {
		t.Fatal("somebody else may choose")
	}
	boss := w.boss("root@example.org")
	object := w.Profiles.Ref(id).String()
	w.later(time.Minute)
	view := func() []string {
		t.Helper()
		r := must(w.Logs.Begin(w.ctx(), boss, account.Reading{Kind: account.ReadAuthor, Object: object, Purpose: sentence(string(account.GroundAbuse))}, email.Address{}))(w)
		var out []string
		for _, act := range must(w.Logs.View(w.ctx(), boss, r))(w).Acts {
			out = append(out, string(act.Operation)+" "+act.Account.String())
		}
		return out
	}
	if got := view(); len(got) != 1 || got[0] != "profile.choose "+tim.Account.String() {
		t.Errorf("the author: %v", got)
	}
	if l := w.look(tim, audit.LogRead); l.Detail["log"] != "author" {
		t.Errorf("Tim sees %+v", l)
	}
	all := must(w.DB.Logs().ContributionsAfter(w.ctx(), habeas.ContributionID{}, 10))(w)
	if len(all) != 2 || all[1].Object != "" || !all[1].Refused || all[1].By.IsZero() || all[1].By == all[0].By {
		t.Errorf("the lines: %+v", all)
	}
	page := w.browser().send(http.MethodGet, "/profiles/"+object, nil)
	if strings.Contains(page.text, tim.Account.String()) {
		t.Error("the public sees who contributed")
	}

	// After the erasure the line is there, verifies, and leads to nobody.
	must(w.Records.EraseMe(w.ctx(), tim))(w)
	if n := len(w.logged(tim.Account)); n != 0 {
		t.Errorf("%d lines of the log outlive the account", n)
	}
	if got := view(); len(got) != 1 || strings.Contains(got[0], tim.Account.String()) {
		t.Errorf("after the erasure: %v", got)
	}
	lines, changed, missing, err := w.Logs.CheckContributions(w.ctx(), boss)
	w.ok(err)
	if lines != 2 || changed+missing != 0 {
		t.Errorf("%d lines, %d changed, %d missing", lines, changed, missing)
	}
	w.verify()
}

// Proves LOG-15.
func TestTheSessionLogOpensForAStatedPurpose(t *testing.T) {
	w := newWorld(t)
	root := w.rooted("root@example.org")
	if p := root.send(http.MethodGet, "/admin/sessions", nil); !strings.Contains(p.text, `name="purpose"`) || strings.Contains(p.text, `id="sessions"`) {
		t.Fatalf("without a purpose: %d\n%s", p.status, p.text)
	}
	if p := root.send(http.MethodPost, "/admin/log", formOf("kind", "sessions")); p.status != http.StatusBadRequest {
		t.Errorf("no purpose was asked for: %d", p.status)
	}
	if to := root.post("/admin/log", "kind", "sessions", "address", "", "object", "", "purpose", "incident", "words", "reference K3F9"); to != "/admin/sessions" {
		t.Errorf("leads to %s", to)
	}
	root.get("/admin/sessions")
	if page := root.get("/admin/log").text; !strings.Contains(page, "reference K3F9") || !strings.Contains(page, "Look into a fault or an incident") {
		t.Errorf("the register:\n%s", page)
	}
	w.later(account.ReadingLife)
	if p := root.send(http.MethodGet, "/admin/sessions", nil); !strings.Contains(p.text, `name="purpose"`) {
		t.Errorf("hours later: %d", p.status)
	}
}

func TestPublicNumbersAreCoarse(t *testing.T) {
	for n, want := range map[int64]int64{10: 10, 12: 10, 13: 15, 99: 100, 101: 100, 112: 100, 113: 125, 1234: 1250, 98_765: 100_000} {
		if got, few := account.Coarse(n); few || got != want {
			t.Errorf("%d is told as %d, want %d", n, got, want)
		}
	}
	for n := int64(10); n < 200_000; n += 7 {
		about, few := account.Coarse(n)
		if d := about - n; few || d*8 > n || -d*8 > n && n > 20 {
			t.Fatalf("%d is told as %d", n, about)
		}
	}
	if _, few := account.Coarse(9); !few {
		t.Error("nine are told")
	}
}

func addr(t *testing.T, s string) netip.Addr {
	t.Helper()
	a, err := netip.ParseAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
