package search

import (
	"cmp"
	"math"
	"slices"
)

// The words of a whole name in another order, one too many or too few. A word that is
// in many names says little, so that the rare words lead to the candidates, and these
// are then compared word by word.

const (
	maxWords     = 24     // of the text that are looked at
	wordVariants = 12     // dictionary words that one word of the text may mean
	wordPostings = 20_000 // names looked at to find candidates
	wordFull     = 48     // candidates compared word by word

	costWordy   = 5.0  // that words are out of place at all
	costOrder   = 1.0  // for a word that stands before its predecessor
	costExtra   = 2.0  // for a word too many, beside its letters
	costMissing = 0.8  // for a word too few, and
	costIDF     = 0.35 // for each nat of its rarity
	costAbbrev  = 2.0  // for a word of which only the beginning stands
	costKin     = 1.5  // for a word of the vocabulary in place of another that means the same
	minAbbrev   = 3    // runes of such a beginning
)

// textWord is a word of the text and what it may mean.
type textWord struct {
	text     []byte
	key      wordKey
	weight   float64 // what it says about which name is meant, in nats
	unknown  float64 // logarithm of its probability as any word
	variants []variant
	postings int
}

// variant is a dictionary word that a word of the text may mean.
type variant struct {
	part int
	wid  uint32
	cost float64 // nats
	gain float64 // what finding it in a name says, in nats
}

// byWords finds names that share telling words with the text.
func (s *search) byWords() {
	words := s.textWords()
	rare := make([]*textWord, len(words))
	for i := range words {
		rare[i] = &words[i]
	}
	slices.SortStableFunc(rare, func(a, b *textWord) int { return cmp.Compare(a.postings, b.postings) })
	s.tally.reset()
	left := wordPostings
	for i, w := range rare {
		if left -= w.postings; left < 0 && i > 0 {
			break
		}
		for _, v := range w.variants {
			p := &s.parts[v.part]
			for _, nid := range first(p.namesWith(v.wid), wordPostings) {
				s.tally.add(p.nameBase+nid, float32(v.gain))
			}
		}
	}
	s.channel.set(nil)
	for _, nid := range s.tally.best(wordFull) {
		p, n := s.nameAt(nid)
		if score, fit, ok := s.wordwise(words, p, n); ok {
			from := len(s.found)
			s.add(p, n, score, 0, byWords)
			for k := from; k < len(s.found); k++ {
				s.found[k].meant = fit.meant()
			}
		}
	}
}

func first(s []uint32, n int) []uint32 { return s[:min(len(s), n)] }

// textWords looks up the words of the text.
func (s *search) textWords() []textWord {
	var words []textWord
	for _, w := range appendWords(nil, s.fold) {
		if len(words) == maxWords {
			break
		}
		t := textWord{text: w, unknown: s.unknownWord(w), key: keyOf(w)}
		t.weight = weigh(t.key, small[string(w)], float64(s.textDF(w)), s.total())
		s.lookUp(&t)
		words = append(words, t)
	}
	return words
}

// lookUp finds what a word may mean: itself, and what is one edit away, two for long
// words.
func (s *search) lookUp(t *textWord) {
	s.word.reset(t.text)
	k := 0
	switch n := s.word.runes(); {
	case n >= 8:
		k = 2
	case n >= minTwo:
		k = 1
	}
	s.channel.set(t.text)
	for i := range s.parts {
		p := &s.parts[i]
		s.cut = !p.words.nearby(&s.word, k, func(wid uint32, edits int) {
			if p.postingOff[wid] == p.postingOff[wid+1] {
				return // of a place only
			}
			cost := -s.channel.logP(p.words.at(wid), edits)
			gain := s.idf(p.wordBase+wid) - cost
			t.variants = append(t.variants, variant{part: i, wid: wid, cost: cost, gain: gain})
		}) || s.cut
	}
	slices.SortFunc(t.variants, func(a, b variant) int {
		return cmp.Or(cmp.Compare(b.gain, a.gain), cmp.Compare(a.part, b.part), cmp.Compare(a.wid, b.wid))
	})
	t.variants = t.variants[:min(len(t.variants), wordVariants*len(s.parts))]
	for _, v := range t.variants {
		t.postings += len(s.parts[v.part].namesWith(v.wid))
	}
}

// wordFit says how well the words of a text and of a name agree, by their weights.
type wordFit struct{ matched, extra, missing float64 }

// The logistic model of whether a name is meant by words of which some are too many or
// too few, or an unknown name made of nearly the same ones. That many words agree says
// less and less; what is missing or too many says that it is another name.
const (
	fitBase    = -3.6
	fitMatched = 2.5
	fitExtra   = -0.7
	fitMissing = -1.7
)

// meant returns the probability that the name is meant, and not another one.
func (f wordFit) meant() float64 {
	z := fitBase + fitMatched*math.Log(0.1+f.matched) + fitExtra*math.Log1p(f.extra) + fitMissing*math.Log1p(f.missing)
	return 1 / (1 + math.Exp(-z))
}

// wordwise returns the logarithm of the probability that the text is written where a
// name is meant, if its words may be out of place. False when they share no word.
func (s *search) wordwise(words []textWord, p *part, nid uint32) (score float64, fit wordFit, ok bool) {
	name := p.wordsOf(nid)
	if len(name) > maxWords {
		return 0, fit, false
	}
	var taken [maxWords]bool
	score = -costWordy - costNone
	last, matched := -1, 0
	for i := range words {
		at, cost := s.meant(&words[i], p, name, &taken, last+1)
		if at < 0 {
			score += words[i].unknown - costExtra
			fit.extra += words[i].weight
			continue
		}
		taken[at] = true
		matched++
		fit.matched += words[i].weight
		if score -= cost; at < last {
			score -= costOrder
		}
		last = at
	}
	if matched == 0 {
		return 0, fit, false
	}
	for i, wid := range name {
		if taken[i] {
			continue
		}
		score -= costMissing + costIDF*s.idf(p.wordBase+wid)
		w := p.words.at(wid)
		fit.missing += weigh(keyOf(w), small[string(w)], float64(s.wordDF(p.wordBase+wid)), s.total())
	}
	return score, fit, true
}

// meant returns which word of a name a word of the text means, and what that costs; of
// equals the first from a place on.
func (s *search) meant(t *textWord, p *part, name []uint32, taken *[maxWords]bool, from int) (at int, cost float64) {
	at, cost = -1, math.Inf(1)
	for k := range name {
		i := (from + k) % len(name)
		if taken[i] {
			continue
		}
		for _, v := range t.variants {
			if v.wid == name[i] && &s.parts[v.part] == p && v.cost < cost {
				at, cost = i, v.cost
			}
		}
		if w := p.words.at(name[i]); costAbbrev < cost && len(t.text) >= minAbbrev && len(w) > len(t.text)+1 &&
			string(w[:len(t.text)]) == string(t.text) {
			at, cost = i, costAbbrev
		}
		if costKin < cost && t.key.concept() != 0 && t.key == keyOf(p.words.at(name[i])) {
			at, cost = i, costKin
		}
	}
	if cost > costExtra-t.unknown {
		return -1, 0
	}
	return at, cost
}

// tally sums gains of names. It holds a bounded number of them.
type tally struct {
	keys  []uint32 // name + 1
	gains []float32
	used  []uint32 // slots
}

const tallySize = 1 << 16

func (t *tally) reset() {
	if t.keys == nil {
		t.keys, t.gains = make([]uint32, tallySize), make([]float32, tallySize)
	}
	for _, i := range t.used {
		t.keys[i] = 0
	}
	t.used = t.used[:0]
}

// add adds to the gain of a name; when the table is full, of those that are there only.
func (t *tally) add(nid uint32, gain float32) {
	i := (nid * 0x9e3779b1) >> 16
	for t.keys[i] != 0 && t.keys[i] != nid+1 {
		i = (i + 1) % tallySize
	}
	switch {
	case t.keys[i] != 0:
		t.gains[i] += gain
	case len(t.used) < tallySize*3/4:
		t.keys[i], t.gains[i] = nid+1, gain
		t.used = append(t.used, i)
	}
}

// best returns up to n names with the highest gains, ascending by number.
func (t *tally) best(n int) []uint32 {
	type entry struct {
		nid  uint32
		gain float32
	}
	top := make([]entry, 0, n+1) // ascending by gain
	for _, i := range t.used {
		e := entry{t.keys[i] - 1, t.gains[i]}
		if len(top) == n && e.gain <= top[0].gain {
			continue
		}
		at, _ := slices.BinarySearchFunc(top, e, func(a, b entry) int { return cmp.Compare(a.gain, b.gain) })
		top = slices.Insert(top, at, e)
		if len(top) > n {
			top = top[1:]
		}
	}
	nids := make([]uint32, len(top))
	for i, e := range top {
		nids[i] = e.nid
	}
	slices.Sort(nids)
	return nids
}
