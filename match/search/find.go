package search

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"github.com/habeas-data/habeas/match/text"
)

// scratch is the room that one question needs, kept for the next one.
type scratch struct {
	fold    []byte
	roman   []byte
	probe   probe
	word    probe
	channel channel
	found   []candidate
	tally   tally
	climber climber
	joined  []byte
	split   [][]byte
	ids     []byte
}

// candidate is an entity that may be meant, by one of its names.
type candidate struct {
	score float64 // logarithm of the probability of entity and text together
	part  *part
	ord   uint32 // in the part
	at    uint32 // entry
	edits uint8
	how   how
	// meant is the probability that words out of place mean this name and not another
	// one made of nearly the same words, 1 where none are; rank makes it the probability
	// that the entity is meant.
	meant float64
	code  bool // of an entity that is hardly called so
}

// how says what brought a candidate.
type how uint8

const (
	byExact how = iota
	byEdits
	byWords
	byPrefix
	byInitials
)

const (
	defaultLimit = 10
	maxLimit     = 1000
	// negligible is how many nats below the best a candidate counts for nothing.
	negligible = 20
	// exactNone is the probability that a text which is exactly a name means
	// something else.
	exactNone = 0.005
	// letterNone is the same for an acronym of one letter; with each letter more, half
	// as many others that the index does not know have it as well.
	letterNone = 0.5
)

// Search answers a question. It takes any text: what is no UTF-8 counts as U+FFFD, and
// what exceeds the limits is cut. The work is bounded; see [Result.Cut].
func (x *Index) Search(q Query) Result {
	v := x.now.Load()
	s := x.room.Get().(*search)
	defer x.room.Put(s)
	switch q.Limit = min(q.Limit, maxLimit); {
	case q.Limit <= 0:
		q.Limit = defaultLimit
	}
	s.fold = text.AppendFold(s.fold[:0], q.Text)
	if len(s.fold) == 0 || len(v.parts) == 0 {
		return Result{None: 1}
	}
	s.view, s.query, s.filter, s.cut = v, q, newFilter(&q), false
	switch q.Mode {
	case Typing:
		return s.typing()
	case Mention:
		return mentions(v, q)
	case Terms:
		return s.terms()
	case Auto, Whole:
	}
	return s.whole()
}

// search is one question under way.
type search struct {
	*view
	scratch
	query  Query
	filter filter
	cut    bool
}

// whole takes the text as one name: exactly, then with errors. Where that does not
// settle it and there are several words, they are looked at one by one: with Auto as a
// text in which names stand, and unless one clearly does, as those of one name out of
// place.
func (s *search) whole() Result {
	s.found = s.found[:0]
	unknown, settled := s.gather()
	if settled {
		s.lowerCodes()
		return s.rank(s.noneExact())
	}
	if bytes.IndexByte(s.fold, ' ') < 0 || s.odds(unknown) >= sure {
		return s.rank(s.none(unknown))
	}
	if s.query.Mode == Whole {
		s.byWords()
		return s.rank(s.none(unknown))
	}
	among := mentions(s.view, s.query)
	if len(among.Hits) == 0 || among.Hits[0].P < clearlyAmong {
		s.byWords()
	}
	return either(s.rank(s.none(unknown)), among, s.query.Limit)
}

// clearlyAmong is from which probability on a name that stands among other words is not
// doubted because of them.
const clearlyAmong = 0.6

// either joins what the text may be as a whole with what may stand in it. Each path is
// blind to something, an error that makes a whole name unlike a mention, words around a
// name that make it unlike a whole one, so that the surer one counts. What is found as a
// whole, and what is found in it otherwise, share what there is to be sure of.
func either(whole, among Result, limit int) Result {
	a, sum, other := whole, 0.0, 0.0
	for _, h := range whole.Hits {
		sum += h.P
	}
	for _, h := range among.Hits {
		i := slices.IndexFunc(whole.Hits, func(o Hit) bool { return o.ID == h.ID })
		switch {
		case i < 0:
			other = max(other, h.P)
			a.Hits = append(a.Hits, h)
		case whole.Hits[i].P < h.P:
			other = max(other, h.P-whole.Hits[i].P)
			a.Hits[i] = h
		}
	}
	if sum += other; sum > 1 {
		for i := range a.Hits {
			a.Hits[i].P /= sum
		}
	}
	slices.SortStableFunc(a.Hits, func(x, y Hit) int {
		return cmp.Or(cmp.Compare(y.P, x.P), cmp.Compare(x.ID, y.ID))
	})
	a.Hits = a.Hits[:min(len(a.Hits), limit)]
	return Result{Hits: a.Hits, None: min(whole.None, among.None), Cut: whole.Cut || among.Cut}
}

// noneExact is the probability that a text which is exactly the name of the candidates
// means something else. Short acronyms are shared by many.
func (s *search) noneExact() float64 {
	for i := range s.found {
		if c := &s.found[i]; c.part.kind(c.at) != Acronym {
			return exactNone
		}
	}
	return max(exactNone, math.Ldexp(letterNone, 1-len(s.fold)))
}

// none is the probability that none of the candidates is meant. Nothing that is
// misspelled is surer than what is exactly a name.
func (s *search) none(unknown float64) float64 {
	return exactNone + (1-exactNone)/(1+math.Exp(s.odds(unknown)))
}

// gather finds the candidates for the text as one name. It is settled when the text is
// exactly one; otherwise it returns the logarithm of the probability of the text as
// something unknown.
func (s *search) gather() (unknown float64, settled bool) {
	s.exact(s.fold, 0, byExact)
	for i := range s.found {
		if c := &s.found[i]; c.part.kind(c.at) != Romanised {
			return 0, true
		}
	}
	// A romanised form is one of many that people write: it settles nothing, and is
	// found again among the forgiven.
	s.found = s.found[:0]
	s.probe.reset(s.fold)
	s.near(0)
	s.romanised(func(roman []byte) {
		s.probe.reset(roman)
		s.near(romanCost)
	})
	s.initials()
	return s.unknown(), false
}

const (
	// wordsOfName is how many words a name has on average, about.
	wordsOfName = 2.5
	// otherWords stand for what a small index has not seen.
	otherWords = 1000
)

// unknown returns the logarithm of the probability of the text as something that is no
// name in the index: letters that follow each other as in names, or words as frequent
// as in names. That the words of a text are frequent ones speaks for no name.
func (s *search) unknown() float64 {
	sum := 0.0
	s.split = appendWords(s.split[:0], s.fold)
	for _, w := range s.split {
		sum += s.unknownWord(w)
	}
	return max(sum, s.stats.letters.logP(s.fold, s.total(), false))
}

func (s *search) unknownWord(word []byte) float64 {
	letters := s.stats.letters.logP(word, s.total(), false)
	df := s.textDF(word)
	if df == 0 {
		return letters
	}
	return max(letters, math.Log(float64(df)/(wordsOfName*s.total()+otherWords)))
}

// romanCost is what it costs, in nats, that a name was typed in another script.
const romanCost = 4.0

// romanised calls try with the text in Latin letters, when it is in others.
func (s *search) romanised(try func(roman []byte)) {
	if ascii(s.fold) {
		return
	}
	folded := string(s.fold)
	if r := text.Romanise(folded); r != folded {
		s.roman = text.AppendFold(s.roman[:0], r)
		try(s.roman)
	}
}

// exact finds the names that are the text.
func (s *search) exact(folded []byte, penalty float64, how how) {
	for i := range s.parts {
		if nid, ok := s.parts[i].names.find(folded); ok {
			s.add(&s.parts[i], nid, -costNone-penalty, 0, how)
		}
	}
}

// near finds the names that are at most two edits from the probe.
func (s *search) near(penalty float64) {
	k := maxEdits
	switch n := s.probe.runes(); {
	case n < minNear:
		s.exact(s.probe.text, penalty, byEdits)
		return
	case n < minTwo:
		k = 1
	}
	s.channel.set(s.probe.text)
	for i := range s.parts {
		p := &s.parts[i]
		whole := p.names.nearby(&s.probe, k, func(nid uint32, edits int) {
			score := s.channel.logP(p.names.at(nid), edits)
			s.add(p, nid, score-penalty, edits, byEdits)
		})
		s.cut = s.cut || !whole
	}
}

// kindCost is what it costs, in nats, that a name of this kind is used.
var kindCost = [256]float64{Alias: 0.3, Acronym: 0.7, Former: 1, Romanised: 3}

// add makes candidates of the entities under a name.
func (s *search) add(p *part, nid uint32, score float64, edits int, how how) {
	from, to := p.entries(nid)
	for at := from; at < to; at++ {
		ord := p.entryOrd[at]
		if !p.allows(ord, &s.filter) {
			continue
		}
		s.found = append(s.found, candidate{
			score: score - kindCost[p.kind(at)] + weightPower*min(max(float64(p.weight(ord)), 0), 50),
			part:  p, ord: ord, at: at, edits: uint8(edits), how: how, meant: 1,
		})
	}
}

// Calibration. The model says how much more probable the candidates make the text than
// unknown names do, and the candidates among each other; it takes its own word too
// seriously, because names resemble each other more than letters by chance. The numbers
// were fitted on misspellings of invented names that are, and that are not, in an
// index; TestProbabilitiesAreRight asks them about others.
const (
	oddsBase  = 0.5  // of the logarithm of the odds that a candidate is meant
	oddsFor   = 0.27 // for each nat that speaks for the candidates,
	oddsMinus = 0.4  // and against them
	sharpness = 0.75 // of the candidates among each other
	// sure is from which odds on the words are not looked at one by one.
	sure = 1.5
)

// odds returns the logarithm of the odds that one of the candidates is meant.
func (s *search) odds(unknown float64) float64 {
	best := math.Inf(-1)
	for i := range s.found {
		best = max(best, s.found[i].score)
	}
	if math.IsInf(best, -1) {
		return best
	}
	sum := 0.0
	for i := range s.found {
		if d := s.found[i].score - best; d > -negligible {
			sum += math.Exp(d)
		}
	}
	known := best + math.Log(sum) - math.Log(float64(s.stats.mass.Load())/1000)
	known -= unknown
	return oddsBase + oddsFor*max(known, 0) + oddsMinus*min(known, 0)
}

// rank turns the candidates into an answer in which none has a probability.
func (s *search) rank(none float64) Result {
	s.distinct()
	if len(s.found) == 0 {
		return Result{None: 1, Cut: s.cut}
	}
	best, sum := math.Inf(-1), 0.0
	for i := range s.found {
		best = max(best, s.found[i].score)
	}
	keep := s.found[:0]
	for _, c := range s.found {
		if c.score > best-negligible {
			keep = append(keep, c)
			sum += math.Exp(sharpness * (c.score - best))
		}
	}
	s.found = keep
	r := Result{None: none, Cut: s.cut, Hits: make([]Hit, min(len(keep), s.query.Limit))}
	for i := range keep {
		c := &keep[i]
		p := (1 - none) * math.Exp(sharpness*(c.score-best)) / sum
		r.None += p - p*c.meant
		c.meant *= p
	}
	slices.SortFunc(keep, func(a, b candidate) int {
		if c := cmp.Or(cmp.Compare(b.meant, a.meant), cmp.Compare(b.score, a.score)); c != 0 {
			return c
		}
		return bytes.Compare(a.part.id(a.ord), b.part.id(b.ord))
	})
	for i := range r.Hits {
		r.Hits[i] = s.hit(&keep[i], keep[i].meant)
	}
	return r
}

// distinct leaves the best candidate of each entity, with the probabilities of all its
// names together: whichever was meant, the entity is.
func (s *search) distinct() {
	best := 0.0
	slices.SortFunc(s.found, func(a, b candidate) int {
		return cmp.Or(
			cmp.Compare(a.part.entityBase+a.ord, b.part.entityBase+b.ord),
			cmp.Compare(b.score, a.score), cmp.Compare(a.part.kind(a.at), b.part.kind(b.at)),
			cmp.Compare(a.at, b.at))
	})
	kept := s.found[:0]
	for _, c := range s.found {
		if n := len(kept) - 1; n >= 0 && kept[n].ord == c.ord && kept[n].part == c.part {
			if c.how != byPrefix { // a beginning is one of all its names
				kept[n].score += math.Log1p(math.Exp(c.score - best))
				kept[n].meant = max(kept[n].meant, c.meant)
			}
			continue
		}
		kept, best = append(kept, c), c.score
	}
	s.found = kept
}

// hit makes the hit of a candidate. Its strings are copies.
func (s *search) hit(c *candidate, p float64) Hit {
	name, kind := c.part.written(c.at)
	id := c.part.id(c.ord)
	s.ids = append(append(s.ids[:0], id...), name...)
	both := string(s.ids)
	h := Hit{
		ID: both[:len(id)], Name: both[len(id):], Kind: kind, Type: c.part.typeOf(c.ord), P: p,
	}
	h.Begin, h.End = trimmed(s.query.Text)
	if s.query.Explain {
		h.Reasons = s.reasons(c, s.stats.letters.logP(s.fold, s.total(), c.how == byPrefix))
	}
	return h
}

// trimmed returns where a text begins and ends without white space around it.
func trimmed(s string) (begin, end int) {
	for end = len(s); end > 0 && s[end-1] <= ' '; {
		end--
	}
	for begin < end && s[begin] <= ' ' {
		begin++
	}
	return begin, end
}
