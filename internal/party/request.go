package party

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
)

// The kinds of request that staff write down, beside those that have a button.
const (
	AskCopy    RequestKind = "copy"        // access and a copy (GDPR article 15)
	AskRectify RequestKind = "rectify"     // article 16
	AskPort    RequestKind = "portability" // article 20
	AskOther   RequestKind = "other"       // a complaint, a question
)

// Rights lists every kind, in the order of the articles.
func Rights() []RequestKind {
	return []RequestKind{AskCopy, AskRectify, AskErase, AskRestrict, AskPort, AskObject, AskNotMe, AskOther}
}

// The channels by which requests reach staff.
const (
	ByLetter    Channel = "letter"
	ByTelephone Channel = "telephone"
	ByVisit     Channel = "visit" // in person
	ByMail      Channel = "e-mail"
)

// Desk lists the channels of what staff write down.
func Desk() []Channel { return []Channel{ByLetter, ByMail, ByTelephone, ByVisit} }

// Entered is a request as staff write it down.
type Entered struct {
	Party    habeas.PartyID // zero: nobody knows yet which record it is about
	Kind     RequestKind
	Channel  Channel
	Came     time.Time // the day; zero: now
	Identity string
	Note     string
}

// Bounds of what staff write about a request, in characters.
const maxRequestText = 2000

// RemindDays is how long before its day staff are reminded of a request.
const RemindDays = 7

// KeepRequests is how long an answered request about no record is kept: as long as a
// claim about its answer can be made.
const KeepRequests = 3 * 365 * 24 * time.Hour

var (
	errKindOf    = habeas.Invalid("kind", "Choose one of the options.").WithCode("form.choice")
	errChannel   = habeas.Invalid("channel", "Choose one of the options.").WithCode("form.choice")
	errCame      = habeas.Invalid("came", "Give the day on which it came. It cannot be in the future.").WithCode("request.came")
	errNoRecord  = habeas.Invalid("kind", "Find the record first: this is done to a record.").WithCode("request.record")
	errLong      = habeas.Invalid("note", "This is too long.").WithCode("field.invalid")
	errLonger    = habeas.Invalid("why", "Say why it takes longer: the person will read it.").WithCode("request.longer")
	errExtended  = habeas.Conflict("The time of this request was extended already. The law allows it once.").WithCode("request.extended")
	errOverdue   = habeas.Conflict("The month is over. The person had to be told within it that the answer takes longer.").WithCode("request.late")
	errDestroyed = habeas.Conflict("This answer destroyed what it was about, or was decided in the queue. It cannot be taken back here.").WithCode("request.final")
)

// Enter makes the request that staff write down: its clock runs from the day it came.
func Enter(in Entered, now time.Time) (Request, error) {
	switch {
	case !slices.Contains(Rights(), in.Kind):
		return Request{}, errKindOf
	case in.Channel != ByStaff && !slices.Contains(Desk(), in.Channel):
		return Request{}, errChannel
	case in.Came.After(now) || now.Sub(in.Came) > 10*365*24*time.Hour && !in.Came.IsZero():
		return Request{}, errCame
	case in.Party.IsZero() && in.Kind.Known():
		return Request{}, errNoRecord
	case utf8.RuneCountInString(in.Identity) > maxRequestText || utf8.RuneCountInString(in.Note) > maxRequestText:
		return Request{}, errLong
	}
	r := NewRequest(in.Party, in.Kind, in.Channel, true, now)
	r.Identity, r.Note = strings.TrimSpace(in.Identity), strings.TrimSpace(in.Note)
	if !in.Came.IsZero() {
		r.Came = in.Came
		r.Due = monthsAfter(in.Came, 1)
	}
	return r, nil
}

// Fulfilled makes a request that the server has fulfilled the moment it was made: a copy
// that was taken, a record that its person has corrected.
func Fulfilled(id habeas.PartyID, kind RequestKind, now time.Time) Request {
	r := NewRequest(id, kind, ByAccount, true, now)
	r.State, r.EndedAt = RequestDone, now
	return r
}

// Extend gives a request two more months, once, within the first one (GDPR article 12, 3).
func (r Request) Extend(why string, now time.Time) (Request, error) {
	why = strings.TrimSpace(why)
	switch {
	case r.State != RequestOpen:
		return r, errEnded
	case !r.ExtendedAt.IsZero():
		return r, errExtended
	case now.After(r.Due):
		return r, errOverdue
	case why == "" || utf8.RuneCountInString(why) > maxRequestText:
		return r, errLonger
	}
	r.ExtendedAt, r.WhyLonger, r.RemindedAt = now, why, time.Time{}
	r.Due = monthsAfter(r.At(), 3)
	return r, nil
}

// Assign says who works on an open request; the zero account: nobody.
func (r Request) Assign(to habeas.AccountID) (Request, error) {
	if r.State != RequestOpen {
		return r, errEnded
	}
	r.Assigned = to
	return r, nil
}

// Identify notes how staff made sure who asks.
func (r Request) Identify(how string) (Request, error) {
	if r.State != RequestOpen {
		return r, errEnded
	}
	if how = strings.TrimSpace(how); utf8.RuneCountInString(how) > maxRequestText {
		return r, errLong
	}
	r.Identity = how
	return r, nil
}

// Final reports whether an answer cannot be taken back: what it was about is gone, its
// person took the request back, or the answer stands in the queue of decisions.
func (r Request) Final() bool {
	return r.State == RequestWithdrawn || r.Kind == AskNotMe || r.Kind == AskErase && r.State == RequestDone || r.EndedBy.IsZero()
}

// Reopen takes an answer of staff back. Its clock runs on as if it had not been given.
func (r Request) Reopen() (Request, error) {
	if r.State == RequestOpen || r.Final() {
		return r, errDestroyed
	}
	return r.Reopened(), nil
}

// monthsAfter is the same day some months later, or the last day of that month.
func monthsAfter(t time.Time, n int) time.Time {
	next := t.AddDate(0, n, 0)
	if next.Day() != t.Day() {
		next = next.AddDate(0, 0, -next.Day())
	}
	return next
}

// RequestFilter says which requests staff want to see.
type RequestFilter struct {
	Kind   RequestKind // empty: every kind
	Late   bool        // only those whose time is over
	Mine   bool        // only those that the reader works on
	Reader habeas.AccountID
}

// Of keeps those that the filter lets through.
func (f RequestFilter) Of(all []Request, now time.Time) []Request {
	return slices.DeleteFunc(slices.Clone(all), func(r Request) bool {
		return f.Kind != "" && r.Kind != f.Kind || f.Late && r.DaysLeft(now) >= 0 || f.Mine && r.Assigned != f.Reader
	})
}
