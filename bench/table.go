package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/habeas-data/habeas/internal/bench/matching"
)

// table is what everybody reached, side by side.
type table struct {
	order   []string
	reports map[string]matching.Report
}

func (t *table) add(name string, r matching.Report) {
	if t.reports == nil {
		t.reports = map[string]matching.Report{}
	}
	t.order = append(t.order, name)
	t.reports[name] = r
}

// shown are the figures without a requirement that are compared too.
var shown = []string{
	"linkage.fake_1000.f1_at_half", "linkage.febrl4.f1_at_half", "linkage.febrl4_no_ssid.f1",
	"linkage.febrl4_no_ssid.f1_at_half", "linkage.fodors_zagats.f1_at_half", "linkage.historical_35k.precision",
	"linkage.historical_35k.recall", "linkage.historical_35k.f1", "linkage.historical_35k.f1_at_half",
	"search.springer.r10", "search.springer.p50_us", "search.springer_rest.f1", "search.queries.r1", "search.queries.f1",
	"search.typo1.f1", "search.typo2.f1",
}

// text writes the table: the requirement lines, other figures that the rivals have
// too, where it was measured, and what was not.
func (t *table) text(runs int) string {
	var b strings.Builder
	row := func(first string, cells []string) {
		fmt.Fprintf(&b, "%-34s", first)
		for _, c := range cells {
			fmt.Fprintf(&b, " %13s", c)
		}
		b.WriteByte('\n')
	}
	row("FIGURE", append([]string{"REQUIRED"}, t.order...))
	line := func(figure, required string) {
		cells, some := []string{required}, false
		for _, name := range t.order {
			v, ok := t.reports[name].Figures[figure]
			some = some || ok
			cells = append(cells, cell(v, ok))
		}
		if some {
			row(figure, cells)
		}
	}
	for _, q := range matching.Requirements {
		line(q.Figure, q.String())
	}
	b.WriteByte('\n')
	for _, figure := range shown {
		line(figure, "")
	}
	ours := t.reports["habeas"]
	for _, q := range ours.Missed() {
		fmt.Fprintf(&b, "\nmissed: %s (%s): %.6g, required is %s", q.Figure, q.ID, ours.Figures[q.Figure], q)
	}
	m := ours.Machine
	fmt.Fprintf(&b, "\nmedians of %d runs on %s, %d cores, %d MiB, %s, %s; load when it began: %s\n", runs, m.CPU, m.Cores, m.RAM, m.OS, m.Go, m.Load)
	for _, name := range t.order {
		for _, note := range t.reports[name].Notes {
			fmt.Fprintf(&b, "%s\n", note)
		}
	}
	asked := map[string]bool{}
	for _, name := range t.order[1:] {
		for _, figure := range slices.Sorted(maps.Keys(t.reports[name].Figures)) {
			if strings.HasSuffix(figure, ".n") {
				asked[fmt.Sprintf("%s %s %.0f", name, strings.TrimSuffix(strings.TrimPrefix(figure, "search."), ".n"), t.reports[name].Figures[figure])] = true
			}
		}
	}
	if len(asked) > 0 {
		fmt.Fprintf(&b, "questions that were asked within the time a rival is given: %s\n", strings.Join(slices.Sorted(maps.Keys(asked)), ", "))
	}
	return b.String()
}

func cell(v float64, ok bool) string {
	switch {
	case !ok:
		return "–"
	case v >= 1000:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4g", v)
}
