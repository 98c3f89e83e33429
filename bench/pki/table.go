package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/habeas-data/habeas/internal/bench"
)

const ours = "habeas"

// table is what everybody reached in each run.
type table struct {
	order []string
	runs  map[string][]bench.PKI
	notes []string
}

func (t *table) add(name string, r bench.PKI) {
	if !slices.Contains(t.order, name) {
		t.order = append(t.order, name)
	}
	t.runs[name] = append(t.runs[name], r)
}

func (t *table) note(text string) {
	if !slices.Contains(t.notes, text) {
		t.notes = append(t.notes, text)
	}
}

// parts are what is measured, with how many a second are wanted.
var parts = []struct {
	name     string
	required float64 // 0: nothing is
	of       func(bench.PKI) bench.Load
}{
	{"issue", 500, func(r bench.PKI) bench.Load { return r.Issue }},
	{"handshakes", 1500, func(r bench.PKI) bench.Load { return r.Handshakes }},
	{"ocsp signed", 0, func(r bench.PKI) bench.Load { return r.OCSPSigned }},
	{"ocsp kept", 5000, func(r bench.PKI) bench.Load { return r.OCSPKept }},
}

// median is the middle of the runs; 0: it was not measured.
func (t *table) median(name string, of func(bench.PKI) bench.Load) float64 {
	var all []float64
	for _, r := range t.runs[name] {
		all = append(all, of(r).PerSecond)
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// text writes the table: how many a second, and in brackets how many times as many as ours.
func (t *table) text(o options) string {
	var b strings.Builder
	row := func(cells ...string) {
		fmt.Fprintf(&b, "%-12s", cells[0])
		for _, c := range cells[1:] {
			fmt.Fprintf(&b, " %18s", c)
		}
		b.WriteByte('\n')
	}
	row(append([]string{"A SECOND", "REQUIRED"}, t.order...)...)
	for _, part := range parts {
		cells := []string{part.name, ""}
		if part.required > 0 {
			cells[1] = fmt.Sprintf("%.0f", part.required)
		}
		own := t.median(ours, part.of)
		for _, name := range t.order {
			switch v := t.median(name, part.of); {
			case v == 0:
				cells = append(cells, "–")
			case name == ours:
				cells = append(cells, fmt.Sprintf("%.0f", v))
			default:
				cells = append(cells, fmt.Sprintf("%.0f (%.2f)", v, v/own))
			}
		}
		row(cells...)
	}
	fmt.Fprintf(&b, "\nMedians of %d runs, %d certificates, %d connections; %s/%s, %d processors, %s.\n", o.runs, o.people, o.callers, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	for _, n := range t.notes {
		b.WriteString(n + "\n")
	}
	return b.String()
}
