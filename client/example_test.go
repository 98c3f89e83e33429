package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/habeas-data/habeas/client"
)

func Example() {
	server := stand() // in real life: https://records.example.org
	defer server.Close()

	ctx := context.Background()
	c := &client.Client{URL: server.URL, ID: "sys_…", Secret: "hbs_…"}
	party, err := c.FindOrCreate(ctx, client.Saying{
		Email:          "tim@example.org",
		Fields:         map[string]map[string]string{"identity": {"given_name": "Tim", "family_name": "Berger"}},
		Ticket:         &client.TicketSaying{ID: "4711", Version: 1, Title: "Guided tour", Starts: "2026-05-03"},
		IdempotencyKey: "booking-4711-v1",
	})
	var p *client.Problem
	switch {
	case errors.As(err, &p):
		fmt.Println("refused:", p.Code)
	case err != nil:
		fmt.Println("not reached:", err)
	default:
		fmt.Println("booked for", party)
	}
	for ticket, err := range c.Tickets(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(ticket.ID, ticket.State)
	}
	// Output:
	// booked for 7h3v9k2m4q6r8t0w1x3y5z7a9b
	// 4711 active
}

// stand answers as a server would.
func stand() *httptest.Server {
	answers := map[string]string{
		"/oauth/token":                 `{"access_token":"hbt_1","token_type":"Bearer","expires_in":3600,"scope":"parties:write tickets:write"}`,
		"/api/v1/parties:findOrCreate": `{"party":"7h3v9k2m4q6r8t0w1x3y5z7a9b"}`,
		"/api/v1/tickets":              `{"tickets":[{"id":"4711","version":1,"state":"active","at":"2026-03-01T09:00:00Z"}]}`,
	}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, answers[r.URL.Path])
	}))
}
