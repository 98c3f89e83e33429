package api_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/authz"
)

// fenced is a block of docs/api.md.
type fenced struct{ language, text string }

func fencedBlocks(t *testing.T) (all []fenced) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		all = append(all, fenced{m[1], m[2]})
	}
	return all
}

// The commands of the integrator's guide are run as they stand, by bash and curl,
// against a server; what they print is compared with what the guide shows.
func TestTheCommandsOfTheGuideDoWhatItShows(t *testing.T) {
	w := newWorld(t)
	s := w.connectOn(authz.Terms{Name: "City Bookings", Reads: []string{"contact"}})
	substitute := strings.NewReplacer("https://records.example.org", w.server.URL, "ID=sys_…", "ID="+s.id.String(), "SECRET=hbs_…", "SECRET="+s.secret)
	const border = "\n==== next block ====\n"
	var script strings.Builder
	script.WriteString("set -u\n")
	var shown []fenced // after each command, what the guide shows; empty: nothing
	for _, b := range fencedBlocks(t) {
		switch b.language {
		case "bash":
			script.WriteString(substitute.Replace(b.text) + "printf '" + strings.ReplaceAll(border, "\n", `\n`) + "'\n")
			shown = append(shown, fenced{})
		case "json", "http", "text":
			shown[len(shown)-1] = b
		}
	}
	if len(shown) < 12 {
		t.Fatalf("%d commands in the guide", len(shown))
	}
	out, err := exec.CommandContext(t.Context(), "bash", "-c", script.String()).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	printed := strings.Split(string(out), border)
	for i, want := range shown {
		if got := printed[i]; !asShown(want, got) {
			t.Errorf("command %d prints\n%s\nthe guide shows\n%s", i+1, got, want.text)
		}
	}
}

// asShown compares what was printed with what the guide shows, where “…” is any text.
func asShown(want fenced, got string) bool {
	switch want.language {
	case "json":
		var a, b any
		return json.Unmarshal([]byte(want.text), &a) == nil && json.Unmarshal([]byte(got), &b) == nil && alike(a, b)
	case "http": // some of the lines
		lines := strings.Split(strings.ReplaceAll(got, "\r\n", "\n"), "\n")
		for line := range strings.SplitSeq(strings.TrimSpace(want.text), "\n") {
			found := false
			for _, one := range lines {
				found = found || one == line
			}
			if !found {
				return false
			}
		}
		return true
	}
	return strings.TrimSpace(got) == strings.TrimSpace(want.text)
}

func alike(a, b any) bool {
	switch a := a.(type) {
	case string:
		text, ok := b.(string)
		return ok && (text == a || a == "…" && text != "")
	case map[string]any:
		m, ok := b.(map[string]any)
		if !ok || len(m) != len(a) {
			return false
		}
		for name := range a {
			if !alike(a[name], m[name]) {
				return false
			}
		}
		return true
	case []any:
		list, ok := b.([]any)
		if !ok || len(list) != len(a) {
			return false
		}
		for i := range a {
			if !alike(a[i], list[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}
