package app_test

import (
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

// race runs two things at once and returns how many succeeded.
func race(a, b func() error) (won int, errs [2]error) {
	var wg sync.WaitGroup
	wg.Go(func() { errs[0] = a() })
	wg.Go(func() { errs[1] = b() })
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			won++
		}
	}
	return won, errs
}

// Proves PTY-A21.
func TestOfTwoAcceptancesExactlyOneWins(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	tim, tom := w.join("tim@example.org"), w.join("tom@example.org")
	for i := range 10 {
		id, _ := bookings.say("tim@example.org", person("Tim", "", ""), external(itoa(int64(i))), ticket(itoa(int64(i)), "x"))
		if again, _ := bookings.say("tom@example.org", nil, external(itoa(int64(i)))); again != id {
			t.Fatal("one external id, two parties")
		}
		version := w.offer(tim, id).Record.Party.Version
		w.offer(tom, id)
		first, second := tim, tom
		if i%2 == 0 {
			second = tim // the same person, twice
		}
		won, errs := race(
			func() error { return w.Records.Accept(w.ctx(), first, id, version, nil) },
			func() error { return w.Records.Accept(w.ctx(), second, id, version, nil) },
		)
		if p := w.held(id).Party; won != 1 || p.State != party.Claimed || p.Version != version+1 {
			t.Fatalf("%d of two won (%v): %+v", won, errs, p)
		}
		_, err := w.Records.Erase(w.ctx(), w.holder(id, tim, tom), id)
		w.ok(err)
	}
}

// holder is who of two holds a record.
func (w *world) holder(id habeas.PartyID, a, b habeas.Actor) habeas.Actor {
	w.Helper()
	if w.held(id).Party.Account == a.Account {
		return a
	}
	return b
}

func TestABookerChangesNothingOnAClaimedRecord(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", with(person("Tim", "Berger", "1984-05-03"), "organisation", "city", "Bonn"))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	w.later(time.Hour)
	w.connect("Bell Tours").say("tim@example.org", with(person("Timothy", "", ""), "organisation", "city", "Ulm"))
	if other, _ := bookings.say("tim@example.org", person("Tim", "Berger", "1999-09-09")); other == id {
		t.Error("another birth date was taken for Tim's")
	}
	w.ok(w.Records.Amend(w.ctx(), nora, id, person("", "", "1999-09-09")))
	rec := w.held(id)
	for _, f := range [][3]string{{"identity", "birth_date", "1984-05-03"}, {"identity", "given_name", "Tim"}, {"organisation", "city", "Bonn"}} {
		if got := field(rec, f[0], f[1]); got.Current.Text != f[2] || !got.Rival {
			t.Errorf("%s is %q now, rival %v", f[1], got.Current.Text, got.Rival)
		}
	}
	if got := w.look(tim, audit.PartyAsserted); got.ActorName != "Nora Quill" {
		t.Errorf("the newest line says %+v", got)
	}
}
