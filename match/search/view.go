package search

import (
	"math"
	"sync/atomic"
)

// view is the index as one question sees it: all segments, who is gone, and figures
// about the whole. Words, names and entities of all segments are numbered through:
// number = base of the segment + number in the segment. A word or name that is in
// several segments has a number in each.
type view struct {
	parts []part
	stats *stats
}

// part is a segment within a view.
type part struct {
	*segment
	dead *deadSet
	slot *slot
	// Bases: where the numbers of the segment's words, names and entities begin.
	wordBase, nameBase, entityBase uint32
}

// slot is what changes about a segment while it is part of an index. It is shared by
// all views, so that a question may see figures a moment newer than its segments.
type slot struct {
	gone atomic.Pointer[[]atomic.Uint32] // of each word: pairs of name and entity that are gone
}

// wordAt returns the part that has a word and the word's number in it.
func (v *view) wordAt(wid uint32) (*part, uint32) {
	i := len(v.parts) - 1
	for i > 0 && v.parts[i].wordBase > wid {
		i--
	}
	return &v.parts[i], wid - v.parts[i].wordBase
}

func (v *view) nameAt(nid uint32) (*part, uint32) {
	i := len(v.parts) - 1
	for i > 0 && v.parts[i].nameBase > nid {
		i--
	}
	return &v.parts[i], nid - v.parts[i].nameBase
}

// wordDF returns how many pairs of name and entity in the whole index have a word.
func (v *view) wordDF(wid uint32) uint32 {
	p, w := v.wordAt(wid)
	if len(v.parts) == 1 {
		return p.bearers(w)
	}
	return v.textDF(p.words.at(w))
}

// textDF is wordDF of a word that need not be in the index.
func (v *view) textDF(word []byte) uint32 {
	n := uint32(0)
	for i := range v.parts {
		if w, ok := v.parts[i].findWord(word); ok {
			n += v.parts[i].bearers(w)
		}
	}
	return n
}

// bearers returns how many pairs of name and entity of the part have a word.
func (p *part) bearers(wid uint32) uint32 {
	n := p.wordBearers[wid]
	if gone := p.slot.gone.Load(); gone != nil {
		n -= min(n, (*gone)[wid].Load())
	}
	return n
}

// total returns how many pairs of name and entity there are: the N beside wordDF.
func (v *view) total() float64 { return float64(v.stats.pairs.Load()) }

// idf returns the weight of a word in nats: how surprising it is in a name.
func (v *view) idf(wid uint32) float64 {
	return math.Log1p(v.total() / (float64(v.wordDF(wid)) + 0.5))
}

// filter is who and what a question is about.
type filter struct {
	audience uint32
	types    []string
	country  uint32
	any      bool // no type and no country asked for
}

// noCountry is what no entity has.
const noCountry = 1 << 31

func newFilter(q *Query) filter {
	f := filter{audience: q.Audience, types: q.Types, any: len(q.Types) == 0 && q.Country == ""}
	if q.Country != "" {
		if f.country = countryCode(q.Country); f.country == 0 {
			f.country = noCountry
		}
	}
	return f
}

// allows says whether an entity is there for a question.
func (p *part) allows(ord uint32, f *filter) bool {
	if p.dead.has(ord) {
		return false
	}
	if a := p.audience(ord); a != 0 && a&f.audience == 0 {
		return false
	}
	if f.any {
		return true
	}
	m := p.meta(ord)
	if f.country != 0 && m&0xffff != f.country {
		return false
	}
	if len(f.types) == 0 {
		return true
	}
	t := p.typeOf(ord)
	for _, want := range f.types {
		if want == t {
			return true
		}
	}
	return false
}
