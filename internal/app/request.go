package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

var (
	errNotHeld   = habeas.NotFound("There is no such record at your address.").WithCode("notice.none")
	errHasOwner  = habeas.Forbidden("This record belongs to an account. Sign in to change anything about it.").WithCode("party.claimed")
	errWhoAsks   = habeas.Conflict("This record belongs to an account. Note first how you made sure that its person asks.").WithCode("request.identity")
	errHoldFirst = habeas.Conflict("Staff keep this record beyond its time. End that first.").WithCode("party.held")
	errKind      = habeas.Invalid("kind", "Choose one of the options.").WithCode("form.choice")
)

// Request takes in what somebody asks for after a mailed code. Asking twice for the
// same is asking once.
func (n *Notices) Request(ctx context.Context, visit [32]byte, id habeas.PartyID, kind party.RequestKind) (q party.Request, err error) {
	if !kind.Known() {
		return q, errKind
	}
	err = n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		v, h, err := n.visited(tx, visit, id)
		if err != nil {
			return err
		}
		if h.Claimed && (!h.Closed || kind == party.AskNotMe) {
			return errHasOwner
		}
		i := slices.IndexFunc(h.Requests, func(r party.Request) bool { return r.Kind == kind && standing(r) })
		if i >= 0 {
			q = h.Requests[i]
			return nil
		}
		q = party.NewRequest(id, kind, party.ByNotice, h.Unsure, n.records.Clock.Now())
		return n.register(tx, q, visitor, &v)
	})
	return q, err
}

// standing reports whether a request is in force: not answered yet, or answered by
// doing what it asks for.
func standing(r party.Request) bool {
	return r.State == party.RequestOpen || r.State == party.RequestDone && (r.Kind == party.AskObject || r.Kind == party.AskRestrict)
}

// visited finds a record that a visit opens, as it stands in this transaction.
func (n *Notices) visited(tx *sqlstore.Tx, visit [32]byte, id habeas.PartyID) (v party.Visit, h party.Held, err error) {
	v, found, err := tx.Notices().Visit(tx.Context(), visit, party.VisitNotice, n.records.Clock.Now())
	if err != nil {
		return v, h, err
	}
	if !found {
		return v, h, errVisit
	}
	all, err := n.held(tx.Context(), tx.Records(), tx.Notices(), v.Address)
	if err != nil {
		return v, h, err
	}
	i := slices.IndexFunc(all, func(h party.Held) bool { return h.Record.Party.ID == id })
	if i < 0 {
		return v, h, errNotHeld
	}
	return v, all[i], nil
}

// events are what a request of each kind is called in the ledger.
var events = map[party.RequestKind]audit.Event{
	party.AskErase: audit.EraseRequested, party.AskObject: audit.RecordObjected,
	party.AskRestrict: audit.RecordRestricted, party.AskNotMe: audit.ClaimRefused,
}

// register writes a request and what follows from it at once. v is the visit it came
// in, nil when staff write down what reached them otherwise.
func (n *Notices) register(tx *sqlstore.Tx, q party.Request, a habeas.Actor, v *party.Visit) error {
	r, ctx, w := n.records, tx.Context(), tx.Records()
	if q.Party.IsZero() {
		return tx.Notices().SaveRequest(q, r.houseEvent(audit.RequestEntered, a, map[string]string{"kind": string(q.Kind), "channel": string(q.Channel)}))
	}
	rec, said, err := r.load(ctx, w, q.Party)
	if err != nil {
		return err
	}
	if to, ok := addressOf(rec); ok && q.Kind != party.AskNotMe { // who says so is not the one it is about
		q.Mailbox, q.Said = to.Mailbox(), rec.Text("contact", "language")
	}
	if v != nil {
		q.Said = v.Language
	}
	entry := func() audit.Entry {
		event, detail := events[q.Kind], map[string]string{"channel": string(q.Channel)}
		if event == "" {
			event, detail["kind"] = audit.RequestEntered, string(q.Kind)
		}
		return r.event(event, q.Party, a, detail)
	}
	if err := tx.Notices().SaveRequest(q, entry()); err != nil {
		return err
	}
	p, now := rec.Party, r.Clock.Now()
	switch q.Kind {
	case party.AskObject, party.AskRestrict:
		to := party.Restricted
		if q.Kind == party.AskObject {
			to = party.Objected
		}
		next, err := party.Situation{Record: p}.Take(party.Move{Kind: party.MoveRestrain, At: now, Restraint: to})
		if err != nil {
			return err
		}
		return w.ChangeParty(next.Record, nil, nil, entry())
	case party.AskNotMe:
		return n.notMe(tx, p, said, v, entry)
	case party.AskErase:
		if q.Mailbox == "" {
			return nil
		}
		letter := Letter{Kind: mail.KindAsked, To: q.Mailbox, Language: q.Said, Link: "/notice"}
		if !q.ActAt.IsZero() {
			letter.Hours = int(q.ActAt.Sub(now) / time.Hour)
		}
		return r.Mailer.Post(tx, habeas.SubjectOf(q.Party), letter)
	case party.AskCopy, party.AskRectify, party.AskPort, party.AskOther: // staff do it
	}
	return nil
}

// notMe makes the address lead to the record no more, and tells who entered it.
func (n *Notices) notMe(tx *sqlstore.Tx, p party.Party, said []party.Statement, v *party.Visit, entry func() audit.Entry) error {
	w := tx.Records()
	if v != nil {
		if err := w.Block(v.Address, p.ID, entry()); err != nil {
			return err
		}
	}
	next, err := party.Situation{Record: p}.Take(party.Move{Kind: party.MoveNotMe})
	if err != nil {
		return err
	}
	reviewed := n.records.event(audit.PartyReviewed, p.ID, visitor, map[string]string{"reason": string(next.Record.Review)})
	if err := w.ChangeParty(next.Record, nil, nil, reviewed); err != nil {
		return err
	}
	return n.records.tellEnterer(tx.Context(), tx, said, mail.KindRefused, p.ID)
}

// Withdraw takes back what was asked for in a visit: an erasure that was not done yet,
// an objection, a restriction.
func (n *Notices) Withdraw(ctx context.Context, visit [32]byte, id habeas.RequestID) error {
	return n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		q, err := tx.Notices().Request(tx.Context(), id)
		if err != nil {
			return err
		}
		_, h, err := n.visited(tx, visit, q.Party)
		if err != nil {
			return err
		}
		if h.Claimed && (!h.Closed || q.Channel != party.ByNotice) {
			return errHasOwner
		}
		return n.withdraw(tx, q, visitor)
	})
}

// withdraw takes a request back for the one who made it.
func (n *Notices) withdraw(tx *sqlstore.Tx, q party.Request, a habeas.Actor) error {
	q, err := q.Withdraw(n.records.Clock.Now())
	if err != nil {
		return err
	}
	if err := tx.Notices().SaveRequest(q, n.records.event(audit.RequestWithdrawn, q.Party, a, map[string]string{"kind": string(q.Kind)})); err != nil {
		return err
	}
	return n.release(tx, q, a)
}

// release loosens the restraint that a request had put on a record, down to what other
// requests still ask for.
func (n *Notices) release(tx *sqlstore.Tx, q party.Request, a habeas.Actor) error {
	if q.Kind != party.AskObject && q.Kind != party.AskRestrict {
		return nil
	}
	p, err := tx.Records().Party(tx.Context(), q.Party)
	if err != nil {
		return err
	}
	all, err := tx.Notices().Requests(tx.Context(), q.Party)
	if err != nil {
		return err
	}
	to := party.RestraintNone
	for _, other := range all {
		switch {
		case other.ID == q.ID || !standing(other):
		case other.Kind == party.AskObject:
			to = party.Objected
		case other.Kind == party.AskRestrict && to == party.RestraintNone:
			to = party.Restricted
		}
	}
	next, err := party.Situation{Record: p}.Take(party.Move{Kind: party.MoveRestrain, At: n.records.Clock.Now(), Restraint: to, Loosen: true})
	if err != nil || next.Record.Version == p.Version {
		return err
	}
	return tx.Records().ChangeParty(next.Record, nil, nil, n.records.event(audit.RecordReleased, q.Party, a, map[string]string{"restraint": string(to)}))
}

// Requests lists for staff what people asked for: without an answer, the most urgent
// first, and answered, the newest first.
func (n *Notices) Requests(ctx context.Context, a habeas.Actor, limit int) (open, ended []party.Request, err error) {
	if err := staff(&a); err != nil {
		return nil, nil, err
	}
	if open, err = n.records.DB.Notices().OpenRequests(ctx, limit); err != nil {
		return nil, nil, err
	}
	ended, err = n.records.DB.Notices().EndedRequests(ctx, limit)
	return open, ended, err
}

// RequestsOn lists for staff what was asked for about one record, newest first, and
// whether they keep it beyond its time.
func (n *Notices) RequestsOn(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Request, party.Keeping, error) {
	if err := staff(&a); err != nil {
		return nil, party.Keeping{}, err
	}
	if _, err := n.records.DB.Records().Party(ctx, id); err != nil {
		return nil, party.Keeping{}, err
	}
	all, err := n.records.DB.Notices().Requests(ctx, id)
	if err != nil {
		return nil, party.Keeping{}, err
	}
	kept, err := n.records.DB.Notices().Keeping(ctx, id)
	return all, kept, err
}

// SystemName is how a connected system is called.
func (n *Notices) SystemName(ctx context.Context, id habeas.SystemID) string {
	return n.records.Systems.NameOf(ctx, id)
}

// Answer ends a request: granted, it is done; refused, the person is told the legal
// reason, and a restraint that came with it is loosened.
func (n *Notices) Answer(ctx context.Context, a habeas.Actor, id habeas.RequestID, answer party.Answer, reason string) error {
	if err := staff(&a); err != nil {
		return err
	}
	if len(reason) > 2000 {
		return habeas.Invalid("reason", "This is too long.").WithCode("field.invalid")
	}
	var gone []habeas.PartyID
	err := n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		gone = gone[:0] // a repeated run begins anew
		q, err := tx.Notices().Request(tx.Context(), id)
		if err != nil {
			return err
		}
		if q, err = q.AnswerWith(answer, reason, a.Account, n.records.Clock.Now()); err != nil {
			return err
		}
		detail := map[string]string{"kind": string(q.Kind), "answer": string(answer)}
		if err := tx.Notices().SaveRequest(q, n.records.event(audit.RequestAnswered, q.Party, a, detail)); err != nil {
			return err
		}
		if q.Kind == party.AskErase && answer == party.AnswerGrant {
			if kept, err := n.keeping(tx, q.Party); err != nil || kept.Held() {
				return cmp.Or(err, error(errHoldFirst))
			}
			gone, err = n.eraseAsked(tx, q, a, gone)
			return err
		}
		if q.Kind == party.AskNotMe {
			if err := n.settle(tx, q, a, answer); err != nil {
				return err
			}
		}
		if answer == party.AnswerRefuse {
			if err := n.release(tx, q, a); err != nil {
				return err
			}
		}
		if q.Mailbox == "" {
			return nil
		}
		return n.tellAnswer(tx, mail.KindAnswered, q, reason)
	})
	if err != nil {
		return err
	}
	return n.forget(ctx, gone)
}

// settle takes with the answer to a “not me” the decision that the record waits for: what
// is decided in the register and in the queue is one thing.
func (n *Notices) settle(tx *sqlstore.Tx, q party.Request, a habeas.Actor, answer party.Answer) error {
	p, err := tx.Records().Party(tx.Context(), q.Party)
	if err != nil || p.Review != party.ReviewNotMe || p.State != party.Unclaimed {
		return err
	}
	d := party.KeepApart
	if answer == party.AnswerRefuse {
		d = party.Release
	}
	return n.records.decide(tx, a, p, d)
}

// erase removes every row of an unclaimed record. The caller destroys the keys once
// the transaction has committed. What witnesses it is the house's: nobody is left who
// could open a line of their own.
func (n *Notices) erase(tx *sqlstore.Tx, id habeas.PartyID, a habeas.Actor, why string, gone []habeas.PartyID) ([]habeas.PartyID, error) {
	r, ctx, w := n.records, tx.Context(), tx.Records()
	rec, said, err := r.load(ctx, w, id)
	if err != nil {
		return gone, err
	}
	if _, err := (party.Situation{Record: rec.Party}).Take(party.Move{Kind: party.MoveErase}); err != nil {
		return gone, err
	}
	e := r.houseEvent(audit.PartyErased, a, map[string]string{"reason": why})
	all, left, err := r.eraseParts(tx, rec, said, nil, habeas.NewID[habeas.RemainderKind](r.Clock.Now()), e)
	if err != nil {
		return gone, err
	}
	if to, ok := addressOf(rec); ok && why == "request" {
		letter := Letter{Kind: mail.KindErased, To: to.Mailbox(), Language: rec.Text("contact", "language")}
		err = r.Mailer.Post(tx, habeas.SubjectID{}, erasedLetter(letter, left))
	}
	return append(gone, all...), err
}

// eraseAsked erases a record because its person asked staff for it. One that belongs to an
// account is erased only where staff have noted how they made sure who asks; the account
// stays, and its address is told.
func (n *Notices) eraseAsked(tx *sqlstore.Tx, q party.Request, a habeas.Actor, gone []habeas.PartyID) ([]habeas.PartyID, error) {
	r, ctx := n.records, tx.Context()
	rec, said, err := r.load(ctx, tx.Records(), q.Party)
	if err != nil || rec.Party.State != party.Claimed {
		return n.erase(tx, q.Party, a, "request", gone)
	}
	if q.Identity == "" {
		return gone, errWhoAsks
	}
	held, err := tx.Accounts().Addresses(ctx, rec.Party.Account)
	if err != nil {
		return gone, err
	}
	var addresses []keyring.LookupHash
	for _, one := range held {
		addresses = append(addresses, one.Hash)
	}
	e := r.houseEvent(audit.PartyErased, a, map[string]string{"reason": "request"})
	e.Subject = habeas.SubjectOf(rec.Party.Account)
	all, left, err := r.eraseOwn(tx, rec, said, addresses, habeas.NewID[habeas.RemainderKind](r.Clock.Now()), e)
	if err != nil {
		return gone, err
	}
	to, language, err := r.Accounts.MainAddress(ctx, rec.Party.Account)
	if err != nil {
		return gone, err
	}
	letter := erasedLetter(Letter{Kind: mail.KindErased, To: to, Language: language}, left)
	return append(gone, all...), r.Mailer.Post(tx, habeas.SubjectOf(rec.Party.Account), letter)
}

// forget destroys the keys of erased records.
func (n *Notices) forget(ctx context.Context, gone []habeas.PartyID) error {
	if len(gone) == 0 {
		return nil
	}
	return n.records.forgetAll(ctx, gone)
}
