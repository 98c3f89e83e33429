package account

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/regfile"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// Registrations is what the pages about registering ask of the server.
type Registrations interface {
	Holding(ctx context.Context, a habeas.Actor) (account.CertificateHolding, error)
	// Policy is the version that whoever registers now has to accept.
	Policy(ctx context.Context) (version int64, err error)
	// Submit registers the actor, or mails a code that confirms the change of a certificate.
	Submit(ctx context.Context, a habeas.Actor, s account.Submission, in account.Asking) (account.Submitted, error)
	// Confirm takes that code.
	Confirm(ctx context.Context, a habeas.Actor, challenge habeas.ChallengeID, typed sealed.Value, flow account.Token) (chain [][]byte, err error)
	Revoke(ctx context.Context, a habeas.Actor, authority pki.Kind, serial pki.Serial, reason pki.Reason) error

	// Handover lets a command register for the actor by a number and a code.
	Handover(ctx context.Context, a habeas.Actor, policy int64) (number habeas.ChallengeID, code sealed.Value, err error)
	FromTerminal(ctx context.Context, number habeas.ChallengeID, typed sealed.Value, request []byte, client string) (account.Submitted, error)
	ConfirmFromTerminal(ctx context.Context, number, challenge habeas.ChallengeID, typed sealed.Value) (chain [][]byte, err error)
}

const (
	registrationAt = "/me/registration"
	terminalAt     = "/registration/terminal"
	viewAt         = "/registration/view"
)

func (s *Pages) mountRegistration(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET "+registrationAt, s.registrationPage)
	s.Handle(m, ui.SignedIn, "GET "+registrationAt+"/new", s.registerPage)
	s.Handle(m, ui.SignedIn, "POST "+registrationAt+"/new", s.Limited(s.encrypted(s.submitFromPage)))
	s.Handle(m, ui.SignedIn, "POST "+registrationAt+"/confirm", s.Limited(s.encrypted(s.confirmFromPage)))
	s.Handle(m, ui.SignedIn, "POST "+registrationAt+"/upload", s.Limited(s.encrypted(s.uploadRequest)))
	s.Handle(m, ui.SignedIn, "POST "+registrationAt+"/terminal", s.Limited(s.encrypted(s.handover)))
	s.Handle(m, ui.SignedIn, "GET "+registrationAt+"/lost", s.lostPage)
	s.Handle(m, ui.SignedIn, "POST "+registrationAt+"/lost", s.Limited(s.lost))
	s.Handle(m, ui.SignedIn, "GET "+registrationAt+"/certificate.pem", s.download("certificate.pem", 1))
	s.Handle(m, ui.SignedIn, "GET "+registrationAt+"/chain.pem", s.download("chain.pem", regfile.MaxCertificates))
	s.Handle(m, ui.Anybody, "GET "+viewAt, s.viewPage)
	s.Handle(m, ui.Anybody, "POST "+terminalAt, s.Limited(s.encrypted(s.submitFromTerminal)))
	s.Handle(m, ui.Anybody, "POST "+terminalAt+"/confirm", s.Limited(s.encrypted(s.confirmFromTerminal)))
}

// errPlain refuses what came without TLS.
var errPlain = habeas.Forbidden("Registering goes over an encrypted connection only. Open this site at its address that begins with https://, and begin again.").WithCode("registration.plain")

// encrypted refuses requests that came without TLS before anything is read of them (REG-07). On
// the machine of the server itself there is none.
func (s *Pages) encrypted(h func(http.ResponseWriter, *http.Request, ui.Visit) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return func(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
		if s.Origin.Secure() && !s.Proxies.Encrypted(r) {
			return errPlain
		}
		return h(w, r, v)
	}
}

// RegistrationPage is the data of account/registration.
type RegistrationPage struct {
	Heading  ui.Heading
	Says     *ui.Fields // what the certificate that counts says; nil: there is none
	Register *ui.Link   // nil: registered
	Active   []CertificateLine
	Ended    []CertificateLine
	Moved    *ui.Notice // the certificate names another address than the main one
}

// CertificateLine is a certificate in a list.
type CertificateLine struct {
	Title string
	Facts []ui.FieldRow
	Tag   ui.Tag
}

func (s *Pages) registrationPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	p, now := v.P, s.Clock.Now()
	h, err := s.Registrations.Holding(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	page := RegistrationPage{
		Heading: ui.Heading{
			Title: p.T("Your registration"),
			Lead:  p.T("One file that proves who you are: here, and to others who trust this organisation. Only you have it."),
		},
	}
	if h.Chain == nil {
		page.Register = &ui.Link{Text: p.T("Register"), URL: registrationAt + "/new"}
		if len(h.Certificates) > 0 {
			page.Register.Text = p.T("Register again")
		}
	} else {
		page.Says = s.certifiedFields(p, h)
		who, err := s.Accounts.Holdings(r.Context(), v.Actor)
		if err != nil {
			return err
		}
		if who.Main().Mailbox != h.Registration.Subject.Email {
			page.Moved = &ui.Notice{
				Kind: ui.NoticeWarning, Title: p.T("Your certificate names another address"),
				Text: p.T("Your main address is {address} now. The certificate counts as before; change it, so that it says so too.", "address", who.Main().Mailbox),
				Link: &ui.Link{Text: p.T("Change it"), URL: registrationAt + "/new"},
			}
		}
	}
	through, err := s.submitters(r, v)
	if err != nil {
		return err
	}
	for _, c := range h.Certificates {
		line := s.certificateLine(p, c)
		if len(through) > 0 && c.Authority == pki.Identity {
			line.Facts = append(line.Facts, submittedBy(p, c, through)...)
		}
		if c.Active(now) {
			page.Active = append(page.Active, line)
		} else {
			page.Ended = append(page.Ended, line)
		}
	}
	return s.Render(w, tellRegistration(r, p), http.StatusOK, "account/registration", page)
}

// submitters are the creators through whom the reader was ever registered, by their mandates.
func (s *Pages) submitters(r *http.Request, v ui.Visit) (map[habeas.MandateID]account.MandateWords, error) {
	if s.Creators == nil {
		return nil, nil
	}
	all, err := s.Creators.Mandates(r.Context(), v.Actor)
	out := map[habeas.MandateID]account.MandateWords{}
	for _, m := range all {
		if m.Certificates > 0 {
			out[m.ID] = m.Words
		}
	}
	return out, err
}

// submittedBy says who said what a certificate says: where more than one party did, this is the
// history of it (REC-11).
func submittedBy(p lang.Printer, c account.Certificate, through map[habeas.MandateID]account.MandateWords) []ui.FieldRow {
	by := p.T("By yourself, here")
	if w, ok := through[c.Mandate]; ok {
		by = named(w.Organisation, w.Site)
	}
	rows := []ui.FieldRow{{Label: p.T("Submitted"), Value: by}}
	if cert, err := x509.ParseCertificate(c.DER); err == nil {
		if who, err := dn.Parse(cert.RawSubject); err == nil {
			says := []string{who.Name, who.Country, who.Organisation, who.Username, who.Email}
			rows = append(rows, ui.FieldRow{Label: p.T("It says"), Value: strings.Join(slices.DeleteFunc(says, func(s string) bool { return s == "" }), " · ")})
		}
	}
	return rows
}

// thirdParty names the creator that the certificate which counts was asked for through; nil:
// its person did.
func (s *Pages) thirdParty(r *http.Request, v ui.Visit, h account.CertificateHolding) (*ui.Notice, error) {
	through, err := s.submitters(r, v)
	if err != nil {
		return nil, err
	}
	for _, c := range h.Certificates {
		w, ok := through[c.Mandate]
		if c.Authority != pki.Identity || !ok {
			continue
		}
		p := v.P
		return &ui.Notice{
			Kind: ui.NoticeInfo, Title: p.T("{creator} has registered you too", "creator", w.Name()),
			Text: p.T("What you correct here counts at once. If you register at {site} again and type the code that is mailed to you, what was typed there counts again; your registration page shows who said what. You can renew there as well.", "site", w.Site),
			Link: &ui.Link{Text: p.T("Who acts for you"), URL: mandatesAt},
		}, nil
	}
	return nil, nil
}

// certifiedFields is what the certificate says, and until when.
func (s *Pages) certifiedFields(p lang.Printer, h account.CertificateHolding) *ui.Fields {
	who := h.Registration.Subject
	rows := []ui.FieldRow{
		{Label: p.T("Name"), Value: who.Name},
		{Label: p.T("Country"), Value: who.Country},
		{Label: p.T("Organisation"), Value: who.Organisation},
		{Label: p.T("Username"), Value: who.Username},
		{Label: p.T("E-mail"), Value: who.Email},
		{Label: p.T("Registered"), Value: p.DateTime(h.Registration.At, s.Zone())},
		{Label: p.T("Counts until"), Value: p.DateTime(h.Registration.Ends, s.Zone())},
		{Label: p.T("Accepted policy"), Value: p.T("Version {n}", "n", h.Registration.Policy)},
	}
	if who.Organisation == "" {
		rows[2].Value = p.T("none")
	}
	return &ui.Fields{
		Title: p.T("What your certificate says"), Rows: rows,
		Note:   p.T("Whoever you show the certificate to reads all of this."),
		Action: &ui.Link{Text: p.T("Change it"), URL: registrationAt + "/new"},
	}
}

func (s *Pages) certificateLine(p lang.Printer, c account.Certificate) CertificateLine {
	l := CertificateLine{Title: p.T("Identity certificate"), Tag: ui.Tag{Kind: ui.TagYours, Text: p.T("counts")}}
	if c.Authority == pki.Attribute {
		l.Title = p.T("Certificate of the role {role}", "role", c.Role)
	}
	l.Facts = []ui.FieldRow{
		{Label: p.T("Number"), Value: c.Serial.String()},
		{Label: p.T("Issued"), Value: p.DateTime(c.IssuedAt, s.Zone())},
		{Label: p.T("Counts until"), Value: p.DateTime(c.Ends, s.Zone())},
	}
	switch {
	case c.Revoked():
		l.Tag = ui.Tag{Kind: ui.TagDanger, Text: p.T("revoked")}
		l.Facts[2] = ui.FieldRow{Label: p.T("Revoked"), Value: p.DateTime(c.RevokedAt, s.Zone())}
		l.Facts = append(l.Facts, ui.FieldRow{Label: p.T("Why"), Value: reasonWords(p, c.Reason)})
	case !c.Active(s.Clock.Now()):
		l.Tag = ui.Tag{Kind: ui.TagQuiet, Text: p.T("expired")}
	}
	return l
}

// reasonWords says in plain words why a certificate was revoked.
func reasonWords(p lang.Printer, reason pki.Reason) string {
	switch reason {
	case pki.KeyCompromise:
		return p.T("The file or its password was lost, or somebody else may have them.")
	case pki.AffiliationChanged:
		return p.T("What it says is no longer so.")
	case pki.Superseded:
		return p.T("Another certificate took its place.")
	case pki.CessationOfOperation:
		return p.T("It was not needed any more.")
	case pki.PrivilegeWithdrawn:
		return p.T("What it allowed was withdrawn.")
	case pki.CACompromise, pki.AACompromise:
		return p.T("The authority that issued it cannot be trusted any more.")
	case pki.Unspecified:
	}
	return p.T("No reason was given.")
}

// tellRegistration puts what has just happened above the page.
func tellRegistration(r *http.Request, p lang.Printer) *http.Request {
	done := func(text string) *http.Request {
		return ui.WithNotice(r, ui.Notice{Kind: ui.NoticeDone, Text: text})
	}
	switch r.URL.Query().Get("done") {
	case "registered":
		return done(p.T("You are registered. Download the certificates below and put them together with your key."))
	case "saved":
		return done(p.T("You are registered, and the file opens. Keep it and its password apart from each other."))
	case "changed":
		return done(p.T("The new certificate counts, and the one before it is revoked. Download it below."))
	case "revoked":
		return done(p.T("The certificate is revoked, with everything that hung on it. Nobody can use the file any more."))
	}
	return r
}

// download hands out the certificate that counts with those above it, as PEM: at most so many.
func (s *Pages) download(name string, most int) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return func(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
		h, err := s.Registrations.Holding(r.Context(), v.Actor)
		if err != nil {
			return err
		}
		if h.Chain == nil {
			return account.ErrNotRegistered
		}
		w.Header().Set("Content-Type", "application/x-pem-file")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		for _, der := range h.Chain[:min(most, len(h.Chain))] {
			_ = pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: der}) // the reader has gone; there is nobody to tell
		}
		return nil
	}
}

// LostPage is the data of account/registration-lost.
type LostPage struct {
	Heading ui.Heading
	Form    ui.Form
}

// lostReasons are those that a person may give, by the value in the form.
var lostReasons = map[string]pki.Reason{"lost": pki.KeyCompromise, "wrong": pki.AffiliationChanged, "done": pki.CessationOfOperation}

func lostPage(p lang.Printer) LostPage {
	return LostPage{
		Heading: ui.Heading{Title: p.T("Revoke your certificate"), Back: &ui.Link{Text: p.T("Your registration"), URL: registrationAt}},
		Form: ui.Form{
			Action: registrationAt + "/lost", Danger: true, Submit: p.T("Revoke it now"), Cancel: &ui.Link{Text: p.T("Leave it as it is"), URL: registrationAt},
			Controls: []ui.Control{{
				Kind: ui.ControlRadio, Name: "reason", Label: p.T("Why?"), Value: "lost",
				Options: []ui.Option{
					{Value: "lost", Text: p.T("I lost the file or forgot its password, or somebody else may have them"), Hint: p.T("The key in it is never accepted here again.")},
					{Value: "wrong", Text: p.T("What it says is no longer so")},
					{Value: "done", Text: p.T("I do not need it any more")},
				},
			}},
			Next: p.T("It counts no more from this moment, and this cannot be taken back. You can register again at once, with a new file."),
		},
	}
}

func (s *Pages) lostPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	if _, err := s.activeIdentity(r, v); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "account/registration-lost", lostPage(v.P))
}

func (s *Pages) activeIdentity(r *http.Request, v ui.Visit) (account.Certificate, error) {
	h, err := s.Registrations.Holding(r.Context(), v.Actor)
	if err != nil {
		return account.Certificate{}, err
	}
	c, found := account.ActiveIdentity(h.Certificates, s.Clock.Now())
	if !found {
		err = account.ErrNotRegistered
	}
	return c, err
}

func (s *Pages) lost(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	reason, ok := lostReasons[f.Choice("reason", "lost", "wrong", "done")]
	if !ok {
		reason = pki.KeyCompromise // nobody said why: the strictest is safe
	}
	if err := f.Err(); err != nil {
		page := lostPage(v.P)
		return s.Again(w, r, v, err, "account/registration-lost", &page, &page.Form, f)
	}
	c, err := s.activeIdentity(r, v)
	if err != nil {
		return err
	}
	if err := s.Registrations.Revoke(r.Context(), v.Actor, c.Authority, c.Serial, reason); err != nil {
		return err
	}
	http.Redirect(w, r, registrationAt+"?done=revoked", http.StatusSeeOther)
	return nil
}

// viewPage shows what is in a file. It is the same for everybody, and nothing is sent from it.
func (s *Pages) viewPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.Render(w, r, http.StatusOK, "account/registration-view", struct{ Heading ui.Heading }{ui.Heading{
		Title: v.P.T("Look into a registration file"),
		Lead:  v.P.T("File and password stay in this browser: nothing is sent. Once this page is loaded, it works without a connection."),
	}})
}
