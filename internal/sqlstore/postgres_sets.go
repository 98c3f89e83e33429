package sqlstore

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// rowSet is many rows for one statement that is written for a single row. PostgreSQL
// takes the columns as arrays.
type rowSet struct {
	text string // for one row, with ? placeholders
	rows [][]any
	at   map[string]int // where the row of a key stands, for tables where the last one counts
}

// add takes a row that must be the only one of its key, or the database refuses it.
func (s *rowSet) add(args []any) { s.rows = append(s.rows, args) }

// put takes a row in place of an earlier one with the same key. It returns the
// earlier one, nil when there was none.
func (s *rowSet) put(key string, args []any) (before []any) {
	if i, ok := s.at[key]; ok {
		before, s.rows[i] = s.rows[i], args
		return before
	}
	if s.at == nil {
		s.at = make(map[string]int)
	}
	s.at[key] = len(s.rows)
	s.rows = append(s.rows, args)
	return nil
}

// changeSets are the rows of all plans of a batch, by table.
type changeSets struct {
	parties, updates, knownAs, statements, tickets, idempotent, leaves, staged rowSet
}

// apply implements engine: one statement for each table, all sent at once.
func (e *postgresEngine) apply(tx *Tx, changes []party.Change) error {
	if len(changes) == 0 {
		return nil
	}
	s := &changeSets{
		parties: rowSet{text: insertParty}, updates: rowSet{text: updateParty}, knownAs: rowSet{text: putKnownAs},
		statements: rowSet{text: insertStatement}, tickets: rowSet{text: putTicket}, idempotent: rowSet{text: putIdempotent},
		leaves: rowSet{text: `INSERT INTO leaf (event, subject, leaf, sealed) VALUES (?,?,?,?)`},
		staged: rowSet{text: `INSERT INTO staged (event, node) VALUES (?,?)`},
	}
	for i := range changes {
		if err := s.take(tx, &changes[i], e.node.Load()); err != nil {
			return err
		}
	}
	return raw(tx.w.conn, func(c *pgx.Conn) error {
		return send(tx, c, []*rowSet{&s.parties, &s.updates, &s.knownAs, &s.statements, &s.tickets, &s.idempotent, &s.leaves, &s.staged})
	})
}

// take adds the rows of one plan. Of several states of a row the last one counts.
func (s *changeSets) take(tx *Tx, c *party.Change, node int64) error {
	key, err := tx.keyFor(c)
	if err != nil {
		return err
	}
	if c.Insert != nil {
		if s.parties.put(string(c.Insert.ID[:]), partyArgs(*c.Insert)) != nil {
			return errors.New("a party is made twice")
		}
	} else {
		s.update(*c.Update)
	}
	for _, k := range c.KnownAs {
		args, err := knownAsArgs(k, key)
		if err != nil {
			return err
		}
		s.knownAs.put(fmt.Sprintf("%s%s%d", k.Hash[:], k.Source[:], k.N), args)
	}
	if c.Statement != nil {
		args, err := statementArgs(*c.Statement, key)
		if err != nil {
			return err
		}
		s.statements.add(args)
	}
	if c.Ticket != nil {
		s.ticket(tx.w.db.cfg.Keys, *c.Ticket)
	}
	if i := c.Idempotent; i != nil {
		s.idempotent.put(string(i.Key[:]), idempotentArgs(*i))
	}
	l, err := tx.leafOf(c.Audit, key)
	if err != nil {
		return err
	}
	s.leaves.add([]any{l.event[:], l.subject[:], l.public, l.sealed})
	s.staged.add([]any{l.event[:], node})
	return nil
}

// update changes a party that was found, or one that this batch makes.
func (s *changeSets) update(p party.Party) {
	id := string(p.ID[:])
	if _, fresh := s.parties.at[id]; fresh {
		s.parties.put(id, partyArgs(p))
		return
	}
	s.updates.put(id, partyArgs(p))
}

// ticket keeps the sealed number of an earlier word where the newer one has none, as
// the statement does between batches.
func (s *changeSets) ticket(keys *keyring.Ring, t party.Ticket) {
	args := ticketArgs(t, keys)
	if before := s.tickets.put(string(t.ID[:]), args); before != nil && args[len(args)-1] == nil {
		args[len(args)-1] = before[len(args)-1]
	}
}

// send sends the sets together and checks that each statement has changed as many
// rows as it was given.
func send(tx *Tx, c *pgx.Conn, sets []*rowSet) (err error) {
	var batch pgx.Batch
	var sent []*rowSet
	for _, s := range sets {
		if len(s.rows) == 0 {
			continue
		}
		one, err := c.Prepare(tx.ctx, s.text, numbered(s.text))
		if err != nil {
			return err
		}
		columns, err := transpose(s.rows, one.ParamOIDs)
		if err != nil {
			return err
		}
		batch.Queue(setText(s.text, one.ParamOIDs), columns...)
		sent = append(sent, s)
	}
	answers := c.SendBatch(tx.ctx, &batch)
	defer func() {
		if closed := answers.Close(); err == nil {
			err = closed
		}
	}()
	for _, s := range sent {
		tag, err := answers.Exec()
		if err != nil {
			return err
		}
		if n := tag.RowsAffected(); n != int64(len(s.rows)) {
			return fmt.Errorf("%d rows changed, want %d", n, len(s.rows))
		}
	}
	return nil
}

// arrays are the types of columns, by the type of a parameter.
var arrays = map[uint32]string{
	pgtype.ByteaOID: "bytea[]", pgtype.TextOID: "text[]", pgtype.Int8OID: "bigint[]", pgtype.BoolOID: "boolean[]",
}

// setText turns a statement for one row into one for columns:
//
//	INSERT INTO t (a, b) VALUES (?,?) …  →  INSERT INTO t (a, b) SELECT * FROM unnest($1::bytea[], $2::bigint[]) …
//	UPDATE t SET b=?2 WHERE a=?1         →  UPDATE t SET b=u.p2 FROM unnest(…) AS u(p1, p2) WHERE a=u.p1
func setText(one string, types []uint32) string {
	lists, names := make([]string, len(types)), make([]string, len(types))
	for i, t := range types {
		lists[i] = "$" + strconv.Itoa(i+1) + "::" + arrays[t]
		names[i] = "p" + strconv.Itoa(i+1)
	}
	from := ` FROM unnest(` + strings.Join(lists, ", ") + `)`
	if before, after, ok := strings.Cut(one, `VALUES (`); ok {
		_, after, _ = strings.Cut(after, `)`)
		return before + `SELECT *` + from + after
	}
	set, where, _ := strings.Cut(strings.ReplaceAll(one, "?", "u.p"), ` WHERE `)
	return set + from + ` AS u(` + strings.Join(names, ", ") + `) WHERE ` + where
}

// transpose turns rows into columns.
func transpose(rows [][]any, types []uint32) ([]any, error) {
	out := make([]any, len(types))
	for i, t := range types {
		var err error
		switch t {
		case pgtype.ByteaOID:
			out[i], err = column[[]byte](rows, i)
		case pgtype.TextOID:
			out[i], err = column[string](rows, i)
		case pgtype.Int8OID:
			out[i], err = numbers(rows, i)
		case pgtype.BoolOID:
			out[i], err = column[bool](rows, i)
		default:
			err = fmt.Errorf("column %d: type %d has no array here", i, t)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// column collects one column; only bytes may be missing.
func column[T any](rows [][]any, i int) ([]T, error) {
	out := make([]T, len(rows))
	for r, row := range rows {
		v, ok := row[i].(T)
		if _, bytes := any(v).([]byte); !ok && (!bytes || row[i] != nil) {
			return nil, fmt.Errorf("column %d holds a %T", i, row[i])
		}
		out[r] = v
	}
	return out, nil
}

func numbers(rows [][]any, i int) ([]int64, error) {
	out := make([]int64, len(rows))
	for r, row := range rows {
		switch v := row[i].(type) {
		case int64:
			out[r] = v
		case int:
			out[r] = int64(v)
		case uint32:
			out[r] = int64(v)
		default:
			return nil, fmt.Errorf("column %d holds a %T", i, v)
		}
	}
	return out, nil
}
