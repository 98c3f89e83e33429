package party

import (
	"bytes"
	"slices"

	"github.com/habeas-data/habeas"
)

// Proposal is what somebody else said about a claimed record and what does not count
// there: its person has not settled it yet (PTY-7). There is at most one per voice and
// field, the newest.
type Proposal struct {
	Set    SetSchema
	Field  FieldSchema
	Now    Value // what counts; zero when nothing is held
	Says   Value // what would count instead
	Masked bool  // its data set asks for evidence first: it cannot be accepted
}

// Voice is a source as rules name it: one connected system, or staff, or imports,
// whoever of them spoke.
func (s Source) Voice() Source {
	v := Source{Kind: s.Kind}
	if s.Kind == FromSystem {
		v.System = s.System
	}
	return v
}

// weight is how much a value counts.
type weight uint8

const (
	barred weight = iota // its person wants nothing of it
	late                 // somebody else said it when the record was its person's already
	early                // said before
	own                  // the person's word
)

// weigh says how much a value of a field counts in a record.
func (s Settled) weigh(p Party, set SetSchema, field string, v Value) weight {
	if v.own() || v.Source.Kind == FromGuardian && p.State == Unclaimed {
		return own // who acts for the person speaks for them, until they speak themselves
	}
	if !afterClaim(p, v) {
		return early
	}
	switch s.rule(v.Source, set.Name, field, func(one Settlement) bool { return one.heldAt(v.At) }) {
	case Always:
		if !p.hides(set) && !neverByItself(set.Name, field) && (p.RestrainedAt.IsZero() || !v.At.After(p.RestrainedAt)) {
			return own
		}
	case Never:
		return barred
	case Accepted, Rejected:
	}
	return late
}

// neverByItself names the field that no rule may change: an account can be recovered
// through an address.
func neverByItself(set, field string) bool { return set == "contact" && field == "email" }

// hides reports whether a data set waits for evidence.
func (p Party) hides(set SetSchema) bool {
	return set.StepUp && !slices.Contains(p.Opened, set.Name)
}

// proposes reports whether others may propose anything for the record now.
func (p Party) proposes() bool {
	return p.State == Claimed && !p.Account.IsZero() && p.Restraint == RestraintNone
}

// proposals are what the values of one field, newest first, propose beside the current
// one: of each voice its newest word.
func (s Settled) proposals(p Party, set SetSchema, f Field, stated []Value) []Proposal {
	if !p.proposes() {
		return nil
	}
	var out []Proposal
	heard := make(map[Source]bool)
	for _, v := range stated {
		voice := v.Source.Voice()
		if !afterClaim(p, v) || heard[voice] {
			continue
		}
		heard[voice] = true
		switch {
		case v.Text == "" || v.Text == f.Current.Text:
		case s.weigh(p, set, f.Schema.Name, v) == own: // it counted, and its person said something newer
		case s.rule(v.Source, set.Name, f.Schema.Name, Settlement.Stands) == Never:
		case s.answered(p, set.Name, f.Schema.Name, v, stated) || s.replaced(p, set, f.Schema.Name, v, stated):
		default:
			out = append(out, Proposal{Set: set, Field: f.Schema, Now: f.Current, Says: v})
		}
	}
	return out
}

// answered reports whether the person has settled a value: it is one that they accepted
// or rejected, or one from before that, or the same words once more.
func (s Settled) answered(p Party, set, field string, v Value, stated []Value) bool {
	for _, one := range s.All {
		if one.isRule() || !one.covers(v.Source, set, field) {
			continue
		}
		if slices.ContainsFunc(stated, func(past Value) bool {
			return past.Text == v.Text && past.Source.Voice() == one.From && afterClaim(p, past) && !newer(past.Statement, one.Through)
		}) {
			return true
		}
	}
	return false
}

// replaced reports whether a value, not current any more, is what had filled a gap: its
// person has said otherwise and is not asked again.
func (s Settled) replaced(p Party, set SetSchema, field string, v Value, stated []Value) bool {
	for _, first := range slices.Backward(stated) {
		if w := s.weigh(p, set, field, first); w != barred {
			return w == late && first.Text == v.Text && first.Source.Voice() == v.Source.Voice()
		}
	}
	return false
}

func newer(a, b habeas.StatementID) bool { return bytes.Compare(a[:], b[:]) > 0 }

// ByHand reports whether no rule may accept such proposals: each is for its person.
func (p Proposal) ByHand() bool { return neverByItself(p.Set.Name, p.Field.Name) }

// refuses says why a proposal cannot be accepted, one by one or always.
func (p Proposal) refuses(v Verdict) error {
	switch {
	case p.Masked:
		return errHidden
	case v == Always && p.ByHand():
		return errByItself
	}
	return nil
}

// mask hides what a proposal would bring, and what others said that counts now.
func (p Proposal) mask() Proposal {
	p.Masked, p.Says.Text = true, Mask(p.Field, p.Says.Text)
	if !p.Now.own() {
		p.Now.Text = Mask(p.Field, p.Now.Text)
	}
	return p
}
