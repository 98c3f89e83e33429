package search

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"sync"
)

// The mention path: which entities does a text name that says other things as well?
//
//	read     the text is cut into words, with what parts them, countries and addresses
//	find     its words and phrases lead to names
//	align    each name is laid against the text: which words agree, what is in between
//	judge    for each entity under a name, what speaks for it and against it
//	compete  of entities that claim the same words those lose that explain less
//
// What speaks for and against is added up in a logistic model (mention_judge.go).

// mention is one question under way, with the room that it needs.
type mention struct {
	*view
	filter filter
	text   mentionText
	word   probe
	tally  tally
	cache  wordCache

	places     map[wordKey][]uint8 // of words of the text
	agreements []agreement
	leads      []lead
	joined     []byte
	plain      []byte
	phrase     []byte
	spelled    []byte

	names  []scored
	pairs  []pairing
	chains []chain
	laid   []pairing
	claims []claim
	byWho  map[uint32]int // entity to claim
	sums   []float64
	cut    bool // the work reached its limit
}

var mentionRoom = sync.Pool{New: func() any {
	return &mention{places: map[wordKey][]uint8{}, byWho: map[uint32]int{}}
}}

// mentions returns the entities that a text mentions, the most probable first. Each has
// a probability of its own.
func mentions(v *view, q Query) Result {
	m := mentionRoom.Get().(*mention)
	defer mentionRoom.Put(m)
	m.view, m.filter, m.cut = v, newFilter(&q), false
	m.claim(q.Text)
	r := Result{Hits: make([]Hit, 0, min(len(m.claims), q.Limit)), None: 1, Cut: m.cut}
	for i := range m.claims {
		if len(r.Hits) == q.Limit || m.claims[i].p < leastShown {
			break
		}
		r.Hits = append(r.Hits, m.hit(&m.claims[i], q.Explain))
		r.None *= 1 - m.claims[i].p
	}
	m.view = nil
	return r
}

// leastShown is the probability from which on an entity is worth showing.
const leastShown = 0.001

// claim finds and weighs the entities that a text may mention.
func (m *mention) claim(s string) {
	m.claims = m.claims[:0]
	m.prepare(s)
	m.text.measure()
	m.find()
	m.findAddresses()
	for _, n := range m.names {
		p, nid := m.nameAt(n.nid)
		name := p.wordsOf(nid)
		if a, ok := m.align(p, name); ok {
			m.judge(p, nid, name, &a)
		}
	}
	m.compete()
}

// findAddresses marks the parts of the text that are nothing but a place of an entity
// that may be meant.
func (m *mention) findAddresses() {
	t := &m.text
	if len(t.words) == 0 {
		return
	}
	for c := 1; c <= int(t.chunk[len(t.words)-1]); c++ {
		from, to := int(t.chunkAt[c]), int(t.chunkAt[c+1])
		for to > from+1 && digit(t.words[to-1].fold) {
			to--
		}
		if t.words[from].address || !m.isPlace(t.words[from:to]) {
			continue
		}
		for i := from; i < to; i++ {
			t.words[i].address = true
		}
	}
}

// isPlace says whether words are the places of an entity under one of the names.
func (m *mention) isPlace(words []mentionWord) bool {
	const most = 4 // words of a city
	if len(words) > most {
		return false
	}
	for _, n := range m.names {
		p, nid := m.nameAt(n.nid)
		from, to := p.entries(nid)
		for _, ord := range p.entryOrd[from:min(to, from+maxBearers)] {
			if places := p.placesOf(ord); m.sameWords(p, places, words) {
				return true
			}
		}
	}
	return false
}

// sameWords says whether all words are among places, next to each other.
func (m *mention) sameWords(p *part, places []uint32, words []mentionWord) bool {
	for i := 0; i+len(words) <= len(places); i++ {
		k := 0
		for k < len(words) && bytes.Equal(p.words.at(places[i+k]), words[k].fold) {
			k++
		}
		if k == len(words) {
			return true
		}
	}
	return false
}

// claim is an entity that may be mentioned, by one of its names.
type claim struct {
	part       *part
	ord        uint32 // in the part
	at         uint32 // entry
	nid        uint32 // in the part
	begin, end int    // words of the text
	covers     wordBits
	acronym    bool
	complete   bool // next to nothing of the name is missing
	alone      bool // complete, and alone in its part of the address
	strength   float64
	traits     traits
	p          float64
}

// who returns the number of the entity in the whole index.
func (c *claim) who() uint32 { return c.part.entityBase + c.ord }

// compete lets the claims of one entity support each other, and those of different
// entities to the same words exclude each other.
func (m *mention) compete() {
	m.gather()
	m.acronymsInBrackets()
	for i := range m.claims {
		c := &m.claims[i]
		c.p = c.traits.probability()
	}
	const clear = 4.0 // nats from which on one name is simply better
	for i := range m.claims {
		c := &m.claims[i]
		all, sum := m.weightOf(&c.covers, &c.covers), 1.0
		for k := range m.claims {
			r := &m.claims[k]
			if k == i || !c.covers.meets(&r.covers) || all == 0 {
				continue
			}
			if share := m.weightOf(&c.covers, &r.covers) / all; share > 0.3 {
				if c.alone && r.begin < c.begin && m.text.chunk[r.begin] != m.text.chunk[c.begin] {
					share *= parentShare
				}
				sum += share * r.p * math.Exp(min(r.strength-c.strength, clear))
			}
		}
		c.traits[traitRival] = math.Log(sum)
	}
	for i := range m.claims {
		m.claims[i].p = m.claims[i].traits.probability()
	}
	m.exclude()
	slices.SortFunc(m.claims, func(a, b claim) int { return byProbability(&a, &b) })
}

// byProbability orders claims, the most probable first.
func byProbability(a, b *claim) int {
	return cmp.Or(cmp.Compare(b.p, a.p), cmp.Compare(b.strength, a.strength),
		bytes.Compare(a.part.id(a.ord), b.part.id(b.ord)))
}

// parentShare is how much a name counts against one within it that has a part of the
// address for itself and stands behind: "School of X, University of Y" means both.
const parentShare = 0.1

// exclude leaves one in sum to claims to the same words.
func (m *mention) exclude() {
	const same = 0.8 // of the weight
	m.sums = m.sums[:0]
	for i := range m.claims {
		c := &m.claims[i]
		sum, all := c.p, m.weightOf(&c.covers, &c.covers)
		for k := range m.claims {
			r := &m.claims[k]
			if k == i || !c.covers.meets(&r.covers) {
				continue
			}
			if both := m.weightOf(&c.covers, &r.covers); both > same*all && both > same*m.weightOf(&r.covers, &r.covers) {
				sum += r.p
			}
		}
		m.sums = append(m.sums, max(sum, 1))
	}
	for i, sum := range m.sums {
		m.claims[i].p /= sum
	}
}

// maxClaims is how many entities compete.
const maxClaims = 64

// gather leaves the most probable claim of each entity. Another name of it elsewhere in
// the text supports it.
func (m *mention) gather() {
	for i := range m.claims {
		m.claims[i].p = m.claims[i].traits.probability()
	}
	slices.SortFunc(m.claims, func(a, b claim) int {
		return cmp.Or(byProbability(&a, &b), cmp.Compare(a.at, b.at))
	})
	clear(m.byWho)
	keep := m.claims[:0]
	for _, c := range m.claims {
		i, twice := m.byWho[c.who()]
		if !twice {
			if len(keep) == maxClaims {
				continue
			}
			m.byWho[c.who()] = len(keep)
			keep = append(keep, c)
			continue
		}
		first := &keep[i]
		if !c.complete || first.covers.meets(&c.covers) || first.traits[traitAgain] > 0 {
			continue
		}
		first.traits[traitAgain] = 1
		first.strength += strengthAgain
		if c.acronym {
			first.covers.set(c.begin)
		}
	}
	m.claims = keep
}

// acronymsInBrackets finds acronyms that the text itself explains: they stand in
// brackets after a name that begins with their letters, or that has them as well.
func (m *mention) acronymsInBrackets() {
	for i := range m.claims {
		c := &m.claims[i]
		if !c.acronym || !m.text.words[c.begin].bracket || c.traits[traitAgain] > 0 {
			continue
		}
		if m.initials(c.begin) {
			c.traits[traitExplained] = 1
			continue
		}
		for k := range m.claims {
			if r := &m.claims[k]; !r.acronym && r.traits[traitAgain] > 0 && r.covers.has(c.begin) {
				c.traits[traitExplained] = 1
			}
		}
	}
}

// initials says whether the letters of word at are first letters of the words before it.
func (m *mention) initials(at int) bool {
	const reach = 10
	letters := m.text.words[at].fold
	k := len(letters)
	for i := at - 1; i >= max(0, at-reach) && k > 0; i-- {
		w := &m.text.words[i]
		if w.fold[0] == letters[k-1] {
			k--
		} else if !w.small {
			return false
		}
		if m.text.starts(i) {
			break
		}
	}
	return k == 0
}

// weightOf returns the weight of the words that are in both sets.
func (m *mention) weightOf(a, b *wordBits) float64 {
	sum := 0.0
	for i := range m.text.words {
		if a.has(i) && b.has(i) {
			sum += m.text.words[i].weight
		}
	}
	return sum
}
