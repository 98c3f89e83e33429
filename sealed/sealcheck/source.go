package sealcheck

import (
	"go/constant"
	"go/token"
	"go/types"
	"sort"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// sources finds the functions that get plaintext and follows it. A function may get it
// from Use, or from one that passes on what it gets, so this goes on until nothing is new.
func (c *checker) sources(funcs []*ssa.Function) {
	for before := -1; before != c.givenCount(); {
		before = c.givenCount()
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

func (c *checker) givenCount() (n int) {
	for _, m := range c.given {
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
		if !c.followed[g] {
			c.followed[g] = true
			c.give(g.fn, g.v)
		}
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

// seals checks the arguments of Seal and its kin.
func (c *checker) seals(funcs []*ssa.Function) {
	for _, fn := range funcs {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				call, ok := instr.(ssa.CallInstruction)
				if !ok || call.Common().StaticCallee() == nil {
					continue
				}
				object, _ := call.Common().StaticCallee().Object().(*types.Func)
				name, ok := strings.CutPrefix(nameOf(object), sealedPath+".")
				if s, known := sealers[name]; ok && known {
					c.seal(call, s.label, s.seals)
				}
			}
		}
	}
}

func (c *checker) seal(call ssa.CallInstruction, label int, seals bool) {
	args := call.Common().Args
	if len(args) <= label+1 {
		return
	}
	if _, ok := args[label].(*ssa.Const); !ok {
		c.report(call.Pos(), "label-constant", "the label is not a constant")
	}
	if seals && literal(args[label+1]) {
		c.report(call.Pos(), "literal", "the sealed value is written in the program")
	}
}

// literal reports whether bytes are made of a constant text that is not empty.
func literal(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Convert:
		k, ok := v.X.(*ssa.Const)
		return ok && k.Value != nil && k.Value.Kind() == constant.String && constant.StringVal(k.Value) != ""
	case *ssa.Slice: // []byte{'a', 'b'}: an array whose elements are all constants
		a, ok := v.X.(*ssa.Alloc)
		if !ok || a.Comment != "slicelit" {
			return false
		}
		n := 0
		for _, r := range *a.Referrers() {
			at, ok := r.(*ssa.IndexAddr)
			if !ok {
				continue
			}
			for _, w := range *at.Referrers() {
				if s, ok := w.(*ssa.Store); ok {
					if _, ok := s.Val.(*ssa.Const); !ok {
						return false
					}
					n++
				}
			}
		}
		return n > 0
	}
	return false
}

// flowFact is the summary of a function for the packages that import it.
type flowFact struct {
	Inputs map[int]inputFact
	Given  []int // inputs that are functions and get plaintext
}

// inputFact is a summary without places, which mean nothing elsewhere.
type inputFact struct {
	Leaks   [][2]string // rule, what
	Results map[int]uint8
	Into    map[int]uint8
	Feeds   []int
}

// AFact implements analysis.Fact.
func (*flowFact) AFact() {}

func (f *flowFact) String() string { return "handles plaintext" }

func (f *flowFact) summary(in int) *summary {
	s := newSummary()
	p := f.Inputs[in]
	for _, l := range p.Leaks {
		s.leaks = append(s.leaks, leak{rule: l[0], what: l[1]})
	}
	for i, k := range p.Results {
		s.results[i] = taint(k)
	}
	for i, k := range p.Into {
		s.into = append(s.into, effect{in: i, kind: taint(k)})
	}
	for _, i := range p.Feeds {
		s.feeds[i] = true
	}
	return s
}

// export leaves facts about the functions that others may call.
func (c *checker) export(funcs []*ssa.Function) {
	for _, fn := range funcs {
		object, ok := fn.Object().(*types.Func)
		if !ok || fn.Parent() != nil {
			continue
		}
		fact := flowFact{Inputs: map[int]inputFact{}}
		for i, p := range fn.Params {
			if holds(p.Type()) && !isNumber(p.Type()) && !isSealed(p.Type()) {
				if in, ok := factOf(c.summary(fn, i)); ok {
					fact.Inputs[i] = in
				}
			}
		}
		for in := range c.given[fn] {
			fact.Given = append(fact.Given, in)
		}
		sort.Ints(fact.Given) // the fact file is the same each time
		if len(fact.Inputs)+len(fact.Given) > 0 {
			c.pass.ExportObjectFact(object, &fact)
		}
	}
}

func factOf(s *summary) (in inputFact, ok bool) {
	seen := map[[2]string]bool{}
	for _, l := range s.leaks {
		if pair := [2]string{l.rule, l.what}; !seen[pair] {
			seen[pair] = true
			in.Leaks = append(in.Leaks, pair)
		}
	}
	in.Results, in.Into = map[int]uint8{}, map[int]uint8{}
	for i, k := range s.results {
		in.Results[i] = uint8(k)
	}
	for _, e := range s.into {
		in.Into[e.in] |= uint8(e.kind)
	}
	for i := range s.feeds {
		in.Feeds = append(in.Feeds, i)
	}
	sort.Ints(in.Feeds)
	return in, len(in.Leaks)+len(in.Results)+len(in.Into)+len(in.Feeds) > 0
}
