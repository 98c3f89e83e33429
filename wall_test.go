package habeas_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the path every import of our own starts with.
const module = "github.com/habeas-data/habeas"

// house is the floor plan of docs/adr/0001-house-and-floors.md. A package
// belongs to the room with the longest matching path, so internal/keyring/store
// is part of internal/keyring and needs no line of its own. Rooms that are not
// built yet stand here too: the plan says where they go.
var house = map[string]int{
	"cmd/habeas":          6, // command line: one file per command group, no logic
	"internal/servertest": 6, // a whole server for tests; only tests import it
	"examples/creator":    6, // a site of a trusted entity creator, to begin one's own from

	"internal/app": 5, // the only place that wires things together

	"internal/web":      4, // pages for people
	"internal/api":      4, // JSON and protocol endpoints
	"internal/sqlstore": 4, // all SQL of records

	"internal/party":   3, // records, matching, claims, disputes
	"internal/account": 3, // sign-in, credentials, roles, recovery
	"internal/entity":  3, // Entity Name System
	"internal/proxy":   3, // the local agent of a registered person
	"internal/authz":   3, // who may use what: authorization server
	"internal/session": 3, // session log
	"internal/edge":    3, // what web and api share
	"internal/webhook": 3, // events sent to connected systems

	"internal/audit":     2, // entries, evidence, disclosure
	"internal/keyring":   2, // master password, subject keys, erasure
	"internal/pki":       2, // certificate authority
	"internal/kpi":       2, // interaction data
	"internal/mail":      2, // messages and their delivery
	"internal/directory": 2, // LDAP
	"internal/oidc":      2, // sign-in by an outside identity provider
	"internal/jobs":      2, // outbox, schedules
	"internal/promise":   2, // what the policy promises, and the tests that prove it
	"internal/release":   2, // programs that can be checked
	"internal/email":     2, // e-mail addresses as identity
	"internal/demo":      2, // invented people
	"internal/bench":     2, // measuring: a server from outside, the library match
	"internal/pgtest":    2, // a throw-away PostgreSQL for tests; only tests import it

	".":             1, // package habeas: ids, Actor, error kinds, Clock
	"internal/lang": 1, // message catalogues
	"sealed":        1, // values that never reach a log
	"scrub":         1, // personal data out of text
	"match":         1, // name search and record linkage
	"ledger":        1, // tamper-evident log
	"uma":           1, // UMA 2.0 protocol types
	"attrcert":      1, // RFC 5755
	"client":        1, // Go client of the API
}

// sideDoors are the imports between rooms of one floor that are allowed.
var sideDoors = map[[2]string]string{
	{"scrub", "sealed"}:                 "a scrubber removes what a session has sealed",
	{"internal/bench", "internal/demo"}: "texts to be scrubbed are about the invented people",
}

// sqlRooms may import SQL; every other package reaches rows through a Store.
var sqlRooms = []string{"internal/sqlstore", "internal/keyring/store", "internal/kpi/store", "internal/pgtest"}

// sqlArgument is the one package of SQL that a public library may import: the interface by
// which a driver takes an argument, so that a sealed value can be one without being a string,
// and a test can record what drivers are given.
const sqlArgument = "database/sql/driver"

// sqlModules are the imports that make a package one that speaks SQL.
var sqlModules = []string{"database/sql", "modernc.org/sqlite", "github.com/jackc/pgx", "github.com/pressly/goose"}

// maxLines is the length past which a file has two subjects.
const maxLines = 500

// pkg is one directory of non-test Go files, parsed without type information.
type pkg struct {
	dir   string // slash-separated, relative to the root; "." is the root
	files map[string]*ast.File
	lines map[string]int
	fset  *token.FileSet
}

// imports lists the import paths of a package, each once.
func (p *pkg) imports() []string {
	var all []string
	for _, f := range p.files {
		for _, spec := range f.Imports {
			all = append(all, unquote(spec.Path.Value))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// readHouse parses every non-test package of the module. Directories that are
// no part of it (other modules, hidden ones, test data) are left out.
func readHouse(t *testing.T) map[string]*pkg {
	t.Helper()
	pkgs := map[string]*pkg{}
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			outside := name != "." && (base[0] == '.' || base[0] == '_') ||
				base == "testdata" || base == "node_modules" || name == "e2e" || name == "tools" || name == "bench"
			if outside {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := path.Dir(filepath.ToSlash(name))
		if pkgs[dir] == nil {
			pkgs[dir] = &pkg{dir: dir, files: map[string]*ast.File{}, lines: map[string]int{}, fset: fset}
		}
		pkgs[dir].files[filepath.ToSlash(name)] = file
		pkgs[dir].lines[filepath.ToSlash(name)] = strings.Count(string(src), "\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pkgs
}

// roomOf finds the room a directory belongs to.
func roomOf(dir string) (room string, found bool) {
	for d := dir; ; d = path.Dir(d) {
		if d == "." {
			return d, dir == "." // a directory below the root is no part of the root package
		}
		if _, ok := house[d]; ok {
			return d, true
		}
	}
}

// wallBetween says why a package in room a may not import one in room b, or "".
func wallBetween(a, b string) string {
	switch {
	case a == b || house[b] < house[a] || sideDoors[[2]string{a, b}] != "":
		return ""
	case house[a] == house[b]:
		return "both rooms are on floor " + strconv.Itoa(house[a]) + ", and rooms of one floor do not know each other: " +
			"declare in " + a + " a small interface for what it needs, and let internal/app connect the two"
	default:
		return a + " is on floor " + strconv.Itoa(house[a]) + " and " + b + " above it on floor " + strconv.Itoa(house[b]) +
			": knowledge points downward only, so that each room can be understood with nothing but what is below it. " +
			"Declare an interface where it is needed, or move what is shared to a lower floor"
	}
}

func TestAPackageImportsOnlyLowerFloors(t *testing.T) {
	for dir, p := range readHouse(t) {
		room, ok := roomOf(dir)
		if !ok {
			t.Errorf("%s is in no room: give it a floor here, in the table of wall_test.go, "+
				"and a line in docs/adr/0001-house-and-floors.md", dir)
			continue
		}
		for _, imported := range p.imports() {
			theirs, ok := ourDir(imported)
			if !ok {
				continue
			}
			other, ok := roomOf(theirs)
			if !ok {
				continue // reported as a package of its own
			}
			if why := wallBetween(room, other); why != "" {
				t.Errorf("%s imports %s: %s", dir, theirs, why)
			}
		}
	}
}

func TestTheTableItselfTellsFloorsApart(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		allowed  bool
	}{
		"a lower floor may be used":                {"internal/party", "internal/audit", true},
		"a higher floor may not":                   {"internal/audit", "internal/party", false},
		"neighbours do not know each other":        {"internal/party", "internal/account", false},
		"a public library does not know the house": {"ledger", ".", false},
		"a room may use its own sub-package":       {"internal/keyring", "internal/keyring/store", true},
		"a side door is open":                      {"scrub", "sealed", true},
		"and only from one side":                   {"sealed", "scrub", false},
	} {
		t.Run(name, func(t *testing.T) {
			a, okA := roomOf(c.from)
			b, okB := roomOf(c.to)
			if !okA || !okB {
				t.Fatalf("%s or %s has no room", c.from, c.to)
			}
			if why := wallBetween(a, b); (why == "") != c.allowed {
				t.Errorf("%s → %s: wall %q, want allowed %v", c.from, c.to, why, c.allowed)
			}
		})
	}
	if room, ok := roomOf("internal/unheard/of"); ok {
		t.Errorf("a package without a floor was given room %s", room)
	}
}

func TestSQLStaysInItsRooms(t *testing.T) {
	for dir, p := range readHouse(t) {
		if slices.ContainsFunc(sqlRooms, func(room string) bool { return within(dir, room) }) {
			continue
		}
		for _, imported := range p.imports() {
			if within(dir, "sealed") && imported == sqlArgument {
				continue
			}
			if slices.ContainsFunc(sqlModules, func(m string) bool { return within(imported, m) }) {
				t.Errorf("%s imports %s: SQL lives in %s only, so that a query has an address and a domain "+
					"runs on any dialect. Ask for what is needed through the domain's Store",
					dir, imported, strings.Join(sqlRooms, ", "))
			}
		}
	}
}

func TestAFileHasOneSubject(t *testing.T) {
	for _, p := range readHouse(t) {
		for name, lines := range p.lines {
			if lines > maxLines && !ast.IsGenerated(p.files[name]) {
				t.Errorf("%s has %d lines, the limit is %d: split it by subject, by a word of docs/terms.md",
					name, lines, maxLines)
			}
		}
	}
}

// ourDir turns an import path into a directory of this module.
func ourDir(imported string) (string, bool) {
	if imported == module {
		return ".", true
	}
	return strings.CutPrefix(imported, module+"/")
}

// within reports whether a path is dir or below it.
func within(name, dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") }

func unquote(s string) string {
	u, _ := strconv.Unquote(s) // the parser has accepted it
	return u
}
