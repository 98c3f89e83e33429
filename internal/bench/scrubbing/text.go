package scrubbing

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/habeas-data/habeas/internal/bench/matching"
)

// Text writes a report for people: the lines that are required, then recall and precision
// by kind, the forms of known values, false alarms and speed.
func (r Report) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-28s %10s  %-8s %s\n", "FIGURE", "MEASURED", "REQUIRED", "LINE")
	for _, q := range r.Lines {
		v, ok := r.Figures[q.Figure]
		said := map[bool]string{true: "met", false: "missed"}[q.Met(v)]
		if !ok {
			said = "not measured"
		}
		fmt.Fprintf(&b, "%-28s %10s  %-8s %-7s %s\n", q.Figure, cell(r.Figures, q.Figure), q, q.ID, said)
	}
	r.kinds(&b)
	section(&b, r.Figures, "KNOWN VALUES BY FORM, RECALL", "known.recall.")
	if _, ok := r.Figures["known.leaks"]; ok {
		fmt.Fprintf(&b, "%s texts showed their value before, %s values can be read after\n", cell(r.Figures, "known.readable_before"), cell(r.Figures, "known.leaks"))
		fmt.Fprintf(&b, "%s places are replaced in lines of a log that name nobody\n", cell(r.Figures, "known.false_positives"))
	}
	section(&b, r.Figures, "FALSE ALARMS BY CLASS", "false_alarms.")
	section(&b, r.Figures, "FALSE ALARMS BY KIND", "false_alarms_as.")
	section(&b, r.Figures, "SPEED, MB A SECOND ON ONE CORE", "speed.")
	if _, ok := r.Figures["log.mb"]; ok {
		fmt.Fprintf(&b, "\nthe command went over %s MB at %s MB a second, %s a second of processor time\n",
			cell(r.Figures, "log.mb"), cell(r.Figures, "log.mb_per_s"), cell(r.Figures, "log.mb_per_cpu_s"))
	}
	m := r.Machine
	fmt.Fprintf(&b, "\nmeasured on %s, %d cores, %d MiB, %s, %s; load when it began: %s\n", m.CPU, m.Cores, m.RAM, m.OS, m.Go, m.Load)
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	if mistakes := r.Mistakes.Text(); mistakes != "" && r.Mistakes.keep > 0 {
		b.WriteString("\nMISTAKES\n" + mistakes)
	}
	return b.String()
}

// kinds writes recall and precision by kind, each as it counts, by type and exactly.
func (r Report) kinds(b *strings.Builder) {
	for _, of := range []string{"", "held.", "presidio.", "log."} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(r.Figures)), func(s string) bool { return strings.HasPrefix(s, of+"recall.") }) {
			continue
		}
		title := map[string]string{"": "INVENTED", "held.": "HELD", "presidio.": "PRESIDIO", "log.": "LOG FILE"}[of]
		fmt.Fprintf(b, "\n%-10s %8s %8s %8s %8s %8s %9s %8s %8s\n", title, "LABELS", "RECALL", "TYPED", "EXACT", "FOUND", "PRECISION", "TYPED", "EXACT")
		for _, kind := range kindNames(r.Figures) {
			cells := []any{kind}
			for _, what := range []string{"labelled.", "recall.", "recall_typed.", "recall_exact.", "found.", "precision.", "precision_typed.", "precision_exact."} {
				cells = append(cells, cell(r.Figures, of+what+kind))
			}
			if cells[1] != "–" || cells[5] != "–" {
				fmt.Fprintf(b, "%-10s %8s %8s %8s %8s %8s %9s %8s %8s\n", cells...)
			}
		}
		fmt.Fprintf(b, "replaced outside all labels: %s places, %s of the bytes\n", cell(r.Figures, of+"outside_places"), cell(r.Figures, of+"outside"))
	}
}

// section writes the figures below a name, in several columns.
func section(b *strings.Builder, f matching.Figures, title, below string) {
	column := 0
	for _, name := range slices.Sorted(maps.Keys(f)) {
		rest, ok := strings.CutPrefix(name, below)
		if !ok {
			continue
		}
		if column == 0 {
			fmt.Fprintf(b, "\n%s\n", title)
		}
		fmt.Fprintf(b, "%-32s %8s", rest, cell(f, name))
		if column++; column%2 == 0 {
			b.WriteByte('\n')
		} else {
			b.WriteString("   ")
		}
	}
	if column%2 == 1 {
		b.WriteByte('\n')
	}
}

func cell(f matching.Figures, name string) string {
	v, ok := f[name]
	share := strings.Contains(name, "recall") || strings.Contains(name, "precision") || strings.HasSuffix(name, "outside")
	switch {
	case !ok:
		return "–"
	case share:
		return fmt.Sprintf("%.4f", v)
	case v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4g", v)
}
