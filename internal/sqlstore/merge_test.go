package sqlstore_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// joined is a record as merges look at it, read in a transaction.
func joined(tx *sqlstore.Tx, id habeas.PartyID) (party.Joinable, error) {
	p, err := tx.Records().Party(tx.Context(), id)
	if err != nil {
		return party.Joinable{}, err
	}
	said, err := tx.Records().Statements(tx.Context(), id)
	return party.Joinable{Party: p, Said: said}, err
}

// turn takes one step of a merge or split.
func (w *world) turn(t *rapid.T, decide func(tx *sqlstore.Tx) (party.Turn, error)) (done party.Turn) {
	w.clock.Advance(time.Second)
	err := w.db.InTx(w.Context(), func(tx *sqlstore.Tx) error {
		turn, err := decide(tx)
		if err != nil {
			return err
		}
		done = turn
		return tx.Records().Turn(turn, w.entry(audit.PartyMerged, habeas.PartyID{}))
	})
	if err != nil && habeas.KindOf(err) != habeas.KindConflict && habeas.KindOf(err) != habeas.KindInvalid {
		t.Fatal(err)
	}
	return done
}

func (w *world) mergeAt(t *rapid.T, a, b habeas.PartyID) party.Turn {
	return w.turn(t, func(tx *sqlstore.Tx) (party.Turn, error) {
		one, err := joined(tx, a)
		if err != nil {
			return party.Turn{}, err
		}
		two, err := joined(tx, b)
		if err != nil {
			return party.Turn{}, err
		}
		into, from := party.Order(one, two)
		now := w.clock.Now()
		m := party.Merge{ID: habeas.NewID[habeas.MergeKind](now), Said: habeas.NewID[habeas.StatementKind](now), Choices: []string{"identity.given_name"}}
		return m.Do(into, from, habeas.AccountID{}, now, w.schemas)
	})
}

func (w *world) splitAt(t *rapid.T, id habeas.PartyID) party.Turn {
	now := w.clock.Now()
	s := party.Split{ID: habeas.NewID[habeas.SplitKind](now), To: habeas.NewID[habeas.PartyKind](now)}
	if err := w.keys.Commit(w.Context(), w.keys.NewKey(habeas.SubjectOf(s.To))); err != nil {
		t.Fatal(err)
	}
	return w.turn(t, func(tx *sqlstore.Tx) (party.Turn, error) {
		from, err := joined(tx, id)
		if err != nil {
			return party.Turn{}, err
		}
		for _, one := range from.Said {
			if one.Source.Kind == party.FromSystem && rapid.Bool().Draw(t, "leaves") {
				s.Items = append(s.Items, party.Item{Party: one.Party, Statement: one.ID})
			}
		}
		return s.Do(from.Party, from.Said, nil, nil, habeas.AccountID{}, w.clock.Now())
	})
}

// takeBack undoes a turn.
func (w *world) takeBack(t *rapid.T, done party.Turn) {
	w.turn(t, func(tx *sqlstore.Tx) (party.Turn, error) {
		r := tx.Records()
		read := func(id habeas.PartyID) party.Party {
			p, err := r.Party(tx.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		top := func(id habeas.PartyID) party.Party {
			up, err := r.Top(tx.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return read(up)
		}
		if done.Split == nil {
			m, err := r.OneMerge(tx.Context(), done.Merges[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			turn, _, err := m.Undo(read(m.Into), read(m.From), party.Claim{}, party.Move{At: w.clock.Now(), Top: top(m.Into)})
			return turn, err
		}
		s, err := r.OneSplit(tx.Context(), done.Split.ID)
		if err != nil {
			t.Fatal(err)
		}
		asides, err := r.AsidesAt(tx.Context(), s.To)
		if err != nil {
			t.Fatal(err)
		}
		return s.Undo(read(s.From), read(s.To), []party.Party{top(s.From)}, top(s.To), asides, nil, w.clock.Now())
	})
}

// words are the statements of a record but for the version of its party.
func (w *world) words(t *rapid.T, id habeas.PartyID) party.Record {
	p, err := w.db.Records().Party(w.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	said, err := w.db.Records().Statements(w.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	p.Version = 0
	return party.Fold(p, said, party.Settled{}, w.schemas)
}

// Proves PTY-15.
func TestMergesAndSplitsOfTheStoreUndoneInAnyOrderLeaveTheRecordsAsTheyWere(t *testing.T) {
	onEach(t, func(w *world) {
		n := 0
		rapid.Check(w, func(t *rapid.T) {
			n++
			var ids []habeas.PartyID
			for i := range 3 {
				said := w.say(system(byte(i)), fmt.Sprintf("p%d-%d@example.org", n, i), named(fmt.Sprintf("N%d", i), "", ""))
				w.clock.Advance(time.Minute)
				w.say(system(byte(i)), fmt.Sprintf("p%d-%d@example.org", n, i), named("", fmt.Sprintf("F%d", i), ""))
				ids = append(ids, said.Party)
			}
			before := make(map[habeas.PartyID]party.Record)
			for _, id := range ids {
				before[id] = w.words(t, id)
			}
			var done []party.Turn
			for range rapid.IntRange(1, 5).Draw(t, "steps") {
				a, b := rapid.SampledFrom(ids).Draw(t, "a"), rapid.SampledFrom(ids).Draw(t, "b")
				turn := party.Turn{}
				if rapid.Bool().Draw(t, "merge") {
					turn = w.mergeAt(t, a, b)
				} else {
					turn = w.splitAt(t, a)
				}
				if len(turn.Merges) > 0 || turn.Split != nil {
					done = append(done, turn)
				}
			}
			for _, turn := range rapid.Permutation(done).Draw(t, "order") {
				w.takeBack(t, turn)
			}
			for _, id := range ids {
				if after := w.words(t, id); !reflect.DeepEqual(after, before[id]) {
					t.Fatalf("after the undo:\n got %+v\nwant %+v", after, before[id])
				}
			}
		})
		w.verify()
	})
}
