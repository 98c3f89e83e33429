package search

import (
	"bytes"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"
)

// The text is the beginning of a name, or of a word in it after other words of it. The
// most important names come first, shorter ones before longer ones: somebody who has
// typed so much of a short name is nearer its end.

const (
	typingSteps   = 600  // names looked at in one question
	typingScan    = 4096 // names of one word looked at
	typingWords   = 64   // words that the last one may become
	minTypo       = 4    // runes typed before a wrong one is forgiven
	typingTypo    = 7.5  // nats that a wrong letter costs
	typingInside  = 2.5  // nats that a beginning inside the name costs
	typingTypical = 2.5  // logarithm of the length of a typical name
)

// typing answers while the text is being typed.
func (s *search) typing() Result {
	s.found, s.climber.heap = s.found[:0], s.climber.heap[:0]
	last, _ := utf8.DecodeLastRuneInString(s.query.Text)
	done := unicode.IsSpace(last) // the last word is complete
	text := s.fold
	for i := range s.parts {
		p := &s.parts[i]
		lo, hi := p.names.prefix(text, 0, p.names.size())
		s.climber.push(&p.nameTop, lo, hi, 0, uint32(i))
	}
	s.climb(done)
	s.inside(done)
	if len(s.found) < s.query.Limit && utf8.RuneCount(text) >= minTypo {
		for i := range s.parts {
			s.wrong(&s.parts[i], uint32(i), text)
		}
		s.climb(false)
	}
	unknown := s.stats.letters.logP(text, s.total(), true) - typingTypical
	return s.rank(s.none(unknown))
}

// climb makes candidates of the most important names of the climber's ranges, until no
// other can be among the best.
func (s *search) climb(done bool) {
	typed := math.Log(float64(utf8.RuneCount(s.fold)))
	begin := len(s.found)
	worst := newWorst(s.query.Limit)
	for range typingSteps {
		step, ok := s.climber.pop()
		if !ok {
			break
		}
		if len(s.found)-begin > 4*s.query.Limit && worst.full() && step.bound-typed < worst.least() {
			break
		}
		p := &s.parts[step.tag]
		name := p.names.at(step.at)
		if done && len(name) > len(s.fold) && name[len(s.fold)] != ' ' {
			continue
		}
		penalty := bound(step.top.level[0][step.at]) - step.bound
		from := len(s.found)
		s.add(p, step.at, -math.Log(float64(utf8.RuneCount(name)))-penalty, 0, byPrefix)
		for _, c := range s.found[from:] {
			worst.add(c.score)
		}
	}
	s.climber.heap = s.climber.heap[:0]
}

// worst keeps the n highest scores.
type worst struct {
	top []float64 // ascending
	n   int
}

func newWorst(n int) *worst { return &worst{n: n} }

func (w *worst) full() bool { return len(w.top) == w.n }

func (w *worst) least() float64 { return w.top[0] }

func (w *worst) add(v float64) {
	if w.full() && v <= w.top[0] {
		return
	}
	at, _ := slices.BinarySearch(w.top, v)
	if w.top = slices.Insert(w.top, at, v); len(w.top) > w.n {
		w.top = w.top[1:]
	}
}

// inside finds names in which the words of the text stand further inside; the last one
// is a beginning unless it is done.
func (s *search) inside(done bool) {
	words := appendWords(nil, s.fold)
	if len(words) > maxWords {
		return
	}
	last := words[len(words)-1]
	for i := range s.parts {
		p := &s.parts[i]
		lo, hi := p.words.prefix(last, 0, p.words.size())
		if done {
			hi = min(hi, lo+1)
		}
		if len(words) == 1 {
			s.insideOne(p, lo, hi)
			continue
		}
		s.insideMany(p, words[:len(words)-1], lo, hi)
	}
}

// insideOne takes the most important words of [lo, hi) and their most important names.
func (s *search) insideOne(p *part, lo, hi uint32) {
	var words climber
	words.push(&p.wordTop, lo, hi, 0, 0)
	for range typingWords {
		step, ok := words.pop()
		if !ok {
			break
		}
		top := newWorst(s.query.Limit)
		names := first(p.namesWith(step.at), typingScan)
		for _, nid := range names {
			top.add(float64(p.nameTop.level[0][nid]))
		}
		taken := 0
		for _, nid := range names {
			if h := p.nameTop.level[0][nid]; float64(h) >= top.least() && taken < 4*s.query.Limit {
				taken++
				s.insideName(p, nid)
			}
		}
		if len(s.found) > 8*s.query.Limit {
			break
		}
	}
}

// insideMany takes the names that have all words and one of [lo, hi).
func (s *search) insideMany(p *part, words [][]byte, lo, hi uint32) {
	var wids [maxWords]uint32
	rarest := 0
	for i, w := range words {
		wid, ok := p.findWord(w)
		if !ok {
			return
		}
		if wids[i] = wid; len(p.namesWith(wid)) < len(p.namesWith(wids[rarest])) {
			rarest = i
		}
	}
	for _, nid := range first(p.namesWith(wids[rarest]), typingScan) {
		name := p.wordsOf(nid)
		has := slices.ContainsFunc(name, func(w uint32) bool { return w >= lo && w < hi })
		for _, w := range wids[:len(words)] {
			has = has && contains(name, w)
		}
		if has {
			s.insideName(p, nid)
		}
	}
}

func (s *search) insideName(p *part, nid uint32) {
	runes := float64(utf8.RuneCount(p.names.at(nid)))
	s.add(p, nid, -math.Log(runes)-typingInside, 0, byPrefix)
}

// wrong adds the ranges of names that begin with the text if one letter of it is wrong,
// missing, too much, or in its neighbour's place. The first letter is right, or stands
// second.
func (s *search) wrong(p *part, tag uint32, text []byte) {
	d := &p.names
	at := appendStarts(nil, text)
	n := len(at) - 1
	lo, hi := uint32(0), d.size()
	push := func(lo, hi uint32, pieces ...[]byte) {
		s.joined = s.joined[:0]
		for _, b := range pieces {
			s.joined = append(s.joined, b...)
		}
		lo, hi = d.prefix(s.joined, lo, hi)
		s.climber.push(&p.nameTop, lo, hi, typingTypo, tag)
	}
	for i := range n {
		// [lo, hi) are the names that begin with the text up to rune i.
		before, here, after := text[:at[i]], text[at[i]:at[i+1]], text[at[i+1]:]
		if i+1 < n {
			next := text[at[i+1]:at[i+2]]
			push(lo, hi, before, next, here, text[at[i+2]:])
		}
		if i > 0 {
			push(lo, hi, before, after)
			s.children(d, lo, hi, before, func(child []byte, lo, hi uint32) {
				if string(child) == string(here) {
					return
				}
				push(lo, hi, before, child, after)
				push(lo, hi, before, child, here, after)
			})
		}
		if lo, hi = d.prefix(text[:at[i+1]], lo, hi); lo == hi {
			return // no name begins so: the error was before
		}
	}
}

// children calls yield with each rune that follows a prefix in the names of [lo, hi),
// and the names in which it does.
func (s *search) children(d *dict, lo, hi uint32, prefix []byte, yield func(child []byte, lo, hi uint32)) {
	var room [64]byte
	for range 64 { // kinds of letters that are tried
		for lo < hi && (len(d.at(lo)) <= len(prefix) || !bytes.HasPrefix(d.at(lo), prefix)) {
			lo++
		}
		if lo >= hi {
			return
		}
		name := d.at(lo)
		_, w := utf8.DecodeRune(name[len(prefix):])
		child := append(room[:0], name[len(prefix):len(prefix)+w]...)
		_, end := d.prefix(name[:len(prefix)+w], lo, hi)
		yield(child, lo, end)
		lo = max(end, lo+1)
	}
}
