package app_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// lists are the queries of staff that the house has witnessed, the oldest first.
func (w *world) lists() (out []audit.Witnessed) {
	w.Helper()
	for _, e := range must(w.DB.Events(w.ctx(), habeas.SubjectID{}, habeas.EventID{}, 1000))(w) {
		if e.Event == audit.PartyListed {
			out = append([]audit.Witnessed{e}, out...)
		}
	}
	return out
}

// Proves PTY-22.
func TestEachListOfPeopleIsWitnessedBeforeItIsShown(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	ann := w.enter(nora, "ann@example.org", person("Ann", "Berg", "1980-01-02"))
	w.enter(nora, "bo@example.org", person("Bo", "Bergman", "1990-01-02"))
	found, _, err := w.Records.Find(w.ctx(), nora, "berg", 10)
	w.ok(err)
	if len(found) != 2 {
		t.Fatalf("%d people found", len(found))
	}
	must(w.Records.Like(w.ctx(), nora, person("Ann", "Berg", "")))(w)
	must(w.Records.Waiting(w.ctx(), nora, habeas.PartyID{}, 10))(w)
	must(w.Records.Rivals(w.ctx(), nora, ann))(w)
	_, _, err = w.Records.Find(w.ctx(), nora, "", 1)
	w.ok(err)
	lists := w.lists()
	var kinds []string
	for _, l := range lists {
		kinds = append(kinds, l.Detail["list"]+" "+l.Detail["count"])
		if l.Actor.Account != nora.Account || l.Actor.Purpose != nora.Purpose || strings.Contains(string(l.Text), "erg") {
			t.Errorf("the line of the house says %s", l.Text)
		}
	}
	if got := strings.Join(kinds, ", "); got != "search 2, alike 1, waiting 0, rivals 0, newest 1" {
		t.Errorf("the house witnessed %q", got)
	}
	shown, err := base64.RawURLEncoding.DecodeString(lists[0].Detail["shown"])
	if err != nil || len(shown) != 32 || !strings.Contains(string(shown), string(ann[:])) {
		t.Errorf("the line does not say whom the list showed: %q", lists[0].Detail["shown"])
	}
}

// A person reads once a day that somebody saw them in a list, not at each keystroke.
func TestAPersonReadsThatTheyWereInAListOnceADay(t *testing.T) {
	w := newWorld(t)
	nora, mara := w.staff("nora@example.org"), w.staff("mara@example.org")
	id := w.enter(nora, "ann@example.org", person("Ann", "Berg", "1980-01-02"))
	ann := w.member("ann@example.org")
	w.accept(ann, id, nil)
	search := func(a habeas.Actor) {
		_, _, err := w.Records.Find(w.ctx(), a, "berg", 10)
		w.ok(err)
	}
	read := func() (n int) {
		for _, l := range w.activity(ann) {
			if l.Event == audit.PartyListed {
				n++
			}
		}
		return n
	}
	for range 5 {
		search(nora)
	}
	if got := read(); got != 1 {
		t.Errorf("five searches in a day are %d lines", got)
	}
	search(mara)
	w.later(24 * time.Hour)
	search(nora)
	if got := read(); got != 3 {
		t.Errorf("another reader and another day make %d lines, want 3", got)
	}
}

func TestAPurposeComesFromTheList(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id := w.enter(nora, "ann@example.org", person("Ann", "Berg", ""))
	for _, purpose := range []string{"Curiosity", "correct an error", "question"} {
		nora.Purpose = purpose
		_, err := w.Records.Open(w.ctx(), nora, id)
		w.refused(err, "purpose.unknown")
		_, _, err = w.Records.Find(w.ctx(), nora, "berg", 10)
		w.refused(err, "purpose.unknown")
	}
	nora.Purpose = ""
	_, err := w.Records.Open(w.ctx(), nora, id)
	w.refused(err, "purpose.missing")
	for _, p := range party.Purposes() {
		nora.Purpose = p.Sentence
		must(w.Records.Open(w.ctx(), nora, id))(w)
	}
}

// The main address is said in the person's records where they ticked so, in that
// direction and not before the switch. Proves PTY-11.
func TestTheRecordsSayTheNewMainAddressWherePersonAsked(t *testing.T) {
	for _, ticked := range []bool{true, false} {
		w := newWorld(t)
		shop := w.connect("City Bookings")
		id, _ := shop.say("tim@example.org", person("Tim", "Berger", ""))
		flow, sign := newToken(), newToken()
		challenge := must(w.Accounts.Ask(w.ctx(), account.Asking{Address: w.address("tim@example.org"), Language: "en", Flow: flow, Client: "192.0.2.1"}))(w)
		code := w.codeIn(w.mailTo("tim@example.org", mail.KindCode))
		p := must(w.Accounts.Prove(w.ctx(), habeas.Actor{}, challenge, sealedtest.Seal(code), account.Browser{Flow: flow, New: sign}))(w)
		tim := habeas.Actor{Kind: habeas.ActorPerson, Account: p.Account, Proof: habeas.ProofCode}
		w.accept(tim, id, nil)

		w.mails()
		in := account.Asking{Address: w.address("tim@new.example.org"), Language: "en", Flow: flow, Client: "192.0.2.1"}
		challenge = must(w.Accounts.AskForMain(w.ctx(), tim, sign, in, keyring.LookupHash{}, ticked))(w)
		code = w.codeIn(w.mailTo("tim@new.example.org", mail.KindCode))
		must(w.Accounts.Prove(w.ctx(), tim, challenge, sealedtest.Seal(code), account.Browser{Flow: flow}))(w)
		if got := w.held(id).Text("contact", "email"); got != "tim@example.org" {
			t.Fatalf("before the switch the record says %q", got)
		}
		w.later(account.DefaultChangeRules.Wait)
		w.ok(w.Accounts.SwitchAddresses(w.ctx(), w.Records.SayAddress))
		want := map[bool]string{true: "tim@new.example.org", false: "tim@example.org"}[ticked]
		if got := w.held(id).Text("contact", "email"); got != want {
			t.Errorf("ticked %v: the record says %q", ticked, got)
		}
		// The other direction does not exist: a corrected record leaves the account alone.
		rec := w.my(tim, id)
		w.ok(w.Records.Correct(w.ctx(), tim, id, rec.Party.Version, party.Values{"contact": {"email": "tim@third.example.org"}}))
		if main, _, err := w.Accounts.MainAddress(w.ctx(), tim.Account); err != nil || main != "tim@new.example.org" {
			t.Errorf("a corrected record makes %q the main address", main)
		}
	}
}
