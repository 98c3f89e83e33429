package app

import (
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Waiting implements web/party.Records.
func (r *Records) Waiting(ctx context.Context, a habeas.Actor, after habeas.PartyID, limit int) ([]party.Record, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	waiting, err := r.DB.Records().Waiting(ctx, after, limit)
	if err != nil {
		return nil, err
	}
	ids := make([]habeas.PartyID, len(waiting))
	for i, p := range waiting {
		ids[i] = p.ID
	}
	return r.show(ctx, a, listWaiting, ids)
}

// Rivals implements web/party.Records.
func (r *Records) Rivals(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Record, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	said, err := r.DB.Records().Statements(ctx, id)
	if err != nil {
		return nil, err
	}
	seen := map[habeas.PartyID]bool{id: true}
	var ids []habeas.PartyID
	for _, h := range party.HashesOf(said, r.Keys, emailKey) {
		rows, err := r.DB.Records().KnownAt(ctx, h)
		if err != nil {
			return nil, err
		}
		for _, k := range rows {
			if !seen[k.Party] {
				seen[k.Party] = true
				ids = append(ids, k.Party)
			}
		}
	}
	found, err := r.show(ctx, a, listRivals, ids)
	return slices.DeleteFunc(found, func(rec party.Record) bool { return rec.Party.ID == id }), err
}

// Decide implements web/party.Records.
func (r *Records) Decide(ctx context.Context, a habeas.Actor, id habeas.PartyID, d party.Decision) error {
	if err := staff(&a); err != nil {
		return err
	}
	if d != party.KeepApart && d != party.Release {
		return habeas.Invalid("decision", "Choose one of the decisions offered.").WithCode("decision.unknown")
	}
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		p, err := w.Party(ctx, id)
		if err != nil {
			return err
		}
		if err := r.decide(tx, a, p, d); err != nil || p.Review != party.ReviewNotMe {
			return err
		}
		return r.answerNotMe(tx, a, id, d)
	})
}

// decide takes staff's decision on a record that waits.
func (r *Records) decide(tx *sqlstore.Tx, a habeas.Actor, p party.Party, d party.Decision) error {
	w, ctx := tx.Records(), tx.Context()
	decided := func() audit.Entry {
		return r.event(audit.PartyReviewed, p.ID, a, map[string]string{"decision": string(d), "reason": string(p.Review)})
	}
	move, shut := party.MoveRelease, r.release
	if d == party.KeepApart {
		move, shut = party.MoveKeepApart, r.unlink
	}
	next, err := party.Situation{Record: p}.Take(party.Move{Kind: move})
	if err != nil {
		return err
	}
	if err := shut(ctx, w, p, decided); err != nil {
		return err
	}
	return w.ChangeParty(next.Record, nil, nil, decided())
}

// answerNotMe closes the request that came with a “not me”, now that staff have decided.
func (r *Records) answerNotMe(tx *sqlstore.Tx, a habeas.Actor, id habeas.PartyID, d party.Decision) error {
	all, err := tx.Notices().Requests(tx.Context(), id)
	if err != nil {
		return err
	}
	for _, q := range all {
		if q.Kind != party.AskNotMe || q.State != party.RequestOpen {
			continue
		}
		q = q.Settled(d, a.Account, r.Clock.Now())
		e := r.event(audit.RequestAnswered, id, a, map[string]string{"kind": string(q.Kind), "decision": string(d)})
		if err := tx.Notices().SaveRequest(q, e); err != nil {
			return err
		}
	}
	return nil
}

// reopenNotMe opens it again when the decision is taken back.
func (r *Records) reopenNotMe(tx *sqlstore.Tx, id habeas.PartyID, e audit.Entry) error {
	all, err := tx.Notices().Requests(tx.Context(), id)
	if err != nil {
		return err
	}
	for _, q := range all { // the newest is the one that was decided
		if q.Kind == party.AskNotMe {
			return tx.Notices().SaveRequest(q.Reopened(), e)
		}
	}
	return nil
}

// release makes the address of a record lead to it again and gives claimants who
// used up their tries new ones.
func (r *Records) release(ctx context.Context, w sqlstore.RecordsTx, p party.Party, entry func() audit.Entry) error {
	rec, _, err := r.load(ctx, w, p.ID)
	if err != nil {
		return err
	}
	if key, ok := emailKey(rec.Text("contact", "email")); ok {
		if err := r.reach(ctx, w, r.Keys.Lookup(party.LookupEmail, key), p.ID, entry); err != nil {
			return err
		}
	}
	claims, err := w.ClaimsOn(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, c := range claims {
		if c.Tries == 0 {
			continue
		}
		next, err := party.Situation{Record: p, Claim: c}.Take(party.Move{Kind: party.MoveRelease})
		if err != nil {
			return err
		}
		if err := w.SaveClaim(next.Claim, entry()); err != nil {
			return err
		}
	}
	return nil
}

// unlink makes every address of a party lead to it no more.
func (r *Records) unlink(ctx context.Context, w sqlstore.RecordsTx, p party.Party, entry func() audit.Entry) error {
	said, err := w.Statements(ctx, p.ID)
	if err != nil {
		return err
	}
	hashes := party.HashesOf(said, r.Keys, emailKey)
	for _, h := range hashes {
		if err := w.Block(h, p.ID, entry()); err != nil {
			return err
		}
	}
	return nil
}

// Reconsider implements web/party.Records: it takes a decision back while nobody has claimed
// the record meanwhile.
func (r *Records) Reconsider(ctx context.Context, a habeas.Actor, id habeas.PartyID, reason party.Review) error {
	if err := staff(&a); err != nil {
		return err
	}
	if !reason.Waits() {
		return habeas.Invalid("reason", "Choose one of the options.").WithCode("review.reason")
	}
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		rec, _, err := r.load(ctx, w, id)
		if err != nil {
			return err
		}
		id := rec.Party.ID // of a merged one, the record that shows it
		next, err := party.Situation{Record: rec.Party}.Take(party.Move{Kind: party.MoveReconsider, Review: reason})
		if err != nil {
			return err
		}
		p := next.Record
		entry := func() audit.Entry {
			return r.event(audit.PartyReviewed, id, a, map[string]string{"decision": "reconsidered", "reason": string(reason)})
		}
		if key, ok := emailKey(rec.Text("contact", "email")); ok {
			hash := r.Keys.Lookup(party.LookupEmail, key)
			if p.Blocked {
				err = w.Block(hash, id, entry())
			} else {
				err = r.reach(ctx, w, hash, id, entry)
			}
			if err != nil {
				return err
			}
		}
		if p.Blocked {
			if err := r.reopenNotMe(tx, id, entry()); err != nil {
				return err
			}
		}
		return w.ChangeParty(p, nil, nil, entry())
	})
}
