package main

import "strings"

// addressForms are the forms of addresses: {#} a house number, {5} and the like as many
// digits, {s} a name of a street, {t} a town, {l} a country, {p} a person, {g} letters.
const addressForms = `
{#} {s} Street
{#} {s} Road, {t}
{#} {s} Avenue, {t}, {g} {5}
{#} {s} St, Apt {#}, {t} {g} {5}
{#} {s} Lane\n{t}\n{g}{1} {1}AB
{#} {s} {s} Drive, Suite {3}, {t}, {g} {5}-{4}
{#} {s} Court\n Apt. {3}\n {t}\n {l} {5}
{#} {s} Way Suite {3}\n{t}, {g} {5}
{5} {s} Place
{#} {s} Blvd. {t}
{3} {s} Terrace, {t} {l}
P.O. Box {4}, {t}, {g} {5}
PO Box {3}\n{t}\n{l}
{s}straße {#}
{s}straße {#}, {5} {t}
{s}str. {#}a, {5} {t}
{s}weg {#}\n{5} {t}
{s}gasse {#}, {4} {t}, {l}
{s}platz {#}
Am {s} {#}, {5} {t}
Postfach {4}, {5} {t}
rue {s} {#}
{#} rue de la {s}, {5} {t}
{#}, avenue {s}\n{5} {t}\n{l}
{#} bis rue {s}, {t}
{#} boulevard {s} {s}, {5} {t}
Calle {s} {#}
Calle de la {s} {#}, {#}º B, {5} {t}
C/ {s}, {#}, {5} {t}
Avenida {s} {#}\n{5} {t}
Plaza {s} {#}, {t}
Via {s} {#}
Via {s} {#}, {5} {t} ({g})
Viale {s} {s} {#}\n{5} {t}
Piazza {s} {#}, {t}, {l}
Rua {s} {#}
Rua do {s}, {#}, {t}
Rua {s} de {s} {#}\n{4}-{3} {t}
Avenida {s}, {#} - {t} - {g}, {5}-{3}
{s}straat {#}, {4} AB {t}
{s}laan {#}
{s}gatan {#}, {3} {2} {t}
{s}vägen {#}
{s}vej {#}, {4} {t}
{s}gade {#}\n{4} {t}
{s}veien {#}, {4} {t}
{s}gata {#}
{s}katu {#}, {5} {t}
{s}tie {#} A {#}
ul. {s} {#}, {2}-{3} {t}
ul. {s}a {#}
{s} utca {#}.
{4} {t}, {s} utca {#}.
{s} út {#}
{s} tér {#}.
{s}ova {#}, {3} {2} {t}
{s} {#}, {5} {t}
{4} {s}katu {#} Apt. {3}\n{t}\n, {g}\n {l} {5}
{4} {s}gatan {#} Suite {3} {t} {l}
{#} {s} caddesi, {t}
`

// negativeForms are no addresses though they look alike. The text is what is asked, the
// rest of the corpus is in nobody.

// address makes an address.
func (f *filler) address() string {
	form := pick(f, strings.Split(strings.TrimSpace(addressForms), "\n"))
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
