package demo

import (
	"math/rand/v2"
	"strings"
	"sync"
)

// spec is one country, or one language region of a country, as written in the
// names_*.go tables: lists are separated by commas. Names and cities are
// general knowledge; streets are common ones, whether or not the city has them.
type spec struct {
	country  string // ISO 3166-1 alpha-2
	language string // BCP 47
	share    int    // people living there, relative to the other specs
	married  int    // per cent of couples who bear one family name
	doubled  bool   // everybody bears the first surnames of father and mother

	male, female string // given names, oldest generation first; "Name=native script"
	family       string // "Male/Female=native male/native female", the last three optional
	nicks        string // "Name=Nick Nick"

	cities  string // "City:pattern", # a digit, @ a letter
	streets string
	form    string // of street and number: {s} street, {n} house number, {k} small number
	unit    string // of a flat, appended for some: {k} floor, {l} letter
	phones  string // patterns in international form
	trunk   string // prefix of national calls
	titles  string
	legal   string // legal forms of organisations
}

var specs = []*spec{
	&germany, &austria, &switzerland, &romandie, &italy, &spain, &france, &mexico, &argentina, &britain, &ireland,
	&america, &netherlands, &sweden, &poland, &greece, &turkey, &nigeria, &india, &vietnam, &japan,
}

// name is a given or family name with its forms by gender and script.
type name struct {
	male, female             string
	nativeMale, nativeFemale string
}

func (n name) form(female bool) string {
	if female {
		return n.female
	}
	return n.male
}

func (n name) native(female bool) string {
	if female {
		return n.nativeFemale
	}
	return n.nativeMale
}

type city struct{ name, postcode string }

// locale is a spec with its lists taken apart.
type locale struct {
	*spec
	male, female, family []name
	nicks                map[string][]string
	cities               []city
	streets, phones      []string
	titles, legal        []string
}

// locales takes the tables apart once, on first use, because most runs of the
// program never show the demo.
var locales = sync.OnceValue(func() []*locale {
	all := make([]*locale, len(specs))
	for i, s := range specs {
		l := &locale{
			spec: s, male: names(s.male), female: names(s.female), family: names(s.family),
			nicks:   map[string][]string{},
			streets: list(s.streets), phones: list(s.phones), titles: list(s.titles), legal: list(s.legal),
		}
		for _, item := range list(s.nicks) {
			full, short, _ := strings.Cut(item, "=")
			l.nicks[full] = strings.Fields(short)
		}
		for _, item := range list(s.cities) {
			c, code, _ := strings.Cut(item, ":")
			l.cities = append(l.cities, city{c, code})
		}
		all[i] = l
	}
	return all
})

func list(s string) []string {
	items := strings.Split(s, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}

func names(s string) []name {
	items := list(s)
	out := make([]name, len(items))
	for i, item := range items {
		latin, native, _ := strings.Cut(item, "=")
		out[i].male, out[i].female = pair(latin)
		out[i].nativeMale, out[i].nativeFemale = pair(native)
	}
	return out
}

// pair splits "Kowalski/Kowalska"; a name without a slash serves both.
func pair(s string) (male, female string) {
	male, female, ok := strings.Cut(s, "/")
	if !ok {
		female = male
	}
	return male, female
}

// dice is one stage's stream of chance. It deals in integers only: floating
// point may round differently from one processor to another, and the world must
// be the same everywhere.
type dice struct{ *rand.Rand }

// The stages draw from streams of their own, so that a change in one leaves the
// others as they were.
const (
	stagePeople = iota + 1
	stageOrganisations
	stageTickets
	stageTyping
)

func newDice(seed, stage uint64) dice { return dice{rand.New(rand.NewPCG(seed, stage))} }

// percent is true in n of 100 throws.
func (d dice) percent(n int) bool { return d.IntN(100) < n }

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

// locale draws one by share.
func (d dice) locale() *locale {
	total := 0
	for _, s := range specs {
		total += s.share
	}
	n := d.IntN(total)
	for i, s := range specs {
		if n -= s.share; n < 0 {
			return locales()[i]
		}
	}
	return locales()[0]
}

// patternLetters occur in the postcodes of every country that uses letters.
const patternLetters = "ADEFHNPRTWXY"

// pattern replaces each # by a digit and each @ by a letter.
func (d dice) pattern(p string) string {
	b := []byte(p)
	for i, c := range b {
		switch c {
		case '#':
			b[i] = byte('0' + d.IntN(10))
		case '@':
			b[i] = patternLetters[d.IntN(len(patternLetters))]
		}
	}
	return string(b)
}
