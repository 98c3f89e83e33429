package demo

import (
	"strconv"
	"strings"
)

// mailDomains are where people have their mailboxes: only names that RFC 2606
// and RFC 6761 keep from ever being a real address.
var mailDomains = []string{
	"mail.example", "post.example", "inbox.example", "letters.example", "posta.example", "correo.example",
	"courriel.example", "pigeon.example", "example.com", "example.org", "example.net", "webmail.test",
}

// lookAlike is the domain that one slip of the finger makes of another, still
// within the reserved names: the first two letters of a label change places, or
// example.com becomes example.org.
func lookAlike(domain string) string {
	switch domain {
	case "example.com":
		return "example.org"
	case "example.org":
		return "example.net"
	case "example.net":
		return "example.com"
	}
	return domain[:1] + domain[2:3] + domain[1:2] + domain[3:]
}

// mailbox makes an address of the person's own that nobody else has.
func (c *census) mailbox(p *Person) string {
	given := slug(callName(p), p.loc.language)
	family := slug(mailFamily(p), p.loc.language)
	year := p.Birth[2:4]
	var local string
	switch n := c.IntN(100); {
	case n < 45:
		local = given + "." + family
	case n < 60:
		local = given[:1] + "." + family
	case n < 68:
		local = family + "." + given
	case n < 78:
		local = given + year
	case n < 86:
		local = given + "_" + family
	case n < 92 && p.Nickname != "":
		local = slug(p.Nickname, p.loc.language) + "." + family
	default:
		local = given + family
	}
	return c.claim(local, year)
}

// familyMailbox makes an address that a couple shares.
func (c *census) familyMailbox(p *Person, home *locale) string {
	prefix := map[string]string{"de": "familie.", "nl": "familie.", "en": "the.", "it": "casa.", "es": "familia.", "fr": "famille."}
	return c.claim(prefix[home.language]+slug(mailFamily(p), p.loc.language), p.Birth[2:4])
}

// mailFamily is the part of a family name that goes into an address: of two
// surnames the first.
func mailFamily(p *Person) string {
	if p.loc.doubled {
		return p.family.form(p.female)
	}
	return p.Family
}

// claim puts the local part at some domain, with digits if it is taken.
func (c *census) claim(local, year string) string {
	domain := pick(c.dice, mailDomains)
	address := local + "@" + domain
	for n := 0; c.mailboxes[address]; n++ {
		suffix := year
		if n > 0 {
			suffix = year + strconv.Itoa(n)
		}
		address = local + suffix + "@" + domain
	}
	c.mailboxes[address] = true
	return address
}

// phone draws a number that nobody else has, while the small ranges for fiction
// hold out: in very large worlds strangers share numbers.
func (c *census) phone(l *locale) string {
	number := ""
	for range 20 {
		number = c.pattern(pick(c.dice, l.phones))
		if !c.phones[number] {
			break
		}
	}
	c.phones[number] = true
	return number
}

// address draws a home.
func (d dice) address(l *locale) Address {
	town := pick(d, l.cities)
	small, letter := strconv.Itoa(1+d.IntN(6)), string(rune('A'+d.IntN(6)))
	number := strconv.Itoa(1 + d.IntN(1+d.IntN(140)))
	form := l.form
	if l.unit != "" && d.percent(40) {
		form += l.unit
	}
	street := strings.NewReplacer("{s}", pick(d, l.streets), "{n}", number, "{k}", small, "{l}", letter).Replace(form)
	return Address{Street: street, Postcode: d.pattern(town.postcode), City: town.name, Country: l.country}
}

// national is how people write an international number at home.
func national(phone, trunk string) string {
	_, rest, ok := strings.Cut(phone, " ")
	if !ok {
		return phone
	}
	return trunk + rest
}

// callName is the word that friends use of a given name: in Vietnam the last,
// elsewhere the first.
func callName(p *Person) string {
	if p.loc.language == "vi" {
		return p.Given[strings.LastIndexByte(p.Given, ' ')+1:]
	}
	return firstWord(p.Given)
}

// firstWord is the part of a name before the first space.
func firstWord(s string) string {
	s, _, _ = strings.Cut(s, " ")
	return s
}
