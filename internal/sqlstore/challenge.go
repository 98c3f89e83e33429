package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Challenge finds a challenge; found is false when there is none, or when the
// person it is about was erased.
func (r Accounts) Challenge(ctx context.Context, id habeas.ChallengeID) (c account.Challenge, found bool, err error) {
	c.ID = id
	var subject, address, flow, sealed []byte
	var created, expires, used int64
	err = r.q.QueryRowContext(ctx, `SELECT purpose, subject, address, flow, tries, max_tries, created_at, expires, used_at, sealed FROM challenge WHERE id = ?`, id[:]).
		Scan(&c.Purpose, &subject, &address, &flow, &c.Tries, &c.MaxTries, &created, &expires, &used, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return c, false, nil
	}
	if err != nil {
		return c, false, failure(err)
	}
	copy(c.Subject[:], subject)
	copy(c.Address[:], address)
	copy(c.Flow[:], flow)
	c.CreatedAt, c.ExpiresAt, c.UsedAt = moment(created), moment(expires), moment(used)
	key, err := keyOf(ctx, r.keys, c.Subject)
	if habeas.KindOf(err) == habeas.KindGone {
		return account.Challenge{}, false, nil
	}
	if err != nil {
		return c, false, err
	}
	err = openWords(key, challengePlace(id), sealed, &c.Words)
	return c, err == nil, failure(err)
}

// PutChallenge implements account.Technical.
func (o Ops) PutChallenge(ctx context.Context, c account.Challenge) error {
	return o.inTx(ctx, func(tx *Tx) error {
		key, err := tx.key(c.Subject)
		if err != nil {
			return err
		}
		sealed, err := sealWords(key, challengePlace(c.ID), c.Words)
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO challenge (id, purpose, subject, address, flow, max_tries, created_at, expires, sealed) VALUES (?,?,?,?,?,?,?,?,?)`,
			c.ID[:], string(c.Purpose), c.Subject[:], c.Address[:], c.Flow[:], c.MaxTries, millis(c.CreatedAt), millis(c.ExpiresAt), sealed)
		return err
	})
}

// TakeTry implements account.Technical.
func (o Ops) TakeTry(ctx context.Context, id habeas.ChallengeID) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE challenge SET tries = tries + 1 WHERE id = ?`, id[:])
		return err
	})
}

// SpendChallenge implements account.Technical.
func (o Ops) SpendChallenge(ctx context.Context, id habeas.ChallengeID, now time.Time) (won bool, err error) {
	err = o.inTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(`UPDATE challenge SET used_at = ?1 WHERE id = ?2 AND used_at = 0 AND expires > ?1`, millis(now), id[:])
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		won = n == 1
		return err
	})
	return won, err
}

// SupersedeChallenges implements account.Technical.
func (o Ops) SupersedeChallenges(ctx context.Context, purpose account.Purpose, address keyring.LookupHash, flow account.Token, now time.Time) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE challenge SET used_at = ?1 WHERE address = ?2 AND purpose = ?3 AND flow = ?4 AND used_at = 0`,
			millis(now), address[:], string(purpose), flow[:])
		return err
	})
}

// TakeTurn implements account.Technical.
func (o Ops) TakeTurn(ctx context.Context, key keyring.LookupHash, now time.Time, window time.Duration) (n int, err error) {
	err = o.inTx(ctx, func(tx *Tx) error {
		return tx.queryRow(`INSERT INTO guess (key, count, since) VALUES (?1, 1, ?2) ON CONFLICT (key) DO UPDATE SET
			count = CASE WHEN guess.since > ?3 THEN guess.count + 1 ELSE 1 END, since = CASE WHEN guess.since > ?3 THEN guess.since ELSE ?2 END
			RETURNING count`, key[:], millis(now), millis(now.Add(-window))).Scan(&n)
	})
	return n, err
}

// TakeTurns counts an event at each of several keys, all different, with one statement,
// and returns how many there were in the window.
func (o Ops) TakeTurns(ctx context.Context, keys []keyring.LookupHash, now time.Time, window time.Duration) (map[keyring.LookupHash]int, error) {
	out := make(map[keyring.LookupHash]int, len(keys))
	if len(keys) == 0 {
		return out, nil
	}
	args := []any{millis(now), millis(now.Add(-window))}
	var values strings.Builder
	for i := range keys {
		args = append(args, keys[i][:])
		fmt.Fprintf(&values, ",(?%d,1,?1)", len(args))
	}
	return out, o.inTx(ctx, func(tx *Tx) error {
		rows, err := tx.query(`INSERT INTO guess (key, count, since) VALUES `+values.String()[1:]+` ON CONFLICT (key) DO UPDATE SET
			count = CASE WHEN guess.since > ?2 THEN guess.count + 1 ELSE 1 END, since = CASE WHEN guess.since > ?2 THEN guess.since ELSE ?1 END
			RETURNING key, count`, args...)
		_, err = collect(rows, err, func(r row) (none struct{}, err error) {
			var key []byte
			var n int
			err = r.Scan(&key, &n)
			out[keyring.LookupHash(key)] = n
			return none, err
		})
		return err
	})
}

// Turns returns how many events were counted at a key within the window.
func (o Ops) Turns(ctx context.Context, key keyring.LookupHash, now time.Time, window time.Duration) (n int, err error) {
	q := querier(o.db.readers)
	if o.tx != nil {
		q = steady{o.tx.w.conn}
	}
	err = q.QueryRowContext(ctx, `SELECT coalesce(max(count), 0) FROM guess WHERE key = ? AND since > ?`, key[:], millis(now.Add(-window))).Scan(&n)
	return n, failure(err)
}

// KeepBrowser implements account.Technical.
func (o Ops) KeepBrowser(ctx context.Context, key keyring.LookupHash, now time.Time) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`INSERT INTO known_browser (key, seen_at) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET seen_at = excluded.seen_at`, key[:], millis(now))
		return err
	})
}

// KnownBrowser reports whether an address was proved in a browser since then.
func (r Accounts) KnownBrowser(ctx context.Context, key keyring.LookupHash, since time.Time) (known bool, err error) {
	err = r.q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM known_browser WHERE key = ? AND seen_at > ?)`, key[:], millis(since)).Scan(&known)
	return known, failure(err)
}

// EndChallenges forgets what is pending for an account: challenges of its own and
// those at its addresses.
func (o Ops) EndChallenges(ctx context.Context, id habeas.AccountID) error {
	return o.inTx(ctx, func(tx *Tx) error { return tx.dropChallenges(id) })
}

func (tx *Tx) dropChallenges(id habeas.AccountID) error {
	_, err := tx.exec(`DELETE FROM challenge WHERE subject = ?1 OR address IN (SELECT hash FROM account_address WHERE account = ?1)`, id[:])
	return err
}
