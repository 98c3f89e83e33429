package web

import (
	"context"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/lang"
)

// Deliveries is what the pages about mail ask of the server.
type Deliveries interface {
	// Recent lists the newest deliveries, those given up first.
	Recent(ctx context.Context, a habeas.Actor, limit int) ([]jobs.Delivery, error)
	// Counts counts them by state.
	Counts(ctx context.Context, a habeas.Actor) (map[string]int, error)
	// Invitations are those to one record, for staff.
	Invitations(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]jobs.Delivery, error)
}

const deliveriesPath = "/admin/mail"

// deliveriesShown is how many lines the delivery record shows.
const deliveriesShown = 100

// DeliveryNav is the navigation line of the delivery record.
func DeliveryNav() []NavItem {
	return []NavItem{{Area: AreaAdmin, Path: deliveriesPath, Label: lang.Mark("Mail")}}
}

// DeliveriesPage is the data of delivery/list.
type DeliveriesPage struct {
	Heading Heading
	Tiles   []Tile
	Table   Table
}

func (s *Site) mountDeliveries(m *edge.Mux) {
	s.handle(m, Administrator, "GET "+deliveriesPath, s.deliveries)
}

func (s *Site) deliveries(w http.ResponseWriter, r *http.Request, v Visit) error {
	counts, err := s.Deliveries.Counts(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	recent, err := s.Deliveries.Recent(r.Context(), v.Actor, deliveriesShown)
	if err != nil {
		return err
	}
	p := v.P
	page := DeliveriesPage{
		Heading: Heading{
			Title: p.T("Mail"),
			Lead:  p.T("What became of the mails of this server. It shows neither to whom they went nor what they said."),
		},
		Tiles: []Tile{
			{Label: p.T("Waiting"), Value: p.Number(int64(counts[string(jobs.Waiting)])), Note: p.T("tried again by themselves for two days")},
			{Label: p.T("Delivered"), Value: p.Number(int64(counts[string(jobs.Ended)])), Note: p.T("in the last 30 days")},
			{Label: p.T("Given up"), Value: p.Number(int64(counts[string(jobs.Failed)])), Note: p.T("bounced, or no server took them")},
		},
		Table: Table{
			ID: "deliveries", Caption: p.T("Newest deliveries, those given up first"),
			Columns: []Column{{Text: p.T("Queued")}, {Text: p.T("State")}, {Text: p.T("Tries"), Numeric: true}, {Text: p.T("Last answer")}},
			Empty:   Empty{Text: p.T("No mail has been written yet.")},
		},
	}
	for _, d := range recent {
		page.Table.Rows = append(page.Table.Rows, s.deliveryRow(p, d))
	}
	return s.Render(w, r, http.StatusOK, "delivery/list", page)
}

func (s *Site) deliveryRow(p lang.Printer, d jobs.Delivery) []Cell {
	answer := d.Reason
	if answer == "" {
		answer = "–"
	}
	return []Cell{
		{Text: p.DateTime(d.QueuedAt, s.cfg.Zone)},
		{Tag: deliveryTag(p, d.State)},
		{Text: p.Number(int64(d.Tries))},
		{Text: answer, Mono: d.Reason != ""},
	}
}

func deliveryTag(p lang.Printer, state jobs.State) *Tag {
	switch state {
	case jobs.Ended:
		return &Tag{Kind: TagInfo, Text: p.T("delivered")}
	case jobs.Failed:
		return &Tag{Kind: TagDanger, Text: p.T("given up")}
	case jobs.Waiting:
	}
	return &Tag{Kind: TagQuiet, Text: p.T("waiting")}
}

// invitationWords says in a sentence what became of the newest invitation.
func invitationWords(p lang.Printer, sent []jobs.Delivery) string {
	var newest jobs.Delivery
	for _, d := range sent {
		if d.QueuedAt.After(newest.QueuedAt) {
			newest = d
		}
	}
	if newest.ID.IsZero() {
		return ""
	}
	day := p.Date(newest.QueuedAt)
	switch newest.State {
	case jobs.Ended:
		return p.T("The invitation of {day} was taken by the mail server.", "day", day)
	case jobs.Failed:
		return p.T("The invitation of {day} came back ({reason}). Is the address right?", "day", day, "reason", newest.Reason)
	case jobs.Waiting:
	}
	return p.T("The invitation of {day} is still on its way.", "day", day)
}
