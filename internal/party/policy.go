package party

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Acquisition is how an account may take control of a record (PTY-24).
type Acquisition string

// The modes of acquisition, the most careful first.
const (
	AcquireOff       Acquisition = "off"          // a proved address alone leads to no record
	AcquireByStaff   Acquisition = "staff"        // every claim waits until staff approve it
	AcquireByConfirm Acquisition = "confirmation" // the person confirms on the claim screen
)

// Texts are the same words in several languages, by language code. English is what
// stands in where a language is missing.
type Texts map[string]string

// In returns the words in a language, or the English ones, or "".
func (t Texts) In(language string) string {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if words := t[base]; words != "" {
		return words
	}
	return t["en"]
}

// NoticePolicy is what the organisation has decided about telling people who hold no
// account that something is held about them (PTY-28, GDPR article 14).
type NoticePolicy struct {
	Off    bool   `json:"off,omitempty"`     // nobody is told
	WhyNot string `json:"why_not,omitempty"` // the recorded reason; required when off
	// DelayDays is how long after its first entry a record is left alone, so that
	// slips are corrected before anybody is written to: 0 to MaxDelayDays.
	DelayDays int    `json:"delay_days"`
	Language  string `json:"language"` // where the record names none: "en", "es"
	Why       Texts  `json:"why,omitempty"`
	Contact   Texts  `json:"contact,omitempty"` // whom to ask; empty: the contact of the settings file
}

// RetentionPolicy is how long a record that nobody claims is kept after the last word
// about it.
type RetentionPolicy struct {
	Months   int `json:"months"`    // 1 to 120
	WarnDays int `json:"warn_days"` // between the warning and the erasure: 14 to 180
}

// Policy is what the organisation has decided. A value is never changed once it is
// stored: the next one has the next version.
type Policy struct {
	Version   int64            `json:"-"` // 0: nobody has decided anything yet
	ChangedAt time.Time        `json:"-"`
	ChangedBy habeas.AccountID `json:"-"`

	Acquisition Acquisition     `json:"acquisition"`
	Notices     NoticePolicy    `json:"notices"`
	Retention   RetentionPolicy `json:"retention"`
	// Unclaimed names the data sets that connected systems may read of a record that
	// nobody has claimed (PTY-22). Of a claimed one its person decides.
	Unclaimed []string `json:"unclaimed"`
	Matching  Matching `json:"matching"`
	Access    Access   `json:"access,omitzero"` // which data sets staff see and change
	// ComingOfAge is the age at which people decide alone and their guardians end; 0: 18.
	ComingOfAge int `json:"coming_of_age,omitempty"`

	// StaffPublish lets staff put the profile of somebody who has not claimed it into the
	// public list. Its person decides as soon as the record is theirs.
	StaffPublish bool         `json:"staff_publish,omitempty"`
	Digests      DigestPolicy `json:"digests,omitzero"`
}

// DigestPolicy is when people are told who looked at their records.
type DigestPolicy struct {
	Zone string `json:"zone"` // of the organisation, as the IANA names it; empty: UTC
	Hour int    `json:"hour"` // of the day there, 0 to 23
}

// Location is the organisation's time zone.
func (d DigestPolicy) Location() *time.Location {
	at, err := time.LoadLocation(d.Zone)
	if err != nil || d.Zone == "Local" {
		return time.UTC
	}
	return at
}

// valid reports whether the zone is known here and the hour is one.
func (d DigestPolicy) valid() (zone, hour bool) {
	_, err := time.LoadLocation(d.Zone)
	return err == nil && d.Zone != "Local", d.Hour >= 0 && d.Hour <= 23
}

// The ages between which people come of age.
const (
	MinComingOfAge = 12
	MaxComingOfAge = 25
)

// OfAge is the age at which people decide alone.
func (p Policy) OfAge() int { return cmp.Or(p.ComingOfAge, DefaultOfAge) }

// The law's limit is a month from the first entry (GDPR article 14, 3a). The mail is
// due a little before, so that it may be retried and still be in time.
const (
	MaxDelayDays = 25
	maxPolicy    = 1000 // characters of one text
)

// DefaultPolicy is what holds until an administrator decides: claims are confirmed by
// their person, notices go out after a week, unclaimed records go two years after the
// last word, systems read contact data only.
func DefaultPolicy() Policy {
	return Policy{
		Acquisition: AcquireByConfirm,
		Notices:     NoticePolicy{DelayDays: 7, Language: "en"},
		Retention:   RetentionPolicy{Months: 24, WarnDays: 30},
		Unclaimed:   []string{"contact"},
		Matching:    DefaultMatching(),
		Digests:     DigestPolicy{Zone: "UTC", Hour: 8},
	}
}

// PolicyLanguages are the languages in which notices can be written.
var PolicyLanguages = []string{"en", "es"}

// Check says what of a policy cannot be, naming each field as the form does.
func (p Policy) Check(schemas *Schemas) error {
	n, r := p.Notices, p.Retention
	switch {
	case p.Acquisition != AcquireOff && p.Acquisition != AcquireByStaff && p.Acquisition != AcquireByConfirm:
		return habeas.Invalid("acquisition", "Choose one of the options.").WithCode("form.choice")
	case n.Off && strings.TrimSpace(n.WhyNot) == "":
		return habeas.Invalid("why_not", "The law asks why people are not told. Write down the reason.").WithCode("policy.why-not")
	case n.DelayDays < 0 || n.DelayDays > MaxDelayDays:
		return habeas.Invalid("delay_days", "Choose between 0 and {max} days: people have to be told within a month.").
			With("max", strconv.Itoa(MaxDelayDays)).WithCode("policy.delay")
	case !slices.Contains(PolicyLanguages, n.Language):
		return habeas.Invalid("language", "Choose one of the options.").WithCode("form.choice")
	case r.Months < 1 || r.Months > 120:
		return habeas.Invalid("months", "Choose between 1 and 120 months.").WithCode("policy.months")
	case p.OfAge() < MinComingOfAge || p.OfAge() > MaxComingOfAge:
		return habeas.Invalid("coming_of_age", "Choose between {min} and {max} years.").
			With("min", strconv.Itoa(MinComingOfAge)).With("max", strconv.Itoa(MaxComingOfAge)).WithCode("policy.age")
	case r.WarnDays < 14 || r.WarnDays > 180:
		return habeas.Invalid("warn_days", "Choose between 14 and 180 days.").WithCode("policy.warn")
	}
	switch zone, hour := p.Digests.valid(); {
	case !zone:
		return habeas.Invalid("zone", "This is no time zone. Use a name such as Europe/Madrid.").WithCode("policy.zone")
	case !hour:
		return habeas.Invalid("hour", "Choose an hour between 0 and 23.").WithCode("policy.hour")
	}
	for field, texts := range map[string]Texts{"why": n.Why, "contact": n.Contact, "why_not": {"en": n.WhyNot}} {
		for language, words := range texts {
			if !slices.Contains(PolicyLanguages, language) {
				return habeas.Invalid(field, "Choose one of the options.").WithCode("form.choice")
			}
			if !utf8.ValidString(words) || utf8.RuneCountInString(words) > maxPolicy {
				return habeas.Invalid(field, "This is too long.").WithCode("field.invalid")
			}
		}
	}
	for _, name := range p.Unclaimed {
		if _, ok := schemas.Set(name); !ok {
			return habeas.Invalid("unclaimed", "There is no data set of this name.").WithCode("set.unknown")
		}
	}
	if err := p.Access.Check(schemas); err != nil {
		return err
	}
	return p.Matching.Check()
}

// SystemMayRead reports whether a connected system may read a data set of a record
// that nobody has claimed. Of a claimed, frozen or restrained one it may not: there
// its person decides, or nobody may use it (PTY-22, PTY-29).
func (p Policy) SystemMayRead(rec Party, set string) bool {
	return rec.State == Unclaimed && rec.Restraint == RestraintNone && slices.Contains(p.Unclaimed, set)
}

// Changes names what differs in another version, with short values: the detail of the
// audit entry. Longer texts are only said to have changed.
func (p Policy) Changes(to Policy) map[string]string {
	out := make(map[string]string)
	note := func(name, from, to string) {
		if from != to {
			out[name] = from + " → " + to
		}
	}
	text := func(name string, same bool) {
		if !same {
			out[name] = "changed"
		}
	}
	note("acquisition", string(p.Acquisition), string(to.Acquisition))
	note("notices.off", strconv.FormatBool(p.Notices.Off), strconv.FormatBool(to.Notices.Off))
	note("notices.delay_days", strconv.Itoa(p.Notices.DelayDays), strconv.Itoa(to.Notices.DelayDays))
	note("notices.language", p.Notices.Language, to.Notices.Language)
	note("retention.months", strconv.Itoa(p.Retention.Months), strconv.Itoa(to.Retention.Months))
	note("retention.warn_days", strconv.Itoa(p.Retention.WarnDays), strconv.Itoa(to.Retention.WarnDays))
	note("coming_of_age", strconv.Itoa(p.OfAge()), strconv.Itoa(to.OfAge()))
	note("unclaimed", strings.Join(p.Unclaimed, " "), strings.Join(to.Unclaimed, " "))
	p.Matching.changes(to.Matching, note)
	p.Access.changes(to.Access, note)
	note("profiles.staff_publish", strconv.FormatBool(p.StaffPublish), strconv.FormatBool(to.StaffPublish))
	note("digests.zone", p.Digests.Zone, to.Digests.Zone)
	note("digests.hour", strconv.Itoa(p.Digests.Hour), strconv.Itoa(to.Digests.Hour))
	text("notices.why_not", p.Notices.WhyNot == to.Notices.WhyNot)
	text("notices.why", sameTexts(p.Notices.Why, to.Notices.Why))
	text("notices.contact", sameTexts(p.Notices.Contact, to.Notices.Contact))
	return out
}

func sameTexts(a, b Texts) bool {
	for _, language := range PolicyLanguages {
		if a[language] != b[language] {
			return false
		}
	}
	return true
}

// Choice is one option of the policy page with what it means and risks.
type Choice struct {
	Value, Label, Explain string // English; also the keys of their translations
}

// AcquisitionChoices explain the wrong-claimant risk of each mode, in the order in
// which the page offers them; the first is the default.
func AcquisitionChoices() []Choice {
	return []Choice{
		{
			string(AcquireByConfirm), "After confirmation",
			"Whoever proves the address sees the record masked, and takes it by confirming. If a typing error made the address somebody else's, they see the masked record; step-up keeps the sensitive part closed. People who register by themselves carry no such risk: prefer that.",
		},
		{
			string(AcquireByStaff), "Approved by staff",
			"Whoever proves the address waits until somebody here has looked. It keeps wrong claimants out as well as the person who looks, and it costs a decision for every claim.",
		},
		{
			string(AcquireOff), "Off",
			"A proved address leads to no record. Only records that staff have cleared after checking the person can be claimed. Nobody gets a wrong record, and most people never get theirs.",
		},
	}
}

// Policies keeps every version of the policy.
type Policies interface {
	// Policy returns the one in force, the default when nobody has decided.
	Policy(ctx context.Context) (Policy, error)
	// PolicyHistory returns the versions, newest first.
	PolicyHistory(ctx context.Context, limit int) ([]Policy, error)
}

// PolicyWriter changes it in a transaction.
type PolicyWriter interface {
	Policies
	// ChangePolicy stores the next version. It is a Conflict when p.Version is not the
	// one after the version in force: somebody else was quicker.
	ChangePolicy(p Policy, e audit.Entry) error
}

// ErrPolicyMoved says that somebody else has changed the policy meanwhile.
var ErrPolicyMoved = habeas.Conflict("Somebody else changed this meanwhile. Look at what it says now, then decide.").WithCode("policy.changed")
