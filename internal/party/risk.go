package party

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas/match/standard"
	"github.com/habeas-data/habeas/match/text"
)

// Signals are what is known about a claim and may speak for or against its being right.
type Signals struct {
	Heard       time.Duration // since the address was last heard of for this record
	Others      int           // other records that are known at the address
	Shared      bool          // several people read the mailbox
	Moved       bool          // staff gave the record this address within MovedLately before the claim
	Invited     bool          // staff invited the address to the record
	AccountName string        // as the account is called
	RecordName  string        // as the record is called
	Tries       int           // wrong evidence so far
	FactTries   int           // of these, at recognising facts
	Shown       []EvidenceKind
	Strayed     bool // somebody said “this is not me” of the record, or a claim of it was undone
	Disputed    bool // a dispute is open
}

// MovedLately is how long a change of address by staff counts as recent.
const MovedLately = 30 * 24 * time.Hour

// RiskReason is one thing that raises or lowers the risk. Bits is by how much, in powers
// of two of the odds: 1 doubles them, −1 halves them.
type RiskReason struct {
	Code string
	Bits float64
	N    int // of records or tries; 0 where there is nothing to count
}

// Risk is how likely it is that a claim is a wrong one, and why. It is for people who
// decide: nothing opens or closes by it.
type Risk struct {
	P       float64
	Reasons []RiskReason // what raises it first, each by weight
}

// The reasons.
const (
	RiskFresh      = "fresh"       // the address was heard of within a quarter of a year
	RiskOld        = "old"         // it was not for half a year
	RiskStale      = "stale"       // it was not for a year: it may have changed hands
	RiskOthers     = "others"      // other records are known at the address
	RiskShared     = "shared"      // several people read the mailbox
	RiskMoved      = "moved"       // staff changed the address lately
	RiskInvited    = "invited"     // staff invited the address
	RiskSameName   = "same-name"   // account and record are called the same
	RiskNearName   = "near-name"   // nearly the same
	RiskOtherName  = "other-name"  // they are called differently
	RiskTries      = "tries"       // wrong numbers or codes were tried
	RiskFacts      = "facts-wrong" // facts were not recognised
	RiskMembership = "membership"  // a membership number fitted
	RiskPaper      = "paper"       // a code on paper fitted
	RiskInPerson   = "in-person"   // staff saw the person and a document
	RiskKnows      = "facts"       // facts were recognised
	RiskStrayed    = "strayed"     // it went to the wrong person before
	RiskDisputed   = "disputed"    // somebody says that it is wrong now
)

// riskBits are the weights of the model, in powers of two of the odds. They are set by
// judgement and not learnt: nobody has figures on wrong claims to learn from. What they
// say of two claims is which is the riskier one; the probability is a scale for that,
// and no frequency (ADR 0025).
var riskBits = map[string]float64{
	RiskFresh: -1, RiskOld: 1, RiskStale: 3, RiskOthers: 1, RiskShared: 3, RiskMoved: 2, RiskInvited: -1,
	RiskSameName: -3, RiskNearName: -1.5, RiskOtherName: 3,
	RiskTries: 0.7, RiskFacts: 3, RiskMembership: -3, RiskPaper: -4, RiskInPerson: -7, RiskKnows: -1.5,
	RiskStrayed: 2, RiskDisputed: 4,
}

// riskBase is the claim of which nothing is known but a proved address: one in 33.
const riskBase = -5.0

// Assess says how risky a claim is: a logistic model, whose odds are those of riskBase
// doubled for each bit.
func Assess(s Signals) Risk {
	var out Risk
	add := func(code string, n int) {
		bits := riskBits[code]
		if code == RiskOthers || code == RiskTries {
			bits *= float64(min(n, 5)) // beyond that, more says nothing more
		}
		out.Reasons = append(out.Reasons, RiskReason{Code: code, Bits: bits, N: n})
	}
	when := func(yes bool, code string) {
		if yes {
			add(code, 0)
		}
	}
	const day = 24 * time.Hour
	when(s.Heard <= 90*day, RiskFresh)
	when(s.Heard > 180*day && s.Heard <= 365*day, RiskOld)
	when(s.Heard > 365*day, RiskStale)
	when(s.Shared, RiskShared)
	when(s.Moved, RiskMoved)
	when(s.Invited, RiskInvited)
	when(s.Strayed, RiskStrayed)
	when(s.Disputed, RiskDisputed)
	if s.Others > 0 {
		add(RiskOthers, s.Others)
	}
	if n := s.Tries - s.FactTries; n > 0 {
		add(RiskTries, n)
	}
	when(s.FactTries > 0, RiskFacts)
	for kind, code := range map[EvidenceKind]string{
		MembershipNumber: RiskMembership, PaperCode: RiskPaper, InPerson: RiskInPerson, RecordFacts: RiskKnows,
	} {
		when(slices.Contains(s.Shown, kind), code)
	}
	if code := compareNames(s.AccountName, s.RecordName); code != "" {
		add(code, 0)
	}
	bits := riskBase
	for _, r := range out.Reasons {
		bits += r.Bits
	}
	out.P = 1 / (1 + math.Exp2(-bits))
	slices.SortFunc(out.Reasons, func(a, b RiskReason) int {
		switch {
		case a.Bits != b.Bits && a.Bits > b.Bits:
			return -1
		case a.Bits != b.Bits:
			return 1
		}
		return strings.Compare(a.Code, b.Code)
	})
	return out
}

// compareNames says how the name of an account and that of a record compare, "" where
// one of them is missing.
func compareNames(account, record string) string {
	a, b := standard.ParsePerson(account), standard.ParsePerson(record)
	family, known := wordsCompare(a.Family, b.Family, func(x, y string) bool { return x == y })
	if !known {
		return ""
	}
	given, both := wordsCompare(a.Given, b.Given, standard.SameGiven)
	switch {
	case family == 0 && both && given == 0:
		return RiskSameName
	case family <= 1 && (!both || given <= 1):
		return RiskNearName
	}
	return RiskOtherName
}

// wordsCompare returns how far the words of the shorter name are from those of the
// longer: 0 the same, 1 a slip or an initial, 2 other words. known is false where one
// has none.
func wordsCompare(a, b []string, same func(x, y string) bool) (far int, known bool) {
	if len(a) > len(b) {
		a, b = b, a
	}
	for _, x := range a {
		nearest := 2
		for _, y := range b {
			switch {
			case same(x, y):
				nearest = 0
			case text.Distance(x, y, 1) <= 1 && len(x) > 2, len(x) == 1 && strings.HasPrefix(y, x), len(y) == 1 && strings.HasPrefix(x, y):
				nearest = min(nearest, 1)
			}
		}
		far = max(far, nearest)
	}
	return far, len(a) > 0
}
