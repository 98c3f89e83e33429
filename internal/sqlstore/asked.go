package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"
	"time"

	"github.com/habeas-data/habeas/internal/entity"
)

// sealedAsked is what a question in the query log says beside its form and moment, under the
// house's key. From always has 16 bytes.
type sealedAsked struct {
	Text     string        `json:"q"`
	Types    []entity.Type `json:"t,omitempty"`
	Results  []entity.ID   `json:"r,omitempty"`
	Found    int           `json:"n"`
	From     []byte        `json:"f"`
	Selected string        `json:"s,omitempty"`
}

func askedPlace(id string) string { return "asked/" + id }

const selectAsked = `SELECT id, at, form, sealed FROM asked`

func (s Entities) sealAsked(a entity.Asked) ([]byte, error) {
	in := sealedAsked{Text: a.Text, Types: a.Types, Results: a.Results, Found: a.Found, From: make([]byte, 16)}
	if a.From.IsValid() {
		from := a.From.As16()
		copy(in.From, from[:])
	}
	if a.Selected != 0 {
		in.Selected = a.Selected.String()
	}
	return sealWords(s.keys.House(), askedPlace(a.ID), in)
}

func (s Entities) scanAsked(r row) (a entity.Asked, err error) {
	var at int64
	var sealed []byte
	if err := r.Scan(&a.ID, &at, &a.Form, &sealed); err != nil {
		return a, err
	}
	var in sealedAsked
	if err := openWords(s.keys.House(), askedPlace(a.ID), sealed, &in); err != nil {
		return a, err
	}
	a.At, a.Text, a.Types, a.Results, a.Found = moment(at), in.Text, in.Types, in.Results, in.Found
	if from, ok := netip.AddrFromSlice(in.From); ok && !from.IsUnspecified() {
		a.From = from.Unmap()
	}
	if in.Selected != "" {
		a.Selected, err = entity.ParseID(in.Selected)
	}
	return a, err
}

// Asked returns the newest questions of the query log until a moment, newest first.
func (s Entities) Asked(ctx context.Context, until time.Time, limit int) ([]entity.Asked, error) {
	rows, err := s.q.QueryContext(ctx, selectAsked+` WHERE at <= ? ORDER BY at DESC, id LIMIT ?`, millis(until), limit)
	return collect(rows, err, s.scanAsked)
}

// AskedCount is how many questions the query log holds since a moment.
func (s Entities) AskedCount(ctx context.Context, since time.Time) (n int64, err error) {
	err = s.q.QueryRowContext(ctx, `SELECT count(*) FROM asked WHERE at >= ?`, millis(since)).Scan(&n)
	return n, failure(err)
}

// KeepAsked adds questions to the query log. They are about nobody; their text, which may
// name people, is sealed.
func (o Ops) KeepAsked(ctx context.Context, all []entity.Asked) error {
	return o.inTx(ctx, func(tx *Tx) error {
		for _, a := range all {
			sealed, err := tx.Entities().sealAsked(a)
			if err != nil {
				return err
			}
			if _, err := tx.exec(`INSERT INTO asked (id, at, form, sealed) VALUES (?,?,?,?) ON CONFLICT (id) DO NOTHING`, a.ID, millis(a.At), a.Form, sealed); err != nil {
				return err
			}
		}
		return nil
	})
}

// MarkSelected notes which result of a question was meant, once and only one that was
// answered. What is not in the query log is forgotten.
func (o Ops) MarkSelected(ctx context.Context, s entity.Selection) error {
	return o.inTx(ctx, func(tx *Tx) error {
		a, err := tx.Entities().scanAsked(tx.queryRow(selectAsked+` WHERE id = ?`, s.Ask))
		if errors.Is(err, sql.ErrNoRows) || err == nil && !a.Answers(s.ID) {
			return nil
		}
		if err != nil {
			return err
		}
		a.Selected = s.ID
		sealed, err := tx.Entities().sealAsked(a)
		if err != nil {
			return err
		}
		_, err = tx.exec(`UPDATE asked SET sealed = ? WHERE id = ?`, sealed, s.Ask)
		return err
	})
}
