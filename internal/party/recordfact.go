package party

import (
	"bytes"
	"slices"
	"strconv"
	"time"
	"unicode"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Question asks the claimant to recognise one fact of a record among decoys. Every
// record is asked the same questions in the same order, so that which are asked tells
// nothing; where the record holds no such fact, None is the right answer.
type Question struct {
	Name    string   // one of the names below
	Options []string // in their natural order, without None
}

// The questions, by name, and what their options are. They ask for what a masked view
// does not show: it shows the year of a date and the first letter of a town.
const (
	BirthMonth  = "birth-month"  // "1" to "12"
	BirthDay    = "birth-day"    // "1" to "31"
	BirthPlace  = "birth-place"  // towns, as for Town
	Town        = "town"         // towns, all with one first letter
	PostcodeEnd = "postcode-end" // the last two digits, "00" to "99"
)

// None is the answer "none of these".
const None = "none"

const (
	factOptions = 5 // of a question, beside None
	leastFacts  = 3 // that are hidden from the claimant, for the answers to prove anything
)

// fact is how one question is asked.
type fact struct {
	name, set, field string
	// read returns the answer that a value stands for, or "".
	read func(value string) string
	// kind are the answers among which the right one cannot be told by its looks. value
	// is what is held, which may be no answer of the list.
	kind func(value string, draw func(n int) int) []string
}

// facts are asked in this order of every record.
var facts = []fact{
	{BirthMonth, "identity", "birth_date", func(v string) string { return datePart(v, time.Time.Month) }, numbers(1, 12, 1)},
	{BirthDay, "identity", "birth_date", func(v string) string { return datePart(v, time.Time.Day) }, numbers(1, 31, 1)},
	{BirthPlace, "identity", "birth_place", townOf, townsLike},
	{Town, "address", "city", townOf, townsLike},
	{PostcodeEnd, "address", "postcode", postcodeEnd, numbers(0, 99, 2)},
}

func datePart[N ~int](value string, part func(time.Time) N) string {
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return ""
	}
	return strconv.Itoa(int(part(t)))
}

// numbers is the kind of a number: every one of a range, with at least so many digits.
func numbers(from, to, digits int) func(string, func(int) int) []string {
	var all []string
	for n := from; n <= to; n++ {
		text := strconv.Itoa(n)
		for len(text) < digits {
			text = "0" + text
		}
		all = append(all, text)
	}
	return func(string, func(int) int) []string { return all }
}

// postcodeEnd is the last two digits of a postcode that ends with two.
func postcodeEnd(value string) string {
	var digits []byte
	for i := len(value) - 1; i >= 0 && len(digits) < 2; i-- {
		switch c := value[i]; {
		case c >= '0' && c <= '9':
			digits = append(digits, c)
		case c == ' ' || c == '-':
		default:
			return ""
		}
	}
	if len(digits) < 2 {
		return ""
	}
	slices.Reverse(digits)
	return string(digits)
}

// townOf finds a town on the list, however it is written.
func townOf(value string) string {
	held := Normalise(value)
	i := slices.IndexFunc(towns, func(t string) bool { return held != "" && Normalise(t) == held })
	if i < 0 {
		return ""
	}
	return towns[i]
}

// townsLike are those with the first letter of what is held, because the masked view
// shows it, or with a drawn one where nothing is held.
func townsLike(value string, draw func(n int) int) []string {
	letter := func(s string) rune {
		for _, c := range Normalise(s) {
			return unicode.ToUpper(c)
		}
		return 0
	}
	begin := letter(value)
	like := func() []string {
		return slices.DeleteFunc(slices.Clone(towns), func(t string) bool { return letter(t) != begin })
	}
	out := like()
	if len(out) < factOptions { // a rare letter, or none
		begin = letter(towns[draw(len(towns))])
		out = like()
	}
	return out
}

// factLookup is the lookup kind by which decoys are drawn.
const factLookup = "record-fact"

// ask draws a question about a record. What is drawn depends on the record, the question
// and what is held, and on nothing else: a retry shows the same options in the same
// order, so that two of them have nothing to be compared by (PTY-A29). Where another
// value is held later, all decoys are drawn anew: what both have in common is chance.
func (f fact) ask(id habeas.PartyID, held Values, keys Keys) (q Question, right string) {
	value := held.Get(f.set, f.field)
	right = f.read(value)
	place := id.String() + "|" + f.name + "|" + Normalise(value) + "|"
	rank := func(s string) keyring.LookupHash { return keys.Lookup(factLookup, place+s) }
	draw := func(n int) int {
		h := rank("")
		return (int(h[0])<<16 | int(h[1])<<8 | int(h[2])) % n
	}
	kind := f.kind(value, draw)
	order := make(map[string]keyring.LookupHash, len(kind))
	for _, option := range kind {
		order[option] = rank(option)
	}
	drawn := slices.Clone(kind)
	slices.SortFunc(drawn, func(a, b string) int {
		x, y := order[a], order[b]
		return bytes.Compare(x[:], y[:])
	})
	drawn = slices.DeleteFunc(drawn, func(s string) bool { return s == right })
	if right != "" {
		drawn = append(drawn[:factOptions-1:factOptions-1], right)
	}
	drawn = drawn[:factOptions]
	q = Question{Name: f.name, Options: slices.DeleteFunc(slices.Clone(kind), func(s string) bool { return !slices.Contains(drawn, s) })}
	return q, right
}

// Questions are what is asked about a record. held are the values that count (see
// [Record.Factual]).
func Questions(id habeas.PartyID, held Values, keys Keys) []Question {
	out := make([]Question, len(facts))
	for i, f := range facts {
		out[i], _ = f.ask(id, held, keys)
	}
	return out
}

// Telling reports whether the record holds enough facts that the claimant does not see
// already: else right answers would prove nothing, and nothing is asked. hidden says
// whether a data set is masked for the claimant.
func Telling(held Values, hidden func(set string) bool) bool {
	n := 0
	for _, f := range facts {
		if hidden(f.set) && f.read(held.Get(f.set, f.field)) != "" {
			n++
		}
	}
	return n >= leastFacts
}

// Recognised reports whether every question has its right answer. It does not say which
// was wrong.
func Recognised(id habeas.PartyID, held Values, keys Keys, answers map[string]string) bool {
	right := true
	for _, f := range facts {
		_, want := f.ask(id, held, keys)
		if want == "" {
			want = None
		}
		right = right && answers[f.name] == want
	}
	return right
}

// Factual are the values that facts are asked about: of each field the newest that is
// evidence.
func (r Record) Factual(x Exclusion) Values {
	out := Values{}
	for _, f := range facts {
		var newest Value
		for _, v := range r.evidence(f.set, f.field, x) {
			if newest.Statement.IsZero() || newer(v.Statement, newest.Statement) {
				newest = v
			}
		}
		if newest.Text != "" {
			out.Put(f.set, f.field, newest.Text)
		}
	}
	return out
}

// Newest are the newest values of statements, whoever made them.
func Newest(said []Statement) Values {
	out := Values{}
	ordered := slices.Clone(said)
	slices.SortFunc(ordered, func(a, b Statement) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	for _, s := range ordered {
		for set, fields := range s.Values {
			for name, text := range fields {
				out.Put(set, name, text)
			}
		}
	}
	return out
}
