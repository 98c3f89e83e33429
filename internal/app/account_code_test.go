package app

import (
	"context"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

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
