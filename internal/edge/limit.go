package edge

import (
	"context"
	"hash/maphash"
	"net/http"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
)

// Limiter says how often something may happen. Take asks for cost at key; when
// it is refused, nothing is taken and retryAfter says when it could succeed. An
// implementation that cannot tell refuses. Keys are hashed or otherwise
// shortened by the implementation and never logged. Safe for concurrent use.
//
// Guesses at codes need a limiter whose state is rows, so that all nodes share
// it; Buckets is for load, which each node sheds by itself.
type Limiter interface {
	Take(ctx context.Context, key string, cost int) (ok bool, retryAfter time.Duration)
}

// Buckets is a Limiter of token buckets in memory. It keeps 64-bit hashes of
// its keys under a secret seed, at most a stated number of them, and forgets
// first the ones that hold nothing back.
type Buckets struct {
	clock habeas.Clock
	rate  float64 // tokens per second
	burst float64
	seed  maphash.Seed
	parts [bucketParts]bucketPart
	each  int // keys per part
}

const bucketParts = 64 // parts have locks of their own, so cores do not queue

type bucketPart struct {
	mu   sync.Mutex
	held map[uint64]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// NewBuckets returns a limiter that allows burst at once and then perSecond,
// for at most keys keys at a time (about 60 bytes each; at least 64).
func NewBuckets(clock habeas.Clock, perSecond float64, burst, keys int) *Buckets {
	b := &Buckets{
		clock: clock, rate: perSecond, burst: float64(burst), seed: maphash.MakeSeed(),
		each: max(1, keys/bucketParts),
	}
	for i := range b.parts {
		b.parts[i].held = make(map[uint64]bucket)
	}
	return b
}

// Take implements Limiter. A cost above the burst never succeeds.
func (b *Buckets) Take(_ context.Context, key string, cost int) (bool, time.Duration) {
	sum := maphash.String(b.seed, key)
	part := &b.parts[sum%bucketParts]
	now := b.clock.Now()
	part.mu.Lock()
	defer part.mu.Unlock()
	held, known := part.held[sum]
	have := b.burst
	if known {
		have = b.tokens(held, now)
	} else if len(part.held) >= b.each {
		b.evict(part, now)
	}
	if want := float64(cost); have < want {
		if known {
			part.held[sum] = bucket{have, now}
		}
		wait := time.Duration((want - have) / b.rate * float64(time.Second))
		return false, max(wait, time.Millisecond)
	}
	part.held[sum] = bucket{have - float64(cost), now}
	return true, 0
}

// Left returns how many more could be taken at key now, without taking any.
func (b *Buckets) Left(key string) int {
	sum := maphash.String(b.seed, key)
	part := &b.parts[sum%bucketParts]
	now := b.clock.Now()
	part.mu.Lock()
	defer part.mu.Unlock()
	if held, known := part.held[sum]; known {
		return int(b.tokens(held, now))
	}
	return int(b.burst)
}

func (b *Buckets) tokens(h bucket, now time.Time) float64 {
	passed := max(0, now.Sub(h.at).Seconds()) // a clock set back gives nothing
	return min(b.burst, h.tokens+passed*b.rate)
}

// evict makes room by forgetting, of a few keys that map iteration picks at
// random, the one with most tokens: a flood of new keys thus pushes out its own
// rather than one that is being held back.
func (b *Buckets) evict(part *bucketPart, now time.Time) {
	const sample = 8
	var victim uint64
	best, seen := -1.0, 0
	for sum, h := range part.held {
		if t := b.tokens(h, now); t > best {
			victim, best = sum, t
		}
		if seen++; seen == sample {
			break
		}
	}
	delete(part.held, victim)
}

// PerClient limits requests by where they come from.
func PerClient(l Limiter, clients Proxies, f *Failures, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ok, wait := l.Take(r.Context(), clients.LimitKey(r), 1); !ok {
			f.Write(w, r, RetryAfter(habeas.TooMany("Too many requests from your network. Wait a moment and try again."), wait))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Concurrency answers at most n requests at a time and refuses the rest at
// once: under overload a quick "later" is worth more than a slow failure.
func Concurrency(n int, f *Failures, next http.Handler) http.Handler {
	slots := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			f.Write(w, r, RetryAfter(habeas.Unavailable("The server is busy. Try again in a moment."), time.Second))
		}
	})
}

// MaxBody caps every request body at n bytes, as a last resort behind the caps
// that decoders state for themselves.
func MaxBody(n int64, next http.Handler) http.Handler { return http.MaxBytesHandler(next, n) }
