package admin

import (
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/web/ui"
)

const standingPath = deliveriesPath + "/domain"

// StandingPage is the data of admin/standing: what others read about the domain that
// mails come from, as advice.
type StandingPage struct {
	Heading  ui.Heading
	Domain   string
	Findings []Finding
	Ask      ui.Form
}

func (s *Pages) standing(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	typed := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("selector")))
	selector, wrong := typed, error(nil)
	if strings.Trim(typed, selectorCharacters) != "" || len(typed) > maxSelector {
		selector, wrong = "", habeas.Invalid("selector", "A selector has at most 63 letters, digits, hyphens and dots.").WithCode("mail.selector")
	}
	st, err := s.Deliveries.Standing(r.Context(), v.Actor, selector)
	if err != nil {
		return err
	}
	p := v.P
	page := StandingPage{
		Heading: ui.Heading{
			Back: &ui.Link{Text: p.T("Mail"), URL: deliveriesPath}, Title: p.T("How others see our mail"),
			Lead: p.T("Other mail servers look into the DNS before they trust a mail. This is what they find, looked up just now."),
		},
		Domain: st.Domain,
		Ask: ui.Form{
			Get: true, Action: standingPath, Submit: p.T("Look it up"),
			Controls: []ui.Control{{
				Name: "selector", Label: p.T("Selector of the DKIM key"), Value: typed, Optional: true, Autocomplete: "off", MaxLength: maxSelector,
				Hint: p.T("It stands as “s=” in the DKIM-Signature header of any mail from you, for example the test mail."),
			}},
		},
	}
	status := http.StatusOK
	if wrong != nil {
		page.Ask.Fail(p, wrong)
		status = http.StatusBadRequest
	}
	if st.Domain != "" {
		page.Findings = []Finding{spfFinding(p, st), dkimFinding(p, st, selector != ""), dmarcFinding(p, st)}
	}
	return s.Render(w, r, status, "admin/standing", page)
}

// A selector is one or more labels of a domain name (RFC 6376, section 3.1).
const (
	selectorCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-._"
	maxSelector        = 63
)

func spfFinding(p lang.Printer, st mail.Standing) Finding {
	f := Finding{Weight: Note, Part: "SPF"}
	switch st.SPF.State {
	case mail.RecordGood:
		f.Weight, f.Text = Fine, p.T("Your domain {domain} says which servers may send for it.", "domain", st.Domain)
	case mail.RecordMissing:
		f.Weight = Grim
		f.Text = p.T("Your domain {domain} has no SPF record; mail may be taken for spam.", "domain", st.Domain)
		f.Advice = p.T("Ask whoever runs your DNS to add a TXT record at {name} that names your mail server, such as: {record}", "name", st.SPF.Name, "record", "v=spf1 mx -all")
	case mail.RecordDouble:
		f.Weight = Grim
		f.Text = p.T("Your domain {domain} has several SPF records, which counts as none.", "domain", st.Domain)
		f.Advice = p.T("Ask whoever runs your DNS to make one record of them.")
	case mail.RecordWeak:
		f.Text = p.T("The SPF record of {domain} lets everybody send in your name.", "domain", st.Domain)
		f.Advice = p.T("Ask whoever runs your DNS to end it with “-all” or “~all”.")
	case mail.RecordUnknown:
		f.Text = unknownRecord(p)
	}
	return f
}

func dkimFinding(p lang.Printer, st mail.Standing, named bool) Finding {
	f := Finding{Weight: Note, Part: "DKIM"}
	switch st.DKIM.State {
	case mail.RecordGood:
		f.Weight, f.Text = Fine, p.T("There is a key at {name}, with which others check the signatures of your mails.", "name", st.DKIM.Name)
	case mail.RecordMissing:
		f.Text = p.T("There is no key under any of the usual names.")
		f.Advice = p.T("If your mail server signs, type its selector below. If it does not, ask whoever runs it to switch DKIM on.")
		if named {
			f.Weight, f.Text = Grim, p.T("There is no key at {name}: signed mails fail the check.", "name", st.DKIM.Name)
			f.Advice = p.T("Ask whoever runs your mail server for the TXT record that belongs there.")
		}
	case mail.RecordDouble, mail.RecordWeak:
		f.Weight = Grim
		f.Text = p.T("The key at {name} is revoked or there are several: signed mails fail the check.", "name", st.DKIM.Name)
		f.Advice = p.T("Ask whoever runs your mail server for the TXT record that belongs there.")
	case mail.RecordUnknown:
		f.Text = unknownRecord(p)
	}
	return f
}

func dmarcFinding(p lang.Printer, st mail.Standing) Finding {
	f := Finding{Weight: Note, Part: "DMARC"}
	switch st.DMARC.State {
	case mail.RecordGood:
		f.Weight, f.Text = Fine, p.T("The record at {name} asks others to turn away mail that only pretends to be yours.", "name", st.DMARC.Name)
	case mail.RecordMissing:
		f.Text = p.T("There is no DMARC record: some large mail providers turn mail without one away.")
		f.Advice = p.T("Once SPF or DKIM are right, ask whoever runs your DNS to add a TXT record at {name}, such as: {record}", "name", st.DMARC.Name, "record", "v=DMARC1; p=quarantine")
	case mail.RecordDouble:
		f.Text = p.T("There are several DMARC records, which counts as none.")
		f.Advice = p.T("Ask whoever runs your DNS to make one record of them.")
	case mail.RecordWeak:
		f.Text = p.T("The record at {name} only watches: mail that pretends to be yours is still delivered.", "name", st.DMARC.Name)
		f.Advice = p.T("Once the reports look right, ask whoever runs your DNS to write p=quarantine instead of p=none.")
	case mail.RecordUnknown:
		f.Text = unknownRecord(p)
	}
	return f
}

func unknownRecord(p lang.Printer) string {
	return p.T("It could not be looked up: no DNS server answered in time. Mail may leave all the same.")
}
