// Package reconciletest holds a small registry and a corpus of requests, by which tests look at
// every answer of the Reconciliation Service API: against what it should say, against the
// server's own description, and against the published schemas.
package reconciletest

import (
	"fmt"
	"slices"

	"github.com/habeas-data/habeas/internal/entity"
)

// The entities of the registry.
var (
	Cambridge  = id(1)  // the university
	Oxford     = id(2)  // another one
	Ruskin     = id(3)  // Anglia Ruskin University, in Cambridge as well
	Town       = id(4)  // Cambridge in England
	TownUS     = id(5)  // Cambridge in Massachusetts
	Girton     = id(6)  // a college, part of the university
	Cairo      = id(7)  // a university with an Arabic name
	Ada        = id(8)  // a person who is published
	Private    = id(9)  // a person who is not
	Conference = id(10) // an event with a date
	Hidden     = id(11) // an entity that nobody is shown
	Unlisted   = id(12) // an entity that no question finds
	Merged     = id(20) // leads to Cambridge
	Divided    = id(21) // leads to Oxford and Ruskin
	Deleted    = id(22)
)

// id makes the identifier of a number: the check character is the one that fits.
func id(n int) entity.ID {
	for _, check := range "0123456789abcdefghjkmnpqrstvwxyz" {
		if id, err := entity.ParseID(fmt.Sprintf("000000%05d%c", n, check)); err == nil {
			return id
		}
	}
	panic("reconciletest: every number has a check character")
}

// Types are the types of the registry.
var Types = []entity.Template{
	{Type: entity.Person, Label: "Person", SchemaOrg: "Person", Attributes: []entity.Expected{{Name: "birth_date", Label: "Date of birth", Kind: "date"}}},
	{Type: entity.Organization, Label: "Organisation", SchemaOrg: "Organization", Attributes: []entity.Expected{
		{Name: "part_of", Label: "Part of", Kind: "text"}, {Name: "founded", Label: "Founded", Kind: "date"}, {Name: "students", Label: "Students", Kind: "number"},
	}},
	{Type: entity.Location, Label: "Place", SchemaOrg: "Place", Attributes: []entity.Expected{{Name: "population", Label: "Population", Kind: "number"}}},
	{Type: entity.Event, Label: "Event", SchemaOrg: "Event", Attributes: []entity.Expected{{Name: "start_date", Label: "Start", Kind: "date"}}},
}

func said(pairs ...string) (out []entity.Attribute) {
	for p := range slices.Chunk(pairs, 2) {
		out = append(out, entity.Attribute{Name: p[0], Value: p[1]})
	}
	return out
}

// Entities is what the registry holds.
func Entities() []entity.Entity {
	at := func(id entity.ID, t entity.Type, attributes []entity.Attribute, externals ...entity.External) entity.Entity {
		return entity.Entity{ID: id, State: entity.Active, Version: 1, Description: entity.Description{Type: t, Attributes: attributes, Externals: externals}}
	}
	cambridge := at(Cambridge, entity.Organization,
		append(said("name", "University of Cambridge", "acronym", "CAM", "country", "GB", "place", "Cambridge", "founded", "1209", "students", "24450", "latitude", "52.205"),
			entity.Attribute{Name: "alias", Value: "Universidad de Cambridge", Lang: "es"},
			entity.Attribute{Name: "alias", Value: "جامعة كامبريدج", Lang: "ar"}),
		entity.External{Scheme: "ror", Value: "https://ror.org/013meh722"}, entity.External{Scheme: "wikidata", Value: "Q35794"})
	cambridge.Description.SameAs = []string{"https://www.wikidata.org/entity/Q35794"}
	cambridge.Description.References = []entity.Reference{{URL: "https://www.cam.ac.uk", Title: "Home"}}
	ada := at(Ada, entity.Person, said("name", "Ada Lovelace", "birth_date", "1815-12-10"))
	ada.Description.Access = entity.Published
	hidden := at(Hidden, entity.Organization, said("name", "Hidden Hollow Institute"))
	hidden.Description.Access = entity.Hidden
	unlisted := at(Unlisted, entity.Organization, said("name", "Unlisted Lodge"))
	unlisted.Description.Access = entity.Unsearchable
	girton := at(Girton, entity.Organization, append(said("name", "Girton College", "part_of", Cambridge.String(), "country", "GB", "place", "Cambridge"),
		entity.Attribute{Name: "place", Value: "Atlantis", Access: entity.Unsearchable}))
	return []entity.Entity{
		cambridge, ada, hidden, unlisted, girton,
		at(Oxford, entity.Organization, said("name", "University of Oxford", "country", "GB", "place", "Oxford", "founded", "1096-01-01"),
			entity.External{Scheme: "ror", Value: "https://ror.org/052gg0110"}),
		at(Ruskin, entity.Organization, said("name", "Anglia Ruskin University", "former_name", "Anglia Polytechnic", "country", "GB", "place", "Cambridge")),
		at(Town, entity.Location, said("name", "Cambridge", "country", "GB", "population", "145700")),
		at(TownUS, entity.Location, said("name", "Cambridge", "country", "US", "population", "118403", "place", "Massachusetts")),
		at(Cairo, entity.Organization, append(said("name", "Cairo University", "country", "EG"), entity.Attribute{Name: "name", Value: "جامعة القاهرة", Lang: "ar"})),
		at(Private, entity.Person, said("name", "Timothy Thornbush", "birth_date", "1984-05-03"), entity.External{Scheme: "orcid", Value: "0000-0002-1825-0097"}),
		at(Conference, entity.Event, said("name", "World Congress of Registries", "start_date", "2026-09-14T09:00:00Z", "country", "ES")),
		{ID: Merged, State: entity.Merged, Successors: []entity.ID{Cambridge}},
		{ID: Divided, State: entity.Split, Successors: []entity.ID{Oxford, Ruskin}},
		{ID: Deleted, State: entity.Deleted},
	}
}
