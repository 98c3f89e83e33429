package entity

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
)

func TestTheQueryFormIsAQuestion(t *testing.T) {
	for form, want := range map[string]Question{
		`QUERY { name="Albert Einstein" award="Nobel" } METADATA { entityType="person" }`: {
			Text: "Albert Einstein", Types: []Type{Person}, Limit: 10, Known: []Attribute{{Name: "award", Value: "Nobel"}},
		},
		`query{'Albert'}`:                  {Text: "Albert", Limit: 10},
		`QUERY { Einstein, Albert; }`:      {Text: "Einstein Albert", Limit: 10},
		`QUERY{name="say \"it\" \\ once"}`: {Text: `say "it" \ once`, Limit: 10},
		"QUERY\n{ name = Zürich }\nmetadata { type=Organisation country=ch maxResults=3 }": {Text: "Zürich", Country: "CH", Limit: 3, Types: []Type{Organization}},
		`QUERY { id="https://ror.org/00874hx02" }`:                                         {External: External{"ror", "https://ror.org/00874hx02"}, Limit: 10},
	} {
		f, err := ParseQueryForm(form)
		if err != nil {
			t.Errorf("%s: %v", form, err)
			continue
		}
		if q, err := f.Question(); err != nil || !reflect.DeepEqual(q, want) {
			t.Errorf("%s is\n%+v, %v, not\n%+v", form, q, err, want)
		}
	}
}

func TestAWrongFormSaysWhereItIsWrong(t *testing.T) {
	for form, at := range map[string]string{
		"": "1", "Einstein": "1", `{ name="a" }`: "1", "QUERY": "6", "QUERY name=a": "7", "QUERY { name=a": "7", "QUERY { name= }": "15",
		"QUERY { =a }": "9", `QUERY { name="a }`: "14", `QUERY {'ü' ü="} METADATA`: "14", "QUERY {a} META {}": "11", "QUERY {a} METADATA {} more": "23",
		"QUERY {a} METADATA { colour=red }": "22", "QUERY {a} METADATA { limit=1000 }": "22", "QUERY { a\xff }": "10", "QUERY { a\x00 }": "10",
		"QUERY {" + strings.Repeat("a ", 51) + "}": "108",
	} {
		f, err := ParseQueryForm(form)
		if err == nil {
			_, err = f.Question()
		}
		var e *habeas.Error
		if !errors.As(err, &e) || e.Kind != habeas.KindInvalid || e.Args["at"] != at {
			t.Errorf("%q: %v, expected at %s", form, err, at)
		}
	}
	for _, form := range []string{"QUERY {}", `QUERY { name="" award="Nobel" }`, "QUERY {a" + strings.Repeat(" ", MaxQueryForm) + "}"} {
		f, err := ParseQueryForm(form)
		if err == nil {
			_, err = f.Question()
		}
		if habeas.KindOf(err) != habeas.KindInvalid {
			t.Errorf("%.20q: %v", form, err)
		}
	}
}

// quoteForm writes a form that reads back as it is.
func quoteForm(f QueryForm) string {
	write := func(b *strings.Builder, word string, pairs []Pair) {
		b.WriteString(word + " {")
		for _, p := range pairs {
			b.WriteString(" " + p.Name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(p.Value) + `"`)
		}
		b.WriteString(" }")
	}
	var b strings.Builder
	write(&b, "QUERY", f.Query)
	write(&b, " METADATA", f.Metadata)
	return b.String()
}

func FuzzQueryForm(f *testing.F) {
	for _, s := range []string{
		`QUERY { name="Albert Einstein" award="Nobel" } METADATA { entityType="person" }`, `query{'a\'b' c=d,e;} metadata{limit=3}`, "QUERY {", "QUERY { \xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		form, err := ParseQueryForm(s)
		if err != nil {
			if habeas.KindOf(err) != habeas.KindInvalid {
				t.Fatal(err)
			}
			return
		}
		again, err := ParseQueryForm(quoteForm(form))
		if err != nil && len(s) < MaxQueryForm/3 {
			t.Fatalf("%q is written %q: %v", s, quoteForm(form), err)
		}
		if err == nil {
			for i, p := range again.Query {
				if p.Name != form.Query[i].Name || p.Value != form.Query[i].Value {
					t.Fatalf("%+v reads back as %+v", form.Query[i], p)
				}
			}
		}
		if q, err := form.Question(); err == nil {
			if _, err := NewIndex().Find(q); err != nil {
				t.Fatalf("%q: %v", s, err)
			}
		}
	})
}
