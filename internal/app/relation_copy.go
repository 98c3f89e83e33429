package app

import (
	"context"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// copyRelations lists to whom a record is related, as its person may know it.
func (r *Records) copyRelations(ctx context.Context, rec party.Record) ([]copiedLine, error) {
	all, err := r.DB.Relations().RelationsOf(ctx, rec.Party.ID)
	if err != nil || rec.Party.State == party.Frozen {
		return nil, err
	}
	var out []copiedLine
	for _, one := range all {
		words := one.Name
		if one.Show && !one.Other.IsZero() {
			if words, err = r.nameOf(ctx, one.Other); err != nil {
				return nil, err
			}
		}
		if !one.Stands() {
			words = strings.TrimSpace(words + " ended " + one.EndedAt.Format(time.RFC3339))
		}
		if !one.ObjectedAt.IsZero() {
			words = strings.TrimSpace(words + " objected " + one.ObjectedAt.Format(time.RFC3339))
		}
		out = append(out, copiedLine{string(one.Is), words, one.At().Format(time.RFC3339)})
	}
	return out, nil
}

// copyGuardians lists who acted for the person of a record: when, and by which document.
func (r *Records) copyGuardians(ctx context.Context, id habeas.PartyID) ([]copiedLine, error) {
	all, err := r.DB.Guardians().GuardiansOf(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []copiedLine
	for _, g := range all {
		until := g.Until
		if !g.EndedAt.IsZero() {
			until = g.EndedAt
		}
		out = append(out, copiedLine{string(g.Document), until.Format(time.RFC3339), g.At().Format(time.RFC3339)})
	}
	return out, nil
}
