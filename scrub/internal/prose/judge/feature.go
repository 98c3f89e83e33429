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
func exact(t *word.Token) uint32 {
	if t.Kind == word.Word && (t.Attr.Class() != word.None || t.Attr.Common() >= 2) && t.Attr.Given() < 2 {
		return t.Hash | 1<<31
	}
	return coarse(t)
}

// collector hashes features into the table, and adds up their weights.
type collector struct {
	out []uint32 // nil where nobody wants to have them
	n   uint32
	sum int
}

func (c *collector) add(parts ...uint32) {
	c.n++
	h := c.n * 0x9E3779B1
	for _, p := range parts {
		h = (h ^ p) * 0x85EBCA6B
		h ^= h >> 15
	}
	h *= 0xC2B2AE35
	h >>= 32 - Bits
	c.sum += int(int8(weights[h]))
	if c.out != nil {
		c.out = append(c.out, h)
	}
}

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

	c.add()
	c.add(own)
	c.add(own, place)
	c.add(class, own)
	c.add(class, uint32(t.Shape))
	c.add(uint32(min(t.Letters, 12)), uint32(t.Shape))
	c.add(t.Tail, uint32(t.Shape))
	c.add(t.Tail&0xffffff, uint32(t.Shape))
	c.add(t.Tail&0xffff, uint32(t.Shape))
	c.add(t.Head)
	c.add(t.Head >> 8)
	if t.Attr.Common() >= 2 || class != 0 {
		c.add(t.Hash, uint32(t.Shape))
	}

	c.add(exact(&l.near), l.nearMarks)
	c.add(exact(&r.near), r.nearMarks)
	c.add(exact(&l.near))
	c.add(exact(&r.near))
	c.add(p1, l.nearMarks)
	c.add(n1, r.nearMarks)
	c.add(l.nearMarks)
	c.add(r.nearMarks)
	c.add(l.first)
	c.add(r.first)
	c.add(l.first, own)
	c.add(r.first, own)
	c.add(p1, n1, l.nearMarks, r.nearMarks)
	c.add(coarse(&l.far), l.farMarks, p1, l.nearMarks)
	c.add(coarse(&r.far), r.farMarks, n1, r.nearMarks)
	c.add(exact(&l.far), exact(&l.near))
	c.add(exact(&r.near), exact(&r.far))
	c.add(exact(&l.far))
	c.add(exact(&r.far))
	c.add(own, p1, l.nearMarks)
	c.add(own, n1, r.nearMarks)
	c.add(own, p1, n1)
	c.add(own, l.nearMarks)
	c.add(own, r.nearMarks)
	c.add(own, place, p1, n1, l.nearMarks, r.nearMarks)
}
