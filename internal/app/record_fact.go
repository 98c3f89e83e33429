package app

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// excluded names the words on a record that prove nothing for a claimant: their own,
// those of systems that they have had in hand, and those that came on tickets which
// they booked (PTY-A28).
func (r *Records) excluded(ctx context.Context, from sqlstore.Records, notes party.Disputes, id habeas.PartyID, said []party.Statement, who party.Claimant) (party.Exclusion, error) {
	systems, err := notes.SystemsOf(ctx, who.Account)
	if err != nil {
		return party.Exclusion{}, err
	}
	own, err := from.PartiesOf(ctx, who.Account)
	if err != nil {
		return party.Exclusion{}, err
	}
	booked, err := r.bookedBy(ctx, from, id, said, own, who.Addresses)
	return party.Exclusion{Account: who.Account, Systems: systems, Booked: booked}, err
}

// bookedBy tells which statements about a record came on tickets that were booked by one
// of the parties, or by whoever is known at one of the addresses. The record's own
// bookings are its person's.
func (r *Records) bookedBy(ctx context.Context, from sqlstore.Records, id habeas.PartyID, said []party.Statement, own []party.Party, at []keyring.LookupHash) (func(habeas.StatementID) bool, error) {
	theirs := make(map[habeas.PartyID]bool)
	for _, p := range own {
		theirs[p.ID] = true
	}
	for _, h := range at {
		rows, err := from.KnownAt(ctx, h)
		if err != nil {
			return nil, err
		}
		for _, k := range rows {
			theirs[k.Party] = true
		}
	}
	delete(theirs, id)
	booked := make(map[habeas.StatementID]bool)
	for _, s := range said {
		if who, ok := r.bookerOf(ctx, from, s); ok && theirs[who] {
			booked[s.ID] = true
		}
	}
	return func(said habeas.StatementID) bool { return booked[said] }, nil
}

// bookerOf finds the party that a system names as who booked a ticket.
func (r *Records) bookerOf(ctx context.Context, from sqlstore.Records, s party.Statement) (habeas.PartyID, bool) {
	if s.Occ.BookedBy == "" || s.Source.Kind != party.FromSystem {
		return habeas.PartyID{}, false
	}
	ref, err := party.ParseReference("booked_by", s.Occ.BookedBy)
	if err != nil {
		return habeas.PartyID{}, false
	}
	prefix, n := ref.Handle(r.Keys.Cipher("reference/" + s.Source.System.String()))
	id, err := from.ByReference(ctx, s.Source.System, prefix, n)
	return id, err == nil
}

// factual are the values that facts are asked about: said before the claim by somebody
// else than the claimant. What came since is a proposal, whoever supplied it.
func (b trial) factual() party.Values {
	x := b.excluded
	x.Before = b.now.Claim.OpenedAt
	if p := b.now.Record; p.State == party.Claimed { // the actor's already
		x.Before = p.ClaimedAt
	}
	return b.record.Factual(x)
}

// factsOpen reports whether facts may be recognised on a claim: after other evidence,
// where that would open something, the record holds enough that the claimant does not
// see, and its tries are not used up.
func (r *Records) factsOpen(ctx context.Context, from sqlstore.Records, b trial) (bool, error) {
	hidden := func(set string) bool { return b.now.Claim.Hides(r.schemas, set) }
	if !b.now.Claim.FactsHelp(r.schemas) || !party.Telling(b.factual(), hidden) {
		return false, nil
	}
	claims, err := from.ClaimsOn(ctx, b.now.Claim.Party)
	return err == nil && !party.FactsUsedUp(claims, r.Rules), err
}

// Facts implements web/party.Disputes: what is asked about a record on the actor's claim,
// nothing where facts would not help. The same claim is always asked the same.
func (r *Records) Facts(ctx context.Context, a habeas.Actor, id habeas.PartyID) (asked []party.Question, err error) {
	err = r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		asked = nil
		b, err := r.trial(tx, a, id)
		switch habeas.KindOf(err) {
		case habeas.KindNotFound, habeas.KindForbidden, habeas.KindTooMany:
			if err != nil {
				return nil // the page says why
			}
		default:
		}
		if err != nil {
			return err
		}
		open, err := r.factsOpen(ctx, tx.Records().Records, b)
		if open {
			asked = party.Questions(id, b.factual(), r.Keys)
		}
		return err
	})
	return asked, err
}

var errFactsShut = habeas.Forbidden("Show a membership number or a code on paper first. Recognising facts counts only beside them.").WithCode("evidence.facts")

// ShowFacts implements web/party.Disputes. Of wrong answers it is not said which. One is
// enough to lock the claim until staff have looked (PTY-A8).
func (r *Records) ShowFacts(ctx context.Context, a habeas.Actor, id habeas.PartyID, answers map[string]string) (right bool, err error) {
	err = r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		right, _, err = r.judge(tx, a, id, party.RecordFacts, func(b trial) (bool, error) {
			open, err := r.factsOpen(ctx, tx.Records().Records, b)
			if err == nil && !open {
				err = errFactsShut
			}
			return err == nil && party.Recognised(id, b.factual(), r.Keys, answers), err
		})
		return err
	})
	return right, err
}
