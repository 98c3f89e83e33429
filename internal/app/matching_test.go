package app_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// matching is the default with something changed.
func matching(change func(*party.Matching)) party.Matching {
	m := party.DefaultMatching()
	change(&m)
	return m
}

// Proves PTY-10.
func TestTheOrganisationDecidesWhatConfirmsAClaim(t *testing.T) {
	w := newWorld(t)
	bookings, root := w.connect("City Bookings"), w.boss("root@example.org")
	before, _ := bookings.say("mia@example.org", with(person("Mia", "Berger", ""), "membership", "number", "0815"))
	mia := w.join("mia@example.org")
	w.offer(mia, before) // she looks while the address is enough
	w.decide(root, func(p *party.Policy) {
		p.Matching = matching(func(m *party.Matching) {
			m.Confirm[party.Person] = party.ParseRule("contact.email + membership.number")
		})
	})
	id, _ := bookings.say("tim@example.org", with(with(person("Tim", "Berger", "1984-05-03"), "membership", "number", "4711"), "organisation", "city", "Bonn"))
	tim := w.join("tim@example.org")
	for who, at := range map[habeas.AccountID]habeas.PartyID{tim.Account: id, mia.Account: before} {
		a := habeas.Actor{Kind: habeas.ActorPerson, Account: who, Proof: habeas.ProofCode}
		o := w.offer(a, at)
		if !o.Claim.Wants || o.Record.Text("organisation", "city") == "Bonn" || strings.Contains(o.Record.Text("identity", "family_name"), "erger") {
			t.Errorf("the address alone shows %+v", o.Record)
		}
		w.refused(w.Records.Accept(w.ctx(), a, at, o.Record.Party.Version, nil), "claim.stale")
	}
	right, _, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal("4711"))
	if err != nil || !right {
		t.Fatalf("the number: %v, %v", right, err)
	}
	w.accept(tim, id, nil)

	// Either of two is enough where they stand on lines of their own.
	w.decide(root, func(p *party.Policy) {
		p.Matching = matching(func(m *party.Matching) { m.Confirm[party.Person] = party.ParseRule("membership.number\ncontact.email") })
	})
	w.accept(mia, before, nil)
}

// Proves PTY-10.
func TestATrialSaysWhatAChoiceWouldChangeAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	bookings, root := w.connect("City Bookings"), w.boss("root@example.org")
	number := func(v party.Values) party.Values { return with(v, "membership", "number", "M-17") }
	ana, _ := bookings.say("ana@example.org", number(person("Ana", "Ferrer", "1984-05-03")))
	quist, _ := bookings.say("quist@example.net", number(person("Tobias", "Quist", "1949-11-30"))) // a wrong number, by rule alone
	bookings.say("tim@example.org", person("Tim", "Berger", "1971-09-09"))
	bookings.say("berger@example.net", person("Tim", "Bergr", "1971-09-09"))
	_, err := w.Duplicates.Search(w.ctx())
	w.ok(err)
	if len(w.queue()) != 2 {
		t.Fatalf("%+v", w.queue())
	}
	strict := matching(func(m *party.Matching) {
		m.Find[party.Person] = party.Rule{}
		m.Confirm[party.Person] = party.ParseRule("contact.email + membership.number")
	})
	w.refused(w.Duplicates.Try(w.ctx(), w.staff("nora@example.org"), strict), "role.missing")
	w.ok(w.Duplicates.Try(w.ctx(), root, strict))
	w.refused(w.Duplicates.Try(w.ctx(), root, strict), "matching.trying")
	w.refused(w.Duplicates.Forget(root), "matching.trying")
	w.ok(w.Duplicates.RunTrial(w.ctx()))
	got := w.Duplicates.Trial()
	want, _ := party.PairOf(ana, quist)
	if !got.Over() || got.Added != 0 || got.Kept != 1 || got.Dropped != 1 || len(got.Leaving) != 1 || got.Leaving[0] != want {
		t.Errorf("without the rule: %+v", got)
	}
	if got.Now != (party.ClaimTally{}) || got.Claims != (party.ClaimTally{Evidence: 4, Without: 2}) {
		t.Errorf("claims now %+v, then %+v", got.Now, got.Claims)
	}
	if policy := must(w.Policies.Current(w.ctx()))(w); policy.Version != 0 || len(w.queue()) != 2 {
		t.Error("a trial changed something")
	}

	// What is decided stays decided, and joins no queue.
	tims := w.queue()[0].PairID
	if tims == want {
		tims = w.queue()[1].PairID
	}
	w.ok(w.Duplicates.Decide(w.ctx(), w.staff("nora@example.org"), tims, party.PairApart))
	w.ok(w.Duplicates.Try(w.ctx(), root, party.DefaultMatching()))
	w.ok(w.Duplicates.RunTrial(w.ctx()))
	if got := w.Duplicates.Trial(); got.Added != 0 || got.Dropped != 0 || got.Kept != 1 {
		t.Errorf("what is in force, tried: %+v", got)
	}
	w.ok(w.Duplicates.Forget(root))
	if w.Duplicates.Trial().Over() {
		t.Error("a trial that was dropped is still there")
	}
}

var hiddenIn = regexp.MustCompile(`name="(version|tried)" value="([^"]*)"`)

// Proves PTY-10.
func TestMatchingIsTriedOnAPageBeforeItIsPutIntoForce(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	bookings.say("ana@example.org", with(person("Ana", "Ferrer", "1984-05-03"), "phone", "number", "+34 600 111 222"))
	bookings.say("quist@example.net", with(person("Tobias", "Quist", "1949-11-30"), "phone", "number", "+34 600 111 222"))
	b := w.administrator("root@example.org")
	const at = "/admin/matching"
	form := func(more ...string) []string {
		return append([]string{
			"find_person", "membership.number", "find_organisation", "membership.number", "from", "50", "certain", "95", "confirm_person", "contact.email",
			"confirm_organisation", "contact.email", "unique_contact.email", "not", "unique_membership.number", "everywhere", "unique_phone.number", "not",
		}, more...)
	}
	for _, words := range []string{"What finds duplicates", "What confirms a claim", "identity.birth_date", "Phone number"} {
		if p := b.get(at); !strings.Contains(p.text, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	for field, wrong := range map[string][]string{
		"find_person":    form("find_person", "identity.shoe_size"),
		"confirm_person": form("confirm_person", "identity.given_name"),
		"from":           form("from", "5"),
		"certain":        form("certain", "50"),
	} {
		if p := b.send(http.MethodPost, at+"/try", formOf(wrong...)); p.status != http.StatusBadRequest || !strings.Contains(p.text, `href="#f-`+field+`"`) {
			t.Errorf("%s: %d", field, p.status)
		}
	}
	if p := b.send(http.MethodPost, at+"/try", formOf(form("find_person", "phone.number")...)); p.status != http.StatusBadRequest {
		t.Errorf("a shared telephone finds people: %d", p.status)
	}
	b.post(at+"/try", form("find_person", "membership.number\nphone.number", "unique_phone.number", "everywhere")...)
	if p := b.get(at); !strings.Contains(p.text, "being tried") || strings.Contains(p.text, "Put into force") {
		t.Error("while it runs the page does not say so")
	}
	w.ok(w.Duplicates.RunTrial(w.ctx()))
	p := b.get(at)
	for _, words := range []string{"1 pair would join the queue of duplicates", "Examples that would join", "/staff/people/pty_", "Put into force"} {
		if !strings.Contains(p.text, words) {
			t.Errorf("after the trial the page lacks %q", words)
		}
	}
	if strings.Contains(p.text, "Ferrer") || strings.Contains(p.text, "111 222") {
		t.Error("the page of the settings shows somebody's values")
	}
	var put []string
	for _, m := range hiddenIn.FindAllStringSubmatch(p.text, 2) {
		put = append(put, m[1], m[2])
	}
	if stale := b.send(http.MethodPost, at, formOf("version", "0", "tried", "1")); stale.status != http.StatusConflict {
		t.Errorf("what nobody tried: %d", stale.status)
	}
	b.post(at, put...)
	if now := must(w.Policies.Current(w.ctx()))(w); now.Version != 1 || now.Matching.Find[party.Person].String() != "membership.number\nphone.number" {
		t.Errorf("in force: %+v", now.Matching)
	}
	_, err := w.Duplicates.Search(w.ctx())
	w.ok(err)
	if len(w.queue()) != 1 {
		t.Error("what is in force finds nothing")
	}
	w.verify()
}
