package entity

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
)

// Audience is who asks: what they may find and see.
type Audience struct {
	Registered bool // may see what is not Hidden of persons that are not Published
	Steward    bool // an administrator: sees everything

	Account habeas.AccountID // who asks, so that they see what they have created; zero: nobody knows
}

// Question is a search (ENT-30).
type Question struct {
	Text     string
	Types    []Type
	Country  string // ISO 3166-1 alpha-2; "" is all
	External External
	Typing   bool // Text is still being typed
	Limit    int  // 0 is 10, at most 100
	Explain  bool
	Audience Audience
}

// Hit is an entity that may be meant.
type Hit struct {
	ID      ID
	Name    string // that matched
	Label   string // its first name
	Type    Type
	Country string
	P       float64 // the probability that this one is meant (ENT-31)
	Exact   bool    // by an external identifier (ENT-44)
	Reasons []Reason
}

// Reason is one thing that speaks for a hit, in bits, or against it.
type Reason struct {
	Code   string
	Weight float64
	Text   string
}

// Answer is what was found, best first. None is the probability that nothing here is meant.
type Answer struct {
	Hits []Hit
	None float64
}

// Queries is what anybody asks. Implementations answer from an index that knows a write
// within a second of it, and are safe for concurrent use.
type Queries interface {
	// Ready reports whether the index has read everything; until then Find says KindUnavailable.
	Ready() bool
	Find(ctx context.Context, q Question) (Answer, error)
	// Resolve returns an entity as an audience sees it: without what is hidden from it. Of a
	// merged, split or deleted one it returns State and Successors only. NotFound for what
	// never was, and for what the audience may not know of. A zero asOf is now (ENT-21).
	Resolve(ctx context.Context, id ID, asOf time.Time, to Audience) (Entity, error)
	ByExternal(ctx context.Context, x External, to Audience) (ID, error)
	// Evolutions returns up to limit lines after a cursor; of one entity when id is not zero.
	Evolutions(ctx context.Context, id ID, after int64, limit int) ([]Evolution, error)
	Types() []Template
}

// Template is what entities of a type are expected to say (ENT-2).
type Template struct {
	Type       Type       `toml:"type"`
	Label      string     `toml:"label"`      // English, a key of the catalogues
	SchemaOrg  string     `toml:"schema_org"` // the term of schema.org: "Organization"
	Attributes []Expected `toml:"attributes"`
}

// Expected is an attribute that a template knows.
type Expected struct {
	Name  string `toml:"name"`
	Label string `toml:"label"` // English, a key of the catalogues
	Kind  string `toml:"kind"`  // one of the kinds of values
	Many  bool   `toml:"many"`  // it may have several of them
}
