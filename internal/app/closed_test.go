package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// close closes the account at an address, or opens it again.
func (w *world) close(address string, closed bool) {
	w.Helper()
	boss := habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 9}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	w.ok(w.Accounts.SetClosed(w.ctx(), boss, w.address(address), closed))
}

// Proves PTY-A37.
func TestWhoseAccountIsClosedKeepsTheRecordAndTheirRights(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	id, _ := s.say("tim@example.org", person("Tim", "Berger", ""), ticket("T-1", "Old town"))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	at, mine := "/staff/people/"+id.String(), "/notice/records/"+id.String()
	desk := w.staffBrowser("nora@example.org")
	desk.post("/staff/purpose", "purpose", party.Purposes()[0].Key, "to", at)
	b := w.browser()
	b.notice("tim@example.org")
	if p := b.send(http.MethodPost, mine+"/object", nil); p.status != http.StatusForbidden {
		t.Errorf("past an open account somebody objects: %d", p.status)
	}
	w.close("tim@example.org", true)
	if p := desk.get(at); !strings.Contains(p.text, "The account of its person is closed") || !strings.Contains(p.text, at+"/requests") {
		t.Error("staff do not see that its person cannot sign in")
	}
	p := b.get("/notice")
	for _, want := range []string{"it was closed", "I object to its use", "Erase it", "Staff look at it first"} {
		if !strings.Contains(p.text, want) {
			t.Errorf("the page about notices lacks %q", want)
		}
	}
	for _, never := range []string{"goes through that account", "Make it mine", "This is not me", "Berger"} {
		if strings.Contains(p.text, never) {
			t.Errorf("the page about notices says %q", never)
		}
	}
	if p := b.send(http.MethodPost, mine+"/not-me", nil); p.status != http.StatusForbidden {
		t.Errorf("whose it is was changed without a dispute: %d", p.status)
	}
	b.post(mine + "/object")
	b.post(mine + "/erase")
	w.later(31 * 24 * time.Hour) // staff have to answer; nothing happens by itself
	w.ok(w.Notices.Sweep(w.ctx()))
	rec := w.held(id)
	if rec.Party.State != party.Claimed || rec.Party.Account != tim.Account || rec.Party.Restraint != party.Objected {
		t.Fatalf("it is %s, %q", rec.Party.State, rec.Party.Restraint)
	}
	w.close("tim@example.org", false)
	if got := w.my(tim, id); got.Party.Account != tim.Account {
		t.Error("opened again, the account has lost its record")
	}
	w.verify()
}
