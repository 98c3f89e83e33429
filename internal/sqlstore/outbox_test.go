package sqlstore_test

import (
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// posted leaves a job in the outbox; expires is zero or how long it is good for.
func (w *world) posted(good time.Duration) habeas.MailID {
	w.Helper()
	id, now := habeas.NewID[habeas.MailKind](w.clock.Now()), w.clock.Now()
	var expires time.Time
	if good > 0 {
		expires = now.Add(good)
	}
	if err := w.db.InTx(w.Context(), func(tx *sqlstore.Tx) error {
		return tx.Post("mail", "test", id, habeas.SubjectID{}, []byte("a letter"), now, expires)
	}); err != nil {
		w.Fatal(err)
	}
	return id
}

// due claims what is due and gives it up.
func (w *world) givenUp(want int) {
	w.Helper()
	due, err := w.db.Ops().Due(w.Context(), w.clock.Now(), w.clock.Now().Add(time.Minute), 10)
	if err != nil || len(due) != want {
		w.Fatalf("%d due, want %d (%v)", len(due), want, err)
	}
	for _, j := range due {
		if string(j.Payload) != "a letter" || j.Attempts != 1 {
			w.Errorf("%q at attempt %d", j.Payload, j.Attempts)
		}
		if err := w.db.Ops().Dead(w.Context(), j.ID, j.Attempts, w.clock.Now(), "connect"); err != nil {
			w.Fatal(err)
		}
	}
}

// line is the only line of the delivery record.
func (w *world) line() jobs.Delivery {
	w.Helper()
	lines, err := w.db.Ops().Delivered(w.Context(), habeas.SubjectID{}, 10)
	if err != nil || len(lines) != 1 {
		w.Fatalf("%d lines (%v)", len(lines), err)
	}
	return lines[0]
}

func TestWhatWasGivenUpCanBeSentAgain(t *testing.T) {
	onEach(t, func(w *world) {
		ops, ctx := w.db.Ops(), w.Context()
		id := w.posted(0)
		again := func(delay time.Duration) bool {
			ok, err := ops.PutBack(ctx, id, w.clock.Now(), w.clock.Now().Add(delay))
			if err != nil {
				w.Fatal(err)
			}
			return ok
		}
		if w.line().Again || again(0) {
			w.Error("what waits already was put back")
		}
		w.givenUp(1)
		if l := w.line(); !l.Again || l.State != jobs.Failed || l.Reason != "connect" {
			w.Errorf("given up: %+v", l)
		}
		if !again(time.Minute) || again(time.Minute) || w.line().State != jobs.Waiting {
			w.Error("not put back once")
		}
		w.givenUp(0) // not due yet
		if ok, err := ops.EndWaiting(ctx, id, w.clock.Now()); !ok || err != nil || w.line().State != jobs.Failed {
			w.Errorf("not taken back: %v (%v)", ok, err)
		}
		if !again(0) {
			w.Error("not put back after that")
		}
		w.givenUp(1)
		if ok, err := ops.EndWaiting(ctx, id, w.clock.Now()); ok || err != nil {
			w.Errorf("taken back after it was tried: %v (%v)", ok, err)
		}
		w.clock.Advance(jobs.KeepPayload + time.Minute)
		if err := ops.Tidy(ctx, w.clock.Now()); err != nil {
			w.Fatal(err)
		}
		if w.line().Again || again(0) {
			w.Error("the letter outlived its time")
		}
	})
}

func TestALetterWhoseCodeIsOverIsNotSentAgain(t *testing.T) {
	onEach(t, func(w *world) {
		id := w.posted(time.Hour)
		w.givenUp(1)
		if !w.line().Again {
			w.Error("the code is still good")
		}
		w.clock.Advance(time.Hour)
		if w.line().Again {
			w.Error("offered although the code is over")
		}
		if ok, err := w.db.Ops().PutBack(w.Context(), id, w.clock.Now(), w.clock.Now()); ok || err != nil {
			w.Errorf("put back: %v (%v)", ok, err)
		}
	})
}

func TestASchedulesRunFromAClockThatWasAheadHoldsNothingUp(t *testing.T) {
	onEach(t, func(w *world) {
		ops, lease := w.db.Ops(), 10*time.Minute
		begin := func() bool {
			now := w.clock.Now()
			begun, err := ops.BeginRun(w.Context(), "tidy", now, now.Add(-time.Hour), now.Add(lease))
			if err != nil {
				w.Fatal(err)
			}
			return begun
		}
		w.clock.Advance(365 * 24 * time.Hour)
		if !begin() {
			w.Fatal("the first run is refused")
		}
		if err := ops.EndRun(w.Context(), "tidy", w.clock.Now()); err != nil {
			w.Fatal(err)
		}
		w.clock.Advance(2 * time.Hour)
		if !begin() { // and its node dies in it
			w.Fatal("the second run is refused")
		}
		w.clock.Advance(-365 * 24 * time.Hour)
		if !begin() {
			w.Error("a run of next year holds this one up")
		}
		if begin() {
			w.Error("a claim that holds is taken away")
		}
	})
}
