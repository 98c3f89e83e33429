package party

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

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
