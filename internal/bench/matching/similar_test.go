package matching

import (
	"slices"
	"testing"

	"github.com/habeas-data/habeas/internal/bench/matching/people"
	"github.com/habeas-data/habeas/match/link"
)

func TestRowsLikeANewOneAreFoundAndTimed(t *testing.T) {
	set := people.New(1, 500, people.Profiles[0])
	res, err := link.Link(t.Context(), people.Header, set.Rows(), link.Options{})
	if err != nil {
		t.Fatal(err)
	}
	j := &job{Options: Options{Seed: 1}, Report: Report{Figures: Figures{}}}
	if err := similar(t.Context(), j, set, res.Model); err != nil {
		t.Fatal(err)
	}
	if f := j.Figures; f["linkage.million.similar_p50_us"] <= 0 || f["linkage.million.similar_found"] < 0.9 {
		t.Errorf("%v", f)
	}
}

func TestSmallSetsOfInventedPeopleAreMeasured(t *testing.T) {
	table := Invented(1, 600, people.Profiles[1])
	f, err := table.Measure(t.Context(), 1, true)
	if err != nil {
		t.Fatal(err)
	}
	if f["f1"] < f["f1_at_half"] || f["f1"] < 0.8 || f["rows"] != 600 || f["true_pairs"] < 300 {
		t.Errorf("%v", f)
	}
	if !slices.Contains(f.Names(), "reliability.ece") {
		t.Error("nothing is said about reliability")
	}
}
