package party

import (
	"bytes"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
)

// Merging and splitting (PTY-15).
//
// Nothing moves when records are merged. The record that goes in keeps its
// statements, its key and the handles under which sources know it; it only points at
// the record it is part of. What that one shows is the fold over its own statements
// and those of every record merged into it, of records merged into those, and so on.
// So a merge is undone by taking the pointer away: both sides are what they were, and
// what sources have said since is on its own side already.
//
// A statement is never deleted by a merge or split. It is put aside: an [Aside] says
// that it does not count at a party, and because of which event. Several events may
// put the same statement aside; it counts again when none does. That makes the order
// in which events are undone irrelevant.

// MergeState is where a merge stands.
type MergeState string

// The states of a merge. A proposed one waits for the person of the claimed record.
const (
	MergeProposed MergeState = "proposed"
	MergeDone     MergeState = "done"
	MergeRefused  MergeState = "refused" // its person did not want it, or staff took it back
	MergeUndone   MergeState = "undone"  // words said meanwhile may wait for a decision
	MergeSettled  MergeState = "settled" // undone, and they were decided
)

// Merge is the finding that two records are about one party.
type Merge struct {
	ID      habeas.MergeID
	Into    habeas.PartyID
	From    habeas.PartyID
	State   MergeState
	Was     State              // of From before it
	By      habeas.AccountID   // who found it
	Choices []string           // fields, as "set.field", for which the value of From was chosen
	Said    habeas.StatementID // by which the choice was stated on Into; zero: there was nothing to state
	Agreed  []habeas.AccountID // who of those whom the records belong to has said yes
	At      time.Time          // when it was done or proposed
	EndedAt time.Time          // when it was undone or refused
}

// Aside says that a statement does not count at a party.
type Aside struct {
	Party     habeas.PartyID
	Statement habeas.StatementID
	Event     habeas.SubjectID // the merge or split because of which it does not
}

// Turn is what a step of a merge or split writes, all or nothing.
type Turn struct {
	New     *Party // made by a split
	Change  []Party
	Merges  []Merge
	Split   *Split
	Say     []Statement      // made or copied; each lies with its party
	Clear   habeas.SubjectID // what was put aside because of this event counts again; zero: nothing
	Put     []Aside          // after that
	Handles []KnownAs        // lead elsewhere now; Identity and Ref stay
}

// Joinable is a record as a merge looks at it.
type Joinable struct {
	Party   Party
	Said    []Statement // that count in it
	Settled Settled     // what its person has decided about proposals
}

var (
	errSelfMerge  = habeas.Invalid("other", "This is the same record. Choose another one.").WithCode("merge.same")
	errTargetFree = habeas.Conflict("The record that belongs to somebody is the one that stays. Look at it again.").WithCode("merge.order")
	errIsMerged   = habeas.Conflict("One of the records is merged with another already. Look at it again.").WithCode("merge.merged")
	errKinds      = habeas.Conflict("A person and an organisation are never one party.").WithCode("merge.kind")
	errIsFrozen   = habeas.Conflict("A dispute about one of the records is open. It has to be decided first.").WithCode("merge.frozen")
	errRestrained = habeas.Conflict("The use of one of the records is restricted or objected to. That has to be answered first.").WithCode("merge.restrained")
	errMergeOver  = habeas.Conflict("Somebody has decided this already.").WithCode("merge.over")
)

// CanMerge says whether a record may be merged into another. Of two only one of which
// is claimed, that one is the target.
func CanMerge(into, from Party) error {
	switch {
	case into.ID == from.ID:
		return errSelfMerge
	case into.State == Merged || from.State == Merged:
		return errIsMerged
	case into.State == Frozen || from.State == Frozen:
		return errIsFrozen
	case into.Restraint != RestraintNone || from.Restraint != RestraintNone:
		return errRestrained
	case into.Kind != from.Kind:
		return errKinds
	case from.State == Claimed && into.State != Claimed:
		return errTargetFree
	}
	return nil
}

// Order puts the record that stays first: the claimed one, else the older.
func Order(a, b Joinable) (into, from Joinable) {
	older := bytes.Compare(a.Party.ID[:], b.Party.ID[:]) < 0
	if a.Party.State == b.Party.State && !older || a.Party.State != Claimed && b.Party.State == Claimed {
		return b, a
	}
	return a, b
}

// Agree returns the merge with the yes of an account.
func (m Merge) Agree(who habeas.AccountID) Merge {
	if !who.IsZero() && !slices.Contains(m.Agreed, who) {
		m.Agreed = append(slices.Clone(m.Agreed), who)
	}
	return m
}

// Asks reports whether the person of one of the records has not agreed yet.
func (m Merge) Asks(p Party) bool {
	return p.State == Claimed && !slices.Contains(m.Agreed, p.Account)
}

// Propose returns the merge as it waits for whom the records belong to.
func (m Merge) Propose(into, from Party, now time.Time) (Turn, error) {
	if err := CanMerge(into, from); err != nil {
		return Turn{}, err
	}
	m.Into, m.From, m.State, m.At = into.ID, from.ID, MergeProposed, now
	return Turn{Merges: []Merge{m}}, nil
}

// Do merges. The account is that of the person who agreed last; everybody whom a record
// belongs to has to. The record that stays is the one that its person keeps: where the
// other belonged to a second account, that one gets it back when the merge is undone.
// m.Said is the id under which the choice is stated.
func (m Merge) Do(into, from Joinable, agreed habeas.AccountID, now time.Time, schemas *Schemas) (Turn, error) {
	if err := CanMerge(into.Party, from.Party); err != nil {
		return Turn{}, err
	}
	if m = m.Agree(agreed); m.Asks(into.Party) || m.Asks(from.Party) {
		return Turn{}, habeas.Forbidden("The person of the record has to agree first.").WithCode("merge.consent")
	}
	m.Into, m.From, m.State, m.At, m.Was = into.Party.ID, from.Party.ID, MergeDone, now, from.Party.State
	t := Turn{Change: []Party{into.Party, from.Party}}
	t.Change[0].Version++
	t.Change[1].Version++
	t.Change[1].State = Merged
	chosen := m.chosen(into, from, schemas)
	if chosen.Len() == 0 {
		m.Said = habeas.StatementID{}
	} else {
		t.Say = []Statement{{
			ID: m.Said, Party: m.Into, Source: Source{Kind: FromStaff, Account: m.By}, Values: chosen,
			Occ: Occasion{Agreed: into.Party.State == Claimed},
		}}
	}
	t.Merges = []Merge{m}
	return t, nil
}

// chosen is what has to be stated so that the chosen values count: those that would not
// by themselves. What its person said no choice of staff changes.
func (m Merge) chosen(into, from Joinable, schemas *Schemas) Values {
	out := Values{}
	together := Fold(into.Party, Together(into.Said, from.Said), into.Settled, schemas)
	a, b := Fold(into.Party, into.Said, into.Settled, schemas), Fold(from.Party, from.Said, from.Settled, schemas)
	for _, set := range together.Sets {
		for _, f := range set.Fields {
			want := a.Text(set.Schema.Name, f.Schema.Name)
			if other := b.Text(set.Schema.Name, f.Schema.Name); want == "" || other != "" && slices.Contains(m.Choices, set.Schema.Name+"."+f.Schema.Name) {
				want = other
			}
			if want != "" && want != f.Current.Text {
				out.Put(set.Schema.Name, f.Schema.Name, want)
			}
		}
	}
	return out
}

// Together returns the statements of several records, oldest first; one that two
// records hold counts once.
func Together(said ...[]Statement) []Statement {
	all := slices.Concat(said...)
	slices.SortStableFunc(all, func(a, b Statement) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return slices.CompactFunc(all, func(a, b Statement) bool { return a.ID == b.ID })
}

// Undo takes a merge back. top is the record that shows into: itself, or the one it is
// merged into by now. moves says that the person who claimed meanwhile has proved an
// address of from alone: the claim goes with it, and so do their words.
func (m Merge) Undo(into, from, top Party, moves bool, now time.Time) (Turn, error) {
	if m.State != MergeDone {
		return Turn{}, errMergeOver
	}
	switch {
	case top.State == Frozen:
		return Turn{}, errIsFrozen
	case moves && into.Restraint != RestraintNone: // its person has asked for it here, and would leave
		return Turn{}, errRestrained
	}
	m.State, m.EndedAt = MergeUndone, now
	from.State = m.Was
	if moves && m.ClaimedSince(into) && from.State == Unclaimed {
		from.State, from.Account, from.ClaimedAt, from.Opened = Claimed, into.Account, into.ClaimedAt, into.Opened
		into.State, into.Account, into.ClaimedAt, into.Opened = Unclaimed, habeas.AccountID{}, time.Time{}, nil
	}
	into.Version++
	from.Version++
	t := Turn{Change: []Party{into, from}, Merges: []Merge{m}}
	if !m.Said.IsZero() {
		t.Put = []Aside{{Party: m.Into, Statement: m.Said, Event: habeas.SubjectID(m.ID)}}
	}
	return t, nil
}

// ClaimedSince reports whether somebody claimed the record when it was a merged one.
func (m Merge) ClaimedSince(into Party) bool {
	return into.State == Claimed && into.ClaimedAt.After(m.At)
}

// Keep is which side a word said on the merged record goes to when it is undone.
type Keep string

// The sides.
const (
	KeepInto Keep = "stays"
	KeepFrom Keep = "goes"
	KeepBoth Keep = "both"
)

// Since lists what people, not systems, have said on the merged record: it lies with
// the record that stays, and staff say for each where it belongs. said is what counts
// at Into itself.
func (m Merge) Since(said []Statement) []Statement {
	var out []Statement
	for _, s := range said {
		human := s.Source.Kind == FromStaff || s.Source.Kind == FromSelf
		if human && s.Party == m.Into && s.ID != m.Said && !s.At().Before(m.At) && (m.EndedAt.IsZero() || s.At().Before(m.EndedAt)) {
			out = append(out, s)
		}
	}
	return out
}

// Settle brings the words said meanwhile to their side. Who is not named stays.
func (m Merge) Settle(into, from Party, since []Statement, keep map[habeas.StatementID]Keep) (Turn, error) {
	if m.State != MergeUndone {
		return Turn{}, errMergeOver
	}
	if into.State == Frozen || from.State == Frozen {
		return Turn{}, errIsFrozen
	}
	m.State = MergeSettled
	t := Turn{Merges: []Merge{m}}
	for _, s := range since {
		k := keep[s.ID]
		if k != KeepFrom && k != KeepBoth {
			continue
		}
		if from.State != Unclaimed && from.Account != s.Source.Account && from.Account != into.Account {
			return Turn{}, habeas.Conflict("The other record has its own person by now: words of this one stay here.").WithCode("merge.settle-claimed")
		}
		t.Say = append(t.Say, copyTo(s, from.ID))
		if k == KeepFrom {
			t.Put = append(t.Put, Aside{Party: s.Party, Statement: s.ID, Event: habeas.SubjectID(m.ID)})
		}
	}
	if len(t.Say) > 0 {
		into.Version++
		from.Version++
		t.Change = []Party{into, from}
	}
	return t, nil
}

// copyTo is the same word, by the same source at the same moment, held about another party.
func copyTo(s Statement, id habeas.PartyID) Statement {
	s.Party = id
	return s
}
