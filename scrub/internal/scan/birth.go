package scan

import "github.com/habeas-data/habeas/scrub/internal/span"

// birthReach is how far after its word a date of birth may stand.
const birthReach = 72

// birth looks for a date after a word for birth that ends at i. The first date counts, on
// the same line or the next, and not behind another name and its ':' or '='.
func (p *pass) birth(i int) {
	t := p.t
	limit := min(len(t), i+birthReach)
	lines, names := 0, 0
	for j := i; j < limit; j++ {
		c := t[j]
		switch {
		case c == '\n':
			if lines++; lines > 1 {
				return
			}
		case c == ':' || c == '=':
			if names++; names > 1 {
				return
			}
		case c == 0xE2 && hasPrefix(t, j, open), c == '{' || c == '}':
			return
		case has(c, isAlnum) && (!has(at(t, j-1), isAlnum|isHigh) || has(c, isDigit) && has(t[j-1], isHigh)):
			if e := anyDate(t, j); e > 0 {
				p.add(span.Birth, j, e, 0)
				return
			}
			if birthWord(t, j) {
				return // which is looked at for itself, and sees as much
			}
			if hasFold(t, j, "place") || hasFold(t, j, "created") || hasFold(t, j, "rate") {
				return
			}
		}
	}
}

// birthWord says whether a word for birth begins at i.
func birthWord(t []byte, i int) bool {
	g := grams.gram(mixed(mixedBefore(t, i+gramLen-1), at(t, i+gramLen-1)))
	if g == nil || !g.word {
		return false
	}
	e := run(t, i, i+40, isLetter|isHigh)
	s, f := lastWord(t, e, i)
	return s == i && f&aBirth != 0 && !has(at(t, e), isDigit)
}

// birthSign begins the Japanese words for a birth, which stand in a text without blanks.
const birthSign = "生"

// japaneseBirth looks for a date after 生年月日 at i, and before 生まれ.
func (p *pass) japaneseBirth(i int) {
	t := p.t
	if hasPrefix(t, i, "生年月日") {
		p.birth(i + len("生年月日"))
		return
	}
	if !hasPrefix(t, i, "生まれ") {
		return
	}
	e := i
	if at(t, e-1) == ' ' {
		e--
	}
	for s := max(0, e-20); s < e-7; s++ {
		if has(t[s], isDigit) && !has(at(t, s-1), isAlnum) && anyDate(t, s) == e {
			p.add(span.Birth, s, e, 0)
			return
		}
	}
}

// anyDate is the end of the date at i in figures or words, or 0.
func anyDate(t []byte, i int) int {
	if has(t[i], isLetter) {
		return monthFirst(t, i)
	}
	if e := dateEnd(t, i); e > 0 {
		return trimTime(t, i, e)
	}
	if e := spacedDate(t, i); e > 0 {
		return e
	}
	return dayFirst(t, i)
}

// trimTime ends an ISO date before its time of day.
func trimTime(t []byte, i, e int) int {
	if n := run(t, i, i+9, isDigit) - i; n == 4 {
		return min(e, i+10)
	} else if n == 8 {
		return min(e, i+8)
	}
	return e
}

// spacedDate is the end of "3. 5. 1980", "03 05 1980", "1980年5月3日" or "3-MAY-1980", or 0.
func spacedDate(t []byte, i int) int {
	j := run(t, i, i+4, isDigit)
	if j-i == 4 && hasPrefix(t, j, "年") {
		k := run(t, j+3, j+5, isDigit)
		if k > j+3 && hasPrefix(t, k, "月") {
			if e := run(t, k+3, k+5, isDigit); e > k+3 && hasPrefix(t, e, "日") {
				return e + 3
			}
		}
		return 0
	}
	if j == i || j-i > 2 {
		return 0
	}
	k, ok := skipSep(t, j)
	e := run(t, k, k+3, isDigit)
	if !ok || e == k || e-k > 2 || !monthDay(value(t[k:e]), value(t[i:j])) && !monthDay(value(t[i:j]), value(t[k:e])) {
		return 0
	}
	if k, ok = skipSep(t, e); !ok {
		return 0
	}
	return yearEnd(t, k)
}

// skipSep steps over the separator of a spaced date.
func skipSep(t []byte, i int) (int, bool) {
	s := i
	if c := at(t, i); c == '.' || c == '/' || c == '-' {
		i++
	}
	if at(t, i) == ' ' {
		i++
	}
	return i, i > s
}

// yearEnd is the end of a year of four digits at i, or 0.
func yearEnd(t []byte, i int) int {
	e := run(t, i, i+5, isDigit)
	if e-i != 4 {
		return 0
	}
	if c := two(t, i); c < 18 || c > 20 || has(at(t, e), isAlnum) {
		return 0
	}
	return e
}

// dayFirst is the end of "3rd of May, 1980", "3. Mai 1980", "3 de mayo de 1980", "1er mars
// 1980", "03-May-1980", or 0.
func dayFirst(t []byte, i int) int {
	j := run(t, i, i+3, isDigit)
	if d := value(t[i:j]); j-i > 2 || d < 1 || d > 31 {
		return 0
	}
	for _, s := range [...]string{"st", "nd", "rd", "th", "er", "º", "ª", "."} {
		if hasFold(t, j, s) {
			j += len(s)
			break
		}
	}
	k := fillers(t, j)
	if k == j {
		return 0
	}
	e := monthEnd(t, k)
	if e == 0 {
		return 0
	}
	if y := yearEnd(t, fillers(t, e)); y > 0 {
		return y
	}
	if at(t, e) == '-' && two(t, e+1) >= 0 && !has(at(t, e+3), isAlnum) {
		return e + 3 // 03-MAY-80
	}
	return 0
}

// monthFirst is the end of "May 3, 1980", or 0.
func monthFirst(t []byte, i int) int {
	e := monthEnd(t, i)
	if e == 0 {
		return 0
	}
	k := fillers(t, e)
	j := run(t, k, k+3, isDigit)
	if d := value(t[k:j]); k == e || j == k || j-k > 2 || d < 1 || d > 31 {
		return 0
	}
	for _, s := range [...]string{"st", "nd", "rd", "th"} {
		if hasFold(t, j, s) {
			j += 2
			break
		}
	}
	if y := fillers(t, j); y > j {
		return yearEnd(t, y)
	}
	return 0
}

// fillers steps over what stands between the parts of a date in words.
func fillers(t []byte, i int) int {
	for n := 0; n < 4; n++ {
		for k := 0; k < 3 && (at(t, i) == ' ' || at(t, i) == ',' || at(t, i) == '.' || at(t, i) == '-' || at(t, i) == '/'); k++ {
			i++
		}
		switch {
		case hasFold(t, i, "of "), hasFold(t, i, "de "), hasFold(t, i, "di "):
			i += 3
		case hasFold(t, i, "del "):
			i += 4
		default:
			return i
		}
	}
	return i
}

// monthEnd is the end of the name of a month at i, or 0.
func monthEnd(t []byte, i int) int {
	if !initials[fold(at(t, i))] {
		return 0
	}
	e := run(t, i, i+24, isLetter|isHigh)
	if e-i < 3 || e-i > 20 {
		return 0
	}
	var room [20]byte
	low := room[:0]
	for _, c := range t[i:e] {
		low = append(low, fold(c))
	}
	if !months[string(low)] {
		return 0
	}
	return e
}

// initials are the first bytes of the names of months.
var initials = func() (t [256]bool) {
	for m := range months {
		t[m[0]] = true
	}
	return t
}()

// months are the names of months in English, German, French, Spanish, Italian, Portuguese,
// Dutch, Polish, Swedish and Russian.
var months = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range fields(`january february march april may june july august september october
		november december jan feb mar apr jun jul aug sep sept oct nov dec
		januar jänner februar märz mai juni juli oktober dezember mär mrz okt dez
		janvier février mars avril juin juillet août septembre octobre novembre décembre janv févr avr juil déc
		enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre ene abr ago dic
		gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre gen mag giu lug set ott
		janeiro fevereiro março maio junho julho setembro outubro novembro dezembro fev mai out
		januari februari maart mei augustus mrt
		stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
		augusti maj
		января февраля марта апреля мая июня июля августа сентября октября ноября декабря`) {
		m[w] = true
	}
	return m
}()
