package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Provisions reads what connected systems have said about staff. It implements
// account.Provisions.
type Provisions struct {
	q    querier
	keys *keyring.Ring
}

// ProvisionsTx changes it in one transaction. It implements account.ProvisionWriter.
type ProvisionsTx struct {
	Provisions
	tx *Tx
}

var _ account.ProvisionWriter = ProvisionsTx{}

// Provisions returns the reader on the pool.
func (db *DB) Provisions() Provisions { return Provisions{db.Records().q, db.cfg.Keys} }

// Provisions returns the reader and writer in this transaction.
func (tx *Tx) Provisions() ProvisionsTx {
	r := tx.Records()
	return ProvisionsTx{Provisions{r.q, r.keys}, tx}
}

func staffUserPlace(id habeas.StaffUserID) string { return "staff-user/" + string(id[:]) }

func staffGroupPlace(id habeas.StaffGroupID) string { return "staff-set/" + string(id[:]) }

// sealedStaffGroup is what a system says of a group.
type sealedStaffGroup struct {
	Name       string `json:"n"`
	ExternalID string `json:"x,omitempty"`
}

const (
	selectStaffUser  = `SELECT id, system, active, version, created, changed, sealed FROM staff_user`
	selectStaffGroup = `SELECT id, system, version, created, changed, sealed FROM staff_set`
)

func (s Provisions) scanUser(r row) (account.StaffUser, error) {
	var u account.StaffUser
	var id, system, sealed []byte
	var created, changed int64
	if err := r.Scan(&id, &system, &u.Active, &u.Version, &created, &changed, &sealed); err != nil {
		return u, err
	}
	copy(u.ID[:], id)
	copy(u.System[:], system)
	u.CreatedAt, u.ChangedAt = moment(created), moment(changed)
	return u, openWords(s.keys.House(), staffUserPlace(u.ID), sealed, &u.StaffWords)
}

func (s Provisions) scanGroup(r row) (account.StaffGroup, error) {
	var g account.StaffGroup
	var id, system, sealed []byte
	var created, changed int64
	if err := r.Scan(&id, &system, &g.Version, &created, &changed, &sealed); err != nil {
		return g, err
	}
	copy(g.ID[:], id)
	copy(g.System[:], system)
	g.CreatedAt, g.ChangedAt = moment(created), moment(changed)
	var words sealedStaffGroup
	err := openWords(s.keys.House(), staffGroupPlace(g.ID), sealed, &words)
	g.Name, g.ExternalID = words.Name, words.ExternalID
	return g, err
}

// members fills in who is in a group.
func (s Provisions) members(ctx context.Context, g account.StaffGroup) (account.StaffGroup, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT staff_user FROM staff_in_set WHERE staff_set = ? ORDER BY staff_user`, g.ID[:])
	g.Members, err = collect(rows, err, scanID[habeas.StaffUserKind])
	return g, err
}

// StaffUser implements account.Provisions.
func (s Provisions) StaffUser(ctx context.Context, of habeas.SystemID, id habeas.StaffUserID) (account.StaffUser, error) {
	u, err := s.scanUser(s.q.QueryRowContext(ctx, selectStaffUser+` WHERE system = ? AND id = ?`, of[:], id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return u, account.ErrStaffNone
	}
	return u, failure(err)
}

// StaffUserNamed implements account.Provisions.
func (s Provisions) StaffUserNamed(ctx context.Context, of habeas.SystemID, name keyring.LookupHash) (account.StaffUser, bool, error) {
	u, err := s.scanUser(s.q.QueryRowContext(ctx, selectStaffUser+` WHERE system = ? AND name = ?`, of[:], name[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return u, false, nil
	}
	return u, err == nil, failure(err)
}

// StaffUsers implements account.Provisions.
func (s Provisions) StaffUsers(ctx context.Context, of habeas.SystemID, offset, limit int) (all []account.StaffUser, n int, err error) {
	if n, err = s.count(ctx, `staff_user`, of); err != nil || limit == 0 {
		return nil, n, err
	}
	rows, err := s.q.QueryContext(ctx, selectStaffUser+` WHERE system = ? ORDER BY id LIMIT ? OFFSET ?`, of[:], limit, offset)
	all, err = collect(rows, err, s.scanUser)
	return all, n, err
}

func (s Provisions) count(ctx context.Context, table string, of habeas.SystemID) (n int, err error) {
	err = s.q.QueryRowContext(ctx, `SELECT count(*) FROM `+table+` WHERE system = ?`, of[:]).Scan(&n)
	return n, failure(err)
}

// StaffGroup implements account.Provisions.
func (s Provisions) StaffGroup(ctx context.Context, of habeas.SystemID, id habeas.StaffGroupID) (account.StaffGroup, error) {
	g, err := s.scanGroup(s.q.QueryRowContext(ctx, selectStaffGroup+` WHERE system = ? AND id = ?`, of[:], id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return g, account.ErrStaffNone
	}
	if err != nil {
		return g, failure(err)
	}
	return s.members(ctx, g)
}

// StaffGroupNamed implements account.Provisions.
func (s Provisions) StaffGroupNamed(ctx context.Context, of habeas.SystemID, name keyring.LookupHash) (account.StaffGroup, bool, error) {
	g, err := s.scanGroup(s.q.QueryRowContext(ctx, selectStaffGroup+` WHERE system = ? AND mark = ?`, of[:], name[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return g, false, nil
	}
	if err != nil {
		return g, false, failure(err)
	}
	g, err = s.members(ctx, g)
	return g, err == nil, err
}

// StaffGroups implements account.Provisions.
func (s Provisions) StaffGroups(ctx context.Context, of habeas.SystemID, offset, limit int) (all []account.StaffGroup, n int, err error) {
	if n, err = s.count(ctx, `staff_set`, of); err != nil || limit == 0 {
		return nil, n, err
	}
	rows, err := s.q.QueryContext(ctx, selectStaffGroup+` WHERE system = ? ORDER BY id LIMIT ? OFFSET ?`, of[:], limit, offset)
	if all, err = collect(rows, err, s.scanGroup); err != nil {
		return nil, n, err
	}
	for i := range all {
		if all[i], err = s.members(ctx, all[i]); err != nil {
			return nil, n, err
		}
	}
	return all, n, nil
}

// GroupsOfStaff implements account.Provisions.
func (s Provisions) GroupsOfStaff(ctx context.Context, id habeas.StaffUserID) ([]habeas.StaffGroupID, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT staff_set FROM staff_in_set WHERE staff_user = ? ORDER BY staff_set`, id[:])
	return collect(rows, err, scanID[habeas.StaffGroupKind])
}

// StaffMarksAt implements account.Provisions.
func (s Provisions) StaffMarksAt(ctx context.Context, address keyring.LookupHash) ([]keyring.LookupHash, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT DISTINCT g.mark FROM staff_user u JOIN staff_in_set i ON i.staff_user = u.id JOIN staff_set g ON g.id = i.staff_set
		WHERE u.address = ? AND u.active`, address[:])
	return collect(rows, err, scanHash)
}

// StaffAddresses implements account.Provisions.
func (s Provisions) StaffAddresses(ctx context.Context, ids []habeas.StaffUserID) ([]keyring.LookupHash, error) {
	seen := map[keyring.LookupHash]bool{{}: true} // without an address
	var out []keyring.LookupHash
	for _, id := range ids {
		var b []byte
		err := s.q.QueryRowContext(ctx, `SELECT address FROM staff_user WHERE id = ?`, id[:]).Scan(&b)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, failure(err)
		}
		var h keyring.LookupHash
		copy(h[:], b)
		if !seen[h] {
			seen[h] = true
			out = append(out, h)
		}
	}
	return out, nil
}

// AllStaffAddresses implements account.Provisions.
func (s Provisions) AllStaffAddresses(ctx context.Context) ([]keyring.LookupHash, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT DISTINCT address FROM staff_user`)
	return collect(rows, err, scanHash)
}

// SaveStaffUser implements account.ProvisionWriter.
func (w ProvisionsTx) SaveStaffUser(u account.StaffUser, name, address keyring.LookupHash, e audit.Entry) error {
	sealed, err := sealWords(w.keys.House(), staffUserPlace(u.ID), u.StaffWords)
	if err != nil {
		return err
	}
	query, args := `INSERT INTO staff_user (name, address, active, version, changed, sealed, id, system, created) VALUES (?,?,?,?,?,?,?,?,?)`,
		[]any{name[:], address[:], u.Active, u.Version, millis(u.ChangedAt), sealed, u.ID[:], u.System[:], millis(u.CreatedAt)}
	if u.Version > 1 {
		query = `UPDATE staff_user SET name = ?, address = ?, active = ?, version = ?, changed = ?, sealed = ? WHERE id = ? AND system = ? AND created = ? AND version = ?`
		args = append(args, u.Version-1)
	}
	return w.one(e, query, args...)
}

// one writes exactly one row, or finds that somebody was faster.
func (w ProvisionsTx) one(e audit.Entry, query string, args ...any) error {
	res, err := w.tx.exec(query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n != 1 {
		return account.ErrStaffMoved
	}
	return w.tx.Audit(e)
}

// RemoveStaffUser implements account.ProvisionWriter.
func (w ProvisionsTx) RemoveStaffUser(u account.StaffUser, e audit.Entry) error {
	if _, err := w.tx.exec(`DELETE FROM staff_in_set WHERE staff_user = ?`, u.ID[:]); err != nil {
		return err
	}
	return w.one(e, `DELETE FROM staff_user WHERE id = ? AND version = ?`, u.ID[:], u.Version)
}

// SaveStaffGroup implements account.ProvisionWriter.
func (w ProvisionsTx) SaveStaffGroup(g account.StaffGroup, mark keyring.LookupHash, e audit.Entry) error {
	sealed, err := sealWords(w.keys.House(), staffGroupPlace(g.ID), sealedStaffGroup{g.Name, g.ExternalID})
	if err != nil {
		return err
	}
	query, args := `INSERT INTO staff_set (mark, version, changed, sealed, id, system, created) VALUES (?,?,?,?,?,?,?)`,
		[]any{mark[:], g.Version, millis(g.ChangedAt), sealed, g.ID[:], g.System[:], millis(g.CreatedAt)}
	if g.Version > 1 {
		query = `UPDATE staff_set SET mark = ?, version = ?, changed = ?, sealed = ? WHERE id = ? AND system = ? AND created = ? AND version = ?`
		args = append(args, g.Version-1)
	}
	if err := w.one(e, query, args...); err != nil {
		return err
	}
	was, err := w.members(w.tx.ctx, account.StaffGroup{ID: g.ID})
	if err != nil {
		return err
	}
	for _, id := range was.Members {
		if _, stays := slices.BinarySearchFunc(g.Members, id, compareStaff); !stays {
			if _, err := w.tx.exec(`DELETE FROM staff_in_set WHERE staff_set = ? AND staff_user = ?`, g.ID[:], id[:]); err != nil {
				return err
			}
		}
	}
	for _, id := range g.Members {
		if _, there := slices.BinarySearchFunc(was.Members, id, compareStaff); !there {
			if _, err := w.tx.exec(`INSERT INTO staff_in_set (staff_set, staff_user) VALUES (?,?)`, g.ID[:], id[:]); err != nil {
				return err
			}
		}
	}
	return nil
}

// partStaff takes away what systems and the directory have said of whoever has proved the addresses of
// an account: what they say again is about somebody whom this server does not know. An address that only
// a provider vouches for may be another's, and takes nothing. They run while the addresses are there.
var partStaff = []string{
	`DELETE FROM staff_in_set WHERE staff_user IN (SELECT u.id FROM staff_user u JOIN account_address a ON a.hash = u.address WHERE a.account = ? AND a.proof = 'code')`,
	`DELETE FROM staff_user WHERE address IN (SELECT hash FROM account_address WHERE account = ? AND proof = 'code')`,
	`DELETE FROM directory_member WHERE address IN (SELECT hash FROM account_address WHERE account = ? AND proof = 'code')`,
}

func compareStaff(a, b habeas.StaffUserID) int { return bytes.Compare(a[:], b[:]) }

// RemoveStaffGroup implements account.ProvisionWriter.
func (w ProvisionsTx) RemoveStaffGroup(g account.StaffGroup, e audit.Entry) error {
	if _, err := w.tx.exec(`DELETE FROM staff_in_set WHERE staff_set = ?`, g.ID[:]); err != nil {
		return err
	}
	return w.one(e, `DELETE FROM staff_set WHERE id = ? AND version = ?`, g.ID[:], g.Version)
}
