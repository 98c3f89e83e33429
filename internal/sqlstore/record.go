package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Records reads parties. It works on the pool of readers, or inside a transaction
// on what that transaction sees. It implements party.Reader.
type Records struct {
	q    querier
	keys *keyring.Ring
}

// Records returns the reader of records on the pool.
func (db *DB) Records() Records { return Records{q: db.readers, keys: db.cfg.Keys} }

// Records returns the reader and writer of records in this transaction.
func (tx *Tx) Records() RecordsTx {
	return RecordsTx{Records: Records{q: steady{tx.w.conn}, keys: tx.w.db.cfg.Keys}, tx: tx}
}

var errNoParty = habeas.NotFound("There is no such record.").WithCode("party.none")

func (r Records) keyOf(ctx context.Context) func(habeas.SubjectID) (*keyring.Key, error) {
	return func(id habeas.SubjectID) (*keyring.Key, error) { return r.keys.Key(ctx, id) }
}

// Party implements party.Reader.
func (r Records) Party(ctx context.Context, id habeas.PartyID) (party.Party, error) {
	p, err := scanParty(r.q.QueryRowContext(ctx, selectParty+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return p, errNoParty
	}
	return p, failure(err)
}

const selectStatement = `SELECT party, id, source_kind, source, ticket, sealed FROM statement`

// counts leaves out what was put aside.
const counts = `NOT EXISTS (SELECT 1 FROM aside a WHERE a.party = statement.party AND a.statement = statement.id)`

// Statements implements party.Reader.
func (r Records) Statements(ctx context.Context, id habeas.PartyID) ([]party.Statement, error) {
	rows, err := r.q.QueryContext(ctx, members+selectStatement+` WHERE party IN (SELECT id FROM member) AND `+counts+` ORDER BY id, party`, id[:])
	said, err := collect(rows, err, func(row row) (party.Statement, error) { return scanStatement(row, r.keyOf(ctx)) })
	return party.Together(said), err
}

// PartiesOf implements party.Reader.
func (r Records) PartiesOf(ctx context.Context, account habeas.AccountID) ([]party.Party, error) {
	rows, err := r.q.QueryContext(ctx, selectParty+` WHERE account = ? AND state <> 'merged' ORDER BY id`, account[:])
	return collect(rows, err, scanParty)
}

// Waiting implements party.Reader: records that wait for a human decision.
func (r Records) Waiting(ctx context.Context, after habeas.PartyID, limit int) ([]party.Party, error) {
	rows, err := r.q.QueryContext(ctx, selectParty+` WHERE review <> '' AND state <> 'merged' AND id > ? ORDER BY id LIMIT ?`, after[:], limit)
	return collect(rows, err, scanParty)
}

// Newest returns parties, the newest first, before the given one (zero: from the end).
func (r Records) Newest(ctx context.Context, before habeas.PartyID, limit int) ([]party.Party, error) {
	if before.IsZero() {
		for i := range before {
			before[i] = 0xff
		}
	}
	rows, err := r.q.QueryContext(ctx, selectParty+` WHERE id < ? AND state <> 'merged' ORDER BY id DESC LIMIT ?`, before[:], limit)
	return collect(rows, err, scanParty)
}

// Count counts the parties and those that wait for review.
func (r Records) Count(ctx context.Context) (all, claimed, waiting int, err error) {
	err = r.q.QueryRowContext(ctx, `SELECT count(*), count(account), count(*) FILTER (WHERE review <> '') FROM party WHERE state <> 'merged'`).Scan(&all, &claimed, &waiting)
	return all, claimed, waiting, failure(err)
}

// KnownAt implements party.Reader.
func (r Records) KnownAt(ctx context.Context, hash keyring.LookupHash) ([]party.KnownAs, error) {
	out, err := readKnownAs(ctx, r.q, hash, r.keyOf(ctx))
	return out, failure(err)
}

// ByReference finds the party that a system means by a reference.
func (r Records) ByReference(ctx context.Context, system habeas.SystemID, prefix [12]byte, n uint32) (habeas.PartyID, error) {
	var low, high [16]byte
	copy(low[:], prefix[:])
	copy(high[:], prefix[:])
	copy(high[12:], []byte{0xff, 0xff, 0xff, 0xff})
	var id []byte
	err := r.q.QueryRowContext(ctx, `SELECT party FROM known_as WHERE hash BETWEEN ? AND ? AND source = ? AND n = ?`,
		low[:], high[:], system[:], n).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return habeas.PartyID{}, errNoParty
	}
	if err != nil {
		return habeas.PartyID{}, failure(err)
	}
	return habeas.Bytes16[habeas.PartyKind](id)
}

// Blocked implements party.Reader.
func (r Records) Blocked(ctx context.Context, hash keyring.LookupHash, id habeas.PartyID) (bool, error) {
	var n int
	err := r.q.QueryRowContext(ctx, `SELECT count(*) FROM blocked WHERE hash = ? AND party = ?`, hash[:], id[:]).Scan(&n)
	return n > 0, failure(err)
}

const selectClaim = `SELECT id, party, account, state, version, opened, stale, tries, opened_at, closed_at, shown, fact_tries FROM claim`

func scanClaim(r row) (party.Claim, error) {
	var c party.Claim
	var id, partyID, account []byte
	var opened, shown string
	var openedAt, closedAt int64
	if err := r.Scan(&id, &partyID, &account, &c.State, &c.Version, &opened, &c.Stale, &c.Tries, &openedAt, &closedAt, &shown, &c.FactTries); err != nil {
		return c, err
	}
	copy(c.ID[:], id)
	copy(c.Party[:], partyID)
	copy(c.Account[:], account)
	c.Opened, c.OpenedAt, c.ClosedAt, c.Shown = splitList(opened), moment(openedAt), moment(closedAt), evidenceOf(shown)
	return c, nil
}

// Claims implements party.Reader: newest first.
func (r Records) Claims(ctx context.Context, account habeas.AccountID) ([]party.Claim, error) {
	rows, err := r.q.QueryContext(ctx, selectClaim+` WHERE account = ? ORDER BY id DESC`, account[:])
	return collect(rows, err, scanClaim)
}

// ClaimsOn returns the claims on a party, newest first.
func (r Records) ClaimsOn(ctx context.Context, id habeas.PartyID) ([]party.Claim, error) {
	rows, err := r.q.QueryContext(ctx, selectClaim+` WHERE party = ? ORDER BY id DESC`, id[:])
	return collect(rows, err, scanClaim)
}

// OneClaim returns a claim by its id; false when there is none.
func (r Records) OneClaim(ctx context.Context, id habeas.ClaimID) (party.Claim, bool, error) {
	c, err := scanClaim(r.q.QueryRowContext(ctx, selectClaim+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return party.Claim{}, false, nil
	}
	return c, err == nil, failure(err)
}

// Tickets implements party.Reader.
func (r Records) Tickets(ctx context.Context, ids []habeas.TicketID) (map[habeas.TicketID]party.Ticket, error) {
	out := make(map[habeas.TicketID]party.Ticket, len(ids))
	for _, id := range ids {
		t, err := scanTicket(r.q.QueryRowContext(ctx, selectTicket, id[:]))
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, failure(err)
		}
		out[id] = t
	}
	return out, nil
}

// Each visits every statement with its party, in the order of parties: to fill the
// search index after start.
func (r Records) Each(ctx context.Context, visit func(party.Party, party.Statement)) error {
	return r.each(ctx, ``, nil, visit)
}

func (r Records) each(ctx context.Context, where string, args []any, visit func(party.Party, party.Statement)) error {
	rows, err := r.q.QueryContext(ctx, `SELECT s.party, s.id, s.source_kind, s.source, s.ticket, s.sealed, p.kind, p.state, p.account, p.review, p.stub, p.restraint
		FROM statement s JOIN party p ON p.id = s.party AND NOT EXISTS
		(SELECT 1 FROM aside a WHERE a.party = s.party AND a.statement = s.id) `+where+` ORDER BY s.party, s.id`, args...)
	if err != nil {
		return failure(err)
	}
	defer rows.Close()
	for rows.Next() {
		var p party.Party
		var account []byte
		s, err := scanStatement(withMore{rows, []any{&p.Kind, &p.State, &account, &p.Review, &p.Stub, &p.Restraint}}, r.keyOf(ctx))
		if errors.Is(err, keyring.ErrNoKey) || habeas.KindOf(err) == habeas.KindGone {
			continue
		}
		if err != nil {
			return failure(err)
		}
		p.ID = s.Party
		copy(p.Account[:], account)
		visit(p, s)
	}
	return failure(rows.Err())
}

// withMore scans more columns than the wrapped scan asks for.
type withMore struct {
	row
	more []any
}

func (w withMore) Scan(dest ...any) error { return w.row.Scan(append(dest, w.more...)...) }

// RecordsTx writes parties in one transaction. It implements party.Writer.
type RecordsTx struct {
	Records
	tx *Tx
}

// CreateParty implements party.Writer.
func (w RecordsTx) CreateParty(p party.Party, s party.Statement, known []party.KnownAs, e audit.Entry) error {
	if err := w.tx.insertParty(p); err != nil {
		return err
	}
	return w.say(p, &s, known, e)
}

// ChangeParty implements party.Writer.
func (w RecordsTx) ChangeParty(p party.Party, s *party.Statement, known []party.KnownAs, e audit.Entry) error {
	if err := w.tx.updateParty(p); err != nil {
		return err
	}
	if err := w.tx.endPasses(p, e.At); err != nil {
		return err
	}
	return w.say(p, s, known, e)
}

func (w RecordsTx) say(p party.Party, s *party.Statement, known []party.KnownAs, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(p.ID))
	if err != nil {
		return err
	}
	if s != nil {
		if err := w.tx.insertStatement(*s, key); err != nil {
			return err
		}
		w.tx.learned = append(w.tx.learned, learned{p, *s})
	}
	for _, k := range known {
		if err := w.tx.putKnownAs(k, key); err != nil {
			return err
		}
	}
	if err := w.tx.noteParty(p, s); err != nil {
		return err
	}
	return w.tx.append(e, key)
}

// SaveClaim implements party.Writer.
func (w RecordsTx) SaveClaim(c party.Claim, e audit.Entry) error {
	_, err := w.tx.exec(`INSERT INTO claim (id, party, account, state, version, opened, stale, tries, opened_at, closed_at, shown, fact_tries)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET state=excluded.state, version=excluded.version,
		opened=excluded.opened, stale=excluded.stale, tries=excluded.tries, closed_at=excluded.closed_at,
		shown=excluded.shown, fact_tries=excluded.fact_tries`,
		c.ID[:], c.Party[:], c.Account[:], string(c.State), c.Version, joinList(c.Opened), c.Stale, c.Tries, millis(c.OpenedAt), millis(c.ClosedAt),
		evidenceText(c.Shown), c.FactTries)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// MoveClaim lays a claim, with the checks in person that support it, with another record.
func (w RecordsTx) MoveClaim(id habeas.ClaimID, to habeas.PartyID, e audit.Entry) error {
	if err := exactlyOne(w.tx.exec(`UPDATE claim SET party = ? WHERE id = ?`, to[:], id[:])); err != nil {
		return err
	}
	if _, err := w.tx.exec(`UPDATE person_check SET party = ? WHERE claim = ?`, to[:], id[:]); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// Block implements party.Writer.
func (w RecordsTx) Block(hash keyring.LookupHash, id habeas.PartyID, e audit.Entry) error {
	if _, err := w.tx.exec(`INSERT INTO blocked (hash, party) VALUES (?,?) ON CONFLICT DO NOTHING`, hash[:], id[:]); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// Unblock implements party.Writer.
func (w RecordsTx) Unblock(hash keyring.LookupHash, id habeas.PartyID, e audit.Entry) error {
	if _, err := w.tx.exec(`DELETE FROM blocked WHERE hash = ? AND party = ?`, hash[:], id[:]); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// PutPaperCode implements party.Writer.
func (w RecordsTx) PutPaperCode(id habeas.PartyID, hash keyring.LookupHash, expires time.Time, e audit.Entry) error {
	if _, err := w.tx.exec(`INSERT INTO paper_code (party, hash, expires) VALUES (?,?,?)`, id[:], hash[:], millis(expires)); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// UsePaperCode implements party.Writer.
func (w RecordsTx) UsePaperCode(id habeas.PartyID, hash keyring.LookupHash, now time.Time, e audit.Entry) (bool, error) {
	res, err := w.tx.exec(`UPDATE paper_code SET used_at = ? WHERE party = ? AND hash = ? AND used_at = 0 AND expires > ?`,
		millis(now), id[:], hash[:], millis(now))
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	return true, w.tx.Audit(e)
}

// EraseParty implements party.Writer. The leaves stay, so that the tree still
// verifies; which of them were about one party is forgotten.
func (w RecordsTx) EraseParty(p party.Party, hashes []keyring.LookupHash, e audit.Entry) error {
	if err := w.tx.Audit(e); err != nil {
		return err
	}
	if err := w.tx.tellErased(p.ID, hashes, e.At); err != nil {
		return err
	}
	if err := w.tx.forgetTurns(p.ID); err != nil {
		return err
	}
	for _, h := range hashes {
		if _, err := w.tx.exec(`DELETE FROM known_as WHERE hash = ? AND party = ?`, h[:], p.ID[:]); err != nil {
			return err
		}
	}
	for _, table := range []string{"statement", "settled", "claim", "paper_code", "blocked", "consent", "pass_use", "pass", "dispute", "dispute_link", "person_check", "note", "party_tag", "showing", "completing"} {
		if _, err := w.tx.exec(`DELETE FROM `+table+` WHERE party = ?`, p.ID[:]); err != nil {
			return err
		}
	}
	for _, query := range []string{
		`DELETE FROM duplicate WHERE a = ?1 OR b = ?1`,
		`DELETE FROM bulk_pair WHERE a = ?1 OR b = ?1`,
		`DELETE FROM relation WHERE party = ?1 OR other = ?1`,
		`DELETE FROM known_as WHERE party = ?1 AND hash IN (SELECT l.address FROM letter l WHERE l.party = ?1)`,
		`DELETE FROM letter WHERE party = ?1`,
		`DELETE FROM guardian WHERE party = ?1`,
	} {
		if _, err := w.tx.exec(query, p.ID[:]); err != nil {
			return err
		}
	}
	if err := w.tx.forgetNotice(p.ID, hashes, e.At); err != nil {
		return err
	}
	for _, table := range []string{"outbox", "challenge"} { // mail and invitations about the party
		if _, err := w.tx.exec(`DELETE FROM `+table+` WHERE subject = ?`, p.ID[:]); err != nil {
			return err
		}
	}
	if err := w.tx.orphan(habeas.SubjectOf(p.ID), e); err != nil {
		return err
	}
	w.tx.touched = append(w.tx.touched, habeas.SubjectOf(p.ID))
	return exactlyOne(w.tx.exec(`DELETE FROM party WHERE id = ?`, p.ID[:]))
}

// orphan parts the leaves of an erased subject from each other: each gets a random
// subject of its own, and the sealed detail, unreadable anyway, goes. The witness is
// the entry of the erasure.
func (tx *Tx) orphan(subject habeas.SubjectID, witness audit.Entry) error {
	if _, err := tx.exec(tx.w.db.text.orphan, subject[:]); err != nil {
		return err
	}
	return tx.w.db.engine.forget(tx, subject, witness)
}

// ChangeTicket implements party.Writer.
func (w RecordsTx) ChangeTicket(t party.Ticket, e audit.Entry) error {
	if err := w.tx.putTicket(t); err != nil {
		return err
	}
	return w.tx.Audit(e)
}
