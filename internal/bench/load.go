package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Request makes the nth request of its kind. It is called outside of what is timed.
type Request func(ctx context.Context, n int) (*http.Request, error)

// Pair is two classes of request that nobody should be able to tell apart.
type Pair struct {
	Name string
	A, B Request
	Want int // the status of a good answer
}

// Rounds says how a pair is measured.
type Rounds struct {
	N      int           // rounds that count, one request of each class in each
	WarmUp int           // rounds before, which do not
	Limit  time.Duration // the smallest difference that matters
	Seed   uint64        // decides which class goes first in a round, and the draws of the bootstrap
}

// client keeps one connection, so that each request finds the same conditions.
func client() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxConnsPerHost: 1, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Measure sends the rounds of a pair one request after another and compares the times
// from the first byte written to the last byte read.
func Measure(ctx context.Context, p Pair, r Rounds) (Comparison, error) {
	if r.N < 2 {
		return Comparison{}, errors.New("bench: at least two rounds are needed")
	}
	c := client()
	defer c.CloseIdleConnections()
	order := rand.New(rand.NewPCG(r.Seed, 1))
	a, b := make([]time.Duration, 0, r.N), make([]time.Duration, 0, r.N)
	for n := range r.WarmUp + r.N {
		first := order.IntN(2)
		var took [2]time.Duration
		for turn := range 2 {
			class := (first + turn) % 2
			make := [2]Request{p.A, p.B}[class]
			var err error
			if took[class], err = once(ctx, c, make, n, p.Want); err != nil {
				return Comparison{}, fmt.Errorf("%s: %w", p.Name, err)
			}
		}
		if n >= r.WarmUp {
			a, b = append(a, took[0]), append(b, took[1])
		}
	}
	return Compare(a, b, r.Limit, r.Seed), nil
}

// once makes a request and times it.
func once(ctx context.Context, c *http.Client, make Request, n, want int) (time.Duration, error) {
	req, err := make(ctx, n)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	res, err := c.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	took := time.Since(began)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return 0, err
	}
	if res.StatusCode != want {
		return 0, fmt.Errorf("status %d, want %d", res.StatusCode, want)
	}
	return took, nil
}

// Load is what a server stood.
type Load struct {
	Callers   int           `json:"callers"`
	Requests  int           `json:"requests"`
	Took      time.Duration `json:"took_ns"`
	PerSecond float64       `json:"per_second"`
	P50       time.Duration `json:"p50_ns"`
	P99       time.Duration `json:"p99_ns"`
	Most      time.Duration `json:"max_ns"`
}

// Press lets callers, each with a connection of its own, send requests one after another
// for as long as it says. The first request that is not answered with want ends it.
func Press(ctx context.Context, make Request, callers int, length time.Duration, want int) (Load, error) {
	pressing, stop := context.WithTimeoutCause(ctx, length, errOver)
	defer stop()
	var next atomic.Int64
	times, failed := slices.Repeat([][]time.Duration{nil}, callers), slices.Repeat([]error{nil}, callers)
	began := time.Now()
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			c := client()
			defer c.CloseIdleConnections()
			for pressing.Err() == nil {
				took, err := once(ctx, c, make, int(next.Add(1)), want) // one that is under way is finished
				if err != nil {
					failed[i] = err
					stop()
					return
				}
				times[i] = append(times[i], took)
			}
		})
	}
	wg.Wait()
	l := Load{Callers: callers, Took: time.Since(began)}
	if err := errors.Join(failed...); err != nil {
		return l, err
	}
	all := slices.Concat(times...)
	slices.Sort(all)
	if l.Requests = len(all); l.Requests > 0 {
		l.PerSecond = float64(l.Requests) / l.Took.Seconds()
		l.P50, l.P99, l.Most = all[len(all)/2], all[len(all)*99/100], all[len(all)-1]
	}
	return l, nil
}

// errOver ends the pressing.
var errOver = errors.New("bench: the time is over")
