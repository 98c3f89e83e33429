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
	PartyListed    Event = "party.list"     // it stood in a list that staff saw; of the house: the query behind the list
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
	InviteSent     Event = "party.invite"        // an invitation was queued
	PartyMerged    Event = "party.merge"         // it was found to be about the party of another record
	PartyUnmerged  Event = "party.unmerge"       // which was taken back, or words said meanwhile found their side
	BulkMerged     Event = "party.bulk-merge"    // staff merged a batch of pairs, or looked for one; of the house
	BulkUndone     Event = "party.bulk-undo"     // and took it back
	PartySplit     Event = "party.split"         // it was found to be about two parties
	PartyUnsplit   Event = "party.unsplit"       // which was taken back
	MergeProposed  Event = "party.merge-propose" // merge or split: its person is asked
	MergeRefused   Event = "party.merge-refuse"  // and said no, or staff took it back

	ClaimTold     Event = "claim.told"      // an address was told of a claim, with a link that disputes it
	ClaimDisputed Event = "claim.dispute"   // somebody says that it was wrong: the record is frozen
	ClaimKept     Event = "claim.keep"      // staff found it right
	ClaimUndone   Event = "claim.undo"      // staff took the record from the account
	ClaimReopened Event = "claim.reopen"    // and took that decision back
	PersonChecked Event = "claim.in-person" // staff saw the person and a document
	WordsAdopted  Event = "party.adopt"     // staff took over what a wrong claimant had said

	PartyTold Event = "party.told" // a connected system was told that something has changed
)

// The events of notes that staff write on a record, for its person to see.
const (
	NoteWritten   Event = "note.write"
	NoteChanged   Event = "note.change"
	NoteTakenBack Event = "note.take-back" // within a minute
	NoteStruck    Event = "note.strike"
	NoteAnswered  Event = "note.answer" // by the record's person
)

// The events of tags and lists of people. A tag that is made or removed, and a saved list,
// are the house's; so is one line of each file, beside that of everybody in it.
const (
	TagMade    Event = "tag.make"
	TagRemoved Event = "tag.remove"
	TagGiven   Event = "tag.give"
	TagTaken   Event = "tag.take"
	ListSaved  Event = "list.save"
	ListEnded  Event = "list.end"
	ListTaken  Event = "list.file" // staff took a list away as a file
)

// The events of what others propose for a record that has its person (PTY-7).
const (
	ProposalsTold    Event = "proposal.told"   // its person was told that proposals wait
	ProposalAccepted Event = "proposal.accept" // it is their own word now
	ProposalRejected Event = "proposal.reject"
	ProposalRuled    Event = "proposal.rule"     // always or never from a source
	ProposalRuleOver Event = "proposal.rule-end" // taken back
	ProposalUndone   Event = "proposal.undo"     // the newest of these decisions was undone
)

// The events of notices, of what people ask without an account, and of the clock of
// records that nobody has claimed (PTY-28, PTY-29).
const (
	NoticeSent       Event = "notice.sent"            // somebody was told what is held about them
	NoticeSeen       Event = "notice.seen"            // they looked, after a mailed code
	NoticeStopped    Event = "notice.stopped"         // they want no more such mails
	NoticeResumed    Event = "notice.resumed"         // and take that back
	RecordObjected   Event = "record.objected"        // they object: systems stop
	RecordRestricted Event = "record.restricted"      // kept, and not used
	RecordReleased   Event = "record.released"        // used again
	EraseRequested   Event = "record.erase-requested" // to be erased
	RequestWithdrawn Event = "request.withdrawn"      // taken back by who asked
	RequestAnswered  Event = "request.answered"       // staff carried it out or said why not
	RetentionWarned  Event = "retention.warned"       // nobody spoke of the record for long: it will go
	RetentionHeld    Event = "retention.held"         // staff keep it all the same, and say why
	RetentionFreed   Event = "retention.freed"        // they keep it no longer
	RequestEntered   Event = "request.entered"        // a request of another kind was written down
	RequestExtended  Event = "request.extended"       // its answer takes two months more
	RequestChanged   Event = "request.changed"        // who works on it, or how who asks was made sure of
	RequestReminded  Event = "request.reminded"       // staff were told that its time ends
	RequestReopened  Event = "request.reopened"       // staff took their answer back
)

// The events of what legal duties keep of erased records, and of breaches. But for
// BreachTold, which is about who was written to, they are the house's.
const (
	RemainderKept   Event = "remainder.keep"
	RemainderRead   Event = "remainder.read"
	RemainderErased Event = "remainder.erase"
	BreachOpened    Event = "breach.open"
	BreachChanged   Event = "breach.change"
	BreachWritten   Event = "breach.write" // letters went out
	BreachTold      Event = "breach.told"  // one of them, to this person
)

// The events of passes, the consents that people hand over as a code or link (PTY-8).
const (
	PassGiven   Event = "pass.give"
	PassUsed    Event = "pass.use"     // a booker attached the record or got in
	PassRead    Event = "pass.read"    // and saw the ticked data sets
	PassRefused Event = "pass.refused" // a code that does not open, or not any more
	PassEnded   Event = "pass.end"
)

// The events of relationships, households, guardians and letters (PTY-27).
const (
	RelationNoted     Event = "relation.note"   // staff say to whom a record is related
	RelationEnded     Event = "relation.end"    // and that it is over
	RelationRestored  Event = "relation.undo"   // which was taken back
	RelationObjected  Event = "relation.object" // its person says that it is not so
	RelationConfirmed Event = "relation.agree"  // and takes that back
	HouseholdNamed    Event = "household.name"

	GuardianAppointed Event = "guardian.appoint"
	GuardianChanged   Event = "guardian.change" // the day was moved, or the appointment put back
	GuardianEnded     Event = "guardian.end"
	GuardianTold      Event = "guardian.told" // that the day comes near
	GuardianRead      Event = "guardian.read"
	GuardianSaid      Event = "guardian.say" // a guardian's word for the person
	GuardianCopied    Event = "guardian.copy"
	HandOverBegun     Event = "guardian.hand-over"
	HandOverStopped   Event = "guardian.hand-back"

	LetterMade     Event = "letter.make"
	LetterUsed     Event = "letter.use"
	LetterReturned Event = "letter.return"
	LetterRefused  Event = "letter.refused" // a code that does not open
)

// ByGuardian reports whether a person who did this acted as somebody's guardian.
func ByGuardian(e Event) bool {
	switch e {
	case GuardianRead, GuardianSaid, GuardianCopied, HandOverBegun, HandOverStopped:
		return true
	default:
		return false
	}
}

// The events of public profiles, completion lists and digests (PTY-6, PTY-20).
const (
	ProfilePublished Event = "profile.publish" // staff let everybody find an unclaimed one
	ProfileUnlisted  Event = "profile.unlist"  // and took that back
	ProfileHidden    Event = "profile.hide"    // staff took it off the web
	ProfileShown     Event = "profile.show"    // and took that back
	ProfileChosen    Event = "profile.choose"  // its person chose what of it shows
	GapSilenced      Event = "gap.silence"     // its person does not want to say something
	GapReopened      Event = "gap.reopen"      // and took that back
	GapsReminded     Event = "gap.remind"      // staff asked its person to complete the record
	DigestSent       Event = "digest.sent"     // somebody was told who looked
	TellingChosen    Event = "digest.choose"   // and chose how they want to be told
)

// The events of releases of data about an account, and of blocks. They are the account's,
// but for those that a court's hold keeps from its person: these are the house's until
// ReleaseShown tells what they were. Blocks of networks are the house's.
const (
	ReleaseOpened     Event = "release.open"   // a case was written down
	ReleaseRead       Event = "release.read"   // somebody looked at the data that are asked for
	ReleaseNotified   Event = "release.notice" // its person was written to
	ReleaseUnnotified Event = "release.notice-failed"
	ReleaseHeld       Event = "release.hold"   // a court has put the notice off, or the hold was lifted
	ReleaseMoved      Event = "release.motion" // a motion to quash was recorded, or the court's order on it
	ReleaseAsked      Event = "release.ask"    // key material: a second administrator is asked
	ReleaseGiven      Event = "release.give"   // it was decided that the data go out
	ReleaseTaken      Event = "release.file"   // somebody took the file away
	ReleaseClosed     Event = "release.close"  // refused, or withdrawn
	ReleaseReopened   Event = "release.reopen"
	ReleaseShown      Event = "release.shown" // what a hold had kept from its person
	BlockMade         Event = "block.make"
	BlockEnded        Event = "block.end"
)

// The events of accounts.
const (
	AccountCreated     Event = "account.create"
	AccountErased      Event = "account.erase"
	AccountIntervened  Event = "account.intervene" // an administrator revoked a certificate or deleted the account, and why
	AccountClosed      Event = "account.deactivate"
	AccountReopened    Event = "account.reopen"
	AccountLapsed      Event = "account.lapse"      // its registration ended: deactivated
	AccountReactivated Event = "account.reactivate" // its person came back in time
	TermTold           Event = "account.term"       // its person was told that the registration ends, or the account
	AccountChanged     Event = "account.change"     // its person changed the name or another detail
	ConsentGiven       Event = "consent.give"
	ConsentWithdrawn   Event = "consent.withdraw"
	AccountRecovered   Event = "account.recover"
	AddressProved      Event = "account.address-proved"
	AddressChange      Event = "account.address-change" // a step in the change of the main address
	CredentialAdded    Event = "account.credential-add"
	CredentialEnded    Event = "account.credential-end"
	SignInSucceeded    Event = "signin.ok"
	SignInFailed       Event = "signin.failed"
	SignedOut          Event = "signin.end"
	RoleGranted        Event = "role.grant"
	RoleRevoked        Event = "role.revoke"
	RoleBegun          Event = "role.begin"       // a decision that was made was carried out by a certificate
	RoleApplied        Event = "role.apply"       // a person asked for a role
	RoleAnswered       Event = "role.answer"      // and got an answer, or took it back
	Registered         Event = "account.register" // its person got a place in the certificate authority, or a new one
	CertificateIssued  Event = "certificate.issue"
	CertificateRevoked Event = "certificate.revoke"
	EscrowKept         Event = "escrow.keep"        // its person left the private key here, and agreed to that
	EscrowEnded        Event = "escrow.end"         // and what was left is destroyed
	KeepersAsked       Event = "keeper.ask"         // people were asked to keep shares of the key
	KeepersDropped     Event = "keeper.drop"        // and are not asked any more: no set was made
	KeeperAgreed       Event = "keeper.agree"       // one of them agreed
	KeeperLeft         Event = "keeper.leave"       // one declined or resigned
	KeeperLost         Event = "keeper.lost"        // the certificate of one counts no more: their share is of no use
	KeeperPassed       Event = "keeper.pass"        // one gave their share for a reset
	FileResetBegun     Event = "file.reset-begin"   // a mailed code allowed the reset of a file's password
	FileResetStopped   Event = "file.reset-stop"    // and it was stopped
	FileReset          Event = "file.reset"         // the key went back to its person (LOG-03)
	RegistrationReset  Event = "account.unregister" // by a mailed code: a new registration has to follow
	AuthorityMade      Event = "authority.make"     // of the house: a generation of a certificate authority came to be
	AuthorityRevoked   Event = "authority.revoke"   // of the house: the root revoked one
	AuthorityRetired   Event = "authority.retire"   // of the house: its key was destroyed

	CreatorSiteChanged Event = "creator.site" // a trusted entity creator entered, changed or ended a site, or an administrator confirmed it
	MandateGiven       Event = "mandate.give" // its person lets a trusted entity creator act for them
	MandateEnded       Event = "mandate.end"  // and no more

	GroupChanged     Event = "role.group"      // an administrator put somebody into a group of staff, or took them out
	RolePermitted    Event = "role.permit"     // the directory has somebody in a group, so that the role counts if it is granted
	RoleUnpermitted  Event = "role.unpermit"   // and has them there no more
	StaffProvisioned Event = "staff.provision" // a connected system said who works here, or in which groups
)

// The events of the logs. LogRead is about whose log was read, or the house's where that log
// is about nobody; the others are the house's.
const (
	LogRead            Event = "log.read"         // an administrator read a log, for a purpose
	LogRotated         Event = "log.rotate"       // a month of the log left for the archive
	ContributionLogged Event = "contribution.log" // a line of the contribution log, by its digest
)

// The events of the Entity Name System, the house's: what was done to which identifiers. Who
// did it stands in the contribution log alone.
const (
	EntityWritten Event = "entity.write"  // entities came to be, or got another description
	EntityEvolved Event = "entity.evolve" // identifiers were merged, split or deleted, or that was undone
	EntityPurged  Event = "entity.purge"  // an administrator destroyed what was said of a deleted one

	LicenceAccepted Event = "entity.licence" // of an account: it accepted the contribution licence
)

// The events of the server itself.
const (
	SystemConnected    Event = "system.connect"
	SystemDisconnected Event = "system.disconnect"
	SystemAuthorized   Event = "system.authorize"        // a connected system got a token
	SystemRefused      Event = "system.authorize-failed" // and this one did not
	SystemRevoked      Event = "system.revoke"           // a connected system ended one of its tokens
	SystemWebhook      Event = "system.webhook"          // where a connected system is told of changes was set or changed
	SettingsChanged    Event = "settings.change"
	KeysRotated        Event = "keys.rotate"
	DataImported       Event = "party.import"
	DataRestored       Event = "data.restore" // the records were put back from a backup
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

// Witnessed is an entry with its place in the ledger. Index is -1 while it waits for
// that place (only on PostgreSQL, where a sequencer assigns it a moment later).
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
	PartyListed:        true,
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
	NoteWritten:        true,
	NoteChanged:        true,
	NoteTakenBack:      true,
	NoteStruck:         true,
	NoteAnswered:       true,
	TagMade:            true,
	TagRemoved:         true,
	TagGiven:           true,
	TagTaken:           true,
	ListSaved:          true,
	ListEnded:          true,
	ListTaken:          true,
	ProposalsTold:      true,
	ProposalAccepted:   true,
	ProposalRejected:   true,
	ProposalRuled:      true,
	ProposalRuleOver:   true,
	ProposalUndone:     true,
	PartyMerged:        true,
	PartyUnmerged:      true,
	BulkMerged:         true,
	BulkUndone:         true,
	PartySplit:         true,
	PartyUnsplit:       true,
	MergeProposed:      true,
	MergeRefused:       true,
	ClaimTold:          true,
	ClaimDisputed:      true,
	ClaimKept:          true,
	ClaimUndone:        true,
	ClaimReopened:      true,
	PersonChecked:      true,
	WordsAdopted:       true,
	PartyTold:          true,
	NoticeSent:         true,
	NoticeSeen:         true,
	NoticeStopped:      true,
	NoticeResumed:      true,
	RecordObjected:     true,
	RecordRestricted:   true,
	RecordReleased:     true,
	EraseRequested:     true,
	RequestWithdrawn:   true,
	RequestAnswered:    true,
	RetentionWarned:    true,
	RetentionHeld:      true,
	RetentionFreed:     true,
	RequestEntered:     true,
	RequestExtended:    true,
	RequestChanged:     true,
	RequestReminded:    true,
	RequestReopened:    true,
	RemainderKept:      true,
	RemainderRead:      true,
	RemainderErased:    true,
	BreachOpened:       true,
	BreachChanged:      true,
	BreachWritten:      true,
	BreachTold:         true,
	PassGiven:          true,
	PassUsed:           true,
	PassRead:           true,
	PassRefused:        true,
	PassEnded:          true,
	RelationNoted:      true,
	RelationEnded:      true,
	RelationRestored:   true,
	RelationObjected:   true,
	RelationConfirmed:  true,
	HouseholdNamed:     true,
	GuardianAppointed:  true,
	GuardianChanged:    true,
	GuardianEnded:      true,
	GuardianTold:       true,
	GuardianRead:       true,
	GuardianSaid:       true,
	GuardianCopied:     true,
	HandOverBegun:      true,
	HandOverStopped:    true,
	LetterMade:         true,
	LetterUsed:         true,
	LetterReturned:     true,
	LetterRefused:      true,
	ProfilePublished:   true,
	ProfileUnlisted:    true,
	ProfileHidden:      true,
	ProfileShown:       true,
	ProfileChosen:      true,
	GapSilenced:        true,
	GapReopened:        true,
	GapsReminded:       true,
	DigestSent:         true,
	TellingChosen:      true,
	ReleaseOpened:      true,
	ReleaseRead:        true,
	ReleaseNotified:    true,
	ReleaseUnnotified:  true,
	ReleaseHeld:        true,
	ReleaseMoved:       true,
	ReleaseAsked:       true,
	ReleaseGiven:       true,
	ReleaseTaken:       true,
	ReleaseClosed:      true,
	ReleaseReopened:    true,
	ReleaseShown:       true,
	BlockMade:          true,
	BlockEnded:         true,
	AccountCreated:     true,
	AccountErased:      true,
	AccountIntervened:  true,
	AccountClosed:      true,
	AccountReopened:    true,
	AccountLapsed:      true,
	AccountReactivated: true,
	TermTold:           true,
	AccountChanged:     true,
	ConsentGiven:       true,
	ConsentWithdrawn:   true,
	AccountRecovered:   true,
	AddressProved:      true,
	AddressChange:      true,
	CredentialAdded:    true,
	CredentialEnded:    true,
	SignInSucceeded:    true,
	SignInFailed:       true,
	SignedOut:          true,
	RoleGranted:        true,
	RoleRevoked:        true,
	RoleBegun:          true,
	RoleApplied:        true,
	RoleAnswered:       true,
	Registered:         true,
	CertificateIssued:  true,
	CertificateRevoked: true,
	EscrowKept:         true,
	CreatorSiteChanged: true,
	MandateGiven:       true,
	MandateEnded:       true,
	EscrowEnded:        true,
	KeepersAsked:       true,
	KeepersDropped:     true,
	KeeperAgreed:       true,
	KeeperLeft:         true,
	KeeperLost:         true,
	KeeperPassed:       true,
	FileResetBegun:     true,
	FileResetStopped:   true,
	FileReset:          true,
	RegistrationReset:  true,
	AuthorityMade:      true,
	AuthorityRevoked:   true,
	AuthorityRetired:   true,
	GroupChanged:       true,
	RolePermitted:      true,
	RoleUnpermitted:    true,
	StaffProvisioned:   true,
	LogRead:            true,
	LogRotated:         true,
	ContributionLogged: true,
	EntityWritten:      true,
	EntityEvolved:      true,
	EntityPurged:       true,
	LicenceAccepted:    true,
	SystemConnected:    true,
	SystemDisconnected: true,
	SystemAuthorized:   true,
	SystemRefused:      true,
	SystemRevoked:      true,
	SystemWebhook:      true,
	SettingsChanged:    true,
	KeysRotated:        true,
	DataImported:       true,
	DataRestored:       true,
}

// Known reports whether e is on the closed list.
func Known(e Event) bool { return known[e] }
