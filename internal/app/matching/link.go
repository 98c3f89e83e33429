package matching

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"iter"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas/match/link"
	"github.com/habeas-data/habeas/match/table"
)

// sure is the probability from which nobody need look at a pair.
const sure = .95

// LinkOptions say what `habeas match link` does. Files are needed, the rest is found
// out.
type LinkOptions struct {
	Files     []string          // several are several sources
	Columns   map[string]string // column → kind, where the detection is wrong
	Mode      link.Mode
	Threshold float64 // from which rows are one; 0 is 0.5
	PairsFrom float64 // from which pairs are listed; 0 is 0.2
	Show      int     // how many of the best and of the most doubtful pairs are told
	Pairs     string  // file for all pairs; "" writes none
	Clusters  string  // file for all rows with their cluster
	Model     string  // file for what was learned
	UseModel  string  // file with what was learned before
	// Progress is called now and then; may be nil.
	Progress func(link.Progress)
}

// Linkage is a table that is understood and not linked yet.
type Linkage struct {
	Columns []link.Field
	Notes   []string // what a reader should know before believing the result
	Faults  []Fault  // the first of the rows that were left out
	Bad     int      // how many were left out

	o       LinkOptions
	in      *sheets
	model   *link.Model
	columns []int // of the table for each field of the model
}

// Row is a row of the table, for people.
type Row struct {
	ID     string   `json:"id,omitempty"` // as its column of identifiers says
	File   string   `json:"file,omitempty"`
	Line   int      `json:"line"`
	Values []string `json:"values"` // of the columns that are compared
}

// Column is what a column was understood as.
type Column struct {
	Name string    `json:"name"`
	Kind link.Kind `json:"kind"`
	Why  string    `json:"why"`
}

// Reason is what one comparison says about a pair.
type Reason struct {
	Field string  `json:"field"`
	Code  string  `json:"code"`
	Bits  float64 `json:"bits"`
	Text  string  `json:"text"`
}

// Pair is two rows that may be the same.
type Pair struct {
	P       float64  `json:"probability"`
	Bits    float64  `json:"bits"`
	A       Row      `json:"a"`
	B       Row      `json:"b"`
	Reasons []Reason `json:"reasons"`
}

// LinkReport is what was found.
type LinkReport struct {
	Rows      int       `json:"rows"`
	LeftOut   int       `json:"left_out"` // rows that could not be read
	Columns   []Column  `json:"columns"`
	Mode      link.Mode `json:"mode"`
	Threshold float64   `json:"threshold"`
	Clusters  int       `json:"clusters"`  // of two rows or more
	Clustered int       `json:"clustered"` // rows in them
	Pairs     int       `json:"pairs"`     // listed
	Sure      int       `json:"sure"`      // of them, nobody need look at
	Look      int       `json:"look"`      // of them, somebody should
	Compared  int64     `json:"compared"`
	Seconds   float64   `json:"seconds"`
	Compare   []string  `json:"compare"` // names of the columns in Row.Values
	Best      []Pair    `json:"best"`
	Doubtful  []Pair    `json:"doubtful"`
	Files     []string  `json:"files,omitempty"` // written
	Faults    []Fault   `json:"faults,omitempty"`
}

// Prepare reads the files once and understands their columns.
func Prepare(ctx context.Context, o LinkOptions) (*Linkage, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	in, err := openSheets(ctx, o.Files)
	if err != nil {
		return nil, err
	}
	l := &Linkage{o: o, in: in, Faults: in.faults, Bad: in.bad}
	for _, f := range in.list {
		if f.headless() {
			l.Notes = append(l.Notes, f.name+": the first row is taken as the names of the columns, but looks like data.")
		}
		if f.mixed > 0 {
			l.Notes = append(l.Notes, fmt.Sprintf("%s: %d rows of this %s file hold text in another encoding; it was understood as such.", f.name, f.mixed, f.encoding))
		}
	}
	if err := l.understand(); err != nil {
		return nil, err
	}
	if len(l.compared()) == 0 {
		return nil, invalid("%s: no column can be compared. Say what the columns hold: --column NAME=KIND.", list(shortNames(o.Files)))
	}
	return l, nil
}

// understand decides what the columns hold.
func (l *Linkage) understand() (err error) {
	l.Columns = link.Detect(l.in.header, l.in.samples())
	if len(l.in.list) > 1 {
		l.Columns[0].Kind, l.Columns[0].Why = link.Source, "each file is a source"
		for i := range l.Columns[1:] {
			for as, name := range l.in.joined {
				if name == l.Columns[i+1].Name {
					l.Columns[i+1].Why += "; also " + as
				}
			}
		}
	}
	if l.o.UseModel == "" {
		return told(l.Columns, l.o.Columns)
	}
	if len(l.o.Columns) > 0 {
		return invalid("What the columns hold is said by the model; --column and --use-model do not go together.")
	}
	if l.model, err = readModel(l.o.UseModel); err != nil {
		return err
	}
	if l.columns, err = arrange(l.model, l.in.header, l.o.UseModel); err != nil {
		return err
	}
	for i := range l.Columns {
		f := &l.Columns[i]
		if at := slices.Index(l.columns, i); at >= 0 {
			f.Kind, f.Why = l.model.Fields[at].Kind, "the model says so"
		} else if f.Kind != link.Source && f.Kind != link.RowID {
			f.Kind, f.Why = link.Ignore, "the model does not know it"
		}
	}
	return nil
}

// compared lists the columns that are compared.
func (l *Linkage) compared() (at []int) {
	for i, f := range l.Columns {
		if f.Kind != link.Ignore && f.Kind != link.RowID && f.Kind != link.Source {
			at = append(at, i)
		}
	}
	return at
}

// Summary says in a line for each file what was read.
func (l *Linkage) Summary() []string {
	var out []string
	for _, f := range l.in.list {
		separator := map[rune]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "bar"}[f.separator]
		out = append(out, fmt.Sprintf("%s: %d rows, %d columns (%s, %s)", f.name, f.rows, len(f.header), strings.ToUpper(f.encoding), cmp.Or(separator, string(f.separator))))
	}
	return out
}

// link runs the library over the table.
func (l *Linkage) link(ctx context.Context) (*link.Result, error) {
	o := link.Options{
		Fields: l.Columns, Mode: l.o.Mode, Threshold: l.o.Threshold, PairsFrom: l.o.PairsFrom, Model: l.model,
	}
	header, rows := l.in.header, l.cells(ctx, nil)
	if l.model != nil {
		header, rows, o.Fields = nil, l.cells(ctx, l.columns), l.model.Fields
		for _, f := range l.model.Fields {
			header = append(header, f.Name)
		}
	}
	if l.o.Progress != nil {
		o.Progress = func(p link.Progress) {
			if p.Stage == "read" {
				p.Done = float64(p.Rows) / float64(max(1, l.in.rows))
			}
			l.o.Progress(p)
		}
	}
	return link.Link(ctx, header, rows, o)
}

// cells yields the rows, in the given columns where there are any.
func (l *Linkage) cells(ctx context.Context, columns []int) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		part := make([]string, len(columns))
		for row, err := range l.in.all(ctx) {
			cells := row.cells
			if columns != nil && err == nil {
				for i, c := range columns {
					if part[i] = ""; c >= 0 {
						part[i] = cells[c]
					}
				}
				cells = part
			}
			if !yield(cells, err) {
				return
			}
		}
	}
}

// Run links the table and writes the files that were asked for.
func (l *Linkage) Run(ctx context.Context) (*LinkReport, error) {
	began := time.Now()
	res, err := l.link(ctx)
	if err != nil {
		return nil, err
	}
	r := &LinkReport{
		Rows: res.Rows, LeftOut: l.Bad, Mode: res.Mode, Threshold: l.o.Threshold, Pairs: len(res.Pairs),
		Compared: res.Compared, Faults: l.Faults,
	}
	for _, f := range l.Columns {
		r.Columns = append(r.Columns, Column{Name: f.Name, Kind: f.Kind, Why: f.Why})
	}
	for _, c := range l.compared() {
		r.Compare = append(r.Compare, l.in.header[c])
	}
	sizes := make([]int, res.Rows)
	for _, c := range res.Cluster {
		sizes[c]++
	}
	for _, n := range sizes {
		if n > 1 {
			r.Clusters++
			r.Clustered += n
		}
	}
	for _, p := range res.Pairs {
		if p.P >= sure {
			r.Sure++
		}
	}
	r.Look = r.Pairs - r.Sure
	if err := l.told(ctx, res, r); err != nil {
		return nil, err
	}
	if err := l.write(ctx, res, r, sizes); err != nil {
		return nil, err
	}
	r.Seconds = time.Since(began).Seconds()
	return r, nil
}

// told fills the pairs that are shown: the best, and those whose probability is nearest
// to a half.
func (l *Linkage) told(ctx context.Context, res *link.Result, r *LinkReport) error {
	best := slices.Clone(res.Pairs)
	slices.SortStableFunc(best, func(a, b link.Pair) int { return cmp.Compare(b.Bits, a.Bits) })
	best = best[:min(l.o.Show, len(best))]
	var doubtful []link.Pair
	for _, p := range res.Pairs {
		if p.P < sure && !slices.Contains(best, p) {
			doubtful = append(doubtful, p)
		}
	}
	slices.SortStableFunc(doubtful, func(a, b link.Pair) int { return cmp.Compare(math.Abs(a.Bits), math.Abs(b.Bits)) })
	doubtful = doubtful[:min(l.o.Show, len(doubtful))]
	rows, err := l.fetch(ctx, slices.Concat(best, doubtful))
	if err != nil {
		return err
	}
	for _, p := range best {
		r.Best = append(r.Best, pairOf(res, rows, p))
	}
	for _, p := range doubtful {
		r.Doubtful = append(r.Doubtful, pairOf(res, rows, p))
	}
	return nil
}

func pairOf(res *link.Result, rows map[int32]Row, p link.Pair) Pair {
	return Pair{P: p.P, Bits: p.Bits, A: rows[p.A], B: rows[p.B], Reasons: reasons(res, p)}
}

func reasons(res *link.Result, p link.Pair) (out []Reason) {
	for _, r := range res.Explain(p.A, p.B) {
		out = append(out, Reason(r))
	}
	slices.SortStableFunc(out, func(a, b Reason) int { return cmp.Compare(math.Abs(b.Bits), math.Abs(a.Bits)) })
	return out
}

// fetch reads the rows of pairs from the files again.
func (l *Linkage) fetch(ctx context.Context, pairs []link.Pair) (map[int32]Row, error) {
	rows := make(map[int32]Row, 2*len(pairs))
	if len(pairs) == 0 {
		return rows, nil
	}
	for _, p := range pairs {
		rows[p.A], rows[p.B] = Row{}, Row{}
	}
	compared, n := l.compared(), int32(0)
	for row, err := range l.in.all(ctx) {
		if err != nil {
			return nil, err
		}
		if _, wanted := rows[n]; wanted {
			rows[n] = l.row(row, compared)
		}
		n++
	}
	return rows, nil
}

func (l *Linkage) row(in line, compared []int) Row {
	r := Row{Line: in.number, Values: make([]string, len(compared))}
	if len(l.in.list) > 1 {
		r.File = in.sheet.name
	}
	for i, c := range compared {
		r.Values[i] = in.cells[c]
	}
	if id := slices.IndexFunc(l.Columns, func(f link.Field) bool { return f.Kind == link.RowID }); id >= 0 {
		r.ID = in.cells[id]
	}
	return r
}

// write writes the files.
func (l *Linkage) write(ctx context.Context, res *link.Result, r *LinkReport, sizes []int) error {
	for _, out := range []struct {
		path  string
		write func(*os.File) error
	}{
		{l.o.Pairs, func(f *os.File) error { return l.writePairs(ctx, f, res) }},
		{l.o.Clusters, func(f *os.File) error { return l.writeClusters(ctx, f, res, sizes) }},
		{l.o.Model, func(f *os.File) error { return writeModel(f, res.Model) }},
	} {
		if out.path == "" {
			continue
		}
		if err := writeFile(out.path, append(slices.Clone(l.o.Files), l.o.UseModel), out.write); err != nil {
			return err
		}
		r.Files = append(r.Files, out.path)
	}
	return nil
}

// writePairs writes one line for each pair: who, how probable, why, and what the two
// rows say.
func (l *Linkage) writePairs(ctx context.Context, f *os.File, res *link.Result) error {
	rows, err := l.fetch(ctx, res.Pairs)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	header := []string{"probability", "bits", "joined", "reasons", "a_id", "a_file", "a_line", "b_id", "b_file", "b_line"}
	for _, c := range l.compared() {
		header = append(header, "a_"+l.in.header[c], "b_"+l.in.header[c])
	}
	if err := w.Write(table.Defuse(header)); err != nil {
		return err
	}
	for _, p := range res.Pairs {
		a, b, joined := rows[p.A], rows[p.B], "no"
		if res.Cluster[p.A] == res.Cluster[p.B] {
			joined = "yes"
		}
		row := []string{
			strconv.FormatFloat(p.P, 'f', 4, 64), strconv.FormatFloat(p.Bits, 'f', 1, 64), joined, words(reasons(res, p)),
			a.ID, a.File, strconv.Itoa(a.Line), b.ID, b.File, strconv.Itoa(b.Line),
		}
		for i := range a.Values {
			row = append(row, a.Values[i], b.Values[i])
		}
		table.Defuse(row[2:]) // the numbers before are ours
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// writeClusters writes the whole table with the number of each row's cluster.
func (l *Linkage) writeClusters(ctx context.Context, f *os.File, res *link.Result, sizes []int) error {
	w := csv.NewWriter(f)
	header := append([]string{l.in.freeName("cluster_number"), l.in.freeName("cluster_size")}, l.in.header...)
	if err := w.Write(table.Defuse(header)); err != nil {
		return err
	}
	numbers, n := make(map[int32]int, res.Rows), 0
	for row, err := range l.in.all(ctx) {
		if err != nil {
			return err
		}
		root := res.Cluster[n]
		n++
		if numbers[root] == 0 {
			numbers[root] = len(numbers) + 1
		}
		out := append([]string{strconv.Itoa(numbers[root]), strconv.Itoa(sizes[root])}, row.cells...)
		if err := w.Write(table.Defuse(out)); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// words says why two rows are the same, or may not be: what speaks for it and what
// against, the weightiest first.
func words(reasons []Reason) string {
	var pro, contra []string
	for _, r := range reasons {
		switch {
		case r.Bits > .05:
			pro = append(pro, r.Text)
		case r.Bits < -.05:
			contra = append(contra, r.Text)
		}
	}
	s := strings.Join(pro, ", ")
	if len(contra) > 0 {
		s = strings.TrimSpace(s + " but " + strings.Join(contra, ", "))
	}
	return s
}

// Explain links the table and says how two of its rows compare, whether they are a pair
// or not. A row is named by its identifier, by its line, or by file:line.
func (l *Linkage) Explain(ctx context.Context, a, b string) (*Pair, []string, error) {
	res, err := l.link(ctx)
	if err != nil {
		return nil, nil, err
	}
	var found [2][]int32
	n := int32(0)
	for row, err := range l.in.all(ctx) {
		if err != nil {
			return nil, nil, err
		}
		r := l.row(row, nil)
		for k, name := range []string{a, b} {
			if r.ID == name && name != "" || r.ID == "" && strconv.Itoa(row.number) == name || row.sheet.name+":"+strconv.Itoa(row.number) == name {
				found[k] = append(found[k], n)
			}
		}
		n++
	}
	for k, name := range []string{a, b} {
		switch len(found[k]) {
		case 0:
			return nil, nil, invalid("There is no row %q. A row is named by its identifier or as FILE:LINE, such as %s:2.", name, l.in.list[0].name)
		case 1:
		default:
			return nil, nil, invalid("Several rows are called %q. Name one as FILE:LINE, such as %s:2.", name, l.in.list[0].name)
		}
	}
	i, j := found[0][0], found[1][0]
	if i == j {
		return nil, nil, invalid("%q and %q are the same row.", a, b)
	}
	rows, err := l.fetch(ctx, []link.Pair{{A: i, B: j}})
	if err != nil {
		return nil, nil, err
	}
	p := pairOf(res, rows, res.Pair(i, j))
	var names []string
	for _, c := range l.compared() {
		names = append(names, l.in.header[c])
	}
	return &p, names, nil
}
