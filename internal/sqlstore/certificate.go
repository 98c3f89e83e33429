package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/pki"
)

var (
	_ account.CertificateWriter = AccountsTx{}
	_ pki.Store                 = Revocations{}
	_ pki.Revocations           = Revocations{}
)

func registrationPlace(id habeas.AccountID) string { return "registration/" + string(id[:]) }

func certificatePlace(authority pki.Kind, serial pki.Serial) string {
	return "certificate/" + string(serial[:]) + string(authority)
}

// Registration implements account.CertificateReader.
func (r Accounts) Registration(ctx context.Context, id habeas.AccountID) (account.Registration, bool, error) {
	g := account.Registration{Account: id}
	var at, ends, warned int64
	var sealed []byte
	err := r.q.QueryRowContext(ctx, `SELECT at, ends, policy, reminded, warned_at, sealed FROM registration WHERE account = ?`, id[:]).
		Scan(&at, &ends, &g.Policy, &g.Reminded, &warned, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return account.Registration{}, false, nil
	}
	if err != nil {
		return g, false, failure(err)
	}
	g.At, g.Ends, g.WarnedAt = moment(at), moment(ends), moment(warned)
	key, err := r.keys.Key(ctx, habeas.SubjectOf(id))
	if err != nil {
		return g, false, err
	}
	return g, true, failure(openWords(key, registrationPlace(id), sealed, &g.Subject))
}

// SaveRegistration implements account.CertificateWriter.
func (w AccountsTx) SaveRegistration(g account.Registration, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(g.Account))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, registrationPlace(g.Account), g.Subject)
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO registration (account, at, ends, policy, reminded, warned_at, sealed) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT (account) DO UPDATE SET at = excluded.at, ends = excluded.ends, policy = excluded.policy,
		reminded = excluded.reminded, warned_at = excluded.warned_at, sealed = excluded.sealed`,
		g.Account[:], millis(g.At), millis(g.Ends), g.Policy, g.Reminded, millis(g.WarnedAt), sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

const selectCertificate = `SELECT authority, generation, serial, account, holder, role, issued_at, ends, revoked_at, reason, mandate, sealed FROM certificate`

func (r Accounts) scanCertificate(ctx context.Context) func(row) (account.Certificate, error) {
	return func(s row) (account.Certificate, error) {
		var c account.Certificate
		var serial, id, holder, mandate, sealed []byte
		var issued, ends, revoked int64
		err := s.Scan(&c.Authority, &c.Generation, &serial, &id, &holder, &c.Role, &issued, &ends, &revoked, &c.Reason, &mandate, &sealed)
		if err != nil {
			return c, err
		}
		copy(c.Serial[:], serial)
		copy(c.Account[:], id)
		copy(c.Holder[:], holder)
		copy(c.Mandate[:], mandate)
		c.IssuedAt, c.Ends, c.RevokedAt = moment(issued), moment(ends), moment(revoked)
		if len(id) == 0 {
			return c, nil
		}
		key, err := r.keys.Key(ctx, habeas.SubjectOf(c.Account))
		if err != nil {
			return c, err
		}
		c.DER, err = key.Open(certificatePlace(c.Authority, c.Serial), sealed)
		return c, err
	}
}

// Certificates implements account.CertificateReader.
func (r Accounts) Certificates(ctx context.Context, id habeas.AccountID) ([]account.Certificate, error) {
	rows, err := r.q.QueryContext(ctx, selectCertificate+` WHERE account = ? ORDER BY issued_at DESC, authority DESC, serial`, id[:])
	return collect(rows, err, r.scanCertificate(ctx))
}

// Certificate implements account.CertificateReader.
func (r Accounts) Certificate(ctx context.Context, authority pki.Kind, serial pki.Serial) (account.Certificate, bool, error) {
	c, err := r.scanCertificate(ctx)(r.q.QueryRowContext(ctx, selectCertificate+` WHERE authority = ? AND serial = ?`, string(authority), serial[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return account.Certificate{}, false, nil
	}
	return c, err == nil, failure(err)
}

// AddCertificate implements account.CertificateWriter.
func (w AccountsTx) AddCertificate(c account.Certificate, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(c.Account))
	if err != nil {
		return err
	}
	var holder, mandate []byte
	if c.Authority == pki.Attribute {
		holder = c.Holder[:]
	}
	if !c.Mandate.IsZero() {
		mandate = c.Mandate[:]
	}
	_, err = w.tx.exec(`INSERT INTO certificate (authority, generation, serial, shard, account, holder, role, issued_at, ends, mandate, sealed) VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
		string(c.Authority), max(c.Generation, 1), c.Serial[:], c.Authority.Shard(c.Serial), c.Account[:], holder, string(c.Role), millis(c.IssuedAt), millis(c.Ends), mandate,
		key.Seal(certificatePlace(c.Authority, c.Serial), c.DER))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// AddServerCertificate notes that a server got a certificate: its number, so that others learn
// that it counts. It is about no person.
func (tx *Tx) AddServerCertificate(c pki.Issued, e audit.Entry) error {
	_, err := tx.exec(`INSERT INTO certificate (authority, generation, serial, shard, issued_at, ends) VALUES (?,?,?,?,?,?)`,
		string(c.Authority), c.Generation, c.Serial[:], c.Authority.Shard(c.Serial), millis(c.NotBefore), millis(c.NotAfter))
	if err != nil {
		return err
	}
	return tx.Audit(e)
}

// RevokeCertificate implements account.CertificateWriter.
func (w AccountsTx) RevokeCertificate(c account.Certificate, e audit.Entry) error {
	res, err := w.tx.exec(`UPDATE certificate SET revoked_at = ?, reason = ? WHERE authority = ? AND serial = ? AND revoked_at = 0`,
		millis(c.RevokedAt), int(c.Reason), string(c.Authority), c.Serial[:])
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	if c.Authority == pki.Identity { // a key whose certificate ended is of no use to its person
		if err := w.tx.endEscrowOf(c.Serial, c.RevokedAt); err != nil {
			return err
		}
	}
	return w.tx.Audit(e)
}

// partCertificates revokes what the certificates of an erased account opened, and parts them from it.
// What stays is what others have to learn: which numbers count no more.
func (tx *Tx) partCertificates(subject habeas.SubjectID, now time.Time) (sql.Result, error) {
	_, err := tx.exec(`UPDATE certificate SET revoked_at = ?, reason = ? WHERE account = ? AND revoked_at = 0`,
		millis(now), int(pki.CessationOfOperation), subject[:])
	if err != nil {
		return nil, err
	}
	return tx.exec(`UPDATE certificate SET account = NULL, holder = NULL, role = '', mandate = NULL, sealed = NULL WHERE account = ?`, subject[:])
}

// Revocations tells what became of certificates, by their numbers. It implements pki.Store
// and pki.Revocations.
type Revocations struct{ Ops }

// Revocations returns it.
func (db *DB) Revocations() Revocations { return Revocations{db.Ops()} }

// Status implements pki.Store.
func (r Revocations) Status(ctx context.Context, issuer pki.Issuer, serial pki.Serial) (pki.Status, error) {
	return r.status(ctx, `SELECT revoked_at, reason FROM certificate WHERE authority = ? AND generation = ? AND serial = ?`,
		string(issuer.Kind), issuer.Generation, serial[:])
}

func (r Revocations) status(ctx context.Context, query string, args ...any) (s pki.Status, err error) {
	var at int64
	err = r.db.readers.QueryRowContext(ctx, query, args...).Scan(&at, &s.Reason)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return pki.Status{}, nil
	case err != nil:
		return pki.Status{}, failure(err)
	case at == 0:
		return pki.Status{State: pki.Good}, nil
	}
	return pki.Status{State: pki.Revoked, At: moment(at), Reason: s.Reason}, nil
}

// revocationTime bounds how long a request waits to learn of a revocation.
const revocationTime = 5 * time.Second

// IsRevoked implements pki.Revocations. A number that was never given here counts as
// revoked: after a restore nobody gets in by a certificate that the records do not know.
func (r Revocations) IsRevoked(authority pki.Kind, serial pki.Serial) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), revocationTime)
	defer cancel()
	s, err := r.status(ctx, `SELECT revoked_at, reason FROM certificate WHERE authority = ? AND serial = ?`, string(authority), serial[:])
	return s.State != pki.Good, err
}

// Revoked implements pki.Store.
func (r Revocations) Revoked(ctx context.Context, issuer pki.Issuer, shard int, expireAfter time.Time) ([]pki.Revocation, error) {
	if issuer.Kind == pki.Root {
		return r.revokedAuthorities(ctx)
	}
	rows, err := r.db.readers.QueryContext(ctx, `SELECT serial, revoked_at, reason, ends FROM certificate
		WHERE authority = ? AND generation = ? AND shard = ? AND revoked_at > 0 AND ends > ?`,
		string(issuer.Kind), issuer.Generation, shard, millis(expireAfter))
	return collect(rows, err, func(s row) (pki.Revocation, error) {
		var v pki.Revocation
		var serial []byte
		var at, ends int64
		err := s.Scan(&serial, &at, &v.Reason, &ends)
		copy(v.Serial[:], serial)
		v.At, v.NotAfter = moment(at), moment(ends)
		return v, err
	})
}

// LatestCRL implements pki.Store.
func (r Revocations) LatestCRL(ctx context.Context, issuer pki.Issuer, shard int) (pki.CRL, error) {
	l := pki.CRL{Issuer: issuer, Shard: shard}
	var made, next int64
	err := r.db.readers.QueryRowContext(ctx, `SELECT number, made_at, next_at, counted, list FROM revocation_list WHERE authority = ? AND generation = ? AND shard = ?`,
		string(issuer.Kind), issuer.Generation, shard).Scan(&l.Number, &made, &next, &l.Counted, &l.DER)
	if errors.Is(err, sql.ErrNoRows) {
		return pki.CRL{}, nil
	}
	l.ThisUpdate, l.NextUpdate = moment(made), moment(next)
	return l, failure(err)
}

// CountRevoked implements pki.Store.
func (r Revocations) CountRevoked(ctx context.Context, issuer pki.Issuer, shard int) (n int64, err error) {
	if issuer.Kind == pki.Root {
		revoked, err := r.revokedAuthorities(ctx)
		return int64(len(revoked)), err
	}
	err = r.db.readers.QueryRowContext(ctx, `SELECT count(*) FROM certificate WHERE authority = ? AND generation = ? AND shard = ? AND revoked_at > 0`,
		string(issuer.Kind), issuer.Generation, shard).Scan(&n)
	return n, failure(err)
}

// SaveCRL implements pki.Store: a list takes the place of the one of a lower number.
func (o Ops) SaveCRL(ctx context.Context, l pki.CRL) error {
	return o.inTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(`INSERT INTO revocation_list (authority, generation, shard, number, made_at, next_at, counted, list) VALUES (?,?,?,?,?,?,?,?)
			ON CONFLICT (authority, generation, shard) DO UPDATE SET number = excluded.number, made_at = excluded.made_at, next_at = excluded.next_at,
				counted = excluded.counted, list = excluded.list
			WHERE revocation_list.number < excluded.number`,
			string(l.Issuer.Kind), l.Issuer.Generation, l.Shard, l.Number, millis(l.ThisUpdate), millis(l.NextUpdate), l.Counted, l.DER)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, habeas.Conflict("Another node has made this list meanwhile.").WithCode("crl.number"))
		}
		return nil
	})
}
