package app

import (
	"context"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// How staff come to see several people at once.
const (
	listFound   = "search"
	listNewest  = "newest"
	listLike    = "alike" // while a person is being entered
	listWaiting = "waiting"
	listRivals  = "rivals" // others known at the same address
	listJoined  = "joined" // merged and split
	listPairs   = "pairs"  // beside one that may be about the same party
)

// listDay is how long a person's Activity keeps to one line about lists for each
// staff member: it says that they were seen, and does not count keystrokes.
const listDay = 24 * time.Hour

// listed witnesses a list before it is shown (PTY-22): one line of the house for each
// query, with its purpose, its kind, how many it showed and whom; never what was
// typed. Each person shown gets a line of their own at most once a day and reader.
func (r *Records) listed(ctx context.Context, a habeas.Actor, kind string, shown []party.Record) error {
	if err := party.CheckPurpose(a.Purpose, false); err != nil {
		return err
	}
	ids := make([]byte, 0, 16*len(shown))
	keys := make([]keyring.LookupHash, len(shown))
	for i, rec := range shown {
		ids = append(ids, rec.Party.ID[:]...)
		keys[i] = r.Keys.Lookup("listed", string(rec.Party.ID[:])+string(a.Account[:]))
	}
	now := r.Clock.Now()
	query := audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: audit.PartyListed, Actor: a, At: now, Detail: map[string]string{
			"list": kind, "count": strconv.Itoa(len(shown)), "shown": base64.RawURLEncoding.EncodeToString(ids),
		},
	}
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		if err := tx.Audit(query); err != nil {
			return err
		}
		turns, err := tx.Ops().TakeTurns(ctx, keys, now, listDay)
		if err != nil {
			return err
		}
		for i, rec := range shown {
			if turns[keys[i]] > 1 {
				continue
			}
			if err := tx.Audit(r.event(audit.PartyListed, rec.Party.ID, a, map[string]string{"list": kind})); err != nil {
				return err
			}
		}
		return nil
	})
}
