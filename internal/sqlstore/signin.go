package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
)

// sealedSignIn is the personal part of a sign-in.
type sealedSignIn struct {
	Device string `json:"d,omitempty"`
}

// certificateCounts leaves out sign-ins by a certificate that was revoked, or whose account
// it is not any more: they are over from that moment on.
const certificateCounts = `(s.certificate IS NULL OR EXISTS (SELECT 1 FROM certificate c
	WHERE c.authority = 'identity' AND c.serial = s.certificate AND c.account = s.account AND c.revoked_at = 0))`

// Standing finds a sign-in with the state of its account, by one indexed read;
// found is false when there is none.
func (r Accounts) Standing(ctx context.Context, hash account.Token) (s account.Standing, found bool, err error) {
	var id, passkey, certificate, address, profile []byte
	var created, seen, expires, blocked, ends int64
	err = r.q.QueryRowContext(ctx, `SELECT s.account, s.proof, s.passkey, s.certificate, s.address, s.created_at, s.seen_at, s.expires, a.state, a.sealed,
COALESCE((SELECT g.ends FROM registration g WHERE g.account = s.account), 0),
		EXISTS (SELECT 1 FROM passkey p WHERE p.account = s.account AND p.ended_at = 0),
 EXISTS (SELECT 1 FROM account_address m WHERE m.account = s.account AND m.is_main AND m.proof = 'provider'),
		coalesce((SELECT max(b.until) FROM block b WHERE b.account = s.account AND b.ended_at = 0), 0)
		FROM sign_in s JOIN account a ON a.id = s.account WHERE s.hash = ? AND `+certificateCounts, hash[:]).
		Scan(&id, &s.Proof, &passkey, &certificate, &address, &created, &seen, &expires, &s.State, &profile, &ends, &s.HasPasskey, &s.Vouched, &blocked)
	if errors.Is(err, sql.ErrNoRows) {
		return s, false, nil
	}
	if err != nil {
		return s, false, failure(err)
	}
	s.Hash = hash
	copy(s.Account[:], id)
	copy(s.Passkey[:], passkey)
	copy(s.Certificate[:], certificate)
	copy(s.Address[:], address)
	s.CreatedAt, s.SeenAt, s.ExpiresAt, s.BlockedUntil, s.Ends = moment(created), moment(seen), moment(expires), moment(blocked), moment(ends)
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
	rows, err := r.q.QueryContext(ctx, `SELECT s.hash, s.proof, s.passkey, s.certificate, s.address, s.created_at, s.seen_at, s.expires, s.sealed FROM sign_in s
		WHERE s.account = ? AND s.expires > ? AND `+certificateCounts+` ORDER BY s.created_at DESC`, id[:], millis(now))
	return collect(rows, err, func(r row) (account.SignIn, error) {
		s := account.SignIn{Account: id}
		var hash, passkey, certificate, address, sealed []byte
		var created, seen, expires int64
		if err := r.Scan(&hash, &s.Proof, &passkey, &certificate, &address, &created, &seen, &expires, &sealed); err != nil {
			return s, err
		}
		copy(s.Hash[:], hash)
		copy(s.Passkey[:], passkey)
		copy(s.Certificate[:], certificate)
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
		var certificate []byte
		if s.Certificate != (pki.Serial{}) {
			certificate = s.Certificate[:]
		}
		_, err = tx.exec(`INSERT INTO sign_in (hash, account, proof, passkey, certificate, address, created_at, seen_at, expires, sealed) VALUES (?,?,?,?,?,?,?,?,?,?)`,
			s.Hash[:], s.Account[:], string(s.Proof), s.Passkey[:], certificate, s.Address[:], millis(s.CreatedAt), millis(s.SeenAt), millis(s.ExpiresAt), sealed)
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
