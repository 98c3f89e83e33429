package sqlstore_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Proves PTY-7.
func TestWhatAPersonHasSettledIsKeptSealedAndGoesWithTheRecord(t *testing.T) {
	onEach(t, func(w *world) {
		w.say(system(1), "tom@example.org", named("Tom", "", ""))
		id := w.say(system(1), "tim@example.org", named("Tim", "Berger", "")).Party
		ctx := w.Context()
		entry := func(e audit.Event) audit.Entry {
			w.clock.Advance(time.Millisecond)
			now := w.clock.Now()
			return audit.Entry{ID: habeas.NewID[habeas.EventKind](now), Event: e, Subject: habeas.SubjectOf(id), Actor: habeas.Server, At: now}
		}
		write := func(do func(r sqlstore.RecordsTx) error) {
			w.Helper()
			if err := w.db.InTx(ctx, func(tx *sqlstore.Tx) error { return do(tx.Records()) }); err != nil {
				w.Fatal(err)
			}
		}
		state := func(due int, waiting bool) {
			w.Helper()
			list, err := w.db.Records().ToLookAt(ctx, habeas.PartyID{}, 10)
			if err != nil || len(list) != due {
				w.Errorf("%d records to look at, want %d (%v)", len(list), due, err)
			}
			if got, err := w.db.Records().Proposed(ctx, id); err != nil || got != waiting {
				w.Errorf("proposals wait: %v, want %v (%v)", got, waiting, err)
			}
		}
		state(0, false) // nobody has claimed anything
		p, err := w.db.Records().Party(ctx, id)
		if err != nil {
			w.Fatal(err)
		}
		p.State, p.Account, p.ClaimedAt = party.Claimed, habeas.AccountID{15: 7}, w.clock.Now()
		p.Version++
		write(func(r sqlstore.RecordsTx) error { return r.ChangeParty(p, nil, nil, entry(audit.ClaimAccepted)) })
		state(1, false)
		if err := w.db.Ops().MarkLooked(ctx, p, true); err != nil {
			w.Fatal(err)
		}
		state(0, true)
		if got, err := w.db.Records().Settled(ctx, p); err != nil || !reflect.DeepEqual(got, party.Settled{}) {
			w.Errorf("settled before anything was: %+v (%v)", got, err)
		}

		e := entry(audit.ProposalRuled)
		settled := party.Settled{By: p.Account, Last: &party.Settling{ID: e.ID}, All: []party.Settlement{{ID: e.ID, Verdict: party.Never, From: system(1), Set: "identity", Field: "given_name"}}}
		p.Version++
		write(func(r sqlstore.RecordsTx) error { return r.Settle(p, settled, false, nil, nil, e) })
		if got, err := w.db.Records().Settled(ctx, p); err != nil || !reflect.DeepEqual(got, settled) {
			w.Errorf("settled: %+v (%v), want %+v", got, err, settled)
		}
		state(0, false)
		p.Version++
		write(func(r sqlstore.RecordsTx) error { return r.ChangeParty(p, nil, nil, entry(audit.PartyCorrected)) })
		state(1, false)

		write(func(r sqlstore.RecordsTx) error {
			e := entry(audit.PartyErased)
			e.Subject = habeas.SubjectID{}
			return r.EraseParty(p, nil, e)
		})
		if got, err := w.db.Records().Settled(ctx, p); err != nil || got.All != nil {
			w.Errorf("after the erasure: %+v (%v)", got, err)
		}
		state(0, false)
	})
}
