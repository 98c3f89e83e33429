package party

import (
	"slices"
	"time"

	"github.com/habeas-data/habeas"
)

var (
	errNoDispute     = habeas.Conflict("Nobody has claimed this record, so there is nothing to dispute.").WithCode("dispute.unclaimed")
	errOwnRecord     = habeas.Conflict("This record was begun by its person. Nobody had it before.").WithCode("dispute.own")
	errDisputed      = habeas.Conflict("A dispute about this record is open already.").WithCode("dispute.open")
	errDisputedTwice = habeas.Conflict("Staff have looked at this already and found the claim right. If that is wrong, write to them.").WithCode("dispute.decided")
	errDisputeWhy    = habeas.Invalid("reason", "Choose one of the options.").WithCode("form.choice")
	errDisputeDone   = habeas.Conflict("Somebody has decided this already.").WithCode("dispute.done")
	errReopenClaimed = habeas.Conflict("Somebody else has claimed the record since. Dispute that claim first.").WithCode("dispute.claimed")
	errReopenOpen    = habeas.Conflict("This dispute waits for a decision already.").WithCode("dispute.waits")
	errReopenAccount = habeas.Conflict("The account is closed or gone, so it cannot get the record back.").WithCode("dispute.account")
)

// dispute freezes a record. The claim is the one by which its account got it. Who was
// answered once about a claim is not heard again by the same way; staff always are.
func (s *Situation) dispute(m Move) error {
	p, c, by := &s.Record, s.Claim, m.Challenge
	answered := func(old Dispute) bool {
		return old.Claim == c.ID && old.State == DisputeKept && old.Address == by.Address && by.Way != DisputeByStaff
	}
	switch {
	case !by.Reason.Known():
		return errDisputeWhy
	case p.State == Frozen:
		return errDisputed
	case p.State != Claimed:
		return errNoDispute
	case c.ID.IsZero() || c.Account != p.Account || c.State != ClaimAccepted:
		return errOwnRecord
	case slices.ContainsFunc(m.Before, answered):
		return errDisputedTwice
	}
	s.Dispute = Dispute{
		ID: habeas.NewID[habeas.DisputeKind](m.At), Party: p.ID, Claim: c.ID, Account: p.Account, State: DisputeOpen,
		Way: by.Way, Reason: by.Reason, Shown: by.Shown, ClaimedAt: p.ClaimedAt,
		Mailbox: by.Mailbox, Language: by.Language, Address: by.Address, Note: by.Note,
	}
	p.State = Frozen
	p.Version++
	return nil
}

// undecided refuses to decide a dispute that is not open.
func (s *Situation) undecided() error {
	if d := s.Dispute; d.State != DisputeOpen || s.Record.State != Frozen || s.Record.ID != d.Party {
		return errDisputeDone
	}
	return nil
}

// keep finds the claim right: the account controls the record as before.
func (s *Situation) keep(m Move) error {
	if err := s.undecided(); err != nil {
		return err
	}
	s.Record.State = Claimed
	s.Record.Version++
	s.Dispute.State, s.Dispute.EndedAt, s.Dispute.EndedBy = DisputeKept, m.At, m.By
	return nil
}

// undo takes the record from the account, whose addresses are shut for it. Where no other
// one leads to it, staff have to give it one. What the record was is kept with the
// dispute, as it is now: a dispute may have been reopened long after it was opened.
func (s *Situation) undo(m Move) error {
	p, c, d := &s.Record, &s.Claim, &s.Dispute
	if err := s.undecided(); err != nil {
		return err
	}
	if c.ID != d.Claim || c.State != ClaimAccepted {
		return errDisputeDone
	}
	d.ClaimedAt, d.Opened, d.Review, d.Cleared = p.ClaimedAt, p.Opened, p.Review, p.Cleared
	d.State, d.EndedAt, d.EndedBy, d.Shut = DisputeUndone, m.At, m.By, m.Shut
	p.Review, p.Cleared, p.Blocked = ReviewNone, false, m.Stray
	p.free()
	p.Version++
	c.State, c.ClosedAt = ClaimUndone, m.At
	return nil
}

// free takes the record out of everybody's hands.
func (p *Party) free() {
	p.State, p.Account, p.ClaimedAt, p.Opened = Unclaimed, habeas.AccountID{}, time.Time{}, nil
}

// reopen takes a decision back: the record is frozen again and the account holds it as
// before, if it still can.
func (s *Situation) reopen(m Move) error {
	p, c, d := &s.Record, &s.Claim, &s.Dispute
	switch {
	case d.State == DisputeOpen:
		return errReopenOpen
	case d.Party != p.ID || c.ID != d.Claim,
		d.State == DisputeKept && (p.State != Claimed || p.Account != d.Account || c.State != ClaimAccepted),
		d.State != DisputeKept && (d.State != DisputeUndone || p.State != Unclaimed || c.State != ClaimUndone):
		return errReopenClaimed
	case !m.Who.Active || m.Who.Account != d.Account:
		return errReopenAccount
	}
	if d.State == DisputeUndone {
		p.Account, p.ClaimedAt, p.Opened = d.Account, d.ClaimedAt, d.Opened
		p.Review, p.Cleared, p.Blocked = d.Review, d.Cleared, false
		c.State, c.ClosedAt = ClaimAccepted, d.ClaimedAt
	}
	p.State = Frozen
	p.Version++
	d.State, d.EndedAt, d.EndedBy, d.Shut = DisputeOpen, time.Time{}, habeas.AccountID{}, nil
	return nil
}
