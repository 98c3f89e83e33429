package entity

import (
	"slices"
	"strconv"

	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// FormPage is the data of entity/edit: a description to be written.
type FormPage struct {
	Heading ui.Heading
	Action  string
	Hidden  []ui.Hidden
	Errors  []ui.FieldError
	Notice  *ui.Notice
	Sides   *Sides // what somebody else has written meanwhile
	Type    *ui.Control
	Parts   []Part
	Flags   []ui.Control
	Submit  string
	Cancel  ui.Link
	Next    string
}

// Part is a list of rows; Add is the button that adds one.
type Part struct {
	ID, Title, Hint, Add string
	Rows                 []Row
}

// Row is a name, an attribute or a link. More is what few change, shown on demand.
type Row struct {
	ID     string
	Legend string
	Hidden []ui.Hidden
	Main   []ui.Control
	More   []ui.Control
	Open   bool
}

// maker makes the controls of a form.
type maker struct {
	p       lang.Printer
	t       entity.Template
	steward bool
	wrong   map[string]string // by control
}

func (m *maker) control(c ui.Control) ui.Control {
	c.Error, c.Autocomplete = m.wrong[c.Name], "off"
	return c
}

func (m *maker) parts(d *draft) []Part {
	p := m.p
	out := []Part{
		{ID: partNames, Title: p.T("What it is called"), Hint: p.T("Each name in its language. The first one is shown as its title."), Add: p.T("Another name")},
		{ID: partFacts, Title: p.T("What is said of it"), Hint: p.T("Leave empty what you do not know."), Add: p.T("Another attribute")},
		{ID: partExternals, Title: p.T("What others call it"), Hint: p.T("Its identifier in another registry. No two entities have the same."), Add: p.T("Another identifier")},
		{ID: partReferences, Title: p.T("Pages about it"), Add: p.T("Another page")},
		{ID: partSame, Title: p.T("The same elsewhere"), Hint: p.T("Addresses that mean this very thing in other collections of data."), Add: p.T("Another address")},
	}
	for i, a := range d.names {
		out[0].Rows = append(out[0].Rows, m.name(partNames+strconv.Itoa(i), i, a))
	}
	for i, a := range d.facts {
		out[1].Rows = append(out[1].Rows, m.fact(partFacts+strconv.Itoa(i), i, a))
	}
	for i, x := range d.externals {
		row := partExternals + strconv.Itoa(i)
		out[2].Rows = append(out[2].Rows, Row{ID: row, Legend: p.T("Identifier {n}", "n", i+1), Main: []ui.Control{
			m.control(ui.Control{Kind: ui.ControlSelect, Name: row + ".scheme", Label: p.T("Registry"), Value: x.Scheme, Options: m.schemes(x.Scheme), Optional: true}),
			m.control(ui.Control{Name: row + ".value", Label: p.T("Identifier or address"), Value: x.Value, Optional: true, MaxLength: maxShort}),
		}})
	}
	for i, r := range d.references {
		row := partReferences + strconv.Itoa(i)
		out[3].Rows = append(out[3].Rows, Row{ID: row, Legend: p.T("Page {n}", "n", i+1), Main: []ui.Control{
			m.control(ui.Control{Name: row + ".url", Label: p.T("Address of the page"), Value: r.URL, Optional: true, InputMode: "url", MaxLength: maxAddress}),
			m.control(ui.Control{Name: row + ".title", Label: p.T("Title of the page"), Value: r.Title, Optional: true, MaxLength: maxShort}),
		}})
	}
	for i, u := range d.same {
		row := partSame + strconv.Itoa(i)
		out[4].Rows = append(out[4].Rows, Row{ID: row, Legend: p.T("Address {n}", "n", i+1), Main: []ui.Control{
			m.control(ui.Control{Name: row + ".url", Label: p.T("Address"), Value: u, Optional: true, InputMode: "url", MaxLength: maxAddress}),
		}})
	}
	return out
}

func (m *maker) name(row string, i int, a entity.Attribute) Row {
	p := m.p
	kinds := make([]ui.Option, len(nameKinds))
	for j, kind := range nameKinds {
		kinds[j] = ui.Option{Value: kind, Text: attributeLabel(p, m.t, kind)}
	}
	out := Row{ID: row, Legend: p.T("Name {n}", "n", i+1), Main: []ui.Control{
		m.control(ui.Control{Name: row + ".value", Label: p.T("Name"), Value: a.Value, Optional: i > 0}),
		m.control(ui.Control{Name: row + ".lang", Label: p.T("Language"), Value: a.Lang, Optional: true, MaxLength: maxScheme, Hint: p.T("en, es, pt-BR")}),
		m.control(ui.Control{Kind: ui.ControlSelect, Name: row + ".name", Label: p.T("Kind of name"), Value: a.Name, Options: kinds}),
	}}
	m.more(&out, row, a, false)
	return out
}

func (m *maker) fact(row string, i int, a entity.Attribute) Row {
	p := m.p
	at := slices.IndexFunc(m.t.Attributes, func(x entity.Expected) bool { return x.Name == a.Name })
	value := ui.Control{Name: row + ".value", Label: p.T("Value"), Value: a.Value, Optional: true}
	out := Row{ID: row, Legend: p.T("Attribute {n}", "n", i+1)}
	if at < 0 {
		out.Main = append(out.Main, m.control(ui.Control{
			Name: row + ".name", Label: p.T("Name of the attribute"), Value: a.Name, Optional: true, MaxLength: maxScheme, Hint: p.T("Lower case, such as motto or head_office."),
		}))
	} else {
		x := m.t.Attributes[at]
		out.Legend, value.Label = p.T(x.Label), p.T(x.Label)
		out.Hidden = []ui.Hidden{{Name: row + ".name", Value: a.Name}}
		switch {
		case x.Name == entity.AttrDescription:
			value.Kind = ui.ControlTextarea
		case x.Kind == entity.KindCountry:
			value.Hint, value.MaxLength = p.T("Two letters, such as ES"), 2
		case x.Kind == entity.KindDate:
			value.Hint = p.T("1984, 1984-05 or 1984-05-03")
		case x.Kind == entity.KindURL:
			value.InputMode, value.Hint = "url", p.T("A full web address, such as https://example.org")
		case x.Name == entity.AttrWeight:
			value.InputMode, value.Hint = "decimal", p.T("Inhabitants or members: the larger, the likelier it is meant.")
		case x.Kind == entity.KindNumber:
			value.InputMode = "text" // some keyboards for numbers have no minus
		}
	}
	out.Main = append(out.Main, m.control(value))
	m.more(&out, row, a, true)
	return out
}

// more adds what few change: language, source and who sees it.
func (m *maker) more(out *Row, row string, a entity.Attribute, language bool) {
	p := m.p
	if language {
		out.More = append(out.More, m.control(ui.Control{Name: row + ".lang", Label: p.T("Language"), Value: a.Lang, Optional: true, MaxLength: maxScheme, Hint: p.T("en, es, pt-BR")}))
	}
	out.More = append(out.More,
		m.control(ui.Control{Name: row + ".source", Label: p.T("Where it is from"), Value: a.Source, Optional: true, MaxLength: maxShort, Hint: p.T("An address, or words.")}),
		m.control(ui.Control{Kind: ui.ControlSelect, Name: row + ".access", Label: p.T("Who sees it"), Value: accessText(a.Access), Options: m.accesses(a.Access)}),
	)
	out.Open = slices.ContainsFunc(out.More, func(c ui.Control) bool { return c.Error != "" })
}

// accesses are the combinations of flags that a writer may choose, and the one that is there.
func (m *maker) accesses(now entity.Access) []ui.Option {
	p := m.p
	offered := []entity.Access{0, entity.Unsearchable, entity.Hidden}
	if m.steward {
		offered = append(offered, entity.Protected, entity.Hidden|entity.Protected)
	}
	if !slices.Contains(offered, now) {
		offered = append(offered, now)
	}
	words := map[entity.Access]string{
		0: p.T("Everybody"), entity.Unsearchable: p.T("Everybody, but no search finds it"), entity.Hidden: p.T("Administrators and who created it"),
		entity.Protected: p.T("Everybody; administrators change it"), entity.Hidden | entity.Protected: p.T("Administrators and who created it; administrators change it"),
	}
	out := make([]ui.Option, len(offered))
	for i, a := range offered {
		out[i] = ui.Option{Value: accessText(a), Text: words[a]}
		if out[i].Text == "" {
			out[i].Text = accessText(a)
		}
	}
	return out
}

func (m *maker) schemes(now string) []ui.Option {
	out := []ui.Option{{Value: "", Text: m.p.T("By its form")}}
	for _, scheme := range []string{"ror", "wikidata", "geonames", "orcid", "isni", "viaf", "grid", "fundref"} {
		out = append(out, ui.Option{Value: scheme, Text: schemeNames[scheme]})
	}
	if now != "" && schemeNames[now] == "" {
		out = append(out, ui.Option{Value: now, Text: now})
	}
	return out
}

// flags are the boxes of the whole entity, as far as they are the writer's to set.
func (m *maker) flags(d *draft, settable []entity.Access) []ui.Control {
	p := m.p
	words := map[entity.Access][2]string{
		entity.Unsearchable: {p.T("No search finds it"), p.T("Whoever has its identifier sees it.")},
		entity.Hidden:       {p.T("Hidden"), p.T("Only administrators and who created it see it.")},
		entity.Protected:    {p.T("Protected"), p.T("Only administrators change it.")},
		entity.Published:    {p.T("Public"), p.T("Of a person: everybody may find and see this.")},
	}
	var out []ui.Control
	for _, bit := range settable {
		if bit == entity.Published && d.kind != entity.Person {
			continue
		}
		out = append(out, ui.Control{Kind: ui.ControlCheckbox, Name: "access." + flagName(bit), Value: "on", Checked: d.access&bit != 0, Label: words[bit][0], Hint: words[bit][1]})
	}
	return out
}

// settable are the flags of the whole entity that a writer sets: who creates may hide;
// everything else, and any change, is for administrators.
func settable(w entity.Writer, fresh bool) []entity.Access {
	switch {
	case w.Steward():
		return []entity.Access{entity.Unsearchable, entity.Hidden, entity.Protected, entity.Published}
	case fresh:
		return []entity.Access{entity.Unsearchable, entity.Hidden}
	}
	return nil
}

// findings puts what makes a description impossible beside its controls.
func (m *maker) findings(d *draft, rows map[string]string, found []entity.Finding) (errors []ui.FieldError) {
	m.wrong = map[string]string{}
	for _, one := range found {
		if !one.Fatal {
			continue
		}
		e := ui.FieldError{Field: d.control(one, rows), Text: m.p.T(one.Message)}
		if m.wrong[e.Field] == "" {
			m.wrong[e.Field] = e.Text
		}
		errors = append(errors, e)
	}
	return errors
}
