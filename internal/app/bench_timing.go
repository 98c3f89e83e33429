package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/bench"
	"github.com/habeas-data/habeas/internal/email"
)

// Flow is one way in which somebody outside can try whether an address is known.
type Flow struct {
	Name string // as on the command line
	What string // "signing up, where a record waits"
	// known makes somebody for the known class; nobody is made for the other.
	known func(ctx context.Context, a email.Address) error
	// request tries an address.
	request func(ctx context.Context, address string, n int) (*http.Request, error)
	want    int
}

// Flows are those that are measured (PTY-A26, PTY-A27).
func (b *Bench) Flows() []Flow {
	asking := func(path string, again bool) func(ctx context.Context, address string, n int) (*http.Request, error) {
		return func(ctx context.Context, address string, _ int) (*http.Request, error) {
			v := url.Values{"address": {address}}
			if again {
				v.Set("again", address)
				v.Set("language", "en")
			}
			return b.form(ctx, path, v)
		}
	}
	booking := func(ctx context.Context, address string, n int) (*http.Request, error) {
		return b.book(ctx, address, fmt.Sprintf("T-%07d", n))
	}
	return []Flow{
		{"join", "signing up, with an account or without", b.member(false), asking("/join", true), http.StatusSeeOther},
		{"claim", "signing up, where a record waits or not", b.record, asking("/join", true), http.StatusSeeOther},
		{"sign-in", "a code to sign in, with an account or without", b.member(false), asking("/sign-in/code", false), http.StatusSeeOther},
		{"recovery", "a code to recover, with a passkey or without account", b.member(true), asking("/sign-in/code", false), http.StatusSeeOther},
		{"booking", "find-or-create, known to another system or not", b.record, booking, http.StatusOK},
		{"booking-account", "find-or-create, with an account or without", b.member(true), booking, http.StatusOK},
	}
}

// Timed is what measuring a flow has shown: A is the known class, B the unknown one.
type Timed struct {
	Flow string `json:"flow"`
	What string `json:"what"`
	bench.Comparison
}

// Timing measures a flow: known and unknown addresses in turn, each address once,
// because nobody's second request is like their first.
func (b *Bench) Timing(ctx context.Context, f Flow, r bench.Rounds) (Timed, error) {
	known, unknown := "k"+f.Name, "u"+f.Name
	if err := b.populate(ctx, known, 0, r.WarmUp+r.N, f.known); err != nil {
		return Timed{}, err
	}
	class := func(group string, offset int) bench.Request {
		return func(ctx context.Context, n int) (*http.Request, error) {
			return f.request(ctx, somebody(group, n), offset+2*n)
		}
	}
	c, err := bench.Measure(ctx, bench.Pair{Name: f.Name, A: class(known, 0), B: class(unknown, 1), Want: f.want}, r)
	return Timed{Flow: f.Name, What: f.What, Comparison: c}, err
}

// errNoFlow names nothing that is measured.
var errNoFlow = habeas.Invalid("flow", "There is no such flow to measure. Known are: {flows}.").WithCode("bench.flow")

// Choose returns the flows of the given names, all of them for none.
func (b *Bench) Choose(names []string) ([]Flow, error) {
	all := b.Flows()
	if len(names) == 0 {
		return all, nil
	}
	var out []Flow
	for _, name := range names {
		found := false
		for _, f := range all {
			if f.Name == name {
				out, found = append(out, f), true
			}
		}
		if !found {
			known := ""
			for i, f := range all {
				if i > 0 {
					known += ", "
				}
				known += f.Name
			}
			return nil, errNoFlow.With("flows", known)
		}
	}
	return out, nil
}
