package admin

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/mail"
)

// fewMails is a delivery record in memory.
type fewMails struct {
	lines    []jobs.Delivery
	standing mail.Standing
	asked    string // selector
	told     []string
	err      error
}

func (m *fewMails) Recent(context.Context, habeas.Actor, int) ([]jobs.Delivery, error) {
	return m.lines, nil
}

func (m *fewMails) Counts(context.Context, habeas.Actor) (map[string]int, error) {
	out := map[string]int{}
	for _, l := range m.lines {
		out[string(l.State)]++
	}
	return out, nil
}

func (m *fewMails) SendTest(context.Context, habeas.Actor) (habeas.MailID, error) {
	m.told = append(m.told, "test")
	return m.add(jobs.Waiting, ""), m.err
}

func (m *fewMails) SendAgain(_ context.Context, _ habeas.Actor, id habeas.MailID) error {
	m.told = append(m.told, "again "+id.String())
	if m.err == nil {
		m.lines[0].State, m.lines[0].Again, m.lines[0].Tries = jobs.Waiting, false, 0
	}
	return m.err
}

func (m *fewMails) Leave(_ context.Context, _ habeas.Actor, id habeas.MailID) error {
	m.told = append(m.told, "leave "+id.String())
	return m.err
}

func (m *fewMails) Standing(_ context.Context, _ habeas.Actor, selector string) (mail.Standing, error) {
	m.asked = selector
	return m.standing, nil
}

func (m *fewMails) add(state jobs.State, reason string) habeas.MailID {
	id := habeas.NewID[habeas.MailKind](morning.Add(-time.Hour))
	m.lines = append(m.lines, jobs.Delivery{ID: id, State: state, QueuedAt: id.Time(), Reason: reason, Tries: len(reason), Again: state == jobs.Failed})
	return id
}

func newMailDesk(t *testing.T, m *fewMails) *desk {
	return newDesk(t, systemsAdministrator, func(p *Pages) { p.Deliveries = m })
}

// page asks for a page and returns what stands on it.
func (d *desk) page(path string, status int) string {
	d.Helper()
	w := d.ask(http.MethodGet, path, nil)
	if w.Code != status {
		d.Fatalf("%s answered %d, want %d\n%s", path, w.Code, status, w.Body)
	}
	return w.Body.String()
}

// post sends an empty form and returns where it led to.
func (d *desk) post(path string) (int, string) {
	d.Helper()
	w := d.ask(http.MethodPost, path, url.Values{})
	return w.Code, w.Header().Get("Location")
}

func TestATestMailGoesOutAndItsWayIsShown(t *testing.T) {
	m := &fewMails{}
	d := newMailDesk(t, m)
	if body := d.page("/admin/mail", 200); !strings.Contains(body, "No mail has been written yet.") || !strings.Contains(body, `action="/admin/mail/test"`) {
		t.Error("the empty page does not offer a test mail")
	}
	code, at := d.post("/admin/mail/test")
	if code != http.StatusSeeOther || at != "/admin/mail?test="+m.lines[0].ID.String() {
		t.Fatalf("%d %s", code, at)
	}
	for _, c := range []struct {
		state  jobs.State
		reason string
		text   string
	}{
		{jobs.Waiting, "", "The test mail is on its way to your main address."},
		{jobs.Waiting, "connect", "did not get through yet"},
		{jobs.Ended, "", "The mail server took the test mail"},
		{jobs.Failed, "connect-535-5.7.8", "refused the login"},
	} {
		m.lines[0].State, m.lines[0].Reason = c.state, c.reason
		if body := d.page(at, 200); !strings.Contains(body, c.text) || !strings.Contains(body, "the test mail") {
			t.Errorf("%s %s: the page lacks %q", c.state, c.reason, c.text)
		}
	}
	if body := d.page("/admin/mail?test=nonsense", 200); strings.Contains(body, "the test mail</span>") {
		t.Error("an address made up a test mail")
	}
}

func TestWhatWasGivenUpIsSentAgainAndThatCanBeTakenBack(t *testing.T) {
	m := &fewMails{}
	id := m.add(jobs.Failed, "recipient-550-5.1.1")
	m.add(jobs.Ended, "")
	d := newMailDesk(t, m)
	at := "/admin/mail/" + id.String()
	if body := d.page("/admin/mail", 200); strings.Count(body, "/again\"") != 1 || !strings.Contains(body, "There is no such mailbox") || !strings.Contains(body, at+"/again") {
		t.Error("only what was given up is offered to be sent again")
	}
	code, to := d.post(at + "/again")
	if code != http.StatusSeeOther || to != "/admin/mail?again="+id.String() {
		t.Fatalf("%d %s", code, to)
	}
	if body := d.page(to, 200); !strings.Contains(body, "The mail is sent again in a minute.") || !strings.Contains(body, at+"/leave") {
		t.Error("it cannot be taken back")
	}
	if code, _ := d.post(at + "/leave"); code != http.StatusSeeOther {
		t.Error(code)
	}
	if got := strings.Join(m.told, ", "); got != "again "+id.String()+", leave "+id.String() {
		t.Errorf("told %q", got)
	}
	m.err = habeas.Conflict("Too late: this mail was tried meanwhile.")
	if code, _ := d.post(at + "/leave"); code != http.StatusConflict {
		t.Errorf("too late: %d", code)
	}
	for _, wrong := range []string{"x", "mai_", habeas.NewID[habeas.PartyKind](morning).String()} {
		if code, _ := d.post("/admin/mail/" + wrong + "/again"); code != http.StatusNotFound {
			t.Errorf("%q: %d", wrong, code)
		}
	}
}

func TestEveryAnswerHasPlainWords(t *testing.T) {
	d := newMailDesk(t, &fewMails{})
	p := d.site.Printer(d.request(http.MethodGet, "/", nil))
	for reason, want := range map[string]string{
		"": "", "recipient-550-5.1.1": "no such mailbox", "recipient-550": "no such mailbox", "recipient-553-5.1.3": "no such mailbox",
		"recipient-552-5.2.2": "full", "recipient-452-4.2.2": "full", "recipient-450-4.7.1": "later", "recipient-421": "later",
		"recipient-550-5.7.1": "unwanted", "content-554-5.7.1": "unwanted", "content-554": "unwanted", "content-451": "later",
		"recipient-554": "for good", "sender-550": "smtp.from", "connect-535-5.7.8": "login", "connect": "cannot be reached",
		"connect-421": "cannot be reached", "message-address": "could not be written", "no-handler": "No mail server", "expired": "over before",
		"timeout": "too long", "restored": "backup", "template": "fault", "no such code": "fault",
	} {
		if got := answerWords(p, jobs.Delivery{Reason: reason}); !strings.Contains(got, want) || (got == "") != (reason == "") {
			t.Errorf("%q is %q, want something about %q", reason, got, want)
		}
	}
}

func TestTheStandingOfTheDomainIsAdvice(t *testing.T) {
	record := func(state mail.RecordState, name string) mail.Record { return mail.Record{State: state, Name: name} }
	all := func(state mail.RecordState) mail.Standing {
		return mail.Standing{
			Domain: "example.org", SPF: record(state, "example.org"), DKIM: record(state, "s1._domainkey.example.org"), DMARC: record(state, "_dmarc.example.org"),
		}
	}
	for name, c := range map[string]struct {
		standing mail.Standing
		query    string
		texts    []string
	}{
		"good":    {all(mail.RecordGood), "", []string{"finding-fine", "says which servers may send", "There is a key at s1._domainkey.example.org", "turn away mail"}},
		"missing": {all(mail.RecordMissing), "", []string{"Your domain example.org has no SPF record; mail may be taken for spam.", "v=spf1 mx -all", "usual names", "v=DMARC1; p=quarantine"}},
		"no key":  {all(mail.RecordMissing), "?selector=S1", []string{"There is no key at s1._domainkey.example.org", `value="s1"`}},
		"double":  {all(mail.RecordDouble), "", []string{"several SPF records", "several DMARC records"}},
		"weak":    {all(mail.RecordWeak), "", []string{"lets everybody send", "only watches", "revoked"}},
		"no DNS":  {all(mail.RecordUnknown), "", []string{"It could not be looked up"}},
		"no mail": {mail.Standing{}, "", []string{"No mail server is set, so there is no domain to look up."}},
	} {
		t.Run(name, func(t *testing.T) {
			m := &fewMails{standing: c.standing}
			body := newMailDesk(t, m).page("/admin/mail/domain"+c.query, 200)
			for _, text := range c.texts {
				if !strings.Contains(body, text) {
					t.Errorf("lacks %q", text)
				}
			}
		})
	}
	m := &fewMails{standing: all(mail.RecordGood)}
	d := newMailDesk(t, m)
	for _, wrong := range []string{"a b", "a/b", "é", strings.Repeat("a", 64), "x;y"} {
		m.asked = "untouched"
		if body := d.page("/admin/mail/domain?selector="+url.QueryEscape(wrong), 400); m.asked != "" || !strings.Contains(body, "A selector has at most 63") {
			t.Errorf("%q was looked up as %q", wrong, m.asked)
		}
	}
}
