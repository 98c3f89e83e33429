package bench

import (
	"context"
	"crypto/tls"
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

// Rounds says how pairs are measured.
type Rounds struct {
	N      int           // rounds of each pair that count, one request of each class in each
	WarmUp int           // rounds before, which do not
	Block  int           // so many rounds of a pair, then the next pair; 0: all at once
	Limit  time.Duration // the smallest difference that matters
	Seed   uint64        // decides every order and every draw
}

// client keeps one connection, so that each request finds the same conditions.
func client(config *tls.Config) *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxConnsPerHost: 1, DisableCompression: true, TLSClientConfig: config},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Measure sends the rounds of all pairs one request after another, in blocks that take
// turns in random order, and compares the times from the first byte written to the last
// byte read. said, unless nil, is told how many rounds of how many are done.
func Measure(ctx context.Context, pairs []Pair, r Rounds, said func(done, total int)) ([]Comparison, error) {
	if r.N < 2 {
		return nil, errors.New("bench: at least two rounds are needed")
	}
	if r.Block <= 0 {
		r.Block = r.N
	}
	c := client(nil)
	defer c.CloseIdleConnections()
	order := rand.New(rand.NewPCG(r.Seed, 1))
	times := make([][2][]time.Duration, len(pairs))
	done, total := 0, len(pairs)*(r.WarmUp+r.N)
	block := func(i, from, to int) error {
		for n := from; n < to; n++ {
			took, err := pairs[i].round(ctx, c, n, order.IntN(2))
			if err != nil {
				return fmt.Errorf("%s: %w", pairs[i].Name, err)
			}
			if n >= r.WarmUp {
				times[i][0], times[i][1] = append(times[i][0], took[0]), append(times[i][1], took[1])
			}
		}
		if done += to - from; said != nil {
			said(done, total)
		}
		return nil
	}
	for from, to := 0, r.WarmUp; from < r.WarmUp+r.N; from, to = to, min(to+r.Block, r.WarmUp+r.N) {
		for _, i := range order.Perm(len(pairs)) {
			if err := block(i, from, to); err != nil {
				return nil, err
			}
		}
	}
	out := make([]Comparison, len(pairs))
	for i, t := range times {
		out[i] = Compare(t[0], t[1], r.Block, r.Limit, r.Seed+uint64(i))
	}
	return out, nil
}

// round sends one request of each class, first the one of first.
func (p Pair) round(ctx context.Context, c *http.Client, n, first int) (took [2]time.Duration, err error) {
	for turn := range 2 {
		class := (first + turn) % 2
		if took[class], err = once(ctx, c, [2]Request{p.A, p.B}[class], n, p.Want); err != nil {
			return took, err
		}
	}
	return took, nil
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

// ErrNoMore is what a [Request] says when the requests that it had prepared are used up.
var ErrNoMore = errors.New("bench: there are no more requests")

// Pressure is how a server is pressed.
type Pressure struct {
	Request Request // the first is number 1; it may end the pressing by ErrNoMore
	Callers int     // each with a connection of its own
	For     time.Duration
	Want    int         // the status of a good answer; any other one ends it
	TLS     *tls.Config // of the callers; nil: the usual
}

// Press lets callers send requests one after another for as long as p says.
func Press(ctx context.Context, p Pressure) (Load, error) {
	return Repeat(ctx, p.Callers, p.For, func(int) (Once, func()) {
		c := client(p.TLS)
		return func(ctx context.Context, n int) (time.Duration, error) { return once(ctx, c, p.Request, n, p.Want) }, c.CloseIdleConnections
	})
}

// Once does something for the nth time and says how long it took, of which preparing it is no part.
type Once func(ctx context.Context, n int) (time.Duration, error)

// Repeat lets callers do something one time after another, for as long as it says. caller
// makes each of them; what it returns besides is called when that one is done. ErrNoMore ends
// it, and so does an error, which is returned.
func Repeat(ctx context.Context, callers int, length time.Duration, caller func(i int) (Once, func())) (Load, error) {
	pressing, stop := context.WithTimeoutCause(ctx, length, errOver)
	defer stop()
	var next atomic.Int64
	times, failed := slices.Repeat([][]time.Duration{nil}, callers), slices.Repeat([]error{nil}, callers)
	began := time.Now()
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			do, done := caller(i)
			defer done()
			for pressing.Err() == nil {
				took, err := do(ctx, int(next.Add(1))) // one that is under way is finished
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
	failed = slices.DeleteFunc(failed, func(err error) bool { return errors.Is(err, ErrNoMore) })
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
