package app

import (
	"context"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Sweep does what is due by itself: erasures whose undo window is over, what legal duties
// have kept until now, holds that end, reminders of requests, warnings of records that
// nobody has spoken of for long, and their end. It is run by schedule and
// may be run again at any time; each run does a bounded part.
func (n *Notices) Sweep(ctx context.Context) error {
	for _, step := range []func(context.Context) error{n.carryOut, n.endRemainders, n.freeHolds, n.remind} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	policy, err := n.policies.Current(ctx)
	if err != nil {
		return err
	}
	now := n.records.Clock.Now()
	warned := now.AddDate(0, 0, -policy.Retention.WarnDays)
	var after habeas.PartyID
	for range sweepRuns {
		due, err := n.records.DB.Notices().Overdue(ctx, policy.Retention.Before(now), warned, after, sweepBatch)
		if err != nil {
			return err
		}
		var gone []habeas.PartyID
		for _, p := range due {
			if gone, err = n.clock(ctx, policy, p.ID, gone); err != nil {
				break
			}
			after = p.ID
		}
		if ended := n.forget(ctx, gone); err == nil { // also where a later one failed
			err = ended
		}
		if err != nil || len(due) < sweepBatch {
			return err
		}
	}
	return nil
}

// clock does the next step of one record.
func (n *Notices) clock(ctx context.Context, policy party.Policy, id habeas.PartyID, gone []habeas.PartyID) ([]habeas.PartyID, error) {
	was := gone
	err := n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		gone = was // a repeated run begins anew
		rec, said, err := n.records.load(ctx, tx.Records(), id)
		if habeas.KindOf(err) == habeas.KindNotFound && err != nil {
			return nil
		}
		if err != nil {
			return err
		}
		kept, err := n.keeping(tx, id)
		if err != nil {
			return err
		}
		tickets, err := tx.Records().Tickets(ctx, rec.Tickets)
		if err != nil {
			return err
		}
		now := n.records.Clock.Now()
		switch policy.Retention.Next(rec.Party, kept, party.LastWord(said), party.Upcoming(said, tickets, now), now) {
		case party.StepWarn:
			return n.warn(tx, policy, rec, kept)
		case party.StepErase:
			gone, err = n.erase(tx, id, habeas.Server, "retention", gone)
			return err
		case party.StepNone:
		}
		return nil
	})
	return gone, err
}

// keeping is whether and why staff keep a record, or a part that was merged into it.
func (n *Notices) keeping(tx *sqlstore.Tx, id habeas.PartyID) (party.Keeping, error) {
	kept, err := tx.Notices().Keeping(tx.Context(), id)
	if err != nil || kept.Held() {
		return kept, err
	}
	parts, err := tx.Records().Members(tx.Context(), id)
	if err != nil {
		return kept, err
	}
	for _, part := range parts {
		if one, err := tx.Notices().Keeping(tx.Context(), part); err != nil || one.Held() {
			return one, err
		}
	}
	return kept, nil
}

// warn announces that a record will go: to its person where they can be written to, to
// staff by the list.
func (n *Notices) warn(tx *sqlstore.Tx, policy party.Policy, rec party.Record, kept party.Keeping) error {
	kept.WarnedAt = n.records.Clock.Now()
	id := rec.Party.ID
	if err := tx.Notices().SaveKeeping(kept, n.records.event(audit.RetentionWarned, id, habeas.Server, nil)); err != nil {
		return err
	}
	to, ok := addressOf(rec)
	if !ok || rec.Party.Blocked {
		return nil
	}
	hash := n.hash(to)
	blocked, err := tx.Records().Blocked(tx.Context(), hash, id)
	if err != nil || blocked {
		return err
	}
	told, err := tx.Notices().NotifiedAt(tx.Context(), hash)
	if err != nil || !told.Writable() {
		return err
	}
	letter := Letter{
		Kind: mail.KindRetention, To: to.Mailbox(), Language: mailLanguage(rec.Text("contact", "language"), policy.Notices.Language),
		Link: "/notice", Months: policy.Retention.Months, Days: policy.Retention.WarnDays,
	}
	if !told.SentAt.IsZero() { // else the link would lead to no row
		letter.Stop = hash
	}
	return n.records.Mailer.Post(tx, habeas.SubjectOf(id), letter)
}

// carryOut does the erasures that were asked for and not taken back. One whose record
// was claimed meanwhile, or about which staff must now decide, waits for them.
func (n *Notices) carryOut(ctx context.Context) error {
	due, err := n.records.DB.Notices().ToCarryOut(ctx, n.records.Clock.Now(), sweepBatch)
	if err != nil {
		return err
	}
	var gone []habeas.PartyID
	for _, q := range due {
		if gone, err = n.carry(ctx, q.ID, gone); err != nil {
			break
		}
	}
	if ended := n.forget(ctx, gone); err == nil {
		err = ended
	}
	return err
}

func (n *Notices) carry(ctx context.Context, id habeas.RequestID, gone []habeas.PartyID) ([]habeas.PartyID, error) {
	was := gone
	err := n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		gone = was
		q, err := tx.Notices().Request(ctx, id)
		if err != nil || q.State != party.RequestOpen {
			return err
		}
		p, err := topOf(ctx, tx.Records(), q.Party)
		if err != nil {
			return err
		}
		kept, err := n.keeping(tx, p.ID)
		if err != nil {
			return err
		}
		// What was merged since is more than the one who asked has seen: staff answer.
		if p.ID == q.Party && p.State == party.Unclaimed && p.Review == party.ReviewNone && !kept.Held() {
			gone, err = n.erase(tx, q.Party, habeas.Server, "request", gone)
			return err
		}
		return n.park(tx, q, p)
	})
	return gone, err
}

// park leaves a request that cannot be carried out by itself to staff; where its
// person has taken the record, the request is theirs to make again.
func (n *Notices) park(tx *sqlstore.Tx, q party.Request, p party.Party) error {
	q.ActAt = time.Time{}
	event := audit.RequestAnswered
	if p.State != party.Unclaimed {
		q.State, q.EndedAt, event = party.RequestWithdrawn, n.records.Clock.Now(), audit.RequestWithdrawn
	}
	return tx.Notices().SaveRequest(q, n.records.event(event, q.Party, habeas.Server, map[string]string{"kind": string(q.Kind)}))
}

// Kept lists for staff what the clock has announced and what they keep beyond it.
func (n *Notices) Kept(ctx context.Context, a habeas.Actor, limit int) ([]party.Keeping, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	return n.records.DB.Notices().Kept(ctx, limit)
}

// Hold keeps a record beyond its time and against its erasure, for a reason that its person
// reads.
func (n *Notices) Hold(ctx context.Context, a habeas.Actor, id habeas.PartyID, reason string) error {
	return n.HoldUntil(ctx, a, id, reason, time.Time{})
}

// HoldUntil is Hold with the day on which it ends by itself; the zero time: staff end it.
func (n *Notices) HoldUntil(ctx context.Context, a habeas.Actor, id habeas.PartyID, reason string, until time.Time) error {
	reason = strings.TrimSpace(reason)
	now := n.records.Clock.Now()
	switch {
	case reason == "" || len(reason) > 2000:
		return habeas.Invalid("reason", "Say why the record has to be kept.").WithCode("retention.reason")
	case !until.IsZero() && !until.After(now):
		return habeas.Invalid("until", "Give a day to come.").WithCode("retention.until")
	}
	return n.keep(ctx, a, id, audit.RetentionHeld, func(k party.Keeping) party.Keeping {
		k.HeldAt, k.HeldBy, k.Why, k.HeldUntil = now, a.Account, reason, until
		return k
	})
}

// Free ends a hold: the clock begins again with a warning.
func (n *Notices) Free(ctx context.Context, a habeas.Actor, id habeas.PartyID) error {
	return n.keep(ctx, a, id, audit.RetentionFreed, func(k party.Keeping) party.Keeping {
		return party.Keeping{Party: k.Party}
	})
}

func (n *Notices) keep(ctx context.Context, a habeas.Actor, id habeas.PartyID, event audit.Event, change func(party.Keeping) party.Keeping) error {
	if err := staff(&a); err != nil {
		return err
	}
	return n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		if _, err := tx.Records().Party(tx.Context(), id); err != nil {
			return err
		}
		k, err := tx.Notices().Keeping(tx.Context(), id)
		if err != nil {
			return err
		}
		return tx.Notices().SaveKeeping(change(k), n.records.event(event, id, a, nil))
	})
}

// dryRunLimit is how far a dry run counts.
const dryRunLimit = 10_000

// DryRun counts how many records the retention of a policy would announce to go if it
// were in force now, without changing anything; more says that there are even more.
func (n *Notices) DryRun(ctx context.Context, a habeas.Actor, p party.RetentionPolicy) (count int, more bool, err error) {
	if !a.Has(habeas.RoleAdministrator) {
		return 0, false, account.ErrNotAdministrator
	}
	count, err = n.records.DB.Notices().CountOverdue(ctx, p.Before(n.records.Clock.Now()), dryRunLimit+1)
	return min(count, dryRunLimit), count > dryRunLimit, err
}
