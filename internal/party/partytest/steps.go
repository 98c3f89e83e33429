package partytest

import (
	"fmt"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// Step is something that somebody does. Who is the person whose account or address it is
// about, and Record the record; either may mean nothing to a step.
type Step struct {
	Kind   Kind
	Who    int
	Record int
}

// Kind is the kind of a step.
type Kind string

// The kinds. Most are one move of the life cycle as its use case makes it.
const (
	Look   Kind = "looks at what there is to claim"
	Open   Kind = "opens the confirm screen of"
	Prove  Kind = "shows a code on paper for"
	Guess  Kind = "guesses until locked at"
	Accept Kind = "accepts"
	Refuse Kind = "says “not me” of"
	Year   Kind = "a year passes"

	Hear       Kind = "a system says something of"
	Edit       Kind = "staff edit"
	Address    Kind = "staff change the address to that of"
	Release    Kind = "staff release"
	KeepApart  Kind = "staff keep apart"
	Reconsider Kind = "staff take back the decision on"
	Link       Kind = "staff link in person"

	Challenge Kind = "disputes from a mailbox the claim of"
	Dispute   Kind = "staff dispute the claim of"
	Keep      Kind = "staff keep the claim of"
	Undo      Kind = "staff undo the claim of"
	Reopen    Kind = "staff reopen the dispute about"

	Merge   Kind = "the records are merged"
	Unmerge Kind = "the merge is undone"

	Close    Kind = "the account is closed of"
	Activate Kind = "the account is opened again of"
)

// String tells a step in words.
func (s Step) String() string {
	who, record := [2]string{"Tim", "Oscar"}[s.Who], [2]string{"A", "B"}[s.Record]
	switch s.Kind {
	case Look:
		return fmt.Sprintf("%s %s", who, s.Kind)
	case Open, Prove, Guess, Accept, Refuse, Challenge:
		return fmt.Sprintf("%s %s %s", who, s.Kind, record)
	case Address, Link, Reopen:
		return fmt.Sprintf("%s %s, %s", s.Kind, who, record)
	case Close, Activate:
		return fmt.Sprintf("%s %s", s.Kind, who)
	case Year, Merge, Unmerge:
		return string(s.Kind)
	default:
		return fmt.Sprintf("%s %s", s.Kind, record)
	}
}

// steps are all that can be done, by what of it means something.
var (
	both    = []Kind{Open, Prove, Guess, Accept, Refuse, Challenge, Address, Link, Reopen}
	ofOne   = []Kind{Hear, Edit, Release, KeepApart, Reconsider, Dispute, Keep, Undo}
	ofWho   = []Kind{Look, Close, Activate}
	ofWorld = []Kind{Year, Merge, Unmerge}
)

// Steps lists every step on the given number of records, but for the kinds left out.
func Steps(records int, without ...Kind) (out []Step) {
	left := map[Kind]bool{}
	for _, k := range without {
		left[k] = true
	}
	add := func(kinds []Kind, people, records int) {
		for _, k := range kinds {
			for who := range people {
				for r := range records {
					if !left[k] {
						out = append(out, Step{k, who, r})
					}
				}
			}
		}
	}
	add(both, 2, records)
	add(ofOne, 1, records)
	add(ofWho, 2, 1)
	add(ofWorld, 1, 1)
	return out
}

// Model takes steps. Its dispatcher is that of the domain, or one with a fault.
type Model struct {
	Take   func(party.Situation, party.Move) (party.Situation, error)
	Owners bool // who finds nothing to claim gets a record of their own
	Most   int  // states, after which a search gives up
	shrunk bool // a version did not grow with a change
}

// Next is the world after a step, or why it is not done.
func (m *Model) Next(w World, s Step) (World, error) {
	was := w
	var err error
	switch s.Kind {
	case Look:
		err = m.look(&w, s.Who)
	case Open:
		err = m.open(&w, s.Who, s.Record)
	case Prove:
		err = m.show(&w, s.Who, s.Record, true)
	case Guess:
		err = m.show(&w, s.Who, s.Record, false)
	case Accept:
		err = m.accept(&w, s.Who, s.Record)
	case Refuse:
		err = m.refuse(&w, s.Who, s.Record)
	case Hear:
		err = m.say(&w, s.Record, party.MoveHear)
	case Edit:
		err = m.say(&w, s.Record, party.MoveEdit)
	case Address:
		err = m.address(&w, s.Record, s.Who)
	case Release, KeepApart, Reconsider:
		err = m.decide(&w, s.Record, s.Kind)
	case Link:
		err = m.link(&w, s.Who, s.Record)
	case Dispute:
		err = m.dispute(&w, s.Record, party.Challenge{Way: party.DisputeByStaff, Reason: party.DisputeOther})
	case Challenge:
		err = m.dispute(&w, s.Record, party.Challenge{Way: party.DisputeByAddress, Reason: party.DisputeMine, Address: addresses[s.Who]})
	case Keep:
		err = m.keep(&w, s.Record)
	case Undo:
		err = m.undo(&w, s.Record)
	case Reopen:
		err = m.reopen(&w, s.Who, s.Record)
	case Merge:
		err = m.merge(&w)
	case Unmerge:
		err = m.unmerge(&w)
	case Close:
		w.People[s.Who].Closed = true
	case Activate:
		w.People[s.Who].Closed = false
	case Year:
		w.year()
	}
	if err != nil {
		return was, err
	}
	return w, nil
}

// take asks the dispatcher, and notes where a version did not grow.
func (m *Model) take(s party.Situation, move party.Move) (party.Situation, error) {
	next, err := m.Take(s, move)
	if err == nil {
		m.shrunk = m.shrunk || !grew(s.Record, next.Record) || !grew(s.Other, next.Other)
	}
	return next, err
}

func grew(was, is party.Party) bool {
	same := was
	same.Version = is.Version
	return is.Version > was.Version || is.Version == was.Version && equal(same, is)
}

func equal(a, b party.Party) bool {
	return a.State == b.State && a.Account == b.Account && a.ClaimedAt.Equal(b.ClaimedAt) && len(a.Opened) == len(b.Opened) &&
		a.Review == b.Review && a.Blocked == b.Blocked && a.Cleared == b.Cleared && a.Restraint == b.Restraint
}

// look is what happens when a person opens the list of offers: what staff have to look at
// waits, and who finds nothing gets a record of their own.
func (m *Model) look(w *World, i int) error {
	found := w.candidates(i)
	if len(found) == 0 {
		owns := !m.Owners || w.People[i].Own || w.People[i].Closed
		for _, r := range w.Records {
			owns = owns || int(r.Holder) == i && r.State != merged
		}
		w.People[i].Own = w.People[i].Own || !owns
		return nil
	}
	queued := false
	for _, f := range found {
		queued = queued || f.Party.Review != party.ReviewNone
	}
	for _, f := range found {
		if f.Party.Review != party.ReviewNone || f.Review == party.ReviewNone || f.Review == party.ReviewConflict && queued {
			continue
		}
		next, err := m.take(party.Situation{Record: f.Party}, party.Move{Kind: party.MoveWait, Review: f.Review})
		if err != nil {
			return err
		}
		w.take(int(f.Party.ID[0]-1), next.Record)
	}
	return nil
}

// situation is a record with a person's claim, and the move with what they are offered.
func (w *World) situation(i, r int, kind party.MoveKind) (party.Situation, party.Move) {
	s := party.Situation{Record: w.party(r), Claim: w.claimOf(r, i)}
	m := party.Move{Kind: kind, At: now, Who: w.claimant(i), Schemas: schemas, Rules: party.DefaultRules}
	m.Offer, _ = w.offer(i, r)
	return s, m
}

// put writes a situation back.
func (w *World) put(i, r int, s party.Situation) {
	at := s.Record.Version
	w.take(r, s.Record)
	if i >= 0 {
		w.save(r, i, s.Claim, at)
	}
}

func (m *Model) open(w *World, i, r int) error {
	if err := m.look(w, i); err != nil {
		return err
	}
	s, move := w.situation(i, r, party.MoveOpen)
	s, err := m.take(s, move)
	if err != nil {
		return err
	}
	w.put(i, r, s)
	return nil
}

func (m *Model) show(w *World, i, r int, right bool) error {
	s, move := w.situation(i, r, party.MoveShow)
	move.Evidence, move.Right = party.PaperCode, right
	tries := 1
	if !right {
		move.Evidence, tries = party.MembershipNumber, party.DefaultRules.MaxTries
	}
	for range tries {
		next, err := m.take(s, move)
		if err != nil {
			return err
		}
		s = next
	}
	w.put(i, r, s)
	return nil
}

func (m *Model) accept(w *World, i, r int) error {
	s, move := w.situation(i, r, party.MoveAccept)
	move.Version = s.Claim.Version // as it was shown
	s, err := m.take(s, move)
	if err != nil {
		return err
	}
	w.put(i, r, s)
	w.Records[r].Self[i] = Good
	return nil
}

func (m *Model) refuse(w *World, i, r int) error {
	s, move := w.situation(i, r, party.MoveRefuse)
	move.Version = s.Claim.Version
	s, err := m.take(s, move)
	if err != nil {
		return err
	}
	w.put(i, r, s)
	w.Records[r].Shut[i] = true
	return nil
}

func (m *Model) say(w *World, r int, kind party.MoveKind) error {
	if kind == party.MoveEdit {
		r = w.top(r)
	}
	s, err := m.take(party.Situation{Record: w.party(r)}, party.Move{Kind: kind})
	if err != nil {
		return err
	}
	w.take(r, s.Record)
	if top := w.top(r); top != r { // it counts as a change of the one that shows it
		p := w.party(top)
		p.Version++
		w.take(top, p)
	}
	if one := &w.Records[r]; kind == party.MoveEdit && one.State == unclaimed {
		one.Said[one.Email] = Good
	}
	return nil
}

// clash reports whether somebody else is known at an address.
func (w *World) clash(r, address int) bool {
	other := w.Records[1-r]
	return other.Said[address] == Good || other.Self[address] == Good || w.People[address].Own
}

func (m *Model) address(w *World, r, to int) error {
	r = w.top(r)
	one := &w.Records[r]
	move := party.Move{Kind: party.MoveAddress}
	if w.clash(r, to) {
		move.Review = party.ReviewConflict
	}
	s, err := m.take(party.Situation{Record: w.party(r)}, move)
	if err != nil {
		return err
	}
	if int(one.Email) == to {
		return errSame
	}
	w.take(r, s.Record)
	one.leave(int(one.Email))
	one.Email, one.Old, one.Said[to] = int8(to), false, Good
	w.reach(r, to)
	if one.Self[to] == Left {
		one.Self[to] = Good
	}
	return nil
}

// reach lets an address lead to all parts of a record again, because staff say so.
func (w *World) reach(r, address int) {
	for _, member := range w.members(r) {
		w.Records[member].Shut[address], w.Records[member].Banned[address] = false, false
	}
}

var errSame = habeas.Invalid("email", "It has this address.")

// leave shuts an address, and marks what is known there.
func (m *Record) leave(address int) Gate {
	g := Gate{Shut: true, Said: m.Said[address] == Good, Self: m.Self[address] == Good}
	m.Shut[address] = true
	g.mark(m, address, Left)
	return g
}

// mark marks the rows of a gate.
func (g Gate) mark(m *Record, address int, to Row) {
	if g.Said {
		m.Said[address] = to
	}
	if g.Self {
		m.Self[address] = to
	}
}

func (m *Model) decide(w *World, r int, kind Kind) error {
	if kind == Reconsider {
		r = w.top(r)
	}
	one := &w.Records[r]
	move := map[Kind]party.Move{
		Release: {Kind: party.MoveRelease}, KeepApart: {Kind: party.MoveKeepApart}, Reconsider: {Kind: party.MoveReconsider, Review: party.ReviewNotMe},
	}[kind]
	p := w.party(r)
	s, err := m.take(party.Situation{Record: p}, move)
	if err != nil {
		return err
	}
	if kind == Release {
		w.reach(r, int(one.Email))
		for i := range one.Asked { // who used up their tries gets new ones
			if one.Asked[i].Locked {
				next, err := m.take(party.Situation{Record: p, Claim: w.claim(r, int8(i), one.Asked[i], asked)}, move)
				if err != nil {
					return err
				}
				one.Asked[i] = taken(one.Asked[i], next.Claim, next.Claim.Version)
				one.Asked[i].Fresh = false
			}
		}
		one.Held.Locked = false
	}
	if kind == KeepApart {
		for _, member := range w.members(r) {
			for a, row := range w.Records[member].Said {
				one.Shut[a] = one.Shut[a] || row != NoRow
			}
		}
	}
	if kind == Reconsider {
		one.Shut[one.Email] = true
	}
	w.take(r, s.Record)
	return nil
}

func (m *Model) link(w *World, i, r int) error {
	r = w.top(r)
	s, move := w.situation(i, r, party.MoveLink)
	move.Check = party.Check{ID: habeas.ClaimID{asked, byte(r + 1), byte(i + 1)}, Party: parties[r], Account: accounts[i], Document: party.DocumentPassport, By: staff, At: now}
	s, err := m.take(s, move)
	if err != nil {
		return err
	}
	w.put(i, r, s)
	w.Records[r].Self[i] = Good
	w.reach(r, i)
	return nil
}

func (w *World) year() {
	for r := range w.Records {
		w.Records[r].Old = true
		w.Records[r].Asked = [2]Claim{} // what was not decided has lapsed
	}
}
