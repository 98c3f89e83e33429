package party

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

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
		"accepted":                        {func(b *book) { name(b, bells, "Timothy"); b.settle(Accepted, 0, false) }, "Timothy/"},
		"accepted, and then their own":    {func(b *book) { name(b, bells, "Timothy"); b.settle(Accepted, 0, false); name(b, self, "T.") }, "T./"},
		"accepted and undone":             {func(b *book) { name(b, bells, "Timothy"); b.settle(Accepted, 0, false); b.undo() }, "Tim/ given_name=Timothy"},
		"rejected":                        {func(b *book) { name(b, bells, "Timothy"); b.settle(Rejected, 0, false) }, "Tim/"},
		"rejected, and said again":        {func(b *book) { name(b, bells, "Timothy"); b.settle(Rejected, 0, false); name(b, bells, "Timothy") }, "Tim/"},
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
			b.party.Account = habeas.AccountID{15: 7}
		}, "Tim/ given_name=Timothy"},
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

func TestDecisionsAreBounded(t *testing.T) {
	b := newBook(t, opened())
	b.say(self, "identity", "given_name", "Tim")
	b.say(bells, "identity", "given_name", "Timothy")
	b.settled = Settled{By: owner}
	for i := range MaxSettlements {
		other := Source{Kind: FromSystem, System: habeas.SystemID{1, byte(i >> 8), byte(i)}}
		b.settled.All = append(b.settled.All, Settlement{ID: b.event(), Verdict: Never, From: other})
	}
	if got := refusal(b.try(Never, b.record().Proposals[0], false)); got != "proposal.full" {
		t.Errorf("one more: %s", got)
	}
	if err := b.try(Accepted, b.record().Proposals[0], false); err != nil {
		t.Errorf("accepting keeps nothing: %v", err)
	}
}

// live lets a random life happen to a record, and tells each step what was before it.
func live(t *rapid.T, b *book, steps int, after func(step string, was Record)) {
	for range rapid.IntRange(1, steps).Draw(t, "steps") {
		was := b.record()
		step := rapid.SampledFrom([]string{"say", "say", "say", "own", "settle", "settle", "take back", "undo"}).Draw(t, "step")
		f := rapid.SampledFrom([][2]string{{"identity", "given_name"}, {"organisation", "city"}, {"contact", "email"}}).Draw(t, "field")
		text := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "text")
		switch step {
		case "say":
			b.say(rapid.SampledFrom([]Source{bells, wings, desk}).Draw(t, "source"), f[0], f[1], text)
		case "own":
			b.say(self, f[0], f[1], rapid.SampledFrom([]string{text, ""}).Draw(t, "own"))
		case "settle":
			if n := len(was.Proposals); n > 0 {
				v := rapid.SampledFrom([]Verdict{Accepted, Rejected, Always, Never}).Draw(t, "verdict")
				p := was.Proposals[rapid.IntRange(0, n-1).Draw(t, "which")]
				step = string(v)
				if err := b.try(v, p, rapid.Bool().Draw(t, "whole")); err != nil && refusal(err) != "proposal.email" {
					t.Fatalf("%s: %v", v, err)
				}
			}
		case "take back":
			if len(b.settled.Rules()) > 0 {
				b.takeBack()
			}
		case "undo":
			if b.settled.Last != nil {
				b.undo()
			}
		}
		after(step, was)
	}
}

// values are what a record says, by set and field.
func values(r Record) map[string]string {
	out := map[string]string{}
	for _, s := range r.Sets {
		for _, f := range s.Fields {
			out[s.Schema.Name+"."+f.Schema.Name] = f.Current.Text
		}
	}
	return out
}

// Proves PTY-2, PTY-7.
func TestWhateverIsDecidedThePersonsWordCountsAndNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBook(t, opened())
		ruled := map[Source]bool{} // voices that were ever given an always
		live(t, b, 25, func(step string, was Record) {
			now := b.record()
			for _, one := range b.settled.All {
				ruled[one.From] = ruled[one.From] || one.Verdict == Always
			}
			switch step {
			case "own":
				s := b.said[len(b.said)-1]
				for set, fields := range s.Values {
					for field, text := range fields {
						if now.Text(set, field) != text {
							t.Fatalf("the person said %q and the record says %q", text, now.Text(set, field))
						}
					}
				}
			case string(Rejected), "take back":
				if !reflect.DeepEqual(values(was), values(now)) {
					t.Fatalf("%s: %v became %v", step, values(was), values(now))
				}
			}
			for _, set := range now.Sets {
				for _, f := range set.Fields {
					own := slices.ContainsFunc(f.Older, func(v Value) bool { return v.Source.Kind == FromSelf })
					if own && f.Current.Source.Kind != FromSelf && !ruled[f.Current.Source.Voice()] {
						t.Fatalf("%s: %v counts before the person's word, without a rule", f.Schema.Name, f.Current)
					}
				}
			}
			for _, p := range now.Proposals {
				if p.Says.Source.Kind == FromSelf || p.Says.Text == "" || p.Says.Text == now.Text(p.Set.Name, p.Field.Name) {
					t.Fatalf("proposed: %+v", p)
				}
			}
		})
	})
}

// Proves PTY-7.
func TestUndoRestoresWhatWasDecidedAndShown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBook(t, opened())
		live(t, b, 15, func(string, Record) {})
		n := len(b.record().Proposals)
		if n == 0 {
			return
		}
		was, before := b.shows(), slices.Clone(b.settled.All)
		v := rapid.SampledFrom([]Verdict{Accepted, Rejected, Always, Never}).Draw(t, "the verdict")
		if b.try(v, b.record().Proposals[rapid.IntRange(0, n-1).Draw(t, "the proposal")], rapid.Bool().Draw(t, "all")) != nil {
			return
		}
		b.undo()
		if got := b.shows(); got != was {
			t.Fatalf("%s and undo: %q became %q", v, was, got)
		}
		if !slices.Equal(b.settled.All, before) {
			t.Fatalf("%s and undo leave %+v of %+v", v, b.settled.All, before)
		}
	})
}

// A rule that was given and taken back changes nothing of what comes afterwards.
//
// Proves PTY-7.
func TestARuleTakenBackIsAsIfItHadNotBeenFromThenOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBook(t, opened())
		live(t, b, 12, func(string, Record) {})
		n := len(b.record().Proposals)
		if n == 0 {
			return
		}
		p := b.record().Proposals[rapid.IntRange(0, n-1).Draw(t, "the proposal")]
		v := rapid.SampledFrom([]Verdict{Always, Never}).Draw(t, "the verdict")
		plain := *b
		plain.said, plain.settled.All = slices.Clone(b.said), slices.Clone(b.settled.All)
		if b.try(v, p, false) != nil {
			return
		}
		if v == Always { // which accepts what is proposed
			if err := plain.try(Accepted, p, false); err != nil {
				t.Fatal(err)
			}
		}
		b.takeBack()
		plain.minute = b.minute
		for range rapid.IntRange(0, 6).Draw(t, "later words") {
			source := rapid.SampledFrom([]Source{bells, wings, desk, self}).Draw(t, "source")
			text := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "text")
			for _, one := range []*book{b, &plain} {
				one.say(source, p.Set.Name, p.Field.Name, text)
			}
		}
		same := func(r Record) string { return fmt.Sprint(values(r)) }
		if b.shows() != plain.shows() || same(b.record()) != same(plain.record()) {
			t.Fatalf("%s and taken back: %q, without: %q", v, b.shows(), plain.shows())
		}
	})
}
