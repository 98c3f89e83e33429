package search_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/habeas-data/habeas/match/search"
)

// capitals are the entities of the examples.
var capitals = []search.Entity{
	{ID: "de", Names: []search.Name{{Text: "Berlin"}}, Type: "city", Country: "DE", Weight: 3_700_000},
	{ID: "ch", Names: []search.Name{{Text: "Bern"}, {Text: "Berne", Kind: search.Alias, Lang: "fr"}}, Type: "city", Country: "CH", Weight: 140_000},
	{ID: "pt", Names: []search.Name{{Text: "Lisboa"}, {Text: "Lisbon", Kind: search.Alias, Lang: "en"}}, Type: "city", Country: "PT", Weight: 550_000},
	{ID: "us", Names: []search.Name{{Text: "Lisbon"}}, Type: "village", Country: "US", Weight: 9_000},
	{ID: "br", Names: []search.Name{{Text: "Rio de Janeiro"}}, Type: "city", Country: "BR", Weight: 6_700_000},
}

func Example() {
	x, err := search.Build(context.Background(), slices.Values(capitals), search.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, text := range []string{"Lisbon", "Berlni", "Janeiro Rio", "Qqqqqqqq"} {
		r := x.Search(search.Query{Text: text, Mode: search.Whole})
		fmt.Printf("%s:", text)
		for _, h := range r.Hits {
			if h.P > 0.05 {
				fmt.Printf(" %s (%s) %.1f", h.Name, h.ID, h.P)
			}
		}
		fmt.Printf(" none %.1f\n", r.None)
	}
	// Output:
	// Lisbon: Lisbon (pt) 0.6 Lisbon (us) 0.4 none 0.0
	// Berlni: Berlin (de) 0.9 none 0.1
	// Janeiro Rio: Rio de Janeiro (br) 0.8 none 0.2
	// Qqqqqqqq: none 1.0
}

// While somebody types, the most important names that begin so come first.
func ExampleIndex_Search_typing() {
	x, err := search.Build(context.Background(), slices.Values(capitals), search.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, h := range x.Search(search.Query{Text: "ber", Mode: search.Typing}).Hits {
		fmt.Println(h.Name)
	}
	// Output:
	// Berlin
	// Bern
}

func ExampleIndex_Put() {
	x := search.New(search.Options{})
	if err := x.Put(capitals...); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(x.Delete("us", "nobody"), x.Len())
	r := x.Search(search.Query{Text: "lisbon"})
	fmt.Println(len(r.Hits), r.Hits[0].ID)
	// Output:
	// 1 4
	// 1 pt
}

// A saved index opens at once, whatever its size.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	x, err := search.Build(context.Background(), slices.Values(capitals), search.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	path := filepath.Join(dir, "capitals")
	if err := x.Save(path); err != nil {
		fmt.Println(err)
		return
	}
	y, err := search.Open(path, search.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer y.Close()
	fmt.Println(y.Search(search.Query{Text: "BERNE"}).Hits[0].Name)
	// Output: Berne
}

// Explain says what speaks for a hit and against it, in bits.
func ExampleQuery_explain() {
	x, err := search.Build(context.Background(), slices.Values(capitals), search.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range x.Search(search.Query{Text: "Berlni", Mode: search.Whole, Limit: 1, Explain: true}).Hits[0].Reasons {
		fmt.Println(r.Code+":", r.Text)
	}
	// Output:
	// similar: one of its names is nearly this
	// typo: two letters changed places: i and n
	// weight: meant more often than most
}
