package party

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const day = 24 * time.Hour

// ordinary is a claim like most: a fresh address and the right name.
func ordinary() Signals {
	return Signals{Heard: 20 * day, AccountName: "Tim Berger", RecordName: "Tim Berger"}
}

func TestWhatMakesAClaimRisky(t *testing.T) {
	base := Assess(ordinary()).P
	if base > 0.01 {
		t.Errorf("an ordinary claim has a risk of %.3f", base)
	}
	for name, c := range map[string]struct {
		change func(*Signals)
		code   string
		worse  bool
	}{
		"stale":       {func(s *Signals) { s.Heard = 500 * day }, RiskStale, true},
		"half a year": {func(s *Signals) { s.Heard = 200 * day }, RiskOld, true},
		"others":      {func(s *Signals) { s.Others = 2 }, RiskOthers, true},
		"shared":      {func(s *Signals) { s.Shared = true }, RiskShared, true},
		"moved":       {func(s *Signals) { s.Moved = true }, RiskMoved, true},
		"other name":  {func(s *Signals) { s.AccountName = "Oscar Wild" }, RiskOtherName, true},
		"near name":   {func(s *Signals) { s.AccountName = "T. Bergar" }, RiskNearName, true},
		"tries":       {func(s *Signals) { s.Tries = 3 }, RiskTries, true},
		"facts wrong": {func(s *Signals) { s.Tries, s.FactTries = 5, 5 }, RiskFacts, true},
		"strayed":     {func(s *Signals) { s.Strayed = true }, RiskStrayed, true},
		"disputed":    {func(s *Signals) { s.Disputed = true }, RiskDisputed, true},
		"invited":     {func(s *Signals) { s.Invited = true }, RiskInvited, false},
		"membership":  {func(s *Signals) { s.Shown = []EvidenceKind{MembershipNumber} }, RiskMembership, false},
		"paper":       {func(s *Signals) { s.Shown = []EvidenceKind{PaperCode} }, RiskPaper, false},
		"in person":   {func(s *Signals) { s.Shown = []EvidenceKind{InPerson} }, RiskInPerson, false},
		"facts":       {func(s *Signals) { s.Shown = []EvidenceKind{RecordFacts} }, RiskKnows, false},
	} {
		s := ordinary()
		c.change(&s)
		got := Assess(s)
		if (got.P > base) != c.worse || got.P == base {
			t.Errorf("%s: %.4f, ordinary %.4f", name, got.P, base)
		}
		if !slices.ContainsFunc(got.Reasons, func(r RiskReason) bool { return r.Code == c.code }) {
			t.Errorf("%s: no reason %s in %v", name, c.code, got.Reasons)
		}
	}
	oscar := Signals{Heard: 400 * day, Others: 1, AccountName: "Oscar Wild", RecordName: "Alice Berger", Tries: 2, Disputed: true}
	if p := Assess(oscar).P; p < 0.9 {
		t.Errorf("Oscar's claim has a risk of %.3f", p)
	}
}

func TestNamesCompareAsPeopleReadThem(t *testing.T) {
	for _, c := range [][3]string{
		{"Tim Berger", "Tim Berger", RiskSameName},
		{"Berger, Tim", "tim berger", RiskSameName},
		{"Bill Smith", "William Smith", RiskSameName},
		{"T. Berger", "Tim Berger", RiskNearName},
		{"Tim Bergar", "Tim Berger", RiskNearName},
		{"Berger", "Tim Berger", RiskNearName},
		{"Oscar Wild", "Tim Berger", RiskOtherName},
		{"Eva Berger", "Tim Berger", RiskOtherName},
		{"", "Tim Berger", ""},
		{"Tim Berger", "", ""},
	} {
		if got := compareNames(c[0], c[1]); got != c[2] {
			t.Errorf("%q and %q: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestARiskIsAProbabilityThatItsReasonsAddUpTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Signals{
			Heard: time.Duration(rapid.IntRange(-10, 4000).Draw(t, "days")) * day, Others: rapid.IntRange(0, 1000).Draw(t, "others"),
			Shared: rapid.Bool().Draw(t, "shared"), Moved: rapid.Bool().Draw(t, "moved"), Invited: rapid.Bool().Draw(t, "invited"),
			AccountName: rapid.String().Draw(t, "account"), RecordName: rapid.String().Draw(t, "record"),
			Tries: rapid.IntRange(0, 9).Draw(t, "tries"), FactTries: rapid.IntRange(0, 5).Draw(t, "fact tries"),
			Shown:   rapid.SliceOfDistinct(rapid.SampledFrom(evidenceKinds), rapid.ID).Draw(t, "shown"),
			Strayed: rapid.Bool().Draw(t, "strayed"), Disputed: rapid.Bool().Draw(t, "disputed"),
		}
		got := Assess(s)
		bits := riskBase
		for _, r := range got.Reasons {
			bits += r.Bits
		}
		if want := 1 / (1 + math.Exp2(-bits)); got.P <= 0 || got.P >= 1 || math.Abs(got.P-want) > 1e-12 {
			t.Fatalf("%v of %v", got.P, got.Reasons)
		}
		if !slices.IsSortedFunc(got.Reasons, func(a, b RiskReason) int { return int(math.Copysign(1, b.Bits-a.Bits)) * bint(a.Bits != b.Bits) }) {
			t.Fatalf("not by weight: %v", got.Reasons)
		}
		s.Disputed = true
		if Assess(s).P < got.P {
			t.Fatal("a dispute lowers the risk")
		}
	})
}

func bint(b bool) int {
	if b {
		return 1
	}
	return 0
}
