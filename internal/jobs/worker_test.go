package jobs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

// work runs a worker in a bubble of virtual time until f returns.
func work(t *testing.T, w *Worker, f func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() { defer close(stopped); w.Run(ctx) }()
	synctest.Wait()
	f()
	cancel()
	<-stopped
}

func worker(s *shelf, handlers map[Kind]Handler) *Worker {
	return &Worker{
		Store: s, Runs: s, Clock: habeas.SystemClock{}, Handlers: handlers,
		Log: slog.New(slog.DiscardHandler), Rand: func() float64 { return 1 },
	}
}

func ok(context.Context, Job) error { return nil }

func TestJobIsDoneOnceAndItsPayloadCleared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		var got []Job
		w := worker(s, map[Kind]Handler{"mail": func(_ context.Context, j Job) error { got = append(got, j); return nil }})
		id := s.put("mail")
		work(t, w, func() { time.Sleep(time.Hour) })
		if len(got) != 1 || got[0].ID != id || string(got[0].Payload) != "payload" || got[0].Attempts != 1 {
			t.Errorf("handled %+v", got)
		}
		if r := s.get(id); r.state != "done" || r.job.Payload != nil {
			t.Errorf("row is %+v", r)
		}
	})
}

func TestWakeStartsAJobAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		w := worker(s, map[Kind]Handler{"mail": ok})
		w.Poll = time.Hour
		work(t, w, func() {
			start := time.Now()
			id := s.put("mail")
			w.Wake()
			w.Wake()
			synctest.Wait()
			if r := s.get(id); r.state != "done" || time.Since(start) != 0 {
				t.Errorf("%q after %v", r.state, time.Since(start))
			}
		})
	})
}

func TestIdleWorkerAsksNoMoreThanOncePerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		s.broken = errors.New("away")
		w := worker(s, nil)
		w.Poll = time.Millisecond
		work(t, w, func() { time.Sleep(100 * time.Second) })
		if s.asked > 102 {
			t.Errorf("asked %d times in 100 s", s.asked)
		}
	})
}

func TestFailureIsRetriedWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		w := worker(s, map[Kind]Handler{"mail": func(context.Context, Job) error { return errors.New("oscar@example.org is busy") }})
		w.MaxAttempts = 5
		id := s.put("mail")
		work(t, w, func() { time.Sleep(time.Hour) })
		r := s.get(id)
		if r.state != "dead" || r.note != "failed" || len(r.times) != 5 {
			t.Fatalf("%q, %q, %d attempts", r.state, r.note, len(r.times))
		}
		for i, want := range []time.Duration{10, 20, 40, 80} {
			pause := r.times[i+1].Sub(r.times[i])
			if want *= time.Second; pause < want || pause > want+w.Poll {
				t.Errorf("pause %d is %v, want %v", i, pause, want)
			}
		}
	})
}

func TestJobIsGivenUpAfterTwoDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		w := worker(s, map[Kind]Handler{"mail": func(context.Context, Job) error { return errors.New("no") }})
		w.Poll = time.Minute
		id := s.put("mail")
		work(t, w, func() { time.Sleep(60 * time.Hour) })
		r := s.get(id)
		last := r.times[len(r.times)-1].Sub(r.times[0])
		if r.state != "dead" || last < 48*time.Hour || last > 51*time.Hour {
			t.Errorf("%q after %v and %d attempts", r.state, last, len(r.times))
		}
	})
}

type bounce struct{ text string }

func (b bounce) Error() string   { return b.text }
func (b bounce) Permanent() bool { return true }
func (b bounce) Reason() string  { return "recipient-550" }

func TestOutcomeOfEachKindOfError(t *testing.T) {
	tests := map[string]struct {
		handler Handler
		state   string
		note    string
	}{
		"permanent by type":    {func(context.Context, Job) error { return bounce{"no oscar"} }, "dead", "recipient-550"},
		"permanent by wrapper": {func(context.Context, Job) error { return Permanent("address", errors.New("x")) }, "dead", "address"},
		"panic":                {func(context.Context, Job) error { panic("oscar@example.org") }, "", "panic"},
		"habeas error": {func(context.Context, Job) error {
			return habeas.Unavailable("Later.").WithCode("keys.sealed")
		}, "", "keys.sealed"},
		"hangs":     {func(ctx context.Context, _ Job) error { <-ctx.Done(); return ctx.Err() }, "", "timeout"},
		"no errors": {ok, "done", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShelf()
				var log bytes.Buffer
				w := worker(s, map[Kind]Handler{"mail": test.handler})
				w.Log = slog.New(slog.NewTextHandler(&log, nil))
				id := s.put("mail")
				work(t, w, func() { time.Sleep(95 * time.Second) })
				if r := s.get(id); r.state != test.state || r.note != test.note {
					t.Errorf("got %q, %q", r.state, r.note)
				}
				if strings.Contains(log.String(), "oscar") {
					t.Errorf("the log holds the text of an error: %s", log.String())
				}
			})
		})
	}
}

func TestJobOfAnUnknownKindWaitsForANewerNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		id := s.put("webhook")
		work(t, worker(s, nil), func() { time.Sleep(5 * time.Second) })
		if r := s.get(id); r.state != "" || r.note != "no-handler" {
			t.Errorf("%q, %q", r.state, r.note)
		}
		work(t, worker(s, map[Kind]Handler{"webhook": ok}), func() { time.Sleep(time.Minute) })
		if r := s.get(id); r.state != "done" {
			t.Errorf("%q, %q", r.state, r.note)
		}
	})
}

func TestExpiredJobIsNotCarriedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		calls := 0
		w := worker(s, map[Kind]Handler{"mail": func(context.Context, Job) error { calls++; return errors.New("busy") }})
		id := s.put("mail", func(j *Job) { j.ExpiresAt = j.CreatedAt.Add(15 * time.Second) })
		work(t, w, func() { time.Sleep(time.Minute) })
		if r := s.get(id); r.state != "dead" || r.note != "expired" || calls != 2 {
			t.Errorf("%q, %q after %d calls", r.state, r.note, calls)
		}
	})
}

// The process dies, or the database goes away, between the effect and its record.
func TestCrashBeforeDoneDeliversAgainAfterTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		s.lostDone = 1
		var at []time.Time
		w := worker(s, map[Kind]Handler{"mail": func(context.Context, Job) error { at = append(at, time.Now()); return nil }})
		id := s.put("mail")
		work(t, w, func() { time.Sleep(10 * time.Minute) })
		if s.get(id).state != "done" || len(at) != 2 {
			t.Fatalf("%q after %d deliveries", s.get(id).state, len(at))
		}
		if again := at[1].Sub(at[0]); again < 2*time.Minute || again > 2*time.Minute+w.Poll {
			t.Errorf("delivered again after %v, the lease is 2 min", again)
		}
	})
}

func TestJobThatKillsItsProcessIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		called := false
		w := worker(s, map[Kind]Handler{"mail": func(context.Context, Job) error { called = true; return nil }})
		w.MaxAttempts = 3
		id := s.put("mail", func(j *Job) { j.Attempts = 3 }) // claimed three times, never an outcome
		work(t, w, func() { time.Sleep(time.Minute) })
		if r := s.get(id); r.state != "dead" || r.note != "attempts" || called {
			t.Errorf("%q, %q, called %v", r.state, r.note, called)
		}
	})
}

func TestTwoWorkersDoNotDeliverOneJobAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		var deliveries atomic.Int32
		handlers := map[Kind]Handler{"mail": func(context.Context, Job) error {
			deliveries.Add(1)
			time.Sleep(30 * time.Second)
			return nil
		}}
		const jobs = 50
		for range jobs {
			s.put("mail")
		}
		work(t, worker(s, handlers), func() {
			work(t, worker(s, handlers), func() { time.Sleep(10 * time.Minute) })
		})
		if n := deliveries.Load(); n != jobs {
			t.Errorf("%d deliveries of %d jobs", n, jobs)
		}
	})
}

// A worker that was asleep wakes up after another has taken its job over.
func TestStaleOutcomeDoesNotTouchTheNewClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		var calls atomic.Int32
		w := worker(s, map[Kind]Handler{"mail": func(context.Context, Job) error {
			if calls.Add(1) == 1 { // deaf to its context: sleeps over the lease
				time.Sleep(3 * time.Minute)
				return errors.New("late failure")
			}
			time.Sleep(80 * time.Second)
			return nil
		}})
		id := s.put("mail")
		work(t, w, func() { time.Sleep(10 * time.Minute) })
		if r := s.get(id); r.state != "done" || calls.Load() != 2 || r.note != "" {
			t.Errorf("%q, %q, %d calls", r.state, r.note, calls.Load())
		}
	})
}

func TestConcurrencyIsBoundedAndKeptBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		var running, most atomic.Int32
		w := worker(s, map[Kind]Handler{"mail": func(context.Context, Job) error {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(10 * time.Second)
			running.Add(-1)
			return nil
		}})
		w.Concurrency, w.Poll = 4, time.Hour
		var ids []habeas.MailID
		for range 20 {
			ids = append(ids, s.put("mail"))
		}
		work(t, w, func() {
			time.Sleep(51 * time.Second) // 20 jobs, 4 at a time, 10 s each, no wait for the poll
			for _, id := range ids {
				if s.get(id).state != "done" {
					t.Error("a free slot stood idle")
				}
			}
		})
		if most.Load() != 4 {
			t.Errorf("%d ran at once", most.Load())
		}
	})
}

func TestShutdownFinishesWhatIsQuickAndCutsWhatIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		w := worker(s, map[Kind]Handler{
			"quick": func(context.Context, Job) error { time.Sleep(5 * time.Second); return nil },
			"slow":  func(ctx context.Context, _ Job) error { <-ctx.Done(); return ctx.Err() },
			"deaf":  func(context.Context, Job) error { time.Sleep(time.Hour); return nil },
		})
		quick, slow, deaf := s.put("quick"), s.put("slow"), s.put("deaf")
		var stop time.Time
		work(t, w, func() { stop = time.Now() })
		if took := time.Since(stop); took != 2*w.Grace {
			t.Errorf("Run returned after %v", took)
		}
		for id, want := range map[habeas.MailID]string{quick: "done/", slow: "/shutdown", deaf: "/"} {
			if r := s.get(id); r.state+"/"+r.note != want {
				t.Errorf("%s: %s/%s, want %s", r.job.Kind, r.state, r.note, want)
			}
		}
		later := s.put("quick")
		time.Sleep(2 * time.Hour) // lets the deaf one end, inside the bubble
		if s.get(later).state != "" {
			t.Error("a stopped worker claimed a job")
		}
	})
}

func TestBackoffStaysWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.Float64Range(0, 0.999).Draw(t, "jitter")
		w := &Worker{Rand: func() float64 { return r }}
		n := rapid.IntRange(1, 100_000).Draw(t, "attempts")
		if d := w.backoff(n); d < firstBackoff/2 || d > maxBackoff {
			t.Fatalf("backoff(%d) = %v", n, d)
		}
		if w.backoff(n+1) < w.backoff(n) {
			t.Fatal("backoff shrinks")
		}
	})
}
