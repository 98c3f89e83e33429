package app

import (
	"context"
	"maps"
	"math"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// bulkJob is the work on one batch.
type bulkJob struct {
	*Bulks
	b party.Bulk // as it stands in the store
}

func (j *bulkJob) work(ctx context.Context) error {
	switch j.b.State {
	case party.BulkLooking:
		return j.look(ctx)
	case party.BulkMerging:
		return j.merge(ctx)
	case party.BulkUndoing:
		return j.undo(ctx)
	case party.BulkReady, party.BulkMerged, party.BulkUndone, party.BulkDropped:
	}
	return nil
}

// mark writes how far the batch is and holds the lease, or ends it with the work.
func (j *bulkJob) mark(ctx context.Context, next party.Bulk, pairs []party.BulkPair) error {
	next.Lease = time.Time{}
	if next.State.Works() {
		next.Lease = j.records.Clock.Now().Add(leaseTime)
	}
	if err := j.records.DB.Ops().MarkBulk(ctx, &next, pairs); err != nil {
		return err
	}
	j.b = next
	return nil
}

// look examines every pair that is likely enough. It is quick and changes nothing, so one
// that was interrupted begins anew.
func (j *bulkJob) look(ctx context.Context) error {
	next := j.b
	next.Seen, next.Free, next.Clashes = 0, 0, map[party.Clash]int{}
	pairs, err := j.records.DB.Bulks().LikelyPairs(ctx, float64(next.Certain)/100, mostBulk)
	if err != nil {
		return err
	}
	next.All = len(pairs)
	if err := j.mark(ctx, next, nil); err != nil {
		return err
	}
	var free []party.BulkPair
	next = j.b
	for i, p := range pairs {
		one, other, clash, err := j.examine(ctx, j.records.DB.Records(), j.records.DB.Bulks(), p)
		if err != nil {
			return err
		}
		next.Seen++
		switch {
		case one.Party.ID.IsZero() || other.Party.ID.IsZero(): // erased meanwhile
		case clash == party.ClashNone:
			next.Count(party.PairFree)
			free = append(free, party.BulkPair{N: next.Free, PairID: p, Merge: habeas.NewID[habeas.MergeKind](j.records.Clock.Now()), Step: party.PairFree})
		default:
			next.Clashes = maps.Clone(next.Clashes)
			next.Clashes[clash]++
		}
		if (i+1)%bulkLook == 0 {
			if err := j.mark(ctx, next, free); err != nil {
				return err
			}
			next, free = j.b, nil
		}
	}
	next.State = party.BulkReady
	return j.mark(ctx, next, free)
}

// examine looks for what speaks against merging two records. A record is none when it was
// erased.
func (j *bulkJob) examine(ctx context.Context, from party.Reader, bulks sqlstore.Bulks, p party.PairID) (one, other party.Joinable, clash party.Clash, err error) {
	var recs [2]party.Record
	var both [2]party.Joinable
	var standing [2]party.Standing
	for i, id := range [2]habeas.PartyID{p.A, p.B} {
		if both[i], recs[i], err = j.records.joinable(ctx, from, id); err != nil {
			if gone(err) {
				return one, other, party.ClashUse, nil
			}
			return one, other, clash, err
		}
		if standing[i], err = bulks.Standing(ctx, recs[i].Party.ID); err != nil {
			return one, other, clash, err
		}
	}
	apart, err := bulks.ToldApart(ctx, recs[0].Party.ID, recs[1].Party.ID)
	return both[0], both[1], recs[0].Clash(recs[1], standing[0], standing[1], apart), err
}

// actor is who wants it.
func (j *bulkJob) actor(id habeas.AccountID) habeas.Actor {
	return habeas.Actor{Kind: habeas.ActorStaff, Account: id}
}

// merge merges the pairs, some in each transaction, with what became of them: whatever
// kills the server, the next one goes on behind the last transaction that is whole.
func (j *bulkJob) merge(ctx context.Context) error {
	return j.each(ctx, party.PairFree, false, party.BulkMerged, func(tx *sqlstore.Tx, p *party.BulkPair) ([]habeas.PartyID, error) {
		w := tx.Records()
		one, other, clash, err := j.examine(tx.Context(), w, tx.Bulks().Bulks, p.PairID)
		if err != nil {
			return nil, err
		}
		if clash != party.ClashNone {
			p.Step = party.PairSkipped
			return nil, nil
		}
		into, from := party.Order(one, other)
		m := party.Merge{ID: p.Merge, Said: habeas.NewID[habeas.StatementKind](j.records.Clock.Now()), By: j.b.By}
		if err := j.records.joinIn(tx, j.actor(j.b.By), &m, into, from, j.b.ID); err != nil {
			return nil, err
		}
		p.Step = party.PairMerged
		return nil, nil
	})
}

// undo takes apart what is still one, the last first.
func (j *bulkJob) undo(ctx context.Context) error {
	return j.each(ctx, party.PairMerged, true, party.BulkUndone, func(tx *sqlstore.Tx, p *party.BulkPair) ([]habeas.PartyID, error) {
		m, err := tx.Records().OneMerge(tx.Context(), p.Merge)
		if gone(err) || err == nil && m.State != party.MergeDone { // erased, or taken apart by itself
			p.Step = party.PairBefore
			return nil, nil
		}
		if err == nil {
			err = j.records.unmerge(tx.Context(), tx, j.actor(j.b.UndoBy), &m)
		}
		switch {
		case err == nil:
			p.Step = party.PairApartAt
			return []habeas.PartyID{m.Into, m.From}, nil
		case habeas.KindOf(err) == habeas.KindConflict: // a dispute is open, or its use is restricted
			p.Step = party.PairLeft
			return nil, nil
		}
		return nil, err
	})
}

// each takes the pairs at one step, some in each transaction, until none is left, and ends
// the batch. do says what became of a pair, and which records the search has to learn anew.
func (j *bulkJob) each(ctx context.Context, step party.PairStep, last bool, end party.BulkState, do func(*sqlstore.Tx, *party.BulkPair) ([]habeas.PartyID, error)) error {
	at := 0
	if last {
		at = math.MaxInt32
	}
	for {
		pairs, err := j.records.DB.Bulks().BulkPairs(ctx, j.b.ID, step, at, bulkBatch, last)
		if err != nil {
			return err
		}
		if len(pairs) == 0 {
			return j.end(ctx, end)
		}
		var changed []habeas.PartyID
		next := j.b
		err = j.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
			next, changed = j.b, nil // it may be run again
			next.Lease = j.records.Clock.Now().Add(leaseTime)
			for i := range pairs {
				pairs[i].Step = step
				ids, err := do(tx, &pairs[i])
				if err != nil {
					return err
				}
				next.Count(pairs[i].Step)
				changed = append(changed, ids...)
			}
			return tx.Ops().MarkBulk(tx.Context(), &next, pairs)
		})
		if err != nil {
			return err
		}
		j.b, at = next, pairs[len(pairs)-1].N
		if err := j.records.relearn(ctx, changed...); err != nil {
			return err
		}
	}
}

// end writes that the work on a batch is over.
func (j *bulkJob) end(ctx context.Context, state party.BulkState) error {
	next := j.b
	next.State, next.EndedAt, next.Lease = state, j.records.Clock.Now(), time.Time{}
	event, by := audit.BulkUndone, next.UndoBy
	if state == party.BulkMerged {
		next.DoneAt, event, by = next.EndedAt, audit.BulkMerged, next.By
	}
	err := j.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		out := next // it may be run again
		return tx.Bulks().ChangeBulk(&out, j.entry(event, j.actor(by), out, string(state)))
	})
	if err == nil {
		j.b = next
	}
	return err
}
