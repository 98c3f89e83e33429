package app_test

import (
	"io"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// readCloser is a body for a request.
type readCloser struct{ io.Reader }

func (readCloser) Close() error { return nil }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func cookiesOf(w *world) edge.Cookies { return edge.Cookies{Origin: w.Origin} }

// who is signed in in a browser.
func (w *world) who(b *browser) habeas.Actor {
	w.Helper()
	r, err := http.NewRequestWithContext(w.ctx(), http.MethodGet, "/", nil)
	w.ok(err)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	sign, _ := cookiesOf(w).SignIn(r)
	a, _, err := w.Accounts.Who(w.ctx(), sign)
	w.ok(err)
	return a
}

// personal calls every method of Records that takes the id of a record on behalf of
// a person.
func personal(w *world, a habeas.Actor, id habeas.PartyID) map[string]error {
	r, ctx := w.Records, w.ctx()
	version := int64(1)
	if p, err := w.DB.Records().Party(ctx, id); err == nil {
		version = p.Version
	}
	out := map[string]error{}
	_, out["Offer"] = r.Offer(ctx, a, id)
	out["Accept"] = r.Accept(ctx, a, id, version, nil)
	out["NotMe"] = r.NotMe(ctx, a, id, version)
	_, _, out["ShowEvidence"] = r.ShowEvidence(ctx, a, id, party.MembershipNumber, sealedtest.Seal("M-20417"))
	_, out["My"] = r.My(ctx, a, id)
	_, out["Occasions"] = r.Occasions(ctx, a, id)
	out["Correct"] = r.Correct(ctx, a, id, version, person("Eva", "", ""))
	_, out["Settle"] = r.Settle(ctx, a, id, version, party.Reply{Verdict: party.Accepted})
	_, out["TakeBack"] = r.TakeBack(ctx, a, id, habeas.EventID{})
	out["UndoSettle"] = r.UndoSettle(ctx, a, id, habeas.EventID{})
	out["Silence"] = r.Silence(ctx, a, id, "phone.number", true)
	_, out["ReadCopy"] = r.ReadCopy(ctx, a, id, strings.NewReader("PK\x03\x04"))
	_, out["Erase"] = r.Erase(ctx, a, id)
	return out
}

// rights are the same of Notices.
func rights(w *world, a habeas.Actor, id habeas.PartyID) map[string]error {
	ctx, out := w.ctx(), map[string]error{}
	_, out["RequestsOfMine"] = w.Notices.RequestsOfMine(ctx, a, id)
	_, out["RequestForMine"] = w.Notices.RequestForMine(ctx, a, id, party.AskRestrict)
	out["WithdrawMine"] = w.Notices.WithdrawMine(ctx, a, id, habeas.RequestID{})
	return out
}

func TestNobodyReachesAnothersRecordByItsID(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	v := func() party.Values {
		return with(person("Tim", "Berger", "1984-05-03"), "membership", "number", "M-20417")
	}
	claimed, _ := bookings.say("tim@example.org", v(), ticket("B-1", "A tour"))
	unclaimed, _ := bookings.say("tom@example.org", v(), ticket("B-2", "A tour"))
	tim := w.join("tim@example.org")
	w.accept(tim, claimed, nil)
	oscar := w.member("oscar@example.org")
	w.offers(oscar)
	oscars := w.mine(oscar)[0].Party.ID
	size := w.verify().Leaves
	for name, id := range map[string]habeas.PartyID{"claimed": claimed, "unclaimed": unclaimed, "no such": {1, 2, 3}, "zero": {}} {
		before := []any{}
		if id == claimed || id == unclaimed {
			before = append(before, w.held(id))
		}
		for who, a := range map[string]habeas.Actor{"Oscar": oscar, "staff as a person": withRole(oscar)} {
			all := personal(w, a, id)
			maps.Copy(all, rights(w, a, id))
			for method, err := range all {
				if habeas.KindOf(err) != habeas.KindNotFound {
					t.Errorf("%s, %s.%s: %v, want not found", who, name, method, err)
				}
			}
		}
		if len(before) > 0 && !reflect.DeepEqual(before[0], w.held(id)) {
			t.Errorf("the %s record was changed", name)
		}
	}
	for method, err := range personal(w, habeas.Actor{}, claimed) {
		if habeas.KindOf(err) != habeas.KindNotFound {
			t.Errorf("nobody, %s: %v", method, err)
		}
	}
	if w.verify().Leaves != size {
		t.Error("something was written")
	}
	// What lists only one's own holds nothing of others.
	if own := w.mine(oscar); len(own) != 1 || own[0].Party.ID != oscars {
		t.Errorf("Oscar's records: %+v", own)
	}
	if got := w.offers(oscar); len(got) != 0 {
		t.Errorf("Oscar is offered %+v", got)
	}
	for _, l := range w.activity(oscar) {
		if l.Subject != habeas.SubjectOf(oscar.Account) && l.Party != oscars {
			t.Errorf("Oscar sees a line about somebody else: %+v", l)
		}
	}
	others := must(w.DB.Events(w.ctx(), habeas.SubjectOf(unclaimed), habeas.EventID{}, 100))(w)
	others = append(others, must(w.DB.Events(w.ctx(), habeas.SubjectID{}, habeas.EventID{}, 100))(w)...)
	for _, l := range w.activity(tim) {
		others = append(others, l.Witnessed)
	}
	for _, l := range append(others, audit.Witnessed{}) {
		_, err := w.Records.Line(w.ctx(), oscar, l.ID)
		w.refused(err, "activity.none")
		_, _, err = w.Records.Receipt(w.ctx(), oscar, l.ID)
		w.refused(err, "activity.none")
		_, _, err = w.Records.Prove(w.ctx(), oscar, l.ID, false)
		w.refused(err, "activity.none")
	}
}

func withRole(a habeas.Actor) habeas.Actor {
	a.Roles = []habeas.Role{habeas.RoleStaff, habeas.RoleAdministrator}
	return a
}
