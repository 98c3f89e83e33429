package scrubbing

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/internal/bench/scrubbing/corpus"
	"github.com/habeas-data/habeas/scrub"
)

// piece is how much of a text is scrubbed at a time.
const piece = 1 << 20

// Timed says how fast something goes over a text, on one core.
type Timed struct {
	PerSecond    float64 // MB of text by the clock, the median of all runs
	PerCPUSecond float64 // MB by the processor time of the process; 0 where that is unknown
}

// Time lets f go over a text in pieces that end with lines, several times. It sets
// GOMAXPROCS to 1 meanwhile, so that the collector has no core of its own.
func Time(text []byte, runs int, f func(piece []byte)) Timed {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	pieces := Pieces(text)
	f(pieces[0]) // what is made once is made now
	var rates []float64
	began := matching.CPUSeconds()
	mb := float64(len(text)) / 1e6
	for range runs {
		runtime.GC()
		at := time.Now()
		for _, p := range pieces {
			f(p)
		}
		rates = append(rates, mb/time.Since(at).Seconds())
	}
	t := Timed{}
	slices.Sort(rates)
	t.PerSecond = (rates[(len(rates)-1)/2] + rates[len(rates)/2]) / 2
	if cpu := matching.CPUSeconds() - began; cpu > 0 {
		t.PerCPUSecond = mb * float64(runs) / cpu
	}
	return t
}

// Pieces cuts a text at ends of lines.
func Pieces(text []byte) [][]byte {
	var out [][]byte
	for len(text) > piece {
		end := bytes.LastIndexByte(text[:piece], '\n') + 1
		if end == 0 {
			end = piece
		}
		out, text = append(out, text[:end]), text[end:]
	}
	return append(out, text)
}

// LogOf is a log of at least that many bytes.
func LogOf(seed uint64, size int64) []byte {
	return logOf(seed, size, func(corpus.Text) bool { return true })
}

// quietLogOf is a log of lines without labels, which most of a server's log is.
func quietLogOf(seed uint64, size int64) []byte {
	return logOf(seed, size, func(line corpus.Text) bool { return len(line.Labels) == 0 })
}

// logOf is a log of the lines that are wanted.
func logOf(seed uint64, size int64, wanted func(line corpus.Text) bool) []byte {
	out := make([]byte, 0, size+4096)
	for line := range corpus.LogLines(seed, corpus.Open) {
		if !wanted(line) {
			continue
		}
		if out = append(out, line.Body...); int64(len(out)) >= size {
			break
		}
	}
	return out
}

// joined is a corpus as one text, again and again until it is long enough.
func joined(c Corpus, size int) []byte {
	var out []byte
	for len(out) < size {
		for _, t := range c.Texts {
			out = append(append(out, t.Body...), '\n')
		}
	}
	return out
}

// speed measures how much text is scrubbed in a second with all patterns: the log with
// 10,000 known values and without, its lines that name nobody and the other texts with them.
func speed(ctx context.Context, o Options, f matching.Figures) error {
	runs, size := o.Runs, o.Size
	if runs == 0 {
		runs = 3
	}
	if size == 0 {
		size = 32 << 20
	}
	log := LogOf(o.Seed, size)
	var buffer []byte
	measure := func(name string, known []string, text []byte, format scrub.Format) error {
		o.say("timing: %s, %d known values", name, len(known))
		s, err := newOurs(ctx, known)
		if err != nil {
			return err
		}
		defer s.close()
		t := Time(text, runs, func(p []byte) { buffer = s.AppendAs(buffer[:0], p, format) })
		f["speed."+name+".mb_per_s"], f["speed."+name+".mb_per_cpu_s"] = t.PerSecond, t.PerCPUSecond
		return ctx.Err()
	}
	known := corpus.NewKnown(o.Seed, corpus.Open, knownValues, 0).Values
	if err := measure("logs", known, log, scrub.Mixed); err != nil {
		return err
	}
	f["mb_per_s"], f["mb_per_cpu_s"] = f["speed.logs.mb_per_s"], f["speed.logs.mb_per_cpu_s"]
	if err := measure("logs_without_known", nil, log, scrub.Mixed); err != nil {
		return err
	}
	if err := measure("quiet_logs", known, quietLogOf(o.Seed, size), scrub.Mixed); err != nil {
		return err
	}
	for _, c := range o.Corpora(corpus.Open)[1:] {
		if err := measure(c.Name, known, joined(c, int(size/8)), scrub.Auto); err != nil {
			return err
		}
	}
	return nil
}
