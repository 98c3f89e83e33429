package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Dump implements [Store]. It reads in one transaction, which keeps [Store.Compact]
// waiting until it ends.
func (p *postgres) Dump(ctx context.Context, to Sink) error {
	if p.closed.Load() {
		return ErrClosed
	}
	var tx pgx.Tx
	err := p.read(ctx, func(ctx context.Context) (err error) {
		tx, err = p.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		return err
	})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // it wrote nothing
	h, err := postgresHeader(ctx, tx)
	if err != nil {
		return explain(err)
	}
	if err := to.Header(h); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, "SELECT name, wrapped FROM secret ORDER BY name")
	if err != nil {
		return explain(err)
	}
	var name string
	var wrapped []byte
	if _, err := pgx.ForEachRow(rows, []any{&name, &wrapped}, func() error { return to.Secret(name, wrapped) }); err != nil {
		return explain(err)
	}
	if rows, err = tx.Query(ctx, "SELECT id, wrapped FROM subject_key ORDER BY id"); err != nil {
		return explain(err)
	}
	return explain(dumpKeys(rows, to))
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
				return err
			}
			page = page[:0]
		}
	}
	if err := rows.Err(); err != nil || len(page) == 0 {
		return err
	}
	return to.Keys(page)
}

// postgresSink fills a new store within one transaction.
type postgresSink struct {
	ctx context.Context
	tx  pgx.Tx
}

func (s postgresSink) Header(h Header) error {
	const text = "INSERT INTO ring (one, id, generation) VALUES (1, $1, $2)"
	if _, err := s.tx.Exec(s.ctx, text, h.Ring[:], h.Generation); err != nil {
		return err
	}
	for i := range h.Wrappers {
		if err := putWrapperPostgres(s.ctx, s.tx, &h.Wrappers[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s postgresSink) Secret(name string, wrapped []byte) error {
	_, err := s.tx.Exec(s.ctx, "INSERT INTO secret (name, wrapped) VALUES ($1, $2)", name, wrapped)
	return err
}

func (s postgresSink) Keys(rows []Row) error { return insertSet(s.ctx, s.tx, rows) }
