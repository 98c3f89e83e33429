package client

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// The kinds of party.
const (
	Person       = "person"
	Organisation = "organisation"
)

// Saying is what a system says about one party. Email, ExternalID or ConsentCode is needed.
type Saying struct {
	Kind       string                       `json:"kind,omitempty"`        // empty: Person
	Email      string                       `json:"email,omitempty"`       // by which the party is found
	ExternalID string                       `json:"external_id,omitempty"` // the system's own id for the party
	Fields     map[string]map[string]string `json:"fields,omitempty"`      // by data set and field
	Ticket     *TicketSaying                `json:"ticket,omitempty"`      // the occasion, when there is one
	// ConsentCode is what the person has handed over, in place of Email and ExternalID.
	// The reference is then good for Consented.
	ConsentCode string `json:"consent_code,omitempty"`

	// IdempotencyKey makes a repetition known for 30 days. Give one that you keep, such
	// as the number and version of a booking, when your own program may run again.
	// Empty: one is drawn, which covers the repetitions of this client.
	IdempotencyKey string `json:"-"`
	// IfMatch is the ETag that the ticket must have; empty: any. Not in bulk.
	IfMatch string `json:"-"`
}

// TicketSaying is a booking, membership or other occasion as a system says it.
type TicketSaying struct {
	ID       string `json:"id"`
	Version  int64  `json:"version,omitempty"` // grows with each change; 0 means 1
	State    string `json:"state,omitempty"`   // Active or Cancelled; empty: Active
	Title    string `json:"title,omitempty"`
	Starts   string `json:"starts,omitempty"`    // a date or a moment (RFC 3339)
	Ends     string `json:"ends,omitempty"`      // a date or a moment
	Role     string `json:"role,omitempty"`      // what the person is in it: "Lecturer"
	Term     string `json:"term,omitempty"`      // when it is, in words: "Autumn 2026"
	Public   bool   `json:"public,omitempty"`    // the person's public profile may name it
	BookedBy string `json:"booked_by,omitempty"` // reference of who booked
}

// FindOrCreate names a party and says what the system knows about it. It returns the
// system's own reference for the party; what was said is then durable.
func (c *Client) FindOrCreate(ctx context.Context, s Saying) (reference string, err error) {
	body, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	if s.IdempotencyKey == "" {
		s.IdempotencyKey = rand.Text()
	}
	header := http.Header{"Idempotency-Key": {s.IdempotencyKey}}
	if s.IfMatch != "" {
		header.Set("If-Match", s.IfMatch)
	}
	var found struct {
		Party string `json:"party"`
	}
	_, err = c.do(ctx, call{method: http.MethodPost, path: "/api/v1/parties:findOrCreate", header: header, body: body}, &found)
	return found.Party, err
}

// Result is the outcome of one of many.
type Result struct {
	Party string // the system's reference
	Err   error  // a *Problem, or nil
}

// What fits into one request; the server refuses more.
const (
	bulkItems = 500
	bulkBytes = 1<<20 - 1024
)

// BulkFindOrCreate says many things, in as many requests as it takes, and returns the
// outcome of each in their order. Each is carried out for itself. An error says that
// the last of the results returned is where it stopped; sending everything again is
// safe when each has an IdempotencyKey of its own.
func (c *Client) BulkFindOrCreate(ctx context.Context, all []Saying) ([]Result, error) {
	results := make([]Result, 0, len(all))
	var items []json.RawMessage
	size := 0
	flush := func() error {
		if len(items) == 0 {
			return nil
		}
		some, err := c.bulk(ctx, items)
		results = append(results, some...)
		items, size = items[:0], 0
		return err
	}
	for _, s := range all {
		item, err := bulkItem(s)
		if err != nil {
			return results, err
		}
		if len(items) == bulkItems || size+len(item)+1 > bulkBytes {
			if err := flush(); err != nil {
				return results, err
			}
		}
		items, size = append(items, item), size+len(item)+1
	}
	return results, flush()
}

func bulkItem(s Saying) (json.RawMessage, error) {
	if s.IdempotencyKey == "" {
		s.IdempotencyKey = rand.Text()
	}
	return json.Marshal(struct {
		Saying
		Key string `json:"idempotency_key"`
	}{s, s.IdempotencyKey})
}

// bulk sends one request.
func (c *Client) bulk(ctx context.Context, items []json.RawMessage) ([]Result, error) {
	body, err := json.Marshal(map[string]any{"items": items})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Results []struct {
			Party      string   `json:"party"`
			Problem    *Problem `json:"problem"`
			RetryAfter int      `json:"retry_after"`
		} `json:"results"`
	}
	if _, err := c.do(ctx, call{method: http.MethodPost, path: "/api/v1/parties:bulkFindOrCreate", body: body}, &answer); err != nil {
		return nil, err
	}
	if len(answer.Results) != len(items) {
		return nil, errors.New("client: the answer has another number of results than was asked for")
	}
	results := make([]Result, len(answer.Results))
	for i, r := range answer.Results {
		results[i].Party = r.Party
		if r.Problem != nil {
			r.Problem.RetryAfter = time.Duration(r.RetryAfter) * time.Second
			results[i].Err = r.Problem
		}
	}
	return results, nil
}

// DataSet is a named group of fields that the organisation keeps.
type DataSet struct {
	Name       string  `json:"name"`
	Label      string  `json:"label"`
	Fields     []Field `json:"fields"`
	Visibility string  `json:"visibility"` // "public" or "staff": who may see it besides its person
	StepUp     bool    `json:"step_up"`    // its person shows more than the address to see what others said
}

// Field is one field of a data set.
type Field struct {
	Name     string `json:"name"`
	Label    string `json:"label"`
	Type     string `json:"type"`
	Max      int    `json:"max"`      // in characters; 0 means 200
	Complete bool   `json:"complete"` // its person is asked to fill it in
}

// Schemas returns the data sets of the server.
func (c *Client) Schemas(ctx context.Context) ([]DataSet, error) {
	var answer struct {
		DataSets []DataSet `json:"data_sets"`
	}
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/api/v1/schemas"}, &answer)
	return answer.DataSets, err
}

// Query says which parties to read, and why.
type Query struct {
	Parties  []string `json:"parties"`             // references, at most 100
	DataSets []string `json:"data_sets,omitempty"` // none: all that may be read
	Purpose  string   `json:"purpose"`             // "question", "booking", "correction" or "incident"
}

// Query reads what the system may of parties that it has brought itself: for each, in
// the order asked, values by data set and field. The people concerned see it.
func (c *Client) Query(ctx context.Context, q Query) ([]map[string]map[string]string, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Results []struct {
			Fields map[string]map[string]string `json:"fields"`
		} `json:"results"`
	}
	if _, err := c.do(ctx, call{method: http.MethodPost, path: "/api/v1/parties:query", body: body}, &answer); err != nil {
		return nil, err
	}
	out := make([]map[string]map[string]string, len(answer.Results))
	for i, r := range answer.Results {
		out[i] = r.Fields
	}
	return out, nil
}

// Consented is what a person has opened by a consent code.
type Consented struct {
	Fields map[string]map[string]string `json:"fields"` // by data set and field; empty once it is over
	Until  time.Time                    `json:"until"`  // when it ends by itself; zero: nothing is open
}

// Consented reads what people have opened to the system, by the references that
// FindOrCreate returned for their codes, in the order asked. The people concerned see it.
func (c *Client) Consented(ctx context.Context, q Query) ([]Consented, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Results []Consented `json:"results"`
	}
	_, err = c.do(ctx, call{method: http.MethodPost, path: "/api/v1/parties:consented", body: body}, &answer)
	return answer.Results, err
}
