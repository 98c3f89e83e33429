package sqlstore

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Traces of changes, for connected systems that follow (PTY-30). Every write to a party
// passes here, in its own transaction; where nobody follows it costs a look at a map.

// concerns limits traces to parties that somebody follows: under a name of theirs, or
// because of a merge. Whether it does, and whom, is found out afterwards.
const concerns = `EXISTS (SELECT 1 FROM change_ref r WHERE r.party = m.party) OR EXISTS (SELECT 1 FROM change_mark k WHERE k.party = m.party)
	OR EXISTS (SELECT 1 FROM party_merge g WHERE g.state = 'done' AND (g.target = m.party OR g.party = m.party))`

const (
	sqliteMark = `INSERT INTO change_mark (id, party, by_system, ref, statement, closed)
		SELECT m.id, m.party, m.by_system, m.ref, m.statement, m.closed
		FROM (SELECT ?1 AS id, ?2 AS party, ?3 AS by_system, ?4 AS ref, ?5 AS statement, ?6 AS closed) m
		WHERE length(m.ref) > 0 OR ` + concerns
	postgresMark = `INSERT INTO change_mark (id, party, by_system, ref, statement, closed)
		SELECT m.id, m.party, m.by_system, m.ref, m.statement, m.closed
		FROM unnest(?1::bytea[], ?2::bytea[], ?3::bytea[], ?4::bytea[], ?5::bytea[], ?6::bigint[]) AS m (id, party, by_system, ref, statement, closed)
		WHERE length(m.ref) > 0 OR ` + concerns + ` OR EXISTS (SELECT 1 FROM unnest(?2::bytea[], ?4::bytea[]) AS s (party, ref) WHERE s.party = m.party AND length(s.ref) > 0)`
)

// learnFollowers reads who follows, for the batch that begins. One process has the file
// of SQLite, so it knows; on PostgreSQL they come with the turn to write.
func (w *writer) learnFollowers(ctx context.Context) error {
	if w.followersKnown {
		return nil
	}
	rows, err := w.conn.QueryContext(ctx, `SELECT system FROM change_feed`)
	all, err := collect(rows, err, scanID[habeas.SystemKind])
	if err != nil {
		return err
	}
	w.follow(all)
	return nil
}

func (w *writer) follow(all []habeas.SystemID) {
	w.followers, w.followersKnown = make(map[habeas.SystemID]bool, len(all)), true
	for _, id := range all {
		w.followers[id] = true
	}
}

// followRows takes who follows as PostgreSQL sends it with the turn to write.
func (w *writer) followRows(rows [][][]byte) error {
	all := make([]habeas.SystemID, len(rows))
	for i, row := range rows {
		id, err := hex.DecodeString(string(row[0]))
		if err != nil || copy(all[i][:], id) != len(all[i]) {
			return errors.New("a system that follows has no identifier")
		}
	}
	w.follow(all)
	return nil
}

// noteChanges leaves traces of what plans have decided.
func (tx *Tx) noteChanges(changes []party.Change) error {
	if len(tx.w.followers) == 0 || len(changes) == 0 {
		return nil
	}
	marks := make([]party.Mark, 0, len(changes))
	for i := range changes {
		marks = append(marks, tx.markOf(&changes[i]))
	}
	return tx.note(marks)
}

func (tx *Tx) markOf(c *party.Change) (m party.Mark) {
	p := c.Insert
	if p == nil {
		p = c.Update
	}
	m.Party, m.Closed = p.ID, p.Closed()
	if s := c.Statement; s != nil {
		m.Statement = s.ID
		if s.Source.Kind == party.FromSystem && tx.w.followers[s.Source.System] {
			m.By = s.Source.System
		}
	}
	for _, k := range c.KnownAs {
		if !m.By.IsZero() && k.Source == m.By {
			m.Ref = k.Ref
		}
	}
	return m
}

// noteParty leaves the trace of a change that a use case makes.
func (tx *Tx) noteParty(p party.Party, s *party.Statement) error {
	if len(tx.w.followers) == 0 {
		return nil
	}
	m := party.Mark{Party: p.ID, Closed: p.Closed()}
	if s != nil {
		m.Statement = s.ID
	}
	return tx.note([]party.Mark{m})
}

func (tx *Tx) note(marks []party.Mark) error {
	tx.news = true
	if tx.w.db.text.many > 0 { // SQLite: a row at a time
		for _, m := range marks {
			if _, err := tx.w.stmts.mark.ExecContext(tx.ctx, tx.markArgs(&m)...); err != nil {
				return err
			}
		}
		return nil
	}
	var columns [5][][]byte
	closed := make([]int64, len(marks))
	for i := range marks {
		args := tx.markArgs(&marks[i])
		for j := range columns {
			columns[j] = append(columns[j], args[j].([]byte))
		}
		closed[i] = args[len(columns)].(int64)
	}
	_, err := tx.w.stmts.mark.ExecContext(tx.ctx, columns[0], columns[1], columns[2], columns[3], columns[4], closed)
	return err
}

func (tx *Tx) markArgs(m *party.Mark) []any {
	id, said := habeas.NewID[habeas.EventKind](tx.w.db.cfg.Clock.Now()), m.Statement[:]
	if m.Moved {
		said = []byte{}
	}
	closed := int64(0)
	if m.Closed {
		closed = 1
	}
	return []any{id[:], m.Party[:], m.By[:], bytesOf(m.Ref), said, closed}
}

// noteTurn leaves traces of a merge or split, on each record that has a part in it.
func (tx *Tx) noteTurn(t party.Turn) error {
	if len(tx.w.followers) == 0 {
		return nil
	}
	var marks []party.Mark
	for _, p := range t.Change {
		marks = append(marks, party.Mark{Party: p.ID, Moved: true, Closed: p.Closed()})
	}
	if t.New != nil {
		marks = append(marks, party.Mark{Party: t.New.ID, Moved: true})
	}
	for _, k := range t.Handles { // names that lead elsewhere now
		if _, err := tx.exec(`UPDATE change_ref SET party = ? WHERE system = ? AND ref = ?`, k.Party[:], k.Source[:], k.Ref[:]); err != nil {
			return err
		}
	}
	return tx.note(marks)
}

// tellErased tells the systems that follow a party that it is gone, in the transaction of
// its erasure, because nothing is left afterwards by which they could be found. Of the
// party only the names stay that the systems had for it.
func (tx *Tx) tellErased(id habeas.PartyID, hashes []keyring.LookupHash, now time.Time) error {
	if len(tx.w.followers) == 0 {
		return nil
	}
	type name struct {
		system habeas.SystemID
		ref    party.Reference
	}
	var names []name
	seen := make(map[name]bool)
	for _, h := range hashes {
		rows, err := tx.query(`SELECT source, ref FROM known_as WHERE hash = ? AND party = ? ORDER BY source, n`, h[:], id[:])
		found, err := collect(rows, err, func(r row) (n name, err error) {
			var system, ref []byte
			err = r.Scan(&system, &ref)
			copy(n.system[:], system)
			copy(n.ref[:], ref)
			return n, err
		})
		if err != nil {
			return err
		}
		for _, n := range found {
			if tx.w.followers[n.system] && !n.ref.IsZero() && !seen[n] {
				seen[n] = true
				names = append(names, n)
			}
		}
	}
	for _, n := range names {
		if err := tx.addNews(party.News{System: n.system, Kind: party.NewsErased, Ref: n.ref}, now); err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM change_ref WHERE system = ? AND ref = ?`, n.system[:], n.ref[:]); err != nil {
			return err
		}
	}
	// A record that showed it shows less now.
	rows, err := tx.query(upward+`SELECT id FROM up WHERE id <> ?`, id[:], id[:])
	above, err := collect(rows, err, scanID[habeas.PartyKind])
	if err != nil {
		return err
	}
	tx.news = true
	for _, top := range above {
		if err := tx.note([]party.Mark{{Party: top, Moved: true}}); err != nil {
			return err
		}
	}
	for _, table := range []string{"change_ref", "change_mark"} {
		if _, err := tx.exec(`DELETE FROM `+table+` WHERE party = ?`, id[:]); err != nil {
			return err
		}
	}
	return nil
}

// tellLeftover tells of an erasure that is completed later, by what systems were told before:
// the key of the party's other rows is gone.
func (tx *Tx) tellLeftover(subject habeas.SubjectID, now time.Time) error {
	rows, err := tx.query(selectWatched+` WHERE party = ? ORDER BY system, ref`, subject[:])
	names, err := collect(rows, err, scanWatched)
	for _, w := range names {
		if err == nil {
			err = tx.addNews(party.News{System: w.System, Kind: party.NewsErased, Ref: w.Ref}, now)
		}
	}
	return err
}
