package entity

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
)

// Writer is who writes (ENT-10 to ENT-15): a registered person, or one for whom a trusted
// entity creator writes. Who the Author is has been checked by whoever makes it.
type Writer struct {
	Actor  habeas.Actor     // who asks: proved by certificate or passkey, and registered
	Author habeas.AccountID // who counts as the author: the actor's, or whom the creator writes for
	Lock   string           // a ticket of Lock that the writer holds; "": none
}

// OnBehalf reports whether a creator writes for somebody else (ENT-14, ATTR-10).
func (w Writer) OnBehalf() bool { return w.Author != w.Actor.Account }

// Finding is something about a description that a validation says (ENT-10).
type Finding struct {
	Code    string // stable: "name.none", "language.unknown"
	Field   string // which part: "attributes[2].lang"
	Message string // for people; a key of the catalogues
	Fatal   bool   // it cannot be written like this
}

// Candidate is an entity that might be the same.
type Candidate struct {
	Entity ID
	Name   string
	Type   Type
	P      float64 // the probability that it is the same
}

// How long what a writer holds counts.
const (
	TicketFor = 30 * time.Minute // of Validate
	LockFor   = 10 * time.Minute
)

// LicenceWords is the version of the contribution licence's words, and Licence what it is:
// what people write here may be used by everybody for everything.
const (
	LicenceWords = 1
	Licence      = "https://creativecommons.org/publicdomain/zero/1.0/"
)

// Report is the answer to a validation. With its Ticket the very same description is created
// by the same author within TicketFor; where Candidates is not empty the writer has to say
// that none of them is meant, which is recorded.
type Report struct {
	Findings   []Finding
	Candidates []Candidate
	Ticket     string // empty: something is fatal
	Ends       time.Time
}

// Draft is what is to be created.
type Draft struct {
	Description Description
	Ticket      string // of Validate
	// Override says why it is created although there are candidates, or without a ticket;
	// it is recorded in the entity's history.
	Override string
}

// Change is a new description of an entity that exists. Version is the one that the writer
// has seen; another one conflicts (If-Match).
type Change struct {
	ID          ID
	Version     int64
	Description Description
}

// Writes is what writers do. Every method checks the right of the writer, logs the act with
// the contributor's pseudonym (refused ones without the entity, ENT-15), and is all or nothing.
// Errors: KindForbidden for who is not registered or may not write this one, KindConflict for
// an old version, KindGone for what is deleted.
type Writes interface {
	// Accept records that an account has accepted the contribution licence, once (ENT-42).
	Accept(ctx context.Context, w Writer, words int) error
	// Lock keeps others from changing an entity for LockFor, or until it is changed with the
	// ticket, which is returned with its end (ENT-11).
	Lock(ctx context.Context, w Writer, id ID) (ticket string, ends time.Time, err error)
	Validate(ctx context.Context, w Writer, d Description) (Report, error)
	Create(ctx context.Context, w Writer, d Draft) (Entity, error)
	Edit(ctx context.Context, w Writer, c Change) (Entity, error)
	// Merge makes into the survivor of others, whose identifiers lead to it from now on.
	Merge(ctx context.Context, w Writer, into Versioned, others []Versioned) (Evolution, error)
	// Split ends an entity in favour of two or more: new descriptions, each with a share.
	Split(ctx context.Context, w Writer, of Versioned, parts []Description) (Evolution, error)
	Delete(ctx context.Context, w Writer, of Versioned) (Evolution, error)
	// Undo takes an evolution back, or names the later one that stands in the way.
	Undo(ctx context.Context, w Writer, seq int64) (Evolution, error)
	// Purge destroys the history and the description of a deleted entity for good; its
	// identifier stays as a tombstone. Administrators only (ENT-13, ADM-04).
	Purge(ctx context.Context, w Writer, id ID, why string) error
}

// Versioned is an entity as its writer has seen it.
type Versioned struct {
	ID      ID
	Version int64
}
