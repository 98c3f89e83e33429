package link_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/match/link"
)

// What two rows have in common can be asked without a table.
func ExampleModel_Compare() {
	model := link.DefaultModel([]link.Field{
		{Name: "first_name", Kind: link.GivenName},
		{Name: "surname", Kind: link.FamilyName},
		{Name: "birth_date", Kind: link.Date},
		{Name: "email", Kind: link.Email},
	})
	pair, reasons, err := model.Compare(
		[]string{"Bob", "Richardson", "1970-03-24", "bob.r@example.org"},
		[]string{"Robert", "Richardsen", "1970-03-24", ""},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("the same with %.0f %%\n", 100*pair.P)
	for _, r := range reasons {
		fmt.Println(r.Text)
	}
	// Output:
	// the same with 100 %
	// same birth date
	// surname one letter apart
	// first name forms of one name
	// email missing
}

func TestCompareRefusesRaggedRows(t *testing.T) {
	m := link.DefaultModel([]link.Field{{Name: "x", Kind: link.Text}})
	if _, _, err := m.Compare([]string{"a", "b"}, []string{"a"}); err == nil {
		t.Error("a row with two columns was compared in a model with one")
	}
}

func TestDescribeNamesEverything(t *testing.T) {
	m := link.DefaultModel([]link.Field{{Name: "surname", Kind: link.FamilyName}, {Name: "born", Kind: link.Date}})
	text := m.Describe()
	for _, want := range []string{"surname (family_name)", "born (date)", "one letter apart", "day and month swapped", "bits"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}
