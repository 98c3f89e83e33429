package party

import (
	"net/http"
	"strings"

	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// What staff search for are names and days of birth. It is posted, and stands in the
// address of what was found as a word that only their account opens: a browser's history,
// a proxy or a shared screen tells nobody.

const (
	findPath  = "/staff/find"
	maxSealed = 1000 // characters of a sealed query
)

// mountFind registers where searches are sent to.
func (s *Pages) mountFind(m *edge.Mux) { s.Handle(m, ui.Staff, "POST "+findPath, s.find) }

// find leads to the page that searches, with the filter that its form carries.
func (s *Pages) find(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	query, to := f.String("q", 4*party.MaxQuery), ui.LocalPath(f.String("to", 300), peoplePath)
	q, err := s.formAsked(r, v, f)
	if err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return err
	}
	in := q.values(q.Filter)
	for _, name := range []string{"q", "saved", "changed_list"} { // another search is another list
		in.Del(name)
	}
	if token := s.Records.SealQuery(v.Actor, party.ReadQuery(query)); token != "" {
		in.Set("q", token)
	}
	if !strings.HasPrefix(to, peoplePath) {
		to = peoplePath
	}
	if len(in) > 0 {
		to += "?" + in.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// queried is what the address of a page searches for.
func (s *Pages) queried(r *http.Request, v ui.Visit) string {
	return s.Records.OpenQuery(v.Actor, r.URL.Query().Get("q"))
}
