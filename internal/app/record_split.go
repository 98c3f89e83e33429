package app

import (
	"cmp"
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Part implements web/party.Joining: a record whose words are to be told apart. The read
// is witnessed.
func (r *Records) Part(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Parting, error) {
	if err := staff(&a); err != nil {
		return party.Parting{}, err
	}
	if err := party.CheckPurpose(a.Purpose, true); err != nil {
		return party.Parting{}, err
	}
	sight, err := r.Sight(ctx, a)
	if err != nil {
		return party.Parting{}, err
	}
	from := r.DB.Records()
	rec, said, err := r.load(ctx, from, id)
	if err != nil {
		return party.Parting{}, err
	}
	merges, err := r.mergesBehind(ctx, from, rec.Party.ID)
	if err != nil {
		return party.Parting{}, err
	}
	out := party.Parting{Record: rec}
	for _, s := range slices.Backward(said) {
		alone := party.Split{Items: []party.Item{{Party: s.Party, Statement: s.ID}}}
		if err := alone.Check(rec.Party, append(slices.Clone(said), party.Statement{}), merges); err == nil {
			out.Words = append(out.Words, s)
		}
	}
	if out.Notes, err = r.DB.Notes().NotesOn(ctx, rec.Party.ID); err != nil {
		return party.Parting{}, err
	}
	out.Record, out.Words = rec.SeenBy(sight), sight.Words(out.Words)
	return out, r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return tx.Audit(r.event(audit.PartyRead, rec.Party.ID, a, nil))
	})
}

// mergesBehind are the merges of everything that a record shows.
func (r *Records) mergesBehind(ctx context.Context, from sqlstore.Records, id habeas.PartyID) ([]party.Merge, error) {
	all, err := from.Members(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []party.Merge
	for _, one := range all {
		merges, err := from.MergesOf(ctx, one)
		if err != nil {
			return nil, err
		}
		out = append(out, merges...)
	}
	return out, nil
}

// SplitOff implements web/party.Joining. version is that of the record as it was shown.
// Where it belongs to somebody, the split waits for their consent.
func (r *Records) SplitOff(ctx context.Context, a habeas.Actor, id habeas.PartyID, version int64, items []party.Item, notes []party.Paper) (party.Split, error) {
	if err := staff(&a); err != nil {
		return party.Split{}, err
	}
	now := r.Clock.Now()
	s := party.Split{
		ID: habeas.NewID[habeas.SplitKind](now), To: habeas.NewID[habeas.PartyKind](now), By: a.Account, Items: items, Papers: notes, At: now,
	}
	if rec, _, err := r.load(ctx, r.DB.Records(), id); err != nil || rec.Party.Version != version {
		return s, cmp.Or(err, error(errChanged))
	} else if rec.Party.State != party.Claimed { // else the key is made when its person agrees
		if err := r.Keys.Commit(ctx, r.Keys.NewKey(habeas.SubjectOf(s.To))); err != nil {
			return s, err
		}
	}
	err := r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		rec, said, err := r.load(ctx, w, id)
		if err != nil {
			return err
		}
		if rec.Party.Version != version {
			return errChanged
		}
		s.From = rec.Party.ID
		if rec.Party.State != party.Claimed {
			return r.splitOff(tx, a, &s, rec.Party, said)
		}
		merges, err := r.mergesBehind(ctx, w.Records, s.From)
		if err != nil {
			return err
		}
		if err := s.Check(rec.Party, said, merges); err != nil {
			return err
		}
		if err := r.withPapers(tx, &s, s.From, said); err != nil {
			return err
		}
		s.State = party.SplitProposed
		if err := w.Turn(party.Turn{Split: &s}, r.entries(audit.MergeProposed, a, s.ID, s.From)...); err != nil {
			return err
		}
		return r.ask(tx, "/me/splits/"+s.ID.String(), rec.Party)
	})
	if err != nil || s.State != party.SplitDone {
		return s, err
	}
	return s, r.relearnSplit(ctx, s)
}

func (r *Records) relearnSplit(ctx context.Context, s party.Split) error {
	ids := []habeas.PartyID{s.From, s.To}
	for _, i := range s.Items {
		if !slices.Contains(ids, i.Party) {
			ids = append(ids, i.Party)
		}
	}
	return r.relearn(ctx, ids...)
}

// splitOff splits and witnesses it, for the new record once for each word and paper.
func (r *Records) splitOff(tx *sqlstore.Tx, a habeas.Actor, s *party.Split, from party.Party, said []party.Statement) error {
	ctx, w := tx.Context(), tx.Records()
	if err := r.withPapers(tx, s, from.ID, said); err != nil {
		return err
	}
	merges, err := r.mergesBehind(ctx, w.Records, from.ID)
	if err != nil {
		return err
	}
	rows, err := r.rowsOf(ctx, w, *s, said)
	if err != nil {
		return err
	}
	turn, err := s.Do(from, said, merges, s.HandlesOf(said, rows, r.hashesOf), a.Account, r.Clock.Now())
	if err != nil {
		return err
	}
	*s = *turn.Split
	entries := r.entries(audit.PartySplit, a, s.ID, from.ID)
	for range len(turn.Say) + len(turn.Papers) {
		entries = append(entries, r.entries(audit.PartySplit, a, s.ID, s.To)...)
	}
	return w.Turn(turn, entries...)
}

// withPapers leaves of the notes that were chosen those that lie with the record, and adds
// the letters that go with its words.
func (r *Records) withPapers(tx *sqlstore.Tx, s *party.Split, from habeas.PartyID, said []party.Statement) error {
	notes, err := tx.Notes().NotesOn(tx.Context(), from)
	if err != nil {
		return err
	}
	letters, err := tx.Letters().LettersOf(tx.Context(), from)
	*s = s.With(s.Papers, said, notes, letters, r.schemas)
	return err
}

// rowsOf are the handles at the addresses and ids of the words that leave.
func (r *Records) rowsOf(ctx context.Context, w sqlstore.RecordsTx, s party.Split, said []party.Statement) ([]party.KnownAs, error) {
	var hashes []keyring.LookupHash
	for _, one := range said {
		if slices.ContainsFunc(s.Items, func(i party.Item) bool { return i.Statement == one.ID }) {
			hashes = append(hashes, r.hashesOf(one)...)
		}
	}
	var rows []party.KnownAs
	for _, h := range unique(hashes) {
		at, err := w.KnownAt(ctx, h)
		if err != nil {
			return nil, err
		}
		rows = append(rows, at...)
	}
	return rows, nil
}

// Unsplit implements web/party.Joining.
func (r *Records) Unsplit(ctx context.Context, a habeas.Actor, id habeas.SplitID) (party.Split, error) {
	var s party.Split
	if err := staff(&a); err != nil {
		return s, err
	}
	err := r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		var err error
		if s, err = w.OneSplit(ctx, id); err != nil {
			return err
		}
		if s.State == party.SplitProposed {
			s.State, s.EndedAt = party.SplitRefused, r.Clock.Now()
			return w.Turn(party.Turn{Split: &s}, r.entries(audit.MergeRefused, a, s.ID, s.From)...)
		}
		return r.unsplit(tx, a, &s)
	})
	if err != nil || s.State != party.SplitUndone {
		return s, err
	}
	return s, r.relearnSplit(ctx, s)
}

func (r *Records) unsplit(tx *sqlstore.Tx, a habeas.Actor, s *party.Split) error {
	w, ctx := tx.Records(), tx.Context()
	if s.State != party.SplitDone {
		_, err := s.Undo(party.Party{}, party.Party{}, nil, party.Party{}, nil, nil, r.Clock.Now())
		return err
	}
	from, err := w.Party(ctx, s.From)
	if err != nil {
		return err
	}
	to, err := w.Party(ctx, s.To)
	if err != nil {
		return err
	}
	tops, err := r.topsOf(ctx, w, *s)
	if err != nil {
		return err
	}
	toTop, err := topOf(ctx, w, s.To)
	if err != nil {
		return err
	}
	asides, err := w.AsidesAt(ctx, s.To)
	if err != nil {
		return err
	}
	var rows []party.KnownAs
	for _, h := range s.Handles {
		at, err := w.KnownAt(ctx, h.Hash)
		if err != nil {
			return err
		}
		rows = append(rows, at...)
	}
	turn, err := s.Undo(from, to, tops, toTop, asides, rows, r.Clock.Now())
	if err != nil {
		return err
	}
	*s = *turn.Split
	if err := w.Turn(turn, r.entries(audit.PartyUnsplit, a, s.ID, s.From, s.To)...); err != nil {
		return err
	}
	return r.home(tx, a, party.Merge{}, s.To)
}

// topsOf are the records that would show what comes back.
func (r *Records) topsOf(ctx context.Context, w sqlstore.RecordsTx, s party.Split) ([]party.Party, error) {
	ids := []habeas.PartyID{s.From}
	for _, i := range s.Items {
		if !slices.Contains(ids, i.Party) {
			ids = append(ids, i.Party)
		}
	}
	out := make([]party.Party, len(ids))
	for i, id := range ids {
		var err error
		if out[i], err = topOf(ctx, w, id); err != nil {
			return nil, err
		}
	}
	return out, nil
}
