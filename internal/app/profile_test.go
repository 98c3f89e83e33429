package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

// module is a ticket of a timetable that may stand on a public profile.
func module(ref, title, role, term, ends string) more {
	return func(a *party.Assertion) {
		a.Ticket = &party.TicketInput{Ref: ref, Title: title, Role: role, Term: term, Ends: ends, Public: true}
	}
}

func (w *world) profileAt(id habeas.PartyID) string {
	return "/people/" + w.Profiles.Ref(id).String()
}

// Proves PTY-6.
func TestAPublicProfileShowsWhatItsPersonTeaches(t *testing.T) {
	w := newWorld(t)
	timetable, nora := w.connect("Timetable"), w.staff("nora@example.org")
	id := w.enter(nora, "clara@example.org", with(person("Clara", "Stein", "1971-09-09"), "profile", "headline", "Piano teacher"))
	for _, m := range []more{
		module("M-1", "Harmony I", "Lecturer", "Autumn 2026", "2027-02-01"), module("M-2", "Counterpoint", "", "", "2025-07-01"),
		ticket("B-1", "Wine tasting"),
	} {
		got, _ := timetable.say("clara@example.org", party.Values{}, m)
		if got != id {
			t.Fatal("another record")
		}
	}
	visitor := w.browser()
	at := w.profileAt(id)
	if strings.Contains(at, id.String()) || at != w.profileAt(id) {
		t.Errorf("the address %s", at)
	}
	p := visitor.get(at)
	for _, want := range []string{"Clara Stein", "Piano teacher", "Harmony I", "Lecturer", "Autumn 2026", "Counterpoint", "application/ld+json", "schema.org", "Is it about you?"} {
		if !strings.Contains(p.text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Index(p.text, "Harmony I") > strings.Index(p.text, "Counterpoint") || strings.Contains(p.text, "Wine") || strings.Contains(p.text, "1971") {
		t.Error("what is past does not stand apart, or something private shows")
	}
	if p.header.Get("X-Robots-Tag") != "noindex" {
		t.Error("a profile that nobody has published may be indexed")
	}
	listed := func(query string) bool {
		return strings.Contains(visitor.get("/people"+query).text, at)
	}
	if listed("") {
		t.Error("it is in the list, and nobody has published it")
	}

	b := w.browser().join("clara@example.org")
	w.accept(w.who(b), id, nil)
	mine := "/me/records/" + id.String() + "/profile"
	b.post(mine + "/publish")
	if p := visitor.get(at); p.header.Get("X-Robots-Tag") != "" || !strings.Contains(p.text, "keeps this profile") {
		t.Error("a published profile is not to be indexed")
	}
	for query, want := range map[string]bool{"": true, "?q=pian": true, "?q=clara+harm": true, "?q=violin": false, "?subject=Harmony+I": true, "?subject=Counterpoint": false} {
		if listed(query) != want {
			t.Errorf("listed for %q: %v", query, !want)
		}
	}

	// What is not ticked does not show, and the preview says so.
	b.post(mine, "show.profile.headline", "on")
	if p := visitor.get(at).text; strings.Contains(p, "Harmony I") || !strings.Contains(p, "Piano teacher") {
		t.Error("it does not show as was chosen")
	}
	if !strings.Contains(b.get(mine).text, "As everybody sees it") {
		t.Error("no preview")
	}
	// Off the web at once, everywhere; the undo puts back what was.
	b.post(mine + "/withdraw")
	gone := visitor.send(http.MethodGet, at, nil)
	never := visitor.send(http.MethodGet, "/people/"+party.Reference(id).String(), nil)
	if gone.status != http.StatusNotFound || never.status != http.StatusNotFound || listed("") {
		t.Errorf("withdrawn: %d, never there: %d", gone.status, never.status)
	}
	undo := b.get(mine).text
	if !strings.Contains(undo, mine+"/publish") {
		t.Error("no undo")
	}
	b.post(mine + "/publish")
	if !listed("") {
		t.Error("it is not back")
	}
}

// Proves PTY-6.
func TestStaffPublishOnlyWhereThePolicyLetsThemAndHideAnywhere(t *testing.T) {
	w := newWorld(t)
	root, nora := w.boss("root@example.org"), w.staff("nora@example.org")
	id := w.enter(nora, "clara@example.org", with(person("Clara", "Stein", ""), "profile", "headline", "Piano teacher"))
	w.refused(w.Profiles.Set(w.ctx(), nora, id, party.StepPublish), "profile.policy")
	eve := w.member("eve@example.net")
	w.refused(w.Profiles.Set(w.ctx(), eve, id, party.StepHide), "role.missing")
	w.refused(w.Profiles.Publish(w.ctx(), eve, id, party.Publish), "party.not-yours")
	w.refused(w.Profiles.Choose(w.ctx(), eve, id, nil), "party.not-yours")
	if _, _, err := w.Profiles.Mine(w.ctx(), eve, id); err == nil {
		t.Error("somebody else sees what could show")
	}
	if _, _, err := w.Profiles.ForStaff(w.ctx(), eve, id); err == nil {
		t.Error("somebody who does not work here sees the state of a profile")
	}
	policy := must(w.Policies.Current(w.ctx()))(t)
	policy.StaffPublish = true
	must(w.Policies.Change(w.ctx(), root, policy))(t)
	w.ok(w.Profiles.Set(w.ctx(), nora, id, party.StepPublish))
	visitor, at := w.browser(), w.profileAt(id)
	if !strings.Contains(visitor.get("/people").text, at) {
		t.Error("what staff published is in no list")
	}
	clara := w.join("clara@example.org")
	w.accept(clara, id, nil)
	if strings.Contains(visitor.get("/people").text, at) {
		t.Error("it is listed although its person has not decided")
	}
	w.refused(w.Profiles.Set(w.ctx(), nora, id, party.StepPublish), "party.claimed")
	w.ok(w.Profiles.Publish(w.ctx(), clara, id, party.Publish))
	w.ok(w.Profiles.Set(w.ctx(), nora, id, party.StepHide))
	if p := visitor.send(http.MethodGet, at, nil); p.status != http.StatusNotFound {
		t.Errorf("hidden by staff: %d", p.status)
	}
	shown, _, err := w.Profiles.Mine(w.ctx(), clara, id)
	if err != nil || shown.State != party.ProfileHidden {
		t.Errorf("its person sees %q (%v)", shown.State, err)
	}
	w.ok(w.Profiles.Set(w.ctx(), nora, id, party.StepShow))
	visitor.get(at)
}

// Proves PTY-6.
func TestTheCompletionListAsksOnceAndIsReminded(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id := w.enter(nora, "clara@example.org", with(person("Clara", "", ""), "profile", "headline", "Piano teacher"))
	w.ok(w.Records.Invite(w.ctx(), nora, id))
	if m := w.mailTo("clara@example.org", mail.KindInvitation); !strings.Contains(m.Text, "4 details that we ask for are missing") {
		t.Errorf("the invitation does not say how much is missing:\n%s", m.Text)
	}
	w.refused(w.Records.Remind(w.ctx(), nora, id), "remind.unclaimed")
	b := w.browser().join("clara@example.org")
	clara := w.who(b)
	w.accept(clara, id, nil)
	at := "/me/records/" + id.String() + "/missing"
	page := b.get(at).text
	if !strings.Contains(page, "4 of 7 missing") || strings.Index(page, "About") > strings.Index(page, "Family name") {
		t.Error("the list is not in its order")
	}
	b.post(at + "/phone.number/silence")
	page = b.get(at).text
	if !strings.Contains(page, "3 of 7 missing") || !strings.Contains(page, at+"/phone.number/ask") {
		t.Error("what she does not want to say is still asked for, or cannot be taken back")
	}
	staff := func() string {
		rec := must(w.Records.Open(w.ctx(), nora, id))(t)
		c, _, err := w.Records.Completeness(w.ctx(), nora, rec)
		w.ok(err)
		for _, g := range c.Gaps {
			if g.Quiet {
				t.Error("staff see what she does not want to say")
			}
		}
		return itoa(int64(c.Asked-len(c.Gaps))) + "/" + itoa(int64(c.Asked))
	}
	if staff() != "3/7" {
		t.Errorf("staff see %s", staff())
	}
	w.mails()
	w.ok(w.Records.Remind(w.ctx(), nora, id))
	m := w.mailTo("clara@example.org", mail.KindReminder)
	if !strings.Contains(m.Text, "3 details are missing") || !strings.Contains(m.Text, at) || strings.Contains(m.Text, "Clara") {
		t.Errorf("the reminder:\n%s", m.Text)
	}
	w.refused(w.Records.Remind(w.ctx(), nora, id), "remind.again")
	w.later(party.RemindAgain + time.Hour)
	// She wants no such mail: staff are answered as before, and none is sent.
	w.ok(w.Digests.Choose(w.ctx(), clara, account.Wish{Off: []account.Telling{account.TellReminders}}))
	w.ok(w.Records.Remind(w.ctx(), nora, id))
	for _, m := range w.mails() {
		if m.Kind == mail.KindReminder {
			t.Error("a reminder that is not wanted")
		}
	}
	w.ok(w.Records.Silence(w.ctx(), clara, id, "phone.number", false))
	if c := must(w.Records.Completion(w.ctx(), clara, must(w.Records.My(w.ctx(), clara, id))(t)))(t); len(c.Open()) != 4 || len(c.Quiet()) != 0 {
		t.Errorf("after it was taken back: %d", len(c.Open()))
	}
	w.refused(w.Records.Silence(w.ctx(), clara, id, "identity.given_name", true), "gap.none")
	copied := string(must(w.Records.Copy(w.ctx(), clara))(t).JSON)
	if !strings.Contains(copied, "told who looked") || !strings.Contains(copied, "reminders") {
		t.Error("her copy does not say how she is told")
	}
}
