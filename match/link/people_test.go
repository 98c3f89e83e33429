package link

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"sort"
	"strings"
)

// crowd invents people with the frequencies of real ones: few common names and many
// rare ones, families that live together, and rows about the same person that differ as
// such rows do.
type crowd struct {
	r                      *rand.Rand
	given, family, streets lot
	cities                 lot
	rows                   [][]string
	who                    []int // for each row the person
	people                 int
}

// lot is names with the chance of each.
type lot struct {
	names []string
	upTo  []float64
}

var crowdHeader = []string{"id", "given", "family", "born", "email", "phone", "street", "postcode", "city"}

func crowdFields() []Field {
	kinds := []Kind{RowID, GivenName, FamilyName, Date, Email, Phone, Street, Postcode, Place}
	fields := make([]Field, len(kinds))
	for i, k := range kinds {
		fields[i] = Field{Name: crowdHeader[i], Kind: k}
	}
	return fields
}

func newCrowd(seed uint64, rows int, repeated float64) *crowd {
	c := &crowd{r: rand.New(rand.NewPCG(seed, 7))}
	c.given = c.invent(2_000, 2, 5)
	c.family = c.invent(30_000, 3, 10)
	c.streets = c.invent(4_000, 3, 50)
	c.cities = c.invent(600, 2, 3)
	for len(c.rows) < rows {
		c.household(rows, repeated)
	}
	c.r.Shuffle(len(c.rows), func(i, j int) {
		c.rows[i], c.rows[j] = c.rows[j], c.rows[i]
		c.who[i], c.who[j] = c.who[j], c.who[i]
	})
	for i, row := range c.rows {
		row[0] = fmt.Sprint(i)
	}
	return c
}

// invent makes n names of up to syllables, the k-th with chance 1/(k+flat).
func (c *crowd) invent(n, syllables int, flat float64) lot {
	starts := strings.Fields("b br c ch d dr f fl g gr h j k kr l m n p pr r s sch st t tr v w")
	middles := strings.Fields("a e i o u ei au ie oo ea")
	ends := strings.Fields("n r l s t nd rt ck ng m x")
	seen := map[string]bool{}
	var l lot
	total := 0.0
	for len(l.names) < n {
		var b strings.Builder
		for range 1 + c.r.IntN(syllables) {
			b.WriteString(starts[c.r.IntN(len(starts))])
			b.WriteString(middles[c.r.IntN(len(middles))])
		}
		b.WriteString(ends[c.r.IntN(len(ends))])
		name := b.String()
		if len(name) < 3 || seen[name] {
			continue
		}
		seen[name] = true
		total += 1 / (float64(len(l.names)) + flat)
		l.names, l.upTo = append(l.names, name), append(l.upTo, total)
	}
	return l
}

func (c *crowd) pick(l lot) string {
	return l.names[sort.SearchFloat64s(l.upTo, c.r.Float64()*l.upTo[len(l.upTo)-1])]
}

func (c *crowd) chance(p float64) bool { return c.r.Float64() < p }

func (c *crowd) home() (street, postcode, city string) {
	city = c.pick(c.cities)
	area := 100 + len(city)*37 + int(city[0])*3 + int(city[1])
	return fmt.Sprintf("%d %s street", 1+c.r.IntN(120), c.pick(c.streets)), fmt.Sprintf("%03d%02d", area, c.r.IntN(60)), city
}

// household adds the rows of one to four people who live together.
func (c *crowd) household(limit int, repeated float64) {
	family := c.pick(c.family)
	street, postcode, city := c.home()
	phone := c.phone()
	for range 1 + c.r.IntN(4) {
		given := c.pick(c.given)
		row := []string{"", given, family, c.born(), c.email(given, family), phone, street, postcode, city}
		if c.chance(.6) {
			row[5] = c.phone()
		}
		c.add(row, limit)
		for c.chance(repeated) {
			c.add(c.again(row), limit)
		}
		c.people++
	}
}

func (c *crowd) add(row []string, limit int) {
	if len(c.rows) == limit {
		return
	}
	row = append([]string(nil), row...)
	for col, p := range []float64{0, .01, .01, .05, .2, .15, .05, .05, .02} {
		if c.chance(p) {
			row[col] = ""
		}
	}
	c.rows, c.who = append(c.rows, row), append(c.who, c.people)
}

func (c *crowd) phone() string { return fmt.Sprintf("0%d", 100_000_000+c.r.IntN(899_999_999)) }

func (c *crowd) born() string {
	return fmt.Sprintf("%d-%02d-%02d", 1930+c.r.IntN(75), 1+c.r.IntN(12), 1+c.r.IntN(28))
}

func (c *crowd) email(given, family string) string {
	host := []string{"mail.example", "post.example", "web.example"}[c.r.IntN(3)]
	switch c.r.IntN(3) {
	case 0:
		return fmt.Sprintf("%s.%s@%s", given, family, host)
	case 1:
		return fmt.Sprintf("%s%s%d@%s", given[:1], family, c.r.IntN(100), host)
	}
	return fmt.Sprintf("%s%d@%s", given, c.r.IntN(10_000), host)
}

// again is another row about the same person, later and by another hand.
func (c *crowd) again(row []string) []string {
	row = append([]string(nil), row...)
	if c.chance(.15) {
		row[6], row[7], row[8] = c.home()
	}
	if c.chance(.2) {
		row[4] = c.email(row[1], row[2])
	}
	if c.chance(.2) {
		row[5] = c.phone()
	}
	if c.chance(.05) {
		row[2] = c.pick(c.family)
	}
	if c.chance(.03) {
		row[1], row[2] = row[2], row[1]
	}
	if c.chance(.03) {
		row[3] = row[3][:5] + row[3][8:] + "-" + row[3][5:7]
	}
	if c.chance(.03) {
		row[1] = row[1][:1]
	}
	for col, p := range []float64{0, .1, .1, .06, .05, .04, .1, .04, .06} {
		if c.chance(p) {
			row[col] = c.typo(row[col])
		}
	}
	return row
}

// typo makes one mistake of the hand.
func (c *crowd) typo(s string) string {
	if len(s) < 2 {
		return s
	}
	at := c.r.IntN(len(s) - 1)
	letter := string(rune('a' + c.r.IntN(26)))
	if s[at] >= '0' && s[at] <= '9' {
		letter = string(rune('0' + c.r.IntN(10)))
	}
	switch c.r.IntN(4) {
	case 0:
		return s[:at] + s[at+1:]
	case 1:
		return s[:at] + letter + s[at:]
	case 2:
		return s[:at] + s[at+1:at+2] + s[at:at+1] + s[at+2:]
	}
	return s[:at] + letter + s[at+1:]
}

// all yields rows.
func all(rows [][]string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// f1 compares clusters with the truth, pair by pair.
func (c *crowd) f1(cluster []int32) (precision, recall, f float64) {
	type key struct {
		found int32
		true  int
	}
	both, found, truth := map[key]int{}, map[int32]int{}, map[int]int{}
	for i, x := range cluster {
		both[key{x, c.who[i]}]++
		found[x]++
		truth[c.who[i]]++
	}
	return pairsOf(both) / pairsOf(found), pairsOf(both) / pairsOf(truth),
		2 * pairsOf(both) / (pairsOf(found) + pairsOf(truth))
}

func pairsOf[K comparable](sizes map[K]int) float64 {
	n := 0
	for _, k := range sizes {
		n += k * (k - 1) / 2
	}
	return float64(n)
}
