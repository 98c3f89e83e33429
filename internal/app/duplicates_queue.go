package app

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Queue lists pairs that wait, without a value of anybody's.
func (d *Duplicates) Queue(ctx context.Context, offset, limit int) ([]party.Duplicate, int, error) {
	n, err := d.records.DB.Duplicates().CountPairs(ctx)
	if err != nil {
		return nil, 0, err
	}
	pairs, err := d.records.DB.Duplicates().OpenPairs(ctx, offset, limit)
	return pairs, n, err
}

// Waiting counts for staff the pairs that wait.
func (d *Duplicates) Waiting(ctx context.Context, a habeas.Actor) (int, error) {
	if err := staff(&a); err != nil {
		return 0, err
	}
	return d.records.DB.Duplicates().CountPairs(ctx)
}

// lookAhead is how many pairs are looked at together for one that can be decided now.
const lookAhead = 50

// Next returns the likeliest pair that waits, with both records, and false when none
// does. Looking at it is witnessed for both, before anything is shown.
func (d *Duplicates) Next(ctx context.Context, a habeas.Actor) (one, other party.Record, pair party.Duplicate, found bool, err error) {
	if err = staff(&a); err != nil {
		return
	}
	if err = party.CheckPurpose(a.Purpose, true); err != nil {
		return
	}
	s, err := d.records.Sight(ctx, a)
	if err != nil {
		return one, other, pair, false, err
	}
	for {
		pairs, err := d.records.DB.Duplicates().OpenPairs(ctx, 0, lookAhead)
		if err != nil || len(pairs) == 0 {
			return one, other, pair, false, err
		}
		var gone []party.PairID
		for _, pair = range pairs {
			both, err := d.records.loadAll(ctx, []habeas.PartyID{pair.A, pair.B})
			if err != nil {
				return one, other, pair, false, err
			}
			related, err := d.related(ctx, pair.PairID)
			if err != nil {
				return one, other, pair, false, err
			}
			if !related && len(both) == 2 && both[0].Party.ID == pair.A && both[1].Party.ID == pair.B && party.Comparable(both[0].Party, both[1].Party) {
				pair.Unseen, pair.Reasons = s.Unseen(both[0], both[1]), s.Reasons(pair.Reasons)
				return both[0].SeenBy(s), both[1].SeenBy(s), pair, true, errors.Join(d.drop(ctx, gone), d.compared(ctx, a, both))
			}
			gone = append(gone, pair.PairID) // claimed, disputed, merged or related since it was found
		}
		if err := d.drop(ctx, gone); err != nil {
			return one, other, pair, false, err
		}
	}
}

// related reports whether one of a pair is related to the other by now.
func (d *Duplicates) related(ctx context.Context, p party.PairID) (bool, error) {
	err := d.records.notRelated(ctx, d.records.DB.Records(), d.records.DB.Relations(), p.A, p.B)
	switch {
	case errors.Is(err, party.ErrRelated):
		return true, nil
	case err != nil && habeas.KindOf(err) == habeas.KindNotFound: // erased a moment ago
		return false, nil
	}
	return false, err
}

func (d *Duplicates) drop(ctx context.Context, gone []party.PairID) error {
	if len(gone) == 0 {
		return nil
	}
	return d.records.DB.Ops().RemovePairs(ctx, gone)
}

// compared witnesses for both that they are looked at beside each other.
func (d *Duplicates) compared(ctx context.Context, a habeas.Actor, both []party.Record) error {
	return d.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		for _, rec := range both {
			if err := tx.Audit(d.records.event(audit.PartyRead, rec.Party.ID, a, map[string]string{"list": listPairs})); err != nil {
				return err
			}
		}
		return nil
	})
}

// Decided lists the pairs that staff said are two, those decided last first.
func (d *Duplicates) Decided(ctx context.Context, a habeas.Actor, limit int) ([]party.DecidedPair, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	pairs, err := d.records.DB.Duplicates().DecidedPairs(ctx, limit)
	if err != nil {
		return nil, err
	}
	ids := make(map[habeas.PartyID]bool, 2*len(pairs))
	for _, pair := range pairs {
		ids[pair.A], ids[pair.B] = true, true
	}
	shown, err := d.records.show(ctx, a, listPairs, slices.Collect(maps.Keys(ids)))
	if err != nil {
		return nil, err
	}
	by := make(map[habeas.PartyID]party.Record, len(shown))
	for _, rec := range shown {
		by[rec.Party.ID] = rec
	}
	var out []party.DecidedPair
	for _, pair := range pairs {
		one, there := by[pair.A]
		other, too := by[pair.B]
		pair.Reasons = nil
		if there && too { // else one of them was erased a moment ago
			out = append(out, party.DecidedPair{Duplicate: pair, One: one, Other: other})
		}
	}
	return out, nil
}

// Decide takes a decision of staff about a pair. That two are the same is decided by
// merging them.
func (d *Duplicates) Decide(ctx context.Context, a habeas.Actor, p party.PairID, what party.PairDecision) error {
	if err := staff(&a); err != nil {
		return err
	}
	return d.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Duplicates()
		pair, err := w.FindPair(ctx, p)
		if err != nil {
			return err
		}
		now := d.records.Clock.Now()
		if pair, err = pair.Decide(what, a.Account, now); err != nil {
			return err
		}
		// It is decided about what both say now.
		for id, mark := range map[habeas.PartyID]*keyring.LookupHash{p.A: &pair.MarkA, p.B: &pair.MarkB} {
			rec, said, err := d.records.load(ctx, tx.Records(), id)
			if err != nil {
				return err
			}
			*mark = d.subjectFrom(rec.Party, party.Spoken{Said: said, Settled: rec.Settled}).Mark
		}
		entry := func(id habeas.PartyID) audit.Entry {
			return d.records.event(audit.PartyReviewed, id, a, map[string]string{"decision": "pair-" + string(what)})
		}
		return w.SavePair(pair, entry(p.A), entry(p.B))
	})
}
