package entity

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// The parts of the form, each a list of rows. A control is called part, row and field: "n0.value".
const (
	partNames      = "n"
	partFacts      = "f"
	partExternals  = "x"
	partReferences = "r"
	partSame       = "s"
)

var allParts = []string{partNames, partFacts, partExternals, partReferences, partSame}

// The limits of the form. A form holds 500 fields: larger entities are for programs.
const (
	formBytes  = 2 << 20
	mostFields = 480
	maxShort   = 1000 // characters of a source or title
	maxAddress = 2000
	maxScheme  = 64
)

// draft is a description as it is typed, empty rows included.
type draft struct {
	kind         entity.Type
	access       entity.Access
	names, facts []entity.Attribute
	externals    []entity.External
	references   []entity.Reference
	same         []string
}

// nameKinds are the attributes that are names.
var nameKinds = []string{entity.AttrName, entity.AttrAlias, entity.AttrAcronym, entity.AttrFormerName}

// draftOf is a description ready to be edited: with an empty row for what its type expects.
func draftOf(d entity.Description, t entity.Template) draft {
	out := draft{kind: d.Type, access: d.Access, same: slices.Clone(d.SameAs), externals: slices.Clone(d.Externals), references: slices.Clone(d.References)}
	for _, a := range d.Attributes {
		if slices.Contains(nameKinds, a.Name) {
			out.names = append(out.names, a)
		} else {
			out.facts = append(out.facts, a)
		}
	}
	if len(out.names) == 0 {
		out.names = []entity.Attribute{{Name: entity.AttrName}}
	}
	for _, x := range t.Attributes {
		if !slices.Contains(nameKinds, x.Name) && !slices.ContainsFunc(out.facts, func(a entity.Attribute) bool { return a.Name == x.Name }) {
			out.facts = append(out.facts, entity.Attribute{Name: x.Name})
		}
	}
	if len(out.externals) == 0 {
		out.externals = make([]entity.External, 1)
	}
	if len(out.references) == 0 {
		out.references = make([]entity.Reference, 1)
	}
	return out
}

// fields counts the controls that the form would have.
func (d *draft) fields() int {
	return 5*(len(d.names)+len(d.facts)) + 2*(len(d.externals)+len(d.references)) + len(d.same)
}

// add puts an empty row to a part.
func (d *draft) add(part string) {
	switch part {
	case partNames:
		d.names = append(d.names, entity.Attribute{Name: entity.AttrAlias})
	case partFacts:
		d.facts = append(d.facts, entity.Attribute{})
	case partExternals:
		d.externals = append(d.externals, entity.External{})
	case partReferences:
		d.references = append(d.references, entity.Reference{})
	case partSame:
		d.same = append(d.same, "")
	}
}

// readDraft reads what was typed. Flags that the form does not show are given by held.
func readDraft(f *edge.Form, held entity.Access, flags []entity.Access) draft {
	d := draft{kind: entity.Type(f.String("type", maxScheme)), access: held}
	for _, bit := range flags {
		if d.access &^= bit; f.Bool("access." + flagName(bit)) {
			d.access |= bit
		}
	}
	each := func(part, field string, read func(row string)) {
		for i := 0; f.TypedAll(part+strconv.Itoa(i)+field) != nil; i++ {
			read(part + strconv.Itoa(i))
		}
	}
	attribute := func(row string) entity.Attribute {
		return entity.Attribute{
			Name: f.String(row+".name", maxScheme), Value: f.Text(row+".value", entity.MaxValue), Lang: f.String(row+".lang", maxScheme),
			Source: f.String(row+".source", maxShort), Access: accessOf(f.String(row+".access", 100)),
		}
	}
	each(partNames, ".value", func(row string) { d.names = append(d.names, attribute(row)) })
	each(partFacts, ".value", func(row string) { d.facts = append(d.facts, attribute(row)) })
	each(partExternals, ".value", func(row string) {
		d.externals = append(d.externals, entity.External{Scheme: f.String(row+".scheme", maxScheme), Value: f.String(row+".value", maxShort)})
	})
	each(partReferences, ".url", func(row string) {
		d.references = append(d.references, entity.Reference{URL: f.String(row+".url", maxAddress), Title: f.String(row+".title", maxShort)})
	})
	each(partSame, ".url", func(row string) { d.same = append(d.same, f.String(row+".url", maxAddress)) })
	return d
}

// description is what a draft says, without its empty rows, and for each part of it the row
// in which it is typed: "attributes[2]" is "f0".
func (d *draft) description() (entity.Description, map[string]string) {
	out := entity.Description{Type: d.kind, Access: d.access}
	rows := map[string]string{}
	attributes := func(part string, all []entity.Attribute) {
		for i, a := range all {
			if a.Value == "" || slices.Contains(out.Attributes, a) {
				continue
			}
			rows[fmt.Sprintf("attributes[%d]", len(out.Attributes))] = part + strconv.Itoa(i)
			out.Attributes = append(out.Attributes, a)
		}
	}
	attributes(partNames, d.names)
	attributes(partFacts, d.facts)
	for i, x := range d.externals {
		if x.Scheme == "" {
			if meant := entity.Recognise(x.Value); len(meant) == 1 {
				x = meant[0]
			}
		}
		if x.Value != "" {
			rows[fmt.Sprintf("externals[%d]", len(out.Externals))] = partExternals + strconv.Itoa(i)
			out.Externals = append(out.Externals, x)
		}
	}
	for i, u := range d.same {
		if u != "" {
			rows[fmt.Sprintf("sameAs[%d]", len(out.SameAs))] = partSame + strconv.Itoa(i)
			out.SameAs = append(out.SameAs, u)
		}
	}
	for i, r := range d.references {
		if r.URL != "" {
			rows[fmt.Sprintf("references[%d]", len(out.References))] = partReferences + strconv.Itoa(i)
			out.References = append(out.References, r)
		}
	}
	return out, rows
}

// hidden is what was typed, as a form carries it on. flags are those that the form has set.
func (d *draft) hidden(flags []entity.Access) []ui.Hidden {
	out := []ui.Hidden{{Name: "type", Value: string(d.kind)}}
	put := func(part string, i int, fields ...string) {
		for j := 0; j < len(fields); j += 2 {
			out = append(out, ui.Hidden{Name: part + strconv.Itoa(i) + "." + fields[j], Value: fields[j+1]})
		}
	}
	for _, bit := range flags {
		if d.access&bit != 0 {
			out = append(out, ui.Hidden{Name: "access." + flagName(bit), Value: "on"})
		}
	}
	for part, all := range map[string][]entity.Attribute{partNames: d.names, partFacts: d.facts} {
		for i, a := range all {
			put(part, i, "name", a.Name, "value", a.Value, "lang", a.Lang, "source", a.Source, "access", accessText(a.Access))
		}
	}
	for i, x := range d.externals {
		put(partExternals, i, "scheme", x.Scheme, "value", x.Value)
	}
	for i, r := range d.references {
		put(partReferences, i, "url", r.URL, "title", r.Title)
	}
	for i, u := range d.same {
		put(partSame, i, "url", u)
	}
	return out
}

// control is the name of the control that a finding is about; "" for the whole form.
func (d *draft) control(one entity.Finding, rows map[string]string) string {
	base, field, _ := strings.Cut(one.Field, ".")
	row, ok := rows[base]
	switch {
	case ok && field != "" && field != "access":
		return row + "." + field
	case ok && (row[:1] == partReferences || row[:1] == partSame):
		return row + ".url"
	case ok:
		return row + ".value"
	case one.Code == "name.none":
		return "n0.value"
	case one.Code == "coordinate.half":
		for i, a := range d.facts {
			if (a.Name == entity.AttrLatitude || a.Name == entity.AttrLongitude) && a.Value == "" {
				return partFacts + strconv.Itoa(i) + ".value"
			}
		}
	case base == "type":
		return "type"
	}
	return ""
}

// flag is one of the access flags with its words.
type flag struct {
	bit  entity.Access
	name string
}

var flags = []flag{{entity.Unsearchable, "unsearchable"}, {entity.Hidden, "hidden"}, {entity.Protected, "protected"}, {entity.Published, "published"}}

func flagName(bit entity.Access) string {
	for _, f := range flags {
		if f.bit == bit {
			return f.name
		}
	}
	return ""
}

// accessText writes flags as the value of an option, accessOf reads it. What is no flag is a
// bit that no description may have, so that it is refused and not left away.
func accessText(a entity.Access) string {
	var names []string
	for _, f := range flags {
		if a&f.bit != 0 {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, " ")
}

func accessOf(text string) (a entity.Access) {
	for _, name := range strings.Fields(text) {
		i := slices.IndexFunc(flags, func(f flag) bool { return f.name == name })
		if i < 0 {
			return 1 << 7
		}
		a |= flags[i].bit
	}
	return a
}
