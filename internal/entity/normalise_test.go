package entity

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func kinds(t interface{ Fatal(...any) }, more ...Template) *Types {
	types, err := NewTypes(more...)
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// External identifiers are kept in one form, and a slip in those with check digits is seen.
func TestExternalIdentifiersHaveOneForm(t *testing.T) {
	for text, want := range map[string]string{
		"ror https://ror.org/05trd4x28":                    "https://ror.org/05trd4x28",
		"ROR 05TRD4X28":                                    "https://ror.org/05trd4x28",
		"ror 05trd4x29":                                    "",
		"orcid 0000-0002-1825-0097":                        "https://orcid.org/0000-0002-1825-0097",
		"orcid https://orcid.org/0000-0002-1694-233X":      "https://orcid.org/0000-0002-1694-233X",
		"orcid 000000021694233x":                           "https://orcid.org/0000-0002-1694-233X",
		"orcid 0000-0002-1825-0098":                        "",
		"isni 0000 0001 2103 2683":                         "0000000121032683",
		"isni https://isni.org/isni/0000000121032683":      "0000000121032683",
		"isni 0000 0001 2103 2684":                         "",
		"wikidata https://www.wikidata.org/wiki/Q42":       "Q42",
		"wikidata q42":                                     "Q42",
		"wikidata P31":                                     "",
		"geonames https://www.geonames.org/3165243/trento": "3165243",
		"viaf http://viaf.org/viaf/75121530/":              "75121530",
		"grid grid.5335.0":                                 "grid.5335.0",
		"grid 5335":                                        "",
		"fundref 501100017170":                             "501100017170",
		"Bad! 1":                                           "",
	} {
		scheme, value, _ := strings.Cut(text, " ")
		got, err := NormaliseExternal(External{scheme, value})
		if want == "" && err == nil || want != "" && got.Value != want {
			t.Errorf("%s: %q, %v; want %q", text, got.Value, err, want)
		}
		if again, err := NormaliseExternal(got); want != "" && (err != nil || again != got) {
			t.Errorf("%s: once more it is %q, %v", text, again.Value, err)
		}
	}
}

func said1(attributes ...Attribute) Description {
	return Description{Type: Organization, Attributes: append([]Attribute{{Name: AttrName, Value: "Riverside Arts", Lang: "en"}}, attributes...)}
}

// What cannot be kept is refused with the field that it is about.
func TestWrongDescriptionsAreRefused(t *testing.T) {
	for code, d := range map[string]Description{
		"type.unknown":     {Type: "unicorn", Attributes: said1().Attributes},
		"name.none":        {Type: Organization},
		"attribute.name":   said1(Attribute{Name: "Not A Name", Value: "x"}),
		"attribute.empty":  said1(Attribute{Name: AttrAlias, Value: "  "}),
		"language.unknown": said1(Attribute{Name: AttrAlias, Value: "x", Lang: "in English!"}),
		"country.unknown":  said1(Attribute{Name: AttrCountry, Value: "Spain"}),
		"number.invalid":   said1(Attribute{Name: AttrWeight, Value: "many"}),
		"coordinate.range": said1(Attribute{Name: AttrLatitude, Value: "91"}, Attribute{Name: AttrLongitude, Value: "0"}),
		"coordinate.half":  said1(Attribute{Name: AttrLatitude, Value: "41.5"}),
		"date.invalid":     said1(Attribute{Name: "founded", Value: "long ago"}),
		"url.invalid":      said1(Attribute{Name: "website", Value: "javascript:alert(1)"}),
		"attribute.twice":  said1(Attribute{Name: AttrCountry, Value: "ES"}, Attribute{Name: AttrCountry, Value: "IT"}),
		"text.long":        said1(Attribute{Name: AttrAlias, Value: strings.Repeat("x", 1<<20)}),
		"text.invalid":     said1(Attribute{Name: AttrAlias, Value: "a\u202eb"}),
		"external.invalid": {Type: Organization, Attributes: said1().Attributes, Externals: []External{{"ror", "nonsense"}}},
		"attributes.many":  {Type: Organization, Attributes: slices.Repeat(said1().Attributes, MaxAttributes+1)},
		"links.many":       {Type: Organization, Attributes: said1().Attributes, SameAs: make([]string, maxLinks+1)},
		"access.unknown":   {Type: Organization, Access: 128, Attributes: said1().Attributes},
	} {
		_, found := Normalise(d, kinds(t))
		if !slices.ContainsFunc(found, func(f Finding) bool { return f.Code == code && f.Fatal }) || Refusal(found) == nil {
			t.Errorf("%s: %v", code, found)
		}
	}
	for _, u := range []string{"http://user:secret@example.org/", "file:///etc/passwd", "https://", "//example.org", "https://example.org/ x"} {
		if _, found := Normalise(Description{Type: Organization, Attributes: said1().Attributes, SameAs: []string{u}}, kinds(t)); Refusal(found) == nil {
			t.Errorf("%s is kept", u)
		}
	}
}

// A description is an attribute list with language, source and visibility of each value, other
// identifiers and references; it is kept in one form, and a quality report says what would make
// it better. Proves ENT-3.
func TestADescriptionIsKeptInOneForm(t *testing.T) {
	d := said1(
		Attribute{Name: AttrAlias, Value: " Cafe\u0301 ", Lang: "EN-us", Source: "https://example.org/x", Access: Hidden},
		Attribute{Name: AttrAlias, Value: "Café", Lang: "en-US"},
		Attribute{Name: AttrCountry, Value: "es"},
	)
	d.Externals, d.SameAs = []External{{"ROR", "05trd4x28"}, {"ror", "https://ror.org/05trd4x28"}}, []string{"https://EXAMPLE.org/a"}
	d.References = []Reference{{"https://example.org/about", "About"}}
	got, found := Normalise(d, kinds(t))
	if Refusal(found) != nil {
		t.Fatal(found)
	}
	want := said1(Attribute{Name: AttrAlias, Value: "Café", Lang: "en-US", Source: "https://example.org/x", Access: Hidden}, Attribute{Name: AttrCountry, Value: "ES"})
	want.Externals, want.SameAs, want.References = []External{{"ror", "https://ror.org/05trd4x28"}}, []string{"https://example.org/a"}, d.References
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if !slices.ContainsFunc(found, func(f Finding) bool { return f.Code == "description.none" && !f.Fatal }) {
		t.Errorf("the report: %v", found)
	}
	text, err := json.Marshal(got)
	var back Description
	if err != nil || json.Unmarshal(text, &back) != nil || !reflect.DeepEqual(got, back) {
		t.Errorf("%s, %v", text, err)
	}
}

// A server can have types of its own, with what is expected of them. Proves ENT-2.
func TestTypesAreExtended(t *testing.T) {
	boat := Template{Type: "boat", Label: "Boat", SchemaOrg: "Vehicle", Attributes: []Expected{{"length", "Length", KindNumber, false}}}
	types := kinds(t, boat)
	for _, want := range []Type{Person, Organization, Location, Event, ArtifactType, ArtifactInstance, Other, "boat"} {
		if x, ok := types.Of(want); !ok || x.Label == "" || x.SchemaOrg == "" {
			t.Errorf("%s: %+v", want, x)
		}
	}
	d := Description{Type: "boat", Attributes: []Attribute{{Name: AttrName, Value: "Nora", Lang: "en"}, {Name: "length", Value: "long"}}}
	if _, found := Normalise(d, types); Refusal(found) == nil {
		t.Error("a length that is no number")
	}
	for _, wrong := range []Template{{Type: "A boat", Label: "x"}, {Type: "boat"}, {Type: "boat", Label: "x", Attributes: []Expected{{"length", "", "colour", false}}}} {
		if _, err := NewTypes(wrong); err == nil {
			t.Errorf("%+v is taken", wrong)
		}
	}
}

// FuzzNormalise: whatever somebody sends is refused, or kept in a form that stays itself.
func FuzzNormalise(f *testing.F) {
	f.Add(`{"type":"organization","attributes":[{"name":"name","value":"x","lang":"en"}],"externals":[{"scheme":"orcid","value":"0000-0002-1825-0097"}]}`)
	f.Add(`{"type":"person","access":["published"],"attributes":[{"name":"latitude","value":"1e3"}],"sameAs":["http://[::1]/"]}`)
	types := kinds(f)
	f.Fuzz(func(t *testing.T, text string) {
		var d Description
		if json.Unmarshal([]byte(text), &d) != nil {
			return
		}
		once, found := Normalise(d, types)
		if Refusal(found) != nil {
			return
		}
		twice, found := Normalise(once, types)
		if !reflect.DeepEqual(once, twice) || Refusal(found) != nil {
			t.Errorf("%+v\nbecomes %+v, %v", once, twice, found)
		}
	})
}

// What is hidden is seen by administrators and by who wrote it; persons that are not published
// by registered people alone.
func TestEverybodySeesWhatIsForThem(t *testing.T) {
	hidden := Attribute{Name: "phone", Value: "+34 600 111 222", Access: Hidden}
	shop := Entity{ID: NewID(), State: Active, Version: 1, Description: said1(hidden)}
	person := shop
	person.Description.Type = Person
	public := person
	public.Description.Access = Published
	closed := shop
	closed.Description.Access = Hidden
	for name, c := range map[string]struct {
		e                                 Entity
		anybody, registered, own, steward bool
	}{
		"an organisation":    {e: shop, anybody: true, registered: true, own: true, steward: true},
		"a person":           {e: person, registered: true, own: true, steward: true},
		"a published person": {e: public, anybody: true, registered: true, own: true, steward: true},
		"a hidden one":       {e: closed, own: true, steward: true},
	} {
		for who, one := range map[string]struct {
			to         Audience
			own, sees  bool
			hiddenSeen bool
		}{
			"anybody":       {Audience{}, false, c.anybody, false},
			"registered":    {Audience{Registered: true}, false, c.registered, false},
			"its writer":    {Audience{Registered: true}, true, c.own, true},
			"administrator": {Audience{Registered: true, Steward: true}, false, c.steward, true},
		} {
			got, ok := See(c.e, one.to, one.own)
			if ok != one.sees {
				t.Errorf("%s: %s sees it: %v", name, who, ok)
			}
			if ok && slices.Contains(got.Description.Attributes, hidden) != one.hiddenSeen {
				t.Errorf("%s: %s sees what is hidden: %v", name, who, !one.hiddenSeen)
			}
		}
	}
}

// Taking back what a step brought is exact where nothing else was written.
func TestRevertingIsExact(t *testing.T) {
	word := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"})
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.SliceOfNDistinct(word, 0, 5, rapid.ID[string]).Draw(t, "before")
		more := rapid.SliceOfNDistinct(word, 0, 5, rapid.ID[string]).Draw(t, "more")
		after := union(before, more)
		if got := back(before, after, after); !slices.Equal(got, before) {
			t.Fatalf("%v + %v, back: %v", before, more, got)
		}
		edited := append(slices.Clone(after), "new")
		if got := back(before, after, edited); !slices.Equal(got, append(slices.Clone(before), "new")) {
			t.Fatalf("%v + %v + new, back: %v", before, more, got)
		}
	})
}
