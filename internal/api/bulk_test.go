package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/client"
	"github.com/habeas-data/habeas/internal/api"
	"github.com/habeas-data/habeas/internal/authz"
)

const bulk = "/api/v1/parties:bulkFindOrCreate"

// program is the system as a program that uses the Go client.
func (s *system) program() *client.Client {
	return &client.Client{URL: s.server.URL, ID: s.id.String(), Secret: s.secret, HTTP: s.client, Attempts: 1}
}

func TestEachOfManyIsAnsweredForItself(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	c := s.program()
	first := s.party(`{"email":"tim@example.org"}`)
	s.party(`{"email":"kay@example.org"}`, withKey("used"))
	got, err := c.BulkFindOrCreate(t.Context(), []client.Saying{
		{Email: "new@example.org", Fields: map[string]map[string]string{"identity": {"given_name": "Nora"}}},
		{Email: "not an address"},
		{Email: "tim@example.org"},
		{},
		{Email: "other@example.org", IdempotencyKey: "used"},
		{Email: "x@example.org", Fields: map[string]map[string]string{"nonsense": {"a": "b"}}},
		{ExternalID: "C-1"},
	})
	if err != nil || len(got) != 7 {
		t.Fatalf("%v, %d results", err, len(got))
	}
	for i, code := range []string{"", "email.invalid", "", "party.unidentified", "idempotency.reused", "set.unknown", ""} {
		if code == "" && (got[i].Err != nil || len(got[i].Party) != 26) || code != "" && !client.HasCode(got[i].Err, code) {
			t.Errorf("item %d: %q %v, want code %q", i, got[i].Party, got[i].Err, code)
		}
	}
	if got[2].Party != first {
		t.Error("a known address got another reference")
	}
	if name := s.behind(got[0].Party).Text("identity", "given_name"); name != "Nora" {
		t.Errorf("kept %q", name)
	}
	if n := w.count(); n != 4 {
		t.Errorf("%d parties, want 4", n)
	}
}

// Five hundred new ones share transactions; the last word about one address is the last.
func TestABulkIsTakenInTogetherAndInOrderForEachAddress(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	var all []client.Saying
	for i := range 250 {
		all = append(all, client.Saying{Email: fmt.Sprintf("guest%d@example.org", i)})
	}
	for i := range 50 {
		all = append(all, client.Saying{
			Email:  []string{"TIM@example.org", "tim@Example.org"}[i%2],
			Ticket: &client.TicketSaying{ID: "T-1", Version: int64(i + 1)},
		})
	}
	got, err := s.program().BulkFindOrCreate(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range got {
		if r.Err != nil {
			t.Fatalf("item %d: %v", i, r.Err)
		}
	}
	if n := w.count(); n != 251 {
		t.Errorf("%d parties, want 251", n)
	}
	ticket, err := s.program().Ticket(t.Context(), "T-1")
	if err != nil || ticket.Version != 50 {
		t.Errorf("%v %v", ticket, err)
	}
}

func TestABulkIsBounded(t *testing.T) {
	s := newWorld(t).connect("City Bookings")
	wantProblem(t, s.post(bulk, `{"items":[]}`), 400, "bulk.empty")
	wantProblem(t, s.post(bulk, `{}`), 400, "bulk.empty")
	items := strings.TrimSuffix(strings.Repeat(`{"email":"a@example.org"},`, 501), ",")
	wantProblem(t, s.post(bulk, `{"items":[`+items+`]}`), 413, "bulk.size")
	long := `{"items":[{"email":"a@example.org","external_id":"` + strings.Repeat("x", 1<<20) + `"}]}`
	wantProblem(t, s.post(bulk, long), 413, "body.size")
	wantProblem(t, s.post(findOrCreate, `{"external_id":"`+strings.Repeat("x", 64<<10)+`"}`), 413, "body.size")
	got := s.post(bulk, `{"items":[{"email":"a@example.org"},{"email":5}]}`)
	wantProblem(t, got, 400, "json.type")
	if field := got.json(t)["field"]; field != "items.1.email" {
		t.Errorf("field %v", field)
	}
	if n := s.count(); n != 0 {
		t.Errorf("%d parties of refused requests", n)
	}
}

// Proves PTY-A26, PTY-A27.
func TestManyKnownAndUnknownAreAnsweredAlike(t *testing.T) {
	w := newWorld(t)
	other, s := w.connect("Other"), w.connect("City Bookings")
	other.party(`{"email":"known@example.org","fields":{"identity":{"given_name":"Kay"}}}`)
	claim(w, other.partyOf(other.party(`{"email":"claimed@example.org"}`)))
	var replies []reply
	for _, name := range []string{"unknown", "known", "claimed"} {
		w.clock.Advance(time.Second)
		before := written(w)
		got := s.post(bulk, `{"items":[{"email":"`+name+`@example.org","ticket":{"id":"T-`+name+`"}},{"email":"`+name+`2@example.org"}]}`)
		after := written(w)
		for j := range after {
			want := 2
			if strings.Contains(tables[j], "ticket") {
				want = 1
			}
			if after[j]-before[j] != want {
				t.Errorf("%s: %d rows written to %s, want %d", name, after[j]-before[j], tables[j], want)
			}
		}
		got.header.Del("Date")
		replies = append(replies, got)
	}
	for _, r := range replies[1:] {
		if r.status != 200 || len(r.body) != len(replies[0].body) || fmt.Sprint(r.header) != fmt.Sprint(replies[0].header) {
			t.Errorf("%d %v %s differs from %v %s", r.status, r.header, r.body, replies[0].header, replies[0].body)
		}
	}
}

// How often an address may be named does not depend on whether anybody knows it.
// Proves PTY-A26, PTY-A27.
func TestTheTypedAddressIsCountedKnownOrNot(t *testing.T) {
	w := newWorld(t, func(d *apiDeps) { d.PerAddress = api.Quota{Count: 3, In: time.Hour} })
	other, s := w.connect("Other"), w.connect("City Bookings")
	other.party(`{"email":"known@example.org"}`)
	claim(w, other.partyOf(other.party(`{"email":"claimed@example.org"}`)))
	var seen []string
	for _, name := range []string{"known", "unknown", "claimed"} {
		trace := ""
		for range 5 {
			got := s.post(findOrCreate, `{"email":"`+name+`@example.org"}`)
			trace += fmt.Sprintln(got.status, len(got.body), got.header.Get("RateLimit"), got.header.Get("RateLimit-Policy"), got.header.Get("Retry-After"))
			if got.status != 200 {
				trace += got.body
			}
		}
		seen = append(seen, trace)
	}
	if seen[0] != seen[1] || seen[0] != seen[2] {
		t.Errorf("known\n%s\nunknown\n%s\nclaimed\n%s", seen[0], seen[1], seen[2])
	}
	if !strings.Contains(seen[0], `"address";r=0;t=1200 "address";q=3;w=3600 1200`) || !strings.Contains(seen[0], "rate.address") || !strings.Contains(seen[0], `"address";r=2`) {
		t.Errorf("the answers were\n%s", seen[0])
	}
	// Another spelling is the same address; another system has its own count; many at once count each.
	if got := s.post(findOrCreate, `{"fields":{"contact":{"email":"KNOWN@Example.org"}}}`); got.status != 429 {
		t.Errorf("another spelling: %d", got.status)
	}
	other.party(`{"email":"unknown@example.org"}`)
	got := s.post(bulk, `{"items":[`+strings.Repeat(`{"external_id":"C-9"},`, 4)+`{"email":"known@example.org"}]}`)
	var results struct {
		Results []struct{ Status, Retry_after int }
	}
	if err := json.Unmarshal([]byte(got.body), &results); err != nil || fmt.Sprint(results.Results) != "[{200 0} {200 0} {200 0} {429 1200} {429 1200}]" {
		t.Errorf("%v %s", err, got.body)
	}
	w.clock.Advance(20 * time.Minute)
	s.party(`{"email":"known@example.org"}`)
}

func TestTicketsAreListedInPages(t *testing.T) {
	w := newWorld(t)
	s, other := w.connect("City Bookings"), w.connect("Other")
	other.party(`{"email":"x@example.org","ticket":{"id":"theirs"}}`)
	for i := range 7 {
		s.party(fmt.Sprintf(`{"email":"a%d@example.org","ticket":{"id":"T/%d ü"}}`, i%3, i))
	}
	s.clock.Advance(time.Second)
	if got := s.post("/api/v1/tickets:cancel", `{"id":"T/2 ü"}`); got.status != 200 {
		t.Fatal(got.body)
	}
	var ids []string
	cursor := ""
	for page := 0; page == 0 || cursor != ""; page++ {
		got := s.send("GET", "/api/v1/tickets?limit=3&cursor="+cursor, "", "", s.bearer).json(t)
		for _, one := range got["tickets"].([]any) {
			ids = append(ids, one.(map[string]any)["id"].(string))
		}
		cursor, _ = got["next"].(string)
		if cursor != "" {
			if got := other.send("GET", "/api/v1/tickets?cursor="+cursor, "", "", other.bearer); got.status != 400 {
				t.Errorf("another system's cursor: %d", got.status)
			}
			if again := s.send("GET", "/api/v1/tickets?limit=3&cursor="+cursor, "", "", s.bearer); again.status != 200 {
				t.Errorf("a cursor used twice: %d", again.status)
			}
		}
	}
	if fmt.Sprint(ids) != "[T/0 ü T/1 ü T/3 ü T/4 ü T/5 ü T/6 ü T/2 ü]" {
		t.Errorf("listed %v", ids)
	}
	var listed []string
	for ticket, err := range s.program().Tickets(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, ticket.ID)
	}
	if fmt.Sprint(listed) != fmt.Sprint(ids) {
		t.Errorf("the client lists %v", listed)
	}
	for query, code := range map[string]string{
		"?cursor=x": "cursor.invalid", "?cursor=" + strings.Repeat("A", 70): "cursor.invalid", "?limit=0": "limit.invalid", "?limit=201": "limit.invalid",
		"?limit=x": "limit.invalid", "?limit=1&limit=2": "query.duplicate", "?page=2": "query.unknown", "?a;b": "query.syntax", "?id=T/1": "query.unknown",
	} {
		wantProblem(t, s.send("GET", "/api/v1/tickets"+query, "", "", s.bearer), 400, code)
	}
}

// What others do, and erasure, does not show in the list (ADR 0006).
func TestTheListDependsOnTheSystemsOwnWords(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	ref := s.party(`{"email":"tim@example.org","ticket":{"id":"T-1"}}`)
	before := s.send("GET", "/api/v1/tickets", "", "", s.bearer)
	claim(w, s.partyOf(ref))
	if err := w.keys.Destroy(w.ctx(), habeas.SubjectOf(s.partyOf(ref))); err != nil {
		t.Fatal(err)
	}
	if after := s.send("GET", "/api/v1/tickets", "", "", s.bearer); after.body != before.body {
		t.Errorf("%s, before %s", after.body, before.body)
	}
}

func TestATicketIsChangedOnlyAsItWasRead(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	c := s.program()
	s.party(`{"email":"tim@example.org","ticket":{"id":"T-1","version":1}}`)
	was, err := c.Ticket(t.Context(), "T-1")
	if err != nil {
		t.Fatal(err)
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	got := s.send("GET", "/api/v1/tickets:get?id=T-1", "", "", s.bearer)
	if got.header.Get("ETag") != was.ETag() {
		t.Errorf("ETag %s, the client has %s", got.header.Get("ETag"), was.ETag())
	}
	for tag, want := range map[string]int{was.ETag(): 304, "W/" + was.ETag(): 304, "*": 304, `"9-active", ` + was.ETag(): 304, `"9-active"`: 200} {
		if got := s.send("GET", "/api/v1/tickets:get?id=T-1", "", "", s.bearer, header("If-None-Match", tag)); got.status != want {
			t.Errorf("If-None-Match %s: %d, want %d", tag, got.status, want)
		}
	}
	change := client.Saying{Email: "tim@example.org", IfMatch: was.ETag(), Ticket: &client.TicketSaying{ID: "T-1", Version: 2}, IdempotencyKey: "change"}
	for range 2 { // a repetition is answered as before, though the ticket has changed by then
		if _, err := c.FindOrCreate(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	change.IdempotencyKey, change.Ticket.Version = "", 3
	if _, err := c.FindOrCreate(t.Context(), change); !client.HasCode(err, "ticket.changed") || status(err) != 412 {
		t.Errorf("a change of what was read before: %v", err)
	}
	if _, err := c.CancelTicket(t.Context(), client.Cancel{ID: "T-1", IfMatch: was.ETag()}); !client.HasCode(err, "ticket.changed") {
		t.Errorf("a cancellation of what was read before: %v", err)
	}
	change.Ticket.ID, change.IfMatch = "T-2", "*"
	if _, err := c.FindOrCreate(t.Context(), change); !client.HasCode(err, "ticket.changed") {
		t.Errorf("a change of a ticket that is not there: %v", err)
	}
	for _, tag := range []string{"x", `"1-active`, `*, "1-active"`, ""} {
		if got := s.post("/api/v1/tickets:cancel", `{"id":"T-1"}`, header("If-Match", tag)); got.status != 400 {
			t.Errorf("If-Match %q: %d", tag, got.status)
		}
	}
	wantProblem(t, s.post(findOrCreate, `{"email":"a@example.org"}`, header("If-Match", "*")), 400, "match.invalid")
	wantProblem(t, s.post("/api/v1/tickets:cancel", `{"id":"T-1"}`, header("If-Match", `W/"2-active"`)), 412, "ticket.changed")
	is, err := c.CancelTicket(t.Context(), client.Cancel{ID: "T-1", IfMatch: `"2-active"`})
	if err != nil || is.State != client.Cancelled || is.Version != 2 {
		t.Errorf("%v %v", is, err)
	}
}

func status(err error) int {
	var p *client.Problem
	if errors.As(err, &p) {
		return p.Status
	}
	return 0
}

var reference = regexp.MustCompile(`\b[0-9a-hjkmnp-tv-z]{26}\b`)

// A sandbox answers as the real thing does, and nothing is written about anybody.
func TestASandboxAnswersAlikeAndKeepsNothing(t *testing.T) {
	w := newWorld(t)
	live := w.connect("City Bookings")
	trial := w.connectOn(authz.Terms{Name: "City Bookings, trial", Sandbox: true})
	live.party(`{"email":"tim@example.org","ticket":{"id":"real"}}`)
	if yes, err := trial.program().Sandbox(t.Context()); err != nil || !yes {
		t.Fatalf("%v %v", yes, err)
	}
	before := written(w)
	steps := func(s *system) (out []string) {
		refs := map[string]string{} // they differ between systems: in the order in which they come up
		note := func(r reply) {
			text := reference.ReplaceAllStringFunc(r.body, func(ref string) string {
				if refs[ref] == "" {
					refs[ref] = fmt.Sprint("reference ", len(refs))
				}
				return refs[ref]
			})
			out = append(out, fmt.Sprintln(r.status, text, r.header.Get("ETag"), r.header.Get("Content-Type")))
		}
		say := func(body string, change ...func(*http.Request)) { note(s.post(findOrCreate, body, change...)) }
		say(`{"email":"tim@example.org","ticket":{"id":"T-1","version":2}}`)
		say(`{"email":"Tim@Example.org"}`)
		say(`{"email":"kay@example.org"}`, withKey("k"))
		say(`{"email":"kay@example.org"}`, withKey("k"))
		say(`{"email":"other@example.org"}`, withKey("k"))
		say(`{"email":"nonsense","fields":{"x":{"y":"z"}}}`)
		say(`{"external_id":"C-1","kind":"organisation"}`)
		say(`{"external_id":"C-1"}`)
		note(s.send("GET", "/api/v1/tickets:get?id=T-1", "", "", s.bearer))
		note(s.send("GET", "/api/v1/tickets:get?id=none", "", "", s.bearer))
		note(s.post("/api/v1/tickets:cancel", `{"id":"T-1","version":1}`))
		note(s.post("/api/v1/tickets:cancel", `{"id":"T-1"}`))
		note(s.post(bulk, `{"items":[{"email":"tim@example.org"},{"email":"x"}]}`))
		return out
	}
	tried := steps(trial)
	if after := written(w); after != before {
		t.Errorf("a sandbox wrote: %v, before %v", after, before)
	}
	wantProblem(t, trial.send("GET", "/api/v1/tickets:get?id=real", "", "", trial.bearer), 404, "ticket.none")
	real := steps(live)
	for i := range tried {
		if tried[i] != real[i] {
			t.Errorf("step %d: sandbox %s live %s", i, tried[i], real[i])
		}
	}
	// Two people at one address get two references, also here; tickets are listed.
	ann := trial.party(`{"email":"family@example.org","fields":{"identity":{"given_name":"Ann","birth_date":"1960-01-02"}},"ticket":{"id":"T-2"}}`)
	if ann == trial.party(`{"email":"family@example.org","fields":{"identity":{"given_name":"Ben","birth_date":"1990-03-04"}},"ticket":{"id":"T-3"}}`) {
		t.Error("two people got one reference")
	}
	list := trial.send("GET", "/api/v1/tickets?limit=2", "", "", trial.bearer).json(t)
	if len(list["tickets"].([]any)) != 2 || list["next"] == nil {
		t.Errorf("listed %v", list)
	}
	w.clock.Advance(25 * time.Hour)
	trial.authorize()
	wantProblem(t, trial.send("GET", "/api/v1/tickets:get?id=T-2", "", "", trial.bearer), 404, "ticket.none")
}

func TestATokenCanBeEndedByItsSystem(t *testing.T) {
	w := newWorld(t)
	s, other := w.connect("City Bookings"), w.connect("Other")
	revoke := func(by *system, token string) reply {
		return w.send("POST", "/oauth/revoke", "application/x-www-form-urlencoded", "token_type_hint=access_token&token="+token, by.basic)
	}
	works := func() bool { return s.send("GET", "/api/v1/tickets", "", "", s.bearer).status == 200 }
	if got := revoke(other, s.token); got.status != 200 || !works() {
		t.Errorf("another system's: %d, works %v", got.status, works())
	}
	if got := revoke(s, s.token); got.status != 200 || got.body != "" || works() {
		t.Errorf("%d %q, works %v", got.status, got.body, works())
	}
	if got := revoke(s, s.token); got.status != 200 {
		t.Errorf("twice: %d", got.status)
	}
	for form, want := range map[string]int{"": 400, "token=a&token=b": 400} {
		if got := w.send("POST", "/oauth/revoke", "application/x-www-form-urlencoded", form, s.basic); got.status != want {
			t.Errorf("%q: %d", form, got.status)
		}
	}
	s.secret += "x"
	if got := revoke(s, "t"); got.status != 401 || got.json(t)["error"] != "invalid_client" {
		t.Errorf("a wrong secret: %d %s", got.status, got.body)
	}
	meta := w.send("GET", "/.well-known/oauth-authorization-server", "", "").json(t)
	for name, path := range map[string]string{"issuer": "", "token_endpoint": "/oauth/token", "revocation_endpoint": "/oauth/revoke", "service_documentation": "/api"} {
		if meta[name] != w.server.URL+path {
			t.Errorf("%s is %v", name, meta[name])
		}
	}
}
