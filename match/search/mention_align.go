package search

import "slices"

const (
	maxNameWords = 32 // of a name that are laid against the text
	maxPairs     = 64 // of words of a name with words of the text
	perPair      = 3  // chains
	costSwapped  = 0.3
	costAcross   = 3.0  // words in another order, parted by a comma
	addressShare = 0.25 // of a word's weight that counts when it says where
	goesOnShare  = 0.6  // when it may say where: "University of X, Y"
)

// pairing is a word of a name with a word of the text.
type pairing struct {
	word, at, words uint8
	how             agreeHow
	gain            float64
}

// chain is the best way to lay the words of a name so that a pairing comes last.
type chain struct {
	score, gap float64
	before     int32 // chain, -1: none
	taken      uint32
}

// alignment is a name laid against the text.
type alignment struct {
	pairs   []pairing // in the order of the text; until the next call of align
	taken   uint32    // words of the name
	weights [maxNameWords]float64
	total   float64
	matched float64 // weight that agrees, without words that only say where
	unsure  float64 // weight of misspelled and shortened words
	gap     float64 // what lies between, and is out of order
	begin   int     // word of the text
	end     int
	covers  wordBits
	score   float64
}

// wordBits is a set of words of the text.
type wordBits [(maxTextWords + 63) / 64]uint64

func (b *wordBits) set(i int)      { b[i>>6] |= 1 << (i & 63) }
func (b *wordBits) has(i int) bool { return b[i>>6]>>(i&63)&1 != 0 }

func (b *wordBits) meets(o *wordBits) bool {
	for i := range b {
		if b[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

// pair collects the pairings of a name, in the order of the text.
func (m *mention) pair(p *part, name []uint32, a *alignment) {
	m.pairs = m.pairs[:0]
	for i, wid := range name {
		w := m.nameWord(p, wid)
		a.weights[i] = w.weight
		a.total += w.weight
		for k := w.first; k != 0; k = m.agreements[k-1].next {
			g := &m.agreements[k-1]
			m.pairs = append(m.pairs, pairing{uint8(i), g.at, g.words, g.how, w.weight * g.quality})
		}
	}
	if len(m.pairs) > maxPairs { // keep those that say most
		slices.SortStableFunc(m.pairs, func(a, b pairing) int {
			switch {
			case a.gain > b.gain:
				return -1
			case a.gain < b.gain:
				return 1
			}
			return 0
		})
		m.pairs = m.pairs[:maxPairs]
	}
	slices.SortFunc(m.pairs, func(a, b pairing) int {
		if a.at != b.at {
			return int(a.at) - int(b.at)
		}
		return int(a.word) - int(b.word)
	})
}

// align lays a name against the text where it fits best: the words that agree, less what
// lies between them (a local alignment over pairings).
//
// Each pairing has three chains, so that a far relation that is worth little does not
// stand in the way of a near one: it alone, the best one in order, the best of all.
func (m *mention) align(p *part, name []uint32) (a alignment, ok bool) {
	name = name[:min(len(name), maxNameWords)]
	m.pair(p, name, &a)
	m.chains = slices.Grow(m.chains[:0], perPair*len(m.pairs))[:perPair*len(m.pairs)]
	best := -1
	for i := range m.pairs {
		q := &m.pairs[i]
		alone := q.gain
		if m.text.words[q.at].address {
			alone *= addressShare
		}
		first := perPair * i
		m.chains[first] = chain{score: alone, before: -1, taken: 1 << q.word}
		m.chains[first+1], m.chains[first+2] = chain{score: -1}, chain{score: -1}
		for k := range first {
			m.extend(p, name, k, i)
		}
		for k := first; k < first+perPair; k++ {
			if best < 0 || m.chains[k].score > m.chains[best].score {
				best = k
			}
		}
	}
	if best < 0 {
		return a, false
	}
	m.trace(p, name, best, &a)
	return a, true
}

// extend tries chain k before pairing i.
func (m *mention) extend(p *part, name []uint32, k, i int) {
	c, b, q := &m.chains[k], &m.pairs[k/perPair], &m.pairs[i]
	if c.score <= 0 || b.at+b.words > q.at || c.taken>>q.word&1 != 0 {
		return
	}
	from, to := int(b.at+b.words-1), int(q.at)
	gap := m.text.between(from, to)
	across := m.text.chunk[from] != m.text.chunk[to]
	into := perPair*i + 1
	if q.word < b.word {
		gap += costSwapped
		if across {
			gap += costAcross
			into++
		}
	}
	if k%perPair == 2 {
		into = perPair*i + 2
	}
	gain := q.gain
	if m.text.words[to].address {
		switch inAddress := m.text.words[from].address; {
		case !inAddress && m.goesOn(p, name, b, q):
			gain *= goesOnShare
		case !inAddress || across:
			return // missing counts what the address says
		}
	}
	if s := c.score + gain - gap; s > m.chains[into].score {
		m.chains[into] = chain{score: s, gap: c.gap + gap, before: int32(k), taken: c.taken | 1<<q.word}
	}
}

// goesOn says whether b comes next after a, in the text and but for small words in the
// name: "University of California, Davis" has no address.
func (m *mention) goesOn(p *part, name []uint32, a, b *pairing) bool {
	for k := a.word + 1; k < b.word; k++ {
		if m.nameWord(p, name[k]).weight > smallWeight {
			return false
		}
	}
	return a.word < b.word && a.at+a.words == b.at
}

// trace fills an alignment from its last chain.
func (m *mention) trace(p *part, name []uint32, last int, a *alignment) {
	a.taken, a.gap, a.score = m.chains[last].taken, m.chains[last].gap, m.chains[last].score
	m.laid = m.laid[:0]
	for k := int32(last); k >= 0; k = m.chains[k].before {
		q, before := m.pairs[k/perPair], m.chains[k].before
		m.laid = append(m.laid, q)
		for w := range q.words {
			a.covers.set(int(q.at + w))
		}
		if !m.text.words[q.at].address || before >= 0 && m.goesOn(p, name, &m.pairs[before/perPair], &q) {
			a.matched += q.gain
		}
		if q.how >= agreesShortened {
			a.unsure += a.weights[q.word]
		}
	}
	slices.Reverse(m.laid)
	a.pairs = m.laid
	a.begin = int(m.laid[0].at)
	end := m.laid[len(m.laid)-1]
	a.end = int(end.at + end.words - 1)
}
