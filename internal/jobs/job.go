package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
)

// Kind names what is to be done: "mail", "webhook". The worker has a handler
// for each.
type Kind string

// Job is one thing to do. It is claimed when Store.Due returns it.
type Job struct {
	ID        habeas.MailID // idempotency key of its effect
	Kind      Kind
	Payload   []byte    // opened by the store; empty once done or dead
	CreatedAt time.Time // when it was queued
	ExpiresAt time.Time // not worth doing from then on, such as an expired code; zero: never
	Attempts  int       // how often it has been claimed, this time included; fences the claim
}

// Store keeps jobs. internal/sqlstore implements it; its conformance tests live
// there. All methods are safe for concurrent use by several nodes.
type Store interface {
	// Due claims at most limit jobs whose time has come and whose lease, if
	// any, has ended, those due longest first. A claim lasts until leaseEnd,
	// and counts as an attempt, durably before Due returns: a job that kills
	// its process does not do so for ever.
	Due(ctx context.Context, now, leaseEnd time.Time, limit int) ([]Job, error)

	// Done records that the job's effect took place and clears its payload. It
	// holds whoever has the lease now, for an effect cannot be taken back.
	Done(ctx context.Context, id habeas.MailID, now time.Time) error

	// Retry ends the claim and makes the job due at at. It does nothing unless
	// attempt is the job's latest, for then somebody else has claimed it since.
	Retry(ctx context.Context, id habeas.MailID, attempt int, at time.Time, reason string) error

	// Dead gives the job up: it clears the payload and keeps the reason, for
	// the delivery record. Fenced by attempt, as Retry is.
	Dead(ctx context.Context, id habeas.MailID, attempt int, now time.Time, reason string) error
}

// Handler carries out one job. It must return soon after ctx ends. An error is
// tried again later, unless it is permanent: made by [Permanent], or a type
// with a method Permanent() bool that says so. The reason that is recorded is
// what a method Reason() string of the error says, else the code of a
// *habeas.Error, else "failed". A method RetryAfter() time.Duration puts the next try
// off, if it would come sooner.
type Handler func(ctx context.Context, job Job) error

// Permanent marks err as beyond retrying. Reason is a short code without
// personal data.
func Permanent(reason string, err error) error { return &permanent{reason, err} }

type permanent struct {
	reason string
	err    error
}

func (p *permanent) Error() string {
	if p.err == nil {
		return p.reason
	}
	return p.reason + ": " + p.err.Error()
}
func (p *permanent) Unwrap() error   { return p.err }
func (p *permanent) Permanent() bool { return true }
func (p *permanent) Reason() string  { return p.reason }

// isPermanent asks the first error in the chain that has an opinion.
func isPermanent(err error) bool {
	var p interface {
		error
		Permanent() bool
	}
	return errors.As(err, &p) && p.Permanent()
}

// reasonOf finds a short code for err; never its text.
func reasonOf(err error) string {
	var coded interface {
		error
		Reason() string
	}
	var own *habeas.Error
	switch {
	case errors.As(err, &coded):
		return coded.Reason()
	case errors.As(err, &own) && own.Code != "":
		return own.Code
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return "failed"
}

// Postpone is an error that puts a job off without saying that anything went wrong, such
// as while its receiver is busy with others.
func Postpone(d time.Duration) error { return postponed(d) }

type postponed time.Duration

func (p postponed) Error() string { return "postponed" }

// laterOf is how long the other side asks to be left alone: what a method RetryAfter()
// time.Duration of the error says.
func laterOf(err error) time.Duration {
	var l interface {
		error
		RetryAfter() time.Duration
	}
	if errors.As(err, &l) {
		return l.RetryAfter()
	}
	return 0
}

// State is where a job stands.
type State string

// The states of a job.
const (
	Waiting State = "waiting" // not done yet; tried again until it succeeds or is too old
	Ended   State = "done"
	Failed  State = "dead" // given up: for a mail, it bounced or no server took it in time
)

// Delivery is one line of the delivery record: what became of a job. It says
// neither to whom nor what.
type Delivery struct {
	ID       habeas.MailID
	Kind     Kind
	About    string // of a mail: its kind, such as "claimed"; empty for those of before it was noted
	State    State
	QueuedAt time.Time
	EndedAt  time.Time // zero while it waits
	Tries    int
	Reason   string // short code of the last failure, such as "recipient-550-5.1.1"
	Again    bool   // it was given up and can be sent again
}
