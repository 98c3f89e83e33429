// Package party makes the pages about records: those of a person about their own
// (inbox, confirm screen, record, activity, copy, erasure), those of staff, and the
// public profile.
package party

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// Records is what the pages about records ask of the server. Every method checks
// what the actor may do; errors are *habeas.Error.
type Records interface {
	Schemas() *party.Schemas
	// SourceName is how a source is called on a page: "City Bookings", "you".
	SourceName(ctx context.Context, a habeas.Actor, s party.Source) string

	// For a person.

	// Offers are the records that may be about the actor and are not claimed yet.
	Offers(ctx context.Context, a habeas.Actor) ([]party.Offer, error)
	// Offer opens the claim on one of them for the confirm screen.
	Offer(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Offer, error)
	// Accept makes the record the actor's own, with corrections if any. version is
	// that of the record as it was shown.
	Accept(ctx context.Context, a habeas.Actor, id habeas.PartyID, version int64, corrected party.Values) error
	// NotMe says that the record is about somebody else.
	NotMe(ctx context.Context, a habeas.Actor, id habeas.PartyID, version int64) error
	// ShowEvidence offers more than the address, before or after the claim. right
	// says whether it fitted; left is how many tries remain.
	ShowEvidence(ctx context.Context, a habeas.Actor, id habeas.PartyID, kind party.EvidenceKind, proof sealed.Value) (right bool, left int, err error)
	// Mine are the actor's records, masked where evidence is wanted.
	Mine(ctx context.Context, a habeas.Actor) ([]party.Record, error)
	// My is one of them.
	My(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Record, error)
	// Occasions are the tickets on one of the actor's records, newest first.
	Occasions(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Attended, error)
	// Correct states the actor's own word on fields ("" withdraws a value).
	Correct(ctx context.Context, a habeas.Actor, id habeas.PartyID, version int64, said party.Values) error
	// ReadCopy says what a copy from elsewhere holds for one of the actor's records. It
	// changes and keeps nothing.
	ReadCopy(ctx context.Context, a habeas.Actor, id habeas.PartyID, file io.Reader) (party.Brought, error)
	// Copy is everything held about the actor.
	Copy(ctx context.Context, a habeas.Actor) (party.Copy, error)
	// Erase destroys one of the actor's records and returns the receipt (C2SP
	// tlog-proof) that shows it.
	Erase(ctx context.Context, a habeas.Actor, id habeas.PartyID) (receipt []byte, err error)
	// AskErase mails a code to the main address of the actor's account. With it EraseMeByCode
	// destroys all records of the actor's and the account itself, and returns the receipt. Nothing
	// else opens afterwards. Every refusal of a code is account.ErrCode.
	AskErase(ctx context.Context, a habeas.Actor, in account.Asking) (habeas.ChallengeID, error)
	EraseMeByCode(ctx context.Context, a habeas.Actor, id habeas.ChallengeID, typed sealed.Value, flow account.Token) (receipt []byte, err error)
	// Activity is who saw or changed what about the actor, newest first; before is
	// the last line of the page before (zero: from the newest).
	Activity(ctx context.Context, a habeas.Actor, before habeas.EventID, limit int) ([]party.Look, error)
	// Line is one line of the actor's Activity.
	Line(ctx context.Context, a habeas.Actor, event habeas.EventID) (party.Look, error)
	// Receipt proves one line of the actor's Activity. Pending is true while the
	// leaf waits for its place in the tree or is in no published checkpoint yet.
	Receipt(ctx context.Context, a habeas.Actor, event habeas.EventID) (receipt []byte, pending bool, err error)
	// Certificate says what was erased by one line of the actor's Activity, with its
	// proof, in a file to keep.
	Certificate(ctx context.Context, a habeas.Actor, event habeas.EventID) ([]byte, error)
	// Prove checks one line of the actor's Activity against the ledger now; flip
	// damages one byte of a copy first, to show that it would be noticed. finding
	// says in words what was checked or where it is broken.
	Prove(ctx context.Context, a habeas.Actor, event habeas.EventID, flip bool) (good bool, finding string, err error)

	Proposals

	// Completion is what is missing in one of the actor's records (PTY-6). Silence says
	// that they do not want to say something, or takes that back.
	Completion(ctx context.Context, a habeas.Actor, rec party.Record) (party.Completion, error)
	Silence(ctx context.Context, a habeas.Actor, id habeas.PartyID, name string, silent bool) error

	// For staff.

	// Sight is which data sets the actor sees and changes.
	Sight(ctx context.Context, a habeas.Actor) (party.Sight, error)
	Tally(ctx context.Context, a habeas.Actor) (party.Tally, error)
	// Find searches people; ready is false while the index is being built.
	Find(ctx context.Context, a habeas.Actor, query string, limit int) (found []party.Listed, ready bool, err error)
	// SealQuery makes what staff search for into a word for an address: it opens to the
	// same account only. OpenQuery reads it; empty: it is none of theirs.
	SealQuery(a habeas.Actor, query string) string
	OpenQuery(a habeas.Actor, token string) string
	// Open reads one record; the person will see that the actor did, and why.
	Open(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Record, error)
	// Like are possible duplicates of what is being typed.
	Like(ctx context.Context, a habeas.Actor, v party.Values) ([]party.Listed, error)
	// Enter adds what staff know: a new record or another statement on a known one.
	Enter(ctx context.Context, a habeas.Actor, in party.Assertion, invite bool) (id habeas.PartyID, created bool, err error)
	// Amend states staff's word on an existing record.
	Amend(ctx context.Context, a habeas.Actor, id habeas.PartyID, said party.Values) error
	// ChangeAddress replaces a mistyped address: the old one no longer leads here.
	ChangeAddress(ctx context.Context, a habeas.Actor, id habeas.PartyID, to email.Address) error
	// Invite sends the person a mail with a code.
	Invite(ctx context.Context, a habeas.Actor, id habeas.PartyID) error
	// Completeness is how complete a record is, whatever its person does not want to say,
	// and from when on they can be reminded. Remind does it.
	Completeness(ctx context.Context, a habeas.Actor, rec party.Record) (c party.Completion, again time.Time, err error)
	Remind(ctx context.Context, a habeas.Actor, id habeas.PartyID) error
	// PaperCode makes a code to hand over on paper; it is shown once.
	PaperCode(ctx context.Context, a habeas.Actor, id habeas.PartyID) (code sealed.Value, until time.Time, err error)
	// Waiting are the records that wait for a decision, oldest first.
	Waiting(ctx context.Context, a habeas.Actor, after habeas.PartyID, limit int) ([]party.Record, error)
	// Rivals are the other records known at the address of one that waits.
	Rivals(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Record, error)
	Decide(ctx context.Context, a habeas.Actor, id habeas.PartyID, d party.Decision) error
	// Reconsider takes a decision back: the record waits again, for the same reason.
	Reconsider(ctx context.Context, a habeas.Actor, id habeas.PartyID, reason party.Review) error
}

// Invitations tells what became of the mail that invites people to their records.
type Invitations interface {
	// Invitations are those to one record, for staff.
	Invitations(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]jobs.Delivery, error)
}

// Duplicates are records that may be about the same party. All but State refuses
// everybody who is no staff.
type Duplicates interface {
	// State says how far a search through all records is, or what the last one found.
	State() party.Search
	// Waiting counts the pairs that wait for a decision.
	Waiting(ctx context.Context, a habeas.Actor) (int, error)
	// Next is the likeliest pair that waits, false when none does. The people of both
	// records will see that the actor compared them, and why.
	Next(ctx context.Context, a habeas.Actor) (one, other party.Record, pair party.Duplicate, found bool, err error)
	Decide(ctx context.Context, a habeas.Actor, p party.PairID, what party.PairDecision) error
	// Decided lists the pairs that staff said are two, those decided last first.
	Decided(ctx context.Context, a habeas.Actor, limit int) ([]party.DecidedPair, error)
	Begin(ctx context.Context, a habeas.Actor) error
	Stop(ctx context.Context, a habeas.Actor) error
}

// Pages are the pages about records: of people about themselves, of staff, and
// what everybody may see.
type Pages struct {
	*ui.Base
	Records     Records
	Invitations Invitations
	Rights      Rights
	Joins       Joining
	Imports     Imports
	Disputes    Disputes
	Duplicates  Duplicates
	Bulks       Bulks
	Notes       Notes
	Lists       Lists
	Tags        Tags
	Relations   Relations
	Guardians   Guardians
	Letters     Letters
	Profiles    Profiles
}

// Mount registers them.
func (s *Pages) Mount(m *edge.Mux) {
	s.mountMe(m)
	s.mountStaff(m)
	s.mountJoin(m)
	s.mountImport(m)
	s.mountProfile(m)
	s.mountDisputes(m)
	s.mountNotes(m)
	s.mountKin(m)
}

// Nav are the navigation lines of the pages about records.
func Nav() []ui.NavItem {
	people, decide := lang.Mark("People"), lang.Mark("To decide")
	return []ui.NavItem{
		{Area: ui.AreaMe, Path: "/me", Label: lang.Mark("Inbox and records")},
		{Area: ui.AreaMe, Path: "/me/activity", Label: lang.Mark("Who looked")},
		{Area: ui.AreaMe, Path: "/me/copy", Label: lang.Mark("Take a copy")},
		{Area: ui.AreaStaff, Path: "/staff", Label: lang.Mark("Desk")},
		{Area: ui.AreaStaff, Group: people, Path: "/staff/people", Label: lang.Mark("Find people")},
		{Area: ui.AreaStaff, Group: people, Path: "/staff/add", Label: lang.Mark("Add")},
		{Area: ui.AreaStaff, Group: people, Path: importPath, Label: lang.Mark("Import")},
		{Area: ui.AreaStaff, Group: people, Path: lettersPath, Label: lang.Mark("Letters")},
		{Area: ui.AreaStaff, Group: decide, Path: "/staff/waiting", Label: lang.Mark("Waiting for a decision")},
		{Area: ui.AreaStaff, Group: decide, Path: duplicatesPath, Label: lang.Mark("Duplicates")},
		{Area: ui.AreaStaff, Group: decide, Path: "/staff/disputes", Label: lang.Mark("Disputes")},
		{Area: ui.AreaStaff, Group: decide, Path: "/staff/merges", Label: lang.Mark("Merges and splits")},
		{Area: ui.AreaStaff, Group: decide, Path: "/staff/releases", Label: lang.Mark("Releases of data")},
	}
}

// onParty hands a page the record that its path names.
func onParty(h func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return ui.OnID("id", errNoRecord, h)
}
