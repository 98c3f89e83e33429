package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/client"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/authz"
)

const query = "/api/v1/parties:query"

// reads returns the witnessed reads of a party by systems.
func (w *world) reads(id habeas.PartyID) (out []audit.Witnessed) {
	w.Helper()
	events, err := w.db.Events(w.ctx(), habeas.SubjectOf(id), habeas.EventID{}, 100)
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range events {
		if e.Event == audit.PartyRead {
			out = append(out, e)
		}
	}
	return out
}

// A system reads what its scopes name and the policy opens, of parties that it has
// brought itself, and each read is witnessed with its purpose. Proves PTY-22.
func TestASystemReadsWhatPolicyAndScopesOpenAndIsSeenDoingSo(t *testing.T) {
	w := newWorld(t)
	other := w.connect("Other")
	s := w.connectOn(authz.Terms{Name: "City Bookings", Reads: []string{"contact", "identity"}})
	ref := s.party(`{"email":"tim@example.org","fields":{"identity":{"given_name":"Tim"}}}`)
	other.party(`{"email":"tim@example.org","fields":{"contact":{"language":"es"},"identity":{"family_name":"Berger"},"phone":{"number":"600111222"}}}`)
	got, err := s.program().Query(t.Context(), client.Query{Parties: []string{ref, "00000000000000000000000000"}, Purpose: "booking"})
	if err != nil {
		t.Fatal(err)
	}
	// Contact is open by default and holds another's word; identity gives its own only; the phone is not in its scopes.
	if fmt.Sprint(got) != "[map[contact:map[email:tim@example.org language:es] identity:map[given_name:Tim]] map[]]" {
		t.Errorf("read %v", got)
	}
	seen := w.reads(s.partyOf(ref))
	if len(seen) != 1 || seen[0].Actor.System != s.id || seen[0].Actor.Purpose != "Booking or membership work" || seen[0].Detail["sets"] != "contact identity" {
		t.Errorf("witnessed %v", seen)
	}
}

// Once its person has claimed the record, a system gets back its own words alone, as
// where the policy opens nothing. Proves PTY-22, PTY-A27.
func TestAClaimedRecordLooksLikeOneThatIsNotOpened(t *testing.T) {
	w := newWorld(t)
	other := w.connect("Other")
	s := w.connectOn(authz.Terms{Name: "City Bookings", Reads: []string{"contact", "identity"}})
	refs := make([]string, 2)
	for i, name := range []string{"claimed", "open"} {
		refs[i] = s.party(`{"email":"` + name + `@example.org","fields":{"identity":{"given_name":"Tim"}}}`)
		other.party(`{"email":"` + name + `@example.org","fields":{"contact":{"language":"es"},"identity":{"family_name":"Berger"}}}`)
	}
	claim(w, s.partyOf(refs[0]))
	w.clock.Advance(time.Second)
	ask := func(sets string) string {
		body := s.post(query, `{"parties":["`+refs[0]+`","`+refs[1]+`"],"data_sets":["`+sets+`"],"purpose":"question"}`).json(t)
		sorted, err := json.Marshal(body) // members have no order
		if err != nil {
			t.Fatal(err)
		}
		return strings.NewReplacer(refs[0], "CLAIMED", refs[1], "OPEN").Replace(string(sorted))
	}
	if got := ask("contact"); got != `{"results":[{"fields":{"contact":{"email":"claimed@example.org"}},"party":"CLAIMED"},{"fields":{"contact":{"email":"open@example.org","language":"es"}},"party":"OPEN"}]}` {
		t.Error(got)
	}
	if got := ask("identity"); got != `{"results":[{"fields":{"identity":{"given_name":"Tim"}},"party":"CLAIMED"},{"fields":{"identity":{"given_name":"Tim"}},"party":"OPEN"}]}` {
		t.Error(got)
	}
	for _, ref := range refs {
		if n := len(w.reads(s.partyOf(ref))); n != 2 {
			t.Errorf("%d reads witnessed, want 2", n)
		}
	}
}

func TestAQueryIsRefusedWithoutScopePurposeOrReference(t *testing.T) {
	w := newWorld(t)
	plain := w.connect("Plain")
	s := w.connectOn(authz.Terms{Name: "City Bookings", Reads: []string{"contact"}})
	ref := s.party(`{"email":"tim@example.org"}`)
	ask := func(by *system, more string) reply { return by.post(query, `{"parties":["`+ref+`"]`+more+`}`) }
	wantProblem(t, ask(plain, `,"purpose":"booking"`), 403, "token.scope")
	wantProblem(t, ask(s, `,"purpose":"booking","data_sets":["identity"]`), 403, "token.scope")
	wantProblem(t, ask(s, `,"purpose":"booking","data_sets":["nonsense"]`), 400, "set.unknown")
	wantProblem(t, ask(s, ``), 400, "purpose.unknown")
	wantProblem(t, ask(s, `,"purpose":"curiosity"`), 400, "purpose.unknown")
	wantProblem(t, s.post(query, `{"parties":[],"purpose":"booking"}`), 400, "query.size")
	wantProblem(t, s.post(query, `{"parties":["x"],"purpose":"booking"}`), 400, "reference.invalid")
	if n := len(w.reads(s.partyOf(ref))); n != 0 {
		t.Errorf("%d reads witnessed of refused queries", n)
	}
	// Another system's reference means nobody to this one.
	theirs := w.connectOn(authz.Terms{Name: "Third", Reads: []string{"contact"}})
	if got := ask(theirs, `,"purpose":"booking"`); got.status != 200 || strings.Contains(got.body, "tim@") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if _, _, err := w.systems.ConnectOn(w.ctx(), administrator, authz.Terms{Name: "X Y", Reads: []string{"nonsense"}}); habeas.KindOf(err) != habeas.KindInvalid {
		t.Errorf("a scope for no data set: %v", err)
	}
}

func TestASandboxReadsBackWhatItWasTold(t *testing.T) {
	w := newWorld(t)
	w.connect("Other").party(`{"email":"tim@example.org","fields":{"contact":{"language":"es"}}}`)
	s := w.connectOn(authz.Terms{Name: "Trial", Sandbox: true, Reads: []string{"contact"}})
	program := s.program()
	if _, err := program.Sandbox(t.Context()); err != nil { // a token is witnessed: nobody's affair but the system's
		t.Fatal(err)
	}
	before := written(w)
	ref := s.party(`{"email":"tim@example.org"}`)
	got, err := program.Query(t.Context(), client.Query{Parties: []string{ref}, DataSets: []string{"contact"}, Purpose: "question"})
	if err != nil || fmt.Sprint(got) != "[map[contact:map[email:tim@example.org]]]" {
		t.Errorf("%v %v", got, err)
	}
	if after := written(w); after != before {
		t.Error("a sandbox wrote")
	}
}
