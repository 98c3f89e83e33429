package webhook

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/sealed"
)

// Job is the outbox kind of one delivery.
const Job jobs.Kind = "webhook"

// State is whether events are sent.
type State string

// The states.
const (
	Active State = "active"
	Paused State = "paused"  // somebody paused it
	GaveUp State = "gave-up" // nothing has got through for long, or the receiver is gone
)

// What is kept, and when a webhook is given up.
const (
	Overlap    = 24 * time.Hour // after a change of the secret both sign
	GiveUp     = 24 * time.Hour // without one delivery that got through
	KeepTrying = 72 * time.Hour // of one event; longer than GiveUp, so that a pause comes first
	maxURL     = 1000
	secretSize = 32 // the specification asks for 24 to 64 bytes
)

// Hook is where one system wants to be told, and how that goes.
type Hook struct {
	System  habeas.SystemID
	URL     string
	Kinds   []string // of events; none: all
	State   State
	Version int64 // grows with each change of the above; 0: there is none

	Secret    Secret
	OldSecret Secret    // zero: none
	OldUntil  time.Time // until when it signs too

	Failing time.Time // since when nothing has got through; zero: it goes well
	LastOK  time.Time // zero: nothing got through yet
	Reason  string    // short code of the last failure
	Held    int64     // while paused: the last event that is not held back
}

// Hooks is what may be done about the webhook of a system, by an administrator or by the
// system itself. Each method refuses everybody else; it is safe for concurrent use.
type Hooks interface {
	// Of returns the webhook with how many events wait and were given up, or [ErrNone].
	Of(ctx context.Context, a habeas.Actor, system habeas.SystemID) (h Hook, waiting, dead int, err error)
	// Set makes or changes it; the secret is zero unless a new one was made.
	Set(ctx context.Context, a habeas.Actor, system habeas.SystemID, t Terms) (Hook, sealed.Value, error)
	// Rotate makes a new secret; the old one signs too for [Overlap].
	Rotate(ctx context.Context, a habeas.Actor, system habeas.SystemID) (Hook, sealed.Value, error)
	Remove(ctx context.Context, a habeas.Actor, system habeas.SystemID) error
	// Test sends an event that means nothing.
	Test(ctx context.Context, a habeas.Actor, system habeas.SystemID) error
	// Resend sends an event that was given up again, or all for zero, and returns how many.
	Resend(ctx context.Context, a habeas.Actor, system habeas.SystemID, seq int64) (int, error)
}

// Secret signs events. It prints as nothing.
type Secret struct{ raw []byte }

// SecretOf takes the bytes of a stored secret.
func SecretOf(raw []byte) Secret { return Secret{raw} }

// Raw returns the bytes to store, nil for none.
func (s Secret) Raw() []byte { return s.raw }

// IsZero reports whether there is none.
func (s Secret) IsZero() bool { return len(s.raw) == 0 }

// Format hides it from every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "webhook.Secret") }

// Show seals the text that is shown once: "whsec_" and base64.
func (s Secret) Show(in *sealed.Session) (sealed.Value, error) {
	text := append([]byte(secretPrefix), base64.StdEncoding.AppendEncode(nil, s.raw)...)
	defer clear(text)
	return in.Seal("secret of a webhook", text)
}

func newSecret() Secret {
	raw := make([]byte, secretSize)
	rand.Read(raw) // never fails: crypto/rand aborts the program instead
	return Secret{raw}
}

// Errors about webhooks, for people and programs.
var (
	ErrNone = habeas.NotFound("There is no webhook. Set one first.").WithCode("webhook.none")

	errURL    = habeas.Invalid("url", "Use a full https address, such as https://bookings.example.org/habeas.").WithCode("webhook.url")
	errPlain  = habeas.Invalid("url", "Use https. Plain http is for this machine only.").WithCode("webhook.url")
	errInside = habeas.Invalid("url", "This address is inside a network that webhooks may not reach. Name the network in the setting webhook.allow_networks first.").
			WithCode("webhook.url")
	errKinds = habeas.Invalid("types", "There is no event type of this name.").WithCode("webhook.types")
	errMay   = habeas.Forbidden("Only administrators and the system itself change its webhook.").WithCode("role.missing")
)

// Terms are what can be chosen of a webhook.
type Terms struct {
	URL    string
	Kinds  []string
	Paused bool
}

// MayChange refuses everybody but administrators and the system itself.
func MayChange(a habeas.Actor, system habeas.SystemID) error {
	if a.Has(habeas.RoleAdministrator) || a.Kind == habeas.ActorSystem && a.System == system && !system.IsZero() {
		return nil
	}
	return errMay
}

// Set makes a webhook, or changes it. fresh says that it has a secret to be shown; one
// that goes to another host gets a new one, because the old receiver knows the old.
func (h Hook) Set(a habeas.Actor, system habeas.SystemID, t Terms, known []string, allowed []netip.Prefix, now time.Time) (is Hook, fresh bool, e audit.Entry, err error) {
	if err := MayChange(a, system); err != nil {
		return h, false, e, err
	}
	u, err := CheckURL(t.URL, allowed)
	if err != nil {
		return h, false, e, err
	}
	kinds := slices.Compact(slices.Sorted(slices.Values(t.Kinds)))
	for _, k := range kinds {
		if !slices.Contains(known, k) {
			return h, false, e, errKinds
		}
	}
	if len(kinds) == len(known) {
		kinds = nil
	}
	was, _ := url.Parse(h.URL) // empty for none, which has no host
	is = h
	if fresh = h.Version == 0 || was.Host != u.Host; fresh {
		is.Secret, is.OldSecret, is.OldUntil = newSecret(), Secret{}, time.Time{}
	}
	is.System, is.URL, is.Kinds = system, t.URL, kinds
	is.Failing, is.Reason = time.Time{}, ""
	is.State = Active
	if t.Paused {
		is.State = Paused
	}
	is.Version++
	e = is.entry(a, "set", now)
	e.Detail["host"], e.Detail["state"] = u.Host, string(is.State)
	return is, fresh, e, nil
}

// Rotate gives the webhook a new secret. The one before signs too for a day, so that the
// receiver can take the new one up when it is ready.
func (h Hook) Rotate(a habeas.Actor, now time.Time) (Hook, audit.Entry, error) {
	if err := MayChange(a, h.System); err != nil {
		return h, audit.Entry{}, err
	}
	h.OldSecret, h.OldUntil, h.Secret = h.Secret, now.Add(Overlap), newSecret()
	h.Version++
	return h, h.entry(a, "secret", now), nil
}

// Remove witnesses that the webhook goes.
func (h Hook) Remove(a habeas.Actor, now time.Time) (audit.Entry, error) {
	if err := MayChange(a, h.System); err != nil {
		return audit.Entry{}, err
	}
	return h.entry(a, "remove", now), nil
}

// Switch pauses or resumes it.
func (h Hook) Switch(a habeas.Actor, to State, now time.Time) (Hook, audit.Entry, error) {
	if a.Kind != habeas.Server.Kind {
		if err := MayChange(a, h.System); err != nil {
			return h, audit.Entry{}, err
		}
	}
	if to == Active {
		h.Failing, h.Reason = time.Time{}, ""
	}
	h.State = to
	h.Version++
	return h, h.entry(a, string(to), now), nil
}

// entry witnesses a change. The path of the address may be a secret, so it is not in it.
func (h Hook) entry(a habeas.Actor, act string, now time.Time) audit.Entry {
	return audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: audit.SystemWebhook, Actor: a, At: now,
		Detail: map[string]string{"system": h.System.String(), "act": act},
	}
}

// Wants reports whether an event of a kind is sent. What is about no party is.
func (h Hook) Wants(kind string, always ...string) bool {
	return len(h.Kinds) == 0 || slices.Contains(h.Kinds, kind) || slices.Contains(always, kind)
}

// Host is where it goes, for pages: without the path, which may be a secret.
func (h Hook) Host() string {
	u, err := url.Parse(h.URL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// CheckURL reads an address that events can be sent to. What its name leads to is
// looked at when it is called, each time.
func CheckURL(text string, allowed []netip.Prefix) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || len(text) > maxURL || u.Hostname() == "" || u.Opaque != "" || u.User != nil || u.Fragment != "" ||
		u.Scheme != "https" && u.Scheme != "http" || strings.ContainsFunc(text, unseen) {
		return nil, errURL
	}
	ip, literal := netip.ParseAddr(u.Hostname())
	if u.Scheme == "http" && u.Hostname() != "localhost" && (literal != nil || !ip.Unmap().IsLoopback()) {
		return nil, errPlain
	}
	if literal == nil && !reachable(ip, allowed) {
		return nil, errInside
	}
	return u, nil
}

func unseen(r rune) bool { return r <= ' ' || r > '~' }
