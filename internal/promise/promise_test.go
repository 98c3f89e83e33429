package promise

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The page shows the proofs that are in the tree: whoever writes or renames a test that proves
// something runs make promises.
func TestTheProofsAreThoseOfTheTree(t *testing.T) {
	found, err := Collect("../..")
	if err != nil {
		t.Fatal(err)
	}
	names := func(all map[string][]Test) map[string][]string {
		out := map[string][]string{}
		for id, tests := range all {
			for _, one := range tests {
				out[id] = append(out[id], one.Place+" "+one.Name)
			}
		}
		return out
	}
	if want, got := names(found), names(Known().Tests); !reflect.DeepEqual(want, got) {
		for _, id := range slices.Sorted(maps.Keys(want)) {
			if !slices.Equal(want[id], got[id]) {
				t.Errorf("%s: the tree says %v, proofs.json %v", id, want[id], got[id])
			}
		}
		t.Error("proofs.json is old: run make promises")
	}
}

func TestEachPromiseIsSaidOnceInAChapter(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range All() {
		if seen[p.ID] || p.Says == "" || !slices.ContainsFunc(Chapters(), p.In) {
			t.Errorf("%s: twice, empty or of no chapter", p.ID)
		}
		seen[p.ID] = true
	}
	if len(seen) < 100 {
		t.Errorf("%d promises", len(seen))
	}
}

func TestATestProvesWhatItsCommentSays(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a/x_test.go": "package a\n\nimport \"testing\"\n\n// It holds.\n// Prov" + "es RET-01, RET-03..04 and PTY-1.\nfunc TestIt(t *testing.T) {\n\t// Prov" +
			"es REG-01.\n\tt.Run(\"in it\", nil)\n}\n\nfunc helper() {}\n",
		"e2e/p.test.mjs":              "// Prov" + "es AUTH-01.\ntest('the password stays here', async () => {});\n",
		"e2e/node_modules/q.test.mjs": "// Prov" + "es AUTH-02.\ntest('no', async () => {});\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Collect(dir)
	if err != nil {
		t.Fatal(err)
	}
	it, page := []Test{{Place: "a", Name: "TestIt"}}, []Test{{Place: "e2e/p.test.mjs", Name: "the password stays here"}}
	want := map[string][]Test{"RET-01": it, "RET-03": it, "RET-04": it, "REG-01": it, "AUTH-01": page}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("collected %v", got)
	}
}

func TestAPromiseIsKeptIfATestPassedAndNoneFailed(t *testing.T) {
	for _, c := range []struct {
		tests []Test
		want  Result
	}{
		{nil, NotRun},
		{[]Test{{}}, NotRun},
		{[]Test{{}, {Result: Passed}}, Passed},
		{[]Test{{Result: Passed}, {Result: Failed}, {}}, Failed},
	} {
		if got := State(c.tests); got != c.want {
			t.Errorf("%v: %q", c.tests, got)
		}
	}
	r, err := ReadResults(strings.NewReader("passed\ta\tTestIt\nfailed\ta\tTestThat\npassed\ta\tTestThat\n"))
	if err != nil || r[[2]string{"a", "TestIt"}] != Passed || r[[2]string{"a", "TestThat"}] != Failed {
		t.Errorf("%v, %v", r, err)
	}
	for _, bad := range []string{"passed\ta", "skipped\ta\tTestIt", "\n"} {
		if _, err := ReadResults(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
