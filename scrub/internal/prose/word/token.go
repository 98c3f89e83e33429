package word

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode"
	"unicode/utf8"
)

// Kind is a kind of token.
type Kind uint8

// The kinds of tokens. Edge stands where the text begins or ends and where something longer
// than MaxWord or MaxGap says that what is before and after does not belong together.
const (
	Edge   Kind = iota
	Word        // letters, with apostrophes and hyphens between letters
	Digits      // digits
	Mark        // one sign
	Sealed      // a pseudonym ⟦KIND:xxxxxx⟧
)

// Shape is how a word is written.
type Shape uint8

// The shapes of words.
const (
	Lower    Shape = iota // street
	Capital               // Street, McDonald, Anne-Marie
	Upper                 // STREET
	Mixed                 // camelCase, HTTPServer
	Caseless              // Arabic, Hebrew, Hangul, kana and others without case
	Han                   // one Han character
)

// Gap is what stands between a token and the one before.
type Gap uint8

// The gaps between tokens.
const (
	Tight Gap = iota // nothing
	Blank            // one blank
	Wide             // more blanks, a tab
	Line             // the end of a line
	Empty            // an empty line
)

// Bounds of what is looked at together, in bytes. They are what makes a finding depend on
// its surroundings alone.
const (
	MaxWord = 40
	MaxGap  = 16
)

// Binary is the Char of what is no text: control characters, broken UTF-8.
const Binary = 0x7f

// Token is a piece of text. Blanks are no tokens.
type Token struct {
	Start, End int
	Hash       uint32 // of a word as folded; of the last hump of a camelCase word
	Tail       uint32 // last four bytes as folded
	Head       uint32 // first four bytes as folded
	Attr       Attr
	Kind       Kind
	Shape      Shape
	Gap        Gap
	Char       byte // of a Mark; 0 past ASCII
	Letters    uint8
	Note       uint8 // is the caller's
}

// Len is the length of a token in bytes.
func (t *Token) Len() int { return t.End - t.Start }

// Cutter cuts a text into tokens, one after the other.
type Cutter struct {
	Text   []byte
	Pos    int
	folded []byte
	table  *[0x2000]uint16
	memo   *Memo
}

// NewCutter makes a cutter of a text that begins at a border between tokens.
func NewCutter(text []byte, pos int) Cutter {
	return Cutter{Text: text, Pos: pos, table: folds(), memo: NewMemo(), folded: make([]byte, 0, 2*MaxWord)}
}

// Classes of bytes.
const (
	isOther = iota
	isLetter
	isDigit
	isSpace
	isHigh // part of a rune past ASCII
)

// Class of each byte.
var byteClass = func() (c [256]uint8) {
	for b := range 256 {
		switch {
		case b >= 0x80:
			c[b] = isHigh
		case 'a' <= b|0x20 && b|0x20 <= 'z':
			c[b] = isLetter
		case '0' <= b && b <= '9':
			c[b] = isDigit
		case b == ' ' || '\t' <= b && b <= '\r':
			c[b] = isSpace
		}
	}
	return c
}()

// Next cuts off the next token. At the end of the text it is an Edge of no length.
func (c *Cutter) Next(t *Token) {
	*t = Token{Gap: c.gap()}
	t.Start, t.End = c.Pos, c.Pos
	if c.Pos >= len(c.Text) {
		return
	}
	if t.Gap == edgeGap {
		t.Gap = Empty
		return
	}
	b := c.Text[c.Pos]
	switch byteClass[b] {
	case isDigit:
		t.Kind = Digits
		for c.Pos < len(c.Text) && byteClass[c.Text[c.Pos]] == isDigit {
			c.Pos++
		}
	case isLetter:
		c.word(t)
	case isHigh:
		r, n := utf8.DecodeRune(c.Text[c.Pos:])
		switch {
		case unicode.IsLetter(r):
			c.word(t)
		case r == '⟦' && c.sealed(t):
		default:
			t.Kind = Mark
			c.Pos += n
			if r == utf8.RuneError {
				t.Char = Binary
			}
		}
	default:
		t.Kind, t.Char = Mark, b
		if b < ' ' {
			t.Char = Binary
		}
		c.Pos++
		c.escape(t)
	}
	t.End = c.Pos
	if t.Len() > MaxWord && t.Kind != Sealed {
		t.Kind = Edge
	}
}

// escape makes \n, \t and \r, as programs write the ends of lines, a token of two bytes that
// is as good as a blank.
func (c *Cutter) escape(t *Token) {
	if t.Char != '\\' || c.Pos >= len(c.Text) {
		return
	}
	if b := c.Text[c.Pos]; b == 'n' || b == 't' || b == 'r' {
		c.Pos++
	}
}

// edgeGap is a gap too long to look across.
const edgeGap Gap = 255

// gap skips blanks.
func (c *Cutter) gap() Gap {
	if c.Pos+1 < len(c.Text) { // most gaps are nothing or one blank
		switch b := c.Text[c.Pos]; {
		case b == ' ' && byteClass[c.Text[c.Pos+1]] != isSpace:
			c.Pos++
			return Blank
		case byteClass[b] != isSpace && b != '%' && b != '+':
			return Tight
		}
	}
	start, lines := c.Pos, 0
	if n := c.written(); n > 0 {
		c.Pos += n
		return Blank
	}
	for c.Pos < len(c.Text) && byteClass[c.Text[c.Pos]] == isSpace {
		if c.Text[c.Pos] == '\n' {
			lines++
		}
		c.Pos++
		if c.Pos-start > MaxGap {
			for c.Pos < len(c.Text) && byteClass[c.Text[c.Pos]] == isSpace {
				c.Pos++
			}
			return edgeGap
		}
	}
	switch n := c.Pos - start; {
	case lines > 1:
		return Empty
	case lines == 1:
		return Line
	case n > 1 || n == 1 && c.Text[start] != ' ':
		return Wide
	case n == 1:
		return Blank
	}
	return Tight
}

// written tells how long a blank is that is written as in addresses of pages, between two
// words of a value: q=Jude+Emlin, q=Jude%20Emlin.
func (c *Cutter) written() int {
	rest := c.Text[c.Pos:]
	if len(rest) > 4 && rest[0] == '%' && rest[1] == '2' && rest[2] == '0' && byteClass[rest[3]] >= isLetter {
		return 3
	}
	if len(rest) < 3 || rest[0] != '+' {
		return 0
	}
	capital := byteClass[rest[1]] == isLetter && rest[1]|0x20 != rest[1] && rest[2]|0x20 == rest[2]
	if byteClass[rest[1]] != isHigh && !capital {
		return 0
	}
	p := c.Pos
	for p > 0 && c.Pos-p <= MaxWord && (byteClass[c.Text[p-1]] == isLetter || byteClass[c.Text[p-1]] == isHigh || c.Text[p-1] == '-' || c.Text[p-1] == '\'') {
		p--
	}
	if p == c.Pos || p == 0 || c.Text[p-1] != '=' && c.Text[p-1] != '+' {
		return 0
	}
	return 1
}

// What a pseudonym begins and ends with, and how long it may be.
var opening, closing = []byte("⟦"), []byte("⟧")

const maxSealed = 48

// sealed takes a whole pseudonym.
func (c *Cutter) sealed(t *Token) bool {
	rest := c.Text[c.Pos:min(c.Pos+maxSealed, len(c.Text))]
	n := bytes.Index(rest, closing)
	if n < 0 {
		return false
	}
	t.Kind = Sealed
	c.Pos += n + len(closing)
	return true
}

// ascii takes a word of ASCII letters alone, all small, all capitals or with the first one a
// capital, and says whether there is one at Pos: most words are such.
func (c *Cutter) ascii(t *Token) bool {
	h, p := uint64(Seed), c.Pos
	caps, n := 0, 8
	for n == 8 {
		if p+8 > len(c.Text) || p-c.Pos > MaxWord-16 {
			return false
		}
		x := binary.LittleEndian.Uint64(c.Text[p:])
		n = bits.TrailingZeros64(^Letters(x)&High) / 8
		if n < 8 {
			x &= 1<<(8*n) - 1
		}
		if x&High != 0 {
			return false
		}
		if n > 0 {
			small := uint64(Small) >> (64 - 8*n)
			caps += bits.OnesCount64(^x & small)
			h = Step(h, x|small)
		}
		p += n
	}
	if b := c.Text[p]; b == '\'' || b == '-' {
		return false
	}
	n = p - c.Pos
	switch {
	case caps == 0:
		t.Shape = Lower
	case caps == 1 && c.Text[c.Pos]&0x20 == 0:
		t.Shape = Capital
	case caps == n:
		t.Shape = Upper
	default:
		return false
	}
	first := binary.BigEndian.Uint32(c.Text[c.Pos:]) | 0x20202020
	if n < 4 {
		t.Head = first >> (32 - 8*n)
		t.Tail = t.Head
	} else {
		t.Head, t.Tail = first, binary.BigEndian.Uint32(c.Text[p-4:])|0x20202020
	}
	t.Letters, t.Hash = uint8(n), uint32(h)
	t.Attr = c.memo.Look(t.Hash)
	c.Pos = p
	return true
}

// word takes a word that begins at Pos.
func (c *Cutter) word(t *Token) {
	t.Kind = Word
	if c.Text[c.Pos] < utf8.RuneSelf && c.ascii(t) {
		return
	}
	w := writing{hump: 0}
	c.folded = c.folded[:0]
	p := c.Pos
	for p < len(c.Text) {
		b := c.Text[p]
		if byteClass[b] == isLetter {
			lower := b | 0x20
			w.letter(b == lower, len(c.folded))
			c.folded = append(c.folded, lower)
			p++
		} else if n := c.inner(p, b, &w); n > 0 {
			p += n
		} else {
			break
		}
		if p-c.Pos > MaxWord && w.script != Han {
			p = c.skip(p)
			break
		}
	}
	c.Pos = p
	t.Shape, t.Letters = w.shape(), uint8(min(w.letters, 255))
	f := c.folded
	if t.Shape == Mixed {
		f = f[min(w.hump, len(f)):]
	}
	if i := bytes.IndexByte(f, '\''); t.Shape == Lower && (i == 1 || i == 2) {
		f = f[i+1:] // m'appelle
	}
	t.Hash = Hash(f)
	t.Attr = c.memo.Look(t.Hash)
	if t.Attr == 0 && bytes.IndexByte(f, '-') > 0 {
		t.Attr = c.parts(f)
	}
	for _, b := range f[max(0, len(f)-4):] {
		t.Tail = t.Tail<<8 | uint32(b)
	}
	for _, b := range f[:min(4, len(f))] {
		t.Head = t.Head<<8 | uint32(b)
	}
}

// parts is what is known of Anne-Marie: what is known of both parts.
func (c *Cutter) parts(f []byte) Attr {
	i := bytes.LastIndexByte(f, '-')
	a, b := c.memo.Look(Hash(f[:i])), c.memo.Look(Hash(f[i+1:]))
	return Make(min(a.Given(), b.Given()), min(max(a.Surname(), a.Given()), b.Surname()),
		min(a.Common(), b.Common()), min(a.Town(), b.Town()), false)
}

// inner takes what is part of a word at p besides ASCII letters and tells its length.
func (c *Cutter) inner(p int, b byte, w *writing) int {
	if b == '\'' || b == '-' {
		if p == c.Pos || w.script == Han || !c.letterAt(p+1) || c.genitive(p+1) {
			return 0
		}
		c.folded = append(c.folded, b)
		w.joint()
		return 1
	}
	if byteClass[b] != isHigh {
		return 0
	}
	r, n := utf8.DecodeRune(c.Text[p:])
	if r == '’' {
		if p == c.Pos || !c.letterAt(p+n) || c.genitive(p+n) {
			return 0
		}
		c.folded = append(c.folded, '\'')
		w.joint()
		return n
	}
	if !w.rune(r, len(c.folded)) {
		return 0
	}
	c.folded = appendRune(c.folded, c.table, r)
	return n
}

// letterAt says whether a letter begins at p.
func (c *Cutter) letterAt(p int) bool {
	if p >= len(c.Text) {
		return false
	}
	if c.Text[p] < utf8.RuneSelf {
		return byteClass[c.Text[p]] == isLetter
	}
	r, _ := utf8.DecodeRune(c.Text[p:])
	return unicode.IsLetter(r)
}

// genitive says whether the s of Jude's stands at p.
func (c *Cutter) genitive(p int) bool {
	return c.Text[p]|0x20 == 's' && !c.letterAt(p+1)
}

// skip goes to the end of a run of letters that is too long to be a word, or to Han in it.
func (c *Cutter) skip(p int) int {
	for p < len(c.Text) {
		if c.Text[p] < utf8.RuneSelf {
			if byteClass[c.Text[p]] != isLetter {
				break
			}
			p++
			continue
		}
		r, n := utf8.DecodeRune(c.Text[p:])
		if !unicode.In(r, unicode.L, unicode.M) || unicode.Is(unicode.Han, r) {
			break
		}
		p += n
	}
	return p
}
