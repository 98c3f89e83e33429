package ui

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/session"
)

// Base is what the pages of every subject stand on. A subject embeds it in its own
// Pages and registers them by handle.
type Base struct {
	*Renderer
	Clock   habeas.Clock
	Origin  edge.Origin
	Cookies edge.Cookies
	SignIns SignIns
	Limits  edge.Limiter
	Proxies edge.Proxies
	Flows   *session.Flows // whose steps are logged; nil: none are
}

// SignIns tells who a sign-in cookie stands for.
type SignIns interface {
	// Who returns the actor of a sign-in and how to address them; the zero Actor
	// when the sign-in is unknown, ended or expired.
	Who(ctx context.Context, sign edge.TokenHash) (habeas.Actor, string, error)
}

// Need is what a page asks of its reader.
type Need uint8

// The needs.
const (
	Anybody Need = iota
	SignedIn
	Staff
	Grantor // whoever gives roles: the authorization manager too
	Administrator
)

// Visit is one request by somebody.
type Visit struct {
	habeas.Actor
	Name   string
	P      lang.Printer
	Signed edge.TokenHash // zero when nobody is signed in
}

// Mount registers the start page and what every page needs: assets and the switches
// of the footer.
func (b *Base) Mount(m *edge.Mux) {
	b.Handle(m, Anybody, "GET /{$}", func(w http.ResponseWriter, r *http.Request, _ Visit) error {
		return b.Render(w, r, http.StatusOK, "public/home", nil)
	})
	m.HandleHTTP("GET "+AssetsPath, b.Assets())
	m.HandleHTTP("POST "+PreferencesPath, http.HandlerFunc(b.Preferences))
}

// Handle registers a page that knows its reader and refuses others: somebody who is
// not signed in is sent to sign in and comes back; somebody without the role is told.
func (b *Base) Handle(m *edge.Mux, need Need, pattern string, h func(w http.ResponseWriter, r *http.Request, v Visit) error) {
	m.Handle(pattern, func(w http.ResponseWriter, r *http.Request) error {
		v := Visit{P: b.Printer(r)}
		if sign, ok := b.Cookies.SignIn(r); ok {
			actor, name, err := b.SignIns.Who(r.Context(), sign)
			if err != nil {
				return err
			}
			v.Actor, v.Name = actor, name
			if !actor.Account.IsZero() {
				v.Signed = sign
			}
		}
		f := FrameOf(r)
		f.Actor, f.Name = v.Actor, v.Name
		r = WithFrame(r, f)
		if need > Anybody && v.Account.IsZero() {
			http.Redirect(w, r, "/sign-in?to="+queryPath(r), http.StatusSeeOther)
			return nil
		}
		if need == Staff && !v.Has(habeas.RoleStaff) || need == Administrator && !v.Has(habeas.RoleAdministrator) ||
			need == Grantor && !account.Grantor(v.Actor) {
			return habeas.Forbidden("This page is for people who work here. Sign in with a passkey that has the role.").WithCode("role.missing")
		}
		return h(w, r, v)
	})
}

// OnID hands a page the id that its path holds under a name. What is no id is answered with
// none, or, where that is nil, with what is wrong with it.
func OnID[K habeas.Kind](name string, none error, h func(w http.ResponseWriter, r *http.Request, v Visit, id habeas.ID[K]) error) func(http.ResponseWriter, *http.Request, Visit) error {
	return func(w http.ResponseWriter, r *http.Request, v Visit) error {
		id, err := habeas.ParseID[K](r.PathValue(name))
		switch {
		case err != nil && none != nil:
			return none
		case err != nil:
			return err
		}
		return h(w, r, v, id)
	}
}

// Limited refuses what one network asks faster than people do. Each of these requests
// costs a durable write, so the limit stands before it; it looks at no address, so it
// tells nothing. The pages that take it share one limit.
func (b *Base) Limited(h func(http.ResponseWriter, *http.Request, Visit) error) func(http.ResponseWriter, *http.Request, Visit) error {
	return func(w http.ResponseWriter, r *http.Request, v Visit) error {
		if b.Limits != nil {
			if ok, wait := b.Limits.Take(r.Context(), "account "+b.Proxies.LimitKey(r), 1); !ok {
				return edge.RetryAfter(habeas.TooMany("Too many requests from your network. Wait a moment and try again."), wait)
			}
		}
		return h(w, r, v)
	}
}

// flowLife is longer than any challenge that asks for the browser it began in.
const flowLife = 24 * time.Hour

// Flow marks the browser in which a flow begins, once: several flows of one browser do
// not disturb each other.
func (b *Base) Flow(w http.ResponseWriter, r *http.Request) edge.TokenHash {
	if t, ok := b.Cookies.Flow(r); ok {
		return t
	}
	t := b.Cookies.BeginFlow(r.Context(), w, flowLife)
	tie(r, t)
	return t
}

// queryPath is the page to come back to after signing in: a path of ours, and only
// for a page that was read, never one that was posted to.
func queryPath(r *http.Request) string {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ""
	}
	return url.QueryEscape(r.URL.Path)
}
