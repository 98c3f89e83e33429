package app

import (
	"context"
	"iter"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/party"
)

var errTrying = habeas.Conflict("Another choice is being tried already.").WithCode("matching.trying")

// Trial says what the choice that was tried last would change.
func (d *Duplicates) Trial() party.Trial {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.trial
}

// Try asks for a dry run of another choice of matching fields; it runs beside the
// requests and changes nothing.
func (d *Duplicates) Try(_ context.Context, a habeas.Actor, m party.Matching) error {
	if !a.Has(habeas.RoleAdministrator) {
		return account.ErrNotAdministrator
	}
	if err := m.Check(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.trial.Running {
		return errTrying
	}
	d.trial = party.Trial{Matching: m, Running: true}
	select {
	case d.tries <- struct{}{}:
	default:
	}
	return nil
}

// Forget drops what the last trial said.
func (d *Duplicates) Forget(a habeas.Actor) error {
	if !a.Has(habeas.RoleAdministrator) {
		return account.ErrNotAdministrator
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.trial.Running {
		return errTrying
	}
	d.trial = party.Trial{}
	return nil
}

// RunTrial carries out the dry run that was asked for.
func (d *Duplicates) RunTrial(ctx context.Context) error {
	t := d.Trial()
	err := d.try(ctx, &t)
	d.mu.Lock()
	defer d.mu.Unlock()
	t.Running, t.Failed, t.Ended, t.Done = false, err != nil, d.records.Clock.Now(), 1
	d.trial = t
	return err
}

func (d *Duplicates) try(ctx context.Context, t *party.Trial) error {
	policy, err := d.records.Policies.Current(ctx)
	if err != nil {
		return err
	}
	waiting, err := d.records.DB.Duplicates().OpenPairs(ctx, 0, mostWaiting)
	if err != nil {
		return err
	}
	open := make(map[party.PairID]bool, len(waiting))
	for _, pair := range waiting {
		open[pair.PairID] = true
	}
	apart, err := d.records.DB.Relations().Pairs(ctx)
	if err != nil {
		return err
	}
	tally := party.NewTallyClaims(policy.Matching, t.Matching)
	for i, kind := range party.Kinds() {
		count, err := d.records.DB.Records().CountKind(ctx, kind)
		if err != nil {
			return err
		}
		progress := func(l party.Likeness) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.trial.Done = (float64(i) + l.Part(count)) / float64(len(party.Kinds()))
		}
		found, err := party.FindDuplicates(ctx, kind, count, tallied(d.Subjects(ctx, kind), tally), t.Matching, progress)
		if err != nil {
			return err
		}
		for _, pair := range found {
			if _, related := apart.Between(pair.A, pair.B); related {
				continue
			}
			if open[pair.PairID] {
				delete(open, pair.PairID)
				t.Kept++
			} else if err := d.join(ctx, t, pair); err != nil {
				return err
			}
		}
	}
	for _, pair := range waiting {
		if open[pair.PairID] {
			t.Dropped++
			if len(t.Leaving) < party.MostExamples {
				t.Leaving = append(t.Leaving, pair.PairID)
			}
		}
	}
	sums := tally.Sum()
	t.Now, t.Claims = sums[0], sums[1]
	return nil
}

// join counts a pair that does not wait, unless a decision about it holds.
func (d *Duplicates) join(ctx context.Context, t *party.Trial, pair party.Duplicate) error {
	was, err := d.records.DB.Duplicates().FindPair(ctx, pair.PairID)
	if err != nil && habeas.KindOf(err) != habeas.KindNotFound {
		return err
	}
	if err == nil && was.Found(pair).State != party.PairOpen {
		return nil
	}
	t.Added++
	if len(t.Examples) < party.MostExamples {
		t.Examples = append(t.Examples, pair.PairID)
	}
	return nil
}

// mostWaiting is how many pairs that wait a trial compares with.
const mostWaiting = 200_000

// tallied counts the subjects that pass.
func tallied(subjects iter.Seq2[party.Subject, error], t *party.TallyClaims) iter.Seq2[party.Subject, error] {
	return func(yield func(party.Subject, error) bool) {
		for s, err := range subjects {
			if err == nil {
				t.Add(s)
			}
			if !yield(s, err) {
				return
			}
		}
	}
}
