package account

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// Bearers is what the pages about signing in by certificate ask of the server.
type Bearers interface {
	// CertificatePort reports whether people can sign in by certificate.
	CertificatePort() bool
	// CertificateURL begins a sign-in by certificate and returns where the browser goes.
	CertificateURL(ctx context.Context, in account.Asking) (string, error)
	// CertificateSignIn takes what the browser brings back from there.
	CertificateSignIn(ctx context.Context, way sealed.Value, b account.Browser) (account.Proved, error)
}

const certificateAt = "/sign-in/certificate"

func (s *Pages) mountHandover(m *edge.Mux) {
	if s.Bearers == nil {
		return
	}
	s.Handle(m, ui.Anybody, "POST "+certificateAt, s.Limited(s.Begins(ui.FlowSignIn, s.certificateBegin)))
	s.Handle(m, ui.Anybody, "GET "+certificateAt, s.Limited(s.Continues(s.certificateBack, ui.FlowSignIn)))
}

// certificateButton leads to the port for certificates, if there is one.
func (s *Pages) certificateButton(p lang.Printer, to string) []ProviderButton {
	if s.Bearers == nil || !s.Bearers.CertificatePort() {
		return nil
	}
	b := ProviderButton{Action: certificateAt, Text: p.T("Sign in with a certificate")}
	if to != "" {
		b.Hidden = []ui.Hidden{{Name: "to", Value: to}}
	}
	return []ProviderButton{b}
}

// certificateLines says which certificate opens the account, if one does.
func (s *Pages) certificateLines(p lang.Printer, h account.Holdings) []ui.Line {
	if h.Certificate == nil {
		return nil
	}
	return []ui.Line{{
		Icon: "key", Text: p.T("Certificate of your registration"),
		Note: p.T("Issued {day}, ends {end}.", "day", p.Date(h.Certificate.IssuedAt.In(s.Zone())), "end", p.Date(h.Certificate.Ends.In(s.Zone()))),
	}}
}

// certificateBegin sends the browser to the port. It is a page and no redirect, because the
// content policy holds redirects after a form to this origin, and because who has no
// certificate sees nothing of ours there: it is said here.
func (s *Pages) certificateBegin(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	to, err := optionalField(w, r, "to")
	if err != nil {
		return err
	}
	target, err := s.Bearers.CertificateURL(r.Context(), account.Asking{Language: v.P.Lang, To: wanted(to), Flow: s.flow(w, r)})
	if err != nil {
		return err
	}
	ui.Reached(r, "sent to the port for certificates")
	w.Header().Set("Refresh", "0; url="+target)
	return s.Render(w, r, http.StatusOK, "account/provider-go", GoPage{
		Heading: ui.Heading{
			Title: v.P.T("Your browser asks which certificate to show"),
			Lead:  v.P.T("Choose the one of your registration. If there is none to choose, or the browser says that it cannot connect, the certificate is not in this browser yet, or does not count any more: come back and sign in another way."),
			Back:  &ui.Link{Text: v.P.T("Other ways to sign in"), URL: "/sign-in"},
		},
		URL: target, Button: v.P.T("Go on"),
	})
}

// certificateBack is where the browser comes back to. Unlike our other links it acts when it is
// opened: for the browser that began only, once, and for a minute.
func (s *Pages) certificateBack(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	var way sealed.Value
	if q := r.URL.Query()["t"]; len(q) == 1 {
		way = edge.Secret(r.Context(), q[0])
	}
	b, keep := NewBrowser(s.Base, w, r, account.CertificateLife)
	done, err := s.Bearers.CertificateSignIn(r.Context(), way, b)
	if err != nil {
		return s.certificateFailed(w, r, v, err)
	}
	keep()
	ui.FlowEnds(r, ui.FlowSignIn, session.Completed)
	http.Redirect(w, r, ui.LocalPath(done.Next, "/me"), http.StatusSeeOther)
	return nil
}

// certificateFailed shows why, and the ways on.
func (s *Pages) certificateFailed(w http.ResponseWriter, r *http.Request, v ui.Visit, err error) error {
	var told *habeas.Error
	if !errors.As(err, &told) || !strings.HasPrefix(told.Code, "certificate.") && told.Code != "account.closed" {
		return err
	}
	ui.Refused(r, err)
	status := http.StatusForbidden
	if told.Kind == habeas.KindInvalid {
		status = http.StatusBadRequest
	}
	return s.Render(w, r, status, "account/provider", ProviderPage{
		Heading: ui.Heading{Title: v.P.T("You are not signed in by this")},
		Notice:  &ui.Notice{Kind: ui.NoticeWarning, Text: v.P.Fill(told.Message, told.Args)},
		Steps:   []ui.Link{{Text: v.P.T("Other ways to sign in"), URL: "/sign-in"}},
	})
}
