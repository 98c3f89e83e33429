package link

import (
	_ "embed" // the words
	"slices"
	"strings"
	"unicode"

	"github.com/habeas-data/habeas/match/text"
)

// hint is what the name of a column says about it: a Kind, or one of these.
type hint = Kind

const (
	noHint     hint = ""
	hintAnswer hint = "answer" // which rows are one: what is to be found out
	hintRow    hint = "row"    // a number of the row, by a name such as id
	hintName   hint = "name"   // of a person or of something else
	hintTime   hint = "time"   // when the row was written
	hintPerson hint = "person" // a number of the person, by a name such as person_id
)

//go:embed detect_words.txt
var wordsFile string

// detectWords are the lists of detect_words.txt.
var detectWords = readWords(wordsFile)

// wordLists are words by what they say.
type wordLists struct {
	says   []hint          // what names of columns say, the first to be preferred
	column map[string]int  // word of a column name → place in says
	given  map[string]bool // given names
	firm   map[string]bool // in names of organisations
	link   map[string]bool // likewise, and hardly in names of people
	street map[string]bool
	month  map[string]bool
}

func readWords(file string) *wordLists {
	w := &wordLists{
		column: map[string]int{}, given: map[string]bool{}, firm: map[string]bool{},
		link: map[string]bool{}, street: map[string]bool{}, month: map[string]bool{},
	}
	sets := map[string]map[string]bool{"+given": w.given, "+firm": w.firm, "+link": w.link, "+street": w.street, "+month": w.month}
	for line := range strings.Lines(file) {
		key, list, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		if set := sets[key]; set != nil {
			for _, word := range strings.Fields(list) {
				set[text.Fold(word)] = true
			}
			continue
		}
		at := slices.Index(w.says, hint(key))
		if at < 0 {
			at = len(w.says)
			w.says = append(w.says, hint(key))
		}
		for _, word := range strings.Fields(list) {
			w.column[text.Fold(word)] = at
		}
	}
	return w
}

// readName says what the name of a column says about it.
func readName(name string) hint {
	parts := nameWords(name)
	type span struct{ from, to, at int }
	var found []span
	for from := range parts {
		joined := ""
		for to := from; to < len(parts) && to < from+5; to++ {
			joined += parts[to]
			if at, ok := detectWords.column[joined]; ok {
				found = append(found, span{from, to, at})
			}
		}
	}
	best, has := len(detectWords.says), map[hint]bool{}
	for _, s := range found {
		inside := false
		for _, o := range found {
			inside = inside || o != s && o.from <= s.from && o.to >= s.to
		}
		if !inside {
			best = min(best, s.at)
			has[detectWords.says[s.at]] = true
		}
	}
	switch {
	case best == len(detectWords.says):
		return noHint
	case has[GivenName] && has[FamilyName] && !has[hintAnswer]:
		return FullName
	}
	return detectWords.says[best]
}

// nameWords cuts a column name into folded words: at spaces and marks, where small
// letters meet capitals, and at digits, which are dropped.
func nameWords(name string) []string {
	var b strings.Builder
	last := ' '
	for _, r := range name {
		switch {
		case unicode.IsDigit(r):
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(last):
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last = r
	}
	return text.Words(text.Fold(b.String()))
}
