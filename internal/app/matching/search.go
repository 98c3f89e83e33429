package matching

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/habeas-data/habeas/match/search"
)

// Modes are the ways to take a text, by their names.
var Modes = map[string]search.Mode{"auto": search.Auto, "whole": search.Whole, "mention": search.Mention, "typing": search.Typing}

// Searcher answers questions from one index.
type Searcher struct {
	x *search.Index
}

// Hit is an entity that may be meant.
type Hit struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`              // that matched
	Called  string       `json:"called,omitempty"`  // what the entity is called first, when that is another name
	Type    string       `json:"type,omitempty"`    //
	Country string       `json:"country,omitempty"` //
	Places  []string     `json:"places,omitempty"`
	P       float64      `json:"probability"`
	Text    string       `json:"text"` // the part of the question that it stands for
	Reasons []HintReason `json:"reasons,omitempty"`
}

// HintReason is one thing that speaks for a hit or against it.
type HintReason struct {
	Code string  `json:"code"`
	Bits float64 `json:"bits"`
	Text string  `json:"text"`
}

// Answer is what an index says to a question.
type Answer struct {
	Query string  `json:"query"`
	Found bool    `json:"found"` // something fits, more probably than nothing
	None  float64 `json:"none"`
	Cut   bool    `json:"cut,omitempty"`
	Hits  []Hit   `json:"hits"`
	// Microseconds that the index took.
	Microseconds float64 `json:"microseconds"`
	Entities     int     `json:"entities"` // in the index
}

// OpenSearcher opens an index that BuildIndex wrote.
func OpenSearcher(path string) (*Searcher, error) {
	x, err := search.Open(path, search.Options{})
	switch {
	case errors.Is(err, search.ErrFile):
		return nil, invalid("%s cannot be used: %v. Make it anew with habeas match index.", path, strings.TrimPrefix(err.Error(), search.ErrFile.Error()+": "))
	case errors.Is(err, fs.ErrNotExist):
		return nil, refuse(path, err)
	case err != nil:
		return nil, invalid("%s cannot be used: %v.", path, err)
	}
	return &Searcher{x}, nil
}

// Spellings are the ways in which somebody may have written types in a file.
func Spellings(types []string) (all []string) {
	for _, t := range types {
		lower := strings.ToLower(t)
		first, size := utf8.DecodeRuneInString(lower)
		for _, s := range []string{t, lower, strings.ToUpper(t), string(unicode.ToUpper(first)) + lower[size:]} {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// Close gives the index back.
func (s *Searcher) Close() error { return s.x.Close() }

// Ask answers a question.
func (s *Searcher) Ask(q search.Query) Answer {
	began := time.Now()
	res := s.x.Search(q)
	a := Answer{
		Query: q.Text, None: res.None, Cut: res.Cut, Found: len(res.Hits) > 0 && res.None <= .5,
		Microseconds: float64(time.Since(began)) / float64(time.Microsecond), Entities: s.x.Len(), Hits: []Hit{},
	}
	for _, h := range res.Hits {
		out := Hit{ID: h.ID, Name: h.Name, Type: h.Type, P: h.P}
		if 0 <= h.Begin && h.Begin < h.End && h.End <= len(q.Text) {
			out.Text = strings.ToValidUTF8(q.Text[h.Begin:h.End], "\uFFFD")
		}
		for _, r := range h.Reasons {
			out.Reasons = append(out.Reasons, HintReason{r.Code, r.Weight, r.Text})
		}
		if e, ok := s.x.Get(h.ID); ok {
			out.Country, out.Places = e.Country, e.Places
			if first := e.Names[0].Text; first != h.Name {
				out.Called = first
			}
		}
		a.Hits = append(a.Hits, out)
	}
	return a
}

// where says where an entity is.
func (h *Hit) where() string {
	parts := slices.Clone(h.Places)
	if h.Country != "" {
		parts = append(parts, h.Country)
	}
	return list(parts)
}

func (h *Hit) why() string {
	var all []string
	for _, r := range h.Reasons {
		all = append(all, r.Text)
	}
	return list(all)
}

// Print shows the answer as a table. explain adds what each reason weighs and how long
// it took. cell is how many characters of a cell are shown.
func (a *Answer) Print(w io.Writer, explain bool, cell int) {
	if !a.Found {
		fmt.Fprintf(w, "Nothing among %s entities fits", Count(a.Entities))
		if len(a.Hits) == 0 {
			fmt.Fprintln(w, ".")
		} else {
			fmt.Fprintf(w, " (%s). The nearest:\n\n", percent(a.None))
		}
	}
	if len(a.Hits) > 0 {
		g := grid{most: cell, tail: 160, after: 1}
		g.add("", "NAME", "ID", "TYPE", "WHERE", "BECAUSE")
		for _, h := range a.Hits {
			name := h.Name
			if h.Called != "" {
				name = h.Called + " (" + h.Name + ")"
			}
			g.add(percent(h.P), name, h.ID, h.Type, h.where(), h.why())
			if explain {
				for _, r := range h.Reasons {
					g.add(fmt.Sprintf("%+6.1f bits  %s: %s", r.Bits, r.Code, r.Text))
				}
				if h.Text != "" && h.Text != a.Query {
					g.add("stands for: " + h.Text)
				}
			}
		}
		g.print(w)
	}
	if explain {
		fmt.Fprintf(w, "\nThat nothing fits: %s. It took %.0f µs.\n", percent(a.None), a.Microseconds)
	}
	if a.Cut {
		fmt.Fprintln(w, "The search was cut short; there may be more.")
	}
}
