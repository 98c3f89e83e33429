package api

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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

// ticketPage is a part of a list.
type ticketPage struct {
	Tickets []ticketState `json:"tickets"`
	Next    string        `json:"next,omitzero"` // the cursor of the next part; absent at the end
}

// How many tickets are in one answer.
const (
	defaultPage = 50
	maxPage     = 200
)

var errTicketID = habeas.Invalid("id", "Name the ticket by the id that you gave it.").WithCode("ticket.id")

// parseQuery reads a query. Semicolons and broken escapes are faults, not guesses.
func parseQuery(raw string) (url.Values, error) { return url.ParseQuery(raw) }

func (a *API) tickets(w http.ResponseWriter, r *http.Request, c caller) error {
	q, err := queryOf(r, "cursor", "limit")
	if err != nil {
		return err
	}
	limit := defaultPage
	if text, sent := q["limit"]; sent {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxPage {
			return habeas.Invalid("limit", "A page has 1 to 200 tickets.").WithCode("limit.invalid")
		}
	}
	list, next, err := c.records.Tickets(r.Context(), c.Actor, q["cursor"], limit)
	if err != nil {
		return err
	}
	page := ticketPage{Tickets: make([]ticketState, len(list)), Next: next}
	for i, t := range list {
		page.Tickets[i] = stateOf(t.Ref, t)
	}
	return edge.WriteJSON(w, http.StatusOK, page)
}

func (a *API) ticket(w http.ResponseWriter, r *http.Request, c caller) error {
	q, err := queryOf(r, "id")
	if err != nil {
		return err
	}
	if q["id"] == "" {
		return errTicketID
	}
	t, err := c.records.Ticket(r.Context(), c.Actor, q["id"])
	if err != nil {
		return err
	}
	if known(r.Header["If-None-Match"], etag(t)) {
		w.Header().Set("ETag", etag(t))
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return writeTicket(w, q["id"], t)
}

func (a *API) cancelTicket(w http.ResponseWriter, r *http.Request, c caller) error {
	body, err := edge.DecodeJSON[cancelRequest](w, r, maxBody)
	if err != nil {
		return err
	}
	if body.ID == "" {
		return errTicketID
	}
	if body.Version < 0 {
		return habeas.Invalid("version", "A ticket version is a whole number from 1.").WithCode("ticket.version")
	}
	match, err := ifMatch(r)
	if err != nil {
		return err
	}
	t, err := c.records.CancelTicket(r.Context(), c.Actor, body.ID, body.Version, match)
	if err != nil {
		return precondition(err)
	}
	return writeTicket(w, body.ID, t)
}

func writeTicket(w http.ResponseWriter, ref string, t party.Ticket) error {
	w.Header().Set("ETag", etag(t))
	return edge.WriteJSON(w, http.StatusOK, ticketAnswer{stateOf(ref, t)})
}

func stateOf(ref string, t party.Ticket) ticketState {
	return ticketState{ID: ref, Version: t.Version, State: t.State, At: t.At.UTC().Truncate(time.Millisecond)}
}

// etag is the strong entity tag of a ticket: a cancellation may keep the version, so
// the state is part of it.
func etag(t party.Ticket) string {
	return `"` + strconv.FormatInt(t.Version, 10) + "-" + string(t.State) + `"`
}

// known reports whether If-None-Match names the tag (RFC 9110, 13.1.2).
func known(lines []string, tag string) bool {
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		if part = strings.TrimSpace(part); part == "*" || strings.TrimPrefix(part, "W/") == tag {
			return true
		}
	}
	return false
}

var errIfMatch = habeas.Invalid("If-Match", "If-Match holds the ETag of the ticket as it was answered, in its quotes, or a star.").WithCode("match.invalid")

// ifMatch reads the condition of a request about the ticket (RFC 9110, 13.1.1). A tag
// that is well formed but none of ours matches nothing.
func ifMatch(r *http.Request) (party.TicketMatch, error) {
	lines := r.Header["If-Match"]
	if len(lines) == 0 {
		return nil, nil
	}
	match := party.TicketMatch{}
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		part = strings.TrimSpace(part)
		if part == "*" && len(lines) == 1 && !strings.Contains(lines[0], ",") {
			return match, nil
		}
		inner, ok := strings.CutPrefix(strings.TrimPrefix(part, "W/"), `"`)
		inner, closed := strings.CutSuffix(inner, `"`)
		if !ok || !closed {
			return nil, errIfMatch
		}
		text, state, _ := strings.Cut(inner, "-")
		version, err := strconv.ParseInt(text, 10, 64)                                             // “03” is none of ours
		if err != nil || strconv.FormatInt(version, 10) != text || strings.HasPrefix(part, "W/") { // weak tags never match here
			version = -1
		}
		match = append(match, party.TicketVersion{Version: version, State: party.TicketState(state)})
	}
	return match, nil
}

// precondition gives a condition that does not hold its status.
func precondition(err error) error {
	var e *habeas.Error
	if errors.As(err, &e) && e.Code == "ticket.changed" {
		return edge.WithStatus(err, http.StatusPreconditionFailed)
	}
	return err
}
