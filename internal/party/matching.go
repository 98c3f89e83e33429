package party

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/email"
)

// Uniqueness says of how many records a value may be (PTY-10).
type Uniqueness string

// The modes of uniqueness.
const (
	UniqueEverywhere Uniqueness = "everywhere" // of one record
	UniqueClaimed    Uniqueness = "claimed"    // of one record that somebody has claimed
	UniqueNot        Uniqueness = "not"        // of any number: a family's e-mail address
)

// Rule is which fields must be the same: any of its combinations is enough.
type Rule []Combination

// Combination is fields, as "set.field", that must all be the same.
type Combination []string

// Matching is the organisation's choice of the fields that match (PTY-10). What finds
// duplicates and what confirms a claim are two choices.
type Matching struct {
	// Find puts two records into the queue of duplicates, however the rest compares.
	Find map[Kind]Rule `json:"find"`
	// From is the probability, in percent, from which a pair is proposed because its
	// fields weigh enough together.
	From int `json:"from"`
	// Certain is the probability, in percent, from which pairs that nothing speaks against
	// may be merged together, without a look at each.
	Certain int `json:"certain"`
	// Confirm is what somebody must prove to take a record over. The record is always
	// found by an address that they proved: a number alone opens nothing (PTY-A30).
	Confirm map[Kind]Rule         `json:"confirm"`
	Unique  map[string]Uniqueness `json:"unique"`
}

const (
	fieldEmail  = "contact.email"
	fieldNumber = "membership.number"

	maxCombinations = 8 // of a rule
	maxTogether     = 4 // fields of a combination
)

// Kinds are the kinds of party, in the order of the settings.
func Kinds() []Kind { return []Kind{Person, Organisation} }

// FindFields are the fields that may find duplicates.
func FindFields() []string {
	out := make([]string, len(remembered))
	for i := range remembered {
		out[i] = fieldName(i)
	}
	return out
}

// ConfirmFields are the fields that somebody can prove: the address by a mailed code,
// the number by typing it.
func ConfirmFields() []string { return []string{fieldEmail, fieldNumber} }

// UniqueFields are the fields whose uniqueness is a choice.
func UniqueFields() []string { return []string{fieldEmail, fieldNumber, "phone.number"} }

// DefaultMatching is what holds until an administrator decides: the address confirms a
// claim; a membership number finds duplicates, and so does all that weighs one half.
func DefaultMatching() Matching {
	find, confirm := map[Kind]Rule{}, map[Kind]Rule{}
	for _, k := range Kinds() {
		find[k], confirm[k] = Rule{{fieldNumber}}, Rule{{fieldEmail}}
	}
	return Matching{Find: find, From: 50, Certain: 95, Confirm: confirm, Unique: map[string]Uniqueness{
		fieldEmail: UniqueNot, fieldNumber: UniqueEverywhere, "phone.number": UniqueNot,
	}}
}

// Least is the probability from which a pair is proposed.
func (m Matching) Least() float64 { return float64(m.From) / 100 }

// rule returns the combination that puts two before staff whatever the rest says, or nil.
func (m Matching) rule(a, b Subject) Combination {
	claimed := a.Party.State == Claimed || b.Party.State == Claimed
	for _, c := range m.Find[a.Party.Kind] {
		if m.decides(c, claimed) && c.key(a.Field) != "" && c.key(a.Field) == c.key(b.Field) {
			return c
		}
	}
	return nil
}

// decides reports whether two that are the same in all fields of a combination are put
// before staff, given whether somebody has claimed one of them: what only one claimed
// record may have, any number of others may.
func (m Matching) decides(c Combination, claimed bool) bool {
	return len(c) > 1 || m.unique(c[0]) == UniqueEverywhere || m.unique(c[0]) == UniqueClaimed && claimed
}

// Confirmed reports whether what somebody has proved of a record's fields is enough.
func (m Matching) Confirmed(k Kind, proved func(field string) bool) bool {
	return slices.ContainsFunc(m.Confirm[k], func(c Combination) bool {
		return len(c) > 0 && !slices.ContainsFunc(c, func(f string) bool { return !proved(f) })
	})
}

// Clashes reports whether a record is not the only one that may have a value, given the
// others that have it: then staff decide, and nobody is the first (PTY-10).
func (u Uniqueness) Clashes(one Party, holders []Party) bool {
	return slices.ContainsFunc(holders, func(p Party) bool {
		return p.ID != one.ID && (u == UniqueEverywhere || u == UniqueClaimed && p.State != Unclaimed)
	})
}

// key is what two records have in common that are the same in all fields of a
// combination; "" where one is missing: what is missing is the same as nothing. of returns
// the comparable form of a field.
func (c Combination) key(of func(field string) string) string {
	var b strings.Builder
	for _, f := range c {
		v := of(f)
		if v == "" {
			return ""
		}
		b.WriteString(strconv.Itoa(len(v)))
		b.WriteByte(':')
		b.WriteString(v)
	}
	return b.String()
}

// Field returns the comparable form of one of FindFields, "" when nothing is held.
func (s Subject) Field(name string) string {
	for i := range remembered {
		if fieldName(i) == name {
			return sameForm(i, s.says[i])
		}
	}
	return ""
}

// sameForm is what of a value counts when it must be the same.
func sameForm(at int, text string) string {
	switch at {
	case atEmail:
		a, err := email.Parse(text)
		if err != nil {
			return ""
		}
		return a.Key()
	case atNumber, atPhone:
		return normaliseNumber(text)
	}
	return Normalise(text)
}

// String writes a rule as the form shows it: a line for each combination, its fields
// joined by " + ".
func (r Rule) String() string {
	lines := make([]string, len(r))
	for i, c := range r {
		lines[i] = strings.Join(c, " + ")
	}
	return strings.Join(lines, "\n")
}

// ParseRule reads what String wrote. Empty lines and spaces do not count, and neither
// does what is said twice.
func ParseRule(text string) Rule {
	r := Rule{}
	for line := range strings.Lines(text) {
		var c Combination
		for f := range strings.SplitSeq(line, "+") {
			if f = strings.ToLower(strings.TrimSpace(f)); f != "" && !slices.Contains(c, f) {
				c = append(c, f)
			}
		}
		if len(c) > 0 && !slices.ContainsFunc(r, func(d Combination) bool { return slices.Equal(c, d) }) {
			r = append(r, c)
		}
	}
	return r
}

// Check says what of it cannot be, naming the control of the form.
func (m Matching) Check() error {
	if m.From < 20 || m.From > 99 {
		return habeas.Invalid("from", "Choose between 20 and 99 percent.").WithCode("matching.from")
	}
	if m.Certain < 80 || m.Certain > 99 {
		return habeas.Invalid("certain", "Choose between 80 and 99 percent.").WithCode("matching.certain")
	}
	for f, u := range m.Unique {
		if !slices.Contains(UniqueFields(), f) || u != UniqueEverywhere && u != UniqueClaimed && u != UniqueNot {
			return habeas.Invalid("unique_"+f, "Choose one of the options.").WithCode("form.choice")
		}
	}
	for _, k := range Kinds() {
		if err := m.Find[k].check("find_"+string(k), FindFields()); err != nil {
			return err
		}
		if err := m.Confirm[k].check("confirm_"+string(k), ConfirmFields()); err != nil {
			return err
		}
		if len(m.Confirm[k]) == 0 {
			return habeas.Invalid("confirm_"+string(k), "Name at least one field: else nobody can take over a record.").WithCode("matching.none")
		}
		for _, c := range m.Find[k] {
			if len(c) == 1 && m.unique(c[0]) == UniqueNot {
				return habeas.Invalid("find_"+string(k), "Several may have the same {field}: name another field beside it.").With("field", c[0]).WithCode("matching.shared")
			}
		}
	}
	return nil
}

// unique returns the mode of a field. Names, dates and places are never unique.
func (m Matching) unique(field string) Uniqueness {
	if u, ok := m.Unique[field]; ok {
		return u
	}
	return UniqueNot
}

func (r Rule) check(control string, allowed []string) error {
	if len(r) > maxCombinations {
		return habeas.Invalid(control, "At most {max} lines.").With("max", strconv.Itoa(maxCombinations)).WithCode("matching.many")
	}
	for _, c := range r {
		if len(c) > maxTogether {
			return habeas.Invalid(control, "At most {max} fields in a line.").With("max", strconv.Itoa(maxTogether)).WithCode("matching.long")
		}
		for _, f := range c {
			if !slices.Contains(allowed, f) {
				return habeas.Invalid(control, "A field that cannot be used here. These can: {fields}.").With("fields", strings.Join(allowed, ", ")).WithCode("matching.field")
			}
		}
	}
	return nil
}

// changes names what differs in another choice, for the audit entry.
func (m Matching) changes(to Matching, note func(name, from, to string)) {
	note("matching.from", strconv.Itoa(m.From), strconv.Itoa(to.From))
	note("matching.certain", strconv.Itoa(m.Certain), strconv.Itoa(to.Certain))
	oneLine := func(r Rule) string { return strings.ReplaceAll(r.String(), "\n", " | ") }
	for _, k := range Kinds() {
		note("matching.find."+string(k), oneLine(m.Find[k]), oneLine(to.Find[k]))
		note("matching.confirm."+string(k), oneLine(m.Confirm[k]), oneLine(to.Confirm[k]))
	}
	for _, f := range slices.Sorted(maps.Keys(to.Unique)) {
		note("matching.unique."+f, string(m.unique(f)), string(to.unique(f)))
	}
}
