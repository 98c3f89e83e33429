package sealcheck

import (
	"go/types"
	"sort"

	"golang.org/x/tools/go/ssa"
)

// flowFact is the summary of a function for the packages that import it.
type flowFact struct {
	Inputs map[int]inputFact
	Given  []int // inputs that are functions and get plaintext
	Labels []int // inputs that become labels
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
		for in := range c.labels[fn] {
			fact.Labels = append(fact.Labels, in)
		}
		sort.Ints(fact.Given) // the fact file is the same each time
		sort.Ints(fact.Labels)
		if len(fact.Inputs)+len(fact.Given)+len(fact.Labels) > 0 {
			c.pass.ExportObjectFact(object, &fact)
		}
	}
}

func factOf(s *summary) (in inputFact, ok bool) {
	seen := map[[2]string]bool{}
	for _, l := range s.leaks {
		if pair := [2]string{l.rule, l.what}; !seen[pair] && !l.direct {
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
