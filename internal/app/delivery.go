package app

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

const (
	// regret is how long sending again can be taken back.
	regret = time.Minute
	// inspectFor bounds looking up what others read about the sender's domain.
	inspectFor = 4 * time.Second
)

// Deliveries is the delivery record: what became of the mails (PTY-20). It
// implements web/admin.Deliveries and web/party.Invitations.
type Deliveries struct {
	DB       *sqlstore.DB
	Mailer   *Mailer
	Accounts *Accounts
	Clock    habeas.Clock
	Resolver mail.Resolver // nil: nothing is looked up
}

func deliveriesFor(a habeas.Actor) error {
	if !a.Has(habeas.RoleAdministrator) {
		return habeas.Forbidden("Only administrators see the delivery record.").WithCode("role.missing")
	}
	return nil
}

// Recent lists the newest deliveries for administrators, those given up first.
func (d *Deliveries) Recent(ctx context.Context, a habeas.Actor, limit int) ([]jobs.Delivery, error) {
	if err := deliveriesFor(a); err != nil {
		return nil, err
	}
	return d.DB.Ops().Delivered(ctx, habeas.SubjectID{}, limit)
}

// Counts counts them by state.
func (d *Deliveries) Counts(ctx context.Context, a habeas.Actor) (map[string]int, error) {
	if err := deliveriesFor(a); err != nil {
		return nil, err
	}
	return d.DB.Ops().Deliveries(ctx)
}

// Invitations lists what became of the invitations to an unclaimed record, for staff.
func (d *Deliveries) Invitations(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]jobs.Delivery, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	return d.DB.Ops().Delivered(ctx, habeas.SubjectOf(id), 5)
}

// SendTest implements web/admin.Deliveries. The mail goes to nobody but who asks.
func (d *Deliveries) SendTest(ctx context.Context, a habeas.Actor) (habeas.MailID, error) {
	var id habeas.MailID
	if err := deliveriesFor(a); err != nil {
		return id, err
	}
	to, language, err := d.Accounts.MainAddress(ctx, a.Account)
	if err != nil {
		return id, err
	}
	err = d.DB.InTx(ctx, func(tx *sqlstore.Tx) (err error) {
		id, err = d.Mailer.post(tx, habeas.SubjectOf(a.Account), Letter{Kind: mail.KindTest, To: to, Language: language, Link: "/admin/mail/domain"})
		return err
	})
	return id, err
}

// SendAgain implements web/admin.Deliveries.
func (d *Deliveries) SendAgain(ctx context.Context, a habeas.Actor, id habeas.MailID) error {
	if err := deliveriesFor(a); err != nil {
		return err
	}
	now := d.Clock.Now()
	ok, err := d.DB.Ops().PutBack(ctx, id, now, now.Add(regret))
	if err == nil && !ok {
		err = habeas.Conflict("This mail cannot be sent again: it is on its way already, its code is over, or what it said is gone.").WithCode("mail.again")
	}
	return err
}

// Leave implements web/admin.Deliveries.
func (d *Deliveries) Leave(ctx context.Context, a habeas.Actor, id habeas.MailID) error {
	if err := deliveriesFor(a); err != nil {
		return err
	}
	ok, err := d.DB.Ops().EndWaiting(ctx, id, d.Clock.Now())
	if err == nil && !ok {
		err = habeas.Conflict("Too late: this mail was tried meanwhile.").WithCode("mail.tried")
	}
	return err
}

// Standing implements web/admin.Deliveries.
func (d *Deliveries) Standing(ctx context.Context, a habeas.Actor, selector string) (mail.Standing, error) {
	if err := deliveriesFor(a); err != nil {
		return mail.Standing{}, err
	}
	if d.Resolver == nil || d.Mailer.Domain == "" {
		return mail.Standing{Domain: d.Mailer.Domain}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, inspectFor)
	defer cancel()
	return mail.Inspect(ctx, d.Resolver, d.Mailer.Domain, selector), nil
}
