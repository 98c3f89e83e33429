package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
)

// findOrCreateRequest is the body of POST /api/v1/parties:findOrCreate.
type findOrCreateRequest struct {
	Kind     string                       `json:"kind"`        // "person" (default) or "organisation"
	Email    string                       `json:"email"`       // by which the party is found
	External string                       `json:"external_id"` // the system's own id for the party
	Fields   map[string]map[string]string `json:"fields"`      // by data set and field
	Ticket   *ticketBody                  `json:"ticket"`      // the occasion, when there is one
	// Consent names the party in place of the two, by a code that its person has handed
	// over. It is a stand-in where the connection has sealed it.
	Consent string `json:"consent_code"`
}

// ticketBody is a ticket as a system sends it.
type ticketBody struct {
	ID       string `json:"id"`
	Version  int64  `json:"version"`
	State    string `json:"state"`
	Title    string `json:"title"`
	Starts   string `json:"starts"`
	Ends     string `json:"ends"`
	Role     string `json:"role"`
	Term     string `json:"term"`
	Public   bool   `json:"public"`
	BookedBy string `json:"booked_by"`
}

// found is the answer of find-or-create: always of the same form and length.
type found struct {
	Party string `json:"party"`
}

// findOrCreate names the party that a system means and takes in what it says about
// it. The answer tells nothing about what was known before.
func (a *API) findOrCreate(w http.ResponseWriter, r *http.Request, c caller) error {
	body, err := edge.DecodeJSON[findOrCreateRequest](w, r, maxBody)
	if err != nil {
		return err
	}
	match, err := ifMatch(r)
	if err != nil {
		return err
	}
	key := ""
	switch keys := r.Header["Idempotency-Key"]; len(keys) {
	case 0:
	case 1:
		key = keys[0]
	default:
		return habeas.Invalid("Idempotency-Key", "Send one idempotency key.").WithCode("idempotency.invalid")
	}
	ref, err := a.say(r.Context(), w.Header(), c, body, key, match)
	if err != nil {
		return err
	}
	return edge.WriteJSON(w, http.StatusOK, found{ref.String()})
}

// say takes in what a system says about one party. How often it names an address is
// counted before anybody looks whether the address is known, so that the answer to too
// many is the same for all (PTY-A26, PTY-A27). h takes what is left of the quota.
func (a *API) say(ctx context.Context, h http.Header, c caller, body findOrCreateRequest, key string, match party.TicketMatch) (party.Reference, error) {
	in, err := body.assertion(c.records.Schemas())
	if err != nil {
		return party.Reference{}, underFields(err)
	}
	in.Idempotent, in.Match = key, match
	if body.Consent != "" {
		in.Consent = &party.ConsentCode{Typed: edge.Secret(ctx, body.Consent)}
	}
	if names := body.names(); len(names) > 0 {
		counted := systemKey(c) + names[0]
		if err := a.address.take(ctx, h, counted, 1); err != nil {
			return party.Reference{}, err
		}
		a.address.show(h, counted)
	}
	ref, err := c.records.FindOrCreate(ctx, c.Actor, in)
	return ref, underConsent(precondition(underFields(err)))
}

// names are the keys by which a body names its party, the address first. A text that
// is no address names nobody.
func (b findOrCreateRequest) names() []string {
	var names []string
	text := b.Email
	if text == "" && b.Consent == "" {
		text = b.Fields["contact"]["email"]
	}
	if address, err := email.Parse(text); text != "" && err == nil {
		names = append(names, "m"+address.Key())
	}
	if b.External != "" {
		names = append(names, "x"+b.External)
	}
	return names
}

// assertion turns the body into what the domain takes in. When something is wrong, every fault is
// named, also those that the domain would find.
func (b findOrCreateRequest) assertion(schemas *party.Schemas) (party.Assertion, error) {
	in := party.Assertion{Kind: party.Kind(b.Kind), ExternalID: b.External, Values: b.Fields}
	var faults []error
	text, among := b.Email, b.Fields["contact"]["email"]
	if b.Consent != "" {
		in.Consent = &party.ConsentCode{}
	} else if text == "" {
		text = among // the address may stand among the fields alone
	}
	if text != "" {
		address, err := email.Parse(text)
		in.Email, in.HasEmail = address, true
		if err != nil && b.Email != "" {
			faults = append(faults, habeas.Invalid("email", "This is not an e-mail address. It looks like name@example.org.").WithCode("email.invalid"))
		} else if err != nil {
			return in, in.Check(schemas) // which names the field
		}
	}
	if b.Email != "" && among != "" {
		if other, err := email.Parse(among); err != nil || other.Key() != in.Email.Key() {
			faults = append(faults, habeas.Invalid("fields.contact.email", "This is another address than “email”. Send one of them.").WithCode("email.differs"))
		}
	}
	if t := b.Ticket; t != nil {
		in.Ticket = &party.TicketInput{
			Ref: t.ID, Version: t.Version, State: party.TicketState(t.State), Title: t.Title, Starts: t.Starts, BookedBy: t.BookedBy,
			Ends: t.Ends, Role: t.Role, Term: t.Term, Public: t.Public,
		}
		if t.BookedBy != "" {
			if _, err := party.ParseReference("ticket.booked_by", t.BookedBy); err != nil {
				faults = append(faults, err)
			}
		}
	}
	if len(faults) > 0 {
		faults = append(faults, in.Check(schemas))
	}
	return in, errors.Join(faults...)
}

// underFields gives faults of fields the path that they have in the body.
func underFields(err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		errs := many.Unwrap()
		out := make([]error, len(errs))
		for i, one := range errs {
			out[i] = underFields(one)
		}
		return errors.Join(out...)
	}
	if e, ok := err.(*habeas.Error); ok && (e.Code == "field.invalid" || e.Code == "field.unknown") {
		c := *e
		c.Field = "fields." + e.Field
		return &c
	}
	return err
}
