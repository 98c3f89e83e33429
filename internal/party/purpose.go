package party

import (
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/lang"
)

// Purpose is a reason for which staff may look at a record. The sentence goes into
// the audit, where the record's person reads it.
type Purpose struct{ Key, Sentence string }

// Purposes is the closed list (design.md, decision 6).
func Purposes() []Purpose {
	return []Purpose{
		{"question", lang.Mark("Answer a question of the person")},
		{"booking", lang.Mark("Booking or membership work")},
		{"correction", lang.Mark("Correct an error")},
		{"incident", lang.Mark("Incident")},
	}
}

var (
	errNoPurpose      = habeas.Invalid("purpose", "Say why you open this record. Its person will see it.").WithCode("purpose.missing")
	errUnknownPurpose = habeas.Invalid("purpose", "Choose one of the options.").WithCode("purpose.unknown")
)

// CheckPurpose refuses a purpose that is not on the list. A list of people may be
// looked at without one; a record may not.
func CheckPurpose(sentence string, needed bool) error {
	switch {
	case sentence == "" && needed:
		return errNoPurpose
	case sentence != "" && !slices.ContainsFunc(Purposes(), func(p Purpose) bool { return p.Sentence == sentence }):
		return errUnknownPurpose
	}
	return nil
}
