package app

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Disputed implements web/party.Disputes: for staff, those that wait, oldest first, and
// those that were decided, newest first.
func (d *Disputes) Disputed(ctx context.Context, a habeas.Actor, limit int) (open, ended []party.Dispute, err error) {
	if err := staff(&a); err != nil {
		return nil, nil, err
	}
	if open, err = d.DB.Disputes().OpenDisputes(ctx, limit); err != nil {
		return nil, nil, err
	}
	ended, err = d.DB.Disputes().EndedDisputes(ctx, limit)
	return open, ended, err
}

// DisputesOn implements web/party.Disputes.
func (d *Disputes) DisputesOn(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Dispute, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	return d.DB.Disputes().DisputesOn(ctx, id)
}

// mostEvents is how much of a record's time line staff see.
const mostEvents = 100

// File implements web/party.Disputes: everything that staff need to decide. The reading
// is witnessed first, with its purpose.
func (d *Disputes) File(ctx context.Context, a habeas.Actor, id habeas.DisputeID) (f party.DisputeFile, err error) {
	if err := staff(&a); err != nil {
		return f, err
	}
	if f.Dispute, err = d.DB.Disputes().FindDispute(ctx, id); err != nil {
		return f, err
	}
	about := f.Dispute.Party
	if f.Record, err = d.Open(ctx, a, about); err != nil {
		return f, err
	}
	said, err := d.DB.Records().Statements(ctx, about)
	if err != nil {
		return f, err
	}
	s, err := d.Sight(ctx, a)
	if err != nil {
		return f, err
	}
	f.Words = s.Words(f.Dispute.Words(said))
	if f.Claims, err = d.Assess(ctx, a, about); err != nil {
		return f, err
	}
	events, err := d.DB.Events(ctx, habeas.SubjectOf(about), habeas.EventID{}, mostEvents)
	if err != nil {
		return f, err
	}
	for _, w := range events {
		f.Line = append(f.Line, d.look(ctx, a, w, about))
	}
	return f, nil
}

// Assess implements web/party.Disputes: every claim on a record with its risk, newest
// first. The caller has witnessed that the record is read.
func (d *Disputes) Assess(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Assessed, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	rec, said, err := d.load(ctx, d.DB.Records(), id)
	if err != nil {
		return nil, err
	}
	claims, err := d.DB.Records().ClaimsOn(ctx, id)
	if err != nil || len(claims) == 0 {
		return nil, err
	}
	checks, err := d.DB.Disputes().ChecksOn(ctx, id)
	if err != nil {
		return nil, err
	}
	events, err := d.DB.Events(ctx, habeas.SubjectOf(id), habeas.EventID{}, mostEvents)
	if err != nil {
		return nil, err
	}
	var out []party.Assessed
	for _, c := range claims {
		s, err := d.signals(ctx, rec, said, c, events)
		if err != nil {
			return nil, err
		}
		s.Strayed = slices.ContainsFunc(claims, func(o party.Claim) bool {
			return o.ID != c.ID && (o.State == party.ClaimRefused || o.State == party.ClaimUndone)
		})
		one := party.Assessed{Claim: c, Risk: party.Assess(s)}
		if i := slices.IndexFunc(checks, func(k party.Check) bool { return k.ID == c.ID }); i >= 0 {
			one.Check = &checks[i]
		}
		out = append(out, one)
	}
	return out, nil
}

// signals collects what speaks for and against a claim, as it stood when it was made.
func (d *Disputes) signals(ctx context.Context, rec party.Record, said []party.Statement, c party.Claim, events []audit.Witnessed) (party.Signals, error) {
	s := party.Signals{
		RecordName: rec.Name(), Tries: c.Tries, FactTries: c.FactTries, Shown: c.Shown,
		Shared: rec.Party.Review == party.ReviewShared, Disputed: rec.Party.State == party.Frozen && rec.Party.Account == c.Account,
	}
	who, err := d.Accounts.Claimant(ctx, habeas.Actor{Account: c.Account})
	if err != nil && !gone(err) {
		return s, err
	}
	s.AccountName = who.Name
	before := slices.DeleteFunc(slices.Clone(said), func(s party.Statement) bool {
		return s.Source.Kind == party.FromSelf || s.At().After(c.OpenedAt)
	})
	// The name as others had said it: what the claimant made of it proves nothing.
	s.RecordName = party.Fold(party.Party{ID: rec.Party.ID, Kind: rec.Party.Kind}, before, party.Settled{}, d.schemas).Name()
	s.Heard = c.OpenedAt.Sub(d.newest(before, who.Addresses))
	s.Moved = d.moved(before, c.OpenedAt)
	others := make(map[habeas.PartyID]bool)
	for _, h := range who.Addresses {
		rows, err := d.DB.Records().KnownAt(ctx, h)
		if err != nil {
			return s, err
		}
		for _, k := range rows {
			others[k.Party] = true
		}
		s.Shared = s.Shared || d.shared(before, h)
	}
	delete(others, rec.Party.ID)
	s.Others = len(others)
	s.Invited = slices.ContainsFunc(events, func(w audit.Witnessed) bool {
		return w.Event == audit.InviteSent && w.At.Before(c.OpenedAt)
	})
	return s, nil
}

// moved reports whether staff gave the record another address shortly before.
func (d *Disputes) moved(before []party.Statement, at time.Time) bool {
	old := ""
	for _, s := range before {
		key, ok := emailKey(s.Values.Get("contact", "email"))
		if !ok {
			continue
		}
		if s.Source.Kind == party.FromStaff && old != "" && old != key && at.Sub(s.At()) <= party.MovedLately {
			return true
		}
		old = key
	}
	return false
}

// shared reports whether an address of the record is one that several people read.
func (d *Disputes) shared(said []party.Statement, at keyring.LookupHash) bool {
	return slices.ContainsFunc(said, func(s party.Statement) bool {
		a, err := email.Parse(s.Values.Get("contact", "email"))
		return err == nil && d.Keys.Lookup(party.LookupEmail, a.Key()) == at && email.Shared(a)
	})
}

var errNoAccount = habeas.Invalid("email", "No account has proved this address. Let the person join first, here at the desk if they like.").WithCode("check.account")

// LinkPerson implements web/party.Disputes: staff saw the person and a document, and
// link the record to the account that has proved the address (PTY-23).
func (d *Disputes) LinkPerson(ctx context.Context, a habeas.Actor, id habeas.PartyID, at email.Address, document party.Document) error {
	if err := staff(&a); err != nil {
		return err
	}
	return d.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		hash := d.Keys.Lookup(party.LookupEmail, at.Key())
		held, found, err := tx.Accounts().AddressAt(ctx, hash)
		if err != nil {
			return err
		}
		if !found {
			return errNoAccount
		}
		return d.link(tx, a, id, held.Account, document)
	})
}

func (d *Disputes) link(tx *sqlstore.Tx, a habeas.Actor, id habeas.PartyID, to habeas.AccountID, document party.Document) error {
	ctx, w, now := tx.Context(), tx.Records(), d.Clock.Now()
	rec, said, err := d.load(ctx, w, id)
	if err != nil {
		return err
	}
	id = rec.Party.ID // of a merged one, the record that shows it
	who, err := d.Accounts.ClaimantIn(tx, habeas.Actor{Account: to})
	if err != nil {
		return err
	}
	claims, err := w.ClaimsOn(ctx, id)
	if err != nil {
		return err
	}
	c := party.ClaimOn(rec.Party, claims, to, now, d.Rules)
	check := party.Check{ID: c.ID, Party: id, Account: to, Document: document, By: a.Account, At: now}
	if c.ID.IsZero() {
		check.ID = habeas.NewID[habeas.ClaimKind](now)
	}
	linked := rec.Party.State == party.Unclaimed
	s, err := party.Situation{Record: rec.Party, Claim: c}.Take(party.Move{Kind: party.MoveLink, At: now, Who: who, Check: check, Schemas: d.schemas})
	if err != nil {
		return err
	}
	p, c := s.Record, s.Claim
	detail := map[string]string{"document": string(document)}
	parts, err := w.Members(ctx, id)
	if err != nil {
		return err
	}
	if err := d.lead(tx, parts, who.Addresses, func() audit.Entry { return d.decided(p, a, "linked") }); err != nil {
		return err
	}
	known, err := d.knownBySelf(ctx, w, id, who.Addresses, identityOf(rec))
	if err != nil {
		return err
	}
	if err := w.SaveClaim(c, d.event(audit.EvidenceGiven, id, a, map[string]string{"kind": string(party.InPerson)})); err != nil {
		return err
	}
	if err := tx.Disputes().SaveCheck(check, d.event(audit.PersonChecked, id, a, detail)); err != nil {
		return err
	}
	if err := w.ChangeParty(p, nil, known, d.decided(p, a, "linked")); err != nil {
		return err
	}
	if err := d.endGuardians(tx, p, a); err != nil {
		return err
	}
	address, language, err := d.Accounts.MainAddress(ctx, to)
	if err != nil {
		return err
	}
	if !linked { // it was theirs already: nobody else need know that more of it is open
		said = nil
	}
	return d.tellClaimed(tx, mail.KindLinked, c, said, Letter{To: address, Language: language}, who)
}

// lead lets addresses lead to a record, and to every part of it, again that were said not
// to: a person was seen.
func (d *Disputes) lead(tx *sqlstore.Tx, parts []habeas.PartyID, addresses []keyring.LookupHash, entry func() audit.Entry) error {
	for _, h := range addresses {
		for _, id := range parts {
			blocked, err := tx.Records().Blocked(tx.Context(), h, id)
			if err != nil {
				return err
			}
			if !blocked {
				continue
			}
			if err := tx.Records().Unblock(h, id, entry()); err != nil {
				return err
			}
		}
	}
	return nil
}
