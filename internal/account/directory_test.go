package account_test

import (
	"slices"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/keyring"
)

func TestWhichRolesCount(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	clerks, chiefs, me := keyring.LookupHash{1}, keyring.LookupHash{2}, keyring.LookupHash{3}
	d := account.Directory{
		Source: account.DirectoryLDAP, Grace: time.Hour,
		Groups: []account.DirectoryGroup{{Mark: clerks, Role: habeas.RoleStaff}, {Mark: chiefs, Role: habeas.RoleAdministrator}},
	}
	person, staff, root := habeas.RolePerson, habeas.RoleStaff, habeas.RoleAdministrator
	for name, c := range map[string]struct {
		granted []habeas.Role
		marks   []keyring.LookupHash
		age     time.Duration // of the answer
		change  func(*account.Directory)
		want    []habeas.Role
	}{
		"granted and permitted":         {granted: []habeas.Role{person, staff}, marks: []keyring.LookupHash{clerks}, want: []habeas.Role{person, staff}},
		"permitted alone":               {granted: []habeas.Role{person}, marks: []keyring.LookupHash{chiefs}, want: []habeas.Role{person}},
		"granted alone":                 {granted: []habeas.Role{person, staff, root}, want: []habeas.Role{person}},
		"a clerk is no administrator":   {granted: []habeas.Role{person, root}, marks: []keyring.LookupHash{clerks}, want: []habeas.Role{person}},
		"a chief is staff":              {granted: []habeas.Role{person, staff}, marks: []keyring.LookupHash{chiefs}, want: []habeas.Role{person, staff}},
		"a group nobody knows any more": {granted: []habeas.Role{person, staff}, marks: []keyring.LookupHash{{9}}, want: []habeas.Role{person}},
		"just within the grace":         {granted: []habeas.Role{person, staff}, marks: []keyring.LookupHash{clerks}, age: time.Hour - 1, want: []habeas.Role{person, staff}},
		"the grace is over":             {granted: []habeas.Role{person, staff}, marks: []keyring.LookupHash{clerks}, age: time.Hour, want: []habeas.Role{person}},
		"another node's clock":          {granted: []habeas.Role{person, staff}, marks: []keyring.LookupHash{clerks}, age: -time.Minute, want: []habeas.Role{person, staff}},
		"a clock that was set back":     {granted: []habeas.Role{person, staff}, marks: []keyring.LookupHash{clerks}, age: -time.Hour, want: []habeas.Role{person}},
		"exempt, whatever is known": {
			granted: []habeas.Role{person, root}, age: 9 * time.Hour,
			change: func(d *account.Directory) { d.Exempt = map[keyring.LookupHash]bool{me: true} }, want: []habeas.Role{person, root},
		},
		"no directory": {granted: []habeas.Role{person, root}, change: func(d *account.Directory) { d.Source = account.DirectoryNone }, want: []habeas.Role{person, root}},
		"told, long ago": {
			granted: []habeas.Role{person, staff}, marks: []keyring.LookupHash{clerks}, age: 9000 * time.Hour,
			change: func(d *account.Directory) { d.Source = account.DirectorySCIM }, want: []habeas.Role{person, staff},
		},
	} {
		rule := d
		if c.change != nil {
			c.change(&rule)
		}
		state := account.DirectoryState{AskedAt: now, AnsweredAt: now.Add(-c.age)}
		if got := rule.Counting(c.granted, []keyring.LookupHash{me}, c.marks, state, now); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if d.Answered(account.DirectoryState{}, now) {
		t.Error("what was never said counts")
	}
}
