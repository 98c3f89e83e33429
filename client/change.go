package client

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// The types of events. There may be more later: take one that is not known as Corrected.
const (
	Corrected    = "corrected"    // what the system may read of the party has changed: query it
	Merged       = "merged"       // Party and Other are one party
	Unmerged     = "unmerged"     // and are not any more
	Restricted   = "restricted"   // stop using it (GDPR article 18)
	Objected     = "objected"     // stop using it (GDPR article 21)
	Unrestricted = "unrestricted" // it may be used again
	Erased       = "erased"       // delete it (GDPR article 17)
	Reset        = "reset"        // more has changed than can be listed: read everything again
	Test         = "test"         // somebody asked for it; about nobody
)

// Event says that something has changed, and never what.
type Event struct {
	ID    string    `json:"id"` // the same each time the event comes, also by webhook
	Type  string    `json:"type"`
	Party string    `json:"party"` // the system's own reference; empty for Reset and Test
	Other string    `json:"other"` // its other reference, for Merged and Unmerged
	Hour  time.Time `json:"hour"`  // in which it was noticed

	// Next is where to go on once this event is dealt with. It is empty for an event
	// that came by webhook, and for all but the last of those fetched together: keep the
	// latest that is not empty.
	Next string `json:"-"`
}

// waitFor is how long one request for changes waits: less than what Client.HTTP allows.
const waitFor = 25 * time.Second

// Changes yields what has changed, from a cursor on, in order, and waits for more. It ends
// with ctx, after which it yields ctx's error, or with an error of the server. Keep the
// Next of the events that were dealt with; an empty cursor begins with a Reset. An event
// that was not dealt with comes again.
func (c *Client) Changes(ctx context.Context, after string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			events, next, err := c.ChangesOnce(ctx, after, waitFor)
			if err == nil && ctx.Err() != nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(Event{}, err)
				return
			}
			for i, e := range events {
				if i == len(events)-1 {
					e.Next = next
				}
				if !yield(e, nil) {
					return
				}
			}
			after = next
		}
	}
}

// ChangesOnce returns the events after a cursor, at most 100, and where to go on, which is
// also given when there are none. It waits so long for the first, at most 30 seconds.
func (c *Client) ChangesOnce(ctx context.Context, after string, wait time.Duration) (events []Event, next string, err error) {
	q := url.Values{}
	if after != "" {
		q.Set("after", after)
	}
	if wait > 0 {
		q.Set("wait", strconv.Itoa(int(min(wait, 30*time.Second)/time.Second)))
	}
	var answer struct {
		Events []Event `json:"events"`
		Next   string  `json:"next"`
	}
	if _, err := c.do(ctx, call{method: http.MethodGet, path: "/api/v1/changes", query: q}, &answer); err != nil {
		return nil, "", err
	}
	if answer.Next == "" {
		return nil, "", errors.New("client: the answer has no cursor")
	}
	return answer.Events, answer.Next, nil
}
