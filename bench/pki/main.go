// Command pki measures the certificate authority of Habeas beside others: the same load, on
// the same machine, one after another in one run. It is a module of its own, so that no
// rival is ever among what the server needs. scripts/bench-pki sets up what it wants and runs it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"time"

	"github.com/habeas-data/habeas/internal/bench"
)

type options struct {
	habeas, stepCA, out string
	runs                int
	people, callers     int
	length              time.Duration
}

func main() {
	o := options{}
	flag.StringVar(&o.habeas, "habeas", "", "the program habeas")
	flag.StringVar(&o.stepCA, "step-ca", "", "the program step-ca; none leaves it out")
	flag.StringVar(&o.out, "out", "", "file for all figures as JSON")
	flag.IntVar(&o.runs, "runs", 3, "of which the medians are shown")
	flag.IntVar(&o.people, "people", 4000, "certificates that are asked for")
	flag.IntVar(&o.callers, "callers", 32, "connections at a time")
	flag.DurationVar(&o.length, "for", 5*time.Second, "how long handshakes and repeated questions are measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench-pki:", err)
		os.Exit(1)
	}
}

// longest bounds what happens once for each certificate.
const longest = 10 * time.Minute

// rival measures what it can do; the other parts stay empty.
type rival struct {
	name    string
	measure func(ctx context.Context, o options) (bench.PKI, error)
}

func (o options) run(ctx context.Context) error {
	t := table{runs: map[string][]bench.PKI{}}
	rivals := []rival{{ours, measureOurs}, {"step-ca", measureStepCA}, {"CFSSL", measureCFSSL}, {"plain Go", measurePlain}}
	for range o.runs { // in turns: what disturbs the machine for a while disturbs all of them
		for _, r := range rivals {
			one, err := r.measure(ctx, o)
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil && r.name == ours:
				return err
			case err != nil:
				t.note(r.name + ": not measured: " + err.Error())
			default:
				t.add(r.name, one)
			}
		}
	}
	fmt.Print(t.text(o))
	if o.out == "" {
		return nil
	}
	b, err := json.MarshalIndent(t.runs, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.out, append(b, '\n'), 0o644)
}

// measureOurs asks Habeas by its own command.
func measureOurs(ctx context.Context, o options) (r bench.PKI, err error) {
	c := exec.CommandContext(ctx, o.habeas, "bench", "pki", "--json", "--people", strconv.Itoa(o.people),
		"--callers", strconv.Itoa(o.callers), "--for", o.length.String())
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(out, &r)
}
