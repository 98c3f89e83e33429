package app

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/jobs"
)

// Told lists the mails of the last weeks that the actor was sent, the newest first: of
// which kind, when, and what became of them. What they said is not kept.
func (d *Digests) Told(ctx context.Context, a habeas.Actor, limit int) ([]jobs.Delivery, error) {
	subjects, err := d.records.subjects(ctx, a)
	if err != nil {
		return nil, err
	}
	var out []jobs.Delivery
	for subject := range subjects {
		some, err := d.records.DB.Ops().DeliveredTo(ctx, subject, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	slices.SortFunc(out, func(x, y jobs.Delivery) int { return bytes.Compare(y.ID[:], x.ID[:]) })
	return out[:min(limit, len(out))], nil
}

// copyWishes lists for the copy of everything how the actor wants to be told, what of
// their profiles does not show, and what they do not want to say.
func (r *Records) copyWishes(ctx context.Context, a habeas.Actor) ([]copiedLine, error) {
	of, _, err := r.DB.Digests().Digest(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	out := []copiedLine{{What: "told who looked", Value: string(of.Wish.Often())}}
	for _, t := range of.Wish.Off {
		out = append(out, copiedLine{What: "not told of", Value: string(t)})
	}
	parties, err := r.DB.Records().PartiesOf(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	for _, p := range parties {
		showing, err := r.DB.Profiles().Showing(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		wish, err := r.DB.Profiles().Completing(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		add := func(what string, whose habeas.AccountID, names []string) {
			if whose == a.Account && len(names) > 0 {
				out = append(out, copiedLine{What: what, Value: p.ID.String() + " " + strings.Join(names, " ")})
			}
		}
		add("profile does not show", showing.Account, showing.Shut)
		add("not to be asked", wish.Account, wish.Quiet)
	}
	return out, nil
}
