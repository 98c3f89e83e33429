package jobs

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
)

// shelf is a Store and Runs in memory that keeps the promises of both. It
// lives here because the conformance tests of the real one live with it.
type shelf struct {
	mu       sync.Mutex
	rows     map[habeas.MailID]*row
	runs     map[string]run
	broken   error // what every method answers, to play a store that is away
	lostDone int   // how many calls of Done fail, to play a crash before it
	asked    int
}

type row struct {
	job   Job
	due   time.Time
	lease time.Time
	state string // "", "done", "dead"
	note  string
	times []time.Time // when it was claimed
}

type run struct{ last, lease time.Time }

func newShelf() *shelf { return &shelf{rows: make(map[habeas.MailID]*row), runs: make(map[string]run)} }

func (s *shelf) put(kind Kind, change ...func(*Job)) habeas.MailID {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	job := Job{ID: habeas.NewID[habeas.MailKind](now), Kind: kind, Payload: []byte("payload"), CreatedAt: now}
	for _, c := range change {
		c(&job)
	}
	s.rows[job.ID] = &row{job: job, due: now}
	return job.ID
}

func (s *shelf) get(id habeas.MailID) row {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.rows[id]
}

func (s *shelf) Due(_ context.Context, now, leaseEnd time.Time, limit int) ([]Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.broken != nil {
		return nil, s.broken
	}
	var due []*row
	for _, r := range s.rows {
		if r.state == "" && !r.due.After(now) && !r.lease.After(now) {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b *row) int { return a.due.Compare(b.due) })
	var out []Job
	for _, r := range due[:min(limit, len(due))] {
		r.lease = leaseEnd
		r.job.Attempts++
		r.times = append(r.times, now)
		out = append(out, r.job)
	}
	return out, nil
}

func (s *shelf) Done(_ context.Context, id habeas.MailID, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lostDone > 0 {
		s.lostDone--
		return errors.New("the process died here")
	}
	s.rows[id].state, s.rows[id].job.Payload = "done", nil
	return s.broken
}

func (s *shelf) Retry(_ context.Context, id habeas.MailID, attempt int, at time.Time, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rows[id]; r.state == "" && r.job.Attempts == attempt {
		r.due, r.lease, r.note = at, time.Time{}, reason
	}
	return s.broken
}

func (s *shelf) Dead(_ context.Context, id habeas.MailID, attempt int, _ time.Time, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rows[id]; r.state == "" && r.job.Attempts == attempt {
		r.state, r.note, r.job.Payload = "dead", reason, nil
	}
	return s.broken
}

func (s *shelf) BeginRun(_ context.Context, name string, now, notAfter, leaseEnd time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, known := s.runs[name]
	if s.broken != nil || known && (r.last.After(notAfter) || r.lease.After(now)) {
		return false, s.broken
	}
	r.lease = leaseEnd
	s.runs[name] = r
	return true, nil
}

func (s *shelf) EndRun(_ context.Context, name string, began time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs[name] = run{last: began}
	return s.broken
}
