package link

import (
	"strings"

	"github.com/habeas-data/habeas/match/text"
)

func compareGiven(a, b *value) verdict { return compareName(a.text, b.text) }

func compareFamily(a, b *value) verdict {
	v := compareName(a.text, b.text)
	if v >= swappedLevel {
		v++
	}
	return v
}

func compareName(a, b string) verdict {
	switch {
	case a == b:
		return 0
	case text.Distance(a, b, 1) == 1 && min(len(a), len(b)) > 2:
		return 1
	case strings.HasPrefix(a, b) || strings.HasPrefix(b, a):
		return 2
	case text.JaroWinkler(a, b) > .85:
		return 3
	}
	return 4
}

// swappedNames finds out whether the given name of each row is the family name of the
// other. It returns noLevel when not.
func swappedNames(p *part, i, j int32, given, family verdict) verdict {
	if given <= 1 || family <= 1 {
		return noLevel
	}
	gi, gj, fi, fj := p.other.ids[i], p.other.ids[j], p.col.ids[i], p.col.ids[j]
	if gi == missing || gj == missing || fi == missing || fj == missing {
		return noLevel
	}
	if compareName(p.other.values[gi].text, p.col.values[fj].text) <= 1 &&
		compareName(p.other.values[gj].text, p.col.values[fi].text) <= 1 {
		return swappedLevel
	}
	return noLevel
}
