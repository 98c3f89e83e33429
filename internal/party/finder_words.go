package party

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/habeas-data/habeas/match/search"
	"github.com/habeas-data/habeas/match/standard"
	"github.com/habeas-data/habeas/match/text"
)

// Find implements Finder. The last word may be the beginning of one.
func (x *Index) Find(query string, limit int) []Alike {
	x.Settle()
	out := x.exactly(numberWord(query), limit)
	words := queryWords(query)
	if len(words) == 0 {
		return out
	}
	r := x.words.Search(search.Query{Text: strings.Join(words, " "), Mode: search.Terms, Limit: limit})
	for _, h := range r.Hits {
		id := partyOf(h.ID)
		if len(out) == limit || slices.ContainsFunc(out, func(a Alike) bool { return a.ID == id }) {
			continue
		}
		if p, ok := x.profileOf(id); ok {
			out = append(out, Alike{ID: id, P: h.P, Reasons: whyFound(query, p)})
		}
	}
	if len(out) == 0 {
		return x.whole(query, limit)
	}
	return out
}

// leastWhole is how many letters a name must have to be met without looking at its
// spaces.
const leastWhole = 6

// whole returns the parties of which the query is the whole name but for its spaces and
// one letter: Vander Berg, Annamaria.
func (x *Index) whole(query string, limit int) []Alike {
	typed := joined(query)
	if utf8.RuneCountInString(typed) < leastWhole || hasDigit(typed) {
		return nil
	}
	var out []Alike
	for _, h := range x.words.Search(search.Query{Text: query, Mode: search.Whole, Limit: limit}).Hits {
		if h.Kind == search.Alias || text.Distance(typed, joined(h.Name), 1) > 1 {
			continue
		}
		reason := Reason{Set: "identity", Field: "family_name", Code: "typo", For: true, Typed: strings.TrimSpace(query), Word: h.Name}
		out = append(out, Alike{ID: partyOf(h.ID), P: h.P, Reasons: []Reason{reason}})
	}
	return out
}

func joined(name string) string { return strings.ReplaceAll(text.Fold(name), " ", "") }

// exactly returns the parties with a word that is met as it is or not at all.
func (x *Index) exactly(word string, limit int) []Alike {
	if word == "" {
		return nil
	}
	var out []Alike
	for _, h := range x.words.Search(search.Query{Text: word, Mode: search.Terms, Limit: limit}).Hits {
		if h.P == 1 { // and does not only begin with it
			out = append(out, Alike{ID: partyOf(h.ID), P: 1})
		}
	}
	return out
}

// queryWords returns the words that a record must have.
func queryWords(query string) []string {
	if day := wholeDate(query); day != "" {
		return []string{day}
	}
	var words []string
	for _, w := range strings.Fields(query) {
		day := wholeDate(w)
		switch {
		case strings.Contains(w, "@"):
			words = append(words, mailWord(w))
		case day != "":
			words = append(words, day)
		default:
			words = append(words, typed(w)...)
		}
	}
	return words
}

// wholeDate returns a date of day, month and year as its digits, "" for all else.
func wholeDate(s string) string {
	if !hasDigit(s) {
		return ""
	}
	d := standard.ParseDate(s, standard.OrderUnknown)
	if !d.OK || d.Year == 0 || d.Month == 0 || d.Day == 0 {
		return ""
	}
	return strings.ReplaceAll(d.Normalised, "-", "")
}

// whyFound returns, for each word of a query that a party does not have as typed, which
// of its words was taken for it.
func whyFound(query string, p profile) []Reason {
	rows := p.rows()
	var out []Reason
	raw := strings.Fields(query)
	for i, w := range raw {
		if hasDigit(w) || strings.Contains(w, "@") {
			continue
		}
		for _, part := range text.Words(text.Fold(w)) {
			if r, ok := nearest(part, i == len(raw)-1, rows); !ok {
				r.Typed = strings.Trim(w, ",;.")
				out = append(out, r)
			}
		}
	}
	return out
}

// forgivenEdits is the most that search forgives a word.
const forgivenEdits = 2

// nearest returns which word of the rows is nearest to a folded one, or true when it
// stands there as it is. Newer rows go before older ones.
func nearest(word string, last bool, rows []row) (Reason, bool) {
	best, r := forgivenEdits+2, Reason{Code: "typo", For: true}
	forms := []string{word, text.Fold(text.Romanise(word))}
	for _, row := range slices.Backward(rows) {
		for i, v := range row[:atPhone] {
			if i == atEmail {
				continue
			}
			for _, w := range strings.FieldsFunc(v, parts) {
				folded := text.Fold(w)
				if folded == word || last && utf8.RuneCountInString(word) > 2 && strings.HasPrefix(folded, word) {
					return r, true
				}
				roman := text.Fold(text.Romanise(folded))
				d := forgivenEdits + 1
				for _, f := range forms {
					d = min(d, text.Distance(f, folded, d), text.Distance(f, roman, d))
				}
				if d < best && d <= forgivenEdits {
					best = d
					r.Set, r.Field, r.Word = remembered[i][0], remembered[i][1], strings.Trim(w, ",;.")
				}
			}
		}
	}
	return r, r.Word == ""
}

func parts(r rune) bool { return r == ' ' || r == '-' || r == '/' || r == ',' || r == '&' }
