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

// Notes reads what staff wrote on records. It implements party.Notes.
type Notes struct {
	q    querier
	keys *keyring.Ring
}

// NotesTx changes it in one transaction. It implements party.NoteWriter.
type NotesTx struct {
	Notes
	tx *Tx
}

var _ party.NoteWriter = NotesTx{}

// Notes returns the reader on the pool.
func (db *DB) Notes() Notes { return Notes{q: db.Records().q, keys: db.cfg.Keys} }

// Notes returns the reader and writer in this transaction.
func (tx *Tx) Notes() NotesTx {
	return NotesTx{Notes{q: tx.Records().q, keys: tx.w.db.cfg.Keys}, tx}
}

// sealedNote is the personal part of a note, under the record's key.
type sealedNote struct {
	Texts  []party.NoteText  `json:"v"`
	Answer *party.NoteAnswer `json:"a,omitempty"`
	Struck *party.NoteStrike `json:"s,omitempty"`
}

const selectNote = `SELECT id, party, account, version, sealed FROM note`

func (s Notes) scan(ctx context.Context) func(row) (party.Note, error) {
	return func(r row) (party.Note, error) {
		var n party.Note
		var id, about, by, sealed []byte
		if err := r.Scan(&id, &about, &by, &n.Revision, &sealed); err != nil {
			return n, err
		}
		copy(n.ID[:], id)
		copy(n.Party[:], about)
		copy(n.By[:], by)
		key, err := s.keys.Key(ctx, habeas.SubjectOf(n.Party))
		if err != nil {
			return n, err
		}
		var words sealedNote
		if err := openWords(key, notePlace(n.ID), sealed, &words); err != nil {
			return n, err
		}
		n.Texts, n.Answer, n.Struck = words.Texts, words.Answer, words.Struck
		return n, nil
	}
}

func notePlace(id habeas.NoteID) string { return "note/" + string(id[:]) }

// NotesOn implements party.Notes.
func (s Notes) NotesOn(ctx context.Context, id habeas.PartyID) ([]party.Note, error) {
	rows, err := s.q.QueryContext(ctx, members+selectNote+` WHERE party IN (SELECT id FROM member) ORDER BY id DESC`, id[:])
	return collect(rows, err, s.scan(ctx))
}

// Note implements party.Notes.
func (s Notes) Note(ctx context.Context, id habeas.NoteID) (party.Note, error) {
	n, err := s.scan(ctx)(s.q.QueryRowContext(ctx, selectNote+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return n, habeas.NotFound("There is no such note.").WithCode("note.none")
	}
	return n, failure(err)
}

// seal seals the personal part of a note under the key of the record with which it lies.
func (w NotesTx) seal(n party.Note) ([]byte, error) {
	key, err := w.tx.key(habeas.SubjectOf(n.Party))
	if err != nil {
		return nil, err
	}
	return sealWords(key, notePlace(n.ID), sealedNote{n.Texts, n.Answer, n.Struck})
}

// SaveNote implements party.NoteWriter.
func (w NotesTx) SaveNote(n party.Note, e audit.Entry) error {
	sealed, err := w.seal(n)
	if err != nil {
		return err
	}
	struck := int64(0)
	if n.Struck != nil {
		struck = millis(n.Struck.At)
	}
	res, err := w.tx.exec(`INSERT INTO note (id, party, account, struck, version, sealed) VALUES (?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET struck = excluded.struck, version = excluded.version, sealed = excluded.sealed
		WHERE note.version = excluded.version - 1`, n.ID[:], n.Party[:], n.By[:], struck, n.Revision, sealed)
	if err != nil {
		return err
	}
	if changed, err := res.RowsAffected(); err != nil || changed == 0 {
		return errors.Join(err, habeas.Conflict("This note changed while you were looking at it. Look at it again.").WithCode("note.changed"))
	}
	return w.tx.Audit(e)
}

// RemoveNote implements party.NoteWriter.
func (w NotesTx) RemoveNote(id habeas.NoteID, e audit.Entry) error {
	if err := exactlyOne(w.tx.exec(`DELETE FROM note WHERE id = ?`, id[:])); err != nil {
		return err
	}
	return w.tx.Audit(e)
}
