package party

import (
	"cmp"
	"context"
	"hash/maphash"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/match/link"
)

const (
	// enoughToLearn is from how many parties on a model is learned from them. Below it
	// there is too little to learn from, and the model for all servers is taken.
	enoughToLearn = 2000
	// mostPairs is how many pairs one search keeps: the likeliest. More than that nobody
	// looks at, and it bounds the memory.
	mostPairs = 200_000
)

// Likeness is how far a search for duplicates is.
type Likeness struct {
	Stage string // read, learn, compare, cluster
	Done  float64
	Rows  int
}

// Part is how much of a search through count parties is done, 0 to 1: reading and
// comparing take about as long.
func (l Likeness) Part(count int) float64 {
	switch l.Stage {
	case SearchReads:
		return .45 * min(1, float64(l.Rows)/float64(max(1, count)))
	case SearchLearns:
		return .45 + .05*l.Done
	case SearchCompares:
		return .5 + .45*l.Done
	}
	return .95 + .05*l.Done
}

// compact is what is kept of a subject while its values lie in the columns of link.
type compact struct {
	id      habeas.PartyID
	account habeas.AccountID
	claimed bool
	mark    keyring.LookupHash
}

// compacted leaves out the values.
func compacted(s Subject) compact {
	return compact{s.Party.ID, s.Party.Account, s.Party.State == Claimed, s.Mark}
}

// FindDuplicates compares all parties of one kind with each other, and returns the pairs
// that m proposes, the likeliest first. Nothing needs labels: which fields tell them
// apart is learned from the parties. Parties of another kind, or that may not be used,
// are passed over. count is how many there are, about.
//
// The subjects are read once. Memory grows with their number, by some 1.5 KB for each;
// nothing else does. Cancelling ctx ends it soon.
func FindDuplicates(ctx context.Context, kind Kind, count int, subjects iter.Seq2[Subject, error], m Matching, progress func(Likeness)) ([]Duplicate, error) {
	s := hunt{kind: kind, m: m, same: map[uint64]alikes{}, tags: map[uint64]bool{}, seed: maphash.MakeSeed(), fewer: 1}
	fields := make([]link.Field, len(compared))
	header := make([]string, len(compared))
	for i, c := range compared {
		header[i] = fieldName(c.at)
		fields[i] = link.Field{Name: header[i], Kind: c.kind}
	}
	o := link.Options{
		Fields: fields, Mode: link.ModeTransitive, PairsFrom: m.Least(), Seed: 1,
		Progress: func(p link.Progress) { progress(Likeness{p.Stage, p.Done, p.Rows}) },
	}
	if count < enoughToLearn {
		o.Model, s.fewer = link.DefaultModel(fields), among(count)
		o.PairsFrom = odds(m.Least(), 1/s.fewer)
	}
	o.Threshold = o.PairsFrom
	res, err := link.Link(ctx, header, s.rows(subjects), o)
	if err != nil {
		return nil, err
	}
	return s.explained(ctx, res)
}

// hunt is one call of FindDuplicates.
type hunt struct {
	kind  Kind
	m     Matching
	kept  []compact
	fewer float64 // by which the odds are multiplied
	seed  maphash.Seed
	same  map[uint64]alikes // by what the rows have in common
	bases []uint64          // of each row: what is left of its address without a tag; 0: it has none
	tags  map[uint64]bool   // those of addresses that have one
}

// alikes are rows that are the same in all fields of a combination.
type alikes struct {
	by   Combination
	rows []int32
}

// mostSame is how many parties may have the same before it tells nobody apart.
const mostSame = 10

// rows yields what is compared of the subjects, and keeps of them what is not.
func (s *hunt) rows(subjects iter.Seq2[Subject, error]) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for one, err := range subjects {
			if err != nil {
				yield(nil, err)
				return
			}
			if one.Party.Kind != s.kind || !one.Party.usable() {
				continue
			}
			values := linked(one.says)
			if !s.keep(one) && !telling(values) {
				continue
			}
			s.base(one.says[atEmail])
			s.kept = append(s.kept, compacted(one))
			if !yield(values, nil) {
				return
			}
		}
	}
}

// keep notes what the next row has of the rule's combinations, and whether it has any.
func (s *hunt) keep(one Subject) (any bool) {
	for i, c := range s.m.Find[s.kind] {
		key := c.key(one.Field)
		if key == "" {
			continue
		}
		h := maphash.String(s.seed, strconv.Itoa(i)+" "+key)
		if g := s.same[h]; len(g.rows) <= mostSame {
			s.same[h] = alikes{c, append(g.rows, int32(len(s.kept)))}
		}
		any = true
	}
	return any
}

// sure returns the pairs that a combination puts into the queue, with the combination.
func (s *hunt) sure() map[[2]int32]Combination {
	out := map[[2]int32]Combination{}
	for _, g := range s.same {
		if len(g.rows) > mostSame {
			continue
		}
		for i, a := range g.rows {
			for _, b := range g.rows[:i] {
				if s.m.decides(g.by, s.kept[a].claimed || s.kept[b].claimed) {
					out[[2]int32{b, a}] = g.by
				}
			}
		}
	}
	return out
}

// base notes what is left of the address of the next row.
func (s *hunt) base(address string) {
	if address == "" {
		s.bases = append(s.bases, 0)
		return
	}
	base, tagged := baseOf(address)
	h := maphash.String(s.seed, base)
	s.bases = append(s.bases, h)
	if tagged {
		s.tags[h] = true
	}
}

// tagged returns the pairs whose addresses have the same base. Whether the addresses are
// the very same is seen where a pair is explained.
func (s *hunt) tagged() map[[2]int32]bool {
	groups := map[uint64][]int32{}
	for i, h := range s.bases {
		if s.tags[h] {
			groups[h] = append(groups[h], int32(i))
		}
	}
	out := map[[2]int32]bool{}
	for _, rows := range groups {
		if len(rows) > mostSame {
			continue
		}
		for i, a := range rows {
			for _, b := range rows[:i] {
				out[[2]int32{b, a}] = true
			}
		}
	}
	return out
}

// suggest says of a pair whose addresses have the same base that they do, unless they are
// the very same. It reports whether that is worth a look: a name or birth date that differs
// says that two people share the mailbox.
func (d *Duplicate) suggest() bool {
	isMail := func(r Reason) bool { return r.Set == "contact" && r.Field == "email" }
	if slices.ContainsFunc(d.Reasons, func(r Reason) bool { return isMail(r) && r.Code == "exact" }) {
		return false
	}
	d.Reasons = append(slices.DeleteFunc(d.Reasons, isMail), Reason{Set: "contact", Field: "email", Code: Tagged, For: true})
	return !slices.ContainsFunc(d.Reasons, func(r Reason) bool { return r.Set == "identity" && !r.For })
}

// explained turns the pairs of a result, and those that a rule names, into duplicates.
func (s *hunt) explained(ctx context.Context, res *link.Result) ([]Duplicate, error) {
	sure, pairs := s.sure(), res.Pairs
	seen := make(map[[2]int32]bool, len(sure))
	for _, p := range pairs {
		seen[[2]int32{p.A, p.B}] = true
	}
	tagged, only := s.tagged(), map[[2]int32]bool{}
	for _, more := range []iter.Seq[[2]int32]{maps.Keys(sure), maps.Keys(tagged)} {
		for at := range more {
			if !seen[at] {
				_, ruled := sure[at]
				seen[at], only[at] = true, !ruled
				pairs = append(pairs, res.Pair(at[0], at[1]))
			}
		}
	}
	slices.SortFunc(pairs, func(a, b link.Pair) int {
		return cmp.Or(cmp.Compare(b.Bits, a.Bits), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
	})
	out := make([]Duplicate, 0, min(len(pairs), mostPairs))
	for _, p := range pairs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		a, b := s.kept[p.A], s.kept[p.B]
		d, ok := duplicateOf(a, b, odds(p.P, s.fewer))
		if !ok || !a.account.IsZero() && !b.account.IsZero() && a.account != b.account {
			continue
		}
		d.Reasons = sure[[2]int32{p.A, p.B}].reasons()
		for _, r := range res.Explain(p.A, p.B) {
			if r.Code != "missing" {
				d.Reasons = append(d.Reasons, reasonOf(r))
			}
		}
		if at := [2]int32{p.A, p.B}; tagged[at] && !d.suggest() && only[at] {
			continue
		}
		if out = append(out, d); len(out) == mostPairs {
			break
		}
	}
	return out, nil
}

// reasons names the fields of a combination that are not compared otherwise.
func (c Combination) reasons() (out []Reason) {
	for _, f := range c {
		if slices.ContainsFunc(compared[:], func(by comparedBy) bool { return fieldName(by.at) == f }) {
			continue
		}
		set, name, _ := strings.Cut(f, ".")
		out = append(out, Reason{Set: set, Field: name, Code: "exact", For: true})
	}
	return out
}

// duplicateOf is the pair of two, in the order of their ids.
func duplicateOf(a, b compact, p float64) (Duplicate, bool) {
	pair, ok := PairOf(a.id, b.id)
	if pair.A != a.id {
		a, b = b, a
	}
	return Duplicate{PairID: pair, P: p, State: PairOpen, MarkA: a.mark, MarkB: b.mark}, ok
}

// DuplicateOf is two subjects as a Finder compares them; false when m does not propose
// them, or when they may not be one.
func (m Matching) DuplicateOf(a, b Subject, like Alike) (Duplicate, bool) {
	d, ok := duplicateOf(compacted(a), compacted(b), like.P)
	rule := m.rule(a, b)
	d.Reasons = rule.reasons()
	for _, r := range like.Reasons {
		if r.Code != "missing" {
			d.Reasons = append(d.Reasons, r)
		}
	}
	return d, ok && Comparable(a.Party, b.Party) && (like.P >= m.Least() || rule != nil || like.suggests() && !a.identity().Conflicts(b.identity()))
}

// identity is by what a subject is told from others at one address (PTY-26).
func (s Subject) identity() Identity { return IdentityOf(s.Values()).of(s.Party.Kind) }

func reasonOf(r link.Reason) Reason {
	field, _, _ := strings.Cut(r.Field, " + ") // of several fields the first
	set, name, _ := strings.Cut(field, ".")
	return Reason{Set: set, Field: name, Code: r.Code, For: r.Bits > 0}
}
