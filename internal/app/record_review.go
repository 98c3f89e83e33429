package app

import (
	"context"

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
	return r.show(ctx, a, listRivals, ids)
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
		if p.Review == party.ReviewNone {
			return habeas.Conflict("Somebody has decided this already.").WithCode("review.done")
		}
		decided := func() audit.Entry {
			return r.event(audit.PartyReviewed, id, a, map[string]string{"decision": string(d), "reason": string(p.Review)})
		}
		switch {
		case d == party.Release:
			if err := r.release(ctx, w, id, decided); err != nil {
				return err
			}
			p.Blocked, p.Cleared = false, true
		case p.State != party.Unclaimed:
			return habeas.Conflict("This record has its person already.").WithCode("party.claimed")
		default:
			if err := r.unlink(ctx, w, id, decided); err != nil {
				return err
			}
			p.Blocked, p.Cleared = true, false
		}
		entry := decided()
		p.Review = party.ReviewNone
		p.Version++
		return w.ChangeParty(p, nil, nil, entry)
	})
}

// release makes the address of a record lead to it again and gives claimants who
// used up their tries new ones.
func (r *Records) release(ctx context.Context, w sqlstore.RecordsTx, id habeas.PartyID, entry func() audit.Entry) error {
	rec, _, err := r.load(ctx, w, id)
	if err != nil {
		return err
	}
	if key, ok := emailKey(rec.Text("contact", "email")); ok {
		if err := w.Unblock(r.Keys.Lookup(party.LookupEmail, key), id, entry()); err != nil {
			return err
		}
	}
	claims, err := w.ClaimsOn(ctx, id)
	if err != nil {
		return err
	}
	for _, c := range claims {
		if c.Tries == 0 {
			continue
		}
		c.Tries = 0
		if c.State == party.ClaimInReview {
			c.State = party.ClaimOpen
		}
		if err := w.SaveClaim(c, entry()); err != nil {
			return err
		}
	}
	return nil
}

// unlink makes every address of a party lead to it no more.
func (r *Records) unlink(ctx context.Context, w sqlstore.RecordsTx, id habeas.PartyID, entry func() audit.Entry) error {
	said, err := w.Statements(ctx, id)
	if err != nil {
		return err
	}
	hashes := party.HashesOf(said, r.Keys, emailKey)
	for _, h := range hashes {
		if err := w.Block(h, id, entry()); err != nil {
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
		p := rec.Party
		switch {
		case p.State != party.Unclaimed:
			return habeas.Conflict("This record has its person already.").WithCode("party.claimed")
		case p.Review != party.ReviewNone:
			return habeas.Conflict("This record waits for a decision already.").WithCode("review.open")
		}
		entry := func() audit.Entry {
			return r.event(audit.PartyReviewed, id, a, map[string]string{"decision": "reconsidered", "reason": string(reason)})
		}
		p.Review, p.Blocked, p.Cleared = reason, reason == party.ReviewNotMe, false
		p.Version++
		if key, ok := emailKey(rec.Text("contact", "email")); ok {
			gate := w.Unblock
			if p.Blocked {
				gate = w.Block
			}
			if err := gate(r.Keys.Lookup(party.LookupEmail, key), id, entry()); err != nil {
				return err
			}
		}
		return w.ChangeParty(p, nil, nil, entry())
	})
}
