package party

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

// past is a store as small as can be: it holds what turns write, and nothing else.
type past struct {
	parties map[habeas.PartyID]Party
	said    map[habeas.PartyID][]Statement
	aside   map[Aside]bool
	merges  map[habeas.MergeID]Merge
	splits  map[habeas.SplitID]Split
	order   []habeas.PartyID
	now     time.Time
	schemas *Schemas
}

func newPast(schemas *Schemas, n int) *past {
	h := &past{
		parties: map[habeas.PartyID]Party{}, said: map[habeas.PartyID][]Statement{}, aside: map[Aside]bool{},
		merges: map[habeas.MergeID]Merge{}, splits: map[habeas.SplitID]Split{}, now: noon, schemas: schemas,
	}
	for range n {
		p := Party{ID: habeas.NewID[habeas.PartyKind](h.tick()), Kind: Person, State: Unclaimed, Version: 1}
		h.parties[p.ID] = p
		h.order = append(h.order, p.ID)
	}
	return h
}

func (h *past) tick() time.Time {
	h.now = h.now.Add(time.Second)
	return h.now
}

func (h *past) clone() *past {
	c := *h
	c.parties, c.aside, c.merges, c.splits = maps.Clone(h.parties), maps.Clone(h.aside), maps.Clone(h.merges), maps.Clone(h.splits)
	c.said = make(map[habeas.PartyID][]Statement)
	for id, s := range h.said {
		c.said[id] = slices.Clone(s)
	}
	c.order = slices.Clone(h.order)
	return &c
}

func (h *past) apply(t Turn) {
	if t.New != nil {
		h.parties[t.New.ID] = *t.New
		h.order = append(h.order, t.New.ID)
	}
	for _, p := range t.Change {
		h.parties[p.ID] = p
	}
	for _, m := range t.Merges {
		h.merges[m.ID] = m
	}
	if t.Split != nil {
		h.splits[t.Split.ID] = *t.Split
	}
	for _, s := range t.Say {
		h.said[s.Party] = append(h.said[s.Party], s)
	}
	maps.DeleteFunc(h.aside, func(a Aside, _ bool) bool { return a.Event == t.Clear && !t.Clear.IsZero() })
	for _, a := range t.Put {
		h.aside[a] = true
	}
}

// lies is what counts at a party itself.
func (h *past) lies(id habeas.PartyID) (out []Statement) {
	for _, s := range h.said[id] {
		away := false
		for a := range h.aside {
			away = away || a.Party == id && a.Statement == s.ID
		}
		if !away {
			out = append(out, s)
		}
	}
	return out
}

// shows is what counts in the record of a party.
func (h *past) shows(id habeas.PartyID) []Statement {
	said := h.lies(id)
	for _, m := range h.merges {
		if m.Into == id && m.State == MergeDone {
			said = Together(said, h.shows(m.From))
		}
	}
	return Together(said)
}

func (h *past) top(id habeas.PartyID) Party {
	for _, m := range h.merges {
		if m.From == id && m.State == MergeDone {
			return h.top(m.Into)
		}
	}
	return h.parties[id]
}

func (h *past) fold(id habeas.PartyID) Record {
	p := h.parties[id]
	p.Version = 0
	return Fold(p, h.shows(id), Settled{}, h.schemas)
}

func (h *past) joinable(id habeas.PartyID) Joinable {
	return Joinable{Party: h.parties[id], Said: h.shows(id)}
}

func (h *past) roots() (out []habeas.PartyID) {
	for _, id := range h.order {
		if h.parties[id].State != Merged {
			out = append(out, id)
		}
	}
	return out
}

var spokenFields = []string{"given_name", "family_name", "birth_date"}

func (h *past) say(t *rapid.T, id habeas.PartyID, kind SourceKind) {
	s := Statement{
		ID: habeas.NewID[habeas.StatementKind](h.tick()), Party: id, Source: Source{Kind: kind},
		Values: Values{"identity": {rapid.SampledFrom(spokenFields).Draw(t, "field"): rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "value")}},
	}
	if kind == FromSelf {
		s.Source.Account = h.parties[id].Account
	}
	h.said[id] = append(h.said[id], s)
}

// undoable is one event that a history can take back.
type undoable struct {
	merge habeas.MergeID
	split habeas.SplitID
}

// step does something that may happen to a record. It returns what can be undone.
func (h *past) step(t *rapid.T, claims bool) (undoable, bool) {
	roots := h.roots()
	root := rapid.SampledFrom(roots).Draw(t, "root")
	switch rapid.SampledFrom([]string{"system", "staff", "self", "merge", "merge", "split", "claim"}).Draw(t, "step") {
	case "system": // its handle may lead to a merged record: it goes on writing there
		h.say(t, rapid.SampledFrom(h.order).Draw(t, "party"), FromSystem)
	case "staff":
		h.say(t, root, FromStaff)
	case "self":
		if h.parties[root].State == Claimed {
			h.say(t, root, FromSelf)
		}
	case "merge":
		return h.merge(root, rapid.SampledFrom(roots).Draw(t, "other"), rapid.SliceOfDistinct(rapid.SampledFrom(spokenFields), rapid.ID).Draw(t, "choices"))
	case "split":
		said := h.shows(root)
		if len(said) < 2 {
			return undoable{}, false
		}
		var items []Item
		for _, s := range said {
			if rapid.Bool().Draw(t, "leaves") {
				items = append(items, Item{s.Party, s.ID})
			}
		}
		return h.split(root, items)
	case "claim":
		if p := h.parties[root]; claims && p.State == Unclaimed {
			now := h.tick()
			p.State, p.ClaimedAt, p.Account = Claimed, now, habeas.NewID[habeas.AccountKind](now)
			h.parties[root] = p
		}
	}
	return undoable{}, false
}

func (h *past) merge(a, b habeas.PartyID, choices []string) (undoable, bool) {
	into, from := Order(h.joinable(a), h.joinable(b))
	m := Merge{ID: habeas.NewID[habeas.MergeKind](h.tick()), Said: habeas.NewID[habeas.StatementKind](h.tick())}.Agree(from.Party.Account)
	for _, c := range choices {
		m.Choices = append(m.Choices, "identity."+c)
	}
	turn, err := m.Do(into, from, into.Party.Account, h.now, h.schemas)
	if err != nil {
		return undoable{}, false
	}
	h.apply(turn)
	return undoable{merge: m.ID}, true
}

func (h *past) split(id habeas.PartyID, items []Item) (undoable, bool) {
	s := Split{ID: habeas.NewID[habeas.SplitKind](h.tick()), To: habeas.NewID[habeas.PartyKind](h.tick()), Items: items}
	turn, err := s.Do(h.parties[id], h.shows(id), slices.Collect(maps.Values(h.merges)), nil, h.parties[id].Account, h.now)
	if err != nil {
		return undoable{}, false
	}
	h.apply(turn)
	return undoable{split: s.ID}, true
}

func (h *past) undo(u undoable) error {
	var touched []habeas.PartyID
	if m, ok := h.merges[u.merge]; ok {
		turn, _, err := m.Undo(h.parties[m.Into], h.parties[m.From], Claim{}, Move{At: h.tick(), Top: h.top(m.Into)})
		if err != nil {
			return err
		}
		h.apply(turn)
		touched = []habeas.PartyID{m.Into, m.From}
	} else {
		s := h.splits[u.split]
		tops := []Party{h.top(s.From)}
		for _, i := range s.Items {
			tops = append(tops, h.top(i.Party))
		}
		turn, err := s.Undo(h.parties[s.From], h.parties[s.To], tops, h.top(s.To), slices.Collect(maps.Keys(h.aside)), nil, h.tick())
		if err != nil {
			return err
		}
		h.apply(turn)
		touched = []habeas.PartyID{s.To}
	}
	for _, id := range touched {
		for _, s := range h.splits {
			if s.To != id {
				continue
			}
			if turn, ok := s.Home(h.parties[id], h.top(s.From), h.merges[u.merge], Merge{ID: habeas.NewID[habeas.MergeKind](h.tick())}, h.now); ok {
				h.apply(turn)
			}
		}
	}
	return nil
}

// begin draws a history with words, and perhaps merges and splits, already.
func begin(t *rapid.T, schemas *Schemas, claims bool) *past {
	h := newPast(schemas, 4)
	for _, id := range h.order {
		for range rapid.IntRange(1, 3).Draw(t, "words") {
			h.say(t, id, FromSystem)
		}
	}
	for range rapid.IntRange(0, 6).Draw(t, "before") {
		h.step(t, claims)
	}
	return h
}

// sameRecord compares two records but for their version.
func sameRecord(t *rapid.T, what string, got, want Record) {
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %s\nwant %s", what, outline(got), outline(want))
	}
}

func outline(r Record) string {
	s := fmt.Sprintf("%s %s", r.Party.State, r.Party.ID)
	for _, set := range r.Sets {
		for _, f := range set.Fields {
			s += fmt.Sprintf("; %s=%s %v older %v", f.Schema.Name, f.Current.Text, f.Current.At, f.Older)
		}
	}
	return s
}
