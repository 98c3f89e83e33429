package party

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

var passNoon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// shareable is a record of its person with an open and a hidden data set.
func shareable(t testing.TB) (Record, []Statement, *Schemas) {
	schemas, err := NewSchemas(DefaultSchemas()...)
	if err != nil {
		t.Fatal(err)
	}
	p := Party{ID: habeas.PartyID{1}, Kind: Person, State: Claimed, Account: habeas.AccountID{2}, ClaimedAt: passNoon}
	said := []Statement{
		{ID: habeas.NewID[habeas.StatementKind](passNoon.Add(-time.Hour)), Party: p.ID, Source: Source{Kind: FromSystem}, Values: Values{"identity": {"given_name": "Tim"}}},
		{ID: habeas.NewID[habeas.StatementKind](passNoon.Add(time.Hour)), Party: p.ID, Source: Source{Kind: FromSelf, Account: p.Account}, Values: Values{"contact": {"email": "tim@example.org"}, "phone": {"number": "600"}}},
	}
	return Fold(p, said, Settled{}, schemas), said, schemas
}

// Proves PTY-8.
func TestAPassOpensWhileItsPersonHasTheRecord(t *testing.T) {
	rec, said, schemas := shareable(t)
	x, err := NewPass(rec, rec.Party.Account, PassTerms{Sets: []string{"phone"}, Life: time.Hour, Uses: 1}, 0, passNoon)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		pass  func(*Pass)
		party func(*Party)
		at    time.Duration
		want  int
	}{
		"as given":                           {at: 0, want: 1},
		"until the last moment":              {at: time.Hour - 1, want: 1},
		"not at its end":                     {at: time.Hour},
		"taken back":                         {pass: func(x *Pass) { x.EndedAt = passNoon }},
		"frozen":                             {party: func(p *Party) { p.State = Frozen }},
		"unclaimed":                          {party: func(p *Party) { p.State = Unclaimed }},
		"restricted":                         {party: func(p *Party) { p.Restraint = Restricted }},
		"objected to":                        {party: func(p *Party) { p.Restraint = Objected }},
		"of another account":                 {party: func(p *Party) { p.Account = habeas.AccountID{3} }},
		"of nobody":                          {party: func(p *Party) { p.Account = habeas.AccountID{} }, pass: func(x *Pass) { x.Account = habeas.AccountID{} }},
		"claimed again":                      {party: func(p *Party) { p.ClaimedAt = passNoon.Add(time.Minute) }},
		"another record":                     {party: func(p *Party) { p.ID = habeas.PartyID{9} }},
		"of a ticked set that is hidden now": {pass: func(x *Pass) { x.Sets = []string{"identity"} }},
	} {
		t.Run(name, func(t *testing.T) {
			x, p := x, rec.Party
			if c.pass != nil {
				c.pass(&x)
			}
			if c.party != nil {
				c.party(&p)
			}
			if got := x.Shows(p, said, Settled{}, schemas, passNoon.Add(c.at)); len(got) != c.want {
				t.Errorf("%d data sets, want %d", len(got), c.want)
			}
		})
	}
	shown := x.Shows(rec.Party, said, Settled{}, schemas, passNoon)
	if f := shown[0].Fields[0]; f.Current.Text != "600" || f.Current.Source != (Source{}) || f.Older != nil {
		t.Errorf("shown with %+v", f)
	}
}

// However often and by whomever it is asked, a pass lets in no more bookers and tickets
// than it says, and whoever is in stays in.
// Proves PTY-8.
func TestAPassAdmitsNoMoreThanItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := Pass{Uses: rapid.IntRange(1, 4).Draw(t, "uses")}
		var uses []PassUse
		for range rapid.IntRange(1, 40).Draw(t, "asks") {
			u := PassUse{Booker: keyring.LookupHash{byte(rapid.IntRange(1, 8).Draw(t, "booker"))}, Ticket: habeas.TicketID{byte(rapid.IntRange(0, 8).Draw(t, "ticket"))}}
			in := slices.ContainsFunc(uses, func(v PassUse) bool { return v.Booker == u.Booker && v.Ticket == u.Ticket })
			if x.Admits(uses, u.Booker, u.Ticket) {
				uses = append(uses, u)
			} else if in {
				t.Fatal("who was in is refused")
			}
		}
		bookers, tickets := map[keyring.LookupHash]bool{}, map[habeas.TicketID]bool{}
		for _, u := range uses {
			bookers[u.Booker] = true
			if !u.Ticket.IsZero() {
				tickets[u.Ticket] = true
			}
		}
		if len(bookers) > x.Uses || len(tickets) > x.Uses {
			t.Fatalf("%d bookers and %d tickets by a pass for %d", len(bookers), len(tickets), x.Uses)
		}
	})
}

// Proves PTY-8.
func TestWhatASystemReadsOfItsOwnLeavesPassesOut(t *testing.T) {
	rec, said, schemas := shareable(t)
	system := habeas.SystemID{7}
	for i, pass := range []habeas.PassID{{}, {1}} {
		said = append(said, Statement{
			ID: habeas.NewID[habeas.StatementKind](passNoon.Add(2 * time.Hour)), Party: rec.Party.ID, Source: Source{Kind: FromSystem, System: system}, Pass: pass,
			Values: Values{"profile": {[]string{"headline", "about"}[i]: "said"}},
		})
	}
	view, _ := SystemView(rec.Party, said, system, Reference{1}, func(Statement) bool { return true }, []string{"profile"}, Policy{}, schemas)
	if view.Get("profile", "headline") == "" || view.Get("profile", "about") != "" {
		t.Errorf("the system reads %v", view)
	}
}
