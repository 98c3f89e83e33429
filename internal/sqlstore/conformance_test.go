package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Proves PTY-1, PTY-A31.
func TestAThousandConcurrentCallsForOneAddressMakeOneParty(t *testing.T) {
	onEach(t, func(w *world) {
		said := make([]*party.Asserting, 1000)
		for i := range said {
			said[i] = w.prepare(system(byte(i%3)), "tim@example.org", named("Tim", "Berger", ""))
		}
		var wg sync.WaitGroup
		for _, a := range said {
			wg.Go(func() {
				if err := w.db.Do(w.Context(), a); err != nil {
					w.Error(err)
				}
			})
		}
		wg.Wait()
		refs := map[party.Reference]bool{}
		for _, a := range said {
			if a.Party != said[0].Party {
				w.Fatal("one address has more than one party")
			}
			refs[a.Answer] = true
		}
		if len(refs) != 3 {
			w.Errorf("three systems got %d references, want one each", len(refs))
		}
		all, _, _, err := w.db.Records().Count(w.Context())
		if err != nil || all != 1 {
			w.Errorf("%d parties, want 1 (%v)", all, err)
		}
		if sum := w.verify(); sum.Size != 1000 {
			w.Errorf("%d leaves for 1000 statements", sum.Size)
		}
	})
}

// Proves PTY-2, PTY-4.
func TestTheNewestWordCountsAndEveryWordKeepsItsSource(t *testing.T) {
	onEach(t, func(w *world) {
		ticket := func(ref string) func(*party.Assertion) {
			return func(in *party.Assertion) { in.Ticket = &party.TicketInput{Ref: ref, Title: "Tour"} }
		}
		bill := w.say(system(1), "tim@example.org", named("Tim", "Berger", "1984-05-03"), ticket("B-1"))
		w.clock.Advance(time.Hour)
		bell := w.say(system(2), "TIM@Example.org", named("Timothy", "", ""), ticket("C-9"))
		if strings, same := "one party for one address", bill.Party == bell.Party; !same {
			w.Log(strings)
		}
		rec := w.record(bill.Party)
		if got := rec.Text("identity", "given_name"); got != "Timothy" || bill.Party != bell.Party {
			w.Errorf("current given name %q, want the newest word", got)
		}
		if len(rec.Tickets) != 2 {
			w.Errorf("%d tickets attached, want both", len(rec.Tickets))
		}
		f := rec.Sets[0].Fields[0]
		if f.Current.Source.System != system(2).System || len(f.Older) != 1 || f.Older[0].Text != "Tim" || f.Older[0].Occ.Ref != "B-1" {
			w.Errorf("provenance of the name is wrong: %+v", f)
		}
		if got := rec.Text("identity", "birth_date"); got != "1984-05-03" {
			w.Errorf("birth date %q: what nobody contradicts stays", got)
		}
	})
}

// Proves PTY-26.
func TestASharedAddressDoesNotFusePeople(t *testing.T) {
	onEach(t, func(w *world) {
		anna := w.say(system(1), "family@berger.example", named("Anna", "Berger", "1950-01-02"))
		for name, v := range map[string]party.Values{
			"a letter apart": named("Ana", "Bergr", ""), "an initial": named("A.", "Berger", ""), "no name": nil,
		} {
			if again := w.say(system(3), "family@berger.example", v); again.Party != anna.Party {
				w.Errorf("%s: not recognised as Anna", name)
			}
		}
		for name, v := range map[string]party.Values{
			"another given name": named("Tom", "Berger", ""),
			"another birth date": named("Anna", "Berger", "1980-01-02"),
		} {
			other := w.say(system(2), "family@berger.example", v)
			if other.Party == anna.Party {
				w.Errorf("%s was fused with Anna", name)
			}
			if got := w.record(other.Party).Party.Review; got != party.ReviewConflict {
				w.Errorf("%s: review %q, want conflict", name, got)
			}
		}
	})
}

// Proves PTY-10.
func TestWhereSeveralFitNobodyIsTheFirst(t *testing.T) {
	onEach(t, func(w *world) {
		const family = "family@berger.example"
		old := w.say(system(1), family, named("Anna", "Berger", "1950-01-02"))
		young := w.say(system(2), family, named("Anna", "Berger", "1980-01-02"))
		for name, v := range map[string]party.Values{"the name of both": named("Anna", "Berger", ""), "no name": nil} {
			other := w.say(system(byte(3+len(v))), family, v)
			if other.Party == old.Party || other.Party == young.Party {
				w.Errorf("%s: one of the two was taken", name)
			}
			if got := w.record(other.Party).Party.Review; got != party.ReviewSeveral {
				w.Errorf("%s: review %q, want several", name, got)
			}
			if again := w.say(system(byte(3+len(v))), family, v); again.Party != other.Party || again.Answer != other.Answer {
				w.Errorf("%s: said again it is another party", name)
			}
		}
		if clear := w.say(system(5), family, named("Anna", "", "1980-01-02")); clear.Party != young.Party {
			w.Error("the birth date says which of them, and it was not taken")
		}
	})
}

func TestAReferenceDependsOnlyOnWhatItsSystemSaid(t *testing.T) {
	onEach(t, func(w *world) {
		// System 1 knows a birth date that system 2 only guesses at.
		w.say(system(1), "tim@example.org", named("Tim", "Berger", "1984-05-03"))
		first := w.say(system(2), "tim@example.org", named("Tim", "Berger", ""))
		wrong := w.say(system(2), "tim@example.org", named("Tim", "Berger", "1990-01-01"))
		right := w.say(system(2), "tim@example.org", named("Tim", "Berger", "1990-01-01"))
		if first.Answer != wrong.Answer || wrong.Answer != right.Answer {
			w.Error("a wrong guess at a birth date shows in the reference")
		}
		if first.Party == wrong.Party {
			w.Error("the conflicting birth date was fused with the record")
		}
		if other := w.say(system(3), "tim@example.org", named("Tim", "Berger", "")); other.Answer == first.Answer {
			w.Error("two systems hold the same reference")
		}
		prefix, n := first.Answer.Handle(w.keys.Cipher("reference/" + system(2).System.String()))
		if id, err := w.db.Records().ByReference(w.Context(), system(2).System, prefix, n); err != nil || id != wrong.Party {
			w.Errorf("the reference leads to %v (%v), want the party bound last", id, err)
		}
	})
}

func TestExternalIDsAndIdempotencyKeys(t *testing.T) {
	onEach(t, func(w *world) {
		ext := func(id string) func(*party.Assertion) { return func(in *party.Assertion) { in.ExternalID = id } }
		a := w.say(system(1), "tim@example.org", named("Tim", "Berger", ""), ext("42"))
		b := w.say(system(1), "", named("", "", "1984-05-03"), ext("42"))
		c := w.say(system(1), "tim@example.org", nil)
		moved := w.say(system(1), "tim@new.example", named("Tim", "", ""), ext("42"))
		for name, x := range map[string]*party.Asserting{"by id": b, "by address": c, "at a new address": moved} {
			if x.Party != a.Party || x.Answer != a.Answer {
				w.Errorf("%s: another party or reference", name)
			}
		}
		if again := w.say(system(1), "tim@new.example", nil); again.Party != a.Party {
			w.Error("the new address does not lead to the party")
		}
		if other := w.say(system(2), "oscar@example.org", nil, ext("42")); other.Party == a.Party {
			w.Error("another system's id 42 is the same party")
		}
		idem := func(in *party.Assertion) { in.Idempotent = "k-1" }
		x := w.say(system(1), "ida@example.org", named("Ida", "", ""), idem)
		before := w.verify().Size
		if y := w.say(system(1), "ida@example.org", named("Ida", "", ""), idem); y.Answer != x.Answer || w.verify().Size != before {
			w.Error("a repeated request wrote again or was answered otherwise")
		}
		clash := w.prepare(system(1), "ida@example.org", named("Eva", "", ""), idem)
		if err := w.db.Do(w.Context(), clash); habeas.KindOf(err) != habeas.KindConflict {
			w.Errorf("the same key with another request: %v, want a conflict", err)
		}
	})
}

// poison is a plan whose rows cannot be written.
type poison struct{ *party.Asserting }

func (p poison) Decide(f party.Found) (party.Change, error) {
	c, err := p.Asserting.Decide(f)
	c.Insert, c.Update = nil, &party.Party{ID: habeas.PartyID{9}} // no such row
	return c, err
}

// Proves AUD-11.
func TestAPoisonedWriteFailsAloneAndLeavesNothing(t *testing.T) {
	onEach(t, func(w *world) {
		var wg sync.WaitGroup
		for i := range 60 {
			a := w.prepare(system(1), fmt.Sprintf("p%d@example.org", i), named("Ada", "Poe", ""))
			wg.Go(func() {
				var plan party.Plan = a
				if i%10 == 3 {
					plan = poison{a}
				}
				if err := w.db.Do(w.Context(), plan); (err != nil) != (i%10 == 3) {
					w.Errorf("plan %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		all, _, _, err := w.db.Records().Count(w.Context())
		if sum := w.verify(); err != nil || all != 54 || sum.Size != 54 {
			w.Errorf("%d parties and %d leaves, want 54 each (%v)", all, sum.Size, err)
		}
	})
}

func TestAUseCaseIsAllOrNothing(t *testing.T) {
	onEach(t, func(w *world) {
		a := w.say(system(1), "tim@example.org", named("Tim", "", ""))
		entry := func() audit.Entry {
			return audit.Entry{
				ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.PartyReviewed,
				Subject: habeas.SubjectOf(a.Party), Actor: habeas.Server, At: w.clock.Now(),
			}
		}
		refused := errors.New("refused")
		for name, fn := range map[string]func(*sqlstore.Tx) error{
			"refused":  func(tx *sqlstore.Tx) error { return errors.Join(tx.Audit(entry()), refused) },
			"panicked": func(tx *sqlstore.Tx) error { _ = tx.Audit(entry()); panic("a fault") },
			"unknown event": func(tx *sqlstore.Tx) error {
				p := w.record(a.Party).Party
				p.Review, p.Version = party.ReviewShared, 9
				e := entry()
				e.Event = "party.unknown"
				return tx.Records().ChangeParty(p, nil, nil, e)
			},
		} {
			if err := w.db.InTx(w.Context(), fn); err == nil {
				w.Errorf("%s: no error", name)
			}
			if sum := w.verify(); sum.Size != 1 || w.record(a.Party).Party.Version != 1 {
				w.Errorf("%s left something behind", name)
			}
		}
		if err := w.db.InTx(w.Context(), func(tx *sqlstore.Tx) error { return tx.Audit(entry()) }); err != nil {
			w.Error(err)
		}
		if events, err := w.db.Events(w.Context(), habeas.SubjectOf(a.Party), habeas.EventID{}, 10); err != nil || len(events) != 2 || events[1].Event != audit.PartyCreated {
			w.Errorf("events %v (%v)", events, err)
		}
	})
}

func TestACallerThatLeavesDoesNotBreakTheOthers(t *testing.T) {
	onEach(t, func(w *world) {
		a := w.say(system(1), "tim@example.org", named("Tim", "", ""))
		entry := audit.Entry{ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.PartyReviewed, Actor: habeas.Server, At: w.clock.Now()}
		ctx, leave := context.WithCancel(w.Context())
		err := w.db.InTx(ctx, func(tx *sqlstore.Tx) error {
			leave()
			if _, err := tx.Records().Statements(ctx, a.Party); err != nil {
				return err
			}
			return tx.Audit(entry)
		})
		if err != nil {
			w.Errorf("the use case was cut off half-way: %v", err)
		}
		if sum := w.verify(); sum.Size != 2 {
			w.Errorf("%d leaves, want 2", sum.Size)
		}
	})
}

func TestAReopenedStoreGoesOnWhereItWas(t *testing.T) {
	onEach(t, func(w *world) {
		for i := range 37 {
			w.say(system(1), fmt.Sprintf("p%d@example.org", i), named("Ada", "", ""))
		}
		if err := w.db.Close(); err != nil {
			w.Fatal(err)
		}
		w.db = w.open()
		w.say(system(1), "p3@example.org", named("Ada", "Poe", ""))
		if sum := w.verify(); sum.Size != 38 {
			w.Errorf("%d leaves, want 38", sum.Size)
		}
		if err := w.db.InTx(context.Background(), func(*sqlstore.Tx) error { return nil }); err != nil {
			w.Error(err)
		}
	})
}
