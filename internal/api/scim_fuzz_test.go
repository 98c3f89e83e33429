package api

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestFiltersAndPathsOfSCIM(t *testing.T) {
	for text, want := range map[string][]scimTerm{
		`userName eq "tim@example.org"`:                                       {{"username", "tim@example.org"}},
		` USERNAME EQ "a\"b\u00e9" `:                                          {{"username", `a"bé`}},
		`externalId eq "7" and active eq true`:                                {{"externalid", "7"}, {"active", true}},
		`urn:ietf:params:scim:schemas:core:2.0:User:userName eq "x"`:          {{"username", "x"}},
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:a eq "x"`: {{"$a", "x"}},
		`id eq null`: {{"id", nil}}, `n eq 7`: {{"n", json.Number("7")}},
		`userName`: nil, `userName eq`: nil, `userName co "x"`: nil, `userName eq x`: nil, `userName eq "x`: nil, `(userName eq "x")`: nil,
		`userName eq "x" or userName eq "y"`: nil, `userName eq "x" and`: nil, `not (a eq 1)`: nil, ``: nil, `userName eq {}`: nil, `a..b eq 1`: nil,
		`userName eq "x"]`: nil, `userName eq "x" ; drop`: nil, "userName eq \"x\x00\"": nil,
	} {
		got, ok := parseSCIMFilter(text)
		if ok != (want != nil) || ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
	}
	for text, want := range map[string]scimPath{
		`active`: {attr: "active"}, `name.givenName`: {attr: "name", sub: "givenname"},
		`members[value eq "stu_1"]`:         {attr: "members", where: []scimTerm{{"value", "stu_1"}}},
		`emails[type eq "work"].value`:      {attr: "emails", where: []scimTerm{{"type", "work"}}, sub: "value"},
		`emails[type eq "w]k" ]`:            {attr: "emails", where: []scimTerm{{"type", "w]k"}}},
		scimUserSchema + `:name.familyName`: {attr: "name", sub: "familyname"},
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value`: {attr: "$manager", sub: "value"},
	} {
		if got, ok := parseSCIMPath(text); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{``, `.`, `a.`, `.a`, `a.b.c`, `emails[`, `emails[]`, `emails[type eq "work"`, `emails[type eq "work"]value`, `emails[type eq "work"].`, `a b`, `a[b eq 1].c.d`} {
		if got, ok := parseSCIMPath(text); ok {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}

// FuzzSCIMFilter shows that what was read reads the same when it is written again.
func FuzzSCIMFilter(f *testing.F) {
	for _, s := range []string{`userName eq "tim@example.org"`, `a eq true and b eq null`, `a.b eq -1.5e3`, `urn:x:y eq "\\"`, `a eq "`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		terms, ok := parseSCIMFilter(text)
		if !ok {
			return
		}
		again := ""
		for i, term := range terms {
			if i > 0 {
				again += " and "
			}
			again += term.String()
		}
		if len(again) > maxSCIMText {
			return
		}
		if back, ok := parseSCIMFilter(again); !ok || !reflect.DeepEqual(back, terms) {
			t.Errorf("%q was written as %q and read as %v, %v", text, again, back, ok)
		}
	})
}

// FuzzSCIMPath shows the same of paths.
func FuzzSCIMPath(f *testing.F) {
	for _, s := range []string{`name.givenName`, `emails[type eq "work" and primary eq true].value`, `members[value eq "x]"]`, `urn:a:b.c[d eq 1]`, `a[b eq "\u005d"]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, ok := parseSCIMPath(text)
		if !ok || len(path.String()) > maxSCIMText {
			return
		}
		if back, ok := parseSCIMPath(path.String()); !ok || !reflect.DeepEqual(back, path) {
			t.Errorf("%q was written as %q and read as %+v, %v", text, path, back, ok)
		}
	})
}
