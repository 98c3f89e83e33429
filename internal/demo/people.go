package demo

import (
	"slices"
	"strings"
	"time"

	habeas "github.com/habeas-data/habeas"
)

// census invents people household by household.
type census struct {
	dice
	now        time.Time
	want       int
	people     []Person
	households int
	mailboxes  map[string]bool // addresses already given away
	phones     map[string]bool
}

func makePeople(seed uint64, want int, now time.Time) []Person {
	c := &census{
		dice: newDice(seed, stagePeople), now: now, want: want,
		people:    make([]Person, 0, max(want, castSize)),
		mailboxes: map[string]bool{}, phones: map[string]bool{},
	}
	for _, p := range cast() {
		c.join(p)
		c.mailboxes[p.Email] = true
		c.phones[p.Phone] = true
		c.households++
	}
	for len(c.people) < want {
		c.household()
		c.households++
	}
	return c.people
}

// room says how many people are still to be invented.
func (c *census) room() int { return c.want - len(c.people) }

// join adds a person and returns the index.
func (c *census) join(p Person) int {
	p.Index = len(c.people)
	if p.Role == "" {
		p.Role = habeas.RolePerson
	}
	c.people = append(c.people, p)
	return p.Index
}

// household adds the people of one home. Some bear names of another country
// than the one they live in.
func (c *census) household() {
	home := c.locale()
	roll := c.IntN(100)
	switch {
	case roll < 38 || c.room() < 2:
		c.settle(home, c.single(home))
	case roll < 60:
		a, b := c.couple(home, 20, 95)
		c.settle(home, a, b)
	case roll < 67:
		c.siblings(home)
	case roll < 74:
		mother := c.single(home)
		c.reborn(mother, 24+c.IntN(26))
		c.settle(home, append([]int{mother}, c.children(mother, mother)...)...)
	default:
		a, b := c.couple(home, 25, 52)
		c.settle(home, append([]int{a, b}, c.children(a, b)...)...)
	}
}

// newcomer draws a person with a name, without a home. The names belong to the
// country of origin.
func (c *census) newcomer(home *locale, age int) Person {
	origin := home
	if c.percent(12) {
		origin = c.locale()
	}
	p := Person{loc: origin, female: c.percent(51), Partner: Nobody, Household: c.households, Language: home.language}
	p.Birth, p.age = c.birth(age)
	p.family = pick(c.dice, origin.family)
	c.christen(&p)
	if age >= 30 && c.percent(6) {
		p.Title = pick(c.dice, home.titles)
	}
	return p
}

// christen gives a name that suits gender and generation, until it is nobody
// famous's.
func (c *census) christen(p *Person) {
	p.Family, p.NativeFamily = p.family.form(p.female), p.family.native(p.female)
	if p.loc.doubled {
		p.Family += " " + pick(c.dice, p.loc.family).form(p.female)
	}
	for p.Given == "" || famous[p.Name()] {
		c.given(p)
	}
}

// given draws from that third of the list which fits the generation.
func (c *census) given(p *Person) {
	from := p.loc.male
	if p.female {
		from = p.loc.female
	}
	centre := (90 - min(p.age, 90)) * len(from) / 90
	spread := max(len(from)/6, 2)
	i := centre - spread + c.IntN(2*spread+1)
	n := from[min(max(i, 0), len(from)-1)]
	p.Given, p.NativeGiven, p.Nickname = n.male, n.nativeMale, ""
	if nicks := p.loc.nicks[n.male]; len(nicks) > 0 {
		p.Nickname = pick(c.dice, nicks)
	}
	if p.NativeGiven == "" || p.NativeFamily == "" {
		p.NativeGiven, p.NativeFamily = "", ""
	}
}

// adultAges are the shares of age bands among adults, close to the populations
// of Europe.
var adultAges = []struct{ from, to, share int }{
	{18, 24, 9},
	{25, 34, 17},
	{35, 44, 17},
	{45, 54, 17},
	{55, 64, 17},
	{65, 74, 13},
	{75, 84, 8},
	{85, 97, 2},
}

func (c *census) adultAge() int {
	n := c.IntN(100)
	for _, band := range adultAges {
		if n -= band.share; n < 0 {
			return band.from + c.IntN(band.to-band.from+1)
		}
	}
	return 40
}

// birth draws a day in the year before the person's last birthday.
func (c *census) birth(age int) (string, int) {
	day := c.now.AddDate(-age, 0, -1-c.IntN(364))
	return day.Format(time.DateOnly), age
}

// reborn gives an adult another age, and a given name of that generation.
func (c *census) reborn(i, age int) {
	p := &c.people[i]
	p.Birth, p.age = c.birth(age)
	p.Given = ""
	for p.Given == "" || famous[p.Name()] {
		c.given(p)
	}
}

func (c *census) single(home *locale) int { return c.join(c.newcomer(home, c.adultAge())) }

// couple draws two adults of similar age between from and to.
func (c *census) couple(home *locale, from, to int) (int, int) {
	age := c.adultAge()
	for age < from || age > to {
		age = c.adultAge()
	}
	a := c.newcomer(home, age)
	b := c.newcomer(home, min(max(age-6+c.IntN(11), 18), 97))
	b.female = !a.female != c.percent(4)
	switch {
	case c.percent(home.married) && !b.loc.doubled:
		b.family = a.family
	case !b.loc.doubled && c.percent(6) && !strings.ContainsAny(a.Family+b.Family, " -"):
		b.family = name{male: b.family.male + "-" + a.family.male, female: b.family.female + "-" + a.family.female}
	}
	b.Given = ""
	c.christen(&b)
	i, j := c.join(a), c.join(b)
	c.people[i].Partner, c.people[j].Partner = j, i
	return i, j
}

// siblings are two or three adults of one family in homes of their own.
func (c *census) siblings(home *locale) {
	first := c.newcomer(home, min(c.adultAge(), 80))
	c.settle(home, c.join(first))
	for range 1 + c.IntN(2) {
		if c.room() == 0 {
			return
		}
		c.households++
		s := c.newcomer(home, max(first.age-8+c.IntN(17), 18))
		c.inherit(&s, first, first)
		s.Family = first.Family
		if !s.loc.doubled {
			s.Family = s.family.form(s.female)
		}
		c.settle(home, c.join(s))
	}
}

// inherit gives a child the origin and family name of its parents: the first
// surnames of both where that is the custom.
func (c *census) inherit(child *Person, a, b Person) {
	child.loc, child.family = a.loc, a.family
	child.Given = ""
	c.christen(child)
	if child.loc.doubled {
		child.Family = a.family.form(child.female) + " " + b.family.form(child.female)
	}
}

// children adds one to three children under 18. Some are twins, and some sons
// are called as their father.
func (c *census) children(a, b int) []int {
	var kids []int
	mother, father := c.people[a], c.people[b]
	if father.female && !mother.female {
		mother, father = father, mother
	}
	for range 1 + c.IntN(3) {
		age := mother.age - 20 - c.IntN(20)
		if c.room() == 0 || age < 0 || age > 17 {
			continue
		}
		kid := c.newcomer(father.loc, age)
		kid.Language = mother.Language
		kid.Title = ""
		c.inherit(&kid, father, mother)
		switch n := len(kids); {
		case n > 0 && c.percent(6):
			kid.Birth, kid.age = c.people[kids[n-1]].Birth, c.people[kids[n-1]].age
		case !kid.female && !father.female && c.percent(4):
			kid.Given, kid.NativeGiven, kid.Nickname = father.Given, father.NativeGiven, father.Nickname
		}
		for _, k := range kids {
			for try := 0; c.people[k].Given == kid.Given && try < 9; try++ {
				c.given(&kid)
			}
		}
		kid.Parents = []int{a}
		if a != b {
			kid.Parents = append(kid.Parents, b)
		}
		kids = append(kids, c.join(kid))
	}
	return kids
}

// settle gives the people of one household their address, and each what reaches
// them: children under 13, and some couples, share a mailbox.
func (c *census) settle(home *locale, members ...int) {
	here, former, moved := c.address(home), Address{}, time.Time{}
	if c.percent(18) {
		former = c.address(home)
		moved = c.now.AddDate(0, 0, -20-c.IntN(600))
	}
	shared := ""
	for n, i := range members {
		p := &c.people[i]
		p.Address, p.Former, p.Moved = here, former, moved
		switch {
		case p.age < 13 || p.age < 18 && c.percent(40):
			p.Email = c.people[p.Parents[0]].Email
			continue
		case shared != "" && n == 1 && p.age >= 18:
			p.Email = shared
		case p.age >= 75 && c.percent(25):
		case n == 0 && p.Partner != Nobody && c.percent(15):
			shared = c.familyMailbox(p, home)
			p.Email = shared
		default:
			p.Email = c.mailbox(p)
			if c.percent(20) && p.age >= 18 {
				p.OtherEmail = c.mailbox(p)
			}
		}
		if p.age >= 12 && !c.percent(8) {
			p.Phone = c.phone(home)
		}
	}
}

// famous holds combinations of the name tables that belong to well-known people.
var famous = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range list(`Thomas Müller, Helmut Schmidt, Jörg Schneider, Peter Weiß, Sebastian Koch, Adam Smith,
		George Harrison, Ronald Fraser, Emma Thompson, Jack White, James Brown, James Taylor, Kevin Walker,
		Alan Turner, Gary Cooper, Gary Moore, Michelle Williams, Justin Moore, Scott Walker, Robert Moore,
		Robert Young, Eric Carter, Isaiah Thomas, Sinéad O'Connor, Robert Lewandowski, Marco Rossi,
		Sergio Ramos, Sergio García, Fernando Torres, Fernando Alonso, Carlos Moreno, Hugo Sánchez,
		Mario Conte, Claude François, Laurent Blanc, Bernard Blanc, Thierry Henry, Arjun Kapoor, Kabir Khan,
		Imran Khan, Anil Kapoor, Amit Shah, Rahul Bose, Johan Larsson, Ernst Frei, Urs Fischer, Roger Keller,
		Franz Huber, Franz Fuchs, Gerhard Berger, Maria Schneider, Julia Klein`) {
		m[n] = true
	}
	return m
}()

// grownUps lists everybody of age except the cast, in order.
func grownUps(people []Person) []int {
	var out []int
	for i := castSize; i < len(people); i++ {
		if people[i].age >= 18 {
			out = append(out, i)
		}
	}
	return slices.Clip(out)
}
