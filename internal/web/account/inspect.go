package account

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Inspecting is what the page of everything held asks of the server.
type Inspecting interface {
	// Inspect is everything held about the actor's account.
	Inspect(ctx context.Context, a habeas.Actor) (account.Inspection, error)
}

const inspectPath = "/me/everything"

func (s *Pages) mountInspect(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET "+inspectPath, s.inspect)
	s.Handle(m, ui.SignedIn, "GET "+inspectPath+"/everything.json", s.inspectFile)
}

// InspectPage is the data of me/everything.
type InspectPage struct {
	Heading ui.Heading
	Log     ui.Table
	Acts    ui.Table
	Groups  []InspectGroup
}

// InspectGroup are tables about one thing.
type InspectGroup struct {
	ID     string
	Title  string
	Tables []InspectTable
}

// InspectTable are the rows of one table, as they are held.
type InspectTable struct {
	Name string // as the database calls it
	Rows [][]InspectValue
	Off  []InspectValue // columns that are left off, and why
}

// InspectValue is a column of a row with what it says.
type InspectValue struct{ Name, Text string }

// inspectGroups are the tables by what they are about. A table that is in none stands in the
// last, so that none is forgotten.
func inspectGroups(p lang.Printer) ([]InspectGroup, map[string]int) {
	groups := []InspectGroup{
		{ID: "account", Title: p.T("The account and its addresses")},
		{ID: "signing-in", Title: p.T("How you sign in, and where you are signed in")},
		{ID: "records", Title: p.T("What you decided about your records")},
		{ID: "mail", Title: p.T("Mail to you")},
		{ID: "work", Title: p.T("Your work here")},
	}
	of := map[string]int{}
	for i, names := range []string{
		"account account_address address_change address_removed",
		"passkey provider_link sign_in challenge registration certificate escrow file_reset keeper",
		"claim consent pass showing completing guardian person_check",
		"outbox digest",
	} {
		for _, name := range strings.Fields(names) {
			of[name] = i
		}
	}
	return groups, of
}

func (s *Pages) inspect(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	held, err := s.Inspecting.Inspect(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	p := v.P
	page := InspectPage{
		Heading: ui.Heading{
			Title:   p.T("Everything about me"),
			Lead:    p.T("Every row that this server holds about your account, as it is held, and the log of your account. What was sealed is opened for you."),
			Actions: []ui.Link{{Text: p.T("As a file"), URL: inspectPath + "/everything.json"}, {Text: p.T("Your records"), URL: "/me"}, {Text: p.T("Who looked"), URL: "/me/activity"}},
		},
		Log: s.LogTable(p, held.Log),
		Acts: ui.Table{
			ID: "contributions", Caption: p.Plural(len(held.Contributions), "{n} contribution", "{n} contributions"),
			Columns: []ui.Column{{Text: p.T("When")}, {Text: p.T("What was done")}, {Text: p.T("To what")}}, Prose: true,
			Empty: ui.Empty{Text: p.T("You have changed nothing public.")},
		},
	}
	for _, act := range held.Contributions {
		object := ui.Cell{Text: act.Object, Mono: true}
		if act.Refused {
			object = ui.Cell{Text: p.T("refused")}
		}
		page.Acts.Rows = append(page.Acts.Rows, []ui.Cell{{Text: p.DateTime(act.At, s.Zone())}, {Text: string(act.Operation), Mono: true}, object})
	}
	groups, of := inspectGroups(p)
	for _, t := range held.Tables {
		at, known := of[t.Name]
		if !known {
			at = len(groups) - 1
		}
		if len(t.Rows) > 0 {
			groups[at].Tables = append(groups[at].Tables, inspectTable(t))
		}
	}
	page.Groups = slices.DeleteFunc(groups, func(g InspectGroup) bool { return len(g.Tables) == 0 })
	return s.Render(w, r, http.StatusOK, "me/everything", page)
}

func inspectTable(t account.HeldTable) InspectTable {
	out := InspectTable{Name: t.Name}
	for _, row := range t.Rows {
		var line []InspectValue
		for _, one := range row {
			line = append(line, inspectValues(one)...)
		}
		out.Rows = append(out.Rows, line)
	}
	for name, why := range t.LeftOff {
		out.Off = append(out.Off, InspectValue{name, why})
	}
	slices.SortFunc(out.Off, func(x, y InspectValue) int { return strings.Compare(x.Name, y.Name) })
	return out
}

// inspectValues are a column as lines: one for each member of what was sealed.
func inspectValues(one account.HeldValue) []InspectValue {
	if one.Text != "" {
		return []InspectValue{{one.Name, one.Text}}
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(one.Words, &members) != nil {
		var text string
		if json.Unmarshal(one.Words, &text) != nil || text == "" {
			return nil
		}
		return []InspectValue{{one.Name, text}}
	}
	var out []InspectValue
	for _, name := range slices.Sorted(maps.Keys(members)) {
		var text string
		if json.Unmarshal(members[name], &text) != nil {
			text = string(members[name])
		}
		if text != "" {
			out = append(out, InspectValue{name, text})
		}
	}
	return out
}

func (s *Pages) inspectFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	held, err := s.Inspecting.Inspect(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="everything-about-me.json"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(held.JSON) // the reader may have gone
	return nil
}
