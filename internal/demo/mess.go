package demo

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Mess is one way in which typed data differs from the truth.
type Mess string

// The kinds of mess. Each has its line in [Rates].
const (
	MessNickname     Mess = "nickname"            // Pepe for José
	MessTypo         Mess = "typo"                // one slip in the family or given name
	MessSwappedNames Mess = "swapped names"       // family name in the field of the given name
	MessDiacritics   Mess = "diacritics dropped"  // Muller or Mueller for Müller
	MessCaps         Mess = "caps lock"           // MÜLLER
	MessSpaces       Mess = "stray spaces"        // before, after or within
	MessNative       Mess = "native script"       // 佐藤 for Sato
	MessOneSurname   Mess = "one surname"         // García for García Lorenzo
	MessParticle     Mess = "particle"            // vanderLinden, Linden
	MessInitial      Mess = "initial"             // T. for Tim
	MessNoBirth      Mess = "no birth date"       // left out
	MessDayMonth     Mess = "day and month"       // 2001-03-07 for 2001-07-03
	MessBirthYear    Mess = "birth year"          // off by one
	MessNoMail       Mess = "no e-mail"           // left out
	MessPlusTag      Mess = "plus tag"            // tim+tickets@…
	MessLookAlike    Mess = "look-alike domain"   // mial.example for mail.example
	MessMailTypo     Mess = "e-mail typo"         // one slip before the @
	MessOtherMail    Mess = "other mailbox"       // the person's second address
	MessBookerMail   Mess = "booker's mailbox"    // the booker gave their own
	MessNoPhone      Mess = "no phone"            // left out
	MessNational     Mess = "national phone"      // 030 … for +49 30 …
	MessNoAddress    Mess = "no address"          // left out
	MessOldAddress   Mess = "old address"         // entered after the person had moved
	MessNoPostcode   Mess = "no postcode"         // left out
	MessAbbreviation Mess = "street abbreviation" // Lindenstr. for Lindenstraße
	MessNumber       Mess = "number"              // membership number with two digits changed over
	MessTwice        Mess = "entered twice"       // a booking typed again minutes later, with another spelling
)

// Rate says how often a kind of mess is made.
type Rate struct {
	Kind     Mess
	PerMille int // of the assertions outside the cast's story that could show it

	about string                 // what it spoils; one thing is spoilt in one way only
	could func(*entry) bool      // judged before anything is spoilt
	spoil func(d dice, e *entry) // changes e.fields
}

// entry is somebody's data being typed in.
type entry struct {
	p, booker *Person
	at        time.Time
	kind      string // of ticket
	system    string
	fields    map[string]map[string]string
	mess      []Mess
}

func (e *entry) identity() map[string]string { return e.fields[SetIdentity] }
func (e *entry) contact() map[string]string  { return e.fields[SetContact] }
func (e *entry) address() map[string]string  { return e.fields[SetAddress] }

// has reports whether the data set has the field.
func (e *entry) has(set, field string) bool { return e.fields[set][field] != "" }

// Rates of all kinds of mess, in thousandths.
var Rates = []Rate{
	{MessNickname, 80, "name", func(e *entry) bool { return e.p.Nickname != "" }, spoilNickname},
	{MessTypo, 40, "name", couldTypo, spoilTypo},
	{MessSwappedNames, 20, "name", always, spoilSwap},
	{MessDiacritics, 120, "name", func(e *entry) bool { return fold(e.p.Name()) != e.p.Name() }, spoilDiacritics},
	{MessCaps, 40, "name", always, spoilCaps},
	{MessSpaces, 30, "name", always, spoilSpaces},
	{MessNative, 250, "name", func(e *entry) bool { return e.p.NativeGiven != "" }, spoilNative},
	{MessOneSurname, 200, "name", couldOneSurname, spoilOneSurname},
	{MessParticle, 100, "name", couldParticle, spoilParticle},
	{MessInitial, 20, "name", always, spoilInitial},

	{MessNoBirth, 150, "birth", hasField(SetIdentity, "birth_date"), drop(SetIdentity, "birth_date")},
	{MessDayMonth, 20, "birth", couldDayMonth, spoilDayMonth},
	{MessBirthYear, 15, "birth", hasField(SetIdentity, "birth_date"), spoilBirthYear},

	{MessNoMail, 80, "email", hasField(SetContact, "email"), drop(SetContact, "email")},
	{MessPlusTag, 40, "email", hasField(SetContact, "email"), spoilPlusTag},
	{MessLookAlike, 25, "email", hasField(SetContact, "email"), spoilDomain},
	{MessMailTypo, 20, "email", hasField(SetContact, "email"), spoilMail},
	{MessOtherMail, 120, "email", func(e *entry) bool { return e.p.OtherEmail != "" }, spoilOtherMail},
	{MessBookerMail, 60, "email", couldBookerMail, func(_ dice, e *entry) { e.contact()["email"] = e.booker.Email }},

	{MessNoPhone, 250, "phone", hasField(SetContact, "phone"), drop(SetContact, "phone")},
	{MessNational, 200, "phone", hasField(SetContact, "phone"), spoilPhone},

	{MessNoAddress, 80, "address", hasField(SetAddress, "street"), func(_ dice, e *entry) { delete(e.fields, SetAddress) }},
	{MessOldAddress, 250, "address", couldOldAddress, func(_ dice, e *entry) { e.fields[SetAddress] = e.p.Former.fields() }},
	{MessNoPostcode, 30, "address", hasField(SetAddress, "postcode"), drop(SetAddress, "postcode")},
	{MessAbbreviation, 100, "address", couldAbbreviate, spoilStreet},

	{MessNumber, 20, "number", couldNumber, spoilNumber},
	{MessTwice, 30, "ticket", func(e *entry) bool { return e.kind == KindBooking }, nil},
}

// spoil makes the mess that chance decides on: for each thing at most one kind.
func (e *entry) spoil(d dice) {
	about, n := "", 0
	for i := range Rates {
		r := &Rates[i]
		if r.spoil == nil {
			continue
		}
		if r.about != about {
			about, n = r.about, d.IntN(1000)
		}
		hit := n >= 0 && n < r.PerMille
		if n -= r.PerMille; hit && r.could(e) {
			r.spoil(d, e)
			e.mess = append(e.mess, r.Kind)
		}
	}
	e.tidy()
}

// tidy removes data sets of which nothing is left.
func (e *entry) tidy() {
	maps.DeleteFunc(e.fields, func(_ string, values map[string]string) bool { return len(values) == 0 })
}

// misspelt reports whether the name was spoilt.
func (e *entry) misspelt() bool {
	return slices.ContainsFunc(Rates, func(r Rate) bool { return r.about == "name" && slices.Contains(e.mess, r.Kind) })
}

func always(*entry) bool { return true }

func hasField(set, field string) func(*entry) bool {
	return func(e *entry) bool { return e.has(set, field) }
}

func drop(set, field string) func(dice, *entry) {
	return func(_ dice, e *entry) { delete(e.fields[set], field) }
}

func couldTypo(e *entry) bool { return len([]rune(e.p.Family)) > 3 && len([]rune(e.p.Given)) > 3 }

func couldOneSurname(e *entry) bool {
	return e.p.loc.doubled && e.p.Family != e.p.family.form(e.p.female)
}

func couldParticle(e *entry) bool { return !e.p.loc.doubled && particles(e.p.Family) != "" }

// particles returns the lower-case words before a family name.
func particles(family string) string {
	i := strings.LastIndexByte(family, ' ')
	if i < 0 || family[0] < 'a' || family[0] > 'z' {
		return ""
	}
	return family[:i]
}

func couldDayMonth(e *entry) bool {
	b := e.identity()["birth_date"]
	return len(b) == len(time.DateOnly) && b[8:] <= "12" && b[8:] != b[5:7] && dayMonth(b) < e.at.Format(time.DateOnly)
}

func couldBookerMail(e *entry) bool {
	return e.has(SetContact, "email") && e.booker.Email != "" && e.booker.Email != e.p.Email
}

func couldOldAddress(e *entry) bool {
	return e.has(SetAddress, "street") && !e.p.Moved.IsZero() && !e.at.Before(e.p.Moved)
}

func couldAbbreviate(e *entry) bool {
	s := e.address()["street"]
	return s != "" && abbreviations.Replace(s) != s
}

func couldNumber(e *entry) bool {
	n := e.fields[SetMembership]["number"]
	return n != "" && transposed(n) != n
}
