package regfile

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/pki/dn"
)

// need names a program that scripts/setup installs. Without it the test is skipped, which
// CI does not accept.
func need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err == nil {
			continue
		}
		if _, err := os.Stat(p); err == nil {
			continue
		}
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed; scripts/setup test installs it", p)
		}
		t.Skipf("%s is not installed; scripts/setup test installs it", p)
	}
}

// run runs a program and returns what it prints. Its error holds what it complained of.
func run(dir, input string, command ...string) (string, error) {
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec // programs of this test
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(input)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("%s: %w: %s", command[0], err, lastLine(complaint.String()+string(out)))
	}
	return string(out), nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// The modules of the page and what runs them, and Java's side.
const (
	scripts = "../../web/ui/js"
	bcprov  = "/usr/share/java/bcprov.jar"
)

// task is one task of testdata/page.mjs, and answer what comes of it.
type (
	task struct {
		Task     string            `json:"task"`
		Fields   map[string]string `json:"fields,omitempty"`
		Key      json.RawMessage   `json:"key,omitempty"`
		Chain    [][]byte          `json:"chain,omitempty"`
		File     []byte            `json:"file,omitempty"`
		Password string            `json:"password,omitempty"`
		Times    int               `json:"times,omitempty"`
	}
	answer struct {
		Request, File []byte
		Key           json.RawMessage
		Code, Message string
		Review        struct {
			Subject                   dn.Subject
			Serial, Fingerprint, Root string
			NotBefore, NotAfter       string
			Issuers                   []string
		}
	}
)

// page runs the page's modules in Node, whose WebCrypto is that of the browsers.
func page(t testing.TB, tasks ...task) []answer {
	t.Helper()
	need(t, "node")
	dir := t.TempDir()
	names, err := filepath.Glob(filepath.Join(scripts, "regfile*.js"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no modules: %v", err)
	}
	for _, name := range append(names, "testdata/page.mjs") {
		in, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		out, err := os.Create(filepath.Join(dir, filepath.Base(name)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(out, in); err != nil {
			t.Fatal(err)
		}
		in.Close()
		out.Close()
	}
	write(t, filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`))
	input, err := json.Marshal(tasks)
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(dir, string(input), "node", "page.mjs")
	if err != nil {
		t.Fatal(err)
	}
	var answers []answer
	if err := json.Unmarshal([]byte(out), &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// fields are a subject as the page has it.
func fields(who dn.Subject) map[string]string {
	return map[string]string{
		"name": who.Name, "country": who.Country, "organisation": who.Organisation, "email": who.Email, "username": who.Username,
	}
}

// java runs testdata/Interop.java once, and returns a line for each task.
func java(t testing.TB, tasks ...[]string) []string {
	t.Helper()
	need(t, "java", bcprov)
	var input strings.Builder
	for _, words := range tasks {
		words[2] = base64.StdEncoding.EncodeToString([]byte(words[2]))
		fmt.Fprintln(&input, strings.Join(words, " "))
	}
	out, err := run(".", input.String(), "java", "-XX:+UseSerialGC", "-cp", bcprov, "testdata/Interop.java")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != len(tasks) {
		t.Fatalf("%d lines for %d tasks", len(lines), len(tasks))
	}
	return lines
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
