package app

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// missingPath is where the person of a record sees what is missing in it.
func missingPath(id habeas.PartyID) string { return "/me/records/" + id.String() + "/missing" }

// Completion is what is missing in one of the actor's records.
func (r *Records) Completion(ctx context.Context, a habeas.Actor, rec party.Record) (party.Completion, error) {
	wish := party.Completing{}
	if rec.Party.Account == a.Account && !a.Account.IsZero() {
		var err error
		if wish, err = r.DB.Profiles().Completing(ctx, rec.Party.ID); err != nil {
			return party.Completion{}, err
		}
	}
	return party.CompletionOf(rec, wish, r.schemas), nil
}

// Silence says that the actor does not want to say something, or takes that back.
func (r *Records) Silence(ctx context.Context, a habeas.Actor, id habeas.PartyID, name string, silent bool) error {
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		rec, _, err := r.own(ctx, tx.Records(), a, id)
		if err != nil {
			return err
		}
		p := rec.Party
		wish, err := tx.Profiles().Completing(ctx, p.ID)
		if err != nil {
			return err
		}
		if wish.Account != a.Account {
			wish.Quiet = nil // of somebody else
		}
		wish.Account = a.Account
		gaps := party.CompletionOf(rec, wish, r.schemas).Gaps
		at := slices.IndexFunc(gaps, func(g party.Gap) bool { return g.Name() == name })
		if at < 0 {
			return habeas.NotFound("Nothing of this name is missing.").WithCode("gap.none")
		}
		if gaps[at].Quiet == silent {
			return nil
		}
		event := audit.GapReopened
		wish.Quiet = slices.DeleteFunc(slices.Clone(wish.Quiet), func(n string) bool { return n == name })
		if silent {
			event, wish.Quiet = audit.GapSilenced, append(wish.Quiet, name)
		}
		return tx.Profiles().SaveCompleting(wish, r.event(event, p.ID, a, map[string]string{"field": name}))
	})
}

// Completeness is what staff see of a record's completion list: what is held, and nothing
// of what its person does not want to say.
func (r *Records) Completeness(ctx context.Context, a habeas.Actor, rec party.Record) (c party.Completion, remind time.Time, err error) {
	if err := staff(&a); err != nil {
		return c, remind, err
	}
	wish, err := r.DB.Profiles().Completing(ctx, rec.Party.ID)
	if err != nil {
		return c, remind, err
	}
	if !wish.RemindedAt.IsZero() {
		remind = wish.RemindedAt.Add(party.RemindAgain)
	}
	return party.CompletionOf(rec, party.Completing{}, r.schemas), remind, nil
}

// Remind asks the person of a record by mail to complete it: once, and again when
// party.RemindAgain has passed. Where its person does not want to say what is missing, or
// wants no such mail, none is sent, and staff do not learn that.
func (r *Records) Remind(ctx context.Context, a habeas.Actor, id habeas.PartyID) error {
	if err := staff(&a); err != nil {
		return err
	}
	now := r.Clock.Now()
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		rec, _, err := r.load(ctx, tx.Records(), id)
		if err != nil {
			return err
		}
		p := rec.Party
		wish, err := tx.Profiles().Completing(ctx, p.ID)
		if err != nil {
			return err
		}
		switch {
		case p.State != party.Claimed:
			return habeas.Conflict("Nobody has claimed this record. Send an invitation instead.").WithCode("remind.unclaimed")
		case len(party.CompletionOf(rec, party.Completing{}, r.schemas).Gaps) == 0:
			return habeas.Conflict("Nothing is missing in this record.").WithCode("remind.complete")
		case !wish.RemindedAt.IsZero() && now.Sub(wish.RemindedAt) < party.RemindAgain:
			return habeas.Conflict("Its person was reminded lately. One reminder is enough.").WithCode("remind.again")
		}
		wish.RemindedAt = now
		if wish.Account.IsZero() {
			wish.Account = p.Account
		}
		if err := tx.Profiles().SaveCompleting(wish, r.event(audit.GapsReminded, p.ID, a, nil)); err != nil {
			return err
		}
		missing := len(party.CompletionOf(rec, wish, r.schemas).Open())
		wanted, err := wants(tx, p.Account, account.TellReminders)
		if err != nil || missing == 0 || !wanted {
			return err
		}
		to, language, err := r.Accounts.MainAddress(ctx, p.Account)
		if err != nil {
			return err
		}
		return r.Mailer.Post(tx, habeas.SubjectOf(p.Account), Letter{
			Kind: mail.KindReminder, To: to, Language: language, Link: missingPath(p.ID), More: digestPage, Count: missing,
		})
	})
}

// wants reports whether an account wants to be told news of a kind.
func wants(tx *sqlstore.Tx, id habeas.AccountID, t account.Telling) (bool, error) {
	of, _, err := tx.Digests().Digest(tx.Context(), id)
	return of.Wish.Wants(t), err
}
