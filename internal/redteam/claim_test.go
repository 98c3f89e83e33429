package redteam_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

var claimAttacks = []attack{
	{7, "owner_of_the_mistyped_address", "a typing slip gave Alice's record Oscar's address → Oscar proves it, claims, edits, copies and brings his own number as evidence → he sees a masked view, and no sensitive set opens.", maskedForOscar},
	{30, "guessing_membership_numbers", "a record with a membership number → Oscar guesses without the address, then with it → useless without, capped with it even for the right number, and staff are told without the data.", guessingNumbers},
	{32, "claim_racing_an_edit", "Oscar has the confirm screen open → staff replace the mistyped address, before his click and at the same moment → the claim looks again and aborts; of the two exactly one wins.", claimRacesEdit},
	{33, "address_of_another_record", "Tim has a record → he proves Eva's address as a second one → her record is not claimed and shows nothing until staff have looked.", noSecondClaim},
	{34, "shared_mailbox", "records at info@ → whoever reads the mailbox proves it and claims → a human decides first, and nothing shows until then.", sharedMailbox},
	{35, "recycled_mailbox", "an invitation lies in a mailbox for over a year → its new reader types the code, then proves the address, and clicks a screen of last year → refused, masked, and more than the address is asked for.", recycledMailbox},
	{36, "administrator_role", "records at the addresses of administrators → one opens the screen, is made administrator, clicks; the other claims outright → nothing is acquired before staff decide.", administratorAcquiresNothing},
	{37, "deactivated_account", "Tim's account was closed while a confirm screen was open → he clicks, signs in by code and by passkey → refused each time, and the record stays nobody's.", closedAccount},
}

// alice is a record full of what must not show.
func alice() fields {
	return fields{
		"identity": {"given_name": "Alice", "family_name": "Berger", "birth_date": "1984-05-03"}, "phone": {"number": "+4930901820"},
		"address": {"street": "Ringstraße 12"}, "membership": {"number": "M-20417"},
	}
}

// aliceWords are long enough not to stand in an id or a code by chance.
var aliceWords = []string{"Alice", "Berger", "84-05", "4930901", "901820", "Ringstr", "M-204"}

// Proves PTY-A7.
func maskedForOscar(w *world) {
	id := w.record(w.Connect("Booking desk"), "oscar@example.net", alice())
	oscar := w.joined("oscar@example.net")
	w.hides(oscar, "/me", aliceWords...)
	w.hides(oscar, offerAt(id), aliceWords...)
	accept(oscar, id)
	w.hides(oscar, recordAt(id), aliceWords...)
	w.hides(oscar, recordAt(id)+"/edit/identity", aliceWords...)
	w.hides(oscar, "/me/activity", aliceWords...)
	for _, format := range []string{"html", "csv", "json"} {
		r := oscar.Fill("/me/copy", "/me/copy/"+format)
		w.is("the copy", r, http.StatusOK)
		w.without("the copy as "+format, r.Body, aliceWords...)
	}
	// What he says himself opens nothing, and what is hidden he cannot even overwrite by its form.
	version := hidden(oscar, recordAt(id)+"/edit/membership", recordAt(id)+"/edit/membership", "version")
	oscar.Submit(recordAt(id)+"/edit/membership", "membership.number", "X-1", "version", version)
	w.is("his own number as evidence", oscar.Fill(recordAt(id), recordAt(id)+"/evidence", "kind", "membership", "proof", "X-1"), http.StatusBadRequest)
	w.hides(oscar, recordAt(id), aliceWords...)
	m := w.Post.About(w, "oscar@example.net", "is now yours")
	w.without("the mail about the claim", m.Subject+m.Text+m.HTML, aliceWords...)
}

// Proves PTY-A30.
func guessingNumbers(w *world) {
	nora := w.staff("nora@example.org")
	id := w.record(w.Connect("Booking desk"), "tim@example.org", alice())
	nora.Filled(staffAt(id)+"/edit/profile", staffAt(id)+"/edit/profile", "profile.headline", "Pianist") // she will be told
	oscar := w.joined("oscar@example.net")
	for _, path := range []string{offerAt(id), recordAt(id)} {
		w.is("the right number without the address", oscar.Submit(path+"/evidence", "kind", "membership", "proof", "M-20417"), http.StatusNotFound)
	}
	reader := w.joined("tim@example.org") // whoever reads the mailbox
	for i := range party.DefaultRules.MaxTries {
		r := reader.Fill(offerAt(id), offerAt(id)+"/evidence", "kind", "membership", "proof", fmt.Sprintf("M-1000%d", i))
		if r.Status == http.StatusSeeOther {
			w.Fatalf("try %d was taken", i)
		}
	}
	if r := reader.Submit(offerAt(id)+"/evidence", "kind", "membership", "proof", "M-20417"); r.Status == http.StatusSeeOther {
		w.Error("the right number counts after the last try")
	}
	w.is("claiming it all the same", reader.Submit(offerAt(id)+"/accept", "version", fmt.Sprint(w.held(id).Party.Version)), http.StatusForbidden)
	w.hides(reader, offerAt(id), aliceWords...)
	w.unclaimed(id)
	if r := nora.Get("/staff/waiting"); !strings.Contains(r.Body, id.String()) {
		w.Error("the record does not wait for staff")
	}
	for _, m := range w.Post.Rest() {
		w.without("a mail", m.Subject+m.Text+m.HTML, aliceWords...)
	}
}

// race does two things at once and returns both statuses.
func race(a, b func() reply) (first, second int) {
	var all sync.WaitGroup
	all.Go(func() { first = a().Status })
	all.Go(func() { second = b().Status })
	all.Wait()
	return first, second
}

// Proves PTY-A32.
func claimRacesEdit(w *world) {
	nora, desk := w.staff("nora@example.org"), w.Connect("Booking desk")
	replace := func(id habeas.PartyID, address string) reply {
		return nora.Submit(staffAt(id)+"/address", "email", address, "email2", address)
	}
	id := w.record(desk, "oscar@example.net", bonn())
	oscar := w.joined("oscar@example.net")
	shown := oscar.Get(offerAt(id))
	w.is("replacing the address", replace(id, "tim@example.org"), http.StatusSeeOther)
	for _, f := range oscar.Forms(shown) {
		if strings.HasPrefix(f.Action, offerAt(id)) {
			w.is("the screen from before, "+f.Action, oscar.Send(http.MethodPost, f.Action, "application/x-www-form-urlencoded", f.Fields.Encode()), http.StatusNotFound)
		}
	}
	w.unclaimed(id)
	for i := range 6 {
		address := fmt.Sprintf("oscar%d@example.net", i)
		id := w.record(desk, address, bonn())
		b := w.joined(address)
		b.Get(offerAt(id))
		version := fmt.Sprint(w.held(id).Party.Version)
		claim, edit := race(
			func() reply { return b.Submit(offerAt(id)+"/accept", "version", version) },
			func() reply { return replace(id, fmt.Sprintf("tim%d@example.org", i)) },
		)
		claimed := claim == http.StatusSeeOther
		if claimed == (edit == http.StatusSeeOther) || claimed != (w.held(id).Party.State == party.Claimed) {
			w.Errorf("the claim was answered %d, the edit %d, and the record is %s", claim, edit, w.held(id).Party.State)
		}
	}
}

// Proves PTY-A33.
func noSecondClaim(w *world) {
	desk := w.Connect("Booking desk")
	one := w.record(desk, "tim@example.org", bonn())
	two := w.record(desk, "eva@example.org", fields{"identity": {"given_name": "Eva"}, "organisation": {"city": "Ulm"}})
	tim := w.joined("tim@example.org")
	accept(tim, one)
	to := tim.Filled("/me/addresses", "/me/addresses", "address", "eva@example.org", "again", "eva@example.org")
	if r := answer(tim, wanted(tim, to), w.mailed("eva@example.org")); r.Status != http.StatusSeeOther {
		w.Fatalf("adding the address: %d %s", r.Status, r.Complaint())
	}
	w.unclaimed(two)
	w.needsHuman(tim, two, "Eva", "Ulm")
}

// needsHuman checks that a record waits for staff: it shows nothing and cannot be claimed.
func (w *world) needsHuman(b *browser, id habeas.PartyID, words ...string) {
	w.Helper()
	page := w.hides(b, offerAt(id), words...)
	for _, f := range b.Forms(page) {
		if strings.HasPrefix(f.Action, offerAt(id)) {
			w.Errorf("the page offers %s", f.Action)
		}
	}
	if r := b.Submit(offerAt(id)+"/evidence", "kind", "membership", "proof", "M-1"); r.Status == http.StatusSeeOther {
		w.Error("evidence for it is taken")
	} else {
		w.without("the answer to evidence", r.Body, words...)
	}
	w.refused("claiming it all the same", b.Submit(offerAt(id)+"/accept", "version", fmt.Sprint(w.held(id).Party.Version)))
	w.unclaimed(id)
}

// Proves PTY-A34.
func sharedMailbox(w *world) {
	nora, desk := w.staff("nora@example.org"), w.Connect("Booking desk")
	id := w.record(desk, "info@club.example", fields{"identity": {"given_name": "Ada"}, "organisation": {"city": "Bonn"}})
	reader := w.joined("info@club.example")
	w.hides(reader, "/me", "Ada", "Bonn")
	w.needsHuman(reader, id, "Ada", "Bonn")
	// An address that comes later is looked at as well.
	late := w.record(desk, "bob@club.example", bonn(), "external_id", "7")
	w.record(desk, "office@club.example", fields{}, "external_id", "7")
	if got := w.held(late).Party.Review; got != party.ReviewShared {
		w.Errorf("an address that came later: review %q", got)
	}
	nora.Filled("/staff/waiting", "/staff/waiting/"+id.String(), "decision", string(party.Release))
	accept(reader, id)
}

// Proves PTY-A35.
func recycledMailbox(w *world) {
	nora := w.staff("nora@example.org")
	at := nora.Filled("/staff/add", "/staff/add", "email", "tim@example.org", "email2", "tim@example.org",
		"identity.given_name", "Timotheus", "profile.headline", "Pianist", "kind", "person", "invite", "on")
	id, err := habeas.ParseID[habeas.PartyKind](strings.TrimPrefix(at, "/staff/people/"))
	w.Must(err)
	invitation := w.Post.About(w, "tim@example.org", "A record about you")
	link := w.link(invitation.Text, "/code?c=")
	tim := w.person()
	if r := answer(tim, strings.TrimPrefix(link, "/code?c="), codeOf(w, invitation.Text)); r.Status != http.StatusSeeOther {
		w.Fatalf("a fresh invitation: %d %s", r.Status, r.Complaint())
	}
	version := hidden(tim, offerAt(id), offerAt(id)+"/accept", "version")
	w.later(party.DefaultRules.StaleAfter + time.Hour)

	reader := w.person()
	c := strings.TrimPrefix(link, "/code?c=")
	w.is("the old invitation", answer(reader, c, codeOf(w, invitation.Text)), http.StatusBadRequest)
	reader = w.joined("tim@example.org")
	w.refused("a screen of last year", reader.Submit(offerAt(id)+"/accept", "version", version))
	w.hides(reader, offerAt(id), "Timotheus", "Pianist")
	w.is("the address alone", reader.Submit(offerAt(id)+"/accept", "version", version), http.StatusForbidden)
	w.unclaimed(id)

	nora.SignIn(nora.Key)
	reason(nora)
	paper := paperCode.FindString(nora.Submit(staffAt(id) + "/paper").Body)
	reader.Filled(offerAt(id), offerAt(id)+"/evidence", "kind", "paper", "proof", paper)
	accept(reader, id)
}

// Proves PTY-A36.
func administratorAcquiresNothing(w *world) {
	boss, desk := w.administrator(), w.Connect("Booking desk")
	first, second := w.record(desk, "boss@example.org", bonn()), w.record(desk, "eve@example.org", bonn())
	w.needsHuman(boss, first, "Bonn")
	eve := w.member("eve@example.org")
	version := hidden(eve, offerAt(second), offerAt(second)+"/accept", "version") // opened before the role was given
	boss.Filled("/admin/roles", "/admin/roles", "address", "eve@example.org", "again", "eve@example.org", "role", "administrator", "checked", "Seen at the desk.")
	w.is("the screen from before", eve.Submit(offerAt(second)+"/accept", "version", version), http.StatusForbidden)
	w.needsHuman(eve, second, "Bonn")
}

// Proves PTY-A37.
func closedAccount(w *world) {
	boss := w.administrator()
	id := w.record(w.Connect("Booking desk"), "tim@example.org", bonn())
	tim := w.member("tim@example.org")
	version := hidden(tim, offerAt(id), offerAt(id)+"/accept", "version")
	boss.Filled("/admin/roles", "/admin/accounts", "account", "tim@example.org", "state", "close")
	for _, verdict := range []string{"/accept", "/not-me"} {
		r := tim.Submit(offerAt(id)+verdict, "version", version)
		if r.Status == http.StatusSeeOther && !strings.HasPrefix(r.Header.Get("Location"), "/sign-in") || r.Status == http.StatusOK {
			w.Errorf("%s of a closed account: %d to %q", verdict, r.Status, r.Header.Get("Location"))
		}
	}
	w.is("the passkey", tim.TrySignIn(tim.Key), http.StatusForbidden)
	again := w.person()
	c := ask(again, "tim@example.org")
	w.is("the right code", answer(again, c, w.mailed("tim@example.org")), http.StatusForbidden)
	if in(tim) || in(again) {
		w.Error("a closed account is in")
	}
	w.record(w.Connect("Another desk"), "tim@example.org", fields{})
	w.unclaimed(id)
	if n := w.parties(); n != 1 {
		w.Errorf("%d records", n)
	}
}
