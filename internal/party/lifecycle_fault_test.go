package party_test

import (
	"testing"

	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/party/partytest"
)

type take = func(party.Situation, party.Move) (party.Situation, error)

// after is the dispatcher with a fault in what it answers to one kind of move.
func after(kind party.MoveKind, fault func(was, next *party.Situation)) take {
	return func(s party.Situation, m party.Move) (party.Situation, error) {
		next, err := s.Take(m)
		if err == nil && m.Kind == kind {
			fault(&s, &next)
		}
		return next, err
	}
}

// blind is the dispatcher that does not see something.
func blind(kind party.MoveKind, hide func(*party.Situation, *party.Move)) take {
	return func(s party.Situation, m party.Move) (party.Situation, error) {
		was := s
		if m.Kind == kind {
			hide(&s, &m)
		}
		next, err := s.Take(m)
		if err != nil {
			return was, err
		}
		return next, nil
	}
}

// lax is the dispatcher that lets a refused move through.
func lax(kind party.MoveKind, do func(*party.Situation, party.Move)) take {
	return func(s party.Situation, m party.Move) (party.Situation, error) {
		next, err := s.Take(m)
		if err == nil || m.Kind != kind {
			return next, err
		}
		do(&s, m)
		s.Record.Version++
		return s, nil
	}
}

// give links record and claim, whatever was asked.
func give(s *party.Situation, m party.Move) {
	s.Record.State, s.Record.Account, s.Record.ClaimedAt = party.Claimed, m.Who.Account, m.At
	s.Claim.State, s.Claim.Account = party.ClaimAccepted, m.Who.Account
}

// faults are dispatchers each of which breaks a rule, with the search that finds it and
// how many steps the shortest history has.
var faults = map[string]struct {
	story string
	steps int
	take  take
}{
	"a claim is accepted on a version that was not shown": {"claims and evidence", 3, blind(party.MoveAccept, func(s *party.Situation, m *party.Move) {
		s.Claim.Version, m.Version = s.Record.Version, s.Record.Version
	})},
	"a claim is accepted while staff have to look": {"claims and evidence", 3, blind(party.MoveAccept, func(s *party.Situation, m *party.Move) {
		s.Record.Review, m.Offer.Review = party.ReviewNone, party.ReviewNone
		s.Claim.Version, m.Version = s.Record.Version, s.Record.Version
	})},
	"a claim is accepted of a record to which no address leads": {"claims and evidence", 3, lax(party.MoveAccept, func(s *party.Situation, m party.Move) {
		if s.Claim.State == party.ClaimOpen {
			give(s, m)
		}
	})},
	"a claim is accepted at an address that is old": {"claims and evidence", 3, blind(party.MoveAccept, func(s *party.Situation, _ *party.Move) { s.Claim.Stale = false })},
	"an administrator accepts": {"an administrator's", 2, func(s party.Situation, m party.Move) (party.Situation, error) {
		was := s
		if m.Kind == party.MoveOpen || m.Kind == party.MoveAccept {
			m.Who.Privileged, m.Offer.Review, s.Record.Review = false, party.ReviewNone, party.ReviewNone
		}
		next, err := s.Take(m)
		if m.Kind == party.MoveOpen {
			next.Record = was.Record
		}
		return next, err
	}},
	"a closed account is linked":              {"accounts that are closed", 2, blind(party.MoveLink, func(_ *party.Situation, m *party.Move) { m.Who.Active = true })},
	"a closed account gets a record back":     {"accounts that are closed", 5, blind(party.MoveReopen, func(_ *party.Situation, m *party.Move) { m.Who.Active = true })},
	"a frozen record is edited":               {"disputes", 4, lax(party.MoveEdit, func(s *party.Situation, _ party.Move) { s.Record.Opened = []string{"phone"} })},
	"staff address a record that is not free": {"disputes", 2, blind(party.MoveAddress, func(s *party.Situation, _ *party.Move) { s.Record.State = party.Unclaimed })},
	"a dispute freezes nothing":               {"disputes", 2, after(party.MoveDispute, func(was, next *party.Situation) { next.Record.State = was.Record.State })},
	"a claim is kept and stays frozen":        {"disputes", 3, after(party.MoveKeep, func(_, next *party.Situation) { next.Record.State = party.Frozen })},
	"an undone claim keeps its account":       {"disputes", 3, after(party.MoveUndo, func(was, next *party.Situation) { next.Record.Account = was.Record.Account })},
	"an undone claim shuts no address":        {"disputes", 3, after(party.MoveUndo, func(_, next *party.Situation) { next.Dispute.Shut = nil })},
	"a dispute forgets what was opened":       {"disputes", 2, after(party.MoveUndo, func(_, next *party.Situation) { next.Dispute.Opened = nil })},
	"a dispute forgets staff's decision":      {"who has a record already", 5, after(party.MoveUndo, func(_, next *party.Situation) { next.Dispute.Cleared = false })},
	"a dispute cannot be undone":              {"disputes", 1, lax(party.MoveUndo, func(*party.Situation, party.Move) {})},
	"somebody else's record is linked": {"disputes", 4, lax(party.MoveLink, func(s *party.Situation, m party.Move) {
		if s.Record.State == party.Claimed {
			s.Record.Account = m.Who.Account
		}
	})},
	"a change keeps the version":             {"claims and evidence", 2, after(party.MoveAccept, func(was, next *party.Situation) { next.Record.Version = was.Record.Version })},
	"a part is claimed by itself":            {"merges and links", 3, blind(party.MoveLink, func(s *party.Situation, _ *party.Move) { s.Record.State = party.Unclaimed })},
	"merging nobody was asked about":         {"merges and disputes", 2, after(party.MoveMerge, func(was, next *party.Situation) { next.Other.Account = was.Record.Account })},
	"a merge forgets what the part was":      {"merges and disputes", 4, after(party.MoveMerge, func(_, next *party.Situation) { next.Merge.Was = party.Unclaimed })},
	"an undone merge forgets the claim":      {"merges and disputes", 2, after(party.MoveUnmerge, func(_, next *party.Situation) { next.Other.Account = next.Record.Account })},
	"what was lost comes back by an unmerge": {"merges and disputes", 12, blind(party.MoveUnmerge, func(_ *party.Situation, m *party.Move) { m.Lost = false })},
	"a frozen record is taken apart":         {"merges and disputes", 5, blind(party.MoveUnmerge, func(_ *party.Situation, m *party.Move) { m.Top.State = party.Claimed })},
	"release changes nothing": {"claims and evidence", 1, func(s party.Situation, m party.Move) (party.Situation, error) {
		next, err := s.Take(m)
		if m.Kind == party.MoveRelease || m.Kind == party.MoveKeepApart || m.Kind == party.MoveAddress {
			return s, err
		}
		return next, err
	}},
}

func TestEachRuleIsBrokenByAFaultAndTheShortestHistoryIsTold(t *testing.T) {
	all := stories()
	for name, f := range faults {
		story := all[f.story]
		if story.steps == nil {
			t.Errorf("%s: no story %q", name, f.story)
			continue
		}
		e := partytest.Explore(&partytest.Model{Take: f.take, Most: 60_000}, story.steps, story.begin)
		if e.Wrong == nil {
			t.Errorf("%s: nothing is wrong in %d states", name, e.States)
			continue
		}
		t.Logf("%s: %d states, history of %d:\n%v", name, e.States, len(e.Wrong.Path), e.Wrong)
		if len(e.Wrong.Path) != f.steps {
			t.Errorf("%s: the shortest history has %d steps, want %d", name, len(e.Wrong.Path), f.steps)
		}
	}
}
