package demo

import (
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/match/text"
)

// asked rebuilds what a system asked for, unspoilt.
func (w *World) asked(a Assertion) entry {
	e := entry{p: &w.People[a.Person], booker: &w.People[a.Ticket.Booker], at: a.At, kind: a.Ticket.Kind, system: a.System}
	e.fields = e.asked()
	return e
}

func TestEveryKindOfMessOccursAtItsRate(t *testing.T) {
	could, did := map[Mess]int{}, map[Mess]int{}
	for seed := range uint64(4) { // rare kinds need more than one world
		w := New(seed, 2000, 0, testNow)
		for _, a := range w.Assertions {
			// Second versions repeat the first; what is typed twice is misspelt on purpose.
			if a.Person < castSize || a.Ticket.Version > 1 {
				continue
			}
			twice := slices.Contains(a.Mess, MessTwice)
			e := w.asked(a)
			for _, r := range Rates {
				if twice && r.Kind != MessTwice || !r.could(&e) {
					continue
				}
				could[r.Kind]++
				if slices.Contains(a.Mess, r.Kind) {
					did[r.Kind]++
				}
			}
		}
	}
	for _, r := range Rates {
		got := float64(did[r.Kind]) * 1000 / float64(max(could[r.Kind], 1))
		if want := float64(r.PerMille); got < want*0.75 || got > want*1.25 {
			t.Errorf("%s: %.1f ‰ of %d, stated %d ‰", r.Kind, got, could[r.Kind], r.PerMille)
		}
	}
}

// changes says what each kind of mess must have done to a spoilt value s whose
// truth is v. Kinds that leave something out are checked apart.
var changes = map[Mess]struct {
	set, field string
	ok         func(v, s string) bool
}{
	MessDiacritics:   {SetIdentity, "family_name", func(v, s string) bool { return fold(s) == s && len([]rune(s)) >= len([]rune(v)) }},
	MessCaps:         {SetIdentity, "family_name", func(v, s string) bool { return strings.ToUpper(s) == s && s != v }},
	MessOneSurname:   {SetIdentity, "family_name", strings.HasPrefix},
	MessParticle:     {SetIdentity, "family_name", func(v, s string) bool { return v != s }},
	MessInitial:      {SetIdentity, "given_name", func(v, s string) bool { return strings.HasPrefix(v, strings.TrimSuffix(s, ".")) && v != s }},
	MessDayMonth:     {SetIdentity, "birth_date", func(v, s string) bool { return v != s && v[5:7] == s[8:] && v[8:] == s[5:7] }},
	MessBirthYear:    {SetIdentity, "birth_date", func(v, s string) bool { return v[:4] != s[:4] }},
	MessPlusTag:      {SetContact, "email", func(v, s string) bool { return strings.Contains(s, "+") && !strings.Contains(v, "+") }},
	MessLookAlike:    {SetContact, "email", func(v, s string) bool { return host(v) != host(s) }},
	MessMailTypo:     {SetContact, "email", func(v, s string) bool { return edits(v, s) == 1 }},
	MessNational:     {SetContact, "phone", func(v, s string) bool { return !strings.HasPrefix(s, "+") && s != v }},
	MessOldAddress:   {SetAddress, "street", func(string, string) bool { return true }},
	MessAbbreviation: {SetAddress, "street", func(v, s string) bool { return v != s && len(s) < len(v) }},
	MessNumber:       {SetMembership, "number", func(v, s string) bool { return edits(v, s) == 1 }},
}

var leftOut = map[Mess][2]string{
	MessNoBirth: {SetIdentity, "birth_date"}, MessNoMail: {SetContact, "email"}, MessNoPhone: {SetContact, "phone"},
	MessNoAddress: {SetAddress, "city"}, MessNoPostcode: {SetAddress, "postcode"},
}

func TestMessDoesWhatItSays(t *testing.T) {
	w := full()
	for _, a := range w.Assertions {
		if a.Person < castSize {
			continue
		}
		e := w.asked(a)
		for _, m := range a.Mess {
			if c, ok := changes[m]; ok && !c.ok(e.fields[c.set][c.field], a.Fields[c.set][c.field]) {
				t.Errorf("%s: %q became %q", m, e.fields[c.set][c.field], a.Fields[c.set][c.field])
			}
			if f, ok := leftOut[m]; ok && a.Fields[f[0]][f[1]] != "" {
				t.Errorf("%s: %s is there", m, f[1])
			}
		}
		checkNames(t, &e, a)
	}
}

// checkNames holds the kinds that touch both names against the truth.
func checkNames(t *testing.T, e *entry, a Assertion) {
	t.Helper()
	given, family := a.Fields[SetIdentity]["given_name"], a.Fields[SetIdentity]["family_name"]
	for _, m := range a.Mess {
		ok := true
		switch m {
		case MessNickname:
			ok = given == e.p.Nickname && given != e.p.Given
		case MessTypo:
			ok = edits(given, e.p.Given)+edits(family, e.p.Family) == 1
		case MessSwappedNames:
			ok = given == e.p.Family && family == e.p.Given
		case MessNative:
			ok = given == e.p.NativeGiven && family == e.p.NativeFamily
		case MessSpaces:
			ok = given+family != e.p.Given+e.p.Family &&
				strings.Join(strings.Fields(given+" "+family), " ") == e.p.Name()
		default: // touches something else
		}
		if !ok {
			t.Errorf("%s: %s %s became %q %q", m, e.p.Given, e.p.Family, given, family)
		}
	}
}

// What carries no mark of mess is true, field by field.
func TestUnmarkedDataIsTrue(t *testing.T) {
	w := full()
	clean := 0
	for _, a := range w.Assertions {
		if a.Person < castSize || len(a.Mess) > 0 {
			continue
		}
		clean++
		for set, values := range w.asked(a).fields {
			for field, v := range values {
				if a.Fields[set][field] != v {
					t.Errorf("%s.%s is %q, true is %q", set, field, a.Fields[set][field], v)
				}
			}
		}
	}
	if clean < 1000 {
		t.Errorf("%d assertions are without mess", clean)
	}
}

func TestSlipIsOneEdit(t *testing.T) {
	d := newDice(1, 99)
	for range 2000 {
		for _, s := range []string{"Berger", "Müller", "d'Aubigny", "aa", "Lee", "kkkk", "Nguyễn"} {
			if got := slip(d, s); edits(s, got) != 1 {
				t.Fatalf("%q became %q", s, got)
			}
		}
	}
}

func host(address string) string { return address[strings.IndexByte(address, '@')+1:] }

// edits counts the letters that are wrong, up to ten.
func edits(a, b string) int { return text.Distance(a, b, 10) }
