package app

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Deliveries is the delivery record: what became of the mails (PTY-20). It
// implements web/admin.Deliveries and web/party.Invitations.
type Deliveries struct{ DB *sqlstore.DB }

// Recent lists the newest deliveries for administrators, those given up first.
func (d *Deliveries) Recent(ctx context.Context, a habeas.Actor, limit int) ([]jobs.Delivery, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return nil, habeas.Forbidden("Only administrators see the delivery record.").WithCode("role.missing")
	}
	return d.DB.Ops().Delivered(ctx, habeas.SubjectID{}, limit)
}

// Counts counts them by state.
func (d *Deliveries) Counts(ctx context.Context, a habeas.Actor) (map[string]int, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return nil, habeas.Forbidden("Only administrators see the delivery record.").WithCode("role.missing")
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
