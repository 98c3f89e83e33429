package app_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/party"
)

// queue lists the pairs that wait.
func (w *world) queue() []party.Duplicate {
	w.Helper()
	pairs, n, err := w.Duplicates.Queue(w.ctx(), 0, 100)
	w.ok(err)
	if n != len(pairs) {
		w.Fatalf("%d pairs, %d counted", len(pairs), n)
	}
	return pairs
}

// Proves PTY-16.
func TestASearchThroughAllFindsDuplicatesAndKeepsDecisions(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	ana, _ := bookings.say("ana@example.org", with(person("Ana", "Ferrer Ruiz", "1984-05-03"), "phone", "number", "+34 600 111 222"))
	again, _ := bookings.say("a.ferrer@example.net", with(person("Ana", "Ferrer Ruis", "1984-05-03"), "phone", "number", "+34 600 111 222"))
	bookings.say("tim@example.org", person("Tim", "Berger", "1971-09-09"))
	bookings.say("office@example.org", party.Values{"organisation": {"name": "Ferrer Ruiz"}}, func(a *party.Assertion) { a.Kind = party.Organisation })

	got := must(w.Duplicates.Search(w.ctx()))(t)
	want, _ := party.PairOf(ana, again)
	if q := w.queue(); len(q) != 1 || q[0].PairID != want || q[0].P < .9 {
		t.Fatalf("%+v", q)
	}
	if got.Running || got.Failed || got.Stopped || got.Found != 1 || got.Fresh != 1 || got.All != 4 {
		t.Errorf("%+v", got)
	}
	nora := w.staff("nora@example.org")
	w.ok(w.Duplicates.Decide(w.ctx(), nora, want, party.PairApart))
	w.later(0)
	must(w.Duplicates.Search(w.ctx()))(t)
	if len(w.queue()) != 0 {
		t.Error("a second search forgot a decision")
	}
	// Something that does not matter, and then something that does.
	w.ok(w.Records.Amend(w.ctx(), nora, ana, party.Values{"identity": {"occupation": "Baker"}}))
	w.later(0)
	must(w.Duplicates.Search(w.ctx()))(t)
	if len(w.queue()) != 0 {
		t.Error("an occupation opened the decision again")
	}
	w.ok(w.Records.Amend(w.ctx(), nora, again, party.Values{"identity": {"family_name": "Ferrer Ruiz"}}))
	w.later(0)
	must(w.Duplicates.Search(w.ctx()))(t)
	if len(w.queue()) != 1 {
		t.Error("another name did not")
	}
}

func TestWhatIsSaidIsComparedShortlyAfter(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	ana, _ := bookings.say("ana@example.org", person("Ana", "Ferrer", "1984-05-03"))
	w.ok(w.Duplicates.CatchUp(w.ctx()))
	if len(w.queue()) != 0 {
		t.Fatal("one record is no pair")
	}
	again := w.enter(w.staff("nora@example.org"), "ana.ferrer@example.net", person("Ana", "Ferrer", "1984-05-03"))
	if len(w.queue()) != 0 {
		t.Error("it was compared while somebody waited")
	}
	w.ok(w.Duplicates.CatchUp(w.ctx()))
	want, _ := party.PairOf(ana, again)
	q := w.queue()
	if len(q) != 1 || q[0].PairID != want {
		t.Fatalf("%+v", q)
	}
	w.ok(w.Duplicates.Decide(w.ctx(), w.staff("nora@example.org"), want, party.PairApart))
	bookings.say("ana@example.org", party.Values{"identity": {"occupation": "Baker"}})
	w.ok(w.Duplicates.CatchUp(w.ctx()))
	if len(w.queue()) != 0 {
		t.Error("a decision is forgotten when somebody speaks")
	}
}

// Proves PTY-10.
func TestANumberAloneCountsShortlyAfterWhereTheOrganisationSaysSo(t *testing.T) {
	w := newWorld(t)
	bookings, root := w.connect("City Bookings"), w.boss("root@example.org")
	number := func(v party.Values) party.Values { return with(v, "membership", "number", "M-17") }
	w.decide(root, func(p *party.Policy) {
		p.Matching = matching(func(m *party.Matching) { m.Find[party.Person] = party.Rule{} })
	})
	bookings.say("ana@example.org", number(person("Ana", "Ferrer", "1984-05-03")))
	quist, _ := bookings.say("quist@example.net", number(person("Tobias", "Quist", "1949-11-30")))
	w.ok(w.Duplicates.CatchUp(w.ctx()))
	if len(w.queue()) != 0 {
		t.Fatalf("by whose rule? %+v", w.queue())
	}
	w.decide(root, func(p *party.Policy) { p.Matching = party.DefaultMatching() })
	w.ok(w.Records.Amend(w.ctx(), w.staff("nora@example.org"), quist, party.Values{"identity": {"occupation": "Baker"}}))
	w.ok(w.Duplicates.CatchUp(w.ctx()))
	if q := w.queue(); len(q) != 1 || q[0].Reasons[0].String() != "+membership.number:exact" {
		t.Fatalf("%+v", q)
	}
}

func TestASearchCanBeStoppedAndBegunAnew(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	for range 2 {
		bookings.say("", person("Ana", "Ferrer", "1984-05-03"), external(string(habeas.NewID[habeas.PartyKind](w.clock.Now()).String())))
	}
	ctx, cancel := context.WithCancel(w.ctx())
	cancel()
	got, err := w.Duplicates.Search(ctx)
	if err == nil || !got.Stopped || got.Failed || got.Running {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := w.Duplicates.Search(w.ctx()); err != nil || len(w.queue()) != 1 {
		t.Errorf("%v", err)
	}
	person := habeas.Actor{Account: habeas.AccountID{1}, Roles: []habeas.Role{habeas.RolePerson}}
	w.refused(w.Duplicates.Begin(w.ctx(), person), "role.missing")
	w.refused(w.Duplicates.Stop(w.ctx(), person), "role.missing")
	w.refused(w.Duplicates.Decide(w.ctx(), person, w.queue()[0].PairID, party.PairApart), "role.missing")
}

var pairIn = regexp.MustCompile(`name="([ab])" value="(pty_[^"]+)"`)

// Proves PTY-16.
func TestStaffDecideOnPairsOneAfterTheOther(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	ana, _ := bookings.say("ana@example.org", with(person("Ana", "Ferrer", "1984-05-03"), "phone", "number", "+34 600 111 222"))
	bookings.say("ferrer@example.net", with(person("Ana", "Ferrer", "1984-05-03"), "phone", "number", "+34 600 111 222"))
	bookings.say("tim@example.org", person("Tim", "Berger", "1971-09-09"))
	bookings.say("berger@example.net", person("Tim", "Bergr", "1971-09-09"))
	_, err := w.Duplicates.Search(w.ctx())
	w.ok(err)
	b := w.staffBrowser("nora@example.org")
	const at = "/staff/duplicates"
	if p := b.get(at); !strings.Contains(p.text, "Why do you look at these records?") || strings.Contains(p.text, "Ferrer") {
		t.Fatal("records are shown before anybody said why")
	}
	b.post("/staff/purpose", "purpose", "question", "to", at)
	p := b.get(at)
	for _, want := range []string{"Ana Ferrer", "2 pairs wait", "very likely the same", "Date of birth: the same", "E-mail: different", `data-key="1"`, `data-key="2"`, `data-key="3"`, "1984 · •• ••"} {
		if !strings.Contains(p.text, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, hidden := range []string{"1984-05-03", "111 222", "ana@example.org"} {
		if strings.Contains(p.text, hidden) {
			t.Errorf("the page shows %q", hidden)
		}
	}
	form := func(p page, decision string) []string {
		out := []string{"decision", decision}
		for _, m := range pairIn.FindAllStringSubmatch(p.text, 2) {
			out = append(out, m[1], m[2])
		}
		return out
	}
	first := form(p, "different")
	if same := b.send(http.MethodPost, at, formOf(form(p, "same")...)); same.header.Get("Location") != "/staff/people/"+first[3]+"/merge/"+first[5] {
		t.Errorf("the same leads to %q", same.header.Get("Location"))
	}
	if q := b.send(http.MethodPost, at, formOf("decision", "burn", "a", first[3], "b", first[5])); q.status != http.StatusBadRequest {
		t.Errorf("an unknown decision: %d", q.status)
	}
	w.later(0)
	b.post(at, first...)
	p = b.get(at)
	for _, want := range []string{"Tim Berger", "1 pair waits", "You said that the two are not the same.", `data-key="u"`} {
		if !strings.Contains(p.text, want) {
			t.Errorf("after a decision no %q", want)
		}
	}
	first[1] = "undo"
	b.post(at, first...)
	if p = b.get(at); !strings.Contains(p.text, "Ana Ferrer") || !strings.Contains(p.text, "2 pairs wait") {
		t.Error("the decision was not taken back")
	}
	b.post(at, form(p, "later")...)
	if p = b.get(at); !strings.Contains(p.text, "Tim Berger") || !strings.Contains(p.text, "2 pairs wait") {
		t.Error("what was put off comes first")
	}
	seen := map[string]bool{}
	for _, e := range must(w.DB.Events(w.ctx(), habeas.SubjectOf(ana), habeas.EventID{}, 100))(w) {
		seen[string(e.Event)+" "+e.Detail["list"]+e.Detail["decision"]] = true
	}
	for _, want := range []string{"party.read pairs", "party.review pair-different", "party.review pair-undo", "party.review pair-later"} {
		if !seen[want] {
			t.Errorf("Activity lacks %q: %v", want, seen)
		}
	}
}

// Proves PTY-16.
func TestDecisionsAreListedAndTakenBackLater(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	ana, _ := bookings.say("ana@example.org", person("Ana", "Ferrer", "1984-05-03"))
	anna, _ := bookings.say("anna@example.org", person("Anna", "Ferrer", "1984-05-03"))
	_, err := w.Duplicates.Search(w.ctx())
	w.ok(err)
	pair, _ := party.PairOf(ana, anna)
	w.ok(w.Duplicates.Decide(w.ctx(), w.staff("nora@example.org"), pair, party.PairApart))
	w.later(30 * 24 * time.Hour)
	b := w.staffBrowser("otto@example.org")
	b.post("/staff/purpose", "purpose", "question", "to", "/staff/duplicates")
	const list = "/staff/duplicates/decided"
	p := b.get(list)
	for _, words := range []string{"Anna Ferrer", "Not the same, said", `name="decision" value="undo"`} {
		if !strings.Contains(p.text, words) {
			t.Errorf("the list lacks %q", words)
		}
	}
	if strings.Contains(p.text, "1984") || strings.Contains(p.text, "ana@example.org") {
		t.Error("the list shows more than names")
	}
	b.post("/staff/duplicates", "decision", "undo", "a", pair.A.String(), "b", pair.B.String())
	if p = b.get(list); !strings.Contains(p.text, "Nobody has decided about a pair yet.") || len(w.queue()) != 1 {
		t.Error("the decision was not taken back")
	}
	person := habeas.Actor{Account: habeas.AccountID{1}, Roles: []habeas.Role{habeas.RolePerson}}
	_, err = w.Duplicates.Decided(w.ctx(), person, 10)
	w.refused(err, "role.missing")
}

// Proves PTY-16.
func TestWhoWasClaimedByTwoIsNotProposedAnyMore(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	ana, _ := bookings.say("ana@example.org", person("Ana", "Ferrer", "1984-05-03"))
	anna, _ := bookings.say("anna@example.org", person("Anna", "Ferrer", "1984-05-03"))
	_, err := w.Duplicates.Search(w.ctx())
	w.ok(err)
	if len(w.queue()) != 1 {
		t.Fatal("they are not alike")
	}
	for id, address := range map[habeas.PartyID]string{ana: "ana@example.org", anna: "anna@example.org"} {
		b := w.browser().join(address)
		b.get("/me/offers/" + id.String())
		b.post("/me/offers/"+id.String()+"/accept", "version", "1")
		if w.held(id).Party.State != party.Claimed {
			t.Fatal("not claimed")
		}
	}
	b := w.staffBrowser("nora@example.org")
	b.post("/staff/purpose", "purpose", "question", "to", "/staff/duplicates")
	if p := b.get("/staff/duplicates"); strings.Contains(p.text, "Ferrer") {
		t.Error("two people with accounts of their own are shown as one")
	}
	if len(w.queue()) != 0 {
		t.Error("they are counted among those that wait")
	}
	w.later(0)
	must(w.Duplicates.Search(w.ctx()))(t)
	if len(w.queue()) != 0 {
		t.Error("they are still proposed")
	}
}

func TestTheCommandAsksTheRunningServer(t *testing.T) {
	if _, err := app.ListDuplicates(t.Context(), t.TempDir(), false, 10, nil); err == nil {
		t.Error("without a server")
	}
}

// Proves PTY-16.
func TestWhatIsMergedIsOneRecordUntilItIsTakenBack(t *testing.T) {
	w := newWorld(t)
	bookings, cinema, nora := w.connect("City Bookings"), w.connect("Cinema"), w.atWork()
	one, _ := bookings.say("family@example.org", person("Ana", "Ferrer", "1984-05-03"))
	two, _ := cinema.say("family@example.org", person("Ana", "Ferrer", "1948-05-03")) // the year is a slip
	_, err := w.Duplicates.Search(w.ctx())
	w.ok(err)
	pair, _ := party.PairOf(one, two)
	if q := w.queue(); len(q) != 1 || q[0].PairID != pair {
		t.Fatalf("%+v", q)
	}
	b := w.staffBrowser("otto@example.org")
	b.post("/staff/purpose", "purpose", "question", "to", "/staff/duplicates")
	if p := b.get(b.post("/staff/duplicates", "decision", "same", "a", pair.A.String(), "b", pair.B.String())); !strings.Contains(p.text, "Ana Ferrer") {
		t.Errorf("the same leads to %d", p.status)
	}
	m := w.merge(nora, one, two)
	if p := b.get("/staff/duplicates"); strings.Contains(p.text, "Ferrer") || len(w.queue()) != 0 {
		t.Error("one record is compared with itself")
	}
	museum := w.connect("Museum")
	if id, _ := museum.say("family@example.org", person("Ana", "Ferrer", "")); id != one && id != two {
		t.Error("the two that are one are several at their address")
	}
	for s, err := range w.Duplicates.Subjects(w.ctx(), party.Person) {
		w.ok(err)
		if want := w.held(one).Text("identity", "birth_date"); s.Party.ID == one && s.Field("identity.birth_date") != party.Normalise(want) {
			t.Errorf("compared by %q, the record shows %q", s.Field("identity.birth_date"), want)
		}
	}
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
	w.later(time.Second)
	must(w.Duplicates.Search(w.ctx()))(t)
	if q := w.queue(); len(q) != 1 || q[0].PairID != pair {
		t.Errorf("taken back, and not proposed again: %+v", q)
	}
}
