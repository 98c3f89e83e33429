package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/internal/bench/scrubbing"
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
func shown() []string {
	out := []string{
		"speed.logs.mb_per_s", "speed.logs.mb_per_cpu_s", "speed.logs_without_known.mb_per_s", "speed.logs_without_known.mb_per_cpu_s",
		"keys.labelled", "keys.recall",
	}
	for _, of := range []string{"", "held.", "presidio."} {
		for _, kind := range []string{"key", "email", "card", "iban", "id", "phone", "ip", "mac", "birth", "address", "person"} {
			for _, what := range []string{"recall.", "precision."} {
				out = append(out, of+what+kind)
			}
		}
		out = append(out, of+"outside")
	}
	return out
}

// text writes the table: the lines of the requirements, then everything that a rival has
// too, where it was measured, and what was not.
func (t *table) text(o options) string {
	var b strings.Builder
	row := func(first string, cells []string) {
		fmt.Fprintf(&b, "%-38s", first)
		for _, c := range cells {
			fmt.Fprintf(&b, " %11s", c)
		}
		b.WriteByte('\n')
	}
	row("FIGURE", append([]string{"REQUIRED"}, t.order...))
	line := func(figure, required string, alone bool) {
		cells, rivals := []string{required}, false
		for i, name := range t.order {
			v, ok := t.reports[name].Figures[figure]
			rivals = rivals || ok && i > 0
			cells = append(cells, cell(v, ok))
		}
		if rivals || alone {
			row(figure, cells)
		}
	}
	var required []string
	for _, q := range scrubbing.Lines {
		required = append(required, q.Figure)
		line(q.Figure, q.String(), true)
	}
	b.WriteByte('\n')
	for _, figure := range shown() {
		if !slices.Contains(required, figure) {
			line(figure, "", false)
		}
	}
	ours := t.reports["habeas"]
	for _, q := range ours.Missed() {
		fmt.Fprintf(&b, "\nmissed: %s (%s): %.6g, required is %s", q.Figure, q.ID, ours.Figures[q.Figure], q)
	}
	m := ours.Machine
	fmt.Fprintf(&b, "\nmedians of %d runs on %s, %d cores, %d MiB, %s, %s; load when it began: %s\n", o.runs, m.CPU, m.Cores, m.RAM, m.OS, m.Go, m.Load)
	fmt.Fprintf(&b, "rivals' quality: on one in %d of the invented texts, and all of Presidio's; their false_positives are of as many fewer lines\n", o.share)
	for _, name := range t.order {
		r := t.reports[name]
		if mb, ok := r.Figures["speed.logs.mb"]; ok && mb < float64(o.size)/1e6 {
			fmt.Fprintf(&b, "%s went over the first %.3g MB of the log with 10,000 literals within the time it is given\n", name, mb)
		}
		for _, note := range r.Notes {
			fmt.Fprintf(&b, "%s\n", note)
		}
	}
	return b.String()
}

func cell(v float64, ok bool) string {
	switch {
	case !ok:
		return "–"
	case v == float64(int64(v)) && v != 1 || v >= 1000:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4g", v)
}
