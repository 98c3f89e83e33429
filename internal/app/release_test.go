package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

// cases are the use cases of releases, with a case to open.
type cases struct {
	*world
	*app.Releases
	root habeas.Actor
}

func (w *world) cases() cases {
	w.Helper()
	return cases{w, app.NewReleases(w.Records, w.Accounts), w.boss("root@example.org")}
}

// demand is a legal demand that has just arrived.
func (c cases) demand(sets ...account.DataSet) account.Opening {
	return account.Opening{
		Ground: account.GroundLaw, Sets: sets, Legal: account.LegalGeneric, Arrived: c.clock.Now(), Requester: "Court of Arcadia, 7 O 12/26", Document: "Order of 27 February 2026",
	}
}

func (c cases) opened(address string, in account.Opening) account.Case {
	c.Helper()
	return must(c.Open(c.ctx(), c.root, c.address(address), in))(c)
}

func (c cases) is(id habeas.ReleaseID) account.Case {
	c.Helper()
	return must(c.DB.Releases().Case(c.ctx(), id))(c)
}

// saw are the events of releases that a person sees.
func (c cases) saw(a habeas.Actor) (out []audit.Event) {
	c.Helper()
	for _, l := range c.activity(a) {
		if strings.HasPrefix(string(l.Event), "release.") {
			out = append(out, l.Event)
		}
	}
	return out
}

// Proves REL-01, REL-02 and REL-03.
func TestOnlyTheSixGroundsOpenDataAndOnlyToStaff(t *testing.T) {
	w := newWorld(t).cases()
	tim := w.join("tim@example.org")
	desk := w.staff("desk@example.org")
	byCode := w.boss("byCode@example.org")
	byCode.Proof = habeas.ProofCode
	system := w.connect("City Bookings").actor
	actors := []struct {
		name  string
		who   habeas.Actor
		staff bool
		boss  bool
	}{
		{"an administrator", w.root, true, true},
		{"staff", desk, true, false},
		{"an administrator by a mailed code", byCode, false, false},
		{"a person", w.member("eva@example.org"), false, false},
		{"whom it is about", tim, false, false},
		{"a connected system", system, false, false},
		{"nobody", habeas.Actor{}, false, false},
	}
	opens := map[account.Ground]string{
		account.GroundLaw:        "account addresses sign-ins credentials roles contributions key",
		account.GroundPermission: "account addresses sign-ins credentials roles contributions",
		account.GroundAbuse:      "account addresses sign-ins credentials roles contributions",
		account.GroundBot:        "sign-ins contributions",
		account.GroundVandalism:  "addresses sign-ins contributions",
		account.GroundProtection: "account addresses sign-ins credentials roles contributions",
		"curiosity":              "", "": "", "LAW": "",
	}
	if len(account.GroundTerms()) != 6 {
		t.Fatalf("%d grounds, want six", len(account.GroundTerms()))
	}
	for _, a := range actors {
		for ground, sets := range opens {
			for _, term := range append(account.DataTerms(), account.DataTerm{Set: "passwords"}) {
				want := a.staff && slices.Contains(strings.Fields(sets), string(term.Set)) && (term.Set != account.DataKey || a.boss)
				in := w.demand(term.Set)
				in.Ground = ground
				got, err := w.Open(w.ctx(), a.who, w.address("tim@example.org"), in)
				if (err == nil) != want {
					t.Errorf("%s opens %s on %q: %v, want %v", a.name, term.Set, ground, err, want)
				}
				if err != nil {
					continue
				}
				// The default is refuse: an open case has no file, whoever asks.
				_, err = w.File(w.ctx(), a.who, got.ID, "json")
				w.refused(err, "release.none")
				if got.State != account.CaseOpen || !got.DecidedAt.IsZero() {
					t.Errorf("a case begins as %s", got.State)
				}
			}
		}
		if a.staff {
			continue
		}
		id := w.opened("tim@example.org", w.demand(account.DataSignIns)).ID
		for what, err := range map[string]error{
			"release": w.Release(w.ctx(), a.who, id, 1, "x"), "close": w.Close(w.ctx(), a.who, id, 1, account.CaseRefused, "x"),
			"notify": w.Notify(w.ctx(), a.who, id, 1), "hold": w.Hold(w.ctx(), a.who, id, 1, "x", w.clock.Now().AddDate(0, 1, 0)),
			"move": w.Move(w.ctx(), a.who, id, 1, "x", w.clock.Now()), "confirm": w.Confirm(w.ctx(), a.who, id, 1), "lift": w.Lift(w.ctx(), a.who, id, 1),
			"order": w.Order(w.ctx(), a.who, id, 1, "x", true), "reopen": w.Reopen(w.ctx(), a.who, id, 1),
			"list":    errOf(w.List(w.ctx(), a.who, 10)),
			"at":      errOf(w.At(w.ctx(), a.who, id)),
			"preview": errOf2(w.Preview(w.ctx(), a.who, id)),
			"file":    errOf(w.File(w.ctx(), a.who, id, "json")),
		} {
			if k := habeas.KindOf(err); k != habeas.KindForbidden {
				t.Errorf("%s may %s: %v", a.name, what, err)
			}
		}
	}
	w.verify()
}

func errOf[T any](_ T, err error) error          { return err }
func errOf2[A, B any](_ A, _ B, err error) error { return err }

// Proves REL-03, REL-04 and REL-05.
func TestALegalDemandIsNotifiedOnTheThirdBusinessDayThenReleasedAndSeen(t *testing.T) {
	w := newWorld(t).cases() // Sunday, 1 March 2026
	tim := w.joinIn("tim@example.org", "es")
	w.until(time.Date(2026, 3, 6, 16, 0, 0, 0, time.UTC)) // Friday
	in := w.demand(account.DataAccount, account.DataAddresses)
	in.Legal = account.LegalUS
	id := w.opened("tim@example.org", in).ID
	w.mails()
	w.refused(w.Release(w.ctx(), w.root, id, 1, "The court orders it."), "release.unnotified")
	for _, step := range []struct {
		at    time.Time
		mails int
	}{
		{time.Date(2026, 3, 10, 23, 59, 59, 0, time.UTC), 0}, // Tuesday is the second business day
		{time.Date(2026, 3, 11, 0, 0, 0, 0, time.UTC), 1},    // Wednesday the third
		{time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC), 0},    // and only once
	} {
		w.until(step.at)
		if late := must(w.DB.Releases().NoticesLate(w.ctx(), step.at))(t); late != 0 {
			t.Errorf("%v: %d overdue", step.at, late)
		}
		w.ok(w.Sweep(w.ctx()))
		got := w.mails()
		if len(got) != step.mails {
			t.Fatalf("%v: %d mails, want %d", step.at, len(got), step.mails)
		}
		for _, m := range got {
			if m.Kind != mail.KindRelease || m.To != "tim@example.org" || strings.Contains(m.Subject, "legal") {
				t.Errorf("to %s: %s", m.To, m.Subject)
			}
			for _, want := range []string{"motion to quash", "no es asesoramiento jurídico", "asesoramiento de un abogado", "Direcciones", w.is(id).Number()} {
				if !strings.Contains(m.Text, want) {
					t.Errorf("the notice lacks %q:\n%s", want, m.Text)
				}
			}
			if strings.Contains(m.Text, "Arcadia") {
				t.Error("the notice tells who asks")
			}
		}
	}
	_, seen, err := w.Preview(w.ctx(), w.root, id)
	w.ok(err)
	now := w.is(id)
	w.refused(w.Release(w.ctx(), w.root, id, now.Version, " "), "release.why")
	w.refused(w.Release(w.ctx(), w.root, id, now.Version+1, "x"), "release.changed")
	w.ok(w.Release(w.ctx(), w.root, id, now.Version, "The court orders it."))
	w.refused(w.Release(w.ctx(), w.root, id, now.Version+1, "again"), "release.closed")
	file := must(w.File(w.ctx(), w.root, id, "json"))(t)
	var handed account.Handed
	w.ok(json.Unmarshal(file, &handed))
	var sets []account.DataSet
	for _, s := range handed.Sets {
		sets = append(sets, s.Set)
	}
	if !slices.Equal(sets, []account.DataSet{account.DataAccount, account.DataAddresses}) || handed.Requester != in.Requester || len(seen.Sets) != 2 {
		t.Errorf("handed over: %s", file)
	}
	if !strings.Contains(string(file), "tim@example.org") || strings.Contains(string(file), "signin") {
		t.Errorf("the file holds something else:\n%s", file)
	}
	for _, e := range []audit.Event{audit.ReleaseOpened, audit.ReleaseNotified, audit.ReleaseRead, audit.ReleaseGiven, audit.ReleaseTaken} {
		if l := w.look(tim, e); e != audit.ReleaseNotified && l.Actor.Purpose != "Legal compulsion" || l.Detail["ground"] != "law" || l.Detail["sets"] != "account addresses" {
			t.Errorf("%s in the activity: %+v", e, l.Entry)
		}
	}
	if is := w.is(id); is.State != account.CaseReleased || is.Words.Releaser != w.root.Account || is.DecidedAt != w.clock.Now() || is.Words.Requester != in.Requester {
		t.Errorf("recorded: %+v", is)
	}
	w.verify()
}

// Proves REL-04.
func TestANoticeThatDidNotGoOutIsAnAlarm(t *testing.T) {
	w := newWorld(t).cases()
	w.join("tim@example.org")
	w.until(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)) // Monday; the fifth business day is the next Monday
	w.opened("tim@example.org", w.demand(account.DataSignIns))
	for at, want := range map[time.Time]bool{
		time.Date(2026, 3, 9, 23, 59, 59, 0, time.UTC): false, time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC): true,
	} {
		n := must(w.DB.Releases().NoticesLate(w.ctx(), at))(t)
		if (n == 1) != want {
			t.Errorf("%v: %d overdue, want %v", at, n, want)
		}
	}
	w.until(time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC))
	b := w.rooted("other@example.org")
	if strings.Contains(b.get("/admin/health").text, "legal demand is overdue") {
		t.Error("an alarm before the fifth business day is over")
	}
	w.until(time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC))
	b = w.rooted("third@example.org")
	if !strings.Contains(b.get("/admin/health").text, "1 notice of a legal demand is overdue") || !strings.Contains(b.get("/admin/releases").text, "overdue") {
		t.Error("nobody is told that a notice is overdue")
	}
	w.ok(w.Sweep(w.ctx()))
	if strings.Contains(b.get("/admin/health").text, "legal demand is overdue") {
		t.Error("the alarm goes on after the notice")
	}
}

// Proves REL-04.
func TestOnlyACourtPutsTheNoticeOffAndItGoesOutWhenThatEnds(t *testing.T) {
	w := newWorld(t).cases()
	tim := w.join("tim@example.org")
	boss := w.boss("boss@example.org")
	until := time.Date(2026, 4, 10, 0, 0, 0, 0, time.UTC)
	in := w.demand(account.DataSignIns)
	in.Hold, in.HoldUntil = "7 O 12/26, order of 27 February", until
	id := w.opened("tim@example.org", in).ID
	w.mails()

	// Another ground cannot be kept back, nor can anything without reference and end.
	for code, change := range map[string]func(*account.Opening){
		"release.hold-ground":    func(in *account.Opening) { in.Ground = account.GroundAbuse },
		"release.hold-reference": func(in *account.Opening) { in.Hold = "" },
		"release.hold-until":     func(in *account.Opening) { in.HoldUntil = time.Time{} },
	} {
		wrong := in
		change(&wrong)
		_, err := w.Open(w.ctx(), w.root, w.address("tim@example.org"), wrong)
		w.refused(err, code)
	}
	w.until(until.Add(-time.Second))
	w.ok(w.Sweep(w.ctx()))
	_, _, err := w.Preview(w.ctx(), w.root, id)
	w.ok(err)
	w.refused(w.Notify(w.ctx(), w.root, id, w.is(id).Version), "release.no-notice")
	w.ok(w.Release(w.ctx(), boss, id, w.is(id).Version, "The court orders it."))
	if got := w.mails(); len(got) != 0 || len(w.saw(tim)) != 0 {
		t.Fatalf("while the hold is in force: %d mails, %v", len(got), w.saw(tim))
	}
	if figures, _, err := w.Figures(w.ctx()); err != nil || len(figures) != 0 {
		t.Errorf("the public figures tell it: %v (%v)", figures, err)
	}
	w.until(until)
	w.ok(w.Sweep(w.ctx()))
	if m := w.mailTo("tim@example.org", mail.KindRelease); !strings.Contains(m.Text, "motion to quash") {
		t.Errorf("the notice:\n%s", m.Text)
	}
	saw := w.saw(tim)
	if n := len(slices.DeleteFunc(slices.Clone(saw), func(e audit.Event) bool { return e != audit.ReleaseShown })); n != 3 || !slices.Contains(saw, audit.ReleaseNotified) {
		t.Errorf("after the hold: %v", saw)
	}
	given := false
	for _, l := range w.activity(tim) {
		if l.Event == audit.ReleaseShown && l.Detail["event"] == string(audit.ReleaseGiven) {
			given = l.Actor.Account == boss.Account && l.Detail["at"] == "2026-04-09" && l.Detail["requester"] == in.Requester
		}
	}
	if !given {
		t.Error("who released it and when is not told")
	}
	w.ok(w.Sweep(w.ctx()))
	if n := len(w.saw(tim)); n != len(saw) || len(w.mails()) != 0 {
		t.Error("told twice")
	}
	w.refused(w.Hold(w.ctx(), w.root, id, w.is(id).Version, "later", w.clock.Now().AddDate(0, 1, 0)), "release.notified")
	w.verify()
}

// Proves REL-06.
func TestAMotionToQuashBlocksTheDisclosureUntilTheCourtHasOrdered(t *testing.T) {
	w := newWorld(t).cases()
	w.join("tim@example.org")
	id := w.opened("tim@example.org", w.demand(account.DataSignIns)).ID
	v := func() int64 { return w.is(id).Version }
	w.ok(w.Notify(w.ctx(), w.root, id, 1))
	w.refused(w.Order(w.ctx(), w.root, id, v(), "x", true), "release.no-motion")
	w.ok(w.Move(w.ctx(), w.root, id, v(), "7 O 13/26", w.clock.Now()))
	w.refused(w.Release(w.ctx(), w.root, id, v(), "x"), "release.motion-pending")
	w.refused(w.Move(w.ctx(), w.root, id, v(), "again", w.clock.Now()), "release.motion-pending")
	w.later(365 * 24 * time.Hour) // time alone opens nothing
	w.ok(w.Sweep(w.ctx()))
	w.refused(w.Release(w.ctx(), w.root, id, v(), "x"), "release.motion-pending")
	w.ok(w.Order(w.ctx(), w.root, id, v(), "Order of 1 March 2027", false))
	w.refused(w.Release(w.ctx(), w.root, id, v(), "x"), "release.quashed")
	w.ok(w.Move(w.ctx(), w.root, id, v(), "appeal", w.clock.Now()))
	w.ok(w.Order(w.ctx(), w.root, id, v(), "Order on appeal", true))
	w.ok(w.Release(w.ctx(), w.root, id, v(), "The court orders it."))
	w.verify()
}

// Proves REL-07.
func TestANoticeThatDoesNotArriveIsRecordedAndTheCaseGoesOn(t *testing.T) {
	w := newWorld(t).cases()
	tim := w.join("tim@example.org")
	id := w.opened("tim@example.org", w.demand(account.DataSignIns)).ID
	w.ok(w.Notify(w.ctx(), w.root, id, 1))
	m := w.mailTo("tim@example.org", mail.KindRelease)
	w.ok(w.Sweep(w.ctx()))
	if !w.is(id).NoticeFailed.IsZero() {
		t.Fatal("a mail that was taken counts as failed")
	}
	w.later(24 * time.Hour)
	if got := must(w.TakeBounce(w.ctx(), strings.NewReader(returned(m, "failed"))))(t); !got.Noted {
		t.Fatal("the notification was not taken")
	}
	w.ok(w.Sweep(w.ctx()))
	w.ok(w.Sweep(w.ctx()))
	is := w.is(id)
	if is.NoticeFailed != w.clock.Now() || w.look(tim, audit.ReleaseUnnotified).Event == "" {
		t.Errorf("not recorded: %+v", is)
	}
	w.ok(w.Release(w.ctx(), w.root, id, is.Version, "The court orders it."))
	w.verify()
}

// Proves REL-08.
func TestKeyMaterialTakesTwoAdministratorsAndNoKeyLeaves(t *testing.T) {
	w := newWorld(t).cases()
	tim := w.join("tim@example.org")
	second, third := w.boss("second@example.org"), w.boss("third@example.org")
	both := w.demand(account.DataKey, account.DataAddresses)
	_, err := w.Open(w.ctx(), w.root, w.address("tim@example.org"), both)
	w.refused(err, "release.key-alone")
	id := w.opened("tim@example.org", w.demand(account.DataKey)).ID
	v := func() int64 { return w.is(id).Version }
	w.ok(w.Notify(w.ctx(), w.root, id, 1))
	w.refused(w.Confirm(w.ctx(), second, id, v()), "release.unasked")
	w.ok(w.Release(w.ctx(), second, id, v(), "The court orders it."))
	if w.is(id).State != account.CaseAsked {
		t.Fatalf("one administrator alone: %s", w.is(id).State)
	}
	_, err = w.File(w.ctx(), w.root, id, "json")
	w.refused(err, "release.none")
	w.refused(w.Confirm(w.ctx(), second, id, v()), "release.second") // who asked
	w.refused(w.Confirm(w.ctx(), w.root, id, v()), "release.second") // who opened it
	w.refused(w.Confirm(w.ctx(), w.staff("desk@example.org"), id, v()), "release.role")
	w.ok(w.Move(w.ctx(), w.root, id, v(), "7 O 13/26", w.clock.Now()))
	w.refused(w.Confirm(w.ctx(), third, id, v()), "release.motion-pending")
	w.ok(w.Order(w.ctx(), w.root, id, v(), "Order", true))
	w.ok(w.Release(w.ctx(), second, id, v(), "The court orders it."))
	w.ok(w.Confirm(w.ctx(), third, id, v()))
	is := w.is(id)
	if is.Words.Releaser != second.Account || is.Words.Second != third.Account {
		t.Errorf("who decided: %+v", is.Words)
	}
	var handed account.Handed
	w.ok(json.Unmarshal(must(w.File(w.ctx(), third, id, "json"))(t), &handed))
	if len(handed.Sets) != 1 || len(handed.Sets[0].Lines) != 1 || handed.Sets[0].Lines[0].Value != "" {
		t.Errorf("the file holds more than the approval: %+v", handed.Sets)
	}
	if w.look(tim, audit.ReleaseAsked).Actor.Account != second.Account || w.look(tim, audit.ReleaseGiven).Actor.Account != third.Account {
		t.Error("its person does not see both")
	}
	w.verify()
}

func TestWhomACaseIsAboutIsNoneOfItsReadersAlsoAsAdministrator(t *testing.T) {
	w := newWorld(t).cases()
	tim := w.boss("tim@example.org")
	in := w.demand(account.DataSignIns)
	in.Hold, in.HoldUntil = "7 O 12/26", w.clock.Now().AddDate(0, 2, 0)
	id := w.opened("tim@example.org", in).ID
	if all := must(w.List(w.ctx(), tim, 10))(t); len(all) != 0 {
		t.Errorf("the list tells it: %+v", all)
	}
	_, _, err := w.Preview(w.ctx(), tim, id)
	w.refused(err, "release.none")
	_, err = w.At(w.ctx(), tim, id)
	w.refused(err, "release.none")
	w.refused(w.Lift(w.ctx(), tim, id, 1), "release.none")
	w.refused(w.Close(w.ctx(), tim, id, 1, account.CaseRefused, "x"), "release.none")
	_, err = w.Open(w.ctx(), tim, w.address("tim@example.org"), w.demand(account.DataSignIns))
	w.refused(err, "release.self")
	if got := w.saw(tim); len(got) != 0 {
		t.Errorf("the activity tells it: %v", got)
	}
}

func TestErasingAnAccountTakesTheWordsOfItsCasesAndLeavesTheFigures(t *testing.T) {
	w := newWorld(t).cases()
	tim := w.member("tim@example.org")
	permitted := w.demand(account.DataAddresses)
	permitted.Ground = account.GroundPermission
	given := w.opened("tim@example.org", permitted).ID
	w.ok(w.Release(w.ctx(), w.root, given, 1, "Tim has written."))
	open := w.opened("tim@example.org", w.demand(account.DataSignIns)).ID
	must(w.Records.EraseMe(w.ctx(), tim))(t)
	for id, state := range map[habeas.ReleaseID]account.CaseState{given: account.CaseReleased, open: account.CaseLapsed} {
		is := w.is(id)
		if !is.Account.IsZero() || is.Words.Requester != "" || is.State != state || is.DecidedAt.IsZero() || is.NoticeOwed() {
			t.Errorf("what is left: %+v", is)
		}
	}
	_, err := w.File(w.ctx(), w.root, given, "json")
	w.refused(err, "release.none")
	w.refused(w.Release(w.ctx(), w.root, open, w.is(open).Version, "x"), "release.gone")
	w.mails()
	w.later(30 * 24 * time.Hour)
	w.ok(w.Sweep(w.ctx()))
	if n := len(w.mails()); n != 0 {
		t.Errorf("%d mails about an erased account", n)
	}
	w.later(31 * 24 * time.Hour)
	figures, _, err := w.Figures(w.ctx())
	w.ok(err)
	if len(figures) != 1 || figures[0].Counts[account.GroundPermission][account.CaseReleased] != 1 || figures[0].Counts[account.GroundLaw][account.CaseLapsed] != 1 {
		t.Errorf("figures: %+v", figures)
	}
	w.verify()
}

// What staff look at, they look at for a reason of a closed list, and its person reads which: of a
// record one of the purposes, of an account one of another list: the ground of a case, which is the
// same as that of a log that is read because of it; help for the person; an incident.
//
// Proves ADM-02.
func TestStaffLookForAReasonOfAClosedListOnly(t *testing.T) {
	w := newWorld(t).cases()
	tim := w.join("tim@example.org")
	record := w.enter(w.root, "tim@example.org", person("Tim", "Berger", ""))
	w.accept(tim, record, nil)
	look := func(purpose string) error {
		a := w.root
		a.Purpose = purpose
		_, err := w.Records.Open(w.ctx(), a, record)
		return err
	}
	w.refused(look(""), "purpose.missing")
	w.refused(look("Curiosity"), "purpose.unknown")
	for _, p := range party.Purposes() {
		w.later(0)
		w.ok(look(p.Sentence))
		if l := w.look(tim, audit.PartyRead); l.Actor.Purpose != p.Sentence || l.Actor.Account != w.root.Account {
			t.Errorf("%s: %+v", p.Key, l.Entry)
		}
	}
	for _, term := range account.GroundTerms() {
		in := w.demand(account.DataSignIns)
		in.Ground = term.Ground
		id := w.opened("tim@example.org", in).ID
		a := w.root
		a.Purpose = "Curiosity" // what is claimed does not matter: the case says it
		_, _, err := w.Preview(w.ctx(), a, id)
		w.ok(err)
		if l := w.look(tim, audit.ReleaseRead); l.Actor.Purpose != term.Purpose || l.Detail["case"] != w.is(id).Number() {
			t.Errorf("%s: %+v", term.Ground, l.Entry)
		}
	}
	_, _, err := w.Preview(w.ctx(), w.root, habeas.NewID[habeas.ReleaseKind](w.clock.Now()))
	w.refused(err, "release.none")
	if n := len(account.ReadPurposes()); n != len(account.GroundTerms())+2 {
		t.Errorf("%d purposes", n)
	}
	for _, kind := range []account.ReadingKind{account.ReadAccount, account.ReadHolder} {
		for _, p := range account.ReadPurposes() {
			w.later(time.Second)
			must(w.Logs.Begin(w.ctx(), w.root, account.Reading{Kind: kind, Purpose: p.Sentence}, w.address("tim@example.org")))(w)
			term, isGround := account.Ground(p.Key).Term()
			if l := w.look(tim, audit.LogRead); l.Actor.Purpose != p.Sentence || isGround && term.Purpose != p.Sentence || l.Detail["log"] != string(kind) {
				t.Errorf("%s, %s: %+v", kind, p.Key, l.Entry)
			}
		}
		for _, none := range []string{"", "Curiosity", party.Purposes()[0].Sentence} {
			_, err := w.Logs.Begin(w.ctx(), w.root, account.Reading{Kind: kind, Purpose: none}, w.address("tim@example.org"))
			w.refused(err, "log.purpose")
		}
	}
}

func TestAReleaseHoldsTheChosenDataAndNothingElse(t *testing.T) {
	w := newWorld(t).cases()
	tim := w.member("tim@example.org")
	w.ok(w.Accounts.SetName(w.ctx(), tim, "Timotheus B."))
	serial := w.registered(tim, "tim@example.org").Serial.String()
	w.employ("tim@example.org", habeas.RoleStaff)
	record := w.enter(w.root, "tim@example.org", person("Mismatch", "Otherwise", ""))
	w.accept(tim, record, nil)
	marks := map[account.DataSet]string{ // what stands in one data set and in no other
		account.DataAccount: "Timotheus B.", account.DataAddresses: "tim@example.org", account.DataSignIns: "signin.ok", account.DataCredentials: serial,
		account.DataRoles: `"staff"`, account.DataActs: "claim.accept",
	}
	sets := []account.DataSet{}
	for _, term := range account.DataTerms() {
		if term.Set != account.DataKey {
			sets = append(sets, term.Set)
		}
	}
	for pick := 1; pick < 1<<len(sets); pick++ {
		if pick%7 != 0 && pick&(pick-1) != 0 { // each by itself, and some together
			continue
		}
		var chosen []account.DataSet
		for i, set := range sets {
			if pick&(1<<i) != 0 {
				chosen = append(chosen, set)
			}
		}
		in := w.demand(chosen...)
		in.Ground = account.GroundPermission
		id := w.opened("tim@example.org", in).ID
		w.ok(w.Release(w.ctx(), w.root, id, 1, "Tim has written."))
		for _, format := range []string{"json", "csv"} {
			file := string(must(w.File(w.ctx(), w.root, id, format))(t))
			for set, mark := range marks {
				if format == "csv" {
					mark = strings.Trim(mark, `"`)
				}
				if got, want := strings.Contains(file, mark), slices.Contains(chosen, set); got != want {
					t.Errorf("%v as %s: %s is in it: %v\n%s", chosen, format, set, got, file)
				}
			}
			if strings.Contains(file, "Otherwise") || strings.Contains(file, "release.") {
				t.Errorf("%v: the file holds what the record says, or what others did:\n%s", chosen, file)
			}
		}
	}
	w.verify()
}

func TestATableOfAReleaseStartsNoFormula(t *testing.T) {
	w := newWorld(t).cases()
	tim := w.member("tim@example.org")
	w.ok(w.Accounts.SetName(w.ctx(), tim, `=HYPERLINK("https://evil.example")`))
	in := w.demand(account.DataAccount)
	in.Ground = account.GroundProtection
	id := w.opened("tim@example.org", in).ID
	w.ok(w.Release(w.ctx(), w.root, id, 1, "A threat."))
	table := string(must(w.File(w.ctx(), w.root, id, "csv"))(t))
	if !strings.Contains(table, `'=HYPERLINK`) || strings.Contains(table, `,"=HYPERLINK`) {
		t.Errorf("the table:\n%s", table)
	}
}

// until moves the clock on to a moment.
func (c cases) until(t time.Time) { c.clock.Advance(t.Sub(c.clock.Now())) }
