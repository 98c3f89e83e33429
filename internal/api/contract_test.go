package api_test

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract is the server's own description, ready to be held against its answers.
type contract struct {
	root    map[string]any
	schemas *schemas
}

// schemas compiles parts of a description, each once.
type schemas struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

// contracts are shared by the servers of a test run that describe themselves alike.
var contracts sync.Map // text of the description → *contract

func contractOf(w *world) *contract {
	w.Helper()
	res, err := http.Get(w.server.URL + "/api/openapi.json")
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.Fatal(err)
	}
	alike := strings.ReplaceAll(string(text), w.server.URL, "http://localhost")
	if c, ok := contracts.Load(alike); ok {
		return c.(*contract)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(alike))
	if err != nil {
		w.Fatalf("the description is not JSON: %v", err)
	}
	c := &contract{root: doc.(map[string]any), schemas: &schemas{compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}}
	if err := c.schemas.compiler.AddResource("openapi.json", doc); err != nil {
		w.Fatal(err)
	}
	contracts.Store(alike, c)
	return c
}

// at follows a JSON pointer's tokens through the description, and references on the way.
func (c *contract) at(tokens ...string) (found any, pointer string) {
	found, pointer = c.root, "#"
	for _, token := range tokens {
		found, pointer = c.target(found, pointer)
		m, _ := found.(map[string]any)
		found = m[token]
		pointer += "/" + escape(token)
	}
	return c.target(found, pointer)
}

func escape(token string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D", "+", "%2B", ":", "%3A").Replace(token)
}

func (c *contract) target(v any, pointer string) (any, string) {
	for {
		m, _ := v.(map[string]any)
		ref, ok := m["$ref"].(string)
		if !ok {
			return v, pointer
		}
		v, pointer = c.root, ref
		for token := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			m, _ := v.(map[string]any)
			v = m[token]
		}
	}
}

// check validates a value against the schema at a pointer.
func (c *contract) check(pointer string, value any) error {
	s := c.schemas
	s.mu.Lock()
	defer s.mu.Unlock()
	schema := s.compiled[pointer]
	if schema == nil {
		var err error
		if schema, err = s.compiler.Compile("openapi.json" + pointer); err != nil {
			return err
		}
		s.compiled[pointer] = schema
	}
	return schema.Validate(value)
}

// pathOf finds the path of the description that an address is of.
func (c *contract) pathOf(address string) string {
	paths := c.root["paths"].(map[string]any)
	if paths[address] != nil {
		return address
	}
	for path := range paths {
		before, rest, templated := strings.Cut(path, "{")
		_, after, _ := strings.Cut(rest, "}")
		if templated && strings.HasPrefix(address, before) && strings.HasSuffix(address, after) && len(address) > len(before) {
			return path
		}
	}
	return ""
}

// recorder holds every answer that passes through it against the description.
type recorder struct {
	testing.TB
	*contract
	next http.RoundTripper
}

func (c *contract) recording(t testing.TB, next http.RoundTripper) http.RoundTripper {
	if _, timed := t.(*testing.B); timed {
		return next
	}
	return recorder{t, c, next}
}

func (r recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	res, err := r.next.RoundTrip(q)
	if err != nil {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		return res, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	if q.Method != http.MethodHead {
		r.answer(q, res, body)
	}
	return res, nil
}

// answer fails the test when an answer is not one that the description promises.
func (r recorder) answer(q *http.Request, res *http.Response, body []byte) {
	name := q.Method + " " + q.URL.Path + " " + res.Status
	method, status := strings.ToLower(q.Method), strconv.Itoa(res.StatusCode)
	path := r.pathOf(q.URL.Path)
	operation, _ := r.at("paths", path, method)
	// What is refused before an operation is chosen is described once for all.
	if slices.Contains(assets, q.Method+" "+q.URL.Path) {
		return
	}
	outside := path == "" || operation == nil || res.StatusCode == http.StatusMisdirectedRequest
	where := []string{"paths", path, method, "responses", status}
	if outside || res.StatusCode == http.StatusForbidden && res.Header.Get("Content-Type") == "application/problem+json" {
		where = []string{"components", "responses", "Forbidden"}
	}
	found, _ := r.at(where...)
	described, _ := found.(map[string]any)
	if described == nil {
		r.Errorf("%s: an answer that is not described: %s", name, body)
		return
	}
	headers, _ := described["headers"].(map[string]any)
	for header := range headers {
		entry, pointer := r.at(append(where, "headers", header)...)
		value := res.Header.Get(header)
		if value == "" && entry.(map[string]any)["required"] == true {
			r.Errorf("%s: no %s", name, header)
		} else if value != "" {
			if err := r.check(pointer+"/schema", value); err != nil {
				r.Errorf("%s: %s: %v", name, header, err)
			}
		}
	}
	r.body(name, where, described, res.Header.Get("Content-Type"), body)
}

func (r recorder) body(name string, where []string, described map[string]any, contentType string, body []byte) {
	content, _ := described["content"].(map[string]any)
	if content == nil {
		if len(body) > 0 {
			r.Errorf("%s: a body where none is described: %q", name, body)
		}
		return
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil || content[media] == nil {
		r.Errorf("%s: Content-Type %q is not described", name, contentType)
		return
	}
	if !strings.HasSuffix(media, "json") {
		return
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		r.Errorf("%s: %v", name, err)
		return
	}
	_, pointer := r.at(append(where, "content", media, "schema")...)
	if err := r.check(pointer, value); err != nil {
		r.Errorf("%s: %v\n%s", name, err, body)
	}
}
