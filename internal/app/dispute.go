package app

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// Disputes are the use cases about claims that turn out to be wrong, and about checks in
// person (PTY-14, PTY-23). It is safe for concurrent use.
type Disputes struct {
	*Records
	notices *Notices
}

// NewDisputes returns the use cases.
func NewDisputes(records *Records, notices *Notices) *Disputes {
	return &Disputes{Records: records, notices: notices}
}

// errDisputeLink is the one refusal of a link (PTY-A22).
var errDisputeLink = habeas.NotFound("This link is not good any more. Write to the people who sent you the mail.").WithCode("dispute.link")

// linked finds what a link stands for.
func (d *Disputes) linked(ctx context.Context, from party.Disputes, claims sqlstore.Records, link sealed.Value) (party.DisputeLink, error) {
	hash, ok := edge.HashToken(link)
	if !ok {
		return party.DisputeLink{}, errDisputeLink.With("contact", d.Mailer.Contact)
	}
	l, found, err := from.ByLink(ctx, hash, d.Clock.Now())
	if gone(err) || err == nil && !found {
		err = errDisputeLink.With("contact", d.Mailer.Contact)
	}
	if err != nil {
		return l, err
	}
	if c, found, err := claims.OneClaim(ctx, l.Claim); err != nil {
		return l, err
	} else if found {
		l.Party = c.Party // it may have gone with a record that was taken out of this one
	}
	return l, nil
}

// Disputable says whether a link disputes a claim that stands; it uses nothing up, so a
// mail scanner may open it (PTY-A19). frozen says that a dispute is open already. Who
// holds the link learns no more.
func (d *Disputes) Disputable(ctx context.Context, link sealed.Value) (frozen bool, err error) {
	l, err := d.linked(ctx, d.DB.Disputes(), d.DB.Records(), link)
	if err != nil {
		return false, err
	}
	p, c, err := d.claimOn(ctx, d.DB.Records(), l.Party)
	switch {
	case gone(err):
		return false, errDisputeLink.With("contact", d.Mailer.Contact)
	case err != nil:
		return false, err
	case c.ID != l.Claim:
		return false, errDisputeLink.With("contact", d.Mailer.Contact)
	}
	return p.State == party.Frozen, nil
}

// claimOn reads a party and the claim by which its account got it; the claim is zero
// where there is none.
func (r *Records) claimOn(ctx context.Context, from sqlstore.Records, id habeas.PartyID) (p party.Party, c party.Claim, err error) {
	if p, err = from.Party(ctx, id); err != nil {
		return p, c, err
	}
	claims, err := from.ClaimsOn(ctx, id)
	if err != nil {
		return p, c, err
	}
	return p, party.ClaimOn(p, claims, p.Account, time.Time{}, party.Rules{}), nil
}

// DisputeByLink disputes a claim for whoever reads the mailbox to which a mail about it
// went. Where they say that somebody used their mailbox or account, its sign-ins end too.
func (d *Disputes) DisputeByLink(ctx context.Context, link sealed.Value, reason party.DisputeReason) error {
	return d.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		l, err := d.linked(ctx, tx.Disputes(), tx.Records().Records, link)
		if err != nil {
			return err
		}
		_, c, err := d.claimOn(ctx, tx.Records().Records, l.Party)
		if err == nil && c.ID != l.Claim || gone(err) {
			err = errDisputeLink.With("contact", d.Mailer.Contact)
		}
		if err != nil {
			return err
		}
		_, err = d.open(tx, l.Party, visitor, party.Challenge{
			Way: party.DisputeByLink, Reason: reason, Mailbox: l.Mailbox, Language: l.Language, Address: l.Address,
		})
		if err != nil || reason != party.DisputeNotMe {
			return err
		}
		return tx.Ops().EndSignIns(ctx, c.Account, [32]byte{})
	})
}

var errNotBefore = habeas.Forbidden("The record did not know this address before it was claimed. Ask staff.").WithCode("dispute.address")

// DisputeByVisit disputes a claim for whoever has proved, by a mailed code, an address
// that the record knew before the claim. number may be a membership number, sealed; what
// was said since the claim, or came on tickets that they booked, makes none match
// (PTY-A28).
func (d *Disputes) DisputeByVisit(ctx context.Context, visit [32]byte, id habeas.PartyID, reason party.DisputeReason, number sealed.Value) error {
	return d.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		v, h, err := d.notices.visited(tx, visit, id)
		if err != nil {
			return err
		}
		said, err := tx.Records().Statements(ctx, id)
		if err != nil {
			return err
		}
		p := h.Record.Party
		known := slices.ContainsFunc(said, func(s party.Statement) bool {
			key, ok := emailKey(s.Values.Get("contact", "email"))
			return ok && s.Source.Kind != party.FromSelf && (p.ClaimedAt.IsZero() || s.At().Before(p.ClaimedAt)) && d.Keys.Lookup(party.LookupEmail, key) == v.Address
		})
		if !known {
			return errNotBefore
		}
		by := party.Challenge{Way: party.DisputeByAddress, Reason: reason, Mailbox: v.Mailbox, Language: v.Language, Address: v.Address}
		if right, err := d.fitsChallenger(tx, p, v, said, number); err != nil {
			return err
		} else if right {
			by.Shown = []party.EvidenceKind{party.MembershipNumber}
		}
		_, err = d.open(tx, id, visitor, by)
		return err
	})
}

// fitsChallenger judges the membership number of a challenger. There is one number for
// each dispute, and a record that is frozen takes no other dispute: it cannot be guessed.
func (d *Disputes) fitsChallenger(tx *sqlstore.Tx, p party.Party, v party.Visit, said []party.Statement, number sealed.Value) (right bool, err error) {
	if number.IsZero() {
		return false, nil
	}
	booked, err := d.bookedBy(tx.Context(), tx.Records().Records, p.ID, said, nil, []keyring.LookupHash{v.Address})
	if err != nil {
		return false, err
	}
	rec, _, err := d.load(tx.Context(), tx.Records(), p.ID)
	if err != nil {
		return false, err
	}
	x := party.Exclusion{Before: p.ClaimedAt, Booked: booked}
	err = number.Use(func(typed []byte) error {
		right = len(typed) <= maxProof && rec.MatchesMembership(typed, x)
		return nil
	})
	return right, err
}

// maxNote is how many characters staff may note on a dispute.
const maxNote = 1000

// DisputeByStaff disputes a claim for staff, by themselves or for somebody who reached
// them otherwise.
func (d *Disputes) DisputeByStaff(ctx context.Context, a habeas.Actor, id habeas.PartyID, reason party.DisputeReason, note string) (made party.Dispute, err error) {
	if err := staff(&a); err != nil {
		return made, err
	}
	if len([]rune(note)) > maxNote {
		return made, habeas.Invalid("note", "This is too long.").WithCode("field.invalid")
	}
	err = d.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		made, err = d.open(tx, id, a, party.Challenge{Way: party.DisputeByStaff, Reason: reason, Note: note})
		return err
	})
	return made, err
}

// open freezes a record and tells everybody concerned.
func (d *Disputes) open(tx *sqlstore.Tx, id habeas.PartyID, a habeas.Actor, by party.Challenge) (party.Dispute, error) {
	ctx, w := tx.Context(), tx.Records()
	p, c, err := d.claimOn(ctx, w.Records, id)
	if err != nil {
		return party.Dispute{}, err
	}
	said, err := w.Statements(ctx, id)
	if err != nil {
		return party.Dispute{}, err
	}
	if party.BegunBySelf(said) {
		c = party.Claim{}
	}
	before, err := tx.Disputes().DisputesAbout(ctx, c.ID)
	if err != nil {
		return party.Dispute{}, err
	}
	s, err := party.Situation{Record: p, Claim: c}.Take(party.Move{Kind: party.MoveDispute, At: d.Clock.Now(), Challenge: by, Before: before})
	made := s.Dispute
	if err != nil {
		return made, err
	}
	detail := map[string]string{"way": string(made.Way), "reason": string(made.Reason)}
	if err := tx.Disputes().SaveDispute(made, d.event(audit.ClaimDisputed, id, a, detail)); err != nil {
		return made, err
	}
	if err := w.ChangeParty(s.Record, nil, nil, d.event(audit.PartyReviewed, id, a, map[string]string{"reason": "dispute"})); err != nil {
		return made, err
	}
	if err := d.Accounts.TellStaff(tx, mail.KindDisputed, "/staff/disputes"); err != nil {
		return made, err
	}
	return made, d.tellBoth(tx, made, mail.KindFrozen, mail.KindDisputeReceived)
}

// tellBoth mails the account whose claim is disputed, and who disputes it. Where both
// are one mailbox, it gets the mail to the account only.
func (d *Disputes) tellBoth(tx *sqlstore.Tx, made party.Dispute, account, challenger mail.Kind) error {
	link := "/me/records/" + made.Party.String()
	if account == mail.KindDisputeUndone {
		link = "/sign-in"
	}
	if err := d.Accounts.TellAccount(tx, made.Account, account, link); err != nil {
		return err
	}
	if made.Mailbox == "" {
		return nil
	}
	who, err := d.Accounts.ClaimantIn(tx, habeas.Actor{Account: made.Account})
	if err != nil && !gone(err) {
		return err
	}
	if slices.Contains(who.Addresses, made.Address) {
		return nil
	}
	letter := Letter{Kind: challenger, To: made.Mailbox, Language: made.Language, Link: "/notice"}
	return d.Mailer.Post(tx, habeas.SubjectOf(made.Party), letter)
}
