package word

import "strings"

// streetEnds are the ends of words that are streets in one word: Koskikatu, Nybyvägen,
// Friedhofstraße. Ends that other words have as well are weak.
var streetEnds, weakEnds = ends(`strasse strase str gasse weg allee platz damm ufer chaussee steig
	straat laan plein gracht kade dreef singel steenweg weg katu kuja polku kaari gatan gata gate gaten gade
	vägen väg vejen vej veien vei torget torg plads stræde gränd gränden stigen stien intie ntie braut stigur gotu tún
	götu vegur utca tänav puiestee caddesi sokak gasse gässli rain matt ulica bakken`),
	ends(`tie ring hof steig rain matt park markt graben berg hove baan pad wall wijk brug halde acker feld
	vangen haugen lia tee allé hovi ranta mäki penger aukio stien veita tunet gård bakke alle zeile anger
	ried grund terrasse kaevu allika tun stræti straeti holt heidi gerdi mannen hage`)

// ends lists the ends of words by their last byte.
func ends(list string) *[256][]string {
	all := &[256][]string{}
	for w := range strings.FieldsSeq(list) {
		w = string(AppendFolded(nil, []byte(w)))
		last := w[len(w)-1]
		all[last] = append(all[last], w)
	}
	return all
}

// StreetEnd says how much the end of a folded word speaks for a street in one word: 2, 1
// or 0.
func StreetEnd(folded []byte) int {
	if longest(folded, streetEnds) {
		return 2
	}
	if longest(folded, weakEnds) {
		return 1
	}
	return 0
}

var quarterEnds = ends("cho machi gaoka dori chome dai")

// QuarterEnd says whether a folded word ends as those for quarters of towns in Japan.
func QuarterEnd(folded []byte) bool { return longest(folded, quarterEnds) }

// longest says whether a word has one of the ends and at least three bytes before it.
func longest(folded []byte, ends *[256][]string) bool {
	if len(folded) < 4 {
		return false
	}
	for _, e := range ends[folded[len(folded)-1]] {
		if n := len(folded) - len(e); n >= 3 && string(folded[n:]) == e {
			return true
		}
	}
	return false
}
