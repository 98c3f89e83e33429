package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

// members are a party and every party merged into it, however deep.
const members = `WITH RECURSIVE member (id) AS (SELECT id FROM party WHERE id = ?
	UNION SELECT m.party FROM party_merge m JOIN member ON m.target = member.id WHERE m.state = 'done') `

// Members returns a party and every party merged into it.
func (r Records) Members(ctx context.Context, id habeas.PartyID) ([]habeas.PartyID, error) {
	rows, err := r.q.QueryContext(ctx, members+`SELECT id FROM member ORDER BY id`, id[:])
	return collect(rows, err, func(row row) (habeas.PartyID, error) { return scanID[habeas.PartyKind](row) })
}

// EachUneven visits the parties that their own words alone do not show: with others in them,
// with words put aside, without any, or with decisions about what others propose.
func (r Records) EachUneven(ctx context.Context, visit func(habeas.PartyID)) error {
	rows, err := r.q.QueryContext(ctx, `SELECT target FROM party_merge WHERE state = 'done' UNION SELECT party FROM aside
		UNION SELECT party FROM settled WHERE sealed IS NOT NULL
		UNION SELECT id FROM party p WHERE NOT EXISTS (SELECT 1 FROM statement s WHERE s.party = p.id)`)
	ids, err := collect(rows, err, func(row row) (habeas.PartyID, error) { return scanID[habeas.PartyKind](row) })
	for _, id := range ids {
		visit(id)
	}
	return err
}

func scanID[K habeas.Kind](r row) (id habeas.ID[K], err error) {
	var b []byte
	if err := r.Scan(&b); err != nil {
		return id, err
	}
	return habeas.Bytes16[K](b)
}

// upward are a party and every party that it is merged into.
const upward = `WITH RECURSIVE up (id) AS (SELECT id FROM party WHERE id = ?
	UNION SELECT m.target FROM party_merge m JOIN up ON m.party = up.id WHERE m.state = 'done') `

// Top implements party.Reader.
func (r Records) Top(ctx context.Context, id habeas.PartyID) (habeas.PartyID, error) {
	top, err := scanID[habeas.PartyKind](r.q.QueryRowContext(ctx, upward+`
		SELECT id FROM up WHERE NOT EXISTS (SELECT 1 FROM party_merge m WHERE m.party = up.id AND m.state = 'done')`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return top, errNoParty
	}
	return top, failure(err)
}

// Lying returns every statement that lies with one party, those put aside too.
func (r Records) Lying(ctx context.Context, id habeas.PartyID) ([]party.Statement, error) {
	rows, err := r.q.QueryContext(ctx, selectStatement+` WHERE party = ? ORDER BY id`, id[:])
	return collect(rows, err, func(row row) (party.Statement, error) { return scanStatement(row, r.keyOf(ctx)) })
}

const selectMerge = `SELECT id, target, party, state, was, by_whom, choices, said, agreed, at, ended_at FROM party_merge`

func scanMerge(r row) (party.Merge, error) {
	var m party.Merge
	var id, into, from, by, said, agreed []byte
	var choices string
	var at, ended int64
	if err := r.Scan(&id, &into, &from, &m.State, &m.Was, &by, &choices, &said, &agreed, &at, &ended); err != nil {
		return m, err
	}
	copy(m.ID[:], id)
	copy(m.Into[:], into)
	copy(m.From[:], from)
	copy(m.By[:], by)
	copy(m.Said[:], said)
	m.Choices, m.At, m.EndedAt = splitList(choices), moment(at), moment(ended)
	for who := range slices.Chunk(agreed, len(habeas.AccountID{})) {
		var id habeas.AccountID
		copy(id[:], who)
		m.Agreed = append(m.Agreed, id)
	}
	return m, nil
}

var errNoMerge = habeas.NotFound("There is no such merge or split.").WithCode("merge.none")

// OneMerge returns a merge by its id.
func (r Records) OneMerge(ctx context.Context, id habeas.MergeID) (party.Merge, error) {
	m, err := scanMerge(r.q.QueryRowContext(ctx, selectMerge+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return m, errNoMerge
	}
	return m, failure(err)
}

// MergesOf returns the merges on either side of which a party stood, newest first.
func (r Records) MergesOf(ctx context.Context, id habeas.PartyID) ([]party.Merge, error) {
	rows, err := r.q.QueryContext(ctx, selectMerge+` WHERE target = ? OR party = ? ORDER BY id DESC`, id[:], id[:])
	return collect(rows, err, scanMerge)
}

// NewestMerges returns the newest merges, done or not, newest first, but for those of a
// batch, which is one line.
func (r Records) NewestMerges(ctx context.Context, limit int) ([]party.Merge, error) {
	rows, err := r.q.QueryContext(ctx, selectMerge+` WHERE NOT EXISTS (SELECT 1 FROM bulk_pair p WHERE p.merge_id = party_merge.id) ORDER BY id DESC LIMIT ?`, limit)
	return collect(rows, err, scanMerge)
}

// NewestSplits returns the newest splits, newest first, without items and handles.
func (r Records) NewestSplits(ctx context.Context, limit int) ([]party.Split, error) {
	rows, err := r.q.QueryContext(ctx, selectSplit+` ORDER BY id DESC LIMIT ?`, limit)
	return collect(rows, err, scanSplit)
}

// MergedOf returns the records of an account that are merged into those of another one.
func (r Records) MergedOf(ctx context.Context, account habeas.AccountID) ([]party.Party, error) {
	rows, err := r.q.QueryContext(ctx, selectParty+` WHERE account = ? AND state = 'merged' ORDER BY id`, account[:])
	return collect(rows, err, scanParty)
}

const selectSplit = `SELECT id, party, target, state, by_whom, at, ended_at FROM party_split`

func scanSplit(r row) (party.Split, error) {
	var s party.Split
	var id, from, to, by []byte
	var at, ended int64
	if err := r.Scan(&id, &from, &to, &s.State, &by, &at, &ended); err != nil {
		return s, err
	}
	copy(s.ID[:], id)
	copy(s.From[:], from)
	copy(s.To[:], to)
	copy(s.By[:], by)
	s.At, s.EndedAt = moment(at), moment(ended)
	return s, nil
}

// OneSplit returns a split by its id, with its items, papers and handles.
func (r Records) OneSplit(ctx context.Context, id habeas.SplitID) (party.Split, error) {
	s, err := scanSplit(r.q.QueryRowContext(ctx, selectSplit+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return s, errNoMerge
	}
	if err != nil {
		return s, failure(err)
	}
	return r.whole(ctx, s)
}

// SplitsOf returns the splits on either side of which a party stood, newest first.
func (r Records) SplitsOf(ctx context.Context, id habeas.PartyID) ([]party.Split, error) {
	rows, err := r.q.QueryContext(ctx, selectSplit+` WHERE party = ? OR target = ? ORDER BY id DESC`, id[:], id[:])
	all, err := collect(rows, err, scanSplit)
	for i := range all {
		if err == nil {
			all[i], err = r.whole(ctx, all[i])
		}
	}
	return all, err
}

// whole adds items, papers and handles.
func (r Records) whole(ctx context.Context, s party.Split) (party.Split, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT party, statement FROM split_item WHERE split = ? ORDER BY statement, party`, s.ID[:])
	s.Items, err = collect(rows, err, func(row row) (i party.Item, err error) {
		var id, said []byte
		err = row.Scan(&id, &said)
		copy(i.Party[:], id)
		copy(i.Statement[:], said)
		return i, err
	})
	if err != nil {
		return s, err
	}
	if s.Papers, err = r.papersOf(ctx, s.ID); err != nil {
		return s, err
	}
	rows, err = r.q.QueryContext(ctx, `SELECT hash, source, n, party FROM split_handle WHERE split = ? ORDER BY hash, source, n`, s.ID[:])
	s.Handles, err = collect(rows, err, func(row row) (h party.Handle, err error) {
		var hash, source, id []byte
		err = row.Scan(&hash, &source, &h.N, &id)
		copy(h.Hash[:], hash)
		copy(h.Source[:], source)
		copy(h.Party[:], id)
		return h, err
	})
	return s, err
}

// AsidesAt returns what lies with a party and does not count there.
func (r Records) AsidesAt(ctx context.Context, id habeas.PartyID) ([]party.Aside, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT party, statement, event FROM aside WHERE party = ? ORDER BY statement, event`, id[:])
	return collect(rows, err, func(row row) (a party.Aside, err error) {
		var id, said, event []byte
		err = row.Scan(&id, &said, &event)
		copy(a.Party[:], id)
		copy(a.Statement[:], said)
		copy(a.Event[:], event)
		return a, err
	})
}

// Turn implements party.Writer.
func (w RecordsTx) Turn(t party.Turn, entries ...audit.Entry) error {
	if len(entries) == 0 {
		return errors.New("a turn without a witness") // AUD-11
	}
	if t.New != nil {
		if err := w.tx.insertParty(*t.New); err != nil {
			return err
		}
	}
	for _, p := range t.Change {
		if err := w.tx.updateParty(p); err != nil {
			return err
		}
		if err := w.tx.endPasses(p, entries[0].At); err != nil {
			return err
		}
	}
	for _, m := range t.Merges {
		if err := w.saveMerge(m); err != nil {
			return err
		}
	}
	if t.Split != nil {
		if err := w.saveSplit(*t.Split); err != nil {
			return err
		}
	}
	if err := w.sayTurn(t); err != nil {
		return err
	}
	for _, m := range t.Papers {
		if err := w.tx.movePaper(m); err != nil {
			return err
		}
	}
	if !t.Clear.IsZero() {
		if _, err := w.tx.exec(`DELETE FROM aside WHERE event = ?`, t.Clear[:]); err != nil {
			return err
		}
	}
	for _, a := range t.Put {
		if _, err := w.tx.exec(`INSERT INTO aside (party, statement, event) VALUES (?,?,?) ON CONFLICT DO NOTHING`, a.Party[:], a.Statement[:], a.Event[:]); err != nil {
			return err
		}
	}
	if err := w.tx.noteTurn(t); err != nil {
		return err
	}
	for _, e := range entries {
		if err := w.tx.Audit(e); err != nil {
			return err
		}
	}
	return nil
}

// sayTurn writes the statements of a turn and the handles that lead elsewhere, each
// under the key of whom it is about now.
func (w RecordsTx) sayTurn(t party.Turn) error {
	for _, s := range t.Say {
		key, err := w.tx.key(habeas.SubjectOf(s.Party))
		if err != nil {
			return err
		}
		if err := w.tx.insertStatement(s, key); err != nil {
			return err
		}
		w.tx.learned = append(w.tx.learned, learned{party.Party{ID: s.Party}, s})
	}
	for _, k := range t.Handles {
		key, err := w.tx.key(habeas.SubjectOf(k.Party))
		if err != nil {
			return err
		}
		if err := w.tx.putKnownAs(k, key); err != nil {
			return err
		}
	}
	return nil
}

func (w RecordsTx) saveMerge(m party.Merge) error {
	var agreed []byte
	for _, who := range m.Agreed {
		agreed = append(agreed, who[:]...)
	}
	_, err := w.tx.exec(`INSERT INTO party_merge (id, target, party, state, was, by_whom, choices, said, agreed, at, ended_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET state=excluded.state, was=excluded.was, said=excluded.said, agreed=excluded.agreed, at=excluded.at, ended_at=excluded.ended_at`,
		m.ID[:], m.Into[:], m.From[:], string(m.State), string(m.Was), m.By[:], joinList(m.Choices), nullID(m.Said), agreed, millis(m.At), millis(m.EndedAt))
	return err
}

func (w RecordsTx) saveSplit(s party.Split) error {
	_, err := w.tx.exec(`INSERT INTO party_split (id, party, target, state, by_whom, at, ended_at) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET state=excluded.state, target=excluded.target, at=excluded.at, ended_at=excluded.ended_at`,
		s.ID[:], s.From[:], s.To[:], string(s.State), s.By[:], millis(s.At), millis(s.EndedAt))
	if err != nil {
		return err
	}
	for _, i := range s.Items {
		if _, err := w.tx.exec(`INSERT INTO split_item (split, party, statement) VALUES (?,?,?) ON CONFLICT DO NOTHING`, s.ID[:], i.Party[:], i.Statement[:]); err != nil {
			return err
		}
	}
	if err := w.tx.savePapers(s); err != nil {
		return err
	}
	for _, h := range s.Handles {
		if _, err := w.tx.exec(`INSERT INTO split_handle (split, hash, source, n, party) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING`,
			s.ID[:], h.Hash[:], h.Source[:], h.N, h.Party[:]); err != nil {
			return err
		}
	}
	return nil
}

// forgetTurns removes what an erased party leaves in merges and splits. Words that lie
// elsewhere, put aside because of such an event, are of the erased one or restate it: they go.
func (tx *Tx) forgetTurns(id habeas.PartyID) error {
	exec := func(n int, queries ...string) error {
		for _, query := range queries {
			if _, err := tx.exec(query, slices.Repeat([]any{id[:]}, n)...); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.Join(
		exec(4,
			`DELETE FROM statement WHERE EXISTS (SELECT 1 FROM aside a WHERE a.party = statement.party AND a.statement = statement.id AND a.event IN (`+eventsOf+`))`,
			`DELETE FROM aside WHERE event IN (`+eventsOf+`)`,
			`DELETE FROM split_item WHERE split IN (`+eventsOf+`)`,
			`DELETE FROM split_paper WHERE split IN (`+eventsOf+`)`,
			`DELETE FROM split_handle WHERE split IN (`+eventsOf+`)`),
		exec(2, `DELETE FROM party_merge WHERE target = ? OR party = ?`, `DELETE FROM party_split WHERE party = ? OR target = ?`),
		exec(1, `DELETE FROM split_item WHERE party = ?`, `DELETE FROM split_paper WHERE party = ?`, `DELETE FROM split_handle WHERE party = ?`, `DELETE FROM aside WHERE party = ?`),
	)
}

// eventsOf are the merges and splits that a party was part of.
const eventsOf = `SELECT id FROM party_merge WHERE target = ? OR party = ? UNION SELECT id FROM party_split WHERE party = ? OR target = ?`
