package search

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/habeas-data/habeas/match/text"
)

// Each word of the text must be met by a word of one and the same name. The word of the
// text with the fewest names leads to the candidates, the others are looked up among
// their words, so that the work depends on the rarest word and not on the commonest.

const (
	termNames = 20_000 // names looked at for one question
	// costBegun is what it costs, in nats, that of the last word only the beginning
	// stands: more than nothing, less than any error.
	costBegun = 1.0
	// costLeft is what each word of the name costs that met none, up to maxLeft: of
	// equals the one that is all there comes first.
	costLeft = 0.1
	maxLeft  = 3
)

// term is a word of the text and the words of the index that meet it, for each part.
type term struct {
	text []byte
	met  []metIn
}

// metIn is what meets a term in one part.
type metIn struct {
	near     []nearWord // by number
	from, to uint32     // words that the term begins
	names    int        // that have one of these words; one with several counts several times
}

// nearWord is a word that meets a term otherwise than by its beginning.
type nearWord struct {
	wid   uint32
	edits int
	cost  float64 // nats more than as it is
}

// cost returns what it costs that a word meets the term, in nats, infinite when it does
// not, and how it does.
func (m *metIn) cost(wid uint32) (cost float64, edits int) {
	cost = math.Inf(1)
	if i, ok := slices.BinarySearchFunc(m.near, wid, func(w nearWord, wid uint32) int { return cmp.Compare(w.wid, wid) }); ok {
		cost, edits = m.near[i].cost, m.near[i].edits
	}
	if cost > costBegun && wid >= m.from && wid < m.to {
		return costBegun, 0
	}
	return cost, edits
}

// forgiven is how many edits a word is forgiven. A number is another number and no
// misspelled one.
func forgiven(word []byte) int {
	if bytes.ContainsAny(word, "0123456789") {
		return 0
	}
	switch n := utf8.RuneCount(word); {
	case n >= 8:
		return 2
	case n >= minTwo:
		return 1
	}
	return 0
}

// terms finds the names in which every word of the text is met.
func (s *search) terms() Result {
	s.found = s.found[:0]
	words := appendWords(nil, s.fold)
	if len(words) > maxWords {
		words, s.cut = words[:maxWords], true
	}
	terms := make([]term, len(words))
	for i, w := range words {
		terms[i] = s.term(w, i == len(words)-1)
	}
	left := termNames
	for i := range s.parts {
		s.meet(terms, i, &left)
	}
	return s.listed(terms)
}

// term looks up what meets a word.
func (s *search) term(word []byte, last bool) term {
	t := term{text: word, met: make([]metIn, len(s.parts))}
	s.nearTerm(&t, word, 0)
	if !ascii(word) {
		if r := text.Romanise(string(word)); r != string(word) {
			for _, w := range appendWords(nil, text.AppendFold(nil, r)) {
				s.nearTerm(&t, w, romanCost)
			}
		}
	}
	for i := range t.met {
		m, p := &t.met[i], &s.parts[i]
		slices.SortFunc(m.near, func(a, b nearWord) int {
			return cmp.Or(cmp.Compare(a.wid, b.wid), cmp.Compare(a.cost, b.cost))
		})
		m.near = slices.CompactFunc(m.near, func(a, b nearWord) bool { return a.wid == b.wid })
		if last && utf8.RuneCount(word) >= minAbbrev {
			m.from, m.to = p.wordsWithPrefix(word)
			m.names = int(p.postingOff[m.to] - p.postingOff[m.from])
		}
		for _, w := range m.near {
			if w.wid < m.from || w.wid >= m.to {
				m.names += len(p.namesWith(w.wid))
			}
		}
	}
	return t
}

// nearTerm adds the words that are a word or a misspelling of it.
func (s *search) nearTerm(t *term, word []byte, penalty float64) {
	k := forgiven(word)
	s.word.reset(word)
	s.channel.set(word)
	for i := range s.parts {
		p, m := &s.parts[i], &t.met[i]
		if wid, ok := p.findWord(word); ok {
			m.near = append(m.near, nearWord{wid, 0, penalty})
		}
		if k == 0 {
			continue
		}
		s.cut = !p.words.nearby(&s.word, k, func(wid uint32, edits int) {
			if w := p.words.at(wid); edits > 0 && forgiven(w) >= min(edits, 1) {
				m.near = append(m.near, nearWord{wid, edits, penalty - costNone - s.channel.logP(w, edits)})
			}
		}) || s.cut
	}
}

// meet finds the names of a part in which all terms are met.
func (s *search) meet(terms []term, part int, left *int) {
	lead := &terms[0].met[part]
	for i := range terms[1:] {
		if m := &terms[1+i].met[part]; m.names < lead.names {
			lead = m
		}
	}
	look := func(wid uint32) {
		nids := s.parts[part].namesWith(wid)
		if len(nids) > *left {
			nids, s.cut = nids[:*left], true
		}
		*left -= len(nids)
		for _, nid := range nids {
			if cost, ok := s.metBy(terms, part, nid); ok {
				s.add(&s.parts[part], nid, -cost, 0, byWords)
			}
		}
	}
	near := slices.Clone(lead.near)
	slices.SortStableFunc(near, func(a, b nearWord) int { return cmp.Compare(a.cost, b.cost) })
	for _, w := range near {
		look(w.wid)
	}
	for wid := lead.from; wid < lead.to && *left > 0; wid++ {
		look(wid)
	}
}

// metBy returns what it costs that a name meets all terms, each by the word that costs
// least. False when one is not met.
func (s *search) metBy(terms []term, part int, nid uint32) (cost float64, ok bool) {
	name := s.parts[part].wordsOf(nid)
	used := 0
	var seen [maxWords]uint32
	for i := range terms {
		best, by := math.Inf(1), uint32(0)
		for _, wid := range name {
			if c, _ := terms[i].met[part].cost(wid); c < best {
				best, by = c, wid
			}
		}
		if math.IsInf(best, 1) {
			return 0, false
		}
		cost += best
		if !contains(seen[:used], by) {
			seen[used] = by
			used++
		}
	}
	return cost + costLeft*float64(min(max(len(name)-used, 0), maxLeft)), true
}

// listed makes the answer of what was found: the closest first.
func (s *search) listed(terms []term) Result {
	s.distinct()
	s.found = closest(s.found, s.query.Limit)
	r := Result{None: 1, Cut: s.cut, Hits: make([]Hit, len(s.found))}
	for i := range r.Hits {
		c := &s.found[i]
		cost, reasons := s.why(terms, c)
		r.Hits[i] = s.hit(c, math.Exp(-cost))
		r.Hits[i].Reasons = reasons
		r.None = min(r.None, 1-r.Hits[i].P)
	}
	return r
}

// closest leaves the n candidates with the highest scores, best first; of equals those
// with the lowest IDs. Mostly far more are found than are asked for.
func closest(found []candidate, n int) []candidate {
	compare := func(a, b *candidate) int {
		if c := cmp.Compare(b.score, a.score); c != 0 {
			return c
		}
		return bytes.Compare(a.part.id(a.ord), b.part.id(b.ord))
	}
	top := found[:0]
	for _, c := range found {
		if len(top) == n {
			if compare(&c, &top[n-1]) >= 0 {
				continue
			}
			top = top[:n-1]
		}
		at, _ := slices.BinarySearchFunc(top, c, func(a, b candidate) int { return compare(&a, &b) })
		top = slices.Insert(top, at, c)
	}
	return top
}

// why returns what the errors in the terms cost that a candidate was found by, in nats,
// and a reason for each term when they are asked for.
func (s *search) why(terms []term, c *candidate) (cost float64, reasons []Reason) {
	nid, _ := slices.BinarySearch(c.part.entryOff, c.at+1)
	name := c.part.wordsOf(uint32(nid) - 1)
	part := slices.IndexFunc(s.parts, func(p part) bool { return p.segment == c.part.segment })
	for i := range terms {
		best, edits, by := math.Inf(1), 0, uint32(0)
		for _, wid := range name {
			if c, e := terms[i].met[part].cost(wid); c < best {
				best, edits, by = c, e, wid
			}
		}
		cost += best
		if s.query.Explain {
			reasons = append(reasons, termReason(terms[i].text, c.part.words.at(by), best, edits))
		}
	}
	return cost, reasons
}

// termReason says how a word of a name meets a term.
func termReason(term, word []byte, cost float64, edits int) Reason {
	r := Reason{Code: "exact", Weight: -cost / math.Ln2, Text: "the word " + string(word)}
	switch {
	case edits == 1:
		r.Code, r.Text = "typo", "one letter differs: "+string(term)+" for "+string(word)
	case edits > 1:
		r.Code, r.Text = "typo", "two letters differ: "+string(term)+" for "+string(word)
	case bytes.Equal(term, word):
	case bytes.HasPrefix(word, term):
		r.Code, r.Text = "prefix", string(term)+" begins "+string(word)
	default:
		r.Code, r.Text = "script", string(term)+" is "+string(word)+" in Latin letters"
	}
	return r
}
