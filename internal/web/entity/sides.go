package entity

import (
	"slices"
	"strings"

	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
)

// Sides are two descriptions beside each other.
type Sides struct {
	Left, Right string
	Rows        []SidesRow
}

// SidesRow is what both say of one thing.
type SidesRow struct {
	Label       string
	Left, Right []Value
	Differ      bool
}

// said is everything that a description says, by its labels.
func (s *Pages) said(p lang.Printer, d entity.Description) []Fact {
	t := s.template(d.Type)
	out := []Fact{{Label: p.T("Type"), Values: []Value{{Text: p.T(t.Label)}}}}
	add := func(label string, v Value) {
		i := slices.IndexFunc(out, func(f Fact) bool { return f.Label == label })
		if i < 0 {
			i, out = len(out), append(out, Fact{Label: label})
		}
		out[i].Values = append(out[i].Values, v)
	}
	for _, a := range d.Attributes {
		v := valueOf(a, "")
		if a.Access&entity.Hidden != 0 {
			v.Kind = p.T("hidden")
		}
		add(attributeLabel(p, t, a.Name), v)
	}
	for _, x := range d.Externals {
		name := schemeNames[x.Scheme]
		if name == "" {
			name = x.Scheme
		}
		add(name, Value{Text: x.Value, URL: x.URL()})
	}
	for _, u := range d.SameAs {
		add(p.T("The same"), Value{Text: u, URL: u})
	}
	for _, r := range d.References {
		v := Value{Text: r.Title, URL: r.URL}
		if v.Text == "" {
			v.Text = r.URL
		}
		add(p.T("References"), v)
	}
	if d.Access != 0 {
		add(p.T("Flags"), Value{Text: strings.ReplaceAll(accessText(d.Access), " ", ", ")})
	}
	return out
}

// sides puts two descriptions beside each other, line by line.
func (s *Pages) sides(p lang.Printer, left, right string, a, b entity.Description) Sides {
	out := Sides{Left: left, Right: right}
	for _, f := range s.said(p, a) {
		out.Rows = append(out.Rows, SidesRow{Label: f.Label, Left: f.Values})
	}
	for _, f := range s.said(p, b) {
		i := slices.IndexFunc(out.Rows, func(r SidesRow) bool { return r.Label == f.Label })
		if i < 0 {
			i, out.Rows = len(out.Rows), append(out.Rows, SidesRow{Label: f.Label})
		}
		out.Rows[i].Right = f.Values
	}
	for i := range out.Rows {
		out.Rows[i].Differ = !slices.Equal(out.Rows[i].Left, out.Rows[i].Right)
	}
	return out
}
