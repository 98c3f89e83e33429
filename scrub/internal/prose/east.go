package prose

import (
	"strings"
	"unicode/utf8"

	"github.com/habeas-data/habeas/scrub/internal/prose/judge"
	"github.com/habeas-data/habeas/scrub/internal/prose/word"
	"github.com/habeas-data/habeas/scrub/internal/span"
)

// Addresses of East Asia go from the large to the small and are written without blanks:
// 中央区銀座4丁目5番6号, 北京市朝阳区建国路88号. A number with the sign of a block or a house tells
// them, where what stands before it has the sign of a town or a street.
const (
	eastPlaces = "都道府県市区町村郡路街巷省县縣區镇鎮大"
	eastHouses = "丁目番地号號室楼階巷弄"
	eastSmall  = "のノケヶツが之" // kana within names of places
	eastLong   = 40        // tokens of an address on either side of its number
)

// hanIs says whether token i is a Han character of a list.
func (r *reader) hanIs(i int, list string) bool {
	t := r.strip.At(i)
	return t.Kind == word.Word && t.Shape == word.Han && strings.Contains(list, r.text(i))
}

// eastStreet looks for an address that has the Han character i beside a number.
func (r *reader) eastStreet(i int) {
	digits := i - 1
	if r.strip.At(digits).Kind != word.Digits || r.strip.At(i).Gap != word.Tight || !r.hanIs(i, eastHouses) {
		digits = i + 1 // 丸の内1-9-1
		if d := r.strip.At(digits); d.Kind != word.Digits || d.Gap != word.Tight || r.strip.At(i+2).Char != '-' || r.strip.At(i+2).Gap != word.Tight {
			return
		}
	}
	first, known := digits, false
	for digits-first < eastLong && r.strip.At(first).Gap == word.Tight && r.strip.At(digits).Start-r.strip.At(first).Start < nearby {
		t := *r.strip.At(first - 1)
		if t.Kind == word.Word && t.Shape != word.Han && (t.Shape != word.Caseless || !strings.Contains(eastSmall, r.text(first-1))) ||
			t.Kind != word.Word && t.Kind != word.Digits && t.Char != '-' {
			break
		}
		first--
		known = known || r.hanIs(first, eastPlaces)
	}
	if !known {
		return
	}
	last := digits
	for last-digits < eastLong {
		t := *r.strip.At(last + 1)
		if t.Gap != word.Tight || t.Kind != word.Digits && t.Char != '-' && !r.hanIs(last+1, eastHouses+eastSmall) {
			break
		}
		last++
	}
	r.eastAddress(r.eastPostcode(first), last)
}

// eastPostcode takes the postcode before an address: 〒100-0001.
func (r *reader) eastPostcode(first int) int {
	b, dash, a := r.strip.At(first-1), r.strip.At(first-2), r.strip.At(first-3)
	if r.strip.At(first).Gap > word.Blank || b.Kind != word.Digits || b.Len() != 4 || b.Gap != word.Tight ||
		dash.Char != '-' || dash.Gap != word.Tight || a.Kind != word.Digits || a.Len() != 3 {
		return first
	}
	if first -= 3; r.text(first-1) == "〒" {
		first--
	}
	return first
}

// eastRoad looks for a Korean address whose road is token i: 강남구 테헤란로 152.
func (r *reader) eastRoad(i int) {
	number := r.strip.At(i + 1)
	if number.Kind != word.Digits || number.Gap != word.Blank || number.Len() > 5 || !hangulEnds(r.text(i), "로길") {
		return
	}
	first := i
	for i-first < 4 && r.strip.At(first).Gap == word.Blank && hangulEnds(r.text(first-1), "시도구군읍면동") {
		first--
	}
	if first == i {
		return
	}
	r.eastAddress(first, i+r.number(i+1))
}

// hangulEnds says whether a word in Hangul of two syllables or more ends with one of a list.
func hangulEnds(s, list string) bool {
	last, n := utf8.DecodeLastRuneInString(s)
	return len(s) >= 2*n && n == 3 && strings.ContainsRune(list, last)
}

// eastAddress notes tokens first to last as an address.
func (r *reader) eastAddress(first, last int) {
	s, e := r.strip.At(first).Start, r.strip.At(last).End
	if r.met(s, e) {
		return
	}
	r.addresses = append(r.addresses, located{s, e})
	r.emit(span.Span{Start: s, End: e, Kind: span.Address, Same: sameBytes(r.window.Text[s:e])})
}

// lone says whether the n Han characters from token i on, which are all there are, are a
// given or a family name that stands where one is called by it: in a salutation, a field, a
// signature.
func (r *reader) lone(i, n int) bool {
	if n < 2 || n > 3 {
		return false
	}
	if a := r.known(i, n); a.Given() == 0 && a.Surname() == 0 {
		return false
	}
	before, after := r.strip.At(i).Gap, *r.strip.At(i + n)
	if r.strip.At(i-1).Shape >= word.Caseless && before == word.Tight && r.strip.At(i-1).Kind == word.Word {
		return false
	}
	if judge.Expected(&r.strip, i) || r.eastHonoured(i+n) {
		return true
	}
	// A line of its own, as in letters.
	return before >= word.Line && (after.Char == ',' && after.Gap == word.Tight && r.strip.At(i+n+1).Gap >= word.Line || after.Gap >= word.Line)
}

// eastHonoured says whether token i is what follows a name.
func (r *reader) eastHonoured(i int) bool {
	t := r.strip.At(i)
	return t.Kind == word.Word && t.Gap <= word.Blank && t.Shape >= word.Caseless && eastStarts(r.text(i))
}
