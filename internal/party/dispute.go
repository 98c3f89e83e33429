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
// changes it, and its claimant sees no more than their own word. Then staff decide; the
// comment of the package shows where that leads. Nothing is deleted by it. What the wrong claimant said stays as a statement and counts
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

	// The record as it was when the claim was undone, so that this can be taken back.
	ClaimedAt time.Time
	Opened    []string
	Review    Review // sealed
	Cleared   bool   // sealed

	// Sealed under the record's key.
	Mailbox  string             // of the challenger, for the answer; empty: staff disputed
	Language string             // of the answer
	Address  keyring.LookupHash // of the challenger; zero: staff disputed
	Note     string             // what staff wrote down
	Shut     []Gate             // what leads to the record, or to a part of it, no more since it was undone
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
	// DisputesAbout lists those about one claim, newest first, whichever record it lay with.
	DisputesAbout(ctx context.Context, id habeas.ClaimID) ([]Dispute, error)
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
