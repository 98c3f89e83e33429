package party

import (
	"crypto/subtle"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
)

// EvidenceKind is what a claimant shows besides the address.
type EvidenceKind string

// The kinds of evidence (PTY-13).
const (
	MembershipNumber EvidenceKind = "membership"
	PaperCode        EvidenceKind = "paper"
	InPerson         EvidenceKind = "in-person"
	RecordFacts      EvidenceKind = "facts" // recognised among decoys: never alone
)

// Exclusion names the words that prove nothing when somebody shows what they know: those
// that they put on the record themselves, or may have (PTY-A28).
type Exclusion struct {
	Account habeas.AccountID                   // whose own words; zero: nobody's
	Systems []habeas.SystemID                  // that the account has connected or given a secret
	Booked  func(said habeas.StatementID) bool // whether it came on a ticket that they booked; nil: none did
	Before  time.Time                          // from when on nothing counts; zero: there is no such moment
}

// excludes reports whether a value proves nothing.
func (x Exclusion) excludes(v Value) bool {
	return !x.Account.IsZero() && v.Source.Account == x.Account ||
		v.Source.Kind == FromSystem && slices.Contains(x.Systems, v.Source.System) ||
		x.Booked != nil && x.Booked(v.Statement) ||
		!x.Before.IsZero() && !v.At.Before(x.Before)
}

// MatchesMembership reports in constant time whether the number is one that somebody
// other than the claimant put on the record.
func (r Record) MatchesMembership(number []byte, x Exclusion) bool {
	given := normal(number)
	defer clear(given[:cap(given)])
	match := 0
	for _, v := range r.evidence("membership", "number", x) {
		held := normal(v.Text)
		if len(held) > 0 && len(given) > 0 {
			match |= subtle.ConstantTimeCompare(held, given)
		}
	}
	return match == 1
}

// evidence are the values of a field that say something for somebody who knows them:
// what was said before the record was its person's, or what fills a gap in it since. What
// is excluded says nothing, and neither does what is only proposed, or counts because its
// person wants it to (PTY-A28).
func (r Record) evidence(set, field string, x Exclusion) []Value {
	s, _ := r.set(set)
	f, held := r.Field(set, field)
	if !held {
		return nil
	}
	return slices.DeleteFunc(append(slices.Clone(f.Older), f.Current), func(v Value) bool {
		w := r.Settled.weigh(r.Party, s.Schema, field, v)
		return x.excludes(v) || v.Source.Kind == FromSelf || w != early && (w != late || v.Statement != f.Current.Statement)
	})
}

func normaliseNumber(s string) string { return string(normal(s)) }

// normal is what counts of a number: letters, without case, and digits.
func normal[T string | []byte](s T) []byte {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9' || c >= 'A' && c <= 'Z':
			out = append(out, c)
		case c >= 'a' && c <= 'z':
			out = append(out, c-'a'+'A')
		}
	}
	return out
}

// strong counts the kinds of evidence that can stand alone beside a proved address:
// something that was given to the person, or a look at them.
func strong(shown []EvidenceKind) (n int) {
	for _, k := range []EvidenceKind{MembershipNumber, PaperCode, InPerson} {
		if slices.Contains(shown, k) {
			n++
		}
	}
	return n
}

// outweighsStale reports whether the evidence stands where the mailbox may have changed
// hands. A membership number does not by itself: it may stand in old mail there
// (PTY-A35). Facts never do.
func outweighsStale(shown []EvidenceKind) bool {
	return slices.Contains(shown, PaperCode) || slices.Contains(shown, InPerson) ||
		slices.Contains(shown, MembershipNumber) && slices.Contains(shown, RecordFacts)
}

// openedBy names the data sets that evidence opens. A set of two kinds wants two, of
// which facts may be the second; a look at the person and a document is worth both.
// Facts alone open nothing (ADR 0025).
func (s *Schemas) openedBy(shown []EvidenceKind) []string {
	n := strong(shown)
	if n == 0 {
		return nil
	}
	both := n > 1 || slices.Contains(shown, InPerson) || slices.Contains(shown, RecordFacts)
	var out []string
	for _, set := range s.sets {
		if set.StepUp && (!set.TwoKinds || both) {
			out = append(out, set.Name)
		}
	}
	slices.Sort(out)
	return out
}

// FactsHelp reports whether recognising facts would open something that is still
// closed: only after other evidence that fitted.
func (c Claim) FactsHelp(schemas *Schemas) bool {
	if strong(c.Shown) == 0 || slices.Contains(c.Shown, RecordFacts) {
		return false
	}
	then := append(slices.Clone(c.Shown), RecordFacts)
	if c.Stale {
		return outweighsStale(then)
	}
	return len(schemas.openedBy(then)) > len(schemas.openedBy(c.Shown))
}

// Hides reports whether a data set is masked for the claimant.
func (c Claim) Hides(schemas *Schemas, set string) bool {
	schema, ok := schemas.Set(set)
	return ok && (schema.StepUp || c.Stale || c.Wants) && !slices.Contains(c.Opened, set)
}

// FactsUsedUp reports whether the record's facts were guessed at too often, over all
// claims that were ever made on it.
func FactsUsedUp(claims []Claim, rules Rules) bool {
	n := 0
	for _, c := range claims {
		n += c.FactTries
	}
	return n >= rules.FactTries
}

// StepUp names the data sets that ask for more than the address.
func (s *Schemas) StepUp() []string {
	var out []string
	for _, set := range s.sets {
		if set.StepUp {
			out = append(out, set.Name)
		}
	}
	slices.Sort(out)
	return out
}
