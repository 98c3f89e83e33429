package account

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// CaseState is what has become of a case.
type CaseState string

// The states. A case begins open, and nothing leaves it unless somebody decides so.
const (
	CaseOpen      CaseState = "open"
	CaseAsked     CaseState = "asked" // key material: a second administrator has to confirm
	CaseReleased  CaseState = "released"
	CaseRefused   CaseState = "refused"
	CaseWithdrawn CaseState = "withdrawn" // by who asked
	CaseLapsed    CaseState = "lapsed"    // the account was erased before anybody decided
)

// CaseStates are the outcomes that the public figures count.
func CaseStates() []CaseState {
	return []CaseState{CaseReleased, CaseRefused, CaseWithdrawn, CaseLapsed}
}

// Case is the file of one demand or wish to release data about an account. Its words are
// sealed under the key of the account, so erasing it takes them; what is left is a ground, an
// outcome and moments.
type Case struct {
	ID      habeas.ReleaseID
	Version int64
	Account habeas.AccountID // zero once the account was erased
	Ground  Ground
	Sets    []DataSet
	Legal   LegalProfile // by which calendar and words
	State   CaseState

	ArrivedAt time.Time // when the demand came
	DecidedAt time.Time // zero: nobody has decided

	NoticeFrom   time.Time // when the notice goes out by itself; zero where none is owed
	NoticeBy     time.Time // when it is overdue
	NoticeAt     time.Time // when it went out
	NoticeMail   habeas.MailID
	NoticeFailed time.Time // when it was found that it does not arrive

	HoldUntil time.Time // a court has put notice and Activity off until then
	Hidden    bool      // Words.Kept holds steps that the person has not been shown

	Words CaseWords
}

// CaseWords is what is personal in a case, and who of the staff did what.
type CaseWords struct {
	Requester string           `json:"q"`
	Document  string           `json:"d"` // what shows that the ground is there
	Why       string           `json:"w,omitempty"`
	Hold      string           `json:"h,omitempty"` // reference of the court's order
	Motions   []Motion         `json:"m,omitempty"`
	Opener    habeas.AccountID `json:"o"`
	Asker     habeas.AccountID `json:"a,omitzero"` // who decided to release key material
	Releaser  habeas.AccountID `json:"r,omitzero"` // who decided
	Second    habeas.AccountID `json:"s,omitzero"` // who confirmed
	Kept      []KeptStep       `json:"k,omitempty"`
}

// KeptStep is a step that a hold keeps from the person whom the case is about. It stands in
// the house's log meanwhile.
type KeptStep struct {
	At    time.Time        `json:"t"`
	Event audit.Event      `json:"e"`
	By    habeas.AccountID `json:"b,omitzero"` // zero: the server
}

// Motion is a motion to quash that was filed at a court, and what the court ordered.
type Motion struct {
	Filed     time.Time `json:"f"`
	Reference string    `json:"r"`
	Ordered   time.Time `json:"o,omitzero"` // zero: the court has not decided
	Order     string    `json:"n,omitempty"`
	Disclose  bool      `json:"d,omitempty"` // the order is to disclose
}

// Opening is what a case begins with.
type Opening struct {
	Account   habeas.AccountID
	By        habeas.AccountID
	Ground    Ground
	Sets      []DataSet
	Legal     LegalProfile
	Arrived   time.Time // in the zone whose days count
	Requester string
	Document  string
	Hold      string    // reference; empty: no court has put the notice off
	HoldUntil time.Time // its end
}

const (
	// MaxCaseText bounds each text of a case, in characters.
	MaxCaseText = 2000
	// MaxHold is how far ahead the end of a court's hold may lie. A longer one wants an order
	// that prolongs it.
	MaxHold = 366 * 24 * time.Hour
)

var (
	errCaseRequester = habeas.Invalid("requester", "Say who asks for the data.").WithCode("release.requester")
	errCaseDocument  = habeas.Invalid("document", "Say what shows it: the document, its number and date.").WithCode("release.document")
	errCaseWhy       = habeas.Invalid("why", "Say why.").WithCode("release.why")
	errCaseArrived   = habeas.Invalid("arrived", "Say when it arrived. It cannot be in the future.").WithCode("release.arrived")
	errCaseLegal     = habeas.Invalid("legal", "Choose one of the options.").WithCode("form.choice")
	errHoldReference = habeas.Invalid("hold", "Give the reference of the order that the court has signed.").WithCode("release.hold-reference")
	errHoldUntil     = habeas.Invalid("hold_until", "Give the day on which the hold ends: after today, and within a year.").WithCode("release.hold-until")
	errHoldGround    = habeas.Invalid("hold", "Only a legal demand can be kept from its person, by a court.").WithCode("release.hold-ground")
	errHoldLate      = habeas.Conflict("The notice has gone out: it cannot be put off any more.").WithCode("release.notified")
	errHoldNone      = habeas.Conflict("There is no hold in force.").WithCode("release.no-hold")
	errMotion        = habeas.Invalid("motion", "Give the court's reference of the motion.").WithCode("release.motion")
	errMotionFiled   = habeas.Invalid("filed", "Say when it was filed. It cannot be in the future.").WithCode("release.filed")
	errMotionGround  = habeas.Conflict("A motion to quash is filed against a legal demand only.").WithCode("release.motion-ground")
	errOrder         = habeas.Invalid("order", "Give the reference of the court's order.").WithCode("release.order")
	errOrderNone     = habeas.Conflict("There is no motion that waits for an order.").WithCode("release.no-motion")
	errCaseClosed    = habeas.Conflict("This case is decided.").WithCode("release.closed")
	errCaseOpen      = habeas.Conflict("This case is open.").WithCode("release.open")
	errCaseUnasked   = habeas.Conflict("Nobody has asked for a second administrator.").WithCode("release.unasked")
	errCaseSecond    = habeas.Forbidden("Nobody confirms their own decision. Ask another administrator.").WithCode("release.second")
	errCaseGone      = habeas.Conflict("The account was erased: there is nothing to release.").WithCode("release.gone")
	errNotNotified   = habeas.Conflict("The person has to be notified first, unless a court has put that off.").WithCode("release.unnotified")
	errMotionPending = habeas.Conflict("A motion to quash is filed: nothing is disclosed until the court's order is recorded.").WithCode("release.motion-pending")
	errQuashed       = habeas.Conflict("The court has quashed the demand: nothing is disclosed.").WithCode("release.quashed")
	errNoNotice      = habeas.Conflict("No notice is owed, or it has gone out.").WithCode("release.no-notice")
	// ErrCaseMoved says that somebody else has changed the case meanwhile.
	ErrCaseMoved = habeas.Conflict("Somebody else changed this meanwhile. Look at what it says now, then decide.").WithCode("release.changed")
	// ErrNoCase says that there is no such case.
	ErrNoCase = habeas.NotFound("There is no such case.").WithCode("release.none")
)

// written checks a text that must be there.
func written(text string, missing *habeas.Error) error {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > MaxCaseText {
		return habeas.Invalid(missing.Field, "This is too long.").WithCode("field.invalid")
	}
	if strings.TrimSpace(text) == "" {
		return missing
	}
	return nil
}

// OpenCase begins a case. A legal demand starts the clock of its notice, from when it arrived
// and not from when it was written down.
func OpenCase(in Opening, now time.Time) (Case, error) {
	c := Case{
		ID: habeas.NewID[habeas.ReleaseKind](now), Version: 1, Account: in.Account, Ground: in.Ground, Sets: slices.Clone(in.Sets), Legal: in.Legal,
		State: CaseOpen, ArrivedAt: in.Arrived.UTC(),
		Words: CaseWords{Requester: strings.TrimSpace(in.Requester), Document: strings.TrimSpace(in.Document), Opener: in.By},
	}
	if err := checkSets(in.Ground, in.Sets); err != nil {
		return c, err
	}
	if err := written(in.Requester, errCaseRequester); err != nil {
		return c, err
	}
	if err := written(in.Document, errCaseDocument); err != nil {
		return c, err
	}
	switch {
	case in.Arrived.IsZero() || in.Arrived.After(now):
		return c, errCaseArrived
	case !in.Legal.Known():
		return c, errCaseLegal
	case in.Ground == GroundLaw:
		from, by := in.Legal.NoticeWindow(in.Arrived)
		c.NoticeFrom, c.NoticeBy = from.UTC(), by.UTC()
	}
	if in.Hold == "" && in.HoldUntil.IsZero() {
		return c, nil
	}
	c, err := c.Hold(in.Hold, in.HoldUntil, now)
	c.Version = 1 // it begins with the hold
	return c, err
}

// Number is how people name a case: the year, and a part of its identifier.
func (c Case) Number() string {
	text := c.ID.String()
	return "R" + c.OpenedAt().Format("2006") + "-" + strings.ToUpper(text[len(text)-6:])
}

// OpenedAt is when the case was written down.
func (c Case) OpenedAt() time.Time { return c.ID.Time() }

// Has reports whether a data set is asked for.
func (c Case) Has(set DataSet) bool { return slices.Contains(c.Sets, set) }

// Key reports whether it is about key material.
func (c Case) Key() bool { return c.Has(DataKey) }

// Deciding reports whether somebody still has to decide.
func (c Case) Deciding() bool { return c.State == CaseOpen || c.State == CaseAsked }

// Held reports whether a court's hold is in force: notice and Activity wait for its end. It
// ends by itself.
func (c Case) Held(now time.Time) bool { return now.Before(c.HoldUntil) }

// Motion is the last motion to quash; ok is false where there is none.
func (c Case) Motion() (m Motion, ok bool) {
	if n := len(c.Words.Motions); n > 0 {
		return c.Words.Motions[n-1], true
	}
	return Motion{}, false
}

// NoticeOwed reports whether the person is still to be notified. A demand that was refused
// may come back before a court, so its person hears of it too; one that was withdrawn does not.
func (c Case) NoticeOwed() bool {
	return c.Ground == GroundLaw && c.NoticeAt.IsZero() && c.State != CaseWithdrawn && c.State != CaseLapsed && !c.Account.IsZero()
}

// NoticeDue reports whether the notice goes out now: its window has come, or a hold has ended.
func (c Case) NoticeDue(now time.Time) bool {
	return c.NoticeOwed() && !c.Held(now) && (!c.HoldUntil.IsZero() || !now.Before(c.NoticeFrom))
}

// NoticeLate reports whether the notice is overdue: the fifth business day is over, or a hold
// ended before the business day that is over now.
func (c Case) NoticeLate(now time.Time) bool {
	return c.NoticeOwed() && !now.Before(c.Overdue())
}

// Overdue is from when on a notice that did not go out is late.
func (c Case) Overdue() time.Time {
	if c.HoldUntil.IsZero() {
		return c.NoticeBy
	}
	if after := c.Legal.After(c.HoldUntil, 2).UTC(); after.After(c.NoticeBy) {
		return after // one whole business day after the hold
	}
	return c.NoticeBy
}

// Hold records that a court has put the notice off. Nothing else delays it, and an order of
// the court prolongs it in the same way.
func (c Case) Hold(reference string, until, now time.Time) (Case, error) {
	if err := written(reference, errHoldReference); err != nil {
		return c, err
	}
	switch {
	case c.Ground != GroundLaw:
		return c, errHoldGround
	case !c.NoticeAt.IsZero():
		return c, errHoldLate
	case !c.Deciding() && c.State != CaseReleased && c.State != CaseRefused:
		return c, errCaseClosed
	case !until.After(now) || until.Sub(now) > MaxHold:
		return c, errHoldUntil
	}
	c.HoldUntil, c.Words.Hold = until.UTC(), strings.TrimSpace(reference)
	c.Version++
	return c, nil
}

// Lift ends a hold before its time, as a court may order too. The notice goes out at once.
func (c Case) Lift(now time.Time) (Case, error) {
	if !c.Held(now) {
		return c, errHoldNone
	}
	c.HoldUntil = now
	c.Version++
	return c, nil
}

// Move records a motion to quash: from here on nothing is disclosed until the court's order
// is recorded.
func (c Case) Move(reference string, filed, now time.Time) (Case, error) {
	if err := written(reference, errMotion); err != nil {
		return c, err
	}
	switch last, some := c.Motion(); {
	case c.Ground != GroundLaw:
		return c, errMotionGround
	case !c.Deciding():
		return c, errCaseClosed
	case filed.IsZero() || filed.After(now):
		return c, errMotionFiled
	case some && last.Ordered.IsZero():
		return c, errMotionPending
	}
	c.Words.Motions = append(slices.Clone(c.Words.Motions), Motion{Filed: filed.UTC(), Reference: strings.TrimSpace(reference)})
	c.State = CaseOpen // who asked for a second administrator asks again
	c.Version++
	return c, nil
}

// Order records what the court has ordered on the motion that waits.
func (c Case) Order(reference string, disclose bool, now time.Time) (Case, error) {
	if err := written(reference, errOrder); err != nil {
		return c, err
	}
	last, some := c.Motion()
	switch {
	case !some || !last.Ordered.IsZero():
		return c, errOrderNone
	case !c.Deciding():
		return c, errCaseClosed
	}
	last.Ordered, last.Order, last.Disclose = now, strings.TrimSpace(reference), disclose
	c.Words.Motions = append(slices.Clone(c.Words.Motions[:len(c.Words.Motions)-1]), last)
	c.Version++
	return c, nil
}

// Obstacle is why nothing can be released now; nil when it can.
func (c Case) Obstacle(now time.Time) error {
	last, moved := c.Motion()
	switch {
	case c.Account.IsZero():
		return errCaseGone
	case !c.Deciding():
		return errCaseClosed
	case moved && last.Ordered.IsZero():
		return errMotionPending
	case moved && !last.Disclose:
		return errQuashed
	case c.NoticeOwed() && !c.Held(now):
		return errNotNotified
	}
	return nil
}

// Release decides that the data go out. For key material it is the first half only: a second
// administrator confirms.
func (c Case) Release(by habeas.AccountID, why string, now time.Time) (Case, error) {
	if err := written(why, errCaseWhy); err != nil {
		return c, err
	}
	if err := c.Obstacle(now); err != nil {
		return c, err
	}
	if c.State == CaseAsked {
		return c, errCaseClosed // what waits is confirmed or sent back
	}
	c.Words.Why = strings.TrimSpace(why)
	c.Version++
	if c.Key() {
		c.State, c.Words.Asker = CaseAsked, by
		return c, nil
	}
	c.State, c.Words.Releaser, c.DecidedAt = CaseReleased, by, now
	return c, nil
}

// Confirm is the second half: by an administrator who neither opened the case nor asked.
func (c Case) Confirm(by habeas.AccountID, now time.Time) (Case, error) {
	if c.State != CaseAsked {
		return c, errCaseUnasked
	}
	if by == c.Words.Asker || by == c.Words.Opener {
		return c, errCaseSecond
	}
	if err := c.Obstacle(now); err != nil {
		return c, err
	}
	c.State, c.Words.Releaser, c.Words.Second, c.DecidedAt = CaseReleased, c.Words.Asker, by, now
	c.Version++
	return c, nil
}

// Close refuses a case, or notes that who asked has withdrawn it.
func (c Case) Close(to CaseState, by habeas.AccountID, why string, now time.Time) (Case, error) {
	if err := written(why, errCaseWhy); err != nil {
		return c, err
	}
	if !c.Deciding() || to != CaseRefused && to != CaseWithdrawn {
		return c, errCaseClosed
	}
	c.State, c.Words.Releaser, c.Words.Why, c.DecidedAt = to, by, strings.TrimSpace(why), now
	c.Words.Asker = habeas.AccountID{}
	c.Version++
	return c, nil
}

// Reopen takes a refusal or a withdrawal back. What was released cannot be called back.
func (c Case) Reopen() (Case, error) {
	switch c.State {
	case CaseRefused, CaseWithdrawn:
	case CaseOpen, CaseAsked:
		return c, errCaseOpen
	default:
		return c, errCaseClosed
	}
	if c.Account.IsZero() {
		return c, errCaseGone
	}
	c.State, c.Words.Releaser, c.Words.Why, c.DecidedAt = CaseOpen, habeas.AccountID{}, "", time.Time{}
	c.Version++
	return c, nil
}

// Notified notes that the notice went out.
func (c Case) Notified(mail habeas.MailID, now time.Time) (Case, error) {
	if !c.NoticeOwed() || c.Held(now) {
		return c, errNoNotice
	}
	c.NoticeAt, c.NoticeMail = now, mail
	c.Version++
	return c, nil
}

// Undelivered notes that the notice does not arrive. The case may go on (REL-07).
func (c Case) Undelivered(now time.Time) Case {
	c.NoticeFailed = now
	c.Version++
	return c
}

// Keep keeps a step back while a hold is in force. It changes no version: it is written with
// the step.
func (c Case) Keep(event audit.Event, by habeas.AccountID, now time.Time) Case {
	c.Hidden = true
	c.Words.Kept = append(slices.Clone(c.Words.Kept), KeptStep{now, event, by})
	return c
}

// Show hands out the steps that were kept back.
func (c Case) Show() (Case, []KeptStep) {
	kept := c.Words.Kept
	c.Hidden, c.Words.Kept = false, nil
	c.Version++
	return c, kept
}

// Seen notes a look at the data while a hold is in force: the case changes by it.
func (c Case) Seen() Case {
	c.Version++
	return c
}
