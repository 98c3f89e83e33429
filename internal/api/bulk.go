package api

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
)

// bulkRequest is the body of POST /api/v1/parties:bulkFindOrCreate.
type bulkRequest struct {
	Items []bulkItem `json:"items"`
}

// bulkItem is one find-or-create with what a single one carries in a header.
type bulkItem struct {
	findOrCreateRequest `json:",inline"`

	IdempotencyKey string `json:"idempotency_key"`
}

// bulkAnswer holds the outcome of each item, in their order.
type bulkAnswer struct {
	Results []bulkResult `json:"results"`
}

// bulkResult is what the item would have been answered alone.
type bulkResult struct {
	Status     int           `json:"status"`
	Party      string        `json:"party,omitzero"`
	Problem    *edge.Problem `json:"problem,omitzero"`
	RetryAfter int           `json:"retry_after,omitzero"` // in seconds
}

var (
	errBulkEmpty = habeas.Invalid("items", "Send at least one item.").WithCode("bulk.empty")
	errBulkLarge = &habeas.Error{
		Kind: habeas.KindTooLarge, Field: "items", Code: "bulk.size", Message: "These are too many items. At most 500 go into one request.",
	}
)

// bulkFindOrCreate does many find-or-creates. Each is atomic by itself and answered
// for itself; they reach the writer together and share its transactions.
func (a *API) bulkFindOrCreate(w http.ResponseWriter, r *http.Request, c caller) error {
	select {
	case a.bulks <- struct{}{}:
		defer func() { <-a.bulks }()
	default:
		return edge.RetryAfter(errBusy, time.Second)
	}
	body, err := edge.DecodeJSON[bulkRequest](w, r, maxBulkBody)
	switch {
	case err != nil:
		return err
	case len(body.Items) == 0:
		return errBulkEmpty
	case len(body.Items) > maxBulk:
		return errBulkLarge
	}
	if err := a.system.take(r.Context(), w.Header(), systemKey(c), len(body.Items)-1); err != nil { // the request itself counted one
		return err
	}
	results := make([]bulkResult, len(body.Items))
	var work sync.WaitGroup
	for _, one := range together(body.Items) {
		work.Go(func() {
			for _, i := range one {
				results[i] = a.bulkOne(r, c, body.Items[i])
			}
		})
	}
	work.Wait()
	return edge.WriteJSON(w, http.StatusOK, bulkAnswer{results})
}

// bulkOne answers one item.
func (a *API) bulkOne(r *http.Request, c caller, item bulkItem) bulkResult {
	ref, err := a.contained(r.Context(), c, item)
	if err == nil {
		return bulkResult{Status: http.StatusOK, Party: ref.String()}
	}
	p, wait := a.failures.Problem(r, err)
	if p.Field == "Idempotency-Key" { // here it is a member
		p.Field = "idempotency_key"
	}
	return bulkResult{Status: p.Status, Problem: &p, RetryAfter: int((wait + time.Second - 1) / time.Second)}
}

// contained turns a panic into an incident of the one item: it is on a goroutine of
// its own, where it would stop the server.
func (a *API) contained(ctx context.Context, c caller, item bulkItem) (ref party.Reference, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = habeas.Internal(fmt.Errorf("find or create panicked: %T", p))
		}
	}()
	return a.say(ctx, make(http.Header), c, item.findOrCreateRequest, item.IdempotencyKey, nil)
}

// together groups the items that may be about one party, by the words of the caller
// alone: they are taken in one after the other, as sent, so that the last word about
// somebody is the last. Everything else goes at once.
func together(items []bulkItem) [][]int {
	group := make([]int, len(items)) // the first item of the group that an item belongs to
	var root func(int) int
	root = func(i int) int {
		if group[i] != i {
			group[i] = root(group[i])
		}
		return group[i]
	}
	first := make(map[string]int)
	for i := range items {
		group[i] = i
		for _, name := range items[i].names() {
			if j, ok := first[name]; ok {
				x, y := root(i), root(j)
				group[max(x, y)] = min(x, y)
			} else {
				first[name] = i
			}
		}
	}
	var out [][]int
	place := make(map[int]int)
	for i := range items {
		at, ok := place[root(i)]
		if !ok {
			at = len(out)
			place[root(i)], out = at, append(out, nil)
		}
		out[at] = append(out[at], i)
	}
	return out
}
