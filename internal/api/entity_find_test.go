package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/api"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// keep stores entities of a type by their names.
func (w *world) keep(t entity.Type, access entity.Access, names ...string) []entity.ID {
	w.Helper()
	now := w.clock.Now()
	var all []entity.Past
	var ids []entity.ID
	for _, n := range names {
		d := entity.Description{Type: t, Access: access, Attributes: []entity.Attribute{{Name: entity.AttrName, Value: n}, {Name: entity.AttrCountry, Value: "GB"}}}
		e := entity.Entity{ID: entity.NewID(), State: entity.Active, Version: 1, Description: d, Created: now, Changed: now}
		all, ids = append(all, entity.Past{Entity: e}), append(ids, e.ID)
	}
	entry := audit.Entry{ID: habeas.NewID[habeas.EventKind](now), Event: audit.EntityWritten, Actor: habeas.Server, At: now}
	if err := w.db.InTx(context.Background(), func(tx *sqlstore.Tx) error { return tx.Entities().Save(all, entry) }); err != nil {
		w.Fatal(err)
	}
	if err := w.index.Settle(context.Background()); err != nil {
		w.Fatal(err)
	}
	return ids
}

// hits are the identifiers of an answer.
func hits(t testing.TB, r reply) (ids []string, none float64) {
	t.Helper()
	var a struct {
		Hits []struct{ ID, Label string }
		None float64
	}
	if r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if err := json.Unmarshal([]byte(r.body), &a); err != nil {
		t.Fatal(err)
	}
	for _, h := range a.Hits {
		ids = append(ids, h.ID)
	}
	return ids, a.None
}

const einstein = `QUERY { name="Albert Einstein" award="Nobel" } METADATA { entityType="person" }`

// Everybody may search, without an account and without cookies, by a name, while typing, in
// the query form and in JSON; persons that are not published are not found that way.
// Proves REG-01.
func TestEverybodySearchesEntities(t *testing.T) {
	w := newWorld(t)
	club := w.keep(entity.Organization, 0, "Harbour Rowing Club", "University of Cambridge")
	public := w.keep(entity.Person, entity.Published, "Albert Einstein")
	w.keep(entity.Person, 0, "Albert Einstain", "Secretia Hidden")
	jsonType := "application/json"
	for name, tt := range map[string]struct {
		got  reply
		want string
	}{
		"name":    {w.send("GET", "/api/v1/entities?q=universitey+of+cambrydge&reasons=true", "", ""), club[1].String()},
		"filters": {w.send("GET", "/api/v1/entities?q=Harbour+Rowing+Club&type=location,organization&country=gb&limit=3", "", ""), club[0].String()},
		"typing":  {w.send("GET", "/api/v1/entities:suggest?q=harb", "", ""), club[0].String()},
		"form":    {w.send("POST", "/api/v1/entities:query", "text/plain; charset=utf-8", einstein), public[0].String()},
		"in JSON": {w.send("POST", "/api/v1/entities:query", jsonType, `{"query":`+string(quoteJSON(einstein))+`,"reasons":true}`), public[0].String()},
		"JSON":    {w.send("POST", "/api/v1/entities:query", jsonType, `{"q":"Albert Einstein","types":["person"],"known":[{"name":"country","value":"GB"}],"limit":5}`), public[0].String()},
		"id":      {w.send("GET", "/api/v1/entities?q="+club[0].String(), "", ""), club[0].String()},
	} {
		ids, none := hits(t, tt.got)
		if len(ids) == 0 || ids[0] != tt.want || none > 0.5 {
			t.Errorf("%s: %s", name, tt.got.body)
		}
		if tt.got.header.Get("Set-Cookie") != "" || tt.got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", name, tt.got.header)
		}
	}
	if ids, none := hits(t, w.send("GET", "/api/v1/entities?q=Secretia+Hidden", "", "")); len(ids) > 0 && none < 0.9 {
		t.Errorf("a person is found: %v", ids)
	}
	if ids, none := hits(t, w.send("GET", "/api/v1/entities?q=Qxzvbn+Wrtpl", "", "")); len(ids) != 0 || none != 1 {
		t.Errorf("no such entity: %v, none %f", ids, none)
	}
}

func quoteJSON(s string) []byte {
	b, _ := json.Marshal(s)
	return b
}

func TestAWrongQuestionIsAProblem(t *testing.T) {
	w := newWorld(t)
	for address, code := range map[string]string{
		"": "entity.question.empty", "?q=+": "entity.question.empty", "?q=a&limit=0": "entity.question.limit", "?q=a&limit=many": "entity.question.limit",
		"?q=a&country=Spain": "entity.question.country", "?q=a&type=No+Type": "entity.question.type", "?q=a&reasons=perhaps": "query.flag",
		"?q=a&q=b": "query.duplicate", "?q=a&colour=red": "query.unknown", "?q=" + strings.Repeat("a", 5000): "entity.question.long",
	} {
		wantProblem(t, w.send("GET", "/api/v1/entities"+address, "", ""), 400, code)
	}
	query := "/api/v1/entities:query"
	wantProblem(t, w.send("POST", query, "text/plain", "QUERY { name= }"), 400, "entity.form")
	wantProblem(t, w.send("POST", query, "text/plain", "QUERY \xff"), 400, "text.utf8")
	wantProblem(t, w.send("POST", query, "text/plain", strings.Repeat(" ", entity.MaxQueryForm+1)), 413, "body.size")
	wantProblem(t, w.send("POST", query, "application/json", `{"query":"QUERY {a}","limit":3}`), 400, "entity.form")
	wantProblem(t, w.send("POST", query, "application/json", `{}`), 400, "entity.question.empty")
	wantProblem(t, w.send("POST", query, "application/xml", `<a/>`), 415, "content-type")
	wantProblem(t, w.send("POST", "/api/v1/entities:selected", "application/json", `{"question":"x","id":"7k3m-x92q"}`), 400, "entity.id")
	if got := w.send("POST", "/api/v1/entities:selected", "application/json", `{"question":"x","id":"`+entity.NewID().String()+`"}`); got.status != http.StatusNoContent {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestOneNetworkSearchesWithinItsQuota(t *testing.T) {
	w := newWorld(t, func(d *api.Deps) {
		d.Searching = api.NewSearching(d.Searching.Questions, d.Origin, nil, d.Clock, api.Quota{Count: 1, In: time.Minute})
	})
	wantProblem(t, w.send("GET", "/api/v1/entities", "", ""), 400, "entity.question.empty")
	got := w.send("GET", "/api/v1/entities", "", "")
	wantProblem(t, got, 429, "rate.limited")
	if got.header.Get("Retry-After") == "" {
		t.Errorf("%v", got.header)
	}
}
