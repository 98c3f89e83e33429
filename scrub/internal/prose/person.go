package prose

import (
	"bytes"

	"github.com/habeas-data/habeas/scrub/internal/prose/judge"
	"github.com/habeas-data/habeas/scrub/internal/prose/word"
	"github.com/habeas-data/habeas/scrub/internal/span"
)

// A name is a run of words judged to be parts of one, with initials and particles between
// them. Each word is judged by itself, so that a name depends on its surroundings alone and
// not on where reading began.

const (
	threshold = -20  // of the score of a word in a name
	everyday  = 40   // the same of everyday words, such as Grace
	company   = -130 // the same beside a word that reaches its own
	longName  = 120  // bytes, past which each word of a run is a name by itself
)

// What is known of a token.
const (
	notJudged = iota
	isName
	maybeName // in company
	isNone
)

// judged says whether token i is part of a name: by itself, or beside a word that is.
func (r *reader) judged(i int) bool {
	switch r.label(i) {
	case isName:
		return true
	case maybeName:
		return r.beside(i, -1) || r.beside(i, 1)
	default:
		return false
	}
}

// beside says whether the next word in a direction, but for a particle, is part of a name by
// itself and written alike.
func (r *reader) beside(i, step int) bool {
	shape := r.strip.At(i).Shape
	for n := 1; n <= 3; n++ {
		j := i + step*n
		if r.strip.At(max(j, j-step)).Gap != word.Blank {
			return false
		}
		t := r.strip.At(j)
		switch {
		case r.label(j) == isName:
			return r.strip.At(j).Shape == shape && judge.Worth(&r.strip, j)
		case t.Attr.Class() != word.Particle || t.Shape != word.Lower:
			return false
		}
	}
	return false
}

// label judges token i by itself.
func (r *reader) label(i int) uint8 {
	t := r.strip.At(i)
	if t.Kind != word.Word {
		return isNone
	}
	if t.Note == notJudged {
		n := r.opinion(i)
		t = r.strip.At(i)
		t.Note = n
	}
	return t.Note
}

// opinion makes up the label of token i.
func (r *reader) opinion(i int) uint8 {
	t := *r.strip.At(i)
	if t.Letters < 2 || judge.Never(t.Attr.Class()) || t.Shape == word.Mixed || t.Shape == word.Han ||
		judge.Plays(t.Attr) || r.strip.At(i-1).Char == word.Binary || r.strip.At(i+1).Char == word.Binary ||
		t.Shape != word.Lower && coded(r.window.Text, t.Start, t.End) || r.place(i) || r.dated(i) {
		return isNone
	}
	own, least := threshold, company
	if t.Attr.Common() == 3 {
		own, least = everyday, company/2
	}
	switch score := judge.Score(&r.strip, i); {
	case score > own:
		return isName
	case score > least && t.Shape != word.Lower && (t.Attr.Name() || t.Attr == 0):
		return maybeName
	}
	return isNone
}

// around a word, how many bytes tell whether it is a piece of a code.
const codeReach = 24

// coded says whether a word with a capital is a piece of a code such as Base64: one or two
// letters that begin with a capital follow small ones (BfiU, FwtR), there is a digit right
// before it, or letters and digits take turns around it.
func coded(text []byte, start, end int) bool {
	for p := end - 1; p >= max(start+1, end-2); p-- {
		if 'A' <= text[p] && text[p] <= 'Z' && 'a' <= text[p-1] && text[p-1] <= 'z' {
			return true
		}
	}
	if start > 0 && text[start-1]-'0' < 10 { // but not in %C3%89mile, Wei\u00df-Lorenz
		return (start < 3 || text[start-3] != '%') && !bytes.Contains(text[max(0, start-6):start], []byte(`\u`))
	}
	turns := 0
	for p, was := start-1, false; p >= max(0, start-codeReach) && inCode(text[p]); p-- {
		is := text[p]-'0' < 10
		if is != was {
			turns++
		}
		was = is
	}
	for p, was := end, false; p < min(len(text), end+codeReach) && inCode(text[p]); p++ {
		is := text[p]-'0' < 10
		if is != was {
			turns++
		}
		was = is
	}
	return turns > 1
}

// inCode says whether a byte is a letter or a digit.
func inCode(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' || b-'0' < 10 }

// place says whether token i is the rest of the name of a place: San Diego, Los Angeles,
// North Shelby.
func (r *reader) place(i int) bool {
	before, after := r.strip.At(i-1), r.strip.At(i+1)
	if before.Char == '.' && before.Gap == word.Tight {
		before = r.strip.At(i - 2)
	}
	c := before.Attr.Class()
	return before.Shape == word.Capital && (c == word.Compass || c == word.Particle && before.Letters == 3 && before.Tail&0xff == 's') &&
		r.strip.At(i).Gap == word.Blank && (after.Shape != word.Capital || after.Gap > word.Blank || after.Kind != word.Word)
}

// dated says whether token i is a month or a day of the week beside a number: Mar 1.
func (r *reader) dated(i int) bool {
	c := r.strip.At(i).Attr.Class()
	return (c == word.Month || c == word.Weekday) &&
		(r.strip.At(i-1).Kind == word.Digits || r.strip.At(i+1).Kind == word.Digits || r.strip.At(i+1).Attr.Class() == word.Month)
}

// link tells how many tokens from the name word i a run goes on to the next one in the
// direction step: 1 where they are side by side, more with initials or particles between, 0
// where the run ends.
func (r *reader) link(i, step int) int {
	for n := 1; n <= 5; n++ {
		j := i + step*n
		gap := r.strip.At(max(j, j-step)).Gap
		t := r.strip.At(j)
		if t.Kind == word.Mark && t.Char == '.' && gap == word.Tight && n < 5 {
			continue
		}
		if wide := word.Wide; gap > wide || gap == wide && n > 1 || t.Kind != word.Word {
			return 0
		}
		switch {
		case t.Letters == 1 && t.Shape == word.Capital:
		case t.Attr.Class() == word.Particle && t.Shape == word.Lower:
		case r.joins(j) && (n > 1 || gap != word.Tight):
			// A full stop ends a name unless it is that of an initial.
			if n > 1 && r.stopBetween(i, j) {
				return 0
			}
			return n
		default:
			return 0
		}
	}
	return 0
}

// joins says whether token j may carry on a name and does. Everyday words in small letters
// only do where they are worth judging by themselves.
func (r *reader) joins(j int) bool {
	t := r.strip.At(j)
	if t.Shape == word.Lower && (t.Attr.Common() >= 1 && !t.Attr.Name() || t.Attr.Common() >= 2 || t.Attr.Class() != word.None) &&
		!judge.Worth(&r.strip, j) {
		return false
	}
	if t.Shape == word.Caseless && !t.Attr.Name() {
		return false
	}
	return r.judged(j)
}

// stopBetween says whether a full stop between two tokens follows a word of more than one
// letter.
func (r *reader) stopBetween(i, j int) bool {
	for k := min(i, j) + 1; k < max(i, j); k++ {
		if r.strip.At(k).Char == '.' && r.strip.At(k-1).Letters > 1 {
			return true
		}
	}
	return false
}

// person emits the name that begins with token i, if one does.
func (r *reader) person(i int) {
	if !r.judged(i) {
		return
	}
	// Back to the first word of the run.
	first := i
	for {
		n := r.link(first, -1)
		if n == 0 {
			break
		}
		first -= n
		if r.strip.At(i).Start-r.strip.At(first).Start > longName {
			first = i
			break
		}
	}
	// The run was met at an earlier word, unless that one is not looked at by itself.
	for j := first; j < i; j++ {
		if r.judged(j) && judge.Worth(&r.strip, j) {
			return
		}
	}
	last := i
	for {
		n := r.link(last, 1)
		if n == 0 || r.strip.At(last+n).End-r.strip.At(first).Start > longName {
			break
		}
		last += n
	}
	if n := r.dotted(last); n > 0 {
		last += n
	}
	r.name(r.initials(first), last)
}

// dotted tells how many tokens the second half of a name of a user takes: jane.doe. Both have
// to be names.
func (r *reader) dotted(i int) int {
	first, sign, second := *r.strip.At(i), *r.strip.At(i + 1), *r.strip.At(i + 2)
	if first.Shape == word.Lower && first.Attr.Name() && sign.Kind == word.Mark && (sign.Char == '.' || sign.Char == '_') &&
		sign.Gap == word.Tight && second.Gap == word.Tight && second.Shape == word.Lower && second.Attr.Name() {
		return 2
	}
	return 0
}

// initials goes back over initials before a name: "J. R. Ewing".
func (r *reader) initials(first int) int {
	for {
		dot, letter := r.strip.At(first-1), r.strip.At(first-2)
		if dot.Char != '.' || dot.Kind != word.Mark || dot.Gap != word.Tight || r.strip.At(first).Gap > word.Blank ||
			letter.Kind != word.Word || letter.Letters != 1 || letter.Shape != word.Capital {
			return first
		}
		first -= 2
	}
}

// name emits tokens first to last as a name.
func (r *reader) name(first, last int) {
	start, end := r.strip.At(first).Start, r.strip.At(last).End
	r.emit(span.Span{Start: start, End: end, Kind: span.Person, Same: r.same(first, last)})
}

// same is the hash of the words of tokens first to last as folded.
func (r *reader) same(first, last int) uint64 {
	h := uint64(1)
	for i := first; i <= last; i++ {
		switch t := r.strip.At(i); t.Kind {
		case word.Word:
			h = word.Step(h, uint64(t.Hash)<<32|uint64(t.Letters))
		case word.Digits:
			for _, b := range r.window.Text[t.Start:t.End] {
				h = word.Step(h, uint64(b))
			}
		default:
		}
	}
	return max(h, 1)
}
