package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas/internal/bench/scrubbing"
)

type benchScrub struct {
	Reference string   `help:"Directory of the reference data ($HABEAS_REFERENCE); without it only invented texts are measured." env:"HABEAS_REFERENCE" type:"existingdir" placeholder:"DIR"`
	JSON      bool     `help:"Report as one JSON object."`
	Seed      uint64   `help:"Of everything that is drawn." default:"1"`
	Size      byteSize `help:"Of the log that is timed or written: 32M, 1G." default:"32M"`
	Runs      int      `help:"Take the time so many times and report the median." default:"3"`
	Examples  int      `help:"Show so many examples of each sort of mistake; never of the held part."`
	WriteLog  string   `help:"Measure nothing; write an invented log of that size, and its labels beside it." type:"path" placeholder:"FILE" xor:"log"`
	ReadLog   string   `help:"Measure the command \"habeas scrub --report\" over a log that was written so." type:"existingfile" placeholder:"FILE" xor:"log"`
}

// Run measures and reports. It fails when a required line is missed.
func (c *benchScrub) Run(ctx context.Context) error {
	o := scrubbing.Options{Reference: c.Reference, Seed: c.Seed, Size: int64(c.Size), Runs: c.Runs, Examples: c.Examples, Say: sayProgress}
	if c.WriteLog != "" {
		return scrubbing.WriteLog(ctx, c.WriteLog, o)
	}
	r, err := c.measure(ctx, o)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(r.Report)
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

func (c *benchScrub) measure(ctx context.Context, o scrubbing.Options) (scrubbing.Report, error) {
	if c.ReadLog == "" {
		return scrubbing.Measure(ctx, o)
	}
	self, err := os.Executable()
	if err != nil {
		return scrubbing.Report{}, err
	}
	return scrubbing.CheckLog(ctx, c.ReadLog, o, self)
}

// byteSize is a number of bytes, written with K, M or G for powers of 1024.
type byteSize int64

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *byteSize) UnmarshalText(b []byte) error {
	text, shift := strings.ToUpper(string(b)), 0
	for i, unit := range "KMG" {
		if rest, ok := strings.CutSuffix(text, string(unit)); ok {
			text, shift = rest, 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n <= 0 {
		return fmt.Errorf("%q is no size such as 32M or 1G", b)
	}
	*s = byteSize(n << shift)
	return nil
}
