package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// KeepClaim decides that a disputed claim was right.
func (d *Disputes) KeepClaim(ctx context.Context, a habeas.Actor, id habeas.DisputeID) error {
	if err := staff(&a); err != nil {
		return err
	}
	return d.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		s, err := d.disputed(tx, id)
		if err != nil {
			return err
		}
		if s, err = s.Take(party.Move{Kind: party.MoveKeep, At: d.Clock.Now(), By: a.Account}); err != nil {
			return err
		}
		p, made := s.Record, s.Dispute
		if err := tx.Disputes().SaveDispute(made, d.event(audit.ClaimKept, p.ID, a, nil)); err != nil {
			return err
		}
		if err := tx.Records().ChangeParty(p, nil, nil, d.decided(p, a, "claim-kept")); err != nil {
			return err
		}
		return d.tellBoth(tx, made, mail.KindDisputeKept, mail.KindDisputeKept)
	})
}

// disputed reads a dispute with the record and the claim that it is about.
func (d *Disputes) disputed(tx *sqlstore.Tx, id habeas.DisputeID) (s party.Situation, err error) {
	ctx, w := tx.Context(), tx.Records()
	if s.Dispute, err = tx.Disputes().FindDispute(ctx, id); err != nil {
		return s, err
	}
	if s.Record, err = w.Party(ctx, s.Dispute.Party); err != nil {
		return s, err
	}
	claim, found, err := w.OneClaim(ctx, s.Dispute.Claim)
	if err == nil && !found {
		err = habeas.NotFound("There is no such dispute.").WithCode("dispute.none")
	}
	s.Claim = claim
	return s, err
}

// decided is the entry of a decision about a dispute on the record itself.
func (d *Disputes) decided(p party.Party, a habeas.Actor, decision string) audit.Entry {
	return d.event(audit.PartyReviewed, p.ID, a, map[string]string{"decision": decision})
}

// UndoClaim takes a record from the account that claimed it: what it opened, whoever is
// signed in, what is under way, consents and requests go at once; its addresses lead to
// the record no more, and what it said there counts no more (PTY-14).
func (d *Disputes) UndoClaim(ctx context.Context, a habeas.Actor, id habeas.DisputeID) error {
	if err := staff(&a); err != nil {
		return err
	}
	var about habeas.PartyID
	err := d.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		s, err := d.disputed(tx, id)
		if err != nil {
			return err
		}
		about = s.Record.ID
		parts, err := w.Members(ctx, about)
		if err != nil {
			return err
		}
		entry := func() audit.Entry { return d.decided(s.Record, a, "claim-undone") }
		shut, known, err := d.shut(tx, s.Dispute, parts, func() audit.Entry { return d.decided(s.Record, a, "address") })
		if err != nil {
			return err
		}
		stray, err := d.stray(ctx, w.Records, s.Dispute, parts)
		if err != nil {
			return err
		}
		if s, err = s.Take(party.Move{Kind: party.MoveUndo, At: d.Clock.Now(), By: a.Account, Shut: shut, Stray: stray}); err != nil {
			return err
		}
		made := s.Dispute
		p, err := d.loses(tx, s.Record, made, a)
		if err != nil {
			return err
		}
		if err := w.SaveClaim(s.Claim, d.event(audit.ClaimUndone, about, a, nil)); err != nil {
			return err
		}
		if err := tx.Disputes().SaveDispute(made, entry()); err != nil {
			return err
		}
		if err := d.changeAt(tx, p, known, entry); err != nil {
			return err
		}
		return d.tellBoth(tx, made, mail.KindDisputeUndone, mail.KindDisputeGranted)
	})
	if err != nil {
		return err
	}
	return d.relearn(ctx, about)
}

// shut blocks the addresses of the account for the record and for every part of it, also
// when they come apart, and marks what is known there as left, so that neither people nor
// what is said there from now on lead to it. It returns what is to be opened again if this
// is taken back.
func (d *Disputes) shut(tx *sqlstore.Tx, made party.Dispute, parts []habeas.PartyID, entry func() audit.Entry) (shut []party.Gate, known []party.KnownAs, err error) {
	ctx, w := tx.Context(), tx.Records()
	who, err := d.Accounts.ClaimantIn(tx, habeas.Actor{Account: made.Account})
	if err != nil && !gone(err) {
		return nil, nil, err
	}
	for _, h := range who.Addresses {
		rows, err := w.KnownAt(ctx, h)
		if err != nil {
			return nil, nil, err
		}
		for _, part := range parts {
			already, err := w.Blocked(ctx, h, part)
			if err != nil {
				return nil, nil, err
			}
			if already {
				continue
			}
			if err := w.Block(h, part, entry()); err != nil {
				return nil, nil, err
			}
			g := party.Gate{Party: part, Address: h}
			known = append(known, g.Close(rows)...)
			shut = append(shut, g)
		}
	}
	return shut, known, nil
}

// changeAt writes a record with what is known of it and of its parts, each under its key.
func (d *Disputes) changeAt(tx *sqlstore.Tx, p party.Party, known []party.KnownAs, entry func() audit.Entry) error {
	return tx.Records().Turn(party.Turn{Change: []party.Party{p}, Handles: known}, entry())
}

// stray reports whether no address leads to the record any more: staff have to give it one.
func (d *Disputes) stray(ctx context.Context, from sqlstore.Records, made party.Dispute, parts []habeas.PartyID) (bool, error) {
	said, err := from.Statements(ctx, made.Party)
	if err != nil {
		return false, err
	}
	for _, s := range said {
		key, ok := emailKey(s.Values.Get("contact", "email"))
		if !ok || s.Source.Kind == party.FromSelf && s.Source.Account == made.Account {
			continue
		}
		h := d.Keys.Lookup(party.LookupEmail, key)
		rows, err := from.KnownAt(ctx, h)
		if err != nil {
			return false, err
		}
		for _, k := range rows {
			if !slices.Contains(parts, k.Party) || k.Identity.Left {
				continue
			}
			if leads, err := d.leadsTo(ctx, from, h, k.Party); err != nil || !leads.ID.IsZero() {
				return false, err
			}
		}
	}
	return true, nil
}

// loses takes from an account everything that it got by controlling a record: sign-ins,
// codes and links under way, consents about the record, and what was asked for about it.
func (d *Disputes) loses(tx *sqlstore.Tx, p party.Party, made party.Dispute, a habeas.Actor) (party.Party, error) {
	ctx := tx.Context()
	if err := tx.Ops().EndSignIns(ctx, made.Account, account.Token{}); err != nil {
		return p, err
	}
	if err := tx.Ops().EndChallenges(ctx, made.Account); err != nil {
		return p, err
	}
	for _, term := range account.ConsentTerms {
		given, found, err := tx.Consents().ConsentTo(ctx, term.Kind, habeas.SubjectOf(made.Party))
		if err != nil {
			return p, err
		}
		if !found || !given.Given || given.Account != made.Account {
			continue
		}
		given.Given, given.At = false, d.Clock.Now()
		e := d.event(audit.ConsentWithdrawn, made.Party, a, map[string]string{"kind": string(term.Kind)})
		if err := tx.Consents().SetConsent(given, e); err != nil {
			return p, err
		}
	}
	p, err := d.dropRequests(tx, p, a)
	if err != nil {
		return p, err
	}
	e := d.event(audit.ClaimUndone, made.Party, a, nil)
	e.Subject = habeas.SubjectOf(made.Account) // the record's log is theirs no more
	if err := tx.Audit(e); err != nil && !gone(err) {
		return p, err
	}
	return p, nil
}

// dropRequests withdraws what was asked for through the account, and loosens what
// followed from it.
func (d *Disputes) dropRequests(tx *sqlstore.Tx, p party.Party, a habeas.Actor) (party.Party, error) {
	all, err := tx.Notices().Requests(tx.Context(), p.ID)
	if err != nil {
		return p, err
	}
	to := party.RestraintNone
	for _, q := range all {
		switch {
		case !standing(q):
		case q.Channel == party.ByAccount:
			q.State, q.EndedAt, q.ActAt = party.RequestWithdrawn, d.Clock.Now(), time.Time{}
			e := d.event(audit.RequestWithdrawn, p.ID, a, map[string]string{"kind": string(q.Kind)})
			if err := tx.Notices().SaveRequest(q, e); err != nil {
				return p, err
			}
		case q.Kind == party.AskObject:
			to = party.Objected
		case q.Kind == party.AskRestrict && to == party.RestraintNone:
			to = party.Restricted
		}
	}
	next, err := party.Situation{Record: p}.Take(party.Move{Kind: party.MoveRestrain, At: d.Clock.Now(), Restraint: to, Loosen: true})
	return next.Record, err
}

// ReopenDispute takes a decision back: the record is frozen again, and where it had been
// taken from the account, the account holds it as before, with what it had said there.
func (d *Disputes) ReopenDispute(ctx context.Context, a habeas.Actor, id habeas.DisputeID) error {
	if err := staff(&a); err != nil {
		return err
	}
	var about habeas.PartyID
	err := d.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		was, err := d.disputed(tx, id)
		if err != nil {
			return err
		}
		about = was.Record.ID
		who, err := d.Accounts.ClaimantIn(tx, habeas.Actor{Account: was.Dispute.Account})
		if err != nil && !gone(err) {
			return err
		}
		s, err := was.Take(party.Move{Kind: party.MoveReopen, At: d.Clock.Now(), Who: who})
		if err != nil {
			return err
		}
		p, made := s.Record, s.Dispute
		entry := func() audit.Entry { return d.decided(p, a, "dispute-reopened") }
		parts, err := tx.Records().Members(ctx, about)
		if err != nil {
			return err
		}
		known, err := d.unshut(tx, was.Dispute.Shut, parts, entry)
		if err != nil {
			return err
		}
		if was.Dispute.State == party.DisputeUndone {
			if err := tx.Records().SaveClaim(s.Claim, d.event(audit.ClaimReopened, about, a, nil)); err != nil {
				return err
			}
		}
		if err := tx.Disputes().SaveDispute(made, d.event(audit.ClaimReopened, about, a, nil)); err != nil {
			return err
		}
		if err := d.changeAt(tx, p, known, entry); err != nil {
			return err
		}
		return d.tellBoth(tx, made, mail.KindFrozen, mail.KindDisputeReceived)
	})
	if err != nil {
		return err
	}
	return d.relearn(ctx, about)
}

// unshut is the inverse of shut, for what is part of the record still: what stands alone by
// now is another record, about which nobody has decided.
func (d *Disputes) unshut(tx *sqlstore.Tx, shut []party.Gate, parts []habeas.PartyID, entry func() audit.Entry) (known []party.KnownAs, err error) {
	w := tx.Records()
	for _, g := range shut {
		if !slices.Contains(parts, g.Party) {
			continue
		}
		if err := w.Unblock(g.Address, g.Party, entry()); err != nil {
			return nil, err
		}
		rows, err := w.KnownAt(tx.Context(), g.Address)
		if err != nil {
			return nil, err
		}
		known = append(known, g.Open(rows)...)
	}
	return known, nil
}

// relearn lets the search forget or find again what a former claimant had said.
func (d *Disputes) relearn(ctx context.Context, id habeas.PartyID) error {
	p, err := d.DB.Records().Party(ctx, id)
	if err != nil {
		return err
	}
	said, err := d.DB.Records().Statements(ctx, id)
	if err != nil {
		return err
	}
	d.Finder.Forget(id)
	for _, s := range said {
		d.Finder.Learn(p, s)
	}
	return nil
}

var (
	errAdoptNone = habeas.Invalid("fields", "Choose at least one of the values.").WithCode("form.choice")
	errAdoptNow  = habeas.Conflict("There is nothing to take over while the claim stands.").WithCode("dispute.stands")
)

// AdoptWords takes over, as staff's word, values that a wrong claimant had said and that
// are right all the same. Fields are named "set.field". The address is none of them: it
// has a form of its own.
func (d *Disputes) AdoptWords(ctx context.Context, a habeas.Actor, id habeas.DisputeID, fields []string) error {
	if err := staff(&a); err != nil {
		return err
	}
	return d.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		made, err := tx.Disputes().FindDispute(ctx, id)
		if err != nil {
			return err
		}
		rec, said, err := d.load(ctx, w, made.Party)
		if err != nil {
			return err
		}
		if made.State != party.DisputeUndone || rec.Party.State != party.Unclaimed {
			return errAdoptNow
		}
		words, adopted := party.Newest(made.Words(said)), party.Values{}
		for _, f := range fields {
			set, name, _ := strings.Cut(f, ".")
			if text := words.Get(set, name); text != "" && f != "contact.email" {
				adopted.Put(set, name, text)
			}
		}
		if adopted.Len() == 0 {
			return errAdoptNone
		}
		if err := d.mayChange(ctx, a, adopted); err != nil {
			return err
		}
		s := d.statement(made.Party, party.FromStaff, a, adopted)
		p, err := edited(rec.Party)
		if err != nil {
			return err
		}
		known, err := d.knownByStaff(ctx, w, party.Fold(p, append(said, s), party.Settled{}, d.schemas))
		if err != nil {
			return err
		}
		return w.ChangeParty(p, &s, known, d.event(audit.WordsAdopted, p.ID, a, map[string]string{"sets": sets(adopted)}))
	})
}
