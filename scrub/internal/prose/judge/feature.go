package judge

import "github.com/habeas-data/habeas/scrub/internal/prose/word"

// Features is how many features a token has at most.
const Features = 40

// side is what stands on one side of a token: the two nearest words, each with a hash of the
// signs and blanks in between.
type side struct {
	near, far           word.Token
	found               int
	nearMarks, farMarks uint32
	first               uint32 // the token right beside
}

// around gathers the words before (step -1) or after (step 1) token i.
func around(s *word.Strip, i, step int) side {
	var r side
	var marks uint32
	from := s.At(i).Start
	for n := 1; n <= Reach; n++ {
		j := i + step*n
		t := s.At(j)
		gap := t.Gap
		if step < 0 {
			gap = s.At(j + 1).Gap
		}
		if t.End-from > Far || from-t.Start > Far {
			break
		}
		marks = marks*31 + uint32(min(gap, word.Line)) + 1
		if n == 1 {
			r.first = uint32(t.Kind)<<10 | uint32(t.Char)<<2 | uint32(min(gap, 2))
		}
		if t.Kind == word.Mark {
			if t.Char == '\\' && t.Len() == 2 {
				marks = marks*31 + uint32(word.Line)
			} else {
				marks = marks*31 + 8 + uint32(t.Char)
			}
			continue
		}
		// What is found is copied: looking further may move the tokens.
		r.found++
		if r.found == 2 {
			r.far, r.farMarks = *t, marks
			break
		}
		r.near, r.nearMarks, marks = *t, marks, 7
		if t.Kind == word.Edge {
			break
		}
	}
	return r
}

// known sums up what the dictionary knows.
func known(t *word.Token) uint32 {
	a := t.Attr
	return uint32(a.Given()<<4 | a.Surname()<<2 | a.Common())
}

// coarse is a token as its neighbours see it: its class where it has one, else how it is
// written and whether it is a name or a common word.
func coarse(t *word.Token) uint32 {
	switch t.Kind {
	case word.Edge:
		return 1
	case word.Sealed:
		return 2
	case word.Digits:
		return 3 + uint32(min(t.Len(), 6))
	case word.Mark:
		return 256 + uint32(t.Char)
	case word.Word:
	}
	a, shape := t.Attr, uint32(t.Shape)
	if t.Letters == 1 && t.Shape == word.Capital {
		return 10
	}
	if c := a.Class(); c != word.None && (t.Shape == word.Lower || a.Given()+a.Surname() < 3) {
		return 512 + uint32(c)<<3 + shape
	}
	k := uint32(0)
	if a.Given() >= 2 {
		k |= 1
	}
	if a.Surname() >= 2 {
		k |= 2
	}
	if a.Given()+a.Surname() == 1 {
		k |= 3
	}
	if a.Town() > 0 || a.Country() {
		k |= 4
	}
	return 1024 + shape<<5 + k<<2 + uint32(a.Common())
}

// exact is a token as itself where it is an everyday word, else as its neighbours see it:
// the model is not to learn names by heart.
func exact(t *word.Token, coarse uint32) uint32 {
	if t.Kind == word.Word && (t.Attr.Class() != word.None || t.Attr.Common() >= 2) && t.Attr.Given() < 2 {
		return t.Hash | 1<<31
	}
	return coarse
}

// collector hashes features into the table, and adds up their weights.
type collector struct {
	out []uint32 // nil where nobody wants to have them
	n   uint32
	sum int
}

// begin begins the next feature.
func (c *collector) begin() uint32 {
	c.n++
	return c.n * 0x9E3779B1
}

// mix takes a part into the hash of a feature.
func mix(h, part uint32) uint32 {
	h = (h ^ part) * 0x85EBCA6B
	return h ^ h>>15
}

// put adds a feature.
func (c *collector) put(h uint32) {
	h = h * 0xC2B2AE35 >> (32 - Bits)
	c.sum += int(int8(weights[h]))
	if c.out != nil {
		c.out = append(c.out, h)
	}
}

func (c *collector) one(a uint32) { c.put(mix(c.begin(), a)) }

func (c *collector) two(a, b uint32) { c.put(mix(mix(c.begin(), a), b)) }

func (c *collector) three(a, b, d uint32) { c.put(mix(mix(mix(c.begin(), a), b), d)) }

func (c *collector) four(a, b, d, e uint32) { c.put(mix(mix(mix(mix(c.begin(), a), b), d), e)) }

// Look lists the features of token i as places in the table of weights.
func Look(buf *[Features]uint32, s *word.Strip, i int) []uint32 {
	c := collector{out: buf[:0]}
	c.look(s, i)
	return c.out
}

// look adds the features of token i.
func (c *collector) look(s *word.Strip, i int) {
	t := *s.At(i)
	l, r := around(s, i, -1), around(s, i, 1)
	own := known(&t) | uint32(t.Shape)<<6
	place := uint32(t.Attr.Town())
	if t.Attr.Country() {
		place |= 4
	}
	class := uint32(t.Attr.Class())
	p1, n1 := coarse(&l.near), coarse(&r.near)
	p2, n2 := coarse(&l.far), coarse(&r.far)
	pe, ne := exact(&l.near, p1), exact(&r.near, n1)
	pf, nf := exact(&l.far, p2), exact(&r.far, n2)

	c.put(c.begin())
	c.one(own)
	c.two(own, place)
	c.two(class, own)
	c.two(class, uint32(t.Shape))
	c.two(uint32(min(t.Letters, 12)), uint32(t.Shape))
	c.two(t.Tail, uint32(t.Shape))
	c.two(t.Tail&0xffffff, uint32(t.Shape))
	c.two(t.Tail&0xffff, uint32(t.Shape))
	c.one(t.Head)
	c.one(t.Head >> 8)
	if t.Attr.Common() >= 2 || class != 0 {
		c.two(t.Hash, uint32(t.Shape))
	}

	c.two(pe, l.nearMarks)
	c.two(ne, r.nearMarks)
	c.one(pe)
	c.one(ne)
	c.two(p1, l.nearMarks)
	c.two(n1, r.nearMarks)
	c.one(l.nearMarks)
	c.one(r.nearMarks)
	c.one(l.first)
	c.one(r.first)
	c.two(l.first, own)
	c.two(r.first, own)
	c.four(p1, n1, l.nearMarks, r.nearMarks)
	c.four(p2, l.farMarks, p1, l.nearMarks)
	c.four(n2, r.farMarks, n1, r.nearMarks)
	c.two(pf, pe)
	c.two(ne, nf)
	c.one(pf)
	c.one(nf)
	c.three(own, p1, l.nearMarks)
	c.three(own, n1, r.nearMarks)
	c.three(own, p1, n1)
	c.two(own, l.nearMarks)
	c.two(own, r.nearMarks)
	c.put(mix(mix(mix(mix(mix(mix(c.begin(), own), place), p1), n1), l.nearMarks), r.nearMarks))
}
