package config

import "strings"

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
		if d := distance(folded, fold(known)); d < least {
			best, least = known, d
		}
	}
	return best
}

// fold makes "smtp_host", "smtp.host" and "SMTP-Host" alike.
func fold(s string) string {
	return strings.NewReplacer(".", "", "_", "", "-", "").Replace(strings.ToLower(s))
}

// distance counts the letters to insert, delete or replace (Levenshtein 1966).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
