package app

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Guardians are the use cases of accounts that act for a child or dependant (PTY-27). It
// implements web/party.Guardians.
type Guardians struct{ *Records }

// NewGuardians returns the use cases.
func NewGuardians(records *Records) *Guardians { return &Guardians{records} }

// Appoint implements web/party.Guardians: staff have seen the person at the address and
// what shows that they act for the one of the record.
func (x *Guardians) Appoint(ctx context.Context, a habeas.Actor, id habeas.PartyID, at email.Address, until time.Time, document party.Document) (party.Guardian, error) {
	if err := staff(&a); err != nil {
		return party.Guardian{}, err
	}
	policy, err := x.Policies.Current(ctx)
	if err != nil {
		return party.Guardian{}, err
	}
	var g party.Guardian
	err = x.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		held, found, err := tx.Accounts().AddressAt(ctx, x.Keys.Lookup(party.LookupEmail, at.Key()))
		if err != nil {
			return err
		}
		if !found {
			return errNoAccount
		}
		rec, said, err := x.load(ctx, tx.Records(), id)
		if err != nil {
			return err
		}
		who, err := x.Accounts.ClaimantIn(tx, habeas.Actor{Account: held.Account})
		if err != nil {
			return err
		}
		there, err := tx.Guardians().GuardiansOf(ctx, rec.Party.ID)
		if err != nil {
			return err
		}
		in := party.Appointment{Account: held.Account, Active: who.Active, Document: document, Until: until, By: a.Account}
		if g, err = party.Appoint(rec, said, in, there, policy.OfAge(), x.Clock.Now()); err != nil {
			return err
		}
		e := x.event(audit.GuardianAppointed, g.Party, a, map[string]string{"document": string(document), "until": g.Until.Format(time.DateOnly)})
		if err := tx.Guardians().SaveGuardian(g, e); err != nil {
			return err
		}
		return x.Accounts.TellAccount(tx, g.Account, mail.KindGuardian, "/me")
	})
	return g, err
}

// GuardiansFor implements web/party.Guardians.
func (x *Guardians) GuardiansFor(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Guarding, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	all, err := x.DB.Guardians().GuardiansOf(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []party.Guarding
	for _, g := range all {
		one := party.Guarding{Guardian: g, Who: x.Accounts.NameOf(ctx, g.Account)}
		if address, _, err := x.Accounts.MainAddress(ctx, g.Account); err == nil {
			one.Who = address // staff know them by it: they typed it
		}
		if who, err := x.Accounts.Claimant(ctx, habeas.Actor{Kind: habeas.ActorPerson, Account: g.Account}); err == nil {
			one.Closed = !who.Active
		}
		out = append(out, one)
	}
	return out, nil
}

// step changes a guardian in one transaction and witnesses it on the record.
func (x *Guardians) step(ctx context.Context, a habeas.Actor, id habeas.GuardianID, event audit.Event, to func(tx *sqlstore.Tx, g party.Guardian, p party.Party) (party.Guardian, error)) (g party.Guardian, err error) {
	err = x.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		was, err := tx.Guardians().Guardian(ctx, id)
		if err != nil {
			return err
		}
		p, err := topOf(ctx, tx.Records(), was.Party)
		if err != nil {
			return err
		}
		if g, err = to(tx, was, p); err != nil {
			return err
		}
		detail := map[string]string{"until": g.Until.Format(time.DateOnly)}
		if g.Ended != "" {
			detail["why"] = string(g.Ended)
		}
		return tx.Guardians().SaveGuardian(g, x.event(event, g.Party, a, detail))
	})
	return g, err
}

// EndGuardian implements web/party.Guardians. Undone says that the appointment was a
// mistake: then nothing that the guardian said counts.
func (x *Guardians) EndGuardian(ctx context.Context, a habeas.Actor, id habeas.GuardianID, undone bool) (party.Guardian, error) {
	if err := staff(&a); err != nil {
		return party.Guardian{}, err
	}
	why := party.GuardianByStaff
	if undone {
		why = party.GuardianUndone
	}
	return x.step(ctx, a, id, audit.GuardianEnded, func(tx *sqlstore.Tx, g party.Guardian, p party.Party) (party.Guardian, error) {
		g, err := g.End(why, x.Clock.Now())
		if err == nil && undone {
			err = x.putAside(tx, a, g, p)
		}
		if err == nil {
			err = x.Accounts.TellAccount(tx, g.Account, mail.KindGuardianEnded, "/me")
		}
		return g, err
	})
}

// putAside makes what a guardian said count no more.
func (x *Guardians) putAside(tx *sqlstore.Tx, a habeas.Actor, g party.Guardian, p party.Party) error {
	said, err := tx.Records().Statements(tx.Context(), p.ID)
	if err != nil {
		return err
	}
	turn := party.Turn{}
	for _, s := range said {
		if s.Source.Kind == party.FromGuardian && s.Source.Account == g.Account {
			turn.Put = append(turn.Put, party.Aside{Party: s.Party, Statement: s.ID, Event: habeas.SubjectID(g.ID)})
		}
	}
	if len(turn.Put) == 0 {
		return nil
	}
	p.Version++
	turn.Change = []party.Party{p}
	return tx.Records().Turn(turn, x.event(audit.GuardianChanged, p.ID, a, map[string]string{"words": "aside"}))
}

// RestoreGuardian implements web/party.Guardians: it takes an end back.
func (x *Guardians) RestoreGuardian(ctx context.Context, a habeas.Actor, id habeas.GuardianID) (party.Guardian, error) {
	if err := staff(&a); err != nil {
		return party.Guardian{}, err
	}
	return x.step(ctx, a, id, audit.GuardianChanged, func(tx *sqlstore.Tx, g party.Guardian, p party.Party) (party.Guardian, error) {
		g, err := g.Restore(p, x.Clock.Now())
		if err == nil {
			p.Version++
			turn := party.Turn{Change: []party.Party{p}, Clear: habeas.SubjectID(g.ID)}
			err = tx.Records().Turn(turn, x.event(audit.GuardianChanged, p.ID, a, map[string]string{"words": "back"}))
		}
		return g, err
	})
}

// ExtendGuardian implements web/party.Guardians: it moves the day.
func (x *Guardians) ExtendGuardian(ctx context.Context, a habeas.Actor, id habeas.GuardianID, until time.Time) (party.Guardian, error) {
	if err := staff(&a); err != nil {
		return party.Guardian{}, err
	}
	return x.step(ctx, a, id, audit.GuardianChanged, func(_ *sqlstore.Tx, g party.Guardian, p party.Party) (party.Guardian, error) {
		if p.State == party.Claimed {
			return g, party.ErrNoGuardian
		}
		return g.Extend(until, x.Clock.Now())
	})
}

// HandOver implements web/party.Guardians: from now on the person may take the record, or
// not yet after all. Staff and the guardian may begin it and take it back.
func (x *Guardians) HandOver(ctx context.Context, a habeas.Actor, id habeas.GuardianID, begin bool) (party.Guardian, error) {
	event := audit.HandOverBegun
	if !begin {
		event = audit.HandOverStopped
	}
	g, err := x.DB.Guardians().Guardian(ctx, id)
	if err != nil {
		return g, err
	}
	if g.Account != a.Account || a.Account.IsZero() {
		if err := staff(&a); err != nil {
			return party.Guardian{}, party.ErrNotWard
		}
	}
	return x.step(ctx, a, id, event, func(_ *sqlstore.Tx, g party.Guardian, p party.Party) (party.Guardian, error) {
		now := x.Clock.Now()
		if !g.Acts(p, now) {
			return g, party.ErrNotWard
		}
		return g.HandOver(begin, now)
	})
}

// Wards implements web/party.Guardians: for whom the actor acts now.
func (x *Guardians) Wards(ctx context.Context, a habeas.Actor) ([]party.Ward, error) {
	if a.Account.IsZero() {
		return nil, nil
	}
	all, err := x.DB.Guardians().WardsOf(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	var out []party.Ward
	for _, g := range all {
		rec, _, err := x.load(ctx, x.DB.Records(), g.Party)
		if gone(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if g.Acts(rec.Party, x.Clock.Now()) {
			out = append(out, party.Ward{Guardian: g, Record: rec})
		}
	}
	return out, nil
}

// ward reads a record for which the actor acts.
func (x *Guardians) ward(ctx context.Context, records party.Reader, from party.Guardians, a habeas.Actor, id habeas.PartyID) (party.Ward, []party.Statement, error) {
	rec, said, err := x.load(ctx, records, id)
	if gone(err) || a.Account.IsZero() {
		return party.Ward{}, nil, party.ErrNotWard
	}
	if err != nil {
		return party.Ward{}, nil, err
	}
	all, err := from.GuardiansOf(ctx, rec.Party.ID)
	if err != nil {
		return party.Ward{}, nil, err
	}
	for _, g := range all {
		if g.Account == a.Account && g.Acts(rec.Party, x.Clock.Now()) {
			return party.Ward{Guardian: g, Record: rec}, said, nil
		}
	}
	return party.Ward{}, nil, party.ErrNotWard
}

// Ward implements web/party.Guardians. Each look stands in the record's log, where its
// person reads it after the hand-over.
func (x *Guardians) Ward(ctx context.Context, a habeas.Actor, id habeas.PartyID) (w party.Ward, err error) {
	err = x.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		if w, _, err = x.ward(ctx, tx.Records(), tx.Guardians(), a, id); err != nil {
			return err
		}
		return tx.Audit(x.event(audit.GuardianRead, w.Record.Party.ID, a, nil))
	})
	return w, err
}

// CorrectWard implements web/party.Guardians: a guardian's word. The address that leads to
// the record stays as it is: with it somebody could take the record.
func (x *Guardians) CorrectWard(ctx context.Context, a habeas.Actor, id habeas.PartyID, version int64, said party.Values) error {
	said, err := x.schemas.Clean(said)
	if err != nil {
		return err
	}
	delete(said["contact"], "email")
	said.DropEmpty() // only the person withdraws a value
	return x.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w, before, err := x.ward(ctx, tx.Records(), tx.Guardians(), a, id)
		if err != nil {
			return err
		}
		p := w.Record.Party
		if p.Version != version {
			return errChanged
		}
		diff := party.Values{}
		for set, fields := range said {
			for name, text := range fields {
				if text != w.Record.Text(set, name) {
					diff.Put(set, name, text)
				}
			}
		}
		if diff.Len() == 0 {
			return nil
		}
		return x.speak(tx, a, p, before, diff)
	})
}

// speak states a guardian's word.
func (x *Guardians) speak(tx *sqlstore.Tx, a habeas.Actor, p party.Party, before []party.Statement, said party.Values) error {
	s := x.statement(p.ID, party.FromGuardian, a, said)
	p.Version++
	known, err := x.knownByStaff(tx.Context(), tx.Records(), party.Fold(p, append(before, s), party.Settled{}, x.schemas))
	if err != nil {
		return err
	}
	return tx.Records().ChangeParty(p, &s, known, x.event(audit.GuardianSaid, p.ID, a, map[string]string{"sets": sets(said)}))
}

// AnswerWard implements web/party.Guardians: a guardian takes over what somebody else has
// said since, or keeps to their own word.
func (x *Guardians) AnswerWard(ctx context.Context, a habeas.Actor, id habeas.PartyID, said habeas.StatementID, set, field string, take bool) error {
	return x.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w, before, err := x.ward(ctx, tx.Records(), tx.Guardians(), a, id)
		if err != nil {
			return err
		}
		values, err := w.Answer(said, set, field, take)
		if err != nil {
			return err
		}
		return x.speak(tx, a, w.Record.Party, before, values)
	})
}

// CopyWard implements web/party.Guardians: everything held about the person.
func (x *Guardians) CopyWard(ctx context.Context, a habeas.Actor, id habeas.PartyID) (out party.Copy, err error) {
	var w party.Ward
	var said []party.Statement
	err = x.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		if w, said, err = x.ward(ctx, tx.Records(), tx.Guardians(), a, id); err != nil {
			return err
		}
		return tx.Audit(x.event(audit.GuardianCopied, w.Record.Party.ID, a, nil))
	})
	if err != nil {
		return out, err
	}
	c := copied{Format: copyFormat, Taken: x.Clock.Now(), House: x.Mailer.Organisation, ledgerKey: x.Ledger.VerifierKey()}
	for _, set := range w.Record.Sets { // staff have seen who acts, in person
		w.Record.Party.Opened = append(w.Record.Party.Opened, set.Schema.Name)
	}
	one := x.copyRecord(ctx, a, w.Record, said)
	if one.Relations, err = x.copyRelations(ctx, w.Record); err != nil {
		return out, err
	}
	c.Records = []copiedRecord{one}
	out, err = c.render()
	out.Name = "record-" + c.Taken.Format(time.DateOnly)
	return out, err
}

// ResignWard implements web/party.Guardians: a guardian gives it up.
func (x *Guardians) ResignWard(ctx context.Context, a habeas.Actor, id habeas.GuardianID) error {
	_, err := x.step(ctx, a, id, audit.GuardianEnded, func(tx *sqlstore.Tx, g party.Guardian, p party.Party) (party.Guardian, error) {
		if a.Account.IsZero() || g.Account != a.Account || !g.Acts(p, x.Clock.Now()) {
			return g, party.ErrNotWard
		}
		g, err := g.End(party.GuardianResigned, x.Clock.Now())
		if err == nil {
			err = x.Accounts.TellStaff(tx, mail.KindGuardianDay, "/staff/people/"+g.Party.String()+"/kin")
		}
		return g, err
	})
	return err
}

// Sweep tells guardians and staff that the day comes near, and ends those whose day has
// come. It may be run again at any time.
func (x *Guardians) Sweep(ctx context.Context) error {
	now := x.Clock.Now()
	due, err := x.DB.Guardians().GuardiansDue(ctx, now.Add(party.GuardianNotice), now, sweepBatch)
	if err != nil {
		return err
	}
	for _, g := range due {
		event := audit.GuardianTold
		if !now.Before(g.Until) {
			event = audit.GuardianEnded
		}
		if _, err := x.step(ctx, habeas.Server, g.ID, event, func(tx *sqlstore.Tx, g party.Guardian, _ party.Party) (party.Guardian, error) {
			return x.due(tx, g, now)
		}); err != nil && !gone(err) {
			return err
		}
	}
	return nil
}

func (x *Guardians) due(tx *sqlstore.Tx, g party.Guardian, now time.Time) (party.Guardian, error) {
	if !now.Before(g.Until) {
		g, err := g.End(party.GuardianDay, now)
		if err != nil {
			return g, err
		}
		return g, x.Accounts.TellAccount(tx, g.Account, mail.KindGuardianEnded, "/me")
	}
	g.ToldAt = now
	if err := x.Accounts.TellAccount(tx, g.Account, mail.KindGuardianDay, "/me"); err != nil {
		return g, err
	}
	return g, x.Accounts.TellStaff(tx, mail.KindGuardianDay, "/staff/people/"+g.Party.String()+"/kin")
}

// guardedFrom reports whether a record is not offered to an account: guardians act for its
// person, or the account itself is or was one of them.
func (r *Records) guardedFrom(ctx context.Context, from party.Guardians, id habeas.PartyID, account habeas.AccountID) (bool, error) {
	all, err := from.GuardiansOf(ctx, id)
	if err != nil {
		return false, err
	}
	for _, g := range all {
		if g.Account == account && g.Ever() {
			return true, nil
		}
	}
	return party.Guarded(all, r.Clock.Now()), nil
}

// endGuardians ends the access of all guardians of a record in the transaction in which its
// person takes it, and tells them.
func (r *Records) endGuardians(tx *sqlstore.Tx, p party.Party, a habeas.Actor) error {
	if p.State != party.Claimed {
		return nil
	}
	all, err := tx.Guardians().GuardiansOf(tx.Context(), p.ID)
	if err != nil {
		return err
	}
	for _, g := range all {
		if !g.EndedAt.IsZero() {
			continue
		}
		if g, err = g.End(party.GuardianHanded, r.Clock.Now()); err != nil {
			return err
		}
		if err := tx.Guardians().SaveGuardian(g, r.event(audit.GuardianEnded, g.Party, a, map[string]string{"why": string(g.Ended)})); err != nil {
			return err
		}
		if err := r.Accounts.TellAccount(tx, g.Account, mail.KindGuardianEnded, "/me"); err != nil {
			return err
		}
	}
	return nil
}
