package redteam_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
)

var evidenceAttacks = []attack{
	{28, "evidence_of_ones_own_making", "Tim's record is claimed → Bell and a member of staff write other birth dates and numbers on it, and offer them as evidence → they are proposals only, and what a challenger said, in whatever capacity, is no evidence.", evidenceOfOnesOwn},
}

// Proves PTY-A28.
func evidenceOfOnesOwn(w *world) {
	nora, desk, bell := w.staff("nora@example.org"), w.Connect("Booking desk"), w.Connect("Bell Tours")
	id := w.record(desk, "tim@example.org", alice())
	if w.record(bell, "tim@example.org", fields{"identity": {"given_name": "Alice"}}, "external_id", "7") != id {
		w.Fatal("Bell has another record")
	}
	tim := w.joined("tim@example.org")
	accept(tim, id)
	w.later(time.Minute)
	for _, said := range []object{
		{"external_id": "7", "fields": fields{"membership": {"number": "B-777"}, "phone": {"number": "+4930111111"}}},
		{"external_id": "7", "fields": fields{"identity": {"birth_date": "1999-09-09"}}},
		says("tim@example.org", fields{"identity": {"given_name": "Alice", "birth_date": "1999-09-09"}}),
	} {
		w.later(time.Second)
		bell.Party(said)
	}
	edit := staffAt(id) + "/edit/identity"
	nora.Filled(edit, edit, "identity.birth_date", "1999-09-09")
	rec := w.held(id)
	for field, want := range map[string]string{"identity.birth_date": "1984-05-03", "membership.number": "M-20417", "phone.number": "+4930901820"} {
		set, name, _ := strings.Cut(field, ".")
		if got := rec.Text(set, name); got != want {
			w.Errorf("%s is %q now", field, got)
		}
	}
	w.is("Bell's number as evidence", tim.Fill(recordAt(id), recordAt(id)+"/evidence", "kind", "membership", "proof", "B-777"), http.StatusBadRequest)
	w.is("the number from before the claim", tim.Fill(recordAt(id), recordAt(id)+"/evidence", "kind", "membership", "proof", "M-20417"), http.StatusSeeOther)

	// Nora enters a record with a number, and then claims it herself.
	at := nora.Filled("/staff/add", "/staff/add", "email", "nora@example.org", "email2", "nora@example.org", "kind", "person",
		"identity.given_name", "Nora", "identity.birth_date", "1980-01-01", "membership.number", "N-1")
	own, err := habeas.ParseID[habeas.PartyKind](strings.TrimPrefix(at, "/staff/people/"))
	w.Must(err)
	w.is("her own number as evidence", nora.Fill(offerAt(own), offerAt(own)+"/evidence", "kind", "membership", "proof", "N-1"), http.StatusBadRequest)
}
