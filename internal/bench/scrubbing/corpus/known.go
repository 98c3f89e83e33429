package corpus

import (
	"strings"
	"unicode/utf8"

	"github.com/habeas-data/habeas/scrub"
)

// Known is a session with values, and texts into which some of them slipped.
type Known struct {
	Values []string
	Texts  []Text // one label each, of kind Known; its Class is the form
}

// knownShort is the fewest letters that a value has.
const knownShort = 6

// knownIn are the places into which a value slips; % is where.
var knownIn = []string{
	"2025-03-01T10:00:00Z INFO worker: retry for % after 250ms\n",
	`{"level":"debug","payload":"%","ms":12}` + "\n",
	"GET /lookup?v=%&page=2 HTTP/1.1 200\n",
	"<entry><value>%</value></entry>\n",
	"cannot parse '%': unexpected end of input\n",
	"%\n",
}

// NewKnown draws n values that a session holds and texts that quote them in every form.
func NewKnown(seed uint64, part Part, n, texts int) Known {
	k := Known{Values: knownValues(seed, part, n)}
	d := newDice(seed, part, streamKnownText)
	for i := range texts {
		f := forms[i%len(forms)]
		value := pick(d, k.Values)
		for f.name == "nfd" && isASCII(value) || f.name == "token" && !isName(value) {
			value = pick(d, k.Values)
		}
		var p page
		before, after, _ := strings.Cut(pick(d, knownIn), "%")
		left, encoded, right := f.encode(d, value)
		p.write(before + left)
		at := len(p.Body)
		p.mark(Label{Kind: scrub.Known, Class: f.name, Value: value}, func(string) string { return encoded })
		if f.name == "token" {
			p.Labels[0].Value = string(p.Body[at:])
		}
		p.write(right + after)
		k.Texts = append(k.Texts, p.Text)
	}
	return k
}

// knownValues are names, addresses, numbers and what people call themselves.
func knownValues(seed uint64, part Part, n int) []string {
	d := newDice(seed, part, streamKnown)
	seen := map[string]bool{}
	var out []string
	for _, p := range people(seed, part, n/2) {
		for _, v := range []string{
			p.Name, p.Email, p.Street, p.Phone, p.ID,
			pick(d, nicks) + "The" + pick(d, nicks) + d.pattern("##"),
			strings.Join([]string{pick(d, nicks), pick(d, nicks), d.pattern("####")}, "-"),
		} {
			if folded := strings.ToLower(v); len(out) < n && utf8.RuneCountInString(v) >= knownShort && !seen[folded] {
				seen[folded] = true
				out = append(out, v)
			}
		}
	}
	return out
}

// nicks are what people call themselves.
var nicks = words(`Obscure Magpie Thistle Falcon Comet Ember Juniper Quartz Raven Saffron Tundra Walrus Zephyr Badger Cobalt
	Dragon Maple Nimbus Orchid Pepper Rocket Sparrow Turnip Velvet Wombat Bramble`)

// isName reports whether a value looks like the name of a person: two words or more and
// no digits. Only such values are known by their words too.
func isName(s string) bool {
	return strings.Contains(s, " ") && !strings.ContainsAny(s, digits)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
