package corpus

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"github.com/habeas-data/habeas/internal/demo"
)

// Person is who a text is about.
type Person struct {
	Given, Family, Name string
	Language            string
	Email, Phone        string
	Street, Place       string // the place: postcode and town, as the country orders them
	Birth               time.Time
	BirthText           string
	Card, IBAN          string
	ID, IDName          string
}

// mailDomains are reserved for examples, or stand below a country as many do.
var mailDomains = []string{
	"example.com", "example.org", "example.net", "mail.example.com", "post.example.org", "example.co.uk", "example.de",
	"example.fr", "inbox.example.net", "example.io", "mail.example", "example.edu", "students.example.edu", "example.pl",
}

// people invents n people: every third is one of the world of the demo, the others bear
// the names of this package.
func people(seed uint64, part Part, n int) []Person {
	d := newDice(seed, part, streamPeople)
	world := demo.New(seed*2+uint64(part), 300, 1, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).People //nolint:gosec // 0 or 1
	total := 0
	for _, c := range countries {
		total += c.share
	}
	all := make([]Person, n)
	for i := range all {
		at := d.IntN(total)
		var home *country
		for _, home = range countries {
			if at -= home.share; at < 0 {
				break
			}
		}
		all[i] = d.person(part, home)
		if guest := world[i%len(world)]; i%3 == 0 && guest.Address.Street != "" {
			all[i].be(guest)
		}
	}
	return all
}

// be takes over the name and the home of somebody of the demo.
func (p *Person) be(o demo.Person) {
	p.Given, p.Family, p.Name = o.Given, o.Family, o.Given+" "+o.Family
	p.Street, p.Place = o.Address.Street, o.Address.Postcode+" "+o.Address.City
	if p.Language = o.Language; p.Language == "ja" { // in Latin letters here
		p.Language = "en"
	}
	if o.Email != "" {
		p.Email = o.Email
	}
}

func (d dice) person(part Part, c *country) Person {
	p := Person{Given: pick(d, of(part, c.given)), Family: pick(d, of(part, c.family)), Language: c.language, Birth: d.birth()}
	p.Name = p.Given + " " + p.Family
	if c.familyFirst {
		p.Name = p.Family + " " + p.Given
	}
	if c.tight {
		p.Name = strings.ReplaceAll(p.Name, " ", "")
	}
	p.BirthText = p.Birth.Format(pick(d, c.dates))
	p.Street = strings.Replace(pick(d, of(part, c.streets)), "{n}", strconv.Itoa(1+d.IntN(180)), 1)
	p.Place = strings.Replace(d.pattern(c.place), "{c}", pick(d, c.cities), 1)
	p.Email = d.mailbox(&p)
	p.Phone = d.phone(c.region)
	p.Card = d.card()
	if p.IBAN = c.iban; p.IBAN == "" {
		p.IBAN = "NL@@@@##########"
	}
	p.IBAN = d.iban(p.IBAN)
	p.ID, p.IDName = c.id(d, &p), pick(d, c.idName)
	return p
}

// mailbox makes an address of a name.
func (d dice) mailbox(p *Person) string {
	given, family := ascii(p.Given), ascii(p.Family)
	if given == "" || family == "" {
		given, family = d.letters(5, lower), d.letters(7, lower)
	}
	year := strconv.Itoa(p.Birth.Year())
	local := pick(d, []string{
		given + "." + family, given[:1] + family, family + year[2:], given + "_" + family, given + "+lists", "the-" + family + "s",
		strings.ToUpper(given[:1]) + given[1:] + "." + strings.ToUpper(family[:1]) + family[1:], given + year,
	})
	return local + "@" + pick(d, mailDomains)
}

// ascii keeps the letters of a name that an address may have.
func ascii(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		if r < utf8.RuneSelf && r >= 'a' && r <= 'z' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// phone draws a number that libphonenumber calls valid, in one of the spellings that
// people use.
func (d dice) phone(region string) string {
	kind := phonenumbers.MOBILE
	if d.percent(45) {
		kind = phonenumbers.FIXED_LINE
	}
	example := phonenumbers.GetExampleNumberForType(region, kind)
	if example == nil {
		example = phonenumbers.GetExampleNumber(region)
	}
	var number *phonenumbers.PhoneNumber
	for number == nil || !phonenumbers.IsValidNumber(number) {
		scale := pick(d, []uint64{1e6, 1e7, 1e8}) // the digits in front choose the network and stay
		n := example.GetNationalNumber()/scale*scale + d.Uint64N(scale)
		number = &phonenumbers.PhoneNumber{CountryCode: example.CountryCode, NationalNumber: &n, ItalianLeadingZero: example.ItalianLeadingZero}
	}
	international := phonenumbers.Format(number, phonenumbers.INTERNATIONAL)
	home := phonenumbers.Format(number, phonenumbers.NATIONAL)
	code, rest, _ := strings.Cut(international, " ")
	switch d.IntN(10) {
	case 0, 1:
		return phonenumbers.Format(number, phonenumbers.E164)
	case 2, 3:
		return international
	case 4, 5, 6:
		return home
	case 7:
		return "00" + code[1:] + " " + rest
	case 8:
		return strings.ReplaceAll(international, " ", "-")
	}
	return strings.NewReplacer(" ", ".", "-", ".").Replace(international)
}
