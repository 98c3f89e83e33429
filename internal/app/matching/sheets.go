package matching

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/habeas-data/habeas/match/link"
	"github.com/habeas-data/habeas/match/table"
	"github.com/habeas-data/habeas/match/text"
)

// sampleRows is how many rows the columns are understood by.
const sampleRows = 5000

// maxFaults is how many rows that cannot be read are listed; all are counted.
const maxFaults = 100

// sheet is one file.
type sheet struct {
	path, name string
	header     []string
	at         []int // for each column of the file its place in the whole table
	rows       int
	mixed      int
	encoding   string
	separator  rune
	size       int64
}

// sheets are several files as one table: the union of their columns, by name. Files are
// read anew in each pass, so that no row need be kept.
type sheets struct {
	list   []*sheet
	header []string
	joined map[string]string // columns of a file taken as others, as "file: name" → name
	rows   int
	faults []Fault
	bad    int
	sample []sampled
}

// sampled is a row with the file it is from.
type sampled struct {
	sheet int
	cells []string
}

// line is a row of the whole table.
type line struct {
	sheet  *sheet
	number int // in its file
	cells  []string
}

// openSheets reads all files once: it counts rows, lists those that cannot be read, and
// understands which columns are the same.
func openSheets(ctx context.Context, paths []string) (*sheets, error) {
	s := &sheets{joined: map[string]string{}}
	names := shortNames(paths)
	random := rand.New(rand.NewPCG(1, 2))
	for i, path := range paths {
		f := &sheet{path: path, name: names[i]}
		s.list = append(s.list, f)
		for row, err := range f.read(ctx) {
			var e *table.Error
			switch {
			case errors.As(err, &e) && !e.Fatal:
				if s.bad++; s.bad <= maxFaults {
					s.faults = append(s.faults, Fault{File: f.name, Line: e.Line, Column: e.Column, Text: e.Text})
				}
				continue
			case err != nil:
				return nil, refuse(f.name, err)
			}
			f.rows++
			if s.rows++; len(s.sample) < sampleRows {
				s.sample = append(s.sample, sampled{i, row.cells})
			} else if k := random.IntN(s.rows); k < sampleRows {
				s.sample[k] = sampled{i, row.cells}
			}
		}
		if f.rows == 0 {
			if len(s.faults) > 0 {
				return nil, invalid("No row can be read. %s.", s.faults[0])
			}
			return nil, invalid("%s: line 2: there are no rows below the header.", f.name)
		}
	}
	s.unite()
	return s, nil
}

// read yields the rows of a file as they stand, and an error for each that cannot be
// read.
func (f *sheet) read(ctx context.Context) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		file, err := os.Open(f.path)
		if err != nil {
			yield(line{}, err)
			return
		}
		defer file.Close()
		r, err := table.NewReader(file, table.Options{})
		if err != nil {
			yield(line{}, err)
			return
		}
		f.header, f.encoding, f.separator = r.Header(), r.Encoding(), r.Separator()
		defer func() { f.mixed, f.size = r.Mixed(), r.Read() }()
		for n := 0; ; n++ {
			cells, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && n%1024 == 0 {
				err = ctx.Err()
			}
			if !yield(line{f, r.Line(), cells}, err) {
				return
			}
		}
	}
}

// all yields the good rows of all files in the columns of the whole table. The cells are
// valid until the next row.
func (s *sheets) all(ctx context.Context) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		whole, n := make([]string, len(s.header)), 0
		for _, f := range s.list {
			rows := 0
			for row, err := range f.read(ctx) {
				var e *table.Error
				switch {
				case errors.As(err, &e) && !e.Fatal:
					continue
				case err != nil:
					yield(line{}, refuse(f.name, err))
					return
				}
				if len(row.cells) != len(f.at) || rows == f.rows {
					yield(line{}, invalid("%s was changed while it was read.", f.name))
					return
				}
				rows++
				n++
				row.cells = s.spread(f, row.cells, whole)
				if !yield(row, nil) {
					return
				}
			}
		}
		if n != s.rows {
			yield(line{}, invalid("%s was changed while it was read.", list(shortNames(s.paths()))))
		}
	}
}

// spread puts the cells of a row of a file where they belong in the whole table.
func (s *sheets) spread(f *sheet, cells, whole []string) []string {
	clear(whole)
	if len(s.list) > 1 {
		whole[0] = f.name
	}
	for i, cell := range cells {
		whole[f.at[i]] = cell
	}
	return whole
}

func (s *sheets) paths() []string {
	var out []string
	for _, f := range s.list {
		out = append(out, f.path)
	}
	return out
}

// samples are rows of the whole table.
func (s *sheets) samples() [][]string {
	out := make([][]string, len(s.sample))
	for i, row := range s.sample {
		out[i] = s.spread(s.list[row.sheet], row.cells, make([]string, len(s.header)))
	}
	return out
}

// unite makes the header of the whole table. Columns are the same when they have the
// same name but for capitals and marks; when each file has just one column of a kind
// that can only mean the same, such as surname and last_name; or when they are of a kind
// and share most of their values.
func (s *sheets) unite() {
	var known []columnSeen // of the columns of the whole table, as the first file with them has them
	if len(s.list) > 1 {
		s.header, known = append(s.header, s.freeName("file")), append(known, columnSeen{})
	}
	for k, f := range s.list {
		var sample [][]string
		for _, row := range s.sample {
			if row.sheet == k {
				sample = append(sample, row.cells)
			}
		}
		seen := look(link.Detect(f.header, sample), sample)
		f.at = make([]int, len(f.header))
		taken := map[int]bool{}
		for i, name := range f.header {
			f.at[i] = slices.IndexFunc(s.header, func(h string) bool { return text.Fold(h) == text.Fold(name) && text.Fold(name) != "" })
			if taken[f.at[i]] {
				f.at[i] = -1
			}
			taken[f.at[i]] = true
		}
		for _, same := range []func([]columnSeen, int, []columnSeen, map[int]bool) int{onlyOne, alike} {
			for i, name := range f.header {
				if f.at[i] >= 0 {
					continue
				}
				if at := same(seen, i, known, taken); at >= 0 && !taken[at] {
					f.at[i], taken[at] = at, true
					s.joined[f.name+": "+name] = s.header[at]
				}
			}
		}
		for i, name := range f.header {
			if f.at[i] < 0 {
				f.at[i] = len(s.header)
				s.header, known = append(s.header, s.distinct(name)), append(known, seen[i])
			}
		}
	}
}

// columnSeen is what the sample of a file shows of a column.
type columnSeen struct {
	kind   link.Kind
	values map[string]bool
}

func look(fields []link.Field, sample [][]string) []columnSeen {
	out := make([]columnSeen, len(fields))
	for i, f := range fields {
		out[i] = columnSeen{f.Kind, map[string]bool{}}
		for _, row := range sample {
			if v := text.Fold(row[i]); v != "" {
				out[i].values[v] = true
			}
		}
	}
	return out
}

// alike returns the column of the whole table that the file does not have, is of the
// kind of column i, and shares most values with it, at least a fifth; or -1.
func alike(seen []columnSeen, i int, known []columnSeen, taken map[int]bool) int {
	best, most := -1, .2
	for at, k := range known {
		kind := seen[i].kind
		if taken[at] || kind != k.kind && kind != link.Text && k.kind != link.Text {
			continue
		}
		switch kind {
		case link.RowID, link.Source, link.Ignore, link.HouseNumber, link.Date:
			continue
		default:
		}
		shared := 0
		for v := range seen[i].values {
			if k.values[v] {
				shared++
			}
		}
		fewer := min(len(seen[i].values), len(k.values))
		if share := float64(shared) / float64(max(fewer, 1)); fewer > 2 && share > most {
			best, most = at, share
		}
	}
	return best
}

// onlyOne returns the column of the whole table that has the kind of column i, where
// neither the file nor the table has another, or -1.
func onlyOne(seen []columnSeen, i int, known []columnSeen, _ map[int]bool) int {
	same := func(c columnSeen) bool { return c.kind == seen[i].kind }
	switch seen[i].kind {
	case link.GivenName, link.FamilyName, link.FullName, link.Organisation, link.Date, link.Email, link.Phone,
		link.Street, link.HouseNumber, link.Place, link.Postcode, link.RowID:
	default:
		return -1
	}
	first, at := slices.IndexFunc(seen, same), slices.IndexFunc(known, same)
	if at < 0 || slices.ContainsFunc(seen[first+1:], same) || slices.ContainsFunc(known[at+1:], same) {
		return -1
	}
	return at
}

// distinct returns a name that the whole table does not have yet.
func (s *sheets) distinct(name string) string {
	for slices.Contains(s.header, name) {
		name += " (2)"
	}
	return name
}

// freeName returns a name that no file has for a column.
func (s *sheets) freeName(name string) string {
	for _, f := range s.list {
		if slices.ContainsFunc(f.header, func(h string) bool { return text.Fold(h) == text.Fold(name) }) {
			return s.freeName("from " + name)
		}
	}
	return name
}

// headless says whether the first row of a file looks like data: half of its cells hold
// digits or an @.
func (f *sheet) headless() bool {
	odd := 0
	for i, name := range f.header {
		if name == fmt.Sprintf("column %d", i+1) {
			continue
		}
		digits := strings.IndexFunc(name, unicode.IsDigit) >= 0
		letters := strings.IndexFunc(name, unicode.IsLetter) >= 0
		if digits && !letters || strings.Contains(name, "@") {
			odd++
		}
	}
	return odd > 0 && 3*odd >= len(f.header)
}
