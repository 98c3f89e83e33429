package matching

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/habeas-data/habeas/internal/bench/matching/misspell"
	"github.com/habeas-data/habeas/match/search"
	"github.com/habeas-data/habeas/match/text"
)

// Question is a text of which it is known what it means.
type Question struct {
	Text string
	// Want are the IDs that are right. For a misspelled name they are all entities that
	// bear the name, since nobody could tell which of them was meant; Drawn is the one
	// whose name it was. For a mention they are all that are mentioned; none when
	// nothing is.
	Want    []string
	Drawn   string
	Mention bool // names of organisations stand in it; otherwise it is one name
}

// Questions are all that is asked, by kind, in an order that means nothing.
type Questions struct {
	Exact, Typo1, Typo2 []Question
	// Typo2Any are two mistakes in names that may be as short as those of Typo1: often
	// nobody could tell what was meant.
	Typo2Any []Question
	// Springer are affiliations all of whose organisations are in the index, and
	// SpringerRest the others.
	Springer, SpringerRest []Question
	// Queries are what people typed into a registry of organisations, as far as the
	// index has what was meant, or nothing was.
	Queries []Question
}

// ByKind lists the kinds of which there are questions, under the names of their figures.
func (q *Questions) ByKind() iter.Seq2[string, []Question] {
	return func(yield func(string, []Question) bool) {
		for _, kind := range []struct {
			name string
			all  []Question
		}{
			{"exact", q.Exact},
			{"typo1", q.Typo1},
			{"typo2", q.Typo2},
			{"typo2_any", q.Typo2Any},
			{"springer", q.Springer},
			{"springer_rest", q.SpringerRest},
			{"queries", q.Queries},
		} {
			if len(kind.all) > 0 && !yield(kind.name, kind.all) {
				return
			}
		}
	}
}

// Names that are misspelled have at least so many letters. Two mistakes want more of
// them: a word of five letters of which two are wrong is mostly another word, and what
// stands beside it decides what was meant.
const (
	shortest    = 5
	shortestTwo = 8
)

// NewQuestions draws n names and misspellings of each number of mistakes, and reads the
// affiliations. Names are drawn with the same probability for each different comparison
// form ([text.Fold]) of at least five letters (eight for [Questions.Typo2]) in a script
// that is spelled by letters.
func NewQuestions(reference string, entities []search.Entity, seed uint64, n int) (Questions, error) {
	r := rand.New(rand.NewPCG(seed, 11))
	var spell misspell.Speller
	bearers := map[string][]int32{} // of each comparison form, the entities
	for i, e := range entities {
		for _, name := range e.Names {
			if !misspell.Fits(name.Text, shortest) {
				continue
			}
			folded := text.Fold(name.Text)
			if b := bearers[folded]; len(b) == 0 || b[len(b)-1] != int32(i) {
				bearers[folded] = append(b, int32(i))
			}
			spell.Learn(folded)
		}
	}
	spell.Done()
	all := make([]string, 0, len(bearers))
	for folded := range bearers {
		if misspell.Fits(folded, shortest) {
			all = append(all, folded)
		}
	}
	slices.Sort(all) // a map has no order, and a seed must mean the same each time
	var q Questions
	draw := func(mistakes, least int) (questions []Question) {
		for tries := 0; len(questions) < n && tries < 20*n && len(all) > 0; tries++ {
			folded := all[r.IntN(len(all))]
			if !misspell.Fits(folded, least) {
				continue
			}
			drawn := entities[bearers[folded][r.IntN(len(bearers[folded]))]]
			written, ok := writtenAs(drawn, folded), true
			if mistakes > 0 {
				written, ok = spell.Misspell(r, written, mistakes)
			}
			if !ok {
				continue
			}
			question := Question{Text: written, Drawn: drawn.ID}
			for _, i := range bearers[folded] {
				question.Want = append(question.Want, entities[i].ID)
			}
			questions = append(questions, question)
		}
		return questions
	}
	q.Exact, q.Typo1 = draw(0, shortest), draw(1, shortest)
	q.Typo2, q.Typo2Any = draw(2, shortestTwo), draw(2, shortest)
	return q, q.readMentions(reference, entities)
}

// writtenAs is how an entity writes a name.
func writtenAs(e search.Entity, folded string) string {
	for _, n := range e.Names {
		if text.Fold(n.Text) == folded {
			return n.Text
		}
	}
	return folded
}

// readMentions reads texts that mention organisations.
func (q *Questions) readMentions(reference string, entities []search.Entity) error {
	known := make(map[string]bool, len(entities))
	for _, e := range entities {
		known[e.ID] = true
	}
	inIndex := func(ids []string) bool {
		return !slices.ContainsFunc(ids, func(id string) bool { return !known[id] })
	}
	b, err := os.ReadFile(filepath.Join(reference, "entities", springerFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	default:
		var rows []struct {
			Affiliation string   `json:"affiliation"`
			IDs         []string `json:"ror_ids"`
		}
		if err := json.Unmarshal(b, &rows); err != nil {
			return fmt.Errorf("%s: %w", springerFile, err)
		}
		for _, row := range rows {
			question := Question{Text: row.Affiliation, Want: row.IDs, Mention: true}
			if len(row.IDs) > 0 && inIndex(row.IDs) {
				q.Springer = append(q.Springer, question)
			} else {
				q.SpringerRest = append(q.SpringerRest, question)
			}
		}
	}
	header, rows, err := readCSV(filepath.Join(reference, "entities", queriesFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	at, id := slices.Index(header, "affiliation"), slices.Index(header, "ror_id")
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", queriesFile, err)
	case at < 0 || id < 0:
		return fmt.Errorf("%s: the columns affiliation and ror_id are expected", queriesFile)
	}
	for _, row := range rows {
		var want []string
		for part := range strings.SplitSeq(row[id], ";") {
			if part = strings.TrimSpace(part); part != "" && part != "NP" { // NP: nothing is meant
				want = append(want, part)
			}
		}
		if inIndex(want) {
			q.Queries = append(q.Queries, Question{Text: row[at], Want: want, Mention: true})
		}
	}
	return nil
}
