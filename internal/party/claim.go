package party

import (
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// ClaimState is where a claim stands.
type ClaimState string

// The states of a claim. Open leads to each of the others; only Accepted links
// account and record.
const (
	ClaimOpen      ClaimState = "open"      // the person is looking at the confirm screen
	ClaimAccepted  ClaimState = "accepted"  // "make this record mine"
	ClaimRefused   ClaimState = "refused"   // "this is not me"
	ClaimInReview  ClaimState = "review"    // several records, a shared mailbox or a role: staff decide
	ClaimWithdrawn ClaimState = "withdrawn" // the record changed hands or vanished meanwhile
	ClaimUndone    ClaimState = "undone"    // it was accepted, and a dispute took it back
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
	return (c.State == ClaimOpen || c.State == ClaimInReview) && now.Sub(c.OpenedAt) > rules.StaleAfter
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
			out = append(out, Candidate{Party: p, Review: p.Review, Stale: now.Sub(newest[p.ID]) > rules.StaleAfter})
		}
	}
	for i := range out {
		switch {
		case out[i].Party.Cleared: // a human has decided
		case c.Privileged:
			out[i].Review = ReviewRole
		case (len(out) > 1 || held) && out[i].Review == ReviewNone:
			out[i].Review = ReviewConflict
		case rules.Acquisition == AcquireByStaff && out[i].Review == ReviewNone:
			out[i].Review = ReviewApproval
		}
	}
	return out
}

// Acceptance is what the claimant decided on the confirm screen.
type Acceptance struct {
	Claimant  Claimant
	Version   int64  // of the party as it was shown
	Corrected Values // only what differs; may be empty
}

var (
	errMoved = habeas.Conflict("This record changed while you were looking at it. Look at it again.").WithCode("claim.changed")
	errNone  = habeas.NotFound("There is no record here that you could claim.").WithCode("claim.none")
	errStale = habeas.Forbidden("This address was not heard of for long. Show your membership number or a code on paper first; staff can give you one.").WithCode("claim.stale")
	errHuman = habeas.Forbidden("A member of staff has to check this record first.").WithCode("claim.review")
)

// CanAccept re-reads the state inside the transaction and says whether the claim
// may still be accepted (PTY-A21, PTY-A32). linked says whether one of the
// claimant's proved addresses still leads to the party.
func CanAccept(p Party, c Claim, a Acceptance, linked bool) error {
	switch {
	case !a.Claimant.Active || !linked || c.Account != a.Claimant.Account || c.Party != p.ID:
		return errNone
	case c.State == ClaimInReview || p.Review != ReviewNone || a.Claimant.Privileged && !p.Cleared:
		return errHuman
	case c.State != ClaimOpen || p.State != Unclaimed:
		return errMoved.WithCode("claim.taken")
	case p.Version != a.Version || c.Version != a.Version:
		return errMoved
	case c.Stale: // the mailbox may have changed hands: it alone opens nothing (PTY-A35)
		return errStale
	}
	return nil
}

// Accept returns the party and claim as they are after acceptance.
func Accept(p Party, c Claim, now time.Time) (Party, Claim) {
	p.State, p.Account, p.ClaimedAt, p.Opened = Claimed, c.Account, now, c.Opened
	p.Stub = false
	p.Version++
	c.State, c.ClosedAt = ClaimAccepted, now
	return p, c
}

// Refuse returns both after "this is not me": the address no longer leads to the
// record, and staff look at it.
func Refuse(p Party, c Claim, now time.Time) (Party, Claim) {
	p.Review, p.Blocked, p.Cleared = ReviewNotMe, true, false
	p.Version++
	c.State, c.ClosedAt = ClaimRefused, now
	return p, c
}

// ClaimEvent returns the audit entry of a step of a claim.
func ClaimEvent(event audit.Event, c Claim, actor habeas.Actor, now time.Time, detail map[string]string) audit.Entry {
	return audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: event, Subject: habeas.SubjectOf(c.Party),
		Actor: actor, At: now, Detail: detail,
	}
}
