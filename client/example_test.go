package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

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

// A receiver checks what it is sent, and then asks what has changed.
func ExampleVerifyWebhook() {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" // as it was shown when the webhook was set
	dealt := map[string]bool{}                              // in real life: kept somewhere
	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
		if err != nil {
			http.Error(w, "cut off", http.StatusBadRequest)
			return
		}
		event, err := client.VerifyWebhook(r.Header, body, []string{secret}, 5*time.Minute)
		if err != nil {
			http.Error(w, "not from our server", http.StatusUnauthorized)
			return
		}
		if dealt[event.ID] { // a call is made at least once
			return
		}
		switch event.Type {
		case client.Erased:
			fmt.Println("delete what we hold about", event.Party)
		case client.Restricted, client.Objected:
			fmt.Println("stop using", event.Party)
		case client.Reset:
			fmt.Println("read everything again")
		default:
			fmt.Println("query", event.Party)
		}
		dealt[event.ID] = true
	}
	call := httptest.NewRequest(http.MethodPost, "/habeas", strings.NewReader(`{"type":"erased"}`))
	answer := httptest.NewRecorder()
	receive(answer, call) // somebody who does not know the secret
	fmt.Println(answer.Code)
	// Output: 401
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
