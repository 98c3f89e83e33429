package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// plan is a ticket before anybody types it in: who enters whom, when.
type plan struct {
	Ticket
	system    string
	at        time.Time
	people    []int     // participants; empty when an organisation is listed
	listed    int       // the organisation that is listed, or Nobody
	spelling  string    // how the listed organisation is written
	revised   time.Time // of a second version; zero if none
	cancelled bool      // whether the second version cancels
	twice     bool      // typed again, minutes after another
	scenes    []*scene  // wording fixed by the story, one for each of people; empty otherwise
}

// months of tickets before World.Now, in days.
const ticketDays = 547

// agenda plans the tickets of a world.
type agenda struct {
	dice
	w       *World
	adults  []int
	homes   map[int][]int // people by household
	members int
	plans   []plan
}

// planTickets plans every ticket in order of time and numbers them. It enters
// memberships and profiles into the people of w.
func planTickets(seed uint64, w *World) []plan {
	a := &agenda{dice: newDice(seed, stageTickets), w: w, adults: grownUps(w.People), homes: map[int][]int{}}
	for i := range w.People {
		a.homes[w.People[i].Household] = append(a.homes[w.People[i].Household], i)
	}
	a.story()
	a.listings()
	if len(a.adults) > 0 {
		a.teaching()
		want := len(w.People) * 5 / 2
		a.everyHome()
		for len(a.plans) < want {
			a.ticket()
		}
	}
	slices.SortStableFunc(a.plans, func(x, y plan) int { return x.at.Compare(y.at) })
	number(a.plans)
	return a.plans
}

// number gives each ticket its identifier: system, year, running number.
func number(plans []plan) {
	next := map[string]int{}
	for i := range plans {
		p := &plans[i]
		prefix := string(p.system[0]) + p.system[strings.IndexByte(p.system, ' ')+1:][:1] + "-" + p.at.Format("2006")
		next[prefix]++
		p.ID = fmt.Sprintf("%s-%05d", prefix, next[prefix])
	}
}

// moment draws a minute of the last 18 months, between eight in the morning and
// ten at night.
func (a *agenda) moment() time.Time {
	day := a.w.Now.AddDate(0, 0, -1-a.IntN(ticketDays)).Truncate(24 * time.Hour)
	return day.Add(8*time.Hour + time.Duration(a.IntN(14*60))*time.Minute)
}

// add plans a ticket; some are changed or cancelled later.
func (a *agenda) add(p plan) {
	p.Version, p.listed = 1, Nobody
	if p.When.IsZero() {
		p.When = p.at.AddDate(0, 0, 1+a.IntN(90)).Truncate(24 * time.Hour).Add(time.Duration(9+a.IntN(12)) * time.Hour)
	}
	if n := a.IntN(100); n < 15 && p.Kind != KindMembership {
		p.revised = p.at.Add(time.Duration(30+a.IntN(20*24*60)) * time.Minute)
		p.cancelled = n < 7
		if !p.revised.Before(a.w.Now) {
			p.revised = time.Time{}
		}
	}
	a.plans = append(a.plans, p)
}

func (a *agenda) host() int {
	if len(a.w.Organisations) == 0 {
		return Nobody
	}
	return a.IntN(len(a.w.Organisations))
}

// story plans the fixed scenes of the cast, at noon of their days.
func (a *agenda) story() {
	for i := range story {
		s := &story[i]
		if s.with {
			last := &a.plans[len(a.plans)-1]
			last.people, last.scenes = append(last.people, s.person), append(last.scenes, s)
			continue
		}
		p := plan{system: s.system, at: a.daysAgo(s.days, i), people: []int{s.person}, listed: Nobody, scenes: []*scene{s}}
		p.Ticket = Ticket{Version: 1, Kind: s.kind, What: s.what, Booker: s.booker, Organisation: Nobody, When: p.at.AddDate(0, 0, 14)}
		if len(a.w.Organisations) > 0 {
			p.Organisation = 0
		}
		if s.revised > 0 {
			p.revised, p.cancelled = a.daysAgo(s.revised, i), s.revisedToCancel
		}
		a.plans = append(a.plans, p)
	}
}

func (a *agenda) daysAgo(days, minute int) time.Time {
	return a.w.Now.AddDate(0, 0, -days).Truncate(24 * time.Hour).Add(12*time.Hour + time.Duration(minute)*time.Minute)
}

// listings enter each organisation into one to three systems.
func (a *agenda) listings() {
	for i := range a.w.Organisations {
		o := &a.w.Organisations[i]
		systems := slices.Clone(Systems)
		a.Shuffle(len(systems), func(i, j int) { systems[i], systems[j] = systems[j], systems[i] })
		for n, system := range systems[:1+a.IntN(3)] {
			p := plan{system: system, at: a.moment(), listed: i, spelling: o.Spellings[n%len(o.Spellings)]}
			p.Ticket = Ticket{Version: 1, Kind: KindListing, What: "Listing", Booker: Nora, Organisation: i, When: p.at}
			a.plans = append(a.plans, p)
		}
	}
}

// teaching gives every course but the first, which is Ines's, a tutor: one for
// about fifty people.
func (a *agenda) teaching() {
	for n := 1; n < a.courses(); n++ {
		tutor := a.tutor(n)
		p := &a.w.People[tutor]
		if p.Profile == nil {
			p.Profile = tutorProfile(a.dice, p, n)
		}
		a.add(plan{
			system: EveningSchool, at: a.moment(), people: []int{tutor},
			Ticket: Ticket{Kind: KindTeaching, What: courseTitle(n), Booker: tutor, Organisation: a.host()},
		})
	}
}

func (a *agenda) courses() int { return max(4, len(a.w.People)/50) }

// tutor spreads the courses over the adults.
func (a *agenda) tutor(n int) int {
	if n == 0 {
		return Ines
	}
	return a.adults[n*31%len(a.adults)]
}

// everyHome lets each household book together once, so that everybody but
// the youngest is known to some system.
func (a *agenda) everyHome() {
	for n, i := range a.adults {
		home := a.homes[a.w.People[i].Household]
		if n > 0 && a.w.People[a.adults[n-1]].Household == a.w.People[i].Household {
			continue
		}
		a.book(i, home)
	}
}

// book plans a booking, for those of the people who were born by then; one in
// thirty is typed twice.
func (a *agenda) book(booker int, people []int) {
	at := a.moment()
	people = a.born(people, at)
	if len(people) == 0 {
		return
	}
	p := plan{
		system: CityBookings, at: at, people: people,
		Ticket: Ticket{Kind: KindBooking, What: pick(a.dice, outings), Booker: booker, Organisation: a.host()},
	}
	a.add(p)
	if again := at.Add(time.Duration(3+a.IntN(40)) * time.Minute); a.IntN(1000) < 30 && again.Before(a.w.Now) {
		p.When, p.at, p.twice = a.plans[len(a.plans)-1].When, again, true
		a.add(p)
	}
}

// born leaves out who was born on the day or later.
func (a *agenda) born(people []int, at time.Time) []int {
	day := at.Format(time.DateOnly)
	return slices.DeleteFunc(slices.Clone(people), func(i int) bool { return a.w.People[i].Birth >= day })
}

// ticket plans one more, of any system. A tenth of the adults come often.
func (a *agenda) ticket() {
	who := pick(a.dice, a.adults)
	if a.percent(30) {
		who = a.adults[a.IntN(1+len(a.adults)/10)%len(a.adults)]
	}
	switch n := a.IntN(100); {
	case n < 62:
		a.book(who, a.company(who))
	case n < 75:
		a.join(who)
	default:
		a.learn(who)
	}
}

// company draws whom somebody books for: mostly themselves, their household, or
// a friend.
func (a *agenda) company(who int) []int {
	home := a.homes[a.w.People[who].Household]
	at, _ := slices.BinarySearch(a.adults, who)
	friend := a.adults[(at*7+13*(1+a.IntN(4)))%len(a.adults)] // each has four friends
	switch n := a.IntN(100); {
	case n < 35 || friend == who:
		return []int{who}
	case n < 65:
		return home
	case n < 75 && len(home) > 1:
		return slices.DeleteFunc(slices.Clone(home), func(i int) bool { return i == who })
	case n < 85:
		return []int{friend}
	default:
		return []int{who, friend}
	}
}

// join plans a membership, or its renewal: for one person, or for the family.
func (a *agenda) join(who int) {
	at, group, level := a.moment(), []int{who}, "Friend"
	home := a.homes[a.w.People[who].Household]
	switch {
	case len(home) > 1 && a.percent(40):
		group, level = home, "Family"
	case a.percent(10):
		level = "Patron"
	case a.w.People[who].age < 26:
		level = "Young Friend"
	}
	group = a.born(group, at)
	since := at.AddDate(-a.IntN(12), 0, -a.IntN(300))
	for _, i := range group {
		p := &a.w.People[i]
		if p.Membership == nil {
			a.members++
			p.Membership = &Membership{
				Number: fmt.Sprintf("MF-%06d", 1000+a.members*7), Level: level,
				Since: max(since.Format(time.DateOnly), p.Birth), // newborns join on the day
			}
		}
		// This ticket may lie before the one that was planned first.
		p.Membership.Since = min(p.Membership.Since, at.Format(time.DateOnly))
	}
	what := a.w.People[who].Membership.Level + " membership " + at.Format("2006")
	a.add(plan{
		system: MuseumFriends, at: at, people: group,
		Ticket: Ticket{Kind: KindMembership, What: what, Booker: who, Organisation: Nobody, When: at},
	})
}

// learn plans a place in a course; one in ten is a present from a friend.
func (a *agenda) learn(who int) {
	n := a.IntN(a.courses())
	booker := who
	if a.percent(10) {
		booker = pick(a.dice, a.adults)
	}
	if a.tutor(n) == who {
		return
	}
	a.add(plan{
		system: EveningSchool, at: a.moment(), people: []int{who},
		Ticket: Ticket{Kind: KindCourse, What: courseTitle(n), Booker: booker, Organisation: a.host()},
	})
}
