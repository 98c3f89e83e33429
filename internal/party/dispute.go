package party

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// A dispute says that a claim was wrong (PTY-14). It freezes the record at once: nobody
// changes it, and its claimant sees no more than their own word. Then staff decide:
//
//	             dispute              keep
//	claimed ───────────────► frozen ───────► claimed, by the same account
//	                           ▲  │ undo
//	                           │  └────────► unclaimed; the account and its addresses
//	                           │             lead to the record no more
//	                           └─ reopen ── from either, by staff
//
// Nothing is deleted by it. What the wrong claimant said stays as a statement and counts
// no more (see [Party.Disowned]), so that each step can be taken back exactly.

// DisputeState is where a dispute stands.
type DisputeState string

// The states.
const (
	DisputeOpen   DisputeState = "open"   // the record is frozen
	DisputeKept   DisputeState = "kept"   // staff found the claim right
	DisputeUndone DisputeState = "undone" // staff took the record from the account
)

// DisputeWay is how a dispute came.
type DisputeWay string

// The ways.
const (
	DisputeByLink    DisputeWay = "link"    // “this was not me”, from the mail about the claim
	DisputeByAddress DisputeWay = "address" // after a code mailed to an address that the record knew before
	DisputeByStaff   DisputeWay = "staff"   // staff, for somebody or by themselves
)

// DisputeReason is what is said to be wrong.
type DisputeReason string

// The reasons.
const (
	DisputeNotMe    DisputeReason = "not-me"   // somebody used my mailbox or my account
	DisputeMine     DisputeReason = "mine"     // the record is about me, and somebody else has it
	DisputeMistyped DisputeReason = "mistyped" // the address in the record was wrong
	DisputeOther    DisputeReason = "other"
)

// Known reports whether the reason is one of the list.
func (r DisputeReason) Known() bool {
	return r == DisputeNotMe || r == DisputeMine || r == DisputeMistyped || r == DisputeOther
}

// Dispute is one, with what it took to decide it and what it takes to take it back.
type Dispute struct {
	ID      habeas.DisputeID
	Party   habeas.PartyID
	Claim   habeas.ClaimID
	Account habeas.AccountID // who controlled the record
	State   DisputeState
	Way     DisputeWay
	Reason  DisputeReason
	Shown   []EvidenceKind // what the challenger showed that fitted
	EndedAt time.Time      // when it was last decided
	EndedBy habeas.AccountID

	// The record as it was, so that undoing can be undone.
	ClaimedAt time.Time
	Opened    []string
	Review    Review // sealed
	Cleared   bool   // sealed

	// Sealed under the record's key.
	Mailbox  string               // of the challenger, for the answer; empty: staff disputed
	Language string               // of the answer
	Address  keyring.LookupHash   // of the challenger; zero: staff disputed
	Note     string               // what staff wrote down
	Blocked  []keyring.LookupHash // addresses that lead to the record no more since it was undone
}

// At is when the dispute came.
func (d Dispute) At() time.Time { return d.ID.Time() }

// Challenge is what somebody says who disputes a claim.
type Challenge struct {
	Way      DisputeWay
	Reason   DisputeReason
	Shown    []EvidenceKind
	Mailbox  string
	Language string
	Address  keyring.LookupHash
	Note     string
}

var (
	errNoDispute     = habeas.Conflict("Nobody has claimed this record, so there is nothing to dispute.").WithCode("dispute.unclaimed")
	errOwnRecord     = habeas.Conflict("This record was begun by its person. Nobody had it before.").WithCode("dispute.own")
	errDisputed      = habeas.Conflict("A dispute about this record is open already.").WithCode("dispute.open")
	errDisputedTwice = habeas.Conflict("Staff have looked at this already and found the claim right. If that is wrong, write to them.").WithCode("dispute.decided")
	errDisputeWhy    = habeas.Invalid("reason", "Choose one of the options.").WithCode("form.choice")
	errDisputeDone   = habeas.Conflict("Somebody has decided this already.").WithCode("dispute.done")
	errReopenClaimed = habeas.Conflict("Somebody else has claimed the record since. Dispute that claim first.").WithCode("dispute.claimed")
	errReopenOpen    = habeas.Conflict("This dispute waits for a decision already.").WithCode("dispute.waits")
	errReopenAccount = habeas.Conflict("The account is closed or gone, so it cannot get the record back.").WithCode("dispute.account")
)

// OpenDispute freezes a record. c is the claim by which its account got it, before are
// the disputes there were. Who was answered once about a claim is not heard again by
// the same way; staff always are.
func OpenDispute(p Party, c Claim, by Challenge, before []Dispute, now time.Time) (Party, Dispute, error) {
	var d Dispute
	answered := func(old Dispute) bool {
		return old.Claim == c.ID && old.State == DisputeKept && old.Address == by.Address && by.Way != DisputeByStaff
	}
	switch {
	case !by.Reason.Known():
		return p, d, errDisputeWhy
	case p.State == Frozen:
		return p, d, errDisputed
	case p.State != Claimed:
		return p, d, errNoDispute
	case c.ID.IsZero() || c.Account != p.Account || c.State != ClaimAccepted:
		return p, d, errOwnRecord
	case slices.ContainsFunc(before, answered):
		return p, d, errDisputedTwice
	}
	d = Dispute{
		ID: habeas.NewID[habeas.DisputeKind](now), Party: p.ID, Claim: c.ID, Account: p.Account, State: DisputeOpen,
		Way: by.Way, Reason: by.Reason, Shown: by.Shown, ClaimedAt: p.ClaimedAt, Opened: p.Opened, Review: p.Review, Cleared: p.Cleared,
		Mailbox: by.Mailbox, Language: by.Language, Address: by.Address, Note: by.Note,
	}
	p.State = Frozen
	p.Version++
	return p, d, nil
}

// Keep finds the claim right: the account controls the record as before.
func (d Dispute) Keep(p Party, by habeas.AccountID, now time.Time) (Party, Dispute, error) {
	if d.State != DisputeOpen || p.State != Frozen || p.ID != d.Party {
		return p, d, errDisputeDone
	}
	p.State = Claimed
	p.Version++
	d.State, d.EndedAt, d.EndedBy = DisputeKept, now, by
	return p, d, nil
}

// Undo takes the record from the account, whose addresses are blocked for it. stray says
// that no other address leads to the record: then staff have to give it one.
func (d Dispute) Undo(p Party, c Claim, blocked []keyring.LookupHash, stray bool, by habeas.AccountID, now time.Time) (Party, Claim, Dispute, error) {
	if d.State != DisputeOpen || p.State != Frozen || p.ID != d.Party || c.ID != d.Claim {
		return p, c, d, errDisputeDone
	}
	p.State, p.Account, p.ClaimedAt, p.Opened = Unclaimed, habeas.AccountID{}, time.Time{}, nil
	p.Review, p.Cleared, p.Blocked = ReviewNone, false, stray
	p.Version++
	c.State, c.ClosedAt = ClaimUndone, now
	d.State, d.EndedAt, d.EndedBy, d.Blocked = DisputeUndone, now, by, blocked
	return p, c, d, nil
}

// Reopen takes a decision back: the record is frozen again and the account holds it as
// before. active says whether the account still can.
func (d Dispute) Reopen(p Party, c Claim, active bool) (Party, Claim, Dispute, error) {
	switch {
	case d.State == DisputeOpen:
		return p, c, d, errReopenOpen
	case d.State == DisputeKept && (p.State != Claimed || p.Account != d.Account),
		d.State == DisputeUndone && p.State != Unclaimed:
		return p, c, d, errReopenClaimed
	case !active:
		return p, c, d, errReopenAccount
	}
	if d.State == DisputeUndone {
		p.Account, p.ClaimedAt, p.Opened = d.Account, d.ClaimedAt, d.Opened
		p.Review, p.Cleared, p.Blocked = d.Review, d.Cleared, false
		c.State, c.ClosedAt = ClaimAccepted, d.ClaimedAt
	}
	p.State = Frozen
	p.Version++
	d.State, d.EndedAt, d.EndedBy, d.Blocked = DisputeOpen, time.Time{}, habeas.AccountID{}, nil
	return p, c, d, nil
}

// Words are what the account said as the record's person: what is left to decide about
// once its claim was undone.
func (d Dispute) Words(said []Statement) []Statement {
	return slices.DeleteFunc(slices.Clone(said), func(s Statement) bool {
		return s.Source.Kind != FromSelf || s.Source.Account != d.Account
	})
}

// DisputeLink is what the link in a mail about a claim stands for. Only a hash of the
// link is kept.
type DisputeLink struct {
	Hash    [32]byte
	Party   habeas.PartyID
	Claim   habeas.ClaimID
	Address keyring.LookupHash // where the mail went
	Expires time.Time

	// Sealed under the record's key.
	Mailbox  string
	Language string
}

// Document is what staff saw when a person was in front of them.
type Document string

// The documents. What stands on one, its number before all, is never kept.
const (
	DocumentPassport  Document = "passport"
	DocumentIdentity  Document = "identity-card"
	DocumentDriving   Document = "driving-licence"
	DocumentResidence Document = "residence-permit"
	DocumentMember    Document = "member-card" // of the organisation, with a photograph
)

// Documents are the kinds of document, in the order in which they are offered.
func Documents() []Document {
	return []Document{DocumentPassport, DocumentIdentity, DocumentDriving, DocumentResidence, DocumentMember}
}

// Check is a look at a person and a document (PTY-23). It is kept with the record.
type Check struct {
	ID       habeas.ClaimID // of the claim that it supports
	Party    habeas.PartyID
	Account  habeas.AccountID
	Document Document
	By       habeas.AccountID
	At       time.Time
}

var (
	errCheckDocument = habeas.Invalid("document", "Choose one of the options.").WithCode("form.choice")
	errCheckSelf     = habeas.Forbidden("Nobody checks themselves. Ask a colleague.").WithCode("check.self")
	errCheckOther    = habeas.Conflict("Another account has this record. Dispute that claim first.").WithCode("check.claimed")
	errCheckFrozen   = habeas.Forbidden("This record is frozen while a dispute is open.").WithCode("party.frozen")
	errCheckMerged   = habeas.Conflict("This record is part of another one. Open that one.").WithCode("check.merged")
	errCheckAccount  = habeas.Conflict("This account is closed.").WithCode("check.closed")
)

// Checked links an account and a record after a check in person, whatever waits on the
// record: a human has looked. c is the account's claim on it, zero where there is none.
// For a record that the account has already, it opens what asks for evidence.
func Checked(p Party, c Claim, in Check, active bool, schemas *Schemas) (Party, Claim, error) {
	switch {
	case !slices.Contains(Documents(), in.Document):
		return p, c, errCheckDocument
	case in.By == in.Account:
		return p, c, errCheckSelf
	case !active:
		return p, c, errCheckAccount
	case p.State == Frozen:
		return p, c, errCheckFrozen
	case p.State == Claimed && p.Account != in.Account:
		return p, c, errCheckOther
	case p.State != Unclaimed && p.State != Claimed: // it is part of another record
		return p, c, errCheckMerged
	}
	if c.ID.IsZero() {
		c = Claim{ID: in.ID, Party: p.ID, Account: in.Account, OpenedAt: in.At, Version: p.Version}
	}
	c = Judge(c, InPerson, true, schemas, DefaultRules)
	c.Tries = 0
	if p.State == Unclaimed {
		p, c = Accept(p, c, in.At)
	} else {
		p.Opened = c.Opened
		c.State = ClaimAccepted
		p.Version++
	}
	p.Review, p.Blocked, p.Cleared = ReviewNone, false, false
	return p, c, nil
}

// Assessed is a claim with its risk, for staff.
type Assessed struct {
	Claim Claim
	Risk  Risk
	Check *Check // the check in person that supports it; nil: there was none
}

// Disputes reads disputes and checks. Errors are of kind NotFound when there is no such row.
type Disputes interface {
	FindDispute(ctx context.Context, id habeas.DisputeID) (Dispute, error)
	// DisputesOn lists those about one record, newest first.
	DisputesOn(ctx context.Context, id habeas.PartyID) ([]Dispute, error)
	// OpenDisputes lists those without a decision, oldest first.
	OpenDisputes(ctx context.Context, limit int) ([]Dispute, error)
	// EndedDisputes lists those with one, newest first.
	EndedDisputes(ctx context.Context, limit int) ([]Dispute, error)
	// ByLink finds what the link of a mail stands for; one that is over is not found.
	ByLink(ctx context.Context, hash [32]byte, now time.Time) (l DisputeLink, found bool, err error)
	// ChecksOn lists the checks in person of one record, newest first.
	ChecksOn(ctx context.Context, id habeas.PartyID) ([]Check, error)
	// SystemsOf lists the systems that an account has connected or changed.
	SystemsOf(ctx context.Context, id habeas.AccountID) ([]habeas.SystemID, error)
}

// DisputeWriter writes them in a transaction.
type DisputeWriter interface {
	Disputes
	SaveDispute(d Dispute, e audit.Entry) error
	SaveDisputeLink(l DisputeLink, e audit.Entry) error
	SaveCheck(c Check, e audit.Entry) error
}

// BegunBySelf reports whether the record's person entered it: nobody else had it before.
func BegunBySelf(said []Statement) bool { return bySelf(said) }

// DisputeFile is what staff decide a dispute by.
type DisputeFile struct {
	Dispute Dispute
	Record  Record
	Claims  []Assessed  // every claim on the record, newest first
	Words   []Statement // what the account said as the record's person, oldest first
	Line    []Look      // what happened to the record, newest first
}
