package search

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/habeas-data/habeas/match/text"
)

// maxTextWords is how many words of a text are looked at. It is below 256, so that a
// place among them fits a byte.
const maxTextWords = 160

// Breaks between two words of a text, ascending.
const (
	breakSpace = iota
	breakHyphen
	breakComma // or a parenthesis, a colon, a dash
	breakLine  // or a semicolon
)

// mentionWord is a word of the text.
type mentionWord struct {
	fold       []byte
	begin, end int // in the text, in bytes
	key        wordKey
	weight     float64 // in nats, as if it stood in a name
	before     uint8   // the break before it
	capitals   bool    // two or more, and no small letter
	bracket    bool    // first after an opening bracket
	point      bool    // a point follows: it may be an abbreviation
	small      bool    // of, the, and
	known      bool    // to the index
	address    bool    // says where, and nothing else
	country    bool    // of a country's name
}

// mentionText is a text that was cut into words.
type mentionText struct {
	words     []mentionWord
	countries countrySet
	room      []byte // of the folded words
	// Sums over the words before each, so that what lies between two costs one
	// subtraction: of what a gap costs, and of weights within a line of the address.
	gap, weight [maxTextWords + 1]float64
	chunk       [maxTextWords + 1]uint8 // number of the part between commas
	chunkAt     [maxTextWords + 2]uint8 // where each begins
}

// read cuts a text into words. has says whether a folded word is known to the index.
func (t *mentionText) read(s string, has func(word []byte) bool) {
	t.words, t.room, t.countries = t.words[:0], t.room[:0], countrySet{}
	brk, bracket := uint8(breakLine), false
	for i, runes := 0, 0; i < len(s) && len(t.words) < maxTextWords && runes < text.MaxRunes; {
		r, n := utf8.DecodeRuneInString(s[i:])
		if wordRune(r) {
			end := wordEnd(s, i)
			runes += utf8.RuneCountInString(s[i:end])
			t.token(s, i, end, brk, bracket, has)
			i, brk, bracket = end, breakSpace, false
			continue
		}
		runes++
		switch b := breakOf(s, i, r); {
		case r == '&':
			t.add("&", i, i+1, brk)
			brk = breakSpace
		case b > brk:
			brk = b
		}
		bracket = bracket || r == '('
		i += n
	}
}

// wordRune says whether a rune belongs to a word.
func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.N)
}

// wordEnd returns where the word that begins at i ends. Apostrophes and points between
// letters are inside it.
func wordEnd(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !wordRune(r) {
			if !strings.ContainsRune(".'’‘ʼ`´", r) {
				break
			}
			if next, _ := utf8.DecodeRuneInString(s[i+n:]); !unicode.IsLetter(next) {
				break
			}
		}
		i += n
	}
	return i
}

// breakOf returns the break that the rune at i makes.
func breakOf(s string, i int, r rune) uint8 {
	switch r {
	case ';', '\n', '\r', '|', '；':
		return breakLine
	case ',', ':', '(', ')', '[', ']', '"', '“', '”', '–', '—', '，', '、', '（', '）', '،':
		return breakComma
	case '-', '/':
		if i > 0 && s[i-1] == ' ' && i+1 < len(s) && s[i+1] == ' ' {
			return breakComma
		}
		return breakHyphen
	}
	return breakSpace
}

// token adds the words of s[from:to]. What the index does not know and has a capital
// after a small letter is two words that lost their space.
func (t *mentionText) token(s string, from, to int, brk uint8, bracket bool, has func([]byte) bool) {
	if r, _ := utf8.DecodeRuneInString(s[from:to]); r >= firstUnspaced {
		brk = max(brk, breakComma) // where there is a space, it says more
		if !has(text.AppendFold(nil, s[from:to])) {
			t.unspaced(s, from, to, brk, has)
			return
		}
	}
	n := len(t.words)
	t.add(s[from:to], from, to, brk)
	if len(t.words) == n+1 {
		if cut := lostSpace(s[from:to]); cut > 0 && !has(t.words[n].fold) {
			t.words = t.words[:n]
			t.add(s[from:from+cut], from, from+cut, brk)
			t.add(s[from+cut:to], from+cut, to, breakSpace)
		}
	}
	if len(t.words) > n {
		t.words[n].bracket = bracket
		t.words[len(t.words)-1].point = to < len(s) && s[to] == '.'
	}
}

// firstUnspaced is the first letter of scripts that put no spaces between words: Han,
// Kana. Hangul, which comes after them, does, yet its words are joined freely.
const firstUnspaced = 0x2e80

// unspaced adds the words of s[from:to], where no spaces say what they are: from the
// left the longest that the index knows, and what is between these.
func (t *mentionText) unspaced(s string, from, to int, brk uint8, has func([]byte) bool) {
	const longest, shortest = 24, 2 // runes
	var room [128]byte
	rest, ends := from, make([]int, 0, longest)
	for i := from; i < to; {
		ends = ends[:0]
		for k, n := i, 0; k < to && n < longest; n++ {
			_, w := utf8.DecodeRuneInString(s[k:])
			k += w
			ends = append(ends, k)
		}
		k := len(ends) - 1
		for k >= shortest-1 && !has(text.AppendFold(room[:0], s[i:ends[k]])) {
			k--
		}
		if k < shortest-1 {
			i = ends[0]
			continue
		}
		if rest < i {
			t.add(s[rest:i], rest, i, brk)
			brk = breakComma
		}
		t.add(s[i:ends[k]], i, ends[k], brk)
		i, rest, brk = ends[k], ends[k], breakComma
	}
	if rest < to {
		t.add(s[rest:to], rest, to, brk)
	}
}

// add folds raw and adds its words, which are mostly one.
func (t *mentionText) add(raw string, from, to int, brk uint8) {
	begin := len(t.room)
	t.room = text.AppendFold(t.room, raw)
	for folded := t.room[begin:]; len(folded) > 0 && len(t.words) < maxTextWords; brk = breakSpace {
		i := bytes.IndexByte(folded, ' ')
		if i < 0 {
			i = len(folded)
		}
		if i > 0 {
			w := folded[:i:i]
			t.words = append(t.words, mentionWord{
				fold: w, key: keyOf(w), begin: from, end: to, before: brk,
				capitals: capitals(raw), small: small[string(w)],
			})
		}
		folded = folded[min(i+1, len(folded)):]
	}
}

// lostSpace returns where the second of two words begins that stand without a space
// between them, or 0.
func lostSpace(s string) int {
	const least = 3 // letters of each
	lower := false
	for i, r := range s {
		if i >= least && lower && unicode.IsUpper(r) && len(s)-i >= least {
			return i
		}
		lower = unicode.IsLower(r)
	}
	return 0
}

// capitals says whether a word is written in capitals.
func capitals(s string) bool {
	n := 0
	for _, r := range s {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			n++
		}
	}
	return n >= 2
}

// What lies between two words of one name, in nats.
const (
	gapWord, gapNat    = 1.0, 0.1 // a word, and for each nat of its weight up to
	gapMost            = 6.0
	gapInstitution     = 0.8 // more for a word that makes it another institution
	gapComma, gapLine  = 0.6, 4.0
	neighbourMost      = 4.0 // weight of one word beside a name
	countryPhraseWords = 5
)

// measure sums what lies between words; their weights and addresses must be known.
func (t *mentionText) measure() {
	chunk := uint8(0)
	for i := range t.words {
		w := &t.words[i]
		if w.before >= breakComma && i > 0 {
			chunk++
		}
		if i == 0 || w.before >= breakComma {
			t.chunkAt[chunk] = uint8(i)
		}
		t.chunk[i] = chunk
		g, beside := 0.0, 0.0
		if !w.small {
			g = gapWord + gapNat*min(w.weight, gapMost)
			if w.key.concept().institution() {
				g += gapInstitution
			}
			if !w.country {
				beside = min(w.weight, neighbourMost)
			}
		}
		t.gap[i+1] = t.gap[i] + g
		t.weight[i+1] = t.weight[i] + beside
	}
	t.chunkAt[chunk+1] = uint8(len(t.words))
}

// between returns what it costs that a name goes on at b after a.
func (t *mentionText) between(a, b int) float64 {
	g := t.gap[b] - t.gap[a+1]
	for k := a + 1; k <= b; k++ {
		switch t.words[k].before {
		case breakComma:
			g += gapComma
		case breakLine:
			g += gapLine
		}
	}
	return g
}

// beside returns the weight of the words that stand in one part of the address with
// those from a to b.
func (t *mentionText) beside(a, b int) float64 {
	from, to := t.chunkAt[t.chunk[a]], t.chunkAt[t.chunk[b]+1]
	return t.weight[a] - t.weight[from] + t.weight[to] - t.weight[b+1]
}

// starts says whether a part of the address begins with word i.
func (t *mentionText) starts(i int) bool {
	return i == 0 || i >= len(t.words) || t.words[i].before >= breakComma
}

// tight says on how many sides of [a, b] a word stands that nothing parts from it.
func (t *mentionText) tight(a, b int) float64 {
	n := 0.0
	if !t.starts(a) && !t.words[a-1].small {
		n++
	}
	if !t.starts(b+1) && !t.words[b+1].small && !t.words[b+1].country {
		n++
	}
	return n
}
