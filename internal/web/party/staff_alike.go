package party

import (
	"slices"
	"strings"

	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// What a list says about why somebody is on it. It names fields and shows no value that
// the list does not show anyway.

// likely says in words how likely it is that two records are about one party.
func likely(p lang.Printer, probability float64) ui.Tag {
	switch {
	case probability >= 0.95:
		return ui.Tag{Kind: ui.TagInfo, Text: p.T("very likely the same")}
	case probability >= 0.6:
		return ui.Tag{Kind: ui.TagQuiet, Text: p.T("probably the same")}
	}
	return ui.Tag{Kind: ui.TagQuiet, Text: p.T("perhaps the same")}
}

// Comparison is how one field of two records compares.
type Comparison struct {
	Text   string
	Icon   string // same, near or differ
	Differ bool
}

// comparisons returns what speaks for and then what speaks against two records being
// about one party.
func (s *Pages) comparisons(p lang.Printer, reasons []party.Reason) []Comparison {
	var out []Comparison
	for _, r := range reasons {
		c := Comparison{Text: s.comparison(p, r), Icon: "near", Differ: !r.For}
		switch {
		case c.Differ:
			c.Icon = "differ"
		case r.Code == "exact":
			c.Icon = "same"
		}
		if c.Text != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b Comparison) int {
		switch {
		case a.Differ == b.Differ:
			return 0
		case a.Differ:
			return 1
		}
		return -1
	})
	return out
}

func (s *Pages) comparison(p lang.Printer, r party.Reason) string {
	field := s.fieldLabel(p, r)
	switch {
	case field == "":
		return ""
	case r.Code == "swapped":
		return p.T("Given and family name the other way round")
	case !r.For:
		return p.T("{field}: different", "field", field)
	}
	switch r.Code {
	case "exact":
		return p.T("{field}: the same", "field", field)
	case "typo_1":
		return p.T("{field}: one character apart", "field", field)
	case party.Tagged:
		return p.T("{field}: differs by a tag or dots only, and may be the same mailbox", "field", field)
	case "day_month":
		return p.T("{field}: day and month the other way round", "field", field)
	case "short_form", "nickname", "initial":
		return p.T("{field}: a short form of it", "field", field)
	case "typo", "typo_2", "part", "near":
		return p.T("{field}: nearly the same", "field", field)
	}
	return p.T("{field}: similar", "field", field)
}

// fieldLabel is how the field of a reason is called, "" when the organisation does not
// keep it.
func (s *Pages) fieldLabel(p lang.Printer, r party.Reason) string {
	set, _ := s.Records.Schemas().Set(r.Set)
	if f, ok := set.Field(r.Field); ok {
		return p.T(f.Label)
	}
	return ""
}

// reasonAt names a field, "set.field", for fieldLabel.
func reasonAt(name string) party.Reason {
	set, field, _ := strings.Cut(name, ".")
	return party.Reason{Set: set, Field: field}
}

// takenFor says which words of a query were taken for others: the other word where the
// list shows it, else in which field it is.
func (s *Pages) takenFor(p lang.Printer, rec party.Listed) string {
	name := party.Normalise(nameOr(p, rec.Record))
	shown := append(strings.Fields(name+" "+party.Normalise(town(rec.Record))), name)
	var out []string
	for _, r := range rec.Reasons {
		other := s.fieldLabel(p, r)
		if slices.Contains(shown, party.Normalise(r.Word)) {
			other = r.Word
		}
		if one := other + " ≈ " + r.Typed; other != "" && !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return strings.Join(out, " · ")
}
