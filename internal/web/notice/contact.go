package notice

import (
	"context"
	"net/http"

	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Contacting is what the public pages about the organisation ask of the server. Anybody may
// use them.
type Contacting interface {
	// WriteToUs mails a message to the operator.
	WriteToUs(ctx context.Context, in account.Message) error
	// Statistics are counts of whole months that name nobody, newest first.
	Statistics(ctx context.Context) ([]account.PublicMonth, error)
}

const (
	contactPath    = "/contact"
	statisticsPath = "/statistics"
)

func (s *Pages) mountContact(m *edge.Mux) {
	s.Handle(m, ui.Anybody, "GET "+contactPath, s.contact)
	s.Handle(m, ui.Anybody, "POST "+contactPath, s.Limited(s.writeToUs))
	s.Handle(m, ui.Anybody, "GET "+statisticsPath, s.statistics)
}

// ContactPage is the data of public/contact.
type ContactPage struct {
	Heading ui.Heading
	Form    ui.Form
	Sent    bool
	Lists   *ui.Notice // nil: the organisation has no mailing lists
}

func (s *Pages) contactPage(p lang.Printer) ContactPage {
	page := ContactPage{
		Heading: ui.Heading{Title: p.T("Write to us"), Lead: p.T("A question, a mistake, a complaint: it reaches the people who run this server. You need no account.")},
		Form: ui.Form{
			Action: contactPath, Submit: p.T("Send it"),
			Next: p.T("It is mailed to us and kept nowhere else here. A complaint may also go to the data protection authority of your country."),
			Controls: []ui.Control{
				{Kind: ui.ControlRadio, Name: "kind", Label: p.T("What it is"), Value: "question", Options: []ui.Option{{Value: "question", Text: p.T("A question or a hint")}, {Value: "complaint", Text: p.T("A complaint")}}},
				{Kind: ui.ControlTextarea, Name: "words", Label: p.T("What it is about"), Hint: p.T("At most 1000 characters."), MaxLength: account.MostMessage},
				{Kind: ui.ControlEmail, Name: "reply", Label: p.T("Your e-mail address, for an answer"), Optional: true, Autocomplete: "email", MaxLength: ui.MaxAddress},
			},
		},
	}
	if len(s.MailingLists) > 0 {
		page.Lists = &ui.Notice{Kind: ui.NoticeInfo, Text: p.T("Before you sign up for one of our mailing lists, read what others will see of you."), Link: &ui.Link{Text: p.T("Mailing lists"), URL: mailingListsPath}}
	}
	return page
}

func (s *Pages) contact(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page := s.contactPage(v.P)
	page.Sent = r.URL.Query().Get("done") == "sent"
	return s.Render(w, r, http.StatusOK, "public/contact", page)
}

func (s *Pages) writeToUs(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, formSize)
	if err != nil {
		return err
	}
	in := account.Message{Complaint: f.String("kind", 20) == "complaint", Words: f.Text("words", account.MostMessage), Client: s.Proxies.LimitKey(r)}
	if f.String("reply", ui.MaxAddress) != "" {
		in.Reply, in.HasReply = ui.FormAddress(f, "reply"), true
	}
	if err = f.Err(); err == nil {
		if err = s.Contacting.WriteToUs(r.Context(), in); err == nil {
			http.Redirect(w, r, contactPath+"?done=sent", http.StatusSeeOther)
			return nil
		}
	}
	page := s.contactPage(v.P)
	return s.Again(w, r, v, err, "public/contact", &page, &page.Form, f)
}

// StatisticsPage is the data of public/statistics.
type StatisticsPage struct {
	Heading ui.Heading
	Table   ui.Table
}

func (s *Pages) statistics(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	months, err := s.Contacting.Statistics(r.Context())
	if err != nil {
		return err
	}
	p := v.P
	names := map[account.LogClass]string{
		account.LogRegistered: p.T("Accounts opened"), account.LogAuthorized: p.T("Sign-ins"), account.LogRefused: p.T("Refused sign-ins"), account.LogReset: p.T("Recoveries"),
	}
	page := StatisticsPage{
		Heading: ui.Heading{Title: p.T("Statistics"), Lead: p.T("How much this server is used, counted from its logs. The numbers are rounded and name nobody; fewer than ten are told as that.")},
		Table: ui.Table{
			ID: "statistics", Caption: p.T("By month"), Columns: []ui.Column{{Text: p.T("Month")}},
			Empty: ui.Empty{Text: p.T("There is no whole month yet. The one that goes on is not told.")},
		},
	}
	for _, class := range account.PublicClasses() {
		page.Table.Columns = append(page.Table.Columns, ui.Column{Text: names[class], Numeric: true})
	}
	for _, month := range months {
		row := []ui.Cell{{Text: month.Month.Format("2006-01"), Mono: true}}
		for _, class := range account.PublicClasses() {
			text := p.T("fewer than 10")
			if n, told := month.Counts[class]; told {
				text = p.T("about {n}", "n", p.Number(n))
			}
			row = append(row, ui.Cell{Text: text})
		}
		page.Table.Rows = append(page.Table.Rows, row)
	}
	return s.Render(w, r, http.StatusOK, "public/statistics", page)
}
