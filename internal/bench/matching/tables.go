package matching

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/habeas-data/habeas/match/table"
)

// Table is rows whose truth is known.
type Table struct {
	Name   string
	Header []string
	Rows   [][]string
	// Truth says for each row who it is about; rows with the same are the same.
	Truth []int
}

// truthColumn holds who a row is about.
const truthColumn = "cluster"

// Tables reads the linkage files of the reference data. Notes say what was left out,
// and why.
//
// A CSV with a column "cluster" is one table. A file X_Y_matches.csv with the columns
// X_id and Y_id makes one table of the rows of X.csv and Y.csv, with a column "source".
// A table with a column soc_sec_id comes a second time without it, as NAME_no_ssid.
func Tables(reference string) (all []Table, notes []string, err error) {
	dir := filepath.Join(reference, "linkage")
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		return nil, nil, err
	}
	if len(files) == 0 {
		return nil, []string{"linkage: there are no CSV files"}, nil
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".csv")
		var t *Table
		if strings.HasSuffix(name, "_matches") {
			t, err = readMatches(dir, strings.TrimSuffix(name, "_matches"))
		} else {
			t, err = readClusters(file, name)
		}
		switch {
		case err != nil:
			notes = append(notes, fmt.Sprintf("linkage %s: not measured: %v", name, err))
		case t != nil:
			all = append(all, *t)
			if less := t.without("soc_sec_id"); less != nil {
				less.Name += "_no_ssid"
				all = append(all, *less)
			}
		}
	}
	return all, notes, nil
}

// readCSV reads a whole file. Rows that cannot be read are left out.
func readCSV(file string) (header []string, rows [][]string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	r, err := table.NewReader(f, table.Options{})
	if err != nil {
		return nil, nil, err
	}
	for {
		row, err := r.Next()
		var bad *table.Error
		switch {
		case errors.Is(err, io.EOF):
			return slices.Clone(r.Header()), rows, nil
		case errors.As(err, &bad) && !bad.Fatal:
		case err != nil:
			return nil, nil, err
		default:
			rows = append(rows, slices.Clone(row))
		}
	}
}

// readClusters returns nil where a file has no truth.
func readClusters(file, name string) (*Table, error) {
	header, rows, err := readCSV(file)
	if err != nil {
		return nil, err
	}
	at := slices.Index(header, truthColumn)
	if at < 0 {
		return nil, nil
	}
	t := &Table{Name: name, Header: header, Rows: rows}
	numbers := map[string]int{}
	for i, row := range rows {
		who, ok := numbers[row[at]]
		if !ok || row[at] == "" { // a row that is not labelled is about nobody else
			who = len(numbers) + i + 1
			numbers[row[at]] = who
		}
		t.Truth = append(t.Truth, who)
	}
	return t.without(truthColumn).withoutNumbers(), nil
}

// readMatches joins two lists; name is X_Y.
func readMatches(dir, name string) (*Table, error) {
	header, links, err := readCSV(filepath.Join(dir, name+"_matches.csv"))
	if err != nil {
		return nil, err
	}
	if len(header) < 2 {
		return nil, errors.New("two columns of ids are expected")
	}
	t := &Table{Name: name}
	rowOf := [2]map[string]int{{}, {}}
	for side := range 2 {
		list, _ := strings.CutSuffix(header[side], "_id")
		columns, rows, err := readCSV(filepath.Join(dir, list+".csv"))
		if err != nil {
			return nil, err
		}
		id := slices.Index(columns, "id")
		if id < 0 {
			return nil, fmt.Errorf("%s.csv has no column id", list)
		}
		if side == 0 {
			t.Header = append(columns, "source")
		}
		for _, row := range rows {
			rowOf[side][row[id]] = len(t.Rows)
			t.Rows = append(t.Rows, arranged(row, columns, t.Header, list))
			t.Truth = append(t.Truth, len(t.Truth))
		}
	}
	for _, link := range links {
		a, okA := rowOf[0][link[0]]
		b, okB := rowOf[1][link[1]]
		if !okA || !okB {
			return nil, fmt.Errorf("it links %s with %s, which are not both there", link[0], link[1])
		}
		t.Truth[b] = t.Truth[a]
	}
	return t.withoutNumbers(), nil
}

// arranged puts the cells of a row in the order of another header.
func arranged(row, from, to []string, source string) []string {
	out := make([]string, len(to))
	for i, name := range to {
		if at := slices.Index(from, name); at >= 0 {
			out[i] = row[at]
		}
	}
	out[len(to)-1] = source
	return out
}

// without returns a copy without a column, or nil where there is none.
func (t *Table) without(column string) *Table {
	at := slices.Index(t.Header, column)
	if at < 0 {
		return nil
	}
	less := *t
	less.Header = slices.Delete(slices.Clone(t.Header), at, at+1)
	less.Rows = make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		less.Rows[i] = slices.Delete(slices.Clone(row), at, at+1)
	}
	return &less
}

// withoutNumbers takes out the columns that number the rows: they are called an id and
// hold another value in every row. Such numbers often betray the truth, and nobody has
// them who asks whether two rows are the same.
func (t *Table) withoutNumbers() *Table {
	for _, column := range slices.Clone(t.Header) {
		name := strings.ToLower(column)
		if name != "id" && !strings.HasSuffix(name, "_id") && !strings.HasSuffix(name, "-id") && name != "rowid" {
			continue
		}
		at, seen := slices.Index(t.Header, column), map[string]bool{}
		if at < 0 {
			continue
		}
		for _, row := range t.Rows {
			seen[row[at]] = true
		}
		// Two lists may use the same numbers.
		if len(seen) == len(t.Rows) || name == "id" || name == "rec_id" || name == "unique_id" {
			t = t.without(column)
		}
	}
	return t
}
