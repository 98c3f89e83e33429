package audit

import (
	"time"

	"github.com/habeas-data/habeas"
)

// Event is the type of an audit entry. The list is closed: a leaf with another
// type does not parse.
type Event string

// The events of party records.
const (
	PartyCreated   Event = "party.create"   // a record came to be
	PartyAsserted  Event = "party.assert"   // a source said something about it
	PartyRead      Event = "party.read"     // somebody else opened it
	PartyCorrected Event = "party.correct"  // its person changed it
	PartyExported  Event = "party.export"   // its person took a copy
	PartyErased    Event = "party.erase"    // its key was destroyed
	PartyReviewed  Event = "party.review"   // staff decided on it
	TicketChanged  Event = "ticket.change"  // a ticket got a new version or was cancelled
	ClaimOpened    Event = "claim.open"     // somebody asked for control
	ClaimAccepted  Event = "claim.accept"   // and got it
	ClaimRefused   Event = "claim.refuse"   // "this is not me", or staff said no
	EvidenceGiven  Event = "claim.evidence" // more than the address was shown
	EvidenceFailed Event = "claim.evidence-failed"
	InviteSent     Event = "party.invite" // an invitation was queued
)

// The events of accounts.
const (
	AccountCreated   Event = "account.create"
	AccountErased    Event = "account.erase"
	AccountClosed    Event = "account.deactivate"
	AccountRecovered Event = "account.recover"
	AddressProved    Event = "account.address-proved"
	CredentialAdded  Event = "account.credential-add"
	CredentialEnded  Event = "account.credential-end"
	SignInSucceeded  Event = "signin.ok"
	SignInFailed     Event = "signin.failed"
	SignedOut        Event = "signin.end"
	RoleGranted      Event = "role.grant"
	RoleRevoked      Event = "role.revoke"
)

// The events of the server itself.
const (
	SystemConnected    Event = "system.connect"
	SystemDisconnected Event = "system.disconnect"
	SystemAuthorized   Event = "system.authorize"        // a connected system got a token
	SystemRefused      Event = "system.authorize-failed" // and this one did not
	SettingsChanged    Event = "settings.change"
	KeysRotated        Event = "keys.rotate"
	DataImported       Event = "party.import"
)

// Entry is one thing that happened. Detail holds what the subject may read
// later: short keys, short values, no secrets.
type Entry struct {
	ID      habeas.EventID
	Event   Event
	Subject habeas.SubjectID // whose key seals the detail; zero: the house's own key
	Actor   habeas.Actor
	At      time.Time
	Detail  map[string]string
}

// Witnessed is an entry with its place in the ledger.
type Witnessed struct {
	Entry
	Index int64
	Leaf  []byte // the public leaf
	Text  []byte // the canonical detail that the leaf commits to
}

// known is the closed list.
var known = map[Event]bool{
	PartyCreated:       true,
	PartyAsserted:      true,
	PartyRead:          true,
	PartyCorrected:     true,
	PartyExported:      true,
	PartyErased:        true,
	PartyReviewed:      true,
	TicketChanged:      true,
	ClaimOpened:        true,
	ClaimAccepted:      true,
	ClaimRefused:       true,
	EvidenceGiven:      true,
	EvidenceFailed:     true,
	InviteSent:         true,
	AccountCreated:     true,
	AccountErased:      true,
	AccountClosed:      true,
	AccountRecovered:   true,
	AddressProved:      true,
	CredentialAdded:    true,
	CredentialEnded:    true,
	SignInSucceeded:    true,
	SignInFailed:       true,
	SignedOut:          true,
	RoleGranted:        true,
	RoleRevoked:        true,
	SystemConnected:    true,
	SystemDisconnected: true,
	SystemAuthorized:   true,
	SystemRefused:      true,
	SettingsChanged:    true,
	KeysRotated:        true,
	DataImported:       true,
}

// Known reports whether e is on the closed list.
func Known(e Event) bool { return known[e] }
