package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// statements are the prepared statements of the hot path, on the writer's
// connection.
type statements struct {
	knownAs, party, merged, ticket, idempotent                       *sql.Stmt // reads
	insertParty, updateParty, putKnownAs, insertStatement, putTicket *sql.Stmt
	putIdempotent, insertLeaf, insertOutbox, mark                    *sql.Stmt
	all                                                              []*sql.Stmt
}

const (
	selectKnownAs = `SELECT hash, source, n, party, ref, said, sealed FROM known_as WHERE hash `
	selectParty   = `SELECT id, kind, state, account, claimed_at, review, opened, blocked, stub, cleared, version, restraint, restrained_at FROM party`
	selectTickets = `SELECT id, system, version, state, at FROM ticket WHERE id `
	selectTicket  = selectTickets + `= ?`
)

// The hot writes, each for one row; PostgreSQL makes sets of them (postgres_sets.go).
const (
	insertParty = `INSERT INTO party (id, kind, state, account, claimed_at, review, opened, blocked, stub, cleared, version, restraint, restrained_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`
	updateParty = `UPDATE party SET kind=?2, state=?3, account=?4, claimed_at=?5, review=?6, opened=?7, blocked=?8, stub=?9, cleared=?10, version=?11, restraint=?12, restrained_at=?13 WHERE id=?1`
	putKnownAs  = `INSERT INTO known_as (hash, source, n, party, ref, said, sealed) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT (hash, source, n) DO UPDATE SET party=excluded.party, ref=excluded.ref, said=excluded.said, sealed=excluded.sealed`
	insertStatement = `INSERT INTO statement (party, id, source_kind, source, ticket, sealed) VALUES (?,?,?,?,?,?)`
	putTicket       = `INSERT INTO ticket (id, system, version, state, at, sealed) VALUES (?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET
		version=excluded.version, state=excluded.state, at=excluded.at, sealed=coalesce(excluded.sealed, ticket.sealed)`
	putIdempotent = `INSERT INTO idempotent (key, print, answer, at) VALUES (?,?,?,?)
		ON CONFLICT (key) DO UPDATE SET print=excluded.print, answer=excluded.answer, at=excluded.at`
)

func prepareStatements(ctx context.Context, conn *sql.Conn, text *texts) (*statements, error) {
	s := &statements{}
	for _, p := range []struct {
		to    **sql.Stmt
		query string
	}{
		{&s.knownAs, selectKnownAs + text.anyOf + ` ORDER BY hash, source, n`},
		{&s.party, selectParty + ` WHERE id ` + text.anyOf},
		{&s.merged, `SELECT party, target FROM party_merge WHERE state = 'done' AND party ` + text.anyOf},
		{&s.ticket, selectTickets + text.anyOf},
		{&s.idempotent, `SELECT key, print, answer, at FROM idempotent WHERE key ` + text.anyOf},
		{&s.insertParty, insertParty},
		{&s.updateParty, updateParty},
		{&s.putKnownAs, putKnownAs},
		{&s.insertStatement, insertStatement},
		{&s.putTicket, putTicket},
		{&s.putIdempotent, putIdempotent},
		{&s.insertLeaf, text.leaf},
		{&s.mark, text.mark},
		{&s.insertOutbox, `INSERT INTO outbox (id, kind, subject, state, due, expires, sealed, about) VALUES (?,?,?,'waiting',?,?,?,?)`},
	} {
		stmt, err := conn.PrepareContext(ctx, p.query) //nolint:sqlclosecheck // lives as long as the writer; close closes it
		if err != nil {
			s.close()
			return nil, fmt.Errorf("prepare %q: %w", p.query, err)
		}
		*p.to = stmt
		s.all = append(s.all, stmt)
	}
	return s, nil
}

func (s *statements) close() {
	for _, stmt := range s.all {
		_ = stmt.Close() // the connection goes away next
	}
}

// exactlyOne turns "no row changed" into an error: the row vanished.
func exactlyOne(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(fmt.Errorf("%d rows changed, want 1", n), err)
	}
	return nil
}
