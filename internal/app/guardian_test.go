package app_test

import (
	"archive/zip"
	"bytes"
	"html"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

func (w *world) guardians() *app.Guardians { return app.NewGuardians(w.Records) }

// appointed is a mother who acts for a child whose record is known at her own address.
func (w *world) appointed(nora habeas.Actor) (ana habeas.Actor, child habeas.PartyID, g party.Guardian) {
	w.Helper()
	ana = w.join("ana@example.org")
	own := w.connect("City Bookings")
	mine, _ := own.say("ana@example.org", person("Ana", "Berger", "1984-05-03"))
	child, _ = own.say("ana@example.org", with(person("Pia", "Berger", "2014-06-01"), "phone", "number", "+34 600 111 222"))
	if mine == child {
		w.Fatal("mother and child are one record")
	}
	w.later(0)
	g = must(w.guardians().Appoint(w.ctx(), nora, child, w.address("ana@example.org"), time.Time{}, party.DocumentBirth))(w)
	return ana, child, g
}

// Proves PTY-27.
func TestAGuardianActsUntilThePersonTakesTheRecord(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	w.mails()
	ana, child, g := w.appointed(nora)
	x := w.guardians()
	if g.Until.Format(time.DateOnly) != "2032-06-01" {
		t.Errorf("until %s", g.Until)
	}
	w.mailTo("ana@example.org", mail.KindGuardian)

	// The child's record is not offered to her as her own, and does not stand in the way of hers.
	for _, o := range w.offers(ana) {
		if o.Record.Party.ID == child {
			t.Error("the guardian is offered the record as the person")
		}
	}
	b := w.browser().join("ana@example.org")
	inbox := html.UnescapeString(b.get("/me").text)
	if !strings.Contains(inbox, "For whom you act as guardian") || !strings.Contains(inbox, "Pia Berger") {
		t.Error("the child does not stand in the guardian's inbox")
	}
	at := "/me/wards/" + child.String()
	if p := html.UnescapeString(b.get(at).text); !strings.Contains(p, "600 111 222") || !strings.Contains(p, "You act for this person as guardian") {
		t.Error("the guardian does not see the record")
	}
	version := w.held(child).Party.Version
	w.ok(x.CorrectWard(w.ctx(), ana, child, version, party.Values{"phone": {"number": "+34 699 000 000"}, "contact": {"email": "thief@example.net"}}))
	w.later(0)
	said := field(w.held(child), "phone", "number")
	if said.Current.Text != "+34 699 000 000" || said.Current.Source.Kind != party.FromGuardian || said.Current.Source.Kind.String() != "guardian" {
		t.Errorf("the guardian's word is %+v", said.Current)
	}
	if w.held(child).Text("contact", "email") != "ana@example.org" {
		t.Error("a guardian has changed where the record leads")
	}
	w.connect("Chess club") // and what others say later does not push it away
	w.ok(w.Records.Amend(w.ctx(), nora, child, party.Values{"phone": {"number": "+34 611 111 111"}}))
	if got := w.held(child).Text("phone", "number"); got != "+34 699 000 000" {
		t.Errorf("the phone is %s", got)
	}
	ward := must(x.Ward(w.ctx(), ana, child))(w)
	if says := ward.Proposed(); len(says) != 1 || says[0].Says.Text != "+34 611 111 111" {
		t.Fatalf("what others say since is %+v", says)
	}
	w.later(0)
	at611 := ward.Proposed()[0].Says.Statement
	w.ok(x.AnswerWard(w.ctx(), ana, child, at611, "phone", "number", false))
	w.later(0)
	w.refused(x.AnswerWard(w.ctx(), ana, child, at611, "phone", "number", true), "proposal.gone")
	w.ok(w.Records.Amend(w.ctx(), nora, child, party.Values{"phone": {"number": "+34 622 222 222"}}))
	w.later(0)
	at622 := must(x.Ward(w.ctx(), ana, child))(w).Proposed()[0].Says.Statement
	w.ok(x.AnswerWard(w.ctx(), ana, child, at622, "phone", "number", true))
	if got := field(w.held(child), "phone", "number").Current; got.Text != "+34 622 222 222" || got.Source.Kind != party.FromGuardian {
		t.Errorf("what was taken over is %+v", got)
	}
	w.refused(x.CorrectWard(w.ctx(), ana, child, version, party.Values{"phone": {"number": "none"}}), "field.invalid")
	copied := must(x.CopyWard(w.ctx(), ana, child))(w)
	archive := must(zip.NewReader(bytes.NewReader(copied.ZIP), int64(len(copied.ZIP))))(w)
	if len(archive.File) < 4 || !strings.Contains(string(copied.JSON), "622 222 222") || !strings.Contains(string(copied.JSON), `"guardian"`) {
		t.Error("the copy lacks what is held")
	}

	// Nobody else acts, and nothing else of the record opens.
	eve := w.join("eve@example.net")
	_, err := x.Ward(w.ctx(), eve, child)
	w.refused(err, "guardian.not")
	_, err = x.HandOver(w.ctx(), eve, g.ID, true)
	w.refused(err, "guardian.not")
	w.refused(x.ResignWard(w.ctx(), eve, g.ID), "guardian.not")
	_, err = w.Records.My(w.ctx(), ana, child)
	w.refused(err, "party.not-yours")
	if p := b.send(http.MethodGet, "/me/records/"+child.String()+"/erase", nil); p.status != http.StatusNotFound {
		t.Errorf("a guardian can erase the record: %d", p.status)
	}

	// Before the hand-over the child's own address does not open it; then it does.
	w.move(nora, child, "pia@example.org")
	pia := w.join("pia@example.org")
	if len(w.offers(pia)) != 0 {
		t.Error("the record is offered while a guardian acts")
	}
	b.post(at + "/hand-over/" + g.ID.String())
	if p := html.UnescapeString(b.get(at).text); !strings.Contains(p, "The hand-over has begun") {
		t.Error("the guardian does not see that it has begun")
	}
	kid := w.join("pia2@example.org") // pia has a record of her own by now: it began as hers
	w.move(nora, child, "pia2@example.org")
	w.mails()
	w.accept(kid, child, nil)
	sent := w.mails()
	kinds := map[mail.Kind]string{}
	for _, m := range sent {
		kinds[m.Kind] = m.To
		if strings.Contains(m.Subject, "Pia") {
			t.Errorf("a subject names somebody: %s", m.Subject)
		}
	}
	if kinds[mail.KindGuardianEnded] != "ana@example.org" || kinds[mail.KindClaimed] != "pia2@example.org" {
		t.Errorf("mails went out: %v", kinds)
	}
	_, err = x.Ward(w.ctx(), ana, child)
	w.refused(err, "guardian.not")
	if p := b.send(http.MethodGet, at, nil); p.status != http.StatusNotFound {
		t.Errorf("the guardian's page is open: %d", p.status)
	}
	for _, event := range []audit.Event{audit.GuardianAppointed, audit.GuardianRead, audit.GuardianSaid, audit.GuardianCopied, audit.HandOverBegun, audit.GuardianEnded} {
		l := w.look(kid, event)
		if audit.ByGuardian(event) && l.ActorName != "a guardian" {
			t.Errorf("%s by %q", event, l.ActorName)
		}
	}
	if rec := w.my(kid, child); field(rec, "phone", "number").Current.Source.Kind != party.FromStaff && field(rec, "phone", "number").Current.Source.Kind != party.FromGuardian {
		t.Error("the words said before are gone")
	}
	_, err = x.Appoint(w.ctx(), nora, child, w.address("ana@example.org"), w.clock.Now().AddDate(1, 0, 0), party.DocumentCourt)
	w.refused(err, "guardian.claimed")
	_, err = x.RestoreGuardian(w.ctx(), nora, g.ID)
	w.refused(err, "guardian.claimed")
	w.verify()
}

// Proves PTY-27.
func TestAGuardianEndsOnTheDayAndCanBeUndone(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	w.employ("nora@example.org", habeas.RoleStaff)
	ana, child, g := w.appointed(nora)
	x := w.guardians()
	w.ok(x.CorrectWard(w.ctx(), ana, child, w.held(child).Party.Version, party.Values{"phone": {"number": "+34 699 000 000"}}))
	w.later(0)
	must(x.EndGuardian(w.ctx(), nora, g.ID, true))(w)
	if got := w.held(child).Text("phone", "number"); got != "+34 600 111 222" {
		t.Errorf("after the appointment was undone the phone is %s", got)
	}
	_, err := x.Ward(w.ctx(), ana, child)
	w.refused(err, "guardian.not")
	must(x.RestoreGuardian(w.ctx(), nora, g.ID))(w)
	if got := w.held(child).Text("phone", "number"); got != "+34 699 000 000" {
		t.Errorf("after that was taken back the phone is %s", got)
	}

	day := w.clock.Now().AddDate(0, 0, 20)
	must(x.ExtendGuardian(w.ctx(), nora, g.ID, day))(w)
	w.mails()
	w.ok(x.Sweep(w.ctx()))
	told := 0
	for _, m := range w.mails() {
		if m.Kind == mail.KindGuardianDay {
			told++
		}
	}
	w.ok(x.Sweep(w.ctx()))
	if again := len(w.mails()); told == 0 || again != 0 {
		t.Errorf("%d were told that the day comes near, and then %d again", told, again)
	}
	w.later(21 * 24 * time.Hour)
	if len(must(x.Wards(w.ctx(), ana))(w)) != 0 {
		t.Error("the guardian acts past the day")
	}
	w.ok(x.Sweep(w.ctx()))
	w.mailTo("ana@example.org", mail.KindGuardianEnded)
	if after := must(w.DB.Guardians().Guardian(w.ctx(), g.ID))(w); after.Ended != party.GuardianDay {
		t.Errorf("it ended because of %q", after.Ended)
	}
	if w.happened(child, audit.GuardianEnded) != 2 {
		t.Error("an end does not stand in the record's log")
	}
	must(x.ExtendGuardian(w.ctx(), nora, g.ID, w.clock.Now().AddDate(1, 0, 0)))(w)
	if len(must(x.Wards(w.ctx(), ana))(w)) != 1 {
		t.Error("staff cannot extend it")
	}
	// The guardian's account goes, and the record stays.
	_, err = w.Records.EraseMe(w.ctx(), ana)
	w.ok(err)
	if left := must(w.DB.Guardians().GuardiansOf(w.ctx(), child))(w); len(left) != 0 || w.held(child).Text("phone", "number") == "" {
		t.Error("an erased account acts, or took the child's record along")
	}
	w.verify()
}
