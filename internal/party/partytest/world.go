// Package partytest is the life cycle of claims as a model: two records, two people and
// staff, so small that every history of theirs can be tried. It decides nothing itself:
// each step reads the model as the use cases read the store, and asks party.Situation.
//
// Only tests import it.
package partytest

import (
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Tim is whom the records are about. Oscar owns the address that was typed by mistake.
const (
	Tim = iota
	Oscar
	nobody = -1
)

// World is a state of the model. Two that behave alike are equal: no version, no moment
// and no id is in it, only how they compare.
type World struct {
	Records [2]Record
	People  [2]Person
	Join    Join
}

// Person is an account with one proved address, which has its number.
type Person struct {
	Closed     bool
	Privileged bool
	Own        bool // has a record of their own besides, known at their address
}

// Row is under what a record is known at an address.
type Row uint8

// The rows. One that was left leads to the record no more in what systems say.
const (
	NoRow Row = iota
	Good
	Left
)

// Record is one of the two.
type Record struct {
	State    Word
	Holder   int8 // who controls it, also when it is frozen or noted on a part; nobody
	Since    bool // they got it after the two were merged
	Opened   bool
	Review   Word
	Blocked  bool
	Cleared  bool
	Email    int8 // whose address it says
	Said     [2]Row
	Self     [2]Row
	Shut     [2]bool // addresses that lead to it no more
	Old      bool    // it was not heard of for longer than a year
	Asked    [2]Claim
	Held     Claim // by which the holder has it
	Disputed bool  // a dispute is open
	Undone   [2]Undone
	Banned   [2]bool // ghost: a dispute took it from them, and staff have not said otherwise
}

// Claim is a claim that was not decided, or by which somebody has a record.
type Claim struct {
	State  Word
	Fresh  bool // it is on the record as it is now
	Stale  bool
	Shown  bool // a code on paper
	Person bool // they were seen
	Locked bool
	Heard  [2]bool // the address of each has disputed it: kept, that one is not heard again
	Kept   bool    // a dispute about it ended so
}

// Undone is a dispute by which somebody lost the record, with what it was.
type Undone struct {
	There   bool
	Claim   Claim
	Since   bool
	Opened  bool
	Review  Word
	Cleared bool
	Gates   [2]Gate // of their address, at each record
}

// Gate is what an undone claim shut at one record: the address, and which rows it marked.
type Gate struct {
	Shut, Said, Self bool
	Banned           bool // ghost: the person was not kept off it before
}

// Join is the merge of the two records.
type Join struct {
	Done bool
	Into int8
	Was  Word
}

// Begin is the world in which both records were entered by staff, the first one under
// Oscar's address by mistake.
func Begin() World {
	var w World
	for r, address := range []int{Oscar, Tim} {
		w.Records[r] = Record{State: unclaimed, Holder: nobody, Email: int8(address)}
		w.Records[r].Said[address] = Good
	}
	return w
}

// Word is a state or a reason of the domain, as small as can be.
type Word uint8

const (
	none Word = iota
	unclaimed
	claimed
	frozen
	merged
	waiting
	accepted
)

var words = [...]string{
	"", string(party.Unclaimed), string(party.Claimed), string(party.Frozen), string(party.Merged),
	string(party.ClaimOpen), string(party.ClaimAccepted), string(party.ClaimInReview), string(party.ClaimRefused), string(party.ClaimUndone),
	string(party.ReviewConflict), string(party.ReviewNotMe), string(party.ReviewRole), string(party.ReviewEvidence),
}

// String is the word of the domain.
func (w Word) String() string { return words[w] }

func wordOf[T ~string](text T) Word {
	return Word(max(slices.Index(words[:], string(text)), 0))
}

// What the model stands for in the words of the domain.
var (
	accounts  = [2]habeas.AccountID{{1}, {2}}
	staff     = habeas.AccountID{9}
	parties   = [2]habeas.PartyID{{1}, {2}}
	addresses = [2]keyring.LookupHash{{1}, {2}}

	began  = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	joined = began.Add(time.Hour)     // when the records were merged
	after  = began.Add(2 * time.Hour) // since then
	now    = began.Add(3 * time.Hour)
)

const version, opened = 7, "identity"

// held is the moment of a claim.
func held(since bool) time.Time {
	if since {
		return after
	}
	return began
}

// accountOf is the account of a person, zero for nobody.
func accountOf(i int8) (id habeas.AccountID) {
	if i >= 0 {
		id = accounts[i]
	}
	return id
}

func personOf(id habeas.AccountID) int8 {
	for i, a := range accounts {
		if a == id {
			return int8(i)
		}
	}
	return nobody
}

func openedOf(yes bool) []string {
	if yes {
		return []string{opened}
	}
	return nil
}

// party is a record in the words of the domain.
func (w *World) party(r int) party.Party {
	m := w.Records[r]
	p := party.Party{
		ID: parties[r], Kind: party.Person, State: party.State(m.State.String()), Account: accountOf(m.Holder), Opened: openedOf(m.Opened),
		Review: party.Review(m.Review.String()), Blocked: m.Blocked, Cleared: m.Cleared, Version: version,
	}
	if m.Holder != nobody {
		p.ClaimedAt = held(m.Since)
	}
	return p
}

// take writes a record back.
func (w *World) take(r int, p party.Party) {
	m := &w.Records[r]
	m.State, m.Holder, m.Opened = wordOf(p.State), personOf(p.Account), len(p.Opened) > 0
	m.Review, m.Blocked, m.Cleared = wordOf(p.Review), p.Blocked, p.Cleared
	m.Since = w.Join.Done && p.ClaimedAt.After(joined)
	if p.Version == version {
		return
	}
	for i := range m.Asked { // whoever looks at it looks at what it was
		m.Asked[i].Fresh = false
	}
	m.Held.Fresh = false
}

// claim is a claim in the words of the domain; kind tells the three apart that one person
// may have on one record.
func (w *World) claim(r int, who int8, c Claim, kind byte) party.Claim {
	if c.State == none {
		return party.Claim{}
	}
	out := party.Claim{
		ID: habeas.ClaimID{kind, byte(r + 1), byte(who + 1)}, Party: parties[r], Account: accountOf(who), State: party.ClaimState(c.State.String()),
		Version: version - 1, Stale: c.Stale, OpenedAt: began,
	}
	if c.Fresh {
		out.Version = version
	}
	if c.Shown {
		out.Shown = append(out.Shown, party.PaperCode)
	}
	if c.Person {
		out.Shown = append(out.Shown, party.InPerson)
	}
	out.Opened = openedOf(len(out.Shown) > 0)
	if c.Locked {
		out.Tries = party.DefaultRules.MaxTries
	}
	return out
}

const (
	asked byte = iota + 1
	holds
	undone
)

// taken is a claim as the model keeps it.
func taken(was Claim, c party.Claim, at int64) Claim {
	out := Claim{State: wordOf(c.State), Fresh: c.Version == at, Stale: c.Stale, Locked: c.Tries >= party.DefaultRules.MaxTries, Heard: was.Heard, Kept: was.Kept}
	for _, k := range c.Shown {
		out.Shown = out.Shown || k == party.PaperCode
		out.Person = out.Person || k == party.InPerson
	}
	return out
}

// claimOf is the claim of a person that a move is about, as party.ClaimOn picks it.
func (w *World) claimOf(r, i int) party.Claim {
	m := w.Records[r]
	c := party.ClaimOn(w.party(r), []party.Claim{w.claim(r, int8(i), m.Asked[i], asked), w.claim(r, m.Holder, m.Held, holds)},
		accounts[i], now, party.DefaultRules)
	return c
}

// save writes the claim of a person back.
func (w *World) save(r, i int, c party.Claim, at int64) {
	m := &w.Records[r]
	switch c.State {
	case party.ClaimAccepted:
		was := m.Held
		if c.ID[0] != holds {
			was, m.Asked[i] = Claim{}, Claim{}
		}
		m.Held = taken(was, c, at)
	case party.ClaimOpen, party.ClaimInReview:
		m.Asked[i] = taken(Claim{}, c, at)
	case party.ClaimRefused:
		m.Asked[i] = Claim{}
	case party.ClaimUndone:
		m.Held = Claim{}
	}
}

// part is which record is part of the other; nobody: they stand apart.
func (w *World) part() int {
	if !w.Join.Done {
		return nobody
	}
	return int(1 - w.Join.Into)
}

// top is the record that shows one.
func (w *World) top(r int) int {
	if r == w.part() {
		return int(w.Join.Into)
	}
	return r
}

// members are a record and its part.
func (w *World) members(r int) []int {
	if w.part() >= 0 && w.top(r) == r {
		return []int{r, 1 - r}
	}
	return []int{r}
}

// leads is the record that an address leads to by a row at r, as app's leadsTo finds it.
func (w *World) leads(address, r int) int {
	m, top := w.Records[r], w.top(r)
	if m.Said[address] == NoRow && m.Self[address] == NoRow || top != r && m.Blocked {
		return nobody
	}
	for _, member := range w.members(top) {
		if w.Records[member].Shut[address] {
			return nobody
		}
	}
	return top
}

// claimant is what the domain is told of a person.
func (w *World) claimant(i int) party.Claimant {
	return party.Claimant{
		Account: accounts[i], Addresses: []keyring.LookupHash{addresses[i]}, Active: !w.People[i].Closed, Privileged: w.People[i].Privileged,
	}
}

// candidates are what a person is offered.
func (w *World) candidates(i int) []party.Candidate {
	at, heard := map[int]bool{}, map[habeas.PartyID]time.Time{}
	mine := w.People[i].Own
	for r := range w.Records {
		top := w.leads(i, r)
		if top == nobody {
			continue
		}
		at[top] = true
		mine = mine || int(w.Records[top].Holder) == i
		for _, member := range w.members(top) {
			if !w.Records[member].Old && w.Records[member].Said[i] != NoRow {
				heard[parties[top]] = began
			}
		}
	}
	var found []party.Party
	for r := range w.Records {
		if at[r] {
			found = append(found, w.party(r))
		}
	}
	if w.People[i].Own {
		found = append(found, party.Party{ID: habeas.PartyID{byte(5 + i)}, Kind: party.Person, State: party.Claimed, Account: accounts[i]})
	}
	return party.Candidates(w.claimant(i), found, mine, heard, now, party.DefaultRules)
}

// offer is what a person is offered of one record.
func (w *World) offer(i, r int) (party.Candidate, bool) {
	for _, f := range w.candidates(i) {
		if f.Party.ID == parties[r] {
			return f, true
		}
	}
	return party.Candidate{}, false
}
