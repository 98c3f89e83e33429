package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/scrub"
	"github.com/habeas-data/habeas/sealed"
)

type scrubCommand struct {
	Files    []string `arg:"" optional:"" name:"file" help:"Text files; .gz is unpacked. Without any, and for -, standard input."`
	InPlace  bool     `short:"i" help:"Replace the files, each whole or not at all, instead of writing their text to standard output."`
	Report   bool     `help:"Say how much was found of each type, never what. It goes to standard error where the text goes to standard output."`
	JSON     bool     `help:"Report as JSON."`
	Check    bool     `help:"Change and write nothing; report, and end with 1 when something is found."`
	Kinds    []string `help:"Only these types: ${scrubkinds}." placeholder:"TYPE,…"`
	Known    string   `help:"File with values that are to be found in every spelling, one a line." type:"path" placeholder:"FILE"`
	Format   string   `help:"What the text is: auto, text, mixed (a log), json, xml, csv, logfmt, url." default:"auto" placeholder:"FORMAT"`
	Lines    bool     `help:"Each line by itself, written out at once: for logs that are followed."`
	AnyBytes bool     `help:"Also files that are not valid UTF-8; standard input may always be such."`
	Workers  int      `help:"How many cores may work; all when not given." placeholder:"N"`
}

// Help adds what an example and the exit code say.
func (*scrubCommand) Help() string {
	return `Puts pseudonyms in the place of personal data: mail from ⟦EMAIL:k3f9x7bt⟧. The same value gets the same pseudonym in one run and another one in the next.

  habeas scrub < app.log > shared.log        one text
  habeas scrub --in-place --report logs/*    files, and how much was found
  habeas scrub --check export.json           in a pipeline: fails when something is found
  journalctl -f -o cat | habeas scrub --lines

Names and addresses are found by dictionaries and context, and some are missed: read docs/scrub.md before you rely on it.

Ends with 0 when all went well, with 1 when a file could not be scrubbed or --check found something, with 2 when the command line is wrong.`
}

// scrubbed is what happened to one file.
type scrubbed struct {
	Path    string           `json:"path"`
	Bytes   int64            `json:"bytes"`
	Changed bool             `json:"changed"`
	Found   map[string]int64 `json:"found"`
	Error   string           `json:"error,omitempty"`
}

// scrubReport is what --report says.
type scrubReport struct {
	Files   []scrubbed       `json:"files"`
	Found   map[string]int64 `json:"found"`
	Bytes   int64            `json:"bytes"`
	Seconds float64          `json:"seconds"`
	MBPerS  float64          `json:"mb_per_s"`
	total   scrub.Counts
}

// Run scrubs files or standard input.
func (c *scrubCommand) Run(ctx context.Context) error {
	o, err := c.options(ctx)
	if err != nil {
		return err
	}
	var options []scrub.Option
	if kinds, err := c.kinds(); err != nil {
		return err
	} else if len(kinds) > 0 {
		options = append(options, scrub.Only(kinds...))
	}
	s := scrub.New(options...)
	defer s.Close()
	values := sealed.Open(ctx)
	defer values.Close()
	if c.Known != "" {
		if err := know(s, values, c.Known); err != nil {
			return err
		}
	}
	r, failed := &scrubReport{Files: []scrubbed{}, Found: map[string]int64{}}, false
	began := time.Now()
	for _, path := range c.inputs() {
		report, err := c.one(s, path, o)
		if ctx.Err() != nil {
			err = errors.New("stopped")
		}
		r.add(path, report, err)
		if err != nil {
			failed = true
			fmt.Fprintln(os.Stderr, "habeas:", err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	r.Seconds = time.Since(began).Seconds()
	r.MBPerS = float64(r.Bytes) / 1e6 / max(r.Seconds, 1e-9)
	if err := c.print(r); err != nil {
		return err
	}
	if failed || c.Check && r.total.All() > 0 {
		return errFailedCheck
	}
	return nil
}

// options checks the flags.
func (c *scrubCommand) options(ctx context.Context) (o scrub.FileOptions, err error) {
	if o.Format, err = scrub.ParseFormat(c.Format); err != nil {
		return o, habeas.Invalid("format", "There is no such format. There are auto, text, mixed, json, xml, csv, logfmt and url.")
	}
	if c.InPlace && (len(c.Files) == 0 || slices.Contains(c.Files, stdinName)) {
		return o, habeas.Invalid("file", "Name the files that --in-place is to replace.")
	}
	if c.InPlace && c.Check {
		return o, habeas.Invalid("check", "--check changes nothing: leave out --in-place.")
	}
	for _, path := range c.Files {
		if _, err := os.Stat(path); path != stdinName && errors.Is(err, fs.ErrNotExist) {
			return o, habeas.Invalid("file", path+": there is no such file.").WithCode("file.missing")
		}
	}
	if o.Workers = c.Workers; o.Workers < 1 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	o.Lines, o.AnyBytes, o.Stop = c.Lines, c.AnyBytes, ctx.Err
	switch {
	case c.Check:
		o.To = io.Discard
	case !c.InPlace:
		o.To = os.Stdout
	}
	return o, nil
}

// kinds are those that --kinds names.
func (c *scrubCommand) kinds() (all []scrub.Kind, err error) {
	for _, name := range c.Kinds {
		found := false
		for _, k := range scrub.Kinds() {
			if strings.EqualFold(strings.TrimSpace(name), k.String()) {
				all, found = append(all, k), true
			}
		}
		if !found {
			return nil, habeas.Invalid("kinds", "There is no type {name}. There are {names}.").With("name", strconv.Quote(name)).With("names", scrubKinds())
		}
	}
	return all, nil
}

// scrubKinds names the types, for people.
func scrubKinds() string {
	var names []string
	for _, k := range scrub.Kinds() {
		names = append(names, strings.ToLower(k.String()))
	}
	return strings.Join(names, ", ")
}

// know seals the lines of a file and makes them known.
func know(s *scrub.Scrubber, values *sealed.Session, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return habeas.Invalid("known", "The file {file} with the known values cannot be read.").With("file", path)
	}
	defer clear(text)
	short := 0
	for line := range bytes.Lines(bytes.TrimPrefix(text, []byte("\ufeff"))) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		v, err := values.Seal("known value", line)
		if err != nil {
			return err
		}
		if err := s.Know("known value", v); errors.Is(err, scrub.ErrShort) {
			short++
		} else if err != nil {
			return err
		}
	}
	if short > 0 {
		fmt.Fprintf(os.Stderr, "habeas: %s: not searched, because they have fewer than three letters: %d of the values.\n", path, short)
	}
	return nil
}

// stdinName stands for standard input in a report.
const stdinName = "-"

func (c *scrubCommand) inputs() []string {
	if len(c.Files) == 0 {
		return []string{stdinName}
	}
	return c.Files
}

// one scrubs one file.
func (c *scrubCommand) one(s *scrub.Scrubber, path string, o scrub.FileOptions) (scrub.Report, error) {
	if path == stdinName {
		o.AnyBytes = true
		r, err := s.Copy(o.To, os.Stdin, o)
		r.Path = path
		if err != nil {
			err = fmt.Errorf("standard input: %w; what came before is written", err)
		}
		return r, err
	}
	if o.To != os.Stdout || !term.IsTerminal(int(os.Stdout.Fd())) {
		o.Progress = progressBar("Scrubbing")
	}
	return s.File(path, o)
}

func (r *scrubReport) add(path string, report scrub.Report, err error) {
	f := scrubbed{Path: path, Bytes: report.Bytes, Changed: report.Changed, Found: byName(&report.Counts)}
	if err != nil {
		f.Error = err.Error()
	}
	r.Files = append(r.Files, f)
	r.total.Add(&report.Counts)
	r.Found = byName(&r.total)
	r.Bytes += report.Bytes
}

// byName lists what was found by the names of --kinds.
func byName(c *scrub.Counts) map[string]int64 {
	m := map[string]int64{}
	for _, k := range scrub.Kinds() {
		if n := c.Of(k); n > 0 {
			m[strings.ToLower(k.String())] = n
		}
	}
	return m
}

// print prints the report where the text does not go.
func (c *scrubCommand) print(r *scrubReport) error {
	if !c.Report && !c.JSON && !c.Check {
		return nil
	}
	out := io.Writer(os.Stdout)
	if !c.InPlace && !c.Check {
		out = os.Stderr
	}
	if c.JSON {
		return encodeJSON(out, r)
	}
	w := bufio.NewWriter(out)
	r.table(w)
	return w.Flush()
}

// table is the report for people: a line for each file and type.
func (r *scrubReport) table(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "FILE\tTYPE\tFOUND")
	for _, f := range r.Files {
		name := f.Path
		if name == stdinName {
			name = "standard input"
		}
		for _, k := range scrub.Kinds() {
			if n := f.Found[strings.ToLower(k.String())]; n > 0 {
				fmt.Fprintf(w, "%s\t%s\t%d\n", name, strings.ToLower(k.String()), n)
				name = ""
			}
		}
		switch {
		case f.Error != "":
			fmt.Fprintf(w, "%s\tfailed\t\n", name)
		case len(f.Found) == 0:
			fmt.Fprintf(w, "%s\tnothing\t0\n", name)
		}
	}
	_ = w.Flush() // the writer below remembers its error
	fmt.Fprintf(out, "%d found in %.1f MB, %.0f MB a second.\n", r.total.All(), float64(r.Bytes)/1e6, r.MBPerS)
}
