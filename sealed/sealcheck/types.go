package sealcheck

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// types checks what can be seen in declarations and expressions.
func (c *checker) types() {
	for _, file := range c.pass.Files {
		if c.isTest(file.Pos()) {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				c.redefined(n)
			case *ast.FuncDecl:
				c.receiver(n)
			case *ast.CallExpr:
				c.conversion(n)
				c.hidden(n)
			case *ast.BinaryExpr:
				c.comparison(n)
			case *ast.SwitchStmt:
				if n.Tag != nil && isSealed(c.pass.TypesInfo.TypeOf(n.Tag)) {
					c.report(n.Pos(), "compare", "a switch compares sealed values")
				}
			case *ast.MapType:
				if t := c.pass.TypesInfo.TypeOf(n.Key); t != nil && isSealed(t) {
					c.report(n.Pos(), "compare", "the key of a map is a sealed value")
				}
			}
			return true
		})
	}
}

func (c *checker) redefined(n *ast.TypeSpec) {
	if t := c.pass.TypesInfo.TypeOf(n.Type); !n.Assign.IsValid() && t != nil && isSealed(t) {
		c.report(n.Pos(), "redefine", n.Name.Name+" is a type of its own made of a sealed one")
	}
}

// conversion reports T(v) to another type, and unsafe.Pointer(&v).
func (c *checker) conversion(n *ast.CallExpr) {
	if len(n.Args) != 1 || !c.pass.TypesInfo.Types[n.Fun].IsType() {
		return
	}
	to, from := c.pass.TypesInfo.TypeOf(n.Fun), c.pass.TypesInfo.TypeOf(n.Args[0])
	if to == nil || from == nil {
		return
	}
	if p, ok := from.Underlying().(*types.Pointer); ok {
		from = p.Elem()
	}
	if p, ok := to.Underlying().(*types.Pointer); ok {
		to = p.Elem()
	}
	if isSealed(from) && !types.Identical(to, from) && !types.IsInterface(to) {
		c.report(n.Pos(), "redefine", "a sealed value is converted to "+types.TypeString(to, types.RelativeTo(c.pass.Pkg)))
	}
}

// speakers are the methods by which a value says what is printed of it.
var speakers = map[string]bool{
	"LogValue": true, "Format": true, "String": true, "GoString": true, "MarshalJSON": true, "MarshalText": true, "MarshalXML": true,
}

func (c *checker) receiver(n *ast.FuncDecl) {
	if n.Recv == nil || !speakers[n.Name.Name] || len(n.Recv.List) != 1 {
		return
	}
	t := c.pass.TypesInfo.TypeOf(n.Recv.List[0].Type)
	p, ok := types.Unalias(t).(*types.Pointer)
	if ok && sealedWithin(p.Elem(), false, 1) && !stays(p.Elem()) {
		c.report(n.Name.Pos(), "receiver", n.Name.Name+" of a type that holds sealed values has a pointer receiver")
	}
}

// stays reports whether a struct has a lock, so that no value of it is ever passed about.
func stays(t types.Type) bool {
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for f := range s.Fields() {
		if n, ok := types.Unalias(f.Type()).(*types.Named); ok && n.Obj().Pkg() != nil && strings.HasPrefix(n.Obj().Pkg().Path(), "sync") {
			return true
		}
	}
	return false
}

func (c *checker) comparison(n *ast.BinaryExpr) {
	if n.Op != token.EQL && n.Op != token.NEQ {
		return
	}
	for _, side := range []ast.Expr{n.X, n.Y} {
		if t := c.pass.TypesInfo.TypeOf(side); t != nil && isSealed(t) {
			c.report(n.OpPos, "compare", "sealed values are compared by "+n.Op.String())
			return
		}
	}
}

// printers are the functions that show a struct by walking its fields.
var printers = []string{"fmt.", "log.", "log/slog.", "testing."}

func (c *checker) hidden(n *ast.CallExpr) {
	var id *ast.Ident
	switch f := ast.Unparen(n.Fun).(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return
	}
	f, _ := c.pass.TypesInfo.Uses[id].(*types.Func)
	if name := nameOf(f); f == nil || !begins(printers, name) || strings.HasPrefix(name, "fmt.Sscan") || strings.HasPrefix(name, "fmt.Fscan") {
		return
	}
	for _, a := range n.Args {
		if t := c.pass.TypesInfo.TypeOf(a); t != nil && !isSealed(t) && sealedWithin(t, true, 0) {
			c.report(a.Pos(), "hidden", "a struct is printed that has sealed values in unexported fields")
		}
	}
}

// sealedWithin reports whether t holds a sealed value; when hidden is set, only in
// fields whose methods fmt cannot call, and only where t does not speak for itself.
func sealedWithin(t types.Type, hidden bool, depth int) bool {
	if depth > 6 { // types may contain themselves
		return false
	}
	if isSealed(t) {
		return !hidden
	}
	if hidden && speaks(t) {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		if depth > 0 {
			return false // fmt follows a pointer at the top only
		}
		return sealedWithin(u.Elem(), hidden, depth+1)
	case *types.Slice:
		return sealedWithin(u.Elem(), hidden, depth+1)
	case *types.Array:
		return sealedWithin(u.Elem(), hidden, depth+1)
	case *types.Map:
		return sealedWithin(u.Elem(), hidden, depth+1)
	case *types.Struct:
		for f := range u.Fields() {
			if sealedWithin(f.Type(), hidden && f.Exported(), depth+1) {
				return true
			}
		}
	}
	return false
}

// speaks reports whether fmt and slog call a method of t.
func speaks(t types.Type) bool {
	for m := range types.NewMethodSet(t).Methods() {
		if name := m.Obj().Name(); name == "Format" || name == "String" || name == "LogValue" || name == "Error" {
			return true
		}
	}
	return false
}
