package jobs

import (
	"context"
	"time"
)

// Schedule is something to do again and again. Its runs are at least Every
// apart, counted from the start of the last good one, whichever node did it.
type Schedule struct {
	// Name is stable: the store knows the schedule by it.
	Name string
	// Every is the time between runs; at least 1 s.
	Every time.Duration
	// Lease is how long one run may take before another node may start it
	// again, and how long a failed run waits to be repeated. Default 10 min.
	Lease time.Duration
	// Do does it. It must bear being done twice, and return soon after ctx ends.
	Do func(ctx context.Context) error
}

// Runs remembers when schedules ran. internal/sqlstore implements it.
type Runs interface {
	// BeginRun claims the next run of name until leaseEnd, if the last good
	// run began at or before notAfter, or never, and no claim is held. It
	// reports whether the caller has it.
	BeginRun(ctx context.Context, name string, now, notAfter, leaseEnd time.Time) (bool, error)

	// EndRun records that the run that began at began was good, and ends its claim.
	EndRun(ctx context.Context, name string, began time.Time) error
}

const defaultRunLease = 10 * time.Minute

// keep runs one schedule until ctx ends; work is the context for a run itself.
func (w *Worker) keep(ctx, work context.Context, s Schedule) {
	setDefault(&s.Lease, defaultRunLease)
	s.Every = max(s.Every, time.Second)
	// Asked more often than Every, because another node's claim may end between.
	tick := time.NewTicker(max(time.Second, min(s.Every/4, time.Minute)))
	defer tick.Stop()
	for ctx.Err() == nil {
		w.runOnce(ctx, work, s)
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (w *Worker) runOnce(ctx, work context.Context, s Schedule) {
	log := w.Log.With("schedule", s.Name)
	began := w.Clock.Now()
	mine, err := w.Runs.BeginRun(ctx, s.Name, began, began.Add(-s.Every), began.Add(s.Lease))
	if err != nil || !mine {
		if err != nil && ctx.Err() == nil {
			log.Error("jobs: claiming failed", "reason", reasonOf(err))
		}
		return
	}
	if err := s.attempt(work); err != nil {
		log.Error("jobs: schedule failed", "reason", reasonOf(err))
		return // the claim ends by itself, and the run is repeated
	}
	record, cancel := context.WithTimeout(context.WithoutCancel(work), recordTime)
	defer cancel()
	if err := w.Runs.EndRun(record, s.Name, began); err != nil {
		log.Error("jobs: outcome not recorded", "reason", reasonOf(err))
	}
}

func (s Schedule) attempt(work context.Context) (err error) {
	ctx, cancel := context.WithTimeout(work, s.Lease/4*3)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = &temporary{"panic"}
		}
	}()
	return s.Do(ctx)
}
