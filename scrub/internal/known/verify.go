package known

import (
	"unicode/utf8"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// maxEdge is the most bytes of punctuation at an end of a value that a span covers.
const maxEdge = 16

// verify compares the n letters from a place on with the sealed value that a pattern was
// made of, and adds the span.
func (s *search) verify(p *pattern, key uint64, from cursor, end, n int) {
	start := from.pos
	for h := p.holders.Load(); h != nil; h = p.pop(h) {
		same := false
		err := h.value.Use(func(plain []byte) error {
			var stop cursor
			if stop, same = sameLetters(plain, h.at, s.text, from, n); same && h.whole {
				start = edgeBefore(s.text, start, plain[:h.at.pos])
				end = edgeAfter(s.text, end, plain[stop.pos:])
			}
			return nil
		})
		if err != nil {
			continue // its session is closed
		}
		if same {
			s.emit(start, end, key)
		}
		return
	}
}

func (s *search) emit(start, end int, key uint64) {
	for range maxGap {
		if end == len(s.text) {
			break
		}
		e, n := next(s.text, end)
		if !e.mark {
			break
		}
		end += n
	}
	if start >= s.from && start < s.to {
		s.dst = append(s.dst, span.Span{Start: start, End: end, Kind: span.Known, Same: key})
	}
}

// sameLetters reports whether n letters from two places on are the same, and where they
// stop in the first text.
func sameLetters(a []byte, i cursor, b []byte, j cursor, n int) (cursor, bool) {
	for ; n > 0; n-- {
		x, y := letter(a, &i), letter(b, &j)
		if x != y || x < 0 {
			return i, false
		}
	}
	if i.skip > 0 { // inside a character
		_, size := next(a, i.pos)
		i = cursor{i.pos + size, 0}
	}
	return i, true
}

// letter is the letter at a place, which moves past it; -1 at the end.
func letter(t []byte, at *cursor) rune {
	for at.pos < len(t) {
		e, n := next(t, at.pos)
		if at.skip < int(e.n) {
			at.skip++
			l := e.letters[at.skip-1]
			if at.skip == int(e.n) {
				*at = cursor{at.pos + n, 0}
			}
			return l
		}
		*at = cursor{at.pos + n, 0}
	}
	return -1
}

// edgeBefore moves start back over what the value begins with.
func edgeBefore(t []byte, start int, edge []byte) int {
	i := start
	for n := len(edge); n > 0 && start-i < maxEdge; n-- {
		k := i
		for gap := 0; k > 0 && gap < maxGap && t[k-1] != edge[n-1] && isApart(prev(t, k)); gap++ {
			_, size := prev(t, k)
			k -= size
		}
		if k == 0 || t[k-1] != edge[n-1] {
			if k = i; k == 0 || edge[n-1] != '+' || t[k-1] != ' ' {
				break
			}
			// The plus of a telephone number, which a form has as a blank.
		}
		i = k - 1
	}
	for i < start && !utf8.RuneStart(t[i]) {
		i++
	}
	return i
}

// isApart reports that a character may stand between the punctuation and the letters of a
// value where blanks or what has no width was put between all its characters.
func isApart(e *entry, size int) bool {
	return e.class == dropped || e == lookup(' ') && size == 1
}

// edgeAfter moves end on over what the value ends with.
func edgeAfter(t []byte, end int, edge []byte) int {
	i := end
	for n := 0; n < len(edge) && i-end < maxEdge; n++ {
		k := i
		for gap := 0; k < len(t) && gap < maxGap && t[k] != edge[n] && isApart(next(t, k)); gap++ {
			_, size := next(t, k)
			k += size
		}
		if k >= len(t) || t[k] != edge[n] {
			break
		}
		i = k + 1
	}
	for i > end && i < len(t) && !utf8.RuneStart(t[i]) {
		i--
	}
	return i
}
