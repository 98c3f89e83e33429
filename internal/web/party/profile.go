package party

import (
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// ProfilePage is the data of public/profile: what a record shows to everybody.
type ProfilePage struct {
	ID       string
	Name     string
	Headline string
	About    []string // paragraphs
	Subjects []string
	Attached []string    // what the person is attached to: the module taught
	Rest     []HeldField // other public fields
	Claimed  bool        // its person keeps it
	Mine     bool        // and is the reader
}

func (s *Pages) mountProfile(m *edge.Mux) {
	s.Handle(m, ui.Anybody, "GET /people/{id}", onParty(s.profile))
}

func (s *Pages) profile(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	rec, err := s.Records.Profile(r.Context(), id)
	if err != nil {
		return err
	}
	page := ProfilePage{
		ID: id.String(), Name: nameOr(v.P, rec), Attached: rec.Attached, Claimed: rec.Party.State == party.Claimed,
		Mine: !v.Account.IsZero() && rec.Party.Account == v.Account,
	}
	for _, set := range rec.Sets {
		for _, f := range set.Fields {
			text := f.Current.Text
			switch {
			case text == "":
			case f.Schema.Name == "headline":
				page.Headline = text
			case f.Schema.Name == "about":
				page.About = paragraphs(text)
			case f.Schema.Name == "subjects":
				page.Subjects = listed(text)
			default:
				page.Rest = append(page.Rest, HeldField{Label: v.P.T(f.Schema.Label), Now: HeldValue{Text: ui.Shown(v.P, f.Schema.Type, text)}})
			}
		}
	}
	return s.Render(w, r, http.StatusOK, "public/profile", page)
}

// paragraphs splits text at empty lines.
func paragraphs(text string) []string {
	var out []string
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// listed splits "Piano, harmony; ear training" into its parts.
func listed(text string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
