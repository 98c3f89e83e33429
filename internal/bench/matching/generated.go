package matching

import (
	"context"
	"fmt"
	"math"

	"github.com/habeas-data/habeas/internal/bench/matching/people"
)

const (
	generatedRows  = 5000
	generatedSeeds = 3
)

// Invented makes a table of invented people.
func Invented(seed uint64, rows int, p people.Profile) Table {
	set := people.New(seed, rows, p)
	t := Table{Name: p.Name, Header: people.Header}
	for i := range set.Len() {
		t.Rows = append(t.Rows, set.Row(i))
		t.Truth = append(t.Truth, set.Person(i))
	}
	return t
}

// generated measures every profile on several seeds: the median, and the worst f1.
func generated(ctx context.Context, j *job) error {
	for _, p := range people.Profiles {
		var runs []Figures
		least := math.Inf(1)
		for n := range uint64(generatedSeeds) {
			t := Invented(j.Seed*1000+n, generatedRows, p)
			f, err := t.Measure(ctx, j.Seed, false)
			if err != nil {
				return fmt.Errorf("generated %s: %w", p.Name, err)
			}
			runs, least = append(runs, f), min(least, f["f1"])
		}
		f := Median(runs)
		f["f1_least"] = least
		j.say("linkage of invented people, %s: f1 %.4f, at one half %.4f", p.Name, f["f1"], f["f1_at_half"])
		j.Figures.put("linkage.generated."+p.Name, f)
	}
	return nil
}

// files measures the linkage files of the reference data.
func files(ctx context.Context, j *job) error {
	tables, notes, err := Tables(j.Reference)
	if err != nil {
		return err
	}
	j.Notes = append(j.Notes, notes...)
	for i := range tables {
		t := &tables[i]
		f, err := t.Measure(ctx, j.Seed, true)
		if err != nil {
			j.note("linkage %s: not measured: %v", t.Name, err)
			continue
		}
		j.say("linkage of %s: f1 %.4f (p %.4f, r %.4f), at one half %.4f", t.Name, f["f1"], f["precision"], f["recall"], f["f1_at_half"])
		j.Figures.put("linkage."+t.Name, f)
	}
	return nil
}
