package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Remainders is what the page about data kept by law asks of the server. Everybody who is
// no administrator is refused.
type Remainders interface {
	Remainders(ctx context.Context, a habeas.Actor, limit int) ([]party.Remainder, error)
	// OpenRemainder writes the purpose into the ledger before it shows anything.
	OpenRemainder(ctx context.Context, a habeas.Actor, id habeas.RemainderID, purpose string) (party.Remainder, error)
}

const (
	keptPath = "/admin/kept"
	keptList = 200
)

func (s *Pages) mountKept(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+keptPath, s.kept)
	s.Handle(m, ui.Administrator, "POST "+keptPath+"/{id}", s.openKept)
}

// KeptPage is the data of admin/kept.
type KeptPage struct {
	Heading ui.Heading
	Parts   []KeptPart
	Open    *KeptOpen
}

// KeptPart is one data set of an erased record, without what it says.
type KeptPart struct {
	ID    string
	Label string
	Duty  string
	Since time.Time
	Until time.Time
}

// KeptOpen is one with what it says.
type KeptOpen struct {
	Part  KeptPart
	Words []KeptWord
}

// KeptWord is what was said in it once.
type KeptWord struct {
	At     time.Time
	Source string
	Fields []ui.Change
}

func (s *Pages) keptPage(r *http.Request, v ui.Visit) (KeptPage, error) {
	p := v.P
	page := KeptPage{Heading: ui.Heading{
		Title: p.T("Kept by law"),
		Lead:  p.T("Parts of erased records that a legal duty keeps. No name and no address leads to them; each reading is written down with its purpose, and each goes by itself on its day."),
	}}
	all, err := s.Remainders.Remainders(r.Context(), v.Actor, keptList)
	for _, one := range all {
		page.Parts = append(page.Parts, keptPart(v, one))
	}
	return page, err
}

func keptPart(v ui.Visit, one party.Remainder) KeptPart {
	return KeptPart{ID: one.ID.String(), Label: v.P.T(one.Label), Duty: one.Duty, Since: one.At(), Until: one.Until}
}

func (s *Pages) kept(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.keptPage(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "admin/kept", page)
}

func (s *Pages) openKept(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	id, err := habeas.ParseID[habeas.RemainderKind](r.PathValue("id"))
	if err != nil {
		return habeas.NotFound("Nothing is kept under this number.").WithCode("remainder.none")
	}
	f, err := edge.DecodeForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	purpose := f.String("purpose", 200)
	if err := f.Err(); err != nil {
		return err
	}
	one, err := s.Remainders.OpenRemainder(r.Context(), v.Actor, id, purpose)
	if again, ok := wrongInput(r, v, err); ok {
		page, err := s.keptPage(r, v)
		if err != nil {
			return err
		}
		return s.Render(w, again, http.StatusBadRequest, "admin/kept", page)
	}
	if err != nil {
		return err
	}
	page, err := s.keptPage(r, v)
	if err != nil {
		return err
	}
	page.Open = &KeptOpen{Part: keptPart(v, one)}
	for _, word := range one.Words {
		line := KeptWord{At: word.At, Source: word.Source}
		for name, text := range word.Values {
			line.Fields = append(line.Fields, ui.Change{Label: s.fieldLabel(v, one.Set, name), New: text})
		}
		slices.SortFunc(line.Fields, func(a, b ui.Change) int { return strings.Compare(a.Label, b.Label) })
		page.Open.Words = append(page.Open.Words, line)
	}
	return s.Render(w, r, http.StatusOK, "admin/kept", page)
}

// fieldLabel is how a field is called, or its name where the set is not configured any more.
func (s *Pages) fieldLabel(v ui.Visit, set, name string) string {
	for _, schema := range s.Registers.DataSets() {
		if f, ok := schema.Field(name); ok && schema.Name == set {
			return v.P.T(f.Label)
		}
	}
	return name
}
