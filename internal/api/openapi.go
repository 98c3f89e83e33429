package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
)

// written is the description of the API (OpenAPI 3.1) as it is written by hand.
// Three places in it are filled from what the server really has: its address, the
// data sets, and the codes of problems.
//
//go:embed openapi.json
var written string

// describe returns the description of a server at origin with these data sets.
func describe(origin edge.Origin, schemas *party.Schemas) []byte {
	sets := make([]string, 0, len(schemas.Sets()))
	scopes := []string{
		quoted(string(authz.ScopeParties)) + `: "Find or create parties and say what is known about them."`,
		quoted(string(authz.ScopeTickets)) + `: "Read and cancel the system's own tickets."`,
		quoted(string(authz.ScopeStaff)) + `: "Say who works here, by SCIM 2.0 at /scim/v2, which describes itself there. A system that has it has nothing else."`,
	}
	for _, set := range schemas.Sets() {
		fields := make([]string, len(set.Fields))
		for i, f := range set.Fields {
			fields[i] = quoted(f.Name) + ": " + fieldSchema(f)
		}
		scopes = append(scopes, quoted(string(authz.ReadScope(set.Name)))+": "+quoted("Read the data set “"+set.Label+"” of parties that the system has brought itself."))
		sets = append(sets, fmt.Sprintf(`%s: {"type": "object", "title": %s, "additionalProperties": false, "properties": {%s}}`,
			quoted(set.Name), quoted(set.Label), strings.Join(fields, ", ")))
	}
	codes := make([]string, len(problemCodes))
	for i, c := range problemCodes {
		codes[i] = c.Code
	}
	slices.Sort(codes)
	return []byte(strings.NewReplacer(
		`"@origin"`, quoted(origin.String()),
		`"@scopes"`, "{"+strings.Join(scopes, ", ")+"}",
		`"@data_sets"`, "{"+strings.Join(sets, ", ")+"}",
		`"@codes"`, quoted(slices.Compact(codes)),
	).Replace(written))
}

// fieldSchema describes the values of a field. What the server checks beyond it stands
// in the words, because a pattern that is nearly right refuses what is good.
func fieldSchema(f party.FieldSchema) string {
	limit := f.Max
	if limit == 0 {
		limit = 200
	}
	s := map[string]any{"type": "string", "title": f.Label, "maxLength": limit}
	switch f.Type {
	case party.Date:
		s["examples"], s["description"] = []string{"1984-05-03"}, "A real date, year-month-day. The empty text says nothing."
	case party.Email:
		s["examples"] = []string{"tim@example.org"}
	case party.Phone:
		s["examples"], s["description"] = []string{"+34 600 111 222"}, "3 to 17 digits with the usual marks."
	case party.Country:
		s["examples"], s["description"] = []string{"ES"}, "Two letters (ISO 3166-1)."
	case party.Language:
		s["examples"], s["description"] = []string{"es"}, "A language tag (BCP 47)."
	case party.URL:
		s["examples"], s["description"] = []string{"https://example.org"}, "A full http or https address."
	case party.Text, party.LongText, party.Number:
	}
	return quoted(s)
}

// quoted writes a value as JSON. Only plain texts, lists and maps of them come here,
// and they always encode.
func quoted(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func (a *API) openapi(w http.ResponseWriter, _ *http.Request) error {
	return write(w, "application/json", "public, max-age=300", a.document)
}
