package sqlstore

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

func rolePlace(h keyring.LookupHash, r habeas.Role) string {
	return "role/" + string(h[:]) + string(r)
}

// RolesOf implements account.Roles: what is given to the addresses that the account
// has proved by a code: a provider's word leads to no role. Every account is a person too.
func (r Accounts) RolesOf(ctx context.Context, id habeas.AccountID) ([]habeas.Role, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT DISTINCT r.role FROM account_address a JOIN role r ON r.address = a.hash WHERE a.account = ? AND a.proof = 'code' ORDER BY r.role`, id[:])
	roles, err := collect(rows, err, func(r row) (role habeas.Role, err error) {
		return role, r.Scan(&role)
	})
	return append([]habeas.Role{habeas.RolePerson}, roles...), err
}

// Grants implements account.Reader: administrators first, then by date.
func (r Accounts) Grants(ctx context.Context) ([]account.Grant, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT r.address, r.role, r.granted_by, r.granted_at, r.sealed, a.account,
		EXISTS (SELECT 1 FROM passkey p WHERE p.account = a.account AND p.ended_at = 0)
		FROM role r LEFT JOIN account_address a ON a.hash = r.address AND a.proof = 'code' ORDER BY r.role, r.granted_at`)
	return collect(rows, err, func(s row) (account.Grant, error) {
		var g account.Grant
		var address, by, holder, sealed []byte
		var at int64
		if err := s.Scan(&address, &g.Role, &by, &at, &sealed, &holder, &g.Ready); err != nil {
			return g, err
		}
		copy(g.Address[:], address)
		copy(g.By[:], by)
		copy(g.Holder[:], holder)
		g.At = moment(at)
		return g, openWords(r.keys.House(), rolePlace(g.Address, g.Role), sealed, &g.Display)
	})
}

// Administrators counts the addresses that hold the role.
func (r Accounts) Administrators(ctx context.Context) (n int, err error) {
	err = r.q.QueryRowContext(ctx, `SELECT count(*) FROM role WHERE role = ?`, string(habeas.RoleAdministrator)).Scan(&n)
	return n, failure(err)
}

// Grant implements account.Writer. Giving what is given already changes nothing.
func (w AccountsTx) Grant(g account.Grant, e audit.Entry) error {
	sealed, err := sealWords(w.keys.House(), rolePlace(g.Address, g.Role), g.Display)
	if err != nil {
		return err
	}
	res, err := w.tx.exec(`INSERT INTO role (address, role, granted_by, granted_at, sealed) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING`,
		g.Address[:], string(g.Role), g.By[:], millis(g.At), sealed)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return w.tx.Audit(e)
}

// Revoke implements account.Writer.
func (w AccountsTx) Revoke(g account.Grant, e audit.Entry) error {
	res, err := w.tx.exec(`DELETE FROM role WHERE address = ? AND role = ?`, g.Address[:], string(g.Role))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return w.tx.Audit(e)
}
