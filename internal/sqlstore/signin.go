package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/keyring"
)

// sealedSignIn is the personal part of a sign-in.
type sealedSignIn struct {
	Device string `json:"d,omitempty"`
}

// Standing finds a sign-in with the state of its account, by one indexed read;
// found is false when there is none.
func (r Accounts) Standing(ctx context.Context, hash account.Token) (s account.Standing, found bool, err error) {
	var id, passkey, address, profile []byte
	var created, seen, expires, ends int64
	err = r.q.QueryRowContext(ctx, `SELECT s.account, s.proof, s.passkey, s.address, s.created_at, s.seen_at, s.expires, a.state, a.sealed,
		COALESCE((SELECT g.ends FROM registration g WHERE g.account = s.account), 0),
		EXISTS (SELECT 1 FROM passkey p WHERE p.account = s.account AND p.ended_at = 0),
		EXISTS (SELECT 1 FROM account_address m WHERE m.account = s.account AND m.is_main AND m.proof = 'provider')
		FROM sign_in s JOIN account a ON a.id = s.account WHERE s.hash = ?`, hash[:]).
		Scan(&id, &s.Proof, &passkey, &address, &created, &seen, &expires, &s.State, &profile, &ends, &s.HasPasskey, &s.Vouched)
	if errors.Is(err, sql.ErrNoRows) {
		return s, false, nil
	}
	if err != nil {
		return s, false, failure(err)
	}
	s.Hash = hash
	copy(s.Account[:], id)
	copy(s.Passkey[:], passkey)
	copy(s.Address[:], address)
	s.CreatedAt, s.SeenAt, s.ExpiresAt, s.Ends = moment(created), moment(seen), moment(expires), moment(ends)
	key, err := r.keys.Key(ctx, habeas.SubjectOf(s.Account))
	if habeas.KindOf(err) == habeas.KindGone {
		return s, false, nil // erased meanwhile
	}
	if err != nil {
		return s, false, err
	}
	var p account.Profile
	err = openWords(key, accountPlace(s.Account), profile, &p)
	s.Name = p.Name
	return s, err == nil, failure(err)
}

// SignIns returns those of an account that have not expired, newest first.
func (r Accounts) SignIns(ctx context.Context, id habeas.AccountID, now time.Time) ([]account.SignIn, error) {
	key, err := r.keys.Key(ctx, habeas.SubjectOf(id))
	if err != nil {
		return nil, err
	}
	rows, err := r.q.QueryContext(ctx, `SELECT hash, proof, passkey, address, created_at, seen_at, expires, sealed FROM sign_in
		WHERE account = ? AND expires > ? ORDER BY created_at DESC`, id[:], millis(now))
	return collect(rows, err, func(r row) (account.SignIn, error) {
		s := account.SignIn{Account: id}
		var hash, passkey, address, sealed []byte
		var created, seen, expires int64
		if err := r.Scan(&hash, &s.Proof, &passkey, &address, &created, &seen, &expires, &sealed); err != nil {
			return s, err
		}
		copy(s.Hash[:], hash)
		copy(s.Passkey[:], passkey)
		copy(s.Address[:], address)
		s.CreatedAt, s.SeenAt, s.ExpiresAt = moment(created), moment(seen), moment(expires)
		var in sealedSignIn
		err := openWords(key, signInPlace(s.Hash), sealed, &in)
		s.Device = in.Device
		return s, err
	})
}

// StartSignIn implements account.Technical.
func (o Ops) StartSignIn(ctx context.Context, s account.SignIn) error {
	return o.inTx(ctx, func(tx *Tx) error {
		key, err := tx.key(habeas.SubjectOf(s.Account))
		if err != nil {
			return err
		}
		sealed, err := sealWords(key, signInPlace(s.Hash), sealedSignIn{s.Device})
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO sign_in (hash, account, proof, passkey, address, created_at, seen_at, expires, sealed) VALUES (?,?,?,?,?,?,?,?,?)`,
			s.Hash[:], s.Account[:], string(s.Proof), s.Passkey[:], s.Address[:], millis(s.CreatedAt), millis(s.SeenAt), millis(s.ExpiresAt), sealed)
		return err
	})
}

// TouchSignIn implements account.Technical.
func (o Ops) TouchSignIn(ctx context.Context, hash account.Token, now time.Time) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE sign_in SET seen_at = ?1 WHERE hash = ?2 AND seen_at < ?1`, millis(now), hash[:])
		return err
	})
}

// EndSignIn implements account.Technical.
func (o Ops) EndSignIn(ctx context.Context, hash account.Token) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`DELETE FROM sign_in WHERE hash = ?`, hash[:])
		return err
	})
}

// EndSignIns implements account.Technical.
func (o Ops) EndSignIns(ctx context.Context, id habeas.AccountID, but account.Token) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`DELETE FROM sign_in WHERE account = ? AND hash <> ?`, id[:], but[:])
		return err
	})
}

// EndSignInsBy implements account.Technical.
func (o Ops) EndSignInsBy(ctx context.Context, passkey keyring.LookupHash, but account.Token) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`DELETE FROM sign_in WHERE passkey = ? AND hash <> ?`, passkey[:], but[:])
		return err
	})
}

// EndCodeSignIns implements account.Technical.
func (o Ops) EndCodeSignIns(ctx context.Context, id habeas.AccountID) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`DELETE FROM sign_in WHERE account = ? AND proof = ?`, id[:], string(habeas.ProofCode))
		return err
	})
}
