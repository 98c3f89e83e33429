package party

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Held is "held": one data set of a record, with where each value came from.
type Held struct {
	Name   string
	Title  string
	Note   string
	Action *ui.Link
	Masked bool
	Fields []HeldField
	Why    *ui.Why // shown to its person
}

// HeldField is "held-field": one field with its history one tap away.
type HeldField struct {
	ID      string // "identity.given_name": its anchor, and the name of its control
	Label   string
	Now     HeldValue
	Masked  bool
	Rival   bool // somebody else says something different since the claim
	Lines   bool // may hold several lines
	URL     string
	Older   []HeldValue
	Differ  int         // how many of the older values say something else
	Control *ui.Control // to correct the value in place; nil where that is not offered
	Was     string      // what the control held at first: only what differs is a correction
}

// HeldValue is a value as somebody stated it.
type HeldValue struct {
	Text   string // empty: the value was withdrawn
	Source string
	At     time.Time
	Yours  bool // the word of the person whom the record is about
	Rival  bool
}

// voices names sources for one page, each looked up once.
type voices struct {
	ctx   context.Context //nolint:containedctx // lives as long as one request
	s     *Pages
	v     ui.Visit
	names map[party.Source]string
}

func (s *Pages) voices(ctx context.Context, v ui.Visit) *voices {
	return &voices{ctx: ctx, s: s, v: v, names: map[party.Source]string{}}
}

// name is how a source is called.
func (o *voices) name(src party.Source) string {
	if n, ok := o.names[src]; ok {
		return n
	}
	n := ""
	switch {
	case src.Kind == party.FromSelf && src.Account != o.v.Account:
		n = o.v.P.T("The person")
	case src.Kind == party.FromGuardian:
		n = o.v.P.T("A guardian")
	default:
		n = nameOf(o.v.P, o.s.Records.SourceName(o.ctx, o.v.Actor, src))
	}
	o.names[src] = n
	return n
}

// nameOf translates the names that are words and leaves those that are names.
func nameOf(p lang.Printer, name string) string {
	switch name {
	case "you":
		return p.T("You")
	case "an import":
		return p.T("An import")
	case "this server":
		return p.T("This server")
	case "somebody":
		return p.T("Somebody")
	case "a guardian":
		return p.T("A guardian")
	case "":
		return p.T("Somebody who has left")
	}
	return name
}

// line says where a value came from: "City Bookings, ticket of 3 May 2026".
func (o *voices) line(v party.Value) string {
	p := o.v.P
	switch v.Source.Kind {
	case party.FromSelf:
		if v.Source.Account == o.v.Account {
			return p.T("You said so")
		}
		return p.T("Their own word")
	case party.FromGuardian:
		if v.Source.Account == o.v.Account {
			return p.T("You, as guardian")
		}
		return p.T("A guardian")
	case party.FromStaff:
		return p.T("{name}, staff", "name", o.name(v.Source))
	case party.FromSystem:
		if v.Occ.Ref != "" || v.Occ.Title != "" {
			return p.T("{source}, ticket of {date}", "source", o.name(v.Source), "date", p.Date(v.At.In(o.s.Zone())))
		}
	case party.FromImport:
	}
	return o.name(v.Source)
}

// all names every source of a record, sorted, each once.
func (o *voices) all(rec party.Record) []string {
	var names []string
	for _, set := range rec.Sets {
		for _, f := range set.Fields {
			for _, v := range append([]party.Value{f.Current}, f.Older...) {
				if !v.At.IsZero() {
					names = append(names, o.name(v.Source))
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// held shows the data sets of a record.
func (o *voices) held(rec party.Record) []Held {
	var out []Held
	for _, set := range rec.Sets {
		h := Held{Name: set.Schema.Name, Title: o.v.P.T(set.Schema.Label), Masked: set.Masked}
		for _, f := range set.Fields {
			h.Fields = append(h.Fields, o.field(rec.Party, set.Schema.Name, f))
		}
		out = append(out, h)
	}
	return out
}

func (o *voices) field(p party.Party, set string, f party.Field) HeldField {
	out := HeldField{
		ID: set + "." + f.Schema.Name, Label: o.v.P.T(f.Schema.Label), Now: o.value(p, f.Schema, f.Current, f.Masked),
		Masked: f.Masked, Rival: f.Rival, Lines: f.Schema.Type == party.LongText,
	}
	if f.Schema.Type == party.URL && !f.Masked {
		out.URL = webAddress(f.Current.Text)
	}
	for _, v := range f.Older {
		old := o.value(p, f.Schema, v, f.Masked)
		old.Rival = !p.ClaimedAt.IsZero() && v.At.After(p.ClaimedAt) && v.Source.Kind != party.FromSelf && !v.Occ.Agreed && v.Text != f.Current.Text
		out.Older = append(out.Older, old)
		if v.Text != f.Current.Text {
			out.Differ++
		}
	}
	return out
}

func (o *voices) value(p party.Party, schema party.FieldSchema, v party.Value, masked bool) HeldValue {
	text := v.Text
	if !masked && !strings.HasPrefix(text, "••") {
		text = ui.Shown(o.v.P, schema.Type, text)
	}
	return HeldValue{Text: text, Source: o.line(v), At: v.At, Yours: v.Source.Kind == party.FromSelf && (p.Account.IsZero() || p.Account == v.Source.Account)}
}

// webAddress returns an address that may be linked to, or "".
func webAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}

// moment writes when an occasion takes place: a date or a moment, as it was sent.
func (s *Pages) moment(p lang.Printer, text string) string {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return p.DateTime(t, s.Zone())
	}
	return ui.Shown(p, party.Date, text)
}

// nameOr is the name of a record, or words for one that holds none.
func nameOr(p lang.Printer, rec party.Record) string {
	if n := rec.Name(); n != "" {
		return n
	}
	if rec.Party.Kind == party.Organisation {
		return p.T("Organisation without a name")
	}
	return p.T("Record without a name")
}

// join lists things as a sentence does: "a, b and c".
func join(p lang.Printer, things []string) string {
	switch n := len(things); n {
	case 0:
		return ""
	case 1:
		return things[0]
	default:
		return p.T("{list} and {last}", "list", strings.Join(things[:n-1], ", "), "last", things[n-1])
	}
}
