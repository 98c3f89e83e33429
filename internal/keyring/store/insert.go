package store

import (
	"context"
	"slices"
	"sync"
)

// insertQueue holds the inserts that wait for the turn to write. Whoever gets
// the turn writes them all with one sync to the disk, so many callers with one
// key each cost hardly more than one.
type insertQueue struct {
	turn  chan struct{} // holds one token; closed with the store
	write func(ctx context.Context, jobs []*insertJob) error

	mu   sync.Mutex
	jobs []*insertJob
}

type insertJob struct {
	rows  []Row
	check func() error
	decoy bool // the rows go where nobody reads them
	err   error
	done  chan struct{} // closed once err is final
}

func (q *insertQueue) add(j *insertJob) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, j)
}

// take empties the queue.
func (q *insertQueue) take() []*insertJob {
	q.mu.Lock()
	defer q.mu.Unlock()
	jobs := q.jobs
	q.jobs = nil
	return jobs
}

// remove reports whether the job was still waiting.
func (q *insertQueue) remove(j *insertJob) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.jobs, j)
	if i >= 0 {
		q.jobs = slices.Delete(q.jobs, i, i+1)
	}
	return i >= 0
}

// run returns when the job is durable or refused.
func (q *insertQueue) run(ctx context.Context, job *insertJob) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	job.done = make(chan struct{})
	q.add(job)
	select {
	case <-job.done:
	case _, open := <-q.turn:
		if !open {
			return ErrClosed
		}
		q.flush(ctx)
		q.turn <- struct{}{}
		<-job.done // in this round, or in one just before it
	case <-ctx.Done():
		if q.remove(job) {
			return ctx.Err()
		}
		<-job.done // somebody is writing it
	}
	return job.err
}

// flush writes everything that waits. The caller has the turn.
func (q *insertQueue) flush(ctx context.Context) {
	jobs := q.take()
	if len(jobs) == 0 {
		return
	}
	err := q.write(ctx, jobs)
	for _, j := range jobs {
		if err != nil {
			j.err = err // of the whole transaction: nothing was written
		}
		close(j.done)
	}
}
