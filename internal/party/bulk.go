package party

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
)

// Merging many pairs together (PTY-15, PTY-16, ADR 0033).
//
// A batch is first looked for: every pair of the queue that is likely enough is examined,
// and those between which nothing speaks are written down. Staff see how many there are,
// with samples, and merge them all. Each is examined once more in the transaction that
// merges it. Every merge is one of its own, so that it can be undone by itself; one undo
// takes back all of them that are still done.

// BulkState is where a batch of merges stands.
type BulkState string

// The states of a batch. In the looking, merging and undoing ones a server works on it.
const (
	BulkLooking BulkState = "looking"
	BulkReady   BulkState = "ready" // staff decide
	BulkMerging BulkState = "merging"
	BulkMerged  BulkState = "merged"
	BulkUndoing BulkState = "undoing"
	BulkUndone  BulkState = "undone"
	BulkDropped BulkState = "dropped" // staff did not want it
)

// Works reports whether a server has something to do.
func (s BulkState) Works() bool { return s == BulkLooking || s == BulkMerging || s == BulkUndoing }

// Bulk is a batch of merges. Nothing in it is personal.
type Bulk struct {
	ID      habeas.BulkID
	State   BulkState
	By      habeas.AccountID // who had it merged, or looked for
	UndoBy  habeas.AccountID // who had it undone; zero: nobody
	Certain int              // percent: the least probability of its pairs
	All     int              // pairs that were likely enough
	Seen    int              // of these examined so far
	Free    int              // of these nothing speaks against
	Merged  int
	Skipped int           // were one already, or were free no more when their turn came
	Apart   int           // taken apart by the undo
	Before  int           // were taken apart one by one before it
	Left    int           // cannot be taken apart now, as while a dispute is open
	Clashes map[Clash]int // why pairs are not in it
	At      time.Time     // when it was looked for
	DoneAt  time.Time     // when its merges were done; zero: never
	EndedAt time.Time
	Lease   time.Time // of the server that works on it
	Version int64
}

// PairStep is where a pair of a batch stands.
type PairStep string

// The steps of a pair.
const (
	PairFree    PairStep = "free"
	PairMerged  PairStep = "merged"
	PairSkipped PairStep = "skipped"
	PairApartAt PairStep = "apart"  // by the undo of the batch
	PairBefore  PairStep = "before" // one by one, before it
	PairLeft    PairStep = "left"
)

// BulkPair is a pair of a batch.
type BulkPair struct {
	N int
	PairID
	Merge habeas.MergeID
	Step  PairStep
}

// BulkSample is a pair of a batch as staff look at it.
type BulkSample struct{ One, Other Record }

var (
	// ErrBulkBusy says that one batch is worked on at a time.
	ErrBulkBusy = habeas.Conflict("A batch of merges is being worked on. Wait until it has ended.").WithCode("bulk.busy")
	// ErrBulkMoved says that a batch is not as it was shown.
	ErrBulkMoved = habeas.Conflict("Somebody has decided this already.").WithCode("bulk.moved")
)

// Merge lets a batch be merged.
func (b Bulk) Merge(by habeas.AccountID) (Bulk, error) {
	if b.State != BulkReady || b.Free == 0 {
		return b, ErrBulkMoved
	}
	b.State, b.By = BulkMerging, by
	return b, nil
}

// Undo lets what was merged be taken apart, also what could not be the last time.
func (b Bulk) Undo(by habeas.AccountID) (Bulk, error) {
	if b.State != BulkMerged && (b.State != BulkUndone || b.Left == 0) {
		return b, ErrBulkMoved
	}
	b.State, b.UndoBy, b.Left, b.EndedAt = BulkUndoing, by, 0, time.Time{}
	return b, nil
}

// Drop forgets a batch that was looked for and not merged.
func (b Bulk) Drop(now time.Time) (Bulk, error) {
	if b.State != BulkReady && b.State != BulkLooking {
		return b, ErrBulkMoved
	}
	b.State, b.EndedAt = BulkDropped, now
	return b, nil
}

// Count notes what became of a pair.
func (b *Bulk) Count(step PairStep) {
	switch step {
	case PairFree:
		b.Free++
	case PairMerged:
		b.Merged++
	case PairSkipped:
		b.Skipped++
	case PairApartAt:
		b.Apart++
	case PairBefore:
		b.Before++
	case PairLeft:
		b.Left++
	}
}

// Clash says why two records are not merged without a look at them.
type Clash string

// The clashes, in the order in which they are looked for.
const (
	ClashNone    Clash = ""
	ClashOne     Clash = "one"     // they are one already
	ClashUse     Clash = "use"     // frozen, restricted, objected to, of different kinds
	ClashClaimed Clash = "claimed" // its person decides
	ClashWaits   Clash = "waits"   // for a decision of staff, or its address said "not me"
	ClashHeld    Clash = "held"    // kept beyond its time, for a reason
	ClashDispute Clash = "dispute" // a claim on it was ever disputed
	ClashAsked   Clash = "asked"   // its person has asked for something, or is asked
	ClashApart   Clash = "apart"   // staff have said that they are two
	ClashField   Clash = "field"   // a field differs
)

// Clashes are all of them but none, in the order of the page.
func Clashes() []Clash {
	return []Clash{ClashField, ClashClaimed, ClashWaits, ClashApart, ClashDispute, ClashHeld, ClashAsked, ClashUse, ClashOne}
}

// Standing is what stands about a record beside it, and about all that is merged into it.
type Standing struct {
	Held     bool // kept beyond its time
	Disputed bool // a claim was ever disputed
	Asked    bool // a request is open, or its person is asked about a merge or split
}

// Clash looks for what speaks against merging two records without a look. apart says that
// staff have ever said that they are two.
func (r Record) Clash(other Record, one, two Standing, apart bool) Clash {
	a, b := r.Party, other.Party
	switch {
	case a.ID == b.ID:
		return ClashOne
	case a.State == Claimed || b.State == Claimed:
		return ClashClaimed
	case CanMerge(a, b) != nil:
		return ClashUse
	case a.Review != ReviewNone || b.Review != ReviewNone || a.Blocked || b.Blocked:
		return ClashWaits
	case one.Disputed || two.Disputed:
		return ClashDispute
	case one.Held || two.Held:
		return ClashHeld
	case one.Asked || two.Asked:
		return ClashAsked
	case apart:
		return ClashApart
	case len(r.differing(other)) > 0:
		return ClashField
	}
	return ClashNone
}

// differing names the data sets in which a field differs, otherwise than by absence or
// format.
func (r Record) differing(other Record) (sets []string) {
	for _, set := range r.Sets {
		for _, f := range set.Fields {
			if b := other.Text(set.Schema.Name, f.Schema.Name); f.Current.Text != "" && b != "" && !f.Schema.Same(f.Current.Text, b) {
				sets = append(sets, set.Schema.Name)
				break
			}
		}
	}
	return sets
}

// Same reports whether two values of a field say the same, however they are written.
func (f FieldSchema) Same(a, b string) bool { return f.form(a) == f.form(b) }

// form is what of a value counts.
func (f FieldSchema) form(text string) string {
	switch f.Type {
	case Email:
		if a, err := email.Parse(text); err == nil {
			return a.Key()
		}
	case Phone:
		digits := strings.Map(func(c rune) rune {
			if c < '0' || c > '9' {
				return -1
			}
			return c
		}, text)
		if strings.HasPrefix(strings.TrimSpace(text), "+") {
			return "00" + digits
		}
		return digits
	case Number:
		return normaliseNumber(text)
	case URL:
		return strings.TrimSuffix(strings.ToLower(text), "/")
	case Date, Country, Language:
		return strings.ToLower(text)
	case Text, LongText:
		if folded := Normalise(text); folded != "" {
			return folded
		}
	}
	return text
}

// Fills names the fields that one of two records has and the other lacks, as "set.field":
// what a merge of the two brings together.
func (r Record) Fills(other Record) (fields []string) {
	for _, pair := range [2][2]Record{{r, other}, {other, r}} {
		for _, set := range pair[0].Sets {
			for _, f := range set.Fields {
				if name := set.Schema.Name + "." + f.Schema.Name; f.Current.Text != "" && pair[1].Text(set.Schema.Name, f.Schema.Name) == "" {
					fields = append(fields, name)
				}
			}
		}
	}
	slices.Sort(fields)
	return fields
}

// Bulks reads batches of merges.
type Bulks interface {
	// Bulk returns one; NotFound when there is none of this id.
	Bulk(ctx context.Context, id habeas.BulkID) (Bulk, error)
	// NewestBulks returns the newest, newest first, without those that were dropped.
	NewestBulks(ctx context.Context, limit int) ([]Bulk, error)
	// WorkingBulks returns those on which a server could work now.
	WorkingBulks(ctx context.Context, now time.Time) ([]Bulk, error)
	// BulkPairs returns pairs of a batch at one step, after the n-th, in their order;
	// with last the other way round, before the n-th.
	BulkPairs(ctx context.Context, id habeas.BulkID, step PairStep, after, limit int, last bool) ([]BulkPair, error)
	// LikelyPairs returns the pairs of the queue from a probability on, the likeliest first.
	LikelyPairs(ctx context.Context, least float64, limit int) ([]PairID, error)
	// Standing is what stands about a record, and about all that is merged into it.
	Standing(ctx context.Context, id habeas.PartyID) (Standing, error)
	// ToldApart reports whether staff have ever said that two records are two, or any that
	// are merged into them.
	ToldApart(ctx context.Context, a, b habeas.PartyID) (bool, error)
}

// BulkWriter changes batches, in a transaction.
type BulkWriter interface {
	Bulks
	CreateBulk(b Bulk, e audit.Entry) error
	// ChangeBulk is what staff decide; Conflict when it changed since it was read.
	ChangeBulk(b *Bulk, e audit.Entry) error
}
