package reconcile

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
)

// bounded fails when a query is beyond what one may ask.
func bounded(t *testing.T, q query) {
	t.Helper()
	if q.limit < 1 || q.limit > maxHits || len(q.conditions) == 0 || len(q.conditions) > maxConditions || len(q.types) > maxTypes {
		t.Fatalf("a query beyond the bounds: %d conditions, limit %d", len(q.conditions), q.limit)
	}
	names := 0
	for _, c := range q.conditions {
		if c.on == onName {
			names += len(c.values)
		}
		for _, v := range c.values {
			if len(v.text) > maxText || len(v.id) > maxText {
				t.Fatal("a value beyond the bounds")
			}
		}
	}
	if names > maxNames {
		t.Fatal("names beyond the bounds")
	}
}

// refused fails when an error is not one for the caller.
func refused(t *testing.T, err error) {
	t.Helper()
	if kind := habeas.KindOf(err); kind != habeas.KindInvalid && kind != habeas.KindTooLarge {
		t.Fatalf("refused as %v: %v", kind, err)
	}
}

func FuzzObjectBatch(f *testing.F) {
	for _, seed := range []string{
		`{"q0":{"query":"a","type":["b"],"type_strict":"any","limit":3,"properties":[{"pid":"p","v":[1,true,"x",{"id":"y"}]}]}}`,
		`{}`, `null`, `[]`, `{"q0":{"properties":[{"pid":"","v":null}]}}`, `{"q":{"limit":1e99}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		batch, err := objectBatch([]byte(doc))
		if err != nil {
			refused(t, err)
		}
		for _, q := range batch {
			bounded(t, q)
		}
		if q, err := singleQuery(doc); err == nil {
			bounded(t, q)
		} else {
			refused(t, err)
		}
	})
}

func FuzzArrayBatch(f *testing.F) {
	for _, seed := range []string{
		`{"queries":[{"type":"a","conditions":[{"matchType":"property","propertyId":"p","propertyValue":["x"],"required":true,"matchQuantifier":"none","matchQualifier":"ExactMatch"}]}]}`,
		`{"queries":[]}`, `{"queries":null}`, `{"queries":[{"conditions":[{"matchType":"name","propertyValue":{"id":1}}]}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		isArrayForm([]byte(doc))
		batch, err := arrayQueries([]byte(doc))
		if err != nil {
			refused(t, err)
		}
		for _, q := range batch {
			bounded(t, q)
		}
	})
}

func FuzzExtension(f *testing.F) {
	f.Add(`{"ids":["a"],"properties":[{"id":"name","settings":{"limit":"1","lang":"es","content":"id","count":true}}]}`)
	f.Add(`{"ids":[],"properties":[{"id":"x","settings":{"limit":1e9,"count":"maybe"}}]}`)
	s := &Service{schema: newSchema(nil)}
	f.Fuzz(func(t *testing.T, doc string) {
		x, err := edge.ParseJSON[extension]([]byte(doc))
		if err != nil {
			refused(t, err)
			return
		}
		for _, p := range x.Properties {
			if col, err := s.column(p); err != nil {
				refused(t, err)
			} else if col.limit < 0 {
				t.Fatal("a negative limit")
			}
		}
	})
}

// What is answered to a callback calls that name and nothing else, whatever is in the data.
func FuzzCallback(f *testing.F) {
	for _, seed := range [][2]string{
		{"jQuery3_1", "x"}, {"a.b", "</script><script>alert(1)"}, {"a;alert(1)//", ""}, {"a\u2028b", "\u2028\u2029*/"}, {"$", `"});alert(1);({"`}, {"__proto__", "/*"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, name, data string) {
		r := httptest.NewRequest("GET", Path+"?callback="+url.QueryEscape(name), nil)
		w := httptest.NewRecorder()
		c := &call{w: w, r: r}
		if err := c.read(); err != nil {
			refused(t, err)
			return
		}
		if err := c.answer(v02, results{Result: []result{{Name: strings.ToValidUTF8(data, "")}}}); err != nil {
			t.Fatal(err)
		}
		body, ok := strings.CutPrefix(w.Body.String(), "/**/"+name+"({")
		if !ok || !strings.HasSuffix(body, "});") {
			t.Fatalf("no call of %q: %s", name, w.Body)
		}
		if strings.ContainsAny(name, "()[]{}<>;,'\"`/\\ \n=+-*&|") || strings.ContainsAny(body, "<>\u2028\u2029") || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/javascript") {
			t.Fatalf("a script that may do more: %q %s", name, w.Body)
		}
	})
}

func FuzzWildcard(f *testing.F) {
	f.Add("cambridge", "Camb*ge")
	f.Add("a", "**")
	f.Fuzz(func(t *testing.T, text, pattern string) {
		fits(text, pattern)
		if strings.Trim(pattern, "*") == "" && pattern != "" && !fits(text, pattern) {
			t.Fatal("stars stand for anything")
		}
	})
}
