package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

// sealedRequest is the personal part of a request, under the record's key; under the
// house's where no record is known.
type sealedRequest struct {
	Answer    string `json:"a,omitempty"`
	Mailbox   string `json:"m,omitempty"`
	Language  string `json:"l,omitempty"`
	WhyLonger string `json:"w,omitempty"`
	Identity  string `json:"i,omitempty"`
	Note      string `json:"n,omitempty"`
}

func requestPlace(id habeas.RequestID) string { return "request/" + string(id[:]) }

const selectRequest = `SELECT id, party, kind, channel, state, due, act_at, ended_at, ended_by, came_at, extended_at, reminded_at, assigned, sealed FROM request`

func (s Notices) scanRequest(ctx context.Context) func(row) (party.Request, error) {
	return func(r row) (party.Request, error) {
		var q party.Request
		var id, about, by, assigned, sealed []byte
		var due, act, ended, came, extended, reminded int64
		if err := r.Scan(&id, &about, &q.Kind, &q.Channel, &q.State, &due, &act, &ended, &by, &came, &extended, &reminded, &assigned, &sealed); err != nil {
			return q, err
		}
		copy(q.ID[:], id)
		copy(q.Party[:], about)
		copy(q.EndedBy[:], by)
		copy(q.Assigned[:], assigned)
		q.Due, q.ActAt, q.EndedAt = moment(due), moment(act), moment(ended)
		q.Came, q.ExtendedAt, q.RemindedAt = moment(came), moment(extended), moment(reminded)
		if sealed == nil {
			return q, nil
		}
		key, err := keyOf(ctx, s.keys, habeas.SubjectOf(q.Party))
		if habeas.KindOf(err) == habeas.KindGone && err != nil { // erased between the commit and the key's end
			return q, nil
		}
		if err != nil {
			return q, err
		}
		var in sealedRequest
		if err := openWords(key, requestPlace(q.ID), sealed, &in); err != nil {
			return q, err
		}
		q.Answer, q.Mailbox, q.Said = in.Answer, in.Mailbox, in.Language
		q.WhyLonger, q.Identity, q.Note = in.WhyLonger, in.Identity, in.Note
		return q, nil
	}
}

// Requests implements party.Notices.
func (s Notices) Requests(ctx context.Context, id habeas.PartyID) ([]party.Request, error) {
	rows, err := s.q.QueryContext(ctx, selectRequest+` WHERE party = ? ORDER BY id DESC`, id[:])
	return collect(rows, err, s.scanRequest(ctx))
}

// Request implements party.Notices.
func (s Notices) Request(ctx context.Context, id habeas.RequestID) (party.Request, error) {
	q, err := s.scanRequest(ctx)(s.q.QueryRowContext(ctx, selectRequest+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return q, habeas.NotFound("There is no such request.").WithCode("request.none")
	}
	return q, failure(err)
}

// OpenRequests implements party.Notices.
func (s Notices) OpenRequests(ctx context.Context, limit int) ([]party.Request, error) {
	rows, err := s.q.QueryContext(ctx, selectRequest+` WHERE state = 'open' ORDER BY due, id LIMIT ?`, limit)
	return collect(rows, err, s.scanRequest(ctx))
}

// EndedRequests implements party.Notices.
func (s Notices) EndedRequests(ctx context.Context, limit int) ([]party.Request, error) {
	rows, err := s.q.QueryContext(ctx, selectRequest+` WHERE state <> 'open' ORDER BY id DESC LIMIT ?`, limit)
	return collect(rows, err, s.scanRequest(ctx))
}

// EachRequest implements party.Notices.
func (s Notices) EachRequest(ctx context.Context, visit func(party.Request) error) error {
	rows, err := s.q.QueryContext(ctx, `SELECT id, party, kind, channel, state, due, act_at, ended_at, ended_by, came_at, extended_at, reminded_at, assigned, NULL
		FROM request ORDER BY id DESC`)
	if err != nil {
		return failure(err)
	}
	defer rows.Close()
	scan := s.scanRequest(ctx)
	for rows.Next() {
		q, err := scan(rows)
		if err != nil {
			return failure(err)
		}
		if err := visit(q); err != nil {
			return err
		}
	}
	return failure(rows.Err())
}

// ToRemind implements party.Notices.
func (s Notices) ToRemind(ctx context.Context, due, since time.Time, limit int) ([]party.Request, error) {
	rows, err := s.q.QueryContext(ctx, selectRequest+` WHERE state = 'open' AND due <= ? AND reminded_at < ? ORDER BY due, id LIMIT ?`, millis(due), millis(since), limit)
	return collect(rows, err, s.scanRequest(ctx))
}

// ToCarryOut implements party.Notices.
func (s Notices) ToCarryOut(ctx context.Context, now time.Time, limit int) ([]party.Request, error) {
	rows, err := s.q.QueryContext(ctx, selectRequest+` WHERE state = 'open' AND act_at > 0 AND act_at <= ? ORDER BY act_at LIMIT ?`, millis(now), limit)
	return collect(rows, err, s.scanRequest(ctx))
}

// SaveRequest implements party.NoticeWriter.
func (w NoticesTx) SaveRequest(q party.Request, e audit.Entry) error {
	if err := w.SaveFulfilled(q, e); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// SaveFulfilled implements party.NoticeWriter: the entry that witnesses what was done has
// been written in this transaction.
func (w NoticesTx) SaveFulfilled(q party.Request, _ audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(q.Party))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, requestPlace(q.ID), sealedRequest{q.Answer, q.Mailbox, q.Said, q.WhyLonger, q.Identity, q.Note})
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO request (id, party, kind, channel, state, due, act_at, ended_at, ended_by, came_at, extended_at, reminded_at, assigned, sealed)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, due = excluded.due, act_at = excluded.act_at, ended_at = excluded.ended_at,
		ended_by = excluded.ended_by, extended_at = excluded.extended_at, reminded_at = excluded.reminded_at, assigned = excluded.assigned,
		sealed = excluded.sealed`,
		q.ID[:], q.Party[:], string(q.Kind), string(q.Channel), string(q.State), millis(q.Due), millis(q.ActAt), millis(q.EndedAt), q.EndedBy[:],
		millis(q.Came), millis(q.ExtendedAt), millis(q.RemindedAt), nullID(q.Assigned), sealed)
	return err
}
