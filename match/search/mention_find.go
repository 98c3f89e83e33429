package search

import (
	"bytes"
	"cmp"
	"slices"
	"unicode/utf8"
)

// Bounds of the work that one text causes.
const (
	mentionPostings = 6_000 // names looked at because they share a word with the text
	mentionPhrase   = 10    // words of a phrase that is looked up as a whole
	mentionScored   = 1_000 // names of which all words are looked at
	mentionAligned  = 120   // names that are laid against the text
	mentionTypos    = 8     // dictionary words that a misspelled word may be, by segment
	leastCovered    = 0.5   // of a name's weight must be in the text
)

// How well a word of a name and a word of the text agree.
const (
	agreeExact  = 1.0
	agreeKin    = 0.9 // of one concept; singular and plural; parted or joined
	agreeAbbrev = 0.75
	agreeTypo   = 0.8 // for each edit
)

// agreement says that a word of names may stand in the text at a place.
type agreement struct {
	at, words uint8
	how       agreeHow
	next      int32 // of the same word, + 1
	quality   float64
}

type agreeHow uint8

const (
	agreesExactly agreeHow = iota
	agreesInMeaning
	agreesJoined
	agreesShortened
	agreesMisspelled
)

// nameWord is what a question knows about a word of names.
type nameWord struct {
	weight float64
	first  int32 // agreement + 1
	best   float64
}

// lead is a dictionary word that leads to names.
type lead struct {
	part    *part
	wid     uint32 // in the part
	at      uint8
	quality float64
	how     agreeHow
	rank    int // fewer names first, words of the vocabulary last
}

// prepare reads the text and looks its words up.
func (m *mention) prepare(s string) {
	m.text.read(s, func(w []byte) bool { return m.textDF(w) > 0 })
	m.text.findCountries()
	m.cache.reset()
	m.agreements, m.leads = m.agreements[:0], m.leads[:0]
	clear(m.places)
	names := m.total()
	for i := range m.text.words {
		w := &m.text.words[i]
		df := m.textDF(w.fold)
		w.known = df > 0
		w.weight = weigh(w.key, w.small, float64(df), names)
		m.places[w.key] = append(m.places[w.key], uint8(i))
		m.lookUp(i)
	}
}

// lookUp finds the dictionary words that lead from word i of the text to names.
func (m *mention) lookUp(i int) {
	w := &m.text.words[i]
	if w.small {
		return
	}
	var joined []byte
	if i > 0 && !m.text.starts(i) && len(w.fold)+len(m.text.words[i-1].fold) >= 6 {
		m.joined = append(append(m.joined[:0], m.text.words[i-1].fold...), w.fold...)
		joined = m.joined
	}
	m.plain = plain(m.plain[:0], w.fold)
	edits := 0
	if n := utf8.RuneCount(w.fold); !w.known && n >= 9 {
		edits = 2
	} else if !w.known && n >= 5 {
		edits = 1
	}
	m.word.reset(w.fold)
	for k := range m.parts {
		p := &m.parts[k]
		if wid, ok := p.findWord(w.fold); ok {
			m.lead(p, wid, i, agreeExact, agreesExactly)
		}
		if wid, ok := p.findWord(m.plain); ok && len(m.plain) < len(w.fold) {
			m.lead(p, wid, i, agreeKin, agreesInMeaning)
		}
		if joined != nil {
			if wid, ok := p.findWord(joined); ok {
				m.lead(p, wid, i-1, agreeKin, agreesJoined)
			}
		}
		if edits > 0 {
			n := 0
			whole := p.words.nearby(&m.word, edits, func(wid uint32, e int) {
				if n++; n <= mentionTypos {
					m.lead(p, wid, i, 1-float64(e)*(1-agreeTypo), agreesMisspelled)
				}
			})
			m.cut = m.cut || !whole || n > mentionTypos
		}
	}
}

// plain appends a word with ae, oe and ue as a, o and u: Düsseldorf folds to dusseldorf,
// and is written Duesseldorf as well.
func plain(dst, word []byte) []byte {
	for i, c := range word {
		if c == 'e' && i > 0 && (word[i-1] == 'a' || word[i-1] == 'o' || word[i-1] == 'u') {
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

func (m *mention) lead(p *part, wid uint32, at int, quality float64, how agreeHow) {
	l := lead{part: p, wid: wid, at: uint8(at), quality: quality, how: how, rank: len(p.namesWith(wid))}
	if keyOf(p.words.at(wid)).concept() != 0 {
		l.rank += mentionPostings
	}
	m.leads = append(m.leads, l)
}

// find collects the names that may be in the text.
func (m *mention) find() {
	m.tally.reset()
	m.phrases()
	slices.SortFunc(m.leads, func(a, b lead) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.at, b.at), cmp.Compare(a.wid, b.wid))
	})
	left := mentionPostings
	for i := range m.leads {
		l := &m.leads[i]
		if m.text.words[l.at].address && l.how == agreesExactly && m.text.words[l.at].country {
			continue
		}
		names := l.part.namesWith(l.wid)
		if left -= len(names); left < 0 {
			// Words of the vocabulary come last, and are left out more often than not;
			// phrases finds the names that they alone are made of.
			m.cut = m.cut || keyOf(l.part.words.at(l.wid)).concept() == 0
			break
		}
		gain := float32(m.nameWord(l.part, l.wid).weight * l.quality)
		for _, nid := range names {
			m.tally.add(l.part.nameBase+nid, gain)
		}
	}
	m.choose()
}

// phrases looks up what stands in the text as it is, also with words of the vocabulary
// spelled out: names in which no word is rare are found only so.
func (m *mention) phrases() {
	ws := m.text.words
	for i := range ws {
		m.phrase, m.spelled = m.phrase[:0], m.spelled[:0]
		commas := 0
		for n := 1; n <= mentionPhrase && i+n <= len(ws); n++ {
			w := &ws[i+n-1]
			if n > 1 {
				if m.text.starts(i + n - 1) {
					if commas++; commas > 1 || w.before > breakComma {
						break
					}
				}
				m.phrase, m.spelled = append(m.phrase, ' '), append(m.spelled, ' ')
			}
			m.phrase = append(m.phrase, w.fold...)
			if c := w.key.concept(); c != 0 {
				m.spelled = append(m.spelled, conceptWord[c]...)
			} else {
				m.spelled = append(m.spelled, w.fold...)
			}
			if w.small || n == 1 && w.key.concept() != 0 {
				continue
			}
			m.whole(m.phrase)
			if !bytes.Equal(m.phrase, m.spelled) {
				m.whole(m.spelled)
			}
		}
	}
}

// whole adds the name that is a phrase.
func (m *mention) whole(phrase []byte) {
	for k := range m.parts {
		if nid, ok := m.parts[k].names.find(phrase); ok {
			m.tally.add(m.parts[k].nameBase+nid, uniqueWeight)
		}
	}
}

// scored is a name and how well the text covers it.
type scored struct {
	nid   uint32
	score float64
}

// choose leaves the names that the text covers best.
func (m *mention) choose() {
	least := m.leastGain()
	m.names = m.names[:0]
	for _, i := range m.tally.used {
		if m.tally.gains[i] < least {
			continue
		}
		p, nid := m.nameAt(m.tally.keys[i] - 1)
		total, there := 0.0, 0.0
		for _, wid := range p.wordsOf(nid) {
			w := m.nameWord(p, wid)
			total += w.weight
			there += w.weight * w.best
		}
		if there < leastCovered*total {
			continue
		}
		m.names = append(m.names, scored{m.tally.keys[i] - 1, there - (total-there)/2})
	}
	slices.SortFunc(m.names, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.nid, b.nid))
	})
	keep := m.names[:0]
	for _, n := range m.names {
		if len(keep) == mentionAligned {
			break
		}
		if p, nid := m.nameAt(n.nid); m.hasBearer(p, nid) {
			keep = append(keep, n)
		}
	}
	m.names = keep
}

// leastGain returns the gain that a name needs so that no more than mentionScored have
// it.
func (m *mention) leastGain() float32 {
	if len(m.tally.used) <= mentionScored {
		return 0
	}
	const steps, top = 256, 64
	var count [steps]int
	for _, i := range m.tally.used {
		count[min(int(m.tally.gains[i]*(steps/top)), steps-1)]++
	}
	n := 0
	for s := steps - 1; s >= 0; s-- {
		if n += count[s]; n > mentionScored {
			return float32(s+1) / (steps / top)
		}
	}
	return 0
}

// hasBearer says whether a name has an entity that passes the filter.
func (m *mention) hasBearer(p *part, nid uint32) bool {
	from, to := p.entries(nid)
	for at := from; at < to; at++ {
		if p.allows(p.entryOrd[at], &m.filter) {
			return true
		}
	}
	return false
}

// nameWord returns what is known about a word of names, and where it stands in the text.
func (m *mention) nameWord(p *part, wid uint32) nameWord {
	if w, ok := m.cache.get(p.wordBase + wid); ok {
		return w
	}
	fold := p.words.at(wid)
	key := keyOf(fold)
	w := nameWord{weight: weigh(key, small[string(fold)], float64(m.wordDF(p.wordBase+wid)), m.total())}
	agree := func(at, words int, q float64, how agreeHow) {
		m.agreements = append(m.agreements, agreement{uint8(at), uint8(words), how, w.first, q})
		w.first = int32(len(m.agreements))
		w.best = max(w.best, q)
	}
	for _, at := range m.places[key] {
		if bytes.Equal(m.text.words[at].fold, fold) {
			agree(int(at), 1, agreeExact, agreesExactly)
		} else {
			agree(int(at), 1, agreeKin, agreesInMeaning)
		}
	}
	for i := range m.leads {
		if l := &m.leads[i]; l.wid == wid && l.part == p {
			switch l.how {
			case agreesJoined:
				agree(int(l.at), 2, l.quality, l.how)
			case agreesMisspelled, agreesInMeaning:
				agree(int(l.at), 1, l.quality, l.how)
			case agreesExactly, agreesShortened:
			}
		}
	}
	for i := range m.text.words {
		if t := &m.text.words[i]; t.shortens(fold) && t.key != key {
			agree(i, 1, agreeAbbrev, agreesShortened)
		}
	}
	m.cache.put(p.wordBase+wid, w)
	return w
}

// shortens says whether a word of the text may be the beginning of a word of a name.
// What abbreviations of the vocabulary mean is known.
func (w *mentionWord) shortens(word []byte) bool {
	return (w.point || !w.known) && w.key.concept() == 0 &&
		len(w.fold) >= minAbbrev && len(word) > len(w.fold)+1 && bytes.HasPrefix(word, w.fold)
}

// wordCache remembers the words of names within one question.
type wordCache struct {
	keys  []uint32 // word + 1
	words []nameWord
	used  []uint32
}

const wordCacheSize = 1 << 14

func (c *wordCache) reset() {
	if c.keys == nil {
		c.keys, c.words = make([]uint32, wordCacheSize), make([]nameWord, wordCacheSize)
	}
	for _, i := range c.used {
		c.keys[i] = 0
	}
	c.used = c.used[:0]
}

func (c *wordCache) slot(wid uint32) uint32 {
	i := (wid * 0x9e3779b1) >> 18
	for c.keys[i] != 0 && c.keys[i] != wid+1 {
		i = (i + 1) % wordCacheSize
	}
	return i
}

func (c *wordCache) get(wid uint32) (nameWord, bool) {
	i := c.slot(wid)
	return c.words[i], c.keys[i] != 0
}

// put remembers a word while there is room.
func (c *wordCache) put(wid uint32, w nameWord) {
	if len(c.used) < wordCacheSize*3/4 {
		i := c.slot(wid)
		c.keys[i], c.words[i] = wid+1, w
		c.used = append(c.used, i)
	}
}
