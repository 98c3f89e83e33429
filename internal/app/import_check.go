package app

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// dryRows is after how many rows the dry run forgets what it has found in the store and
// what earlier rows would have written there, so that memory stays bounded.
const dryRows = 50_000

// examplesShown is how many rows of each outcome the dry run shows.
const examplesShown = 5

// check is the dry run: it decides as the run will, and writes nothing but the counts.
func (j *importJob) check(ctx context.Context) error {
	var tally party.ImportTally
	var examples []party.ImportRow
	shown := make(map[party.ImportOutcome]int)
	found := newDryFound(ctx, j.m.DB)
	err := j.batches(ctx, 0, func(items []rowItem, rows *tableRows, reader *rowReader) error {
		for n := range items {
			row, err := dryRow(&items[n], found, reader)
			if err != nil {
				return err
			}
			tally.Count(row.Outcome)
			if j.rejected != nil && row.Outcome == party.RowRejected {
				if err := j.rejected(row); err != nil {
					return err
				}
			}
			if shown[row.Outcome]++; shown[row.Outcome] <= examplesShown {
				examples = append(examples, row)
			}
		}
		j.i.Read = items[len(items)-1].n
		j.i.Words.Dry = tally
		if j.report != nil {
			j.report(j.i, rows)
		}
		if j.i.Version > 0 && j.i.Read%(10*batchRows) == 0 {
			return j.mark(ctx, nil)
		}
		return nil
	})
	if err != nil {
		return err
	}
	j.i.Words.Dry, j.i.Words.Examples = tally, examples
	j.i.State, j.i.Lease = party.ImportChecked, time.Time{}
	if j.i.Version == 0 { // of the command line: it stands nowhere
		return nil
	}
	return j.m.change(ctx, &j.i, j.m.entry(j.actor(), j.i, "checked"))
}

// dryRow says what would become of a row.
func dryRow(one *rowItem, found *dryFound, reader *rowReader) (party.ImportRow, error) {
	cause := one.cause
	if cause == nil {
		var c party.Change
		if c, cause = one.Decide(found); cause == nil {
			found.apply(c)
		}
		if found.err != nil {
			return party.ImportRow{}, found.err
		}
	}
	if cause != nil {
		if !refusedRow(cause) {
			return party.ImportRow{}, cause
		}
		return reader.rejected(one, cause), nil
	}
	return party.ImportRow{Row: one.n, Line: one.line, Outcome: one.plan.Outcome(), Cells: one.cells}, nil
}

// dryFound is what the dry run sees: the store, and over it what the rows before would
// have written. It implements party.Found.
type dryFound struct {
	*sand
	ctx context.Context //nolint:containedctx // party.Found takes none
	db  *sqlstore.DB
	n   int
	err error
}

func newDryFound(ctx context.Context, db *sqlstore.DB) *dryFound {
	return &dryFound{ctx: ctx, db: db, sand: newSand()}
}

// apply takes in what a row would write.
func (d *dryFound) apply(c party.Change) {
	if d.n++; d.n%dryRows == 0 {
		d.sand = newSand()
	}
	d.sand.apply(c)
	clear(d.said) // nobody reads the words
}

// KnownAs implements party.Found.
func (d *dryFound) KnownAs(h keyring.LookupHash) []party.KnownAs {
	if rows, ok := d.knownAs[h]; ok || d.err != nil {
		return rows
	}
	rows, err := d.db.Records().KnownAt(d.ctx, h)
	d.err = err
	d.knownAs[h] = rows
	return rows
}

// Party implements party.Found.
func (d *dryFound) Party(id habeas.PartyID) (party.Party, bool) {
	if p, ok := d.sand.Party(id); ok || d.err != nil {
		return p, ok
	}
	p, err := d.db.Records().Party(d.ctx, id)
	if err != nil && habeas.KindOf(err) != habeas.KindNotFound {
		d.err = err
	}
	return p, err == nil
}

// Idempotent implements party.Found.
func (d *dryFound) Idempotent(key keyring.LookupHash) (party.Idempotent, bool) {
	if i, ok := d.sand.Idempotent(key); ok || d.err != nil {
		return i, ok
	}
	i, ok, err := d.db.Imports().Repeated(d.ctx, key)
	d.err = err
	return i, ok
}
