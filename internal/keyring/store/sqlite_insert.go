package store

import "context"

// InsertKeys implements [Store].
func (s *sqlite) InsertKeys(ctx context.Context, rows []Row, check func() error) error {
	return s.queue.run(ctx, &insertJob{rows: rows, check: check})
}

// Decoy implements [Store] with a secret whose name is empty, which none has.
func (s *sqlite) Decoy(ctx context.Context, wrapped []byte) error {
	return s.write(ctx, func(ctx context.Context, w *writeConn) error {
		const text = "INSERT INTO secret (name, wrapped) VALUES ('', ?) ON CONFLICT (name) DO UPDATE SET wrapped = excluded.wrapped"
		_, err := w.conn.ExecContext(ctx, text, wrapped)
		return err
	})
}

// insert writes what has queued up. The caller has the turn.
func (s *sqlite) insert(ctx context.Context, jobs []*insertJob) error {
	return s.transact(ctx, func(ctx context.Context, w *writeConn) error {
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
