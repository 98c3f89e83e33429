package main

import (
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/analysis/char/asciifolding"
	"github.com/blevesearch/bleve/v2/analysis/token/lowercase"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/match/search"
)

type bleveEngine struct{ index bleve.Index }

func (e *bleveEngine) build(dir string, entities []search.Entity) error {
	m := bleve.NewIndexMapping()
	m.ScoringModel = index.BM25Scoring
	err := m.AddCustomAnalyzer("names", map[string]any{
		"type": custom.Name, "tokenizer": unicode.Name,
		"char_filters": []string{asciifolding.Name}, "token_filters": []string{lowercase.Name},
	})
	if err != nil {
		return err
	}
	names, kind := bleve.NewTextFieldMapping(), bleve.NewTextFieldMapping()
	names.Analyzer, names.Store, names.IncludeTermVectors, names.IncludeInAll = "names", false, false, false
	kind.Analyzer, kind.Store, kind.IncludeTermVectors, kind.IncludeInAll = keyword.Name, false, false, false
	m.DefaultMapping = bleve.NewDocumentStaticMapping()
	m.DefaultMapping.AddFieldMappingsAt("name", names)
	m.DefaultMapping.AddFieldMappingsAt("type", kind)
	if e.index, err = bleve.New(dir, m); err != nil {
		return err
	}
	batch := e.index.NewBatch()
	for i, entity := range entities {
		for k, n := range entity.Names {
			id := entity.ID + "#" + strconv.Itoa(k)
			if err := batch.Index(id, map[string]any{"name": n.Text, "type": entity.Type}); err != nil {
				return err
			}
		}
		if batch.Size() >= 10_000 || i+1 == len(entities) {
			if err := e.index.Batch(batch); err != nil {
				return err
			}
			batch.Reset()
		}
	}
	return nil
}

func (e *bleveEngine) find(q matching.Question, mistakes int) ([]matching.Answer, error) {
	match := bleve.NewMatchQuery(q.Text)
	match.SetField("name")
	match.SetFuzziness(mistakes)
	request := bleve.NewSearchRequestOptions(match, 50, 0, false)
	if q.Mention {
		kind := bleve.NewTermQuery("organization")
		kind.SetField("type")
		kind.SetBoost(0)
		request = bleve.NewSearchRequestOptions(bleve.NewConjunctionQuery(match, kind), 50, 0, false)
	}
	found, err := e.index.Search(request)
	if err != nil {
		return nil, err
	}
	var all []matching.Answer
	for _, hit := range found.Hits {
		id, _, _ := strings.Cut(hit.ID, "#")
		all = append(all, matching.Answer{ID: id, P: hit.Score})
	}
	return best(all), nil
}

func (e *bleveEngine) close() error { return e.index.Close() }
