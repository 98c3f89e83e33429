package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/bench"
)

type benchCommand struct {
	Timing       benchTiming       `cmd:"" help:"Measure whether known and unknown addresses can be told apart by the time of an answer."`
	FindOrCreate benchFindOrCreate `cmd:"" name:"find-or-create" help:"Measure how many find-or-create calls are answered in a second."`
	Match        benchMatch        `cmd:"" help:"Measure how well and how fast names are found and people linked."`
	MatchPart    benchMatchPart    `cmd:"" hidden:""`
	Scrub        benchScrub        `cmd:"" help:"Measure what the scrubber finds, misses and takes for personal data, and how fast it is."`
}

// benchStores says where the server that is measured keeps its rows.
type benchStores struct {
	Records string `help:"PostgreSQL database for the records; it must be empty and fills with invented people. Without it SQLite in a temporary directory is measured." placeholder:"DSN"`
	Keys    string `help:"PostgreSQL database for the keys; likewise." placeholder:"DSN"`
	JSON    bool   `help:"Report as JSON."`
}

func (s benchStores) open(ctx context.Context) (*app.Bench, error) {
	return app.OpenBench(ctx, app.BenchOptions{RecordsDSN: s.Records, KeysDSN: s.Keys})
}

type benchTiming struct {
	benchStores
	Rounds int           `short:"n" help:"Requests of each class that count." default:"500"`
	WarmUp int           `help:"Requests of each class before, which do not." default:"50"`
	Limit  time.Duration `help:"The smallest difference that matters." default:"250us"`
	Flow   []string      `help:"Measure this flow only; may be repeated (join, claim, sign-in, recovery, booking, booking-account)." placeholder:"FLOW"`
	Seed   uint64        `help:"Of the order of requests and of the draws of the bootstrap." default:"1"`
}

// Run measures the flows one after another. It fails when a difference was found.
func (c *benchTiming) Run(ctx context.Context) (err error) {
	b, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	flows, err := b.Choose(c.Flow)
	if err != nil {
		return err
	}
	var all []app.Timed
	different := false
	for _, f := range flows {
		t, err := b.Timing(ctx, f, bench.Rounds{N: c.Rounds, WarmUp: c.WarmUp, Limit: c.Limit, Seed: c.Seed})
		if err != nil {
			return err
		}
		all = append(all, t)
		different = different || t.Verdict == bench.Different
	}
	if c.JSON {
		err = printJSON(all)
	} else {
		err = printTimings(all)
	}
	if err == nil && different {
		err = errFailedCheck
	}
	return err
}

func printTimings(all []app.Timed) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "FLOW\tN\tKNOWN (IQR)\tUNKNOWN (IQR)\tDIFFERENCE [95 %]\tWOULD FIND\tMWU p\tKS p\tVERDICT")
	for _, t := range all {
		fmt.Fprintf(w, "%s\t%d\t%s (%s)\t%s (%s)\t%s [%s, %s]\t%s\t%.2f\t%.2f\t%s\n", t.Flow, t.A.N,
			short(t.A.Median), short(t.A.Q3-t.A.Q1), short(t.B.Median), short(t.B.Q3-t.B.Q1),
			short(t.Difference), short(t.Low), short(t.High), short(t.Detectable), t.MannWhitney, t.Smirnov, t.Verdict)
	}
	if len(all) > 0 {
		fmt.Fprintf(w, "\nalike: with 95 %% confidence the medians differ by less than %s. different: they do not. undecided: measure more rounds.\n", all[0].Limit)
	}
	return w.Flush()
}

// short writes a time in microseconds.
func short(d time.Duration) string {
	return fmt.Sprintf("%.0f µs", float64(d)/float64(time.Microsecond))
}

type benchFindOrCreate struct {
	benchStores
	Callers int           `help:"Connections that call at a time." default:"64"`
	For     time.Duration `help:"How long they call." default:"10s"`
	Parties int           `help:"Parties in the store before." default:"0"`
}

// Run presses the server and prints what it stood.
func (c *benchFindOrCreate) Run(ctx context.Context) (err error) {
	b, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	l, err := b.Press(ctx, c.Parties, c.Callers, c.For)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(l)
	}
	fmt.Printf("%d calls by %d callers in %s: %.0f a second, half within %s, 99 in 100 within %s, all within %s.\n",
		l.Requests, l.Callers, l.Took.Round(time.Millisecond), l.PerSecond,
		l.P50.Round(10*time.Microsecond), l.P99.Round(10*time.Microsecond), l.Most.Round(10*time.Microsecond))
	return nil
}
