package app

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// followEvery is how often a node looks for what other nodes have done.
const followEvery = 250 * time.Millisecond

// followAtOnce is how many changes it takes in at a time.
const followAtOnce = 2000

// follow keeps what this node holds in memory true while others write: the search
// index, the tokens that were good, the policy. Keys are looked after by the key ring
// itself. from is the size of the tree before the index was built.
func (s *Server) follow(ctx context.Context, from int64) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	failed := false
	for {
		next, err := s.catchUp(ctx, from)
		if err != nil && ctx.Err() == nil && !failed {
			s.Log.Error("learning what other nodes have changed failed", "error", err)
		}
		failed = err != nil
		if next > from { // there may be more
			from = next
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// catchUp takes in one portion of the feed and returns where to go on.
func (s *Server) catchUp(ctx context.Context, from int64) (int64, error) {
	changes, next, err := s.DB.Feed(ctx, from, followAtOnce)
	if err != nil || len(changes) == 0 {
		return next, err
	}
	if err := s.Keys.Refresh(ctx); err != nil {
		return from, err
	}
	seen := make(map[habeas.PartyID]bool)
	var again []habeas.PartyID
	for _, c := range changes {
		id := habeas.PartyID(c.Subject)
		if !c.Subject.IsZero() && (c.Gone || sqlstore.Alters(c.Event)) {
			s.Rolls.roll.Touch(id)
		}
		switch {
		case c.Gone:
			s.Finder.Forget(id)
		case c.Event == audit.SystemDisconnected || c.Event == audit.SystemRevoked:
			s.Systems.tokens.Invalidate()
		case c.Event == audit.SettingsChanged:
			s.Policies.renew()
		case c.Event == audit.PartySplit || c.Event == audit.PartyUnsplit || c.Event == audit.PartyUnmerged || c.Event == audit.ClaimUndone:
			s.Finder.Forget(id) // what left, or was said in a former claimant's name, is found here no more
			if !seen[id] {
				seen[id] = true
				again = append(again, id)
			}
		case c.Subject.IsZero() || c.Event == audit.PartyRead || c.Event == audit.PartyListed || c.Event == audit.PartyTold || seen[id]:
		default:
			seen[id] = true
			again = append(again, id)
		}
	}
	if err := s.DB.EachOf(ctx, again, s.Finder.Learn); err != nil {
		return from, err
	}
	return next, nil
}

// renew makes the policy be read anew at its next use.
func (p *Policies) renew() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.read.IsZero() {
		p.read = time.Unix(0, 0)
	}
}
