package sealcheck

import (
	"fmt"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"
	"golang.org/x/tools/go/packages"
)

// findings leaves out what is said about facts: examples show findings, and those of
// package across rest on facts.
type findings struct{ *testing.T }

// Errorf implements analysistest.Testing.
func (f findings) Errorf(format string, args ...any) {
	if !strings.Contains(fmt.Sprintf(format, args...), "unexpected fact: ") {
		f.T.Errorf(format, args...)
	}
}

// examples are the packages below testdata/src/example.com, one for each rule or group.
func examples(t *testing.T) (paths []string) {
	entries, err := os.ReadDir("testdata/src/example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		paths = append(paths, "example.com/"+e.Name())
	}
	return paths
}

// Proves ANA-1.
func TestEachRuleFindsWhatItIsForAndNothingElse(t *testing.T) {
	results := analysistest.Run(findings{t}, analysistest.TestData(), Analyzer, examples(t)...)
	if len(results) < 12 {
		t.Errorf("%d packages were checked", len(results))
	}
}

func TestEveryRuleIsShownByAnExample(t *testing.T) {
	var all strings.Builder
	for _, path := range examples(t) {
		src, err := os.ReadFile(filepath.Join("testdata/src", path, filepath.Base(path)+".go"))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(src)
	}
	for id, r := range Rules {
		if !strings.Contains(all.String(), "// want `"+id) {
			t.Errorf("no example breaks the rule %s", id)
		}
		if r.ID != id || r.Instead == "" {
			t.Errorf("the rule %q does not say what to do", id)
		}
	}
}

// program is a module of its own whose sealed package is the one of the examples.
func program(t *testing.T, body string) string {
	t.Helper()
	dir := t.TempDir()
	stub, err := os.ReadFile("testdata/src/github.com/habeas-data/habeas/sealed/sealed.go")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"go.mod":                  "module example.com/program\ngo 1.26\nrequire github.com/habeas-data/habeas v0.0.0\nreplace github.com/habeas-data/habeas => ./habeas\n",
		"habeas/go.mod":           "module github.com/habeas-data/habeas\ngo 1.26\n",
		"habeas/sealed/sealed.go": string(stub),
		"helper/helper.go":        "package helper\nimport \"fmt\"\nfunc Show(b []byte) { fmt.Println(string(b)) }\n",
		"program.go":              "package program\nimport (\n\"example.com/program/helper\"\n\"github.com/habeas-data/habeas/sealed\"\n)\n" + body,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTheCommandRunsByItselfAndUnderGoVet(t *testing.T) {
	tool := filepath.Join(t.TempDir(), "sealcheck")
	if out, err := exec.Command("go", "build", "-o", tool, "./cmd/sealcheck").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	const leaking = "func F(v sealed.Value) error {\nreturn v.Use(func(plain []byte) error { helper.Show(plain); return nil })\n}\n"
	clean := strings.Replace(leaking, "helper.Show(plain)", "helper.Show(nil)", 1)
	for name, command := range map[string][]string{"by itself": {tool, "./..."}, "go vet": {"go", "vet", "-vettool=" + tool, "./..."}} {
		for body, want := range map[string]string{leaking: "program.go:7:52: print: plaintext reaches fmt.Println in the function Show", clean: ""} {
			cmd := exec.Command(command[0], command[1:]...)
			cmd.Dir = program(t, body)
			cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
			out, err := cmd.CombinedOutput()
			if (err == nil) != (want == "") || !strings.Contains(string(out), want) {
				t.Errorf("%s: %v, want %q in:\n%s", name, err, want, out)
			}
		}
	}
}

// What the pass knows by name must be what the real package has.
func TestThePackageSealedHasWhatThePassLooksFor(t *testing.T) {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedTypes | packages.NeedName, Dir: "../.."}, sealedPath)
	if err != nil || len(pkgs) != 1 || pkgs[0].Types == nil || len(pkgs[0].Errors) > 0 {
		t.Fatalf("%d packages, %v, %v", len(pkgs), err, pkgs)
	}
	scope := pkgs[0].Types.Scope()
	look := []string{"Value.Use", "Of.Use", "Public", "Value.SetHeader", "Value.SQL", "Value.Stdin", "Value.IsZero"}
	for name := range sealers {
		look = append(look, name)
	}
	for _, name := range look {
		of, method, isMethod := strings.Cut(name, ".")
		o := scope.Lookup(of)
		if o == nil {
			t.Errorf("there is no %s", of)
			continue
		}
		if isMethod {
			if m, _, _ := types.LookupFieldOrMethod(o.Type(), true, pkgs[0].Types, method); m == nil {
				t.Errorf("there is no %s", name)
			}
		}
	}
}
