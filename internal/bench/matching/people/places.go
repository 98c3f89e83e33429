package people

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
)

const (
	cityCount = 700
	// roadCount is how many roads the largest city has; others have fewer.
	roadCount = 3000
)

var (
	roadFirst = strings.Fields(`church station high victoria park queens kings mill school chapel west east north south
		green manor springfield grange albert york george bridge oak elm cedar willow beech ash holly hawthorn rowan
		castle abbey priory vicarage rectory orchard meadow brook river lake hill valley forest heath common market
		wellington nelson clarence waterloo trafalgar windsor balmoral sandringham canterbury durham lincoln winchester
		salisbury exeter bristol oxford cambridge dover kent surrey sussex devon dorset cornwall norfolk suffolk
		primrose rose lavender heather bluebell ivy jasmine poppy lily maple poplar sycamore chestnut walnut alder`)
	roadSecond = strings.Fields(`road street avenue lane close drive way gardens crescent place court terrace grove walk
		hill mews square rise view row`)
	roadMiddle = strings.Fields(`park wood field hall house lodge farm mill bridge end green cross gate side`)
	cityFirst  = strings.Fields(`alder ash bar bed bex birch brack brent brom bur cam car chel chip clay clif col cor
		crow dart dor dun earl ever fal farn fel gil glen grant had hal har hart hem hex hor hun kel kem kett lam lang
		led lich lut maid mal mel mil nant new nor oak orm pen per pick pres read rom rug ruth sal sed sel shef sid
		stam staf sun swin taun tav ten thet tor up ux wal war wel wem whit wim wok yar`)
	citySecond = strings.Fields(`borough bridge bury by chester combe don field ford ham haven hurst ley mouth ness over
		port sea stead ster stoke stow ter ton wick worth`)
)

// place is a city with the letters of its postcodes.
type place struct{ name, area string }

var places = sync.OnceValue(func() []place {
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]place, cityCount)
	seen := map[string]bool{}
	for i := range all {
		for all[i].name == "" || seen[all[i].name] {
			all[i].name = cityFirst[r.IntN(len(cityFirst))] + citySecond[r.IntN(len(citySecond))]
			if r.Float64() < 0.06 {
				all[i].name += " " + []string{"regis", "spa", "magna", "on sea", "green"}[r.IntN(5)]
			}
		}
		seen[all[i].name] = true
		// Neighbouring cities share the letters.
		all[i].area = string([]byte{byte('A' + i*7%26), byte('A' + i/5*11%26)})
	}
	return all
})

// livesIn fills in an address and returns the number of the city.
func livesIn(r *rand.Rand, p *row) int {
	at := zipf(r, cityCount, 9)
	here := places()[at]
	road := zipf(r, max(40, roadCount/(at+1)), 60)
	// The same names of roads come again in every city, in another order.
	k := road*31 + at*17
	name := roadFirst[k%len(roadFirst)]
	if road >= len(roadFirst)*2 {
		name += " " + roadMiddle[k/7%len(roadMiddle)]
	}
	name += " " + roadSecond[(k/len(roadFirst)+road)%len(roadSecond)]
	number := strconv.Itoa(1 + zipf(r, 240, 30))
	switch r.IntN(20) {
	case 0:
		number += string(rune('a' + r.IntN(4)))
	case 1:
		number = "flat " + strconv.Itoa(1+r.IntN(30)) + " " + number
	}
	p[city] = here.name
	p[street] = number + " " + name
	p[postcode] = fmt.Sprintf("%s%d %d%c%c", here.area, 1+road%19, road/19%10, 'A'+road*5%23, 'A'+road/23*3%23)
	return at
}
