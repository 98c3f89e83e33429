package search_test

import (
	"fmt"

	"github.com/habeas-data/habeas/match/search"
)

// An affiliation as it stands under an article: the mention path finds the
// organisations in it, and leaves alone what only looks like one.
func ExampleIndex_Search_mention() {
	x := search.New(search.Options{})
	err := x.Put(
		search.Entity{
			ID: "org/1", Type: "organization", Country: "SE", Places: []string{"Norrvik"},
			Names: []search.Name{{Text: "Norrviks universitet", Lang: "sv"}, {Text: "University of Norrvik", Kind: search.Alias, Lang: "en"}},
		},
		search.Entity{
			ID: "org/2", Type: "organization", Country: "SE", Places: []string{"Norrvik"},
			Names: []search.Name{{Text: "Norrvik University Hospital", Lang: "en"}},
		},
		search.Entity{
			ID: "org/3", Type: "organization", Country: "US", Places: []string{"Norrvik"},
			Names: []search.Name{{Text: "Norrvik University", Lang: "en"}},
		},
	)
	if err != nil {
		panic(err)
	}
	r := x.Search(search.Query{
		Text: "Dept. of Cardiology, Norrvik Univ. Hosp., Norrvik, Sweden",
		Mode: search.Mention, Explain: true,
	})
	hit := r.Hits[0]
	fmt.Printf("%s %q sure: %t\n", hit.ID, hit.Name, hit.P > 0.8)
	for _, reason := range hit.Reasons {
		if reason.Code == "same_meaning" || reason.Code == "country" {
			fmt.Println(reason.Text)
		}
	}
	// Output:
	// org/2 "Norrvik University Hospital" sure: true
	// its country is named
	// univ means university
	// hosp means hospital
}
