package search

import (
	"math/bits"
	"slices"
	"unicode/utf8"

	"github.com/habeas-data/habeas/match/text"
)

// nearTable finds the strings of a dict that are at most two edits from a question
// (insert, delete, substitute, transpose neighbours; optimal string alignment).
//
// A string is cut into three parts (Pass-Join: Li, Deng, Wang, Feng, VLDB 2011). Two
// edits leave at least one part as it was, so that the question contains it, shifted by
// no more than the edits beside it. Strings of two or three runes are forgiven one edit
// and have two parts. A transposition across a border breaks two parts at once; for it
// the question is also tried with the two runes at the border the other way round
// (probe.parts says why that is enough).
//
// What is found so is compared by a signature of its length and letters, which lies in
// four bytes, before its text is touched.
type nearTable struct {
	bucket []uint32 // of the hash of (length, part, its bytes): where in post it begins
	post   []uint32 // numbers
	sig    []uint32 // of each string
}

const (
	maxEdits = 2
	// minNear is the runes that a string must have to be forgiven anything, and
	// minTwo to be forgiven two edits.
	minNear, minTwo = 2, 4
	// sigLetters is the bits of a signature that count letters; the length is above.
	sigLetters = 26
	// nearBudget bounds the numbers looked at for one question.
	nearBudget = 400_000
)

// signature packs the length in runes (at most 63) and, for each class of letters,
// whether it stands there an odd number of times. An edit changes at most two bits.
func signature(s []byte) uint32 {
	var letters uint32
	n := 0
	for i := 0; i < len(s); n++ {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			letters ^= 1 << (c & 31 % sigLetters)
			continue
		}
		r, w := utf8.DecodeRune(s[i:])
		i += w
		letters ^= 1 << (uint32(r) % sigLetters)
	}
	return uint32(min(n, 63))<<sigLetters | letters
}

// probe is a question prepared for nearTables and dicts.
type probe struct {
	text []byte
	at   []int32 // where each rune begins, and the end
	sig  uint32
	swap []byte // room for a part with two runes the other way round

	pattern text.Pattern
	found   []uint32 // room for candidates
}

// reset prepares the probe for a folded string, which it keeps.
func (p *probe) reset(folded []byte) {
	p.text, p.at = folded, appendStarts(p.at[:0], folded)
	p.sig = signature(folded)
	p.pattern.Set(string(folded))
}

// appendStarts appends where each rune of s begins, and the end.
func appendStarts(dst []int32, s []byte) []int32 {
	for i := 0; i < len(s); {
		dst = append(dst, int32(i))
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, w := utf8.DecodeRune(s[i:])
		i += w
	}
	return append(dst, int32(len(s)))
}

// runes returns the length of the question.
func (p *probe) runes() int { return len(p.at) - 1 }

// cut returns where part i of a string of n runes begins and ends.
func cut(n, i int) (from, to int) {
	parts := partsOf(n)
	size, longer := n/parts, n%parts // the last ones are longer
	from = i*size + max(0, i-(parts-longer))
	to = from + size
	if i >= parts-longer {
		to++
	}
	return from, to
}

func partsOf(n int) int {
	if n < minTwo {
		return 2
	}
	return 3
}

func partHash(s []byte, n, part int) uint64 { return hashBytes(s, uint64(n)<<2|uint64(part)+1) }

// parts calls yield with the hash of everything that a part of a string of n runes
// within k edits may look like.
//
// Part i begins in the question at its own place shifted by s. Before it lie i parts;
// were more than i edits among them, another part further right would be whole, so
// |s| <= i, and from the right likewise |s-delta| <= k-i (Li et al., section 4.2).
//
// A transposition across the border after part 0 with one more edit leaves part 2
// whole unless that edit is in part 2; then part 0 has its own place and only its last
// rune is wrong: it is what stands one further. The border before the last part is the
// same from the right. Two such transpositions are covered by the first. With two
// parts the transposition is the only edit, and the first case finds it.
func (p *probe) parts(n, k int, yield func(hash uint64)) {
	delta, parts := p.runes()-n, partsOf(n)
	for i := range parts {
		from, to := cut(n, i)
		lo, hi := max(-i, delta-(parts-1-i)), min(i, delta+(parts-1-i))
		if k < parts-1 { // one edit with three parts: the first or the last is whole
			switch i {
			case 0:
				lo, hi = 0, 0
			case parts - 1:
				lo, hi = delta, delta
			default:
				continue
			}
		}
		for s := max(lo, -from); s <= hi && to+s <= p.runes(); s++ {
			yield(partHash(p.text[p.at[from+s]:p.at[to+s]], n, i))
		}
	}
	if k < parts-1 {
		return
	}
	if _, to := cut(n, 0); to < p.runes() {
		p.swap = append(p.swap[:0], p.text[:p.at[to-1]]...)
		p.swap = append(p.swap, p.text[p.at[to]:p.at[to+1]]...)
		yield(partHash(p.swap, n, 0))
	}
	if from, _ := cut(n, parts-1); parts == 3 && from+delta >= 1 && from+delta < p.runes() {
		from += delta
		p.swap = append(p.swap[:0], p.text[p.at[from-1]:p.at[from]]...)
		p.swap = append(p.swap, p.text[p.at[from+1]:]...)
		yield(partHash(p.swap, n, 2))
	}
}

// candidates appends the numbers of strings that may be within k edits of the
// question, ascending, each once. It returns false when the work reached its limit.
func (t *nearTable) candidates(p *probe, k int, dst []uint32) ([]uint32, bool) {
	if len(t.bucket) < 2 {
		return dst, true
	}
	begin, budget := len(dst), nearBudget
	mask := uint64(len(t.bucket) - 2)
	for n := max(minNear, p.runes()-k); n <= p.runes()+k; n++ {
		allowed := k
		if n < minTwo {
			allowed = 1
		}
		apart := max(p.runes()-n, n-p.runes())
		if apart > allowed {
			continue
		}
		length, differ := uint32(min(n, 63)), 2*allowed-apart
		p.parts(n, allowed, func(hash uint64) {
			b := hash & mask
			list := t.post[t.bucket[b]:t.bucket[b+1]]
			if budget -= len(list) + 1; budget < 0 {
				return
			}
			for _, id := range list {
				s := t.sig[id]
				if s>>sigLetters == length && bits.OnesCount32((s^p.sig)<<(32-sigLetters)) <= differ {
					dst = append(dst, id)
				}
			}
		})
	}
	slices.Sort(dst[begin:])
	found := slices.Compact(dst[begin:])
	return dst[:begin+len(found)], budget >= 0
}

// nearby calls yield with the strings within k edits of the question, in their order.
// It returns false when the work reached its limit.
func (d *dict) nearby(p *probe, k int, yield func(id uint32, edits int)) bool {
	var whole bool
	p.found, whole = d.near.candidates(p, k, p.found[:0])
	for _, id := range p.found {
		allowed := k
		if d.near.sig[id]>>sigLetters < minTwo {
			allowed = min(k, 1)
		}
		if e := p.pattern.DistanceBytes(d.at(id), allowed); e <= allowed {
			yield(id, e)
		}
	}
	return whole
}

// index makes the table of a dict's strings.
func (t *nearTable) index(d *dict) {
	n := d.size()
	t.sig = make([]uint32, n)
	var at []int32
	total := 0
	for id := range n {
		t.sig[id] = signature(d.at(id))
		switch l := t.sig[id] >> sigLetters; {
		case l >= minTwo:
			total += 3
		case l >= minNear:
			total += 2
		}
	}
	size := 1 << bits.Len(uint(total)/2)
	t.bucket, t.post = make([]uint32, size+1), make([]uint32, total)
	each := func(visit func(id uint32, bucket uint64)) {
		for id := range n {
			s := d.at(id)
			at = appendStarts(at[:0], s)
			n := len(at) - 1
			for i := 0; n >= minNear && i < partsOf(n); i++ {
				from, to := cut(n, i)
				visit(id, partHash(s[at[from]:at[to]], n, i)&uint64(size-1))
			}
		}
	}
	each(func(_ uint32, b uint64) { t.bucket[b]++ })
	sum := uint32(0)
	for b := range t.bucket {
		sum += t.bucket[b]
		t.bucket[b] = sum
	}
	each(func(id uint32, b uint64) { // from the back: a bucket's end becomes its beginning
		t.bucket[b]--
		t.post[t.bucket[b]] = id
	})
}
