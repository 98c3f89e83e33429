package app_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/directory/ldaptest"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// pointers are the columns of the database that hold one of these values, as table.column.
func (w *world) pointers(values ...[]byte) (out []string) {
	w.Helper()
	s := must(sqlstore.OpenSnapshot(w.ctx(), sqlstore.Config{Dir: w.dir, DSN: w.dsn}))(w)
	defer s.Close()
	for _, table := range must(s.Tables(w.ctx()))(w) {
		w.ok(s.Each(w.ctx(), table, func(row []any) error {
			for i, v := range row {
				cell, _ := v.([]byte)
				if text, ok := v.(string); ok {
					cell = []byte(text)
				}
				if slices.ContainsFunc(values, func(value []byte) bool { return bytes.Contains(cell, value) }) {
					out = append(out, table.Name+"."+table.Columns[i])
				}
			}
			return nil
		}))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Who works here is erased, and nothing that a system or the directory said of them leads to them, or to the
// address that they had: of the account no row is left that names it.
func TestErasingAnAccountPartsItFromWhatIsSaidOfStaff(t *testing.T) {
	t.Run("provisioned by a system", func(t *testing.T) {
		w := newWorldWith(t, provisioned())
		p := w.provisioner(authz.Terms{Name: "Campus identities", Staff: true})
		nora, eva := p.hire("nora@example.org"), p.hire("eva@example.org")
		group := p.want(201, "POST", "/Groups", `{"displayName":"Clerks","members":[{"value":"`+nora+`"},{"value":"`+eva+`"}]}`).id()
		w.staffBrowser("eva@example.org")
		w.partsFrom(t, "nora@example.org", "staff_user.address")
		p.want(404, "GET", "/Users/"+nora, "")
		p.want(200, "GET", "/Users/"+eva, "")
		if members := must(p.want(200, "GET", "/Groups/"+group, "").body["members"].([]any), nil)(t); len(members) != 1 {
			t.Errorf("the group has %v", members)
		}
		p.hire("nora@example.org") // what the system says anew is a word about somebody unknown
	})
	t.Run("asked of a directory", func(t *testing.T) {
		ldap := ldaptest.Start(t)
		ldap.Hire("nora", "nora@example.org", ldaptest.Clerks)
		w := newWorldWith(t, asked(ldap))
		w.partsFrom(t, "nora@example.org", "directory_member.address")
		w.quarter() // nobody asks about them any more
		if all := must(w.DB.Directories().Memberships(w.ctx()))(t); len(all) != 0 {
			t.Errorf("the directory was asked about who is gone: %+v", all)
		}
	})
}

// partsFrom employs and erases somebody, of whom a column has to know before, and none after.
func (w *world) partsFrom(t *testing.T, address, column string) {
	t.Helper()
	b := w.staffBrowser(address)
	if w.Directory != nil {
		w.quarter()
	}
	who := w.who(b)
	hash := w.Backstage().AddressHash(w.address(address))
	if before := w.pointers(who.Account[:], hash[:]); !slices.Contains(before, column) {
		t.Fatalf("before, %s does not know them: %v", column, before)
	}
	must(w.Records.EraseMe(w.ctx(), who))(t)
	w.mails()
	after := slices.DeleteFunc(w.pointers(who.Account[:], hash[:]), func(at string) bool { return strings.HasPrefix(at, "guess.") })
	if len(after) > 0 {
		t.Errorf("after the erasure they are named in %v", after)
	}
	w.verify()
}
