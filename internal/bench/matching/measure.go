package matching

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// Options say what is measured.
type Options struct {
	Reference string   // directory of the reference data
	Seed      uint64   // of everything that is drawn
	Runs      int      // of which the medians are reported; 0 is 1
	Full      bool     // ten million names too: some minutes and gigabytes
	Only      []string // linkage, search, million; none is all
	Scratch   string   // directory for large files; "" makes one and removes it
	// Self is the command that measures one part in a process of its own and prints a
	// report as JSON, to which "NAME --reference …" is added: this program.
	Self []string
	// Say, when set, is told how far the measurement is.
	Say func(string)
}

// job is the measuring of one part.
type job struct {
	Options
	Report
}

func (j *job) say(format string, args ...any) {
	if j.Say != nil {
		j.Say(fmt.Sprintf(format, args...))
	}
}

func (j *job) note(format string, args ...any) {
	j.Notes = append(j.Notes, fmt.Sprintf(format, args...))
}

// parts are what can be measured in a process of its own, in order.
var parts = []struct {
	name, group string
	full        bool // only when everything is asked for
	measure     func(context.Context, *job) error
}{
	{name: "files", group: "linkage", measure: files},
	{name: "generated", group: "linkage", measure: generated},
	{name: "searching", group: "search", measure: searching},
	{name: "weight", group: "search", measure: weight},
	{name: "million", group: "million", measure: million},
	{name: "ten-million-save", group: "search", full: true, measure: saveTenMillion},
	{name: "ten-million-open", group: "search", full: true, measure: openTenMillion},
}

// Groups are what Options.Only may name.
var Groups = []string{"linkage", "search", "million"}

// Part measures one part, in this process.
func Part(ctx context.Context, name string, o Options) (Report, error) {
	for _, p := range parts {
		if p.name == name {
			j := &job{Options: o, Report: Report{Figures: Figures{}}}
			err := p.measure(ctx, j)
			return j.Report, err
		}
	}
	return Report{}, fmt.Errorf("there is no part %q", name)
}

// Measure measures everything that is asked for, each part in a process of its own, and
// reports the medians of all runs. A part that fails is noted and left out.
func Measure(ctx context.Context, o Options) (r Report, err error) {
	if o.Scratch == "" {
		if o.Scratch, err = os.MkdirTemp("", "habeas-match-"); err != nil {
			return Report{}, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Scratch)) }()
	}
	r.Machine = ThisMachine()
	var runs []Figures
	for run := range max(1, o.Runs) {
		figures := Figures{}
		for _, p := range parts {
			if p.full && !o.Full || len(o.Only) > 0 && !slices.Contains(o.Only, p.group) {
				continue
			}
			if o.Say != nil {
				o.Say(fmt.Sprintf("run %d: %s", run+1, p.name))
			}
			part, err := o.start(ctx, p.name)
			if ctx.Err() != nil {
				return r, ctx.Err()
			}
			if err != nil {
				part.Notes = append(part.Notes, fmt.Sprintf("%s: not measured: %v", p.name, err))
			}
			for name, v := range part.Figures {
				figures[name] = v
			}
			for _, note := range part.Notes {
				if !slices.Contains(r.Notes, note) {
					r.Notes = append(r.Notes, note)
				}
			}
		}
		runs = append(runs, figures)
	}
	if !o.Full {
		r.Notes = append(r.Notes, "search.ten_million: not measured: it is part of a full measurement only")
	}
	r.Figures = Median(runs)
	return r, nil
}

// start measures a part in a process of its own.
func (o Options) start(ctx context.Context, part string) (Report, error) {
	args := append(slices.Clone(o.Self[1:]), part,
		"--reference", o.Reference, "--seed", strconv.FormatUint(o.Seed, 10), "--scratch", o.Scratch)
	c := exec.CommandContext(ctx, o.Self[0], args...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return Report{}, err
	}
	var r Report
	if err := json.Unmarshal(out, &r); err != nil {
		return Report{}, fmt.Errorf("it printed no report: %w", err)
	}
	return r, nil
}

// Text writes a report for people: every requirement with its figure first, then
// everything else.
func (r Report) Text() string {
	var b strings.Builder
	line := func(cells ...string) { fmt.Fprintf(&b, "%-44s %14s  %-10s %-8s %s\n", toAny(cells)...) }
	line("FIGURE", "MEASURED", "REQUIRED", "LINE", "")
	for _, q := range r.lines() {
		v, ok := r.Figures[q.Figure]
		said := map[bool]string{true: "met", false: "missed"}[q.Met(v)]
		if !ok {
			line(q.Figure, "–", q.String(), q.ID, "not measured")
			continue
		}
		line(q.Figure, fmt.Sprintf("%.6g", v), q.String(), q.ID, said)
	}
	b.WriteByte('\n')
	for _, name := range r.Figures.Names() {
		if slices.ContainsFunc(r.lines(), func(q Requirement) bool { return q.Figure == name }) || strings.Contains(name, ".reliability.from") {
			continue
		}
		line(name, fmt.Sprintf("%.6g", r.Figures[name]), "", "", "")
	}
	m := r.Machine
	fmt.Fprintf(&b, "\nmeasured on %s, %d cores, %d MiB, %s, %s; load when it began: %s\n", m.CPU, m.Cores, m.RAM, m.OS, m.Go, m.Load)
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	return b.String()
}

func toAny(cells []string) []any {
	out := make([]any, len(cells))
	for i, c := range cells {
		out[i] = c
	}
	return out
}
