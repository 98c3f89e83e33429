package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"

	"github.com/habeas-data/habeas/internal/lang"
)

// sentences collects what people read, with the place it was first seen.
type sentences struct {
	root   string
	places map[string]string
	consts map[string]map[string]string // by folder and name: sentences kept in constants
}

func (s *sentences) add(text, place string) {
	if _, ok := s.places[text]; !ok && strings.TrimSpace(text) != "" {
		s.places[text] = place
	}
}

// collectSentences reads all templates and all Go files of the repository but tests.
func collectSentences(t *testing.T) map[string]string {
	t.Helper()
	s := &sentences{root: "../..", places: map[string]string{}, consts: map[string]map[string]string{}}
	var goFiles []string
	err := filepath.WalkDir(s.root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != s.root && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"bin", "e2e", "tools", "testdata", "docs", "partytest"}, d.Name())):
			return filepath.SkipDir
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			goFiles = append(goFiles, name)
		case strings.HasSuffix(name, ".html") || strings.HasSuffix(name, ".tmpl"):
			s.template(t, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	parsed := map[string]*ast.File{}
	for _, name := range goFiles { // constants first: a message may be declared in another file
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Logf("%s is left out: it does not parse yet", name)
			continue
		}
		parsed[name] = file
		s.constants(filepath.Dir(name), file)
	}
	for _, name := range slices.Sorted(maps.Keys(parsed)) {
		s.goFile(name, parsed[name])
	}
	return s.places
}

// template adds the constant arguments of t, rich and plural.
func (s *sentences) template(t *testing.T, name string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	set := map[string]*parse.Tree{}
	if _, err := tree.Parse(string(data), "", "", set); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	for _, one := range set {
		s.node(one.Root, name)
	}
}

func (s *sentences) node(n parse.Node, place string) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				s.node(c, place)
			}
		}
	case *parse.ActionNode:
		s.node(n.Pipe, place)
	case *parse.IfNode:
		s.branch(&n.BranchNode, place)
	case *parse.RangeNode:
		s.branch(&n.BranchNode, place)
	case *parse.WithNode:
		s.branch(&n.BranchNode, place)
	case *parse.TemplateNode:
		s.node(n.Pipe, place)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				s.command(c, place)
			}
		}
	}
}

func (s *sentences) branch(n *parse.BranchNode, place string) {
	s.node(n.Pipe, place)
	s.node(n.List, place)
	s.node(n.ElseList, place)
}

func (s *sentences) command(c *parse.CommandNode, place string) {
	for _, arg := range c.Args {
		s.node(arg, place)
	}
	name, ok := c.Args[0].(*parse.IdentifierNode)
	if !ok {
		return
	}
	for _, i := range templateArgs[name.Ident] {
		if i >= len(c.Args) {
			continue
		}
		if text, ok := c.Args[i].(*parse.StringNode); ok {
			s.add(text.Text, place)
		}
	}
}

// templateArgs says which arguments of a template function are sentences; the
// function itself is argument 0.
var templateArgs = map[string][]int{"t": {1}, "rich": {1}, "plural": {2, 3}}

// constants remembers the string constants of a package.
func (s *sentences) constants(dir string, file *ast.File) {
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		for _, spec := range gen.Specs {
			v := spec.(*ast.ValueSpec)
			for i, name := range v.Names {
				if i >= len(v.Values) {
					continue
				}
				if text, ok := s.text(dir, v.Values[i]); ok {
					if s.consts[dir] == nil {
						s.consts[dir] = map[string]string{}
					}
					s.consts[dir][name.Name] = text
				}
			}
		}
	}
}

// messageArgs says which arguments of a call are sentences, by the name called.
var messageArgs = map[string][]int{
	"Invalid": {1}, "NotFound": {0}, "Forbidden": {0}, "Conflict": {0}, "Gone": {0}, "TooMany": {0}, "Unavailable": {0},
	"Mark": {0}, "T": {0}, "Fill": {0}, "Plural": {1, 2},
}

// receivers are what the constructors of errors are called on; methods of printers
// are called on anything.
var receivers = map[string]string{
	"Invalid": "habeas", "NotFound": "habeas", "Forbidden": "habeas", "Conflict": "habeas", "Gone": "habeas",
	"TooMany": "habeas", "Unavailable": "habeas", "Mark": "lang",
}

func (s *sentences) goFile(name string, file *ast.File) {
	dir := filepath.Dir(name)
	inRoot := file.Name.Name == "habeas"
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			s.call(dir, name, inRoot, n)
		case *ast.CompositeLit:
			if isErrorType(n.Type, inRoot) {
				s.literal(dir, name, n, "Message")
			}
			if list, ok := n.Type.(*ast.ArrayType); ok {
				for _, e := range n.Elts {
					if one, ok := e.(*ast.CompositeLit); ok {
						s.literal(dir, name, one, listed[typeName(list.Elt)]...)
					}
				}
			}
		}
		return true
	})
}

func (s *sentences) call(dir, place string, inRoot bool, call *ast.CallExpr) {
	var called, on string
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		called = f.Sel.Name
		if x, ok := f.X.(*ast.Ident); ok {
			on = x.Name
		}
	case *ast.Ident:
		called = f.Name
		if inRoot {
			on = "habeas"
		}
	}
	if want := receivers[called]; want != "" && on != want {
		return
	}
	for _, i := range messageArgs[called] {
		if i < len(call.Args) {
			if text, ok := s.text(dir, call.Args[i]); ok {
				s.add(text, place)
			}
		}
	}
}

// isErrorType recognises habeas.Error{…}, within the root package Error{…}.
func isErrorType(e ast.Expr, inRoot bool) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		x, ok := e.X.(*ast.Ident)
		return ok && x.Name == "habeas" && e.Sel.Name == "Error"
	case *ast.Ident:
		return inRoot && e.Name == "Error"
	}
	return false
}

// listed are the fields of tables of texts that pages translate, by type.
var listed = map[string][]string{"Kept": {"What", "Why", "Basis", "Until"}, "ConsentTerm": {"Title", "Says"}, "Promise": {"Says"}, "Chapter": {"Title"}}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func (s *sentences) literal(dir, place string, lit *ast.CompositeLit, fields ...string) {
	for _, element := range lit.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := pair.Key.(*ast.Ident); ok && slices.Contains(fields, key.Name) {
			if text, ok := s.text(dir, pair.Value); ok {
				s.add(text, place)
			}
		}
	}
}

// text evaluates string literals, sums of them, and constants of the package.
func (s *sentences) text(dir string, e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, err := strconv.Unquote(e.Value)
			return text, err == nil
		}
	case *ast.BinaryExpr:
		left, ok1 := s.text(dir, e.X)
		right, ok2 := s.text(dir, e.Y)
		return left + right, ok1 && ok2 && e.Op == token.ADD
	case *ast.ParenExpr:
		return s.text(dir, e.X)
	case *ast.SelectorExpr: // of the root package: habeas.BasisLaw
		text, ok := s.consts[filepath.Join("..", "..")][e.Sel.Name]
		return text, ok
	case *ast.Ident:
		text, ok := s.consts[dir][e.Name]
		return text, ok
	}
	return "", false
}

func TestEverySentenceIsTranslated(t *testing.T) {
	catalogue, err := lang.Standard()
	if err != nil {
		t.Fatal(err)
	}
	places := collectSentences(t)
	for _, known := range []string{"Skip to the content", "Find the record about me", "There is nothing here"} {
		if places[known] == "" {
			t.Errorf("the collector does not find %q, so it finds too little", known)
		}
	}
	all := slices.Collect(maps.Keys(places))
	for _, tag := range catalogue.Languages() {
		for _, missing := range catalogue.Missing(tag, all) {
			t.Errorf("%s lacks %q (%s)", tag, missing, strings.TrimPrefix(places[missing], "../../"))
		}
	}
}
