package party

import (
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

// ClaimState is where a claim stands.
type ClaimState string

// The states of a claim. Open leads to each of the others; only Accepted links
// account and record.
const (
	ClaimOpen     ClaimState = "open"     // the person is looking at the confirm screen
	ClaimAccepted ClaimState = "accepted" // "make this record mine"
	ClaimRefused  ClaimState = "refused"  // "this is not me"
	ClaimInReview ClaimState = "review"   // several records, a shared mailbox or a role: staff decide
	ClaimUndone   ClaimState = "undone"   // it was accepted, and a dispute took it back
)

// Claim is a request to take control of a record, supported by evidence.
type Claim struct {
	ID      habeas.ClaimID
	Party   habeas.PartyID
	Account habeas.AccountID
	State   ClaimState
	Version int64    // of the party as the person saw it
	Opened  []string // data sets that evidence has opened
	Stale   bool     // the address was not heard of for long: everything is masked first
	Wants   bool     // the organisation wants more than what was shown; known when it is read
	Tries   int      // wrong evidence so far
	// Shown are the kinds of evidence that fitted, and FactTries how often recognising
	// facts failed: that is never reset, because the questions never change (PTY-A29).
	Shown     []EvidenceKind
	FactTries int
	OpenedAt  time.Time
	ClosedAt  time.Time
}

// Lapsed reports whether a claim that was never decided is too old to count: who
// reads the address today need not be who opened it (PTY-A35).
func (c Claim) Lapsed(now time.Time, rules Rules) bool {
	return c.stands() && now.Sub(c.OpenedAt) > rules.StaleAfter
}

// Rules of claiming. The zero value is not useful; see DefaultRules.
type Rules struct {
	StaleAfter time.Duration // an address not confirmed for longer asks for step-up (PTY-A35)
	MaxTries   int           // wrong evidence per claim before staff must help (PTY-A8, PTY-A30)
	FactTries  int           // how often recognising facts may fail, for each record, ever (PTY-A29)
	PaperLife  time.Duration // how long a code on paper holds
	LinkLife   time.Duration // how long the link holds that disputes a claim (PTY-14)
	// Acquisition is the organisation's choice (PTY-24); empty: after confirmation.
	Acquisition Acquisition
	Matching    Matching // the organisation's choice of what confirms a claim (PTY-10)
}

// wants reports whether more is wanted for every record of a kind than the address and
// the evidence that was shown. A code on paper and a look at the person stand for the
// number: who has none can still show who they are.
func (r Rules) wants(k Kind, shown []EvidenceKind) bool {
	return r.Matching.Confirm != nil && !r.Matching.Confirmed(k, func(field string) bool {
		return field == fieldEmail || field == fieldNumber && strong(shown) > 0
	})
}

// DefaultRules: a year, five tries, three of them at facts, 60 days, 90 days.
var DefaultRules = Rules{
	StaleAfter: 365 * 24 * time.Hour, MaxTries: 5, FactTries: 3, PaperLife: 60 * 24 * time.Hour, LinkLife: 90 * 24 * time.Hour,
}

// Claimant is what the domain needs to know of the account that asks.
type Claimant struct {
	Account    habeas.AccountID
	Addresses  []keyring.LookupHash // proved by the account, and only those
	Active     bool                 // not deactivated (PTY-19)
	Privileged bool                 // holds a role above person (PTY-A36)
	Name       string               // as the account is called; may be empty
}

// Candidate is a record that may be about the claimant.
type Candidate struct {
	Party  Party
	Stale  bool
	Review Review // not empty: staff must decide first
	rules  Rules
}

// Wants reports whether the organisation wants more than the address and the evidence
// that was shown, whichever record it is.
func (f Candidate) Wants(shown []EvidenceKind) bool {
	return !f.Party.Cleared && f.rules.wants(f.Party.Kind, shown)
}

// Candidates sorts out which of the parties known at the claimant's addresses may
// be offered. It never picks one of several: these go to staff (PTY-10). held says
// whether the claimant already controls a record at the address; then another one
// is no second claim by itself (PTY-A33). newest tells when the address was last
// heard of for a party.
func Candidates(c Claimant, at []Party, held bool, newest map[habeas.PartyID]time.Time, now time.Time, rules Rules) []Candidate {
	var out []Candidate
	if !c.Active {
		return nil
	}
	for _, p := range at {
		offered := rules.Acquisition != AcquireOff || p.Cleared // a human has checked the person
		if p.State == Unclaimed && !p.Blocked && offered {
			out = append(out, Candidate{Party: p, Review: p.Review, Stale: now.Sub(newest[p.ID]) > rules.StaleAfter, rules: rules})
		}
	}
	for i := range out {
		switch {
		case out[i].Party.Cleared: // a human has decided
		case c.Privileged:
			out[i].Review = ReviewRole
		case (len(out) > 1 || held || rules.Matching.Unique[fieldEmail].Clashes(out[i].Party, at)) && out[i].Review == ReviewNone:
			out[i].Review = ReviewConflict
		case rules.Acquisition == AcquireByStaff && out[i].Review == ReviewNone:
			out[i].Review = ReviewApproval
		}
	}
	return out
}

// ClaimOn picks, of the claims on a record, newest first, that of an account which a move
// is about: the one by which it has the record, else one that was not decided and has not
// lapsed. It is zero where there is none.
func ClaimOn(p Party, claims []Claim, account habeas.AccountID, now time.Time, rules Rules) Claim {
	for _, c := range claims {
		if c.Party != p.ID || c.Account != account || account.IsZero() {
			continue
		}
		if held := p.Account == account; held && c.State == ClaimAccepted || !held && c.stands() && !c.Lapsed(now, rules) {
			return c
		}
	}
	return Claim{}
}
