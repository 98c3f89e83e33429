// Package people invents people and the rows that different lists keep about them, by a
// seed, so that record linkage can be measured on as many rows as wanted, with the truth
// known and with errors whose kind and number are chosen.
//
// People live in households with one address and often one telephone, have names of
// several cultures that are as unequally frequent as real ones, and addresses that are
// made from their names. Every row is a copy of its person with errors of its own, the
// first one too; a [Profile] says how many and of which kind.
//
// A row can be made again from the seed and its number alone, so that a million of them
// need no memory.
package people

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/habeas-data/habeas/match/text"
)

// Header names the columns of a row.
var Header = []string{
	"given_name", "family_name", "date_of_birth", "gender", "email", "phone", "street", "postcode", "city",
}

// Places of the columns in a row.
const (
	given = iota
	family
	birth
	gender
	email
	phone
	street
	postcode
	city
	columns
)

// row is what a list would hold about somebody if nobody made mistakes.
type row [columns]string

// person returns somebody, the same for the same seed and number.
func person(seed, number uint64) row {
	home := rand.New(rand.NewPCG(seed, number/householdBlock+1))
	// A block is split into households of one to five.
	household, left := 0, 0
	for i := uint64(0); i <= number%householdBlock; i++ {
		if left == 0 {
			household++
			left = []int{1, 1, 1, 2, 2, 2, 3, 4, 4, 5}[home.IntN(10)]
		}
		left--
	}
	shared := rand.New(rand.NewPCG(seed^0x9e3779b97f4a7c15, (number/householdBlock)<<8+uint64(household)))
	own := rand.New(rand.NewPCG(seed^0xc2b2ae3d27d4eb4f, number))
	var p row
	c := drawCulture(shared)
	surname := familyName(shared, c)
	place := livesIn(shared, &p)
	if own.Float64() < 0.2 { // not everybody at an address has its name
		surname = familyName(own, c)
	}
	woman := own.IntN(2)
	names := lists()[c].given[1-woman]
	p[given] = names[zipf(own, len(names), 6)]
	if own.Float64() < cultures[c].middle {
		p[given] += " " + names[zipf(own, len(names), 6)]
	}
	p[gender] = []string{"m", "f"}[woman]
	p[family] = surname
	if end := cultures[c].femaleEnding; end != "" && woman == 1 {
		p[family] = feminine(surname, end)
	}
	p[birth] = birthDate(own)
	p[email] = address(own, p[given], p[family], p[birth])
	p[phone] = telephone(own, -1)
	if shared.Float64() < 0.35 {
		p[phone] = telephone(shared, place)
	}
	return p.written()
}

// householdBlock is how many people are split into households together.
const householdBlock = 16

func drawCulture(r *rand.Rand) int {
	x := r.Float64()
	for i, c := range cultures {
		if x -= c.share; x < 0 {
			return i
		}
	}
	return 0
}

func familyName(r *rand.Rand, c int) string {
	l := lists()[c].family
	draw := func() string {
		// Most people have one of few names, and most names have few people.
		if r.Float64() < cultures[c].joined {
			return l[r.IntN(len(l))]
		}
		return l[zipf(r, len(l), 12)]
	}
	name := draw()
	if r.Float64() < cultures[c].doubleBarrel {
		name += " " + draw()
	}
	return name
}

func feminine(name, end string) string {
	switch {
	case strings.HasSuffix(name, "i") || strings.HasSuffix(name, "y"):
		return name[:len(name)-1] + end
	case strings.HasSuffix(name, "ov") || strings.HasSuffix(name, "ev") || strings.HasSuffix(name, "in"):
		return name + end
	}
	return name
}

// birthDate spreads ages as a population does, and puts one in a hundred on the first
// of January, as lists do that know the year only.
func birthDate(r *rand.Rand) string {
	age := r.IntN(70)
	if r.Float64() < 0.3 {
		age += r.IntN(28)
	}
	day := time.Date(2024-age, 1, 1, 0, 0, 0, 0, time.UTC)
	if r.Float64() >= 0.01 {
		day = day.AddDate(0, 0, r.IntN(365))
	}
	return day.Format(time.DateOnly)
}

var providers = strings.Fields(`mail.example post.example inbox.test webmail.example letters.test freemail.example
	club.example home.test university.example council.example clinic.test school.example works.test studio.example`)

// address makes an e-mail address from a name, as people do.
func address(r *rand.Rand, given, family, birth string) string {
	if r.Float64() < 0.12 {
		return ""
	}
	plain := func(s string) string {
		return strings.Map(func(c rune) rune {
			if c > unicode.MaxASCII || !unicode.IsLetter(c) {
				return -1
			}
			return c
		}, text.Fold(strings.Fields(s + " x")[0]))
	}
	g, f := plain(given), plain(family)
	initial := g[:min(1, len(g))]
	local := []string{g + "." + f, g + f, initial + f, f + "." + g, g + "_" + f, g, f + initial, g + "." + f}[r.IntN(8)]
	switch r.IntN(4) {
	case 0:
		local += birth[2:4]
	case 1:
		local += strconv.Itoa(r.IntN(1000))
	}
	domain := providers[zipf(r, len(providers), 1)]
	if r.Float64() < 0.08 {
		domain = f + ".example"
	}
	return local + "@" + domain
}

func telephone(r *rand.Rand, area int) string {
	if r.Float64() < 0.1 {
		return ""
	}
	if area >= 0 {
		return fmt.Sprintf("01%03d %06d", 200+area*7%799, r.IntN(1_000_000))
	}
	return fmt.Sprintf("07%03d %06d", 300+r.IntN(600), r.IntN(1_000_000))
}

// written gives names their capitals.
func (p row) written() row {
	for _, at := range []int{given, family, street, city} {
		up := true
		p[at] = strings.Map(func(c rune) rune {
			was := up
			up = c == ' ' || c == '-'
			if was {
				return unicode.ToUpper(c)
			}
			return c
		}, p[at])
	}
	return p
}
