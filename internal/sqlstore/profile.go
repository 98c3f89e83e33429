package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Profiles reads what was decided about public profiles and completion lists. It
// implements party.Profiles and party.Completions.
type Profiles struct {
	q    querier
	keys *keyring.Ring
}

// ProfilesTx writes it in one transaction. It implements party.ProfileWriter and
// party.CompletionWriter.
type ProfilesTx struct {
	Profiles
	tx *Tx
}

var (
	_ party.ProfileWriter    = ProfilesTx{}
	_ party.CompletionWriter = ProfilesTx{}
)

// Profiles returns the reader on the pool.
func (db *DB) Profiles() Profiles { return Profiles{q: db.Records().q, keys: db.cfg.Keys} }

// Profiles returns the reader and writer in this transaction.
func (tx *Tx) Profiles() ProfilesTx {
	r := tx.Records()
	return ProfilesTx{Profiles{q: r.q, keys: r.keys}, tx}
}

// wishes reads a row of what the person of a record wishes: whose wish it is, two
// moments, and the list that is sealed.
func (s Profiles) wishes(ctx context.Context, query, place string, id habeas.PartyID) (who habeas.AccountID, one, two time.Time, list []string, err error) {
	var account, sealed []byte
	var first, second int64
	err = s.q.QueryRowContext(ctx, query, id[:]).Scan(&account, &first, &second, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return who, one, two, nil, nil
	}
	if err != nil {
		return who, one, two, nil, failure(err)
	}
	copy(who[:], account)
	one, two = moment(first), moment(second)
	if sealed == nil {
		return who, one, two, nil, nil
	}
	key, err := s.keys.Key(ctx, habeas.SubjectOf(id))
	if err != nil {
		return who, one, two, nil, err
	}
	return who, one, two, list, openWords(key, place+string(id[:]), sealed, &list)
}

// Showing implements party.Profiles.
func (s Profiles) Showing(ctx context.Context, id habeas.PartyID) (party.Showing, error) {
	who, published, hidden, shut, err := s.wishes(ctx, `SELECT account, published_at, hidden_at, sealed FROM showing WHERE party = ?`, "showing/", id)
	return party.Showing{Party: id, Account: who, PublishedAt: published, HiddenAt: hidden, Shut: shut}, err
}

// Completing implements party.Completions.
func (s Profiles) Completing(ctx context.Context, id habeas.PartyID) (party.Completing, error) {
	who, reminded, _, quiet, err := s.wishes(ctx, `SELECT account, reminded_at, 0, sealed FROM completing WHERE party = ?`, "completing/", id)
	return party.Completing{Party: id, Account: who, RemindedAt: reminded, Quiet: quiet}, err
}

// Published implements party.Profiles: what its person or staff have published. Whether
// it may be shown now is decided where it is.
func (s Profiles) Published(ctx context.Context, after habeas.PartyID, limit int) ([]habeas.PartyID, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT party FROM (SELECT party FROM showing WHERE published_at > 0
		UNION SELECT party FROM consent WHERE kind = 'profile.public' AND given) AS p WHERE party > ? ORDER BY party LIMIT ?`, after[:], limit)
	return collect(rows, err, func(r row) (id habeas.PartyID, err error) {
		b, err := scanBytes(r)
		copy(id[:], b)
		return id, err
	})
}

// SaveShowing implements party.ProfileWriter.
func (w ProfilesTx) SaveShowing(s party.Showing, e audit.Entry) error {
	sealed, err := w.seal("showing/", s.Party, s.Shut)
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO showing (party, account, published_at, hidden_at, sealed) VALUES (?,?,?,?,?) ON CONFLICT (party) DO UPDATE
		SET account = excluded.account, published_at = excluded.published_at, hidden_at = excluded.hidden_at, sealed = excluded.sealed`,
		s.Party[:], s.Account[:], millis(s.PublishedAt), millis(s.HiddenAt), sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// SaveCompleting implements party.CompletionWriter.
func (w ProfilesTx) SaveCompleting(c party.Completing, e audit.Entry) error {
	sealed, err := w.seal("completing/", c.Party, c.Quiet)
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO completing (party, account, reminded_at, sealed) VALUES (?,?,?,?) ON CONFLICT (party) DO UPDATE
		SET account = excluded.account, reminded_at = excluded.reminded_at, sealed = excluded.sealed`,
		c.Party[:], c.Account[:], millis(c.RemindedAt), sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// seal returns nil for an empty list.
func (w ProfilesTx) seal(place string, id habeas.PartyID, list []string) (any, error) {
	if len(list) == 0 {
		return nil, nil
	}
	key, err := w.tx.key(habeas.SubjectOf(id))
	if err != nil {
		return nil, err
	}
	return sealWords(key, place+string(id[:]), list)
}
