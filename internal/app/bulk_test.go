package app_test

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// pairUp puts two records into the queue, as sure as can be.
func (w *world) pairUp(a, b habeas.PartyID) party.PairID {
	w.Helper()
	pair, ok := party.PairOf(a, b)
	if !ok {
		w.Fatal("no pair")
	}
	must(w.DB.Ops().PutPairs(w.ctx(), []party.Duplicate{{PairID: pair, P: .99, State: party.PairOpen, FoundAt: w.clock.Now()}}))(w)
	return pair
}

// lookFor looks for pairs without conflict.
func (w *world) lookFor(a habeas.Actor) party.Bulk {
	w.Helper()
	id := must(w.Bulks.Begin(w.ctx(), a))(w)
	w.ok(w.Bulks.Work(w.ctx()))
	return w.batch(id)
}

func (w *world) batch(id habeas.BulkID) party.Bulk {
	w.Helper()
	return must(w.DB.Bulks().Bulk(w.ctx(), id))(w)
}

// together merges a batch to its end, and apart takes it back.
func (w *world) together(a habeas.Actor, id habeas.BulkID) party.Bulk {
	w.Helper()
	w.later(time.Second)
	w.ok(w.Bulks.Merge(w.ctx(), a, id))
	w.ok(w.Bulks.Work(w.ctx()))
	return w.batch(id)
}

func (w *world) apart(a habeas.Actor, id habeas.BulkID) party.Bulk {
	w.Helper()
	w.later(time.Second)
	w.ok(w.Bulks.Undo(w.ctx(), a, id))
	w.ok(w.Bulks.Work(w.ctx()))
	return w.batch(id)
}

// Proves PTY-15, PTY-16.
func TestOnlyPairsThatNothingSpeaksAgainstAreMergedTogether(t *testing.T) {
	w := newWorld(t)
	s, nora := w.connect("City Bookings"), w.atWork()
	say := func(n int, address string, v party.Values) habeas.PartyID {
		id, _ := s.say(address, v, external(fmt.Sprint(n)))
		return id
	}
	ana := person("Ana", "Ferrer", "1984-05-03")
	free, fills := say(1, "ana@example.org", ana), say(2, "", with(person("ana", "FERRER", ""), "phone", "number", "+34 600 111 222"))
	w.pairUp(free, fills)
	w.pairUp(say(3, "b1@example.org", ana), say(4, "", person("Ana", "Ferrer", "1985-05-03"))) // a field differs
	claimed := say(5, "tim@example.org", person("Tim", "Berger", ""))
	w.accept(w.join("tim@example.org"), claimed, nil)
	w.pairUp(claimed, say(6, "", person("Tim", "Berger", "")))
	held := say(7, "", person("Eva", "Lind", ""))
	w.ok(w.Notices.Hold(w.ctx(), nora, held, "A bill is open."))
	w.pairUp(held, say(8, "", person("Eva", "Lind", "")))
	a, b, c := say(9, "", person("Ole", "Dahl", "")), say(10, "", person("Ole", "Dahl", "")), say(11, "", person("Ole", "Dahl", ""))
	w.pairUp(a, b)
	w.pairUp(b, c)
	w.ok(w.Duplicates.Decide(w.ctx(), nora, w.pairUp(a, c), party.PairApart))

	one := w.lookFor(nora)
	want := map[party.Clash]int{party.ClashField: 1, party.ClashClaimed: 1, party.ClashHeld: 1}
	if one.State != party.BulkReady || one.Free != 3 || one.All != 6 || !reflect.DeepEqual(one.Clashes, want) {
		t.Fatalf("%+v", one)
	}
	w.refused(w.Bulks.Undo(w.ctx(), nora, one.ID), "bulk.moved")
	one = w.together(nora, one.ID)
	if one.State != party.BulkMerged || one.Merged != 2 || one.Skipped != 1 {
		t.Fatalf("staff said that a and c are two, and through b they are one: %+v", one)
	}
	rec := must(w.Records.Open(w.ctx(), nora, fills))(t)
	if rec.Party.ID != free || rec.Text("identity", "given_name") != "Ana" || rec.Text("phone", "number") == "" || rec.Text("identity", "birth_date") == "" {
		t.Errorf("not one record with all: %+v", rec)
	}
	w.refused(w.Bulks.Merge(w.ctx(), nora, one.ID), "bulk.moved")
	w.verify()
}

// Proves PTY-15.
func TestOneUndoTakesABatchBackWhateverHappenedSince(t *testing.T) {
	w := newWorld(t)
	s, nora := w.connect("City Bookings"), w.atWork()
	var ids [4][2]habeas.PartyID
	var before [4][2]party.Record
	for i := range ids {
		v := person("Ana", fmt.Sprint("Ferrer", i), "")
		ids[i][0], _ = s.say(fmt.Sprintf("a%d@example.org", i), v)
		ids[i][1], _ = s.say("", with(v, "phone", "number", "+34 600 111 222"), external(fmt.Sprint(i)))
		w.pairUp(ids[i][0], ids[i][1])
		for n := range 2 {
			before[i][n] = w.plain(ids[i][n])
		}
	}
	one := w.together(nora, w.lookFor(nora).ID)
	if one.Merged != 4 || len(w.queue()) != 0 {
		t.Fatalf("%+v, %d pairs wait", one, len(w.queue()))
	}
	// One is taken apart by itself, one changes, and one is claimed and disputed.
	must(w.Records.Unmerge(w.ctx(), nora, w.merged(ids[0][0])))(t)
	w.later(time.Second)
	w.ok(w.Records.Amend(w.ctx(), nora, ids[1][0], party.Values{"identity": {"occupation": "Baker"}}))
	w.accept(w.join("a2@example.org"), ids[2][0], nil)
	frozen := must(w.Disputes.DisputeByStaff(w.ctx(), nora, ids[2][0], party.DisputeOther, "The wrong one."))(t)

	one = w.apart(nora, one.ID)
	if one.State != party.BulkUndone || one.Apart != 2 || one.Before != 1 || one.Left != 1 {
		t.Fatalf("%+v", one)
	}
	for _, i := range []int{0, 3} {
		for n := range 2 {
			if got := w.plain(ids[i][n]); !reflect.DeepEqual(got, before[i][n]) {
				t.Errorf("record %d of pair %d is not what it was:\n%+v\n%+v", n, i, got, before[i][n])
			}
		}
	}
	if w.held(ids[1][0]).Text("identity", "occupation") != "Baker" || w.held(ids[1][1]).Text("identity", "occupation") != "" {
		t.Error("the word said since is not where it was said")
	}
	w.later(time.Second)
	w.ok(w.Disputes.KeepClaim(w.ctx(), nora, frozen.ID))
	if one = w.apart(nora, one.ID); one.Apart != 3 || one.Left != 0 {
		t.Errorf("the rest, once the dispute is decided: %+v", one)
	}
	w.refused(w.Bulks.Undo(w.ctx(), nora, one.ID), "bulk.moved")
	lines := 0
	for _, e := range must(w.DB.Events(w.ctx(), habeas.SubjectID{}, habeas.EventID{}, 1000))(t) {
		if e.Event == audit.BulkMerged || e.Event == audit.BulkUndone {
			lines++
		}
	}
	own := must(w.DB.Events(w.ctx(), habeas.SubjectOf(ids[3][0]), habeas.EventID{}, 100))(t)
	if lines != 7 || own[0].Event != audit.PartyUnmerged || own[1].Event != audit.PartyMerged || own[1].Detail["batch"] != one.ID.String() {
		t.Errorf("%d lines of the house; of a record %s, %s", lines, own[0].Event, own[1].Event)
	}
	w.verify()
}

// plain is a record as it stands in the store, but for how often it was written.
func (w *world) plain(id habeas.PartyID) party.Record {
	w.Helper()
	rec := w.held(id)
	rec.Party.Version = 0
	return rec
}

// dying is a context that ends after it was looked at a number of times: the server is
// killed somewhere in its work.
type dying struct {
	context.Context
	left *atomic.Int64
	over chan struct{}
}

func dieAfter(n int) dying {
	d := dying{context.Background(), new(atomic.Int64), make(chan struct{})}
	d.left.Store(int64(n))
	return d
}

func (d dying) Err() error {
	switch left := d.left.Add(-1); {
	case left > 0:
		return nil
	case left == 0:
		close(d.over)
	}
	return context.Canceled
}

func (d dying) Done() <-chan struct{} {
	_ = d.Err()
	return d.over
}

// Proves PTY-15.
func TestABatchOfRandomRecordsThatIsUndoneChangesNothing(t *testing.T) {
	w := newWorld(t)
	s, nora, round, rounds := w.connect("City Bookings"), w.atWork(), 0, 20
	if w.dsn != "" {
		rounds = 3 // a question that is broken off costs PostgreSQL a connection, and a second
	}
	rapid.Check(t, func(t *rapid.T) {
		if round++; round > rounds { // each is a store of its own beside the others
			return
		}
		var all []habeas.PartyID
		for i := range rapid.IntRange(4, 9).Draw(t, "records") {
			v := person(rapid.SampledFrom([]string{"Ana", "ANA", "", "Eva"}).Draw(t, "given"), fmt.Sprint("Ferrer", round), "")
			for _, f := range [][2]string{{"phone", "number"}, {"address", "city"}} {
				if text := rapid.SampledFrom([]string{"", "", "1234"}).Draw(t, f[0]); text != "" {
					v.Put(f[0], f[1], text)
				}
			}
			id, _ := s.say("", v, external(fmt.Sprint(round, "-", i)))
			all = append(all, id)
		}
		var pairs []party.PairID
		for range rapid.IntRange(1, 12).Draw(t, "pairs") {
			a, b := rapid.SampledFrom(all).Draw(t, "a"), rapid.SampledFrom(all).Draw(t, "b")
			if a != b {
				pairs = append(pairs, w.pairUp(a, b))
			}
		}
		before := make([]party.Record, len(all))
		for i, id := range all {
			before[i] = w.plain(id)
		}
		queue := w.queue()
		one := w.lookFor(nora)
		if one.Free > 0 {
			w.ok(w.Bulks.Merge(w.ctx(), nora, one.ID))
			w.killed(t, "merge")
			one = w.batch(one.ID)
			if one.State != party.BulkMerged || one.Merged+one.Skipped != one.Free || one.Merged == 0 {
				t.Fatalf("after the kill: %+v", one)
			}
			w.later(time.Second)
			w.ok(w.Bulks.Undo(w.ctx(), nora, one.ID))
			w.killed(t, "undo")
			if one = w.batch(one.ID); one.State != party.BulkUndone || one.Apart != one.Merged || one.Left != 0 {
				t.Fatalf("after the undo: %+v", one)
			}
		}
		for i, id := range all {
			if got := w.plain(id); !reflect.DeepEqual(got, before[i]) {
				t.Fatalf("record %d is not what it was:\n%+v\n%+v", i, got, before[i])
			}
		}
		if !reflect.DeepEqual(w.queue(), queue) {
			t.Fatal("the queue is not what it was")
		}
		w.ok(w.DB.Ops().RemovePairs(w.ctx(), pairs))
	})
	w.verify()
}

// killed works on batches, dies on the way, and goes on as the next server does.
func (w *world) killed(t *rapid.T, where string) {
	w.Helper()
	ctx := dieAfter(rapid.IntRange(1, 60).Draw(t, where+" dies after"))
	_ = w.Bulks.Work(ctx)
	w.ok(w.DB.InTx(w.ctx(), func(*sqlstore.Tx) error { return nil })) // what it had begun is over
	w.later(time.Hour)                                                // its lease has ended
	w.ok(w.Bulks.Work(w.ctx()))
}

// Proves PTY-16.
func TestStaffMergeABatchFromTheQueue(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	for i := range 3 {
		v := person("Ana", fmt.Sprint("Ferrer", i), "")
		one, _ := s.say(fmt.Sprintf("a%d@example.org", i), v)
		two, _ := s.say("", with(v, "address", "city", "Cádiz"), external(fmt.Sprint(i)))
		w.pairUp(one, two)
	}
	b := w.staffBrowser("nora@example.org")
	const at = "/staff/duplicates"
	b.post("/staff/purpose", "purpose", "question", "to", at)
	if p := b.get(at); !strings.Contains(p.text, "Look for pairs without conflict") {
		t.Fatal("the queue does not offer it")
	}
	batch := b.post(at + "/together")
	if p := b.get(batch); !strings.Contains(p.text, "Pairs are being examined") {
		t.Errorf("no progress: %s", p.text)
	}
	w.ok(w.Bulks.Work(w.ctx()))
	p := b.get(batch)
	for _, words := range []string{"Merge all 3 pairs", "Ana Ferrer0", "Town or city and E-mail of one of them"} {
		if !strings.Contains(p.text, words) {
			t.Errorf("before it is merged, no %q", words)
		}
	}
	if strings.Contains(p.text, "Cádiz") {
		t.Error("the samples show more than lists do")
	}
	if p := b.get(at); !strings.Contains(p.text, "3 pairs had no conflict") {
		t.Error("the queue does not say how many")
	}
	b.post(batch + "/merge")
	w.ok(w.Bulks.Work(w.ctx()))
	if p = b.get(batch); !strings.Contains(p.text, "3 pairs were merged") || !strings.Contains(p.text, batch+"/undo") {
		t.Errorf("after the merge: %s", p.text)
	}
	if p = b.get("/staff/merges"); strings.Count(p.text, `class="join"`) != 1 || !strings.Contains(p.text, "3 pairs merged together") {
		t.Error("the history has not one line for the batch")
	}
	b.post(batch + "/undo")
	w.ok(w.Bulks.Work(w.ctx()))
	if p = b.get(batch); !strings.Contains(p.text, "3 pairs were taken apart again") || len(w.queue()) != 3 {
		t.Errorf("after the undo: %s", p.text)
	}
	if p := w.browser().join("tim@example.org").send(http.MethodPost, at+"/together", nil); p.status == http.StatusSeeOther && strings.Contains(p.header.Get("Location"), "/together/") {
		t.Error("somebody who does not work here begins a batch")
	}
	w.later(time.Second)
	w.ok(w.Bulks.Recount(w.ctx())) // as after a search through all
	w.ok(w.Bulks.Work(w.ctx()))
	if newest := must(w.Bulks.Newest(w.ctx(), w.atWork()))(t)[0]; newest.State != party.BulkReady || newest.Free != 3 || !newest.By.IsZero() {
		t.Errorf("counted by the server: %+v", newest)
	}
	w.later(time.Second)
	mine := w.lookFor(w.atWork())
	w.ok(w.Bulks.Recount(w.ctx()))
	if w.batch(mine.ID).State != party.BulkReady {
		t.Error("the server drops what staff look at")
	}
	person := habeas.Actor{Account: habeas.AccountID{1}, Roles: []habeas.Role{habeas.RolePerson}}
	_, err := w.Bulks.Begin(w.ctx(), person)
	w.refused(err, "role.missing")
	w.refused(w.Bulks.Merge(w.ctx(), person, habeas.BulkID{}), "role.missing")
}
