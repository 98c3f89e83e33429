package sqlstore

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
)

func grantPlace(id habeas.GrantID) string { return "role-grant/" + string(id[:]) }

func applicationPlace(id habeas.ApplicationID) string { return "role-application/" + string(id[:]) }

// counting is the condition under which an attribute certificate c counts: neither it nor the
// identity certificate that it hangs on has ended.
const counting = `c.authority = 'attribute' AND c.revoked_at = 0 AND c.ends > ? AND EXISTS (SELECT 1 FROM certificate i
	WHERE i.authority = 'identity' AND i.serial = c.holder AND i.account = c.account AND i.revoked_at = 0 AND i.ends > ?)`

// RolesOf implements account.Roles. Every account is a person too.
func (r Accounts) RolesOf(ctx context.Context, id habeas.AccountID, now time.Time) ([]habeas.Role, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT DISTINCT c.role FROM certificate c WHERE c.account = ? AND `+counting+` ORDER BY c.role`,
		id[:], millis(now), millis(now))
	roles, err := collect(rows, err, func(r row) (role habeas.Role, err error) {
		return role, r.Scan(&role)
	})
	return append([]habeas.Role{habeas.RolePerson}, roles...), err
}

// Creators implements account.Reader.
func (r Accounts) Creators(ctx context.Context, now time.Time) ([]account.Certificate, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT c.authority, c.generation, c.serial, c.account, c.holder, c.role, c.issued_at, c.ends, c.revoked_at, c.reason, c.mandate, c.sealed
		FROM certificate c WHERE c.role = 'creator' AND `+counting+` ORDER BY c.issued_at`, millis(now), millis(now))
	return collect(rows, err, r.scanCertificate(ctx))
}

// selectGrant reads a decision with what became of its certificate. A certificate is
// revoked with the identity certificate that it hangs on (REV-04).
const selectGrant = `SELECT g.id, g.role, g.address, g.account, coalesce(g.account, a.account) AS holder, g.granted_by, g.granted_at, g.ends, g.serial,
	CASE WHEN g.ended_at > 0 THEN g.ended_at WHEN coalesce(c.revoked_at, 0) > 0 THEN c.revoked_at ELSE coalesce(i.revoked_at, 0) END,
	g.ended_by, g.sealed, coalesce(c.ends, 0),
	EXISTS (SELECT 1 FROM passkey p WHERE p.account = coalesce(g.account, a.account) AND p.ended_at = 0)
	FROM role_grant g LEFT JOIN account_address a ON a.hash = g.address AND a.proof = 'code'
	LEFT JOIN certificate c ON c.authority = 'attribute' AND c.serial = g.serial
	LEFT JOIN certificate i ON i.authority = 'identity' AND i.serial = c.holder`

const grantOrder = ` ORDER BY CASE g.role WHEN 'manager' THEN 0 WHEN 'administrator' THEN 1 WHEN 'creator' THEN 2 ELSE 3 END, g.granted_at, g.id`

func (r Accounts) scanGrant(ctx context.Context) func(row) (account.Grant, error) {
	return func(s row) (account.Grant, error) {
		var g account.Grant
		var id, address, owner, holder, by, serial, endedBy, sealed []byte
		var at, ends, ended, until int64
		err := s.Scan(&id, &g.Role, &address, &owner, &holder, &by, &at, &ends, &serial, &ended, &endedBy, &sealed, &until, &g.Ready)
		if err != nil {
			return g, err
		}
		copy(g.ID[:], id)
		copy(g.Address[:], address)
		copy(g.Holder[:], holder)
		copy(g.By[:], by)
		copy(g.Serial[:], serial)
		copy(g.EndedBy[:], endedBy)
		g.At, g.Ends, g.EndedAt, g.Until = moment(at), moment(ends), moment(ended), moment(until)
		key := r.keys.House()
		if len(owner) > 0 {
			if key, err = r.keys.Key(ctx, habeas.SubjectOf(g.Holder)); err != nil {
				return g, err
			}
		}
		return g, openWords(key, grantPlace(g.ID), sealed, &g.Words)
	}
}

// Grants implements account.Reader.
func (r Accounts) Grants(ctx context.Context) ([]account.Grant, error) {
	rows, err := r.q.QueryContext(ctx, selectGrant+grantOrder)
	return collect(rows, err, r.scanGrant(ctx))
}

// GrantsOf implements account.Reader.
func (r Accounts) GrantsOf(ctx context.Context, id habeas.AccountID) ([]account.Grant, error) {
	rows, err := r.q.QueryContext(ctx, selectGrant+` WHERE g.account = ? OR g.account IS NULL AND a.account = ?`+grantOrder, id[:], id[:])
	return collect(rows, err, r.scanGrant(ctx))
}

// Privileged reports whether the account administers, or would once it registers or
// proves an address that stands on a provider's word.
func (r Accounts) Privileged(ctx context.Context, id habeas.AccountID) (yes bool, err error) {
	err = r.q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM role_grant g LEFT JOIN account_address a ON a.hash = g.address
		LEFT JOIN certificate c ON c.authority = 'attribute' AND c.serial = g.serial
		WHERE (g.account = ? OR g.account IS NULL AND a.account = ?) AND g.role IN (?, ?) AND g.ended_at = 0 AND coalesce(c.revoked_at, 0) = 0)`,
		id[:], id[:], string(habeas.RoleAdministrator), string(habeas.RoleManager)).Scan(&yes)
	return yes, failure(err)
}

// grantKey is the key that a decision is sealed under: its holder's once it is carried out.
func (w AccountsTx) grantKey(g account.Grant) (*keyring.Key, error) {
	if g.Serial == (pki.Serial{}) {
		return w.keys.House(), nil
	}
	return w.tx.key(habeas.SubjectOf(g.Holder))
}

// Grant implements account.Writer.
func (w AccountsTx) Grant(g account.Grant, e audit.Entry) error {
	sealed, err := sealWords(w.keys.House(), grantPlace(g.ID), g.Words)
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO role_grant (id, role, address, granted_by, granted_at, ends, sealed) VALUES (?,?,?,?,?,?,?)`,
		g.ID[:], string(g.Role), g.Address[:], g.By[:], millis(g.At), millis(g.Ends), sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// CarryOut implements account.Writer.
func (w AccountsTx) CarryOut(g account.Grant, e audit.Entry) error {
	key, err := w.grantKey(g)
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, grantPlace(g.ID), g.Words)
	if err != nil {
		return err
	}
	err = exactlyOne(w.tx.exec(`UPDATE role_grant SET account = ?, serial = ?, sealed = ? WHERE id = ? AND serial IS NULL AND ended_at = 0`,
		g.Holder[:], g.Serial[:], sealed, g.ID[:]))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// Revoke implements account.Writer.
func (w AccountsTx) Revoke(g account.Grant, e audit.Entry) error {
	key, err := w.grantKey(g)
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, grantPlace(g.ID), g.Words)
	if err != nil {
		return err
	}
	var by []byte
	if !g.EndedBy.IsZero() {
		by = g.EndedBy[:]
	}
	res, err := w.tx.exec(`UPDATE role_grant SET ended_at = ?, ended_by = ?, sealed = ? WHERE id = ? AND ended_at = 0`, millis(g.EndedAt), by, sealed, g.ID[:])
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return w.tx.Audit(e)
}

const selectApplication = `SELECT id, account, role, at, state, decided_at, decided_by, sealed FROM role_application`

func (r Accounts) scanApplication(ctx context.Context) func(row) (account.Application, error) {
	return func(s row) (account.Application, error) {
		var a account.Application
		var id, owner, by, sealed []byte
		var at, decided int64
		if err := s.Scan(&id, &owner, &a.Role, &at, &a.State, &decided, &by, &sealed); err != nil {
			return a, err
		}
		copy(a.ID[:], id)
		copy(a.Account[:], owner)
		copy(a.By[:], by)
		a.At, a.Decided = moment(at), moment(decided)
		key, err := r.keys.Key(ctx, habeas.SubjectOf(a.Account))
		if err != nil {
			return a, err
		}
		return a, openWords(key, applicationPlace(a.ID), sealed, &a.Words)
	}
}

// Applications implements account.Reader.
func (r Accounts) Applications(ctx context.Context) ([]account.Application, error) {
	rows, err := r.q.QueryContext(ctx, selectApplication+` WHERE state = 'open' ORDER BY at, id`)
	return collect(rows, err, r.scanApplication(ctx))
}

// ApplicationsOf implements account.Reader.
func (r Accounts) ApplicationsOf(ctx context.Context, id habeas.AccountID) ([]account.Application, error) {
	rows, err := r.q.QueryContext(ctx, selectApplication+` WHERE account = ? ORDER BY at DESC, id DESC`, id[:])
	return collect(rows, err, r.scanApplication(ctx))
}

// SaveApplication implements account.Writer.
func (w AccountsTx) SaveApplication(a account.Application, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(a.Account))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, applicationPlace(a.ID), a.Words)
	if err != nil {
		return err
	}
	var by []byte
	if !a.By.IsZero() {
		by = a.By[:]
	}
	_, err = w.tx.exec(`INSERT INTO role_application (id, account, role, at, state, decided_at, decided_by, sealed) VALUES (?,?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, decided_at = excluded.decided_at, decided_by = excluded.decided_by, sealed = excluded.sealed`,
		a.ID[:], a.Account[:], string(a.Role), millis(a.At), string(a.State), millis(a.Decided), by, sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}
