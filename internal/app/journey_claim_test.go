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
	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// Proves PTY-3.
func TestTimSeesNothingBeforeHisAddressIsProvedAndOwnsNothingBeforeHeAccepts(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	v := with(with(person("Timm", "Berger", ""), "contact", "language", "en"), "organisation", "city", "Bonn")
	id, _ := bookings.say("tim@example.org", v, ticket("B-1", "Guided tour"))
	w.later(180 * 24 * time.Hour)

	b := w.browser()
	if p := b.send(http.MethodGet, "/me/offers/"+id.String(), nil); p.status != http.StatusSeeOther || !strings.HasPrefix(p.header.Get("Location"), "/sign-in") {
		t.Fatalf("a stranger gets %d %q", p.status, p.header.Get("Location"))
	}
	at := b.ask("tim@example.org")
	if p := b.send(http.MethodGet, "/me", nil); p.status != http.StatusSeeOther {
		t.Fatalf("before the code was typed /me answers %d", p.status)
	}
	if p := b.get(at); strings.Contains(p.text, "Timm") || strings.Contains(p.text, "City Bookings") {
		t.Fatal("the page for the code tells what is held")
	}
	if to := b.typeCode(at); to != "/me" {
		t.Fatalf("the right code leads to %q", to)
	}
	if p := b.get("/me"); !strings.Contains(p.text, "City Bookings") || !strings.Contains(p.text, "/me/offers/"+id.String()) {
		t.Fatal("the inbox does not show that City Bookings holds a record")
	}
	screen := b.get("/me/offers/" + id.String()).text
	for _, text := range []string{"Bonn", "tim@example.org", "T••••", "B••••", "Make this record mine", "This is not me", `name="contact.email"`} {
		if !strings.Contains(screen, text) {
			t.Errorf("the confirm screen lacks %q", text)
		}
	}
	if got := w.held(id).Party; got.State != party.Unclaimed || !got.Account.IsZero() {
		t.Fatalf("looking linked the record: %+v", got)
	}
	to := b.post("/me/offers/"+id.String()+"/accept", "version", "1", "organisation.city", "Köln", "contact.email", "tim@example.org", "contact.language", "en")
	if to != "/me/records/"+id.String() {
		t.Fatalf("accepting leads to %q", to)
	}
	rec := w.held(id)
	if rec.Party.State != party.Claimed || rec.Text("organisation", "city") != "Köln" {
		t.Fatalf("after acceptance: %+v, city %q", rec.Party, rec.Text("organisation", "city"))
	}
	if f := field(rec, "contact", "email"); f.Current.Source.Kind != party.FromSystem {
		t.Error("what was left as it was became the person's word")
	}
	if page := b.get("/me/records/" + id.String()).text; !strings.Contains(page, "Köln") || !strings.Contains(page, "Guided tour") || !strings.Contains(page, "Bonn") {
		t.Error("the record shows no correction, ticket or older value")
	}
	m := w.mailTo("tim@example.org", mail.KindClaimed)
	if !strings.Contains(m.Text, "https://records.example.org/me/records/"+id.String()) {
		t.Error("the mail about the claim leads nowhere")
	}
}

// Proves PTY-4.
func TestSeveralBookersUpdateOneRecordAndTimSeesTheNewestAndEveryTicket(t *testing.T) {
	w := newWorld(t)
	bill, bell := w.connect("Bill's Bikes"), w.connect("Bell Tours")
	id, billRef := bill.say("tim@example.org", with(person("Tim", "Berger", ""), "organisation", "city", "Bonn"), ticket("1", "A bike"))
	w.later(time.Hour)
	other, bellRef := bell.say("TIM@example.ORG", with(person("Timothy", "", ""), "organisation", "city", "Köln"), ticket("9", "A tour"))
	w.later(time.Hour)
	third, _ := bill.say("tim@example.org", nil, ticket("2", "Another bike"))
	if other != id || third != id || billRef == bellRef {
		t.Fatal("one address has several records, or two systems one reference")
	}
	tim := w.join("tim@example.org")
	offers := w.offers(tim)
	if len(offers) != 1 || len(offers[0].Record.Tickets) != 3 || offers[0].Record.Text("organisation", "city") != "Köln" {
		t.Fatalf("offered: %+v", offers)
	}
	w.accept(tim, id, nil)
	rec := w.my(tim, id)
	if f := field(rec, "organisation", "city"); f.Current.Text != "Köln" || len(f.Older) != 1 || f.Older[0].Text != "Bonn" ||
		w.Records.SourceName(w.ctx(), tim, f.Current.Source) != "Bell Tours" || w.Records.SourceName(w.ctx(), tim, f.Older[0].Source) != "Bill's Bikes" {
		t.Errorf("the city and where it came from: %+v", f)
	}
	occasions := must(w.Records.Occasions(w.ctx(), tim, id))(w)
	var titles []string
	for _, o := range occasions {
		titles = append(titles, o.System+": "+o.Title)
	}
	if got := strings.Join(titles, ", "); got != "Bill's Bikes: Another bike, Bell Tours: A tour, Bill's Bikes: A bike" {
		t.Errorf("tickets: %s", got)
	}
}

// Proves PTY-9.
func TestWhoHasNoRecordGetsAFreshOneThatTicketsFill(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	ida := w.joinIn("ida@example.org", "es")
	if got := w.offers(ida); len(got) != 0 {
		t.Fatalf("offered %+v", got)
	}
	own := w.mine(ida)
	if len(own) != 1 || own[0].Party.State != party.Claimed || own[0].Text("contact", "email") != "ida@example.org" || own[0].Text("contact", "language") != "es" {
		t.Fatalf("a fresh record: %+v", own)
	}
	id := own[0].Party.ID
	w.offers(ida)
	if w.count() != 1 {
		t.Fatal("looking again made another record")
	}
	w.later(time.Hour)
	w.ok(w.Records.Correct(w.ctx(), ida, id, own[0].Party.Version, with(person("Ida", "Roth", ""), "contact", "email", "ida@example.org")))
	if got := w.my(ida, id); got.Text("identity", "given_name") != "Ida" || field(got, "identity", "given_name").Masked {
		t.Fatal("her own word is not shown to her")
	}
	w.later(time.Hour)
	again, _ := bookings.say("ida@example.org", with(person("Ida", "", ""), "organisation", "city", "Graz"), ticket("B-7", "A course"))
	if again != id {
		t.Fatal("her ticket made another record")
	}
	rec := w.my(ida, id)
	if rec.Text("organisation", "city") != "Graz" || len(rec.Tickets) != 1 {
		t.Errorf("the ticket did not fill her record: %+v", rec)
	}
	w.verify()
}

// Proves PTY-25.
func TestSensitiveValuesOfOthersStayHiddenFromASelfMadeRecordUntilEvidence(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	ida := w.join("ida@example.org")
	w.offers(ida)
	id := w.mine(ida)[0].Party.ID
	w.later(time.Hour)
	bookings.say("ida@example.org", with(person("Ida", "Roth", "1990-04-01"), "membership", "number", "M-20417"), ticket("B-7", "A course"))
	w.ok(w.Records.Amend(w.ctx(), nora, id, with(party.Values{}, "address", "street", "Ringstraße 12")))
	rec := w.my(ida, id)
	for _, f := range [][2]string{{"identity", "birth_date"}, {"membership", "number"}, {"address", "street"}} {
		if got := field(rec, f[0], f[1]); !got.Masked || strings.Contains(got.Current.Text, "Ring") || strings.Contains(got.Current.Text, "04-01") || strings.Contains(got.Current.Text, "204") {
			t.Errorf("%s shows %q to whom only the address is known", f[1], got.Current.Text)
		}
	}
	for _, o := range must(w.Records.Occasions(w.ctx(), ida, id))(w) {
		if got := o.Said.Get("identity", "birth_date"); got != "•••• 1990" {
			t.Errorf("the ticket shows %q", got)
		}
	}
	right, _, err := w.Records.ShowEvidence(w.ctx(), ida, id, party.MembershipNumber, sealedtest.Seal("m 20417"))
	if err != nil || !right {
		t.Fatalf("the membership number: %v %v", right, err)
	}
	if got := w.my(ida, id); got.Text("address", "street") != "Ringstraße 12" || got.Text("identity", "birth_date") != "1990-04-01" {
		t.Error("evidence opened nothing")
	}
}

// Proves PTY-25.
func TestSensitiveValuesAddedAfterAClaimStayHiddenUntilEvidence(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	id, _ := bookings.say("tim@example.org", party.Values{"organisation": {"city": "Bonn"}})
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	w.later(time.Hour)
	bookings.say("tim@example.org", person("Tim", "Berger", "1984-05-03"))
	if f := field(w.my(tim, id), "identity", "birth_date"); !f.Masked || f.Current.Text != "•••• 1984" {
		t.Errorf("a birth date added later shows as %q", f.Current.Text)
	}
}

// Proves PTY-13.
func TestACodeOnPaperOpensWhatIsMasked(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", person("Tim", "Berger", "1984-05-03"))
	code, until, err := w.Records.PaperCode(w.ctx(), nora, id)
	w.ok(err)
	printed := sealedtest.Text(code)
	if len(printed) != 14 || until.Sub(w.clock.Now()) != party.DefaultRules.PaperLife {
		t.Fatalf("code of %d characters until %v", len(printed), until)
	}
	tim := w.join("tim@example.org")
	if f := field(w.offer(tim, id).Record, "identity", "birth_date"); !f.Masked || f.Current.Text != "•••• 1984" {
		t.Fatalf("the birth date shows as %q", f.Current.Text)
	}
	elsewhere, _ := bookings.say("eva@example.org", person("Eva", "Roth", ""))
	if right, _, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.PaperCode, must2(w, nora, elsewhere)); err != nil || right {
		t.Fatalf("the code of another record: %v %v", right, err)
	}
	typed := sealedtest.Seal(strings.ToUpper(strings.ReplaceAll(printed, "-", "  ")))
	right, left, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.PaperCode, typed)
	if err != nil || !right || left != party.DefaultRules.MaxTries-1 {
		t.Fatalf("the code as people type it: %v, %d left (%v)", right, left, err)
	}
	if got := w.offer(tim, id).Record; got.Text("identity", "birth_date") != "1984-05-03" || field(got, "identity", "birth_date").Masked {
		t.Error("the right code opened nothing")
	}
	w.accept(tim, id, nil)
	if got := w.my(tim, id).Text("identity", "birth_date"); got != "1984-05-03" {
		t.Errorf("after the claim: %q", got)
	}
	if right, _, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.PaperCode, code); err != nil || right {
		t.Errorf("a used code works again: %v %v", right, err)
	}
	if w.look(tim, audit.EvidenceGiven).Detail["kind"] != "paper" || w.look(tim, audit.EvidenceFailed).Detail["kind"] != "paper" {
		t.Error("the evidence does not stand in the activity")
	}
}

func must2(w *world, nora habeas.Actor, id habeas.PartyID) sealed.Value {
	w.Helper()
	code, _, err := w.Records.PaperCode(w.ctx(), nora, id)
	w.ok(err)
	return code
}

// Proves PTY-13.
func TestAPaperCodeExpires(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", person("Tim", "Berger", ""))
	code := must2(w, nora, id)
	w.later(party.DefaultRules.PaperLife)
	tim := w.join("tim@example.org")
	w.offer(tim, id)
	if right, _, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.PaperCode, code); err != nil || right {
		t.Errorf("an expired code: %v %v", right, err)
	}
}

// Proves PTY-13, PTY-A30.
func TestTriesAreCappedStaffAreToldAndCanHelp(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", with(person("Tim", "Berger", ""), "membership", "number", "M-20417"))
	w.enter(nora, "tim@example.org", person("Tim", "Berger", ""))
	tim := w.join("tim@example.org")
	w.offer(tim, id)
	w.mails()
	for i := range party.DefaultRules.MaxTries {
		right, left, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal("M-1000"+string(rune('0'+i))))
		if err != nil || right || left != party.DefaultRules.MaxTries-1-i {
			t.Fatalf("try %d: %v, %d left (%v)", i, right, left, err)
		}
	}
	m := w.mailTo("nora@example.org", mail.KindLocked)
	if strings.Contains(m.Text+m.HTML+m.Subject, "Berger") || strings.Contains(m.Text+m.HTML, "M-") {
		t.Error("the mail to staff carries the data")
	}
	_, _, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal("M-20417"))
	w.refused(err, "evidence.locked")
	if o := w.offer(tim, id); !o.Locked {
		t.Error("the confirm screen does not say that it is locked")
	}
	w.refused(w.Records.Accept(w.ctx(), tim, id, w.held(id).Party.Version, nil), "claim.review")

	waiting := must(w.Records.Waiting(w.ctx(), nora, habeas.PartyID{}, 10))(w)
	if len(waiting) != 1 || waiting[0].Party.ID != id {
		t.Fatalf("%d records wait for staff, want the locked one", len(waiting))
	}
	w.ok(w.Records.Decide(w.ctx(), nora, id, party.Release))
	if o := w.offer(tim, id); o.Locked || o.Review != party.ReviewNone {
		t.Fatalf("after staff released it: %+v", o)
	}
	if right, _, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal("M-20417")); err != nil || !right {
		t.Errorf("the right number after help: %v %v", right, err)
	}
	w.accept(tim, id, nil)
}

// Proves PTY-13, PTY-A30.
func TestTriesAreCappedOnAClaimedRecordToo(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", with(person("Tim", "Berger", ""), "membership", "number", "M-20417"))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	for range party.DefaultRules.MaxTries {
		if right, _, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal("M-1")); err != nil || right {
			t.Fatal(right, err)
		}
	}
	_, _, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal("M-20417"))
	w.refused(err, "evidence.locked")
	if rec := w.my(tim, id); rec.Party.Review != party.ReviewEvidence || !field(rec, "identity", "given_name").Masked {
		t.Fatalf("after the last try: %+v", rec.Party)
	}
	w.refused(w.Records.Decide(w.ctx(), nora, id, party.KeepApart), "party.claimed")
	w.ok(w.Records.Decide(w.ctx(), nora, id, party.Release))
	if right, left, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal("M-20417")); err != nil || !right || left != party.DefaultRules.MaxTries {
		t.Errorf("after staff's help: %v, %d left (%v)", right, left, err)
	}
	if rec := w.my(tim, id); rec.Party.State != party.Claimed || rec.Text("membership", "number") != "M-20417" {
		t.Errorf("after evidence: %+v", rec.Party)
	}
}

func TestOnlyKnownEvidenceIsTaken(t *testing.T) {
	w := newWorld(t)
	id, _ := w.connect("City Bookings").say("tim@example.org", person("Tim", "Berger", ""))
	tim := w.join("tim@example.org")
	_, _, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.InPerson, sealedtest.Seal("x"))
	w.refused(err, "evidence.kind")
	_, _, err = w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal("  "))
	w.refused(err, "evidence.empty")
	_, _, err = w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal(strings.Repeat("1", 101)))
	w.refused(err, "evidence.empty")
	_, _, err = w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal("M-1"))
	w.refused(err, "claim.none") // no confirm screen was opened
}
