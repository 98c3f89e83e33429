package email

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
)

// Suggestion is what somebody may have meant.
type Suggestion struct {
	Domain  string // gmail.com
	Address string // the whole address, with that domain
}

// maxSuggestions is what a form can show without becoming a quiz.
const maxSuggestions = 3

// Suggest returns up to three likely corrections of a mistyped domain, the
// likeliest first, and none for a well-known domain or one that resembles none:
// gmial.com, gmail.con, gmàil.com, hotmial.co.uk. They are hints to show while
// somebody types (PTY-5); an address is never changed by them.
func Suggest(a Address) []Suggestion {
	typed := a.Domain()
	if typed == "" || isKnown(typed) {
		return nil
	}
	hits := candidates(typed, a.display[strings.IndexByte(a.display, '@')+1:])
	slices.SortStableFunc(hits, func(x, y hit) int { return cmp.Compare(x.cost, y.cost) })
	var out []Suggestion
	for _, h := range hits {
		s := Suggestion{h.domain, a.Local() + "@" + h.domain}
		if len(out) < maxSuggestions && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// candidates returns the domains that may have been meant. A domain beyond
// ASCII is compared by its looks, any other by its letters, with the ending
// mended first where it exists nowhere.
func candidates(typed, unicode string) []hit {
	if typed != unicode {
		if looks := lookAlikeASCII(unicode); isKnown(looks) {
			return []hit{{looks, 0}}
		}
		return nil
	}
	hits := nearKnown(typed)
	mended, ok := mendEnding(typed)
	switch {
	case !ok:
		return hits
	case isKnown(mended):
		return append(hits, hit{mended, 0})
	}
	for _, h := range nearKnown(mended) {
		hits = append(hits, hit{h.domain, h.cost + oddEdit})
	}
	if len(hits) == 0 {
		hits = append(hits, hit{mended, oddEdit})
	}
	return hits
}

// hit is a candidate and how far it is from what was typed.
type hit struct {
	domain string
	cost   int
}

// Costs of one edit: a slip of the finger is likelier than any other.
const (
	slip    = 2 // two letters swapped, the key beside, a letter doubled
	oddEdit = 3
)

// nearKnown returns the well-known domains within one edit, two for names of
// seven letters or more. A name of up to three letters has too many neighbours:
// there only swapped letters count.
func nearKnown(typed string) (hits []hit) {
	for _, known := range knownDomains {
		name, _, _ := strings.Cut(known, ".")
		limit := oddEdit
		if len(name) >= 7 {
			limit = 2 * oddEdit
		}
		if realNeighbour(typed, known) || len(name) <= 3 && !swapped(typed, known) {
			continue
		}
		if cost := distance(typed, known, limit); cost <= limit {
			hits = append(hits, hit{known, cost})
		}
	}
	return hits
}

// swapped reports whether a is b with two neighbouring letters exchanged.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// realNeighbour reports whether typed is the same name under another real
// ending, as yahoo.be is beside yahoo.de: no typing error. Endings whose
// business is typing errors (Colombia, Cameroon, Oman) stay suspect.
func realNeighbour(typed, known string) bool {
	typedName, typedEnding, _ := strings.Cut(typed, ".")
	knownName, _, _ := strings.Cut(known, ".")
	if typedName != knownName || typedEnding == "co" || typedEnding == "cm" || typedEnding == "om" {
		return false
	}
	suffix, icann := publicsuffix.PublicSuffix(typed)
	return icann && suffix == typedEnding
}

// mendEnding corrects an ending that does not exist: name.con to name.com.
func mendEnding(typed string) (string, bool) {
	dot := strings.LastIndexByte(typed, '.')
	ending, ok := endings[typed[dot+1:]]
	if !ok || knownEnding(typed) {
		return "", false
	}
	return typed[:dot+1] + ending, true
}

// lookAlikeASCII returns what a domain looks like in plain letters: without
// accents, look-alikes replaced.
func lookAlikeASCII(domain string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(domain) {
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case !unicode.Is(unicode.Mn, r):
			b.WriteString(prototype(r))
		}
	}
	return b.String()
}

// distance is the optimal string alignment distance with the costs above, or
// more than limit as soon as that is certain.
func distance(a, b string, limit int) int {
	const longest = 40
	if d := len(a) - len(b); d*slip > limit || -d*slip > limit || len(a) >= longest || len(b) >= longest {
		return limit + 1
	}
	var rows [3][longest]int
	older, prev, cur := &rows[0], &rows[1], &rows[2]
	for j := 1; j <= len(b); j++ {
		prev[j] = prev[j-1] + insertCost(b, j-1)
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = prev[0] + insertCost(a, i-1)
		best := cur[0]
		for j := 1; j <= len(b); j++ {
			cur[j] = min(
				prev[j]+insertCost(a, i-1),
				cur[j-1]+insertCost(b, j-1),
				prev[j-1]+replaceCost(a[i-1], b[j-1]),
			)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], older[j-2]+slip)
			}
			best = min(best, cur[j])
		}
		if best > limit+slip {
			return limit + 1
		}
		older, prev, cur = prev, cur, older
	}
	return prev[len(b)]
}

// insertCost is low where the letter at i doubles its neighbour.
func insertCost(s string, i int) int {
	if i > 0 && s[i-1] == s[i] {
		return slip
	}
	return oddEdit
}

func replaceCost(a, b byte) int {
	switch {
	case a == b:
		return 0
	case adjacentKeys(a, b):
		return slip
	}
	return oddEdit
}

// adjacentKeys reports whether two keys touch on a QWERTY keyboard; rows are
// shifted by about half a key.
func adjacentKeys(a, b byte) bool {
	rowA, colA := key(a)
	rowB, colB := key(b)
	if rowA < 0 || rowB < 0 {
		return false
	}
	switch rowA - rowB {
	case 0:
		return colA-colB == 1 || colB-colA == 1
	case 1:
		return colB == colA || colB == colA+1
	case -1:
		return colA == colB || colA == colB+1
	}
	return false
}

func key(c byte) (row, col int) {
	for row, keys := range [...]string{"1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm,."} {
		if col := strings.IndexByte(keys, c); col >= 0 {
			return row, col
		}
	}
	return -1, -1
}
