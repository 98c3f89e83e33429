package party

import (
	"reflect"
	"testing"

	"github.com/habeas-data/habeas"
)

// Proves PTY-29.
func TestASetThatIsNotSeenIsAbsent(t *testing.T) {
	rec := recordSaying(t, 1, Values{"identity": {"given_name": "Ana"}, "phone": {"number": "600"}})
	rec.Proposals = []Proposal{{Set: SetSchema{Name: "phone"}}, {Set: SetSchema{Name: "identity"}}}
	rec.Party.Opened = []string{"phone", "identity"}
	desk := Access{Groups: []Group{{Name: "desk", Reach: Reach{Sees: []string{"phone"}, Changes: nil}}}}
	s := desk.Of("desk", true)
	got := rec.SeenBy(s)
	if len(got.Sets) != 1 || got.Name() != "" || len(got.Proposals) != 1 || len(got.Party.Opened) != 1 || rec.Name() != "Ana" {
		t.Errorf("%+v", got)
	}
	other := recordSaying(t, 2, Values{"identity": {"given_name": "Eva"}, "phone": {"number": "600"}})
	if !s.Unseen(rec, other) || s.Unseen(rec, rec) || (Sight{}).Unseen(rec, other) {
		t.Error("whether something unseen differs is said wrongly")
	}
	if err := s.Change(Values{"phone": {"number": "1"}}); habeas.KindOf(err) != habeas.KindForbidden {
		t.Errorf("who sees it changes it: %v", err)
	}
	words := s.Words([]Statement{{Values: Values{"identity": {"given_name": "Ana"}, "phone": {"number": "600"}}}})
	if words[0].Values.Len() != 1 || len(s.Reasons([]Reason{{Set: "identity"}, {Set: "phone"}})) != 1 {
		t.Errorf("%+v", words)
	}
	for name, c := range map[string]struct {
		got  Sight
		sees bool
	}{
		"staff, where nothing is decided": {Access{}.Of("", false), true},
		"staff in no group":               {Access{Rest: &Reach{}}.Of("", false), false},
		"an administrator in no group":    {Access{Rest: &Reach{}}.Of("", true), true},
		"a group that is there no more":   {Access{}.Of("gone", true), false},
	} {
		if c.got.Sees("identity") != c.sees || c.got.Everything() != c.sees {
			t.Errorf("%s: %+v", name, c.got)
		}
	}
}

func TestGroupsThatCannotBe(t *testing.T) {
	schemas, err := NewSchemas(DefaultSchemas()...)
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]Access{
		"no name":            {Groups: []Group{{}}},
		"a name twice":       {Groups: []Group{{Name: "Desk"}, {Name: "desk"}}},
		"an unknown set":     {Groups: []Group{{Name: "a", Reach: Reach{Sees: []string{"shoes"}}}}},
		"changed but unseen": {Rest: &Reach{Changes: []string{"phone"}}},
		"too many":           {Groups: make([]Group, maxGroups+1)},
	} {
		if a.Check(schemas) == nil {
			t.Errorf("%s is allowed", name)
		}
	}
	root, nora := habeas.AccountID{1}, habeas.AccountID{2}
	two := []Member{{Account: root, Administrator: true, Ready: true}, {Account: nora}}
	if err := CanGroup(two, root, "desk"); habeas.KindOf(err) != habeas.KindConflict {
		t.Errorf("the last administrator is put into a group: %v", err)
	}
	if CanGroup(two, nora, "desk") != nil || CanGroup(two, root, "") != nil || CanGroup(two, habeas.AccountID{3}, "") == nil {
		t.Error("who may be put where")
	}
	two[1] = Member{Account: nora, Administrator: true, Ready: true}
	if CanGroup(two, root, "desk") != nil {
		t.Error("one of two administrators cannot be put into a group")
	}
}

// Proves PTY-29.
func TestASearchFindsOnlyByWhatIsSeen(t *testing.T) {
	x := NewIndex()
	ana, eva := habeas.PartyID{1}, habeas.PartyID{2}
	x.Learn(Party{ID: ana}, Statement{Party: ana, Values: Values{"identity": {"given_name": "Ana", "family_name": "Ferrer", "birth_date": "1984-05-03"}, "membership": {"number": "M-20417"}}})
	x.Learn(Party{ID: eva}, Statement{Party: eva, Values: Values{"identity": {"given_name": "Eva", "family_name": "Ferrer"}, "address": {"city": "Ana"}}})
	desk := Access{Groups: []Group{{Name: "desk", Reach: Reach{Sees: []string{"membership", "address"}}}, {Name: "names", Reach: Reach{Sees: []string{"identity"}}}}}
	for _, c := range []struct {
		group, query string
		want         []habeas.PartyID
	}{
		{"desk", "ferrer", nil},
		{"desk", "1984-05-03", nil},
		{"desk", "1984", nil},
		{"desk", "M-20417", []habeas.PartyID{ana}},
		{"desk", "ana", []habeas.PartyID{eva}},
		{"desk", "ferrer M-20417", nil},
		{"names", "M-20417", nil},
		{"names", "1984-05-03", []habeas.PartyID{ana}},
		{"names", "ana", []habeas.PartyID{ana}},
		{"names", "anaferrer", []habeas.PartyID{ana}},
		{"desk", "anaferrer", nil},
	} {
		var got []habeas.PartyID
		for _, a := range x.FindIn(c.query, 10, desk.Of(c.group, false)) {
			got = append(got, a.ID)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s finds %v by %q, want %v", c.group, got, c.query, c.want)
		}
	}
}
