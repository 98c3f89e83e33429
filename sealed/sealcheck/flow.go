package sealcheck

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// taint says what a value has of the plaintext.
type taint uint8

const (
	shared taint = 1 << iota // the sealed memory itself
	copied                   // a copy, or something made of it
)

// through is what k becomes on a way that makes way of sealed memory.
func (k taint) through(way taint) taint {
	if k&shared != 0 {
		return way
	}
	return copied
}

// leak is one place that plaintext must not reach.
type leak struct {
	rule, what string
	pos        token.Pos
	direct     bool // only where the input is the sealed memory, not something with it inside
}

// effect is another input of a function that keeps plaintext, and where it gets it.
type effect struct {
	in   int
	kind taint
	pos  token.Pos
}

// summary is what a function does with one of its inputs: the parameters, receiver
// first, then the captured variables.
type summary struct {
	leaks   []leak
	said    map[leak]bool // leaks as a set
	results map[int]taint
	into    []effect
	feeds   map[int]bool  // other inputs that are functions and are called with it
	gives   map[gift]bool // all functions in variables that are called with it
}

// gift is a value of fn, a function, that gets what is followed.
type gift struct {
	fn *ssa.Function
	v  ssa.Value
}

type inputKey struct {
	fn *ssa.Function
	in int
}

// flow follows one input through one function.
type flow struct {
	*summary
	c      *checker
	fn     *ssa.Function
	seen   map[ssa.Value]taint
	rooted map[rooting]taint
	fields map[fieldOf]taint
	work   []ssa.Value
}

// fieldOf is one field of a struct that a value is or points to.
type fieldOf struct {
	v     ssa.Value
	field int
}

// rooting is a value whose memory gets plaintext at a place.
type rooting struct {
	v   ssa.Value
	pos token.Pos
}

func newSummary() *summary {
	return &summary{said: map[leak]bool{}, results: map[int]taint{}, feeds: map[int]bool{}, gives: map[gift]bool{}}
}

func newFlow(c *checker, fn *ssa.Function, s *summary) *flow {
	return &flow{summary: s, c: c, fn: fn, seen: map[ssa.Value]taint{}, rooted: map[rooting]taint{}, fields: map[fieldOf]taint{}}
}

// inputs are the parameters and captured variables of a function.
func inputs(fn *ssa.Function) []ssa.Value {
	all := make([]ssa.Value, 0, len(fn.Params)+len(fn.FreeVars))
	for _, p := range fn.Params {
		all = append(all, p)
	}
	for _, v := range fn.FreeVars {
		all = append(all, v)
	}
	return all
}

// summary follows an input; the answer is kept. A function that calls itself is followed
// once.
func (c *checker) summary(fn *ssa.Function, in int) *summary {
	key := inputKey{fn, in}
	if s := c.summaries[key]; s != nil {
		return s
	}
	s := newSummary()
	c.summaries[key] = s
	all := inputs(fn)
	if in >= len(all) || len(fn.Blocks) == 0 {
		return s
	}
	f := newFlow(c, fn, s)
	kind := shared
	if b, ok := all[in].Type().Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 {
		kind = copied
	}
	f.mark(all[in], kind)
	for len(f.work) > 0 {
		v := f.work[len(f.work)-1]
		f.work = f.work[:len(f.work)-1]
		f.spread(v, f.seen[v])
	}
	return s
}

// mark notes that v carries plaintext.
func (f *flow) mark(v ssa.Value, k taint) {
	if _, function := v.(*ssa.MakeClosure); !function && !holds(v.Type()) || f.seen[v]|k == f.seen[v] {
		return
	}
	f.seen[v] |= k
	f.work = append(f.work, v)
}

func (f *flow) spread(v ssa.Value, k taint) {
	if v.Referrers() == nil {
		return
	}
	for _, instr := range *v.Referrers() {
		f.step(instr, v, k)
	}
}

func (f *flow) leak(rule, what string, pos token.Pos) {
	f.note(leak{rule: rule, what: what, pos: pos})
}

func (f *flow) note(l leak) {
	if !f.said[l] {
		f.said[l] = true
		f.leaks = append(f.leaks, l)
	}
}

// step follows v into one instruction that uses it.
func (f *flow) step(instr ssa.Instruction, v ssa.Value, k taint) {
	switch instr := instr.(type) {
	case *ssa.Phi, *ssa.ChangeType, *ssa.MakeInterface, *ssa.ChangeInterface, *ssa.TypeAssert, *ssa.SliceToArrayPointer,
		*ssa.Extract, *ssa.FieldAddr, *ssa.Field, *ssa.Range, *ssa.Next:
		f.mark(instr.(ssa.Value), k)
	case *ssa.Slice:
		f.only(instr.X == v, instr, k)
	case *ssa.IndexAddr:
		f.only(instr.X == v, instr, k)
	case *ssa.Index:
		f.only(instr.X == v, instr, copied)
	case *ssa.Lookup:
		f.only(instr.X == v, instr, k)
	case *ssa.UnOp:
		f.load(instr, k)
	case *ssa.Convert:
		f.mark(instr, converted(instr, k))
	case *ssa.MultiConvert:
		f.mark(instr, converted(instr, k))
	case *ssa.BinOp:
		f.only(instr.Op == token.ADD && !isNumber(instr.Type()), instr, copied)
	case *ssa.Store:
		if instr.Val == v {
			f.store(instr.Addr, v, k, instr.Pos())
		} else if k&shared != 0 && f.sealedMemory(instr.Addr) {
			_, field := instr.Addr.(*ssa.FieldAddr)
			f.note(leak{"mutate", "plaintext is written over", instr.Pos(), field})
		}
	case *ssa.MapUpdate:
		f.mapUpdate(instr, v, k)
	case *ssa.Send:
		if instr.X == v {
			f.leaves(k, "is sent on a channel", instr.Pos())
		}
	case *ssa.Select:
		for _, s := range instr.States {
			if s.Send == v {
				f.leaves(k, "is sent on a channel", s.Pos)
			}
		}
	case *ssa.Return:
		for i, r := range instr.Results {
			if r == v {
				f.results[i] |= k
			}
		}
	case *ssa.Panic:
		f.leak("panic", "plaintext is in a panic", instr.Pos())
	case *ssa.MakeClosure:
		f.capture(instr, v, k)
	case ssa.CallInstruction:
		f.call(instr, v, k)
	}
}

func (f *flow) only(when bool, v ssa.Value, k taint) {
	if when {
		f.mark(v, k)
	}
}

// converted is what a conversion makes: of bytes a copy, unless only a name changes.
func converted(v ssa.Value, k taint) taint {
	if _, ok := v.Type().Underlying().(*types.Pointer); ok {
		return k
	}
	return copied
}

// load reads memory or receives: a number, text or array that is read is a copy.
func (f *flow) load(instr *ssa.UnOp, k taint) {
	if instr.Op != token.MUL && instr.Op != token.ARROW {
		return
	}
	switch instr.Type().Underlying().(type) {
	case *types.Basic, *types.Array:
		f.mark(instr, copied)
	default:
		f.mark(instr, k)
	}
}

// leaves reports plaintext that goes where nobody follows it.
func (f *flow) leaves(k taint, how string, pos token.Pos) {
	if k&shared != 0 {
		f.leak("retain", "the sealed memory "+how, pos)
	} else {
		f.leak("escape", "a copy of the plaintext "+how, pos)
	}
}

// sealedMemory reports whether an address lies in the sealed memory, not in a variable
// that points to it.
func (f *flow) sealedMemory(addr ssa.Value) bool {
	switch a := addr.(type) {
	case *ssa.IndexAddr:
		elem := a.Type().Underlying().(*types.Pointer).Elem()
		_, within := a.X.(*ssa.FieldAddr) // an array in a struct
		return isByte(elem) && f.seen[a.X]&shared != 0 && !isLocal(a.X) && !within
	case *ssa.FieldAddr:
		_, param := a.X.(*ssa.Parameter)
		return param && isFlat(a.X.Type().Underlying().(*types.Pointer).Elem())
	}
	return false
}

func isLocal(v ssa.Value) bool {
	_, ok := v.(*ssa.Alloc)
	return ok
}

// store puts plaintext at an address.
func (f *flow) store(addr, v ssa.Value, k taint, pos token.Pos) {
	switch a := addr.(type) {
	case *ssa.FieldAddr:
		if rule := fieldSinks[fieldName(a)]; rule != "" {
			f.leak(rule, "plaintext is put into "+fieldName(a), pos)
			return
		}
		f.markField(a.X, a.Field, k)
		f.root(a.X, k, pos)
	case *ssa.FreeVar, *ssa.Global:
		if isNumber(v.Type()) && !fromField(v) {
			return // one byte or what was counted of it
		}
		f.hold(addr, k, pos)
	default:
		f.hold(addr, k, pos)
	}
}

// fromField reports whether a number was read from a field, as the year of a date is.
func fromField(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Convert:
		return fromField(v.X)
	case *ssa.UnOp:
		_, ok := v.X.(*ssa.FieldAddr)
		return ok
	case *ssa.Field:
		return true
	}
	return false
}

// fieldName is import path, type and field.
func fieldName(a *ssa.FieldAddr) string {
	n := named(a.X.Type())
	if n == nil || n.Obj().Pkg() == nil {
		return ""
	}
	s, ok := n.Underlying().(*types.Struct)
	if !ok {
		return ""
	}
	return n.Obj().Pkg().Path() + "." + n.Obj().Name() + "." + s.Field(a.Field).Name()
}

func isStruct(t types.Type) bool {
	_, ok := t.Underlying().(*types.Struct)
	return ok
}

// markField marks one field of a struct wherever x is used, the others not.
func (f *flow) markField(x ssa.Value, field int, k taint) {
	key := fieldOf{x, field}
	if x.Referrers() == nil || f.fields[key]|k == f.fields[key] {
		return
	}
	f.fields[key] |= k
	for _, instr := range *x.Referrers() {
		switch instr := instr.(type) {
		case *ssa.FieldAddr:
			f.only(instr.Field == field, instr, k)
		case *ssa.Field:
			f.only(instr.Field == field, instr, k)
		case *ssa.UnOp:
			if isStruct(instr.Type()) {
				f.markField(instr, field, k)
			} else {
				f.step(instr, x, k)
			}
		case *ssa.Store:
			switch {
			case instr.Val != x: // the whole is written over
			case isStruct(x.Type()) && isLocal(instr.Addr):
				f.markField(instr.Addr, field, k)
			default:
				f.step(instr, x, k)
			}
		default:
			f.step(instr, x, k)
		}
	}
}

// hold notes that the memory behind v now carries plaintext, in all that leads to it.
func (f *flow) hold(v ssa.Value, k taint, pos token.Pos) {
	f.mark(v, k)
	f.root(v, k, pos)
}

// root finds whose memory v is.
func (f *flow) root(v ssa.Value, k taint, pos token.Pos) {
	key := rooting{v, pos}
	if f.rooted[key]|k == f.rooted[key] {
		return
	}
	f.rooted[key] |= k
	switch v := v.(type) {
	case *ssa.Global:
		f.leaves(k, "is kept in "+v.Name(), pos)
	case *ssa.Parameter, *ssa.FreeVar:
		for i, in := range inputs(f.fn) {
			if in == v {
				f.into = append(f.into, effect{i, k, pos})
			}
		}
	case *ssa.FieldAddr:
		f.root(v.X, k, pos)
	case *ssa.Phi:
		for _, e := range v.Edges {
			f.hold(e, k, pos)
		}
	case *ssa.Call:
		if b, ok := v.Call.Value.(*ssa.Builtin); ok && b.Name() == "append" {
			f.hold(v.Call.Args[0], k, pos)
		}
	case ssa.Instruction:
		if operand := basis(v); operand != nil {
			f.hold(operand, k, pos)
		}
	}
}

// basis is the operand whose memory an instruction's result is, or nil.
func basis(v ssa.Instruction) ssa.Value {
	switch v := v.(type) {
	case *ssa.IndexAddr:
		return v.X
	case *ssa.UnOp:
		if v.Op == token.MUL {
			return v.X
		}
	case *ssa.Slice:
		return v.X
	case *ssa.ChangeType:
		return v.X
	case *ssa.MakeInterface:
		return v.X
	case *ssa.ChangeInterface:
		return v.X
	case *ssa.TypeAssert:
		return v.X
	case *ssa.Field:
		return v.X
	case *ssa.Lookup:
		return v.X
	case *ssa.Extract:
		return v.Tuple
	case *ssa.SliceToArrayPointer:
		return v.X
	}
	return nil
}

func (f *flow) mapUpdate(instr *ssa.MapUpdate, v ssa.Value, k taint) {
	if name := named(instr.Map.Type()); name != nil && name.Obj().Pkg() != nil && instr.Value == v {
		if rule := map[string]string{"net/http.Header": "header", "net/url.Values": "url"}[name.Obj().Pkg().Path()+"."+name.Obj().Name()]; rule != "" {
			f.leak(rule, "plaintext is put into "+name.Obj().Name(), instr.Pos())
			return
		}
	}
	if instr.Key == v {
		f.mapKey(instr)
	}
	if instr.Value == v {
		f.hold(instr.Map, k, instr.Pos())
	}
}

// mapKey reports a key of a map that is not made here.
func (f *flow) mapKey(instr *ssa.MapUpdate) {
	probe := newFlow(f.c, f.fn, newSummary())
	probe.root(instr.Map, copied, instr.Pos())
	if len(probe.into) > 0 || len(probe.leaks) > 0 {
		f.leak("mapkey", "plaintext is the key of a map", instr.Pos())
		return
	}
	f.hold(instr.Map, copied, instr.Pos())
}
