package app_test

import (
	"slices"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

func TestThisIsNotMeTakesTheAddressOffTheRecord(t *testing.T) {
	w := newWorld(t)
	bookings, tours, nora := w.connect("City Bookings"), w.connect("Bell Tours"), w.staff("nora@example.org")
	id, ref := bookings.say("oscar@example.org", person("Tim", "Berger", ""), ticket("B-1", "A tour"))
	w.enter(nora, "oscar@example.org", party.Values{"organisation": {"city": "Bonn"}})
	oscar := w.join("oscar@example.org")
	w.mails()
	w.notMe(oscar, id)
	w.mailTo("nora@example.org", mail.KindRefused)
	if p := w.held(id).Party; !p.Blocked || p.Review != party.ReviewNotMe || p.State != party.Unclaimed || !p.Account.IsZero() {
		t.Fatalf("after “not me”: %+v", p)
	}
	if got := w.offers(oscar); len(got) != 0 {
		t.Fatalf("it is offered again: %+v", got)
	}
	_, err := w.Records.Offer(w.ctx(), oscar, id)
	w.refused(err, "claim.none")
	w.refused(w.Records.Accept(w.ctx(), oscar, id, w.held(id).Party.Version, nil), "claim.none")
	own := w.mine(oscar)
	if len(own) != 1 || own[0].Party.ID == id {
		t.Fatalf("Oscar's own: %+v", own)
	}

	// Others who speak of the address mean somebody else from now on.
	other, _ := tours.say("oscar@example.org", nil, ticket("C-1", "A walk"))
	if other == id || other != own[0].Party.ID {
		t.Errorf("what is said at the address now goes to %v", other)
	}
	// The system that meant Tim means Tim, under the same reference.
	again, sameRef := bookings.say("oscar@example.org", person("Tim", "Berger", ""), ticket("B-2", "A tour"))
	if again != id || sameRef != ref {
		t.Error("a system sees in its reference that somebody refused the record")
	}
	if got := w.offers(oscar); len(got) != 0 {
		t.Errorf("Oscar is asked again: %+v", got)
	}
}

func TestStaffKeepApartOrRelease(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	anna, _ := bookings.say("bergers@example.org", person("Anna", "Berger", "1950-01-02"))
	tom, _ := bookings.say("bergers@example.org", person("Tom", "Berger", "1980-03-04"))
	waits := func() (ids []habeas.PartyID) {
		for _, r := range must(w.Records.Waiting(w.ctx(), nora, habeas.PartyID{}, 10))(w) {
			ids = append(ids, r.Party.ID)
		}
		return ids
	}
	if anna == tom || !slices.Contains(waits(), tom) {
		t.Fatal("the second of two people at one address waits for nobody")
	}
	rivals := must(w.Records.Rivals(w.ctx(), nora, tom))(w)
	if len(rivals) != 1 || rivals[0].Party.ID != anna {
		t.Fatalf("beside Tom stand %+v", rivals)
	}
	reader := w.join("bergers@example.org")
	for _, o := range w.offers(reader) {
		if o.Review == party.ReviewNone || len(o.Record.Sets) != 0 || len(o.Record.Tickets) != 0 {
			t.Fatalf("several records at one address, and one shows %+v", o.Record)
		}
	}
	w.refused(w.Records.Decide(w.ctx(), nora, tom, "merge"), "decision.unknown")
	w.ok(w.Records.Decide(w.ctx(), nora, tom, party.KeepApart))
	w.refused(w.Records.Decide(w.ctx(), nora, tom, party.Release), "review.done")
	if got := w.offers(reader); len(got) != 1 || got[0].Record.Party.ID != anna || got[0].Review != party.ReviewNone {
		t.Fatalf("after Tom is kept apart: %+v", got)
	}
	w.accept(reader, anna, nil)
	if len(waits()) != 0 {
		t.Error("something still waits")
	}
	// The right address brings Tom back to his record.
	w.move(nora, tom, "tom@berger.example")
	son := w.join("tom@berger.example")
	w.accept(son, tom, nil)
}

func TestAReleasedRecordCanBeClaimedAfterAMistakenNotMe(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", party.Values{"organisation": {"city": "Bonn"}})
	tim := w.join("tim@example.org")
	w.notMe(tim, id)
	w.ok(w.Records.Decide(w.ctx(), nora, id, party.Release))
	w.accept(tim, id, nil)
	if got := w.look(tim, audit.PartyReviewed); got.Actor.Kind != habeas.ActorStaff || got.Detail["decision"] != "release" || got.ActorName != "Nora Quill" {
		t.Errorf("who released it: %+v", got)
	}
}

func TestAMistypedAddressLeadsNowhereAnyMore(t *testing.T) {
	w := newWorld(t)
	bookings, tours, nora := w.connect("City Bookings"), w.connect("Bell Tours"), w.staff("nora@example.org")
	tim, ref := bookings.say("oscar@example.org", person("Tim", "Berger", ""))
	oscar := w.join("oscar@example.org")
	w.offer(oscar, tim)
	w.refused(w.Records.ChangeAddress(w.ctx(), nora, tim, w.address("Oscar@EXAMPLE.org")), "email.same")
	w.move(nora, tim, "tim@example.org")
	if got := w.offers(oscar); len(got) != 0 {
		t.Fatalf("Oscar is still offered %+v", got)
	}
	walk, _ := tours.say("oscar@example.org", nil, ticket("C-1", "Oscar's walk"))
	if walk == tim {
		t.Error("Oscar's ticket went to Tim's record")
	}
	if again, sameRef := bookings.say("oscar@example.org", person("Tim", "Berger", "")); again != tim || sameRef != ref {
		t.Error("the system that mistyped it sees the correction in its reference")
	}
	if again, _ := tours.say("tim@example.org", nil); again != tim {
		t.Error("the new address does not lead to the record")
	}
	w.accept(w.join("tim@example.org"), tim, nil)
	w.refused(w.Records.ChangeAddress(w.ctx(), nora, tim, w.address("x@example.org")), "party.claimed")
}

func TestAnAddressCanBeGivenBack(t *testing.T) {
	w := newWorld(t)
	bookings, tours, nora := w.connect("City Bookings"), w.connect("Bell Tours"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", party.Values{"organisation": {"city": "Bonn"}})
	w.move(nora, id, "tom@example.org")
	w.later(time.Minute)
	w.move(nora, id, "tim@example.org")
	if again, _ := tours.say("tim@example.org", nil); again != id {
		t.Error("the address that was given back does not lead to the record")
	}
	w.accept(w.join("tim@example.org"), id, nil)
}

func TestAnAddressWhereSomebodyElseIsKnownWaitsForStaff(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	eva, _ := bookings.say("eva@example.org", person("Eva", "Roth", ""))
	tim, _ := bookings.say("tim@example.org", person("Tim", "Berger", ""))
	w.move(nora, tim, "eva@example.org")
	if got := w.held(tim).Party.Review; got != party.ReviewConflict {
		t.Errorf("staff's change: review %q", got)
	}
	jim, _ := bookings.say("", person("Jim", "Ode", ""), external("42"))
	moved, _ := bookings.say("eva@example.org", person("Jim", "Ode", ""), external("42"))
	if moved != jim || w.held(jim).Party.Review != party.ReviewConflict {
		t.Errorf("a system's change: the same party %v, review %q", moved == jim, w.held(jim).Party.Review)
	}
	for _, o := range w.offers(w.join("eva@example.org")) {
		if o.Review == party.ReviewNone {
			t.Errorf("one of several is offered: %v, Eva's is %v", o.Record.Party.ID, eva)
		}
	}
}

// Proves PTY-26.
func TestANameThatWasLearnedLaterKeepsPeopleApartToo(t *testing.T) {
	w := newWorld(t)
	bookings, tours, nora := w.connect("City Bookings"), w.connect("Bell Tours"), w.staff("nora@example.org")
	anna := w.join("bergers@example.org")
	w.offers(anna)
	own := w.mine(anna)[0]
	w.later(time.Minute)
	w.ok(w.Records.Correct(w.ctx(), anna, own.Party.ID, own.Party.Version, person("Anna", "Berger", "")))
	tom, _ := bookings.say("bergers@example.org", person("Tom", "Berger", ""), ticket("B-1", "Tom's tour"))
	if tom == own.Party.ID || w.held(tom).Party.Review != party.ReviewConflict {
		t.Errorf("Tom was fused with Anna, who said her name herself: review %q", w.held(tom).Party.Review)
	}
	if again, _ := tours.say("bergers@example.org", person("Anna", "Berger", "")); again != own.Party.ID {
		t.Error("Anna is not recognised")
	}

	nameless, _ := bookings.say("roths@example.org", nil)
	w.later(time.Minute)
	w.ok(w.Records.Amend(w.ctx(), nora, nameless, person("Eva", "Roth", "")))
	if kurt, _ := tours.say("roths@example.org", person("Kurt", "Roth", "")); kurt == nameless {
		t.Error("Kurt was fused with Eva, whose name staff added")
	}
	if eva, _ := tours.say("roths@example.org", person("Eva", "", "")); eva != nameless {
		t.Error("Eva is not recognised")
	}
}
