package ui

import "github.com/habeas-data/habeas/internal/lang"

// specimen is the example on the start page: what a record looks like, of somebody
// invented, so that a visitor knows what to expect before giving an address.
type specimen struct {
	Fields
	Looked string // who looked at it
}

// specimen is the template function "specimen", in the language of p.
func (rd *Renderer) specimen(p lang.Printer) specimen {
	now := rd.cfg.Clock.Now().In(rd.cfg.Zone)
	booked := now.AddDate(0, -2, 0)
	return specimen{
		Fields: Fields{
			Title: "Lucía Ferrer",
			Rows: []FieldRow{
				{
					Label: p.T("E-mail address"), Value: "lucia@example.org", At: booked,
					Source: p.T("City Bookings, ticket of {date}", "date", p.Ago(booked, now)),
				},
				{Label: p.T("Phone"), Value: "+34 600 000 000", Yours: true, At: now},
				{Label: p.T("Membership"), Masked: "•••• 1984", Opens: p.T("Show your membership number to see it.")},
			},
		},
		Looked: p.T("Front desk looked at the phone number yesterday, to call back about a booking."),
	}
}
