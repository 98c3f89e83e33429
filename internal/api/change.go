package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
)

// changeEvent is an event as the feed shows it: that something has changed, never what.
type changeEvent struct {
	ID    string         `json:"id"`
	Type  party.NewsKind `json:"type"`
	Party string         `json:"party,omitzero"` // the system's own reference
	Other string         `json:"other,omitzero"` // its other reference, of merged and unmerged
	Hour  time.Time      `json:"hour"`
}

type changePage struct {
	Events []changeEvent `json:"events"`
	Next   string        `json:"next"`
}

// Bounds of a request for changes.
const (
	longestWait  = 30 // seconds
	waitsAtOnce  = 256
	waitsOfOne   = 4
	defaultNews  = 100
	maxNewsLimit = 200
)

var (
	errNewsLimit = habeas.Invalid("limit", "A page has 1 to 200 events.").WithCode("limit.invalid")
	errWait      = habeas.Invalid("wait", "Wait for 0 to 30 seconds.").WithCode("wait.invalid")
)

// changes lists what has changed for the calling system, and waits for it if asked to.
func (a *API) changes(w http.ResponseWriter, r *http.Request, c caller) error {
	q, err := queryOf(r, "after", "limit", "wait")
	if err != nil {
		return err
	}
	number := func(name string, otherwise, least, most int, wrong error) int {
		text, sent := q[name]
		n, bad := strconv.Atoi(text)
		switch {
		case !sent:
			return otherwise
		case bad != nil || n < least || n > most:
			err = wrong
		}
		return n
	}
	limit := number("limit", defaultNews, 1, maxNewsLimit, errNewsLimit)
	wait := number("wait", 0, 0, longestWait, errWait)
	if err != nil {
		return err
	}
	if !a.waits.enter(c.Actor.System) {
		return edge.RetryAfter(errBusy, time.Second)
	}
	defer a.waits.leave(c.Actor.System)
	news, next, err := c.records.News(r.Context(), c.Actor, q["after"], limit, time.Duration(wait)*time.Second)
	if err != nil {
		return err
	}
	page := changePage{Events: make([]changeEvent, len(news)), Next: next}
	for i, n := range news {
		page.Events[i] = changeEvent{ID: n.ID.String(), Type: n.Kind, Hour: n.Hour.UTC()}
		if !n.Ref.IsZero() {
			page.Events[i].Party = n.Ref.String()
		}
		if !n.Other.IsZero() {
			page.Events[i].Other = n.Other.String()
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	return edge.WriteJSON(w, http.StatusOK, page)
}
