package sqlstore

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
)

const selectContribution = `SELECT id, at, operation, object, contributor, via, through, refused FROM contribution`

func scanContribution(r row) (account.Contribution, error) {
	var c account.Contribution
	var id, by, via, through []byte
	var at int64
	if err := r.Scan(&id, &at, &c.Operation, &c.Object, &by, &via, &through, &c.Refused); err != nil {
		return c, err
	}
	copy(c.ID[:], id)
	copy(c.By[:], by)
	copy(c.Via[:], via)
	copy(c.Through[:], through)
	c.At = moment(at)
	return c, nil
}

// Contributor is the pseudonym of an account in the contribution log.
func (s Logs) Contributor(ctx context.Context, id habeas.AccountID) (account.Pseudonym, error) {
	key, err := s.keys.Key(ctx, habeas.SubjectOf(id))
	if err != nil {
		return account.Pseudonym{}, err
	}
	return account.ContributorOf(key), nil
}

// ContributionsTo implements account.Logs.
func (s Logs) ContributionsTo(ctx context.Context, object string, limit int) ([]account.Contribution, error) {
	rows, err := s.q.QueryContext(ctx, selectContribution+` WHERE object = ? ORDER BY at DESC, id DESC LIMIT ?`, object, limit)
	return collect(rows, err, scanContribution)
}

// ContributionsBy implements account.Logs.
func (s Logs) ContributionsBy(ctx context.Context, by account.Pseudonym, limit int) ([]account.Contribution, error) {
	rows, err := s.q.QueryContext(ctx, selectContribution+` WHERE contributor = ? OR through = ? ORDER BY at DESC, id DESC LIMIT ?`, by[:], by[:], limit)
	return collect(rows, err, scanContribution)
}

// ContributionsAfter implements account.Logs.
func (s Logs) ContributionsAfter(ctx context.Context, after habeas.ContributionID, limit int) ([]account.Contribution, error) {
	rows, err := s.q.QueryContext(ctx, selectContribution+` WHERE id > ? ORDER BY id LIMIT ?`, after[:], limit)
	return collect(rows, err, scanContribution)
}

// SaveContribution implements account.LogWriter.
func (w LogsTx) SaveContribution(c account.Contribution, e audit.Entry) error {
	month, err := w.keys.LogMonth(w.tx.ctx, c.At)
	if err != nil {
		return err
	}
	mark := markOf(month, w.tx.origin)
	var through []byte
	if !c.Through.IsZero() {
		through = c.Through[:]
	}
	_, err = w.tx.exec(`INSERT INTO contribution (id, at, operation, object, contributor, via, through, refused, mark) VALUES (?,?,?,?,?,?,?,?,?)`,
		c.ID[:], millis(c.At), string(c.Operation), c.Object, c.By[:], c.Via[:], through, c.Refused, mark[:])
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}
