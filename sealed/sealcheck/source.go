package sealcheck

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// sources finds the functions that get plaintext and follows it. A function may get it
// from Use, or from one that passes on what it gets, so this goes on until nothing is new.
func (c *checker) sources(funcs []*ssa.Function) {
	for before := -1; before != count(c.given); {
		before = count(c.given)
		for _, fn := range funcs {
			for _, b := range fn.Blocks {
				for _, instr := range b.Instrs {
					if call, ok := instr.(ssa.CallInstruction); ok {
						c.giver(fn, call)
					}
				}
			}
		}
	}
}

func count(marks map[*ssa.Function]map[int]bool) (n int) {
	for _, m := range marks {
		n += len(m)
	}
	return n
}

// giver looks whether a call gives plaintext to one of its arguments.
func (c *checker) giver(fn *ssa.Function, call ssa.CallInstruction) {
	common := call.Common()
	callee := common.StaticCallee()
	if callee == nil {
		return
	}
	if o := callee.Origin(); o != nil {
		callee = o
	}
	object, _ := callee.Object().(*types.Func)
	if isUse(object) {
		c.give(fn, common.Args[len(common.Args)-1])
		return
	}
	args := common.Args
	if mc, ok := common.Value.(*ssa.MakeClosure); ok {
		args = append(args[:len(args):len(args)], mc.Bindings...)
	}
	for in := range c.given[callee] {
		if in < len(args) {
			c.give(fn, args[in])
		}
	}
	var fact flowFact
	if object != nil && object.Pkg() != c.pass.Pkg && c.pass.ImportObjectFact(object, &fact) {
		for _, in := range fact.Given {
			if in < len(args) {
				c.give(fn, args[in])
			}
		}
	}
}

// give notes that v, a function in fn, gets plaintext, and follows it there.
func (c *checker) give(fn *ssa.Function, v ssa.Value) {
	switch target := origin(v).(type) {
	case *ssa.Phi:
		for _, e := range target.Edges {
			c.giveOnce(fn, e)
		}
	case *ssa.Alloc: // a variable that is set more than once
		for _, r := range *target.Referrers() {
			if s, ok := r.(*ssa.Store); ok && s.Addr == target {
				c.giveOnce(fn, s.Val)
			}
		}
	case *ssa.MakeClosure:
		inner, ok := target.Fn.(*ssa.Function)
		if !ok {
			return
		}
		c.source(inner, 0, target.Pos())
		for in := range c.given[inner] { // what it captures gets it too
			if j := in - len(inner.Params); j >= 0 {
				c.give(fn, target.Bindings[j])
			}
		}
	case *ssa.Function:
		if o := target.Origin(); o != nil {
			target = o
		}
		c.source(target, len(target.Params)-1, v.Pos())
	case *ssa.Parameter, *ssa.FreeVar:
		for i, in := range inputs(fn) {
			if in == target {
				if c.given[fn] == nil {
					c.given[fn] = map[int]bool{}
				}
				c.given[fn][i] = true
			}
		}
	}
}

// giveOnce is give for values that may come round again.
func (c *checker) giveOnce(fn *ssa.Function, v ssa.Value) {
	if g := (gift{fn, v}); !c.followed[g] {
		c.followed[g] = true
		c.give(fn, v)
	}
}

// source reports what happens to plaintext given to a function.
func (c *checker) source(fn *ssa.Function, in int, pos token.Pos) {
	if in < 0 {
		return
	}
	var s *summary
	if fn.Blocks != nil {
		s = c.summary(fn, in)
	} else if object, ok := fn.Object().(*types.Func); ok {
		var fact flowFact
		if !c.pass.ImportObjectFact(object, &fact) {
			c.librarySource(nameOf(object), pos)
			return
		}
		s = fact.summary(in)
	} else {
		return
	}
	for g := range s.gives {
		c.giveOnce(g.fn, g.v)
	}
	for _, l := range s.leaks {
		at := l.pos
		if !at.IsValid() {
			at = pos
		}
		c.report(at, l.rule, l.what)
	}
	for _, e := range s.into {
		rule, what := "escape", "a copy of the plaintext is kept in a variable outside"
		if e.kind&shared != 0 {
			rule, what = "retain", "the sealed memory is kept in a variable outside"
		}
		if e.in != in {
			c.report(e.pos, rule, what)
		}
	}
}

// librarySource is a function of the library given to Use by itself.
func (c *checker) librarySource(name string, pos token.Pos) {
	if s, ok := sinkOf(name); ok && pos.IsValid() {
		c.report(pos, ruleFor(s, types.NewSlice(types.Typ[types.Byte])), "plaintext reaches "+short(name))
	}
}

// origin looks through variables that are set once for the function that is in them.
func origin(v ssa.Value) ssa.Value {
	for range 8 { // deeper than any program goes
		switch x := v.(type) {
		case *ssa.ChangeType:
			v = x.X
		case *ssa.MakeInterface:
			v = x.X
		case *ssa.UnOp:
			v = x.X
		case *ssa.Alloc:
			stored := onlyStore(x)
			if stored == nil {
				return v
			}
			v = stored
		default:
			return v
		}
	}
	return v
}

// onlyStore is the value that a variable gets, where it gets one once.
func onlyStore(a *ssa.Alloc) (val ssa.Value) {
	for _, r := range *a.Referrers() {
		if s, ok := r.(*ssa.Store); ok && s.Addr == a {
			if val != nil {
				return nil
			}
			val = s.Val
		}
	}
	return val
}
