package party

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// PairState is where a possible duplicate stands.
type PairState string

// The states of a pair. One that staff merged by itself needs none: a record that went into
// another is not compared any more, and is again when the merge is undone.
const (
	PairOpen      PairState = "open"      // waits for a decision
	PairDifferent PairState = "different" // staff said that they are two
	PairTogether  PairState = "together"  // merged in a batch, and open again when that is undone
)

// PairID names two parties that may be one, in the order of their ids, so that there is
// one name for the two of them.
type PairID struct{ A, B habeas.PartyID }

// PairOf returns the pair of two parties; false when they are the same one or one of
// them is none.
func PairOf(a, b habeas.PartyID) (PairID, bool) {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	return PairID{a, b}, a != b && !a.IsZero()
}

// Duplicate is a pair with what speaks for it and what was decided (PTY-16). It holds no
// value of either record: reasons name fields, and marks are keyed.
type Duplicate struct {
	PairID
	P       float64 // that they are one, 0 to 1
	Reasons []Reason
	State   PairState
	FoundAt time.Time
	LaterAt time.Time // put off then; zero: never
	// MarkA and MarkB are what the two said when the pair was found or decided: a
	// decision holds as long as both still say it.
	MarkA, MarkB keyring.LookupHash
	DecidedBy    habeas.AccountID
	DecidedAt    time.Time

	Unseen bool // not stored: they differ in what the reader may not see
}

// PairDecision is what staff decide about a pair. That the two are the same is decided
// by merging them.
type PairDecision string

// The decisions.
const (
	PairApart PairDecision = "different" // two parties: not proposed again while both say the same
	PairLater PairDecision = "later"     // behind all others
	PairUndo  PairDecision = "undo"      // as if nobody had decided
)

// ErrPairDecided says that there is nothing to decide about a pair.
var ErrPairDecided = habeas.Conflict("Somebody has decided this already.").WithCode("pair.done")

// Decide returns the pair after a decision.
func (d Duplicate) Decide(what PairDecision, by habeas.AccountID, at time.Time) (Duplicate, error) {
	switch {
	case what == PairUndo && d.State != PairTogether:
		d.State, d.LaterAt, d.DecidedAt, d.DecidedBy = PairOpen, time.Time{}, time.Time{}, habeas.AccountID{}
	case what == PairApart && d.State == PairOpen:
		d.State, d.DecidedBy, d.DecidedAt = PairDifferent, by, at
	case what == PairLater && d.State == PairOpen:
		d.LaterAt = at
	case what == PairApart, what == PairLater, what == PairUndo:
		return d, ErrPairDecided
	default:
		return d, habeas.Invalid("decision", "Choose one of the decisions offered.").WithCode("decision.unknown")
	}
	return d, nil
}

// Found returns what stands about a pair after it was found once more: a decision holds
// while both parties say what they said then. When what one of them says has changed,
// the pair is open again.
func (d Duplicate) Found(again Duplicate) Duplicate {
	same := d.MarkA == again.MarkA && d.MarkB == again.MarkB
	switch {
	case d.State == PairDifferent && same:
		return d
	case same:
		again.LaterAt = d.LaterAt
	}
	again.State = PairOpen
	return again
}

// DecidedPair is a pair that was decided, with both records.
type DecidedPair struct {
	Duplicate
	One, Other Record
}

// Comparable reports whether two parties may be one at all. Parties of different kinds
// are not, and two that different accounts have claimed are known to be different
// people. What is in dispute, may not be used, or went into another record is left alone.
func Comparable(a, b Party) bool {
	return a.Kind == b.Kind && a.usable() && b.usable() &&
		(a.Account.IsZero() || b.Account.IsZero() || a.Account == b.Account)
}

func (p Party) usable() bool {
	return (p.State == Unclaimed || p.State == Claimed) && p.Restraint == RestraintNone
}

// Search is how far a search for duplicates is, or what the last one came to.
type Search struct {
	Running bool      `json:"running"`
	Stage   string    `json:"stage,omitempty"` // SearchReads …
	Done    float64   `json:"done"`            // 0 to 1
	Rows    int       `json:"rows"`            // compared so far
	All     int       `json:"all"`
	Began   time.Time `json:"began,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Found   int       `json:"found"` // pairs
	Fresh   int       `json:"fresh"` // of these that wait now and did not before
	Stopped bool      `json:"stopped,omitempty"`
	Failed  bool      `json:"failed,omitempty"`
	Due     bool      `json:"due,omitempty"` // more was said lately than is looked at one by one
}

// The stages of a search.
const (
	SearchReads    = "read"
	SearchLearns   = "learn"
	SearchCompares = "compare"
	SearchGroups   = "cluster"
)

// Subject is a party as it is compared with others: what it says now.
type Subject struct {
	Party Party
	Mark  keyring.LookupHash // of what it says
	says  row
}

// Spoken is what a record is folded from: what was said about a party, and what its person
// has settled about it.
type Spoken struct {
	Said    []Statement
	Settled Settled
}

// SubjectFrom folds what a party says now, as its record shows it: the subject's own word
// first, then the newest (PTY-2). mark makes a keyed hash of a text.
func SubjectFrom(p Party, spoken Spoken, schemas *Schemas, mark func(string) keyring.LookupHash) Subject {
	s := Subject{Party: p, says: current(p, spoken, schemas)}
	s.Mark = mark(strings.Join(linked(s.says), string(fieldEnd)) + string(fieldEnd) + s.says[atNumber])
	return s
}

// current returns the current values of the remembered fields: what Fold computes of
// them, without the rest.
func current(p Party, spoken Spoken, schemas *Schemas) row {
	said, settled := spoken.Said, spoken.Settled.of(p)
	if !slices.IsSortedFunc(said, newestFirst) {
		said = slices.Clone(said)
		slices.SortFunc(said, newestFirst)
	}
	var r row
	var texts [8]string
	var weights [8]weight
	for i, f := range remembered {
		stated, weighed := texts[:0], weights[:0]
		set, _ := schemas.Set(f[0])
		for j := range said {
			if text, ok := said[j].Values[f[0]][f[1]]; ok {
				stated = append(stated, text)
				weighed = append(weighed, settled.weigh(p, set, f[1], Value{
					Text: text, Source: said[j].Source, At: said[j].At(), other: said[j].Party != p.ID && said[j].Source.Account != p.Account,
				}))
			}
		}
		if at := currentIndex(weighed); at >= 0 {
			r[i] = unmarked(stated[at])
		}
	}
	return r
}

func newestFirst(a, b Statement) int { return bytes.Compare(b.ID[:], a.ID[:]) }

// Values returns what a subject says, for a Finder.
func (s Subject) Values() Values {
	v := Values{}
	for i, text := range s.says {
		if text != "" {
			v.Put(remembered[i][0], remembered[i][1], text)
		}
	}
	return v
}

// String writes a reason as "+identity.birth_date:exact": what speaks against the
// pair begins with a minus. Nothing of a value is in it.
func (r Reason) String() string {
	sign := "-"
	if r.For {
		sign = "+"
	}
	return sign + r.Set + "." + r.Field + ":" + r.Code
}

// ParseReason reads what String wrote; false for anything else.
func ParseReason(code string) (Reason, bool) {
	sign, rest := "", ""
	if code != "" {
		sign, rest = code[:1], code[1:]
	}
	where, what, ok := strings.Cut(rest, ":")
	set, field, dotted := strings.Cut(where, ".")
	return Reason{Set: set, Field: field, Code: what, For: sign == "+"}, ok && dotted && (sign == "+" || sign == "-")
}

// Duplicates reads the pairs.
type Duplicates interface {
	// OpenPairs returns pairs that wait, those put off last, then by probability, the
	// likeliest first.
	OpenPairs(ctx context.Context, offset, limit int) ([]Duplicate, error)
	// DecidedPairs returns pairs that staff said are two parties, those decided last first.
	DecidedPairs(ctx context.Context, limit int) ([]Duplicate, error)
	// CountPairs counts those that wait.
	CountPairs(ctx context.Context) (int, error)
	// FindPair returns one; NotFound when it was never found.
	FindPair(ctx context.Context, p PairID) (Duplicate, error)
}

// DuplicateWriter changes what was decided, in a transaction.
type DuplicateWriter interface {
	Duplicates
	// SavePair stores a decision about a pair that is there, with an entry for each party.
	SavePair(d Duplicate, a, b audit.Entry) error
}
