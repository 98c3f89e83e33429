package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Interventions is what the pages ask of the server by which administrators revoke somebody else's
// certificate or delete their account. Every method refuses everybody who is no administrator; those of one
// account need a reading of it, begun by [Logs], and answer account.ErrNoReading without one.
type Interventions interface {
	// Register lists what was done, the newest first.
	Register(ctx context.Context, a habeas.Actor) ([]Intervention, error)
	// Holder is what a reading shows.
	Holder(ctx context.Context, a habeas.Actor, id habeas.ReadingID) (Holder, error)
	// Revoke ends the identity certificate and what hangs on it, at once.
	Revoke(ctx context.Context, a habeas.Actor, id habeas.ReadingID, reason pki.Reason, why string) error
	// MayErase says whether Erase would; nothing is done.
	MayErase(ctx context.Context, a habeas.Actor, id habeas.ReadingID, why string) error
	// Erase deletes the account with everything that is its person's. address has to be its main one.
	Erase(ctx context.Context, a habeas.Actor, id habeas.ReadingID, why string, address email.Address) error
}

// Intervention is a line of the register.
type Intervention struct {
	account.Intervention
	By string // how who did it is called
}

// Holder is an account as whoever intervenes sees it.
type Holder struct {
	account.Reading
	Address      string
	State        account.State
	Certificates []account.Certificate
	Records      int // that are its person's
}

const (
	interventionsPath = "/admin/interventions"
	interventionForm  = 16 << 10 // bytes
)

func (s *Pages) mountInterventions(m *edge.Mux) {
	one := interventionsPath + "/{id}"
	s.Handle(m, ui.Administrator, "GET "+interventionsPath, s.interventions)
	s.Handle(m, ui.Administrator, "POST "+interventionsPath, s.readHolder)
	s.Handle(m, ui.Administrator, "GET "+one, ui.OnID("id", account.ErrNoReading, s.holder))
	s.Handle(m, ui.Administrator, "POST "+one+"/revoke", ui.OnID("id", account.ErrNoReading, s.revokeHolder))
	s.Handle(m, ui.Administrator, "POST "+one+"/erase", ui.OnID("id", account.ErrNoReading, s.eraseHolder))
}

// InterventionsPage is the data of admin/interventions.
type InterventionsPage struct {
	Heading ui.Heading
	Form    ui.Form
	Table   ui.Table
}

func interventionName(p lang.Printer, k account.InterventionKind) string {
	if k == account.InterventionErased {
		return p.T("Account deleted")
	}
	return p.T("Certificate revoked")
}

func (s *Pages) interventionsPage(r *http.Request, v ui.Visit) (InterventionsPage, error) {
	p := v.P
	page := InterventionsPage{
		Heading: ui.Heading{Title: p.T("Revoke and delete"), Lead: p.T("Revoke somebody’s certificate, or delete the account of somebody who cannot do it themselves because its address is theirs no more. Each with a reason that is written down.")},
		Form: ui.Form{
			Action: interventionsPath, Submit: p.T("Open it"), Next: p.T("It opens for four hours. Its person sees that you looked, and for what."),
			Controls: []ui.Control{
				{Kind: ui.ControlEmail, Name: "address", Label: p.T("Address of the account"), Autocomplete: "off", MaxLength: ui.MaxAddress},
				purposeControl(p),
				{Name: "words", Label: p.T("Which case"), Hint: p.T("No names of people: a number or a few words."), Optional: true, Autocomplete: "off", MaxLength: account.MostReadingWords},
			},
		},
		Table: ui.Table{
			ID: "interventions", Caption: p.T("What administrators did"), Prose: true,
			Columns: []ui.Column{{Text: p.T("When")}, {Text: p.T("Who")}, {Text: p.T("What")}, {Text: p.T("Why")}},
			Empty:   ui.Empty{Text: p.T("No administrator has revoked a certificate or deleted an account yet.")},
		},
	}
	all, err := s.Interventions.Register(r.Context(), v.Actor)
	for _, i := range all {
		page.Table.Rows = append(page.Table.Rows, []ui.Cell{{Text: p.DateTime(i.At, s.Zone())}, {Text: i.By}, {Text: interventionName(p, i.Kind)}, {Text: i.Why}})
	}
	return page, err
}

func (s *Pages) interventions(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.interventionsPage(r, v)
	if err != nil {
		return err
	}
	if r.URL.Query().Has("erased") {
		r = ui.WithNotice(r, ui.Notice{Kind: ui.NoticeDone, Text: v.P.T("The account is deleted. Its person can register anew with another address.")})
	}
	return s.Render(w, r, http.StatusOK, "admin/interventions", page)
}

func (s *Pages) readHolder(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, interventionForm)
	if err != nil {
		return err
	}
	in := account.Reading{Kind: account.ReadHolder, Purpose: typedPurpose(f), Words: f.String("words", account.MostReadingWords)}
	address := ui.TypedAddress(f, false)
	if err = f.Err(); err == nil {
		var id habeas.ReadingID
		if id, err = s.Logs.Begin(r.Context(), v.Actor, in, address); err == nil {
			http.Redirect(w, r, interventionsPath+"/"+id.String(), http.StatusSeeOther)
			return nil
		}
	}
	page, wrong := s.interventionsPage(r, v)
	if wrong != nil {
		return errors.Join(err, wrong)
	}
	return s.Again(w, r, v, err, "admin/interventions", &page, &page.Form, f)
}

// HolderPage is the data of admin/intervention.
type HolderPage struct {
	Heading ui.Heading
	Why     string
	Table   ui.Table
	Revoke  *ui.Form // nil: no certificate counts
	Erase   ui.Form
}

var errInterventionReason = habeas.Invalid("reason", "Choose one of the options.").WithCode("form.choice")

// interventionReason is one of the reasons for which X.509 has a number.
type interventionReason struct {
	value  string // in the form
	reason pki.Reason
	words  string
}

// interventionReasons are those that an administrator may give, in the order of the page.
var interventionReasons = []interventionReason{
	{"compromised", pki.KeyCompromise, lang.Mark("Somebody else may have its key")},
	{"wrong", pki.AffiliationChanged, lang.Mark("What it says is not so")},
	{"withdrawn", pki.PrivilegeWithdrawn, lang.Mark("The account is abused")},
	{"done", pki.CessationOfOperation, lang.Mark("It is not needed any more")},
}

func (s *Pages) holderPage(r *http.Request, v ui.Visit, id habeas.ReadingID) (page HolderPage, h Holder, err error) {
	if h, err = s.Interventions.Holder(r.Context(), v.Actor, id); err != nil {
		return page, h, err
	}
	p, now := v.P, s.Clock.Now()
	at := interventionsPath + "/" + id.String()
	page = HolderPage{
		Heading: ui.Heading{Title: h.Address, Lead: p.Plural(h.Records, "{n} record is its person’s.", "{n} records are its person’s."), Back: &ui.Link{Text: p.T("Revoke and delete"), URL: interventionsPath}},
		Why:     p.T(h.Purpose),
		Table: ui.Table{
			ID: "certificates", Caption: p.T("Certificates"), Prose: true, Columns: []ui.Column{{Text: p.T("Serial number")}, {Text: p.T("Of what")}, {Text: p.T("Until")}, {Text: p.T("State")}},
			Empty: ui.Empty{Text: p.T("There is no certificate of this account.")},
		},
		Erase: ui.Form{
			Action: at + "/erase", Submit: p.T("Look at what goes"), Next: p.T("Nothing happens yet: you confirm it on the next page."),
			Controls: []ui.Control{{
				Kind: ui.ControlTextarea, Name: "grounds", Label: p.T("What proves who asks"), MaxLength: account.MaxInterventionWords,
				Hint: p.T("Which document you have seen, when and how, and that the address reaches nobody. No names of people: it is kept after the account is gone."),
			}},
		},
	}
	if h.Words != "" {
		page.Why += " · " + h.Words
	}
	for _, c := range h.Certificates {
		what, state := p.T("Identity"), ui.Tag{Kind: ui.TagYours, Text: p.T("counts")}
		if c.Role != "" {
			what = ui.RoleName(p, c.Role)
		}
		switch {
		case c.Revoked():
			state = ui.Tag{Kind: ui.TagDanger, Text: p.T("revoked")}
		case !c.Active(now):
			state = ui.Tag{Kind: ui.TagQuiet, Text: p.T("expired")}
		}
		page.Table.Rows = append(page.Table.Rows, []ui.Cell{{Text: c.Serial.String(), Mono: true}, {Text: what}, {Text: p.DateTime(c.Ends, s.Zone())}, {Tag: &state}})
	}
	if _, found := account.ActiveIdentity(h.Certificates, now); found {
		reason := ui.Control{Kind: ui.ControlRadio, Name: "reason", Label: p.T("Reason"), Hint: p.T("It stands in the public list of revoked certificates.")}
		for _, one := range interventionReasons {
			reason.Options = append(reason.Options, ui.Option{Value: one.value, Text: p.T(one.words)})
		}
		page.Revoke = &ui.Form{
			Action: at + "/revoke", Danger: true, Submit: p.T("Revoke it now"),
			Next: p.T("It counts no more from this moment, nor do the roles that hang on it, and that cannot be taken back. Its person is told by mail and can register again."),
			Controls: []ui.Control{reason, {
				Kind: ui.ControlTextarea, Name: "why", Label: p.T("Why"), MaxLength: account.MaxInterventionWords, Hint: p.T("Its person reads it in their Activity."),
			}},
		}
	}
	return page, h, nil
}

func (s *Pages) holder(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ReadingID) error {
	page, _, err := s.holderPage(r, v, id)
	if err != nil {
		return err
	}
	if r.URL.Query().Has("revoked") {
		r = ui.WithNotice(r, ui.Notice{Kind: ui.NoticeDone, Text: v.P.T("The certificate is revoked, with everything that hung on it.")})
	}
	return s.Render(w, r, http.StatusOK, "admin/intervention", page)
}

func (s *Pages) revokeHolder(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ReadingID) error {
	f, err := edge.DecodeForm(w, r, interventionForm)
	if err != nil {
		return err
	}
	chosen, why := f.String("reason", 20), f.Text("why", account.MaxInterventionWords)
	at := slices.IndexFunc(interventionReasons, func(one interventionReason) bool { return one.value == chosen })
	if at < 0 {
		f.Fail("reason", errInterventionReason)
	}
	if err = f.Err(); err == nil {
		err = s.Interventions.Revoke(r.Context(), v.Actor, id, interventionReasons[at].reason, why)
	}
	if err == nil {
		http.Redirect(w, r, interventionsPath+"/"+id.String()+"?revoked", http.StatusSeeOther)
		return nil
	}
	page, _, wrong := s.holderPage(r, v, id)
	if wrong != nil || page.Revoke == nil {
		return errors.Join(err, wrong)
	}
	return s.Again(w, r, v, err, "admin/intervention", &page, page.Revoke, f)
}

// HolderErasePage is the data of admin/intervention-erase: the second step, in which nothing but the
// address is typed.
type HolderErasePage struct {
	Heading ui.Heading
	Goes    []string
	Why     string
	Form    ui.Form
}

func holderErasePage(p lang.Printer, id habeas.ReadingID, h Holder, why string) HolderErasePage {
	at := interventionsPath + "/" + id.String()
	goes := []string{p.T("The account, its addresses and everything by which it signs in.")}
	if len(h.Certificates) > 0 {
		goes = append(goes, p.T("Its certificates and the roles that hang on them: they are revoked."))
	}
	if h.Records > 0 {
		goes = append(goes, p.Plural(h.Records, "{n} record that is its person’s, but what the law keeps of it.", "{n} records that are its person’s, but what the law keeps of them."))
	}
	return HolderErasePage{
		Heading: ui.Heading{Title: p.T("Delete this account?"), Lead: h.Address, Back: &ui.Link{Text: h.Address, URL: at}},
		Goes:    goes,
		Why:     why,
		Form: ui.Form{
			Action: at + "/erase", Danger: true, Submit: p.T("Delete it now"), Cancel: &ui.Link{Text: p.T("Leave it as it is"), URL: at},
			Hidden:   []ui.Hidden{{Name: "grounds", Value: why}, {Name: "step", Value: "erase"}},
			Controls: []ui.Control{{Kind: ui.ControlEmail, Name: "address", Label: p.T("Type its address to confirm"), Autocomplete: "off", MaxLength: ui.MaxAddress}},
			Next:     p.T("The keys are destroyed: nobody can take that back. The receipt goes to every address of the account."),
		},
	}
}

// eraseHolder shows the second step, or takes it.
func (s *Pages) eraseHolder(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ReadingID) error {
	f, err := edge.DecodeForm(w, r, interventionForm)
	if err != nil {
		return err
	}
	why, confirmed := f.Text("grounds", account.MaxInterventionWords), f.String("step", 10) == "erase"
	f.String("address", ui.MaxAddress) // only the second step has one
	if !confirmed {
		page, h, wrong := s.holderPage(r, v, id)
		if wrong != nil {
			return wrong
		}
		if err = f.Err(); err == nil {
			err = s.Interventions.MayErase(r.Context(), v.Actor, id, why)
		}
		if err != nil {
			return s.Again(w, r, v, renamed(err, "why", "grounds"), "admin/intervention", &page, &page.Erase, f)
		}
		return s.Render(w, r, http.StatusOK, "admin/intervention-erase", holderErasePage(v.P, id, h, why))
	}
	address := ui.TypedAddress(f, false)
	if err = f.Err(); err == nil {
		if err = s.Interventions.Erase(r.Context(), v.Actor, id, why, address); err == nil {
			http.Redirect(w, r, interventionsPath+"?erased", http.StatusSeeOther)
			return nil
		}
	}
	_, h, wrong := s.holderPage(r, v, id)
	if wrong != nil {
		return errors.Join(err, wrong)
	}
	page := holderErasePage(v.P, id, h, why)
	return s.Again(w, r, v, renamed(err, "why", "grounds"), "admin/intervention-erase", &page, &page.Form, f)
}
