package party

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/lang"
)

// LegalBasis is the ground on which a data set is held (GDPR article 6, 1). Empty: the
// organisation has not said.
type LegalBasis string

// The closed list, a to f.
const (
	OnConsent  LegalBasis = "consent"
	OnContract LegalBasis = "contract"
	OnLaw      LegalBasis = "law"
	OnVital    LegalBasis = "vital"
	OnPublic   LegalBasis = "public"
	OnInterest LegalBasis = "interest"
)

// Bases lists them in the order of the law.
func Bases() []LegalBasis {
	return []LegalBasis{OnConsent, OnContract, OnLaw, OnVital, OnPublic, OnInterest}
}

// Words is the basis as the registers word it, in English; empty for none.
func (b LegalBasis) Words() string {
	switch b {
	case OnConsent:
		return habeas.BasisConsent
	case OnContract:
		return habeas.BasisContract
	case OnLaw:
		return habeas.BasisLaw
	case OnVital:
		return habeas.BasisVital
	case OnPublic:
		return habeas.BasisPublic
	case OnInterest:
		return habeas.BasisLegitimate
	}
	return ""
}

// Bounds of what a data set says about itself.
const (
	maxPurpose    = 300  // characters
	maxKeepMonths = 1200 // a hundred years
)

// checkWhy refuses what cannot be said about why and how long a data set is held. The
// error names the key of the settings.
func (s *Schemas) checkWhy(set SetSchema) error {
	wrong := func(key, want string) error { return fmt.Errorf("data set %q: %s: %s", set.Name, key, want) }
	switch {
	case utf8.RuneCountInString(set.Purpose) > maxPurpose:
		return wrong("purpose", "expected at most 300 characters")
	case set.Basis != "" && !slices.Contains(Bases(), set.Basis):
		return wrong("basis", "expected consent, contract, law, vital, public or interest")
	case set.KeepMonths < 0 || set.KeepMonths > maxKeepMonths:
		return wrong("keep_months", "expected 0 to 1200 months; 0 keeps it as long as the record")
	case set.KeepMonths > 0 && set.Duty == "": // nothing erases one set of a living record, so nothing may say so
		return wrong("keep_months", "duty is missing beside it: without one a data set is kept as long as its record")
	case set.KeepFrom != "" && set.KeepMonths == 0:
		return wrong("keep_from", "keep_months is missing beside it")
	case set.Duty != "" && set.Basis != OnLaw:
		return wrong("duty", `basis = "law" is missing beside it: only a legal duty stands against erasure here`)
	case set.Duty != "" && set.KeepMonths == 0:
		return wrong("duty", "keep_months is missing beside it: a duty to keep has an end")
	case utf8.RuneCountInString(set.Duty) > maxPurpose:
		return wrong("duty", "expected at most 300 characters")
	}
	if set.KeepFrom == "" {
		return nil
	}
	name, field, _ := strings.Cut(set.KeepFrom, ".")
	from, ok := s.Set(name)
	if f, has := from.Field(field); !ok || !has || f.Type != Date {
		return wrong("keep_from", `expected a field of type date, such as "membership.until"`)
	}
	return nil
}

// Until is when the time of a data set of this record is over: counted from the date that
// keep_from names, or where the record holds none, from the last word about the set. Zero
// where it is kept as long as the record, or nobody spoke of it.
func (s SetSchema) Until(rec Record, said []Statement) time.Time {
	if s.KeepMonths == 0 {
		return time.Time{}
	}
	var from time.Time
	if set, field, ok := strings.Cut(s.KeepFrom, "."); ok {
		from, _ = time.Parse(time.DateOnly, rec.Text(set, field)) // what is no date counts as none
	}
	for _, w := range said {
		if s.KeepFrom != "" && !from.IsZero() {
			break
		}
		if _, speaks := w.Values[s.Name]; speaks && w.At().After(from) && !rec.Party.Disowned(w) {
			from = w.At()
		}
	}
	if from.IsZero() {
		return from
	}
	return from.AddDate(0, s.KeepMonths, 0)
}

// Owed is a data set of a record that a legal duty keeps when the rest is erased (GDPR
// article 17, 3b).
type Owed struct {
	Set   SetSchema
	Until time.Time
}

// OwedBy lists what a record owes now, in the order of its sets.
func OwedBy(rec Record, said []Statement, now time.Time) []Owed {
	var out []Owed
	for _, set := range rec.Sets {
		if set.Schema.Duty == "" {
			continue
		}
		if until := set.Schema.Until(rec, said); until.After(now) {
			out = append(out, Owed{set.Schema, until})
		}
	}
	return out
}

// KeptFor says in English how long a data set is kept, with the number of months for its
// {n}.
func (s SetSchema) KeptFor() (words string, n int) {
	switch {
	case s.KeepMonths == 0:
		return lang.Mark("As long as the record."), 0
	case s.KeepFrom != "":
		return lang.Mark("{n} months after the date that the record names for its end."), s.KeepMonths
	}
	return lang.Mark("{n} months after the last word about it."), s.KeepMonths
}
