package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/habeas-data/habeas/internal/bench/matching"
)

type benchMatch struct {
	Reference string   `help:"Directory of the reference data ($HABEAS_REFERENCE)." env:"HABEAS_REFERENCE" type:"existingdir" required:"" placeholder:"DIR"`
	JSON      bool     `help:"Report as one JSON object."`
	Full      bool     `help:"Measure an index of ten million names too: minutes, and gigabytes of disk."`
	Only      []string `help:"Measure these only: linkage, search, million." enum:"linkage,search,million" placeholder:"WHAT"`
	Seed      uint64   `help:"Of everything that is drawn." default:"1"`
	Runs      int      `help:"Measure so many times and report the medians." default:"1"`
}

// Run measures and reports. It fails when a required line is missed.
func (c *benchMatch) Run(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r, err := matching.Measure(ctx, matching.Options{
		Reference: c.Reference, Seed: c.Seed, Runs: c.Runs, Full: c.Full, Only: c.Only,
		Self: []string{self, "bench", "match-part"}, Say: sayProgress,
	})
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(r)
	} else {
		fmt.Print(r.Text())
	}
	missed := r.Missed()
	for _, q := range missed {
		fmt.Fprintf(os.Stderr, "habeas: missed: %s (%s) is %.6g, required is %s\n", q.Figure, q.ID, r.Figures[q.Figure], q)
	}
	if err == nil && len(missed) > 0 {
		return errFailedCheck
	}
	return err
}

func sayProgress(s string) { fmt.Fprintln(os.Stderr, strings.TrimSpace(s)) }

// benchMatchPart measures one part of what benchMatch measures: in a process of its
// own, whose memory nobody else has used.
type benchMatchPart struct {
	Part      string `arg:"" help:"Which part."`
	Reference string `required:"" type:"existingdir"`
	Seed      uint64 `required:""`
	Scratch   string `required:"" type:"existingdir"`
}

// Run measures and prints the report as JSON.
func (c *benchMatchPart) Run(ctx context.Context) error {
	r, err := matching.Part(ctx, c.Part, matching.Options{Reference: c.Reference, Seed: c.Seed, Scratch: c.Scratch, Say: sayProgress})
	if err != nil {
		return err
	}
	return printJSON(r)
}
