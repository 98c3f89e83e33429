package channels

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var table = flag.Bool("table", false, "print the table of channels")

// check is one way through a channel.
type check struct {
	name string
	// run lets a sample through; what comes out goes to o. It runs for all samples that fit.
	run  func(o *out, s sample)
	fits func(sample) bool // nil: all
	// judge runs instead where nothing comes out that could be searched.
	judge func(t *testing.T, k kind) (leaks bool)
	// erased marks what only GOEXPERIMENT=runtimesecret can close: a function inside Use
	// that copies the plaintext.
	erased bool
}

// channel is one row of the table.
type channel struct {
	number int
	name   string // begins with the id of what it proves if it is run
	checks []check
	notRun string // why, and what stands for it
}

// channels are all, in order.
func channels() []channel {
	all := slices.Concat(fmtChannels(), errorChannels(), logChannels(), encoderChannels(),
		reflectChannels(), sinkChannels(), memoryChannels(), otherChannels())
	slices.SortFunc(all, func(a, b channel) int { return cmp.Compare(a.number, b.number) })
	return all
}

// out is what a check has let out.
type out struct{ bytes.Buffer }

// err takes an error in every form that a program would print it in.
func (o *out) err(err error) {
	if err != nil {
		fmt.Fprintf(o, "\n%v\n%+v\n%#v\n", err, err, err)
		o.err(errors.Unwrap(err))
	}
}

// bytes takes the result of an encoder.
func (o *out) bytes(b []byte, err error) {
	o.Write(b)
	o.err(err)
}

// text is bytes for those that make a string.
func (o *out) text(s string, err error) { o.bytes([]byte(s), err) }

// through runs the check with one sample. A panic is output like any.
func (c check) through(o *out, s sample) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(o, "\npanic: %v\n%+v\n", r, r)
		}
	}()
	c.run(o, s)
	o.WriteString("\n")
}

// leaks runs the check with all samples of a kind and says which leak.
func (c check) leaks(t *testing.T, k kind) (how []string) {
	if c.judge != nil {
		if c.judge(t, k) {
			how = append(how, c.name)
		}
		return how
	}
	var all out // searched at once; a search has its price
	var ends []int
	var ran []sample
	for _, s := range samples(k) {
		if c.fits == nil || c.fits(s) {
			c.through(&all, s)
			ran, ends = append(ran, s), append(ends, all.Len())
		}
	}
	if len(ran) == 0 {
		t.Errorf("%s: no %s sample fits", c.name, k)
	}
	if find(t, all.Bytes()) == "" {
		return nil
	}
	start := 0
	for i, s := range ran {
		if found := find(t, all.Bytes()[start:ends[i]]); found != "" {
			how = append(how, fmt.Sprintf("%s (%s): %s", s.leaf, s.shape, found))
			if k == plain {
				break
			}
		}
		start = ends[i]
	}
	return how
}

// count is what a channel let through.
type count struct{ checks, plain, sealed, erased int }

func (c *channel) test(t *testing.T) (n count) {
	for _, check := range c.checks {
		n.checks++
		if len(check.leaks(t, plain)) > 0 {
			n.plain++
		} else {
			t.Errorf("%s: the plain value does not leak, so this check proves nothing", check.name)
		}
		how := check.leaks(t, sealedKind)
		switch {
		case len(how) == 0:
		case check.erased && !secretRuntime:
			n.erased++
		default:
			n.sealed++
			t.Errorf("%s: the sealed value leaks:\n\t%s", check.name, strings.Join(how[:min(len(how), 5)], "\n\t"))
		}
	}
	return n
}

// Proves SEAL-A1.
// Proves SEAL-A6.
func TestChannels(t *testing.T) {
	var rows []string
	var all count
	ran := 0
	for _, c := range channels() {
		if c.notRun != "" {
			rows = append(rows, fmt.Sprintf("| %d | %s | | | | not run: %s |", c.number, c.name, c.notRun))
			continue
		}
		var n count
		t.Run(c.name, func(t *testing.T) { n = c.test(t) })
		ran++
		note := ""
		if n.erased > 0 {
			note = fmt.Sprintf("%d with runtimesecret", n.erased)
		}
		rows = append(rows, fmt.Sprintf("| %d | %s | %d | %d | %d | %s |", c.number, strings.TrimPrefix(c.name, fmt.Sprintf("SEAL-%d ", c.number)), n.checks, n.plain, n.sealed, note))
		all = count{all.checks + n.checks, all.plain + n.plain, all.sealed + n.sealed, all.erased + n.erased}
	}
	if *table {
		fmt.Fprintf(os.Stdout, "| # | channel | checks | plain leaks | sealed leaks | |\n|---|---|---|---|---|---|\n%s\n\n", strings.Join(rows, "\n"))
		fmt.Fprintf(os.Stdout, "%d channels run, %d not; %d checks: plain leaks in %d, sealed in %d, and in %d more without runtimesecret.\n",
			ran, len(rows)-ran, all.checks, all.plain, all.sealed, all.erased)
	}
}

// Every channel of the list is in the table once, with checks or with a reason.
func TestTheTableIsWhole(t *testing.T) {
	all := channels()
	for i, c := range all {
		if c.number != i+1 || c.name == "" || (len(c.checks) > 0) == (c.notRun != "") {
			t.Errorf("row %d is channel %d %q with %d checks, not run: %q", i+1, c.number, c.name, len(c.checks), c.notRun)
		}
		if id := fmt.Sprintf("SEAL-%d ", c.number); strings.HasPrefix(c.name, id) != (c.notRun == "") {
			t.Errorf("channel %d: the name %q", c.number, c.name)
		}
		names := map[string]bool{}
		for _, check := range c.checks {
			if names[check.name] || (check.run == nil) == (check.judge == nil) {
				t.Errorf("channel %d: the check %q is there twice, or cannot run", c.number, check.name)
			}
			names[check.name] = true
		}
	}
	if len(all) != 98 {
		t.Errorf("%d channels", len(all))
	}
}
