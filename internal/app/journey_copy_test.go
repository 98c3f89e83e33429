package app_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// tim is a person with a claimed record about whom a lot was said.
func (w *world) tim() (habeas.Actor, habeas.PartyID) {
	w.Helper()
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	v := with(with(person("Tim", "Berger", "1984-05-03"), "membership", "number", "M-20417"), "organisation", "city", "Bonn")
	id, _ := bookings.say("tim@example.org", v, ticket("B-1", "Guided tour"))
	w.enter(nora, "tim@example.org", with(party.Values{}, "phone", "number", "+49 30 901820"))
	w.ok(w.Records.Invite(w.ctx(), nora, id))
	tim := w.join("tim@example.org")
	w.offer(tim, id)
	if right, _, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal("M-20417")); err != nil || !right {
		w.Fatal(right, err)
	}
	w.accept(tim, id, party.Values{"identity": {"given_name": "Timothy"}})
	bookings.say("tim@example.org", person("Tim", "", ""), ticket("B-2", "Night walk"))
	must(w.Records.Open(w.ctx(), nora, id))(w)
	return tim, id
}

// Proves PTY-18.
func TestACopyInThreeFormsHoldsEverything(t *testing.T) {
	w := newWorld(t)
	tim, id := w.tim()
	w.ok(w.Accounts.SetName(w.ctx(), tim, "Timmy B."))
	c := must(w.Records.Copy(w.ctx(), tim))(w)
	everything := []string{
		"Timothy", "Tim", "Berger", "1984-05-03", "M-20417", "+49 30 901820", "Bonn", "tim@example.org", // values
		"City Bookings", "Nora Quill", "you", // who said so
		"B-1", "Guided tour", "B-2", "Night walk", // occasions
		tim.Account.String(), "Timmy B.", "sign-in", // the account
		id.String(), "party.read", "Correct an error", "claim.accept", // who looked, and why
	}
	for form, text := range map[string][]byte{"json": c.JSON, "csv": c.CSV, "html": c.HTML} {
		for _, want := range everything {
			shown := string(text)
			if form == "html" {
				shown = strings.NewReplacer("&#43;", "+").Replace(shown)
			}
			if !strings.Contains(shown, want) {
				t.Errorf("the copy as %s lacks %q", form, want)
			}
		}
	}
	var machine struct {
		Records []struct {
			Fields     []struct{ Set, Field, Value, Source string }
			Statements []struct{ Values party.Values }
		}
		Activity []struct{ Event string }
	}
	w.ok(json.Unmarshal(c.JSON, &machine))
	said := must(w.DB.Records().Statements(w.ctx(), id))(w)
	if len(machine.Records) != 1 || len(machine.Records[0].Statements) != len(said) || c.Entries != len(said) {
		t.Errorf("%d statements in the copy, %d were made", len(machine.Records[0].Statements), len(said))
	}
	rows, err := csv.NewReader(bytes.NewReader(c.CSV)).ReadAll()
	w.ok(err)
	current, stated := 0, 0
	for _, r := range rows[1:] {
		switch {
		case r[0] == "": // the account and its activity
		case r[6] == "yes":
			current++
		default:
			stated++
		}
	}
	values := 0
	for _, s := range said {
		values += s.Values.Len()
	}
	if current != len(machine.Records[0].Fields) || stated != values {
		t.Errorf("the table holds %d current and %d stated values, want %d and %d", current, stated, len(machine.Records[0].Fields), values)
	}
	if again := must(w.Records.Copy(w.ctx(), tim))(w); !strings.HasPrefix(string(again.CSV), string(c.CSV[:200])) {
		t.Error("the same copy comes in another order")
	}
	if w.look(tim, audit.PartyExported).Actor.Account != tim.Account {
		t.Error("taking a copy leaves no line")
	}
	b := w.browser().join("tim@example.org")
	for format, kind := range map[string]string{"json": "application/json", "csv": "text/csv", "html": "text/html"} {
		p := b.send(http.MethodPost, "/me/copy/"+format, formOf())
		if p.status != http.StatusOK || !strings.HasPrefix(p.header.Get("Content-Type"), kind) || !strings.Contains(p.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("the file as %s: %d %q", format, p.status, p.header.Get("Content-Type"))
		}
	}
}

// Proves PTY-13.
func TestACopyMasksWhatTheRecordMasks(t *testing.T) {
	w := newWorld(t)
	id, _ := w.connect("City Bookings").say("tim@example.org", person("Tim", "Berger", "1984-05-03"))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	c := must(w.Records.Copy(w.ctx(), tim))(w)
	for form, text := range map[string][]byte{"json": c.JSON, "csv": c.CSV, "html": c.HTML} {
		if bytes.Contains(text, []byte("Berger")) || bytes.Contains(text, []byte("05-03")) || !bytes.Contains(text, []byte("1984")) {
			t.Errorf("the copy as %s shows what asks for evidence", form)
		}
	}
}

// Proves PTY-18.
func TestErasureLeavesNothingReadableAndProvesItself(t *testing.T) {
	w := newWorld(t)
	tim, id := w.tim()
	subject := habeas.SubjectOf(id)
	w.ok(w.Records.Invite(w.ctx(), w.staff("vera@example.org"), w.unclaimed())) // another record's mail stays
	w.mails()
	w.ok(w.Ledger.Publish(w.ctx()))
	_, err := w.Records.Erase(w.ctx(), tim, id)
	w.ok(err)
	m := w.mailTo("tim@example.org", mail.KindErased)
	if strings.Contains(m.Text+m.HTML+m.Subject, "Berger") {
		t.Error("the last mail carries the data")
	}

	if _, err := w.DB.Records().Party(w.ctx(), id); habeas.KindOf(err) != habeas.KindNotFound {
		t.Errorf("the party: %v", err)
	}
	if said, err := w.DB.Records().Statements(w.ctx(), id); len(said) != 0 || err != nil {
		t.Errorf("%d statements are left (%v)", len(said), err)
	}
	if _, err := w.Keys.Key(w.ctx(), subject); err == nil {
		t.Error("the key is still there")
	}
	if events, err := w.DB.Events(w.ctx(), subject, habeas.EventID{}, 100); len(events) != 0 && err == nil {
		t.Errorf("%d lines about the erased record can be read", len(events))
	}
	hash := w.Keys.Lookup(party.LookupEmail, "tim@example.org")
	if rows := must(w.DB.Records().KnownAt(w.ctx(), hash))(w); len(rows) != 0 {
		t.Errorf("%d rows still lead from the address", len(rows))
	}
	nora := w.staff("nora@example.org")
	if found, _, err := w.Records.Find(w.ctx(), nora, "berger", 10); len(found) != 0 || err != nil {
		t.Errorf("staff find %d (%v)", len(found), err)
	}
	if like := must(w.Records.Like(w.ctx(), nora, person("Tim", "Berger", "")))(w); len(like) != 0 {
		t.Errorf("%d possible duplicates of an erased record", len(like))
	}
	if own := w.mine(tim); len(own) != 0 {
		t.Errorf("still his: %+v", own)
	}
	checkErased(w, tim, subject)
}

// checkErased verifies what is left: the proof, and no trace in the files.
func checkErased(w *world, tim habeas.Actor, subject habeas.SubjectID) {
	w.Helper()
	w.verify()
	line := w.look(tim, audit.PartyErased)
	receipt, pending, err := w.Records.Receipt(w.ctx(), tim, line.ID)
	if err != nil || pending {
		w.Fatalf("the proof of erasure: pending %v (%v)", pending, err)
	}
	checked := must(app.CheckReceipt(receipt, w.Ledger.VerifierKey(), ""))(w)
	if checked.Event != audit.PartyErased || checked.Index != line.Index {
		w.Errorf("the receipt says %+v", checked)
	}
	paper := must(w.Records.Certificate(w.ctx(), tim, line.ID))(w)
	if checked := must(app.CheckReceipt(paper, w.Ledger.VerifierKey(), ""))(w); checked.Index != line.Index || !bytes.Contains(paper, []byte("City Sports has erased")) {
		w.Errorf("the certificate says %s", paper)
	}
	if _, err := app.CheckReceipt(bytes.Replace(paper, []byte("party.erase "), []byte("party.read "), 1), w.Ledger.VerifierKey(), ""); err == nil && bytes.Contains(paper, []byte("party.erase ")) {
		w.Error("a certificate whose proof was changed holds")
	}
	needles := []string{"Berger", "M-20417", "901820", "1984-05-03", "Guided tour", "tim@example.org"}
	w.ok(filepath.WalkDir(w.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, needle := range needles {
			if bytes.Contains(text, []byte(needle)) {
				w.Errorf("%q stands in %s", needle, e.Name())
			}
		}
		return err
	}))
	if tables := w.tablesNaming(subject[:]); len(tables) != 0 {
		w.Errorf("the erased party is named in %v", tables)
	}
}

// tablesNaming returns the tables of which some row holds the bytes.
func (w *world) tablesNaming(id []byte) (tables []string) {
	w.Helper()
	db := w.behind()
	defer db.Close() // rather than at the end of a long test
	db.Cells(w, func(table string, value []byte) {
		if bytes.Contains(value, id) && !slices.Contains(tables, table) {
			tables = append(tables, table)
		}
	})
	return tables
}

// number asks the tables for one number, behind the store's back.
func (w *world) number(query string) (n int) {
	w.Helper()
	db := w.behind()
	defer db.Close()
	w.ok(db.QueryRow(query).Scan(&n))
	return n
}

func (w *world) behind() *pgtest.Tables {
	w.Helper()
	return pgtest.Behind(w, filepath.Join(w.dir, "records.db"), w.dsn)
}

// unclaimed is a record that somebody could be invited to.
func (w *world) unclaimed() habeas.PartyID {
	w.Helper()
	id, _ := w.connect("Elsewhere").say("else@example.org", person("Else", "Where", ""))
	return id
}

// Proves PTY-21.
func TestATicketOutlivesTheErasureOfOneOfItsPeople(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	bell, bellRef := bookings.say("bell@example.org", person("Bell", "Hooper", ""))
	booked := func(a *party.Assertion) {
		a.Ticket = &party.TicketInput{Ref: "B-1", Title: "Guided tour", Starts: "2026-05-03T18:00:00Z", BookedBy: bellRef.String()}
	}
	anna, _ := bookings.say("anna@example.org", person("Anna", "Li", ""), booked)
	tom, _ := bookings.say("tom@example.org", person("Tom", "Ode", ""), booked)
	annas, toms := w.join("anna@example.org"), w.join("tom@example.org")
	w.accept(annas, anna, nil)
	w.accept(toms, tom, nil)
	attended := func() party.Attended {
		t.Helper()
		all := must(w.Records.Occasions(w.ctx(), annas, anna))(w)
		if len(all) != 1 {
			t.Fatalf("%d tickets", len(all))
		}
		return all[0]
	}
	before := attended()
	if before.BookedBy != "Bell H." || before.Title != "Guided tour" || before.Starts != "2026-05-03T18:00:00Z" || before.System != "City Bookings" || before.Ticket.State != party.TicketActive {
		t.Fatalf("Anna's ticket: %+v", before)
	}
	_, err := w.Records.Erase(w.ctx(), toms, tom)
	w.ok(err)
	if after := attended(); after.Title != before.Title || after.Ticket != before.Ticket {
		t.Errorf("Tom's erasure changed Anna's ticket: %+v", after)
	}
	if again := must(w.Records.Occasions(w.ctx(), annas, anna))(w); len(again) != 1 {
		t.Error("the ticket went with Tom")
	}
	w.later(time.Hour)
	is := must(w.Systems.Records().CancelTicket(w.ctx(), bookings.actor, "B-1", 2, nil))(w)
	if got := attended().Ticket; is.State != party.TicketCancelled || got.State != party.TicketCancelled || got.Version != 2 {
		t.Errorf("after cancellation: %+v", got)
	}
	if _, err := w.Systems.Records().CancelTicket(w.ctx(), bookings.actor, "B-1", 1, nil); habeas.KindOf(err) != habeas.KindConflict {
		t.Errorf("an older version: %v", err)
	}
	if rec := w.held(bell); len(rec.Tickets) != 0 {
		t.Error("who booked got the ticket of those who went")
	}
	// The ticket's own words stay, whatever the person says now.
	w.ok(w.Records.Correct(w.ctx(), annas, anna, w.held(anna).Party.Version, person("Anne", "", "")))
	if got := w.held(anna); got.Text("identity", "given_name") != "Anne" || field(got, "identity", "given_name").Older[0].Text != "Anna" {
		t.Error("a correction changed what the ticket says")
	}
}

func TestACorrectionNeedsTheRecordAsItWasShown(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	id, _ := bookings.say("tim@example.org", party.Values{"organisation": {"city": "Bonn"}})
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	version := w.held(id).Party.Version
	bookings.say("tim@example.org", party.Values{"organisation": {"city": "Köln"}})
	w.refused(w.Records.Correct(w.ctx(), tim, id, version, party.Values{"organisation": {"city": "Ulm"}}), "party.changed")
	version = w.held(id).Party.Version
	w.ok(w.Records.Correct(w.ctx(), tim, id, version, party.Values{"organisation": {"city": "Bonn"}}))
	if w.held(id).Party.Version != version {
		t.Error("nothing new was said, and a new version made")
	}
	w.ok(w.Records.Correct(w.ctx(), tim, id, version, party.Values{"organisation": {"city": ""}}))
	f := field(w.my(tim, id), "organisation", "city")
	if f.Current.Text != "" || len(f.Older) != 2 || !f.Rival {
		t.Errorf("a withdrawn value: %+v", f)
	}
	if err := w.Records.Correct(w.ctx(), tim, id, version+1, party.Values{"identity": {"birth_date": "soon"}}); habeas.KindOf(err) != habeas.KindInvalid {
		t.Errorf("a bad date: %v", err)
	}
}

func TestEveryLineOfActivityHasAReceiptThatVerifiesOffline(t *testing.T) {
	w := newWorld(t)
	tim, _ := w.tim()
	last := w.activity(tim)[0].ID
	if _, pending, err := w.Records.Receipt(w.ctx(), tim, last); err != nil || !pending {
		t.Errorf("before it is published: pending %v (%v)", pending, err)
	}
	if good, finding, err := w.Records.Prove(w.ctx(), tim, last, false); good || finding == "" || err != nil {
		t.Errorf("before it is published: %v %q (%v)", good, finding, err)
	}
	w.verify()
	lines := w.activity(tim)
	for _, l := range lines {
		receipt, pending, err := w.Records.Receipt(w.ctx(), tim, l.ID)
		if err != nil || pending {
			t.Fatalf("line %d: pending %v (%v)", l.Index, pending, err)
		}
		c, err := app.CheckReceipt(receipt, "", w.dir)
		if err != nil || c.Event != l.Event || c.Index != l.Index || string(c.Detail) != string(l.Text) {
			t.Errorf("line %d: %+v (%v)", l.Index, c, err)
		}
		for i := 40; i < len(receipt); i += 37 {
			forged := bytes.Clone(receipt)
			forged[i] ^= 1
			if c, err := app.CheckReceipt(forged, "", w.dir); err == nil && (c.Event != l.Event || string(c.Detail) != string(l.Text)) {
				t.Fatalf("line %d: a forged receipt says %+v", l.Index, c)
			}
		}
		if good, _, err := w.Records.Prove(w.ctx(), tim, l.ID, false); !good || err != nil {
			t.Errorf("line %d does not prove (%v)", l.Index, err)
		}
		if good, _, err := w.Records.Prove(w.ctx(), tim, l.ID, true); good || err != nil {
			t.Errorf("line %d proves with a flipped byte (%v)", l.Index, err)
		}
	}
	paged := []party.Look{}
	for before := (habeas.EventID{}); ; before = paged[len(paged)-1].ID {
		some := must(w.Records.Activity(w.ctx(), tim, before, 3))(w)
		paged = append(paged, some...)
		if len(some) < 3 {
			break
		}
	}
	if len(paged) != len(lines) {
		t.Errorf("%d lines page by page, %d at once", len(paged), len(lines))
	}
	for i := range min(len(paged), len(lines)) {
		if paged[i].ID != lines[i].ID {
			t.Fatal("pages come in another order")
		}
	}
}
