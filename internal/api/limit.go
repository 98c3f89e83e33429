package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
)

// Quota is how much one caller may do: Count at once, and Count in each In.
type Quota struct {
	Count int
	In    time.Duration
}

// or returns q, or a quota in place of the zero one.
func (q Quota) or(count int, in time.Duration) Quota {
	if q.Count == 0 {
		return Quota{count, in}
	}
	return q
}

var (
	errRate        = habeas.TooMany("Too many requests. Wait a moment and try again.").WithCode("rate.limited")
	errAddressRate = habeas.TooMany("You have named this address or external id too often. Wait as long as Retry-After says.").WithCode("rate.address")
)

// quota counts against a Quota in memory, under hashed keys. Its answers carry the
// header fields of draft-ietf-httpapi-ratelimit-headers-11.
type quota struct {
	name    string
	buckets *edge.Buckets
	policy  string // an item of RateLimit-Policy
}

func newQuota(clock habeas.Clock, name string, q Quota, keys int) *quota {
	return &quota{
		name:    name,
		buckets: edge.NewBuckets(clock, float64(q.Count)/q.In.Seconds(), q.Count, keys),
		policy:  fmt.Sprintf(`"%s";q=%d;w=%d`, name, q.Count, int(q.In.Seconds())),
	}
}

// take counts n at key, or returns an error that says when to come back, with the
// fields for it in h.
func (q *quota) take(ctx context.Context, h http.Header, key string, n int) error {
	ok, wait := q.buckets.Take(ctx, key, n)
	if ok {
		return nil
	}
	seconds := int((wait + time.Second - 1) / time.Second)
	h.Set("RateLimit-Policy", q.policy)
	h.Set("RateLimit", fmt.Sprintf(`"%s";r=0;t=%d`, q.name, seconds))
	if q.name == "address" {
		return edge.RetryAfter(errAddressRate, wait)
	}
	return edge.RetryAfter(errRate, wait)
}

// show tells how much is left at key.
func (q *quota) show(h http.Header, key string) {
	h.Set("RateLimit-Policy", q.policy)
	h.Set("RateLimit", `"`+q.name+`";r=`+strconv.Itoa(q.buckets.Left(key)))
}
