package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/api"
	"github.com/habeas-data/habeas/internal/edge"
)

func TestBadInputIsAlwaysTheCallersToMend(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	long := strings.Repeat("x", 300)
	for name, c := range map[string]struct {
		body   string
		status int
		fields string // paths, separated by spaces
		code   string
	}{
		"empty body":                {"", 400, "", "json.syntax"},
		"no object":                 {"[]", 400, "", "json.type"},
		"a number":                  {"7", 400, "", "json.type"},
		"half a document":           {`{"email":`, 400, "email", "json.syntax"},
		"duplicate member":          {`{"email":"a@example.org","email":"b@example.org"}`, 400, "email", "json.duplicate"},
		"duplicate field":           {`{"email":"a@example.org","fields":{"identity":{"given_name":"A","given_name":"B"}}}`, 400, "fields.*.*", "json.duplicate"},
		"unknown member":            {`{"email":"a@example.org","emails":"b@example.org"}`, 400, "", "json.unknown"},
		"member in another case":    {`{"Email":"a@example.org"}`, 400, "", "json.unknown"},
		"wrong type":                {`{"email":7}`, 400, "email", "json.type"},
		"wrong type inside":         {`{"email":"a@example.org","fields":{"identity":"Ann"}}`, 400, "fields.*", "json.type"},
		"a field that is a number":  {`{"email":"a@example.org","fields":{"identity":{"given_name":1}}}`, 400, "fields.*.*", "json.type"},
		"a version that is a text":  {`{"email":"a@example.org","ticket":{"id":"T","version":"1"}}`, 400, "ticket.version", "json.type"},
		"a version that is broken":  {`{"email":"a@example.org","ticket":{"id":"T","version":1.5}}`, 400, "ticket.version", "json.type"},
		"a version out of range":    {`{"email":"a@example.org","ticket":{"id":"T","version":9223372036854775808}}`, 400, "ticket.version", "json.type"},
		"trailing data":             {`{"email":"a@example.org"}{}`, 400, "", "json.trailing"},
		"byte order mark":           {"\ufeff" + `{"email":"a@example.org"}`, 400, "", "json.syntax"},
		"invalid UTF-8":             {"{\"email\":\"a\xff@example.org\"}", 400, "email", "json.utf8"},
		"UTF-16":                    {"\xff\xfe{\x00}\x00", 400, "", "json.utf8"},
		"deep nesting":              {strings.Repeat("[", 2000), 400, "", "json.depth"},
		"deep nesting in a field":   {`{"fields":{"identity":` + strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 102), 400, "", "json.depth"},
		"oversized":                 {`{"email":"` + strings.Repeat("x", 70<<10) + `"}`, 413, "", "body.size"},
		"nobody named":              {`{}`, 400, "email", "party.unidentified"},
		"null for all":              {`{"email":null,"fields":null,"ticket":null}`, 400, "email", "party.unidentified"},
		"null instead of an object": {`null`, 400, "email", "party.unidentified"},
		"unknown kind":              {`{"kind":"robot","email":"a@example.org"}`, 400, "kind", "kind.unknown"},
		"no address":                {`{"email":"ann at example"}`, 400, "email", "email.invalid"},
		"control in an address":     {`{"email":"a\u0000b@example.org"}`, 400, "email", "email.invalid"},
		"two addresses":             {`{"email":"a@example.org","fields":{"contact":{"email":"b@example.org"}}}`, 400, "fields.contact.email", "email.differs"},
		"address among fields":      {`{"fields":{"contact":{"email":"nope"}}}`, 400, "fields.contact.email", "field.invalid"},
		"unknown data set":          {`{"email":"a@example.org","fields":{"shoes":{"size":"42"}}}`, 400, "fields", "set.unknown"},
		"unknown field":             {`{"email":"a@example.org","fields":{"identity":{"shoe":"42"}}}`, 400, "fields.identity", "field.unknown"},
		"no such date":              {`{"email":"a@example.org","fields":{"identity":{"birth_date":"1984-02-30"}}}`, 400, "fields.identity.birth_date", "field.invalid"},
		"too long":                  {`{"email":"a@example.org","fields":{"identity":{"given_name":"` + long + `"}}}`, 400, "fields.identity.given_name", "field.invalid"},
		"bidirectional override":    {`{"email":"a@example.org","fields":{"identity":{"given_name":"A\u202eB"}}}`, 400, "fields.identity.given_name", "field.invalid"},
		"ticket without id":         {`{"email":"a@example.org","ticket":{}}`, 400, "ticket.id", "ticket.id"},
		"ticket id too long":        {`{"email":"a@example.org","ticket":{"id":"` + long + `"}}`, 400, "ticket.id", "ticket.id"},
		"negative version":          {`{"email":"a@example.org","ticket":{"id":"T","version":-1}}`, 400, "ticket.version", "ticket.version"},
		"unknown state":             {`{"email":"a@example.org","ticket":{"id":"T","state":"maybe"}}`, 400, "ticket.state", "ticket.state"},
		"no moment":                 {`{"email":"a@example.org","ticket":{"id":"T","starts":"tomorrow"}}`, 400, "ticket.starts", "ticket.starts"},
		"who booked, by name":       {`{"email":"a@example.org","ticket":{"id":"T","booked_by":"Bill"}}`, 400, "ticket.booked_by", "reference.invalid"},
		"external id too long":      {`{"external_id":"` + long + `"}`, 400, "external_id", "external_id.invalid"},
		"everything wrong at once": {
			`{"email":"nope","kind":"robot","fields":{"identity":{"birth_date":"x"},"phone":{"number":"call me"}},"ticket":{"id":"","state":"maybe"}}`,
			400, "email fields.identity.birth_date fields.phone.number kind ticket.id ticket.state", "several",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.post(findOrCreate, c.body)
			wantProblem(t, got, c.status, c.code)
			var p edge.Problem
			if err := json.Unmarshal([]byte(got.body), &p); err != nil {
				t.Fatal(err)
			}
			paths := []string{p.Field}
			if len(p.Errors) > 0 {
				paths = nil
				for _, e := range p.Errors {
					paths = append(paths, e.Field)
				}
			}
			if got := sorted(paths); got != c.fields {
				t.Errorf("fields %q, want %q", got, c.fields)
			}
			if strings.Contains(got.body, "nope") || strings.Contains(got.body, "robot") {
				t.Errorf("the answer repeats the input: %s", got.body)
			}
		})
	}
	if n := w.count(); n != 0 {
		t.Errorf("%d parties after nothing but bad input", n)
	}
	if w.logged.Len() > 0 {
		t.Errorf("incidents were logged: %s", w.logged)
	}
}

func sorted(paths []string) string {
	out := append([]string{}, paths...)
	for i := range out {
		for j := i; j > 0 && out[j] < out[j-1]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return strings.Join(out, " ")
}

// wantProblem checks that an answer is problem+json of a status and code.
func wantProblem(t *testing.T, got reply, status int, code string) {
	t.Helper()
	if got.status != status || got.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d %s %s, want %d problem+json", got.status, got.header.Get("Content-Type"), got.body, status)
	}
	p := got.json(t)
	if p["code"] != code {
		t.Errorf("code %v, want %s: %s", p["code"], code, got.body)
	}
	if p["type"] == "" || p["title"] == "" || p["status"] != float64(status) {
		t.Errorf("not a whole problem: %s", got.body)
	}
}

func TestABodyOfAnotherKindIsRefused(t *testing.T) {
	s := newWorld(t).connect("City Bookings")
	const body = `{"email":"a@example.org"}`
	for name, c := range map[string]struct {
		contentType string
		change      func(*http.Request)
		status      int
	}{
		"none":            {"", nil, 415},
		"form":            {"application/x-www-form-urlencoded", nil, 415},
		"text":            {"text/plain", nil, 415},
		"another charset": {"application/json; charset=utf-16", nil, 415},
		"compressed":      {"application/json", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415},
		"two keys": {"application/json", func(r *http.Request) {
			r.Header.Add("Idempotency-Key", "a")
			r.Header.Add("Idempotency-Key", "b")
		}, 400},
		"a long key":  {"application/json", withKey(strings.Repeat("k", 201)), 400},
		"a page":      {"application/json", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403},
		"wrong case":  {"application/JSON", nil, 200},
		"utf-8 named": {"application/json; charset=UTF-8", nil, 200},
	} {
		t.Run(name, func(t *testing.T) {
			change := []func(*http.Request){s.bearer}
			if c.change != nil {
				change = append(change, c.change)
			}
			got := s.send("POST", findOrCreate, c.contentType, body, change...)
			if got.status != c.status {
				t.Errorf("%d %s, want %d", got.status, got.body, c.status)
			}
		})
	}
	if got := s.send("GET", findOrCreate, "", "", s.bearer); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "POST" {
		t.Errorf("GET: %d, Allow %q", got.status, got.header.Get("Allow"))
	}
	if got := s.post("/api/v1/nothing", "{}"); got.status != http.StatusNotFound {
		t.Errorf("no such endpoint: %d", got.status)
	}
}

func TestOnlyALiveTokenOpensTheAPI(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	const body = `{"email":"a@example.org"}`
	with := func(value string) reply {
		return s.send("POST", findOrCreate, "application/json", body, func(r *http.Request) {
			if value != "" {
				r.Header.Set("Authorization", value)
			}
		})
	}
	for name, value := range map[string]string{
		"none": "", "empty": "Bearer ", "unknown": "Bearer hbt_unknown", "another scheme": "Token " + s.token,
		"basic": "Basic YTpi", "cut": "Bearer " + s.token[:40], "huge": "Bearer " + strings.Repeat("x", 5000),
		"the secret": "Bearer " + s.secret,
	} {
		t.Run(name, func(t *testing.T) {
			got := with(value)
			wantProblem(t, got, 401, "token.invalid")
			challenge := got.header.Get("WWW-Authenticate")
			if !strings.HasPrefix(challenge, `Bearer realm="habeas"`) || strings.Contains(challenge, "invalid_token") != (value != "") {
				t.Errorf("challenge %q", challenge)
			}
		})
	}
	if got := with("bearer " + s.token); got.status != 200 {
		t.Errorf("the scheme in lower case: %d", got.status)
	}
	if got := s.send("POST", findOrCreate+"?access_token="+s.token, "application/json", body); got.status != 401 {
		t.Errorf("a token in the address: %d", got.status)
	}
	w.clock.Advance(time.Hour)
	wantProblem(t, with("Bearer "+s.token), 401, "token.invalid")

	s.authorize()
	if got := with("Bearer " + s.token); got.status != 200 {
		t.Fatalf("a new token: %d", got.status)
	}
	if err := w.systems.Disconnect(w.ctx(), administrator, s.id); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, with("Bearer "+s.token), 401, "token.invalid")
	if err := w.systems.Reconnect(w.ctx(), administrator, s.id); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, with("Bearer "+s.token), 401, "token.invalid")
	s.authorize()
	if got := with("Bearer " + s.token); got.status != 200 {
		t.Errorf("connected again: %d", got.status)
	}
}

// FuzzFindOrCreate sends any body: it is answered 200 or with the caller's fault.
func FuzzFindOrCreate(f *testing.F) {
	for _, seed := range []string{
		`{"email":"a@example.org"}`, `{"external_id":"x","kind":"organisation","fields":{"organisation":{"name":"Q"}}}`,
		`{"email":"a@example.org","ticket":{"id":"T","version":2,"state":"cancelled","starts":"2026-05-03"}}`,
		`{"email":"ünï@exämple.org","fields":{"identity":{"given_name":"\ud83d\ude00"}}}`, "\ufeff{}", `{"email":"\u202ea@example.org"}`,
	} {
		f.Add([]byte(seed))
	}
	w := newWorld(f)
	s := w.connect("City Bookings")
	f.Fuzz(func(t *testing.T, body []byte) {
		s := s.in(t)
		got := s.post(findOrCreate, string(body))
		if got.status == http.StatusOK {
			if ref := got.json(t)["party"].(string); len(ref) != 26 || len(got.body) != len(`{"party":""}`)+26 {
				t.Errorf("answer %q", got.body)
			}
			return
		}
		if got.status < 400 || got.status > 499 || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
}

func TestOverloadIsRefusedQuicklyAndSaysWhenToComeBack(t *testing.T) {
	w := newWorld(t, func(d *apiDeps) { d.PerSystem = api.Quota{Count: 3, In: 3 * time.Second} })
	s := w.connect("City Bookings")
	for i := range 4 {
		got := s.post(findOrCreate, fmt.Sprintf(`{"email":"a%d@example.org"}`, i))
		if want := map[bool]int{true: 200, false: 429}[i < 3]; got.status != want {
			t.Errorf("request %d: %d, want %d", i, got.status, want)
		}
		if i == 3 && got.header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
		}
	}
}
