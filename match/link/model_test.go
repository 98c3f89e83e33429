package link

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func testFields() []Field {
	return []Field{
		{Name: "full_name", Kind: FullName},
		{Name: "first_name", Kind: GivenName},
		{Name: "surname", Kind: FamilyName},
		{Name: "birth_date", Kind: Date},
		{Name: "email", Kind: Email},
		{Name: "phone", Kind: Phone},
		{Name: "street", Kind: Street},
		{Name: "number", Kind: HouseNumber},
		{Name: "postcode", Kind: Postcode},
		{Name: "city", Kind: Place},
		{Name: "member", Kind: Identifier},
		{Name: "gender", Kind: Category},
		{Name: "employer", Kind: Organisation},
		{Name: "note", Kind: Text},
		{Name: "row", Kind: RowID},
	}
}

func TestModelJSON(t *testing.T) {
	m := DefaultModel(testFields())
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Model
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*m, back) {
		t.Error("a model that went to JSON and back is another")
	}
}

func TestModelRefusesWhatCannotBe(t *testing.T) {
	good, _ := json.Marshal(DefaultModel(testFields()[1:4]))
	for name, change := range map[string][2]string{
		"prior":     {`"prior":0.00075`, `"prior":1.5`},
		"column":    {`"columns":[2]`, `"columns":[7]`},
		"kind":      {`"columns":[2]`, `"columns":[1]`},
		"level":     {`"code":"typo_1"`, `"code":"typo_9"`},
		"share":     {`"m":0.8,`, `"m":-0.8,`},
		"no number": {`"m":0.8,`, `"m":"x",`},
	} {
		bad := strings.Replace(string(good), change[0], change[1], 1)
		if bad == string(good) {
			t.Errorf("%s: nothing was changed in %s", name, good)
		}
		var m Model
		if err := json.Unmarshal([]byte(bad), &m); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}

// A model that is read is safe to compare with, whatever was in the file.
func FuzzModel(f *testing.F) {
	good, _ := json.Marshal(DefaultModel(testFields()))
	few, _ := json.Marshal(DefaultModel(testFields()[1:5]))
	f.Add(good)
	f.Add(few)
	f.Add([]byte(`{"prior":0.5}`))
	f.Add([]byte(`{"prior":0.5,"fields":[{"Kind":"date"}],"comparisons":[{"kind":"date","columns":[0],"levels":[]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m Model
		if json.Unmarshal(data, &m) != nil {
			return
		}
		a, b := make([]string, len(m.Fields)), make([]string, len(m.Fields))
		for i := range a {
			a[i], b[i] = "Ann 1990-01-02", "Anne 1990-02-01"
		}
		p, _, err := m.Compare(a, b)
		if err != nil || !(p.P >= 0 && p.P <= 1) {
			t.Errorf("%v, %v", p, err)
		}
		_ = m.Describe()
	})
}
