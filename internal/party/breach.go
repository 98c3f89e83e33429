package party

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/lang"
)

// NotifyWithin is how long after it was noticed a breach is to be notified to the
// supervisory authority (GDPR article 33, 1).
const NotifyWithin = 72 * time.Hour

// Danger is what a breach means for people, as the organisation judges it.
type Danger string

// The dangers. Empty: nobody has judged it yet.
const (
	DangerUnknown Danger = ""
	DangerNone    Danger = "none" // unlikely to be one: it is documented and not notified
	DangerSome    Danger = "risk" // the authority is notified
	DangerHigh    Danger = "high" // and people are told (article 34)
)

// Phase is one notification to the authority; what is not known yet follows in a later
// one (article 33, 4).
type Phase struct {
	At    time.Time `json:"at"`
	Words string    `json:"words"`
}

// Mailing is one time letters went out, by what the people concerned were chosen.
type Mailing struct {
	At       time.Time `json:"at"`
	Affected Affected  `json:"affected"`
	Letters  int       `json:"letters"`
	Without  int       `json:"without"` // people whom no letter reaches
}

// Affected chooses those concerned by what was said of them.
type Affected struct {
	Sets   []string        `json:"sets,omitempty"`  // data sets; empty: any
	System habeas.SystemID `json:"system,omitzero"` // who said it; zero: anybody
	From   time.Time       `json:"from,omitzero"`   // said then or later
	Until  time.Time       `json:"until,omitzero"`  // and before
}

// Has reports whether a statement is one of those that choose its party.
func (a Affected) Has(s Statement) bool {
	spoken := len(a.Sets) == 0
	for _, name := range a.Sets {
		spoken = spoken || len(s.Values[name]) > 0
	}
	return spoken && (a.System.IsZero() || s.Source.Kind == FromSystem && s.Source.System == a.System) &&
		(a.From.IsZero() || !s.At().Before(a.From)) && (a.Until.IsZero() || s.At().Before(a.Until))
}

// Breach is a line of the register of breaches (GDPR articles 33 and 34). It says nothing
// about individuals.
type Breach struct {
	ID       habeas.BreachID `json:"id"`
	Version  int64           `json:"version"`
	Noticed  time.Time       `json:"noticed"`
	ClosedAt time.Time       `json:"closed,omitzero"`
	BreachFacts
	Phases   []Phase   `json:"notifications,omitempty"`
	Mailings []Mailing `json:"letters,omitempty"`
}

// BreachFacts is what people write about a breach.
type BreachFacts struct {
	What         string   `json:"what"`
	Sets         []string `json:"data_sets,omitempty"`
	People       int      `json:"people"`  // approximately; 0: not known yet
	Records      int      `json:"records"` // approximately; 0: not known yet
	Consequences string   `json:"consequences"`
	Measures     string   `json:"measures"`
	Danger       Danger   `json:"risk"`
	WhyNot       string   `json:"why_not_notified,omitempty"`
	WhyLate      string   `json:"why_late,omitempty"`
	WhyUntold    string   `json:"why_people_not_told,omitempty"`
}

// maxBreachText bounds each text of a breach, in characters.
const maxBreachText = 4000

var (
	errBreachWhat    = habeas.Invalid("what", "Say what happened.").WithCode("breach.what")
	errBreachNoticed = habeas.Invalid("noticed", "Say when it was noticed. It cannot be in the future.").WithCode("breach.noticed")
	errBreachNumber  = habeas.Invalid("people", "Give an approximate number.").WithCode("breach.number")
	errBreachRisk    = habeas.Invalid("risk", "Choose one of the options.").WithCode("form.choice")
	errBreachSet     = habeas.Invalid("sets", "There is no data set of this name.").WithCode("set.unknown")
	errBreachClosed  = habeas.Conflict("This breach is closed. Open it again first.").WithCode("breach.closed")
	errBreachOpen    = habeas.Conflict("Something is still missing: notify the authority, or say why not.").WithCode("breach.open")
	// ErrBreachMoved says that somebody else has changed the breach meanwhile.
	ErrBreachMoved = habeas.Conflict("Somebody else changed this meanwhile. Look at what it says now, then decide.").WithCode("breach.changed")
)

// Check says what of the facts cannot be.
func (f BreachFacts) Check(schemas *Schemas) error {
	for field, text := range map[string]string{
		"what": f.What, "consequences": f.Consequences, "measures": f.Measures, "why_not": f.WhyNot, "why_late": f.WhyLate, "why_untold": f.WhyUntold,
	} {
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxBreachText {
			return habeas.Invalid(field, "This is too long.").WithCode("field.invalid")
		}
	}
	switch {
	case strings.TrimSpace(f.What) == "":
		return errBreachWhat
	case f.People < 0 || f.Records < 0:
		return errBreachNumber
	case !slices.Contains([]Danger{DangerUnknown, DangerNone, DangerSome, DangerHigh}, f.Danger):
		return errBreachRisk
	}
	for _, name := range f.Sets {
		if _, ok := schemas.Set(name); !ok {
			return errBreachSet
		}
	}
	return nil
}

// OpenBreach begins a line of the register.
func OpenBreach(noticed time.Time, f BreachFacts, now time.Time) (Breach, error) {
	if noticed.IsZero() || noticed.After(now) {
		return Breach{}, errBreachNoticed
	}
	return Breach{ID: habeas.NewID[habeas.BreachKind](now), Version: 1, Noticed: noticed, BreachFacts: f}, nil
}

// Due is when the authority has to know.
func (b Breach) Due() time.Time { return b.Noticed.Add(NotifyWithin) }

// Notified reports whether the authority was notified at least once.
func (b Breach) Notified() bool { return len(b.Phases) > 0 }

// Excused reports whether the organisation has decided not to notify, and says why.
func (b Breach) Excused() bool { return b.Danger == DangerNone && strings.TrimSpace(b.WhyNot) != "" }

// Counting reports whether the clock still runs.
func (b Breach) Counting() bool { return !b.Notified() && !b.Excused() && b.ClosedAt.IsZero() }

// Missing lists in English what the notification still lacks (article 33, 3), and what was
// not decided.
func (b Breach) Missing() []string {
	var out []string
	miss := func(lacks bool, words string) {
		if lacks {
			out = append(out, words)
		}
	}
	miss(b.Danger == DangerUnknown, lang.Mark("What it means for people: no risk, a risk or a high risk."))
	if b.Danger == DangerNone {
		miss(strings.TrimSpace(b.WhyNot) == "", lang.Mark("Why the authority is not notified."))
		return out
	}
	miss(len(b.Sets) == 0, lang.Mark("The categories of data."))
	miss(b.People == 0, lang.Mark("About how many people."))
	miss(b.Records == 0, lang.Mark("About how many records."))
	miss(strings.TrimSpace(b.Consequences) == "", lang.Mark("The likely consequences."))
	miss(strings.TrimSpace(b.Measures) == "", lang.Mark("What was done and is planned."))
	miss(!b.Notified(), lang.Mark("The notification to the supervisory authority."))
	miss(b.Notified() && b.Phases[0].At.After(b.Due()) && strings.TrimSpace(b.WhyLate) == "", lang.Mark("Why it was notified after more than 72 hours."))
	miss(b.Danger == DangerHigh && len(b.Mailings) == 0 && strings.TrimSpace(b.WhyUntold) == "", lang.Mark("Letters to those concerned, or why they are not told."))
	return out
}

// Change returns the breach with other facts.
func (b Breach) Change(f BreachFacts) (Breach, error) {
	if !b.ClosedAt.IsZero() {
		return b, errBreachClosed
	}
	b.BreachFacts = f
	b.Version++
	return b, nil
}

// Notify returns it with one more notification to the authority.
func (b Breach) Notify(at time.Time, words string, now time.Time) (Breach, error) {
	switch {
	case !b.ClosedAt.IsZero():
		return b, errBreachClosed
	case at.IsZero() || at.After(now) || at.Before(b.Noticed):
		return b, habeas.Invalid("at", "Say when it was sent: after it was noticed, and not in the future.").WithCode("breach.at")
	case utf8.RuneCountInString(words) > maxBreachText:
		return b, habeas.Invalid("words", "This is too long.").WithCode("field.invalid")
	}
	b.Phases = append(slices.Clone(b.Phases), Phase{at, strings.TrimSpace(words)})
	slices.SortStableFunc(b.Phases, func(x, y Phase) int { return x.At.Compare(y.At) })
	b.Version++
	return b, nil
}

// Close ends the work on it, once nothing is missing; Reopen takes that back.
func (b Breach) Close(now time.Time) (Breach, error) {
	switch {
	case !b.ClosedAt.IsZero():
		return b, errBreachClosed
	case len(b.Missing()) > 0:
		return b, errBreachOpen
	}
	b.ClosedAt = now
	b.Version++
	return b, nil
}

// Reopen returns it as it was before it was closed.
func (b Breach) Reopen() Breach {
	b.ClosedAt = time.Time{}
	b.Version++
	return b
}

// Breaches reads the register.
type Breaches interface {
	Breach(ctx context.Context, id habeas.BreachID) (Breach, error)
	// Noticed lists them, those noticed last first.
	Noticed(ctx context.Context, limit int) ([]Breach, error)
	// Told reports whether the person behind a mark was written to because of a breach.
	Told(ctx context.Context, id habeas.BreachID, mark keyring.LookupHash) (bool, error)
	// Letters counts the letters of a breach by what became of them; "" is what the
	// delivery record does not hold any more.
	Letters(ctx context.Context, id habeas.BreachID) (map[string]int, error)
}

// BreachWriter changes it in a transaction.
type BreachWriter interface {
	Breaches
	// SaveBreach inserts version 1, or updates the version before the given one; else it is
	// ErrBreachMoved.
	SaveBreach(b Breach, e audit.Entry) error
	// SaveBreachLetter notes that somebody was written to.
	SaveBreachLetter(id habeas.BreachID, mark keyring.LookupHash, mail habeas.MailID, e audit.Entry) error
}
