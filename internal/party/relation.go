package party

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Relationship is what one party is to another (PTY-27).
type Relationship string

// The relationships, each beside its inverse. The first party is the child, the employer
// … of the second.
const (
	ParentOf   Relationship = "parent"
	ChildOf    Relationship = "child"
	GuardianOf Relationship = "guardian" // in law; who acts for somebody here is a [Guardian]
	WardOf     Relationship = "ward"
	CarerOf    Relationship = "carer"
	CaredForBy Relationship = "cared-for"
	PartnerOf  Relationship = "partner"
	SiblingOf  Relationship = "sibling"
	WorksFor   Relationship = "works-for"
	Employs    Relationship = "employs"
	MemberOf   Relationship = "member"
	HasMember  Relationship = "has-member"
	// SameHousehold is said of two who are in one household.
	SameHousehold Relationship = "household"
)

var inverses = map[Relationship]Relationship{
	ParentOf: ChildOf, ChildOf: ParentOf, GuardianOf: WardOf, WardOf: GuardianOf, CarerOf: CaredForBy, CaredForBy: CarerOf,
	PartnerOf: PartnerOf, SiblingOf: SiblingOf, WorksFor: Employs, Employs: WorksFor, MemberOf: HasMember, HasMember: MemberOf,
	SameHousehold: SameHousehold,
}

// Relationships returns the closed list, in the order in which a form offers it.
func Relationships() []Relationship {
	return []Relationship{
		SameHousehold, ParentOf, ChildOf, PartnerOf, SiblingOf, GuardianOf, WardOf, CarerOf, CaredForBy, WorksFor, Employs, MemberOf, HasMember,
	}
}

// Inverse is what the second party is to the first; "" for no relationship.
func (k Relationship) Inverse() Relationship { return inverses[k] }

// betweenPeople reports whether both are people.
func (k Relationship) betweenPeople() bool {
	switch k {
	case WorksFor, Employs, MemberOf, HasMember:
		return false
	default:
		return true
	}
}

// Relation is one side of a relationship between two records, or of a household: what is
// held about one of them. Each side is sealed under the key of its own party, and all of
// it goes when either is erased. It stays where it was entered when records are merged,
// and the record that shows them shows it.
type Relation struct {
	ID        habeas.RelationID  // the same on both sides
	Party     habeas.PartyID     // whose side it is
	Other     habeas.PartyID     // zero: it is in a household
	Household habeas.HouseholdID // zero: it is related to Other
	Is        Relationship       // what Party is to Other; SameHousehold in a household
	By        habeas.AccountID   // who entered it
	Show      bool               // the person of Party may read how Other is called
	Name      string             // of the household; may be empty

	EndedAt    time.Time // zero: it stands
	ObjectedAt time.Time // since when the person of Party says that it is not so; zero: they do not
}

// At is when it was entered.
func (r Relation) At() time.Time { return r.ID.Time() }

// Stands reports whether it was not ended.
func (r Relation) Stands() bool { return r.EndedAt.IsZero() }

// The bounds of relationships.
const (
	MaxRelations     = 200 // of one record, households counted
	MaxHousehold     = 30  // members of one
	MaxHouseholdName = 80  // characters
)

// What can be wrong with a relationship.
var (
	ErrNoRelation = habeas.NotFound("There is no such relationship here.").WithCode("relation.none")
	// ErrRelated refuses to treat two related records as one.
	ErrRelated = habeas.Conflict("These two are known as two different people or organisations, because one is related to the other. End the relationship first if that is wrong.").WithCode("relation.apart")

	errSelfRelation = habeas.Invalid("other", "This is the same record. Choose another one.").WithCode("relation.same")
	errNoSuchTie    = habeas.Invalid("is", "Choose one of the options.").WithCode("form.choice")
	errTieKinds     = habeas.Invalid("is", "Only people are related in this way.").WithCode("relation.kind")
	errTieTwice     = habeas.Conflict("This is noted already, or the other way round.").WithCode("relation.twice")
	errTieState     = habeas.Conflict("One of the records is disputed, restricted, objected to or merged into another. That has to be settled first.").WithCode("relation.state")
	errTieMany      = habeas.Conflict("There are too many relationships on one of the records. End one first.").WithCode("relation.many")
	errTwoHouses    = habeas.Conflict("Both are in a household already. Let one of them leave theirs first.").WithCode("household.two")
	errHouseFull    = habeas.Conflict("A household has at most 30 members.").WithCode("household.full")
	errHouseName    = habeas.Invalid("name", "This is too long.").WithCode("field.invalid")
)

// Related is a record as a relationship looks at it.
type Related struct {
	Party Party
	Has   []Relation // those that stand, also of records merged into it
}

// canRelate says whether two records may be related as stated.
func canRelate(a, b Related, is Relationship) error {
	switch {
	case is.Inverse() == "":
		return errNoSuchTie
	case a.Party.ID == b.Party.ID:
		return errSelfRelation
	case !a.Party.usable() || !b.Party.usable():
		return errTieState
	case is.betweenPeople() && (a.Party.Kind != Person || b.Party.Kind != Person):
		return errTieKinds
	case len(a.Has) >= MaxRelations || len(b.Has) >= MaxRelations:
		return errTieMany
	}
	return nil
}

// Relate returns both sides of a relationship: a is that of b. with are the records that
// stand for b in what is noted of a: b itself and those merged into it.
func Relate(a, b Related, with []habeas.PartyID, is Relationship, show bool, by habeas.AccountID, now time.Time) ([]Relation, error) {
	if is == SameHousehold {
		return nil, errNoSuchTie
	}
	if err := canRelate(a, b, is); err != nil {
		return nil, err
	}
	for _, r := range a.Has {
		if slices.Contains(with, r.Other) && (r.Is == is || r.Is == is.Inverse()) {
			return nil, errTieTwice
		}
	}
	one := Relation{ID: habeas.NewID[habeas.RelationKind](now), Party: a.Party.ID, Other: b.Party.ID, Is: is, By: by, Show: show}
	two := one
	two.Party, two.Other, two.Is = b.Party.ID, a.Party.ID, is.Inverse()
	return []Relation{one, two}, nil
}

// House returns the sides that bring two records into one household: that of one of them,
// or a new one. mates counts who is in it.
func House(a, b Related, mates int, by habeas.AccountID, now time.Time) ([]Relation, error) {
	if err := canRelate(a, b, SameHousehold); err != nil {
		return nil, err
	}
	at, in := a.house(), b.house()
	made := Relation{ID: habeas.NewID[habeas.RelationKind](now), Is: SameHousehold, By: by, Show: true}
	switch {
	case !at.ID.IsZero() && at.Household == in.Household:
		return nil, errTieTwice
	case !at.ID.IsZero() && !in.ID.IsZero():
		return nil, errTwoHouses
	case mates >= MaxHousehold:
		return nil, errHouseFull
	case !at.ID.IsZero():
		made.Household, made.Name = at.Household, at.Name
		return made.sides(b.Party), nil
	case !in.ID.IsZero():
		made.Household, made.Name = in.Household, in.Name
		return made.sides(a.Party), nil
	}
	made.Household = habeas.NewID[habeas.HouseholdKind](now)
	return made.sides(a.Party, b.Party), nil
}

// House is the side by which a record is in a household; zero when it is in none.
func (r Related) house() Relation {
	for _, one := range r.Has {
		if !one.Household.IsZero() {
			return one
		}
	}
	return Relation{}
}

// HouseOf is the household of a record; zero when it is in none.
func HouseOf(has []Relation) Relation { return Related{Has: has}.house() }

// sides are the sides of those who come into a household.
func (r Relation) sides(in ...Party) (out []Relation) {
	for _, p := range in {
		one := r
		one.Party = p.ID
		out = append(out, one)
	}
	return out
}

// NameHousehold returns the sides of a household under another name.
func NameHousehold(sides []Relation, name string) ([]Relation, error) {
	name = strings.TrimSpace(name)
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > MaxHouseholdName || hasHidden(name) {
		return nil, errHouseName
	}
	out := slices.Clone(sides)
	for i := range out {
		out[i].Name = name
	}
	return out, nil
}

// Apart are pairs of records that are known to be about two parties, because somebody is
// the other's parent, works for them, is in one household with them …: such a relationship
// is evidence of different people. The value is what A of the pair is to B.
type Apart map[PairID]Relationship

// Put notes that a is that of b.
func (x Apart) Put(a, b habeas.PartyID, is Relationship) {
	pair, ok := PairOf(a, b)
	if pair.A != a {
		is = is.Inverse()
	}
	if ok && (x[pair] == "" || x[pair] == SameHousehold) {
		x[pair] = is
	}
}

// Between returns what a is to b, and whether they are known to be two.
func (x Apart) Between(a, b habeas.PartyID) (Relationship, bool) {
	pair, _ := PairOf(a, b)
	is, known := x[pair]
	if pair.A != a {
		is = is.Inverse()
	}
	return is, known
}

// Kin is somebody to whom a record is related, as a page shows it.
type Kin struct {
	Relation
	With   Record // of Other: the record that shows it, for staff
	Called string // how Other is called, where its relative may know it
	// Objected says that the other's person says it is not so.
	Objected bool
}

// Home is a household as a page shows it.
type Home struct {
	ID      habeas.HouseholdID
	Name    string
	Members []Kin // Party is the member, With its record
}

// Family is everything that a record is related to.
type Family struct {
	Of   Record
	Kin  []Kin
	Home Home // ID zero: none
}

// Relations reads relationships.
type Relations interface {
	// RelationsOf returns the sides of a record and of every record merged into it, the
	// newest first, those that ended too.
	RelationsOf(ctx context.Context, id habeas.PartyID) ([]Relation, error)
	// RelationSides returns all sides of one relationship.
	RelationSides(ctx context.Context, id habeas.RelationID) ([]Relation, error)
	// HouseholdOf returns the sides of all who are in a household now.
	HouseholdOf(ctx context.Context, id habeas.HouseholdID) ([]Relation, error)
	// Pairs returns every pair of records that is related or in one household now. Of
	// merged records it names those that show them; the relationship itself is not read.
	Pairs(ctx context.Context) (Apart, error)
}

// RelationWriter changes relationships in a transaction.
type RelationWriter interface {
	Relations
	// SaveRelation inserts or updates a side, with its witness.
	SaveRelation(r Relation, e audit.Entry) error
}
