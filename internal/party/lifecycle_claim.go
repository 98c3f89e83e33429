package party

import (
	"slices"

	"github.com/habeas-data/habeas"
)

var (
	errMoved  = habeas.Conflict("This record changed while you were looking at it. Look at it again.").WithCode("claim.changed")
	errNone   = habeas.NotFound("There is no record here that you could claim.").WithCode("claim.none")
	errStale  = habeas.Forbidden("The address alone is not enough here. Show your membership number or a code on paper first; staff can give you one.").WithCode("claim.stale")
	errHuman  = habeas.Forbidden("A member of staff has to check this record first.").WithCode("claim.review")
	errLocked = habeas.TooMany("Too many wrong tries. A member of staff can help you.").WithCode("evidence.locked")
)

// offered reports whether an address of the claimant leads to the record at this moment.
func (s *Situation) offered(m Move) bool {
	return m.Who.Active && !s.Record.ID.IsZero() && m.Offer.Party.ID == s.Record.ID
}

// Claim is the claim that the candidate offers, as it is before it is made.
func (f Candidate) Claim() Claim {
	return Claim{Party: f.Party.ID, State: ClaimOpen, Version: f.Party.Version, Stale: f.Stale}
}

// stands reports whether the claim is one that was not decided.
func (c Claim) stands() bool { return c.State == ClaimOpen || c.State == ClaimInReview }

// open lets a claimant look at the record: a claim on it as it is now.
func (s *Situation) open(m Move) error {
	switch {
	case !s.offered(m) || s.Record.State != Unclaimed:
		return errNone
	case m.Offer.Review != ReviewNone:
		return errHuman
	}
	if !s.Claim.stands() {
		s.Claim = m.Offer.Claim()
		s.Claim.ID, s.Claim.Account, s.Claim.OpenedAt = habeas.NewID[habeas.ClaimKind](m.At), m.Who.Account, m.At
	}
	s.Claim.Version = s.Record.Version
	return nil
}

// show judges evidence, on a claim or on the record that the account has already. Too
// much wrong evidence locks either until staff have looked (PTY-A8, PTY-A30).
func (s *Situation) show(m Move) error {
	p, c := &s.Record, &s.Claim
	mine := p.State == Claimed && p.Account == m.Who.Account && !p.Account.IsZero()
	if mine && c.ID.IsZero() { // the record began as theirs, without a claim
		*c = Claim{
			ID: habeas.NewID[habeas.ClaimKind](m.At), Party: p.ID, Account: p.Account, State: ClaimAccepted,
			Version: p.Version, OpenedAt: m.At, ClosedAt: m.At,
		}
	}
	switch {
	case p.State == Frozen && p.Account == m.Who.Account:
		return ErrFrozen
	case !mine && !s.offered(m) || c.ID.IsZero() || c.Account != m.Who.Account || c.Party != p.ID:
		return errNone
	case c.Tries >= m.Rules.MaxTries:
		return errLocked
	case !mine && (m.Offer.Review != ReviewNone || !c.stands()):
		return errNone
	}
	state := c.State
	*c = judge(*c, m.Evidence, m.Right, m.Schemas, m.Rules)
	if mine {
		c.State = state
	}
	switch {
	case m.Right && mine:
		p.Opened = c.Opened
		p.Version++
	case !m.Right && c.Tries >= m.Rules.MaxTries:
		p.Review = ReviewEvidence
		p.Version++
	}
	return nil
}

// letter lets the address of who has typed the code of a letter lead to the record: a claim
// on it, with the code as evidence, for which the rules about candidates hold from then on.
func (s *Situation) letter(m Move) error {
	p, c := &s.Record, &s.Claim
	if p.State != Unclaimed || p.Blocked || p.Review == ReviewEvidence || !m.Who.Active || c.State == ClaimInReview {
		return errNone
	}
	p.Version++
	if c.State != ClaimOpen {
		*c = Claim{ID: habeas.NewID[habeas.ClaimKind](m.At), Party: p.ID, Account: m.Who.Account, State: ClaimOpen, Stale: true, OpenedAt: m.At}
	}
	c.Version = p.Version
	*c = judge(*c, PaperCode, true, m.Schemas, m.Rules)
	return nil
}

// judge counts an attempt. One wrong answer about facts is enough for staff to look
// (PTY-A8). What fitted opens what all that fitted so far is enough for.
func judge(c Claim, kind EvidenceKind, right bool, schemas *Schemas, rules Rules) Claim {
	if !right {
		c.Tries++
		if kind == RecordFacts {
			c.FactTries++
			c.Tries = max(c.Tries, rules.MaxTries)
		}
		if c.Tries >= rules.MaxTries {
			c.State = ClaimInReview
		}
		return c
	}
	if !slices.Contains(c.Shown, kind) {
		c.Shown = append(slices.Clone(c.Shown), kind)
	}
	if c.Stale && !outweighsStale(c.Shown) {
		return c
	}
	c.Stale = false
	c.Opened = schemas.openedBy(c.Shown)
	return c
}

// accept links account and record. Who has no right to know is told that there is nothing.
func (s *Situation) accept(m Move) error {
	p, c := &s.Record, &s.Claim
	switch {
	case !s.offered(m) || c.Account != m.Who.Account || c.Party != p.ID:
		return errNone
	case c.State == ClaimInReview || p.Review != ReviewNone || m.Offer.Review != ReviewNone || m.Who.Privileged && !p.Cleared:
		return errHuman
	case c.State != ClaimOpen || p.State != Unclaimed:
		return errMoved.WithCode("claim.taken")
	case p.Version != m.Version || c.Version != m.Version:
		return errMoved
	case c.Stale || m.Offer.Wants(c.Shown): // the mailbox may have changed hands: it alone opens nothing (PTY-A35)
		return errStale
	}
	s.give(m)
	return nil
}

// give puts the record into the hands of the claim's account.
func (s *Situation) give(m Move) {
	p, c := &s.Record, &s.Claim
	p.State, p.Account, p.ClaimedAt, p.Opened = Claimed, c.Account, m.At, c.Opened
	p.Stub = false
	p.Version++
	c.State, c.ClosedAt = ClaimAccepted, m.At
}

// refuse is “this is not me”: the address leads to the record no more, and staff look.
func (s *Situation) refuse(m Move) error {
	switch {
	case !s.offered(m) || s.Record.State != Unclaimed || !s.Claim.stands() || s.Claim.Account != m.Who.Account || s.Claim.Party != s.Record.ID:
		return errNone
	case s.Record.Version != m.Version:
		return errMoved
	}
	s.Claim.State, s.Claim.ClosedAt = ClaimRefused, m.At
	return s.notMe(m)
}

// notMe is the same by somebody who has no account, or by staff for them.
func (s *Situation) notMe(Move) error {
	if s.Record.State != Unclaimed {
		return errClaimed
	}
	s.Record.Review, s.Record.Blocked, s.Record.Cleared = ReviewNotMe, true, false
	s.Record.Version++
	return nil
}

// wait puts the record before staff, where nothing waits and nobody has decided yet.
func (s *Situation) wait(m Move) error {
	if p := &s.Record; p.State == Unclaimed && p.Review == ReviewNone && !p.Cleared && m.Review.Waits() {
		p.Review = m.Review
		p.Version++
	}
	return nil
}

// release lets whoever proves its address claim the record, and gives the claimant who
// used up their tries new ones.
func (s *Situation) release(Move) error {
	p, c := &s.Record, &s.Claim
	switch {
	case p.Review == ReviewNone:
		return errDecided
	case p.State == Frozen:
		return ErrFrozen
	case p.State == Merged:
		return errPart
	}
	p.Review, p.Blocked, p.Cleared = ReviewNone, false, true
	p.Version++
	if c.Tries > 0 && c.State == ClaimInReview {
		c.State = ClaimOpen
	}
	c.Tries = 0
	return nil
}

// keepApart lets none of its addresses lead to the record.
func (s *Situation) keepApart(Move) error {
	switch {
	case s.Record.Review == ReviewNone:
		return errDecided
	case s.Record.State != Unclaimed:
		return errClaimed
	}
	s.Record.Review, s.Record.Blocked, s.Record.Cleared = ReviewNone, true, false
	s.Record.Version++
	return nil
}

// reconsider lets the record wait again, for the reason for which it had waited.
func (s *Situation) reconsider(m Move) error {
	switch {
	case s.Record.State != Unclaimed:
		return errClaimed
	case s.Record.Review != ReviewNone:
		return errWaiting
	}
	s.Record.Review, s.Record.Blocked, s.Record.Cleared = m.Review, m.Review == ReviewNotMe, false
	s.Record.Version++
	return nil
}

// address gives the record another address: the one that it had leads to it no more, and
// a claim that is looking at it aborts (PTY-A32).
func (s *Situation) address(m Move) error {
	if s.Record.State != Unclaimed {
		return errTheirs
	}
	s.Record.Review, s.Record.Blocked, s.Record.Cleared = m.Review, false, false
	s.Record.Version++
	return nil
}

var (
	errCheckDocument = habeas.Invalid("document", "Choose one of the options.").WithCode("form.choice")
	errCheckSelf     = habeas.Forbidden("Nobody checks themselves. Ask a colleague.").WithCode("check.self")
	errCheckOther    = habeas.Conflict("Another account has this record. Dispute that claim first.").WithCode("check.claimed")
	errCheckAccount  = habeas.Conflict("This account is closed.").WithCode("check.closed")
)

// link gives the record to an account after a check in person, whatever waits on it: a
// human has looked. For a record that the account has already, it opens what asks for
// evidence.
func (s *Situation) link(m Move) error {
	p, c := &s.Record, &s.Claim
	switch {
	case !slices.Contains(Documents(), m.Check.Document):
		return errCheckDocument
	case m.Check.By == m.Check.Account:
		return errCheckSelf
	case !m.Who.Active:
		return errCheckAccount
	case p.State == Frozen:
		return ErrFrozen
	case p.State == Claimed && p.Account != m.Check.Account:
		return errCheckOther
	case p.State != Unclaimed && p.State != Claimed:
		return errPart
	}
	if !c.stands() && c.State != ClaimAccepted {
		*c = Claim{ID: m.Check.ID, Party: p.ID, Account: m.Check.Account, OpenedAt: m.Check.At, Version: p.Version}
	}
	*c = judge(*c, InPerson, true, m.Schemas, DefaultRules)
	c.Tries = 0
	if p.State == Unclaimed {
		s.give(m)
	} else {
		p.Opened, c.State = c.Opened, ClaimAccepted
		p.Version++
	}
	p.Review, p.Blocked, p.Cleared = ReviewNone, false, false
	return nil
}
