package party

import (
	"hash/maphash"
	"time"
)

// Trial is what a choice of matching fields would change, tried without changing
// anything (PTY-10).
type Trial struct {
	Matching Matching
	Running  bool
	Failed   bool
	Done     float64 // 0 to 1
	Ended    time.Time

	Added    int      // pairs that would join the queue
	Dropped  int      // pairs that wait and would leave it
	Kept     int      // pairs that wait and would go on waiting
	Examples []PairID // of those that would join, at most MostExamples
	Leaving  []PairID // of those that would leave
	Claims   ClaimTally
	Now      ClaimTally // the same under the choice in force
}

// MostExamples is how many pairs a trial names.
const MostExamples = 5

// Over reports whether a trial has ended and says something.
func (t Trial) Over() bool { return !t.Running && !t.Failed && !t.Ended.IsZero() }

// ClaimTally counts unclaimed records by what their person would meet.
type ClaimTally struct {
	Evidence int // must show more than the address
	Without  int // and the record holds no number that could be shown
	Review   int // waits for staff, because somebody who claimed has the same address
}

// TallyClaims counts what people would meet under each of several choices. Add is called
// for every subject, then Sum.
type TallyClaims struct {
	seed    maphash.Seed
	at      map[uint64]atAddress
	choices []Matching
	out     []ClaimTally
}

// atAddress counts who is known at an address.
type atAddress struct{ unclaimed, claimed int32 }

// NewTallyClaims returns one for the given choices.
func NewTallyClaims(choices ...Matching) *TallyClaims {
	return &TallyClaims{seed: maphash.MakeSeed(), at: map[uint64]atAddress{}, choices: choices, out: make([]ClaimTally, len(choices))}
}

// Add counts a subject. Only one with an address can be claimed.
func (t *TallyClaims) Add(s Subject) {
	address := s.Field(fieldEmail)
	if address == "" || s.Party.Blocked {
		return
	}
	key := maphash.String(t.seed, address)
	at := t.at[key]
	if s.Party.State != Unclaimed {
		at.claimed++
		t.at[key] = at
		return
	}
	at.unclaimed++
	t.at[key] = at
	for i, m := range t.choices {
		if (Rules{Matching: m}).wants(s.Party.Kind, nil) && !s.Party.Cleared {
			t.out[i].Evidence++
			if s.Field(fieldNumber) == "" {
				t.out[i].Without++
			}
		}
	}
}

// Sum returns the counts, in the order of the choices. Several unclaimed records at one
// address wait for staff under every choice, and are not counted.
func (t *TallyClaims) Sum() []ClaimTally {
	for _, at := range t.at {
		for i, m := range t.choices {
			if m.unique(fieldEmail) != UniqueNot && at.claimed > 0 && at.unclaimed == 1 {
				t.out[i].Review++
			}
		}
	}
	return t.out
}
