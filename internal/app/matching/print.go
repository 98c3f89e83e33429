package matching

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/habeas-data/habeas/match/link"
)

// grid is a table for people, in columns.
type grid struct {
	rows  [][]string // a row of one cell is a remark: it runs over all columns
	most  int        // runes of a cell
	tail  int        // runes of the last cell in a row, where that is more
	after int        // columns before which a remark begins
}

func (g *grid) add(cells ...string) {
	for i := range cells {
		most := g.most
		if i == len(cells)-1 {
			most = max(most, g.tail)
		}
		if cells[i] = clean(cells[i]); len(cells) > 1 && utf8.RuneCountInString(cells[i]) > most {
			cells[i] = string([]rune(cells[i])[:most-1]) + "…"
		}
	}
	g.rows = append(g.rows, cells)
}

// clean takes out what a terminal would obey.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

func (g *grid) print(w io.Writer) {
	var widths []int
	for _, row := range g.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if len(row) > 1 {
				widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			}
		}
	}
	indent := 0
	for i := range min(g.after, len(widths)) {
		indent += widths[i] + 2
	}
	for _, row := range g.rows {
		var b strings.Builder
		for i, cell := range row {
			if len(row) == 1 {
				b.WriteString(strings.Repeat(" ", indent))
			}
			b.WriteString(cell)
			if i+1 < len(row) {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// percent writes a probability; never as certain as nothing is.
func percent(p float64) string {
	switch {
	case p > .9999:
		return ">99.99 %"
	case p < .0001:
		return "<0.01 %"
	case p > .99 || p < .01:
		return fmt.Sprintf("%.2f %%", math.Floor(1e4*p)/100)
	}
	return fmt.Sprintf("%.1f %%", 100*p)
}

// Count writes a number with its thousands apart.
func Count[T int | int64](n T) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// PrintColumns shows how the columns were understood.
func (l *Linkage) PrintColumns(w io.Writer) {
	for _, s := range l.Summary() {
		fmt.Fprintln(w, clean(s))
	}
	fmt.Fprintln(w)
	g := grid{most: 40, tail: 160}
	g.add("COLUMN", "IS", "BECAUSE")
	for _, f := range l.Columns {
		g.add(f.Name, string(f.Kind), f.Why)
	}
	g.print(w)
	fmt.Fprintln(w, "\nWhere this is wrong, say so: --column NAME=KIND, such as --column", overrideExample(l.Columns))
	fmt.Fprintln(w)
}

func overrideExample(fields []link.Field) string {
	for _, f := range fields {
		if f.Kind != link.Ignore {
			name := clean(f.Name) + "=ignore"
			if strings.ContainsAny(name, " '\"$;&|<>()") {
				name = "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
			}
			return name
		}
	}
	return "NAME=ignore"
}

// PrintFaults shows the rows that were left out.
func (l *Linkage) PrintFaults(w io.Writer) {
	const most = 10
	for i, f := range l.Faults {
		if i == most {
			break
		}
		fmt.Fprintln(w, "left out:", clean(f.String()))
	}
	if l.Bad > most {
		fmt.Fprintf(w, "left out: %s more rows that cannot be read\n", Count(l.Bad-most))
	}
	for _, n := range l.Notes {
		fmt.Fprintln(w, "note:", clean(n))
	}
}

// Print shows what was found. cell is how many characters of a value are shown.
func (r *LinkReport) Print(w io.Writer, cell int) {
	if len(r.Best) > 0 {
		fmt.Fprintf(w, "The best %d of %s pairs:\n\n", len(r.Best), Count(r.Pairs))
		printPairs(w, r.Compare, r.Best, cell)
	}
	if len(r.Doubtful) > 0 {
		fmt.Fprintf(w, "The %d most doubtful of them:\n\n", len(r.Doubtful))
		printPairs(w, r.Compare, r.Doubtful, cell)
	}
	mode := map[link.Mode]string{link.ModeTransitive: "any number of rows may be one", link.ModeOneToOne: "at most one row of each source may be one"}[r.Mode]
	fmt.Fprintf(w, "%s rows, %s of them in %s clusters of two or more; the other %s stand alone.\n",
		Count(r.Rows), Count(r.Clustered), Count(r.Clusters), Count(r.Rows-r.Clustered))
	fmt.Fprintf(w, "%s pairs: %s sure (95 %% or more), %s for somebody to look at. Joined from %s; %s.\n",
		Count(r.Pairs), Count(r.Sure), Count(r.Look), percent(r.Threshold), mode)
	all := int64(r.Rows) * int64(r.Rows-1) / 2
	fmt.Fprintf(w, "%s pairs compared of %s possible, in %s.\n", Count(r.Compared), Count(all), time.Duration(r.Seconds*float64(time.Second)).Round(10*time.Millisecond))
	if r.LeftOut > 0 {
		fmt.Fprintf(w, "%s rows could not be read and were left out.\n", Count(r.LeftOut))
	}
	for _, f := range r.Files {
		fmt.Fprintln(w, "written:", clean(f))
	}
}

// printPairs shows pairs: two rows one above the other, and below them why.
func printPairs(w io.Writer, columns []string, pairs []Pair, cell int) {
	g := grid{most: cell, after: 1}
	g.add(append([]string{"", "ROW"}, columns...)...)
	for _, p := range pairs {
		g.add(append([]string{percent(p.P), p.A.Name()}, p.A.Values...)...)
		g.add(append([]string{"", p.B.Name()}, p.B.Values...)...)
		g.add(words(p.Reasons))
		g.add("")
	}
	g.print(w)
}

// Name is how people find the row again.
func (r Row) Name() string {
	switch {
	case r.File != "" && r.ID != "":
		return r.File + " " + r.ID
	case r.File != "":
		return fmt.Sprintf("%s:%d", r.File, r.Line)
	case r.ID != "":
		return r.ID
	}
	return fmt.Sprintf("line %d", r.Line)
}

// Print shows how two rows compare.
func (p *Pair) Print(w io.Writer, columns []string, cell int) {
	g := grid{most: cell}
	g.add("", p.A.Name(), p.B.Name())
	for i, c := range columns {
		g.add(c, p.A.Values[i], p.B.Values[i])
	}
	g.print(w)
	fmt.Fprintln(w)
	g = grid{most: 80}
	g.add("BITS", "WHY")
	sum := 0.0
	for _, r := range p.Reasons {
		g.add(fmt.Sprintf("%+6.1f", r.Bits), r.Text)
		sum += r.Bits
	}
	g.add(fmt.Sprintf("%+6.1f", p.Bits-sum), "how rare it is that two rows are one, and what the values share with others")
	g.add(fmt.Sprintf("%+6.1f", p.Bits), "in all")
	g.print(w)
	verdict := "That is " + percent(p.P) + " that they are the same."
	fmt.Fprintf(w, "\n%s Each bit for it doubles the odds, each against it halves them.\n", verdict)
}
