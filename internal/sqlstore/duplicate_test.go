package sqlstore_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// alike is a pair of two parties, found now.
func (w *world) alike(a, b habeas.PartyID, p float64) party.Duplicate {
	w.Helper()
	pair, ok := party.PairOf(a, b)
	if !ok {
		w.Fatal("no pair")
	}
	return party.Duplicate{
		PairID: pair, P: p, State: party.PairOpen, FoundAt: w.clock.Now(), MarkA: keyring.LookupHash{1}, MarkB: keyring.LookupHash{2},
		Reasons: []party.Reason{{Set: "identity", Field: "birth_date", Code: "exact", For: true}, {Set: "contact", Field: "email", Code: "differs"}},
	}
}

func (w *world) put(found ...party.Duplicate) int {
	w.Helper()
	fresh, err := w.db.Ops().PutPairs(w.Context(), found)
	if err != nil {
		w.Fatal(err)
	}
	return fresh
}

func (w *world) pairs() []party.Duplicate {
	w.Helper()
	out, err := w.db.Duplicates().OpenPairs(w.Context(), 0, 10)
	n, counted := w.db.Duplicates().CountPairs(w.Context())
	if err != nil || counted != nil || n != len(out) {
		w.Fatalf("%d of %d pairs: %v, %v", len(out), n, err, counted)
	}
	return out
}

func (w *world) decide(d party.Duplicate, what party.PairDecision) {
	w.Helper()
	err := w.db.InTx(w.Context(), func(tx *sqlstore.Tx) error {
		d, err := d.Decide(what, habeas.AccountID{9}, w.clock.Now())
		if err != nil {
			return err
		}
		entry := func(id habeas.PartyID) audit.Entry {
			return audit.Entry{ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.PartyReviewed, Subject: habeas.SubjectOf(id), At: w.clock.Now()}
		}
		return tx.Duplicates().SavePair(d, entry(d.A), entry(d.B))
	})
	if err != nil {
		w.Fatal(err)
	}
}

// Proves PTY-16.
func TestPairsWaitByProbabilityAndDecisionsStay(t *testing.T) {
	onEach(t, func(w *world) {
		var id [4]habeas.PartyID
		for i := range id {
			id[i] = w.say(system(1), string(rune('a'+i))+"@example.org", named("Ana", "Ferrer", "")).Party
		}
		weak, strong := w.alike(id[1], id[0], .6), w.alike(id[2], id[3], .95)
		if fresh := w.put(weak, strong); fresh != 2 {
			w.Errorf("%d are new", fresh)
		}
		got := w.pairs()
		if len(got) != 2 || !reflect.DeepEqual(got[0], strong) || !reflect.DeepEqual(got[1], weak) {
			w.Fatalf("%+v\nwant %+v", got, []party.Duplicate{strong, weak})
		}
		w.clock.Advance(time.Minute)
		w.decide(strong, party.PairLater)
		if got := w.pairs(); got[0].PairID != weak.PairID || len(got) != 2 {
			w.Error("what was put off is not the last")
		}
		w.decide(strong, party.PairApart)
		if fresh := w.put(weak, strong); fresh != 0 || len(w.pairs()) != 1 {
			w.Error("a second search undid a decision")
		}
		held, err := w.db.Duplicates().FindPair(w.Context(), strong.PairID)
		if err != nil || held.State != party.PairDifferent || held.DecidedBy != (habeas.AccountID{9}) || held.DecidedAt != w.clock.Now() {
			w.Errorf("%+v, %v", held, err)
		}
		if got, err := w.db.Duplicates().DecidedPairs(w.Context(), 10); err != nil || len(got) != 1 || got[0].PairID != strong.PairID {
			w.Errorf("decided: %+v, %v", got, err)
		}
		if err := w.db.Ops().RemovePairs(w.Context(), []party.PairID{strong.PairID}); err != nil {
			w.Fatal(err)
		}
		if _, err := w.db.Duplicates().FindPair(w.Context(), strong.PairID); err != nil {
			w.Errorf("a decision was dropped with the pairs that wait: %v", err)
		}
		changed := strong
		changed.MarkB = keyring.LookupHash{3}
		if fresh := w.put(changed); fresh != 1 || len(w.pairs()) != 2 {
			w.Error("one of the two says something else, and the pair does not wait again")
		}
		w.clock.Advance(time.Minute)
		weak.FoundAt = w.clock.Now()
		w.put(weak)
		if err := w.db.Ops().EndPairs(w.Context(), w.clock.Now()); err != nil {
			w.Fatal(err)
		}
		if got := w.pairs(); len(got) != 1 || got[0].PairID != weak.PairID {
			w.Errorf("what is alike no more stays: %+v", got)
		}
		if err := w.db.Ops().RemovePairs(w.Context(), []party.PairID{weak.PairID}); err != nil || len(w.pairs()) != 0 {
			w.Errorf("it is not dropped: %v", err)
		}
		w.put(weak)
		w.put(w.alike(id[0], habeas.PartyID{9}, .9))
		if len(w.pairs()) != 1 {
			w.Error("a pair with somebody who is not there")
		}
	})
}

func TestAnErasedPartyLeavesItsPairs(t *testing.T) {
	onEach(t, func(w *world) {
		a, b := w.say(system(1), "a@example.org", named("Ana", "Ferrer", "")).Party, w.say(system(1), "b@example.org", named("Ana", "Ferrer", "")).Party
		w.put(w.alike(a, b, .9))
		err := w.db.InTx(w.Context(), func(tx *sqlstore.Tx) error {
			p, err := tx.Records().Party(w.Context(), b)
			if err != nil {
				return err
			}
			return tx.Records().EraseParty(p, nil, audit.Entry{ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.PartyErased, Subject: habeas.SubjectOf(b), At: w.clock.Now()})
		})
		if err != nil || len(w.pairs()) != 0 {
			w.Errorf("%+v, %v", w.pairs(), err)
		}
	})
}

func TestManyAreReadTogetherAsOneByOne(t *testing.T) {
	onEach(t, func(w *world) {
		for i := range 30 {
			kind := party.Person
			if i%3 == 0 {
				kind = party.Organisation
			}
			of := w.say(system(1), string(rune('a'+i%26))+"@example"+string(rune('a'+i/26))+".org", nil, func(in *party.Assertion) { in.Kind = kind })
			if i%2 == 0 {
				w.say(system(2), string(rune('a'+i%26))+"@example"+string(rune('a'+i/26))+".org", party.Values{"phone": {"number": "+34 600 000000"}}, func(in *party.Assertion) { in.Kind = kind })
			}
			if i == 7 {
				if err := w.keys.Destroy(w.Context(), habeas.SubjectOf(of.Party)); err != nil {
					w.Fatal(err)
				}
			}
		}
		r := w.db.Records()
		seen := 0
		for _, kind := range party.Kinds() {
			n, err := r.CountKind(w.Context(), kind)
			if err != nil {
				w.Fatal(err)
			}
			var after habeas.PartyID
			for {
				page, err := r.PartiesAfter(w.Context(), kind, after, 4)
				if err != nil {
					w.Fatal(err)
				}
				if len(page) == 0 {
					break
				}
				spoken, err := r.Spoken(w.Context(), page)
				if err != nil {
					w.Fatal(err)
				}
				for i, p := range page {
					want, err := r.Statements(w.Context(), p.ID)
					if habeas.KindOf(err) == habeas.KindGone {
						want = nil
					}
					if p.Kind != kind || !reflect.DeepEqual(spoken[i].Said, want) {
						w.Errorf("%s: %d statements, want %d", p.ID, len(spoken[i].Said), len(want))
					}
					seen++
					n--
				}
				after = page[len(page)-1].ID
			}
			if n != 0 {
				w.Errorf("%d of %s are left", n, kind)
			}
		}
		if seen != 30 {
			w.Errorf("%d seen", seen)
		}
	})
}
