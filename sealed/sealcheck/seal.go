package sealcheck

import (
	"go/constant"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// sealers are the functions of package sealed that take a label: which argument it is, the
// receiver counted, and whether what follows is to be sealed.
var sealers = map[string]struct {
	label int
	seals bool
}{
	"Session.Seal":     {1, true},
	"Session.OpenHPKE": {1, false},
	"SealOf":           {1, false},
	"Store.Set":        {1, true},
	"SetOf":            {1, false},
}

// seals checks the arguments of Seal and its kin. A function whose parameter becomes a
// label is of that kin itself, so this goes on until nothing is new.
func (c *checker) seals(funcs []*ssa.Function) {
	for before := -1; before != count(c.labels); {
		before = count(c.labels)
		for _, fn := range funcs {
			for _, b := range fn.Blocks {
				for _, instr := range b.Instrs {
					if call, ok := instr.(ssa.CallInstruction); ok {
						c.seal(fn, call)
					}
				}
			}
		}
	}
}

// seal checks one call.
func (c *checker) seal(fn *ssa.Function, call ssa.CallInstruction) {
	callee, args := call.Common().StaticCallee(), call.Common().Args
	if callee == nil {
		return
	}
	object, _ := callee.Object().(*types.Func)
	if name, ok := strings.CutPrefix(nameOf(object), sealedPath+"."); ok {
		if s, known := sealers[name]; known {
			c.label(fn, call, args[s.label])
			if s.seals && literal(args[s.label+1]) {
				c.report(call.Pos(), "literal", "the sealed value is written in the program")
			}
		}
		return
	}
	if o := callee.Origin(); o != nil {
		callee = o
	}
	for in := range c.labels[callee] {
		c.label(fn, call, args[in])
	}
	var fact flowFact
	if object != nil && object.Pkg() != c.pass.Pkg && c.pass.ImportObjectFact(object, &fact) {
		for _, in := range fact.Labels {
			c.label(fn, call, args[in])
		}
	}
}

// label checks that a label is a constant, or a parameter whose callers are checked.
func (c *checker) label(fn *ssa.Function, call ssa.CallInstruction, v ssa.Value) {
	v = origin(v)
	for { // a variable that a function literal captures is one of the function around it
		free, ok := v.(*ssa.FreeVar)
		if !ok || fn.Parent() == nil {
			break
		}
		v, fn = origin(bound(fn, free)), fn.Parent()
	}
	switch v := v.(type) {
	case *ssa.Const:
		return
	case *ssa.IndexAddr: // one of many names
		c.label(fn, call, v.X)
		return
	case *ssa.Slice:
		if all := stored(v); len(all) > 0 {
			for _, e := range all {
				c.label(fn, call, e)
			}
			return
		}
	case *ssa.Parameter:
		for i, p := range fn.Params {
			if p == v {
				if c.labels[fn] == nil {
					c.labels[fn] = map[int]bool{}
				}
				c.labels[fn][i] = true
				return
			}
		}
	case *ssa.Phi:
		for _, e := range v.Edges {
			if _, ok := e.(*ssa.Const); !ok {
				c.report(call.Pos(), "label-constant", "the label is not always a constant")
			}
		}
		return
	}
	c.report(call.Pos(), "label-constant", "the label is not a constant")
}

// bound is what a captured variable stands for where the function literal is made.
func bound(fn *ssa.Function, free *ssa.FreeVar) ssa.Value {
	for _, b := range fn.Parent().Blocks {
		for _, instr := range b.Instrs {
			if mc, ok := instr.(*ssa.MakeClosure); ok && mc.Fn == fn {
				for i, v := range fn.FreeVars {
					if v == free {
						return mc.Bindings[i]
					}
				}
			}
		}
	}
	return free
}

// literal reports whether bytes are made of a constant text that is not empty.
func literal(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Convert:
		k, ok := v.X.(*ssa.Const)
		return ok && k.Value != nil && k.Value.Kind() == constant.String && constant.StringVal(k.Value) != ""
	case *ssa.Slice: // []byte{'a', 'b'}
		all := stored(v)
		for _, e := range all {
			if _, ok := e.(*ssa.Const); !ok {
				return false
			}
		}
		return len(all) > 0
	}
	return false
}

// stored are the elements of a slice that is written out, or made of arguments.
func stored(v *ssa.Slice) (all []ssa.Value) {
	a, ok := v.X.(*ssa.Alloc)
	if !ok || a.Comment != "slicelit" && a.Comment != "varargs" {
		return nil
	}
	for _, r := range *a.Referrers() {
		if at, ok := r.(*ssa.IndexAddr); ok {
			for _, w := range *at.Referrers() {
				if s, ok := w.(*ssa.Store); ok {
					all = append(all, s.Val)
				}
			}
		}
	}
	return all
}
