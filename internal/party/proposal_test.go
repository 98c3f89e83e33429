package party

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

var (
	owner = habeas.AccountID{15: 1}
	bells = Source{Kind: FromSystem, System: habeas.SystemID{15: 1}}
	wings = Source{Kind: FromSystem, System: habeas.SystemID{15: 2}}
	desk  = Source{Kind: FromStaff, Account: habeas.AccountID{15: 8}}
	self  = Source{Kind: FromSelf, Account: owner}
)

// opened is a record that its person claimed at noon, and all of which is open to them.
func opened() Party {
	return Party{State: Claimed, Account: owner, ClaimedAt: noon, Opened: []string{"identity", "address", "membership", "phone"}}
}

// from makes a statement of one field, n minutes after noon.
func from(source Source, n int, set, field, text string) Statement {
	s := spoken(source.Kind, n, set, field, text)
	s.Source = source
	return s
}

// book is the life of one record in a test: what is said and decided, minute by minute.
type book struct {
	t interface {
		Helper()
		Fatalf(string, ...any)
	}
	schemas *Schemas
	party   Party
	said    []Statement
	settled Settled
	minute  int
}

func newBook(t interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}, p Party,
) *book {
	return &book{t: t, schemas: defaults(t), party: p}
}

func (b *book) record() Record { return Fold(b.party, b.said, b.settled, b.schemas) }

func (b *book) event() habeas.EventID {
	b.minute++
	return habeas.NewID[habeas.EventKind](noon.Add(time.Duration(b.minute) * time.Minute))
}

func (b *book) say(source Source, set, field, text string) {
	b.minute++
	b.said = append(b.said, from(source, b.minute, set, field, text))
}

// try settles a proposal as a use case does: on what its person sees, all or nothing.
func (b *book) try(v Verdict, p Proposal, whole bool) error {
	reply := Reply{Verdict: v, Statement: p.Says.Statement, Set: p.Set.Name, Field: p.Field.Name}
	if whole {
		reply.Set, reply.Field = "", ""
	}
	settled, values, err := b.record().MaskFor(false).Settle(reply, b.event(), b.said)
	if err == nil {
		b.keep(settled, values)
	}
	return err
}

func (b *book) keep(settled Settled, values Values) {
	if values.Len() > 0 {
		b.minute++
		s := from(self, b.minute, "", "", "")
		s.Values = values
		b.said = append(b.said, s)
		if settled.Last != nil {
			settled.Last.Said = s.ID
		}
	}
	b.settled = settled
}

func (b *book) settle(v Verdict, i int, whole bool) {
	b.t.Helper()
	if err := b.try(v, b.record().Proposals[i], whole); err != nil {
		b.t.Fatalf("%s: %v", v, err)
	}
}

func (b *book) takeBack() {
	b.t.Helper()
	settled, _, err := b.settled.TakeBack(b.settled.Rules()[0].ID, b.event(), b.said)
	if err != nil {
		b.t.Fatalf("take back: %v", err)
	}
	b.settled = settled
}

func (b *book) undo() {
	b.t.Helper()
	settled, values, err := b.record().Undo(b.settled.Last.ID, b.said, b.schemas)
	if err != nil {
		b.t.Fatalf("undo: %v", err)
	}
	b.keep(settled, values)
}

// shows writes the record's given name and city, and what is proposed.
func (b *book) shows() string {
	rec := b.record()
	out := rec.Text("identity", "given_name") + "/" + rec.Text("organisation", "city")
	for _, p := range rec.Proposals {
		out += " " + p.Field.Name + "=" + p.Says.Text
	}
	return out
}

// Proves PTY-7.
func TestWhatIsProposedAndWhatBecomesOfIt(t *testing.T) {
	name := func(b *book, source Source, text string) { b.say(source, "identity", "given_name", text) }
	city := func(b *book, source Source, text string) { b.say(source, "organisation", "city", text) }
	for what, c := range map[string]struct {
		do   func(b *book)
		want string
	}{
		"another value waits":             {func(b *book) { name(b, bells, "Timothy") }, "Tim/ given_name=Timothy"},
		"the same does not":               {func(b *book) { name(b, bells, "Tim") }, "Tim/"},
		"of each voice the newest":        {func(b *book) { name(b, bells, "Tom"); name(b, wings, "Jim"); name(b, bells, "Timothy") }, "Tim/ given_name=Timothy given_name=Jim"},
		"said again as it is, it is over": {func(b *book) { name(b, bells, "Tom"); name(b, bells, "Tim") }, "Tim/"},
		"staff propose too":               {func(b *book) { name(b, desk, "Timothy") }, "Tim/ given_name=Timothy"},
		"a gap is filled":                 {func(b *book) { city(b, bells, "Ulm") }, "Tim/Ulm"},
		"what was withdrawn is proposed":  {func(b *book) { city(b, self, ""); city(b, bells, "Ulm") }, "Tim/ city=Ulm"},
		"before the claim nothing is":     {func(b *book) { b.said = append(b.said, from(bells, -5, "identity", "given_name", "Tom")) }, "Tim/"},
		"a gap filled, then their own":    {func(b *book) { city(b, bells, "Ulm"); city(b, self, "Bonn") }, "Tim/Bonn"},
		"and said once more":              {func(b *book) { city(b, bells, "Ulm"); city(b, self, "Bonn"); city(b, bells, "Ulm") }, "Tim/Bonn"},
		"but by another voice":            {func(b *book) { city(b, bells, "Ulm"); city(b, self, "Bonn"); city(b, wings, "Ulm") }, "Tim/Bonn city=Ulm"},
		"or another value":                {func(b *book) { city(b, bells, "Ulm"); city(b, self, "Bonn"); city(b, bells, "Kiel") }, "Tim/Bonn city=Kiel"},
		"accepted in place of a filled gap": {func(b *book) {
			city(b, bells, "Ulm")
			city(b, wings, "Kiel")
			b.settle(Accepted, 0, false)
		}, "Tim/Kiel"},
		"and undone": {func(b *book) {
			city(b, bells, "Ulm")
			city(b, wings, "Kiel")
			b.settle(Accepted, 0, false)
			b.undo()
		}, "Tim/Ulm city=Kiel"},
		"accepted":                     {func(b *book) { name(b, bells, "Timothy"); b.settle(Accepted, 0, false) }, "Timothy/"},
		"accepted, and then their own": {func(b *book) { name(b, bells, "Timothy"); b.settle(Accepted, 0, false); name(b, self, "T.") }, "T./"},
		"accepted and undone":          {func(b *book) { name(b, bells, "Timothy"); b.settle(Accepted, 0, false); b.undo() }, "Tim/ given_name=Timothy"},
		"rejected":                     {func(b *book) { name(b, bells, "Timothy"); b.settle(Rejected, 0, false) }, "Tim/"},
		"rejected, and said again":     {func(b *book) { name(b, bells, "Timothy"); b.settle(Rejected, 0, false); name(b, bells, "Timothy") }, "Tim/"},
		"rejected, and an older one again": {func(b *book) {
			name(b, bells, "Tom")
			name(b, bells, "Timothy")
			b.settle(Rejected, 0, false)
			name(b, bells, "Tom")
		}, "Tim/"},
		"rejected, and a new one":        {func(b *book) { name(b, bells, "Timothy"); b.settle(Rejected, 0, false); name(b, bells, "Timo") }, "Tim/ given_name=Timo"},
		"rejected, and by another voice": {func(b *book) { name(b, bells, "Timothy"); b.settle(Rejected, 0, false); name(b, wings, "Timothy") }, "Tim/ given_name=Timothy"},
		"rejected and undone":            {func(b *book) { name(b, bells, "Timothy"); b.settle(Rejected, 0, false); b.undo() }, "Tim/ given_name=Timothy"},
		"always accepts this":            {func(b *book) { name(b, bells, "Timothy"); b.settle(Always, 0, false) }, "Timothy/"},
		"and the next":                   {func(b *book) { name(b, bells, "Timothy"); b.settle(Always, 0, false); name(b, bells, "Timo") }, "Timo/"},
		"of this field only": {func(b *book) {
			city(b, self, "Bonn")
			name(b, bells, "Timothy")
			b.settle(Always, 0, false)
			city(b, bells, "Ulm")
		}, "Timothy/Bonn city=Ulm"},
		"or of every field": {func(b *book) {
			city(b, self, "Bonn")
			name(b, bells, "Timothy")
			b.settle(Always, 0, true)
			city(b, bells, "Ulm")
		}, "Timothy/Ulm"},
		"of this voice only": {func(b *book) { name(b, bells, "Timothy"); b.settle(Always, 0, true); name(b, wings, "Jim") }, "Timothy/ given_name=Jim"},
		"until the person speaks": {func(b *book) {
			name(b, bells, "Timothy")
			b.settle(Always, 0, true)
			name(b, bells, "Timo")
			name(b, self, "Tim")
		}, "Tim/"},
		"always, taken back": {func(b *book) {
			name(b, bells, "Timothy")
			b.settle(Always, 0, false)
			b.takeBack()
			name(b, bells, "Timo")
		}, "Timothy/ given_name=Timo"},
		"what counted goes on counting": {func(b *book) {
			name(b, bells, "Timothy")
			b.settle(Always, 0, false)
			name(b, bells, "Timo")
			b.takeBack()
			name(b, bells, "Jim")
		}, "Timo/ given_name=Jim"},
		"always, undone": {func(b *book) { name(b, bells, "Timothy"); b.settle(Always, 0, false); b.undo(); name(b, bells, "Timo") }, "Tim/ given_name=Timo"},
		"never hides":    {func(b *book) { name(b, bells, "Timothy"); b.settle(Never, 0, false); name(b, bells, "Timo") }, "Tim/"},
		"never of this field only": {func(b *book) {
			city(b, self, "Bonn")
			name(b, bells, "Timothy")
			b.settle(Never, 0, false)
			city(b, bells, "Ulm")
		}, "Tim/Bonn city=Ulm"},
		"never fills a gap": {func(b *book) { name(b, bells, "Timothy"); b.settle(Never, 0, true); city(b, bells, "Ulm") }, "Tim/"},
		"never, taken back": {func(b *book) {
			name(b, bells, "Timothy")
			b.settle(Never, 0, true)
			city(b, bells, "Ulm")
			b.takeBack()
		}, "Tim/ given_name=Timothy city=Ulm"},
		"a rule for all replaces others": {func(b *book) {
			name(b, bells, "Timothy")
			city(b, bells, "Ulm")
			city(b, bells, "Bonn")
			b.settle(Never, 1, true)
			b.takeBack()
			b.settle(Always, 1, false)
			name(b, bells, "Jim")
			b.settle(Never, 0, true)
			city(b, bells, "Kiel")
			name(b, bells, "Jo")
		}, "Tim/Bonn"},
		"all of a voice accepted": {func(b *book) {
			city(b, self, "Bonn")
			name(b, bells, "Timothy")
			city(b, bells, "Ulm")
			name(b, wings, "Jim")
			b.settle(Accepted, 1, true)
		}, "Timothy/Ulm given_name=Jim"},
		"all of a voice kept": {func(b *book) {
			city(b, self, "Bonn")
			name(b, bells, "Timothy")
			city(b, bells, "Ulm")
			name(b, wings, "Jim")
			b.settle(Rejected, 1, true)
		}, "Tim/Bonn given_name=Jim"},
		"a frozen record has none": {func(b *book) { name(b, bells, "Timothy"); b.party.State = Frozen }, "Tim/"},
		"nor a restricted one":     {func(b *book) { name(b, bells, "Timothy"); b.party.Restraint = Restricted }, "Tim/"},
		"and no rule works on it": {func(b *book) {
			name(b, bells, "Timothy")
			b.settle(Always, 0, true)
			b.party.RestrainedAt = noon.Add(time.Duration(b.minute) * time.Minute)
			b.party.Restraint = Restricted
			name(b, bells, "Timo")
		}, "Timothy/"},
		"nobody inherits a decision": {func(b *book) {
			name(b, bells, "Timothy")
			b.settle(Never, 0, true)
			b.party.Account = habeas.AccountID{15: 7} // the words of who had it before are not theirs either
		}, "Timothy/"},
	} {
		t.Run(what, func(t *testing.T) {
			b := newBook(t, opened())
			name(b, self, "Tim")
			c.do(b)
			if got := b.shows(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func refusal(err error) string {
	var e *habeas.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}

// Proves PTY-7, PTY-13.
func TestWhatCannotBeSettled(t *testing.T) {
	b := newBook(t, opened())
	b.say(self, "contact", "email", "tim@example.org")
	b.say(self, "identity", "given_name", "Tim")
	b.say(bells, "contact", "email", "bell@example.org")
	b.say(bells, "identity", "given_name", "Timothy")
	all := b.record().Proposals
	mail, name := all[slices.IndexFunc(all, Proposal.ByHand)], all[slices.IndexFunc(all, func(p Proposal) bool { return !p.ByHand() })]
	if got := refusal(b.try(Always, mail, false)); got != "proposal.email" {
		t.Errorf("always for the address: %s", got)
	}
	if got := refusal(b.try("praise", name, false)); got != "form.choice" {
		t.Errorf("an unknown verdict: %s", got)
	}
	if err := b.try(Always, mail, true); err != nil {
		t.Fatal(err)
	}
	b.say(bells, "contact", "email", "other@example.org")
	if got := b.record().Text("contact", "email"); got != "tim@example.org" {
		t.Errorf("the address is %s by a rule", got)
	}
	if got := refusal(b.try(Rejected, name, false)); got != "proposal.gone" {
		t.Errorf("settled twice: %s", got)
	}
	if _, _, err := b.record().Undo(habeas.EventID{1}, b.said, b.schemas); refusal(err) != "proposal.undo" {
		t.Errorf("undoing something older: %v", err)
	}
	if _, _, err := b.settled.TakeBack(habeas.EventID{1}, b.event(), b.said); refusal(err) != "proposal.no-rule" {
		t.Errorf("taking back what is no rule: %v", err)
	}

	// What evidence has not opened is masked, and is not accepted, not by a rule either.
	b.party.Opened = nil
	b.say(bells, "identity", "birth_date", "1984-05-03")
	b.say(self, "identity", "birth_date", "1990-01-01")
	b.say(bells, "identity", "birth_date", "1984-05-04")
	shown := b.record().MaskFor(false)
	i := slices.IndexFunc(shown.Proposals, func(p Proposal) bool { return p.Field.Name == "birth_date" })
	if p := shown.Proposals[i]; !p.Masked || p.Says.Text != "•••• 1984" || p.Now.Text != "1990-01-01" {
		t.Fatalf("shown: %+v", p)
	}
	for _, v := range []Verdict{Accepted, Always} {
		if got := refusal(b.try(v, shown.Proposals[i], false)); got != "proposal.masked" {
			t.Errorf("%s of what is hidden: %s", v, got)
		}
	}
	if got := b.record().Text("identity", "birth_date"); got != "1990-01-01" {
		t.Errorf("the rule for every field has set what is hidden: %s", got)
	}
	if err := b.try(Rejected, shown.Proposals[i], false); err != nil {
		t.Errorf("keeping one's own: %v", err)
	}
}

// Proves PTY-A28.
func TestWhatIsOnlyProposedIsNoEvidence(t *testing.T) {
	clerk := Source{Kind: FromStaff, Account: owner} // the claimant, who also works at the desk
	number := func(source Source, n int, text string) Statement {
		return from(source, n, "membership", "number", text)
	}
	always := Settled{By: owner, All: []Settlement{{ID: habeas.NewID[habeas.EventKind](noon), Verdict: Always, From: bells}}}
	open, shut := opened(), opened()
	shut.Opened = nil
	for what, c := range map[string]struct {
		p       Party
		settled Settled
		said    []Statement
		want    bool
	}{
		"said before the claim":           {shut, Settled{}, []Statement{number(bells, -5, "B-1")}, true},
		"by staff":                        {shut, Settled{}, []Statement{number(desk, -5, "B-1")}, true},
		"by staff who is the claimant":    {shut, Settled{}, []Statement{number(clerk, -5, "B-1")}, false},
		"by the claimant":                 {shut, Settled{}, []Statement{number(self, -5, "B-1")}, false},
		"since, in a gap":                 {shut, Settled{}, []Statement{number(bells, 5, "B-1")}, true},
		"since, over another":             {shut, Settled{}, []Statement{number(wings, -5, "W-2"), number(bells, 5, "B-1")}, false},
		"over another in a gap":           {shut, Settled{}, []Statement{number(wings, 4, "W-2"), number(bells, 5, "B-1")}, false},
		"over the claimant's own":         {shut, Settled{}, []Statement{number(self, 4, "W-2"), number(bells, 5, "B-1")}, false},
		"by whom the claimant believes":   {open, always, []Statement{number(bells, 5, "B-1")}, false},
		"so, but before it was believed":  {open, always, []Statement{number(bells, -5, "B-1")}, true},
		"hidden, so that no rule reaches": {shut, always, []Statement{number(wings, -5, "W-2"), number(bells, 5, "B-1")}, false},
	} {
		if got := Fold(c.p, c.said, c.settled, defaults(t)).MatchesMembership([]byte("B-1"), Exclusion{Account: owner}); got != c.want {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}
