package party

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

func drawCombination(t *rapid.T) Combination {
	return Combination(rapid.SliceOfNDistinct(rapid.SampledFrom(FindFields()), 1, maxTogether, rapid.ID[string]).Draw(t, "together"))
}

func drawRule(t *rapid.T) Rule {
	var r Rule
	for range rapid.IntRange(0, 3).Draw(t, "combinations") {
		r = append(r, drawCombination(t))
	}
	return r
}

// meets returns the first combination whose fields are all the same in two records.
func meets(r Rule, a, b func(field string) string) Combination {
	for _, c := range r {
		if c.key(a) != "" && c.key(a) == c.key(b) {
			return c
		}
	}
	return nil
}

// held draws a record of which some fields are missing and many are the same.
func held(t *rapid.T, name string) func(string) string {
	v := map[string]string{}
	for _, f := range FindFields() {
		v[f] = rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, name)
	}
	return func(f string) string { return v[f] }
}

// Another combination (or) never takes a match away, another field (and) never adds one;
// a match is mutual, and what is missing is the same as nothing. Proves PTY-10.
func TestRulesAreAlternativesOfCombinations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, r := held(t, "a"), held(t, "b"), drawRule(t)
		by := meets(r, a, b)
		if got := meets(r, b, a); !slices.Equal(got, by) {
			t.Fatal("one way only")
		}
		for _, f := range by {
			if a(f) == "" || a(f) != b(f) {
				t.Fatalf("%s is not the same", f)
			}
		}
		if by == nil && slices.ContainsFunc(r, func(c Combination) bool {
			return !slices.ContainsFunc(c, func(f string) bool { return a(f) == "" || a(f) != b(f) })
		}) {
			t.Fatal("a combination whose fields are all the same was overlooked")
		}
		wider := append(slices.Clone(r), drawCombination(t))
		if by != nil && meets(wider, a, b) == nil {
			t.Fatal("an alternative took a match away")
		}
		var narrower Rule
		for _, c := range r {
			narrower = append(narrower, append(slices.Clone(c), rapid.SampledFrom(FindFields()).Draw(t, "and")))
		}
		if by == nil && meets(narrower, a, b) != nil {
			t.Fatal("a condition added a match")
		}
	})
}

func TestARuleIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRule(t)
		again := ParseRule(r.String())
		if ParseRule(again.String()).String() != again.String() {
			t.Fatalf("%q", again)
		}
		for _, c := range r {
			if !slices.ContainsFunc(again, func(d Combination) bool { return slices.Equal(c, d) }) {
				t.Fatalf("%q is not in %q", c, again)
			}
		}
	})
	if got := ParseRule("  Contact.Email +identity.birth_date\n\n + \n").String(); got != "contact.email + identity.birth_date" {
		t.Errorf("%q", got)
	}
}

// Proves PTY-10.
func TestWhatConfirmsAClaimIsAChoiceOfItsOwn(t *testing.T) {
	m := DefaultMatching()
	proved := func(of ...string) func(string) bool {
		return func(f string) bool { return slices.Contains(of, f) }
	}
	if !m.Confirmed(Person, proved(fieldEmail)) || m.Confirmed(Person, proved(fieldNumber)) || m.Confirmed(Person, proved()) {
		t.Error("by default the address confirms, and nothing else")
	}
	m.Confirm[Person] = ParseRule("contact.email + membership.number")
	if m.Confirmed(Person, proved(fieldEmail)) || !m.Confirmed(Person, proved(fieldEmail, fieldNumber)) {
		t.Error("both are wanted")
	}
	if !m.Confirmed(Organisation, proved(fieldEmail)) {
		t.Error("a choice for people holds for organisations")
	}
	if m.Find[Person].String() != "membership.number" {
		t.Error("what confirms a claim changed what finds duplicates")
	}
}

// Proves PTY-10.
func TestUniquenessSaysWhenSeveralAreTooMany(t *testing.T) {
	one, other, claimed := Party{ID: habeas.PartyID{1}, State: Unclaimed}, Party{ID: habeas.PartyID{2}, State: Unclaimed}, Party{ID: habeas.PartyID{3}, State: Claimed}
	for u, want := range map[Uniqueness][2]bool{UniqueEverywhere: {true, true}, UniqueClaimed: {false, true}, UniqueNot: {false, false}} {
		if u.Clashes(one, []Party{one}) {
			t.Errorf("%s: a record clashes with itself", u)
		}
		if got := [2]bool{u.Clashes(one, []Party{one, other}), u.Clashes(one, []Party{one, claimed})}; got != want {
			t.Errorf("%s: %v, want %v", u, got, want)
		}
	}
}

// Proves PTY-10.
func TestAnAddressThatIsToBeOfOneRecordSendsTheNextClaimToStaff(t *testing.T) {
	claimed := Party{ID: habeas.PartyID{1}, Kind: Person, State: Claimed, Account: habeas.AccountID{7}}
	waits := Party{ID: habeas.PartyID{2}, Kind: Person, State: Unclaimed}
	somebody := Claimant{Account: habeas.AccountID{9}, Active: true}
	for mode, want := range map[Uniqueness]Review{UniqueNot: ReviewNone, UniqueClaimed: ReviewConflict, UniqueEverywhere: ReviewConflict} {
		rules := DefaultRules
		rules.Matching = DefaultMatching()
		rules.Matching.Unique[fieldEmail] = mode
		got := Candidates(somebody, []Party{claimed, waits}, false, nil, time.Time{}, rules)
		if len(got) != 1 || got[0].Party.ID != waits.ID || got[0].Review != want {
			t.Errorf("%s: %+v", mode, got)
		}
		if alone := Candidates(somebody, []Party{waits}, false, nil, time.Time{}, rules); len(alone) != 1 || alone[0].Review != ReviewNone {
			t.Errorf("%s: alone %+v", mode, alone)
		}
	}
}

// One that is found by a rule alone is found in a search through all and, one at a time,
// alike: by the mode of its field. Proves PTY-10.
func TestUniquenessDecidesWhatOneFieldFinds(t *testing.T) {
	strangers := [2]Values{
		{"identity": {"given_name": "Ana", "family_name": "Ferrer", "birth_date": "1984-05-03"}, "membership": {"number": "M-17"}, "phone": {"number": "+34 600 111 222"}},
		{"identity": {"given_name": "Tobias", "family_name": "Quist", "birth_date": "1949-11-30"}, "membership": {"number": "m 17"}, "phone": {"number": "+34600111222"}},
	}
	claimed := Party{ID: numbered(2), State: Claimed, Account: habeas.AccountID{1}}
	for _, c := range []struct {
		find string
		mode Uniqueness
		b    Party
		want bool
	}{
		{"membership.number", UniqueEverywhere, Party{ID: numbered(2)}, true},
		{"membership.number", UniqueClaimed, Party{ID: numbered(2)}, false},
		{"membership.number", UniqueClaimed, claimed, true},
		{"membership.number + phone.number", UniqueClaimed, Party{ID: numbered(2)}, true},
		{"membership.number + identity.birth_date", UniqueEverywhere, Party{ID: numbered(2)}, false},
		{"membership.number + identity.birth_date\nphone.number + membership.number", UniqueEverywhere, Party{ID: numbered(2)}, true},
		{"", UniqueEverywhere, Party{ID: numbered(2)}, false},
	} {
		m := DefaultMatching()
		m.Find[Person], m.Unique[fieldNumber] = ParseRule(c.find), c.mode
		a, b := saying(Party{ID: numbered(1)}, strangers[0]), saying(c.b, strangers[1])
		found, err := FindDuplicates(t.Context(), Person, 2, each([]Subject{a, b}), m, silent)
		if err != nil || (len(found) == 1) != c.want {
			t.Errorf("%q, %s, %s: %v, %v", c.find, c.mode, c.b.State, found, err)
		}
		if d, ok := m.DuplicateOf(b, a, Alike{P: .01}); ok != c.want {
			t.Errorf("%q, %s, %s: one at a time %v", c.find, c.mode, c.b.State, d)
		}
	}
}

func TestMatchingThatCannotBeIsRefused(t *testing.T) {
	if err := DefaultMatching().Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Matching){
		"matching.from":   func(m *Matching) { m.From = 5 },
		"form.choice":     func(m *Matching) { m.Unique[fieldEmail] = "sometimes" },
		"matching.none":   func(m *Matching) { m.Confirm[Person] = nil },
		"matching.field":  func(m *Matching) { m.Confirm[Person] = ParseRule("identity.given_name") },
		"matching.shared": func(m *Matching) { m.Find[Person] = ParseRule("identity.family_name") },
		"matching.long":   func(m *Matching) { m.Find[Person] = Rule{FindFields()[:5]} },
	} {
		m := DefaultMatching()
		change(&m)
		if err := m.Check(); habeas.KindOf(err) != habeas.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
