package party

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// ProfilesPage is the data of public/profiles: those that everybody may find.
type ProfilesPage struct {
	Query    string
	Subject  string // by which the list is cut down
	Whole    string // where it is not
	Subjects []SubjectLink
	Cards    []ProfileCard
	Total    int
	Pager    *ui.Pager
}

// SubjectLink cuts the list down to a subject.
type SubjectLink struct {
	ui.Link
	N       int
	Current bool
}

// ProfileCard is a profile in the list.
type ProfileCard struct {
	ui.Link
	Headline string
	Subjects []string
	Teaches  []string
}

// subjectURL leads to the profiles that name a subject. What a profile says publicly is
// no secret of an address.
func subjectURL(subject string) string {
	return profilesPath + "?subject=" + url.QueryEscape(subject)
}

func (s *Pages) profiles(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	noIndex(w) // a list of searches is none for search engines; the profiles are
	q := r.URL.Query()
	query, subject := clipped(q.Get("q")), clipped(q.Get("subject"))
	offset, err := strconv.Atoi(q.Get("from"))
	if err != nil || offset < 0 {
		offset = 0
	}
	found, total, subjects, err := s.Profiles.Search(r.Context(), query, subject, offset, profilesShown)
	if err != nil {
		return err
	}
	page := ProfilesPage{Query: query, Subject: subject, Total: total, Whole: listURL(query, "", 0)}
	for i, one := range subjects {
		if i < subjectsShown || one.Name == subject {
			page.Subjects = append(page.Subjects, SubjectLink{ui.Link{Text: one.Name, URL: listURL(query, one.Name, 0)}, one.N, one.Name == subject})
		}
	}
	for _, p := range found {
		page.Cards = append(page.Cards, profileCard(p))
	}
	pager := ui.Pager{}
	if offset > 0 {
		pager.Prev = listURL(query, subject, max(0, offset-profilesShown))
	}
	if offset+len(found) < total {
		pager.Next = listURL(query, subject, offset+profilesShown)
	}
	if pager != (ui.Pager{}) {
		pager.Shown = v.P.T("{from} to {to} of {total}", "from", offset+1, "to", offset+len(found), "total", total)
		page.Pager = &pager
	}
	return s.Render(w, r, http.StatusOK, "public/profiles", page)
}

func profileCard(p party.Profile) ProfileCard {
	card := ProfileCard{
		Link: ui.Link{Text: p.Name, URL: profilesPath + "/" + p.Ref.String()}, Headline: p.Text("profile", "headline"),
		Subjects: party.SplitList(p.Text("profile", "subjects")),
	}
	for _, a := range p.Attached {
		if !a.Past {
			card.Teaches = append(card.Teaches, a.Title)
		}
	}
	return card
}

func listURL(query, subject string, offset int) string {
	q := url.Values{}
	if query != "" {
		q.Set("q", query)
	}
	if subject != "" {
		q.Set("subject", subject)
	}
	if offset > 0 {
		q.Set("from", strconv.Itoa(offset))
	}
	if len(q) == 0 {
		return profilesPath
	}
	return profilesPath + "?" + q.Encode()
}

// clipped is a text of a query, at most as long as somebody would type.
func clipped(text string) string {
	if r := []rune(text); len(r) > maxQuery {
		return string(r[:maxQuery])
	}
	return text
}
