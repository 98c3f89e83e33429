// Command scrub measures the scrubber of Habeas beside its rivals: the same texts, the
// same rules, on the same machine, one after another in one run. It is a module of its
// own, so that no rival is ever among what the server needs. scripts/bench-scrub sets up
// what it wants and runs it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"time"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/internal/bench/scrubbing"
	"github.com/habeas-data/habeas/internal/bench/scrubbing/corpus"
)

type options struct {
	reference, habeas, python, rivals, vectorscanProgram, out string
	seed                                                      uint64
	size                                                      int64
	runs, share                                               int
	budget                                                    time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.reference, "reference", "", "directory of the reference data; none leaves its sentences out")
	flag.StringVar(&o.habeas, "habeas", "", "the program habeas")
	flag.StringVar(&o.python, "python", "", "a Python that has the rivals; none leaves them out")
	flag.StringVar(&o.rivals, "rivals", "rivals", "directory of the rivals' programs")
	flag.StringVar(&o.vectorscanProgram, "vectorscan", "", "the program made of vectorscan.c; none leaves it out")
	flag.StringVar(&o.out, "out", "", "file for the report as JSON")
	flag.Uint64Var(&o.seed, "seed", 1, "of everything that is drawn")
	flag.Int64Var(&o.size, "size", 32<<20, "of the log that is timed")
	flag.IntVar(&o.runs, "runs", 3, "of which the median is shown")
	flag.IntVar(&o.share, "share", 10, "rivals' quality is measured on one in so many of the texts")
	flag.DurationVar(&o.budget, "budget", 30*time.Second, "for one engine on the log, all runs together")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// all are the rivals, in the order in which they are measured.
func (o options) all(ctx context.Context, texts []corpus.Text) []func() (string, matching.Report) {
	found := func(name string, find scrubbing.Finder, err error) matching.Report {
		if err != nil {
			return matching.Report{Notes: []string{fmt.Sprintf("%s: not measured: %v", name, err)}}
		}
		r := o.quality(find)
		keys(texts, find, &r)
		return r
	}
	return []func() (string, matching.Report){
		func() (string, matching.Report) {
			r := o.expressions("regexp")
			q := found("regexp", expressionFinder(), nil)
			return "regexp", joined(r, q)
		},
		func() (string, matching.Report) { return "go-re2", o.expressions("go-re2") },
		func() (string, matching.Report) { return "vectorscan", o.vectorscan(ctx) },
		func() (string, matching.Report) { return "presidio", o.pythonRival(ctx, "presidio", texts) },
		func() (string, matching.Report) {
			find, err := gitleaksFinder()
			return "gitleaks", found("gitleaks", find, err)
		},
		func() (string, matching.Report) { return "betterleaks", o.pythonRival(ctx, "betterleaks", texts) },
	}
}

func (o options) run(ctx context.Context) error {
	texts, err := keyTexts()
	if err != nil {
		return err
	}
	t := table{}
	ours, err := o.ours(ctx)
	if err != nil {
		return err
	}
	keys(texts, scrubbing.Ours(), &ours)
	t.add("habeas", ours)
	for _, rival := range o.all(ctx, texts) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		name, r := rival()
		fmt.Fprintln(os.Stderr, "measured:", name)
		t.add(name, r)
	}
	fmt.Print(t.text(o))
	if o.out == "" {
		return nil
	}
	b, err := json.MarshalIndent(t.reports, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.out, append(b, '\n'), 0o644)
}

// ours measures Habeas by its own command. That it misses a line is part of the table.
func (o options) ours(ctx context.Context) (matching.Report, error) {
	args := []string{"bench", "scrub", "--json", "--runs", strconv.Itoa(o.runs), "--seed", strconv.FormatUint(o.seed, 10),
		"--size", strconv.FormatInt(o.size, 10)}
	if o.reference != "" {
		args = append(args, "--reference", o.reference)
	}
	c := exec.CommandContext(ctx, o.habeas, args...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	r := matching.Report{Lines: scrubbing.Lines}
	if bad := json.Unmarshal(out, &r); bad != nil {
		return r, errors.Join(err, errors.New("it printed no report"))
	}
	return r, nil
}

// joined puts two reports of one rival together.
func joined(a, b matching.Report) matching.Report {
	for figure, v := range b.Figures {
		a.Figures[figure] = v
	}
	a.Notes = append(a.Notes, b.Notes...)
	return a
}
