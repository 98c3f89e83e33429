package standard

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/habeas-data/habeas/match/text"
)

// Organisation is an organisation's name.
type Organisation struct {
	Words     []string // without legal form and articles
	LegalForm string   // gmbh, ltd, inc, ev, "" when none
	Acronym   string   // of its words, when it has several
}

// ParseOrganisation takes a name apart: "The Example Trading Co., Ltd." is example
// trading, ltd. It knows the legal forms of some fifty countries, at the end and, where
// that is usual, at the beginning. A name that is nothing but such words keeps them.
func ParseOrganisation(s string) Organisation {
	if Missing(s) {
		return Organisation{}
	}
	words := text.Words(text.Fold(s))
	o := Organisation{}
	if rest, form := legalAtEnd(words); form != "" {
		words, o.LegalForm = rest, form
		if rest, more := legalAtEnd(words); more != "" && len(rest) > 0 {
			words = rest // "… Co., Inc."
		}
	} else if len(words) > 1 && legalFirst[words[0]] {
		words, o.LegalForm = words[1:], legal().forms[words[0]]
	}
	if len(words) > 1 && articles[words[0]] {
		words = words[1:]
	}
	o.Words, o.Acronym = words, acronym(words)
	return o
}

// legalAtEnd takes the longest legal form from the end of words, of which it leaves at
// least one.
func legalAtEnd(words []string) (rest []string, form string) {
	known := legal()
	for n := min(longestForm, len(words)-1); n > 0; n-- {
		i := len(words) - n
		key := words[i]
		if n > 1 {
			if !known.starts[key] {
				continue
			}
			key = strings.Join(words[i:], " ")
		}
		if form, ok := known.forms[key]; ok {
			return words[:i], form
		}
	}
	return words, ""
}

// acronym returns the initials of several words without those that join.
func acronym(words []string) string {
	var room [64]byte
	b := room[:0]
	count := 0
	for _, w := range words {
		if joining[w] {
			continue
		}
		for _, r := range w {
			b = append(b, string(r)...)
			break
		}
		if count++; count == 16 {
			break
		}
	}
	if count < 2 {
		return ""
	}
	return string(b)
}

//go:embed legal.txt
var legalText string

const longestForm = 5 // words

// legalTable is the text in a form for looking up.
type legalTable struct {
	forms  map[string]string // each way to write a form, to its canonical word
	starts map[string]bool   // first words of forms of several words
}

var legal = sync.OnceValue(func() legalTable {
	t := legalTable{map[string]string{}, map[string]bool{}}
	for line := range strings.Lines(legalText) {
		form, others, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || form[0] == '#' {
			continue
		}
		canonical := strings.ReplaceAll(form, "+", "")
		for _, w := range append(strings.Fields(others), form) {
			w = strings.ReplaceAll(w, "+", " ")
			if t.forms[w] == "" {
				t.forms[w] = canonical
			}
			if first, _, several := strings.Cut(w, " "); several {
				t.starts[first] = true
			}
		}
	}
	return t
})

var (
	// legalFirst are forms that stand before the name, too.
	legalFirst = set("pt ooo zao oao pao ао ооо зао оао пао тов ип ab oy sa spa srl uab sia ad 株式会社 주식회사")
	articles   = set(`the der die das la le les el los las il lo gli i de het den o os as det`)
	joining    = set(`of for and the a an in on at to by de du des da do dos das del della delle di d der die das den dem
		und fur fuer am im zu zur et la le les l y e el los las en van het voor i w na og och for och til ja и в на по`)
)
