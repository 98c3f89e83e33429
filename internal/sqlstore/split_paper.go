package sqlstore

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// papersOf returns the notes and letters that a split takes along, and where they lay.
func (r Records) papersOf(ctx context.Context, id habeas.SplitID) ([]party.Paper, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT kind, paper, party FROM split_paper WHERE split = ? ORDER BY kind, paper`, id[:])
	return collect(rows, err, func(row row) (p party.Paper, err error) {
		var paper, lay []byte
		err = row.Scan(&p.Kind, &paper, &lay)
		copy(p.ID[:], paper)
		copy(p.Party[:], lay)
		return p, err
	})
}

func (tx *Tx) savePapers(s party.Split) error {
	for _, p := range s.Papers {
		if _, err := tx.exec(`INSERT INTO split_paper (split, party, kind, paper) VALUES (?,?,?,?) ON CONFLICT DO NOTHING`,
			s.ID[:], p.Party[:], string(p.Kind), p.ID[:]); err != nil {
			return err
		}
	}
	return nil
}

// movePaper lays a note or a letter elsewhere. A note is sealed again under the key of
// whom it speaks of, so that nothing of it is left under the other one's.
func (tx *Tx) movePaper(m party.PaperMove) error {
	if m.Kind == party.PaperLetter {
		_, err := tx.exec(`UPDATE letter SET party = ? WHERE id = ? AND party = ?`, m.To[:], m.ID[:], m.From[:])
		return err
	}
	w := tx.Notes()
	n, err := w.Note(tx.Context(), habeas.NoteID(m.ID))
	switch {
	case habeas.KindOf(err) == habeas.KindNotFound && err != nil, err == nil && n.Party != m.From:
		return nil // it was taken back, or another split took it on
	case err != nil:
		return err
	}
	n.Party = m.To
	sealed, err := w.seal(n)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE note SET party = ?, sealed = ? WHERE id = ?`, n.Party[:], sealed, n.ID[:])
	return err
}
