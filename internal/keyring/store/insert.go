package store

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// ErrTaken says that the subject has another key already.
var ErrTaken = errors.New("keyring/store: the subject has another key")

// insertQueue holds the inserts that wait for the turn to write. Whoever gets
// the turn writes them all with one sync to the disk, so many callers with one
// key each cost hardly more than one.
type insertQueue struct {
	mu   sync.Mutex
	jobs []*insertJob
}

type insertJob struct {
	rows  []Row
	check func() error
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

// InsertKeys makes keys durable, all or none. Writing the very same row again
// succeeds, so that a caller who does not know whether it happened may repeat
// it; another key for a known subject is ErrTaken. check runs in the turn of
// this write, before it: what it sees no other write can change meanwhile.
// Concurrent calls share a transaction, yet each succeeds or fails by itself.
func (s *Store) InsertKeys(ctx context.Context, rows []Row, check func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	job := &insertJob{rows: rows, check: check, done: make(chan struct{})}
	s.queue.add(job)
	select {
	case <-job.done:
	case _, open := <-s.turn:
		if !open {
			return ErrClosed
		}
		s.insertQueued(ctx)
		s.unlock()
		<-job.done // in this round, or in one just before it
	case <-ctx.Done():
		if s.queue.remove(job) {
			return ctx.Err()
		}
		<-job.done // somebody is writing it
	}
	return job.err
}

// insertQueued writes everything that waits. The caller has the turn.
func (s *Store) insertQueued(ctx context.Context) {
	jobs := s.queue.take()
	if len(jobs) == 0 {
		return
	}
	err := s.transact(ctx, func(ctx context.Context, w *writeConn) error {
		if len(jobs) == 1 {
			return jobs[0].run(ctx, w)
		}
		for _, j := range jobs {
			if err := j.runApart(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
	for _, j := range jobs {
		if err != nil {
			j.err = err // of the whole transaction: nothing was written
		}
		close(j.done)
	}
}

func (j *insertJob) run(ctx context.Context, w *writeConn) error {
	if err := j.check(); err != nil {
		return err
	}
	return insertRows(ctx, w, j.rows)
}

// runApart runs the job so that its failure undoes only itself. It returns an
// error when even that fails.
func (j *insertJob) runApart(ctx context.Context, w *writeConn) error {
	if _, err := w.conn.ExecContext(ctx, "SAVEPOINT job"); err != nil {
		return err
	}
	if j.err = j.run(ctx, w); j.err != nil {
		if _, err := w.conn.ExecContext(ctx, "ROLLBACK TO job"); err != nil {
			return err
		}
	}
	_, err := w.conn.ExecContext(ctx, "RELEASE job")
	return err
}

func insertRows(ctx context.Context, w *writeConn, rows []Row) error {
	for i := range rows {
		res, err := w.insert.ExecContext(ctx, rows[i].ID[:], rows[i].Wrapped)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 1 {
			continue
		}
		var have []byte
		if err := w.conn.QueryRowContext(ctx, keyText, rows[i].ID[:]).Scan(&have); err != nil {
			return err
		}
		if string(have) != string(rows[i].Wrapped) {
			return ErrTaken
		}
	}
	return nil
}
