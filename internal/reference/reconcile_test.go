//go:build reference

package reference

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/habeas-data/habeas/internal/api/reconcile/reconciletest"
)

// published compiles the schemas of one version of the Reconciliation Service API. Two of them
// have the same $id in one version, so each file gets an address of its own, in which references
// between files still lead where they should.
func published(t *testing.T, dir, version string) map[string]*jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	files, err := filepath.Glob(filepath.Join(dir, version, "schemas", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(version, err)
	}
	base := "https://schemas.example/" + version + "/"
	for _, file := range files {
		f, err := os.Open(file)
		must(t, err)
		doc, err := jsonschema.UnmarshalJSON(f)
		must(t, err)
		must(t, f.Close())
		name := filepath.Base(file)
		if m := doc.(map[string]any); name != "openapi.json" {
			delete(m, "$id")
			delete(m, "$schema") // “whichever is the newest”: the drafts are written for 7
			must(t, compiler.AddResource(base+name, m))
		} else {
			delete(m, "$schema")
			must(t, compiler.AddResource("http://swagger.io/v2/schema.json", m))
		}
	}
	out := map[string]*jsonschema.Schema{}
	for _, file := range files {
		name := filepath.Base(file)
		if name == "openapi.json" {
			continue
		}
		if out[strings.TrimSuffix(name, ".json")], err = compiler.Compile(base + name); err != nil {
			t.Fatalf("%s %s: %v", version, name, err)
		}
	}
	return out
}

// Every answer of the corpus fits the published schemas of its version, and what the schemas
// forbid is found by them. Proves ENT-33.
func TestReferenceReconciliationAnswersFitThePublishedSchemas(t *testing.T) {
	dir := filepath.Join(os.Getenv("HABEAS_REFERENCE"), "reconciliation")
	schemas := map[string]map[string]*jsonschema.Schema{}
	for _, version := range []string{"0.1", "0.2", "1.0-draft"} {
		schemas[version] = published(t, dir, version)
	}
	forbidden := 0
	for version, of := range schemas {
		for name, schema := range of {
			for _, kind := range []string{"valid", "invalid"} {
				for _, doc := range examples(t, dir, version, name, kind) {
					if err := schema.Validate(doc); (err == nil) != (kind == "valid") {
						t.Errorf("%s: the schema of %s takes a %s example otherwise: %v", version, name, kind, err)
					} else if err != nil {
						forbidden++
					}
				}
			}
		}
	}
	if forbidden < 15 {
		t.Errorf("only %d examples are refused by their schemas: is it them that are compared?", forbidden)
	}
	server := reconciletest.Serve(t, reconciletest.New(t), nil)
	checked := map[string]int{}
	for _, r := range reconciletest.Corpus() {
		a := r.Send(t, http.DefaultClient, server)
		for _, name := range r.Schemas {
			version, kind, _ := strings.Cut(name, "/")
			schema := schemas[version][kind]
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(a.Document))
			if schema == nil || err != nil {
				t.Fatalf("%s: %s: %v", r.Name, name, err)
			}
			if err := schema.Validate(doc); err != nil {
				t.Errorf("%s does not fit %s: %v\n%s", r.Name, name, err, a.Body)
			}
			checked[version]++
		}
	}
	t.Logf("answers held against schemas: %v", checked)
	for version := range schemas {
		if checked[version] < 20 {
			t.Errorf("only %d answers of %s", checked[version], version)
		}
	}
}

// The published examples of requests are answered when they are valid, and refused when not.
func TestReferenceReconciliationExamplesAreTakenOrRefused(t *testing.T) {
	dir := filepath.Join(os.Getenv("HABEAS_REFERENCE"), "reconciliation")
	server := reconciletest.Serve(t, reconciletest.New(t), nil)
	sent := 0
	for version, forms := range map[string]map[string]func(doc string) reconciletest.Request{
		"0.1":       {"reconciliation-query-batch": formOf("queries"), "data-extension-query": formOf("extend")},
		"0.2":       {"reconciliation-query-batch": formOf("queries"), "data-extension-query": formOf("extend")},
		"1.0-draft": {"reconciliation-query-batch": jsonTo("/reconcile/match"), "data-extension-query": jsonTo("/reconcile/extend")},
	} {
		for name, form := range forms {
			for kind, status := range map[string]int{"valid": 200, "invalid": 400} {
				files, err := filepath.Glob(filepath.Join(dir, version, "examples", name, kind, "*.json"))
				must(t, err)
				for _, file := range files {
					doc, err := os.ReadFile(file)
					must(t, err)
					r := form(string(doc))
					r.Status = status
					t.Run(version+"/"+filepath.Base(file), func(t *testing.T) { r.Send(t, http.DefaultClient, server) })
					sent++
				}
			}
		}
	}
	if sent < 20 {
		t.Errorf("only %d examples", sent)
	}
}

func formOf(field string) func(string) reconciletest.Request {
	return func(doc string) reconciletest.Request {
		return reconciletest.Request{Method: "POST", Path: "/reconcile", Type: "application/x-www-form-urlencoded", Body: url.Values{field: {doc}}.Encode()}
	}
}

func jsonTo(path string) func(string) reconciletest.Request {
	return func(doc string) reconciletest.Request {
		return reconciletest.Request{Method: "POST", Path: path, Type: "application/json", Body: doc}
	}
}

// examples reads the published examples of what a schema describes.
func examples(t *testing.T, dir, version, name, kind string) (out []any) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, version, "examples", name, kind, "*.json"))
	must(t, err)
	for _, file := range files {
		f, err := os.Open(file)
		must(t, err)
		doc, err := jsonschema.UnmarshalJSON(f)
		must(t, err)
		must(t, f.Close())
		out = append(out, doc)
	}
	return out
}
