package app

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// NotesOn implements web/party.Notes. Whoever asks has opened the record, which is
// witnessed there.
func (r *Records) NotesOn(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Note, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	top, err := r.DB.Records().Top(ctx, id)
	if err != nil {
		return nil, err
	}
	return r.DB.Notes().NotesOn(ctx, top)
}

// Note implements web/party.Notes.
func (r *Records) Note(ctx context.Context, a habeas.Actor, id habeas.PartyID, text string) (party.Note, error) {
	if err := staff(&a); err != nil {
		return party.Note{}, err
	}
	var made party.Note
	err := r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		now := r.Clock.Now()
		rec, _, err := r.load(ctx, tx.Records(), id)
		if err != nil {
			return err
		}
		group, err := tx.Groups().GroupOf(ctx, a.Account)
		if err != nil {
			return err
		}
		made = party.Note{ID: habeas.NewID[habeas.NoteKind](now), Party: rec.Party.ID}
		if made, err = made.Write(a.Account, group, text, now); err != nil {
			return err
		}
		return tx.Notes().SaveNote(made, r.noted(audit.NoteWritten, a, made))
	})
	return made, err
}

func (r *Records) noted(e audit.Event, a habeas.Actor, n party.Note) audit.Entry {
	return r.event(e, n.Party, a, map[string]string{"note": n.ID.String()})
}

// changeNote reads a note on a record and writes what becomes of it.
func (r *Records) changeNote(ctx context.Context, a habeas.Actor, id habeas.NoteID, e audit.Event, change func(tx *sqlstore.Tx, n party.Note, now time.Time) (party.Note, error)) error {
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		n, err := tx.Notes().Note(ctx, id)
		if err != nil {
			return err
		}
		if n, err = change(tx, n, r.Clock.Now()); err != nil {
			return err
		}
		return tx.Notes().SaveNote(n, r.noted(e, a, n))
	})
}

// EditNote implements web/party.Notes.
func (r *Records) EditNote(ctx context.Context, a habeas.Actor, id habeas.NoteID, text string) error {
	if err := staff(&a); err != nil {
		return err
	}
	return r.changeNote(ctx, a, id, audit.NoteChanged, func(tx *sqlstore.Tx, n party.Note, now time.Time) (party.Note, error) {
		group, err := tx.Groups().GroupOf(ctx, a.Account)
		if err != nil {
			return n, err
		}
		return n.Write(a.Account, group, text, now)
	})
}

// StrikeNote implements web/party.Notes.
func (r *Records) StrikeNote(ctx context.Context, a habeas.Actor, id habeas.NoteID, why string) error {
	if err := staff(&a); err != nil {
		return err
	}
	return r.changeNote(ctx, a, id, audit.NoteStruck, func(_ *sqlstore.Tx, n party.Note, now time.Time) (party.Note, error) {
		return n.Strike(a.Account, why, now)
	})
}

// TakeNoteBack implements web/party.Notes.
func (r *Records) TakeNoteBack(ctx context.Context, a habeas.Actor, id habeas.NoteID) error {
	if err := staff(&a); err != nil {
		return err
	}
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		n, err := tx.Notes().Note(ctx, id)
		if err == nil {
			err = n.CanTakeBack(a.Account, r.Clock.Now())
		}
		if err != nil {
			return err
		}
		return tx.Notes().RemoveNote(id, r.noted(audit.NoteTakenBack, a, n))
	})
}

// MyNotes implements web/party.Notes: what staff wrote on one of the actor's records. While
// it is disputed whose it is, nobody reads them here.
func (r *Records) MyNotes(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Note, error) {
	rec, _, err := r.own(ctx, r.DB.Records(), a, id)
	if err != nil || rec.Party.State != party.Claimed {
		return nil, err
	}
	notes, err := r.DB.Notes().NotesOn(ctx, rec.Party.ID)
	for i, n := range notes {
		if n.Answer != nil && n.Answer.By != a.Account { // of whoever had the record before
			notes[i].Answer = nil
		}
	}
	return notes, err
}

// AnswerNote implements web/party.Notes.
func (r *Records) AnswerNote(ctx context.Context, a habeas.Actor, id habeas.PartyID, note habeas.NoteID, text string, contests bool) error {
	return r.changeNote(ctx, a, note, audit.NoteAnswered, func(tx *sqlstore.Tx, n party.Note, now time.Time) (party.Note, error) {
		rec, _, err := r.own(ctx, tx.Records(), a, id)
		if err != nil {
			return n, err
		}
		top, err := topOf(ctx, tx.Records(), n.Party)
		if err == nil && top.ID != rec.Party.ID {
			err = habeas.NotFound("There is no such note.").WithCode("note.none")
		}
		if err != nil {
			return n, err
		}
		return n.Reply(rec.Party, a.Account, text, contests, now)
	})
}

// copyNotes lists the notes on a record for its person's copy, each version of them.
func (r *Records) copyNotes(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]copiedLine, error) {
	notes, err := r.MyNotes(ctx, a, id)
	if err != nil {
		return nil, err
	}
	var out []copiedLine
	for _, n := range notes {
		for _, t := range n.Texts {
			out = append(out, copiedLine{"note by " + r.Accounts.NameOf(ctx, n.By), t.Text, t.At.Format(time.RFC3339)})
		}
		if n.Answer != nil {
			what := "answer"
			if n.Answer.Contests {
				what = "contested"
			}
			out = append(out, copiedLine{what, n.Answer.Text, n.Answer.At.Format(time.RFC3339)})
		}
		if n.Struck != nil {
			out = append(out, copiedLine{"struck out by " + r.Accounts.NameOf(ctx, n.Struck.By), n.Struck.Why, n.Struck.At.Format(time.RFC3339)})
		}
	}
	return out, nil
}
