package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/entity"
)

// said sends a document to the port and returns what is answered.
func (p certPort) said(c *http.Client, method, path, body string, header ...string) (int, http.Header, map[string]any) {
	p.Helper()
	req := must(http.NewRequestWithContext(p.ctx(), method, portURL+path, strings.NewReader(body)))(p)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.Do(req)
	p.ok(err)
	defer res.Body.Close()
	text := must(io.ReadAll(res.Body))(p)
	var doc map[string]any
	if len(text) > 0 && json.Unmarshal(text, &doc) != nil {
		p.Fatalf("%s %s: %d %s", method, path, res.StatusCode, text)
	}
	if len(res.Cookies()) > 0 {
		p.Errorf("%s %s sets a cookie", method, path)
	}
	return res.StatusCode, res.Header, doc
}

// Somebody with the certificate of their registration, and a program, writes about entities on
// the port: accepts the licence, validates, creates, edits the version that they have seen,
// merges and takes that back. Everybody reads what came of it on the site, as JSON and as
// JSON-LD with the terms of schema.org. Proves ENT-1 and ENT-11.
func TestAProgramWritesEntitiesByCertificate(t *testing.T) {
	w := newWorld(t)
	ada := w.join("ada@example.org")
	shown, _ := w.identity(ada, "ada@example.org")
	p := w.openPort()
	c := p.client(p.config(shown))
	const d = `{"type":"organization","attributes":[{"name":"name","value":"Riverside Arts","lang":"en"},{"name":"country","value":"es"},{"name":"phone","value":"+34 600 111 222","access":["hidden"]}],"externals":[{"scheme":"ROR","value":"05trd4x28"}]}`
	expect := func(want int, code, method, path, body string, header ...string) map[string]any {
		t.Helper()
		status, _, doc := p.said(c, method, path, body, header...)
		if status != want || code != "" && doc["code"] != code {
			t.Fatalf("%s %s: %d %v, want %d %s", method, path, status, doc, want, code)
		}
		return doc
	}
	expect(403, "entity.licence", "POST", "/api/v1/entities:validate", `{"description":`+d+`}`)
	expect(204, "", "POST", "/api/v1/entities:acceptLicence", `{"words":1}`)
	report := expect(200, "", "POST", "/api/v1/entities:validate", `{"description":`+d+`}`)
	ticket, _ := report["ticket"].(string)
	expect(400, "entity.ticket-needed", "POST", "/api/v1/entities", `{"description":`+d+`}`)
	expect(400, "access.invalid", "POST", "/api/v1/entities", `{"description":{"type":"other","access":["invisible"],"attributes":[]}}`)
	made := expect(201, "", "POST", "/api/v1/entities", `{"ticket":"`+ticket+`","description":`+d+`}`)
	id, _ := made["id"].(string)
	path := "/api/v1/entities/" + id
	expect(403, "creator.role-missing", "POST", "/api/v1/entities", `{"override":"For Bob.","author":{"certificate":"AAAA"},"description":`+d+`}`)

	changed := strings.Replace(d, "Arts", "Arts Trust", 1)
	expect(428, "match.missing", "PUT", path, `{"description":`+changed+`}`)
	now := expect(200, "", "PUT", path, `{"description":`+changed+`}`, "If-Match", `"v1"`)
	expect(412, "entity.version", "PUT", path, `{"description":`+d+`}`, "If-Match", `"v1"`)
	if now["version"] != 2.0 {
		t.Errorf("edited: %v", now)
	}
	other := expect(201, "", "POST", "/api/v1/entities", `{"override":"There is none.","description":{"type":"organization","attributes":[{"name":"name","value":"Lakeside Arts","lang":"en"}]}}`)
	line := expect(200, "", "POST", "/api/v1/entities:merge", `{"into":{"id":"`+id+`","version":2},"others":[{"id":"`+other["id"].(string)+`","version":1}]}`)
	if line["operation"] != "merge" || line["seq"] != 1.0 {
		t.Errorf("the line: %v", line)
	}
	expect(200, "", "POST", "/api/v1/entities:undo", `{"seq":1}`)
	expect(409, "undo.done", "POST", "/api/v1/entities:undo", `{"seq":1}`)

	// What everybody reads on the site.
	site := func(accept string, change ...func(*http.Request)) page {
		return w.browser().send(http.MethodGet, path, nil, append(change, func(r *http.Request) { r.Header.Set("Accept", accept) })...)
	}
	got := site("application/json")
	if got.status != 200 || strings.Contains(got.text, "600") || !strings.Contains(got.text, `"https://records.example.org/entity/`+id) || got.header.Get("Set-Cookie") != "" {
		t.Errorf("%d %s", got.status, got.text)
	}
	if again := site("application/json", func(r *http.Request) { r.Header.Set("If-None-Match", got.header.Get("ETag")) }); again.status != 304 {
		t.Errorf("unchanged: %d", again.status)
	}
	linked := site("application/ld+json")
	var ld map[string]any
	if err := json.Unmarshal([]byte(linked.text), &ld); err != nil || linked.header.Get("Content-Type") != "application/ld+json" {
		t.Fatalf("%v %s", err, linked.text)
	}
	same, _ := ld["sameAs"].([]any)
	if ld["@type"] != "Organization" || ld["@context"] != "https://schema.org" || len(same) != 1 || same[0] != "https://ror.org/05trd4x28" || strings.Contains(linked.text, "600") {
		t.Errorf("JSON-LD: %s", linked.text)
	}
	if got, err := entity.ParseID(strings.ToUpper(strings.ReplaceAll(id, "-", ""))); err != nil || got.String() != id {
		t.Errorf("the identifier in capitals without hyphens: %s, %v", got, err)
	}
}
