package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/ledger"
)

// How the sequencer paces itself.
const (
	leaseFor     = 3 * time.Second        // after this a holder that is gone is replaced
	pollStaged   = 250 * time.Millisecond // looks for what other nodes have written
	gatherStaged = 100 * time.Millisecond // between two rounds, so that each is worth it
	roundLimit   = 4096                   // leaves in one transaction
	roundFor     = 30 * time.Second       // when a round is given up
)

// sequencer gives staged leaves their places in the tree. Every node runs one; the
// row in lease says whose turn it is. It takes whatever rows it can see: their ids
// say nothing about the order in which they became visible.
type sequencer struct {
	db     *DB
	holder string
	front  *ledger.Frontier // the tree's right edge as of epoch; nil: read it again
	epoch  int64
	woken  chan struct{}
	cancel context.CancelFunc
	gone   chan struct{}
}

func startSequencer(db *DB) *sequencer {
	ctx, cancel := context.WithCancel(context.Background())
	s := &sequencer{db: db, holder: rand.Text(), woken: make(chan struct{}, 1), cancel: cancel, gone: make(chan struct{})}
	go s.run(ctx)
	return s
}

// wake says that this node has written something.
func (s *sequencer) wake() {
	select {
	case s.woken <- struct{}{}:
	default: // it knows already
	}
}

// stop gives the lease back, after what this node has written found its place.
func (s *sequencer) stop() {
	s.cancel()
	<-s.gone
}

func (s *sequencer) run(ctx context.Context) {
	defer close(s.gone)
	poll := time.NewTimer(pollStaged)
	defer poll.Stop()
	failed := 0
	for {
		select {
		case <-ctx.Done():
			s.leave()
			return
		case <-poll.C:
		case <-s.woken:
		}
		wait := pollStaged
		switch n, err := s.round(ctx); {
		case err != nil:
			failed++
			s.front = nil
			wait = pollStaged + backoff(failed+2)
		case n > 0:
			failed = 0
			wait = gatherStaged
			s.wake()
		}
		poll.Reset(wait)
		if wait == gatherStaged || failed > 0 {
			select { // let leaves gather, or the server come back
			case <-time.After(wait):
			case <-ctx.Done():
			}
		}
	}
}

// leave does a last round and gives the lease back. Without a server both fail, and
// the lease runs out.
func (s *sequencer) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), leaseFor)
	defer cancel()
	for {
		if n, err := s.round(ctx); err != nil || n == 0 {
			break
		}
	}
	_, _ = s.db.write.ExecContext(ctx, `UPDATE lease SET expires = '-infinity' WHERE name = 'sequencer' AND holder = ?`, s.holder)
}

// round places what is staged, if there is something and the lease is free or ours.
// It returns how many leaves it has placed.
func (s *sequencer) round(ctx context.Context) (n int, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), roundFor) // stopping does not cut it off
	defer cancel()
	var ours bool // look before writing, so that an idle server does not write
	err = s.db.readers.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM staged) AND EXISTS (SELECT 1 FROM lease
		WHERE name = 'sequencer' AND (holder = ? OR expires < clock_timestamp()))`, s.holder).Scan(&ours)
	if err != nil || !ours {
		return 0, err
	}
	tx, err := s.db.write.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return 0, err
	}
	front, n, err := s.place(ctx, tx)
	if err != nil {
		return 0, errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		s.front = nil // nobody knows which tree there is now
		return 0, err
	}
	s.front = front
	return n, nil
}

// place takes the lease, or renews it, and assigns indices in the same transaction: a
// holder whose time ran out finds the row changed and assigns nothing.
func (s *sequencer) place(ctx context.Context, tx *sql.Tx) (*ledger.Frontier, int, error) {
	var epoch int64
	err := tx.QueryRowContext(ctx, `UPDATE lease SET expires = clock_timestamp() + ?1 * interval '1 millisecond',
		epoch = CASE WHEN holder = ?2 THEN epoch ELSE epoch + 1 END, holder = ?2
		WHERE name = 'sequencer' AND (holder = ?2 OR expires < clock_timestamp()) RETURNING epoch`,
		leaseFor.Milliseconds(), s.holder).Scan(&epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil // somebody else's
	}
	if err != nil {
		return nil, 0, err
	}
	front := s.front
	if front == nil || epoch != s.epoch {
		if front, err = readFrontier(ctx, tx); err != nil {
			return nil, 0, fmt.Errorf("rebuild the ledger's edge: %w", err)
		}
	}
	s.epoch = epoch
	front = front.Clone()
	n, err := sequence(ctx, tx, front)
	return front, n, err
}

// staged is a leaf without a place.
type staged struct {
	event, leaf []byte
	node        int64
}

func scanStaged(r row) (staged, error) {
	var s staged
	err := r.Scan(&s.event, &s.leaf, &s.node)
	return s, err
}

// sequence takes what is staged out of the queue and into the tree.
func sequence(ctx context.Context, tx *sql.Tx, front *ledger.Frontier) (int, error) {
	rows, err := tx.QueryContext(ctx, `WITH taken AS (DELETE FROM staged WHERE event IN (SELECT event FROM staged ORDER BY event LIMIT ?)
		RETURNING event, node) SELECT t.event, l.leaf, t.node FROM taken t JOIN leaf l ON l.event = t.event ORDER BY t.event`, roundLimit)
	found, err := collect(rows, err, scanStaged)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	indices, events := make([]int64, len(found)), make([][]byte, len(found))
	nodes, hashes := make([]int64, len(found)), make([][]byte, len(found))
	for i, s := range found {
		indices[i], events[i], nodes[i] = front.Size(), s.event, s.node
		hashes[i] = front.Append(s.leaf)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO tree (idx, event, node, hashes)
		SELECT * FROM unnest(?::bigint[], ?::bytea[], ?::bigint[], ?::bytea[])`, indices, events, nodes, hashes)
	return len(found), err
}

// readFrontier rebuilds the right edge from the tree.
func readFrontier(ctx context.Context, tx *sql.Tx) (*ledger.Frontier, error) {
	source := treeRows{tx, &postgresTexts}
	size, err := source.Size(ctx)
	if err != nil {
		return nil, err
	}
	return ledger.NewFrontier(size, ledger.HashReader(ctx, source))
}

// Settle waits until events have their place in the tree: those given, or all that were
// written before the call. On SQLite that is always so. It ends with ctx.
func (db *DB) Settle(ctx context.Context, events ...habeas.EventID) error {
	e, ok := db.engine.(*postgresEngine)
	if !ok {
		return nil
	}
	ids := make([][]byte, len(events))
	for i, id := range events {
		ids[i] = id[:]
	}
	if len(ids) == 0 {
		rows, err := db.readers.QueryContext(ctx, `SELECT event FROM staged`)
		if ids, err = collect(rows, err, scanBytes); err != nil {
			return err
		}
	}
	for n := 1; len(ids) > 0; n++ {
		e.seq.wake()
		select {
		case <-time.After(backoff(min(n, 5))):
		case <-ctx.Done():
			return failure(ctx.Err())
		}
		rows, err := db.readers.QueryContext(ctx, `SELECT event FROM staged WHERE event = ANY(?)`, ids)
		if ids, err = collect(rows, err, scanBytes); err != nil {
			return err
		}
	}
	return nil
}
