package demo

import (
	"strings"
	"time"

	habeas "github.com/habeas-data/habeas"
)

// World is everything the demo shows. Treat it as read-only.
type World struct {
	Now           time.Time      // the moment the world is seen from, UTC, whole minutes
	People        []Person       // the cast first; Person.Index is the position
	Organisations []Organisation // Organisation.Index is the position
	Assertions    []Assertion    // in order of At
}

// Systems are the connected systems, as they introduce themselves.
var Systems = []string{CityBookings, MuseumFriends, EveningSchool}

// The connected systems.
const (
	CityBookings  = "City Bookings"  // tours, concerts, trips: bookers and participants
	MuseumFriends = "Museum Friends" // memberships with numbers
	EveningSchool = "Evening School" // courses: learners, and tutors with public profiles
)

// Nobody stands where an index of a person or an organisation is not given.
const Nobody = -1

// Person is the truth about one invented person.
type Person struct {
	Index                     int
	Given, Family             string // as the person writes them
	NativeGiven, NativeFamily string // in Japanese or Greek script; else empty
	Nickname                  string // what friends type instead of Given; may be empty
	Title                     string // academic or professional; may be empty
	Birth                     string // YYYY-MM-DD
	Language                  string // BCP 47
	Email                     string // several people of one household may share it; may be empty
	OtherEmail                string // a second address that some use now and then
	Phone                     string // international, with spaces; may be empty
	Address                   Address
	Former                    Address   // where the person lived until Moved; zero if always here
	Moved                     time.Time // zero if never
	Household                 int       // people with the same number share a roof
	Partner                   int       // index, or Nobody
	Parents                   []int     // indices, for children and adult siblings whose parents are known
	Role                      habeas.Role
	Membership                *Membership // at Museum Friends; nil if none
	Profile                   *Profile    // tutors only

	female bool // decides the forms of names only
	family name // what children inherit
	age    int  // whole years at World.Now, for the generator
	loc    *locale
}

// Address is a postal address.
type Address struct {
	Street   string // with house number
	Postcode string
	City     string
	Country  string // ISO 3166-1 alpha-2
}

// Membership is what Museum Friends knows of a member.
type Membership struct {
	Number string // "MF-" and six digits
	Since  string // YYYY-MM-DD
	Level  string // Friend, Family, Patron or Young Friend
}

// Profile is what a tutor shows to everybody.
type Profile struct {
	Headline string
	About    string
	Subjects string // separated by commas
}

// Organisation is the truth about one invented organisation.
type Organisation struct {
	Index     int
	Name      string
	Spellings []string // how systems write it; the first is Name
	Kind      string   // library, museum, music school, …
	LegalForm string
	Website   string
	Email     string
	Phone     string
	Language  string
	Address   Address
}

// Ticket is an occasion as its system numbers it. Later versions repeat the ID
// with a higher Version; the last one counts.
type Ticket struct {
	ID           string // unique within the system: "CB-2025-00042"
	Version      int    // from 1
	Kind         string // booking, membership, course, teaching or listing
	What         string // what was booked
	When         time.Time
	Cancelled    bool
	Organisation int // host, by index, or Nobody
	Booker       int // who entered it, by index of a person
}

// The kinds of ticket.
const (
	KindBooking    = "booking"
	KindMembership = "membership"
	KindCourse     = "course"   // somebody learns
	KindTeaching   = "teaching" // somebody teaches
	KindListing    = "listing"  // an organisation is entered
)

// Assertion is what one system was told about one person or organisation on one
// version of a ticket. One ticket makes as many as it has participants.
type Assertion struct {
	System       string
	Ticket       Ticket
	Fields       map[string]map[string]string // data set → field → value; no empty values
	Person       int                          // truth: index of the person, or Nobody
	Organisation int                          // truth: index of the organisation, or Nobody
	At           time.Time
	Mess         []Mess // truth: what is wrong with Fields, or not as in People
}

// The data sets.
const (
	SetIdentity     = "identity"     // given_name, family_name, birth_date, title
	SetContact      = "contact"      // email, phone, language
	SetAddress      = "address"      // street, postcode, city, country
	SetOrganisation = "organisation" // name, legal_form, website, city, country
	SetMembership   = "membership"   // number, since, level
	SetProfile      = "profile"      // headline, about, subjects
)

// New invents a world of that many people, at least the cast, and
// organisations. About 5 tickets for every 2 people are spread over the 18
// months before now. The same arguments give the same world.
func New(seed uint64, people, organisations int, now time.Time) *World {
	w := &World{Now: now.UTC().Truncate(time.Minute)}
	w.People = makePeople(seed, people, w.Now)
	w.Organisations = makeOrganisations(seed, organisations)
	plans := planTickets(seed, w)
	w.Assertions = typeTickets(seed, w, plans)
	return w
}

// Name is the full name, given name first.
func (p *Person) Name() string { return strings.TrimSpace(p.Given + " " + p.Family) }

// E164 is the phone number without spaces.
func (p *Person) E164() string { return compact(p.Phone) }

// Fields are the true values of a person by data set; what is unknown is absent.
func (p *Person) Fields() map[string]map[string]string {
	f := map[string]map[string]string{
		SetIdentity: fields("given_name", p.Given, "family_name", p.Family, "birth_date", p.Birth, "title", p.Title),
		SetContact:  fields("email", p.Email, "phone", p.E164(), "language", p.Language),
		SetAddress:  p.Address.fields(),
	}
	if m := p.Membership; m != nil {
		f[SetMembership] = fields("number", m.Number, "since", m.Since, "level", m.Level)
	}
	if t := p.Profile; t != nil {
		f[SetProfile] = fields("headline", t.Headline, "about", t.About, "subjects", t.Subjects)
	}
	return f
}

// Fields are the true values of an organisation by data set.
func (o *Organisation) Fields() map[string]map[string]string {
	return map[string]map[string]string{
		SetOrganisation: fields("name", o.Name, "legal_form", o.LegalForm, "website", o.Website,
			"city", o.Address.City, "country", o.Address.Country),
		SetContact: fields("email", o.Email, "phone", compact(o.Phone), "language", o.Language),
		SetAddress: o.Address.fields(),
	}
}

func (a Address) fields() map[string]string {
	return fields("street", a.Street, "postcode", a.Postcode, "city", a.City, "country", a.Country)
}

// fields makes a data set of names and values in turn, without the empty ones.
func fields(pairs ...string) map[string]string {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m
}

func compact(phone string) string { return strings.ReplaceAll(phone, " ", "") }
