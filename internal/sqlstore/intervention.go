package sqlstore

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
)

var _ account.InterventionWriter = AccountsTx{}

func interventionPlace(id habeas.EventID) string { return "intervention/" + string(id[:]) }

// sealedIntervention is what an administrator wrote down.
type sealedIntervention struct {
	Why string `json:"w"`
}

// Interventions implements account.Interventions.
func (r Accounts) Interventions(ctx context.Context, limit int) ([]account.Intervention, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT event, kind, account, by_whom, at, sealed FROM intervention ORDER BY at DESC, event DESC LIMIT ?`, limit)
	return collect(rows, err, func(s row) (account.Intervention, error) {
		var i account.Intervention
		var event, who, by, sealed []byte
		var at int64
		if err := s.Scan(&event, &i.Kind, &who, &by, &at, &sealed); err != nil {
			return i, err
		}
		copy(i.Event[:], event)
		copy(i.Account[:], who)
		copy(i.By[:], by)
		i.At = moment(at)
		var words sealedIntervention
		err := openWords(r.keys.House(), interventionPlace(i.Event), sealed, &words)
		i.Why = words.Why
		return i, err
	})
}

// Intervene implements account.InterventionWriter. The words are the organisation's and lie under its
// key: they have to outlive the account.
func (w AccountsTx) Intervene(i account.Intervention, e audit.Entry) error {
	sealed, err := sealWords(w.keys.House(), interventionPlace(i.Event), sealedIntervention{i.Why})
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO intervention (event, kind, account, by_whom, at, sealed) VALUES (?,?,?,?,?,?)`,
		i.Event[:], string(i.Kind), nullID(i.Account), i.By[:], millis(i.At), sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}
