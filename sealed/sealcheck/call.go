package sealcheck

import (
	"go/token"
	"go/types"
	"maps"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// call follows v into a call that it is an argument of, or the function of.
func (f *flow) call(instr ssa.CallInstruction, v ssa.Value, k taint) {
	common := instr.Common()
	if _, ok := instr.(*ssa.Go); ok && k&shared != 0 {
		f.leak("retain", "the sealed memory is given to a goroutine", common.Pos())
		return
	}
	if b, ok := common.Value.(*ssa.Builtin); ok {
		f.builtin(b.Name(), instr, v, k)
		return
	}
	callee := common.StaticCallee()
	switch {
	case common.IsInvoke():
		f.invoke(instr, v, k)
	case callee == nil:
		if common.Value != v {
			f.feed(common.Value)
		}
	default:
		if o := callee.Origin(); o != nil {
			callee = o
		}
		args := common.Args
		if mc, ok := common.Value.(*ssa.MakeClosure); ok {
			args = append(args[:len(args):len(args)], mc.Bindings...)
		}
		for i, a := range common.Args {
			if a == v {
				f.argument(instr, callee, args, i, k)
			}
		}
	}
}

// argument follows the argument with a number into a known function.
func (f *flow) argument(instr ssa.CallInstruction, callee *ssa.Function, args []ssa.Value, i int, k taint) {
	object, _ := callee.Object().(*types.Func)
	name := nameOf(object)
	if s, ok := sinkOf(name); ok && (!s.text || isText(args[i].Type())) {
		f.leak(ruleFor(s, args[i].Type()), "plaintext reaches "+short(name), instr.Common().Pos())
		return
	}
	if isUse(object) {
		return
	}
	if callee.Blocks != nil && (callee.Pkg == f.c.pkg || callee.Pkg == nil) {
		f.apply(instr, f.c.summary(callee, i), callee, args, k)
		return
	}
	var fact flowFact
	if object != nil && f.c.pass.ImportObjectFact(object, &fact) {
		f.apply(instr, fact.summary(i), callee, args, k)
		return
	}
	f.library(instr, name, args, i, k)
}

// ruleFor picks the rule of a sink that has one for names and one for content.
func ruleFor(s sink, t types.Type) string {
	first, second, both := strings.Cut(s.rule, "|")
	if b, ok := t.Underlying().(*types.Basic); both && (!ok || b.Info()&types.IsString == 0) {
		return second
	}
	return first
}

// short is a name without the directories of its import path.
func short(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

const within = " in the function "

// apply does at a call what a summary says of the argument.
func (f *flow) apply(instr ssa.CallInstruction, s *summary, callee *ssa.Function, args []ssa.Value, k taint) {
	pos := instr.Common().Pos()
	for _, l := range s.leaks {
		if l.direct || l.rule == "mutate" && k&shared == 0 {
			continue
		}
		at, what := pos, l.what
		if !strings.Contains(what, within) { // the innermost function is where to look
			what += within + callee.Name()
		}
		if callee.Parent() != nil && l.pos.IsValid() { // a literal is read where it stands
			at, what = l.pos, l.what
		}
		rule := l.rule
		if rule == "retain" && k&shared == 0 {
			rule, what = "escape", strings.Replace(what, "the sealed memory", "a copy of the plaintext", 1)
		}
		f.leak(rule, what, at)
	}
	for _, e := range s.into {
		if e.in < len(args) {
			f.hold(args[e.in], k.through(e.kind), pos)
		}
	}
	for i := range s.feeds {
		if i < len(args) {
			f.feed(args[i])
		}
	}
	maps.Copy(f.gives, s.gives)
	for i, kind := range s.results {
		f.result(instr.Value(), i, k.through(kind))
	}
}

// result marks one result of a call.
func (f *flow) result(call *ssa.Call, i int, k taint) {
	if call == nil {
		return
	}
	tuple, ok := call.Type().(*types.Tuple)
	if !ok {
		f.mark(call, k)
		return
	}
	if i >= tuple.Len() {
		return
	}
	for _, r := range *call.Referrers() {
		if e, ok := r.(*ssa.Extract); ok && e.Index == i {
			f.mark(e, k)
		}
	}
}

// library follows an argument into a function of the standard library or another module.
func (f *flow) library(instr ssa.CallInstruction, name string, args []ssa.Value, i int, k taint) {
	pos := instr.Common().Pos()
	if k&shared != 0 && begins(writers, name) {
		f.leak("mutate", "plaintext is written over by "+short(name), pos)
	}
	if i > 0 && begins(collectors, name) {
		f.hold(args[0], copied, pos)
		return
	}
	if !begins(carriers, name) {
		return
	}
	if strings.HasPrefix(name, "encoding/") { // Encode(dst, src), Unmarshal(src, &out)
		for j, a := range args {
			if _, function := a.Type().Underlying().(*types.Signature); j != i && !function && pointsOut(a.Type()) {
				f.hold(a, copied, pos)
			}
		}
	}
	kind := copied
	if begins(sharers, name) {
		kind = k
	}
	results := instr.Common().Signature().Results()
	for r := range results.Len() {
		if t := results.At(r).Type(); !isNumber(t) {
			f.result(instr.Value(), r, kind)
		}
	}
}

// pointsOut reports whether a function can leave something behind an argument of type t.
func pointsOut(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return isByte(u.Elem())
	case *types.Interface:
		return true
	}
	return false
}

// invoke follows a method of an interface: what an error or a Stringer says of itself.
func (f *flow) invoke(instr ssa.CallInstruction, v ssa.Value, k taint) {
	common := instr.Common()
	if common.Value == v {
		switch common.Method.Name() {
		case "Error", "String", "GoString", "Unwrap":
			f.result(instr.Value(), 0, copied)
		}
		return
	}
	if s, ok := sinkOf(nameOf(common.Method)); ok {
		f.leak(s.rule, "plaintext reaches "+short(nameOf(common.Method)), common.Pos())
	}
	_ = k
}

// feed notes that plaintext is given to a function that is a value.
func (f *flow) feed(fn ssa.Value) {
	f.gives[gift{f.fn, fn}] = true
	for i, in := range inputs(f.fn) {
		if origin(fn) == in {
			f.feeds[i] = true
		}
	}
}

// capture follows a variable into a function literal that uses it.
func (f *flow) capture(instr *ssa.MakeClosure, v ssa.Value, k taint) {
	inner, ok := instr.Fn.(*ssa.Function)
	if !ok {
		return
	}
	f.mark(instr, k)
	args := append(make([]ssa.Value, len(inner.Params)), instr.Bindings...)
	for j, b := range instr.Bindings {
		if b != v {
			continue
		}
		s := f.c.summary(inner, len(inner.Params)+j)
		for _, l := range s.leaks {
			if !l.direct && (l.rule != "mutate" || k&shared != 0) {
				f.leak(l.rule, l.what, l.pos)
			}
		}
		for _, e := range s.into {
			if e.in < len(args) && args[e.in] != nil {
				f.hold(args[e.in], k.through(e.kind), e.pos)
			}
		}
		maps.Copy(f.gives, s.gives)
		for i := range s.feeds {
			if i < len(args) && args[i] != nil {
				f.feed(args[i])
			}
		}
	}
}

// builtin follows v into a built-in function.
func (f *flow) builtin(name string, instr ssa.CallInstruction, v ssa.Value, k taint) {
	args, pos := instr.Common().Args, instr.Common().Pos()
	switch name {
	case "append":
		if args[0] == v {
			f.overwritten(k, v, "append", pos)
			f.result(instr.Value(), 0, k)
		}
		if len(args) > 1 && args[1] == v {
			f.result(instr.Value(), 0, elements(v, k))
		}
	case "copy":
		if args[1] == v {
			f.hold(args[0], elements(v, k), pos)
		}
		if args[0] == v {
			f.overwritten(k, v, "copy", pos)
		}
	case "clear":
		f.overwritten(k, v, "clear", pos)
	case "print", "println":
		f.leak("print", "plaintext reaches "+name, pos)
	case "min", "max", "String", "StringData", "SliceData", "Slice", "Add", "ssa:wrapnilchk":
		f.result(instr.Value(), 0, k)
	}
}

// elements is what copying the elements of v makes of k: of bytes a copy.
func elements(v ssa.Value, k taint) taint {
	if s, ok := v.Type().Underlying().(*types.Slice); ok && !isByte(s.Elem()) {
		return k
	}
	return copied
}

func (f *flow) overwritten(k taint, v ssa.Value, by string, pos token.Pos) {
	if s, ok := v.Type().Underlying().(*types.Slice); ok && isByte(s.Elem()) && k&shared != 0 {
		f.leak("mutate", "plaintext is written over by "+by, pos)
	}
}
