package channels

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/habeas-data/habeas/sealed"
)

func otherChannels() []channel {
	return []channel{
		{number: 92, name: "SEAL-92 secrets in the program", checks: []check{{name: "the binary", judge: inBinary}, careless(92)}},
		{number: 93, name: "SEAL-93 corpora of fuzzing", checks: []check{{name: "f.Add", judge: fuzzes}}},
		{number: 94, name: "SEAL-94 length and size", checks: []check{
			{name: "size of the value", judge: func(_ *testing.T, k kind) bool {
				return tellApart(k, func(s string) int { return len(s) }, func(v sealed.Value) int { return int(unsafe.Sizeof(v)) })
			}},
			{name: "JSON", judge: func(_ *testing.T, k kind) bool {
				return tellApart(k, func(s string) int { return jsonLen(s) }, func(v sealed.Value) int { return jsonLen(v) })
			}},
			{name: "memory in use", judge: func(_ *testing.T, k kind) bool {
				return tellApart(k, func(s string) int { return len(bytes.Clone([]byte(s))) }, func(v sealed.Value) int {
					before := sealed.Report().Used
					session.Forget(v)
					return before - sealed.Report().Used
				})
			}},
		}},
		{number: 95, name: "SEAL-95 tags that can be guessed", checks: []check{
			{name: "of the handle", judge: func(_ *testing.T, k kind) bool {
				return sameTag(k, func(v sealed.Value) string { return string(memoryOf(v, true)) })
			}},
			{name: "of the placeholder in a header", judge: func(_ *testing.T, k kind) bool {
				return sameTag(k, func(v sealed.Value) string {
					r := httptest.NewRequest("GET", "http://localhost/", nil)
					must(v.SetHeader(r, "A", ""))
					return r.Header.Get("A")
				})
			}},
		}},
		{number: 96, name: "SEAL-96 crash reports", checks: []check{
			dies("SetCrashOutput", "panic crash output", filesOf), dies("stderr", "panic crash output", stderrOf),
		}},
		{number: 97, name: "cgo and WebAssembly", notRun: "the default build has no cgo, and nothing of package sealed passes a pointer to C; in WebAssembly the arena is the heap, which Report says and Limit can refuse"},
		{number: 98, name: "echo of a terminal, scrollback, shell history", notRun: "what is typed is outside of the process; commands read passwords without echo into bytes that Seal clears, which cmd/habeas tests in a terminal"},
	}
}

// tellApart reports whether two texts of one size class show their lengths.
func tellApart(k kind, ofPlain func(string) int, ofSealed func(sealed.Value) int) bool {
	if k == plain {
		return ofPlain("1234") != ofPlain("1234567890")
	}
	return ofSealed(sealText("1234")) != ofSealed(sealText("1234567890"))
}

func jsonLen(v any) int {
	b, err := json.Marshal(v)
	must(err)
	return len(b)
}

// sameTag reports whether the same plaintext has the same tag twice, so that it can be
// guessed: as a hash of a telephone number can.
func sameTag(k kind, tag func(sealed.Value) string) bool {
	if k == plain {
		of := func(s string) []byte {
			h := hmac.New(sha256.New, []byte("a key of the program"))
			h.Write([]byte(s))
			return h.Sum(nil)
		}
		return bytes.Equal(of(secret), of(secret))
	}
	return tag(value()) == tag(value())
}

// fuzzes reports whether a value can be put into a corpus.
func fuzzes(t *testing.T, k kind) (leaks bool) {
	corpus := filepath.Join(t.TempDir(), "corpus")
	var held any = plainNumber(0) // no type of a program's own can be added
	if k == plain {
		held = secret
	} else {
		held = value()
	}
	defer func() {
		if recover() != nil {
			leaks = false
		}
	}()
	var f testing.F
	f.Add(held)
	// It was taken: this is how package testing would write it.
	must(os.WriteFile(corpus, fmt.Appendf(nil, "go test fuzz v1\nstring(%q)\n", held), 0o600))
	b, err := os.ReadFile(corpus)
	must(err)
	return find(t, b) != ""
}

// inBinary builds a program with the plaintext in it, or one that reads and seals it, and
// searches the file.
func inBinary(t *testing.T, k kind) bool {
	dir := t.TempDir()
	source := "package main\nvar password = " + fmt.Sprintf("%q", secret) + "\nfunc main() { println(len(password)) }\n"
	if k == sealedKind {
		source = `package main
import ("context"; "io"; "os"; "github.com/habeas-data/habeas/sealed")
func main() {
	b := make([]byte, 26)
	_, _ = io.ReadFull(os.Stdin, b)
	v, err := sealed.Open(context.Background()).Seal("password", b)
	println(v.Label(), err == nil)
}
`
	}
	must(os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600))
	program := filepath.Join(dir, "program")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, filepath.Join(dir, "main.go")).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Stdin = strings.NewReader(secret)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) == 0 {
		t.Errorf("the program says %s, %v", out, err)
	}
	return first(t)(secrets().Files(program)) != ""
}

// careless asks sealcheck about testdata/careless, where each careless way is there twice:
// in a function plainN with a string, which nothing can notice, and in sealedN with what Use
// hands out, of which every line that says so must be found.
func careless(number int) check {
	return check{name: "sealcheck", judge: func(t *testing.T, k kind) bool {
		found, err := findings()
		if err != nil {
			t.Fatal(err)
		}
		function := fmt.Sprintf("%s%d", k, number)
		want, ok := carelessLines(t)[function]
		if !ok || k == sealedKind && len(want) == 0 {
			t.Fatalf("testdata/careless has no %s that says what must be found", function)
		}
		if k == plain {
			return true
		}
		for line, rule := range want {
			if !strings.Contains(found, fmt.Sprintf("careless.go:%d:", line)) || !regexp.MustCompile(fmt.Sprintf(`careless\.go:%d:\d+: %s: `, line, rule)).MatchString(found) {
				t.Errorf("sealcheck does not find the rule %s at line %d", rule, line)
				return true
			}
		}
		return false
	}}
}

const carelessFile = "testdata/careless/careless.go"

// carelessLines are the lines of each function that say "// found: RULE".
func carelessLines(t *testing.T) map[string]map[int]string {
	src, err := os.ReadFile(carelessFile)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[int]string{}
	function := ""
	number := 0
	for line := range strings.Lines(string(src)) {
		number++
		if rest, ok := strings.CutPrefix(line, "func "); ok {
			function, _, _ = strings.Cut(rest, "(")
			all[function] = map[int]string{}
		}
		if _, rule, ok := strings.Cut(line, "// found: "); ok {
			all[function][number] = strings.TrimSpace(rule)
		}
	}
	return all
}

// findings is what sealcheck says of testdata/careless. It is built and run once.
var findings = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "channels-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	tool := filepath.Join(dir, "sealcheck")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", tool, "./cmd/sealcheck")
	build.Dir = "../sealcheck"
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	out, err := exec.CommandContext(context.Background(), tool, "./"+filepath.Dir(carelessFile)).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("careless.go:")) {
		return "", fmt.Errorf("sealcheck finds nothing: %v\n%s", err, out)
	}
	return string(out), nil
})

// What sealcheck finds in testdata/careless is what its lines say, and nothing in the
// functions that have an ordinary string.
func TestSealcheckFindsWhatTheLinesSay(t *testing.T) {
	found, err := findings()
	if err != nil {
		t.Fatal(err)
	}
	said := map[int]bool{}
	for _, lines := range carelessLines(t) {
		for line := range lines {
			said[line] = true
		}
	}
	for _, m := range regexp.MustCompile(`careless\.go:(\d+):`).FindAllStringSubmatch(found, -1) {
		var line int
		_, _ = fmt.Sscan(m[1], &line) // digits
		if !said[line] {
			t.Errorf("found at line %d, where nothing is said:\n%s", line, found)
		}
	}
}
