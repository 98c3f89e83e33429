package app

import (
	"context"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Register writes down for staff what reached them in person, by letter or telephone.
// An erasure waits for their own answer.
func (n *Notices) Register(ctx context.Context, a habeas.Actor, id habeas.PartyID, kind party.RequestKind) (q party.Request, err error) {
	return n.Enter(ctx, a, party.Entered{Party: id, Kind: kind, Channel: party.ByStaff})
}

// Enter is Register with how and when it came, whether or not a record is known. Its month
// runs from the day it came.
func (n *Notices) Enter(ctx context.Context, a habeas.Actor, in party.Entered) (q party.Request, err error) {
	if err := staff(&a); err != nil {
		return q, err
	}
	if q, err = party.Enter(in, n.records.Clock.Now()); err != nil {
		return q, err
	}
	q.Assigned = a.Account
	err = n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		if q.Party.IsZero() {
			return n.register(tx, q, a, nil)
		}
		p, err := topOf(tx.Context(), tx.Records(), in.Party)
		if err != nil {
			return err
		}
		if p.State != party.Unclaimed && q.Kind == party.AskNotMe {
			return habeas.Conflict("This record has its person already.").WithCode("party.claimed")
		}
		if p.State == party.Frozen {
			return party.ErrFrozen
		}
		q.Party = p.ID
		return n.register(tx, q, a, nil)
	})
	return q, err
}

// RequestAt is one request for staff.
func (n *Notices) RequestAt(ctx context.Context, a habeas.Actor, id habeas.RequestID) (party.Request, error) {
	if err := staff(&a); err != nil {
		return party.Request{}, err
	}
	return n.records.DB.Notices().Request(ctx, id)
}

// EachRequest visits all for staff, newest first, without anything personal.
func (n *Notices) EachRequest(ctx context.Context, a habeas.Actor, visit func(party.Request) error) error {
	if err := staff(&a); err != nil {
		return err
	}
	return n.records.DB.Notices().EachRequest(ctx, visit)
}

// onRequest changes one request in a transaction, and writes it with what happened.
func (n *Notices) onRequest(ctx context.Context, a habeas.Actor, id habeas.RequestID, event audit.Event, detail map[string]string,
	change func(party.Request) (party.Request, error), then func(*sqlstore.Tx, party.Request) error,
) error {
	if err := staff(&a); err != nil {
		return err
	}
	return n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		q, err := tx.Notices().Request(tx.Context(), id)
		if err != nil {
			return err
		}
		if q, err = change(q); err != nil {
			return err
		}
		if err := tx.Notices().SaveRequest(q, n.records.event(event, q.Party, a, detail)); err != nil || then == nil {
			return err
		}
		return then(tx, q)
	})
}

// Extend gives a request two months more and tells its person why (GDPR article 12, 3).
func (n *Notices) Extend(ctx context.Context, a habeas.Actor, id habeas.RequestID, why string) error {
	return n.onRequest(ctx, a, id, audit.RequestExtended, nil,
		func(q party.Request) (party.Request, error) { return q.Extend(why, n.records.Clock.Now()) },
		func(tx *sqlstore.Tx, q party.Request) error {
			return n.tellAnswer(tx, mail.KindExtended, q, q.WhyLonger)
		})
}

// TakeOn says that the actor works on a request, or no longer.
func (n *Notices) TakeOn(ctx context.Context, a habeas.Actor, id habeas.RequestID, on bool) error {
	var who habeas.AccountID
	if on {
		who = a.Account
	}
	return n.onRequest(ctx, a, id, audit.RequestChanged, map[string]string{"what": "assigned"},
		func(q party.Request) (party.Request, error) { return q.Assign(who) }, nil)
}

// Identify notes how staff made sure who asks.
func (n *Notices) Identify(ctx context.Context, a habeas.Actor, id habeas.RequestID, how string) error {
	return n.onRequest(ctx, a, id, audit.RequestChanged, map[string]string{"what": "identity"},
		func(q party.Request) (party.Request, error) { return q.Identify(how) }, nil)
}

// ReopenRequest takes an answer back, where nothing was destroyed by it. A restraint that a
// refusal had loosened holds again.
func (n *Notices) ReopenRequest(ctx context.Context, a habeas.Actor, id habeas.RequestID) error {
	return n.onRequest(ctx, a, id, audit.RequestReopened, nil, party.Request.Reopen, func(tx *sqlstore.Tx, q party.Request) error {
		to := party.Restricted
		switch q.Kind {
		case party.AskObject:
			to = party.Objected
		case party.AskRestrict:
		default:
			return nil
		}
		p, err := tx.Records().Party(tx.Context(), q.Party)
		if err != nil || p.Restraint == party.Objected || p.Restraint == to {
			return err
		}
		next, err := party.Situation{Record: p}.Take(party.Move{Kind: party.MoveRestrain, At: n.records.Clock.Now(), Restraint: to})
		if err != nil {
			return err
		}
		return tx.Records().ChangeParty(next.Record, nil, nil, n.records.event(events[q.Kind], p.ID, a, nil))
	})
}

// tellAnswer writes to who asked, where an address is known: what was decided, or why it
// takes longer.
func (n *Notices) tellAnswer(tx *sqlstore.Tx, kind mail.Kind, q party.Request, words string) error {
	if q.Mailbox == "" {
		return nil
	}
	link := "/notice"
	if p, err := tx.Records().Party(tx.Context(), q.Party); err != nil {
		return err
	} else if q.Channel == party.ByAccount || p.State == party.Claimed && q.Channel != party.ByNotice {
		link = "/me"
	}
	return n.records.Mailer.Post(tx, habeas.SubjectOf(q.Party), Letter{
		Kind: kind, To: q.Mailbox, Language: q.Said, Link: link, Reason: strings.TrimSpace(words),
	})
}

// remind tells staff of requests whose time is nearly over, once a week, in one mail.
func (n *Notices) remind(ctx context.Context) error {
	now := n.records.Clock.Now()
	soon, week := now.AddDate(0, 0, party.RemindDays), now.AddDate(0, 0, -party.RemindDays)
	due, err := n.records.DB.Notices().ToRemind(ctx, soon, week, sweepBatch)
	if err != nil || len(due) == 0 {
		return err
	}
	return n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		for _, q := range due {
			q, err := tx.Notices().Request(tx.Context(), q.ID)
			if err != nil {
				return err
			}
			if q.State != party.RequestOpen {
				continue
			}
			q.RemindedAt = now
			if err := tx.Notices().SaveRequest(q, n.records.event(audit.RequestReminded, q.Party, habeas.Server, nil)); err != nil {
				return err
			}
		}
		return n.accounts.TellStaff(tx, mail.KindRequestDue, "/staff/requests")
	})
}

// fulfilledToday makes the line of the register for what the server has just done for the
// person of a record; none where that day has one of the kind already.
func (r *Records) fulfilledToday(tx *sqlstore.Tx, id habeas.PartyID, kind party.RequestKind) (party.Request, bool, error) {
	now := r.Clock.Now()
	all, err := tx.Notices().Requests(tx.Context(), id)
	if err != nil {
		return party.Request{}, false, err
	}
	for _, q := range all {
		if q.Kind == kind && q.Channel == party.ByAccount && now.Sub(q.At()) < 24*time.Hour {
			return q, false, nil
		}
	}
	return party.Fulfilled(id, kind, now), true, nil
}

// freeHolds ends the holds whose last day is over.
func (n *Notices) freeHolds(ctx context.Context) error {
	over, err := n.records.DB.Notices().HoldsOver(ctx, n.records.Clock.Now(), sweepBatch)
	if err != nil {
		return err
	}
	for _, k := range over {
		err := n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
			return tx.Notices().SaveKeeping(party.Keeping{Party: k.Party}, n.records.event(audit.RetentionFreed, k.Party, habeas.Server, nil))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
