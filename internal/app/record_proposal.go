package app

import (
	"context"
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

var errChanged = habeas.Conflict("This record changed while you were looking at it. Look at it again.").WithCode("party.changed")

// Settle implements web/party.Proposals.
func (r *Records) Settle(ctx context.Context, a habeas.Actor, id habeas.PartyID, version int64, reply party.Reply) (habeas.EventID, error) {
	return r.settle(ctx, a, id, func(rec party.Record, said []party.Statement, event habeas.EventID) (d decision, err error) {
		if rec.Party.Version != version {
			return d, errChanged
		}
		d.settled, d.says, err = rec.MaskFor(false).Settle(reply, event, said)
		d.detail = map[string]string{"fields": fieldName(reply.Set, reply.Field)}
		switch reply.Verdict {
		case party.Accepted:
			d.event, d.detail["fields"] = audit.ProposalAccepted, fieldNames(d.says)
		case party.Rejected:
			d.event = audit.ProposalRejected
		case party.Always, party.Never:
			d.event, d.detail["rule"] = audit.ProposalRuled, string(reply.Verdict)
		}
		return d, err
	})
}

// TakeBack implements web/party.Proposals.
func (r *Records) TakeBack(ctx context.Context, a habeas.Actor, id habeas.PartyID, rule habeas.EventID) (habeas.EventID, error) {
	return r.settle(ctx, a, id, func(rec party.Record, said []party.Statement, event habeas.EventID) (d decision, err error) {
		var ended party.Settlement
		d.settled, ended, err = rec.Settled.TakeBack(rule, event, said)
		d.event, d.detail = audit.ProposalRuleOver, map[string]string{"rule": string(ended.Verdict), "fields": fieldName(ended.Set, ended.Field)}
		return d, err
	})
}

// UndoSettle implements web/party.Proposals.
func (r *Records) UndoSettle(ctx context.Context, a habeas.Actor, id habeas.PartyID, decided habeas.EventID) error {
	_, err := r.settle(ctx, a, id, func(rec party.Record, said []party.Statement, _ habeas.EventID) (d decision, err error) {
		d.settled, d.says, err = rec.Undo(decided, said, r.schemas)
		d.event, d.detail = audit.ProposalUndone, map[string]string{"fields": fieldNames(d.says)}
		return d, err
	})
	return err
}

// decision is what somebody decided about proposals for their record.
type decision struct {
	settled party.Settled
	says    party.Values // what the person says with it
	event   audit.Event
	detail  map[string]string
}

// settle carries a decision about one of the actor's own records out, in one
// transaction. It returns the line that witnesses it.
func (r *Records) settle(ctx context.Context, a habeas.Actor, id habeas.PartyID,
	decide func(rec party.Record, said []party.Statement, event habeas.EventID) (decision, error),
) (event habeas.EventID, err error) {
	err = r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		rec, said, err := r.own(ctx, w, a, id)
		if err != nil {
			return err
		}
		id := rec.Party.ID // of a merged one, the record that shows it
		p, err := edited(rec.Party)
		if err != nil {
			return err
		}
		e := r.event("", id, a, nil)
		d, err := decide(rec, said, e.ID)
		if err != nil {
			return err
		}
		e.Event, e.Detail, event = d.event, d.detail, e.ID
		var s *party.Statement
		var known []party.KnownAs
		if d.says.Len() > 0 {
			own := r.statement(id, party.FromSelf, a, d.says)
			s, said = &own, append(said, own)
			if d.settled.Last != nil {
				d.settled.Last.Said = own.ID
			}
		}
		now := party.Fold(rec.Party, said, d.settled, r.schemas)
		if s != nil { // under the name that counts now (PTY-26)
			who, err := r.Accounts.ClaimantIn(tx, a)
			if err != nil {
				return err
			}
			if known, err = r.knownBySelf(ctx, w, id, who.Addresses, identityOf(now)); err != nil {
				return err
			}
		}
		return w.Settle(p, d.settled, len(now.Proposals) > 0, s, known, e)
	})
	return event, err
}

// fieldName names a field for audit details; every field is "".
func fieldName(set, field string) string { return strings.Trim(set+"."+field, ".") }

// fieldNames names fields: "contact.language identity.given_name".
func fieldNames(v party.Values) string {
	var out []string
	for set, fields := range v {
		for name := range fields {
			out = append(out, fieldName(set, name))
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// TellProposals writes to people for whose records proposals have begun to wait: once,
// until none waits any more. It is run by schedule and may be run again at any time. It
// looks afterwards, so that the answer to who said something takes no longer for a
// record that has its person (PTY-A27).
func (r *Records) TellProposals(ctx context.Context) error {
	var after habeas.PartyID
	for range sweepRuns {
		due, err := r.DB.Records().ToLookAt(ctx, after, sweepBatch)
		if err != nil {
			return err
		}
		for _, p := range due {
			if err := r.tellProposals(ctx, p); err != nil {
				return err
			}
			after = p.ID
		}
		if len(due) < sweepBatch {
			return nil
		}
	}
	return nil
}

// tellProposals looks at one record, writes if it should, and marks it.
func (r *Records) tellProposals(ctx context.Context, due party.Party) error {
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		rec, _, err := r.load(ctx, tx.Records(), due.ID)
		switch habeas.KindOf(err) {
		case habeas.KindNotFound, habeas.KindGone:
			return nil // erased meanwhile
		default:
			if err != nil {
				return err
			}
		}
		if rec.Party.Version != due.Version {
			return nil // the next run sees what it is now
		}
		told, err := tx.Records().Proposed(ctx, due.ID)
		if err != nil {
			return err
		}
		waiting := len(rec.Proposals) > 0
		if waiting && !told {
			if err := r.postProposals(tx, rec.Party); err != nil {
				return err
			}
		}
		return tx.Ops().MarkLooked(ctx, rec.Party, waiting)
	})
}

// postProposals leaves the mail in the outbox. It says that something waits, and nothing
// of what.
func (r *Records) postProposals(tx *sqlstore.Tx, p party.Party) error {
	to, language, err := r.Accounts.MainAddress(tx.Context(), p.Account)
	switch habeas.KindOf(err) {
	case habeas.KindNotFound, habeas.KindGone:
		return nil // the account was erased meanwhile
	default:
		if err != nil {
			return err
		}
	}
	if wanted, err := wants(tx, p.Account, account.TellProposals); err != nil || !wanted {
		return err
	}
	if err := tx.Audit(r.event(audit.ProposalsTold, p.ID, habeas.Server, nil)); err != nil {
		return err
	}
	return r.Mailer.Post(tx, habeas.SubjectOf(p.Account), Letter{
		Kind: mail.KindProposal, To: to, Language: language, Link: "/me/records/" + p.ID.String() + "/proposals",
	})
}
