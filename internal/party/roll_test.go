package party

import (
	"bytes"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

// plainRoll is what a roll is to be: every record as it was last put in, and a filter that looks at each.
type plainRoll map[habeas.PartyID]Entry

// fits reports whether a record has a value of a way, as far as somebody sees it. "" is asked for by nobody.
func (x plainRoll) fits(e Entry, way, value string, s Sight, now time.Time) bool {
	since := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	days, _ := strconv.Atoi(value)
	switch way {
	case ByState:
		return string(e.Party.State) == value
	case ByWaiting:
		return e.Party.Review != ReviewNone
	case ByKind:
		return string(e.Party.Kind) == value
	case HasMail:
		return e.Mail == (value == "with")
	case ByJoined:
		return e.Joined
	case ByUse:
		return e.Party.Restraint != RestraintNone
	case ByStub:
		return e.Party.Stub
	case ByEntered:
		return !e.Party.ID.Time().Truncate(time.Second).Before(since(days).Truncate(time.Second))
	}
	return slices.ContainsFunc(e.Said, func(said Statement) bool {
		sees := !s.limited
		for set := range said.Values {
			sees = sees || s.Sees(set)
		}
		if way == BySource {
			return sees && SourceCode(said.Source) == value
		}
		return sees && !said.At().Truncate(time.Second).Before(since(days).Truncate(time.Second)) // ByChanged
	})
}

// all reports whether a record has everything that is asked for but one way.
func (x plainRoll) all(e Entry, f Filter, but string, s Sight, now time.Time) bool {
	for way, value := range f.Values {
		if way != but && !x.fits(e, way, value, s, now) {
			return false
		}
	}
	return !slices.ContainsFunc(f.Tags, func(id habeas.TagID) bool { return !slices.Contains(e.Tags, id) })
}

// find is [Roll.Find].
func (x plainRoll) find(f Filter, among []habeas.PartyID, s Sight, now time.Time) (ids []habeas.PartyID, counts map[string]int) {
	var order []habeas.PartyID
	if among == nil {
		for id := range x {
			order = append(order, id)
		}
		slices.SortFunc(order, func(a, b habeas.PartyID) int { return bytes.Compare(b[:], a[:]) })
	}
	for _, id := range among {
		if _, known := x[id]; known && !slices.Contains(order, id) {
			order = append(order, id)
		}
	}
	counts = map[string]int{}
	for _, id := range order {
		e := x[id]
		if x.all(e, f, "", s, now) {
			ids = append(ids, id)
			for i, tag := range e.Tags {
				if !slices.Contains(e.Tags[:i], tag) {
					counts[ByTag+"="+tag.String()]++
				}
			}
		}
		for _, way := range Ways() {
			for _, value := range rollValues(way) {
				if x.all(e, f, way, s, now) && x.fits(e, way, value, s, now) {
					counts[way+"="+value]++
				}
			}
		}
	}
	return ids, counts
}

var rollSystems = []habeas.SystemID{{1}, {2}}

// rollValues are the values of a way, but tags.
func rollValues(way string) []string {
	for _, w := range plainWays {
		if w.name == way {
			return w.values
		}
	}
	switch way {
	case BySource:
		return []string{rollSystems[0].String(), rollSystems[1].String(), FromStaff.String(), FromSelf.String()}
	case ByEntered, ByChanged:
		return []string{"1", "7", "30", "365"}
	}
	return nil
}

// rollEntry draws a record, with moments around those at which filters cut.
func rollEntry(t *rapid.T, now time.Time, sets []SetSchema, tags []habeas.TagID) Entry {
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		days := rapid.SampledFrom([]int{0, 1, 7, 30, 365, 400}).Draw(t, "days")
		return now.AddDate(0, 0, -days).Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "seconds")) * time.Second)
	})
	e := Entry{Mail: rapid.Bool().Draw(t, "mail"), Joined: rapid.Bool().Draw(t, "joined"), Tags: rapid.SliceOfN(rapid.SampledFrom(tags), 0, 3).Draw(t, "tags")}
	e.Party = Party{
		ID: habeas.NewID[habeas.PartyKind](moment.Draw(t, "entered")), State: rapid.SampledFrom([]State{Unclaimed, Claimed, Frozen, Merged}).Draw(t, "state"),
		Kind: rapid.SampledFrom([]Kind{Person, Organisation}).Draw(t, "kind"), Review: rapid.SampledFrom([]Review{ReviewNone, ReviewConflict}).Draw(t, "review"),
		Restraint: rapid.SampledFrom([]Restraint{RestraintNone, Objected}).Draw(t, "restraint"), Stub: rapid.Bool().Draw(t, "stub"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "words") {
		said := Statement{ID: habeas.NewID[habeas.StatementKind](moment.Draw(t, "said")), Party: e.Party.ID, Values: Values{}}
		said.Source = rapid.SampledFrom([]Source{{Kind: FromSystem, System: rollSystems[0]}, {Kind: FromSystem, System: rollSystems[1]}, {Kind: FromStaff}, {Kind: FromSelf}}).Draw(t, "source")
		for _, set := range rapid.SliceOfNDistinct(rapid.SampledFrom(sets), 0, 2, func(s SetSchema) string { return s.Name }).Draw(t, "sets") {
			said.Values.Put(set.Name, "x", "y")
		}
		e.Said = append(e.Said, said)
	}
	return e
}

// Whatever records come, change and go, whatever is asked for and whoever asks: the roll finds and counts
// what a filter that looks at every record finds and counts, in the same order.
func TestARollFindsWhatAPlainFilterFinds(t *testing.T) {
	schemas := defaults(t)
	sets, tags := schemas.Sets(), []habeas.TagID{{1}, {2}, {3}}
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		roll, plain := NewRoll(schemas), plainRoll{}
		var known []habeas.PartyID
		for range rapid.IntRange(0, 14).Draw(t, "steps") {
			e := rollEntry(t, now, sets, tags)
			if len(known) > 0 && rapid.IntRange(0, 3).Draw(t, "again") == 0 {
				e.Party.ID = rapid.SampledFrom(known).Draw(t, "which")
			}
			known = append(known, e.Party.ID)
			roll.Put(e)
			plain[e.Party.ID] = e
			if e.Party.State == Merged {
				delete(plain, e.Party.ID)
			}
			if rapid.IntRange(0, 9).Draw(t, "forget") == 0 {
				gone := rapid.SampledFrom(known).Draw(t, "gone")
				roll.Forget(gone)
				delete(plain, gone)
			}
		}
		f := Filter{Values: map[string]string{}, Tags: rapid.SliceOfNDistinct(rapid.SampledFrom(tags), 0, 2, rapid.ID[habeas.TagID]).Draw(t, "asked tags")}
		for _, way := range Ways() {
			if values := rollValues(way); values != nil && rapid.IntRange(0, 4).Draw(t, way) == 0 {
				f.Values[way] = rapid.SampledFrom(values).Draw(t, "value")
			}
		}
		var s Sight
		if s.limited = rapid.Bool().Draw(t, "limited"); s.limited {
			s.sees = []string{rapid.SampledFrom(sets).Draw(t, "sees").Name}
		}
		var among []habeas.PartyID
		if rapid.Bool().Draw(t, "searched") {
			among = append([]habeas.PartyID{{9}}, rapid.SliceOfN(rapid.SampledFrom(append(known, habeas.PartyID{9})), 0, 6).Draw(t, "among")...)
		}

		got := roll.Find(f, among, s, now)
		ids, counts := plain.find(f, among, s, now)
		if !slices.Equal(got.IDs, ids) {
			t.Fatalf("found %v, a plain filter %v", got.IDs, ids)
		}
		if roll.Len() != len(plain) {
			t.Fatalf("%d records, should be %d", roll.Len(), len(plain))
		}
		for _, facet := range got.Facets {
			if facet.Way == HasMail && !s.Sees("contact") {
				t.Fatalf("counts addresses for somebody who does not see them")
			}
			for _, v := range facet.Values {
				if key := facet.Way + "=" + v.Value; v.N != counts[key] {
					t.Fatalf("%s leaves %d, by a plain filter %d", key, v.N, counts[key])
				} else {
					delete(counts, key)
				}
			}
		}
		for key, n := range counts {
			if way, _, _ := bytes.Cut([]byte(key), []byte("=")); string(way) != HasMail || s.Sees("contact") {
				t.Fatalf("%s is left out, which leaves %d", key, n)
			}
		}
	})
}
