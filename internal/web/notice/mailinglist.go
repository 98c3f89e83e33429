package notice

import (
	"net/http"
	"strconv"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/web/ui"
)

const mailingListsPath = "/mailing-lists"

var errNoMailingList = habeas.NotFound("There is no such mailing list.").WithCode("mailing-list.none")

func (s *Pages) mountMailingLists(m *edge.Mux) {
	s.Handle(m, ui.Anybody, "GET "+mailingListsPath, s.mailingLists)
	s.Handle(m, ui.Anybody, "GET "+mailingListsPath+"/{n}", s.mailingList)
}

// MailingListsPage is the data of public/mailing-lists.
type MailingListsPage struct {
	Heading ui.Heading
	Lists   []ui.Link
	Empty   ui.Empty
}

func (s *Pages) mailingLists(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	p := v.P
	page := MailingListsPage{
		Heading: ui.Heading{Title: p.T("Mailing lists"), Lead: p.T("They are run elsewhere. Before you sign up, read what others will see of you.")},
		Empty:   ui.Empty{Text: p.T("We have no mailing lists.")},
	}
	for i, l := range s.MailingLists {
		page.Lists = append(page.Lists, ui.Link{Text: l.Name, URL: mailingListsPath + "/" + strconv.Itoa(i+1)})
	}
	return s.Render(w, r, http.StatusOK, "public/mailing-lists", page)
}

// MailingListPage is the data of public/mailing-list.
type MailingListPage struct {
	Heading ui.Heading
	Warning ui.Notice
	Go      ui.Link
	Back    ui.Link
}

// mailingList warns before the way to the list is shown (TP-08).
func (s *Pages) mailingList(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 1 || n > len(s.MailingLists) {
		return errNoMailingList
	}
	p, l := v.P, s.MailingLists[n-1]
	back := ui.Link{Text: p.T("Mailing lists"), URL: mailingListsPath}
	page := MailingListPage{
		Heading: ui.Heading{Title: l.Name, Back: &back},
		Warning: ui.Notice{
			Kind: ui.NoticeWarning, Title: p.T("Your address and what you write will be public"),
			Text: p.T("Whoever is on the list sees the address that you sign up with. What you write there is kept in an archive that everybody can read, with your name and address, and that others copy: it cannot be taken back."),
		},
		Go: ui.Link{Text: p.T("I understand: go on to the list’s own page"), URL: l.URL}, Back: ui.Link{Text: p.T("Leave it as it is"), URL: mailingListsPath},
	}
	if l.Private {
		page.Warning.Title = p.T("The others on the list will see your address and what you write")
		page.Warning.Text = p.T("Whoever is on the list, now or later, sees your address and reads in its archive what you wrote. Nothing keeps them from passing it on: it cannot be taken back.")
	}
	return s.Render(w, r, http.StatusOK, "public/mailing-list", page)
}
