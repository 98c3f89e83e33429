package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Dump implements [Store].
func (p *postgres) Dump(ctx context.Context, to Sink) error {
	var conn *pgxpool.Conn
	err := p.read(ctx, func(ctx context.Context) (err error) {
		if conn, err = p.pool.Acquire(ctx); err != nil {
			return err
		}
		if err = conn.Ping(ctx); err != nil {
			conn.Release()
		}
		return err
	})
	if err != nil {
		return err
	}
	defer conn.Release()
	return explain(dump(ctx, conn.Conn(), to))
}

func dumpPostgres(ctx context.Context, dsn string, to Sink) error {
	return visit(ctx, dsn, func(conn *pgx.Conn) error {
		version, err := inspect(ctx, conn)
		if err == nil && version == 0 {
			err = ErrMissing
		}
		if err != nil {
			return err
		}
		return dump(ctx, conn, to)
	})
}

// dump reads in one transaction, which keeps [Store.Compact] waiting until it ends.
func dump(ctx context.Context, conn *pgx.Conn, to Sink) error {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // it wrote nothing
	h, err := postgresHeader(ctx, tx)
	if err != nil {
		return err
	}
	if err := to.Header(h); err != nil {
		return outside{err}
	}
	rows, err := tx.Query(ctx, "SELECT name, wrapped FROM secret ORDER BY name")
	if err != nil {
		return err
	}
	var name string
	var wrapped []byte
	_, err = pgx.ForEachRow(rows, []any{&name, &wrapped}, func() error {
		if err := to.Secret(name, wrapped); err != nil {
			return outside{err}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if rows, err = tx.Query(ctx, "SELECT id, wrapped FROM subject_key ORDER BY id"); err != nil {
		return err
	}
	return dumpKeys(rows, to)
}

// dumpKeys delivers rows in portions while they come in.
func dumpKeys(rows pgx.Rows, to Sink) error {
	defer rows.Close()
	page := make([]Row, 0, dumpRows)
	for rows.Next() {
		row, err := scanRow(rows)
		if err != nil {
			return err
		}
		if page = append(page, row); len(page) == dumpRows {
			if err := to.Keys(page); err != nil {
				return outside{err}
			}
			page = page[:0]
		}
	}
	if err := rows.Err(); err != nil || len(page) == 0 {
		return err
	}
	if err := to.Keys(page); err != nil {
		return outside{err}
	}
	return nil
}

// postgresSink fills a new store within one transaction.
type postgresSink struct {
	ctx context.Context
	tx  pgx.Tx
	err error // the first of the database
}

func (s *postgresSink) note(err error) error {
	if s.err == nil {
		s.err = err
	}
	return err
}

func (s *postgresSink) Header(h Header) error {
	const text = "INSERT INTO ring (one, id, generation) VALUES (1, $1, $2)"
	if _, err := s.tx.Exec(s.ctx, text, h.Ring[:], h.Generation); err != nil {
		return s.note(err)
	}
	for i := range h.Wrappers {
		if err := putWrapperPostgres(s.ctx, s.tx, &h.Wrappers[i]); err != nil {
			return s.note(err)
		}
	}
	return nil
}

func (s *postgresSink) Secret(name string, wrapped []byte) error {
	_, err := s.tx.Exec(s.ctx, "INSERT INTO secret (name, wrapped) VALUES ($1, $2)", name, wrapped)
	return s.note(err)
}

func (s *postgresSink) Keys(rows []Row) error { return s.note(insertSet(s.ctx, s.tx, rows)) }
