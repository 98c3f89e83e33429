package party

import (
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Situation is a record with the claim and the dispute that a move is about, and, where
// two records are merged or taken apart, the other one. What a move has nothing to do
// with is zero.
type Situation struct {
	Record  Party
	Claim   Claim
	Dispute Dispute
	Merge   Merge
	Other   Party // what goes into Record, comes out of it, or is split off it
}

// MoveKind names a move of the life cycle.
type MoveKind string

// The moves. The table in the comment of the package says where each leads.
const (
	MoveBegin    MoveKind = "begin"     // somebody else speaks of a party for the first time
	MoveBeginOwn MoveKind = "begin-own" // an account enters itself
	MoveHear     MoveKind = "hear"      // a system or an import says something more
	MoveEdit     MoveKind = "edit"      // staff, or its person, change what it says

	MoveOpen   MoveKind = "open"   // a claimant looks at the confirm screen
	MoveShow   MoveKind = "show"   // they show evidence, right or wrong
	MoveLetter MoveKind = "letter" // they type the code of a letter: their address leads to the record
	MoveAccept MoveKind = "accept" // “make this record mine”
	MoveRefuse MoveKind = "refuse" // “this is not me”
	MoveNotMe  MoveKind = "not-me" // the same, said without an account

	MoveWait       MoveKind = "wait"       // it shows that staff have to look first
	MoveRelease    MoveKind = "release"    // staff: whoever proves its address may claim it
	MoveKeepApart  MoveKind = "keep-apart" // staff: its addresses lead to it no more
	MoveReconsider MoveKind = "reconsider" // staff take such a decision back
	MoveAddress    MoveKind = "address"    // staff give it another address
	MoveLink       MoveKind = "link"       // staff have seen the person and a document

	MoveDispute MoveKind = "dispute" // somebody says that the claim is wrong
	MoveKeep    MoveKind = "keep"    // staff find it right
	MoveUndo    MoveKind = "undo"    // staff take the record from the account
	MoveReopen  MoveKind = "reopen"  // staff take either decision back

	MoveMerge   MoveKind = "merge"   // Other goes into Record
	MoveHome    MoveKind = "home"    // the second record of an undone split does
	MoveUnmerge MoveKind = "unmerge" // it stands alone again
	MoveSplit   MoveKind = "split"   // Other begins with words of Record

	MoveRestrain MoveKind = "restrain" // it is restricted or objected to, or neither any more
	MoveLeave    MoveKind = "leave"    // the account behind a merged record is erased
	MoveErase    MoveKind = "erase"    // all of it goes
)

// Move is one move, with what the transaction that makes it has read.
type Move struct {
	Kind MoveKind
	At   time.Time
	By   habeas.AccountID // who decides
	Who  Claimant         // whose claim it is, or to whom the record is to go

	Offer   Candidate // what of the record is offered to Who at this moment; zero: no address leads there
	Version int64     // of the record as it was shown
	Review  Review    // why it is to wait

	Evidence EvidenceKind
	Right    bool // whether the evidence fits
	Check    Check
	Schemas  *Schemas
	Rules    Rules

	Challenge Challenge
	Before    []Dispute // there were about the record
	Shut      []Gate    // closed by an undone claim
	Stray     bool      // no other address leads to the record

	Top   Party // the record that shows Record
	Moves bool  // the claim made on two records together was one on Other
	Lost  bool  // Other's account lost the two together by a dispute

	Restraint Restraint
	Loosen    bool // the restraint is what other requests still ask for
}

// Gate is an address that leads to a record no more, with the rows there that were marked
// as left because of it. Others had been left before, and stay so when the gate is opened.
type Gate struct {
	Party   habeas.PartyID     `json:"p"`
	Address keyring.LookupHash `json:"a"`
	Rows    []GateRow          `json:"r,omitempty"`
}

// GateRow is under what a source knows a party at the address of a gate.
type GateRow struct {
	Source habeas.SystemID `json:"s"`
	N      uint32          `json:"n,omitempty"`
}

// Close marks, of the rows at the address, those of the gate's party as left.
func (g *Gate) Close(rows []KnownAs) (left []KnownAs) {
	for _, k := range rows {
		if k.Party == g.Party && !k.Identity.Left {
			k.Identity.Left = true
			left, g.Rows = append(left, k), append(g.Rows, GateRow{k.Source, k.N})
		}
	}
	return left
}

// Open takes that back.
func (g Gate) Open(rows []KnownAs) (good []KnownAs) {
	for _, k := range rows {
		if k.Party == g.Party && slices.Contains(g.Rows, GateRow{k.Source, k.N}) {
			k.Identity.Left = false
			good = append(good, k)
		}
	}
	return good
}

// Take decides: it returns what record, claim, dispute and merge are after a move, or why
// it is not allowed; then nothing changes. It is the only place that does (wall test), and
// it is pure: who calls it has read what it needs in the transaction that writes the
// result, with locks that keep it true until then (PTY-A21, PTY-A32).
func (s Situation) Take(m Move) (Situation, error) {
	was, take := s, moves[m.Kind]
	switch begins := m.Kind == MoveBegin || m.Kind == MoveBeginOwn; {
	case take == nil:
		return was, errMove
	case begins && s.Record.State != "":
		return was, errBegun
	case !begins && s.Record.State == "":
		return was, errGone
	}
	if err := take(&s, m); err != nil {
		return was, err
	}
	return s, nil
}

// moves are the rules, one for each move.
var moves = map[MoveKind]func(*Situation, Move) error{
	MoveBegin: (*Situation).begin, MoveBeginOwn: (*Situation).beginOwn, MoveHear: (*Situation).hear, MoveEdit: (*Situation).edit,
	MoveOpen: (*Situation).open, MoveShow: (*Situation).show, MoveLetter: (*Situation).letter, MoveAccept: (*Situation).accept, MoveRefuse: (*Situation).refuse,
	MoveNotMe: (*Situation).notMe, MoveWait: (*Situation).wait,
	MoveRelease: (*Situation).release, MoveKeepApart: (*Situation).keepApart, MoveReconsider: (*Situation).reconsider,
	MoveAddress: (*Situation).address, MoveLink: (*Situation).link,
	MoveDispute: (*Situation).dispute, MoveKeep: (*Situation).keep, MoveUndo: (*Situation).undo, MoveReopen: (*Situation).reopen,
	MoveMerge: (*Situation).merge, MoveHome: (*Situation).home, MoveUnmerge: (*Situation).unmerge, MoveSplit: (*Situation).split,
	MoveRestrain: (*Situation).restrain, MoveLeave: (*Situation).leave, MoveErase: (*Situation).erase,
}

// ErrFrozen says that a dispute has to end first.
var ErrFrozen = habeas.Forbidden("This record is frozen while a dispute is open.").WithCode("party.frozen")

var (
	errMove    = habeas.Invalid("move", "There is no such move.").WithCode("move.unknown")
	errGone    = habeas.NotFound("There is no such record.").WithCode("party.none")
	errBegun   = habeas.Conflict("There is such a record already.").WithCode("party.exists")
	errClaimed = habeas.Conflict("This record has its person already.").WithCode("party.claimed")
	errPart    = habeas.Conflict("This record is part of another one. Open that one.").WithCode("check.merged")
	errTheirs  = habeas.Forbidden("This record belongs to its person: only they can change its address.").WithCode("party.claimed")
	errDecided = habeas.Conflict("Somebody has decided this already.").WithCode("review.done")
	errWaiting = habeas.Conflict("This record waits for a decision already.").WithCode("review.open")
)

// begin makes the record of a party that somebody else speaks of.
func (s *Situation) begin(m Move) error {
	s.Record.State, s.Record.Review, s.Record.Version = Unclaimed, m.Review, 1
	return nil
}

// beginOwn makes the record of an account. Nothing is opened: what others add asks for
// evidence (PTY-25).
func (s *Situation) beginOwn(m Move) error {
	if !m.Who.Active || m.Who.Account.IsZero() {
		return errNone
	}
	s.Record.State, s.Record.Account, s.Record.ClaimedAt, s.Record.Version = Claimed, m.Who.Account, m.At, 1
	return nil
}

// hear counts what others say. It is taken in whatever state the record is in, so that
// they learn nothing by it (PTY-A27); an address that begins to lead to it may be one at
// which staff have to look.
func (s *Situation) hear(m Move) error {
	if s.Record.State == Unclaimed && s.Record.Review == ReviewNone {
		s.Record.Review = m.Review
	}
	s.Record.Version++
	return nil
}

// edit counts what staff or its person say.
func (s *Situation) edit(Move) error {
	switch s.Record.State {
	case Frozen:
		return ErrFrozen
	case Merged:
		return errPart
	case Unclaimed, Claimed:
	}
	s.Record.Version++
	return nil
}

// restrain puts a record under a restraint, or takes it off. A weaker one that is left of
// a stronger one holds since the same moment.
func (s *Situation) restrain(m Move) error {
	switch p := &s.Record; {
	case p.State == Frozen:
		return ErrFrozen
	case m.Loosen && p.Restraint == m.Restraint:
	case m.Loosen && p.Restraint == Objected && m.Restraint == Restricted:
		p.Restraint = Restricted
		p.Version++
	default:
		*p = restrained(*p, m.Restraint, m.At)
	}
	return nil
}

// erase ends everything. Without an account it is the organisation that erases, and only
// what nobody has claimed.
func (s *Situation) erase(m Move) error {
	switch p := s.Record; {
	case m.Who.Account.IsZero() && p.State != Unclaimed:
		return errClaimed
	case p.State == Frozen:
		return ErrFrozen
	case p.State == Merged: // it goes with the record that it is part of
		return errPart
	case p.Account != m.Who.Account:
		return errNone
	}
	*s = Situation{Record: Party{ID: s.Record.ID, Kind: s.Record.Kind}}
	return nil
}
