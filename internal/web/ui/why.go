package ui

import (
	"strings"

	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
)

// Why is "why": what a data set is held for, on what ground, how long and who gets it
// (GDPR articles 13 to 15). All of it comes from the configuration.
type Why struct {
	Purpose    string // empty: the organisation has not said
	Basis      string
	Kept       string
	Recipients string
	Duty       string // the provision that keeps it when the rest is erased
}

// WhyOf tells it of one data set.
func WhyOf(p lang.Printer, set party.SetSchema) *Why {
	return &Why{
		Purpose: p.T(set.Purpose), Basis: p.T(set.Basis.Words()), Kept: KeptFor(p, set), Duty: set.Duty, Recipients: strings.Join(set.Recipients, ", "),
	}
}

// KeptFor says how long a data set is kept.
func KeptFor(p lang.Printer, set party.SetSchema) string {
	words, n := set.KeptFor()
	out := p.T(words, "n", n)
	if set.Duty != "" {
		out += " " + p.T("The law asks for that long: {duty}.", "duty", set.Duty)
	}
	return out
}

// Stays is a data set that outlives the erasure of its record.
type Stays struct{ Text string }

// StaysOf says of each part that a legal duty keeps why and until when.
func StaysOf(p lang.Printer, owed []party.Owed) []Stays {
	var out []Stays
	for _, o := range owed {
		out = append(out, Stays{p.T("{set}: kept by law until {date}, apart from everything else and used for nothing else ({duty}). Then it goes by itself.",
			"set", p.T(o.Set.Label), "date", p.Date(o.Until), "duty", o.Set.Duty)})
	}
	return out
}
