package redteam_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

var disputeAttacks = []attack{
	{8, "fact_answered_wrongly", "Oscar owns an address that changed hands and has Alice's membership number → he answers four questions about her record rightly and one wrongly → the claim is locked for every kind of evidence, staff are told, and no mail or page carries the data.", wrongFactLocks},
	{9, "wrong_claim_disputed", "Oscar has claimed Alice's record at a mistyped address and writes in it → Alice disputes by the link that her own address was mailed, staff undo → frozen at once, then Oscar's for no moment more: signed out, his words set aside, his address blocked; it stands in the ledger.", disputeUndoes},
	{29, "retries_compared", "Oscar wants to learn the answers from what several rounds of questions have in common → he fails, has staff release the record, and comes back → the same options in the same order each time, and after the last try never again.", decoysStay},
}

// known is a record about which everything is known that is asked.
func known() fields {
	return fields{
		"identity": {"given_name": "Alice", "family_name": "Berger", "birth_date": "1984-05-03", "birth_place": "Ulm"}, "membership": {"number": "M-20417"},
		"address": {"city": "Bonn", "postcode": "53113"}, "phone": {"number": "+49228555123"},
	}
}

var knownWords = []string{"Alice", "Berger", "84-05", "53113", "555123", "M-204"}

// answers are the right ones about known.
var answers = []string{party.BirthMonth, "5", party.BirthDay, "3", party.BirthPlace, "Ulm", party.Town, "Bonn", party.PostcodeEnd, "13"}

// showsNumber is Oscar at an address that was not heard of for long, who has shown the
// membership number.
func (w *world) showsNumber(id habeas.PartyID) *browser {
	w.Helper()
	oscar := w.joined("oscar@example.net")
	oscar.Filled(offerAt(id), offerAt(id)+"/evidence", "kind", "membership", "proof", "M-20417")
	return oscar
}

// atWork lets staff sign in again and say why they look.
func atWork(nora *browser) {
	nora.W.Helper()
	nora.SignIn(nora.Key)
	reason(nora)
}

// Proves PTY-A8.
func wrongFactLocks(w *world) {
	nora := w.staff("nora@example.org")
	id := w.record(w.Connect("Booking desk"), "oscar@example.net", known())
	w.later(2 * party.DefaultRules.StaleAfter)
	oscar := w.showsNumber(id)
	wrong := slices.Clone(answers)
	wrong[len(wrong)-1] = party.None
	oscar.Filled(offerAt(id), offerAt(id)+"/facts", wrong...)
	m := w.Post.About(w, "nora@example.org", "is locked")
	w.without("the mail to staff", m.Subject+m.Text+m.HTML, append(knownWords, id.String(), "oscar@", "Bonn", "Ulm")...)
	oscar.Submit(offerAt(id)+"/facts", answers...)
	for kind, proof := range map[string]string{"membership": "M-20417", "paper": "0000-0000-0000"} {
		if r := oscar.Submit(offerAt(id)+"/evidence", "kind", kind, "proof", proof); r.Status == http.StatusSeeOther {
			w.Errorf("%s is taken after the wrong answer", kind)
		}
	}
	w.hides(oscar, "/me", knownWords...)
	w.needsHuman(oscar, id, knownWords...)
	atWork(nora)
	if r := nora.Get("/staff/waiting"); !strings.Contains(r.Body, id.String()) {
		w.Error("the record does not wait for staff")
	}
	for _, m := range w.Post.Rest() {
		w.without("a mail", m.Subject+m.Text+m.HTML, knownWords...)
	}
}

// Proves PTY-14, PTY-A9.
func disputeUndoes(w *world) {
	nora, desk := w.staff("nora@example.org"), w.Connect("Booking desk")
	id := w.record(desk, "alice@example.org", known(), "external_id", "1")
	w.later(time.Minute)
	desk.Party(object{"external_id": "1", "email": "oscar@example.net"})
	oscar := w.joined("oscar@example.net")
	accept(oscar, id)
	w.later(time.Minute)
	edit := recordAt(id) + "/edit/organisation"
	version := hidden(oscar, edit, edit, "version")
	oscar.Done(edit, "organisation.name", "", "organisation.website", "", "organisation.city", "Graz", "version", version)

	told := w.Post.About(w, "alice@example.org", "has been claimed")
	w.without("the mail about the claim", told.Subject+told.Text+told.HTML, append(knownWords, "oscar@")...)
	alice, link := w.person(), w.link(told.Text, "/dispute?t=")
	w.is("opening the link", alice.Get(link), http.StatusOK)
	if p := w.held(id).Party; p.State != party.Claimed {
		w.Fatalf("opening the link made the record %s", p.State)
	}
	w.is("the form as a scanner finds it", alice.Fill(link, "/dispute"), http.StatusBadRequest)
	alice.Filled(link, "/dispute", "reason", string(party.DisputeMine))

	// Frozen at once.
	if p := w.held(id).Party; p.State != party.Frozen {
		w.Fatalf("after the dispute the record is %s", p.State)
	}
	w.refused("writing in a frozen record", oscar.Submit(edit, "organisation.name", "", "organisation.website", "", "organisation.city", "Wien", "version", version))
	w.refused("erasing it", oscar.Submit(recordAt(id)+"/erase", "word", "erase"))
	w.hides(oscar, recordAt(id), append(knownWords, "Bonn", "alice@")...)
	for reader, subject := range map[string]string{"nora@example.org": "is disputed", "oscar@example.net": "is frozen", "alice@example.org": "looks at what you said"} {
		m := w.Post.About(w, reader, subject)
		w.without("the mail "+subject, m.Subject+m.Text+m.HTML, knownWords...)
	}

	// Undone by staff, blocked, and told.
	at := regexp.MustCompile(`/staff/disputes/[0-9a-z_]+`).FindString(nora.Get("/staff/disputes").Body)
	if at == "" {
		w.Fatal("no dispute waits for staff")
	}
	nora.Filled(at, at+"/undo")
	if in(oscar) {
		w.Error("Oscar's sign-in lives on")
	}
	w.Post.About(w, "oscar@example.net", "is no longer yours")
	w.Post.About(w, "alice@example.org", "has agreed with you")
	w.later(time.Minute)
	desk.Party(object{"external_id": "1", "email": "oscar@example.net"})
	oscar = w.joined("oscar@example.net")
	w.is("the record, to Oscar", oscar.Get(recordAt(id)), http.StatusNotFound)
	w.is("claiming it again", oscar.Submit(offerAt(id)+"/accept", "version", "1"), http.StatusNotFound)
	w.without("what is offered to Oscar", strings.Join(offered(oscar), " "), id.String())
	if rec := w.held(id); rec.Party.State != party.Unclaimed || rec.Text("organisation", "city") != "" || rec.Text("phone", "number") != "+49228555123" {
		w.Errorf("the record is %s, city %q", rec.Party.State, rec.Text("organisation", "city"))
	}
	all, err := w.DB.Events(w.Context(), habeas.SubjectOf(id), habeas.EventID{}, 1000)
	w.Must(err)
	for _, want := range []audit.Event{audit.ClaimAccepted, audit.ClaimDisputed, audit.ClaimUndone} {
		if n := len(slices.DeleteFunc(slices.Clone(all), func(e audit.Witnessed) bool { return e.Event != want })); n != 1 {
			w.Errorf("%s stands %d times in the ledger", want, n)
		}
	}
	hers := w.joined("alice@example.org")
	accept(hers, id)
	w.hides(hers, recordAt(id), "Graz")
}

var factOption = regexp.MustCompile(`name="(?:birth-month|birth-day|birth-place|town|postcode-end)" value="[^"]*"`)

// Proves PTY-A29.
func decoysStay(w *world) {
	nora := w.staff("nora@example.org")
	id := w.record(w.Connect("Booking desk"), "oscar@example.net", known())
	w.later(2 * party.DefaultRules.StaleAfter)
	var first []string
	for range party.DefaultRules.FactTries {
		w.later(25 * time.Hour)
		oscar := w.showsNumber(id)
		shown := factOption.FindAllString(oscar.Get(offerAt(id)).Body, -1)
		if first == nil {
			first = shown
		}
		if len(shown) != 30 || !slices.Equal(shown, first) {
			w.Fatalf("a retry shows\n%v\nwant\n%v", shown, first)
		}
		none := slices.Clone(answers)
		for i := 1; i < len(none); i += 2 {
			none[i] = party.None
		}
		oscar.Filled(offerAt(id), offerAt(id)+"/facts", none...)
		atWork(nora)
		nora.Filled("/staff/waiting", "/staff/waiting/"+id.String(), "decision", string(party.Release))
	}
	w.later(25 * time.Hour)
	oscar := w.showsNumber(id)
	if shown := factOption.FindAllString(oscar.Get(offerAt(id)).Body, -1); len(shown) > 0 {
		w.Error("asked once more after the last try")
	}
	oscar.Submit(offerAt(id)+"/facts", answers...)
	w.is("claiming it by late answers", oscar.Submit(offerAt(id)+"/accept", "version", "1"), http.StatusConflict)
	w.unclaimed(id)
	w.hides(oscar, offerAt(id), knownWords...)
}
