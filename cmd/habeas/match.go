package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app/matching"
	"github.com/habeas-data/habeas/match/link"
	"github.com/habeas-data/habeas/match/search"
)

type matchCommand struct {
	Link   matchLink   `cmd:"" help:"Find the rows of tables that are the same person, organisation or thing."`
	Index  matchIndex  `cmd:"" help:"Make an index of the names of entities: places, organisations, people, anything."`
	Search matchSearch `cmd:"" help:"Find the entity that a name, or a text with names in it, means."`
}

type matchLink struct {
	Files     []string          `arg:"" name:"file" help:"CSV files; the first row names the columns. Several are several sources, whose rows are linked with each other."`
	Column    map[string]string `short:"c" help:"What a column holds, where it is understood wrongly; repeatable. Kinds: ${kinds}." placeholder:"NAME=KIND" mapsep:"none"`
	Config    string            `help:"TOML file with mode, threshold, pairs_from and [columns]; what is given here goes before it." placeholder:"FILE"`
	Mode      string            `help:"What may be one: transitive (any rows), one_to_one (at most one row of each source), auto (found out)." enum:"auto,transitive,one_to_one," default:"" placeholder:"MODE"`
	Threshold float64           `help:"Probability from which rows are joined; 0.5 when not given." placeholder:"P"`
	PairsFrom float64           `help:"Probability from which a pair is listed for somebody to look at; 0.2 when not given." placeholder:"P"`
	Pairs     string            `help:"Write all pairs here as CSV, with probability, reasons and both rows." placeholder:"OUT.csv"`
	Clusters  string            `help:"Write all rows here as CSV, with the number of their cluster." placeholder:"OUT.csv"`
	Model     string            `help:"Write what was learned here as JSON." placeholder:"OUT.json"`
	UseModel  string            `help:"Use what was learned before instead of learning." placeholder:"FILE.json"`
	Explain   []string          `help:"Only say how two rows compare, named by their identifier or as FILE:LINE." placeholder:"A,B"`
	Show      int               `help:"How many of the best and of the most doubtful pairs to show; 10 when nothing is written to a file." placeholder:"N" default:"-1"`
	JSON      bool              `help:"Report as JSON."`
}

// Run understands the columns, links the rows and tells what it found.
func (c *matchLink) Run(ctx context.Context) error {
	if len(c.Explain) != 0 && len(c.Explain) != 2 {
		return fmt.Errorf("--explain takes two rows: --explain A,B")
	}
	o := matching.LinkOptions{
		Files: c.Files, Columns: c.Column, Mode: link.Mode(c.Mode), Threshold: c.Threshold, PairsFrom: c.PairsFrom, Show: c.Show,
		Pairs: c.Pairs, Clusters: c.Clusters, Model: c.Model, UseModel: c.UseModel,
	}
	if c.Show < 0 {
		if o.Show = 10; c.Pairs != "" || c.Clusters != "" {
			o.Show = 0
		}
	}
	if c.Config != "" {
		if err := o.Configure(c.Config); err != nil {
			return err
		}
	}
	progress, end := showProgress()
	o.Progress = func(p link.Progress) {
		progress(p.Stage, p.Done, p.Pairs, "pairs")
	}
	l, err := matching.Prepare(ctx, o)
	if err != nil {
		return stopped(ctx, err)
	}
	l.PrintFaults(os.Stderr)
	if !c.JSON {
		l.PrintColumns(os.Stdout)
	}
	if len(c.Explain) == 2 {
		pair, columns, err := l.Explain(ctx, c.Explain[0], c.Explain[1])
		end()
		switch {
		case err != nil:
			return stopped(ctx, err)
		case c.JSON:
			return printJSON(pair)
		}
		pair.Print(os.Stdout, columns, cellWidth(2))
		return nil
	}
	r, err := l.Run(ctx)
	end()
	switch {
	case err != nil:
		return stopped(ctx, err)
	case c.JSON:
		return printJSON(r)
	}
	r.Print(os.Stdout, cellWidth(len(r.Compare)))
	return nil
}

type matchIndex struct {
	Files  []string          `arg:"" name:"file" help:"CSV, TSV, JSON lines or a JSON array, with a name for each entity and more about it. Several go into one index."`
	Out    string            `short:"o" help:"The index; the name of the first file with .index, in this directory, when not given." placeholder:"INDEX"`
	Column map[string]string `short:"c" help:"What a column holds, where it is understood wrongly; repeatable. Roles: ${roles}." placeholder:"NAME=ROLE" mapsep:"none"`
	Type   string            `help:"The type of entities whose file does not say one." placeholder:"TYPE"`
	JSON   bool              `help:"Report as JSON."`
}

// Run builds the index and tells how the files were understood.
func (c *matchIndex) Run(ctx context.Context) error {
	progress, end := showProgress()
	r, err := matching.BuildIndex(ctx, matching.IndexOptions{
		Files: c.Files, Out: c.Out, Columns: c.Column, Type: c.Type,
		Progress: func(done float64, n int64) { progress("index", done, n, "entities") },
	})
	end()
	if err != nil {
		return stopped(ctx, err)
	}
	r.PrintFaults(os.Stderr)
	if c.JSON {
		return printJSON(r)
	}
	r.Print(os.Stdout)
	return nil
}

type matchSearch struct {
	Index       string   `arg:"" help:"The index that habeas match index made."`
	Query       string   `arg:"" optional:"" help:"The name or text."`
	Mode        string   `help:"How the text is taken: whole (one name), mention (a text with names in it), typing (the beginning of a name), auto (found out)." enum:"auto,whole,mention,typing" default:"auto" placeholder:"MODE"`
	Type        []string `help:"Only entities of this type; repeatable." placeholder:"TYPE"`
	Country     string   `help:"Only entities of this country, by its two letters." placeholder:"CC"`
	Limit       int      `short:"n" help:"How many answers." default:"10"`
	Explain     bool     `help:"Say what each reason weighs, and how long the search took."`
	Interactive bool     `short:"i" help:"Answer while you type. Without a terminal, answer each line of the standard input."`
	JSON        bool     `help:"Answer as JSON, one line for each question."`
}

// Help adds what the exit code means.
func (*matchSearch) Help() string {
	return "Ends with 0 when something fits, with 1 when nothing in the index does, with 2 when there is an error."
}

// Run answers one question, or those that are typed.
func (c *matchSearch) Run(ctx context.Context) (err error) {
	if (c.Query == "") == !c.Interactive {
		return habeas.Invalid("query", "Give a query, or -i to type it.")
	}
	if c.Limit < 1 || c.Limit > 1000 {
		return habeas.Invalid("limit", "The limit is from 1 to 1000.")
	}
	s, err := matching.OpenSearcher(c.Index)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	q := search.Query{Text: c.Query, Mode: matching.Modes[c.Mode], Limit: c.Limit, Types: matching.Spellings(c.Type), Country: strings.ToUpper(c.Country), Explain: true}
	switch {
	case !c.Interactive:
		return c.answer(s, q)
	case term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())):
		return c.typing(s, q)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && ctx.Err() == nil {
		var code exitCode
		q.Text = lines.Text()
		if err := c.answer(s, q); err != nil && !errors.As(err, &code) {
			return err
		}
	}
	return lines.Err()
}

// answer prints one answer; that nothing fits is an exit code.
func (c *matchSearch) answer(s *matching.Searcher, q search.Query) error {
	a := s.Ask(q)
	if c.JSON {
		if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
			return err
		}
	} else {
		a.Print(os.Stdout, c.Explain, max(cellWidth(4), 24))
	}
	if !a.Found {
		return exitCode(exitFailed)
	}
	return nil
}

// typing answers with each key.
func (c *matchSearch) typing(s *matching.Searcher, q search.Query) error {
	width, height, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return err
	}
	state, err := term.MakeRaw(int(os.Stdin.Fd()))
	if err != nil {
		return err
	}
	err = s.Type(matching.Screen{In: os.Stdin, Out: os.Stdout, Width: width, Lines: min(c.Limit, max(height-4, 1))}, q)
	return errors.Join(err, term.Restore(int(os.Stdin.Fd()), state))
}

// stopped says that somebody stopped the work, if so.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return errors.New("stopped; nothing was written")
	}
	return err
}

// cellWidth is how many characters of a value fit, when a row has n.
func cellWidth(n int) int {
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 40
	}
	return min(max((width-22)/max(n, 1)-2, 10), 40)
}

// showProgress shows how far some work is, on a terminal, about ten times a second. The
// second function takes the line away.
func showProgress() (show func(stage string, done float64, n int64, what string), end func()) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return func(string, float64, int64, string) {}, func() {}
	}
	began, last, at, before, shown := time.Now(), time.Time{}, "", int64(0), false
	show = func(stage string, done float64, n int64, what string) {
		now := time.Now()
		if stage != at {
			began, at, before = now, stage, n
		} else if now.Sub(last) < 100*time.Millisecond {
			return
		}
		last, shown = now, true
		const width = 30
		full := min(max(int(done*width), 0), width)
		fmt.Fprintf(os.Stderr, "\r\x1b[K%-8s %s%s %3.0f %%", stage, bar[:3*full], space[:width-full], 100*done)
		if n > before {
			fmt.Fprintf(os.Stderr, "  %s %s, %s a second", matching.Count(n), what, matching.Count(int64(float64(n-before)/max(now.Sub(began).Seconds(), .1))))
		}
		fmt.Fprint(os.Stderr, "  Ctrl-C stops")
	}
	return show, func() {
		if shown {
			fmt.Fprint(os.Stderr, "\r\x1b[K")
		}
	}
}

// What the progress bar is cut from.
const (
	bar   = "━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━"
	space = "                              "
)
