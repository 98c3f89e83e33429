package app

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// DuplicateList is what `habeas party duplicates` shows: no value of anybody's.
type DuplicateList struct {
	Waiting int             `json:"waiting"` // for a decision, in all
	Search  party.Search    `json:"search"`  // that runs, or the last one
	Pairs   []DuplicatePair `json:"pairs"`
}

// DuplicatePair is two records that may be about the same party.
type DuplicatePair struct {
	A       string    `json:"a"`
	B       string    `json:"b"`
	P       float64   `json:"p"`       // that they are
	Reasons []string  `json:"reasons"` // "+identity.birth_date:exact": for it; what begins with a minus is against it
	FoundAt time.Time `json:"found_at"`
}

// mostListed bounds how many pairs one call lists.
const mostListed = 10_000

// offerDuplicates lets commands look for duplicates.
func (s *Server) offerDuplicates() {
	s.Control.Handle(http.MethodPost, "/duplicates/search", func(w http.ResponseWriter, _ *http.Request) error {
		if err := s.Duplicates.ask(); err != nil {
			return err
		}
		w.WriteHeader(http.StatusAccepted)
		return nil
	})
	s.Control.Handle(http.MethodPost, "/duplicates/stop", func(w http.ResponseWriter, _ *http.Request) error {
		s.Duplicates.stop()
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	s.Control.Handle(http.MethodGet, "/duplicates", s.listDuplicates)
}

func (s *Server) listDuplicates(w http.ResponseWriter, r *http.Request) error {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 0 || limit > mostListed {
		return habeas.Invalid("limit", "List between 0 and 10000 pairs.").WithCode("duplicates.limit")
	}
	pairs, n, err := s.Duplicates.Queue(r.Context(), 0, limit)
	if err != nil {
		return err
	}
	out := DuplicateList{Waiting: n, Search: s.Duplicates.State(), Pairs: make([]DuplicatePair, len(pairs))}
	for i, d := range pairs {
		out.Pairs[i] = DuplicatePair{A: d.A.String(), B: d.B.String(), P: d.P, FoundAt: d.FoundAt}
		for _, reason := range d.Reasons {
			out.Pairs[i].Reasons = append(out.Pairs[i].Reasons, reason.String())
		}
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(out)
}

// askEvery is how often a command looks how far a search is.
const askEvery = 200 * time.Millisecond

// ListDuplicates lists the pairs that wait, of the server that runs in dir, the likeliest
// first. With search it looks for them first and tells how far it is; when ctx ends, the
// search is stopped.
func ListDuplicates(ctx context.Context, dir string, search bool, limit int, progress func(party.Search)) (out DuplicateList, err error) {
	c, err := DialControl(dir)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if search {
		if err := c.Call(ctx, http.MethodPost, "/duplicates/search", nil, nil); err != nil {
			return out, err
		}
		if err := follow(ctx, c, progress); err != nil {
			return out, err
		}
	}
	err = c.Call(ctx, http.MethodGet, "/duplicates?limit="+strconv.Itoa(limit), nil, &out)
	return out, err
}

// follow waits until the search has ended.
func follow(ctx context.Context, c *ControlClient, progress func(party.Search)) error {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			stop := c.Call(context.WithoutCancel(ctx), http.MethodPost, "/duplicates/stop", nil, nil)
			return errors.Join(ctx.Err(), stop)
		case <-tick.C:
		}
		var now DuplicateList
		if err := c.Call(ctx, http.MethodGet, "/duplicates?limit=0", nil, &now); err != nil && ctx.Err() == nil {
			return err
		}
		if progress != nil {
			progress(now.Search)
		}
		switch {
		case ctx.Err() != nil || now.Search.Running:
		case now.Search.Failed:
			return habeas.Unavailable("The search for duplicates failed. See the server's log.").WithCode("duplicates.failed")
		default:
			return nil
		}
	}
}
