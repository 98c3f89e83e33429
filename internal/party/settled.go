package party

import (
	"bytes"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
)

// Verdict is what a person decided about the words of a voice.
type Verdict string

// The verdicts.
const (
	Accepted Verdict = "accept" // it becomes the person's own statement
	Rejected Verdict = "reject" // this value and those before it do not come again
	Always   Verdict = "always" // what the voice says from now on counts as the person's word
	Never    Verdict = "never"  // nothing that the voice says is proposed or fills a gap
)

// Settlement is a verdict that is kept. It holds no value: only whose words about which
// field it means.
type Settlement struct {
	ID      habeas.EventID     `json:"id"` // the line of the ledger that witnesses it; carries its moment
	Verdict Verdict            `json:"v"`
	From    Source             `json:"f"` // a voice
	Set     string             `json:"s,omitempty"`
	Field   string             `json:"n,omitempty"` // with Set empty: a rule for every field
	Through habeas.StatementID `json:"t,omitzero"`  // of Accepted and Rejected: the newest statement they mean
	Until   time.Time          `json:"u,omitzero"`  // of a rule: when it was taken back; zero: it stands
}

// At is when the person decided.
func (s Settlement) At() time.Time { return s.ID.Time() }

// Whole reports whether a rule is for every field.
func (s Settlement) Whole() bool { return s.Set == "" }

// isRule reports whether it is about what will be said, and not about one proposal.
func (s Settlement) isRule() bool { return s.Verdict == Always || s.Verdict == Never }

// Stands reports whether the settlement is a rule that was not taken back.
func (s Settlement) Stands() bool { return s.isRule() && s.Until.IsZero() }

// heldAt reports whether a rule was in force at a moment: after it was given, and up to
// when it was taken back.
func (s Settlement) heldAt(at time.Time) bool {
	return s.isRule() && at.After(s.At()) && (s.Until.IsZero() || !at.After(s.Until))
}

// covers reports whether the settlement is about the words of a voice on a field.
func (s Settlement) covers(from Source, set, field string) bool {
	return s.From == from.Voice() && (s.Whole() || s.Set == set && s.Field == field)
}

// Settled is everything that one person has decided about proposals for one record.
type Settled struct {
	By   habeas.AccountID `json:"b"`           // whose decisions these are: they die with that person's control
	All  []Settlement     `json:"a,omitempty"` // in the order in which they were made
	Last *Settling        `json:"l,omitempty"` // the newest decision, while it can be undone
}

// Settling is what is needed to undo a decision exactly.
type Settling struct {
	ID   habeas.EventID     `json:"id"`
	Said habeas.StatementID `json:"d,omitzero"` // the person's own statement that it made
	Was  []Settlement       `json:"w,omitempty"`
}

// MaxSettlements bounds what is kept for one record.
const MaxSettlements = 500

var (
	errSettled   = habeas.Conflict("This proposal is settled already, or a newer one took its place. Look at it again.").WithCode("proposal.gone")
	errVerdict   = habeas.Invalid("verdict", "Choose one of the options.").WithCode("form.choice")
	errHidden    = habeas.Forbidden("This value is hidden until you have shown more than your address, so you cannot accept it yet.").WithCode("proposal.masked")
	errByItself  = habeas.Invalid("verdict", "The e-mail address cannot change by itself: you may sign in with it, and whoever could replace it could take your account. Accept each new one yourself.").WithCode("proposal.email")
	errTooMany   = habeas.Invalid("verdict", "So much was decided about this record that no more can be kept. Take back rules that you do not need, or give one for every field.").WithCode("proposal.full")
	errNoRule    = habeas.NotFound("There is no such rule of yours, or it was taken back already.").WithCode("proposal.no-rule")
	errNotUndone = habeas.Conflict("Something newer was decided meanwhile, so this cannot be undone here. You can still correct the record or take rules back.").WithCode("proposal.undo")
)

// of returns what counts for a party: decisions of somebody who does not control it any
// more say nothing.
func (s Settled) of(p Party) Settled {
	if p.Account.IsZero() || s.By != p.Account {
		return Settled{By: p.Account}
	}
	return s
}

// Rules are those in force, the newest first.
func (s Settled) Rules() []Settlement {
	out := slices.DeleteFunc(slices.Clone(s.All), func(one Settlement) bool { return !one.Stands() })
	slices.SortFunc(out, func(a, b Settlement) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	return out
}

// rule returns the verdict of the newest rule that holds, or "" when none does.
func (s Settled) rule(from Source, set, field string, holds func(Settlement) bool) Verdict {
	for _, one := range slices.Backward(s.All) {
		if one.covers(from, set, field) && holds(one) {
			return one.Verdict
		}
	}
	return ""
}

// Reply is what a person answers on the page of proposals: to one of them, or, with an
// empty Set, to all from its voice.
type Reply struct {
	Verdict   Verdict
	Statement habeas.StatementID // as it was shown
	Set       string
	Field     string
}

func (c Reply) whole() bool { return c.Set == "" }

// chosen finds the proposals that a reply is about: none when something newer came
// after the reply was made.
func (r Record) chosen(c Reply) []Proposal {
	i := slices.IndexFunc(r.Proposals, func(p Proposal) bool {
		return p.Says.Statement == c.Statement && (c.whole() || p.Set.Name == c.Set && p.Field.Name == c.Field)
	})
	switch {
	case i < 0:
		return nil
	case !c.whole():
		return r.Proposals[i : i+1]
	}
	voice := r.Proposals[i].Says.Source.Voice()
	return slices.DeleteFunc(slices.Clone(r.Proposals), func(p Proposal) bool { return p.Says.Source.Voice() != voice })
}

// Settle carries a reply out on the record as its person sees it, masked. It returns
// the decisions as they are then, and what the person says with it; both go into one
// transaction. id is the line of the ledger that will witness it.
//
// Always accepts what is proposed too: who wants the next value wants this one. For all
// from a voice it leaves out what is hidden and the e-mail address.
func (r Record) Settle(c Reply, id habeas.EventID, said []Statement) (Settled, Values, error) {
	chosen := r.chosen(c)
	if len(chosen) == 0 {
		return Settled{}, nil, errSettled
	}
	s, accepts := r.Settled.begin(id), Values{}
	switch c.Verdict {
	case Accepted, Always:
		for _, p := range chosen {
			if err := p.refuses(c.Verdict); err != nil {
				if c.whole() {
					continue
				}
				return Settled{}, nil, err
			}
			accepts.Put(p.Set.Name, p.Field.Name, p.Says.Text)
			s.answer(Accepted, p, id)
		}
		if c.Verdict == Accepted && accepts.Len() == 0 {
			return Settled{}, nil, errHidden
		}
	case Rejected:
		for _, p := range chosen {
			s.answer(Rejected, p, id)
		}
	case Never:
	default:
		return Settled{}, nil, errVerdict
	}
	if rule := (Settlement{ID: id, Verdict: c.Verdict, From: chosen[0].Says.Source.Voice(), Set: c.Set, Field: c.Field}); rule.isRule() {
		s.give(rule, said)
	}
	if len(s.All) > MaxSettlements {
		if c.Verdict != Accepted {
			return Settled{}, nil, errTooMany
		}
		s.All = s.Last.Was // what was accepted counts without it
	}
	return s, accepts, nil
}

// begin returns a copy to decide on, which remembers what there was.
func (s Settled) begin(id habeas.EventID) Settled {
	s.Last = &Settling{ID: id, Was: s.All}
	s.All = slices.Clone(s.All)
	return s
}

// answer remembers what became of a proposal, in the place of an older answer.
func (s *Settled) answer(v Verdict, p Proposal, id habeas.EventID) {
	one := Settlement{ID: id, Verdict: v, From: p.Says.Source.Voice(), Set: p.Set.Name, Field: p.Field.Name, Through: p.Says.Statement}
	s.All = append(slices.DeleteFunc(s.All, func(old Settlement) bool {
		return !old.isRule() && old.From == one.From && old.Set == one.Set && old.Field == one.Field
	}), one)
}

// give puts a rule in the place of those that stand for the same words: one for every
// field in the place of all from its voice.
func (s *Settled) give(one Settlement, said []Statement) {
	for i := len(s.All) - 1; i >= 0; i-- {
		if old := s.All[i]; old.Stands() && old.From == one.From && (one.Whole() || old.Set == one.Set && old.Field == one.Field) {
			s.end(i, one.At(), said)
		}
	}
	s.All = append(s.All, one)
}

// end takes a rule back. What was said while it stood goes on counting as it did; a
// rule under which nothing was said leaves nothing behind.
func (s *Settled) end(i int, now time.Time, said []Statement) {
	one := s.All[i]
	one.Until = now
	if slices.ContainsFunc(said, func(st Statement) bool { return st.Source.Voice() == one.From && one.heldAt(st.At()) }) {
		s.All[i] = one
		return
	}
	s.All = slices.Delete(s.All, i, i+1)
}

// TakeBack ends a rule as of now; id is the line of the ledger that will witness it. It
// returns the rule too.
func (s Settled) TakeBack(rule, id habeas.EventID, said []Statement) (Settled, Settlement, error) {
	i := slices.IndexFunc(s.All, func(one Settlement) bool { return one.ID == rule && one.Stands() })
	if i < 0 {
		return s, Settlement{}, errNoRule
	}
	ended := s.All[i]
	s = s.begin(id)
	s.end(i, id.Time(), said)
	return s, ended, nil
}

// Undo takes the newest decision back: everything that was decided is as it was before,
// and for what the person said with it they say again what counted then, unless they
// have said something newer.
func (r Record) Undo(id habeas.EventID, said []Statement, schemas *Schemas) (Settled, Values, error) {
	s := r.Settled
	if s.Last == nil || s.Last.ID != id {
		return s, nil, errNotUndone
	}
	last := *s.Last
	s.All, s.Last = last.Was, nil
	i := slices.IndexFunc(said, func(one Statement) bool { return one.ID == last.Said })
	if last.Said.IsZero() || i < 0 {
		return s, nil, nil
	}
	earlier := slices.DeleteFunc(slices.Clone(said), func(one Statement) bool { return !newer(last.Said, one.ID) })
	before, again := Fold(r.Party, earlier, s, schemas), Values{}
	for set, fields := range said[i].Values {
		for name := range fields {
			if f, ok := r.Field(set, name); ok && f.Current.Statement == last.Said {
				again.Put(set, name, before.Text(set, name))
			}
		}
	}
	return s, again, nil
}
