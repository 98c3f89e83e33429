package ui

import (
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
)

// Shown writes the value of a field as its reader would: dates in words, countries and
// languages by name.
func Shown(p lang.Printer, t party.FieldType, text string) string {
	switch t {
	case party.Date:
		if at, err := time.Parse(time.DateOnly, text); err == nil {
			return p.Date(at)
		}
	case party.Country:
		if region, err := language.ParseRegion(text); err == nil {
			if name := display.Regions(language.Make(p.Lang)).Name(region); name != "" {
				return name
			}
		}
	case party.Language:
		if tag, err := language.Parse(text); err == nil {
			if name := display.Languages(language.Make(p.Lang)).Name(tag); name != "" {
				return UpperFirst(name)
			}
		}
	case party.Text, party.LongText, party.Email, party.Phone, party.URL, party.Number:
	}
	return text
}
