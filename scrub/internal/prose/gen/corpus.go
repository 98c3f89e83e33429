package main

import (
	_ "embed"
	"strings"
)

// Templates, one a line; \n in them is the end of a line. The slots {X} are filled by slot.
var (
	// people has names of people: {P}, {G}, {S}, {Y}, {Z}, {R}, {H} and {u}. Everything else
	// is none.
	//go:embed people.txt
	people string
	// nobody has none.
	//go:embed nobody.txt
	nobody string
	// addressForms are forms of addresses: {#} a house number, {5} and the like as many
	// digits, {s} a name of a street, {t} a town, {l} a country, {g} two letters.
	//go:embed addresses.txt
	addressForms string
)

func lines(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") }

// corpus fills all templates.
func (f *filler) corpus() []sentence {
	all := f.copies(nil, lines(people), copies)
	return f.copies(all, lines(nobody), others)
}

// copies fills each template some times. Lines seldom come alone: some have another behind.
func (f *filler) copies(all []sentence, templates []string, times int) []sentence {
	for range times {
		for _, l := range templates {
			if f.chance(30) {
				l += pick(f, []string{" ", "\\n", "  "}) + pick(f, templates)
			}
			all = append(all, f.vary(f.fill(l)))
		}
	}
	return all
}

// vary writes some sentences in small or in capital letters. Letters whose length changes
// with their case leave the sentence as it is.
func (f *filler) vary(s sentence) sentence {
	text := s.text
	switch n := f.rnd.IntN(100); {
	case n < 6:
		text = strings.ToLower(s.text)
	case n < 9:
		text = strings.ToUpper(s.text)
	}
	if len(text) == len(s.text) {
		s.text = text
	}
	return s
}

// address makes an address.
func (f *filler) address() string {
	form := pick(f, lines(addressForms))
	var b strings.Builder
	for i := 0; i < len(form); i++ {
		if i+2 < len(form) && form[i] == '{' && form[i+2] == '}' {
			b.WriteString(f.addressPart(form[i+1]))
			i += 2
			continue
		}
		if form[i] == '\\' {
			b.WriteByte('\n')
			i++
			continue
		}
		b.WriteByte(form[i])
	}
	return b.String()
}

func (f *filler) addressPart(kind byte) string {
	switch kind {
	case '#':
		return string('1'+byte(f.rnd.IntN(9))) + f.digits(f.rnd.IntN(3))
	case '1', '2', '3', '4', '5':
		return f.digits(int(kind - '0'))
	case 's':
		return pick(f, []string{f.name("surname"), f.name("given"), f.name("common"), f.name("town")})
	case 't':
		return f.city()
	case 'l':
		return f.country()
	case 'g':
		return strings.ToUpper(f.initial() + f.initial())
	}
	return f.person()
}
