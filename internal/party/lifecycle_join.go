package party

import (
	"time"

	"github.com/habeas-data/habeas"
)

var (
	errSelfMerge  = habeas.Invalid("other", "This is the same record. Choose another one.").WithCode("merge.same")
	errTargetFree = habeas.Conflict("The record that belongs to somebody is the one that stays. Look at it again.").WithCode("merge.order")
	errIsMerged   = habeas.Conflict("One of the records is merged with another already. Look at it again.").WithCode("merge.merged")
	errKinds      = habeas.Conflict("A person and an organisation are never one party.").WithCode("merge.kind")
	errIsFrozen   = habeas.Conflict("A dispute about one of the records is open. It has to be decided first.").WithCode("merge.frozen")
	errRestrained = habeas.Conflict("The use of one of the records is restricted or objected to. That has to be answered first.").WithCode("merge.restrained")
	errMergeOver  = habeas.Conflict("Somebody has decided this already.").WithCode("merge.over")
	errMergeAsk   = habeas.Forbidden("The person of the record has to agree first.").WithCode("merge.consent")
	errSplitAsk   = habeas.Forbidden("The person of the record has to agree first.").WithCode("split.consent")
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
	case from.State == "":
		return errGone
	}
	return nil
}

// merge makes Other part of Record, once everybody whom one of them belongs to has agreed.
// The account of Other stays noted there: it gets the record back when the two come apart.
func (s *Situation) merge(m Move) error {
	if err := CanMerge(s.Record, s.Other); err != nil {
		return err
	}
	if s.Merge = s.Merge.Agree(m.Who.Account); s.Merge.Asks(s.Record) || s.Merge.Asks(s.Other) {
		return errMergeAsk
	}
	s.Record.Version++
	s.goIn(m)
	return nil
}

// home does so with the second record of a split that was undone, which nobody has
// claimed: it was one with the first all the time, and shows what that one's person has
// not seen only after they were asked.
func (s *Situation) home(m Move) error {
	switch {
	case m.Top.State == Frozen:
		return errIsFrozen
	case s.Other.State != Unclaimed || m.Top.State != Unclaimed:
		return errMergeAsk
	}
	s.goIn(m)
	return nil
}

func (s *Situation) goIn(m Move) {
	s.Merge.Into, s.Merge.From, s.Merge.State, s.Merge.At, s.Merge.Was = s.Record.ID, s.Other.ID, MergeDone, m.At, s.Other.State
	s.Other.State = Merged
	s.Other.Version++
}

// unmerge lets Other stand alone again, as it was. A claim made on the two together goes
// to the side whose address it rests on; and what was taken by a dispute from the account
// of Other, while it was part of Record, does not come back to it by this door.
func (s *Situation) unmerge(m Move) error {
	into, from := &s.Record, &s.Other
	switch {
	case s.Merge.State != MergeDone || from.State != Merged:
		return errMergeOver
	case m.Top.State == Frozen:
		return errIsFrozen
	case m.Moves && into.Restraint != RestraintNone: // its person has asked for it here, and would leave
		return errRestrained
	}
	s.Merge.State, s.Merge.EndedAt = MergeUndone, m.At
	from.State = s.Merge.Was
	if m.Lost {
		from.free()
		if s.Claim.Party == from.ID && s.Claim.State == ClaimAccepted {
			s.Claim.State, s.Claim.ClosedAt = ClaimUndone, m.At
		}
	}
	if m.Moves && s.Merge.ClaimedSince(*into) && (from.State == Unclaimed || from.Account == into.Account) {
		from.State, from.Account, from.ClaimedAt, from.Opened = Claimed, into.Account, into.ClaimedAt, into.Opened
		from.Blocked = false // who was to be kept off it has it
		into.free()
	}
	into.Version++
	from.Version++
	return nil
}

// split makes Other, which begins with words that were said of Record.
func (s *Situation) split(m Move) error {
	switch p := s.Record; {
	case p.State == Frozen:
		return errIsFrozen
	case p.State == Merged:
		return errIsMerged
	case p.State == Claimed && m.By != p.Account:
		return errSplitAsk
	}
	s.Record.Version++
	s.Other = Party{ID: s.Other.ID, Kind: s.Record.Kind, State: Unclaimed, Version: 1}
	return nil
}

// leave lets go of a merged record whose account is erased: it stays part of the other,
// and is nobody's should it stand alone again.
func (s *Situation) leave(m Move) error {
	p := &s.Record
	if p.State != Merged || p.Account != m.Who.Account {
		return errNone
	}
	p.Account, p.ClaimedAt, p.Opened = habeas.AccountID{}, time.Time{}, nil
	p.Version++
	if s.Merge.From == p.ID && s.Merge.State == MergeDone {
		s.Merge.Was = Unclaimed
		s.Merge = s.Merge.without(m.Who.Account)
	}
	return nil
}
