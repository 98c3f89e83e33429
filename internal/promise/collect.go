package promise

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	proves = regexp.MustCompile(`Proves\s+((?:[A-Z]{2,5}-[AQ]?\d+(?:\s*(?:\.\.|…|–)\s*(?:[A-Z]{2,5}-)?\d+)?|[\s,;/*]|and)+)`)
	oneID  = regexp.MustCompile(`([A-Z]{2,5})-(\d+)(?:\s*(?:\.\.|…|–)\s*(?:[A-Z]{2,5}-)?(\d+))?`)
	inPage = regexp.MustCompile("(?m)^\\s*test\\(\\s*[\"'`](.+?)[\"'`],")
)

// Collect reads which tests below a directory say that they prove which promise. Ids that are
// no promise are left out: other requirements have ids too.
func Collect(root string) (map[string][]Test, error) {
	found := map[string][]Test{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if name != root && (strings.HasPrefix(base, ".") || base == "node_modules" || base == "bin" || base == "testdata" || base == "out") {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case strings.HasSuffix(base, "_test.go"):
			return collectGo(found, name, path.Dir(rel))
		case strings.HasPrefix(rel, "e2e/") && strings.HasSuffix(base, ".test.mjs"):
			return collectPage(found, name, rel)
		}
		return nil
	})
	for id, tests := range found {
		slices.SortFunc(tests, func(a, b Test) int { return strings.Compare(a.Place+"\x00"+a.Name, b.Place+"\x00"+b.Name) })
		found[id] = slices.Compact(tests)
	}
	return found, err
}

// collectGo reads the comments of a file of Go. One proves what its test does: the test in
// which it stands, or the next one.
func collectGo(found map[string][]Test, name, place string) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, group := range file.Comments {
		for _, id := range idsIn(group.Text()) {
			if test := testAt(file, group.Pos()); test != "" {
				found[id] = append(found[id], Test{Place: place, Name: test})
			}
		}
	}
	return nil
}

func testAt(file *ast.File, at token.Pos) string {
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || at >= f.End() {
			continue
		}
		if n := f.Name.Name; f.Recv == nil && (strings.HasPrefix(n, "Test") || strings.HasPrefix(n, "Fuzz") || strings.HasPrefix(n, "Example")) {
			return n
		}
	}
	return ""
}

// collectPage reads a file of browser tests, in which a comment stands before its test.
func collectPage(found map[string][]Test, name, place string) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	text := string(raw)
	for _, at := range proves.FindAllStringIndex(text, -1) {
		test := inPage.FindStringSubmatch(text[at[0]:])
		if test == nil {
			continue
		}
		for _, id := range idsIn(text[at[0]:at[1]]) {
			found[id] = append(found[id], Test{Place: place, Name: test[1]})
		}
	}
	return nil
}

// idsIn returns the promises that a text claims to prove, ranges written out.
func idsIn(text string) (ids []string) {
	for _, claim := range proves.FindAllString(text, -1) {
		for _, m := range oneID.FindAllStringSubmatch(claim, -1) {
			from, _ := strconv.Atoi(m[2])
			to := from
			if m[3] != "" {
				to, _ = strconv.Atoi(m[3])
			}
			for n := from; n <= to && n < from+100; n++ {
				id := fmt.Sprintf("%s-%02d", m[1], n)
				if slices.ContainsFunc(promises, func(p Promise) bool { return p.ID == id }) {
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

// Results are how tests ended, by place and name.
type Results map[[2]string]Result

// ReadResults reads what the runners of the tests have written: a line for each test of
// result, place and name, with tabs between them.
func ReadResults(r io.Reader) (Results, error) {
	out := Results{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		part := strings.SplitN(lines.Text(), "\t", 3)
		if len(part) != 3 || part[0] != string(Passed) && part[0] != string(Failed) {
			return nil, fmt.Errorf("result %q: expected passed or failed, place and name", lines.Text())
		}
		key := [2]string{part[1], part[2]}
		if out[key] != Failed { // a test that runs twice passes if it never fails
			out[key] = Result(part[0])
		}
	}
	return out, lines.Err()
}
