package app

import (
	"context"
	"encoding/json"
	"net/netip"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/web/admin"
	"github.com/habeas-data/habeas/internal/webhook"
	"github.com/habeas-data/habeas/sealed"
)

// Webhooks are the use cases about being told rather than asking (PTY-30). It implements
// web/admin.Webhooks and api.Webhooks.
type Webhooks struct {
	DB      *sqlstore.DB
	Changes *Changes
	Clock   habeas.Clock
	Sender  *webhook.Sender
	Allowed []netip.Prefix // private networks that may be reached
	// TellAdministrators leaves a mail to them that leads to a page. Nil: nobody is told.
	TellAdministrators func(tx *sqlstore.Tx, kind mail.Kind, link string) error

	mu     sync.Mutex
	flying map[habeas.SystemID]int // deliveries under way
}

// A receiver is called this often at a time, so that a slow one leaves room for others.
const (
	atOnceEach = 4
	busyFor    = 2 * time.Second
)

func (w *Webhooks) enter(system habeas.SystemID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.flying[system] >= atOnceEach {
		return false
	}
	if w.flying == nil {
		w.flying = make(map[habeas.SystemID]int)
	}
	w.flying[system]++
	return true
}

func (w *Webhooks) leave(system habeas.SystemID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.flying[system]--; w.flying[system] == 0 {
		delete(w.flying, system)
	}
}

// Of returns the webhook of a system and how many of its events wait and were given up;
// webhook.ErrNone without one.
func (w *Webhooks) Of(ctx context.Context, a habeas.Actor, system habeas.SystemID) (h webhook.Hook, waiting, dead int, err error) {
	if err := webhook.MayChange(a, system); err != nil {
		return h, 0, 0, err
	}
	if h, err = w.DB.Webhooks().Hook(ctx, system); err != nil {
		return h, 0, 0, err
	}
	waiting, dead, err = w.DB.Webhooks().Counts(ctx, system)
	return h, waiting, dead, err
}

// GivenUp implements web/admin.Webhooks.
func (w *Webhooks) GivenUp(ctx context.Context, a habeas.Actor, system habeas.SystemID) ([]admin.GivenUp, error) {
	if err := webhook.MayChange(a, system); err != nil {
		return nil, err
	}
	dead, err := w.DB.Webhooks().Undelivered(ctx, system, 100)
	out := make([]admin.GivenUp, len(dead))
	for i, u := range dead {
		out[i] = admin.GivenUp{Seq: u.News.Seq, Kind: u.News.Kind, Tries: u.Tries, Reason: u.Reason, At: u.At}
	}
	return out, err
}

// Set makes a webhook or changes it. The secret is zero unless a new one was made; then
// it is shown this once.
func (w *Webhooks) Set(ctx context.Context, a habeas.Actor, system habeas.SystemID, t webhook.Terms) (h webhook.Hook, secret sealed.Value, err error) {
	var known []string
	for _, k := range party.NewsKinds() {
		known = append(known, string(k))
	}
	fresh := false
	err = w.change(ctx, system, true, func(was webhook.Hook) (webhook.Hook, audit.Entry, error) {
		var e audit.Entry
		var err error
		h, fresh, e, err = was.Set(a, system, t, known, w.Allowed, w.Clock.Now())
		return h, e, err
	})
	if err != nil || !fresh {
		return h, secret, err
	}
	secret, err = h.Secret.Show(sealed.In(ctx))
	return h, secret, err
}

// Rotate gives a webhook a new secret, shown this once; the one before signs too for a day.
func (w *Webhooks) Rotate(ctx context.Context, a habeas.Actor, system habeas.SystemID) (h webhook.Hook, secret sealed.Value, err error) {
	err = w.change(ctx, system, false, func(was webhook.Hook) (_ webhook.Hook, e audit.Entry, err error) {
		h, e, err = was.Rotate(a, w.Clock.Now())
		return h, e, err
	})
	if err != nil {
		return h, secret, err
	}
	secret, err = h.Secret.Show(sealed.In(ctx))
	return h, secret, err
}

// Pause holds events back; Resume sends them.
func (w *Webhooks) Pause(ctx context.Context, a habeas.Actor, system habeas.SystemID) error {
	return w.turn(ctx, a, system, webhook.Paused)
}

// Resume takes a pause back, also one that the server made by itself.
func (w *Webhooks) Resume(ctx context.Context, a habeas.Actor, system habeas.SystemID) error {
	return w.turn(ctx, a, system, webhook.Active)
}

func (w *Webhooks) turn(ctx context.Context, a habeas.Actor, system habeas.SystemID, to webhook.State) error {
	return w.change(ctx, system, false, func(was webhook.Hook) (webhook.Hook, audit.Entry, error) {
		return was.Switch(a, to, w.Clock.Now())
	})
}

// change reads a webhook, applies a rule and writes it. begin permits that there is none.
func (w *Webhooks) change(ctx context.Context, system habeas.SystemID, begin bool, rule func(webhook.Hook) (webhook.Hook, audit.Entry, error)) error {
	return w.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		s, err := tx.Systems().System(ctx, system)
		if err != nil {
			return err
		}
		if !s.Connected() {
			return errSystemEnded
		}
		was, err := tx.Webhooks().Hook(ctx, system)
		if err != nil && (!begin || habeas.KindOf(err) != habeas.KindNotFound) {
			return err
		}
		is, entry, err := rule(was)
		if err != nil {
			return err
		}
		if err := tx.Ops().StartFeed(ctx, system, w.Clock.Now()); err != nil {
			return err
		}
		return tx.Webhooks().SaveHook(is, w.Clock.Now(), entry)
	})
}

var errSystemEnded = habeas.Conflict("This system is disconnected. Connect it again first.").WithCode("system.ended")

// Remove ends a webhook. The feed goes on.
func (w *Webhooks) Remove(ctx context.Context, a habeas.Actor, system habeas.SystemID) error {
	return w.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		was, err := tx.Webhooks().Hook(ctx, system)
		if err != nil {
			return err
		}
		entry, err := was.Remove(a, w.Clock.Now())
		if err != nil {
			return err
		}
		return tx.Webhooks().RemoveHook(system, entry)
	})
}

// Test leaves a test event, which goes the way of all events.
func (w *Webhooks) Test(ctx context.Context, a habeas.Actor, system habeas.SystemID) error {
	if err := webhook.MayChange(a, system); err != nil {
		return err
	}
	return w.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		if _, err := tx.Webhooks().Hook(ctx, system); err != nil {
			return err
		}
		if err := tx.Ops().StartFeed(ctx, system, w.Clock.Now()); err != nil {
			return err
		}
		return tx.Webhooks().Test(system, w.Clock.Now())
	})
}

// Resend sends events again that were given up; seq zero means all. It returns how many.
func (w *Webhooks) Resend(ctx context.Context, a habeas.Actor, system habeas.SystemID, seq int64) (n int, err error) {
	if err := webhook.MayChange(a, system); err != nil {
		return 0, err
	}
	e := audit.Entry{
		ID: habeas.NewID[habeas.EventKind](w.Clock.Now()), Event: audit.SystemWebhook, Actor: a, At: w.Clock.Now(),
		Detail: map[string]string{"system": system.String(), "act": "resend"},
	}
	err = w.DB.InTx(ctx, func(tx *sqlstore.Tx) (err error) {
		if _, err = tx.Webhooks().Hook(ctx, system); err == nil {
			n, err = tx.Webhooks().Resend(system, seq, w.Clock.Now(), e)
		}
		return err
	})
	return n, err
}

// newsBody is the body of a delivery: what the feed shows of the event, in the form that
// Standard Webhooks recommends.
type newsBody struct {
	Type      party.NewsKind `json:"type"`
	Timestamp time.Time      `json:"timestamp"` // the hour, no finer
	Data      newsData       `json:"data"`
}

type newsData struct {
	ID    string `json:"id"`
	Party string `json:"party,omitempty"`
	Other string `json:"other,omitempty"`
}

// bodyOf writes it, the same each time, because a signature covers its bytes.
func bodyOf(n party.News) []byte {
	d := newsData{ID: n.ID.String()}
	if !n.Ref.IsZero() {
		d.Party = n.Ref.String()
	}
	if !n.Other.IsZero() {
		d.Other = n.Other.String()
	}
	body, _ := json.Marshal(newsBody{n.Kind, n.Hour.UTC(), d}) // plain texts always encode
	return body
}

// Deliver is the outbox handler: it sends one event. When nothing gets through for a day,
// or the receiver says that it is gone, the webhook is paused and administrators are told;
// what was not sent is held back until somebody lets it go on.
func (w *Webhooks) Deliver(ctx context.Context, job jobs.Job) error {
	system, seq, ok := sqlstore.ParseDelivery(job.Payload)
	if !ok {
		return jobs.Permanent("unreadable", nil)
	}
	h, err := w.DB.Webhooks().Hook(ctx, system)
	if habeas.KindOf(err) == habeas.KindNotFound {
		return jobs.Permanent("removed", err)
	}
	if err != nil {
		return err
	}
	s, err := w.DB.Systems().System(ctx, system)
	if err != nil {
		return err
	}
	if !w.enter(system) {
		return jobs.Postpone(busyFor)
	}
	defer w.leave(system)
	n, kept, err := w.DB.Changes().OneNews(ctx, system, seq)
	if err != nil {
		return err
	}
	if !kept || !s.Connected() {
		return jobs.Permanent("over", nil)
	}
	failed := w.Sender.Send(ctx, h, n.ID.String(), bodyOf(n))
	now := w.Clock.Now()
	if failed == nil {
		if h.Failing.IsZero() && now.Sub(h.LastOK) < time.Minute {
			return nil // said already, to the minute
		}
		return w.DB.Ops().MarkHook(ctx, system, true, now, "")
	}
	reason := ""
	gone := false
	if f, ok := failed.(*webhook.Failure); ok { //nolint:errorlint // Send returns nothing else
		reason, gone = f.Reason(), f.Permanent()
	}
	if !gone && (h.Failing.IsZero() || now.Sub(h.Failing) < webhook.GiveUp) {
		if err := w.DB.Ops().MarkHook(ctx, system, false, now, reason); err != nil {
			return err
		}
		return failed
	}
	if err := w.giveUp(ctx, system, h.Version, reason); err != nil {
		return err
	}
	return failed
}

// giveUp pauses a webhook and tells administrators, once.
func (w *Webhooks) giveUp(ctx context.Context, system habeas.SystemID, version int64, reason string) error {
	return w.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		h, err := tx.Webhooks().Hook(ctx, system)
		if err != nil || h.Version != version || h.State != webhook.Active {
			return err // somebody has changed it meanwhile, or given it up already
		}
		is, entry, err := h.Switch(habeas.Server, webhook.GaveUp, w.Clock.Now())
		if err != nil {
			return err
		}
		is.Reason = reason
		if err := tx.Webhooks().SaveHook(is, w.Clock.Now(), entry); err != nil {
			return err
		}
		if w.TellAdministrators == nil {
			return nil
		}
		return w.TellAdministrators(tx, mail.KindWebhook, "/admin/systems/"+system.String()+"/webhook")
	})
}
