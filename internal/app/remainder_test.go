package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// invoices is a data set that the law keeps for eleven years.
func invoices() party.SetSchema {
	return party.SetSchema{
		Name: "invoice", Label: "Invoices", Visibility: party.ToStaff, Purpose: "To account for what was sold.", Basis: party.OnLaw,
		KeepMonths: 132, Duty: "§ 147 AO", Fields: []party.FieldSchema{{Name: "number", Label: "Number of the invoice", Type: party.Number}},
	}
}

// kept lists what is kept by law, for an administrator.
func (w *world) kept(root habeas.Actor) []party.Remainder {
	w.Helper()
	return must(w.Notices.Remainders(w.ctx(), root, 100))(w)
}

// proved checks a certificate and returns what its line says.
func (w *world) proved(text []byte, want audit.Event) {
	w.Helper()
	c := must(app.CheckReceipt(text, w.Ledger.VerifierKey(), ""))(w)
	if c.Event != want {
		w.Errorf("the certificate proves %s, want %s", c.Event, want)
	}
}

// Proves PTY-18, PTY-29.
func TestErasingARecordLeavesOnlyWhatTheLawKeeps(t *testing.T) {
	w := newWorld(t, invoices())
	bookings, root := w.connect("City Bookings"), w.boss("root@example.org")
	id, _ := bookings.say("tim@example.org", with(person("Tim", "Berger", "1984-05-03"), "invoice", "number", "R-2026-17"), ticket("B-1", "Secret tour"))
	bookings.say("tim@example.org", with(person("Tim", "Berger", "1984-05-03"), "invoice", "number", "R-2026-44"), ticket("B-2", "Another"))
	b := w.browser().join("tim@example.org")
	tim := w.who(b)
	w.accept(tim, id, nil)
	bound := must(w.Notices.BoundOfMine(w.ctx(), tim, id))(t)
	if len(bound.Owed) != 1 || bound.Owed[0].Set.Name != "invoice" {
		t.Fatalf("before: %+v", bound)
	}
	if page := b.get("/me/records/" + id.String() + "/erase").text; !strings.Contains(page, "Invoices: kept by law until") || !strings.Contains(page, "§ 147 AO") {
		t.Errorf("the person does not read what stays:\n%s", page)
	}
	w.mails()
	page := b.send(http.MethodPost, "/me/records/"+id.String()+"/erase", formOf("word", "erase"))
	if page.status != http.StatusOK || !strings.Contains(page.text, "/erased/rem_") {
		t.Fatalf("erased: %d\n%s", page.status, page.text)
	}
	w.gone(id)
	m := w.mailTo("tim@example.org", mail.KindErased)
	if !strings.Contains(m.Text, "Invoices until") || !strings.Contains(m.Text, "/erased/rem_") || strings.Contains(m.Text, "R-2026") {
		t.Errorf("the last mail:\n%s", m.Text)
	}
	if w.Finder.Find("berger", 5) != nil {
		t.Error("search still finds Tim")
	}
	if again, _ := bookings.say("tim@example.org", person("Tim", "Berger", "1984-05-03")); again == id {
		t.Error("the address still leads to the erased record")
	}

	// What is left: one data set, with its history and nothing else.
	all := w.kept(root)
	if len(all) != 1 || all[0].Set != "invoice" || all[0].Words != nil {
		t.Fatalf("left: %+v", all)
	}
	one := all[0]
	_, err := w.Notices.OpenRemainder(w.ctx(), w.staff("nora@example.org"), one.ID, "A tax audit")
	w.refused(err, "role.missing")
	_, err = w.Notices.OpenRemainder(w.ctx(), root, one.ID, "  ")
	w.refused(err, "remainder.purpose")
	size := w.verify().Leaves
	open := must(w.Notices.OpenRemainder(w.ctx(), root, one.ID, "A tax audit"))(t)
	if len(open.Words) != 2 || open.Words[0].Values["number"] != "R-2026-17" || len(open.Words[1].Values) != 1 || open.Words[0].Source != "system" {
		t.Errorf("what is kept: %+v", open.Words)
	}
	if w.verify().Leaves != size+1 {
		t.Error("the reading is not in the ledger")
	}

	// Both certificates, and the page between them.
	look := w.look(tim, audit.PartyErased)
	first := must(w.Records.Certificate(w.ctx(), tim, look.ID))(t)
	w.proved(first, audit.PartyErased)
	for _, want := range []string{"Invoices", "§ 147 AO", one.Until.Format("2006-01-02"), "/erased/" + one.Erasure.String()} {
		if !strings.Contains(string(first), want) {
			t.Errorf("the certificate lacks %q:\n%s", want, first)
		}
	}
	stranger := w.browser()
	if page := stranger.get("/erased/" + one.Erasure.String()).text; !strings.Contains(page, "Kept until") || strings.Contains(page, "R-2026") || strings.Contains(page, "Tim") {
		t.Errorf("the page of the erasure:\n%s", page)
	}
	w.proved(must(w.Notices.RemainsCertificate(w.ctx(), one.Erasure, one.ID))(t), audit.RemainderKept)
	w.later(one.Until.Sub(w.clock.Now()) - day)
	w.swept()
	if len(w.kept(root)) != 1 {
		t.Fatal("gone before its day")
	}
	w.later(2 * day)
	w.swept()
	if len(w.kept(root)) != 0 {
		t.Fatal("kept beyond its day")
	}
	if _, err := w.Keys.Key(w.ctx(), habeas.SubjectOf(one.ID)); habeas.KindOf(err) != habeas.KindGone {
		t.Errorf("its key is still there: %v", err)
	}
	_, err = w.Notices.OpenRemainder(w.ctx(), root, one.ID, "A tax audit")
	w.refused(err, "remainder.over")
	w.verify()
	if page := stranger.get("/erased/" + one.Erasure.String()).text; !strings.Contains(page, "its time was over") {
		t.Errorf("the page afterwards:\n%s", page)
	}
	w.proved(must(w.Notices.RemainsCertificate(w.ctx(), one.Erasure, one.ID))(t), audit.RemainderErased)
}

// Proves PTY-29.
func TestEveryWayToEraseLeavesWhatTheLawKeeps(t *testing.T) {
	v := func(number string) party.Values {
		return with(person("Tim", "Berger", ""), "invoice", "number", number)
	}
	for name, erase := range map[string]func(w *world, id habeas.PartyID){
		"by a mailed code": func(w *world, id habeas.PartyID) {
			visit := w.visit("tim@example.org")
			if h := w.looking(visit).Held[0]; len(h.Bound.Owed) != 1 {
				w.Errorf("the person is not told: %+v", h.Bound)
			}
			w.request(visit, id, party.AskErase)
			w.later(party.UndoErase + 1)
			w.swept()
		},
		"by staff": func(w *world, id habeas.PartyID) {
			nora := w.staff("nora@example.org")
			q := must(w.Notices.Enter(w.ctx(), nora, party.Entered{Party: id, Kind: party.AskErase, Channel: party.ByLetter}))(w)
			if b := must(w.Notices.Bound(w.ctx(), nora, id))(w); len(b.Owed) != 1 {
				w.Errorf("staff are not told: %+v", b)
			}
			w.ok(w.Notices.Answer(w.ctx(), nora, q.ID, party.AnswerGrant, ""))
		},
		"by staff, of an account": func(w *world, id habeas.PartyID) {
			nora, tim := w.staff("nora@example.org"), w.join("tim@example.org")
			w.accept(tim, id, nil)
			q := must(w.Notices.Enter(w.ctx(), nora, party.Entered{Party: id, Kind: party.AskErase, Channel: party.ByVisit}))(w)
			w.refused(w.Notices.Answer(w.ctx(), nora, q.ID, party.AnswerGrant, ""), "request.identity")
			w.ok(w.Notices.Identify(w.ctx(), nora, q.ID, "Came with an identity card."))
			w.mails()
			w.ok(w.Notices.Answer(w.ctx(), nora, q.ID, party.AnswerGrant, ""))
			w.mailTo("tim@example.org", mail.KindErased)
			if known := must(w.DB.Records().KnownAt(w.ctx(), w.Keys.Lookup(party.LookupEmail, w.address("tim@example.org").Key())))(w); len(known) != 0 {
				w.Errorf("the address still leads to %d rows", len(known))
			}
		},
		"by the clock": func(w *world, _ habeas.PartyID) {
			w.later(740 * day)
			w.swept()
			w.later(31 * day)
			w.swept()
		},
		"with the account": func(w *world, id habeas.PartyID) {
			tim := w.join("tim@example.org")
			w.accept(tim, id, nil)
			must(w.Records.EraseMe(w.ctx(), tim))(w)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, invoices())
			root := w.boss("root@example.org")
			id, _ := w.connect("City Bookings").say("tim@example.org", v("R-1"))
			erase(w, id)
			w.gone(id)
			if all := w.kept(root); len(all) != 1 || all[0].Set != "invoice" {
				t.Fatalf("left: %+v", all)
			}
			w.verify()
		})
	}
}

// Proves PTY-29.
func TestAHoldKeepsAllOfARecordUntilItsDay(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", person("Tim", "Berger", ""))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	w.refused(w.Notices.HoldUntil(w.ctx(), nora, id, "A court asks for it.", w.clock.Now()), "retention.until")
	w.ok(w.Notices.HoldUntil(w.ctx(), nora, id, "A court asks for it.", w.clock.Now().Add(30*day)))
	_, err := w.Records.Erase(w.ctx(), tim, id)
	w.refused(err, "party.held")
	_, err = w.Records.EraseMe(w.ctx(), tim)
	w.refused(err, "party.held")
	if b := must(w.Notices.BoundOfMine(w.ctx(), tim, id))(t); b.Hold.Why != "A court asks for it." {
		t.Errorf("the person does not read why: %+v", b)
	}
	if list := must(w.Notices.Kept(w.ctx(), nora, 10))(t); len(list) != 1 || list[0].HeldUntil.IsZero() {
		t.Errorf("the list of holds: %+v", list)
	}
	w.later(31 * day)
	w.swept()
	if n := w.happened(id, audit.RetentionFreed); n != 1 {
		t.Errorf("%d lines say that it ended", n)
	}
	must(w.Records.Erase(w.ctx(), tim, id))(t)
	w.gone(id)
}

func TestARemainderIsNoStrangersAndLeavesNoWordInPlain(t *testing.T) {
	w := newWorld(t, invoices())
	id, _ := w.connect("City Bookings").say("tim@example.org", with(person("Tim", "Berger", ""), "invoice", "number", "R-2026-17"))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	must(w.Records.Erase(w.ctx(), tim, id))(t)
	stranger := w.browser()
	for _, path := range []string{"/erased/rem_00000000000000000000000000", "/erased/" + id.String(), "/erased/x"} {
		if p := stranger.send(http.MethodGet, path, nil); p.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, p.status)
		}
	}
	s := must(sqlstore.OpenSnapshot(w.ctx(), sqlstore.Config{Dir: w.dir, DSN: w.dsn}))(t)
	defer func() { w.ok(s.Close()) }()
	seen := 0
	w.ok(s.EachSealed(w.ctx(), func(v sqlstore.Sealed) error {
		if v.Table != "remainder" {
			return nil
		}
		seen++
		key := must(w.Keys.Key(w.ctx(), v.Subject))(t)
		if text := must(key.Open(v.Place, v.Value))(t); !strings.Contains(string(text), "R-2026-17") || strings.Contains(string(text), "Berger") {
			t.Errorf("sealed: %s", text)
		}
		return nil
	}))
	if seen != 1 {
		t.Errorf("%d sealed remainders", seen)
	}
}

// Proves PTY-29.
func TestWhatTheLawKeepsSurvivesARestoreAndDoesNotComeBackAfterItsDay(t *testing.T) {
	one := func(t *testing.T, on engine) {
		w, v := newWorldAt(t, on.place(t), invoices()), newVault(t)
		root := w.boss("root@example.org")
		id, _ := w.connect("City Bookings").say("tim@example.org", with(person("Tim", "Berger", ""), "invoice", "number", "R-1"))
		tim := w.join("tim@example.org")
		w.accept(tim, id, nil)
		must(w.Records.Erase(w.ctx(), tim, id))(w)
		made := w.backup(v)
		part := w.kept(root)[0]
		w.examined()

		first := on.place(t)
		must(app.Restore(w.ctx(), w.restoring(v, made, first)))(w)
		w.doctor(first)
		if got := must(w.at(first).Notices.OpenRemainder(w.ctx(), root, part.ID, "A tax audit"))(w); len(got.Words) != 1 || got.Words[0].Values["number"] != "R-1" {
			t.Errorf("after a restore: %+v", got)
		}
		w.later(part.Until.Sub(w.clock.Now()) + day)
		w.swept()
		second := on.place(t)
		must(app.Restore(w.ctx(), w.restoring(v, made, second)))(w)
		there := w.at(second)
		for _, f := range must(there.Examine(w.ctx(), 1, false))(w).Findings {
			if f.Severity == backup.Fault { // eleven years later there are warnings
				t.Errorf("doctor: %+v", f)
			}
		}
		if left := there.kept(root); len(left) != 0 {
			t.Errorf("it is back after its day: %+v", left)
		}
	}
	for _, on := range []engine{onSQLite, onPostgres} {
		t.Run(string(on), func(t *testing.T) { one(t, on) })
	}
}
