package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/client"
	"github.com/habeas-data/habeas/internal/api"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/party"
)

const consented = "/api/v1/parties:consented"

// A sandbox lets an integrator try the whole way, and the description fits it.
// Proves PTY-8.
func TestASandboxKnowsOneConsentCode(t *testing.T) {
	w := newWorld(t)
	s := w.connectOn(authz.Terms{Name: "City Bookings", Sandbox: true})
	saying := client.Saying{ConsentCode: strings.ToLower(app.SandboxCode), Ticket: &client.TicketSaying{ID: "4712", Title: "Tour"}, IdempotencyKey: "once"}
	ref, err := s.program().FindOrCreate(t.Context(), saying)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.program().FindOrCreate(t.Context(), saying); err != nil || again != ref {
		t.Errorf("repeated: %q, %v", again, err)
	}
	mailed := s.party(`{"email":"tim@example.org"}`)
	got, err := s.program().Consented(t.Context(), client.Query{Parties: []string{ref, mailed}, DataSets: []string{"contact"}, Purpose: "booking"})
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	if fmt.Sprint(got[0].Fields) != "map[contact:map[email:tim@example.org]]" || got[0].Until.IsZero() || len(got[1].Fields) != 0 || !got[1].Until.IsZero() {
		t.Errorf("read %v", got)
	}
	wantProblem(t, s.post(findOrCreate, `{"consent_code":"AAAA-BBBB-CCCC"}`), 400, "consent.refused")
	if n := w.count(); n != 0 {
		t.Errorf("%d parties in the store", n)
	}
}

// Proves PTY-8, PTY-A22.
func TestAConsentCodeOverHTTP(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	for name, c := range map[string]struct{ body, field, code string }{
		"unknown":            {`{"consent_code":"AAAA-BBBB-CCCC"}`, "consent_code", "consent.refused"},
		"far too long":       {`{"consent_code":"` + strings.Repeat("A", 5000) + `"}`, "consent_code", "consent.refused"},
		"not a code at all":  {`{"consent_code":"\u0000\ud83d\ude00"}`, "consent_code", "consent.refused"},
		"with an address":    {`{"consent_code":"AAAA-BBBB-CCCC","email":"a@example.org"}`, "consent_code", "consent.named"},
		"with an id":         {`{"consent_code":"AAAA-BBBB-CCCC","external_id":"C-1"}`, "consent_code", "consent.named"},
		"with a wrong field": {`{"consent_code":"AAAA-BBBB-CCCC","fields":{"identity":{"birth_date":"x"}}}`, "fields.identity.birth_date", "field.invalid"},
		"empty":              {`{"consent_code":""}`, "email", "party.unidentified"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.post(findOrCreate, c.body)
			wantProblem(t, got, http.StatusBadRequest, c.code)
			if got.json(t)["field"] != c.field || strings.Contains(got.body, "BBBB") {
				t.Errorf("%s", got.body)
			}
		})
	}
	bulk := s.post("/api/v1/parties:bulkFindOrCreate", `{"items":[{"consent_code":"AAAA-BBBB-CCCC"},{"email":"a@example.org"},{"consent_code":"AAAA-BBBB-CCCC","idempotency_key":"k"}]}`)
	if strings.Count(bulk.body, "consent.refused") != 2 || strings.Count(bulk.body, `"status":200`) != 1 {
		t.Errorf("in bulk: %s", bulk.body)
	}
	ref := s.party(`{"email":"b@example.org"}`)
	for name, c := range map[string]struct{ body, code string }{
		"no parties":         {`{"purpose":"booking"}`, "query.size"},
		"no purpose":         {`{"parties":["` + ref + `"]}`, "purpose.unknown"},
		"an unknown set":     {`{"parties":["` + ref + `"],"purpose":"booking","data_sets":["shoes"]}`, "set.unknown"},
		"no reference":       {`{"parties":["x"],"purpose":"booking"}`, "reference.invalid"},
		"an unknown member":  {`{"parties":["` + ref + `"],"purpose":"booking","why":1}`, "json.unknown"},
		"another's, by form": {`[]`, "json.type"},
	} {
		t.Run(name, func(t *testing.T) { wantProblem(t, s.post(consented, c.body), http.StatusBadRequest, c.code) })
	}
	if got := s.post(consented, `{"parties":["`+ref+`"],"purpose":"booking"}`); got.body != `{"results":[{"party":"`+ref+`","fields":{}}]}`+"\n" && strings.TrimSpace(got.body) != `{"results":[{"party":"`+ref+`","fields":{}}]}` {
		t.Errorf("a reference of an address: %s", got.body)
	}
	if got := w.send("POST", consented, "application/json", `{}`); got.status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", got.status)
	}
}

// tired refuses every code as one too many.
type tired struct{ api.Records }

func (tired) FindOrCreate(context.Context, habeas.Actor, party.Assertion) (party.Reference, error) {
	return party.Reference{}, party.ErrPassTries
}

func TestTooManyConsentCodesSayWhenToComeBack(t *testing.T) {
	w := newWorld(t, func(d *api.Deps) { d.Records = tired{d.Records} })
	got := w.connect("City Bookings").post(findOrCreate, `{"consent_code":"AAAA-BBBB-CCCC"}`)
	wantProblem(t, got, http.StatusTooManyRequests, "consent.limited")
	if got.header.Get("Retry-After") != fmt.Sprint(int(time.Hour/time.Second)) {
		t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
	}
}
