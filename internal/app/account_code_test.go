package app

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// shape is what an outsider sees of an answer.
func shape(r *answer) string {
	to := r.Header.Get("Location")
	if strings.HasPrefix(to, "/code?c=") {
		to = "/code?c=…"
	}
	return strconv.Itoa(r.StatusCode) + "\n" + to + "\n" + r.Body
}

// Proves PTY-A6.
func TestAskingTellsNothingAboutAnAddress(t *testing.T) {
	w := newAccountWorld(t)
	w.member("member@example.org")
	rows := func() (n int) {
		w.must(w.raw().QueryRow(`SELECT (SELECT count(*) FROM challenge) * 1000 + (SELECT count(*) FROM outbox WHERE state = 'waiting')`).Scan(&n))
		return n
	}
	var shapes []string
	var work []int
	for _, address := range []string{"member@example.org", "nobody@example.org"} {
		b, before := w.browser(), rows()
		reply := b.submit("/join", "address", address, "again", address, "language", "en")
		c := reply.Header.Get("Location")
		page := strings.ReplaceAll(b.get(c).Body, c[len("/code?c="):], "…")
		shapes = append(shapes, shape(reply)+strings.ReplaceAll(page, address, "…"))
		work = append(work, rows()-before)
		if who := b.signedIn(); !who.Account.IsZero() {
			t.Errorf("asking for a code signed in as %v", who)
		}
		wrong := b.submit("/code", "c", c[len("/code?c="):], "code", "00000000")
		shapes[len(shapes)-1] += strings.ReplaceAll(strings.ReplaceAll(shape(wrong), c[len("/code?c="):], "…"), address, "…")
	}
	if shapes[0] != shapes[1] {
		t.Errorf("known and unknown addresses are answered differently:\n%s\n---\n%s", shapes[0], shapes[1])
	}
	if work[0] != work[1] {
		t.Errorf("rows written for a known and an unknown address: %v", work)
	}
	if !w.accountAt("nobody@example.org").IsZero() {
		t.Error("an unproved address has an account")
	}
}

// Proves PTY-A10.
func TestTheCodeGoesToTheStoredAddress(t *testing.T) {
	w := newAccountWorld(t)
	w.browser().join("Mike@Example.org")
	b := w.browser()
	b.ask("mike@example.org")
	mails := w.post()
	if len(mails) != 1 || mails[0].To != "Mike@example.org" {
		t.Errorf("asked as mike@example.org, the mail went to %v", mails)
	}
	// The dotless ı is refused, so it can neither be folded into i nor be mailed.
	reply := b.submit("/join", "address", "mıke@example.org", "again", "mıke@example.org", "language", "en")
	if reply.StatusCode != http.StatusBadRequest || len(w.post()) != 0 {
		t.Errorf("mıke@: status %d", reply.StatusCode)
	}
}

// Proves PTY-A19 and PTY-A20.
func TestAScannerThatOpensLinksAndSendsFormsUsesNothingUp(t *testing.T) {
	w := newAccountWorld(t)
	var invited habeas.ChallengeID
	w.must(w.db.InTx(context.Background(), func(tx *sqlstore.Tx) error {
		return w.accounts.InviteTo(tx, habeas.SubjectID{}, w.address("guest@example.org"), "en")
	}))
	mails := w.post()
	code := codeIn(t, mails[0])
	_, link, _ := strings.Cut(mails[0].Text, "/code?c=")
	c := strings.Fields(link)[0]
	if id, err := habeas.ParseID[habeas.ChallengeKind](c); err != nil || id == invited {
		t.Fatalf("the invitation links to %q", c)
	}
	scanner := w.browser()
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r, _ := http.NewRequest(method, "/code?c="+c, nil)
		if reply := scanner.send(r); reply.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", method, reply.StatusCode)
		}
	}
	if reply := scanner.submit("/code", "c", c); reply.StatusCode != http.StatusBadRequest {
		t.Errorf("the form without a code: status %d", reply.StatusCode)
	}
	if who := scanner.signedIn(); !who.Account.IsZero() || !w.accountAt("guest@example.org").IsZero() {
		t.Fatal("the scanner got in")
	}
	phone := w.browser() // which never saw the server before
	if to := phone.submit("/code", "c", c, "code", code).Header.Get("Location"); to != "/me" || phone.signedIn().Account.IsZero() {
		t.Errorf("the invited person is led to %q", to)
	}

	// A flow that began in a browser ends only there.
	home, elsewhere := w.browser(), w.browser()
	c = home.ask("home@example.org")
	code = w.code()
	if reply := elsewhere.submit("/code", "c", c, "code", code); reply.StatusCode != http.StatusBadRequest {
		t.Errorf("another browser with the right code: status %d", reply.StatusCode)
	}
	if to := home.submit("/code", "c", c, "code", code).Header.Get("Location"); to != "/me" {
		t.Errorf("afterwards its own browser is led to %q", to)
	}
}

// Proves PTY-A21.
func TestOfManyRightAnswersExactlyOneWins(t *testing.T) {
	w := newAccountWorld(t)
	b := w.browser()
	c, code := b.ask("tim@example.org"), w.code()
	id, err := habeas.ParseID[habeas.ChallengeKind](c)
	w.must(err)
	flow := b.flow()
	var won sync.Map
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			done, err := w.accounts.Prove(context.Background(), habeas.Actor{}, id, sealedtest.Seal(code), account.Browser{Flow: flow, New: account.Token{0: 1, 1: byte(i)}})
			if err == nil && done.SignedIn {
				won.Store(i, true)
			} else if err.Error() != account.ErrCode.Error() {
				t.Errorf("a loser was told: %v", err)
			}
		})
	}
	all.Wait()
	n := 0
	won.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d of 20 answers won, want 1", n)
	}
	if events := w.events(habeas.SubjectOf(w.accountAt("tim@example.org"))); events[audit.SignInSucceeded] != 1 || events[audit.AccountCreated] != 1 {
		t.Errorf("the ledger says %v", events)
	}
}

// Proves PTY-A22 and PTY-A23.
func TestEveryRefusalOfACodeIsTheSame(t *testing.T) {
	w := newAccountWorld(t)
	// Each case returns a browser, a challenge and a code that must not fit.
	cases := map[string]func() (*tab, string, string){
		"wrong": func() (*tab, string, string) {
			b := w.browser()
			c := b.ask("a@example.org")
			return b, c, other(w.code())
		},
		"expired": func() (*tab, string, string) {
			b := w.browser()
			c, code := b.ask("b@example.org"), w.code()
			w.clock.Advance(11 * time.Minute)
			return b, c, code
		},
		"superseded": func() (*tab, string, string) {
			b := w.browser()
			c, code := b.ask("c@example.org"), w.code()
			b.ask("c@example.org")
			w.post()
			return b, c, code
		},
		"used": func() (*tab, string, string) {
			b := w.browser()
			c, code := b.ask("d@example.org"), w.code()
			b.submit("/code", "c", c, "code", code)
			return b, c, code
		},
		"of another flow": func() (*tab, string, string) {
			b := w.browser()
			b.ask("e@example.org")
			code := w.code()
			c := b.ask("f@example.org")
			w.post()
			return b, c, code
		},
		"of another browser": func() (*tab, string, string) {
			c := w.browser().ask("g@example.org")
			b := w.browser()
			b.ask("h@example.org")
			mails := w.post()
			i := slices.IndexFunc(mails, func(m mailMessage) bool { return m.To == "g@example.org" })
			return b, c, codeIn(t, mails[i])
		},
		"of no challenge": func() (*tab, string, string) {
			return w.browser(), habeas.NewID[habeas.ChallengeKind](w.clock.Now()).String(), "12345678"
		},
		"of a passkey's challenge": func() (*tab, string, string) {
			b := w.browser()
			o := b.options("/sign-in/passkey/options", map[string]string{})
			id := ceremonyID(o.PublicKey.Challenge)
			return b, id.String(), typedCode(w.keys, id)
		},
		"with an unreadable id": func() (*tab, string, string) { return w.browser(), "nonsense", "12345678" },
	}
	want := ""
	for name, make := range cases {
		b, c, code := make()
		had := b.signedIn()
		reply := b.submit("/code", "c", c, "code", code)
		got := mainPart.FindString(reply.Body)
		got = sentTo.ReplaceAllString(strings.ReplaceAll(got, c, "…"), "")
		if reply.StatusCode != http.StatusBadRequest || len(reply.Cookies) != 0 || b.signedIn().Account != had.Account {
			t.Errorf("%s: status %d, cookies %v", name, reply.StatusCode, reply.Cookies)
		}
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s is refused in other words:\n%s", name, got)
		}
	}
}

// Proves PTY-A24.
func TestTheDatabaseHoldsNoCodeNoTokenAndNoAddress(t *testing.T) {
	w := newAccountWorld(t)
	link, err := w.accounts.FirstAdministratorLink(context.Background())
	w.must(err)
	b := w.browser()
	c := b.ask("Secretive@Example.org")
	asked := typedCode(w.keys, mustID(t, c))
	b.submit("/code", "c", c, "code", w.code())
	pending := b.ask("another@example.org")
	secrets := []string{asked, typedCode(w.keys, mustID(t, pending)), strings.TrimPrefix(link, "/first-administrator?t="), "ecretive", "another@"}
	for _, value := range b.cookies {
		raw, err := b64.DecodeString(value)
		w.must(err)
		secrets = append(secrets, value, string(raw))
	}
	if len(b.cookies) != 2 {
		t.Fatalf("cookies: %v", b.cookies)
	}
	look := func(name string, dump []byte) {
		for _, s := range secrets {
			if bytes.Contains(dump, []byte(s)) {
				t.Errorf("%s holds a secret of %d bytes", name, len(s))
			}
		}
	}
	w.raw().Cells(t, look)
	for _, name := range []string{"records.db", "records.db-wal"} {
		if dump, err := os.ReadFile(filepath.Join(w.dir, name)); w.dsn == "" {
			w.must(err)
			look(name, dump)
		}
	}
	// What the database does hold opens nothing when it is sent back.
	var hash []byte
	w.must(w.raw().QueryRow(`SELECT hash FROM sign_in`).Scan(&hash))
	thief := w.browser()
	for name := range b.cookies {
		thief.cookies[name] = b64.EncodeToString(hash)
	}
	if who := thief.signedIn(); !who.Account.IsZero() {
		t.Error("the hash of a cookie signs in")
	}
}

// Proves PTY-A25.
func TestGuessingIsLimitedAndLocksNobodyOut(t *testing.T) {
	w := newAccountWorld(t)
	victim, _ := w.browser(), w.browser()
	victim.join("victim@example.org")
	victim.submit("/sign-out")
	attacker := w.browser()
	guesses := 0
	for network := range 15 { // an attacker with many networks
		attacker.network = "198.51.100." + string(rune('1'+network%9)) + string(rune('0'+network/9))
		for range account.AsksPerClient + 2 {
			c := attacker.ask("victim@example.org")
			code := other(typedCode(w.keys, mustID(t, c)))
			for range 10 {
				attacker.submit("/code", "c", c, "code", code)
			}
			var tries int
			w.must(w.raw().QueryRow(`SELECT tries FROM challenge WHERE id = $1`, idBytes(t, c)).Scan(&tries))
			guesses += tries
			// The limit is durable: after it even the right code is refused.
			if reply := attacker.submit("/code", "c", c, "code", typedCode(w.keys, mustID(t, c))); reply.StatusCode != http.StatusBadRequest {
				t.Fatal("a challenge opened after its tries were spent")
			}
		}
	}
	if mails := w.post(); len(mails) > account.AsksPerAddress {
		t.Errorf("%d mails in an hour", len(mails))
	}
	if guesses > 300 {
		t.Errorf("%d guesses were compared", guesses)
	}
	w.clock.Advance(account.AskWindow)
	if to := victim.join("victim@example.org"); to != "/me" || victim.signedIn().Account.IsZero() {
		t.Errorf("the victim is led to %q", to)
	}
}

// Proves LOG-01.
func TestEverySuccessAndEveryFailureStandsInTheLedger(t *testing.T) {
	w := newAccountWorld(t)
	b := w.browser()
	c := b.ask("tim@example.org")
	code := w.code()
	b.submit("/code", "c", c, "code", other(code)) // of somebody who has no account yet
	if got := w.events(habeas.SubjectID{})[audit.SignInFailed]; got != 1 {
		t.Errorf("a failure of nobody known: %d entries on the house", got)
	}
	b.submit("/code", "c", c, "code", code)
	key := b.addPasskey("phone")
	b.submit("/sign-out")
	b.signIn(key)
	w.post()
	c = b.ask("tim@example.org")
	b.submit("/code", "c", c, "code", other(w.code()))
	key.key = newAuthenticator().key // a device that signs wrongly
	if status := b.signIn(key); status != http.StatusBadRequest {
		t.Errorf("a wrong signature: status %d", status)
	}
	got := w.events(habeas.SubjectOf(w.accountAt("tim@example.org")))
	for event, n := range map[audit.Event]int{
		audit.AccountCreated: 1, audit.AddressProved: 1, audit.SignInSucceeded: 2, audit.SignInFailed: 2,
		audit.CredentialAdded: 1, audit.SignedOut: 1,
	} {
		if got[event] != n {
			t.Errorf("%s stands %d times in the ledger, want %d", event, got[event], n)
		}
	}
	log, err := w.db.Events(context.Background(), habeas.SubjectOf(w.accountAt("tim@example.org")), habeas.EventID{}, 1)
	w.must(err)
	if !log[0].At.Equal(w.clock.Now()) {
		t.Errorf("the entry says %v", log[0].At)
	}
}

// Proves PTY-A41 and PTY-A42.
func TestForgedHostsOriginsAndFramesGetNothing(t *testing.T) {
	w := newAccountWorld(t)
	b := w.browser()
	r, _ := http.NewRequest(http.MethodGet, "/recover", nil)
	r.Header.Set("Sec-Fetch-Dest", "iframe")
	if reply := b.send(r); reply.StatusCode != http.StatusForbidden || reply.Header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("framed: status %d", reply.StatusCode)
	}
	r, _ = http.NewRequest(http.MethodPost, "/join", strings.NewReader("address=a@example.org&again=a@example.org"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if reply := b.send(r); reply.StatusCode != http.StatusForbidden || len(w.post()) != 0 {
		t.Errorf("from another site: status %d", reply.StatusCode)
	}
	w.must(w.db.InTx(context.Background(), func(tx *sqlstore.Tx) error {
		return w.accounts.InviteTo(tx, habeas.SubjectID{}, w.address("guest@example.org"), "en")
	}))
	mails := w.post()
	if !strings.Contains(mails[0].Text, "https://records.example.org/code?c=") {
		t.Error("the link is not of the configured origin")
	}
	if reply := b.get("/code"); reply.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Error("the page lets its address leak in a Referer")
	}
}

func TestASlipInTheDomainIsNamedAndDoesNotBlock(t *testing.T) {
	w := newAccountWorld(t)
	b := w.browser()
	c := b.ask("tim@gmial.com")
	if page := b.get("/code?c=" + c).Body; !strings.Contains(page, "tim@gmail.com") {
		t.Error("the page to type the code on does not ask about gmial.com")
	}
	if page := w.browser().get("/code?c=" + c).Body; strings.Contains(page, "gmail") || strings.Contains(page, "gmial") {
		t.Error("another browser sees the address")
	}
	status, body := b.json("/join/check", map[string]string{"value": "tim@gmial.com"})
	if status != http.StatusOK || !strings.Contains(string(body), "gmail.com") {
		t.Errorf("the hint while typing: %d %s", status, body)
	}
	reply := b.submit("/join", "address", "tim@example.org", "again", "tom@example.org", "language", "en")
	if reply.StatusCode != http.StatusBadRequest || !strings.Contains(reply.Body, "not the same") {
		t.Error("two different addresses were taken")
	}
}

func TestAFloodFromOneNetworkIsHeldBackBeforeItWrites(t *testing.T) {
	w := newAccountWorld(t)
	flood, other := w.browser(), w.browser()
	other.network = "203.0.113.9"
	last := 0
	for range 301 {
		last = flood.submit("/code", "c", "x", "code", "1").StatusCode // malformed: no write
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the flood is answered %d", last)
	}
	if reply := other.submit("/code", "c", "x", "code", "12345678"); reply.StatusCode != http.StatusBadRequest {
		t.Errorf("another network is answered %d", reply.StatusCode)
	}
}

func (w *accountWorld) raw() *pgtest.Tables {
	w.t.Helper()
	return pgtest.Behind(w.t, filepath.Join(w.dir, "records.db"), w.dsn)
}
