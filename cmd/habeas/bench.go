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
	PKI          benchPKI          `cmd:"" name:"pki" help:"Measure how many certificates are issued, shown and asked about in a second."`
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
	Rounds int           `short:"n" help:"Requests of each class that count." default:"1500"`
	WarmUp int           `help:"Requests of each class before, which do not." default:"50"`
	Block  int           `help:"So many rounds of a flow, then the next flow: what disturbs the machine for a while disturbs a part of each." default:"25"`
	Limit  time.Duration `help:"The smallest difference that matters, and the delay of the control that must be found." default:"50us"`
	Flow   []string      `help:"Measure this flow only, beside the two controls; may be repeated." placeholder:"FLOW"`
	Seed   uint64        `help:"Of the order of requests and of all that is drawn." default:"1"`
}

// Help says what the figures mean.
func (*benchTiming) Help() string {
	return `Starts a throw-away server with invented people and tries addresses (and codes) that it
knows and such that it does not, one request after another, in random order, all flows in
turns. Nothing else should run on the machine.

Two controls are measured beside the flows: requests that do not differ, in which nothing may
be found, and requests that are late by --limit, which must be found. Else the result is void.

A difference is found where the largest |t| of Welch's test, over the fastest 10, 20, …, 100 %
of the times, is 4.5 or more and a permutation test gives it a probability below 0.001.

  alike      none was found, and the 95 % interval of the difference of the medians lies within the limit
  small      one was found, and it lies within the limit
  different  one was found, and it may reach the limit
  undecided  none was found, but one of the limit could hide: measure as many rounds as NEEDS says

Exit status: 0 for alike and small, 1 for everything else.

Flows: join, claim, claimed, sign-in, recovery, closed, wrong-code, notice, notice-claimed,
booking, booking-account, booking-claimed, code.`
}

// Run measures the flows. It fails unless all of them were shown to be alike.
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
	r, err := b.Timing(ctx, flows, bench.Rounds{N: c.Rounds, WarmUp: c.WarmUp, Block: c.Block, Limit: c.Limit, Seed: c.Seed}, sayTenths())
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(r)
	} else {
		err = printTimings(r)
	}
	if err == nil && r.Verdict != bench.Alike && r.Verdict != bench.Small {
		err = errFailedCheck
	}
	return err
}

// sayTenths tells how far a measurement is, ten times.
func sayTenths() func(done, total int) {
	said := 0
	return func(done, total int) {
		if tenth := 10 * done / total; tenth > said {
			said = tenth
			sayProgress(fmt.Sprintf("measured %d0 %%", tenth))
		}
	}
}

func printTimings(r app.TimingReport) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "FLOW\tFIRST (IQR)\tSECOND (IQR)\tDIFFERENCE [95 %]\tSLOWER\t|t|\tp\tNEEDS\tVERDICT")
	for _, t := range r.Flows {
		fmt.Fprintf(w, "%s\t%s (%s)\t%s (%s)\t%s [%s, %s]\t%.1f %%\t%.1f\t%.4f\t%d\t%s\n", t.Flow,
			short(t.A.Median), short(t.A.Q3-t.A.Q1), short(t.B.Median), short(t.B.Q3-t.B.Q1),
			short(t.Difference), short(t.Low), short(t.High), 100*t.Slower, t.T, t.P, t.Needed, t.Verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Println()
	for _, t := range r.Flows {
		fmt.Printf("%-16s %s\n", t.Flow, t.What)
	}
	fmt.Printf("\n%d rounds of each in %.0f s, limit %s, threshold |t| = %.1f. See habeas bench timing --help.\n", r.Rounds, r.Seconds, r.Limit, r.Threshold)
	if r.Void != "" {
		fmt.Println("Void:", r.Void+".")
	}
	fmt.Println("Verdict:", r.Verdict)
	return nil
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
