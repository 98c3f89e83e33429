package habeas_test

import (
	"go/ast"
	"go/types"
	"path"
	"slices"
	"strings"
	"testing"
)

// decidedFields are those that only the dispatcher of the life cycle decides about.
var decidedFields = map[string][]string{
	"Party":   {"State", "Account", "Review", "Blocked", "Cleared"},
	"Claim":   {"State"},
	"Dispute": {"State"},
}

// decidedElsewhere are the places that make up a record or a claim, each with the reason
// why nothing is decided by it.
var decidedElsewhere = map[string]string{
	"internal/web/admin/register.go":         "asks the policy about any unclaimed record",
	"internal/app/sandbox_pass.go":           "the invented record of the sandbox",
	"internal/app/change_tell.go":            "how a record stood after an earlier change: compared, never kept",
	"internal/app/bench_people.go":           "the invented people that are measured with",
	"internal/party/partytest/world.go":      "the model of the rules",
	"internal/party/partytest/steps_join.go": "disputes of the model",
}

// TestOnlyTheDispatcherDecidesTheLifeCycle reads every assignment and literal. Types are
// those of our own packages; what others return is unknown, and none of it is a record.
func TestOnlyTheDispatcherDecidesTheLifeCycle(t *testing.T) {
	pkgs := readHouse(t)
	all := &ourTypes{pkgs: pkgs, done: map[string]*types.Package{}, info: map[string]*types.Info{}}
	seen := 0
	for dir, p := range pkgs {
		if dir != "internal/party" && !slices.Contains(p.imports(), module+"/internal/party") {
			continue
		}
		all.check(dir)
		for name, file := range p.files {
			if strings.HasPrefix(name, "internal/party/lifecycle") {
				seen += len(decisions(file, all.info[dir]))
				continue
			}
			for _, what := range decisions(file, all.info[dir]) {
				if decidedElsewhere[name] == "" {
					t.Errorf("%s decides %s: take a party.Move with party.Situation.Take instead, so that every rule stands in one place", name, what)
				}
			}
		}
	}
	if seen < 40 {
		t.Errorf("the dispatcher decides %d times: this test sees nothing any more", seen)
	}
}

// ourTypes checks packages of ours against each other. Whatever else they import is empty,
// and the errors that follow from it are not looked at.
type ourTypes struct {
	pkgs map[string]*pkg
	done map[string]*types.Package
	info map[string]*types.Info
}

// Import implements types.Importer.
func (o *ourTypes) Import(name string) (*types.Package, error) {
	if dir, ok := ourDir(name); ok && o.pkgs[dir] != nil {
		return o.check(dir), nil
	}
	empty := types.NewPackage(name, path.Base(name))
	empty.MarkComplete()
	return empty, nil
}

func (o *ourTypes) check(dir string) *types.Package {
	if p, done := o.done[dir]; done {
		return p
	}
	var files []*ast.File
	for _, f := range o.pkgs[dir].files {
		files = append(files, f)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	conf := types.Config{Importer: o, Error: func(error) {}, IgnoreFuncBodies: dir != "internal/party" && !slices.Contains(o.pkgs[dir].imports(), module+"/internal/party")}
	p, _ := conf.Check(module+"/"+dir, o.pkgs[dir].fset, files, info)
	o.done[dir], o.info[dir] = p, info
	return p
}

// decisions lists what a file assigns of the decided fields.
func decisions(file *ast.File, info *types.Info) (out []string) {
	decided := func(of ast.Expr, field string) {
		t := info.Types[of].Type
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		named, ok := t.(*types.Named)
		if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != module+"/internal/party" {
			return
		}
		if slices.Contains(decidedFields[named.Obj().Name()], field) {
			out = append(out, named.Obj().Name()+"."+field)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				if sel, ok := left.(*ast.SelectorExpr); ok {
					decided(sel.X, sel.Sel.Name)
				}
			}
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					if key, ok := kv.Key.(*ast.Ident); ok {
						decided(n, key.Name)
					}
				}
			}
		}
		return true
	})
	return out
}
