package app

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// batchRows is how many rows are one transaction: enough to share the cost of making it
// durable, few enough that others who write wait for a tenth of a second at most.
const batchRows = 256

// TakeUp frees what a server that is gone was working on. It is called before anything else
// can begin an import.
func (m *Imports) TakeUp(ctx context.Context) {
	if err := m.DB.Ops().EndLeases(ctx); err != nil && ctx.Err() == nil {
		m.Log.Error("taking up imports failed", "error", err)
	}
}

// Keep works on imports until ctx ends: when one is started, and when one that another
// server worked on has been left alone for the time of its lease.
func (m *Imports) Keep(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		if err := m.Work(ctx); err != nil && ctx.Err() == nil {
			m.Log.Error("an import has stopped; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		case <-tick.C:
		}
	}
}

// Work does everything that there is to do now, and returns.
func (m *Imports) Work(ctx context.Context) error {
	waiting, err := m.DB.Imports().Working(ctx, m.Clock.Now())
	if err != nil {
		return err
	}
	for n := range waiting {
		j := &importJob{m: m, i: waiting[n], open: m.stored(ctx, &waiting[n])}
		err := j.mark(ctx, nil) // takes the lease, or another server has it
		if err == nil {
			err = j.work(ctx)
		}
		if err != nil && !errors.Is(err, errStaleImport) {
			j.i.Lease = time.Time{} // so that it is tried again at the next look
			return errors.Join(err, m.DB.Ops().MarkImport(context.WithoutCancel(ctx), &j.i, nil))
		}
	}
	return nil
}

// importJob is the work on one import.
type importJob struct {
	m      *Imports
	i      party.Import // as it stands in the store
	open   opener
	report func(party.Import, *tableRows) // told after each batch; may be nil
	// rejected is told of each row that the dry run rejects; may be nil.
	rejected func(party.ImportRow) error
}

func (j *importJob) work(ctx context.Context) error {
	switch j.i.State {
	case party.ImportChecking:
		return j.fails(ctx, j.check(ctx))
	case party.ImportRunning:
		return j.fails(ctx, j.run(ctx))
	case party.ImportUndoing:
		return j.undo(ctx)
	default:
		return nil
	}
}

// fails ends an import whose file cannot be read to its end. What went wrong on our side
// is no fault of the file: it is tried again.
func (j *importJob) fails(ctx context.Context, err error) error {
	var e *habeas.Error
	if err == nil || !errors.As(err, &e) || e.Kind != habeas.KindInvalid && !errors.Is(err, sqlstore.ErrNoFile) {
		return err
	}
	j.i.Words.Fault = e.Text()
	return j.end(ctx, party.ImportFailed)
}

// end writes that an import has ended, and destroys its file.
func (j *importJob) end(ctx context.Context, state party.ImportState) error {
	j.i.State, j.i.Parts, j.i.Lease, j.i.Ended = state, 0, time.Time{}, j.m.Clock.Now()
	if err := j.m.change(ctx, &j.i, j.m.entry(j.actor(), j.i, string(state))); err != nil {
		return err
	}
	return j.m.DB.Compact(ctx)
}

// actor is who brought the file.
func (j *importJob) actor() habeas.Actor {
	if j.i.Account.IsZero() {
		return habeas.Server
	}
	return habeas.Actor{Kind: habeas.ActorStaff, Account: j.i.Account}
}

// mark writes how far the import is and holds the lease.
func (j *importJob) mark(ctx context.Context, out []party.ImportRow) error {
	next := j.i
	next.Lease = j.m.Clock.Now().Add(leaseTime)
	if err := j.m.DB.Ops().MarkImport(ctx, &next, out); err != nil {
		return err
	}
	j.i = next
	return nil
}

// batches reads the rows after the checkpoint and hands them on in batches, while the
// batch before is being written. done is told of each; its error ends the reading.
func (j *importJob) batches(ctx context.Context, after int64, done func([]rowItem, *tableRows, *rowReader) error) error {
	columns, err := understand(j.i.Words.Columns, j.m.Schemas)
	if err != nil {
		return err
	}
	rows, err := openRows(j.open, j.i.Words.Told)
	if err != nil {
		return err
	}
	defer rows.Close()
	reader := newRowReader(columns, j.m.Schemas, j.m.Keys, j.m.Clock, party.Assertion{
		Actor: j.actor(), Source: party.Source{Kind: party.FromImport, Import: j.i.ID}, Kind: j.i.Kind,
	})
	if err := j.again(ctx, rows, reader, after); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ready := make(chan []rowItem)
	failed := make(chan error, 1)
	go func() {
		defer close(ready)
		failed <- produce(ctx, rows, reader, after, ready)
	}()
	for items := range ready {
		if err := done(items, rows, reader); err != nil {
			stop()
			for range ready { // until it reads no more and the file may be closed
			}
			return err
		}
	}
	return <-failed
}

// again goes over the rows that are done already, so that what is remembered of them is
// as it was.
func (j *importJob) again(ctx context.Context, rows *tableRows, reader *rowReader, after int64) error {
	if after == 0 {
		return nil
	}
	out := make(map[int64]bool)
	err := j.m.eachRejected(ctx, j.i.ID, func(r party.ImportRow) error {
		out[r.Row] = true
		return nil
	})
	for n := int64(1); err == nil && n <= after; n++ {
		var row importRow
		if row, err = nextRow(rows, n); err == nil {
			reader.skip(row, out[n])
		}
	}
	if errors.Is(err, io.EOF) {
		return sqlstore.ErrNoFile // it is shorter than it was
	}
	return err
}

// produce reads rows until the end of the file.
func produce(ctx context.Context, rows *tableRows, reader *rowReader, n int64, to chan<- []rowItem) error {
	for {
		batch := make([]importRow, 0, batchRows)
		var err error
		for len(batch) < batchRows && err == nil {
			var row importRow
			if row, err = nextRow(rows, n+1); err == nil {
				n++
				batch = append(batch, row)
			}
		}
		if len(batch) > 0 {
			select {
			case to <- reader.take(batch):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// run lets rows in. Each batch, the rows that stay out of it and the checkpoint are one
// transaction, so whatever kills the server, the next one goes on behind the last batch
// that is whole.
func (j *importJob) run(ctx context.Context) error {
	if j.i.Words.Format == copyForm {
		return j.runCopy(ctx)
	}
	err := j.batches(ctx, j.i.Row, func(items []rowItem, rows *tableRows, reader *rowReader) error {
		if err := j.m.Disk.Err(); err != nil {
			return err
		}
		next := j.i
		err := j.m.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
			next = j.i // it may be run again
			return j.letIn(tx, &next, items, reader)
		})
		if err == nil {
			j.i = next
			if j.report != nil {
				j.report(j.i, rows)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return j.end(ctx, party.ImportDone)
}

// letIn writes one batch.
func (j *importJob) letIn(tx *sqlstore.Tx, next *party.Import, items []rowItem, reader *rowReader) error {
	plans, at := make([]party.Plan, 0, len(items)), make([]*rowItem, 0, len(items))
	for n := range items {
		if items[n].cause == nil {
			plans, at = append(plans, &items[n]), append(at, &items[n])
		}
	}
	refused, err := tx.Decide(plans)
	if err != nil {
		return err
	}
	why := make(map[int64]error, len(items))
	for n, cause := range refused {
		if cause != nil && !refusedRow(cause) {
			return cause
		}
		why[at[n].n] = cause
	}
	var out []party.ImportRow
	for n := range items {
		one := &items[n]
		cause := one.cause
		if cause == nil {
			cause = why[one.n]
		}
		if cause != nil {
			if !refusedRow(cause) {
				return cause
			}
			out = append(out, reader.rejected(one, cause))
			next.Tally.Count(party.RowRejected)
			continue
		}
		next.Tally.Count(one.plan.Outcome())
	}
	next.Row = items[len(items)-1].n
	next.Read = max(next.Read, next.Row)
	next.Lease = j.m.Clock.Now().Add(leaseTime)
	return tx.Ops().MarkImport(tx.Context(), next, out)
}

// undoRows is how many records are erased in one transaction.
const undoRows = 100

// undo erases the records that only this import speaks of. Others stay.
func (j *importJob) undo(ctx context.Context) error {
	var last habeas.PartyID
	for {
		found, err := j.m.DB.Imports().Brought(ctx, j.i.ID, last, undoRows)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return j.end(ctx, party.ImportUndone)
		}
		last = found[len(found)-1].ID
		var gone []habeas.PartyID
		next := j.i
		err = j.m.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
			next, gone = j.i, nil
			for _, p := range found {
				erased, err := j.undoOne(tx, p.ID)
				if err != nil {
					return err
				}
				if erased {
					gone = append(gone, p.ID)
				}
			}
			next.Undone += int64(len(gone))
			next.Lease = j.m.Clock.Now().Add(leaseTime)
			return tx.Ops().MarkImport(ctx, &next, nil)
		})
		if err != nil {
			return err
		}
		j.i = next
		subjects := make([]habeas.SubjectID, len(gone))
		for n, id := range gone {
			subjects[n] = habeas.SubjectOf(id)
		}
		if err := j.m.Records.forget(ctx, gone, subjects...); err != nil {
			return err
		}
	}
}

// undoOne erases a record if nothing but the import has to do with it.
func (j *importJob) undoOne(tx *sqlstore.Tx, id habeas.PartyID) (bool, error) {
	w, ctx := tx.Imports(), tx.Context()
	p, err := tx.Records().Party(ctx, id)
	if habeas.KindOf(err) == habeas.KindNotFound && err != nil {
		return false, nil // gone meanwhile
	}
	if err != nil {
		return false, err
	}
	said, err := tx.Records().Statements(ctx, id)
	if err != nil {
		return false, err
	}
	if touched, err := w.Touched(ctx, p, said); err != nil || touched {
		return false, err
	}
	var marks []keyring.LookupHash
	for _, s := range said {
		for nth := 1; ; nth++ {
			mark := party.OnceKey(j.m.Keys, p.Kind, s, nth)
			if _, ok, err := w.Repeated(ctx, mark); err != nil || !ok {
				if err != nil {
					return false, err
				}
				break
			}
			marks = append(marks, mark)
		}
	}
	now := j.m.Clock.Now()
	e := audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: audit.PartyErased, Actor: j.actor(), At: now,
		Detail: map[string]string{"import": j.i.ID.String(), "reason": "import undone"},
	}
	return true, w.EraseImported(p, unique(party.HashesOf(said, j.m.Keys, emailKey)), marks, e)
}
