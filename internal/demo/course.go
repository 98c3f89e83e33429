package demo

import "strconv"

// outings are what City Bookings sells.
var outings = []string{
	"Harbour by lantern, guided walk", "Old town for families", "Night train to the coast, two days", "Organ concert at noon",
	"Printing workshop", "Observatory evening", "River boat with breakfast", "Puppet theatre: The Clockmaker",
	"Botanical garden at dusk", "City wall, complete round", "Folk dance ball", "Cellar tour with tasting",
	"Rooftop yoga", "Chamber music in the library", "Bicycle tour along the canal", "Street food walk",
	"Sunrise hike, bus included", "Open-air cinema", "Pottery for beginners, one day", "Choir festival, day ticket",
	"Bat night in the park", "Winter market by tram", "Museum sleepover for children", "Sailing, first lesson",
	"Poetry reading in three languages", "Tower climb", "Mushroom walk", "Historic tram ride", "Chess in the square",
	"Astronomy for families",
}

// course is one class of the Evening School and what its tutor shows.
type course struct{ title, headline, subjects string }

// courses; the first is taught by Ines. Larger worlds repeat them as parallel
// groups.
var courses = []course{
	{"Reading a landscape", "How rivers remember", "Geography, Hydrology, Map reading"},
	{"Italian for beginners", "From the first espresso to the first novel", "Italian, Literature"},
	{"Spanish conversation", "Talk first, grammar later", "Spanish"},
	{"Watercolour outdoors", "Paint what the light does", "Painting, Drawing"},
	{"Bookbinding", "Books that open flat and stay whole", "Bookbinding, Paper crafts"},
	{"Mathematics again, from the start", "Nobody is bad at mathematics", "Mathematics"},
	{"Choir without notes", "Everyone who speaks can sing", "Singing, Voice"},
	{"First programs", "Small programs that do something useful", "Programming"},
	{"Family history", "Parish books, passenger lists and patience", "Genealogy, Archives"},
	{"Guitar, intermediate", "Ten fingers, six strings, one evening a week", "Guitar"},
	{"Bread with sourdough", "Flour, water, time", "Baking"},
	{"Polish for neighbours", "Enough to be invited again", "Polish"},
	{"First aid refresher", "Two hours that somebody may thank you for", "First aid"},
	{"Photography by night", "Long exposures, warm gloves", "Photography"},
	{"Philosophy over tea", "One question an evening", "Philosophy"},
	{"Sewing and mending", "Clothes deserve a second life", "Sewing, Repair"},
	{"Greek in two terms", "Read the menu, then the myths", "Greek"},
	{"Bookkeeping for clubs", "Accounts that the treasurer after you can read", "Bookkeeping"},
	{"Theatre for shy people", "Standing there is already acting", "Theatre, Improvisation"},
	{"Bicycle repair", "Bring yours, ride it home", "Repair"},
}

// courseTitle names the nth course of the school.
func courseTitle(n int) string {
	c := courses[n%len(courses)]
	if group := n/len(courses) + 1; group > 1 {
		return c.title + ", group " + strconv.Itoa(group)
	}
	return c.title
}

// tutorProfile writes the profile of whoever teaches the nth course. A quarter
// have not written about themselves yet.
func tutorProfile(d dice, p *Person, n int) *Profile {
	c := courses[n%len(courses)]
	out := &Profile{Headline: c.headline, Subjects: c.subjects}
	if d.percent(75) {
		out.About = p.Given + " has taught “" + c.title + "” for " + strconv.Itoa(2+d.IntN(20)) +
			" years and lives in " + p.Address.City + "."
	}
	return out
}
