package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Letters reads codes that went out by post. It implements party.Letters.
type Letters struct{ q querier }

// LettersTx changes them in one transaction. It implements party.LetterWriter.
type LettersTx struct {
	Letters
	tx *Tx
}

var _ party.LetterWriter = LettersTx{}

// Letters returns the reader on the pool.
func (db *DB) Letters() Letters { return Letters{q: db.readers} }

// Letters returns the reader and writer in this transaction.
func (tx *Tx) Letters() LettersTx { return LettersTx{Letters{q: tx.Records().q}, tx} }

const selectLetter = `SELECT id, party, code, staff, expires, state, ended_at, address FROM letter`

func scanLetter(r row) (party.Letter, error) {
	var l party.Letter
	var id, about, code, by, address []byte
	var expires, ended int64
	if err := r.Scan(&id, &about, &code, &by, &expires, &l.State, &ended, &address); err != nil {
		return l, err
	}
	copy(l.ID[:], id)
	copy(l.Party[:], about)
	copy(l.Code[:], code)
	copy(l.By[:], by)
	copy(l.Address[:], address)
	l.Expires, l.EndedAt = moment(expires), moment(ended)
	return l, nil
}

// LettersOf implements party.Letters.
func (s Letters) LettersOf(ctx context.Context, id habeas.PartyID) ([]party.Letter, error) {
	rows, err := s.q.QueryContext(ctx, members+selectLetter+` WHERE party IN (SELECT id FROM member) ORDER BY id DESC`, id[:])
	return collect(rows, err, scanLetter)
}

// LetterWith implements party.Letters.
func (s Letters) LetterWith(ctx context.Context, code keyring.LookupHash) (party.Letter, bool, error) {
	l, err := scanLetter(s.q.QueryRowContext(ctx, selectLetter+` WHERE code = ?`, code[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return party.Letter{}, false, nil
	}
	return l, err == nil, failure(err)
}

// Letter implements party.Letters.
func (s Letters) Letter(ctx context.Context, id habeas.LetterID) (party.Letter, error) {
	l, err := scanLetter(s.q.QueryRowContext(ctx, selectLetter+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return l, party.ErrNoLetter
	}
	return l, failure(err)
}

// SaveLetter implements party.LetterWriter.
func (w LettersTx) SaveLetter(l party.Letter, e audit.Entry) error {
	var address []byte
	if l.Address != (keyring.LookupHash{}) {
		address = l.Address[:]
	}
	_, err := w.tx.exec(`INSERT INTO letter (id, party, code, staff, expires, state, ended_at, address) VALUES (?,?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, ended_at = excluded.ended_at, address = excluded.address`,
		l.ID[:], l.Party[:], l.Code[:], l.By[:], millis(l.Expires), string(l.State), millis(l.EndedAt), address)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}
