package entity

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// mostSteps is how much of an identifier's history its page shows.
const mostSteps = 50

// OnePage is the data of entity/page.
type OnePage struct {
	Heading    ui.Heading
	ID         string
	URI        string
	State      entity.State
	Names      []Value
	Facts      []Fact
	Elsewhere  []Elsewhere
	References []ui.Link
	Locator    *Locator
	Steps      []Step
	Successors []ui.Link
	Linked     map[string]any // for programs: schema.org as JSON-LD; nil: nothing is said any more
	API        string
	Write      *Write // nil: the reader may not write
	Undo       int64  // the evolution that the reader may take back; 0: none
}

// Write is where a registered reader changes what a name means.
type Write struct{ Links []ui.Link }

// Value is something that is said, with its language and where it is from.
type Value struct {
	Text   string
	Lang   string // BCP 47; may be empty
	Kind   string // of a name: other, former, acronym
	URL    string // it is an address itself
	Source ui.Link
}

// Fact is an attribute with its values.
type Fact struct {
	Label  string
	Values []Value
}

// Elsewhere is what another registry calls it.
type Elsewhere struct {
	Scheme string
	ui.Link
}

// Step is something that happened to identifiers.
type Step struct {
	Seq      int64
	At       time.Time
	What     string
	Old, New []ui.Link
}

// Locator is where it lies, on a map of the world 360 wide and 180 high.
type Locator struct {
	X, Y  float64
	Text  string // the coordinates
	Large ui.Link
}

// schemeNames are how registries are called.
var schemeNames = map[string]string{
	"ror": "ROR", "wikidata": "Wikidata", "geonames": "GeoNames", "orcid": "ORCID", "isni": "ISNI", "viaf": "VIAF", "grid": "GRID", "fundref": "Crossref Funder",
}

func (s *Pages) entityPage(ctx context.Context, p lang.Printer, e entity.Entity, to entity.Audience) (OnePage, error) {
	page := OnePage{ID: e.ID.String(), URI: s.Origin.URL(entityPath + e.ID.String()), State: e.State, API: apiPath + e.ID.String()}
	t, d := s.template(e.Description.Type), e.Description
	back := &ui.Link{Text: p.T("Names of things"), URL: searchPath}
	switch e.State {
	case entity.Active:
		page.Heading = ui.Heading{Title: d.Label(), Lead: p.T(t.Label), Back: back}
		if page.Heading.Title == "" {
			page.Heading.Title = page.ID
		}
		page.Heading.Actions = []ui.Link{{Text: p.T("Edit"), URL: entityPath + page.ID + "/edit"}}
		if _, public := entity.See(e, entity.Audience{}, false); public {
			page.Linked = entity.Linked(e, t, page.URI)
		}
		page.describe(p, t, d)
	case entity.Split:
		page.Heading = ui.Heading{Title: page.ID, Lead: p.T("This name was split. It means one of these now."), Back: back}
	default:
		page.Heading = ui.Heading{Title: page.ID, Lead: p.T("This name was given up. It means nothing any more, and is never given again."), Back: back}
	}
	for _, id := range e.Successors {
		l := ui.Link{Text: id.String(), URL: entityPath + id.String()}
		if one, err := s.Entities.Resolve(ctx, id, time.Time{}, to); err == nil && one.Description.Label() != "" {
			l.Text = one.Description.Label()
		}
		page.Successors = append(page.Successors, l)
	}
	steps, err := s.Entities.Evolutions(ctx, e.ID, 0, mostSteps)
	for _, one := range slices.Backward(steps) {
		page.Steps = append(page.Steps, Step{Seq: one.Seq, At: one.At, What: operationName(p, one.Operation), Old: names(one.Old), New: names(one.New)})
	}
	if err != nil || !to.Registered {
		return page, err
	}
	page.Write = writeLinks(p, e, to)
	page.Undo, err = s.Entities.Undoable(ctx, e.ID)
	return page, err
}

func writeLinks(p lang.Printer, e entity.Entity, to entity.Audience) *Write {
	at := entityPath + e.ID.String()
	w := &Write{}
	if e.State == entity.Active {
		w.Links = []ui.Link{{Text: p.T("It is the same as another one"), URL: at + "/merge"}, {Text: p.T("It means several things"), URL: at + "/split"}, {Text: p.T("Give the name up"), URL: at + "/delete"}}
	}
	if to.Steward {
		w.Links = append(w.Links, ui.Link{Text: p.T("How it was described"), URL: at + "/history"})
	}
	return w
}

func names(ids []entity.ID) []ui.Link {
	out := make([]ui.Link, len(ids))
	for i, id := range ids {
		out[i] = ui.Link{Text: id.String(), URL: entityPath + id.String()}
	}
	return out
}

func operationName(p lang.Printer, o entity.Operation) string {
	switch o {
	case entity.OpMerge:
		return p.T("Merged")
	case entity.OpSplit:
		return p.T("Split")
	case entity.OpDelete:
		return p.T("Given up")
	case entity.OpUndo:
		return p.T("Undone")
	}
	return string(o)
}

// describe fills in what is said of an entity.
func (page *OnePage) describe(p lang.Printer, t entity.Template, d entity.Description) {
	kinds := map[string]string{entity.AttrAlias: p.T("also"), entity.AttrAcronym: p.T("acronym"), entity.AttrFormerName: p.T("formerly")}
	facts := map[string]int{}
	var lat, lon string
	for _, a := range d.Attributes {
		kind, other := kinds[a.Name]
		switch {
		case a.Name == entity.AttrName || other:
			page.Names = append(page.Names, valueOf(a, kind))
			continue
		case a.Name == entity.AttrLatitude:
			lat = a.Value
			continue
		case a.Name == entity.AttrLongitude:
			lon = a.Value
			continue
		}
		at, there := facts[a.Name]
		if !there {
			at, facts[a.Name] = len(page.Facts), len(page.Facts)
			page.Facts = append(page.Facts, Fact{Label: attributeLabel(p, t, a.Name)})
		}
		v := valueOf(a, "")
		if a.Name == entity.AttrCountry {
			v.Text = ui.Shown(p, party.Country, a.Value)
		}
		page.Facts[at].Values = append(page.Facts[at].Values, v)
	}
	for _, x := range d.Externals {
		name := schemeNames[x.Scheme]
		if name == "" {
			name = x.Scheme
		}
		page.Elsewhere = append(page.Elsewhere, Elsewhere{name, ui.Link{Text: x.Value, URL: x.URL()}})
	}
	for _, u := range d.SameAs {
		page.Elsewhere = append(page.Elsewhere, Elsewhere{p.T("The same"), ui.Link{Text: u, URL: u}})
	}
	for _, r := range d.References {
		l := ui.Link{Text: r.Title, URL: r.URL}
		if l.Text == "" {
			l.Text = r.URL
		}
		page.References = append(page.References, l)
	}
	page.Locator = locate(p, lat, lon)
}

func valueOf(a entity.Attribute, kind string) Value {
	v := Value{Text: a.Value, Lang: a.Lang, Kind: kind, Source: ui.Link{Text: a.Source}}
	if isWeb(a.Source) {
		v.Source.URL = a.Source
	}
	if isWeb(a.Value) {
		v.URL = a.Value
	}
	return v
}

func isWeb(s string) bool {
	return (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && !strings.ContainsAny(s, " \t\n")
}

func attributeLabel(p lang.Printer, t entity.Template, name string) string {
	for _, x := range t.Attributes {
		if x.Name == name {
			return p.T(x.Label)
		}
	}
	return ui.UpperFirst(strings.ReplaceAll(name, "_", " "))
}

// locate places coordinates on the map; what are none gives nil.
func locate(p lang.Printer, lat, lon string) *Locator {
	y, errY := strconv.ParseFloat(lat, 64)
	x, errX := strconv.ParseFloat(lon, 64)
	if errY != nil || errX != nil || !(math.Abs(y) <= 90) || !(math.Abs(x) <= 180) {
		return nil
	}
	at := func(v float64, plus, minus string) string {
		if v < 0 {
			plus = minus
		}
		return strconv.FormatFloat(math.Abs(v), 'f', 3, 64) + "° " + plus
	}
	where := strconv.FormatFloat(y, 'f', 5, 64) + "/" + strconv.FormatFloat(x, 'f', 5, 64)
	return &Locator{
		X: math.Round((x+180)*10) / 10, Y: math.Round((90-y)*10) / 10,
		Text:  at(y, p.T("N"), p.T("S")) + ", " + at(x, p.T("E"), p.T("W")),
		Large: ui.Link{Text: p.T("On a large map"), URL: "https://www.openstreetmap.org/#map=9/" + where},
	}
}

func stateName(p lang.Printer, s entity.State) string {
	switch s {
	case entity.Merged:
		return p.T("Merged")
	case entity.Split:
		return p.T("Split")
	case entity.Deleted:
		return p.T("Given up")
	case entity.Active:
	}
	return ""
}
