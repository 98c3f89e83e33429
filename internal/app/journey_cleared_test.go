package app_test

import (
	"reflect"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// A record that the page says waits for staff stands in their queue, and their yes is
// remembered.
func TestASecondRecordOfOnePersonWaitsWhereStaffSeeIt(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	first, _ := bookings.say("tim@example.org", person("Tim", "Berger", "1984-05-03"))
	tim := w.join("tim@example.org")
	w.accept(tim, first, nil)
	second := w.enter(nora, "tim@example.org", person("Tim", "Berger", ""), func(in *party.Assertion) { in.Separate = true })

	offers, err := w.Records.Offers(w.ctx(), tim)
	w.ok(err)
	if len(offers) != 1 || offers[0].Review != party.ReviewConflict {
		t.Fatalf("offers: %+v", offers)
	}
	waiting, err := w.Records.Waiting(w.ctx(), nora, first, 10)
	w.ok(err)
	if len(waiting) != 1 || waiting[0].Party.ID != second {
		t.Fatalf("staff see %d records", len(waiting))
	}
	w.ok(w.Records.Decide(w.ctx(), nora, second, party.Release))
	offers, err = w.Records.Offers(w.ctx(), tim)
	w.ok(err)
	if len(offers) != 1 || offers[0].Review != party.ReviewNone {
		t.Fatalf("after the release: %+v", offers)
	}
	w.accept(tim, second, nil)
}

func TestStaffSeeAndReleaseTheRecordOfAnAdministrator(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id, _ := w.connect("City Bookings").say("boss@example.org", party.Values{"organisation": {"city": "Bonn"}})
	boss := w.member("boss@example.org")
	w.employ("boss@example.org", habeas.RoleAdministrator)
	if o := w.offer(boss, id); o.Review != party.ReviewRole {
		t.Fatalf("offered: %+v", o)
	}
	waiting, err := w.Records.Waiting(w.ctx(), nora, habeas.PartyID{}, 10)
	w.ok(err)
	if len(waiting) != 1 || waiting[0].Party.Review != party.ReviewRole {
		t.Fatalf("staff see %+v", waiting)
	}
	w.ok(w.Records.Decide(w.ctx(), nora, id, party.Release))
	w.accept(boss, id, nil)
}

func TestADecisionIsTakenBack(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	bookings.say("home@example.org", person("Anna", "Berger", ""))
	tom, _ := bookings.say("home@example.org", person("Tom", "Berger", ""))
	for _, d := range []party.Decision{party.KeepApart, party.Release} {
		before := w.held(tom).Party
		w.ok(w.Records.Decide(w.ctx(), nora, tom, d))
		w.ok(w.Records.Reconsider(w.ctx(), nora, tom, party.ReviewConflict))
		after := w.held(tom).Party
		after.Version = before.Version
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%s taken back: %+v, want %+v", d, after, before)
		}
		if blocked, err := w.DB.Records().Blocked(w.ctx(), w.Keys.Lookup(party.LookupEmail, "home@example.org"), tom); err != nil || blocked {
			t.Errorf("%s taken back: the address is blocked (%v)", d, err)
		}
		w.refused(w.Records.Reconsider(w.ctx(), nora, tom, party.ReviewConflict), "review.open")
	}
	w.refused(w.Records.Reconsider(w.ctx(), nora, tom, "whatever"), "review.reason")
	w.ok(w.Records.Decide(w.ctx(), nora, tom, party.KeepApart))
	w.ok(w.Records.Reconsider(w.ctx(), nora, tom, party.ReviewNotMe))
	if p := w.held(tom).Party; !p.Blocked {
		t.Error("an address that said \"not me\" leads to the record again")
	}
	w.verify()
}
