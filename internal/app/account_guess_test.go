package app

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// guesser types wrong codes from as many browsers and networks as it likes, at two
// servers of one database.
type guesser struct {
	*accountWorld
	servers [2]*Accounts
	n       int // browsers so far
	typed   int // codes that were looked at
}

func (w *accountWorld) guesser() *guesser {
	second := NewAccounts(AccountsDeps{
		DB: w.db, Keys: w.keys, Mailer: w.accounts.mailer, Clock: w.clock, Origin: w.origin(), Organisation: "City Sports",
	})
	return &guesser{accountWorld: w, servers: [2]*Accounts{w.accounts, second}}
}

// try is a challenge and the browser that it belongs to.
type try struct {
	id   habeas.ChallengeID
	flow account.Token
}

// ask asks for a code from a new browser in a new network.
func (g *guesser) ask(address string) try {
	g.t.Helper()
	g.n++
	flow := account.Token{0: 9}
	binary.BigEndian.PutUint32(flow[1:], uint32(g.n))
	id, err := g.servers[g.n%2].Ask(context.Background(), account.Asking{
		Address: g.address(address), Language: "en", Flow: flow, Client: fmt.Sprintf("198.51.%d.%d", g.n/250, g.n%250),
	})
	g.must(err)
	return try{id, flow}
}

// guess types wrong codes until the challenge takes no more.
func (g *guesser) guess(at try) {
	g.t.Helper()
	ctx := context.Background()
	for {
		c, found, err := g.db.Accounts().Challenge(ctx, at.id)
		g.must(err)
		if !found || !c.Open(at.flow, g.clock.Now()) {
			return
		}
		g.typed++
		_, err = g.servers[g.typed%2].Prove(ctx, habeas.Actor{}, at.id, sealedtest.Seal(other(typedCode(g.keys, at.id))), account.Browser{Flow: at.flow})
		g.refuses(err, account.ErrCode.Code)
	}
}

// hour asks more often than is allowed and guesses at everything, which is the best
// that a guesser can do: what is asked before the first wrong code has the most tries.
func (g *guesser) hour(addresses ...string) {
	g.t.Helper()
	var open []try
	for _, address := range addresses {
		for range account.AsksPerAddress + 2 {
			open = append(open, g.ask(address))
		}
	}
	for _, at := range open {
		g.guess(at)
	}
}

// A day of guessing from hundreds of networks at both servers. Proves PTY-A25.
func TestADayOfGuessingStaysBelowTheStatedBound(t *testing.T) {
	w := newAccountWorld(t)
	w.browser().join("tim@example.org")
	g := w.guesser()
	for range 24 {
		g.hour("tim@example.org")
		w.clock.Advance(account.AskWindow)
	}
	g.hour("tim@example.org") // the counters begin anew: a day that catches both beginnings
	t.Logf("%d codes typed in a day: one hits with a probability of %.1e", g.typed, float64(g.typed)/1e8)
	if g.typed > account.GuessesPerAddress || g.typed < account.GuessesPerAddress/2 {
		t.Errorf("%d codes could be typed, want at most %d", g.typed, account.GuessesPerAddress)
	}
}

func TestGuessingAtEveryAddressOfAnAccountCountsTogether(t *testing.T) {
	w := newAccountWorld(t)
	b := w.browser()
	b.join("tim@example.org")
	all := []string{"tim@example.org"}
	for i := range 4 {
		all = append(all, fmt.Sprintf("tim%d@example.org", i))
		b.addAddress(all[i+1])
	}
	w.clock.Advance(account.AskWindow)
	g := w.guesser()
	for range hoursOfGuessing {
		g.hour(all...)
		w.clock.Advance(account.AskWindow)
	}
	g.hour(all...)
	t.Logf("%d codes typed in a day", g.typed)
	if g.typed > account.GuessesPerAccount {
		t.Errorf("%d codes could be typed, want at most %d", g.typed, account.GuessesPerAccount)
	}
}

// Over the limit no mail goes, and the code that was not mailed opens nothing: else
// asking without end would be guessing without end.
func TestACodeThatWasNotMailedOpensNothing(t *testing.T) {
	w := newAccountWorld(t)
	g := w.guesser()
	for range account.AsksPerAddress {
		g.ask("tim@example.org")
	}
	w.post()
	over := g.ask("tim@example.org")
	if mails := w.post(); len(mails) != 0 {
		t.Fatalf("%d mails over the limit", len(mails))
	}
	_, err := w.accounts.Prove(context.Background(), habeas.Actor{}, over.id, sealedtest.Seal(typedCode(w.keys, over.id)), account.Browser{Flow: over.flow})
	w.refuses(err, account.ErrCode.Code)
}

// Whatever a guesser does, the person gets in: with the code they had asked for, with
// a new one in the browser they used before, and with their passkey. Proves PTY-A25.
func TestGuessingLocksNobodyOut(t *testing.T) {
	w := newAccountWorld(t)
	tim := w.browser()
	tim.join("tim@example.org")
	tim.submit("/sign-out")
	ann, key := w.member("ann@example.org")
	ann.submit("/sign-out")

	before := tim.ask("tim@example.org")
	mailed := w.code()
	g := w.guesser()
	g.hour("tim@example.org", "ann@example.org")
	w.post()
	if to := tim.submit("/code", "c", before, "code", mailed).Header.Get("Location"); to != "/me" {
		t.Fatalf("the code asked for before the attack leads to %q", to)
	}
	tim.submit("/sign-out")
	for range 3 { // every hour, while the share of strangers is used up
		c := tim.ask("tim@example.org")
		mails := w.post()
		if len(mails) != 1 || mails[0].Kind != mail.KindCode {
			t.Fatalf("%d mails to the browser that proved the address before", len(mails))
		}
		if to := tim.submit("/code", "c", c, "code", codeIn(t, mails[0])).Header.Get("Location"); to != "/me" {
			t.Fatalf("their own code leads to %q", to)
		}
		tim.submit("/sign-out")
		w.clock.Advance(account.AskWindow)
		g.hour("tim@example.org", "ann@example.org")
		w.post()
	}
	if status := ann.signIn(key); status != 200 {
		t.Errorf("the passkey: status %d", status)
	}
	// A new browser gets its code once the guesser pauses for an hour, with one try.
	w.clock.Advance(account.AskWindow + time.Minute)
	if to := w.browser().join("tim@example.org"); to != "/me" {
		t.Errorf("a new browser is led to %q", to)
	}
}

// A browser counts as known for the address that was proved in it and for no other.
func TestABrowserIsKnownForOneAddress(t *testing.T) {
	w := newAccountWorld(t)
	oscar := w.browser()
	oscar.join("oscar@example.net")
	g := w.guesser()
	for range account.AsksPerAddress {
		g.ask("tim@example.org")
	}
	w.post()
	oscar.ask("tim@example.org")
	if mails := w.post(); len(mails) != 0 {
		t.Error("a browser that proved another address has a share of this one")
	}
}
