package api

import (
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
)

// cancelRequest is the body of POST /api/v1/tickets:cancel.
type cancelRequest struct {
	ID      string `json:"id"`
	Version int64  `json:"version"` // of the cancellation; 0: the ticket as it stands
}

// ticketState is a ticket as the API shows it. Its words are on each person's copy.
type ticketState struct {
	ID      string            `json:"id"`
	Version int64             `json:"version"`
	State   party.TicketState `json:"state"`
	At      time.Time         `json:"at"` // when this version arrived
}

type ticketAnswer struct {
	Ticket ticketState `json:"ticket"`
}

func (a *API) cancelTicket(w http.ResponseWriter, r *http.Request, actor habeas.Actor) error {
	body, err := edge.DecodeJSON[cancelRequest](w, r, maxBody)
	if err != nil {
		return err
	}
	if body.ID == "" {
		return habeas.Invalid("id", "Name the ticket by the id that you gave it.").WithCode("ticket.id")
	}
	if body.Version < 0 {
		return habeas.Invalid("version", "A ticket version is a whole number from 1.").WithCode("ticket.version")
	}
	t, err := a.deps.Records.CancelTicket(r.Context(), actor, body.ID, body.Version)
	if err != nil {
		return err
	}
	return writeTicket(w, body.ID, t)
}

func (a *API) ticket(w http.ResponseWriter, r *http.Request, actor habeas.Actor) error {
	ids := r.URL.Query()["id"]
	if len(ids) != 1 || ids[0] == "" {
		return habeas.Invalid("id", "Name the ticket by the id that you gave it.").WithCode("ticket.id")
	}
	t, err := a.deps.Records.Ticket(r.Context(), actor, ids[0])
	if err != nil {
		return err
	}
	return writeTicket(w, ids[0], t)
}

func writeTicket(w http.ResponseWriter, ref string, t party.Ticket) error {
	return edge.WriteJSON(w, http.StatusOK, ticketAnswer{ticketState{ID: ref, Version: t.Version, State: t.State, At: t.At.UTC()}})
}
