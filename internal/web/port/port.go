// Package port makes the pages of the port for certificates: whose certificate it is, and the
// way back to the site. There a browser has shown a certificate and its key before it sees
// anything. No cookie is read or set: who asks is known from the connection alone.
package port

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// Bearers is what the pages ask of the server.
type Bearers interface {
	// Bearer tells whose certificate it is; an error when its account does not open by it.
	Bearer(ctx context.Context, client pki.Client) (account.Bearer, error)
	// HandOver returns where a bearer's browser goes on, signed in.
	HandOver(ctx context.Context, b account.Bearer, way sealed.Value) (string, error)
	// CertificateRefused witnesses a refusal, and returns it.
	CertificateRefused(ctx context.Context, holder *pki.Serial, err error) error
}

// Pages are the pages of the port.
type Pages struct {
	*ui.Renderer
	Bearers  Bearers
	Creators Creators
	Site     edge.Origin // where the other pages are
}

type clientKey struct{}

// WithClient returns a request of somebody whose certificate was verified.
func WithClient(r *http.Request, c pki.Client) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), clientKey{}, c))
}

// ClientOf returns whose certificate was verified for a request.
func ClientOf(r *http.Request) (pki.Client, bool) {
	c, ok := r.Context().Value(clientKey{}).(pki.Client)
	return c, ok
}

// Mount registers them.
func (p *Pages) Mount(m *edge.Mux) {
	m.HandleHTTP("GET "+ui.AssetsPath, p.Assets())
	m.Handle("GET /{$}", func(w http.ResponseWriter, r *http.Request) error {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return nil
	})
	m.Handle("GET /sign-in", p.known(p.page))
	m.Handle("POST /sign-in", p.known(p.handOver))
	m.Handle("GET /api/v1/me", p.known(p.me))
	p.mountCreators(m)
}

// bearing is one request by somebody whose certificate counts.
type bearing struct {
	account.Bearer
	ends time.Time
}

// known hands a page who asks, and witnesses who is refused.
func (p *Pages) known(h func(http.ResponseWriter, *http.Request, bearing) error) edge.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		c, ok := ClientOf(r)
		if !ok {
			return pki.ErrNoCertificate
		}
		b, err := p.Bearers.Bearer(r.Context(), c)
		if err != nil {
			return p.Bearers.CertificateRefused(r.Context(), &c.Serial, err)
		}
		return h(w, r, bearing{b, c.Certificate.NotAfter})
	}
}

// SignInPage is the data of port/sign-in.
type SignInPage struct {
	Heading ui.Heading
	Facts   []ui.Line
	Form    *ui.Form // nil: nobody began to sign in
	Begin   *ui.Link
}

// page says whose certificate it is. Opening it changes nothing: only its button does.
func (p *Pages) page(w http.ResponseWriter, r *http.Request, b bearing) error {
	say := p.Printer(r)
	page := SignInPage{
		Heading: ui.Heading{Title: say.T("You are {name}", "name", b.Subject.Name), Lead: say.T("This is what the certificate says that your browser has shown.")},
		Facts: []ui.Line{
			{Icon: "person", Text: b.Subject.Username, Note: say.T("Username")},
			{Icon: "mail", Text: b.Subject.Email, Note: say.T("E-mail address")},
			{Icon: "clock", Text: say.Date(b.ends.In(p.Zone())), Note: say.T("Until then the certificate counts, unless it is revoked.")},
		},
	}
	if o := b.Subject.Organisation; o != "" {
		page.Facts = append(page.Facts, ui.Line{Icon: "server", Text: o, Note: say.T("Organisation")})
	}
	if q := r.URL.Query()["t"]; len(q) == 1 && len(q[0]) < 100 {
		page.Form = &ui.Form{
			Action: "/sign-in", Hidden: []ui.Hidden{{Name: "t", Value: edge.Show(r.Context(), edge.Secret(r.Context(), q[0]))}},
			Submit: say.T("Sign in as {name}", "name", b.Subject.Name),
			Next:   say.T("You go back to the site, signed in there in this browser."),
		}
	} else {
		page.Begin = &ui.Link{Text: say.T("Sign in with it"), URL: p.Site.URL("/sign-in")}
	}
	// The form's answer leads to the site, which is another origin.
	h := w.Header()
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "form-action 'self'", "form-action 'self' "+p.Site.String(), 1))
	return p.Render(w, r, http.StatusOK, "port/sign-in", page)
}

// form bounds what the page posts, in bytes.
const form = 1 << 10

func (p *Pages) handOver(w http.ResponseWriter, r *http.Request, b bearing) error {
	f, err := edge.DecodeForm(w, r, form)
	if err != nil {
		return err
	}
	way := f.Secret("t")
	if err := f.Err(); err != nil {
		return err
	}
	to, err := p.Bearers.HandOver(r.Context(), b.Bearer, way)
	if err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// Me is who a certificate is about, for programs.
type Me struct {
	Name         string        `json:"name"`
	Country      string        `json:"country"`
	Organisation string        `json:"organisation,omitempty"`
	Username     string        `json:"username"`
	Email        string        `json:"email"`
	Serial       string        `json:"serial"`
	Ends         time.Time     `json:"ends"`
	Roles        []habeas.Role `json:"roles"`
}

func (p *Pages) me(w http.ResponseWriter, _ *http.Request, b bearing) error {
	s := b.Subject
	return edge.WriteJSON(w, http.StatusOK, Me{
		Name: s.Name, Country: s.Country, Organisation: s.Organisation, Username: s.Username, Email: s.Email,
		Serial: b.Serial.String(), Ends: b.ends.UTC(), Roles: append([]habeas.Role{}, b.Roles...),
	})
}
