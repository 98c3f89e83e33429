package party

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Gap is a detail that a record should hold and does not (PTY-6).
type Gap struct {
	Set   SetSchema
	Field FieldSchema
	Quiet bool // its person does not want to say it: it is asked for no more
}

// Name is "identity.given_name".
func (g Gap) Name() string { return g.Set.Name + "." + g.Field.Name }

// Completion is what is asked for in a record and what of it is missing.
type Completion struct {
	Asked int   // how many details are asked for
	Gaps  []Gap // the missing ones, by data set, in the order that helps
}

// Open are the gaps that its person is still asked to fill.
func (c Completion) Open() []Gap {
	return slices.DeleteFunc(slices.Clone(c.Gaps), func(g Gap) bool { return g.Quiet })
}

// Quiet are those that they do not want to say.
func (c Completion) Quiet() []Gap {
	return slices.DeleteFunc(slices.Clone(c.Gaps), func(g Gap) bool { return !g.Quiet })
}

// Completing is what was decided about a record's completion list.
type Completing struct {
	Party      habeas.PartyID
	Account    habeas.AccountID // whose wish Quiet is
	Quiet      []string         // "phone.number": its person does not want to say it
	RemindedAt time.Time        // when staff last reminded them; zero: never
}

// quiet reports whether the person of a record does not want to say something. What an
// account wished that has lost the record counts no more.
func (c Completing) quiet(p Party, name string) bool {
	return !c.Account.IsZero() && c.Account == p.Account && slices.Contains(c.Quiet, name)
}

// RemindAgain is how long after a reminder the next one may go out.
const RemindAgain = 90 * 24 * time.Hour

// CompletionOf says what of a record is missing. First comes what everybody sees, then
// the data sets that were begun, then the others; each in the order of the schema. What
// is held and masked is not missing. A public profile is asked for only where one was
// begun.
func CompletionOf(rec Record, wish Completing, schemas *Schemas) Completion {
	var c Completion
	var late []Gap
	for _, set := range byUse(schemas.Sets()) {
		if !rec.Expects(set) {
			continue
		}
		_, begun := rec.set(set.Name)
		for _, f := range set.Fields {
			if !f.Complete {
				continue
			}
			c.Asked++
			if rec.Text(set.Name, f.Name) != "" {
				continue
			}
			gap := Gap{Set: set, Field: f}
			gap.Quiet = wish.quiet(rec.Party, gap.Name())
			if begun {
				c.Gaps = append(c.Gaps, gap)
			} else {
				late = append(late, gap)
			}
		}
	}
	c.Gaps = append(c.Gaps, late...)
	return c
}

// byUse puts what everybody sees first.
func byUse(sets []SetSchema) []SetSchema {
	out := slices.Clone(sets)
	slices.SortStableFunc(out, func(a, b SetSchema) int {
		switch {
		case (a.Visibility == Public) == (b.Visibility == Public):
			return 0
		case a.Visibility == Public:
			return -1
		}
		return 1
	})
	return out
}

// Expects reports whether a data set belongs in a record of this kind.
func (r Record) Expects(set SetSchema) bool {
	if _, begun := r.set(set.Name); begun {
		return true
	}
	switch {
	case set.Visibility == Public:
		return false
	case r.Party.Kind == Organisation:
		return set.Name != "identity"
	}
	return set.Name != "organisation"
}

// Completions reads what was decided about completion lists.
type Completions interface {
	// Completing returns what was decided about one; the zero value where nothing was.
	Completing(ctx context.Context, id habeas.PartyID) (Completing, error)
}

// CompletionWriter changes it in a transaction.
type CompletionWriter interface {
	Completions
	SaveCompleting(c Completing, e audit.Entry) error
}
