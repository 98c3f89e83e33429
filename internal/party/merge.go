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
	Papers  []PaperMove      // lie elsewhere now
}

// Joinable is a record as a merge looks at it.
type Joinable struct {
	Party   Party
	Said    []Statement // that count in it
	Settled Settled     // what its person has decided about proposals
}

// Order puts the record that stays first: the claimed one, else the older.
func Order(a, b Joinable) (into, from Joinable) {
	older := bytes.Compare(a.Party.ID[:], b.Party.ID[:]) < 0
	if a.Party.State == b.Party.State && !older || a.Party.State != Claimed && b.Party.State == Claimed {
		return b, a
	}
	return a, b
}

// without returns the merge without the yes of an account that is gone.
func (m Merge) without(who habeas.AccountID) Merge {
	m.Agreed = slices.DeleteFunc(slices.Clone(m.Agreed), func(one habeas.AccountID) bool { return one == who })
	return m
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
	s, err := Situation{Record: into.Party, Other: from.Party, Merge: m}.Take(Move{Kind: MoveMerge, At: now, Who: Claimant{Account: agreed}})
	if err != nil {
		return Turn{}, err
	}
	m = s.Merge
	t := Turn{Change: []Party{s.Record, s.Other}}
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
// by themselves, now or once nobody has the record any more. A choice that held by the
// claim alone would be lost with it (PTY-14). What its person said no choice of staff
// changes.
func (m Merge) chosen(into, from Joinable, schemas *Schemas) Values {
	out := Values{}
	both := Joinable{Party: into.Party, Said: Together(into.Said, from.Said), Settled: into.Settled}
	now, free := both.folds(schemas)
	a, aFree := into.folds(schemas)
	b, bFree := from.folds(schemas)
	for _, set := range now.Sets {
		for _, f := range set.Fields {
			text := func(r Record) string { return r.Text(set.Schema.Name, f.Schema.Name) }
			want, later := text(a), text(aFree)
			if other := text(b); want == "" || other != "" && slices.Contains(m.Choices, set.Schema.Name+"."+f.Schema.Name) {
				want, later = other, text(bFree)
			}
			if want != "" && (want != f.Current.Text || want == later && want != text(free)) {
				out.Put(set.Schema.Name, f.Schema.Name, want)
			}
		}
	}
	return out
}

// folds are the record as it is, and as it would be if nobody had it.
func (j Joinable) folds(schemas *Schemas) (now, free Record) {
	p := j.Party
	p.free()
	return Fold(j.Party, j.Said, j.Settled, schemas), Fold(p, j.Said, Settled{}, schemas)
}

// Together returns the statements of several records, oldest first; one that two
// records hold counts once.
func Together(said ...[]Statement) []Statement {
	all := slices.Concat(said...)
	slices.SortStableFunc(all, func(a, b Statement) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return slices.CompactFunc(all, func(a, b Statement) bool { return a.ID == b.ID })
}

// Undo takes a merge back. by.Top is the record that shows into: itself, or the one it is
// merged into by now. by.Moves says that the person who claimed meanwhile has proved an
// address of from alone: the claim goes with it, and so do their words. by.Lost says that
// the account of from may not have it back; c is the claim by which it had it.
func (m Merge) Undo(into, from Party, c Claim, by Move) (Turn, Claim, error) {
	by.Kind = MoveUnmerge
	s, err := Situation{Record: into, Other: from, Merge: m, Claim: c}.Take(by)
	if err != nil {
		return Turn{}, c, err
	}
	return Turn{Change: []Party{s.Record, s.Other}, Merges: []Merge{s.Merge}, Put: m.unchosen()}, s.Claim, nil
}

// unchosen puts aside what staff chose for the merge.
func (m Merge) unchosen() []Aside {
	if m.Said.IsZero() {
		return nil
	}
	return []Aside{{Party: m.Into, Statement: m.Said, Event: habeas.SubjectID(m.ID)}}
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

// Settle brings the words said meanwhile to their side. Who is not named stays. lying is
// what lies with from, also put aside: copies of an earlier decision count again.
func (m Merge) Settle(into, from Party, since, lying []Statement, keep map[habeas.StatementID]Keep) (Turn, error) {
	if m.State != MergeUndone {
		return Turn{}, errMergeOver
	}
	if into.State == Frozen || from.State == Frozen {
		return Turn{}, errIsFrozen
	}
	m.State = MergeSettled
	t := Turn{Merges: []Merge{m}, Clear: habeas.SubjectID(m.ID), Put: m.unchosen()}
	for _, s := range since {
		k, copied := keep[s.ID], slices.ContainsFunc(lying, func(l Statement) bool { return l.ID == s.ID })
		if k != KeepFrom && k != KeepBoth {
			if copied { // by an earlier decision that was taken back
				t.Put = append(t.Put, Aside{Party: from.ID, Statement: s.ID, Event: habeas.SubjectID(m.ID)})
			}
			continue
		}
		if from.State != Unclaimed && from.Account != s.Source.Account && from.Account != into.Account {
			return Turn{}, habeas.Conflict("The other record has its own person by now: words of this one stay here.").WithCode("merge.settle-claimed")
		}
		t.Change = edited(into, from)
		if !copied {
			t.Say = append(t.Say, copyTo(s, from.ID))
		}
		if k == KeepFrom {
			t.Put = append(t.Put, Aside{Party: s.Party, Statement: s.ID, Event: habeas.SubjectID(m.ID)})
		}
	}
	return t, nil
}

// edited counts one change of each record.
func edited(records ...Party) (out []Party) {
	for _, p := range records {
		s, _ := Situation{Record: p}.Take(Move{Kind: MoveHear}) // never refused
		out = append(out, s.Record)
	}
	return out
}

var errSettledMoved = habeas.Conflict("What went to the other record was split off from there since. Undo that split first.").WithCode("merge.settle-split")

// Unsettle takes that decision back: what had gone over counts where it was said, and
// there only, until staff decide again. at and lying are what lies with into and from,
// also put aside, and asides are those at from.
func (m Merge) Unsettle(into, from Party, at, lying []Statement, asides []Aside) (Turn, error) {
	switch {
	case m.State != MergeSettled:
		return Turn{}, errMergeOver
	case into.State == Frozen || from.State == Frozen:
		return Turn{}, errIsFrozen
	}
	m.State = MergeUndone
	t := Turn{Merges: []Merge{m}, Clear: habeas.SubjectID(m.ID), Put: m.unchosen(), Change: edited(into, from)}
	for _, s := range m.Since(at) {
		if !slices.ContainsFunc(lying, func(l Statement) bool { return l.ID == s.ID }) {
			continue
		}
		for _, a := range asides {
			if a.Statement == s.ID && a.Event != habeas.SubjectID(m.ID) {
				return Turn{}, errSettledMoved
			}
		}
		t.Put = append(t.Put, Aside{Party: from.ID, Statement: s.ID, Event: habeas.SubjectID(m.ID)})
	}
	return t, nil
}

// copyTo is the same word, by the same source at the same moment, held about another party.
func copyTo(s Statement, id habeas.PartyID) Statement {
	s.Party = id
	return s
}
