package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Proves PTY-2, PTY-4.
func TestEveryWordKeepsItsSourceAndTheNewestCounts(t *testing.T) {
	w := newWorld(t)
	bill, bell := w.connect("Bill's Tours"), w.connect("Bell's Boats")
	bill.party(`{"email":"tim@example.org","fields":{"identity":{"given_name":"Tim","family_name":"Reed"},"phone":{"number":"+34 600 111 111"}},
		"ticket":{"id":"B-1","title":"Old town","starts":"2026-05-03","version":3}}`)
	w.clock.Advance(10 * time.Minute)
	ref := bell.party(`{"email":"TIM@example.org","fields":{"identity":{"given_name":"Timothy"},"phone":{"number":"+34 600 222 222"}},"ticket":{"id":"B-1"}}`)
	w.clock.Advance(10 * time.Minute)
	bill.party(`{"email":"tim@example.org","fields":{"address":{"city":"Girona"}},"ticket":{"id":"B-2","state":"cancelled"}}`)

	claim(w, bell.partyOf(ref)) // Tim makes it his and looks at it
	rec := bell.behind(ref)
	for path, want := range map[[2]string]string{
		{"phone", "number"}: "+34 600 222 222", {"identity", "given_name"}: "Timothy",
		{"identity", "family_name"}: "Reed", {"address", "city"}: "Girona",
	} {
		if got := rec.Text(path[0], path[1]); got != want {
			t.Errorf("%v is %q, want %q", path, got, want)
		}
	}
	for _, set := range rec.Sets {
		if set.Schema.Name != "phone" {
			continue
		}
		f := set.Fields[0]
		if f.Current.Source.System != bell.id || len(f.Older) != 1 || f.Older[0].Source.System != bill.id ||
			f.Older[0].Text != "+34 600 111 111" || f.Older[0].Occ.Ref != "B-1" || f.Older[0].Occ.Title != "Old town" {
			t.Errorf("provenance of the phone: now %v, before %v", f.Current, f.Older)
		}
	}
	if len(rec.Tickets) != 3 {
		t.Errorf("%d tickets on the record, want every one of the three", len(rec.Tickets))
	}
}

func TestASystemCannotWithdrawWhatItSaid(t *testing.T) {
	s := newWorld(t).connect("City Bookings")
	s.party(`{"email":"tim@example.org","fields":{"phone":{"number":"600111222"}}}`)
	ref := s.party(`{"email":"tim@example.org","fields":{"phone":{"number":" "}}}`)
	if got := s.behind(ref).Text("phone", "number"); got != "600111222" {
		t.Errorf("phone is %q after an empty value", got)
	}
}

// Proves PTY-26.
func TestASharedAddressMakesSeparatePartiesBehindTheSameAnswer(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	ann := s.party(`{"email":"family@example.org","fields":{"identity":{"given_name":"Ann","birth_date":"1960-01-02"}}}`)
	ben := s.party(`{"email":"family@example.org","fields":{"identity":{"given_name":"Ben","birth_date":"1990-03-04"}}}`)
	if ann == ben {
		t.Error("two people at one address got one reference")
	}
	if got := s.behind(ben).Party.Review; got != party.ReviewConflict {
		t.Errorf("review is %q, want %q", got, party.ReviewConflict)
	}
	if again := s.party(`{"email":"family@example.org","fields":{"identity":{"given_name":"ann"}}}`); again != ann {
		t.Error("the first one got another reference later")
	}
}

// Proves PTY-10.
func TestSeveralThatFitShowInNoAnswer(t *testing.T) {
	w := newWorld(t)
	bookings, cinema, museum := w.connect("City Bookings"), w.connect("Cinema"), w.connect("Museum")
	bookings.party(`{"email":"family@example.org","fields":{"identity":{"given_name":"Ann","birth_date":"1960-01-02"}}}`)
	cinema.party(`{"email":"family@example.org","fields":{"identity":{"given_name":"Ann","birth_date":"1990-03-04"}}}`)
	var answers []reply
	var refs []string
	for _, address := range []string{"family@example.org", "unknown@example.org"} {
		body := `{"email":"` + address + `","fields":{"identity":{"given_name":"Ann"}}}`
		answers = append(answers, museum.post(findOrCreate, body))
		refs = append(refs, museum.party(body))
	}
	if got := museum.behind(refs[0]).Party.Review; got != party.ReviewSeveral {
		t.Errorf("review is %q, want %q", got, party.ReviewSeveral)
	}
	if a, b := answers[0], answers[1]; a.status != b.status || len(a.body) != len(b.body) || strings.Replace(a.body, refs[0], refs[1], 1) != b.body {
		t.Errorf("where several fit: %d %s\nwhere nobody is known: %d %s", a.status, a.body, b.status, b.body)
	}
}

func TestAPersonAndAnOrganisationAtOneAddressStayApart(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	person := s.party(`{"email":"x@example.org"}`)
	org := s.party(`{"email":"x@example.org","kind":"organisation","fields":{"organisation":{"name":"Quill & Co"}}}`)
	if person == org {
		t.Error("they share a reference")
	}
	for range 3 {
		if s.party(`{"email":"x@example.org"}`) != person || s.party(`{"email":"x@example.org","kind":"organisation"}`) != org {
			t.Error("a reference changed")
		}
	}
	if n := w.count(); n != 2 {
		t.Errorf("%d parties, want 2", n)
	}
	s.party(`{"external_id":"C-1","email":"y@example.org"}`)
	if got := s.post(findOrCreate, `{"external_id":"C-1","kind":"organisation"}`); got.status != http.StatusConflict {
		t.Errorf("one external id for both kinds: %d, want 409", got.status)
	}
}

func TestAnExternalIDNamesThePartyWhateverTheAddress(t *testing.T) {
	w := newWorld(t)
	a, b := w.connect("Alpha"), w.connect("Beta")
	ref := a.party(`{"external_id":"C-7","email":"old@example.org"}`)
	for _, body := range []string{
		`{"external_id":"C-7"}`, `{"external_id":"C-7","email":"new@example.org"}`, `{"email":"new@example.org"}`, `{"email":"old@example.org"}`,
	} {
		if got := a.party(body); got != ref {
			t.Errorf("%s: another reference", body)
		}
	}
	b.party(`{"external_id":"C-7"}`)
	if n := w.count(); n != 2 {
		t.Errorf("%d parties, want 2: another system's id is another id", n)
	}
}

func TestTheSameIdempotencyKeyGetsTheSameAnswerOnce(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	body := `{"email":"tim@example.org","fields":{"identity":{"given_name":"Tim"}}}`
	ref := s.party(body, withKey("k-1"))
	said := func() int {
		all, err := w.db.Records().Statements(w.ctx(), s.partyOf(ref))
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	for range 3 {
		if s.party(body, withKey("k-1")) != ref {
			t.Error("another answer for the same key")
		}
	}
	if n := said(); n != 1 {
		t.Errorf("%d statements, want 1", n)
	}
	if got := s.post(findOrCreate, `{"email":"tom@example.org"}`, withKey("k-1")); got.status != http.StatusConflict {
		t.Errorf("the same key with another body: %d, want 409", got.status)
	}
	if got := w.connect("Other").party(`{"email":"tom@example.org"}`, withKey("k-1")); got == ref {
		t.Error("a key of another system is another key")
	}
	withTicket := `{"email":"tim@example.org","ticket":{"id":"T-1"}}`
	s.party(withTicket)
	before := said()
	s.party(withTicket)
	if n := said(); n != before {
		t.Error("a ticket delivered twice made another statement")
	}
}

// Versions, cancellation and who booked, of PTY-21.
func TestATicketHasVersionsAndIsCancelled(t *testing.T) {
	w := newWorld(t)
	s, other := w.connect("City Bookings"), w.connect("Other")
	booker := s.party(`{"email":"bill@example.org"}`)
	ref := s.party(`{"email":"tim@example.org","ticket":{"id":"T-9","version":2,"title":"Tour","booked_by":"` + booker + `"}}`)
	state := func() string {
		got := s.send("GET", "/api/v1/tickets:get?id=T-9", "", "", s.bearer)
		if got.status != http.StatusOK {
			t.Fatalf("ticket: %d %s", got.status, got.body)
		}
		ticket := got.json(t)["ticket"].(map[string]any)
		return fmt.Sprint(ticket["version"], " ", ticket["state"])
	}
	step := func(name, want string) {
		t.Helper()
		if got := state(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	step("new", "2 active")
	s.party(`{"email":"tim@example.org","ticket":{"id":"T-9","version":1,"state":"cancelled"}}`)
	step("an old version changes nothing", "2 active")
	for range 2 { // twice is the same as once
		if got := s.post("/api/v1/tickets:cancel", `{"id":"T-9"}`); got.status != http.StatusOK {
			t.Fatalf("cancel: %d %s", got.status, got.body)
		}
		step("cancelled", "2 cancelled")
	}
	s.party(`{"email":"tim@example.org","ticket":{"id":"T-9","version":2,"title":"late"}}`)
	step("a late delivery does not revive it", "2 cancelled")
	s.party(`{"email":"tim@example.org","ticket":{"id":"T-9","version":3}}`)
	step("a new version does", "3 active")
	if got := s.post("/api/v1/tickets:cancel", `{"id":"T-9","version":2}`); got.status != http.StatusConflict {
		t.Errorf("cancelling an old version: %d, want 409", got.status)
	}
	for _, path := range []string{"/api/v1/tickets:get?id=T-9", "/api/v1/tickets:get?id=T-0"} {
		if got := other.send("GET", path, "", "", other.bearer); got.status != http.StatusNotFound {
			t.Errorf("another system's %s: %d, want 404", path, got.status)
		}
	}
	if got := other.post("/api/v1/tickets:cancel", `{"id":"T-9"}`); got.status != http.StatusNotFound {
		t.Errorf("another system cancels: %d, want 404", got.status)
	}
	said, err := w.db.Records().Statements(w.ctx(), s.partyOf(ref))
	if err != nil || said[0].Occ.BookedBy != booker {
		t.Errorf("who booked was not kept: %v", err)
	}
}

// Each person's fields under that person's key, of PTY-21.
func TestErasingOneParticipantOfATicketLeavesTheOther(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	ann := s.partyOf(s.party(`{"email":"ann@example.org","fields":{"identity":{"given_name":"Ann"}},"ticket":{"id":"T-1","title":"Pottery"}}`))
	ben := s.partyOf(s.party(`{"email":"ben@example.org","fields":{"identity":{"given_name":"Ben"}},"ticket":{"id":"T-1","title":"Pottery"}}`))
	if err := w.keys.Destroy(w.ctx(), habeas.SubjectOf(ann)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.db.Records().Statements(w.ctx(), ann); habeas.KindOf(err) != habeas.KindGone {
		t.Errorf("the erased one's words: %v, want gone", err)
	}
	said, err := w.db.Records().Statements(w.ctx(), ben)
	if err != nil || len(said) != 1 || said[0].Occ.Title != "Pottery" || said[0].Values.Get("identity", "given_name") != "Ben" {
		t.Errorf("the other one's words: %v, %v", said, err)
	}
	if got := s.send("GET", "/api/v1/tickets:get?id=T-1", "", "", s.bearer); got.status != http.StatusOK {
		t.Errorf("the ticket: %d", got.status)
	}
}

// Proves PTY-26, PTY-A27.
func TestKnownUnknownClaimedAndConflictingAddressesAnswerAlike(t *testing.T) {
	w := newWorld(t)
	other, s := w.connect("Other"), w.connect("City Bookings")
	// What others made known before.
	other.party(`{"email":"known@example.org","fields":{"identity":{"given_name":"Kay"}}}`)
	other.party(`{"email":"rival@example.org","fields":{"identity":{"given_name":"Wilhelmina","birth_date":"1950-01-01"}}}`)
	claimed := other.partyOf(other.party(`{"email":"claimed@example.org","fields":{"identity":{"given_name":"Kay"}}}`))
	claim(w, claimed)

	refs := map[string]bool{}
	var first reply
	for i, name := range []string{"unknown", "known", "rival", "claimed"} {
		w.clock.Advance(time.Second)
		before := written(w)
		got := s.post(findOrCreate, `{"email":"`+name+`@example.org","fields":{"identity":{"given_name":"Kay","birth_date":"1984-05-03"}},"ticket":{"id":"T-`+name+`"}}`)
		after := written(w)
		for j := range after {
			if after[j]-before[j] != 1 {
				t.Errorf("%s: %d rows written to %s, want 1", name, after[j]-before[j], tables[j])
			}
		}
		if i == 0 {
			first = got
		}
		got.header.Del("Date")
		if got.status != first.status || len(got.body) != len(first.body) || fmt.Sprint(got.header) != fmt.Sprint(first.header) {
			t.Errorf("%s: %d %v %q differs from %d %v %q", name, got.status, got.header, got.body, first.status, first.header, first.body)
		}
		refs[got.json(t)["party"].(string)] = true
		if theirs := other.party(`{"email":"` + name + `@example.org"}`); refs[theirs] {
			t.Errorf("%s: two systems got the same reference", name)
		}
	}
	if len(refs) != 4 {
		t.Errorf("%d references for four people", len(refs))
	}
	for ref := range refs {
		if len(ref) != 26 || strings.ToLower(ref) != ref {
			t.Errorf("reference %q has another form", ref)
		}
	}
	// What is said about a claimed record stays with its ticket.
	if p, err := w.db.Records().Party(w.ctx(), claimed); err != nil || p.State != party.Claimed {
		t.Errorf("the claimed record: %v %v", p.State, err)
	}
}

// claim makes a record its person's.
func claim(w *world, id habeas.PartyID) {
	w.Helper()
	p, err := w.db.Records().Party(w.ctx(), id)
	if err != nil {
		w.Fatal(err)
	}
	p.State, p.Account, p.ClaimedAt, p.Version = party.Claimed, habeas.AccountID{15: 9}, w.clock.Now(), p.Version+1
	entry := audit.Entry{ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.ClaimAccepted, Subject: habeas.SubjectOf(id), Actor: habeas.Server, At: w.clock.Now()}
	if err := w.db.InTx(w.ctx(), func(tx *sqlstore.Tx) error { return tx.Records().ChangeParty(p, nil, nil, entry) }); err != nil {
		w.Fatal(err)
	}
}

// tables are where find-or-create writes one row each: a record is either made with
// version 1 or its version grows by one.
var tables = [...]string{"sum(version) FROM party", "count(*) FROM known_as", "count(*) FROM statement", "count(*) FROM ticket", "count(*) FROM leaf"}

// written counts the rows that were written, as a reader of the file sees them.
func written(w *world) (n [len(tables)]int) {
	w.Helper()
	db := pgtest.Behind(w, w.dir+"/records.db", w.dsn)
	for i, table := range tables {
		if err := db.QueryRow("SELECT " + table).Scan(&n[i]); err != nil {
			w.Fatal(err)
		}
	}
	return n
}
