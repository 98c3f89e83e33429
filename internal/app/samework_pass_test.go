package app

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// pass gives a consent of a fresh person and returns its code.
func (c *crowd) pass(change func(tx *sqlstore.Tx, x *party.Pass, p *party.Party)) string {
	c.Helper()
	a := c.fresh()
	c.book(9, a)
	who := c.member(a)
	rows, err := c.db.Records().KnownAt(c.Context(), c.accounts.addressHash(a))
	c.ok(err)
	now, desk := c.clock.Now(), passDesk{keys: c.keys, clock: c.clock}
	entry := func(id habeas.PartyID) audit.Entry {
		return audit.Entry{ID: habeas.NewID[habeas.EventKind](now), Event: audit.PassGiven, Subject: habeas.SubjectOf(id), Actor: habeas.Server, At: now}
	}
	code, link := drawPass()
	text := string(code)
	short, long := desk.read(sealedtest.Seal(text)), desk.read(sealedtest.Seal(string(link)))
	c.ok(c.db.InTx(c.Context(), func(tx *sqlstore.Tx) error {
		p, err := tx.Records().Party(c.Context(), rows[0].Party)
		if err != nil {
			return err
		}
		p.State, p.Account, p.ClaimedAt = party.Claimed, who, now
		x := party.Pass{
			ID: habeas.NewID[habeas.PassKind](now), Party: p.ID, Account: who, Held: now, Name: short.Name, Code: short.Whole, Link: long.Whole,
			Sets: []string{"phone"}, Uses: 1, Expires: now.Add(time.Hour),
		}
		change(tx, &x, &p)
		return errors.Join(
			tx.Passes().CreatePass(x, entry(p.ID)), tx.Records().ChangeParty(p, nil, nil, entry(p.ID)),
		)
	}))
	return text
}

// A code that does not fit costs the same work whatever is wrong with it: the same
// statements on the same tables, as many bytes written, as many values sealed and opened.
// Proves PTY-8, PTY-A22.
func TestRefusedConsentCodesCostTheSameWork(t *testing.T) {
	c := newCrowd(t)
	const mine = 7
	use := func(system byte, code string) error {
		c.clock.Advance(time.Millisecond)
		_, err := c.systems.Records().FindOrCreate(c.Context(), habeas.Actor{Kind: habeas.ActorSystem, System: habeas.SystemID{0: 1, 15: system}}, party.Assertion{
			Values: party.Values{"identity": {"given_name": "Ada"}}, Ticket: &party.TicketInput{Ref: "T-1"},
			Consent: &party.ConsentCode{Typed: sealedtest.Seal(code)},
		})
		return err
	}
	nothing := func(*sqlstore.Tx, *party.Pass, *party.Party) {}
	c.ok(use(mine, c.pass(nothing))) // a good one fits; what happens once has happened
	if err := use(mine, "ZZZZ-ZZZZ-ZZZZ"); !errors.Is(err, party.ErrPass) {
		t.Fatal(err)
	}
	codes := map[string]func() string{
		"unknown":  func() string { return "AAAA-AAAA-AAAA" },
		"nonsense": func() string { return "?" },
		"mistyped": func() string { good := []byte(c.pass(nothing)); good[13] ^= 1; return string(good) },
		"expired": func() string {
			return c.pass(func(_ *sqlstore.Tx, x *party.Pass, _ *party.Party) { x.Expires = c.clock.Now().Add(-time.Second) })
		},
		"of a restricted record": func() string {
			return c.pass(func(_ *sqlstore.Tx, _ *party.Pass, p *party.Party) { p.Restraint = party.Restricted })
		},
		"of another claim": func() string {
			return c.pass(func(_ *sqlstore.Tx, x *party.Pass, _ *party.Party) { x.Held = x.Held.Add(-time.Hour) })
		},
		"used by another": func() string { code := c.pass(nothing); c.ok(use(8, code)); return code },
	}
	c.level()
	want, bytes := c.tally.of(func() { _ = use(mine, "BBBB-BBBB-BBBB") })
	for why, make := range codes {
		code := make()
		c.level()
		got, n := c.tally.of(func() {
			if err := use(mine, code); !errors.Is(err, party.ErrPass) {
				t.Errorf("%s: %v", why, err)
			}
		})
		if got != want {
			t.Errorf("unknown:\n%s\n%s:\n%s", want, why, got)
		}
		if n != bytes {
			t.Errorf("%d bytes are written for an unknown code, %d for one that is %s", bytes, n, why)
		}
	}
}

// What people type for a code is read as they mean it, and nothing else is.
func TestCodesAreReadAsPeopleTypeThem(t *testing.T) {
	c := newCrowd(t)
	desk := passDesk{keys: c.keys, clock: c.clock}
	read := func(s string) party.ConsentCode {
		r := desk.read(sealedtest.Seal(s))
		r.Typed = sealedtest.Seal("x")
		return r
	}
	same := func(a, b party.ConsentCode) bool { return a.Name == b.Name && a.Whole == b.Whole }
	want := read("7KQM-4F10-9XWD")
	for _, typed := range []string{"7kqm4f109xwd", " 7KQM 4F10 9XWD ", "7KQM–4FIO–9XWD", "7kqm-4flo-9xwd", "7KQM.4F10.9XWD"} {
		if !same(read(typed), want) {
			t.Errorf("%q is read as another code", typed)
		}
	}
	for _, typed := range []string{"7KQM-4F10-9XWE", "7KQM-4F10-9XW", "7KQM-4F10-9XWDD", "7KQN-4F10-9XWD", ""} {
		if same(read(typed), want) {
			t.Errorf("%q is read as the same code", typed)
		}
	}
	if one, other := read("7KQM-4F10-9XWE"), want; one.Name != other.Name {
		t.Error("codes of one name have two")
	}
	seen := map[string]bool{}
	for range 200 {
		code, link := drawPass()
		if len(code) != 14 || len(link) != passLinked || !slices.Equal(code[:4], link[:4]) || seen[string(code)] {
			t.Fatalf("drawn %q and %q", code, link)
		}
		seen[string(code)] = true
	}
}
