package search

import (
	"math"
	"sync/atomic"
)

// deadSet is a persistent set of ordinals: a changed copy shares its pages.
type deadSet struct {
	pages []*[64]uint64
	n     int
}

func (d *deadSet) has(ord uint32) bool {
	if d == nil {
		return false
	}
	p := d.pages[ord>>12]
	return p != nil && p[ord>>6&63]&(1<<(ord&63)) != 0
}

// with returns the set with some ordinals more, of a segment of size entities.
func (d *deadSet) with(size uint32, ords []uint32) *deadSet {
	if len(ords) == 0 {
		return d
	}
	out := &deadSet{pages: make([]*[64]uint64, size>>12+1)}
	if d != nil {
		copy(out.pages, d.pages)
		out.n = d.n
	}
	fresh := map[uint32]bool{}
	for _, ord := range ords {
		if out.has(ord) {
			continue
		}
		if at := ord >> 12; !fresh[at] {
			page := new([64]uint64)
			if out.pages[at] != nil {
				*page = *out.pages[at]
			}
			out.pages[at], fresh[at] = page, true
		}
		out.pages[ord>>12][ord>>6&63] |= 1 << (ord & 63)
		out.n++
	}
	return out
}

// stats are figures about the whole index, kept current by its writer. They are sums of
// whole numbers, so that they do not depend on the order of writes, and a rebuilt index
// has the same.
type stats struct {
	entities atomic.Int64
	pairs    atomic.Int64 // of name and entity, romanised forms too
	mass     atomic.Int64 // sum of the entities' prior weights in thousandths
	letters  letterModel
}

// weightPower is how mildly weights count: a city of a million people is meant three
// times as often as a village of a thousand under the same name.
const weightPower = 0.15

// prior returns the weight of an entity before anything is asked, in thousandths.
func prior(logWeight float32) int64 {
	return int64(1000 * math.Exp(weightPower*min(max(float64(logWeight), 0), 50)))
}

// add counts the entities of a segment.
func (st *stats) add(s *segment) {
	st.entities.Add(int64(s.entities()))
	st.pairs.Add(int64(len(s.entryOrd)))
	mass := int64(0)
	for ord := range s.entities() {
		mass += prior(s.weight(ord))
	}
	st.mass.Add(mass)
	if len(s.letters) == len(st.letters.count) {
		for i, n := range s.letters {
			st.letters.count[i].Add(n)
		}
		return
	}
	for nid := range s.names.size() {
		from, to := s.entries(nid)
		st.letters.add(s.names.at(nid), to-from)
	}
}

// remove counts an entity of a part as gone.
func (st *stats) remove(p *part, ord uint32) {
	st.entities.Add(-1)
	st.mass.Add(-prior(p.weight(ord)))
	p.forget(ord, func(nid uint32) {
		st.pairs.Add(-1)
		st.letters.add(p.names.at(nid), ^uint32(0)) // minus one
	})
}

// forget counts the words of an entity's names as gone from the part, and calls visit
// with each name.
func (p *part) forget(ord uint32, visit func(nid uint32)) {
	gone := p.slot.gone.Load()
	if gone == nil {
		fresh := make([]atomic.Uint32, p.words.size())
		gone = &fresh
		p.slot.gone.Store(gone)
	}
	b := encode([]Entity{p.entityOf(ord)})
	seen := map[uint32]bool{}
	for _, n := range b.names {
		nid, ok := p.names.find(b.folded[n.from : n.from+uint32(n.len)])
		if !ok || seen[nid] {
			continue
		}
		seen[nid] = true
		visit(nid)
		words := p.wordsOf(nid)
		for i, w := range words {
			if !contains(words[:i], w) {
				(*gone)[w].Add(1)
			}
		}
	}
}
