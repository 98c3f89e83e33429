package app

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Meanwhile implements web/party.Joining.
func (r *Records) Meanwhile(ctx context.Context, a habeas.Actor, id habeas.MergeID) (party.Meanwhile, error) {
	if err := staff(&a); err != nil {
		return party.Meanwhile{}, err
	}
	if err := party.CheckPurpose(a.Purpose, true); err != nil {
		return party.Meanwhile{}, err
	}
	s, err := r.Sight(ctx, a)
	if err != nil {
		return party.Meanwhile{}, err
	}
	out, err := r.meanwhile(ctx, r.DB.Records(), id)
	if err != nil {
		return party.Meanwhile{}, err
	}
	out.Into, out.From, out.Words = out.Into.SeenBy(s), out.From.SeenBy(s), s.Words(out.Words)
	return out, r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return tx.Audit(r.event(audit.PartyRead, out.Merge.Into, a, nil))
	})
}

func (r *Records) meanwhile(ctx context.Context, from sqlstore.Records, id habeas.MergeID) (out party.Meanwhile, err error) {
	if out.Merge, err = from.OneMerge(ctx, id); err != nil {
		return out, err
	}
	var said []party.Statement
	if out.Into, said, err = r.load(ctx, from, out.Merge.Into); err != nil {
		return out, err
	}
	if out.From, _, err = r.load(ctx, from, out.Merge.From); err != nil {
		return out, err
	}
	if out.Merge.State == party.MergeSettled {
		lying, err := from.Lying(ctx, out.Merge.Into)
		if err != nil {
			return out, err
		}
		out.Moved = len(out.Merge.Since(lying)) > 0
	}
	out.Words, out.Keep = out.Merge.Since(said), make(map[habeas.StatementID]party.Keep)
	for _, s := range out.Words {
		out.Keep[s.ID] = party.KeepInto
		if s.Source.Kind == party.FromSelf && s.Source.Account == out.From.Party.Account { // the claim went there
			out.Keep[s.ID] = party.KeepFrom
		}
	}
	return out, nil
}

// Attribute implements web/party.Joining: staff say where words belong that were said on a
// merged record.
func (r *Records) Attribute(ctx context.Context, a habeas.Actor, id habeas.MergeID, keep map[habeas.StatementID]party.Keep) (party.Merge, error) {
	var m party.Merge
	if err := staff(&a); err != nil {
		return m, err
	}
	err := r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		found, err := r.meanwhile(ctx, w.Records, id)
		if err != nil {
			return err
		}
		m = found.Merge
		into, from, lying, err := apart(ctx, w, m)
		if err != nil {
			return err
		}
		turn, err := m.Settle(into, from, found.Words, lying, keep)
		if err != nil {
			return err
		}
		entries := r.entries(audit.PartyUnmerged, a, m.ID, m.Into, m.From)
		for range turn.Say { // every statement has its witness
			entries = append(entries, r.entries(audit.PartyUnmerged, a, m.ID, m.From)...)
		}
		return w.Turn(turn, stepped(entries, "settled")...)
	})
	if err != nil {
		return m, err
	}
	return m, r.relearn(ctx, m.Into, m.From)
}

// apart reads the two records of a merge that was undone, and what lies with the second.
func apart(ctx context.Context, w sqlstore.RecordsTx, m party.Merge) (into, from party.Party, lying []party.Statement, err error) {
	if into, err = w.Party(ctx, m.Into); err != nil {
		return into, from, nil, err
	}
	if from, err = w.Party(ctx, m.From); err != nil {
		return into, from, nil, err
	}
	lying, err = w.Lying(ctx, m.From)
	return into, from, lying, err
}

// stepped says in entries which step of an undone merge they witness.
func stepped(entries []audit.Entry, name string) []audit.Entry {
	for _, e := range entries {
		e.Detail["step"] = name
	}
	return entries
}

// Unattribute implements web/party.Joining.
func (r *Records) Unattribute(ctx context.Context, a habeas.Actor, id habeas.MergeID) (party.Merge, error) {
	var m party.Merge
	if err := staff(&a); err != nil {
		return m, err
	}
	err := r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		var err error
		if m, err = w.OneMerge(ctx, id); err != nil {
			return err
		}
		into, from, lying, err := apart(ctx, w, m)
		if err != nil {
			return err
		}
		at, err := w.Lying(ctx, m.Into)
		if err != nil {
			return err
		}
		asides, err := w.AsidesAt(ctx, m.From)
		if err != nil {
			return err
		}
		turn, err := m.Unsettle(into, from, at, lying, asides)
		if err != nil {
			return err
		}
		m = turn.Merges[0]
		return w.Turn(turn, stepped(r.entries(audit.PartyUnmerged, a, m.ID, m.Into, m.From), "unsettled")...)
	})
	if err != nil {
		return m, err
	}
	return m, r.relearn(ctx, m.Into, m.From)
}
