package main

import (
	"strings"

	"github.com/zricethezav/gitleaks/v8/cmd/generate/secrets"
	"github.com/zricethezav/gitleaks/v8/detect"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/internal/bench/scrubbing"
	"github.com/habeas-data/habeas/internal/bench/scrubbing/corpus"
	"github.com/habeas-data/habeas/scrub"
)

// keyTexts are texts that the rules of gitleaks generate themselves, up to three of each:
// what its expression describes, where the detector finds exactly one secret again. The
// generator has no seed, so the figures move a little from run to run.
func keyTexts() ([]corpus.Text, error) {
	d, err := detect.NewDetectorDefaultConfig()
	if err != nil {
		return nil, err
	}
	var out []corpus.Text
	for _, id := range d.Config.OrderedRules {
		rule := d.Config.Rules[id]
		if rule.Regex == nil {
			continue
		}
		for try, made := 0, 0; try < 20 && made < 3; try++ {
			text, ok := example(rule.Regex.String())
			if !ok {
				break
			}
			found := d.DetectString(text)
			if len(found) == 0 || found[0].Secret == "" {
				continue
			}
			at := strings.Index(text, found[0].Secret)
			if at < 0 {
				continue
			}
			made++
			label := corpus.Label{Start: at, End: at + len(found[0].Secret), Kind: scrub.Key, Class: id, Value: found[0].Secret}
			out = append(out, corpus.Text{Body: []byte(text), Labels: []corpus.Label{label}})
		}
	}
	return out, nil
}

// example draws a text that an expression describes. The generator panics on expressions
// that it does not know.
func example(expression string) (text string, ok bool) {
	defer func() { ok = recover() == nil }()
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' {
			return ' '
		}
		return r
	}, secrets.NewSecret(expression))
	return "config: " + text + "\n", true
}

// keys measures who finds the generated secrets: figures below keys.
func keys(texts []corpus.Text, find scrubbing.Finder, r *matching.Report) {
	s := scrubbing.NewScore()
	for _, t := range texts {
		s.Add(t, find(t.Body))
	}
	for figure, v := range s.Figures() {
		if strings.HasSuffix(figure, ".key") {
			r.Figures["keys."+strings.TrimSuffix(figure, ".key")] = v
		}
	}
}
