package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/match/search"
)

// engine is a rival that finds names.
type engine interface {
	// build takes in all entities.
	build(dir string, entities []search.Entity) error
	// find answers as matching.Finder does. mistakes is how many the name has at most:
	// a rival that has to be told is told.
	find(q matching.Question, mistakes int) ([]matching.Answer, error)
	close() error
}

var engines = map[string]func() engine{
	"bleve":      func() engine { return &bleveEngine{} },
	"sqlite":     func() engine { return &sqliteEngine{} },
	"postgresql": func() engine { return &postgresEngine{} },
}

// engineNotes say how each is used.
var engineNotes = map[string]string{
	"bleve":      "bleve 2.5.2: one document a name, BM25, accents folded, fuzziness as many as there are mistakes",
	"sqlite":     "SQLite FTS5: one row a name, trigram tokenizer without diacritics, any trigram, bm25",
	"postgresql": "PostgreSQL pg_trgm: one row a name, GIN index, similarity; affiliations by their parts between commas",
}

// fewest is how many questions of a kind a rival is asked even if it takes longer than
// it is given; warming is how many of them are asked before.
const (
	fewest  = 20
	warming = 10
)

// measureEngine measures one rival in this process.
func measureEngine(name, reference string, seed uint64, questions int, budget time.Duration) (r matching.Report, err error) {
	r = matching.Report{Figures: matching.Figures{}, Notes: []string{engineNotes[name]}}
	var entities []search.Entity
	for e, err := range matching.Entities(reference) {
		if err != nil {
			return r, err
		}
		entities = append(entities, e)
	}
	all, err := matching.NewQuestions(reference, entities, seed, questions)
	if err != nil {
		return r, err
	}
	dir, err := os.MkdirTemp("", "habeas-rival-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	e := engines[name]()
	began := time.Now()
	if err := e.build(filepath.Join(dir, "index"), entities); err != nil {
		return r, err
	}
	defer e.close()
	r.Figures["search.build_s"] = time.Since(began).Seconds()
	fmt.Fprintf(os.Stderr, "%s: built in %.1f s\n", name, r.Figures["search.build_s"])
	for kind, asked := range all.ByKind() {
		mistakes := slices.Index([]string{"exact", "typo1", "typo2"}, strings.TrimSuffix(kind, "_any"))
		var failed error
		find := func(q matching.Question) []matching.Answer {
			a, err := e.find(q, max(0, mistakes))
			if err != nil && failed == nil {
				failed = err
			}
			return a
		}
		asked, answers, times := within(asked, find, budget)
		if failed != nil {
			r.Notes = append(r.Notes, fmt.Sprintf("%s, %s: not measured: %v", name, kind, failed))
			continue
		}
		for figure, v := range matching.Score(asked, answers, -1) {
			r.Figures["search."+kind+"."+figure] = v
		}
		for figure, v := range matching.Times(times) {
			r.Figures["search."+kind+"."+figure] = v
		}
		fmt.Fprintf(os.Stderr, "%s, %s: %d asked, first %.4f, in ten %.4f, median %.0f µs\n", name, kind, len(asked),
			r.Figures["search."+kind+".r1"], r.Figures["search."+kind+".r10"], r.Figures["search."+kind+".p50_us"])
	}
	return r, nil
}

// within asks as many questions as the budget allows, and returns them, their answers
// and times.
func within(all []matching.Question, find matching.Finder, budget time.Duration) ([]matching.Question, [][]matching.Answer, []time.Duration) {
	matching.Ask(all[:min(warming, len(all))], find)
	began := time.Now()
	var answers [][]matching.Answer
	var times []time.Duration
	for i := range all {
		if i >= fewest && time.Since(began) > budget {
			break
		}
		a, t := matching.Ask(all[i:i+1], find)
		answers, times = append(answers, a...), append(times, t...)
	}
	return all[:len(answers)], answers, times
}

// best keeps the best answer of each entity, at most ten; answers come best first.
func best(all []matching.Answer) []matching.Answer {
	out := make([]matching.Answer, 0, 10)
	for _, a := range all {
		if len(out) < 10 && !slices.ContainsFunc(out, func(o matching.Answer) bool { return o.ID == a.ID }) {
			out = append(out, a)
		}
	}
	return out
}
