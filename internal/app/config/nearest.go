package config

import (
	"strings"

	"github.com/habeas-data/habeas/match/text"
)

// nearest returns the known key that a mistyped name most likely means, or "".
func (l *Loaded) nearest(name string) string {
	var all []string
	for _, k := range l.Keys {
		all = append(all, k.Name)
		all = append(all, k.members()...)
	}
	folded := fold(name)
	best, least := "", len(folded)/3+2 // about every third letter may differ
	for _, known := range all {
		if tail := known[strings.LastIndexByte(known, '.')+1:]; tail == name {
			return known // right, but outside its section
		}
		if d := text.Distance(folded, fold(known), least); d < least {
			best, least = known, d
		}
	}
	return best
}

// fold makes "smtp_host", "smtp.host" and "SMTP-Host" alike.
func fold(s string) string {
	return strings.NewReplacer(".", "", "_", "", "-", "").Replace(strings.ToLower(s))
}
