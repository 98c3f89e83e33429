package link

import (
	"slices"
	"strings"

	"github.com/habeas-data/habeas/match/standard"
	"github.com/habeas-data/habeas/match/text"
)

// An address of e-mail is often made from a name: ann.lee@…, alee7@…. What it repeats of
// the name says nothing that the name did not say. Evidence is the rest: other words,
// digits, the domain.

var emailLevels = []Level{
	{Code: "exact", Text: "same", M: .60, U: .0002, Frequency: true},
	{Code: "typo", Text: "one or two letters apart", M: .08, U: .0002, Frequency: true},
	{Code: "local", Text: "same before the @", M: .04, U: .0003},
	{Code: "name", Text: "the same, but made of the name", M: .14, U: .003},
	{Code: "near", Text: "nearly the same, but for what is made of the name", M: .03, U: .003},
	{Code: "similar", Text: "similar", M: .02, U: .001},
	{Code: "differs", Text: "different", M: .09, U: .9923},
}

const (
	emailExact verdict = iota
	emailTypo
	emailLocal
	emailName
	emailNear
	emailSimilar
	emailDiffers
)

// ownRest is from how many letters and digits on the rest of an address is its own.
const ownRest = 3

// mail is an address as it is compared.
type mail struct {
	local, domain string
	rest          string // of local, what no name explains
}

func (m *mail) own() bool { return len(m.rest) >= ownRest }

func compareEmail(a, b *value) verdict {
	return alikeMail(mail{a.parts[0], a.parts[1], a.parts[0]}, mail{b.parts[0], b.parts[1], b.parts[0]})
}

// alikeMail compares two addresses.
func alikeMail(a, b mail) verdict {
	own := a.own() && b.own()
	if a.local == b.local && a.domain == b.domain {
		if own {
			return emailExact
		}
		return emailName
	}
	d := text.Distance(a.local, b.local, 2) + text.Distance(a.domain, b.domain, 2)
	switch {
	case own && d <= 2 && text.Distance(a.rest, b.rest, 2) <= d:
		return emailTypo
	case own && a.local == b.local:
		return emailLocal
	case d <= 2 || text.JaroWinkler(a.whole(), b.whole()) > .92:
		return emailNear
	case own && (a.rest == b.rest || min(len(a.rest), len(b.rest)) > 4 && text.JaroWinkler(a.rest, b.rest) > .92):
		return emailSimilar
	}
	return emailDiffers
}

// unexplained returns the level of two addresses that are alike and made from names, when
// the names of one of the rows are not known: then the likeness is evidence in full.
func (p *pairing) unexplained(l verdict, i, j int32) verdict {
	if l == emailName {
		return emailExact
	}
	a, b := &p.col.values[p.col.ids[i]], &p.col.values[p.col.ids[j]]
	if a.text > b.text {
		a, b = b, a
	}
	return min(l, compareEmail(a, b))
}

func (m *mail) whole() string { return m.local + "@" + m.domain }

// wordsOfNames are the words of the names of a row, in the columns cols.
func wordsOfNames(fr *frame, cols []int, row int, dst []string) []string {
	dst = dst[:0]
	for _, c := range cols {
		for _, w := range fr.cols[c].values[fr.cols[c].ids[row]].parts {
			if !slices.Contains(dst, w) {
				dst = append(dst, w)
			}
		}
	}
	return dst
}

// restsOf returns for each address of a column what the names of its rows do not explain;
// of several rows that have it, the one that explains the most counts.
func restsOf(fr *frame, columns []int) []string {
	col := &fr.cols[columns[0]]
	rests, seen := make([]string, len(col.values)), make([]bool, len(col.values))
	var words []string
	for row, id := range col.ids {
		if id == missing || seen[id] && rests[id] == "" {
			continue
		}
		words = wordsOfNames(fr, columns[1:], row, words)
		_, rest := abstract(col.values[id].parts[0], words)
		if old := rests[id]; !seen[id] || len(rest) < len(old) || len(rest) == len(old) && rest < old {
			rests[id], seen[id] = rest, true
		}
	}
	return rests
}

// abstract returns a local part with the names in it replaced by marks, and the letters
// and digits that remain.
func abstract(local string, words []string) (marked, rest string) {
	var m, r []byte
	for at := 0; at < len(local); {
		kind, end := class(local[at]), at+1
		for end < len(local) && class(local[end]) == kind {
			end++
		}
		run := local[at:end]
		at = end
		if kind == ' ' {
			m = append(m, run...)
			continue
		}
		mark, left := "", run
		if kind == 'a' {
			mark, left = explained(run, words)
		}
		m, r = append(append(m, mark...), left...), append(r, left...)
	}
	return string(m), string(r)
}

// spell puts names in the place of marks.
func spell(marked string, words []string) string {
	var b strings.Builder
	for i := range len(marked) {
		c := marked[i]
		switch n := int(c&15) - 1; {
		case c >= ' ':
			b.WriteByte(c)
		case n >= len(words) || words[n] == "":
			b.WriteByte('?')
		case c&16 != 0:
			b.WriteByte(words[n][0])
		default:
			b.WriteString(words[n])
		}
	}
	return b.String()
}

func class(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return '0'
	case c >= 'a' && c <= 'z' || c >= 0x80:
		return 'a'
	}
	return ' '
}

// marks stand for the first names of a row, whole and as an initial.
const (
	wholeMarks   = "\x01\x02\x03\x04\x05\x06\x07\x08"
	initialMarks = "\x11\x12\x13\x14\x15\x16\x17\x18"
)

func mark(marks string, word int) string { return marks[min(word, 7) : min(word, 7)+1] }

// explained finds names in a run of letters: one of them whole, give or take a letter or
// in another form, or several or their initials one after the other.
func explained(run string, words []string) (marks, left string) {
	if marks, ok := spelled(run, words, 0); ok {
		return marks, ""
	}
	for i, w := range words {
		if len(w) > 3 && text.Distance(run, w, 1) <= 1 || standard.SameGiven(run, w) {
			return mark(wholeMarks, i), ""
		}
	}
	for i, w := range words {
		if len(w) < 3 {
			continue
		}
		if at := strings.Index(run, w); at >= 0 {
			return mark(wholeMarks, i), run[:at] + run[at+len(w):]
		}
	}
	for i, w := range words {
		for k, x := range words {
			if i == k || len(w) < 3 || len(x) < 1 {
				continue
			}
			if len(x) > 2 && text.Distance(run, w+x, 1) <= 1 {
				return mark(wholeMarks, i) + mark(wholeMarks, k), ""
			}
			if len(w) > 3 && (text.Distance(run, w+x[:1], 1) <= 1 || text.Distance(run, x[:1]+w, 1) <= 1) {
				return mark(initialMarks, k) + mark(wholeMarks, i), ""
			}
		}
	}
	return "", run
}

// spelled reports whether run is made of names and initials, each name once; used has a
// bit for each name that was.
func spelled(run string, words []string, used uint) (marks string, ok bool) {
	if run == "" {
		return "", true
	}
	for i, w := range words {
		if w == "" || i > 7 || used&(1<<i) != 0 || run[0] != w[0] {
			continue
		}
		if len(w) > 1 && strings.HasPrefix(run, w) {
			if rest, ok := spelled(run[len(w):], words, used|1<<i); ok {
				return mark(wholeMarks, i) + rest, true
			}
		}
		if rest, ok := spelled(run[1:], words, used|1<<i); ok {
			return mark(initialMarks, i) + rest, true
		}
	}
	return "", false
}

// byName compares the address of row i with what that of row j would be if its names
// were those of row i: so addresses agree that are made from names in the same way.
func (p *pairing) byName(fr *frame, names []int, i, j int32) verdict {
	a, b := &p.col.values[p.col.ids[i]], &p.col.values[p.col.ids[j]]
	if a.text == "" || b.text == "" {
		return noLevel
	}
	mine := wordsOfNames(fr, names, int(i), nil)
	marked, rest := abstract(b.parts[0], wordsOfNames(fr, names, int(j), nil))
	_, own := abstract(a.parts[0], mine)
	return alikeMail(mail{a.parts[0], a.parts[1], own}, mail{spell(marked, mine), b.parts[1], rest})
}
