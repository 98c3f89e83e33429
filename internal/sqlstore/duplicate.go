package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Duplicates reads the pairs of records that may be one. It implements party.Duplicates.
type Duplicates struct{ q querier }

// DuplicatesTx changes what was decided in one transaction. It implements
// party.DuplicateWriter.
type DuplicatesTx struct {
	Duplicates
	tx *Tx
}

var _ party.DuplicateWriter = DuplicatesTx{}

// Duplicates returns the reader of pairs on the pool.
func (db *DB) Duplicates() Duplicates { return Duplicates{q: db.Records().q} }

// Duplicates returns the reader and writer of pairs in this transaction.
func (tx *Tx) Duplicates() DuplicatesTx { return DuplicatesTx{Duplicates{q: tx.Records().q}, tx} }

const (
	selectPair = `SELECT a, b, p, reasons, state, found_at, later_at, mark_a, mark_b, decided_by, decided_at FROM duplicate`
	// millionths is how a probability is stored: dumps hold whole numbers only.
	millionths = 1e6
)

func scanPair(r row) (party.Duplicate, error) {
	var d party.Duplicate
	var a, b, markA, markB, by []byte
	var p, found, later, decided int64
	var reasons string
	if err := r.Scan(&a, &b, &p, &reasons, &d.State, &found, &later, &markA, &markB, &by, &decided); err != nil {
		return d, err
	}
	copy(d.A[:], a)
	copy(d.B[:], b)
	copy(d.MarkA[:], markA)
	copy(d.MarkB[:], markB)
	copy(d.DecidedBy[:], by)
	d.P, d.FoundAt, d.LaterAt, d.DecidedAt = float64(p)/millionths, moment(found), moment(later), moment(decided)
	for _, code := range splitList(reasons) {
		if reason, ok := party.ParseReason(code); ok {
			d.Reasons = append(d.Reasons, reason)
		}
	}
	return d, nil
}

func pairArgs(d party.Duplicate) []any {
	codes := make([]string, len(d.Reasons))
	for i, r := range d.Reasons {
		codes[i] = strings.ReplaceAll(r.String(), ",", "")
	}
	return []any{
		d.A[:], d.B[:], int64(math.Round(d.P * millionths)), joinList(codes), string(d.State), millis(d.FoundAt), millis(d.LaterAt),
		d.MarkA[:], d.MarkB[:], nullID(d.DecidedBy), millis(d.DecidedAt),
	}
}

// OpenPairs implements party.Duplicates.
func (s Duplicates) OpenPairs(ctx context.Context, offset, limit int) ([]party.Duplicate, error) {
	rows, err := s.q.QueryContext(ctx, selectPair+` WHERE state = 'open' ORDER BY later_at, p DESC, a, b LIMIT ? OFFSET ?`, limit, offset)
	return collect(rows, err, scanPair)
}

// DecidedPairs implements party.Duplicates.
func (s Duplicates) DecidedPairs(ctx context.Context, limit int) ([]party.Duplicate, error) {
	rows, err := s.q.QueryContext(ctx, selectPair+` WHERE state = 'different' ORDER BY decided_at DESC, a, b LIMIT ?`, limit)
	return collect(rows, err, scanPair)
}

// CountPairs implements party.Duplicates.
func (s Duplicates) CountPairs(ctx context.Context) (n int, err error) {
	err = s.q.QueryRowContext(ctx, `SELECT count(*) FROM duplicate WHERE state = 'open'`).Scan(&n)
	return n, failure(err)
}

var errNoPair = habeas.NotFound("These two records were not found alike.").WithCode("pair.none")

// FindPair implements party.Duplicates.
func (s Duplicates) FindPair(ctx context.Context, p party.PairID) (party.Duplicate, error) {
	d, err := scanPair(s.q.QueryRowContext(ctx, selectPair+` WHERE a = ? AND b = ?`, p.A[:], p.B[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return d, errNoPair
	}
	return d, failure(err)
}

// SavePair implements party.DuplicateWriter.
func (w DuplicatesTx) SavePair(d party.Duplicate, a, b audit.Entry) error {
	if err := exactlyOne(w.tx.putPair(d)); err != nil {
		return err
	}
	return errors.Join(w.tx.Audit(a), w.tx.Audit(b))
}

func (tx *Tx) putPair(d party.Duplicate) (sql.Result, error) {
	return tx.exec(`INSERT INTO duplicate (a, b, p, reasons, state, found_at, later_at, mark_a, mark_b, decided_by, decided_at)
		VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (a, b) DO UPDATE SET p = excluded.p, reasons = excluded.reasons, state = excluded.state,
		found_at = excluded.found_at, later_at = excluded.later_at, mark_a = excluded.mark_a, mark_b = excluded.mark_b,
		decided_by = excluded.decided_by, decided_at = excluded.decided_at`, pairArgs(d)...)
}

// PutPairs takes in pairs that were found, and leaves decisions that still hold as they
// are. A pair of which one was erased meanwhile is left out. It returns how many of them
// wait for a decision and did not before.
func (o Ops) PutPairs(ctx context.Context, found []party.Duplicate) (fresh int, err error) {
	err = o.inTx(ctx, func(tx *Tx) error {
		fresh = 0 // a repeated run begins anew
		there, was, err := tx.standing(found)
		if err != nil {
			return err
		}
		for _, d := range found {
			if !there[d.A] || !there[d.B] {
				continue
			}
			before, known := was[d.PairID]
			if known {
				d = before.Found(d)
			}
			if d.State != party.PairOpen {
				continue
			}
			if before.State != party.PairOpen {
				fresh++
			}
			if _, err := tx.putPair(d); err != nil {
				return err
			}
		}
		return nil
	})
	return fresh, err
}

// standing returns which of the parties of some pairs are there, and what stands about
// the pairs.
func (tx *Tx) standing(found []party.Duplicate) (there map[habeas.PartyID]bool, was map[party.PairID]party.Duplicate, err error) {
	there, was = map[habeas.PartyID]bool{}, map[party.PairID]party.Duplicate{}
	var ids [][]byte
	for i := range found {
		for _, id := range []*habeas.PartyID{&found[i].A, &found[i].B} {
			if _, noted := there[*id]; !noted {
				there[*id] = false
				ids = append(ids, id[:])
			}
		}
	}
	text := tx.w.db.text
	for len(ids) > 0 {
		args, n := text.spread(ids)
		ids = ids[n:]
		rows, err := tx.query(`SELECT id FROM party WHERE id `+text.anyOf, args...)
		known, err := collect(rows, err, scanBytes)
		if err != nil {
			return nil, nil, err
		}
		for _, id := range known {
			there[habeas.PartyID(id)] = true
		}
		rows, err = tx.query(selectPair+` WHERE a `+text.anyOf, args...)
		pairs, err := collect(rows, err, scanPair)
		if err != nil {
			return nil, nil, err
		}
		for _, d := range pairs {
			was[d.PairID] = d
		}
	}
	return there, was, nil
}

// EndPairs removes pairs that wait and were found before a time: what was found anew
// since is all that is alike now.
func (o Ops) EndPairs(ctx context.Context, before time.Time) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`DELETE FROM duplicate WHERE state = 'open' AND found_at < ?`, millis(before))
		return err
	})
}

// RemovePairs removes pairs that wait and cannot be one any more, as when both were claimed.
func (o Ops) RemovePairs(ctx context.Context, pairs []party.PairID) error {
	return o.inTx(ctx, func(tx *Tx) error {
		for _, p := range pairs {
			if _, err := tx.exec(`DELETE FROM duplicate WHERE a = ? AND b = ? AND state = 'open'`, p.A[:], p.B[:]); err != nil {
				return err
			}
		}
		return nil
	})
}

// PartiesAfter returns parties of a kind in the order of ids.
func (r Records) PartiesAfter(ctx context.Context, kind party.Kind, after habeas.PartyID, limit int) ([]party.Party, error) {
	rows, err := r.q.QueryContext(ctx, selectParty+` WHERE kind = ? AND id > ? ORDER BY id LIMIT ?`, string(kind), after[:], limit)
	return collect(rows, err, scanParty)
}

// CountKind counts the parties of a kind.
func (r Records) CountKind(ctx context.Context, kind party.Kind) (n int, err error) {
	err = r.q.QueryRowContext(ctx, `SELECT count(*) FROM party WHERE kind = ?`, string(kind)).Scan(&n)
	return n, failure(err)
}

// Spoken returns what each of the parties is folded from, which are in the order of ids:
// for reading many. Their keys are read together. Of one that was erased nothing was said.
func (r Records) Spoken(ctx context.Context, parties []party.Party) ([]party.Spoken, error) {
	out := make([]party.Spoken, len(parties))
	if len(parties) == 0 {
		return out, nil
	}
	subjects := make([]habeas.SubjectID, len(parties))
	for i, p := range parties {
		subjects[i] = habeas.SubjectOf(p.ID)
	}
	keys, err := r.keys.Keys(ctx, subjects)
	if err != nil {
		return nil, failure(err)
	}
	key := func(id habeas.SubjectID) (*keyring.Key, error) {
		if k := keys[id]; k != nil {
			return k, nil
		}
		return nil, keyring.ErrNoKey // erased, or between two that were asked for
	}
	first, last := parties[0].ID, parties[len(parties)-1].ID
	rows, err := r.q.QueryContext(ctx, selectStatement+` WHERE party >= ? AND party <= ? ORDER BY party, id`, first[:], last[:])
	if err != nil {
		return nil, failure(err)
	}
	defer rows.Close()
	at := 0
	for rows.Next() {
		s, err := scanStatement(rows, key)
		if errors.Is(err, keyring.ErrNoKey) {
			continue
		}
		if err != nil {
			return nil, failure(err)
		}
		for parties[at].ID != s.Party {
			at++
		}
		out[at].Said = append(out[at].Said, s)
	}
	if err := rows.Err(); err != nil {
		return nil, failure(err)
	}
	if err := r.togetherOf(ctx, parties, out); err != nil {
		return nil, err
	}
	return out, r.settledOf(ctx, parties, out, key)
}

// togetherOf reads again those parties into which others are merged, or of whose words
// some are put aside: few.
func (r Records) togetherOf(ctx context.Context, parties []party.Party, out []party.Spoken) error {
	first, last := parties[0].ID, parties[len(parties)-1].ID
	rows, err := r.q.QueryContext(ctx, `SELECT target FROM party_merge WHERE state = 'done' AND target >= ? AND target <= ?
		UNION SELECT party FROM aside WHERE party >= ? AND party <= ?`, first[:], last[:], first[:], last[:])
	ids, err := collect(rows, err, func(row row) (habeas.PartyID, error) { return scanID[habeas.PartyKind](row) })
	if err != nil {
		return err
	}
	for _, id := range ids {
		at, ok := slices.BinarySearchFunc(parties, id, func(p party.Party, id habeas.PartyID) int { return bytes.Compare(p.ID[:], id[:]) })
		if !ok {
			continue // of another kind
		}
		said, err := r.Statements(ctx, id)
		if err != nil && habeas.KindOf(err) != habeas.KindGone {
			return err
		}
		out[at].Said = said
	}
	return nil
}

// settledOf adds what the people of the parties have settled.
func (r Records) settledOf(ctx context.Context, parties []party.Party, out []party.Spoken, key func(habeas.SubjectID) (*keyring.Key, error)) error {
	first, last := parties[0].ID, parties[len(parties)-1].ID
	rows, err := r.q.QueryContext(ctx, `SELECT party, sealed FROM settled WHERE party >= ? AND party <= ? AND sealed IS NOT NULL ORDER BY party`, first[:], last[:])
	if err != nil {
		return failure(err)
	}
	defer rows.Close()
	at := 0
	for rows.Next() {
		var id, sealed []byte
		if err := rows.Scan(&id, &sealed); err != nil {
			return failure(err)
		}
		for at < len(parties) && bytes.Compare(parties[at].ID[:], id) < 0 {
			at++
		}
		if at == len(parties) || !bytes.Equal(parties[at].ID[:], id) {
			continue // of another kind
		}
		k, err := key(habeas.SubjectOf(parties[at].ID))
		if errors.Is(err, keyring.ErrNoKey) {
			continue
		}
		if err == nil {
			err = openWords(k, settledPlace(parties[at].ID), sealed, &out[at].Settled)
		}
		if err != nil {
			return failure(err)
		}
	}
	return failure(rows.Err())
}
