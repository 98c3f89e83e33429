package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// notice proves an address on the notice page and opens it.
func (b *browser) notice(address string) page {
	b.Helper()
	b.mails()
	at := b.post("/notice", "address", address)
	if to := b.post("/notice/code", "c", strings.TrimPrefix(at, "/notice/code?c="), "code", b.codeIn(b.mails()[0])); to != "/notice" {
		b.Fatalf("after the code: %s", to)
	}
	return b.get("/notice")
}

// Proves PTY-28, PTY-20.
func TestTheNoticeJourney(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	v := with(with(person("Timotheus", "Bergersen", "1984-05-03"), "phone", "number", "+49 228 555123"), "organisation", "city", "Bonn")
	id, _ := bookings.say("tim@example.org", v, ticket("B-1", "A tour"))
	w.later(8 * day)
	told := w.told()
	if len(told) != 1 || told[0].Kind != mail.KindNotice || !strings.Contains(told[0].Text, "https://records.example.org/notice") {
		t.Fatalf("the notice: %+v", told)
	}
	tim := w.browser()
	p := tim.notice("tim@example.org")
	for _, want := range []string{"City Bookings", "Bonn", "•••• 1984", "This is not me", "I object to its use", "Erase it", "Make it mine"} {
		if !strings.Contains(p.text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, never := range []string{"Timotheus", "Bergersen", "1984-05-03", "555123", "nora@", "Nora"} {
		if strings.Contains(p.text, never) {
			t.Errorf("the page says %q", never)
		}
	}
	if strings.Contains(p.text, "/sign-out") {
		t.Error("the code signed somebody in")
	}
	if q := tim.send(http.MethodGet, "/me", nil); q.status != http.StatusSeeOther {
		t.Errorf("the code opens /me: %d", q.status)
	}

	// Each wish is a form; each can be taken back where the page says so.
	tim.post("/notice/records/" + id.String() + "/object")
	if p = tim.get("/notice"); !strings.Contains(p.text, "You object.") || strings.Contains(p.text, "I object to its use") {
		t.Fatalf("after objecting:\n%s", p.text)
	}
	undo := regexp.MustCompile(`/notice/requests/req_[0-9a-z]+/withdraw`)
	tim.post(undo.FindString(p.text))
	if w.held(id).Party.Restraint != party.RestraintNone {
		t.Fatal("the objection cannot be taken back")
	}
	tim.post("/notice/mails/stop")
	if p = tim.get("/notice"); !strings.Contains(p.text, "You get no mails") {
		t.Error("the page does not say that mails are stopped")
	}
	tim.post("/notice/records/" + id.String() + "/erase")
	if p = tim.get("/notice"); !strings.Contains(p.text, "It is done by itself on") {
		t.Fatalf("after asking for erasure:\n%s", p.text)
	}
	for path, status := range map[string]int{
		"/notice/records/nonsense/erase":                           http.StatusBadRequest,
		"/notice/records/" + id.String() + "/praise":               http.StatusBadRequest,
		"/notice/records/pty_00000000000000000000000000/erase":     http.StatusNotFound,
		"/notice/requests/req_00000000000000000000000000/withdraw": http.StatusNotFound,
		"/notice/mails/shout":                                      http.StatusNotFound,
		"/notice/stop/AAAAAAAAAAAAAAAAAAAAAA":                      http.StatusNotFound,
		"/notice/stop/" + strings.Repeat("x", 500) + "/resume":     http.StatusNotFound,
	} {
		if got := tim.send(http.MethodPost, path, url.Values{}); got.status != status {
			t.Errorf("POST %s: status %d, want %d", path, got.status, status)
		}
	}

	// Another browser has nothing of it, and neither has this one once it is closed.
	eve := w.browser()
	if to := eve.post("/notice/records/" + id.String() + "/erase"); to != "/notice" {
		t.Errorf("without a visit: %s", to)
	}
	tim.post("/notice/leave")
	if p = tim.get("/notice"); strings.Contains(p.text, "City Bookings") {
		t.Error("closed, and still open")
	}

	// Staff see the request with its clock.
	open, _, err := w.Notices.Requests(w.ctx(), nora, 10)
	w.ok(err)
	if len(open) != 1 || open[0].Kind != party.AskErase {
		t.Fatalf("before staff: %+v", open)
	}
	w.later(party.UndoErase)
	w.ok(w.Notices.Sweep(w.ctx()))
	w.gone(id)
	if p = w.browser().notice("tim@example.org"); !strings.Contains(p.text, "Nothing is held at this address") {
		t.Error("erased, and still held")
	}
}

// Proves PTY-A19, PTY-A21.
func TestAMailProgramUnsubscribesWithOnePost(t *testing.T) {
	w := newWorld(t)
	w.connect("City Bookings").say("tim@example.org", person("Tim", "Berger", ""))
	w.later(8 * day)
	path := strings.TrimPrefix(w.told()[0].ListUnsubscribe, "https://records.example.org")
	scanner := w.browser()
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if p := scanner.send(method, path, nil); p.status != http.StatusOK {
			t.Errorf("%s: status %d", method, p.status)
		}
	}
	token := path[strings.LastIndex(path, "/")+1:]
	if must(w.Notices.Stopped(w.ctx(), sealedtest.Seal(token)))(t).Stopped {
		t.Fatal("a scanner that opens the link stops the mails")
	}
	// As a mail server posts: no cookie, no origin, either encoding (RFC 8058, 3.2).
	for _, kind := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		p := w.browser().send(http.MethodPost, path, url.Values{"List-Unsubscribe": {"One-Click"}}, func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Content-Type", kind)
		})
		if p.status != http.StatusOK {
			t.Errorf("one-click as %s: status %d\n%s", kind, p.status, p.text)
		}
	}
	if !must(w.Notices.Stopped(w.ctx(), sealedtest.Seal(token)))(t).Stopped {
		t.Fatal("one click stops nothing")
	}
	if to := w.browser().post(path + "/resume"); to != path {
		t.Errorf("undo leads to %s", to)
	}
	if p := w.browser().send(http.MethodPost, path, url.Values{}, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); p.status != http.StatusForbidden {
		t.Errorf("from another website: status %d", p.status)
	}
}

// Proves PTY-A26.
func TestTheNoticePageAnswersEveryAddressAlike(t *testing.T) {
	w := newWorld(t)
	w.connect("City Bookings").say("tim@example.org", person("Tim", "Berger", ""))
	w.member("member@example.org")
	shape := func(address string) string {
		b := w.browser()
		b.mails()
		p := b.send(http.MethodPost, "/notice", formOf("address", address))
		mails := b.mails()
		if len(mails) != 1 || mails[0].To != address || mails[0].Kind != mail.KindCode {
			t.Fatalf("%d mails", len(mails))
		}
		code := b.get(p.header.Get("Location"))
		id := regexp.MustCompile(`chl_[0-9a-z]+`)
		return p.header.Get("Location")[:18] + id.ReplaceAllString(code.text, "") + p.text[:0]
	}
	known := shape("tim@example.org")
	for _, other := range []string{"nobody@example.org", "member@example.org"} {
		if shape(other) != known {
			t.Errorf("the answer for %s differs", other)
		}
	}
}
