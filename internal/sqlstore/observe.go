package sqlstore

import (
	"context"
	"time"
)

// Observer is told how long the store works, for figures and traces; never what about.
// It is called from several goroutines.
type Observer interface {
	// Span begins a step; the function that is returned ends it.
	Span(ctx context.Context, name string) (context.Context, func(error))
	// Batch says that size writes were made durable together.
	Batch(size int, took time.Duration)
}

// span begins a step, for nobody when nobody observes.
func (db *DB) span(ctx context.Context, name string) (context.Context, func(error)) {
	if db.cfg.Observer == nil {
		return ctx, func(error) {}
	}
	return db.cfg.Observer.Span(ctx, name)
}

// observed submits a write as one step of its caller's request or job.
func (db *DB) observed(t *task) error {
	_, end := db.span(t.ctx, "records.write")
	err := db.writer.submit(t)
	end(err)
	return err
}

// measured commits a batch and says how long that took.
func (w *writer) measured(batch []*task) {
	began := time.Now()
	w.commit(batch)
	if w.db.cfg.Observer != nil {
		w.db.cfg.Observer.Batch(len(batch), time.Since(began))
	}
}

// Queue returns how many writes wait for the writer.
func (db *DB) Queue() int { return len(db.writer.queue) }
