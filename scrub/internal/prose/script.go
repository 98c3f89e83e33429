package prose

import (
	"unicode/utf8"

	"github.com/habeas-data/habeas/scrub/internal/prose/word"
	"github.com/habeas-data/habeas/scrub/internal/span"
)

// Names in scripts without capitals and without blanks between words. A family name of the
// dictionary begins them; what stands around them has to speak for a name.

// Words that follow a name, and words that lead to one.
var (
	eastHonorifics = map[string]bool{
		"さん": true, "さま": true, "くん": true, "ちゃん": true, "様": true, "氏": true, "君": true, "先生": true,
		"先": true, "女士": true, "女": true, "小姐": true, "同志": true, "씨": true, "님": true, "선생님": true,
	}
	eastLeads = map[string]bool{
		"叫": true, "名": true, "姓": true, "是": true, "户": true, "戶": true, "客": true, "者": true, "字": true,
		"氏": true, "の": true, "は": true, "人": true, "前": true, "我": true, "私": true, "患": true,
	}
)

// Weights of what speaks for a name, and what is enough.
const (
	eastKnown  = 2 // of the family name, and again of the given name
	eastBeside = 2 // a word that goes with names, on either side
	eastBorder = 1 // a sign, a blank or a change of script, on either side
	eastEnough = 5
)

// eastTowns are the last characters of names of places, and of none of people.
const eastTowns = "市県县區区町村都府郡省"

// text is token i as it is written.
func (r *reader) text(i int) string {
	t := r.strip.At(i)
	return string(r.window.Text[t.Start:t.End])
}

// han looks for a name that begins with the Han character i: a family name of one or two
// characters and a given name of one to three.
func (r *reader) han(i int) {
	n := 0
	for ; n < 6; n++ {
		t := r.strip.At(i + n)
		if t.Shape != word.Han || t.Kind != word.Word || n > 0 && t.Gap != word.Tight {
			break
		}
	}
	best, length := 0, 0
	for family := 1; family <= 2; family++ {
		f := r.known(i, family)
		if f.Surname() == 0 {
			continue
		}
		for given := 1; given <= 3 && family+given <= n; given++ {
			if r.hanIs(i+family+given-1, eastTowns) {
				continue
			}
			weight := eastKnown + r.eastAround(i, family+given)
			if r.known(i+family, given).Given() > 0 {
				weight += eastKnown
			}
			if family == 2 {
				weight++
			}
			if weight > best {
				best, length = weight, family+given
			}
		}
	}
	if best < eastEnough && r.lone(i, n) {
		best, length = eastEnough, n
	}
	if best >= eastEnough {
		r.eastName(i, i+length-1)
	}
}

// known is what the dictionary knows of n Han characters from token i on.
func (r *reader) known(i, n int) word.Attr {
	return word.Look(word.Hash(r.window.Text[r.strip.At(i).Start:r.strip.At(i+n-1).End]))
}

// eastAround weighs what stands before and after n tokens from i on.
func (r *reader) eastAround(i, n int) int {
	weight := 0
	before, after := r.strip.At(i-1), r.strip.At(i+n)
	switch {
	case before.Kind == word.Word && before.Shape >= word.Caseless:
		if eastLeads[r.text(i-1)] {
			weight += eastBeside
		}
	default:
		weight += eastBorder
	}
	switch {
	case after.Kind == word.Word && after.Shape >= word.Caseless && after.Gap <= word.Blank:
		s := r.text(i + n)
		if eastHonorifics[s] || after.Shape == word.Han && eastHonorifics[s+r.text(i+n+1)] {
			weight += eastBeside
		} else if after.Shape == word.Caseless {
			if eastStarts(s) {
				weight += eastBeside
			} else {
				weight += eastBorder
			}
		}
	default:
		weight += eastBorder
	}
	return weight
}

// eastStarts says whether a run of kana begins with a word that goes with names.
func eastStarts(s string) bool {
	for i := range s {
		if i > 0 && eastHonorifics[s[:i]] {
			return true
		}
	}
	return eastHonorifics[s]
}

// hangul looks for a name in a word in Hangul: one syllable of a family name and two of a
// given name that the dictionary knows, and a particle at most.
func (r *reader) hangul(i int) {
	t := r.strip.At(i)
	text := r.window.Text[t.Start:t.End]
	if first, n := utf8.DecodeRune(text); first < '가' || first > '힣' || len(text) < 3*n {
		return
	}
	const syllable = 3
	family := word.Look(word.Hash(text[:syllable]))
	given := word.Look(word.Hash(text[syllable : 3*syllable]))
	if family.Surname() == 0 || given.Given() == 0 || len(text) > 7*syllable {
		return
	}
	r.emit(span.Span{Start: t.Start, End: t.Start + 3*syllable, Kind: span.Person, Same: sameBytes(text[:3*syllable])})
}

// eastName emits tokens first to last as a name.
func (r *reader) eastName(first, last int) {
	start, end := r.strip.At(first).Start, r.strip.At(last).End
	r.emit(span.Span{Start: start, End: end, Kind: span.Person, Same: sameBytes(r.window.Text[start:end])})
}

// sameBytes is the hash of a text as it is.
func sameBytes(text []byte) uint64 {
	return max(word.Step(uint64(word.Hash(text)), uint64(len(text))), 1)
}
