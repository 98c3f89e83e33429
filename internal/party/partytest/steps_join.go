package partytest

import (
	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// disputeOf is the open dispute about a record.
func (w *World) disputeOf(r int) party.Dispute {
	m := w.Records[r]
	if !m.Disputed {
		return party.Dispute{}
	}
	return party.Dispute{
		ID: habeas.DisputeID{1}, Party: parties[r], Claim: w.claim(r, m.Holder, m.Held, holds).ID, Account: accountOf(m.Holder), State: party.DisputeOpen,
	}
}

func (m *Model) dispute(w *World, r int, by party.Challenge) error {
	one := &w.Records[r]
	c := w.claim(r, one.Holder, one.Held, holds)
	var before []party.Dispute
	for a, heard := range one.Held.Heard {
		if heard {
			before = append(before, party.Dispute{Claim: c.ID, State: party.DisputeKept, Address: addresses[a]})
		}
	}
	if one.State == merged {
		c = party.Claim{}
	}
	s, err := m.take(party.Situation{Record: w.party(r), Claim: c}, party.Move{Kind: party.MoveDispute, At: now, Challenge: by, Before: before})
	if err != nil {
		return err
	}
	w.take(r, s.Record)
	one.Disputed = s.Dispute.State == party.DisputeOpen
	for a, h := range addresses {
		one.Held.Heard[a] = one.Held.Heard[a] || by.Address == h // it counts once it is kept, and the record is frozen until then
	}
	return nil
}

func (m *Model) keep(w *World, r int) error {
	s, err := m.take(party.Situation{Record: w.party(r), Claim: w.claim(r, w.Records[r].Holder, w.Records[r].Held, holds), Dispute: w.disputeOf(r)},
		party.Move{Kind: party.MoveKeep, At: now, By: staff})
	if err != nil {
		return err
	}
	w.take(r, s.Record)
	w.Records[r].Disputed = s.Dispute.State == party.DisputeOpen
	w.Records[r].Held.Kept = true
	return nil
}

// stray reports whether no other address that the record says leads to it. It may be said
// of one part and lead there by another.
func (w *World) stray(r int, who int) bool {
	for a := range w.People {
		said, leads := false, false
		for _, member := range w.members(r) {
			m := w.Records[member]
			said = said || m.Said[a] != NoRow
			leads = leads || (m.Said[a] == Good || m.Self[a] == Good) && w.leads(a, member) != nobody
		}
		if a != who && said && leads {
			return false
		}
	}
	return true
}

func (m *Model) undo(w *World, r int) error {
	one := &w.Records[r]
	who := int(one.Holder)
	move := party.Move{Kind: party.MoveUndo, At: now, By: staff}
	if who < 0 {
		return errNoDispute
	}
	for _, member := range w.members(r) {
		if !w.Records[member].Shut[who] {
			move.Shut = append(move.Shut, party.Gate{Party: parties[member], Address: addresses[who]})
		}
	}
	move.Stray = w.stray(r, who)
	was := *one
	s, err := m.take(party.Situation{Record: w.party(r), Claim: w.claim(r, one.Holder, one.Held, holds), Dispute: w.disputeOf(r)}, move)
	if err != nil {
		return err
	}
	d := s.Dispute
	kept := Undone{There: true, Claim: was.Held, Since: w.Join.Done && d.ClaimedAt.After(joined), Opened: len(d.Opened) > 0, Review: wordOf(d.Review), Cleared: d.Cleared}
	for _, g := range d.Shut {
		member := int(g.Party[0] - 1)
		kept.Gates[member] = w.Records[member].leave(who)
	}
	for _, member := range w.members(r) {
		kept.Gates[member].Banned = !w.Records[member].Banned[who]
		w.Records[member].Banned[who] = true
	}
	w.put(who, r, s)
	kept.Claim.State = wordOf(s.Claim.State)
	one.Disputed, one.Undone[who] = d.State == party.DisputeOpen, kept
	return nil
}

// reopen takes back the newest dispute by which a person lost the record, or, where they
// have it, the one that was kept.
func (m *Model) reopen(w *World, i, r int) error {
	one := &w.Records[r]
	u := one.Undone[i]
	d := party.Dispute{ID: habeas.DisputeID{1}, Party: parties[r], Account: accounts[i]}
	var c party.Claim
	switch {
	case one.Held.Kept && int(one.Holder) == i:
		c = w.claim(r, one.Holder, one.Held, holds)
		d.State = party.DisputeKept
	case u.There:
		c = w.claim(r, int8(i), u.Claim, undone)
		d.State, d.ClaimedAt, d.Opened, d.Review, d.Cleared = party.DisputeUndone, held(u.Since), openedOf(u.Opened), party.Review(u.Review.String()), u.Cleared
		for member, gate := range u.Gates {
			if gate.Shut {
				d.Shut = append(d.Shut, party.Gate{Party: parties[member], Address: addresses[i]})
			}
		}
	default:
		return errNoDispute
	}
	d.Claim = c.ID
	s, err := m.take(party.Situation{Record: w.party(r), Claim: c, Dispute: d}, party.Move{Kind: party.MoveReopen, At: now, Who: w.claimant(i)})
	if err != nil {
		return err
	}
	for _, member := range w.members(r) {
		one, g := &w.Records[member], u.Gates[member]
		if d.State != party.DisputeUndone {
			break
		}
		one.Shut[i], one.Banned[i] = one.Shut[i] && !g.Shut, one.Banned[i] && !g.Banned
		g.mark(one, i, Good)
	}
	w.take(r, s.Record)
	one.Disputed = s.Dispute.State == party.DisputeOpen
	if d.State == party.DisputeUndone {
		one.Held, one.Undone[i] = u.Claim, Undone{}
		one.Held.State = wordOf(s.Claim.State)
	}
	return nil
}

var errNoDispute = habeas.NotFound("There is no such dispute.")

// merge merges the two; everybody who is to be asked agrees.
func (m *Model) merge(w *World) error {
	if w.Join.Done {
		return errMerged
	}
	into, from := party.Order(party.Joinable{Party: w.party(0)}, party.Joinable{Party: w.party(1)})
	s := party.Situation{Record: into.Party, Other: from.Party}
	for i, who := range w.People {
		if !who.Closed {
			s.Merge = s.Merge.Agree(accounts[i])
		}
	}
	s, err := m.take(s, party.Move{Kind: party.MoveMerge, At: joined})
	if err != nil {
		return err
	}
	i := int(s.Record.ID[0] - 1)
	w.Join = Join{Done: s.Merge.State == party.MergeDone, Into: int8(i), Was: wordOf(s.Merge.Was)}
	w.take(i, s.Record)
	w.take(1-i, s.Other)
	return nil
}

var errMerged = habeas.Conflict("They are merged already.")

// unmerge takes them apart.
func (m *Model) unmerge(w *World) error {
	into := int(w.Join.Into)
	from := 1 - into
	s := party.Situation{Record: w.party(into), Other: w.party(from), Merge: party.Merge{
		Into: parties[into], From: parties[from], Was: party.State(w.Join.Was.String()), At: joined, State: party.MergeUndone,
	}}
	if w.Join.Done {
		s.Merge.State = party.MergeDone
	}
	move := party.Move{Kind: party.MoveUnmerge, At: now, Top: s.Record}
	a, b := &w.Records[into], &w.Records[from]
	who := a.Holder
	if who >= 0 && s.Merge.ClaimedSince(s.Record) {
		move.Moves = b.Said[who] != NoRow && a.Said[who] == NoRow
	}
	if b.Holder >= 0 {
		move.Lost = b.Shut[b.Holder]
		s.Claim = w.claim(from, b.Holder, b.Held, holds)
	}
	s, err := m.take(s, move)
	if err != nil {
		return err
	}
	moved := move.Moves && s.Other.Account == accountOf(who) && s.Record.Account != accountOf(who)
	if move.Moves { // what they proved goes with them
		if a.Self[who] != NoRow {
			b.Self[who], a.Self[who] = a.Self[who], NoRow
		}
	}
	if move.Lost {
		b.Held = Claim{}
	}
	if moved {
		b.Held, a.Held = a.Held, Claim{}
		b.Held.Kept = false // that dispute was about the other record
	}
	w.Join = Join{}
	w.take(into, s.Record)
	w.take(from, s.Other)
	for r := range w.Records {
		for i := range w.Records[r].Undone {
			w.Records[r].Undone[i].Since = false
		}
	}
	return nil
}
