package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
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
		made, err := tx.Disputes().FindDispute(ctx, id)
		if err != nil {
			return err
		}
		p, err := tx.Records().Party(ctx, made.Party)
		if err != nil {
			return err
		}
		p, made, err = made.Keep(p, a.Account, d.Clock.Now())
		if err != nil {
			return err
		}
		if err := tx.Disputes().SaveDispute(made, d.event(audit.ClaimKept, p.ID, a, nil)); err != nil {
			return err
		}
		if err := tx.Records().ChangeParty(p, nil, nil, d.decided(p, a, "claim-kept")); err != nil {
			return err
		}
		return d.tellBoth(tx, made, mail.KindDisputeKept, mail.KindDisputeKept)
	})
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
		made, err := tx.Disputes().FindDispute(ctx, id)
		if err != nil {
			return err
		}
		about = made.Party
		p, c, err := d.claimOn(ctx, w.Records, about)
		if err != nil {
			return err
		}
		entry := func() audit.Entry { return d.decided(p, a, "claim-undone") }
		blocked, known, err := d.shut(tx, made, func() audit.Entry { return d.decided(p, a, "address") })
		if err != nil {
			return err
		}
		stray, err := d.stray(ctx, w.Records, made)
		if err != nil {
			return err
		}
		if p, c, made, err = made.Undo(p, c, blocked, stray, a.Account, d.Clock.Now()); err != nil {
			return err
		}
		if p, err = d.loses(tx, p, made, a); err != nil {
			return err
		}
		if err := w.SaveClaim(c, d.event(audit.ClaimUndone, about, a, nil)); err != nil {
			return err
		}
		if err := tx.Disputes().SaveDispute(made, entry()); err != nil {
			return err
		}
		if err := w.ChangeParty(p, nil, known, entry()); err != nil {
			return err
		}
		return d.tellBoth(tx, made, mail.KindDisputeUndone, mail.KindDisputeGranted)
	})
	if err != nil {
		return err
	}
	return d.relearn(ctx, about)
}

// shut blocks the addresses of the account for the record, and marks what is known there
// as left, so that neither people nor what is said there from now on lead to it. It
// returns what is to be opened again if this is taken back.
func (d *Disputes) shut(tx *sqlstore.Tx, made party.Dispute, entry func() audit.Entry) (blocked []keyring.LookupHash, known []party.KnownAs, err error) {
	ctx, w := tx.Context(), tx.Records()
	who, err := d.Accounts.ClaimantIn(tx, habeas.Actor{Account: made.Account})
	if err != nil && !gone(err) {
		return nil, nil, err
	}
	for _, h := range who.Addresses {
		already, err := w.Blocked(ctx, h, made.Party)
		if err != nil {
			return nil, nil, err
		}
		if already {
			continue
		}
		if err := w.Block(h, made.Party, entry()); err != nil {
			return nil, nil, err
		}
		rows, err := w.KnownAt(ctx, h)
		if err != nil {
			return nil, nil, err
		}
		blocked, known = append(blocked, h), append(known, party.Leave(rows, made.Party, true)...)
	}
	return blocked, known, nil
}

// stray reports whether no address leads to the record any more: staff have to give it one.
func (d *Disputes) stray(ctx context.Context, from sqlstore.Records, made party.Dispute) (bool, error) {
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
		blocked, err := from.Blocked(ctx, h, made.Party)
		if err != nil {
			return false, err
		}
		rows, err := from.KnownAt(ctx, h)
		if err != nil {
			return false, err
		}
		leads := slices.ContainsFunc(rows, func(k party.KnownAs) bool { return k.Party == made.Party && !k.Identity.Left })
		if !blocked && leads {
			return false, nil
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
		given, found, err := tx.Consents().ConsentTo(ctx, term.Kind, made.Party)
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
	if p.Restraint == party.Objected && to == party.Restricted { // weaker, and since the same moment
		p.Restraint = to
		return p, nil
	}
	return party.Restrain(p, to, d.Clock.Now()), nil
}

// ReopenDispute takes a decision back: the record is frozen again, and where it had been
// taken from the account, the account holds it as before, with what it had said there.
func (d *Disputes) ReopenDispute(ctx context.Context, a habeas.Actor, id habeas.DisputeID) error {
	if err := staff(&a); err != nil {
		return err
	}
	var about habeas.PartyID
	err := d.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		made, err := tx.Disputes().FindDispute(ctx, id)
		if err != nil {
			return err
		}
		about = made.Party
		p, err := w.Party(ctx, about)
		if err != nil {
			return err
		}
		c, err := claimNamed(ctx, w.Records, made)
		if err != nil {
			return err
		}
		who, err := d.Accounts.ClaimantIn(tx, habeas.Actor{Account: made.Account})
		if err != nil && !gone(err) {
			return err
		}
		undone, blocked := made.State == party.DisputeUndone, made.Blocked
		if p, c, made, err = made.Reopen(p, c, who.Active); err != nil {
			return err
		}
		known, err := d.unshut(tx, about, blocked, func() audit.Entry { return d.decided(p, a, "dispute-reopened") })
		if err != nil {
			return err
		}
		if undone {
			if err := w.SaveClaim(c, d.event(audit.ClaimReopened, about, a, nil)); err != nil {
				return err
			}
		}
		if err := tx.Disputes().SaveDispute(made, d.event(audit.ClaimReopened, about, a, nil)); err != nil {
			return err
		}
		if err := w.ChangeParty(p, nil, known, d.decided(p, a, "dispute-reopened")); err != nil {
			return err
		}
		return d.tellBoth(tx, made, mail.KindFrozen, mail.KindDisputeReceived)
	})
	if err != nil {
		return err
	}
	return d.relearn(ctx, about)
}

// claimNamed reads the claim that a dispute is about.
func claimNamed(ctx context.Context, from sqlstore.Records, made party.Dispute) (party.Claim, error) {
	claims, err := from.ClaimsOn(ctx, made.Party)
	if err != nil {
		return party.Claim{}, err
	}
	i := slices.IndexFunc(claims, func(c party.Claim) bool { return c.ID == made.Claim })
	if i < 0 {
		return party.Claim{}, habeas.NotFound("There is no such dispute.").WithCode("dispute.none")
	}
	return claims[i], nil
}

// unshut is the inverse of shut.
func (d *Disputes) unshut(tx *sqlstore.Tx, id habeas.PartyID, blocked []keyring.LookupHash, entry func() audit.Entry) (known []party.KnownAs, err error) {
	w := tx.Records()
	for _, h := range blocked {
		if err := w.Unblock(h, id, entry()); err != nil {
			return nil, err
		}
		rows, err := w.KnownAt(tx.Context(), h)
		if err != nil {
			return nil, err
		}
		known = append(known, party.Leave(rows, id, false)...)
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
		s := d.statement(made.Party, party.FromStaff, a, adopted)
		p := rec.Party
		p.Version++
		known, err := d.knownByStaff(ctx, w, party.Fold(p, append(said, s), party.Settled{}, d.schemas))
		if err != nil {
			return err
		}
		return w.ChangeParty(p, &s, known, d.event(audit.WordsAdopted, p.ID, a, map[string]string{"sets": sets(adopted)}))
	})
}
