package web

import (
	"context"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
)

// Site is all pages for people. The interfaces are what each subject's pages ask of
// the server; internal/app implements them.
type Site struct {
	*Renderer
	Clock    habeas.Clock
	Origin   edge.Origin
	Cookies  edge.Cookies
	SignIns  SignIns
	Accounts Accounts
	Records  Records
	Systems  Systems
	// Deliveries is the delivery record.
	Deliveries Deliveries
	Limits     edge.Limiter
	Proxies    edge.Proxies
}

// SignIns tells who a sign-in cookie stands for.
type SignIns interface {
	// Who returns the actor of a sign-in and how to address them; the zero Actor
	// when the sign-in is unknown, ended or expired.
	Who(ctx context.Context, sign edge.TokenHash) (habeas.Actor, string, error)
}

// Need is what a page asks of its reader.
type Need uint8

// The needs, each more than the one before.
const (
	Anybody Need = iota
	SignedIn
	Staff
	Administrator
)

// Visit is one request by somebody.
type Visit struct {
	habeas.Actor
	Name   string
	P      lang.Printer
	Signed edge.TokenHash // zero when nobody is signed in
}

// Mount registers every page.
func (s *Site) Mount(m *edge.Mux) {
	s.mountPublic(m)
	s.mountAccount(m)
	s.mountMe(m)
	s.mountStaff(m)
	s.mountProfile(m)
	s.mountSystems(m)
	s.mountDeliveries(m)
}

// handle registers a page that knows its reader and refuses others: somebody who is
// not signed in is sent to sign in and comes back; somebody without the role is told.
func (s *Site) handle(m *edge.Mux, need Need, pattern string, h func(w http.ResponseWriter, r *http.Request, v Visit) error) {
	m.Handle(pattern, func(w http.ResponseWriter, r *http.Request) error {
		v := Visit{P: s.Printer(r)}
		if sign, ok := s.Cookies.SignIn(r); ok {
			actor, name, err := s.SignIns.Who(r.Context(), sign)
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
		if need == Staff && !v.Has(habeas.RoleStaff) || need == Administrator && !v.Has(habeas.RoleAdministrator) {
			return habeas.Forbidden("This page is for people who work here. Sign in with a passkey that has the role.").WithCode("role.missing")
		}
		return h(w, r, v)
	})
}
