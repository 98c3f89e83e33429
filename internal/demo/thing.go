package demo

import (
	_ "embed"
	"strings"
)

// things are real places and organisations, one a line: type, name, country, city, latitude,
// longitude, weight, identifiers of other registries, other names. Places are of GeoNames,
// organisations of ROR: see NOTICE.
//
//go:embed things.tsv
var things string

// Thing is something real that has a public name: a place of the world, or an organisation
// that everybody knows.
type Thing struct {
	Type, Name, Country, City   string
	Latitude, Longitude, Weight string            // of places; else empty
	Externals                   map[string]string // by registry
	Aliases                     []string
}

// Things returns the real ones of the demo, the largest places first.
func Things() []Thing {
	var out []Thing
	for line := range strings.Lines(things) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		t := Thing{Type: f[0], Name: f[1], Country: f[2], City: f[3], Latitude: f[4], Longitude: f[5], Weight: f[6], Externals: map[string]string{}}
		for _, x := range strings.Fields(f[7]) {
			scheme, value, _ := strings.Cut(x, ":")
			t.Externals[scheme] = value
		}
		if f[8] != "" {
			t.Aliases = strings.Split(f[8], "|")
		}
		out = append(out, t)
	}
	return out
}
