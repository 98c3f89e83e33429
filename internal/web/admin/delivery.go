package admin

import (
	"context"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Deliveries is what the pages about mail ask of the server.
type Deliveries interface {
	// Recent lists the newest deliveries, those given up first.
	Recent(ctx context.Context, a habeas.Actor, limit int) ([]jobs.Delivery, error)
	// Counts counts them by state.
	Counts(ctx context.Context, a habeas.Actor) (map[string]int, error)
}

const deliveriesPath = "/admin/mail"

// deliveriesShown is how many lines the delivery record shows.
const deliveriesShown = 100

// DeliveriesPage is the data of admin/mail.
type DeliveriesPage struct {
	Heading ui.Heading
	Tiles   []ui.Tile
	Table   ui.Table
}

func (s *Pages) mountDeliveries(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+deliveriesPath, s.deliveries)
}

func (s *Pages) deliveries(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
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
		Heading: ui.Heading{
			Title: p.T("Mail"),
			Lead:  p.T("What became of the mails of this server. It shows neither to whom they went nor what they said."),
		},
		Tiles: []ui.Tile{
			{Label: p.T("Waiting"), Value: p.Number(int64(counts[string(jobs.Waiting)])), Note: p.T("tried again by themselves for two days")},
			{Label: p.T("Delivered"), Value: p.Number(int64(counts[string(jobs.Ended)])), Note: p.T("in the last 30 days")},
			{Label: p.T("Given up"), Value: p.Number(int64(counts[string(jobs.Failed)])), Note: p.T("bounced, or no server took them")},
		},
		Table: ui.Table{
			ID: "deliveries", Caption: p.T("Newest deliveries, those given up first"),
			Columns: []ui.Column{{Text: p.T("Queued")}, {Text: p.T("State")}, {Text: p.T("Tries"), Numeric: true}, {Text: p.T("Last answer")}},
			Empty:   ui.Empty{Text: p.T("No mail has been written yet.")},
		},
	}
	for _, d := range recent {
		page.Table.Rows = append(page.Table.Rows, s.deliveryRow(p, d))
	}
	return s.Render(w, r, http.StatusOK, "admin/mail", page)
}

func (s *Pages) deliveryRow(p lang.Printer, d jobs.Delivery) []ui.Cell {
	answer := d.Reason
	if answer == "" {
		answer = "–"
	}
	return []ui.Cell{
		{Text: p.DateTime(d.QueuedAt, s.Zone())},
		{Tag: deliveryTag(p, d.State)},
		{Text: p.Number(int64(d.Tries))},
		{Text: answer, Mono: d.Reason != ""},
	}
}

func deliveryTag(p lang.Printer, state jobs.State) *ui.Tag {
	switch state {
	case jobs.Ended:
		return &ui.Tag{Kind: ui.TagInfo, Text: p.T("delivered")}
	case jobs.Failed:
		return &ui.Tag{Kind: ui.TagDanger, Text: p.T("given up")}
	case jobs.Waiting:
	}
	return &ui.Tag{Kind: ui.TagQuiet, Text: p.T("waiting")}
}
