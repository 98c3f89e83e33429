package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// visitor is who acts after a mailed code without an account.
var visitor = habeas.Actor{Kind: habeas.ActorPerson, Proof: habeas.ProofCode}

var errVisit = habeas.Forbidden("The half hour is over, or this is another browser. Type your address once more.").WithCode("notice.visit")

// Ask mails a code to an address, by the same path and under the same limits as any
// code, whether anything is held there or not (PTY-A25, PTY-A26).
func (n *Notices) Ask(ctx context.Context, in account.Asking) (habeas.ChallengeID, error) {
	return n.accounts.ask(ctx, account.Challenge{Purpose: account.ForNotice}, in)
}

// Prove answers with a typed code. Then the browser whose cookie has the given hash may
// look at what is held at the address, for party.VisitLife; it is signed in nowhere.
// Every refusal is account.ErrCode.
func (n *Notices) Prove(ctx context.Context, id habeas.ChallengeID, typed sealed.Value, flow account.Token, visit [32]byte) error {
	return n.accounts.proveVisit(ctx, account.ForNotice, id, typed, flow, func(tx *sqlstore.Tx, v party.Visit) error {
		v.Hash, v.Purpose = visit, party.VisitNotice
		return n.begin(tx, v)
	})
}

// proveVisit answers a challenge that leads to a visit and to no sign-in. Every refusal is
// account.ErrCode.
func (a *Accounts) proveVisit(ctx context.Context, purpose account.Purpose, id habeas.ChallengeID, typed sealed.Value, flow account.Token, begin func(*sqlstore.Tx, party.Visit) error) error {
	return a.answer(ctx, purpose, id, typed, flow, func(tx *sqlstore.Tx, c account.Challenge) error {
		now := a.clock.Now()
		return begin(tx, party.Visit{
			Address: c.Address, Mailbox: c.Words.Mailbox, Display: c.Words.Display, Language: c.Words.Language,
			CreatedAt: now, ExpiresAt: now.Add(party.VisitLife),
		})
	})
}

// answer answers a challenge of a purpose and does in the same transaction what the right code is
// for. Every refusal of a code is account.ErrCode.
func (a *Accounts) answer(ctx context.Context, purpose account.Purpose, id habeas.ChallengeID, typed sealed.Value, flow account.Token, then func(*sqlstore.Tx, account.Challenge) error) error {
	now := a.clock.Now()
	right := rightCode(a.keys, id, typed)
	var refused error // what is said although the rows of the try are kept
	err := a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		refused = account.ErrCode
		c, found, err := tx.Accounts().Challenge(tx.Context(), id)
		if err != nil {
			return err
		}
		open := found && c.Purpose == purpose && c.Open(flow, now)
		if !open || !right {
			return a.wrong(tx, c, open)
		}
		won, err := tx.Ops().SpendChallenge(tx.Context(), id, now)
		if err != nil || !won {
			return errors.Join(err, a.wrong(tx, c, false))
		}
		refused = nil
		return then(tx, c)
	})
	return errors.Join(err, refused)
}

// begin starts a visit, and says on every record that it will show that it was seen.
func (n *Notices) begin(tx *sqlstore.Tx, v party.Visit) error {
	ctx := tx.Context()
	if err := tx.Ops().StartVisit(ctx, v); err != nil {
		return err
	}
	told, err := tx.Notices().NotifiedAt(ctx, v.Address)
	if err != nil {
		return err
	}
	seen, err := n.witness(tx, v.Address, audit.NoticeSeen)
	if err != nil || told.SentAt.IsZero() {
		return errors.Join(err, tx.Audit(seen))
	}
	told.SeenAt = v.CreatedAt
	return tx.Notices().SaveNotified(told, seen)
}

// witness writes what concerns an address into the log of each record there, but for
// one entry, which it returns for the caller's own write. It is the house's where no
// record is.
func (n *Notices) witness(tx *sqlstore.Tx, address keyring.LookupHash, event audit.Event) (audit.Entry, error) {
	at, err := n.at(tx.Context(), tx.Records(), address)
	if err != nil || len(at) == 0 {
		e := n.records.event(event, habeas.PartyID{}, visitor, nil)
		e.Subject = habeas.SubjectID{}
		return e, err
	}
	for _, p := range at[1:] {
		if err := tx.Audit(n.records.event(event, p.ID, visitor, nil)); err != nil {
			return audit.Entry{}, err
		}
	}
	return n.records.event(event, at[0].ID, visitor, nil), nil
}

// Look returns what a visit opens; found is false when its time is over.
func (n *Notices) Look(ctx context.Context, visit [32]byte) (l party.Looking, found bool, err error) {
	v, found, err := n.records.DB.Notices().Visit(ctx, visit, party.VisitNotice, n.records.Clock.Now())
	if err != nil || !found {
		return l, false, err
	}
	l.Visit = v
	told, err := n.records.DB.Notices().NotifiedAt(ctx, v.Address)
	if err != nil {
		return l, false, err
	}
	l.Stopped = !told.StoppedAt.IsZero()
	l.Held, err = n.held(ctx, n.records.DB.Records(), n.records.DB.Notices(), v.Address)
	return l, err == nil, err
}

// Leave ends a visit.
func (n *Notices) Leave(ctx context.Context, visit [32]byte) error {
	return n.records.DB.Ops().EndVisit(ctx, visit)
}

// heldReader is what is read to show what is held.
type heldReader interface {
	party.Notices
	party.Retention
}

// held collects what an address leads to. The same rules as for a claim say what of it
// may be shown: nothing where several records share the address, where staff must look
// first, or where the address may have changed hands (PTY-A34, PTY-A35).
func (n *Notices) held(ctx context.Context, from party.Reader, notes heldReader, address keyring.LookupHash) ([]party.Held, error) {
	r, now := n.records, n.records.Clock.Now()
	policy, err := n.policies.Current(ctx)
	if err != nil {
		return nil, err
	}
	at, err := n.at(ctx, from, address)
	if err != nil {
		return nil, err
	}
	said := make(map[habeas.PartyID][]party.Statement, len(at))
	heard := make(map[habeas.PartyID]time.Time, len(at))
	claimed := false
	for _, p := range at {
		if said[p.ID], err = from.Statements(ctx, p.ID); err != nil {
			return nil, err
		}
		heard[p.ID] = r.newest(said[p.ID], []keyring.LookupHash{address})
		claimed = claimed || p.State != party.Unclaimed
	}
	// The mode of acquisition is no reason to hide what the law lets its person see.
	sure := make(map[habeas.PartyID]bool)
	for _, c := range party.Candidates(party.Claimant{Active: true}, at, claimed, heard, now, r.Rules) {
		sure[c.Party.ID] = c.Review == party.ReviewNone && !c.Stale
	}
	var out []party.Held
	for _, p := range at {
		closed, err := r.closed(ctx, p)
		if err != nil {
			return nil, err
		}
		h := party.Held{Closed: closed, Claimed: p.State != party.Unclaimed, Shut: !sure[p.ID], Origins: party.Origins(slices.DeleteFunc(slices.Clone(said[p.ID]), p.Disowned))}
		if err := n.fill(ctx, &h, party.Fold(p, said[p.ID], party.Settled{}, r.schemas), said[p.ID], from, notes, policy); err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// fill masks the record and adds what is noted about it.
func (n *Notices) fill(ctx context.Context, h *party.Held, rec party.Record, said []party.Statement, from party.Reader, notes heldReader, policy party.Policy) error {
	rec.Party.Opened = nil
	h.Record = rec.MaskFor(h.Shut)
	tickets, err := from.Tickets(ctx, rec.Tickets)
	if err != nil {
		return err
	}
	kept, err := notes.Keeping(ctx, rec.Party.ID)
	if err != nil {
		return err
	}
	if !kept.WarnedAt.IsZero() && !kept.Held() && kept.WarnedAt.After(party.LastWord(said)) {
		h.Goes = policy.Retention.Goes(kept)
	}
	h.Bound = party.Bound{Owed: party.OwedBy(rec, said, n.records.Clock.Now()), Hold: kept}
	h.Unsure = h.Shut || kept.Held() || party.Upcoming(said, tickets, n.records.Clock.Now())
	h.Requests, err = notes.Requests(ctx, rec.Party.ID)
	return err
}

// StopMails ends or resumes notices to the address of a visit.
func (n *Notices) StopMails(ctx context.Context, visit [32]byte, stop bool) error {
	return n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		v, found, err := tx.Notices().Visit(tx.Context(), visit, party.VisitNotice, n.records.Clock.Now())
		if err != nil {
			return err
		}
		if !found {
			return errVisit
		}
		told, err := tx.Notices().NotifiedAt(tx.Context(), v.Address)
		if err != nil {
			return err
		}
		told.Stop = n.stopAt(v.Address)
		return n.stop(tx, told, stop)
	})
}

// errStopLink is the one refusal of a stop link (PTY-A22).
var errStopLink = habeas.NotFound("This link is not good any more. To stop mails, type your address on the page about notices.").WithCode("notice.link")

// Stopped says whether the address of a stop link wants no mails, of the kind that the
// link came with. It changes nothing.
func (n *Notices) Stopped(ctx context.Context, token sealed.Value) (party.StopState, error) {
	hash := stopHash(token)
	told, found, err := n.records.DB.Notices().NotifiedBy(ctx, hash)
	if err != nil || found {
		return party.StopState{Stopped: !told.StoppedAt.IsZero()}, err
	}
	off, found, err := n.digests.Stopped(ctx, hash)
	if err == nil && !found {
		err = errStopLink
	}
	return party.StopState{Stopped: off, Digest: true}, err
}

// StopBy ends or resumes what a stop link came with: notices to its address, or the
// digests of its account. Doing it twice is the same as once.
func (n *Notices) StopBy(ctx context.Context, token sealed.Value, stop bool) error {
	if found, err := n.digests.StopBy(ctx, stopHash(token), stop); err != nil || found {
		return err
	}
	return n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		told, found, err := tx.Notices().NotifiedBy(tx.Context(), stopHash(token))
		if err != nil {
			return err
		}
		if !found {
			return errStopLink
		}
		return n.stop(tx, told, stop)
	})
}

func (n *Notices) stop(tx *sqlstore.Tx, told party.Notified, stop bool) error {
	if stop != told.StoppedAt.IsZero() {
		return nil // it is so already
	}
	event := audit.NoticeResumed
	told.StoppedAt = time.Time{}
	if stop {
		event, told.StoppedAt = audit.NoticeStopped, n.records.Clock.Now()
	}
	e, err := n.witness(tx, told.Address, event)
	if err != nil {
		return err
	}
	return tx.Notices().SaveNotified(told, e)
}
