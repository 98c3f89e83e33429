package app

import (
	"errors"
	"hash/maphash"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/match/table"
)

// rowReader turns rows of a file into what they say about parties. What it remembers of
// earlier rows, about 40 bytes each, is the same whether the file was read in one go or
// the import was resumed: it depends on the rows before only.
type rowReader struct {
	columns []column
	schemas *party.Schemas
	keys    party.Keys
	clock   habeas.Clock
	said    party.Assertion // what every row has in common

	seed  maphash.Seed
	first map[uint64]int // of an address: the line that has it first
	same  map[uint64]int // of the words of a row that names nobody: how often they came
}

func newRowReader(columns []column, schemas *party.Schemas, keys party.Keys, clock habeas.Clock, said party.Assertion) *rowReader {
	return &rowReader{
		columns: columns, schemas: schemas, keys: keys, clock: clock, said: said,
		seed: maphash.MakeSeed(), first: make(map[uint64]int), same: make(map[uint64]int),
	}
}

// rowItem is a row on its way in.
type rowItem struct {
	importRow
	said    party.Assertion
	plan    *party.Asserting
	repeats int   // the line of this file that has the address first; 0: this one has
	cause   error // why it stays out
}

// Decide implements party.Plan. A row whose address an earlier row of the file has stays
// out, unless it is about somebody else: then it is a record of its own, for review
// (PTY-26).
func (r *rowItem) Decide(found party.Found) (party.Change, error) {
	c, err := r.plan.Decide(found)
	if err == nil && r.repeats > 0 && !r.plan.Created {
		return party.Change{}, party.ErrRepeated.With("line", strconv.Itoa(r.repeats))
	}
	return c, err
}

// Needs implements party.Plan.
func (r *rowItem) Needs() party.Needs { return r.plan.Needs() }

// take makes the items of some rows. Drawing keys and hashing is done on all cores.
func (r *rowReader) take(rows []importRow) []rowItem {
	items := make([]rowItem, len(rows))
	for n, row := range rows {
		items[n].importRow = row
		items[n].said, items[n].cause = r.assertion(row)
	}
	var wg sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), len(items))
	for w := range workers {
		wg.Go(func() {
			for n := w; n < len(items); n += workers {
				if one := &items[n]; one.cause == nil {
					one.plan, one.cause = party.Prepare(one.said, r.schemas, r.keys, r.clock.Now())
				} else if one.err == nil { // name all faults of the row at once
					one.cause = errors.Join(one.cause, one.said.Check(r.schemas))
				}
			}
		})
	}
	wg.Wait()
	for n := range items {
		if one := &items[n]; one.cause == nil {
			one.repeats = r.repeated(one.said, one.line)
		}
	}
	return items
}

// skip remembers a row that was dealt with before.
func (r *rowReader) skip(row importRow, out bool) {
	said, _ := r.assertion(row)
	if !out {
		r.repeated(said, row.line)
	}
}

// repeated returns the earlier line that has the address, if there is one.
func (r *rowReader) repeated(said party.Assertion, line int) int {
	if !said.HasEmail {
		return 0
	}
	sum := maphash.String(r.seed, said.Email.Key())
	if first, ok := r.first[sum]; ok {
		return first
	}
	r.first[sum] = line
	return 0
}

// assertion turns a row into what is said about a party. The assertion beside an error
// holds what could be read.
func (r *rowReader) assertion(row importRow) (party.Assertion, error) {
	in := r.said
	in.Values = party.Values{}
	if row.err != nil {
		return in, row.err
	}
	var faults []error
	var words maphash.Hash
	words.SetSeed(r.seed)
	for n, text := range row.cells {
		c := r.columns[n]
		if text = strings.TrimSpace(table.Undefuse(text)); text == "" || c.skip {
			continue
		}
		_, _ = words.WriteString(strconv.Itoa(n) + "\x00" + text + "\x00")
		switch {
		case c.external:
			in.ExternalID = text
		case c.fullName:
		case c.set == "contact" && c.field == "email":
			a, err := email.Parse(text)
			if err != nil {
				faults = append(faults, mailFault(err))
				continue
			}
			in.Email, in.HasEmail = a, true
		case c.date:
			iso, err := r.date(text, c)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			in.Values.Put(c.set, c.field, iso)
		default:
			in.Values.Put(c.set, c.field, text)
		}
	}
	splitName(in.Values, row.cells, r.columns)
	if in.Values.Len() == 0 && !in.HasEmail && len(faults) == 0 {
		return in, habeas.Invalid("row", "This row says nothing about anybody.").WithCode("row.empty")
	}
	in.Once = 1
	if !in.HasEmail && in.ExternalID == "" { // two people of one name and no more are two
		sum := words.Sum64()
		r.same[sum]++
		in.Once = r.same[sum]
	}
	return in, errors.Join(faults...)
}

// mailFault names the column of an address that is none.
func mailFault(err error) error {
	var e *habeas.Error
	if !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Field = "contact.email"
	return &c
}

// date reads a date under the order of its column.
func (r *rowReader) date(text string, c column) (string, error) {
	year := r.clock.Now().Year()
	if iso, ok := table.ParseDate(text, c.order, year); ok {
		return iso, nil
	}
	_, day := table.ParseDate(text, table.DayFirst, year)
	_, month := table.ParseDate(text, table.MonthFirst, year)
	if day && month && c.order == table.NoOrder {
		return "", habeas.Invalid(c.set+"."+c.field, "This date can be read with the day or the month first. Say which of them its column has.").WithCode("date.open")
	}
	return "", habeas.Invalid(c.set+"."+c.field, "Use a real date, for example 1984-05-03.").WithCode("date.none")
}

// splitName uses a whole name where given and family name are not said.
func splitName(v party.Values, cells []string, cols []column) {
	if v.Get("identity", "given_name") != "" || v.Get("identity", "family_name") != "" {
		return
	}
	for n, c := range cols {
		if !c.fullName || n >= len(cells) {
			continue
		}
		words := strings.Fields(table.Undefuse(strings.TrimSpace(cells[n])))
		switch len(words) {
		case 0:
		case 1:
			v.Put("identity", "family_name", words[0])
		default:
			v.Put("identity", "given_name", words[0])
			v.Put("identity", "family_name", strings.Join(words[1:], " "))
		}
		return
	}
}

// rejected lists a row that stays out, with its faults by the columns of the file.
func (r *rowReader) rejected(one *rowItem, cause error) party.ImportRow {
	return party.ImportRow{Row: one.n, Line: one.line, Outcome: party.RowRejected, Cells: one.cells, Faults: r.faults(cause)}
}

func (r *rowReader) faults(err error) []party.RowFault {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var all []party.RowFault
		for _, e := range joined.Unwrap() {
			for _, f := range r.faults(e) {
				if !slices.ContainsFunc(all, func(g party.RowFault) bool { return f.Column == g.Column && f.Message == g.Message }) {
					all = append(all, f)
				}
			}
		}
		return all
	}
	var e *habeas.Error
	if !errors.As(err, &e) {
		return []party.RowFault{{Message: "This row cannot be read."}}
	}
	return []party.RowFault{{Column: r.columnNamed(e), Message: e.Message, Args: e.Args}}
}

// columnNamed is the column of the file that an error is about.
func (r *rowReader) columnNamed(e *habeas.Error) string {
	var t *table.Error
	if errors.As(e.Err, &t) && t.Column > 0 && t.Column <= len(r.columns) {
		return r.columns[t.Column-1].name
	}
	for _, c := range r.columns {
		if c.external && e.Field == meansExternal || !c.skip && e.Field != "" && c.set+"."+c.field == e.Field {
			return c.name
		}
	}
	return ""
}

// refusedRow reports whether an error is the fault of its row, and not of the server.
func refusedRow(err error) bool {
	k := habeas.KindOf(err)
	return k == habeas.KindInvalid || k == habeas.KindConflict
}

// leaseTime is how long a server may be silent before another one goes on with its work.
const leaseTime = 30 * time.Second
