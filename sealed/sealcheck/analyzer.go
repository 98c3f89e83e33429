package sealcheck

import (
	"go/ast"
	"go/build"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"
)

// Analyzer is the pass. Requirement ANA-1.
var Analyzer = &analysis.Analyzer{
	Name:      "sealcheck",
	Doc:       "find plaintext of sealed values on its way out, and types that undo the sealing",
	URL:       "https://pkg.go.dev/github.com/habeas-data/habeas/sealed/sealcheck",
	Run:       run,
	FactTypes: []analysis.Fact{new(flowFact)},
}

// checker is one run over one package.
type checker struct {
	pass      *analysis.Pass
	pkg       *ssa.Package
	summaries map[inputKey]*summary
	given     map[*ssa.Function]map[int]bool // inputs that are functions and get plaintext
	labels    map[*ssa.Function]map[int]bool // inputs that become labels
	followed  map[gift]bool                  // functions in variables that plaintext was followed to
	found     map[string]bool                // findings made, by place and rule
	allow     *allowances
}

func run(pass *analysis.Pass) (any, error) {
	if !ours(pass) {
		return nil, nil
	}
	c := &checker{
		pass: pass, summaries: map[inputKey]*summary{}, given: map[*ssa.Function]map[int]bool{},
		labels: map[*ssa.Function]map[int]bool{}, followed: map[gift]bool{}, found: map[string]bool{}, allow: readAllowances(pass),
	}
	c.pkg = buildSSA(pass)
	funcs := c.functions()
	if pass.Pkg.Path() != sealedPath {
		c.sources(funcs)
		c.seals(funcs)
		c.types()
	}
	c.export(funcs)
	c.allow.unused(c)
	return nil, nil
}

// ours reports whether a package belongs to the program that is checked: neither to the
// standard library nor to a module that was downloaded. Reading those would take minutes
// and find what tables.go says.
func ours(pass *analysis.Pass) bool {
	if pass.Module != nil && pass.Module.Version != "" || len(pass.Files) == 0 {
		return false
	}
	std := filepath.Join(build.Default.GOROOT, "src") + string(filepath.Separator)
	return !strings.HasPrefix(pass.Fset.File(pass.Files[0].Pos()).Name(), std)
}

// buildSSA is what the pass buildssa does, for the packages that need it only.
func buildSSA(pass *analysis.Pass) *ssa.Package {
	prog := ssa.NewProgram(pass.Fset, 0)
	for _, p := range pass.Pkg.Imports() {
		prog.CreatePackage(p, nil, nil, true)
	}
	pkg := prog.CreatePackage(pass.Pkg, pass.Files, pass.TypesInfo, false)
	pkg.Build()
	return pkg
}

// functions lists the functions of the package, literals after what encloses them, and
// the initialiser of its variables.
func (c *checker) functions() (all []*ssa.Function) {
	var add func(*ssa.Function)
	add = func(f *ssa.Function) {
		all = append(all, f)
		for _, inner := range f.AnonFuncs {
			add(inner)
		}
	}
	add(c.pkg.Func("init"))
	for _, file := range c.pass.Files {
		if c.isTest(file.Pos()) {
			continue
		}
		for _, d := range file.Decls {
			decl, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if f, ok := c.pass.TypesInfo.Defs[decl.Name].(*types.Func); ok {
				if fn := c.pkg.Prog.FuncValue(f); fn != nil {
					add(fn)
				}
			}
		}
	}
	return all
}

func (c *checker) isTest(pos token.Pos) bool {
	f := c.pass.Fset.File(pos)
	return f != nil && strings.HasSuffix(f.Name(), "_test.go")
}

// report says that a rule is broken, once for a place, unless it is allowed there.
func (c *checker) report(pos token.Pos, rule, what string) {
	key := rule + c.pass.Fset.Position(pos).String()
	if c.found[key] || c.isTest(pos) {
		return
	}
	c.found[key] = true
	if c.allow.covers(c.pass.Fset.Position(pos), rule) {
		return
	}
	c.pass.Report(analysis.Diagnostic{Pos: pos, Category: rule, Message: rule + ": " + what + "; " + Rules[rule].Instead})
}
