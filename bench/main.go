// Command bench measures Habeas beside its rivals: the same data, the same questions, on
// the same machine, one after another in one run. It is a module of its own, so that
// no rival is ever among what the server needs. scripts/bench-match sets up what it
// wants and runs it.
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
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas/internal/bench/matching"
)

type options struct {
	reference, habeas, python, rivals, out, engine string
	only                                           []string
	runs                                           int
	seed                                           uint64
	budget, patience                               time.Duration
	// failed holds the files with which a rival could not cope: it is not tried again.
	failed map[string]bool
}

func main() {
	o := options{failed: map[string]bool{}}
	flag.StringVar(&o.reference, "reference", "", "directory of the reference data")
	flag.StringVar(&o.habeas, "habeas", "", "the program habeas")
	flag.StringVar(&o.python, "python", "", "a Python that has the rivals; none leaves them out")
	flag.StringVar(&o.rivals, "rivals", "rivals", "directory of the rivals' programs")
	flag.StringVar(&o.out, "out", "", "file for the report as JSON")
	only := flag.String("only", "linkage,search,million", "what is measured")
	flag.IntVar(&o.runs, "runs", 3, "of which the medians are shown")
	flag.Uint64Var(&o.seed, "seed", 1, "of everything that is drawn")
	flag.DurationVar(&o.budget, "budget", 20*time.Second, "for the questions of one kind to one rival")
	flag.DurationVar(&o.patience, "patience", 3*time.Minute, "with one rival on one file")
	flag.StringVar(&o.engine, "engine", "", "measure this rival in this process, and print its report")
	flag.Parse()
	o.only = strings.Split(*only, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (o options) run(ctx context.Context) error {
	if o.engine != "" {
		r, err := measureEngine(o.engine, o.reference, o.seed, 5000, o.budget)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	t := table{}
	ours, err := o.ours(ctx)
	if err != nil {
		return err
	}
	t.add("habeas", ours)
	if slices.Contains(o.only, "search") {
		for _, name := range []string{"bleve", "sqlite", "postgresql"} {
			t.add(name, o.repeat(ctx, name, o.searchRival))
		}
	}
	if slices.Contains(o.only, "linkage") {
		for _, name := range []string{"splink", "recordlinkage", "dedupe"} {
			t.add(name, o.repeat(ctx, name, o.linkageRival))
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	fmt.Print(t.text(o.runs))
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
	args := []string{"bench", "match", "--json", "--reference", o.reference,
		"--runs", strconv.Itoa(o.runs), "--seed", strconv.FormatUint(o.seed, 10)}
	for _, part := range o.only {
		args = append(args, "--only", part)
	}
	return report(exec.CommandContext(ctx, o.habeas, args...))
}

// repeat measures a rival several times and takes the medians. What fails is a note.
func (o options) repeat(ctx context.Context, name string, once func(context.Context, string) matching.Report) matching.Report {
	var all matching.Report
	var runs []matching.Figures
	for range o.runs {
		if ctx.Err() != nil {
			break
		}
		r := once(ctx, name)
		runs = append(runs, r.Figures)
		for _, note := range r.Notes {
			if !slices.Contains(all.Notes, note) {
				all.Notes = append(all.Notes, note)
			}
		}
	}
	all.Figures = matching.Median(runs)
	return all
}

// searchRival measures a rival in a process of its own.
func (o options) searchRival(ctx context.Context, name string) matching.Report {
	if name == "postgresql" && os.Getenv("PGHOST") == "" {
		return matching.Report{Notes: []string{"postgresql: not measured: scripts/with-postgres starts one where it is installed"}}
	}
	self, err := os.Executable()
	if err != nil {
		return matching.Report{Notes: []string{name + ": not measured: " + err.Error()}}
	}
	r, err := report(exec.CommandContext(ctx, self, "-engine", name, "-reference", o.reference,
		"-seed", strconv.FormatUint(o.seed, 10), "-budget", o.budget.String()))
	if err != nil {
		r.Notes = append(r.Notes, name+": not measured: "+err.Error())
	}
	return r
}

// linkageRival measures a rival file by file, so that one that fails leaves the others.
func (o options) linkageRival(ctx context.Context, name string) matching.Report {
	all := matching.Report{Figures: matching.Figures{}}
	if o.python == "" {
		all.Notes = []string{name + ": not measured: there is no Python with it"}
		return all
	}
	for _, file := range []string{"fake_1000", "febrl4", "febrl4_no_ssid", "fodors_zagats", "historical_35k"} {
		if o.failed[name+file] {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, o.patience)
		c := exec.CommandContext(limited, o.python, filepath.Join(o.rivals, "link.py"), name, filepath.Join(o.reference, "linkage"), file)
		c.WaitDelay = time.Second
		r, err := report(c)
		if errors.Is(limited.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("it took more than %s", o.patience)
		}
		cancel()
		if len(r.Figures) == 0 {
			o.failed[name+file] = true
		}
		if err != nil {
			r.Notes = append(r.Notes, fmt.Sprintf("%s, %s: not measured: %v", name, file, err))
		}
		for figure, v := range r.Figures {
			all.Figures[figure] = v
		}
		for _, note := range r.Notes {
			if !slices.Contains(all.Notes, note) {
				all.Notes = append(all.Notes, note)
			}
		}
	}
	return all
}

// report runs a command that prints a report, whatever its exit code is.
func report(c *exec.Cmd) (matching.Report, error) {
	c.Stderr = os.Stderr
	out, err := c.Output()
	var r matching.Report
	if bad := json.Unmarshal(out, &r); bad != nil {
		return r, errors.Join(err, errors.New("it printed no report"))
	}
	return r, nil
}
