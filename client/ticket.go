package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// The states of a ticket.
const (
	Active    = "active"
	Cancelled = "cancelled"
)

// Ticket is one of the system's own tickets as it stands.
type Ticket struct {
	ID      string    `json:"id"`
	Version int64     `json:"version"`
	State   string    `json:"state"`
	At      time.Time `json:"at"` // when this version arrived at the server
}

// ETag names this version and state, for If-Match.
func (t Ticket) ETag() string { return `"` + strconv.FormatInt(t.Version, 10) + "-" + t.State + `"` }

// Ticket reads one of the system's own tickets.
func (c *Client) Ticket(ctx context.Context, id string) (Ticket, error) {
	var answer struct {
		Ticket Ticket `json:"ticket"`
	}
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/api/v1/tickets:get", query: url.Values{"id": {id}}}, &answer)
	return answer.Ticket, err
}

// Tickets goes through the system's own tickets, the longest unchanged first, fetching
// pages as it goes. One that changes meanwhile comes up again. An error ends it.
func (c *Client) Tickets(ctx context.Context) iter.Seq2[Ticket, error] {
	return func(yield func(Ticket, error) bool) {
		query := url.Values{"limit": {"200"}}
		for {
			var page struct {
				Tickets []Ticket `json:"tickets"`
				Next    string   `json:"next"`
			}
			if _, err := c.do(ctx, call{method: http.MethodGet, path: "/api/v1/tickets", query: query}, &page); err != nil {
				yield(Ticket{}, err)
				return
			}
			for _, t := range page.Tickets {
				if !yield(t, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			query.Set("cursor", page.Next)
		}
	}
}

// Cancel says which ticket to cancel, and how it must stand.
type Cancel struct {
	ID      string `json:"id"`
	Version int64  `json:"version,omitempty"` // of the cancellation; 0: the one the ticket has
	IfMatch string `json:"-"`                 // the ETag it must have; empty: any
}

// CancelTicket cancels one of the system's own tickets. Twice is the same as once. When
// IfMatch does not hold, the error has the code "ticket.changed".
func (c *Client) CancelTicket(ctx context.Context, which Cancel) (Ticket, error) {
	body, err := json.Marshal(which)
	if err != nil {
		return Ticket{}, err
	}
	header := http.Header{}
	if which.IfMatch != "" {
		header.Set("If-Match", which.IfMatch)
	}
	var answer struct {
		Ticket Ticket `json:"ticket"`
	}
	_, err = c.do(ctx, call{method: http.MethodPost, path: "/api/v1/tickets:cancel", header: header, body: body}, &answer)
	return answer.Ticket, err
}
