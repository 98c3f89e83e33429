package redteam_test

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

var mergeAttacks = []attack{
	{38, "merge_to_read_another", "Tim and Eva each have a record, Ida another → staff are talked into merging Tim's with theirs, and Tim agrees → he reads nothing while Eva says no; after Ida's yes an undo gives everybody back exactly their own.", mergeNeedsConsent},
	{39, "access_after_a_split", "Oscar holds a record with words about Eva, a screen to edit it, and a code on paper; the same with an unclaimed one and its confirm screen → staff split Eva's words off → in the same moment every session, screen, link and code shows and changes them no more.", splitEndsAccess},
}

// proposeMerge lets staff propose to merge a record with another and returns the path at which an
// address is asked about it.
func (w *world) proposeMerge(nora *browser, into, from habeas.PartyID, asked ...string) (path string) {
	w.Helper()
	at := staffAt(into) + "/merge/" + from.String()
	nora.Filled(at, at)
	for _, address := range asked {
		m := w.Post.About(w, address, "A question about your record")
		path = w.link(m.Text, "/me/merges/")
	}
	return path
}

// Proves PTY-15, PTY-A38.
func mergeNeedsConsent(w *world) {
	nora, desk := w.staff("nora@example.org"), w.Connect("Booking desk")
	town := func(name, city string) fields {
		return fields{"identity": {"given_name": name, "birth_date": "1984-05-03"}, "organisation": {"city": city}, "phone": {"number": "+49731444555"}}
	}
	a := w.record(desk, "tim@example.org", town("Timotheus", "Bonn"))
	b := w.record(desk, "eva@example.org", town("Evangelina", "Ulm"))
	c := w.record(desk, "ida@example.org", town("Idalina", "Graz"))
	tim, eva, ida := w.joined("tim@example.org"), w.joined("eva@example.org"), w.joined("ida@example.org")
	accept(tim, a)
	accept(eva, b)
	accept(ida, c)
	words := []string{"Evangelina", "Ulm", "444555", "eva@"}

	asked := w.proposeMerge(nora, a, b, "tim@example.org", "eva@example.org")
	w.hides(tim, asked, words...)
	tim.Filled(asked, asked, "answer", "yes")
	w.hides(tim, recordAt(a), words...)
	w.is("Eva's record, to Tim", tim.Get(recordAt(b)), http.StatusNotFound)
	if p := w.held(b).Party; p.State != party.Claimed {
		w.Errorf("one of two has agreed, and the record is %s", p.State)
	}
	eva.Filled(asked, asked, "answer", "no")
	w.hides(tim, recordAt(a), words...)
	if r := tim.Submit(asked, "answer", "yes"); r.Status == http.StatusOK || r.Status == http.StatusSeeOther && w.held(b).Party.State != party.Claimed {
		w.Errorf("Tim says yes once more: %d", r.Status)
	}
	if r := eva.Get(recordAt(b)); !strings.Contains(r.Body, "Ulm") {
		w.Error("Eva's record is not as it was")
	}

	before := w.held(c)
	asked = w.proposeMerge(nora, a, c, "tim@example.org", "ida@example.org")
	w.later(time.Second)
	ida.Filled(asked, asked, "answer", "yes")
	w.later(time.Second)
	tim.Filled(asked, asked, "answer", "yes")
	if p := w.held(c).Party; p.State != party.Merged {
		w.Fatalf("both have agreed, and the record is %s", p.State)
	}
	w.hides(tim, recordAt(a), "Idalina", "444555") // hers, and sensitive: not without evidence
	w.later(time.Second)
	undo := regexp.MustCompile(`/staff/merges/[0-9a-z_]+/undo`).FindString(nora.Get("/staff/merges").Body)
	nora.Filled("/staff/merges", undo)
	w.hides(tim, recordAt(a), "Graz")
	w.is("Ida's record, to Tim", tim.Get(recordAt(c)), http.StatusNotFound)
	if r := ida.Get(recordAt(c)); !strings.Contains(r.Body, "Graz") || w.held(c).Text("phone", "number") != before.Text("phone", "number") {
		w.Errorf("Ida's record is not as it was: %d", r.Status)
	}
}

// splitOff lets staff take the words of a source out of a record.
func (w *world) splitOff(nora *browser, id habeas.PartyID, source string) string {
	w.Helper()
	at := staffAt(id) + "/split"
	found := regexp.MustCompile(`name="word" value="([^"]+)"[^>]*><span>` + source).FindStringSubmatch(nora.Get(at).Body)
	if found == nil {
		w.Fatal("the page lists no word of " + source)
	}
	return nora.Filled(at, at, "word", found[1])
}

// Proves PTY-15, PTY-A39.
func splitEndsAccess(w *world) {
	nora, desk, bell := w.staff("nora@example.org"), w.Connect("Booking desk"), w.Connect("Bell Tours")
	mixed := func(address string) habeas.PartyID {
		id := w.record(desk, address, fields{"organisation": {"city": "Bonn"}, "membership": {"number": "M-1"}})
		w.record(bell, address, fields{"organisation": {"website": "https://evangelina.example"}, "profile": {"headline": "Evangelina plays"}},
			"ticket", object{"id": "E-" + address, "title": "Evangelina's tour"})
		w.later(time.Second)
		return id
	}
	words := []string{"evangelina", "Evangelina"}

	// A claimed record: its person is asked, and the words leave with the yes.
	id := mixed("oscar@example.net")
	oscar := w.joined("oscar@example.net")
	accept(oscar, id)
	elsewhere := w.joined("oscar@example.net")
	edit := recordAt(id) + "/edit/profile"
	version := hidden(elsewhere, edit, edit, "version")
	paper := paperCode.FindString(nora.Submit(staffAt(id) + "/paper").Body)
	if paper == "" {
		w.Fatal("no code on paper")
	}
	w.later(time.Second)
	w.splitOff(nora, id, "Bell Tours")
	asked := w.link(w.Post.About(w, "oscar@example.net", "A question about your record").Text, "/me/splits/")
	w.later(time.Second)
	oscar.Filled(asked, asked, "answer", "yes")
	for _, b := range []*browser{oscar, elsewhere} {
		for _, path := range []string{recordAt(id), edit, "/me", "/people/" + w.Profiles.Ref(id).String()} {
			if r := b.Get(path); r.Status == http.StatusOK {
				w.without(path, r.Body, words...)
			}
		}
		w.without("the copy", b.Fill("/me/copy", "/me/copy/json").Body, words...)
	}
	w.refused("the screen from before", elsewhere.Submit(edit, "profile.headline", "Oscar's now", "profile.subjects", "", "profile.about", "", "version", version))
	ref := bell.Party(says("oscar@example.net", fields{}, "ticket", object{"id": "E-oscar@example.net"}))
	apart := bell.Behind(ref)
	if apart == id {
		w.Fatal("the words did not leave")
	}
	w.is("the new record, to Oscar", oscar.Get(recordAt(apart)), http.StatusNotFound)
	w.is("claiming it", oscar.Submit(offerAt(apart)+"/accept", "version", "1"), http.StatusNotFound)
	w.without("the offer of the new record", oscar.Get(offerAt(apart)).Body, words...)
	if r := oscar.Submit(offerAt(apart)+"/evidence", "kind", "paper", "proof", paper); r.Status == http.StatusSeeOther {
		w.Error("the code on paper of the old record opens the new one")
	} else {
		w.without("the answer to the code on paper", r.Body, words...)
	}
	w.without("the link of the question", oscar.Get(asked).Body, words...)

	// An unclaimed record whose confirm screen is open.
	id = mixed("second@example.net")
	reader := w.joined("second@example.net")
	if shown := reader.Get(offerAt(id)); !strings.Contains(shown.Body, "vangelina") {
		w.Error("the screen shows nothing to begin with")
	}
	version = hidden(reader, offerAt(id), offerAt(id)+"/accept", "version")
	w.splitOff(nora, id, "Bell Tours")
	w.refused("the confirm screen from before", reader.Submit(offerAt(id)+"/accept", "version", version))
	w.hides(reader, offerAt(id), words...)
	w.unclaimed(id)
}
