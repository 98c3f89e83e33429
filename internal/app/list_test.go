package app_test

import (
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

// narrowed is the list of people as somebody of the staff gets it, with the counts of a way.
func (w *world) narrowed(a habeas.Actor, f party.Filter, way string) (names []string, counts map[string]int) {
	w.Helper()
	list := must(w.Lists.People(w.ctx(), a, f, habeas.PartyID{}, 50))(w)
	if !list.Ready || list.Total != len(list.People) {
		w.Fatalf("%d of %d, ready: %v", len(list.People), list.Total, list.Ready)
	}
	for _, rec := range list.People {
		names = append(names, rec.Text("identity", "given_name"))
	}
	counts = map[string]int{}
	for _, facet := range list.Facets {
		for _, v := range facet.Values {
			if facet.Way == way {
				counts[v.Value] = v.N
			}
		}
	}
	slices.Sort(names)
	return names, counts
}

func by(way, value string) party.Filter { return party.Filter{Values: map[string]string{way: value}} }

// theFour are four records: one with a system's words, one claimed, one that two were merged
// into, one without an address that is an organisation's.
func (w *world) theFour() (nora, tim habeas.Actor, city system, ids map[string]habeas.PartyID) {
	nora, city = w.atWork(), w.connect("City Bookings")
	ids = map[string]habeas.PartyID{}
	ids["Ann"], _ = city.say("ann@example.org", person("Ann", "Berg", "1980-01-02"))
	w.later(time.Second)
	ids["Tim"] = w.enter(nora, "tim@example.org", person("Tim", "Lund", ""))
	tim = w.join("tim@example.org")
	w.accept(tim, ids["Tim"], nil)
	w.later(time.Second)
	ids["Eva"], _ = city.say("", person("Eva", "Holm", "1970-05-05"), external("E-1"))
	ids["Evita"], _ = city.say("eva@example.org", person("Eva", "Holm", "1970-05-05"), external("E-2"))
	w.later(time.Second)
	w.merge(nora, ids["Eva"], ids["Evita"])
	ids["Otto"] = w.enter(nora, "", person("Otto", "Quist", ""))
	w.later(time.Second)
	return nora, tim, city, ids
}

// Proves PTY-22.
func TestTheListOfPeopleIsNarrowedDownAndCounted(t *testing.T) {
	w := newWorld(t)
	nora, _, city, ids := w.theFour()
	for name, c := range map[string]struct {
		filter party.Filter
		want   string
	}{
		"everybody":           {party.Filter{}, "Ann Eva Otto Tim"},
		"claimed":             {by(party.ByState, "claimed"), "Tim"},
		"without an address":  {by(party.HasMail, "without"), "Otto"},
		"of several":          {by(party.ByJoined, "yes"), "Eva"},
		"of a system":         {by(party.BySource, city.actor.System.String()), "Ann Eva"},
		"a system that is no": {by(party.BySource, habeas.SystemID{1}.String()), ""},
		"in the last day":     {by(party.ByEntered, "1"), "Ann Eva Otto Tim"},
		"and a search":        {party.Filter{Query: "berg", Values: map[string]string{party.ByState: "unclaimed"}}, "Ann"},
		"a search elsewhere":  {party.Filter{Query: "berg", Values: map[string]string{party.ByState: "claimed"}}, ""},
		"by a merged name":    {party.Filter{Query: "eva@example.org"}, "Eva"},
	} {
		if got, _ := w.narrowed(nora, c.filter, ""); strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	_, counts := w.narrowed(nora, by(party.HasMail, "without"), party.HasMail)
	if counts["with"] != 3 || counts["without"] != 1 {
		t.Errorf("another choice would show %v", counts)
	}
	w.later(8 * 24 * time.Hour)
	w.ok(w.Records.Amend(w.ctx(), nora, ids["Otto"], party.Values{"phone": {"number": "+34 600 000 000"}}))
	if got, _ := w.narrowed(nora, by(party.ByChanged, "7"), ""); strings.Join(got, " ") != "Otto" {
		t.Errorf("changed in the last week: %q", got)
	}
	boss := w.boss("root@example.org")
	must(w.Records.Unmerge(w.ctx(), boss, w.merged(ids["Eva"])))(t)
	if got, _ := w.narrowed(nora, by(party.BySource, city.actor.System.String()), ""); strings.Join(got, " ") != "Ann Eva Eva" {
		t.Errorf("after the undo of the merge: %q", got)
	}
	w.Lists = app.NewLists(w.Records, w.rolled(app.NewRolls(party.NewRoll(w.Schemas), w.Server.Log)))
	if got, counts := w.narrowed(nora, by(party.ByState, "unclaimed"), party.ByState); strings.Join(got, " ") != "Ann Eva Eva Otto" || counts["claimed"] != 1 {
		t.Errorf("after a start: %q, %v", got, counts)
	}
}

// Proves PTY-29.
func TestAListTellsNothingOfADataSetThatIsNotSeen(t *testing.T) {
	w := newWorld(t)
	_, _, city, _ := w.theFour()
	boss := w.boss("root@example.org")
	w.staffBrowser("wim@example.org") // is given the role
	nora := w.staff("wim@example.org")
	policy := must(w.Policies.Current(w.ctx()))(t)
	desk := party.Group{Name: "desk", Reach: party.Reach{Sees: []string{"phone"}}}
	w.ok(w.access().Change(w.ctx(), boss, policy.Version, party.Access{Groups: []party.Group{desk}}))
	saved := must(w.Lists.SaveList(w.ctx(), boss, "No address", by(party.HasMail, "without"), true))(t)
	w.ok(w.access().SetGroup(w.ctx(), boss, nora.Account, "desk"))
	if got, counts := w.narrowed(nora, by(party.BySource, city.actor.System.String()), party.HasMail); len(got) != 0 || len(counts) != 0 {
		t.Errorf("who said what is not seen shows: %q, %v", got, counts)
	}
	if got, _ := w.narrowed(nora, party.Filter{Query: "berg"}, ""); len(got) != 0 {
		t.Errorf("a search by a name finds %q", got)
	}
	if got, counts := w.narrowed(nora, party.Filter{}, party.ByChanged); len(got) != 4 || len(counts) != 0 {
		t.Errorf("%d records, last words %v", len(got), counts)
	}
	_, err := w.Lists.People(w.ctx(), nora, by(party.HasMail, "without"), habeas.PartyID{}, 5)
	w.refused(err, "list.unseen")
	lists := must(w.Lists.Saved(w.ctx(), nora))(t)
	if len(lists) != 1 || lists[0].ID != saved || lists[0].N != -1 {
		t.Errorf("a shared list tells %+v", lists)
	}
	_, err = w.Lists.MakeFile(w.ctx(), nora, party.Filter{}, []string{"kind"}, "Post")
	w.refused(err, "list.file")
}

// Proves PTY-29.
func TestATagIsSeenByItsPersonAndFollowsTheRecord(t *testing.T) {
	w := newWorld(t)
	nora, tim, _, ids := w.theFour()
	c := must(w.Lists.Tag(w.ctx(), nora, " 2026   course ", party.Picked{All: true, Filter: by(party.ByKind, "person")}))(t)
	if len(c.Done) != 4 {
		t.Fatalf("%d records got the tag", len(c.Done))
	}
	w.later(time.Second)
	if again := must(w.Lists.Tag(w.ctx(), nora, "2026 Course", party.Picked{IDs: []habeas.PartyID{ids["Evita"]}}))(t); len(again.Done) != 0 {
		t.Error("a record has one tag twice")
	}
	tagged := party.Filter{Tags: []habeas.TagID{c.Tag}}
	if got, counts := w.narrowed(nora, tagged, party.ByTag); len(got) != 4 || counts[c.Tag.String()] != 4 {
		t.Errorf("%q, %v", got, counts)
	}
	mine := must(w.Lists.MyTags(w.ctx(), tim, ids["Tim"]))(t)
	if len(mine) != 1 || mine[0].Words != "2026 course" || mine[0].By != nora.Account {
		t.Errorf("its person sees %+v", mine)
	}
	if l := w.look(tim, audit.TagGiven); l.Detail["tag"] != "2026 course" {
		t.Errorf("the line says %v", l.Detail)
	}
	copied := must(w.Records.Copy(w.ctx(), tim))(t)
	for name, text := range map[string][]byte{"JSON": copied.JSON, "CSV": copied.CSV, "HTML": copied.HTML} {
		if !strings.Contains(string(text), "2026 course") {
			t.Errorf("the copy as %s lacks the tag", name)
		}
	}
	if w.onDisk("2026 course") {
		t.Error("the words of a tag lie on disk")
	}
	w.refused(w.Lists.RemoveTag(w.ctx(), nora, c.Tag), "tag.used")
	taken := must(w.Lists.Untag(w.ctx(), nora, c.Tag, party.Picked{IDs: []habeas.PartyID{ids["Ann"], ids["Tim"]}}))(t)
	w.later(time.Second)
	if got, _ := w.narrowed(nora, tagged, ""); strings.Join(got, " ") != "Eva Otto" {
		t.Errorf("%q have it still", got)
	}
	w.refused(w.Lists.UndoTags(w.ctx(), w.staff("otto@example.org"), taken.ID), "tag.late")
	w.ok(w.Lists.UndoTags(w.ctx(), nora, taken.ID))
	if got, _ := w.narrowed(nora, tagged, ""); len(got) != 4 {
		t.Errorf("after the undo %q have it", got)
	}
	w.later(time.Second)
	must(w.Records.Erase(w.ctx(), tim, ids["Tim"]))(t)
	if got, _ := w.narrowed(nora, tagged, ""); strings.Join(got, " ") != "Ann Eva Otto" {
		t.Errorf("after an erasure %q have it", got)
	}
	w.ok(w.Lists.UndoTags(w.ctx(), nora, c.ID))
	if got, _ := w.narrowed(nora, tagged, ""); len(got) != 0 {
		t.Errorf("after the undo of all %q have it", got)
	}
	w.ok(w.Lists.RemoveTag(w.ctx(), nora, c.Tag))
	w.verify()
}

func TestTagsLieWhereTheyWereGiven(t *testing.T) {
	w := newWorld(t)
	_, one, two, _ := w.two()
	nora := w.atWork()
	give := func(words string, id habeas.PartyID) {
		w.later(time.Second)
		must(w.Lists.Tag(w.ctx(), nora, words, party.Picked{IDs: []habeas.PartyID{id}}))(t)
	}
	on := func(id habeas.PartyID) (out []string) {
		for _, tag := range must(w.Lists.TagsOn(w.ctx(), nora, id))(t) {
			out = append(out, tag.Words)
		}
		return out
	}
	give("choir", two)
	m := w.merge(nora, one, two)
	give("donor", two) // leads to the record that shows it
	if got := strings.Join(on(one), " "); got != "choir donor" {
		t.Errorf("the merged record has %q", got)
	}
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
	if strings.Join(on(one), " ") != "donor" || strings.Join(on(two), " ") != "choir" {
		t.Errorf("after the undo: %q and %q", on(one), on(two))
	}
}

func TestAListIsSavedForOneOrForAll(t *testing.T) {
	w := newWorld(t)
	nora, _, _, _ := w.theFour()
	otto := w.staff("otto@example.org")
	own := must(w.Lists.SaveList(w.ctx(), nora, "Bergs", party.Filter{Query: "Berg-Zyxter"}, false))(t)
	all := must(w.Lists.SaveList(w.ctx(), nora, "No address", by(party.HasMail, "without"), true))(t)
	_, err := w.Lists.SaveList(w.ctx(), nora, "bergs", party.Filter{}, false)
	w.refused(err, "list.twice")
	if w.onDisk("Berg-Zyxter") || w.onDisk("No address") {
		t.Error("what is searched for lies on disk")
	}
	names := func(a habeas.Actor) (out []string) {
		for _, l := range must(w.Lists.Saved(w.ctx(), a))(t) {
			out = append(out, l.Name+" "+string(rune('0'+l.N)))
		}
		return out
	}
	if got := strings.Join(names(nora), ", "); got != "Bergs 0, No address 1" {
		t.Errorf("who saved them has %q", got)
	}
	if got := strings.Join(names(otto), ", "); got != "No address 1" {
		t.Errorf("another has %q", got)
	}
	_, err = w.Lists.SavedList(w.ctx(), otto, own)
	w.refused(err, "list.none")
	w.refused(w.Lists.EndList(w.ctx(), otto, all), "list.other")
	w.ok(w.Lists.RenameList(w.ctx(), nora, all, "By letter"))
	w.ok(w.Lists.EndList(w.ctx(), nora, all))
	if got := names(otto); len(got) != 0 {
		t.Errorf("it is still there: %q", got)
	}
	w.ok(w.Lists.RestoreList(w.ctx(), nora, all))
	if got := strings.Join(names(otto), ", "); got != "By letter 1" {
		t.Errorf("it came back as %q", got)
	}
	w.ok(w.Lists.EndList(w.ctx(), nora, all))
	w.later(time.Hour)
	w.refused(w.Lists.RestoreList(w.ctx(), nora, all), "list.none")
}

// Proves PTY-17, PTY-22.
func TestEverybodyInAFileSeesWhoTookItAndWhy(t *testing.T) {
	w := newWorld(t)
	nora, tim, _, ids := w.theFour()
	boss := w.boss("root@example.org")
	boss.Purpose = nora.Purpose
	w.restrain(ids["Ann"], party.Restricted)
	w.ok(w.Records.Amend(w.ctx(), nora, ids["Otto"], person("=1+1", "", "")))
	_, err := w.Lists.MakeFile(w.ctx(), nora, party.Filter{}, []string{"identity.given_name"}, "Post")
	w.refused(err, "list.file")
	_, err = w.Lists.MakeFile(w.ctx(), boss, party.Filter{}, []string{"identity.given_name"}, " ")
	w.refused(err, "list.why")
	id := must(w.Lists.MakeFile(w.ctx(), boss, party.Filter{}, []string{"state", "identity.given_name", "nothing.else"}, "Letters of June"))(t)
	_, err = w.Lists.File(w.ctx(), nora, id)
	w.refused(err, "list.file-none")
	var got strings.Builder
	w.ok(w.Lists.TakeFile(w.ctx(), boss, id, func(part []byte) error { got.Write(part); return nil }))
	rows := must(csv.NewReader(strings.NewReader(strings.TrimPrefix(got.String(), "\ufeff"))).ReadAll())(t)
	var cells []string
	for _, row := range rows {
		cells = append(cells, strings.Join(row, " "))
	}
	slices.Sort(cells[1:])
	if want := "state identity.given_name|claimed Tim|unclaimed '=1+1|unclaimed Eva"; strings.Join(cells, "|") != want {
		t.Errorf("the file is %q", cells)
	}
	if file := must(w.Lists.File(w.ctx(), boss, id))(t); file.State != party.ListSent || file.Done != 3 || file.Held != 1 {
		t.Errorf("%+v", file)
	}
	if l := w.look(tim, audit.ListTaken); l.Detail["why"] != "Letters of June" || l.Detail["sets"] != "identity" || l.Actor.Account != boss.Account {
		t.Errorf("its person reads %+v", l)
	}
	w.refused(w.Lists.TakeFile(w.ctx(), boss, id, func([]byte) error { return nil }), "list.taken")
	broken := must(w.Lists.MakeFile(w.ctx(), boss, party.Filter{}, []string{"state"}, "Once more"))(t)
	gone, n := errors.New("gone"), 0
	err = w.Lists.TakeFile(w.ctx(), boss, broken, func([]byte) error {
		if n++; n > 1 {
			return gone
		}
		return nil
	})
	if file := must(w.Lists.File(w.ctx(), boss, broken))(t); !errors.Is(err, gone) || file.State != party.ListBroken {
		t.Errorf("a download that broke off: %v, %+v", err, file)
	}
	w.verify()
}
