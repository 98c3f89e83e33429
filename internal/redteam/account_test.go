package redteam_test

import (
	"net/http"
	"strings"
	"time"
)

// notYet are the attacks on what is not built yet, and why. It must shrink to nothing.
var notYet = map[int]string{}

var accountAttacks = []attack{
	{1, "registered_before_its_owner", "Oscar begins to register Tim's address, adds it to his own account, starts a passkey, or got in by a provider that took his word for it → Tim comes by a code or by a provider → Tim's account is his alone, and what Oscar began is void.", preHijacked},
	{2, "sessions_left_open", "Oscar got into Tim's account and stays signed in on two devices → Tim recovers the account → both are out, and so is the passkey.", sessionsDie},
	{3, "identifiers_planted", "Oscar adds a passkey, an address and an account elsewhere of his to Tim's account → Tim recovers → all are listed to Tim and removed, and Oscar's mailbox leads to an account of its own.", identifiersGo},
	{4, "address_change_left_waiting", "Oscar has confirmed a change of the main address to his, and holds one more code → Tim recovers → the change never happens, and neither its link nor the code opens anything.", pendingChangeDies},
	{6, "sign_up_without_proof", "a record is held at Tim's address → Oscar signs up with it and proves nothing → no data, no role, and no sign that there is a record.", unprovedSeesNothing},
}

// Proves PTY-A1.
func preHijacked(w *world) {
	desk := w.Connect("Booking desk")
	id := w.record(desk, "tim@example.org", fields{"organisation": {"city": "Bonn"}})
	oscar := w.member("oscar@example.net")
	to := oscar.Filled("/me/addresses", "/me/addresses", "address", "tim@example.org", "again", "tim@example.org")
	added, stray := wanted(oscar, to), w.mailed("tim@example.org") // lies in Tim's mailbox
	early := w.person()
	pending := ask(early, "tim@example.org")
	w.mailed("tim@example.org")
	w.is("a passkey before any proof", early.Send(http.MethodPost, "/me/credentials/passkeys/options", "application/json", `{"name":"x"}`), http.StatusSeeOther)

	tim := w.person()
	// Tim falls for the stray mail first: its code belongs to Oscar's browser.
	w.is("the code of Oscar's browser", answer(tim, added, stray), http.StatusBadRequest)
	c := ask(tim, "tim@example.org")
	code := w.mailed("tim@example.org")
	if r := answer(tim, c, code); r.Header.Get("Location") != "/me" {
		w.Fatalf("Tim is led to %q: %s", r.Header.Get("Location"), r.Complaint())
	}
	w.hides(tim, "/me/credentials", "phone", "Remove")
	w.hides(tim, "/me/addresses", "oscar@example.net")
	w.is("the code once more, elsewhere", answer(early, pending, code), http.StatusBadRequest)
	w.is("Tim's code for Oscar's addition", answer(oscar, added, code), http.StatusBadRequest)
	if in(early) {
		w.Error("who only began to register is in")
	}
	w.hides(oscar, "/me/addresses", "tim@example.org")
	preHijackedElsewhere(w, oscar)
	w.is("the record, to Oscar", oscar.Get(offerAt(id)), http.StatusNotFound)
	accept(tim, id)
}

// taken is an account at Tim's address that Oscar got into once, on two devices.
func (w *world) taken() (oscar, elsewhere *browser) {
	w.Helper()
	oscar = w.member("tim@example.org")
	elsewhere = w.person()
	elsewhere.SignIn(oscar.Key)
	return oscar, elsewhere
}

// recover is Tim getting his account back by a code, in a browser of his own.
func (w *world) recover() (tim *browser, listed string) {
	w.Helper()
	tim = w.person()
	if to := w.join(tim, "tim@example.org"); to != "/recover" {
		w.Fatalf("a code for an account with a passkey leads to %q", to)
	}
	if r := tim.Get("/me/credentials"); r.Status == http.StatusOK {
		w.Error("before recovery the code opens the account")
	}
	listed = tim.Get("/recover").Body
	if to := tim.Filled("/recover", "/recover"); !strings.HasPrefix(to, "/me/credentials") {
		w.Fatalf("recovery leads to %q", to)
	}
	w.Post.About(w, "tim@example.org", "was recovered")
	return tim, listed
}

// Proves PTY-A2.
func sessionsDie(w *world) {
	oscar, elsewhere := w.taken()
	for _, b := range []*browser{oscar, elsewhere} {
		if !in(b) {
			w.Fatal("Oscar is not in to begin with")
		}
	}
	tim, _ := w.recover()
	for _, b := range []*browser{oscar, elsewhere} {
		if in(b) {
			w.Error("a sign-in lives on")
		}
	}
	if r := oscar.TrySignIn(oscar.Key); r.Status == http.StatusOK || in(oscar) {
		w.Errorf("the passkey lives on: %d", r.Status)
	}
	if !in(tim) {
		w.Error("Tim is out as well")
	}
}

// Proves PTY-A3.
func identifiersGo(w *world) {
	oscar, _ := w.taken()
	oscar.AddPasskey("Oscars Taschentelefon")
	to := oscar.Filled("/me/addresses", "/me/addresses", "address", "oscar@example.net", "again", "oscar@example.net")
	if r := answer(oscar, wanted(oscar, to), w.mailed("oscar@example.net")); r.Status != http.StatusSeeOther {
		w.Fatalf("adding an address: %d %s", r.Status, r.Complaint())
	}
	w.cloud.Person = object{"sub": "oscar"}
	if r := oscar.Connect("cloud"); r.Header.Get("Location") != "/me/credentials?done=connected" {
		w.Fatalf("connecting a provider: %d %s", r.Status, r.Complaint())
	}
	w.Post.About(w, "tim@example.org", "way to sign in was added")
	tim, listed := w.recover()
	for _, planted := range []string{"Oscars Taschentelefon", "oscar@example.net", "Cloud login"} {
		if !strings.Contains(listed, planted) {
			w.Errorf("before recovery %q is not listed", planted)
		}
	}
	w.hides(tim, "/me/addresses", "oscar@example.net")
	if r := oscar.TrySignIn(oscar.Key); r.Status == http.StatusOK {
		w.Error("the planted passkey signs in")
	}
	if elsewhere := w.person(); elsewhere.SignInBy("cloud").Header.Get("Location") != "/sign-in/with/cloud/new" || in(elsewhere) {
		w.Error("the planted provider signs in")
	}
	again := w.joined("oscar@example.net")
	w.hides(again, "/me/addresses", "tim@example.org")
}

// Proves PTY-A4.
func pendingChangeDies(w *world) {
	oscar, _ := w.taken()
	to := oscar.Filled("/me/addresses", "/me/addresses", "address", "more@example.net", "again", "more@example.net")
	half, halfCode := wanted(oscar, to), w.mailed("more@example.net")
	to = oscar.Filled("/me/addresses/main", "/me/addresses/main", "address", "oscar@example.net", "again", "oscar@example.net")
	if r := answer(oscar, wanted(oscar, to), w.mailed("oscar@example.net")); r.Status != http.StatusSeeOther {
		w.Fatalf("confirming the new address: %d %s", r.Status, r.Complaint())
	}
	link := w.link(w.Post.About(w, "tim@example.org", "is to change").Text, "/address-change?t=")

	tim, _ := w.recover()
	w.is("the code asked for before", answer(oscar, half, halfCode), http.StatusBadRequest)
	if r := tim.Get(link); r.Status == http.StatusOK && len(tim.Forms(r)) > 0 && strings.Contains(r.Body, `name="t"`) {
		w.Error("the link of the dropped change still offers to stop it")
	}
	w.later(100 * time.Hour)
	w.Must(w.Accounts.SwitchAddresses(w.Context(), w.Records.SayAddress)) // what the server does every minute
	tim = w.joined("tim@example.org")
	for _, gone := range []string{"oscar@example.net", "more@example.net"} {
		w.hides(tim, "/me/addresses", gone)
	}
	w.hides(w.joined("oscar@example.net"), "/me/addresses", "tim@example.org")
}

// Proves PTY-A6.
func unprovedSeesNothing(w *world) {
	desk := w.Connect("Booking desk")
	id := w.record(desk, "timber@example.org", fields{"identity": {"given_name": "Tim", "family_name": "Berger"}}, "ticket", object{"id": "T-1", "title": "A tour"})
	words := []string{"Berger", "Booking desk", "A tour", id.String()}
	var shapes []string
	for _, address := range []string{"timber@example.org", "nobody@example.org"} {
		b := w.person()
		r := b.Fill("/join", "/join", "address", address, "again", address)
		c := wanted(b, r.Header.Get("Location"))
		w.mailed(address)
		page := b.Get("/code?c=" + c)
		refused := answer(b, c, "00000000")
		shapes = append(shapes, shape(r, c, address)+shape(page, c, address)+shape(refused, c, address))
		w.without("the pages of a sign-up", r.Body+page.Body+refused.Body, words...)
		for _, path := range []string{"/me", offerAt(id), recordAt(id), staffAt(id), "/admin", "/me/copy"} {
			if r := b.Get(path); r.Status == http.StatusOK || strings.Contains(r.Body, "Berger") {
				w.Errorf("%s: status %d without proof", path, r.Status)
			}
		}
	}
	if shapes[0] != shapes[1] {
		w.Errorf("an address with a record is answered differently:\n%s\n---\n%s", shapes[0], shapes[1])
	}
	w.unclaimed(id)
}
