package party

import (
	"context"
	"crypto/sha256"
	"iter"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/bench/matching/people"
	"github.com/habeas-data/habeas/internal/keyring"
)

func markOf(text string) (h keyring.LookupHash) {
	sum := sha256.Sum256([]byte(text))
	copy(h[:], sum[:])
	return h
}

// saying is a subject that one system spoke of once.
func saying(p Party, v Values) Subject {
	if p.Kind == "" {
		p.Kind = Person
	}
	if p.State == "" {
		p.State = Unclaimed
	}
	return SubjectFrom(p, Spoken{Said: []Statement{{ID: habeas.StatementID{1}, Party: p.ID, Values: v}}}, everySet, markOf)
}

func each(subjects []Subject) iter.Seq2[Subject, error] {
	return func(yield func(Subject, error) bool) {
		for _, s := range subjects {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func silent(Likeness) {}

// everySet are the data sets that a server keeps by default.
var everySet = func() *Schemas {
	s, err := NewSchemas(DefaultSchemas()...)
	if err != nil {
		panic(err)
	}
	return s
}()

// What is compared is what the record shows, whoever said it in whatever order, and
// whatever its person has settled.
func TestWhatIsComparedIsWhatTheRecordShows(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		p := Party{ID: habeas.NewID[habeas.PartyKind](start), Kind: Person}
		if rapid.Bool().Draw(t, "claimed") {
			p.State, p.Account, p.ClaimedAt = Claimed, habeas.AccountID{1}, start.Add(time.Duration(rapid.IntRange(0, 6).Draw(t, "at"))*time.Hour)
		}
		settled := Settled{By: habeas.AccountID{1}}
		for i := range rapid.IntRange(0, 3).Draw(t, "rules") {
			settled.All = append(settled.All, Settlement{
				ID: habeas.NewID[habeas.EventKind](start.Add(time.Duration(2*i)*time.Hour + time.Minute)), Verdict: rapid.SampledFrom([]Verdict{Always, Never}).Draw(t, "rule"),
				From: Source{Kind: rapid.SampledFrom([]SourceKind{FromSystem, FromStaff}).Draw(t, "voice")}.Voice(),
			})
		}
		var said []Statement
		for i := range rapid.IntRange(0, 6).Draw(t, "statements") {
			v := Values{}
			for _, f := range remembered {
				if rapid.Bool().Draw(t, "says") {
					v.Put(f[0], f[1], rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "value"))
				}
			}
			said = append(said, Statement{
				ID: habeas.NewID[habeas.StatementKind](start.Add(time.Duration(i) * time.Hour)), Party: p.ID, Values: v,
				Source: Source{Kind: rapid.SampledFrom([]SourceKind{FromSystem, FromStaff, FromSelf}).Draw(t, "source")},
			})
		}
		said = rapid.Permutation(said).Draw(t, "order")
		rec, s := Fold(p, said, settled, everySet), SubjectFrom(p, Spoken{said, settled}, everySet, markOf)
		for i, f := range remembered {
			if want := rec.Text(f[0], f[1]); s.says[i] != want {
				t.Fatalf("%s: %q, the record shows %q", f, s.says[i], want)
			}
		}
	})
}

// town makes invented people, the second half being others of the first, with errors.
func twice(n int) []Subject {
	set := people.New(11, n, people.Profile{Typo: .05, Missing: .1, Nick: .05, Dates: .02})
	var out []Subject
	for i := range n {
		out = append(out, saying(Party{ID: numbered(i)}, invented(set.Row(i), 0, 1, 2, 4, 5, 6, 7, 8)))
	}
	for i := range n / 20 {
		out = append(out, saying(Party{ID: numbered(n + i)}, invented(set.Another(i), 0, 1, 2, 4, 5, 6, 7, 8)))
	}
	return out
}

// Proves PTY-16.
func TestDuplicatesAreFoundWithoutLabels(t *testing.T) {
	for _, n := range crowds {
		found, err := FindDuplicates(t.Context(), Person, n, each(twice(n)), DefaultMatching(), silent)
		if err != nil {
			t.Fatal(err)
		}
		right := 0
		truth := map[PairID]bool{}
		for i := range n / 20 {
			p, _ := PairOf(numbered(i), numbered(n+i))
			truth[p] = true
		}
		sum := 0.
		for i, d := range found {
			sum += d.P
			if truth[d.PairID] {
				right++
			}
			if len(d.Reasons) == 0 || d.P < .5 || i > 0 && d.P > found[i-1].P {
				t.Errorf("%+v", d)
			}
		}
		t.Logf("%d people: %d found, %d of %d right, %.1f expected", n, len(found), right, len(truth), sum)
		if right < len(truth)*9/10 || float64(right) < .8*sum {
			t.Errorf("%d people: %d found, %d of %d right, %.1f expected", n, len(found), right, len(truth), sum)
		}
	}
}

func TestWhoIsKnownToBeTwoIsNeverProposed(t *testing.T) {
	v := Values{"identity": {"given_name": "Ana", "family_name": "Ferrer", "birth_date": "1984-05-03"}, "contact": {"email": "ana@example.org"}}
	party := func(n int, change func(*Party)) Party {
		p := Party{ID: numbered(n), Kind: Person, State: Unclaimed}
		change(&p)
		return p
	}
	nothing := func(*Party) {}
	claimedBy := func(account byte) func(*Party) {
		return func(p *Party) { p.State, p.Account = Claimed, habeas.AccountID{account} }
	}
	for name, c := range map[string]struct {
		a, b func(*Party)
		want bool
	}{
		"two nobody has claimed":    {nothing, nothing, true},
		"one that somebody has":     {nothing, claimedBy(1), true},
		"two of one account":        {claimedBy(1), claimedBy(1), true},
		"two of different accounts": {claimedBy(1), claimedBy(2), false},
		"one in dispute":            {nothing, func(p *Party) { p.State = Frozen }, false},
		"one that went elsewhere":   {nothing, func(p *Party) { p.State = "merged" }, false},
		"one that may not be used":  {nothing, func(p *Party) { p.Restraint = Restricted }, false},
		"two kinds":                 {nothing, func(p *Party) { p.Kind = Organisation }, false},
	} {
		a, b := party(1, c.a), party(2, c.b)
		if Comparable(a, b) != c.want || Comparable(b, a) != c.want {
			t.Errorf("%s: comparable is not %v", name, c.want)
		}
		found, err := FindDuplicates(t.Context(), Person, 2, each([]Subject{saying(a, v), saying(b, v)}), DefaultMatching(), silent)
		if err != nil || (len(found) == 1) != c.want {
			t.Errorf("%s: %v, %v", name, found, err)
		}
		if _, ok := DefaultMatching().DuplicateOf(saying(a, v), saying(b, v), Alike{P: 1}); ok != c.want {
			t.Errorf("%s: one at a time %v", name, ok)
		}
	}
}

func TestASearchThatIsCancelledEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	all := twice(400)
	_, err := FindDuplicates(ctx, Person, len(all), func(yield func(Subject, error) bool) {
		for i, s := range all {
			if i == 100 {
				cancel()
			}
			if ctx.Err() != nil {
				yield(Subject{}, ctx.Err())
				return
			}
			if !yield(s, nil) {
				return
			}
		}
	}, DefaultMatching(), silent)
	if err == nil {
		t.Error("it went on")
	}
}

// A decision holds while both say what they said, and no longer.
func TestADecisionHoldsWhileBothSayTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) keyring.LookupHash { return keyring.LookupHash{rapid.Byte().Draw(t, name) % 3} }
		was := Duplicate{State: rapid.SampledFrom([]PairState{PairOpen, PairDifferent}).Draw(t, "state"), MarkA: draw("a"), MarkB: draw("b"), P: .6}
		again := Duplicate{State: PairOpen, MarkA: draw("c"), MarkB: draw("d"), P: .9}
		same := was.MarkA == again.MarkA && was.MarkB == again.MarkB
		got := was.Found(again)
		switch {
		case was.State == PairDifferent && same:
			if !reflect.DeepEqual(got, was) {
				t.Fatalf("a decision is gone: %+v", got)
			}
		case got.State != PairOpen || got.P != .9 || got.MarkA != again.MarkA:
			t.Fatalf("it does not wait anew: %+v", got)
		}
	})
}

func TestUndoTakesADecisionBack(t *testing.T) {
	open := Duplicate{State: PairOpen, P: .7}
	at, by := time.Unix(5, 0), habeas.AccountID{7}
	for _, what := range []PairDecision{PairApart, PairLater} {
		d, err := open.Decide(what, by, at)
		if err != nil || reflect.DeepEqual(d, open) {
			t.Fatalf("%s: %+v, %v", what, d, err)
		}
		if back, err := d.Decide(PairUndo, by, at); err != nil || !reflect.DeepEqual(back, open) {
			t.Errorf("%s: undone it is %+v, %v", what, back, err)
		}
	}
	apart, _ := open.Decide(PairApart, by, at)
	for _, what := range []PairDecision{PairApart, PairLater, "burn"} {
		if _, err := apart.Decide(what, by, at); err == nil {
			t.Errorf("%s after a decision", what)
		}
	}
}

func TestReasonsSurviveTheStore(t *testing.T) {
	for _, r := range []Reason{{Set: "identity", Field: "birth_date", Code: "exact", For: true}, {Set: "contact", Field: "email", Code: "differs"}} {
		if got, ok := ParseReason(r.String()); !ok || got != r {
			t.Errorf("%s → %+v", r, got)
		}
	}
	for _, bad := range []string{"", "+", "identity.birth_date:exact", "+identity:exact", "+identity.birth_date"} {
		if r, ok := ParseReason(bad); ok {
			t.Errorf("%q → %+v", bad, r)
		}
	}
	found, err := FindDuplicates(t.Context(), Person, 2, each([]Subject{
		saying(Party{ID: numbered(1)}, Values{"identity": {"given_name": "Ana", "family_name": "Ferrer", "birth_date": "1984-05-03"}, "membership": {"number": "M 17"}}),
		saying(Party{ID: numbered(2)}, Values{"identity": {"given_name": "Ferrer", "family_name": "Ana", "birth_date": "1984-05-03"}, "membership": {"number": "m17"}}),
	}), DefaultMatching(), silent)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	for _, want := range []string{"+membership.number:exact", "+identity.birth_date:exact", "+identity.given_name:swapped"} {
		if !slices.ContainsFunc(found[0].Reasons, func(r Reason) bool { return r.String() == want }) {
			t.Errorf("no %s in %s", want, found[0].Reasons)
		}
	}
}
