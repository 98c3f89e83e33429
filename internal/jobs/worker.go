package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
)

// Worker carries out jobs and schedules. Set the fields, then Run; do not
// change them afterwards. Zero values mean what the comments say.
type Worker struct {
	// Store keeps the jobs. Required.
	Store Store
	// Clock says when a job is due. Required.
	Clock habeas.Clock
	// Handlers carry out the jobs by kind. A job of another kind is retried,
	// since a newer node may have queued it.
	Handlers map[Kind]Handler
	// Schedules are run beside the jobs; they need Runs, which remembers them.
	Schedules []Schedule
	Runs      Runs
	// Log takes one line for each failure, with ids and codes only. Default slog.Default().
	Log *slog.Logger

	// Concurrency is how many jobs run at once. Default 8.
	Concurrency int
	// Poll is how often the store is asked without being woken; at least 1 s,
	// default 2 s. It bounds how late a retry, or another node's job, starts.
	Poll time.Duration
	// Lease is how long a claim lasts, and so how soon a dead node's jobs run
	// again. Default 2 min. A handler gets three quarters of it.
	Lease time.Duration
	// MaxAttempts and MaxAge end retrying. Default 60 attempts, 48 h from CreatedAt.
	MaxAttempts int
	MaxAge      time.Duration
	// Grace is how long Run lets work in flight finish after ctx has ended,
	// before it cuts it off. Default 10 s.
	Grace time.Duration
	// Rand draws the jitter from [0, 1). Default math/rand/v2.
	Rand func() float64

	once  sync.Once
	wake  chan struct{} // holds at most one waking
	freed chan struct{} // holds at most one notice that a slot is free
	slots chan struct{} // taken while a job runs
}

// Backoff bounds: the first retry after about 10 s, none later than 2 h.
const (
	firstBackoff = 10 * time.Second
	maxBackoff   = 2 * time.Hour
	recordTime   = 10 * time.Second // for writing an outcome
)

func (w *Worker) init() {
	w.once.Do(func() {
		setDefault(&w.Concurrency, 8)
		setDefault(&w.Poll, 2*time.Second)
		setDefault(&w.Lease, 2*time.Minute)
		setDefault(&w.MaxAttempts, 60)
		setDefault(&w.MaxAge, 48*time.Hour)
		setDefault(&w.Grace, 10*time.Second)
		w.Poll = max(w.Poll, time.Second)
		if w.Log == nil {
			w.Log = slog.Default()
		}
		if w.Rand == nil {
			w.Rand = rand.Float64
		}
		w.wake = make(chan struct{}, 1)
		w.freed = make(chan struct{}, 1)
		w.slots = make(chan struct{}, w.Concurrency)
	})
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Wake makes the worker look for jobs now. Call it after a transaction that
// queued one has committed. It never blocks and may be called at any time.
func (w *Worker) Wake() {
	w.init()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run carries out jobs and schedules until ctx ends; then it claims no more,
// gives work in flight Grace to finish, cancels the rest, waits as long again
// for it to return, and returns. What had not finished by then runs again when
// its lease has ended. It never returns early: a store that fails is asked
// again at the next poll.
func (w *Worker) Run(ctx context.Context) {
	w.init()
	// Work outlives ctx by Grace, so it runs under a context of its own.
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var running sync.WaitGroup
	for _, s := range w.Schedules {
		running.Go(func() { w.keep(ctx, work, s) })
	}
	w.loop(ctx, work, &running)

	finished := make(chan struct{})
	go func() { running.Wait(); close(finished) }()
	if !waitFor(finished, w.Grace) {
		cut()
		if !waitFor(finished, w.Grace) {
			w.Log.Warn("jobs: abandoned work that does not stop")
		}
	}
}

func waitFor(done <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

func (w *Worker) loop(ctx, work context.Context, running *sync.WaitGroup) {
	poll := time.NewTicker(w.Poll)
	defer poll.Stop()
	for ctx.Err() == nil {
		more := w.claim(ctx, work, running)
		freed := w.freed
		if !more {
			freed = nil // nothing waits for a slot
		}
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-poll.C:
		case <-freed:
		}
	}
}

// claim starts as many due jobs as there are free slots, and reports whether
// there may be more.
func (w *Worker) claim(ctx, work context.Context, running *sync.WaitGroup) (more bool) {
	free := w.Concurrency - len(w.slots) // only this goroutine takes slots
	if free == 0 {
		return true
	}
	now := w.Clock.Now()
	due, err := w.Store.Due(ctx, now, now.Add(w.Lease), free)
	if err != nil {
		if ctx.Err() == nil {
			w.Log.Error("jobs: claiming failed", "reason", reasonOf(err))
		}
		return false
	}
	for _, job := range due {
		w.slots <- struct{}{}
		running.Go(func() {
			defer func() {
				<-w.slots
				select {
				case w.freed <- struct{}{}:
				default:
				}
			}()
			w.handle(work, job)
		})
	}
	return len(due) == free
}

// handle carries out one job and records what came of it.
func (w *Worker) handle(work context.Context, job Job) {
	err := w.attempt(work, job)
	now := w.Clock.Now()
	// The outcome is recorded even while shutting down.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(work), recordTime)
	defer cancel()
	log := w.Log.With("job", job.ID.String(), "kind", string(job.Kind), "attempt", job.Attempts)
	var recorded error
	var later postponed
	switch reason := ""; {
	case err == nil:
		recorded = w.Store.Done(ctx, job.ID, now)
	case work.Err() != nil && !isPermanent(err):
		recorded = w.Store.Retry(ctx, job.ID, job.Attempts, now, "shutdown")
	case errors.As(err, &later):
		recorded = w.Store.Retry(ctx, job.ID, job.Attempts, now.Add(time.Duration(later)), "busy")
	case w.exhausted(job, now, err):
		reason = reasonOf(err)
		log.Error("jobs: given up", "reason", reason)
		recorded = w.Store.Dead(ctx, job.ID, job.Attempts, now, reason)
	default:
		reason = reasonOf(err)
		log.Warn("jobs: will be tried again", "reason", reason)
		recorded = w.Store.Retry(ctx, job.ID, job.Attempts, now.Add(max(w.backoff(job.Attempts), laterOf(err))), reason)
	}
	if recorded != nil { // the lease ends by itself, and the job runs again
		log.Error("jobs: outcome not recorded", "reason", reasonOf(recorded))
	}
}

func (w *Worker) exhausted(job Job, now time.Time, err error) bool {
	return isPermanent(err) || job.Attempts >= w.MaxAttempts || now.Sub(job.CreatedAt) >= w.MaxAge
}

// attempt runs the handler. A panic in it is a failure like any other; its
// value, which may be somebody's data, is dropped.
func (w *Worker) attempt(work context.Context, job Job) (err error) {
	if !job.ExpiresAt.IsZero() && !w.Clock.Now().Before(job.ExpiresAt) {
		return Permanent("expired", nil)
	}
	if job.Attempts > w.MaxAttempts { // earlier attempts took their process with them
		return Permanent("attempts", nil)
	}
	handler, ok := w.Handlers[job.Kind]
	if !ok {
		return &temporary{"no-handler"}
	}
	// Ends before the lease, so that two nodes do not do one thing at once.
	ctx, cancel := context.WithTimeout(work, w.Lease/4*3)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			w.Log.Error("jobs: panic", "kind", string(job.Kind), "type", fmt.Sprintf("%T", v))
			err = &temporary{"panic"}
		}
	}()
	return handler(ctx, job)
}

type temporary struct{ reason string }

func (t *temporary) Error() string  { return t.reason }
func (t *temporary) Reason() string { return t.reason }

// backoff doubles with every attempt up to two hours; half of it is random, so
// that jobs which failed together do not come back together.
func (w *Worker) backoff(attempts int) time.Duration {
	d := float64(firstBackoff) * math.Pow(2, float64(min(attempts, 30)-1))
	d = min(d, float64(maxBackoff))
	return time.Duration(d/2 + w.Rand()*d/2)
}
