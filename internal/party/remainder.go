package party

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Remainder is one data set that a legal duty keeps of a record that was erased. It is no
// record: no address, name or search leads to it, and it has a key of its own, which is
// destroyed when its time is over (PTY-29, ADR 0031). Only the words are personal.
type Remainder struct {
	ID      habeas.RemainderID
	Erasure habeas.RemainderID // one for all that one erasure left; names its page
	Set     string             // name of the data set
	Label   string             // as it was called then
	Duty    string             // the provision
	Until   time.Time
	Event   habeas.EventID // the line of the ledger that says it was kept
	EndedAt time.Time      // when its key was destroyed; zero: it is kept
	Ended   habeas.EventID // the line that says so
	Words   []Word         // empty unless it was asked for with them
}

// Word is what one source said in the data set.
type Word struct {
	At     time.Time         `json:"t"`
	Source string            `json:"s"` // in which capacity it spoke
	Values map[string]string `json:"v"`
}

// At is when the rest of the record was erased.
func (r Remainder) At() time.Time { return r.ID.Time() }

// Remain makes what is left of a record: one remainder for each data set that is owed, with
// everything that was said in it and nothing else, neither the ticket nor who said it.
func Remain(rec Record, said []Statement, owed []Owed, erasure habeas.RemainderID, now time.Time) []Remainder {
	var out []Remainder
	for _, o := range owed {
		r := Remainder{
			ID: habeas.NewID[habeas.RemainderKind](now), Erasure: erasure, Set: o.Set.Name, Label: o.Set.Label, Duty: o.Set.Duty, Until: o.Until,
		}
		for _, s := range said {
			if fields := s.Values[o.Set.Name]; len(fields) > 0 && !rec.Party.Disowned(s) {
				r.Words = append(r.Words, Word{At: s.At(), Source: s.Source.Kind.String(), Values: fields})
			}
		}
		slices.SortStableFunc(r.Words, func(a, b Word) int { return a.At.Compare(b.At) })
		out = append(out, r)
	}
	return out
}

// Remainders reads what legal duties keep of erased records.
type Remainders interface {
	// OfErasure lists what one erasure left, without the words.
	OfErasure(ctx context.Context, erasure habeas.RemainderID) ([]Remainder, error)
	// Kept lists those that are kept, those that go first first, without the words.
	Kept(ctx context.Context, limit int) ([]Remainder, error)
	// Open is one of them with its words.
	Open(ctx context.Context, id habeas.RemainderID) (Remainder, error)
	// Over lists those whose time is over and that are still kept.
	Over(ctx context.Context, now time.Time, limit int) ([]Remainder, error)
}

// RemainderWriter writes them in a transaction.
type RemainderWriter interface {
	Remainders
	// KeepRemainder inserts one whose key is durable already.
	KeepRemainder(r Remainder, e audit.Entry) error
	// EndRemainder removes its words; its key is destroyed afterwards.
	EndRemainder(r Remainder, e audit.Entry) error
}

// Bound is what stands against erasing a record: parts that a legal duty keeps, and a hold
// by staff, which keeps all of it.
type Bound struct {
	Owed []Owed
	Hold Keeping
}
