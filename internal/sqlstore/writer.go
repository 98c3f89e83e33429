package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// maxBatch bounds how many writes share one transaction.
const maxBatch = 256

// task is one write on its way: a plan or a closure.
type task struct {
	ctx  context.Context
	plan party.Plan
	fn   func(*Tx) error
	done chan error
}

// writer is the one goroutine that writes. It takes whatever waits, up to
// maxBatch, into one transaction; there is no linger timer, because while one
// batch is being made durable the next one gathers by itself.
type writer struct {
	db    *DB
	conn  *sql.Conn
	stmts *statements
	queue chan *task
	mu    sync.RWMutex // held for reading while sending, so that stop can close the queue
	ended bool
	gone  chan struct{}

	followers      map[habeas.SystemID]bool // systems that are told of changes
	followersKnown bool
}

var errStopped = habeas.Unavailable("The server is stopping. Try again in a moment.").WithCode("server.stopping")

func startWriter(ctx context.Context, db *DB) (*writer, error) {
	conn, stmts, err := openWriter(ctx, db)
	if err != nil {
		return nil, err
	}
	w := &writer{db: db, conn: conn, stmts: stmts, queue: make(chan *task, 2*maxBatch), gone: make(chan struct{})}
	go w.run()
	return w, nil
}

// openWriter takes a connection for the writer and prepares what it says often.
func openWriter(ctx context.Context, db *DB) (*sql.Conn, *statements, error) {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("open the writer: %w", err)
	}
	stmts, err := prepareStatements(ctx, conn, db.text)
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return conn, stmts, nil
}

func (w *writer) stop() {
	w.mu.Lock()
	if !w.ended {
		w.ended = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.gone
}

// submit hands a task to the writer and waits until it is durable or refused. A
// caller whose context ends first does not know the outcome, so submit waits for
// the writer once the task is taken.
func (w *writer) submit(t *task) error {
	w.mu.RLock()
	if w.ended {
		w.mu.RUnlock()
		return errStopped
	}
	select {
	case w.queue <- t:
		w.mu.RUnlock()
	case <-t.ctx.Done():
		w.mu.RUnlock()
		return failure(t.ctx.Err())
	}
	return <-t.done
}

func (w *writer) run() {
	defer close(w.gone)
	batch := make([]*task, 0, maxBatch)
	for first := range w.queue {
		batch = append(batch[:0], first)
	gather:
		for len(batch) < maxBatch {
			select {
			case t, ok := <-w.queue:
				if !ok {
					break gather
				}
				batch = append(batch, t)
			default:
				break gather
			}
		}
		w.measured(batch)
	}
	if w.conn != nil {
		w.stmts.close()
		_ = w.conn.Close() // everything is committed or rolled back by now
	}
}

// commit makes a batch durable. When the batch fails as a whole, each task is
// tried alone, so that one poisoned write cannot take others down.
func (w *writer) commit(batch []*task) {
	results, err := w.try(batch)
	if err == nil {
		for i, t := range batch {
			t.done <- results[i]
		}
		return
	}
	if len(batch) == 1 || !w.db.engine.alone(err) {
		for _, t := range batch {
			t.done <- failure(err)
		}
		return
	}
	for _, t := range batch {
		one, err := w.try([]*task{t})
		if err != nil {
			t.done <- failure(err)
			continue
		}
		t.done <- one[0]
	}
}

// try repeats a transaction that failed for a reason that passes. Plans are pure and
// closures may be run again.
func (w *writer) try(batch []*task) ([]error, error) {
	for n := 1; ; n++ {
		results, err := w.attempt(batch)
		if err == nil || !w.db.engine.again(err, n) {
			return results, err
		}
	}
}

// attempt runs one transaction. The slice holds the refusal of each task, or nil;
// the error says that nothing of the batch was written.
func (w *writer) attempt(batch []*task) (_ []error, err error) {
	ctx := context.Background() // a caller that leaves must not break the others' transaction
	tx := &Tx{ctx: ctx, w: w}
	if err := w.db.engine.begin(tx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.db.engine.rollback(tx)
		}
	}()
	if err := w.db.cfg.Keys.Refresh(ctx); err != nil { // no key is used that another node has destroyed
		return nil, err
	}
	if err := w.learnFollowers(ctx); err != nil {
		return nil, err
	}
	results := make([]error, len(batch))
	overlay := newOverlay(ctx, w)
	overlay.prefetch(plansOf(batch))
	var changes []party.Change
	var keys []*keyring.Key
	for i, t := range batch {
		if t.plan == nil {
			continue
		}
		change, err := overlay.decide(t.plan)
		if err != nil {
			results[i] = err
			continue
		}
		if change.NewKey != nil {
			keys = append(keys, change.NewKey)
		}
		if !change.Empty() {
			changes = append(changes, change)
		}
	}
	if overlay.err != nil {
		return nil, overlay.err
	}
	durable := w.secure(ctx, keys, len(changes))
	err = w.db.engine.apply(tx, changes)
	if err == nil {
		err = tx.noteChanges(changes)
	}
	for i := range changes {
		if err == nil {
			err = tx.touchTop(&changes[i])
		}
	}
	for i, t := range batch {
		if t.fn != nil && err == nil {
			results[i], err = tx.run(t)
		}
	}
	if keyErr := <-durable; err == nil {
		err = keyErr // beside an error of the rows it would say the same
	}
	if err != nil {
		return nil, err
	}
	if err := w.db.engine.commit(tx); err != nil {
		return nil, err
	}
	w.db.engine.committed(tx)
	tx.announce(changes)
	return results, nil
}

// secure makes keys durable while the rows are written, and before the commit.
func (w *writer) secure(ctx context.Context, keys []*keyring.Key, changes int) <-chan error {
	durable := make(chan error, 1)
	go func() {
		switch {
		case len(keys) > 0:
			_, end := w.db.span(ctx, "keys.commit")
			err := w.db.cfg.Keys.Commit(ctx, keys...)
			end(err)
			durable <- err
		case changes > 0: // nobody new: takes as long all the same
			durable <- w.db.cfg.Keys.Decoy(ctx)
		default:
			durable <- nil
		}
	}()
	return durable
}

// Decide carries out plans inside a use case, so that all of them and whatever else it
// writes are one transaction. The slice holds what each was refused for, or nil; the error
// says that nothing was written.
func (tx *Tx) Decide(plans []party.Plan) ([]error, error) {
	overlay := newOverlay(tx.ctx, tx.w)
	overlay.prefetch(plans)
	refused := make([]error, len(plans))
	var changes []party.Change
	var keys []*keyring.Key
	for i, p := range plans {
		change, err := overlay.decide(p)
		refused[i] = err
		if change.NewKey != nil {
			keys = append(keys, change.NewKey)
		}
		if !change.Empty() {
			changes = append(changes, change)
		}
	}
	if overlay.err != nil {
		return nil, overlay.err
	}
	durable := tx.w.secure(tx.ctx, keys, len(changes))
	err := tx.w.db.engine.apply(tx, changes)
	if err == nil {
		err = tx.noteChanges(changes)
	}
	if keyErr := <-durable; err == nil {
		err = keyErr
	}
	tx.planned = append(tx.planned, changes...)
	for _, c := range changes {
		p := c.Insert
		if p == nil {
			p = c.Update
		}
		tx.learned = append(tx.learned, learned{*p, *c.Statement})
	}
	return refused, err
}

// plansOf returns the plans of a batch.
func plansOf(batch []*task) []party.Plan {
	plans := make([]party.Plan, 0, len(batch))
	for _, t := range batch {
		if t.plan != nil {
			plans = append(plans, t.plan)
		}
	}
	return plans
}

// Do runs a planned operation and returns when it is durable.
func (db *DB) Do(ctx context.Context, p party.Plan) error {
	return db.observed(&task{ctx: ctx, plan: p, done: make(chan error, 1)})
}

// InTx runs a use case over several domains in one transaction. fn may be run
// again; it must have no effect outside tx and must not wait for anything else.
// When it returns an error, nothing of it is written and the error is returned.
func (db *DB) InTx(ctx context.Context, fn func(*Tx) error) error {
	return db.observed(&task{ctx: ctx, fn: fn, done: make(chan error, 1)})
}
