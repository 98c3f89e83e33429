package demo

import (
	"slices"

	habeas "github.com/habeas-data/habeas"
)

// The cast: indices into World.People of eight people who are always there.
const (
	Tim   = iota // holds an unclaimed record: Bill and Bell booked for him, one birth year is wrong
	Bell         // books for friends
	Bill         // books for friends, writes "Timothy"
	Oscar        // owns the mailbox that Bill typed for Alice
	Alice        // her record lists Oscar's mailbox by one wrong letter
	Nora         // staff
	Ada          // administrator
	Ines         // tutor with a public profile
	castSize
)

// castLocale finds the first locale of a country.
func castLocale(country string) *locale {
	for _, l := range locales() {
		if l.country == country {
			return l
		}
	}
	return locales()[0]
}

// cast returns the eight, in the order of their constants. Their phone numbers
// end in digits that the generator draws as well, so it reserves them.
func cast() []Person {
	gb, us, ie, de := castLocale("GB"), castLocale("US"), castLocale("IE"), castLocale("DE")
	people := []Person{
		{
			Given: "Tim", Family: "Berger", Nickname: "Timothy", Birth: "1987-06-14", Language: "en",
			Email: "tim.berger@mail.example", Phone: "+44 7700 900114", loc: gb, age: 38,
			Address: Address{"7 Orchard Close", "BS6 5TN", "Bristol", "GB"},
		},
		{
			Given: "Bell", Family: "Aster", Birth: "1990-02-03", Language: "en", female: true,
			Email: "bell.aster@post.example", Phone: "+44 7700 900203", loc: gb, age: 35,
			Address: Address{"12 Canal Walk", "BS1 4RA", "Bristol", "GB"},
		},
		{
			Given: "Bill", Family: "Harrow", Nickname: "William", Birth: "1979-11-21", Language: "en",
			Email: "bill.harrow@inbox.example", Phone: "+1 617 555 0121", loc: us, age: 46,
			Address: Address{"88 Juniper Trail", "02139", "Boston", "US"},
		},
		{
			Given: "Oscar", Family: "Fennel", Birth: "1968-08-30", Language: "en",
			Email: "fennel@post.example", Phone: "+353 20 918 0830", loc: ie, age: 57,
			Address: Address{"3 Hazel Court", "H91 D4F2", "Galway", "IE"},
		},
		{
			Given: "Alice", Family: "Fenner", Birth: "1995-04-09", Language: "en", female: true,
			Email: "fenner@post.example", Phone: "+44 7700 900409", loc: gb, age: 30,
			Address: Address{"41 Quarry Hill", "YO31 7DE", "York", "GB"},
		},
		{
			Given: "Nora", Family: "Quill", Birth: "1983-01-27", Language: "en", female: true, Role: habeas.RoleStaff,
			Email: "nora.quill@habeas.example", Phone: "+44 7700 900127", loc: gb, age: 42,
			Address: Address{"5 Rectory Gardens", "LS6 2HN", "Leeds", "GB"},
		},
		{
			Given: "Ada", Family: "Winter", Birth: "1975-12-05", Language: "en", female: true, Role: habeas.RoleAdministrator,
			Email: "ada.winter@habeas.example", Phone: "+44 7700 900512", loc: gb, age: 50,
			Address: Address{"19 Elm Grove", "EH3 9XT", "Edinburgh", "GB"},
		},
		{
			Given: "Ines", Family: "Calder", Title: "Dr", Birth: "1971-05-18", Language: "de", female: true,
			Email: "ines.calder@letters.example", Phone: "+49 30 23125 518", loc: de, age: 54,
			Address: Address{"Am Mühlbach 4", "79102", "Freiburg im Breisgau", "DE"},
			Profile: &Profile{
				Headline: "How rivers remember: reading a landscape by its water",
				About: "Ines Calder taught physical geography for twenty years before she turned to evening classes. " +
					"She takes every course outdoors at least once, whatever the weather.",
				Subjects: "Geography, Hydrology, Map reading",
			},
		},
	}
	for i := range people {
		p := &people[i]
		p.Partner, p.Household = Nobody, i
		p.family = name{male: p.Family, female: p.Family}
	}
	people[Tim].Membership = &Membership{Number: "MF-000114", Since: "2019-03-01", Level: "Friend"}
	people[Alice].Membership = &Membership{Number: "MF-000409", Since: "2021-09-15", Level: "Patron"}
	return people
}

// scene is one participant of a ticket of the story: who is entered by whom, how long ago, and
// how what was typed differs from the truth.
type scene struct {
	days            int // before World.Now
	system, kind    string
	what            string
	booker, person  int
	sets            []string
	set             [][3]string // data set, field, value typed; an empty value was left out
	mess            []Mess
	with            bool // on the ticket of the scene before, whose system, kind and days count
	revised         int  // days before World.Now of a second version; 0 if none
	revisedToCancel bool
}

// story is what happened to the cast before the demo begins. Bill books for Tim
// as "Timothy"; Tim himself joins the museum, which asks for no birth date; Bell
// books for him with a birth year that is one too low. Nobody else gives one, or
// the two would be taken for two people and wait for staff.
var story = []scene{
	{
		days: 431, system: CityBookings, kind: KindBooking, what: "Harbour by lantern, guided walk", booker: Bill, person: Tim,
		sets: []string{SetIdentity, SetContact},
		set:  [][3]string{{SetIdentity, "given_name", "Timothy"}, {SetIdentity, "birth_date", ""}, {SetContact, "phone", ""}},
		mess: []Mess{MessNickname, MessNoBirth, MessNoPhone},
	},
	{
		with: true, person: Bill,
		sets: []string{SetIdentity, SetContact, SetAddress},
	},
	{
		days: 402, system: MuseumFriends, kind: KindMembership, what: "Patron membership", booker: Alice, person: Alice,
		sets: []string{SetIdentity, SetContact, SetAddress, SetMembership},
	},
	{
		days: 377, system: EveningSchool, kind: KindTeaching, what: courses[0].title, booker: Nora, person: Ines,
		sets: []string{SetIdentity, SetContact, SetProfile},
		set:  [][3]string{{SetIdentity, "birth_date", ""}},
	},
	{
		days: 290, system: MuseumFriends, kind: KindMembership, what: "Friend membership", booker: Tim, person: Tim,
		sets: []string{SetIdentity, SetContact, SetAddress, SetMembership},
		set:  [][3]string{{SetIdentity, "birth_date", ""}},
		mess: []Mess{MessNoBirth},
	},
	{
		days: 205, system: CityBookings, kind: KindBooking, what: "Night train to the coast, two days", booker: Bell, person: Tim,
		sets: []string{SetIdentity, SetContact},
		set:  [][3]string{{SetIdentity, "birth_date", "1986-06-14"}},
		mess: []Mess{MessBirthYear}, revised: 198,
	},
	{
		with: true, person: Bell,
		sets: []string{SetIdentity, SetContact, SetAddress},
	},
	{
		days: 160, system: CityBookings, kind: KindBooking, what: "Organ concert at noon", booker: Oscar, person: Oscar,
		sets: []string{SetIdentity, SetContact, SetAddress},
	},
	{
		days: 96, system: CityBookings, kind: KindBooking, what: "Printing workshop", booker: Bill, person: Alice,
		sets: []string{SetIdentity, SetContact},
		set:  [][3]string{{SetContact, "email", "fennel@post.example"}, {SetContact, "phone", ""}},
		mess: []Mess{MessMailTypo, MessNoPhone},
	},
	{
		days: 41, system: EveningSchool, kind: KindCourse, what: courses[0].title, booker: Bell, person: Bell,
		sets: []string{SetIdentity, SetContact, SetAddress}, revised: 30, revisedToCancel: true,
	},
	{
		days: 12, system: CityBookings, kind: KindBooking, what: "Observatory evening", booker: Bell, person: Tim,
		sets: []string{SetIdentity, SetContact},
		set:  [][3]string{{SetIdentity, "birth_date", "1986-06-14"}},
		mess: []Mess{MessBirthYear},
	},
}

// typed renders the scene's wording.
func (s scene) typed(p *Person) typed {
	truth := p.Fields()
	out := typed{fields: make(map[string]map[string]string, len(s.sets)), mess: slices.Clone(s.mess)}
	for _, set := range s.sets {
		out.fields[set] = truth[set]
	}
	for _, edit := range s.set {
		if edit[2] == "" {
			delete(out.fields[edit[0]], edit[1])
		} else {
			out.fields[edit[0]][edit[1]] = edit[2]
		}
	}
	return out
}
