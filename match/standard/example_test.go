package standard_test

import (
	"fmt"

	"github.com/habeas-data/habeas/match/standard"
)

func ExampleParsePerson() {
	p := standard.ParsePerson("Dr. Ludwig van Beethoven Jr.")
	fmt.Println(p.Title, p.Given, p.Particle, p.Family, p.Suffix)
	p = standard.ParsePerson("García Márquez, Gabriel")
	fmt.Println(p.Given, p.Family)
	// Output:
	// [dr] [ludwig] [van] [beethoven] [jr]
	// [gabriel] [garcia marquez]
}

func ExampleSameGiven() {
	fmt.Println(standard.SameGiven("bill", "wilhelm"), standard.SameGiven("bill", "robert"))
	// Output: true false
}

func ExampleParseDate() {
	for _, s := range []string{"19480930", "30.9.48", "September 30th, 1948", "9/10/1948", "31 Feb 1948"} {
		d := standard.ParseDate(s, standard.OrderUnknown)
		fmt.Println(d.Normalised, d.OK, d.Ambiguous)
	}
	// Output:
	// 1948-09-30 true false
	// 1948-09-30 true false
	// 1948-09-30 true false
	// 1948-10-09 true true
	// 1948-02-31 false false
}

func ExampleParsePhone() {
	fmt.Println(standard.ParsePhone("310/246-1501", "").Digits)
	fmt.Println(standard.ParsePhone("(310) 246 1501", "US").E164)
	// Output:
	// 3102461501
	// +13102461501
}

func ExampleParseEmail() {
	e := standard.ParseEmail("Ada <Ada+Lists@Example.org>")
	fmt.Println(e.Whole, e.Local, e.Domain)
	// Output: ada+lists@example.org ada example.org
}

func ExampleParseAddress() {
	fmt.Println(standard.ParseAddress("12b N. Main St., Apt 4").Line)
	fmt.Println(standard.ParseAddress("Hauptstr. 5, 10115 Berlin").Line)
	// Output:
	// north main street 12b unit 4
	// hauptstrasse 10115 berlin 5
}

func ExampleParseOrganisation() {
	o := standard.ParseOrganisation("The Example Trading Co., Ltd.")
	fmt.Println(o.Words, o.LegalForm, o.Acronym)
	// Output: [example trading] ltd et
}

func ExamplePostcode() {
	fmt.Println(standard.Postcode("SW1A 1AA"), standard.Postcode("D-10115"), standard.Postcode("90210-1234"))
	// Output: sw1a1aa 10115 90210
}

func ExampleMissing() {
	fmt.Println(standard.Missing("N/A"), standard.Missing("Null"))
	// Output: true false
}
