package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/party"
)

// assets are served for the readable page and are no part of the API.
var assets = []string{"GET /api/page.css", "GET /api/page.js"}

func TestEveryRouteIsDescribedAndEveryDescribedOperationIsServed(t *testing.T) {
	w := newWorld(t)
	described := map[string]bool{}
	for path, operations := range w.contract.root["paths"].(map[string]any) {
		for method := range operations.(map[string]any) {
			described[strings.ToUpper(method)+" "+path] = true
		}
	}
	for _, pattern := range w.patterns {
		route := strings.ReplaceAll(pattern, "...}", "}")
		if !described[route] && !slices.Contains(assets, route) {
			t.Errorf("%s is served and not described in openapi.json", pattern)
		}
		delete(described, route)
	}
	for route := range described {
		t.Errorf("%s is described in openapi.json and not served", route)
	}
}

func TestTheExamplesOfTheDescriptionFitIt(t *testing.T) {
	c := newWorld(t).contract
	checked := 0
	var walk func(v any, pointer string)
	walk = func(v any, pointer string) {
		switch v := v.(type) {
		case map[string]any:
			example, there := v["example"]
			if _, schema := v["schema"]; there && schema {
				checked++
				if err := c.check(pointer+"/schema", example); err != nil {
					t.Errorf("%s: %v", pointer, err)
				}
			}
			for name, inner := range v {
				walk(inner, pointer+"/"+escape(name))
			}
		case []any:
			for i, inner := range v {
				walk(inner, pointer+"/"+strconv.Itoa(i))
			}
		}
	}
	walk(c.root, "#")
	if checked < 15 {
		t.Errorf("%d examples were checked", checked)
	}
}

// A server with a data set of its own describes it.
func TestTheDescriptionHoldsTheDataSetsOfTheServer(t *testing.T) {
	own := append(party.DefaultSchemas(), party.SetSchema{
		Name: "boat", Label: "Boat “Ünïcode”", Visibility: party.ToStaff,
		Fields: []party.FieldSchema{{Name: "licence", Label: "Licence", Type: party.Number, Max: 12}},
	})
	w := openWith(t, newRing(t), own)
	w.serve(w.clock)
	s := w.connect("City Bookings")
	got, _ := w.contract.at("components", "schemas", "Fields", "properties", "boat", "properties", "licence", "maxLength")
	if n, ok := got.(interface{ String() string }); !ok || n.String() != "12" {
		t.Errorf("the description has %v for the licence", got)
	}
	if page := w.send("GET", "/api", "", ""); page.status != 200 || !strings.Contains(page.body, "licence") {
		t.Errorf("the page: %d", page.status)
	}
	s.party(`{"email":"tim@example.org","fields":{"boat":{"licence":"ES-77"}}}`)
}

// What a body may hold stands in the description as the program has it.
func TestTheDescribedMembersAreThoseThatAreRead(t *testing.T) {
	w := newWorld(t)
	s := w.connectOn(authz.Terms{Name: "City Bookings", Reads: []string{"contact"}})
	for path, schema := range map[string]string{
		findOrCreate: "Saying", "/api/v1/parties:bulkFindOrCreate": "Bulk", "/api/v1/tickets:cancel": "Cancel",
		query: "Query", consented: "Query",
	} {
		got := s.post(path, `{"unheard_of":1}`)
		wantProblem(t, got, 400, "json.unknown")
		properties, _ := w.contract.at("components", "schemas", schema, "properties")
		compareNames(t, schema, got.json(t)["detail"].(string), properties)
	}
	for body, schema := range map[string]string{`{"ticket":{"x":1}}`: "TicketSaying", `{"items":[{"x":1}]}`: "BulkItem"} {
		path := findOrCreate
		if schema == "BulkItem" {
			path = "/api/v1/parties:bulkFindOrCreate"
		}
		got := s.post(path, body)
		properties, _ := w.contract.at("components", "schemas", schema, "properties")
		compareNames(t, schema, got.json(t)["detail"].(string), properties)
	}
}

func compareNames(t *testing.T, schema, detail string, properties any) {
	t.Helper()
	_, list, _ := strings.Cut(strings.TrimSuffix(detail, "."), "Known are: ")
	read := strings.Split(list, ", ")
	for _, name := range read {
		if _, ok := properties.(map[string]any)[name]; !ok {
			t.Errorf("%s: %s is read and not described", schema, name)
		}
	}
	if len(read) != len(properties.(map[string]any)) {
		t.Errorf("%s: %d members are described, %d read: %v", schema, len(properties.(map[string]any)), len(read), read)
	}
}

func TestThePageNeedsNothingFromElsewhere(t *testing.T) {
	w := newWorld(t)
	page := w.send("GET", "/api", "", "")
	if page.status != 200 || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d %s", page.status, page.header.Get("Content-Type"))
	}
	for _, wrong := range []string{" style=", "<style", " onclick", "javascript:", "ZgotmplZ", "<no value>", "@codes", "@data_sets"} {
		if strings.Contains(page.body, wrong) {
			t.Errorf("the page holds %q", wrong)
		}
	}
	if regexp.MustCompile(`<script>[^<]`).MatchString(page.body) {
		t.Error("the page holds a script of its own")
	}
	for _, link := range regexp.MustCompile(`(?:href|src)="([^"]+)"`).FindAllStringSubmatch(page.body, -1) {
		switch address := link[1]; {
		case address == "/", address == "data:,": // the server's first page; no icon
		case strings.HasPrefix(address, "#"):
			if !strings.Contains(page.body, `id="`+address[1:]+`"`) {
				t.Errorf("%s leads nowhere", address)
			}
		default:
			if got := w.send("GET", address, "", ""); got.status != http.StatusOK {
				t.Errorf("%s: %d", address, got.status)
			}
		}
	}
	for path := range w.contract.root["paths"].(map[string]any) {
		if !strings.Contains(page.body, "<code>"+path+"</code>") {
			t.Errorf("%s is not on the page", path)
		}
	}
}

// notOfTheAPI are codes of the files below that only pages give, or SCIM, which says
// scimType in their place.
var notOfTheAPI = regexp.MustCompile(`^(schema\..*|scim\..*|staff\..*|form\..*|role\.missing|system\..*|client\.limited|client\.invalid|scope\.invalid|party\.none|ticket\.id|entity\.template)$`)

// Every code that stands in the code behind the API is explained, and an explanation
// is served for each.
func TestEveryCodeIsRegistered(t *testing.T) {
	w := newWorld(t)
	enum, _ := w.contract.at("components", "schemas", "Code", "enum")
	registered := map[string]bool{}
	for _, code := range enum.([]any) {
		registered[code.(string)] = true
		got := w.send("GET", "/problems/"+code.(string), "", "")
		if got.status != http.StatusOK || got.json(t)["what_to_do"] == "" {
			t.Errorf("%s: %d", code, got.status)
		}
	}
	for _, pattern := range []string{
		"*.go", "../authz/*.go", "../edge/json.go", "../edge/guard.go", "../edge/handler.go", "../edge/failure.go",
		"../party/findorcreate.go", "../party/schema.go", "../party/ticket.go", "../party/reference.go", "../party/delivery.go",
		"../sqlstore/writer.go", "../sqlstore/db.go", "../app/system*.go",
		"../entity/*.go", "../app/entity*.go",
	} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, code := range codesIn(t, file) {
				if !registered[code] && !notOfTheAPI.MatchString(code) {
					t.Errorf("%s: code %q is not registered in problem.go", file, code)
				}
			}
		}
	}
}

// codesIn returns the codes that a file gives to errors.
func codesIn(t *testing.T, file string) (codes []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			code, _ := strconv.Unquote(lit.Value)
			codes = append(codes, code)
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "WithCode" {
				text(n.Args[0])
			}
			if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "want" && len(n.Args) == 4 {
				text(n.Args[2])
			}
		case *ast.KeyValueExpr:
			if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Code" {
				text(n.Value)
			}
		}
		return true
	})
	return codes
}
