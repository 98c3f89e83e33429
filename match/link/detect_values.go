package link

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/habeas-data/habeas/match/text"
)

// profile is what the values of a column look like. Shares are of the values that are
// not missing.
type profile struct {
	rows, filled int
	distinct     int
	common       float64 // the share of the most frequent value
	length       float64 // mean, in runes
	words        float64 // mean number of words, as spaces part them

	date, year, email, uuid float64
	phone, dialled          float64 // could be; is written as only telephone numbers are
	postcode, number, house float64
	letters                 float64 // letters and no digits
	street, road            float64 // words and a number; with a word for a street
	given, firm, linked     float64 // hold a word of these lists; linked: or of firm
	oneWord, fraction       float64 // one word only; a number with decimals
	dense                   bool    // whole numbers that leave hardly any out
	steady                  float64 // the share with the most frequent length
	low, high               int     // of the whole numbers
	values                  []string
	counts                  map[string]int
	lengths                 map[int]int
	sumLength, sumWords     float64
}

// missingWords mean that there is no value.
var missingWords = map[string]bool{"n a": true, "na": true, "nan": true, "null": true, "none": true, "nil": true, "unknown": true, "": true}

// profileOf looks at column c of the sample.
func profileOf(sample [][]string, c int) *profile {
	p := &profile{counts: map[string]int{}, lengths: map[int]int{}, low: 1 << 62, high: -1 << 62}
	for _, row := range sample {
		p.rows++
		raw, folded := "", ""
		if c < len(row) {
			raw = strings.TrimSpace(row[c])
			folded = text.Fold(raw)
		}
		if missingWords[folded] {
			p.values = append(p.values, "")
			continue
		}
		p.values = append(p.values, folded)
		p.filled++
		p.counts[folded]++
		p.look(raw, folded)
	}
	p.finish()
	return p
}

// look adds one value.
func (p *profile) look(raw, folded string) {
	n := len([]rune(raw))
	p.lengths[n]++
	p.sumLength += float64(n)
	parts, spaced := text.Words(folded), len(strings.Fields(raw))
	p.sumWords += float64(spaced)
	digits, letters := 0, 0
	for _, r := range folded {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	add(&p.date, looksLikeDate(raw))
	add(&p.email, looksLikeEmail(raw))
	add(&p.uuid, looksLikeUUID(raw))
	phone, dialled := looksLikePhone(raw)
	add(&p.phone, phone)
	add(&p.dialled, dialled)
	add(&p.postcode, looksLikePostcode(folded))
	add(&p.letters, letters > 0 && digits == 0)
	add(&p.oneWord, spaced == 1)
	add(&p.street, spaced > 1 && digits > 0 && letters > digits && !looksLikeDate(raw))
	add(&p.house, digits > 0 && digits <= 5 && n <= 8 && unicode.IsDigit(rune(raw[0])) && letters <= 2)
	if v, err := strconv.Atoi(raw); err == nil && n <= 18 {
		p.number++
		p.low, p.high = min(p.low, v), max(p.high, v)
		add(&p.year, n == 4 && v >= 1500 && v < 2100)
	} else if _, err := strconv.ParseFloat(strings.Trim(raw, "$€£ "), 64); err == nil {
		p.number++
		add(&p.fraction, strings.Contains(raw, "."))
	}
	has := func(set map[string]bool) bool {
		return slices.ContainsFunc(parts, func(w string) bool { return set[w] })
	}
	add(&p.road, spaced > 1 && has(detectWords.street) || strings.Contains(folded, "strasse"))
	add(&p.given, has(detectWords.given))
	add(&p.firm, has(detectWords.firm))
	add(&p.linked, has(detectWords.firm) || has(detectWords.link))
}

func add(share *float64, is bool) {
	if is {
		*share++
	}
}

// finish turns counts into shares.
func (p *profile) finish() {
	p.distinct = len(p.counts)
	if p.filled == 0 {
		return
	}
	n := float64(p.filled)
	most, same := 0, 0
	for _, k := range p.counts {
		most = max(most, k)
	}
	for _, k := range p.lengths {
		same = max(same, k)
	}
	p.common, p.steady = float64(most)/n, float64(same)/n
	p.length, p.words = p.sumLength/n, p.sumWords/n
	for _, share := range []*float64{
		&p.date, &p.year, &p.email, &p.uuid, &p.phone, &p.dialled, &p.postcode, &p.number, &p.house,
		&p.letters, &p.street, &p.road, &p.given, &p.firm, &p.linked, &p.oneWord, &p.fraction,
	} {
		*share /= n
	}
	p.dense = p.number == 1 && p.distinct > 1 && float64(p.distinct) > .9*float64(p.high-p.low+1)
}

// unique says whether no value stands twice and hardly any is missing.
func (p *profile) unique() bool {
	return p.filled > 0 && p.distinct == p.filled && p.filled*100 >= p.rows*99
}

// repeated is the mean number of rows with one value.
func (p *profile) repeated() float64 { return float64(p.filled) / float64(max(1, p.distinct)) }

// few says whether the values are those of a category: so few that most stand often.
func (p *profile) few() bool {
	return p.distinct <= 2 || p.distinct <= 250 && p.repeated() >= 8 || p.distinct <= 30 && p.repeated() >= 4
}

func looksLikeEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	return at > 0 && strings.Count(s, "@") == 1 && strings.LastIndexByte(s, '.') > at+1 && !strings.Contains(strings.TrimSpace(s), " ")
}

func looksLikeUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", rune(s[i])) {
			return false
		}
	}
	return true
}

// looksLikeDate looks at the form only: a mistyped date is still meant to be one.
func looksLikeDate(s string) bool {
	if at := strings.IndexAny(s, "T "); at >= 6 && strings.Contains(s[at:], ":") {
		s = s[:at] // the time of day
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("-/. ,", r) })
	if len(parts) == 1 && len(s) == 8 {
		year, err := strconv.Atoi(s[:4])
		back, err2 := strconv.Atoi(s[4:])
		if err != nil || err2 != nil {
			return false
		}
		return year >= 1500 && year < 2100 && back/100 <= 12 && back%100 <= 31 || back >= 1500 && back < 2100 && year/100 <= 31 && year%100 <= 12
	}
	if len(parts) < 2 || len(parts) > 4 || len(s) > 24 {
		return false
	}
	years, small, months := 0, 0, 0
	for _, part := range parts {
		v, err := strconv.Atoi(strings.TrimRight(part, "thndrs"))
		switch {
		case err != nil && detectWords.month[text.Fold(part)]:
			months++
		case err != nil:
			return false
		case len(part) == 4 && v >= 1000 && v < 2200:
			years++
		case len(part) <= 2 || err == nil && len(part) <= 4 && part != strings.TrimRight(part, "thndrs"):
			small++
		default:
			return false
		}
	}
	switch {
	case months == 1:
		return years == 1 || small == 2
	case months > 1 || len(parts) != 3:
		return false
	}
	return years == 1 && small == 2 && !strings.Contains(s, ",") || small == 3 && strings.ContainsAny(s, "-/.") && !strings.Contains(s, " ")
}

// looksLikePhone says whether s could be a telephone number, and whether it is written
// as only they are.
func looksLikePhone(s string) (could, dialled bool) {
	digits, marks := 0, 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0, r == '(', r == ')', r == '-', r == '/', r == '.', r == ' ':
			marks++
		case (r == 'x' || r == 'e') && digits >= 7: // an extension
			return true, true
		default:
			return false, false
		}
	}
	if digits < 6 || digits > 15 || looksLikeDate(s) || strings.Count(s, ".") == 1 && marks == 1 || s[0] == '-' {
		return false, false
	}
	return true, marks > 0 || s[0] == '0'
}

// looksLikePostcode looks at the form only: digits, or digits and letters in at most
// two short groups.
func looksLikePostcode(folded string) bool {
	compact := strings.ReplaceAll(folded, " ", "")
	digits, groups := 0, 1+strings.Count(folded, " ")
	for _, r := range compact {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r < 'a' || r > 'z':
			return false
		}
	}
	n := len(compact)
	switch {
	case digits == n:
		return n >= 4 && n <= 6 && groups <= 2 || n == 9 && groups == 2
	case digits == 0 || groups > 2:
		return false
	}
	return n >= 5 && n <= 8 && digits >= 2
}
