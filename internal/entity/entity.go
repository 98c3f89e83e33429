package entity

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
)

// Type is what kind of thing an entity is (ENT-2). A server's configuration adds more.
type Type string

// The types that every server has.
const (
	Person           Type = "person"
	Organization     Type = "organization"
	Location         Type = "location"
	Event            Type = "event"
	ArtifactType     Type = "artifact_type"     // a work, a model: of which there are instances
	ArtifactInstance Type = "artifact_instance" // this very thing
	Other            Type = "other"
)

// Access says what the public may do with an entity or an attribute (ENT-4). The zero value
// is what almost everything is: found, shown, and written by every registered person.
type Access uint8

// The bits of Access. They take away.
const (
	Unsearchable Access = 1 << iota // no question finds it, or is ranked by it
	Hidden                          // it is shown to nobody but administrators and who created it
	Protected                       // only administrators change it (ENT-41)
	Published                       // of a person: it may be found by the public (ENT-43)
)

// accessNames are the flags as they are written, in the order of their bits.
var accessNames = []string{"unsearchable", "hidden", "protected", "published"}

// MarshalJSON writes the flags as a list of their names.
func (a Access) MarshalJSON() ([]byte, error) {
	names := []string{}
	for i, name := range accessNames {
		if a&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return json.Marshal(names)
}

// UnmarshalJSON reads them, and refuses what is none.
func (a *Access) UnmarshalJSON(b []byte) error {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return errAccess
	}
	*a = 0
	for _, name := range names {
		i := slices.Index(accessNames, name)
		if i < 0 {
			return errAccess
		}
		*a |= 1 << i
	}
	return nil
}

var errAccess = habeas.Invalid("access", "This is a list of the flags unsearchable, hidden, protected and published.").WithCode("access.invalid")

// Attribute is one thing that is said of an entity (ENT-3). Names are attributes: "name" is
// what it is called first, "alias", "acronym" and "former_name" are further ones.
type Attribute struct {
	Name   string `json:"name"`             // of the type's template, or the writer's own: lower case, [a-z0-9_]
	Value  string `json:"value"`            // text; at most MaxValue bytes
	Lang   string `json:"lang,omitempty"`   // BCP 47; "" when it has none
	Source string `json:"source,omitempty"` // where it is from: a URL, or words
	Access Access `json:"access,omitempty"`
}

// The attributes that mean the same in every type.
const (
	AttrName        = "name"
	AttrAlias       = "alias"
	AttrAcronym     = "acronym"
	AttrFormerName  = "former_name"
	AttrDescription = "description"
	AttrCountry     = "country"   // ISO 3166-1 alpha-2
	AttrPlace       = "place"     // city or region in which it is
	AttrLatitude    = "latitude"  // WGS 84, decimal degrees
	AttrLongitude   = "longitude" // WGS 84, decimal degrees
	AttrWeight      = "weight"    // population, members: how often it is meant (search.Entity.Weight)
)

// External is what another registry calls the entity (ENT-44): {"ror", "https://ror.org/…"}.
// No two entities have the same one.
type External struct {
	Scheme string `json:"scheme"` // "ror", "wikidata", "geonames", "orcid", "isni", …; lower case
	Value  string `json:"value"`  // as the scheme writes it, normalised
}

// Reference is a web page or document about it.
type Reference struct {
	URL   string `json:"url"`
	Title string `json:"title,omitempty"`
}

// Description is everything that is said of an entity.
type Description struct {
	Type       Type        `json:"type"`
	Access     Access      `json:"access,omitempty"`
	Attributes []Attribute `json:"attributes"`
	Externals  []External  `json:"externals,omitempty"`
	SameAs     []string    `json:"sameAs,omitempty"` // URIs of the same thing elsewhere
	References []Reference `json:"references,omitempty"`
}

// The limits of a description.
const (
	MaxAttributes  = 1000
	MaxValue       = 8 << 10 // bytes
	MaxDescription = 1 << 20 // bytes of its JSON
)

// State is where an identifier stands (ENT-12).
type State string

// The states.
const (
	Active  State = "active"
	Merged  State = "merged"  // resolves to its survivor: 301
	Split   State = "split"   // one of several now: 300
	Deleted State = "deleted" // 410, for ever
)

// Entity is one with its identifier.
type Entity struct {
	ID          ID
	State       State
	Version     int64 // counts its changes from 1; the ETag (ENT-11)
	Description Description
	Successors  []ID // where its identifier leads: one of Merged, several of Split
	Created     time.Time
	Changed     time.Time
}

// Operation is what was done to identifiers (ENT-20).
type Operation string

// The operations that evolve. Create and edit change no identifier and are not among them.
const (
	OpMerge  Operation = "merge"
	OpSplit  Operation = "split"
	OpDelete Operation = "delete"
	OpUndo   Operation = "undo" // of one of these: Old and New say what holds afterwards
)

// Evolution is one line of the public Entity Evolution List: nothing else is public of who
// did it or why (ENT-5, ENT-20).
type Evolution struct {
	Seq       int64     `json:"seq"` // grows by one; the cursor of the feed
	Operation Operation `json:"operation"`
	Old       []ID      `json:"old"`
	New       []ID      `json:"new"`
	At        time.Time `json:"at"`
}

// Secret reports whether nothing of a description is for the public: it is hidden, or about a
// person who is not published (ENT-43). It then lies sealed.
func (d Description) Secret() bool {
	return d.Access&Hidden != 0 || d.Type == Person && d.Access&Published == 0
}

// Label is what the entity is called first: its first name that is not hidden, else "".
func (d Description) Label() string {
	for _, a := range d.Attributes {
		if a.Name == AttrName && a.Access&Hidden == 0 {
			return a.Value
		}
	}
	return ""
}

// Named reports whether what other registries call an entity leads to it: it is active, and
// not hidden, so that nobody learns of a hidden one by trying.
func (e Entity) Named() bool { return e.State == Active && e.Description.Access&Hidden == 0 }
