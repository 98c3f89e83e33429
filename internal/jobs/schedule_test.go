package jobs

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestScheduleRunsOnceInItsTimeOnAllNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		var at []time.Time
		var mu sync.Mutex
		node := func() *Worker {
			w := worker(s, nil)
			w.Schedules = []Schedule{{Name: "compact", Every: time.Hour, Do: func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				at = append(at, time.Now())
				return nil
			}}}
			return w
		}
		work(t, node(), func() {
			work(t, node(), func() { time.Sleep(10*time.Hour + time.Minute) })
		})
		// Started anew, it remembers the last run.
		n := len(at)
		work(t, node(), func() { time.Sleep(10 * time.Minute) })
		if n != 11 || len(at) != n {
			t.Errorf("%d runs in 10 h, %d after a restart", n, len(at))
		}
		for i := 1; i < n; i++ {
			if gap := at[i].Sub(at[i-1]); gap < time.Hour || gap > time.Hour+time.Minute {
				t.Errorf("gap %d is %v", i, gap)
			}
		}
	})
}

func TestFailedScheduleIsRepeatedAfterItsLease(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New("no") },
		"panic": func() error { panic("oscar") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShelf()
				var at []time.Time
				w := worker(s, nil)
				w.Schedules = []Schedule{{Name: "purge", Every: 24 * time.Hour, Do: func(context.Context) error {
					if at = append(at, time.Now()); len(at) == 1 {
						return fail()
					}
					return nil
				}}}
				work(t, w, func() { time.Sleep(23 * time.Hour) })
				if len(at) != 2 {
					t.Fatalf("%d runs", len(at))
				}
				if gap := at[1].Sub(at[0]); gap < 10*time.Minute || gap > 11*time.Minute {
					t.Errorf("repeated after %v", gap)
				}
			})
		})
	}
}
