package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

// Proves PTY-29.
func TestARequestByLetterIsCountedFromTheDayItCame(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", person("Tim", "Berger", ""))
	came := time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC)
	_, err := w.Notices.Enter(w.ctx(), nora, party.Entered{Party: id, Kind: party.AskCopy, Channel: party.ByLetter, Came: w.clock.Now().Add(day)})
	w.refused(err, "request.came")
	_, err = w.Notices.Enter(w.ctx(), nora, party.Entered{Party: id, Kind: party.AskCopy, Channel: "pigeon"})
	w.refused(err, "form.choice")
	_, err = w.Notices.Enter(w.ctx(), nora, party.Entered{Kind: party.AskErase, Channel: party.ByLetter})
	w.refused(err, "request.record")
	q := must(w.Notices.Enter(w.ctx(), nora, party.Entered{
		Party: id, Kind: party.AskCopy, Channel: party.ByLetter, Came: came, Note: "All of it, on paper.", Identity: "Came with an identity card.",
	}))(t)
	if !q.Due.Equal(time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)) || !q.At().Equal(came) || q.Assigned != nora.Account {
		t.Fatalf("entered: %+v", q)
	}

	// Two months more, once, and the person is told why.
	w.mails()
	w.refused(w.Notices.Extend(w.ctx(), nora, q.ID, " "), "request.longer")
	w.ok(w.Notices.Extend(w.ctx(), nora, q.ID, "There are many papers."))
	if m := w.mailTo("tim@example.org", mail.KindExtended); !strings.Contains(m.Text, "many papers") || strings.Contains(m.Subject, "papers") {
		t.Errorf("told:\n%s\n%s", m.Subject, m.Text)
	}
	w.refused(w.Notices.Extend(w.ctx(), nora, q.ID, "Again."), "request.extended")
	read := must(w.Notices.RequestAt(w.ctx(), nora, q.ID))(t)
	if !read.Due.Equal(time.Date(2026, 5, 10, 0, 0, 0, 0, time.UTC)) || read.Note != "All of it, on paper." || read.Identity == "" || read.WhyLonger != "There are many papers." {
		t.Errorf("read: %+v", read)
	}

	// Answered, taken back, answered again.
	w.ok(w.Notices.TakeOn(w.ctx(), nora, q.ID, false))
	w.ok(w.Notices.Identify(w.ctx(), nora, q.ID, "Telephoned back."))
	w.ok(w.Notices.Answer(w.ctx(), nora, q.ID, party.AnswerRefuse, "We do not know you."))
	w.ok(w.Notices.ReopenRequest(w.ctx(), nora, q.ID))
	w.refused(w.Notices.ReopenRequest(w.ctx(), nora, q.ID), "request.final")
	w.ok(w.Notices.Answer(w.ctx(), nora, q.ID, party.AnswerGrant, "Sent by post."))
	if read = must(w.Notices.RequestAt(w.ctx(), nora, q.ID))(t); read.State != party.RequestDone || read.Answer != "Sent by post." || read.Identity != "Telephoned back." {
		t.Errorf("in the end: %+v", read)
	}
	for event, want := range map[audit.Event]int{audit.RequestEntered: 1, audit.RequestExtended: 1, audit.RequestChanged: 2, audit.RequestReopened: 1, audit.RequestAnswered: 2} {
		if n := w.happened(id, event); n != want {
			t.Errorf("%d lines of %s, want %d", n, event, want)
		}
	}
	for what, err := range map[string]error{
		"extend": w.Notices.Extend(w.ctx(), w.join("eve@example.org"), q.ID, "x"), "reopen": w.Notices.ReopenRequest(w.ctx(), w.join("eva@example.org"), q.ID),
	} {
		if habeas.KindOf(err) != habeas.KindForbidden {
			t.Errorf("somebody who does not work here: %s: %v", what, err)
		}
	}
	w.verify()
}

// Proves PTY-29.
func TestStaffAreRemindedBeforeTheMonthIsOver(t *testing.T) {
	w := newWorld(t)
	nora := w.desk("nora@example.org", "en")
	q := must(w.Notices.Enter(w.ctx(), nora, party.Entered{Kind: party.AskOther, Channel: party.ByTelephone, Note: "Zimmer complains."}))(t)
	due := func() (n int) {
		for _, m := range w.swept() {
			if m.Kind == mail.KindRequestDue {
				n++
				if strings.Contains(m.Text+m.Subject, "Zimmer") {
					t.Error("the mail says what is asked for")
				}
			}
		}
		return n
	}
	w.later(20 * day)
	if due() != 0 {
		t.Fatal("reminded too early")
	}
	w.later(5 * day)
	if due() != 1 || due() != 0 {
		t.Fatal("want one mail a week before")
	}
	w.later(8 * day) // it is late now
	if due() != 1 {
		t.Fatal("want one mail when it is late")
	}
	b := w.staffBrowser("desk@example.org")
	desk := b.get("/staff/requests?show=late").text
	if !strings.Contains(desk, "day late") && !strings.Contains(desk, "days late") {
		t.Errorf("the page does not say that it is late:\n%s", desk)
	}
	if none := b.get("/staff/requests?kind=copy").text; strings.Contains(none, q.ID.String()) {
		t.Error("the filter shows another kind")
	}
	if csv := b.get("/staff/requests/register.csv").text; !strings.Contains(csv, "by telephone") || strings.Contains(csv, "Zimmer") || strings.Contains(csv, "pty_") {
		t.Errorf("the register as a file:\n%s", csv)
	}
	w.ok(w.Notices.Answer(w.ctx(), nora, q.ID, party.AnswerGrant, "Spoken to."))
	w.later(party.KeepRequests + day)
	w.ok(w.DB.Ops().Tidy(w.ctx(), w.clock.Now()))
	if _, err := w.Notices.RequestAt(w.ctx(), nora, q.ID); habeas.KindOf(err) != habeas.KindNotFound {
		t.Errorf("kept beyond its time: %v", err)
	}
}

// Proves PTY-29.
func TestWhatTheServerFulfilsAtOnceStandsInTheRegister(t *testing.T) {
	w := newWorld(t)
	id, _ := w.connect("City Bookings").say("tim@example.org", person("Tim", "Berger", ""))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	for n := range 2 {
		must(w.Records.Copy(w.ctx(), tim))(t)
		rec := w.my(tim, id)
		w.ok(w.Records.Correct(w.ctx(), tim, id, rec.Party.Version, person("Tim", "Berger"+strings.Repeat("e", n+1), "")))
		w.later(time.Hour)
	}
	kinds := map[party.RequestKind]int{}
	for _, q := range must(w.Notices.RequestsOfMine(w.ctx(), tim, id))(t) {
		kinds[q.Kind]++
		if q.State != party.RequestDone || q.Channel != party.ByAccount {
			t.Errorf("not done at once: %+v", q)
		}
	}
	if kinds[party.AskCopy] != 1 || kinds[party.AskRectify] != 1 {
		t.Errorf("in the register: %v, want one of each a day", kinds)
	}
	w.verify()
}

func TestTheDeskOfRequestsInTheBrowser(t *testing.T) {
	w := newWorld(t)
	id, _ := w.connect("City Bookings").say("tim@example.org", person("Tim", "Berger", ""))
	b := w.staffBrowser("desk@example.org")
	at := b.post("/staff/requests/new", "kind", "rectify", "channel", "letter", "came", "2026-02-20", "note", "The name is wrong.")
	page := b.get(at).text
	for _, want := range []string{"correction", "by letter", "The name is wrong.", "Take two months more"} {
		if !strings.Contains(page, want) {
			t.Errorf("the request lacks %q:\n%s", want, page)
		}
	}
	for step, field := range map[string][2]string{"extend": {"why", ""}, "identity": {"identity", strings.Repeat("x", 301)}} {
		if p := b.send(http.MethodPost, at+"/"+step, formOf(field[0], field[1])); p.status != http.StatusBadRequest {
			t.Errorf("%s: status %d", step, p.status)
		}
	}
	b.post(at + "/leave")
	b.post(at + "/take")
	b.post(at+"/identity", "identity", "Telephoned back.")
	if page := b.get(at).text; !strings.Contains(page, "Telephoned back.") {
		t.Error("what was noted is not shown")
	}
	b.post(at, "answer", "grant", "reason", "Done.")
	b.post(at + "/reopen")
	one := "/staff/people/" + id.String() + "/requests"
	b.post(one, "kind", "restrict", "channel", "visit")
	b.post("/staff/people/"+id.String()+"/hold", "reason", "A court asks.", "until", "2026-12-01")
	if page := b.get(one).text; !strings.Contains(page, "A court asks.") || !strings.Contains(page, "1 Dec") || strings.Contains(page, "1 January 1<") {
		t.Errorf("the record's page of requests:\n%s", page)
	}
}
