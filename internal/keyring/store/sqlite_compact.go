package store

import (
	"context"
	"errors"
	"time"
)

const (
	// compactPatience is how long Compact waits for readers at most.
	compactPatience = 10 * time.Second
	// While SQLite waits for them nobody can write, so it waits in short turns.
	compactTurn = "PRAGMA busy_timeout=50"
	usualTurn   = "PRAGMA busy_timeout=5000"
)

// Compact implements [Store] by emptying the write-ahead log: secure_delete has
// overwritten what was deleted in the file.
func (s *sqlite) Compact(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, compactPatience)
	defer cancel()
	for {
		busy, err := s.checkpoint(ctx)
		switch {
		case ctx.Err() != nil && (err != nil || busy):
			return errors.Join(ErrBusy, ctx.Err())
		case err != nil || !busy:
			return err
		}
	}
}

// checkpoint tries once.
func (s *sqlite) checkpoint(ctx context.Context) (busy bool, err error) {
	if err := s.lock(ctx); err != nil {
		return false, err
	}
	defer s.unlock()
	ctx = context.WithoutCancel(ctx)
	if _, err := s.w.conn.ExecContext(ctx, compactTurn); err != nil {
		return false, err
	}
	var blocked, pages, moved int
	err = s.w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&blocked, &pages, &moved)
	if err == nil && blocked == 0 {
		s.uncompact.Store(false)
	}
	_, err2 := s.w.conn.ExecContext(ctx, usualTurn)
	return blocked != 0, errors.Join(err, err2)
}

// Pending implements [Store]. What an earlier process left in the log was removed
// when the store was opened.
func (s *sqlite) Pending(context.Context) (Pending, error) {
	kept := s.uncompact.Load()
	p := Pending{Store: kept}
	if kept {
		p.Log = LogKept
	}
	return p, nil
}
