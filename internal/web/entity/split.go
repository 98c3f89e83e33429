package entity

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// On a page an entity is split into two. What it says goes to the first, the second, or both.
const (
	toFirst  = "1"
	toSecond = "2"
	toBoth   = "12"
)

// SplitPage is the data of entity/split.
type SplitPage struct {
	Heading ui.Heading
	Notice  *ui.Notice
	Form    ui.Form
}

// share is one thing that an entity says: give puts it into a part.
type share struct {
	text string
	only bool // it cannot be in both
	give func(to *entity.Description)
}

// shares are what is to be divided: everything but the first name, which each part has its own of.
func (s *Pages) shares(p lang.Printer, d entity.Description) (out []share) {
	t, named := s.template(d.Type), false
	for _, a := range d.Attributes {
		if isTitle(a) && !named {
			named = true
			continue
		}
		out = append(out, share{attributeLabel(p, t, a.Name) + ": " + a.Value, false, func(to *entity.Description) { to.Attributes = append(to.Attributes, a) }})
	}
	for _, x := range d.Externals {
		out = append(out, share{x.Scheme + ": " + x.Value, true, func(to *entity.Description) { to.Externals = append(to.Externals, x) }})
	}
	for _, u := range d.SameAs {
		out = append(out, share{p.T("The same") + ": " + u, false, func(to *entity.Description) { to.SameAs = append(to.SameAs, u) }})
	}
	for _, r := range d.References {
		out = append(out, share{p.T("References") + ": " + r.URL, false, func(to *entity.Description) { to.References = append(to.References, r) }})
	}
	return out
}

// isTitle reports whether an attribute is a name that is shown as the title.
func isTitle(a entity.Attribute) bool {
	return a.Name == entity.AttrName && a.Access&entity.Hidden == 0
}

func (s *Pages) splitPage(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer) error {
	e, err := s.changing(r, v, by)
	if err != nil {
		return err
	}
	page := s.splitForm(v.P, e)
	if len(page.Form.Controls) > mostFields {
		return errLarge
	}
	return s.Render(w, r, http.StatusOK, "entity/split", page)
}

func (s *Pages) splitForm(p lang.Printer, e entity.Entity) SplitPage {
	at := entityPath + e.ID.String()
	page := SplitPage{
		Heading: ui.Heading{
			Title: p.T("It means several things"), Back: &ui.Link{Text: e.Description.Label(), URL: at},
			Lead: p.T("Two new names take its place, and its own leads to both from then on. This can be undone."),
		},
		Form: ui.Form{
			Action: at + "/split", Hidden: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(e.Version, 10)}}, Submit: p.T("Make two of it"),
			Cancel: &ui.Link{Text: p.T("Leave it as it was"), URL: at},
			Controls: []ui.Control{
				{Name: "first", Label: p.T("Name of the first"), Value: e.Description.Label(), Autocomplete: "off"},
				{Name: "second", Label: p.T("Name of the second"), Autocomplete: "off"},
			},
		},
	}
	for i, one := range s.shares(p, e.Description) {
		c := ui.Control{Kind: ui.ControlSelect, Name: "share" + strconv.Itoa(i), Label: one.text, Value: toFirst, Options: []ui.Option{
			{Value: toFirst, Text: p.T("To the first")}, {Value: toSecond, Text: p.T("To the second")},
		}}
		if !one.only {
			c.Options = append(c.Options, ui.Option{Value: toBoth, Text: p.T("To both")})
		}
		page.Form.Controls = append(page.Form.Controls, c)
	}
	return page
}

// split makes two of one.
func (s *Pages) split(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer) error {
	f, err := edge.DecodeForm(w, r, formBytes)
	if err != nil {
		return err
	}
	e, _, err := s.at(r, v)
	if err != nil {
		return err
	}
	page := s.splitForm(v.P, e)
	seen := version(f, "version")
	parts := []entity.Description{{Type: e.Description.Type, Access: e.Description.Access}, {Type: e.Description.Type, Access: e.Description.Access}}
	named := entity.Attribute{Name: entity.AttrName}
	if i := slices.IndexFunc(e.Description.Attributes, isTitle); i >= 0 {
		named = e.Description.Attributes[i]
	}
	for i, field := range []string{"first", "second"} {
		one := named
		one.Value = f.Required(field, entity.MaxValue)
		parts[i].Attributes = append(parts[i].Attributes, one)
	}
	if seen != e.Version { // what it says is not what was divided
		page.Form.Keep(f)
		page.Notice = warning(v.P, entity.ErrVersion)
		return s.Render(w, r, http.StatusConflict, "entity/split", page)
	}
	for i, one := range s.shares(v.P, e.Description) {
		where := f.Choice("share"+strconv.Itoa(i), toFirst, toSecond, toBoth)
		if where != toSecond {
			one.give(&parts[0])
		}
		if where == toSecond || where == toBoth && !one.only {
			one.give(&parts[1])
		}
	}
	if err := f.Err(); err != nil {
		return s.Again(w, r, v, err, "entity/split", &page, &page.Form, f)
	}
	_, err = s.Entities.Split(r.Context(), by, entity.Versioned{ID: e.ID, Version: seen}, parts)
	switch {
	case err == nil:
		return done(w, r, e.ID, "split")
	case codeOf(err) == entity.ErrVersion.Code || codeOf(err) == "entity.description":
		ui.Refused(r, err)
		page.Form.Keep(f)
		page.Notice = warning(v.P, err)
		return s.Render(w, r, http.StatusConflict, "entity/split", page)
	}
	return err
}
