package party

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

func TestEachRelationshipHasAnInverse(t *testing.T) {
	for _, k := range Relationships() {
		if k.Inverse() == "" || k.Inverse().Inverse() != k || !slices.Contains(Relationships(), k.Inverse()) {
			t.Errorf("%s has the inverse %q", k, k.Inverse())
		}
	}
	if len(Relationships()) != len(inverses) {
		t.Error("a relationship is not offered")
	}
}

func TestWhoCanBeRelated(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	made := func(kind Kind) Party {
		return Party{ID: habeas.NewID[habeas.PartyKind](now), Kind: kind, State: Unclaimed}
	}
	ana, tim, club := made(Person), made(Person), made(Organisation)
	frozen, restrained := made(Person), made(Person)
	frozen.State, restrained.Restraint = Frozen, Restricted
	has := func(p Party, r ...Relation) Related { return Related{Party: p, Has: r} }
	known := Relation{Other: tim.ID, Is: ChildOf}
	for name, c := range map[string]struct {
		a, b Related
		is   Relationship
		want error
	}{
		"a mother":                     {has(ana), has(tim), ParentOf, nil},
		"an employee":                  {has(ana), has(club), WorksFor, nil},
		"two relationships of one":     {has(ana, known), has(tim), CarerOf, nil},
		"a club as a mother":           {has(club), has(tim), ParentOf, errTieKinds},
		"oneself":                      {has(ana), has(ana), PartnerOf, errSelfRelation},
		"said before":                  {has(ana, known), has(tim), ChildOf, errTieTwice},
		"said before, the other way":   {has(ana, known), has(tim), ParentOf, errTieTwice},
		"no relationship":              {has(ana), has(tim), "friend", errNoSuchTie},
		"a household is another call":  {has(ana), has(tim), SameHousehold, errNoSuchTie},
		"one in dispute":               {has(ana), has(frozen), ParentOf, errTieState},
		"one that may not be used":     {has(restrained), has(tim), ParentOf, errTieState},
		"more than can be kept of one": {has(ana, make([]Relation, MaxRelations)...), has(tim), ParentOf, errTieMany},
	} {
		t.Run(name, func(t *testing.T) {
			sides, err := Relate(c.a, c.b, []habeas.PartyID{c.b.Party.ID}, c.is, false, habeas.AccountID{}, now)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err == nil && (sides[0].Is != c.is || sides[1].Is != c.is.Inverse() || sides[0].Party != sides[1].Other || sides[1].Party != sides[0].Other) {
				t.Errorf("the sides are %+v", sides)
			}
		})
	}
}

func TestApartKnowsBothDirections(t *testing.T) {
	a, b, c := habeas.PartyID{1}, habeas.PartyID{2}, habeas.PartyID{3}
	x := Apart{}
	x.Put(b, a, ParentOf)
	x.Put(a, b, SameHousehold) // says less
	x.Put(a, a, PartnerOf)
	if is, known := x.Between(b, a); !known || is != ParentOf {
		t.Errorf("the parent is %q", is)
	}
	if is, known := x.Between(a, b); !known || is != ChildOf {
		t.Errorf("the child is %q", is)
	}
	if _, known := x.Between(a, c); known || len(x) != 1 {
		t.Error("more is known than was said")
	}
}

func TestTheDayOfComingOfAge(t *testing.T) {
	for birth, want := range map[string]string{"2010-05-03": "2028-05-03", "2008-02-29": "2026-03-01"} {
		if day, ok := OfAge(birth, 18); !ok || day.Format(time.DateOnly) != want {
			t.Errorf("born %s: %s", birth, day)
		}
	}
	if _, ok := OfAge("", 18); ok {
		t.Error("no birth date gives a day")
	}
}

func TestAGuardianThroughTheirTime(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	p := Party{ID: habeas.NewID[habeas.PartyKind](now), Kind: Person, State: Unclaimed}
	child := Record{Party: p, Sets: []Set{{Schema: SetSchema{Name: "identity"}, Fields: []Field{{Schema: FieldSchema{Name: "birth_date"}, Current: Value{Text: "2014-06-01"}}}}}}
	in := Appointment{Account: habeas.AccountID{1}, Active: true, Document: DocumentBirth, By: habeas.AccountID{9}}
	g, err := Appoint(child, nil, in, nil, DefaultOfAge, now)
	if err != nil || g.Until.Format(time.DateOnly) != "2032-06-01" || !g.Acts(p, now) || !Guarded([]Guardian{g}, now) {
		t.Fatalf("%+v, %v", g, err)
	}
	claimed, other := child, child
	claimed.Party.State, other.Party.Kind = Claimed, Organisation
	for name, try := range map[string]func() error{
		"of somebody with an account": func() error { _, err := Appoint(claimed, nil, in, nil, 18, now); return err },
		"of an organisation":          func() error { _, err := Appoint(other, nil, in, nil, 18, now); return err },
		"without a birth date":        func() error { _, err := Appoint(Record{Party: p}, nil, in, nil, 18, now); return err },
		"twice":                       func() error { _, err := Appoint(child, nil, in, []Guardian{g}, 18, now); return err },
		"by another document": func() error {
			x := in
			x.Document = DocumentPassport
			_, err := Appoint(child, nil, x, nil, 18, now)
			return err
		},
		"by themselves":            func() error { x := in; x.By = x.Account; _, err := Appoint(child, nil, x, nil, 18, now); return err },
		"by a closed account":      func() error { x := in; x.Active = false; _, err := Appoint(child, nil, x, nil, 18, now); return err },
		"until yesterday":          func() error { _, err := g.Extend(now.AddDate(0, 0, -1), now); return err },
		"for thirty years":         func() error { _, err := g.Extend(now.AddDate(30, 0, 0), now); return err },
		"restored while it stands": func() error { _, err := g.Restore(p, now); return err },
	} {
		if try() == nil {
			t.Errorf("a guardian %s is accepted", name)
		}
	}
	over, err := g.HandOver(true, now)
	if err != nil || !over.Acts(p, now) || Guarded([]Guardian{g, over}, now) {
		t.Errorf("while it is handed over: %+v, %v", over, err)
	}
	if back, err := over.HandOver(false, now); err != nil || !Guarded([]Guardian{back}, now) {
		t.Errorf("the hand-over cannot be taken back: %v", err)
	}
	if claimed := (Party{State: Claimed}); over.Acts(claimed, now) {
		t.Error("a guardian acts beside the person")
	}
	if day := g.Until; g.Acts(p, day) || Guarded([]Guardian{g}, day) {
		t.Error("a guardian acts on the day")
	}
	ended, _ := g.End(GuardianUndone, now)
	if ended.Ever() || ended.Stands(now) {
		t.Error("an undone appointment counts")
	}
	if back, err := ended.Restore(p, now); err != nil || !back.Stands(now) {
		t.Errorf("the undoing cannot be taken back: %v", err)
	}
	if handed, _ := g.End(GuardianHanded, now); handed.Ended != GuardianHanded {
		t.Error("not handed over")
	} else if _, err := handed.Restore(p, now); err == nil {
		t.Error("a hand-over is taken back")
	}
}
