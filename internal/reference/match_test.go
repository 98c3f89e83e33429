//go:build reference

package reference

import (
	"os"
	"slices"
	"testing"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/match/search"
)

// keeps checks every line of a requirement. All of it must have been measured.
func keeps(t *testing.T, id string, f matching.Figures) {
	t.Helper()
	for _, q := range matching.Requirements {
		if q.ID != id {
			continue
		}
		if v, ok := f[q.Figure]; !ok || !q.Met(v) {
			t.Errorf("%s is %.4f (measured: %v), required is %s", q.Figure, v, ok, q)
		}
	}
}

// Proves PTY-Q1: every file is linked with nothing configured and nothing told, without
// the column that says who is who.
func TestReferenceRowsAreLinkedBetterThanIsPublished(t *testing.T) {
	tables, notes, err := matching.Tables(os.Getenv("HABEAS_REFERENCE"))
	if err != nil || len(notes) > 0 {
		t.Fatal(notes, err)
	}
	all := matching.Figures{}
	for _, table := range tables {
		required := slices.ContainsFunc(matching.Requirements, func(q matching.Requirement) bool {
			return q.Figure == "linkage."+table.Name+".f1"
		})
		f, err := table.Measure(t.Context(), 1, required)
		if err != nil {
			t.Fatalf("%s: %v", table.Name, err)
		}
		t.Logf("%s: precision %.4f, recall %.4f, f1 %.4f; at one half %.4f", table.Name, f["precision"], f["recall"], f["f1"], f["f1_at_half"])
		all["linkage."+table.Name+".f1"] = f["f1"]
	}
	keeps(t, "PTY-Q1", all)
	if _, ok := all["linkage.historical_35k.f1"]; !ok {
		t.Error("the persons of history were not measured")
	}
}

// Proves ENT-Q1.
func TestReferenceNamesAreFoundThatAreMisspelledOrMentioned(t *testing.T) {
	var entities []search.Entity
	for e, err := range matching.Entities(os.Getenv("HABEAS_REFERENCE")) {
		if err != nil {
			t.Fatal(err)
		}
		entities = append(entities, e)
	}
	questions, err := matching.NewQuestions(os.Getenv("HABEAS_REFERENCE"), entities, 1, 3000)
	if err != nil {
		t.Fatal(err)
	}
	x, err := search.Build(t.Context(), slices.Values(entities), search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := matching.Figures{}
	for kind, asked := range questions.ByKind() {
		answers, _ := matching.Ask(asked, matching.Find(x))
		f := matching.Score(asked, answers, 0.5)
		t.Logf("%s: %d asked, first %.4f, in ten %.4f, precision %.4f, recall %.4f, f1 %.4f", kind, len(asked), f["r1"], f["r10"], f["precision"], f["recall"], f["f1"])
		for name, v := range f {
			all["search."+kind+"."+name] = v
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	keeps(t, "ENT-Q1", all)
}
