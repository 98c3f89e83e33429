package party

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

// Proves PTY-15.
func TestAMergeUndoneLeavesBothRecordsAsTheyWereWithTheirOwnLaterWords(t *testing.T) {
	schemas := defaults(t)
	rapid.Check(t, func(t *rapid.T) {
		h := begin(t, schemas, true)
		roots := h.roots()
		a, b := rapid.SampledFrom(roots).Draw(t, "a"), rapid.SampledFrom(roots).Draw(t, "b")
		never := h.clone() // what would be, had nobody merged them
		u, ok := h.merge(a, b, rapid.SliceOfDistinct(rapid.SampledFrom(spokenFields), rapid.ID).Draw(t, "choices"))
		if !ok {
			return
		}
		into := h.merges[u.merge].Into
		for range rapid.IntRange(0, 5).Draw(t, "meanwhile") {
			said := rapid.SampledFrom(append(slices.Clone(never.order), into)).Draw(t, "who")
			kind := FromSystem
			if said == into {
				kind = rapid.SampledFrom([]SourceKind{FromSystem, FromStaff, FromSelf}).Draw(t, "kind")
			}
			if kind == FromSelf && h.parties[into].State != Claimed {
				kind = FromStaff
			}
			h.say(t, said, kind)
			never.said[said] = append(never.said[said], h.said[said][len(h.said[said])-1])
		}
		if err := h.undo(u); err != nil {
			t.Fatal(err)
		}
		for _, id := range never.order {
			sameRecord(t, "after the undo", h.fold(id), never.fold(id))
		}
	})
}

// Proves PTY-15.
func TestASplitUndoneLeavesTheRecordAsItWasWithAllThatWasSaidSince(t *testing.T) {
	schemas := defaults(t)
	rapid.Check(t, func(t *rapid.T) {
		h := begin(t, schemas, false)
		a := rapid.SampledFrom(h.roots()).Draw(t, "a")
		never := h.clone()
		var items []Item
		for _, s := range h.shows(a) {
			if rapid.Bool().Draw(t, "leaves") {
				items = append(items, Item{s.Party, s.ID})
			}
		}
		u, ok := h.split(a, items)
		if !ok {
			return
		}
		to := h.splits[u.split].To
		for range rapid.IntRange(0, 5).Draw(t, "meanwhile") {
			at := rapid.SampledFrom([]habeas.PartyID{a, to}).Draw(t, "who")
			h.say(t, at, rapid.SampledFrom([]SourceKind{FromSystem, FromStaff}).Draw(t, "kind"))
			s := h.said[at][len(h.said[at])-1]
			s.Party = a
			never.said[a] = append(never.said[a], s)
		}
		if err := h.undo(u); err != nil {
			t.Fatal(err)
		}
		for _, id := range never.order {
			sameRecord(t, "after the undo", h.fold(id), never.fold(id))
		}
	})
}

// Proves PTY-15.
func TestTheOrderOfUndoingDoesNotMatter(t *testing.T) {
	schemas := defaults(t)
	rapid.Check(t, func(t *rapid.T) {
		h := begin(t, schemas, false)
		var events []undoable
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			if u, ok := h.step(t, false); ok {
				events = append(events, u)
			}
		}
		one, two := h.clone(), h.clone()
		for _, u := range events {
			if err := one.undo(u); err != nil {
				t.Fatal(err)
			}
		}
		for _, u := range rapid.Permutation(events).Draw(t, "order") {
			if err := two.undo(u); err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range h.order {
			sameRecord(t, "after another order", one.fold(id), two.fold(id))
		}
	})
}

// Proves PTY-15.
func TestNothingThatWasSaidIsEverLostOrChanged(t *testing.T) {
	schemas := defaults(t)
	rapid.Check(t, func(t *rapid.T) {
		h := begin(t, schemas, true)
		var events []undoable
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			if len(events) > 0 && rapid.IntRange(0, 3).Draw(t, "undo") == 0 {
				i := rapid.IntRange(0, len(events)-1).Draw(t, "which")
				if h.undo(events[i]) == nil { // may be refused: it has a person of its own by now
					events = slices.Delete(events, i, i+1)
				}
			} else if u, ok := h.step(t, true); ok {
				events = append(events, u)
			}
		}
		undone := map[habeas.StatementID]bool{} // choices of staff, taken back
		for _, m := range h.merges {
			if m.State == MergeUndone {
				undone[m.Said] = true
			}
		}
		shown := map[habeas.StatementID][]Statement{}
		for _, id := range h.roots() {
			for _, s := range h.shows(id) {
				shown[s.ID] = append(shown[s.ID], s)
			}
		}
		for _, said := range h.said {
			for _, s := range said {
				got := shown[s.ID]
				if want := 1; undone[s.ID] && len(got) != 0 || !undone[s.ID] && len(got) != want {
					t.Fatalf("a word counts in %d records (choice taken back: %v)", len(got), undone[s.ID])
				}
				for _, g := range got {
					g.Party = s.Party
					if !reflect.DeepEqual(g, s) {
						t.Fatalf("a word was changed: %+v, was %+v", g, s)
					}
				}
			}
		}
	})
}

func TestWhichRecordsCanBeMerged(t *testing.T) {
	a, b := habeas.PartyID{15: 1}, habeas.PartyID{15: 2}
	me, other := habeas.AccountID{1}, habeas.AccountID{2}
	for name, c := range map[string]struct {
		into, from Party
		want       string
	}{
		"two that nobody claimed":  {Party{ID: a, State: Unclaimed}, Party{ID: b, State: Unclaimed}, ""},
		"one of somebody's":        {Party{ID: a, State: Claimed, Account: me}, Party{ID: b, State: Unclaimed}, ""},
		"both of one account":      {Party{ID: a, State: Claimed, Account: me}, Party{ID: b, State: Claimed, Account: me}, ""},
		"of two people":            {Party{ID: a, State: Claimed, Account: me}, Party{ID: b, State: Claimed, Account: other}, ""},
		"somebody's into nobody's": {Party{ID: a, State: Unclaimed}, Party{ID: b, State: Claimed, Account: me}, "merge.order"},
		"with itself":              {Party{ID: a}, Party{ID: a}, "merge.same"},
		"merged already":           {Party{ID: a}, Party{ID: b, State: Merged}, "merge.merged"},
		"in dispute":               {Party{ID: a, State: Frozen}, Party{ID: b}, "merge.frozen"},
		"of two kinds":             {Party{ID: a, Kind: Person}, Party{ID: b, Kind: Organisation}, "merge.kind"},
		"not to be used":           {Party{ID: a}, Party{ID: b, Restraint: Restricted}, "merge.restrained"},
	} {
		if got := codeOf(CanMerge(c.into, c.from)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// merged is a claimed and an unclaimed record with a word each, and their merge.
func merged(t *testing.T, agreed bool) (into, from Joinable, turn Turn, err error) {
	t.Helper()
	me := habeas.AccountID{1}
	into = Joinable{Party: Party{ID: habeas.PartyID{15: 1}, Kind: Person, State: Claimed, Account: me, ClaimedAt: noon}}
	from = Joinable{Party: Party{ID: habeas.PartyID{15: 2}, Kind: Person, State: Unclaimed}}
	own := spoken(FromSelf, 1, "identity", "given_name", "Tim")
	own.Party, own.Source.Account = into.Party.ID, me
	into.Said = []Statement{own}
	alien := spoken(FromSelf, 2, "identity", "given_name", "Jim")
	alien.Party, alien.Source.Account = from.Party.ID, habeas.AccountID{9} // whoever held it once
	from.Said = []Statement{alien}
	m := Merge{ID: habeas.MergeID{1}, Said: habeas.StatementID{1}, Choices: []string{"identity.given_name"}}
	if !agreed {
		me = habeas.AccountID{}
	}
	turn, err = m.Do(into, from, me, noon.Add(time.Hour), defaults(t))
	return into, from, turn, err
}

// Proves PTY-A38.
func TestAClaimedRecordTakesInNothingBeforeItsPersonAgrees(t *testing.T) {
	if _, _, _, err := merged(t, false); codeOf(err) != "merge.consent" {
		t.Errorf("without consent: %v", err)
	}
	into, from, turn, err := merged(t, true)
	if err != nil {
		t.Fatal(err)
	}
	rec := Fold(turn.Change[0], Together(into.Said, from.Said, turn.Say), Settled{}, defaults(t))
	if got := rec.Text("identity", "given_name"); got != "Tim" {
		t.Errorf("the word of another account, or a choice of staff, counts before its person's: %q", got)
	}
}

// Proves PTY-14, PTY-15.
func TestAChoiceForAMergeOutlivesTheClaim(t *testing.T) {
	schemas, oscar := defaults(t), habeas.AccountID{1}
	one, two := Party{ID: habeas.PartyID{1}, Kind: Person}, Party{ID: habeas.PartyID{2}, Kind: Person, State: Unclaimed}
	name := func(kind SourceKind, minute int, id habeas.PartyID, text string) Statement {
		s := spoken(kind, minute, "contact", "email", text)
		if s.Party = id; kind == FromSelf {
			s.Source.Account = oscar
		}
		return s
	}
	held := Party{ID: one.ID, Kind: Person, State: Claimed, Account: oscar, ClaimedAt: noon.Add(10 * time.Minute)}
	for what, c := range map[string]struct {
		into    Party
		said    []Statement // of the one that stays, chosen for the merge
		other   []Statement
		choices []string
		then    string // what the two say together once nobody has them
	}{
		"the other was addressed before the claim": {held, []Statement{name(FromStaff, 1, one.ID, "tim")}, []Statement{name(FromStaff, 5, two.ID, "oscar")}, nil, "tim"},
		"the other was addressed after the claim":  {held, []Statement{name(FromStaff, 1, one.ID, "tim")}, []Statement{name(FromStaff, 15, two.ID, "oscar")}, nil, "tim"},
		"the other's was chosen":                   {held, []Statement{name(FromStaff, 1, one.ID, "tim")}, []Statement{name(FromStaff, 15, two.ID, "oscar")}, []string{"contact.email"}, "oscar"},
		"nothing to choose between":                {held, nil, []Statement{name(FromStaff, 15, two.ID, "oscar")}, nil, "oscar"},
		"the claimant's own word is nobody's then": {held, []Statement{name(FromStaff, 1, one.ID, "tim"), name(FromSelf, 12, one.ID, "mine")}, []Statement{name(FromStaff, 15, two.ID, "oscar")}, nil, "oscar"},
		"what waits as a proposal is newer":        {held, []Statement{name(FromStaff, 1, one.ID, "tim"), name(FromSystem, 20, one.ID, "new")}, []Statement{name(FromStaff, 15, two.ID, "oscar")}, nil, "new"},
		"nobody has claimed it": {
			Party{ID: one.ID, Kind: Person, State: Unclaimed}, []Statement{name(FromStaff, 1, one.ID, "tim")}, []Statement{name(FromStaff, 15, two.ID, "oscar")}, nil, "tim",
		},
	} {
		m := Merge{Said: habeas.NewID[habeas.StatementKind](noon.Add(time.Hour)), Choices: c.choices}
		turn, err := m.Do(Joinable{Party: c.into, Said: c.said}, Joinable{Party: two, Said: c.other}, oscar, noon.Add(time.Hour), schemas)
		if err != nil {
			t.Fatal(err)
		}
		all, free := Together(c.said, c.other, turn.Say), turn.Change[0]
		shown := Fold(c.into, c.said, Settled{}, schemas).Text("contact", "email")
		if got := Fold(free, all, Settled{}, schemas).Text("contact", "email"); shown != "" && c.choices == nil && got != shown {
			t.Errorf("%s: the merged record says %q, want what was chosen, %q", what, got, shown)
		}
		free.free()
		if got := Fold(free, all, Settled{}, schemas).Text("contact", "email"); got != c.then {
			t.Errorf("%s: without the claim it says %q, want %q", what, got, c.then)
		}
	}
}

func TestWordsSaidMeanwhileGoWhereStaffSay(t *testing.T) {
	into, from, turn, err := merged(t, true)
	if err != nil {
		t.Fatal(err)
	}
	m := turn.Merges[0]
	later := make([]Statement, 4)
	for i := range later {
		later[i] = spoken(FromStaff, 61+i, "identity", "family_name", fmt.Sprint(i))
		later[i].Party = into.Party.ID
	}
	later[3].Source.Kind = FromSystem // on its own side already
	since := m.Since(append(slices.Clone(into.Said), later...))
	if !reflect.DeepEqual(since, later[:3]) {
		t.Fatalf("listed for decision: %v", since)
	}
	undone, _, err := m.Undo(turn.Change[0], turn.Change[1], Claim{}, Move{At: noon.Add(2 * time.Hour), Top: turn.Change[0]})
	if err != nil {
		t.Fatal(err)
	}
	m = undone.Merges[0]
	settled, err := m.Settle(undone.Change[0], undone.Change[1], since, nil, map[habeas.StatementID]Keep{later[1].ID: KeepFrom, later[2].ID: KeepBoth})
	if err != nil {
		t.Fatal(err)
	}
	if len(settled.Say) != 2 || settled.Say[0].ID != later[1].ID || settled.Say[0].Party != from.Party.ID || settled.Say[1].ID != later[2].ID {
		t.Errorf("went over: %v", settled.Say)
	}
	if want := []Aside{{into.Party.ID, later[1].ID, habeas.SubjectID(m.ID)}}; !reflect.DeepEqual(settled.Put, want) {
		t.Errorf("left: %v, want %v", settled.Put, want)
	}
	if _, err := settled.Merges[0].Settle(into.Party, from.Party, nil, nil, nil); codeOf(err) != "merge.over" {
		t.Errorf("decided twice: %v", err)
	}
	taken := undone.Change[1]
	taken.State, taken.Account = Claimed, habeas.AccountID{7}
	if _, err := m.Settle(undone.Change[0], taken, since, nil, map[habeas.StatementID]Keep{later[1].ID: KeepFrom}); codeOf(err) != "merge.settle-claimed" {
		t.Errorf("words of one person given to another: %v", err)
	}
}

func TestAClaimMadeMeanwhileGoesWithItsAddress(t *testing.T) {
	m := Merge{State: MergeDone, Was: Unclaimed, At: noon}
	into := Party{ID: habeas.PartyID{1}, State: Claimed, Account: habeas.AccountID{1}, ClaimedAt: noon.Add(time.Hour), Opened: []string{"membership"}}
	for _, moves := range []bool{false, true} {
		turn, _, err := m.Undo(into, Party{ID: habeas.PartyID{2}, State: Merged}, Claim{}, Move{At: noon.Add(2 * time.Hour), Top: into, Moves: moves})
		if err != nil {
			t.Fatal(err)
		}
		holder, free := turn.Change[0], turn.Change[1]
		if moves {
			holder, free = free, holder
		}
		if holder.Account != into.Account || holder.State != Claimed || len(holder.Opened) != 1 || free.State != Unclaimed || !free.Account.IsZero() || free.Opened != nil {
			t.Errorf("moves %v: %+v and %+v", moves, turn.Change[0], turn.Change[1])
		}
	}
}

// codeOf is the code of an error, "" for none.
func codeOf(err error) string {
	var e *habeas.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Code
}
