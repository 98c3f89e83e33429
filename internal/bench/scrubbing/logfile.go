package scrubbing

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/internal/bench/scrubbing/corpus"
	"github.com/habeas-data/habeas/scrub"
)

// LabelsOf names the file with the labels of a log file: one a line, with start, end, kind
// and "optional" or "", separated by tabs.
func LabelsOf(log string) string { return log + ".labels" }

// WriteLog writes a log of at least size bytes, and its labels beside it. It refuses to
// replace a file.
func WriteLog(ctx context.Context, file string, o Options) (err error) {
	log, err := newFile(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.close()) }()
	labels, err := newFile(LabelsOf(file))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, labels.close()) }()
	var at, said int64
	for line := range corpus.LogLines(o.Seed, corpus.Open) {
		for _, l := range line.Labels {
			optional := ""
			if l.Optional {
				optional = "optional"
			}
			if _, err := fmt.Fprintf(labels, "%d\t%d\t%s\t%s\n", at+int64(l.Start), at+int64(l.End), l.Kind, optional); err != nil {
				return err
			}
		}
		if _, err := log.Write(line.Body); err != nil {
			return err
		}
		if at += int64(len(line.Body)); at >= o.Size {
			return nil
		}
		if at-said >= 1<<28 {
			said = at
			o.say("%d MB written", at/1e6)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

type file struct {
	*bufio.Writer
	f *os.File
}

func newFile(name string) (*file, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &file{Writer: bufio.NewWriterSize(f, 1<<20), f: f}, nil
}

func (f *file) close() error { return errors.Join(f.Flush(), f.f.Close()) }

// CheckLog measures the command "habeas scrub --report" over a log file that WriteLog has
// made, with one worker, and what the library finds in it: the figures below "log". How
// many places of each kind the command reports is compared with that.
func CheckLog(ctx context.Context, name string, o Options, self string) (Report, error) {
	r := Report{Report: matching.Report{Figures: matching.Figures{}, Machine: matching.ThisMachine(), Lines: logLinesRequired()}}
	r.Mistakes.keep = o.Examples
	o.say("running %s scrub --report", self)
	reported, err := runScrub(ctx, name, self, r.Figures)
	if err != nil {
		return r, err
	}
	o.say("comparing with the labels")
	s := NewScore()
	s.Wrong = r.Mistakes.in("log")
	found := map[string]int{}
	finder := newFinder(scrub.Mixed)
	err = eachPiece(ctx, name, func(t corpus.Text) {
		all := finder(t.Body)
		for _, f := range all {
			found[strings.ToLower(f.Kind.String())]++
		}
		s.Add(t, all)
	})
	put(r.Figures, "log.", s.Figures())
	for _, kind := range scrub.Kinds() {
		if k := strings.ToLower(kind.String()); reported[k] != found[k] {
			r.Notes = append(r.Notes, fmt.Sprintf("the command reports %d of type %s, the library finds %d", reported[k], k, found[k]))
		}
	}
	return r, err
}

func logLinesRequired() []matching.Requirement {
	var all []matching.Requirement
	for _, q := range Lines {
		if strings.HasPrefix(q.Figure, "recall.") || strings.HasPrefix(q.Figure, "precision.") {
			q.Figure = "log." + q.Figure
			all = append(all, q)
		}
	}
	return all
}

// runScrub times the command and reads what it reports to have found.
func runScrub(ctx context.Context, name, self string, f matching.Figures) (map[string]int, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, self, "scrub", "--report", "--json", "--workers", "1", name)
	var report bytes.Buffer // the text goes nowhere
	c.Stderr = &report
	began := time.Now()
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, report.Bytes())
	}
	mb := float64(info.Size()) / 1e6
	f["log.mb"], f["log.mb_per_s"] = mb, mb/time.Since(began).Seconds()
	if cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime(); cpu > 0 {
		f["log.mb_per_cpu_s"] = mb / cpu.Seconds()
	}
	var said struct {
		Found map[string]int `json:"found"`
	}
	at := max(0, bytes.IndexByte(report.Bytes(), '{')) // progress may stand before
	err = json.Unmarshal(report.Bytes()[at:], &said)
	return said.Found, err
}

// eachPiece reads a log and its labels in pieces that end with lines.
func eachPiece(ctx context.Context, name string, f func(corpus.Text)) error {
	log, err := os.Open(name)
	if err != nil {
		return err
	}
	defer log.Close()
	labels, err := os.Open(LabelsOf(name))
	if err != nil {
		return err
	}
	defer labels.Close()
	text, next := bufio.NewReaderSize(log, 1<<20), labelReader(labels)
	var at int64
	for ctx.Err() == nil {
		body, err := linesUpTo(text, piece)
		if len(body) > 0 {
			all, bad := next(at, at+int64(len(body)))
			if bad != nil {
				return bad
			}
			f(corpus.Text{Body: body, Labels: all})
			at += int64(len(body))
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func linesUpTo(r *bufio.Reader, size int) ([]byte, error) {
	out := make([]byte, 0, size+4096)
	for len(out) < size {
		line, err := r.ReadSlice('\n')
		if out = append(out, line...); err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return out, err
		}
	}
	return out, nil
}

// labelReader returns a function that reads the labels of the next stretch.
func labelReader(r io.Reader) func(from, to int64) ([]corpus.Label, error) {
	kinds := map[string]scrub.Kind{}
	for _, k := range scrub.Kinds() {
		kinds[k.String()] = k
	}
	scan := bufio.NewScanner(r)
	var kept []string
	return func(from, to int64) ([]corpus.Label, error) {
		var out []corpus.Label
		for {
			if kept == nil {
				if !scan.Scan() {
					return out, scan.Err()
				}
				kept = strings.Split(scan.Text(), "\t")
			}
			if len(kept) != 4 {
				return nil, errors.New("a line of the labels has not four columns")
			}
			start, err1 := strconv.ParseInt(kept[0], 10, 64)
			end, err2 := strconv.ParseInt(kept[1], 10, 64)
			if err := errors.Join(err1, err2); err != nil {
				return nil, err
			}
			if start >= to {
				return out, nil
			}
			out = append(out, corpus.Label{Start: int(start - from), End: int(end - from), Kind: kinds[kept[2]], Optional: kept[3] != ""})
			kept = nil
		}
	}
}
