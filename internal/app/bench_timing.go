package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/bench"
	"github.com/habeas-data/habeas/internal/email"
)

// Flow is one way in which somebody outside can try whether an address, or a code, is
// known.
type Flow struct {
	Name string // as on the command line
	What string // "signing up, where a record waits"
	// known and other make the two classes; nil: nobody is made.
	known, other func(ctx context.Context, a email.Address) error
	// request tries an address. It may ask for what it needs before it returns the request
	// that is timed.
	request func(ctx context.Context, address string, n int) (*http.Request, error)
	want    int
	// late makes the known class of a control late by the limit.
	late bool
}

// The controls: what the tool must not find, and what it must.
const (
	controlSame = "control-same"
	controlLate = "control-late"
)

// delayHeader makes the measured server spend time on a request before it looks at it.
const delayHeader = "Bench-Delay"

// Flows are those that are measured (PTY-A26, PTY-A27). Signing in by an identity provider
// is not among them: its first step takes no address, and its last one opens to nobody who
// has not signed in there.
func (b *Bench) Flows() []Flow {
	asking := func(path string, fields ...string) func(ctx context.Context, address string, n int) (*http.Request, error) {
		return func(ctx context.Context, address string, _ int) (*http.Request, error) {
			v := url.Values{"address": {address}}
			for _, f := range fields {
				v.Set(f, address)
			}
			return b.form(ctx, path, v)
		}
	}
	booking := func(ctx context.Context, address string, n int) (*http.Request, error) {
		return b.book(ctx, address, fmt.Sprintf("T-%07d", n))
	}
	join, code, notice := asking("/join", "again"), asking("/sign-in/code"), asking("/notice")
	return []Flow{
		{Name: "join", What: "sign-up: an account, or nobody", known: b.member(plain), request: join, want: http.StatusSeeOther},
		{Name: "claim", What: "sign-up: a record that waits, or nothing", known: b.record, request: join, want: http.StatusSeeOther},
		{Name: "claimed", What: "sign-up: a claimed record, or an unclaimed one", known: b.claimed, other: b.record, request: join, want: http.StatusSeeOther},
		{Name: "sign-in", What: "a code to sign in: an account, or nobody", known: b.member(plain), request: code, want: http.StatusSeeOther},
		{Name: "recovery", What: "a code to recover: an account with a passkey, or nobody", known: b.member(withPasskey), request: code, want: http.StatusSeeOther},
		{Name: "closed", What: "a code to sign in: a closed account, or nobody", known: b.member(closed), request: code, want: http.StatusSeeOther},
		{Name: "wrong-code", What: "a wrong code: an account, or nobody", known: b.member(plain), request: b.wrongCode, want: http.StatusBadRequest},
		{Name: "notice", What: "what is held about me: a record, or nothing", known: b.record, request: notice, want: http.StatusSeeOther},
		{Name: "notice-claimed", What: "what is held about me: a claimed record, or nothing", known: b.claimed, request: notice, want: http.StatusSeeOther},
		{Name: "booking", What: "find-or-create: known by another system, or by none", known: b.record, request: booking, want: http.StatusOK},
		{Name: "booking-account", What: "find-or-create: an account with a passkey, or nobody", known: b.member(withPasskey), request: booking, want: http.StatusOK},
		{Name: "booking-claimed", What: "find-or-create: a claimed record, or an unclaimed one", known: b.claimed, other: b.record, request: booking, want: http.StatusOK},
		{Name: "code", What: "adding by code: a code mistyped in its secret, or none there is", known: b.pass, request: b.byCode, want: http.StatusBadRequest},
		{Name: controlSame, What: "control: nobody, or nobody", request: code, want: http.StatusSeeOther},
		{Name: controlLate, What: "control: nobody, late by the limit, or nobody", request: code, want: http.StatusSeeOther, late: true},
	}
}

// Timed is what measuring a flow has shown: A is the first class that it names.
type Timed struct {
	Flow string `json:"flow"`
	What string `json:"what"`
	bench.Comparison
}

// isControl reports whether the flow measures the measuring.
func isControl(name string) bool { return name == controlSame || name == controlLate }

// TimingReport is what measuring has shown. Its JSON form is stable: members are only added.
type TimingReport struct {
	Verdict   bench.Verdict `json:"verdict"` // of all; Void: the controls say that nothing can be said
	Void      string        `json:"void,omitempty"`
	Limit     time.Duration `json:"limit_ns"`
	Threshold float64       `json:"t_threshold"`
	Rounds    int           `json:"rounds"`
	Seed      uint64        `json:"seed"`
	Seconds   float64       `json:"seconds"`
	Flows     []Timed       `json:"flows"`
}

// Void is the verdict of a measurement whose controls have failed.
const Void bench.Verdict = "void"

// conclude draws the verdict of all from those of each: the worst one.
func (r *TimingReport) conclude() {
	worse := []bench.Verdict{bench.Alike, bench.Small, bench.Undecided, bench.Different}
	rank := 0
	for _, t := range r.Flows {
		switch {
		case t.Flow == controlSame && t.Found():
			r.Void = "a difference was found between requests that do not differ: other programs are at work, measure again when they rest"
		case t.Flow == controlLate && !t.Found():
			r.Void = fmt.Sprintf("a delay of %s was not found: measure about %d rounds, or on a machine that rests", r.Limit, 2*t.Needed)
		case !isControl(t.Flow):
			rank = max(rank, slices.Index(worse, t.Verdict))
		}
	}
	if r.Verdict = worse[rank]; r.Void != "" {
		r.Verdict = Void
	}
}

// Timing measures flows: known and unknown addresses in turn, each address once, because
// nobody's second request is like their first. said is told how far it is; it may be nil.
func (b *Bench) Timing(ctx context.Context, flows []Flow, r bench.Rounds, said func(done, total int)) (TimingReport, error) {
	began := time.Now()
	out := TimingReport{Limit: r.Limit, Threshold: bench.Threshold, Rounds: r.N, Seed: r.Seed}
	b.delay = r.Limit
	if err := b.moreSystems(ctx, 2*(r.WarmUp+r.N)); err != nil {
		return out, err
	}
	var pairs []bench.Pair
	for i, f := range flows {
		pair, err := b.pair(ctx, f, i, r.WarmUp+r.N)
		if err != nil {
			return out, err
		}
		pairs = append(pairs, pair)
	}
	all, err := bench.Measure(ctx, pairs, r, said)
	if err != nil {
		return out, err
	}
	for i, f := range flows {
		out.Flows = append(out.Flows, Timed{Flow: f.Name, What: f.What, Comparison: all[i]})
	}
	out.Seconds = time.Since(began).Seconds()
	out.conclude()
	return out, nil
}

// pair makes the people of a flow and the requests about them.
func (b *Bench) pair(ctx context.Context, f Flow, i, n int) (bench.Pair, error) {
	groups := [2]string{fmt.Sprintf("k%02d", i), fmt.Sprintf("u%02d", i)}
	for c, makeOne := range []func(ctx context.Context, a email.Address) error{f.known, f.other} {
		if makeOne == nil {
			continue
		}
		if err := b.populate(ctx, groups[c], 0, n, makeOne); err != nil {
			return bench.Pair{}, err
		}
	}
	class := func(c int) bench.Request {
		return func(ctx context.Context, n int) (*http.Request, error) {
			r, err := f.request(ctx, somebody(groups[c], n), 2*n+c)
			if err == nil { // both classes say it, in as many bytes
				r.Header.Set(delayHeader, map[bool]string{true: "late", false: "none"}[f.late && c == 0])
			}
			return r, err
		}
	}
	return bench.Pair{Name: f.Name, A: class(0), B: class(1), Want: f.want}, nil
}

// errNoFlow names nothing that is measured.
var errNoFlow = habeas.Invalid("flow", "There is no such flow to measure. Known are: {flows}.").WithCode("bench.flow")

// Choose returns the flows of the given names with the controls, all of them for none.
func (b *Bench) Choose(names []string) ([]Flow, error) {
	all := b.Flows()
	known := make([]string, len(all))
	for i, f := range all {
		known[i] = f.Name
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, errNoFlow.With("flows", strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(all, func(f Flow) bool {
		return len(names) > 0 && !isControl(f.Name) && !slices.Contains(names, f.Name)
	}), nil
}
