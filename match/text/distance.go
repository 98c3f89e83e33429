package text

import (
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// Distance returns the number of edits (insert, delete, substitute, transpose two
// neighbours; optimal string alignment) between a and b in runes, or max+1 when it is
// more than max. It is bit-parallel (Myers 1999, Hyyrö 2003): one pass for strings of
// up to 64 runes, and blockwise for longer ones, of which the first [MaxRunes] count.
//
// To compare one string with many, make a [Pattern].
func Distance(a, b string, max int) int {
	if a == b {
		return 0
	}
	a, b = head(a, MaxRunes), head(b, MaxRunes)
	if ascii(a) && ascii(b) {
		if d := len(a) - len(b); d > max || -d > max {
			return max + 1
		}
		if max <= 1 {
			return atMostOne(a, b, max)
		}
		// What both begin and end with takes no part.
		for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
			a, b = a[1:], b[1:]
		}
		for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
			a, b = a[:len(a)-1], b[:len(b)-1]
		}
	}
	if len(a) > len(b) {
		a, b = b, a // the shorter one fits into one word more often
	}
	var p Pattern
	p.Set(a)
	return p.Distance(b, max)
}

// Pattern is a string made ready to be compared with many others. The zero Pattern is
// that of the empty string. After Set it is read only and safe for concurrent use; it
// must not be copied while it is set.
type Pattern struct {
	length int         // in runes
	plain  string      // the string itself when it is ASCII and short
	low    [128]uint64 // for each ASCII character the places where it stands
	wide   []symbol    // the same for others
	long   *blocks     // in place of low and wide for more than 64 runes
}

type symbol struct {
	r    rune
	mask uint64
}

// NewPattern returns the pattern of s, of which the first [MaxRunes] runes count.
func NewPattern(s string) *Pattern {
	p := new(Pattern)
	p.Set(s)
	return p
}

// Set makes p the pattern of s. It reuses what p has allocated.
func (p *Pattern) Set(s string) {
	if p.length > 0 {
		clear(p.low[:])
	}
	p.wide, p.long, p.length, p.plain = p.wide[:0], nil, 0, ""
	if len(s) <= 64 && ascii(s) {
		p.plain = s
	}
	for i, r := range s {
		if p.length == 64 {
			p.long = newBlocks(head(s, MaxRunes))
			p.length = p.long.length
			return
		}
		if r < utf8.RuneSelf {
			p.low[s[i]] |= 1 << p.length
		} else {
			p.add(r, 1<<p.length)
		}
		p.length++
	}
}

func (p *Pattern) add(r rune, mask uint64) {
	for i := range p.wide {
		if p.wide[i].r == r {
			p.wide[i].mask |= mask
			return
		}
	}
	p.wide = append(p.wide, symbol{r, mask})
}

// places returns where r stands.
func (p *Pattern) places(r rune) uint64 {
	if uint32(r) < utf8.RuneSelf {
		return p.low[r]
	}
	for i := range p.wide {
		if p.wide[i].r == r {
			return p.wide[i].mask
		}
	}
	return 0
}

// Len is the number of runes that count.
func (p *Pattern) Len() int { return p.length }

// DistanceBytes is Distance for bytes.
func (p *Pattern) DistanceBytes(candidate []byte, max int) int {
	return p.Distance(unsafe.String(unsafe.SliceData(candidate), len(candidate)), max)
}

// Distance returns [Distance] of the pattern and candidate, without allocation. It
// stops as soon as more than max edits are certain.
func (p *Pattern) Distance(candidate string, max int) int {
	if max < 0 {
		return max + 1
	}
	candidate = head(candidate, MaxRunes)
	left := len(candidate)
	if !ascii(candidate) {
		left = utf8.RuneCountInString(candidate)
	}
	if d := left - p.length; d > max || -d > max {
		return max + 1
	}
	if p.length == 0 {
		return left
	}
	if max <= 1 && len(p.plain) > 0 && left == len(candidate) {
		return atMostOne(p.plain, candidate, max)
	}
	if p.long != nil {
		return p.long.distance(candidate, left, max)
	}
	var (
		up, down = ^uint64(0), uint64(0) // differences down the column
		diagonal uint64
		before   uint64 // places of the character before
		score    = p.length
		last     = uint64(1) << (p.length - 1)
	)
	for i := 0; i < len(candidate); {
		var here uint64
		if c := candidate[i]; c < utf8.RuneSelf {
			here = p.low[c]
			i++
		} else {
			r, n := utf8.DecodeRuneInString(candidate[i:])
			here = p.places(r)
			i += n
		}
		swapped := (^diagonal & here) << 1 & before
		diagonal = (here&up + up) ^ up | here | down | swapped
		right, leftward := down|^(diagonal|up), diagonal&up
		if right&last != 0 {
			score++
		} else if leftward&last != 0 {
			score--
		}
		left--
		if score-left > max {
			return max + 1
		}
		right = right<<1 | 1
		up, down = leftward<<1|^(diagonal|right), right&diagonal
		before = here
	}
	return score
}

// atMostOne is the distance of two ASCII strings, whose lengths differ by at most max,
// where it is 0 or max is 1: what differs lies between what they begin and end with.
func atMostOne(a, b string, max int) int {
	i, j, k := 0, len(a), len(b)
	for i < min(j, k) && a[i] == b[i] {
		i++
	}
	for j > i && k > i && a[j-1] == b[k-1] {
		j, k = j-1, k-1
	}
	switch {
	case i == j && i == k:
		return 0
	case max >= 1 && (j-i <= 1 && k-i <= 1 || j-i == 2 && k-i == 2 && a[i] == b[i+1] && a[i+1] == b[i]):
		return 1
	}
	return max + 1
}

// Prefix returns how far the pattern is from that beginning of candidate which is
// nearest to it, and how many bytes long the beginning is: the longest of equals. The
// distance is max+1, and the length 0, when it is more than max. Patterns of more than
// 64 runes compare their first 64.
func (p *Pattern) Prefix(candidate string, max int) (distance, length int) {
	if p.length == 0 || max < 0 {
		return min(max+1, 0), 0
	}
	q := p
	if p.long != nil {
		q = &p.long.head
	}
	var (
		up, down         = ^uint64(0), uint64(0)
		diagonal, before uint64
		score, best      = q.length, min(q.length, max+1)
		last             = uint64(1) << (q.length - 1)
	)
	// A beginning longer than the pattern by more than max is out of reach.
	for n, i := 0, 0; i < len(candidate) && n < q.length+max; n++ {
		r, size := utf8.DecodeRuneInString(candidate[i:])
		i += size
		here := q.places(r)
		swapped := (^diagonal & here) << 1 & before
		diagonal = (here&up + up) ^ up | here | down | swapped
		right, leftward := down|^(diagonal|up), diagonal&up
		if right&last != 0 {
			score++
		} else if leftward&last != 0 {
			score--
		}
		right = right<<1 | 1
		up, down = leftward<<1|^(diagonal|right), right&diagonal
		before = here
		if score <= best && score <= max {
			best, length = score, i
		}
	}
	return best, length
}

// blocks is a pattern of more than 64 runes: a row of words for each character.
type blocks struct {
	length, words int
	rows          map[rune][]uint64
	low           [128][]uint64
	none          []uint64
	head          Pattern // of the first 64 runes
}

const maxWords = MaxRunes / 64

func newBlocks(s string) *blocks {
	n := utf8.RuneCountInString(s)
	b := &blocks{length: n, words: (n + 63) / 64, rows: map[rune][]uint64{}}
	b.none = make([]uint64, b.words)
	i := 0
	for _, r := range s {
		row := b.rows[r]
		if row == nil {
			row = make([]uint64, b.words)
			b.rows[r] = row
		}
		row[i/64] |= 1 << (i % 64)
		i++
	}
	for c := range b.low {
		b.low[c] = b.row(rune(c))
	}
	b.head.Set(head(s, 64))
	return b
}

func (b *blocks) row(r rune) []uint64 {
	if row := b.rows[r]; row != nil {
		return row
	}
	return b.none
}

// distance is Pattern.Distance with carries between the words of a column.
func (b *blocks) distance(candidate string, left, max int) int {
	var up, down, diagonals [maxWords]uint64
	for i := range up {
		up[i] = ^uint64(0)
	}
	before, score := b.none, b.length
	last := uint64(1) << ((b.length - 1) % 64)
	for _, r := range candidate {
		var row []uint64
		if r < utf8.RuneSelf {
			row = b.low[r]
		} else {
			row = b.row(r)
		}
		var right, leftward uint64
		carryRight, carryLeft := uint64(1), uint64(0)
		above := uint64(0) // what the word above hands down of a transposition
		for w := range b.words {
			here := row[w]
			free := ^diagonals[w] & here
			swapped := (free<<1 | above) & before[w]
			above = free >> 63
			x := here | carryLeft
			diagonal := (x&up[w] + up[w]) ^ up[w] | x | down[w] | swapped
			right, leftward = down[w]|^(diagonal|up[w]), diagonal&up[w]
			shifted := right<<1 | carryRight
			carryRight = right >> 63
			up[w] = leftward<<1 | carryLeft | ^(diagonal | shifted)
			carryLeft = leftward >> 63
			down[w] = shifted & diagonal
			diagonals[w] = diagonal
		}
		score += bits.OnesCount64(right&last) - bits.OnesCount64(leftward&last)
		if left--; score-left > max {
			return max + 1
		}
		before = row
	}
	return score
}
