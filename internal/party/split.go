package party

import (
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

// SplitState is where a split stands.
type SplitState string

// The states of a split. A proposed one waits for the person of the claimed record.
const (
	SplitProposed SplitState = "proposed"
	SplitDone     SplitState = "done"
	SplitRefused  SplitState = "refused"
	SplitUndone   SplitState = "undone"
)

// Split is the finding that a record is about two parties: what was said of the second
// is copied into a record of its own, under a key of its own, and put aside in the
// first. The copies keep id, source and moment.
type Split struct {
	ID      habeas.SplitID
	From    habeas.PartyID
	To      habeas.PartyID // the new record; it exists once the split is done
	State   SplitState
	By      habeas.AccountID
	Items   []Item
	Papers  []Paper  // notes and letters that go with them
	Handles []Handle // that led to the first record and lead to the second now
	At      time.Time
	EndedAt time.Time
}

// Item is a statement where it lies.
type Item struct {
	Party     habeas.PartyID
	Statement habeas.StatementID
}

// Handle is a row under which a source knows a party, and whom it led to.
type Handle struct {
	Hash   keyring.LookupHash
	Source habeas.SystemID
	N      uint32
	Party  habeas.PartyID
}

var (
	errSplitNone   = habeas.Invalid("word", "Choose what belongs to the other person.").WithCode("split.none")
	errSplitAll    = habeas.Invalid("word", "Something has to stay. When all of it is about somebody else, amend the record instead.").WithCode("split.all")
	errSplitMoved  = habeas.Conflict("This record changed while you were looking at it. Look at it again.").WithCode("split.changed")
	errSplitSelf   = habeas.Invalid("word", "What its person said stays with their record.").WithCode("split.self")
	errSplitChoice = habeas.Invalid("word", "This value was chosen when records were merged. Undo that merge first.").WithCode("split.choice")
	errSplitOver   = habeas.Conflict("Somebody has decided this already.").WithCode("split.over")
	errSplitOwned  = habeas.Conflict("The two records belong to different people by now. Merge them instead: then their person is asked.").WithCode("split.claimed")
)

// Check says whether the items can be split off a record. said is what counts in it,
// and merges are those behind it: a choice that staff made at one goes with that one.
func (s Split) Check(from Party, said []Statement, merges []Merge) error {
	held := make(map[Item]Statement, len(said))
	for _, one := range said {
		held[Item{one.Party, one.ID}] = one
	}
	switch {
	case from.State == Frozen:
		return errIsFrozen
	case from.State == Merged:
		return errIsMerged
	case len(s.Items) == 0:
		return errSplitNone
	case len(s.Items) >= len(said):
		return errSplitAll
	}
	for _, i := range s.Items {
		one, ok := held[i]
		switch {
		case !ok:
			return errSplitMoved
		case from.State == Claimed && one.Source.Kind == FromSelf && one.Source.Account == from.Account:
			return errSplitSelf
		case slices.ContainsFunc(merges, func(m Merge) bool { return m.Said == i.Statement }):
			return errSplitChoice
		}
	}
	return nil
}

// Do splits. said is what counts in the record, rows are the handles that may belong
// to what leaves: those at its addresses and external ids that lead to where it lies.
// The account is that of the person who agreed; it is asked for where the record is
// claimed.
func (s Split) Do(from Party, said []Statement, merges []Merge, rows []KnownAs, agreed habeas.AccountID, now time.Time) (Turn, error) {
	if err := s.Check(from, said, merges); err != nil {
		return Turn{}, err
	}
	apart, err := Situation{Record: from, Other: Party{ID: s.To}}.Take(Move{Kind: MoveSplit, By: agreed})
	if err != nil {
		return Turn{}, err
	}
	s.From, s.State, s.At = from.ID, SplitDone, now
	t := Turn{New: &apart.Other, Change: []Party{apart.Record}, Papers: s.move(false)}
	for _, one := range said {
		if slices.Contains(s.Items, Item{one.Party, one.ID}) {
			t.Say = append(t.Say, copyTo(one, s.To))
			t.Put = append(t.Put, Aside{Party: one.Party, Statement: one.ID, Event: habeas.SubjectID(s.ID)})
		}
	}
	s.Handles = nil
	for _, k := range rows {
		s.Handles = append(s.Handles, Handle{k.Hash, k.Source, k.N, k.Party})
		k.Party = s.To
		t.Handles = append(t.Handles, k)
	}
	t.Split = &s
	return t, nil
}

// Undo takes a split back. What was copied counts no more, what was put aside counts
// again, and the handles go back. tops are the records that show now what comes back,
// and toTop is the one that shows the second record. asides are those at the second
// record: what left it for a third since comes back to the first no sooner than it comes
// back from there. rows are the handles of the split as they are. Where the second record was told something of its own, [Split.Home]
// brings it home.
func (s Split) Undo(from, to Party, tops []Party, toTop Party, asides []Aside, rows []KnownAs, now time.Time) (Turn, error) {
	if s.State != SplitDone {
		return Turn{}, errSplitOver
	}
	for _, top := range append(tops, toTop) {
		switch {
		case top.State == Frozen:
			return Turn{}, errIsFrozen
		case top.ID == toTop.ID && len(tops) > 0 && !slices.ContainsFunc(tops, func(t Party) bool { return t.ID != toTop.ID }):
			// One record shows both sides: nobody sees anything new.
		case top.State == Claimed && (top.ID == toTop.ID || top.ClaimedAt.After(s.At)):
			return Turn{}, errSplitOwned
		}
	}
	s.State, s.EndedAt = SplitUndone, now
	t := Turn{Split: &s, Change: edited(from, to), Clear: habeas.SubjectID(s.ID), Papers: s.move(true)}
	for _, i := range s.Items {
		t.Put = append(t.Put, Aside{Party: s.To, Statement: i.Statement, Event: habeas.SubjectID(s.ID)})
		for _, a := range asides {
			if a.Party == s.To && a.Statement == i.Statement {
				t.Put = append(t.Put, Aside{Party: i.Party, Statement: i.Statement, Event: a.Event})
			}
		}
	}
	for _, k := range rows {
		for _, h := range s.Handles {
			if k.Hash == h.Hash && k.Source == h.Source && k.N == h.N && k.Party == s.To {
				k.Party = h.Party
				t.Handles = append(t.Handles, k)
			}
		}
	}
	return t, nil
}

// Home merges the second record of an undone split into the first, so that nothing that
// it was told of its own is lost. It does nothing while that one is shown elsewhere or
// has a person of its own; it is asked again when that ends, so that the order in which
// things are undone does not matter. top is the record that shows the first. A person
// who holds that one is asked, because they have not seen what the other was told.
// undone is the merge that was taken back just now: who takes back this very one wants
// the two apart.
func (s Split) Home(to, top Party, undone, m Merge, now time.Time) (Turn, bool) {
	meant := undone.Into == s.From && undone.From == s.To && !undone.At.Before(s.EndedAt)
	if s.State != SplitUndone || to.State != Unclaimed || top.ID == to.ID || meant {
		return Turn{}, false
	}
	if top.State == Claimed {
		t, err := m.Propose(top, to, now)
		return t, err == nil
	}
	m.Said = habeas.StatementID{}
	first := top // shows it, or is it
	first.ID = s.From
	home, err := Situation{Record: first, Other: to, Merge: m}.Take(Move{Kind: MoveHome, At: now, Top: top})
	return Turn{Change: []Party{home.Other}, Merges: []Merge{home.Merge}}, err == nil
}

// HandlesOf tells which of the rows belong to what leaves: those through which nothing
// was said that stays, and every row of an address or id under which nothing stays. What
// the person has proved is no word of a source and stays. hashes are those under which a
// statement made its party known.
func (s Split) HandlesOf(said []Statement, rows []KnownAs, hashes func(Statement) []keyring.LookupHash) []KnownAs {
	type through struct {
		hash   keyring.LookupHash
		source habeas.SystemID
		party  habeas.PartyID
	}
	anybody := func(w through) through { return through{hash: w.hash, party: w.party, source: SelfSource} }
	stays, goes := make(map[through]bool), make(map[through]bool)
	for _, one := range said {
		by := stays
		if slices.Contains(s.Items, Item{one.Party, one.ID}) {
			by = goes
		}
		for _, h := range hashes(one) {
			w := through{h, one.Source.knownSource(), one.Party}
			by[w], by[anybody(w)] = true, true
		}
	}
	var out []KnownAs
	for _, k := range rows {
		w := through{k.Hash, k.Source, k.Party}
		if k.Source != SelfSource && (goes[w] && !stays[w] || goes[anybody(w)] && !stays[anybody(w)]) {
			out = append(out, k)
		}
	}
	return out
}
