package app

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

const (
	// mostBulk is how many pairs one batch looks at: the likeliest.
	mostBulk = 20_000
	// bulkBatch is how many pairs are merged or taken apart in one transaction: so many
	// that it pays, so few that nobody else waits long.
	bulkBatch = 25
	// bulkLook is how many pairs are examined before their count is written down.
	bulkLook = 200
	// mostSamples is how many pairs of a batch are shown before it is merged.
	mostSamples = 10
	// mostBulks is how many batches are listed.
	mostBulks = 20
)

// Bulks are the use cases about batches of merges (ADR 0033): looked for, merged and taken
// back as one, by a job that goes on where it was when the server is killed. It is safe for
// concurrent use.
type Bulks struct {
	records *Records
	log     *slog.Logger
	wake    chan struct{}
}

// NewBulks returns the use cases.
func NewBulks(r *Records, log *slog.Logger) *Bulks {
	return &Bulks{records: r, log: log, wake: make(chan struct{}, 1)}
}

// Newest implements web/party.Bulks.
func (b *Bulks) Newest(ctx context.Context, a habeas.Actor) ([]party.Bulk, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	return b.records.DB.Bulks().NewestBulks(ctx, mostBulks)
}

// Look implements web/party.Bulks. The pairs that are shown are witnessed first.
func (b *Bulks) Look(ctx context.Context, a habeas.Actor, id habeas.BulkID) (party.Bulk, []party.BulkSample, error) {
	if err := staff(&a); err != nil {
		return party.Bulk{}, nil, err
	}
	from := b.records.DB.Bulks()
	one, err := from.Bulk(ctx, id)
	if err != nil || one.State != party.BulkReady {
		return one, nil, err
	}
	pairs, err := from.BulkPairs(ctx, id, party.PairFree, 0, mostSamples, false)
	if err != nil {
		return one, nil, err
	}
	var out []party.BulkSample
	for _, p := range pairs {
		both, err := b.records.show(ctx, a, listPairs, []habeas.PartyID{p.A, p.B})
		if err != nil {
			return one, nil, err
		}
		if len(both) == 2 {
			out = append(out, party.BulkSample{One: both[0], Other: both[1]})
		}
	}
	return one, out, nil
}

// Begin implements web/party.Bulks: it looks for the pairs that nothing speaks against.
func (b *Bulks) Begin(ctx context.Context, a habeas.Actor) (habeas.BulkID, error) {
	if err := staff(&a); err != nil {
		return habeas.BulkID{}, err
	}
	return b.begin(ctx, a)
}

// Recount looks anew when all records were compared, so that the queue says how many pairs
// can be merged together. While staff work with a batch, it leaves that alone.
func (b *Bulks) Recount(ctx context.Context) error {
	all, err := b.records.DB.Bulks().NewestBulks(ctx, 1)
	if err != nil {
		return err
	}
	for _, one := range all {
		if one.State.Works() || one.State == party.BulkReady && !one.By.IsZero() {
			return nil
		}
	}
	_, err = b.begin(ctx, habeas.Server)
	return err
}

func (b *Bulks) begin(ctx context.Context, a habeas.Actor) (habeas.BulkID, error) {
	policy, err := b.records.Policies.Current(ctx)
	if err != nil {
		return habeas.BulkID{}, err
	}
	now := b.records.Clock.Now()
	fresh := party.Bulk{ID: habeas.NewID[habeas.BulkKind](now), State: party.BulkLooking, By: a.Account, Certain: policy.Matching.Certain, At: now, Version: 1}
	err = b.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Bulks()
		all, err := w.NewestBulks(ctx, mostBulks)
		if err != nil {
			return err
		}
		for _, one := range all {
			if one.State == party.BulkMerging || one.State == party.BulkUndoing {
				return party.ErrBulkBusy
			}
			if one.State != party.BulkReady && one.State != party.BulkLooking {
				continue
			}
			if one, err = one.Drop(now); err != nil {
				return err
			}
			if err := w.ChangeBulk(&one, b.entry(audit.BulkMerged, a, one, "dropped")); err != nil {
				return err
			}
		}
		return w.CreateBulk(fresh, b.entry(audit.BulkMerged, a, fresh, "looked for"))
	})
	b.Wake()
	return fresh.ID, err
}

// Merge implements web/party.Bulks.
func (b *Bulks) Merge(ctx context.Context, a habeas.Actor, id habeas.BulkID) error {
	return b.change(ctx, a, id, audit.BulkMerged, "merge", func(one party.Bulk) (party.Bulk, error) { return one.Merge(a.Account) })
}

// Undo implements web/party.Bulks: it takes the whole batch back.
func (b *Bulks) Undo(ctx context.Context, a habeas.Actor, id habeas.BulkID) error {
	return b.change(ctx, a, id, audit.BulkUndone, "undo", func(one party.Bulk) (party.Bulk, error) { return one.Undo(a.Account) })
}

// Drop implements web/party.Bulks.
func (b *Bulks) Drop(ctx context.Context, a habeas.Actor, id habeas.BulkID) error {
	return b.change(ctx, a, id, audit.BulkMerged, "dropped", func(one party.Bulk) (party.Bulk, error) { return one.Drop(b.records.Clock.Now()) })
}

// change is what staff decide about a batch. While one is worked on, no other is.
func (b *Bulks) change(ctx context.Context, a habeas.Actor, id habeas.BulkID, event audit.Event, what string, to func(party.Bulk) (party.Bulk, error)) error {
	if err := staff(&a); err != nil {
		return err
	}
	err := b.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Bulks()
		one, err := w.Bulk(ctx, id)
		if err != nil {
			return err
		}
		if one, err = to(one); err != nil {
			return err
		}
		busy, err := w.NewestBulks(ctx, mostBulks)
		if err != nil {
			return err
		}
		for _, other := range busy {
			if other.ID != id && other.State.Works() {
				return party.ErrBulkBusy
			}
		}
		one.Lease = time.Time{}
		return w.ChangeBulk(&one, b.entry(event, a, one, what))
	})
	b.Wake()
	return err
}

// entry is the batch's own line; each record has one besides for each merge.
func (b *Bulks) entry(e audit.Event, a habeas.Actor, one party.Bulk, what string) audit.Entry {
	now := b.records.Clock.Now()
	return audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: e, Actor: a, At: now,
		Detail: map[string]string{"event": one.ID.String(), "step": what, "pairs": strconv.Itoa(one.Free)},
	}
}

// Wake lets the server look for work at once.
func (b *Bulks) Wake() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// TakeUp frees what a server that is gone was working on. It is called before anything else
// can begin a batch.
func (b *Bulks) TakeUp(ctx context.Context) {
	if err := b.records.DB.Ops().EndBulkLeases(ctx); err != nil && ctx.Err() == nil {
		b.log.Error("taking up batches of merges failed", "error", err)
	}
}

// Keep works on batches until ctx ends.
func (b *Bulks) Keep(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := b.Work(ctx); err != nil && ctx.Err() == nil {
			b.log.Error("a batch of merges has stopped; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		case <-tick.C:
		}
	}
}

// Work does everything that there is to do now, and returns.
func (b *Bulks) Work(ctx context.Context) error {
	waiting, err := b.records.DB.Bulks().WorkingBulks(ctx, b.records.Clock.Now())
	if err != nil {
		return err
	}
	for _, one := range waiting {
		j := &bulkJob{Bulks: b, b: one}
		err := j.mark(ctx, j.b, nil) // takes the lease, or another server has it
		if err == nil {
			err = j.work(ctx)
		}
		if err != nil && !errors.Is(err, party.ErrBulkMoved) {
			free := j.b
			free.Lease = time.Time{} // so that it is tried again at the next look
			return errors.Join(err, b.records.DB.Ops().MarkBulk(context.WithoutCancel(ctx), &free, nil))
		}
	}
	return nil
}
