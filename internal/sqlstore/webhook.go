package sqlstore

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/webhook"
)

// Webhooks reads where systems want to be told.
type Webhooks struct {
	q    querier
	keys *keyring.Ring
}

// Webhooks returns the reader on the pool.
func (db *DB) Webhooks() Webhooks { return Webhooks{db.readers, db.cfg.Keys} }

// Webhooks returns reader and writer in this transaction.
func (tx *Tx) Webhooks() WebhooksTx {
	return WebhooksTx{Webhooks{steady{tx.w.conn}, tx.w.db.cfg.Keys}, tx}
}

// sealedHook is what of a webhook lies sealed: the path of an address may be a secret.
type sealedHook struct {
	URL      string    `json:"u"`
	Secret   []byte    `json:"s"`
	Old      []byte    `json:"o,omitempty"`
	OldUntil time.Time `json:"t,omitzero"`
}

func hookPlace(id habeas.SystemID) string { return "webhook/" + string(id[:]) }

const selectHook = `SELECT system, state, kinds, failing, last_ok, reason, held, version, sealed FROM webhook`

func (r Webhooks) scan(row row) (h webhook.Hook, err error) {
	var system, sealed []byte
	var kinds string
	var failing, ok int64
	if err := row.Scan(&system, &h.State, &kinds, &failing, &ok, &h.Reason, &h.Held, &h.Version, &sealed); err != nil {
		return h, err
	}
	copy(h.System[:], system)
	h.Kinds, h.Failing, h.LastOK = splitList(kinds), moment(failing), moment(ok)
	text, err := r.keys.House().Open(hookPlace(h.System), sealed)
	if err != nil {
		return h, err
	}
	var in sealedHook
	if err := json.Unmarshal(text, &in); err != nil {
		return h, err
	}
	h.URL, h.Secret, h.OldSecret, h.OldUntil = in.URL, webhook.SecretOf(in.Secret), webhook.SecretOf(in.Old), in.OldUntil
	return h, nil
}

// Hook returns the webhook of a system; webhook.ErrNone without one.
func (r Webhooks) Hook(ctx context.Context, system habeas.SystemID) (webhook.Hook, error) {
	h, err := r.scan(r.q.QueryRowContext(ctx, selectHook+` WHERE system = ?`, system[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return webhook.Hook{System: system}, webhook.ErrNone
	}
	return h, failure(err)
}

// Undelivered is an event that was given up.
type Undelivered struct {
	News   party.News
	Tries  int
	Reason string
	At     time.Time
}

// Undelivered lists what was given up, the newest first.
func (r Webhooks) Undelivered(ctx context.Context, system habeas.SystemID, limit int) ([]Undelivered, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT e.system, e.seq, e.id, e.kind, e.ref, e.other, e.hour, o.tries, o.reason, o.ended
		FROM change_event e JOIN outbox o ON o.id = e.job WHERE e.system = ? AND o.state = 'dead' ORDER BY e.seq DESC LIMIT ?`, system[:], limit)
	return collect(rows, err, func(row row) (u Undelivered, err error) {
		var at int64
		u.News, err = scanNews(withMore{row, []any{&u.Tries, &u.Reason, &at}})
		u.At = moment(at)
		return u, err
	})
}

// Counts says how many events of a system wait to be sent and how many were given up.
func (r Webhooks) Counts(ctx context.Context, system habeas.SystemID) (waiting, dead int, err error) {
	err = r.q.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE o.state = 'waiting'), count(*) FILTER (WHERE o.state = 'dead')
		FROM change_event e JOIN outbox o ON o.id = e.job WHERE e.system = ?`, system[:]).Scan(&waiting, &dead)
	return waiting, dead, failure(err)
}

// WebhooksTx writes webhooks.
type WebhooksTx struct {
	Webhooks
	tx *Tx
}

// SaveHook inserts or changes a webhook. When it is paused, what waits to be sent is held
// back; when it goes on, all that was held back is sent.
func (w WebhooksTx) SaveHook(h webhook.Hook, now time.Time, e audit.Entry) error {
	was, err := w.Hook(w.tx.ctx, h.System)
	if err != nil && !errors.Is(err, webhook.ErrNone) {
		return err
	}
	if h.Version != was.Version+1 {
		return errHookMoved
	}
	if h.State != webhook.Active && (was.State == webhook.Active || was.Version == 0) {
		if h.Held, err = w.hold(h.System); err != nil {
			return err
		}
	}
	text, err := json.Marshal(sealedHook{h.URL, h.Secret.Raw(), h.OldSecret.Raw(), h.OldUntil})
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO webhook (system, state, kinds, failing, last_ok, reason, held, version, sealed) VALUES (?,?,?,?,?,?,?,?,?)
		ON CONFLICT (system) DO UPDATE SET state=excluded.state, kinds=excluded.kinds, failing=excluded.failing, last_ok=excluded.last_ok,
		reason=excluded.reason, held=excluded.held, version=excluded.version, sealed=excluded.sealed`,
		h.System[:], string(h.State), joinList(h.Kinds), millis(h.Failing), millis(h.LastOK), h.Reason, h.Held, h.Version,
		w.keys.House().Seal(hookPlace(h.System), text))
	if err != nil {
		return err
	}
	if h.State == webhook.Active && was.Version > 0 && was.State != webhook.Active {
		if err := w.release(h, was.Held, now); err != nil {
			return err
		}
	}
	return w.tx.Audit(e)
}

var errHookMoved = habeas.Conflict("Somebody else changed this meanwhile. Look at what it says now, then decide.").WithCode("webhook.changed")

// hold takes what waits out of the outbox and returns the last event that is not held.
func (w WebhooksTx) hold(system habeas.SystemID) (held int64, err error) {
	var first sql.NullInt64
	err = w.tx.queryRow(`SELECT min(e.seq) FROM change_event e JOIN outbox o ON o.id = e.job WHERE e.system = ? AND o.state = 'waiting'`, system[:]).Scan(&first)
	if err != nil {
		return 0, err
	}
	if err := w.tx.queryRow(`SELECT coalesce(max(head), 0) FROM change_feed WHERE system = ?`, system[:]).Scan(&held); err != nil {
		return 0, err
	}
	if !first.Valid {
		return held, nil
	}
	const waiting = `SELECT o.id FROM outbox o JOIN change_event e ON e.job = o.id WHERE e.system = ? AND o.state = 'waiting'`
	if _, err := w.tx.exec(`UPDATE change_event SET job = NULL WHERE system = ? AND job IN (`+waiting+`)`, system[:], system[:]); err != nil {
		return 0, err
	}
	_, err = w.tx.exec(`DELETE FROM outbox WHERE kind = ? AND state = 'waiting' AND id NOT IN (SELECT job FROM change_event WHERE job IS NOT NULL)`, string(webhook.Job))
	return first.Int64 - 1, err
}

// release sends what was held back.
func (w WebhooksTx) release(h webhook.Hook, after int64, now time.Time) error {
	rows, err := w.tx.query(selectNews+` WHERE system = ? AND seq > ? AND job IS NULL ORDER BY seq`, h.System[:], after)
	held, err := collect(rows, err, scanNews)
	for _, n := range held {
		if err == nil && h.Wants(string(n.Kind), always...) {
			err = w.tx.postNews(n, now)
		}
	}
	return err
}

// RemoveHook ends a webhook and what waits for it. The feed goes on.
func (w WebhooksTx) RemoveHook(system habeas.SystemID, e audit.Entry) error {
	if _, err := w.hold(system); err != nil {
		return err
	}
	if err := exactlyOne(w.tx.exec(`DELETE FROM webhook WHERE system = ?`, system[:])); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// Resend lets events that were given up be sent again; seq zero means all of the
// system's. It returns how many those are.
func (w WebhooksTx) Resend(system habeas.SystemID, seq int64, now time.Time, e audit.Entry) (int, error) {
	dead, err := w.Undelivered(w.tx.ctx, system, 10_000)
	n := 0
	for _, u := range dead {
		if err != nil {
			return n, err
		}
		if seq == 0 || u.News.Seq == seq {
			n++
			if _, err = w.tx.exec(`DELETE FROM outbox WHERE id = (SELECT job FROM change_event WHERE system = ? AND seq = ?)`, system[:], u.News.Seq); err == nil {
				err = w.tx.postNews(u.News, now)
			}
		}
	}
	if err != nil || n == 0 {
		return n, err
	}
	return n, w.tx.Audit(e)
}

// Test leaves a test event in the feed of a system.
func (w WebhooksTx) Test(system habeas.SystemID, now time.Time) error {
	return w.tx.addNews(party.News{System: system, Kind: party.NewsTest}, now)
}

// always are the kinds of events that every webhook is sent.
var always = []string{string(party.NewsReset), string(party.NewsTest)}

// sendNews leaves the delivery of an event in the outbox when the system has a webhook
// that wants it now. What a paused one wants is found by release.
func (tx *Tx) sendNews(n party.News, now time.Time) error {
	var state webhook.State
	var kinds string
	err := tx.queryRow(`SELECT state, kinds FROM webhook WHERE system = ?`, n.System[:]).Scan(&state, &kinds)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	h := webhook.Hook{Kinds: splitList(kinds)}
	if err != nil || state != webhook.Active || !h.Wants(string(n.Kind), always...) {
		return err
	}
	return tx.postNews(n, now)
}

// postNews leaves the delivery of an event in the outbox. The job names no party, so that
// the news of an erasure outlives the party.
func (tx *Tx) postNews(n party.News, now time.Time) error {
	id := habeas.NewID[habeas.MailKind](now)
	payload := binary.BigEndian.AppendUint64(n.System[:], uint64(n.Seq)) //nolint:gosec // counted from 1
	if err := tx.Post(webhook.Job, "", id, habeas.SubjectID{}, payload, now, time.Time{}); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE change_event SET job = ? WHERE system = ? AND seq = ?`, id[:], n.System[:], n.Seq)
	return err
}

// ParseDelivery reads what postNews wrote.
func ParseDelivery(payload []byte) (system habeas.SystemID, seq int64, ok bool) {
	if len(payload) != len(system)+8 {
		return system, 0, false
	}
	copy(system[:], payload)
	return system, int64(binary.BigEndian.Uint64(payload[len(system):])), true //nolint:gosec // as it was written
}

// MarkHook notes how a delivery went: at is when it got through, or since when none has.
func (o Ops) MarkHook(ctx context.Context, system habeas.SystemID, ok bool, at time.Time, reason string) error {
	return o.inTx(ctx, func(tx *Tx) error {
		query := `UPDATE webhook SET failing = CASE WHEN failing = 0 THEN ?1 ELSE failing END, reason = ?2 WHERE system = ?3`
		if ok {
			query = `UPDATE webhook SET failing = 0, last_ok = ?1, reason = ?2 WHERE system = ?3`
		}
		_, err := tx.exec(query, millis(at), reason, system[:])
		return err
	})
}

// Lane is the outbox as seen by a worker for one kind of jobs only, so that what is slow
// does not hold up the rest.
func (o Ops) Lane(kind jobs.Kind) jobs.Store { return lane{o, kind} }

type lane struct {
	Ops
	kind jobs.Kind
}

// Due implements jobs.Store.
func (l lane) Due(ctx context.Context, now, leaseEnd time.Time, limit int) ([]jobs.Job, error) {
	return l.due(ctx, `kind = ?`, l.kind, now, leaseEnd, limit)
}
