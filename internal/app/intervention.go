package app

import (
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/web/admin"
)

// Interventions are what administrators do to somebody else's account, for a reason that is written
// down: they revoke its certificate (REV-01), and delete it when its address is nobody's any more
// (REC-08). Both begin with a reading that says what for, so that its person sees who looked. It is safe
// for concurrent use.
type Interventions struct {
	records      *Records
	certificates *Certificates
	escrows      *Escrows
	logs         *Logs
}

var _ admin.Interventions = (*Interventions)(nil)

// NewInterventions returns the use cases.
func NewInterventions(records *Records, certificates *Certificates, escrows *Escrows, logs *Logs) *Interventions {
	return &Interventions{records, certificates, escrows, logs}
}

// mostInterventions bounds the register that a page shows.
const mostInterventions = 100

// Register implements web/admin.Interventions.
func (x *Interventions) Register(ctx context.Context, a habeas.Actor) ([]admin.Intervention, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return nil, account.ErrNotAdministrator
	}
	all, err := x.certificates.db.Accounts().Interventions(ctx, mostInterventions)
	out := make([]admin.Intervention, 0, len(all))
	for _, i := range all {
		out = append(out, admin.Intervention{Intervention: i, By: x.certificates.accounts.NameOf(ctx, i.By)})
	}
	return out, err
}

// Holder implements web/admin.Interventions.
func (x *Interventions) Holder(ctx context.Context, a habeas.Actor, id habeas.ReadingID) (h admin.Holder, err error) {
	reading, err := x.reading(ctx, a, id)
	if err != nil {
		return h, err
	}
	h.Reading = reading
	from := x.certificates.db.Accounts()
	addresses, err := from.Addresses(ctx, reading.About)
	if err != nil {
		return h, err
	}
	h.Address = account.Holdings{Addresses: addresses}.Main().Display
	who, err := from.Account(ctx, reading.About)
	if err != nil {
		return h, err
	}
	h.State = who.State
	if h.Certificates, err = from.Certificates(ctx, reading.About); err != nil {
		return h, err
	}
	parties, err := x.certificates.db.Records().PartiesOf(ctx, reading.About)
	h.Records = len(parties)
	return h, err
}

// reading is the one by which an administrator looks at an account now.
func (x *Interventions) reading(ctx context.Context, a habeas.Actor, id habeas.ReadingID) (account.Reading, error) {
	view, err := x.logs.View(ctx, a, id)
	if err == nil && view.Kind != account.ReadHolder {
		err = account.ErrNoReading
	}
	return view.Reading, err
}

// begin makes the record of an intervention and the entry that witnesses it: on the account, where its
// person reads why, or on the house where nobody is left to read.
func (x *Interventions) begin(a habeas.Actor, r account.Reading, kind account.InterventionKind, why string) (account.Intervention, audit.Entry, error) {
	a = atWork(a)
	a.Purpose = r.Purpose
	e := x.certificates.entry(audit.AccountIntervened, a, r.About, map[string]string{"kind": string(kind)})
	i, err := account.Intervene(kind, a, r.About, why, e.ID, e.At)
	e.Detail["why"] = i.Why
	e.Subject = habeas.SubjectOf(i.Account)
	return i, e, err
}

// Revoke implements web/admin.Interventions: the identity certificate of the account counts no more from
// the next request on, nor what hangs on it; a key that was left here goes with it. Its person is told by
// mail, and reads why in their Activity.
func (x *Interventions) Revoke(ctx context.Context, a habeas.Actor, id habeas.ReadingID, reason pki.Reason, why string) error {
	r, err := x.reading(ctx, a, id)
	if err != nil {
		return err
	}
	if !reason.Valid() {
		return habeas.Invalid("reason", "Choose one of the options.").WithCode("form.choice")
	}
	i, e, err := x.begin(a, r, account.InterventionRevoked, why)
	if err != nil {
		return err
	}
	c := x.certificates
	err = c.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		all, err := tx.Accounts().Certificates(ctx, r.About)
		if err != nil {
			return err
		}
		active, found := account.ActiveIdentity(all, c.clock.Now())
		if !found {
			return account.ErrNoCertificate
		}
		if err := tx.Accounts().Intervene(i, e); err != nil {
			return err
		}
		if err := c.revoke(tx, e.Actor, active, reason); err != nil {
			return err
		}
		return c.accounts.tellMain(tx, r.About, Letter{Kind: mail.KindUnregistered, Link: registrationPage})
	})
	if err != nil {
		return err
	}
	return x.escrows.Sweep(ctx)
}

// MayErase implements web/admin.Interventions.
func (x *Interventions) MayErase(ctx context.Context, a habeas.Actor, id habeas.ReadingID, why string) error {
	r, err := x.reading(ctx, a, id)
	if err != nil {
		return err
	}
	if _, _, err := x.begin(a, r, account.InterventionErased, why); err != nil {
		return err
	}
	return x.erasable(ctx, x.certificates.db.Accounts(), r.About)
}

// erasable refuses the account of somebody who gives or does work here: whoever gave them their role takes
// it away first.
func (x *Interventions) erasable(ctx context.Context, from sqlstore.Accounts, id habeas.AccountID) error {
	grants, err := from.GrantsOf(ctx, id)
	if err != nil {
		return err
	}
	now := x.certificates.clock.Now()
	if slices.ContainsFunc(grants, func(g account.Grant) bool { return g.Role != habeas.RoleCreator && g.Stands(now) }) {
		return account.ErrHoldsOffice
	}
	return nil
}

// Erase implements web/admin.Interventions: account, certificates, roles and the records of its person go at
// once, as if its person had asked for it; the receipt goes to every address that it had. What
// keeps a record from its person's erasure keeps this, too.
func (x *Interventions) Erase(ctx context.Context, a habeas.Actor, id habeas.ReadingID, why string, address email.Address) error {
	r, err := x.reading(ctx, a, id)
	if err != nil {
		return err
	}
	i, e, err := x.begin(a, r, account.InterventionErased, why)
	if err != nil {
		return err
	}
	var gone erasing
	err = x.certificates.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		main, err := mainOf(tx, r.About)
		if err != nil {
			return err
		}
		if main.Hash != x.certificates.accounts.addressHash(address) {
			return account.ErrInterventionAddress
		}
		if err := x.erasable(ctx, tx.Accounts().Accounts, r.About); err != nil {
			return err
		}
		others, err := x.others(tx, r.About)
		if err != nil {
			return err
		}
		if err := tx.Accounts().Intervene(i, e); err != nil {
			return err
		}
		if gone, err = x.records.eraseAccount(tx, r.About, e.Actor, mail.KindErased); err != nil {
			return err
		}
		for _, l := range others {
			l.Receipt = gone.event
			if err := x.records.Mailer.Post(tx, habeas.SubjectID{}, l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := x.records.forget(ctx, gone.parties, gone.subjects...); err != nil {
		return err
	}
	return x.escrows.Sweep(ctx)
}

// others are the last mails to the further addresses of an account: the main one may be nobody's.
func (x *Interventions) others(tx *sqlstore.Tx, id habeas.AccountID) (out []Letter, err error) {
	who, err := tx.Accounts().Account(tx.Context(), id)
	if err != nil {
		return nil, err
	}
	addresses, err := tx.Accounts().Addresses(tx.Context(), id)
	for _, one := range addresses {
		if !one.Main && !one.Vouched() {
			out = append(out, Letter{Kind: mail.KindErased, To: one.Mailbox, Language: who.Profile.Language})
		}
	}
	return out, err
}
