package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas/client"
)

// server answers a request with the next of its steps, and notes what came.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	steps  []http.HandlerFunc
	tokens int
	keys   []string
	bodies []string
}

func serve(t *testing.T, steps ...http.HandlerFunc) (*server, *client.Client) {
	t.Helper()
	s := &server{steps: steps}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s, &client.Client{URL: s.URL, ID: "sys_1", Secret: "hbs_1"}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/oauth/token" {
		s.tokens++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"hbt_%d","token_type":"Bearer","expires_in":3600}`, s.tokens)
		return
	}
	s.keys = append(s.keys, r.Header.Get("Idempotency-Key"))
	s.bodies = append(s.bodies, string(body))
	step := s.steps[0]
	if len(s.steps) > 1 {
		s.steps = s.steps[1:]
	}
	step(w, r)
}

func problem(status int, code string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"type":"/problems/x","title":"No","status":%d,"code":%q,"field":"email","detail":"Mend it."}`, status, code)
	}
}

func ok(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body) // the client may have gone
	}
}

func cut(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		conn.Close()
	}
}

func TestWhatWasLostOrPutOffIsSentAgainUnderOneKey(t *testing.T) {
	s, c := serve(t, cut, problem(503, "busy"), problem(429, "rate.limited", "Retry-After", "0"), problem(502, ""), ok(`{"party":"p"}`))
	party, err := c.FindOrCreate(t.Context(), client.Saying{Email: "a@example.org"})
	if err != nil || party != "p" {
		t.Fatalf("%q %v", party, err)
	}
	if len(s.keys) != 5 || s.keys[0] == "" || strings.Join(s.keys, " ") != strings.TrimSpace(strings.Repeat(s.keys[0]+" ", 5)) {
		t.Errorf("idempotency keys %q", s.keys)
	}
	if s.tokens != 1 {
		t.Errorf("%d tokens", s.tokens)
	}
}

func TestARefusalIsReturnedAtOnceWithItsCode(t *testing.T) {
	s, c := serve(t, problem(400, "email.invalid"))
	_, err := c.FindOrCreate(t.Context(), client.Saying{Email: "nonsense"})
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != 400 || p.Field != "email" || !client.HasCode(err, "email.invalid") || len(s.keys) != 1 {
		t.Fatalf("%v after %d requests", err, len(s.keys))
	}
	if strings.Contains(err.Error(), "nonsense") {
		t.Error("the error repeats what was sent")
	}
}

func TestALongWaitIsTheCallersToDecide(t *testing.T) {
	s, c := serve(t, problem(429, "rate.address", "Retry-After", "3600"))
	_, err := c.FindOrCreate(t.Context(), client.Saying{Email: "a@example.org"})
	var p *client.Problem
	if !errors.As(err, &p) || p.RetryAfter != time.Hour || len(s.keys) != 1 {
		t.Fatalf("%v after %d requests", err, len(s.keys))
	}
}

func TestATokenThatWasEndedIsRenewedOnce(t *testing.T) {
	s, c := serve(t, problem(401, "token.invalid"), ok(`{"party":"p"}`))
	if _, err := c.FindOrCreate(t.Context(), client.Saying{Email: "a@example.org"}); err != nil || s.tokens != 2 {
		t.Fatalf("%v, %d tokens", err, s.tokens)
	}
	s, c = serve(t, problem(401, "token.invalid"))
	if _, err := c.FindOrCreate(t.Context(), client.Saying{Email: "a@example.org"}); !client.HasCode(err, "token.invalid") || s.tokens != 2 {
		t.Fatalf("%v, %d tokens", err, s.tokens)
	}
}

func TestManyCallsShareOneToken(t *testing.T) {
	s, c := serve(t, ok(`{"party":"p"}`))
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := c.FindOrCreate(t.Context(), client.Saying{Email: "a@example.org"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if s.tokens != 1 {
		t.Errorf("%d tokens", s.tokens)
	}
}

func TestACancelledContextEndsTheWaiting(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		problem(503, "busy", "Retry-After", "20")(w, r)
	})
	if _, err := c.FindOrCreate(ctx, client.Saying{Email: "a@example.org"}); err == nil {
		t.Error("no error")
	}
}

func TestTheSecretDoesNotTravelInTheOpen(t *testing.T) {
	for address, want := range map[string]bool{
		"http://records.example.org": false, "records.example.org": false, "ftp://x": false, "": false, "http://10.0.0.1": false,
		"http://localhost:1": true, "http://127.0.0.1:1": true, "http://[::1]:1": true,
	} {
		c := &client.Client{URL: address, ID: "sys_1", Secret: "hbs_1", Attempts: 1}
		_, err := c.Ticket(t.Context(), "x")
		if tried := err != nil && strings.Contains(err.Error(), "no answer"); tried != want {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestABulkIsCutByNumberAndSize(t *testing.T) {
	var s *server
	s, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := strings.Count(s.bodies[len(s.bodies)-1], "idempotency_key")
		ok(`{"results":[`+strings.TrimSuffix(strings.Repeat(`{"status":200,"party":"p"},`, n), ",")+`]}`)(w, r)
	})
	var many []client.Saying
	for i := range 1001 {
		many = append(many, client.Saying{Email: fmt.Sprintf("a%d@example.org", i)})
	}
	if _, err := c.BulkFindOrCreate(t.Context(), many); err != nil || len(s.bodies) != 3 {
		t.Fatalf("%v, %d requests", err, len(s.bodies))
	}
	s.bodies = nil
	long := client.Saying{Email: "a@example.org", Fields: map[string]map[string]string{"profile": {"about": strings.Repeat("x", 300<<10)}}}
	if _, err := c.BulkFindOrCreate(t.Context(), []client.Saying{long, long, long, long}); err != nil || len(s.bodies) != 2 {
		t.Fatalf("%v, %d requests", err, len(s.bodies))
	}
	for _, body := range s.bodies {
		if len(body) > 1<<20 {
			t.Errorf("a body of %d bytes", len(body))
		}
	}
}

func TestAListEndsAtItsFirstFault(t *testing.T) {
	_, c := serve(t, ok(`{"tickets":[{"id":"1"},{"id":"2"}],"next":"more"}`), problem(400, "cursor.invalid"))
	var ids []string
	var last error
	for ticket, err := range c.Tickets(t.Context()) {
		if last = err; err == nil {
			ids = append(ids, ticket.ID)
		}
	}
	if len(ids) != 2 || !client.HasCode(last, "cursor.invalid") {
		t.Errorf("%v, then %v", ids, last)
	}
}
