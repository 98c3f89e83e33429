package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

const day = 24 * time.Hour

// boss is an administrator.
func (w *world) boss(address string) habeas.Actor {
	a := w.staff(address)
	a.Roles = []habeas.Role{habeas.RoleAdministrator}
	return a
}

// decide changes the organisation's policy.
func (w *world) decide(a habeas.Actor, change func(*party.Policy)) party.Policy {
	w.Helper()
	p := must(w.Policies.Current(w.ctx()))(w)
	change(&p)
	return must(w.Policies.Change(w.ctx(), a, p))(w)
}

// told runs the schedule of notices and returns the mails it led to.
func (w *world) told() []mail.Message {
	w.Helper()
	w.mails()
	w.ok(w.Notices.Tell(w.ctx()))
	return w.mails()
}

// visit proves an address for the notice page.
func (w *world) visit(address string) [32]byte {
	w.Helper()
	w.mails()
	flow, visit := newToken(), newToken()
	id := must(w.Notices.Ask(w.ctx(), account.Asking{Address: w.address(address), Language: "en", Flow: flow, Client: "192.0.2.1"}))(w)
	w.ok(w.Notices.Prove(w.ctx(), id, sealedtest.Seal(w.codeIn(w.mailTo(address, mail.KindCode))), flow, visit))
	w.later(0)
	return visit
}

// looking is what a visit opens.
func (w *world) looking(visit [32]byte) party.Looking {
	w.Helper()
	l, found, err := w.Notices.Look(w.ctx(), visit)
	w.ok(err)
	if !found {
		w.Fatal("the visit is over")
	}
	return l
}

// Proves PTY-28.
func TestPeopleWithoutAnAccountAreTold(t *testing.T) {
	w := newWorld(t)
	bookings, tours, nora := w.connect("City Bookings"), w.connect("Bell Tours"), w.staff("nora@example.org")
	v := with(person("Timotheus", "Bergersen", "1984-05-03"), "phone", "number", "+49 228 555123")
	bookings.say("tim@example.org", v, ticket("B-1", "Secret tour"))
	tours.say("tim@example.org", person("Annabella", "Zimmer", "1950-01-02"))
	w.enter(nora, "lola@example.org", with(person("Lola", "", ""), "contact", "language", "es-MX"))
	if got := w.told(); len(got) != 0 {
		t.Fatalf("%d mails before the records had time to be corrected", len(got))
	}
	w.later(8 * day)
	got := w.told()
	if len(got) != 2 {
		t.Fatalf("%d mails, want one for each address", len(got))
	}
	slices.SortFunc(got, func(a, b mail.Message) int { return -strings.Compare(a.To, b.To) })
	for _, part := range []string{got[0].Text, got[0].HTML} {
		for _, want := range []string{"Identity", "Phone", "City Bookings", "Bell Tours", "help@example.org", "/notice", "24 months"} {
			if !strings.Contains(part, want) {
				t.Errorf("the notice lacks %q:\n%s", want, part)
			}
		}
		for _, never := range []string{"Timotheus", "Bergersen", "1984", "555123", "Annabella", "Zimmer", "Secret tour", "tim@example.org", "records", "pty_"} {
			if strings.Contains(strings.ReplaceAll(part, "records.example.org", ""), never) {
				t.Errorf("the notice says %q", never)
			}
		}
	}
	if got[1].Language != "es" || !strings.Contains(got[1].Text, "Identidad") || !strings.Contains(got[1].Text, "Personas que trabajan aquí") {
		t.Errorf("to Lola in %s:\n%s", got[1].Language, got[1].Text)
	}
	if got[0].ListUnsubscribe == "" || strings.Contains(got[0].Subject, "tim") {
		t.Errorf("subject %q, stop link %q", got[0].Subject, got[0].ListUnsubscribe)
	}
	if got := w.told(); len(got) != 0 {
		t.Fatalf("told twice: %d", len(got))
	}

	// More of the same is no news; data of another kind is.
	bookings.say("tim@example.org", person("Timotheus", "Bergersen", "1984-05-03"), ticket("B-2", "Another"))
	if got := w.told(); len(got) != 0 {
		t.Fatal("told again although nothing of another kind was added")
	}
	bookings.say("tim@example.org", with(person("Timotheus", "Bergersen", "1984-05-03"), "address", "city", "Bonn"))
	if got := w.told(); len(got) != 1 || !strings.Contains(got[0].Text, "Postal address") {
		t.Fatalf("another kind of data: %d mails", len(got))
	}
	w.verify()
}

func TestWhoNeedsNoNoticeGetsNone(t *testing.T) {
	w := newWorld(t)
	bookings, root := w.connect("City Bookings"), w.boss("root@example.org")
	claimed, _ := bookings.say("claimed@example.org", person("Cleo", "Berger", ""))
	w.accept(w.join("claimed@example.org"), claimed, nil)
	bookings.say("member@example.org", person("Mia", "Berger", "")) // unclaimed, its address has an account
	w.join("member@example.org")
	refused, _ := bookings.say("oscar@example.org", person("Tim", "Berger", ""))
	w.notMe(w.join("oscar@example.org"), refused)
	w.offers(w.join("own@example.org")) // a record of their own
	bookings.say("", person("Nobody", "Knows", ""), external("x-1"))
	bookings.say("stop@example.org", person("Stella", "Berger", ""))
	w.ok(w.Notices.StopMails(w.ctx(), w.visit("stop@example.org"), true))
	bookings.say("gone@example.org", person("Gus", "Berger", ""))
	w.later(8 * day)
	for _, job := range w.tellOnly("gone@example.org") {
		w.ok(w.DB.Ops().Dead(w.ctx(), job, 1, w.clock.Now(), "recipient 550 5.1.1"))
	}
	bookings.say("gone@example.org", with(person("Gus", "Berger", ""), "phone", "number", "030 12345"))
	if got := w.told(); len(got) != 0 {
		t.Fatalf("after its mail bounced, or to others: %d mails", len(got))
	}

	// The organisation may tell nobody, if it says why.
	bookings.say("new@example.org", person("Nina", "Berger", ""))
	p := must(w.Policies.Current(w.ctx()))(w)
	p.Notices.Off = true
	_, err := w.Policies.Change(w.ctx(), root, p)
	w.refused(err, "policy.why-not")
	w.decide(root, func(p *party.Policy) { p.Notices.Off, p.Notices.WhyNot = true, "Told in person at the desk." })
	w.later(8 * day)
	if got := w.told(); len(got) != 0 {
		t.Fatalf("switched off, and %d mails", len(got))
	}
	w.decide(root, func(p *party.Policy) { p.Notices.Off = false })
	if got := w.told(); len(got) != 1 || got[0].To != "new@example.org" {
		t.Fatalf("switched on again: %d mails", len(got))
	}
}

// tellOnly runs the schedule, which must lead to one mail to the address, and leaves it
// undelivered; it returns which.
func (w *world) tellOnly(address string) (ids []habeas.MailID) {
	w.Helper()
	w.mails()
	w.ok(w.Notices.Tell(w.ctx()))
	now := w.clock.Now()
	for _, job := range must(w.DB.Ops().Due(w.ctx(), now, now.Add(time.Minute), 1000))(w) {
		if !strings.Contains(string(job.Payload), address) {
			w.Fatalf("a mail to somebody who needs none: %s", job.Payload)
		}
		ids = append(ids, job.ID)
	}
	if len(ids) != 1 {
		w.Fatalf("%d mails to %s, want one", len(ids), address)
	}
	return ids
}

// Proves PTY-A19, PTY-A21, PTY-A24.
func TestAStopLinkStopsAndResumes(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	id, _ := bookings.say("tim@example.org", person("Tim", "Berger", ""))
	w.later(8 * day)
	link := w.told()[0].ListUnsubscribe
	token := link[strings.LastIndex(link, "/")+1:]
	if stopped := must(w.Notices.Stopped(w.ctx(), sealedtest.Seal(token)))(t).Stopped; stopped {
		t.Fatal("opening the link stops mails")
	}
	w.ok(w.Notices.StopBy(w.ctx(), sealedtest.Seal(token), true))
	w.ok(w.Notices.StopBy(w.ctx(), sealedtest.Seal(token), true))
	if stopped := must(w.Notices.Stopped(w.ctx(), sealedtest.Seal(token)))(t).Stopped; !stopped || !w.looking(w.visit("tim@example.org")).Stopped {
		t.Fatal("the link stops nothing")
	}
	if n := w.happened(id, audit.NoticeStopped); n != 1 {
		t.Errorf("%d lines say so, want 1", n)
	}
	w.ok(w.Notices.StopBy(w.ctx(), sealedtest.Seal(token), false))
	if must(w.Notices.Stopped(w.ctx(), sealedtest.Seal(token)))(t).Stopped {
		t.Fatal("it cannot be taken back")
	}
	for _, wrong := range []string{"", token + "x", strings.ToUpper(token), "AAAAAAAAAAAAAAAAAAAAAA"} {
		w.refused(w.Notices.StopBy(w.ctx(), sealedtest.Seal(wrong), true), "notice.link")
	}
}

// happened counts the lines of an event in the log of a record.
func (w *world) happened(id habeas.PartyID, event audit.Event) (n int) {
	w.Helper()
	for _, l := range must(w.DB.Events(w.ctx(), habeas.SubjectOf(id), habeas.EventID{}, 1000))(w) {
		if l.Event == event {
			n++
		}
	}
	return n
}

// Proves PTY-A20, PTY-A22, PTY-A23, PTY-A6.
func TestACodeForNoticesOpensNothingElse(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	v := with(person("Timotheus", "Bergersen", "1984-05-03"), "organisation", "city", "Bonn")
	id, _ := bookings.say("tim@example.org", v)
	ask := func(address string, flow account.Token) habeas.ChallengeID {
		w.mails()
		return must(w.Notices.Ask(w.ctx(), account.Asking{Address: w.address(address), Language: "en", Flow: flow, Client: "192.0.2.1"}))(t)
	}
	flow, visit := newToken(), newToken()
	c := ask("tim@example.org", flow)
	code := w.codeIn(w.mailTo("tim@example.org", mail.KindCode))
	_, err := w.Accounts.Prove(w.ctx(), habeas.Actor{}, c, sealedtest.Seal(code), account.Browser{Flow: flow, New: newToken()})
	w.refused(err, "code.wrong")
	if _, found, err := w.Accounts.AccountAt(w.ctx(), w.Keys.Lookup(account.LookupAddress, w.address("tim@example.org").Key())); err != nil || found {
		t.Fatal("a code for notices made an account")
	}
	w.refused(w.Notices.Prove(w.ctx(), c, sealedtest.Seal(code), newToken(), visit), "code.wrong") // another browser
	w.refused(w.Notices.Prove(w.ctx(), c, sealedtest.Seal("00000000"), flow, visit), "code.wrong")
	if _, found, err := w.Notices.Look(w.ctx(), visit); err != nil || found {
		t.Fatal("a refused code opens something")
	}
	w.ok(w.Notices.Prove(w.ctx(), c, sealedtest.Seal(code), flow, visit))
	w.refused(w.Notices.Prove(w.ctx(), c, sealedtest.Seal(code), flow, newToken()), "code.wrong") // used

	l := w.looking(visit)
	if len(l.Held) != 1 || l.Held[0].Record.Party.ID != id || l.Held[0].Shut {
		t.Fatalf("held at the address: %+v", l.Held)
	}
	if f := field(l.Held[0].Record, "identity", "birth_date"); f.Current.Text != "•••• 1984" || !f.Masked {
		t.Errorf("birth date shown as %q", f.Current.Text)
	}
	if f := field(l.Held[0].Record, "organisation", "city"); f.Current.Text != "Bonn" {
		t.Errorf("what asks for no step-up is shown as %q", f.Current.Text)
	}
	if w.happened(id, audit.NoticeSeen) != 1 {
		t.Error("nobody can see later that the record was looked at")
	}

	// A code to sign in opens no notice either, and nobody's address opens nothing.
	sign := must(w.Accounts.Ask(w.ctx(), account.Asking{Address: w.address("tim@example.org"), Language: "en", Flow: flow, Client: "192.0.2.1"}))(t)
	w.refused(w.Notices.Prove(w.ctx(), sign, sealedtest.Seal(w.codeIn(w.mailTo("tim@example.org", mail.KindCode))), flow, newToken()), "code.wrong")
	if l := w.looking(w.visit("nobody@example.org")); len(l.Held) != 0 {
		t.Errorf("at nobody's address: %+v", l.Held)
	}
	w.later(party.VisitLife + time.Second)
	if _, found, err := w.Notices.Look(w.ctx(), visit); err != nil || found {
		t.Error("a visit outlives its half hour")
	}
}

// Whoever shares a mailbox sees that something is held, and nothing of it.
func TestASharedMailboxShowsNothing(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	bookings.say("bergers@example.org", with(person("Anna", "Berger", "1950-01-02"), "organisation", "city", "Bonn"))
	bookings.say("bergers@example.org", person("Tom", "Berger", "1980-03-04"))
	bookings.say("old@example.org", person("Olga", "Berger", ""))
	mine, _ := bookings.say("mine@example.org", person("Mia", "Berger", ""))
	w.accept(w.member("mine@example.org"), mine, nil)
	for _, h := range w.looking(w.visit("bergers@example.org")).Held {
		if !h.Shut || !h.Unsure || field(h.Record, "organisation", "city").Current.Text == "Bonn" {
			t.Errorf("shown: %+v", h.Record)
		}
	}
	l := w.looking(w.visit("mine@example.org"))
	if len(l.Held) != 1 || !l.Held[0].Claimed || !l.Held[0].Shut {
		t.Fatalf("a claimed record after a mere code: %+v", l.Held)
	}
	_, err := w.Notices.Request(w.ctx(), w.visit("mine@example.org"), mine, party.AskErase)
	w.refused(err, "party.claimed")
	w.later(400 * day) // the mailbox may have changed hands
	if h := w.looking(w.visit("old@example.org")).Held[0]; !h.Shut || !h.Unsure {
		t.Error("an address not heard of for long opens a record")
	}
}
