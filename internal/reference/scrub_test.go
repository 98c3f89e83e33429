//go:build reference

package reference

import (
	"os"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/internal/bench/scrubbing"
)

// SCR-5, on the sentences of presidio-research.
func TestReferencePersonalDataIsFoundInSentences(t *testing.T) {
	texts, err := scrubbing.Presidio(os.Getenv("HABEAS_REFERENCE"))
	if err != nil || len(texts) == 0 {
		t.Fatal(len(texts), err)
	}
	find, score := scrubbing.Ours(), scrubbing.NewScore()
	for _, text := range texts {
		score.Add(text, find(text.Body))
	}
	f := score.Figures()
	for _, q := range scrubbing.Lines {
		figure, ok := strings.CutPrefix(q.Figure, "presidio.")
		if !ok {
			continue
		}
		v, measured := f[figure]
		t.Logf("%s: %.4f, required is %s", figure, v, q)
		if !measured || !q.Met(v) {
			t.Errorf("%s is %.4f (measured: %v), required is %s", figure, v, measured, q)
		}
	}
}

// SCR-5 on invented texts, on the part of them that nobody looks at, and where
// there is nothing to find.
func TestReferencePersonalDataIsFoundInInventedTexts(t *testing.T) {
	r := scrubbing.Report{Report: matching.Report{Figures: matching.Figures{}, Lines: scrubbing.Lines}}
	scrubbing.Quality(scrubbing.Ours(), scrubbing.Options{Seed: 1}, &r)
	measured := 0
	for _, q := range scrubbing.Lines {
		v, ok := r.Figures[q.Figure]
		if q.ID != "SCR-5" || !ok {
			continue
		}
		measured++
		if !q.Met(v) {
			t.Errorf("%s is %.4f, required is %s", q.Figure, v, q)
		}
	}
	if measured < 15 {
		t.Errorf("%d lines were measured", measured)
	}
}
