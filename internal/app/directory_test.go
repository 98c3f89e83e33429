package app_test

import (
	"crypto/x509"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/directory"
	"github.com/habeas-data/habeas/internal/directory/ldaptest"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/sealed"
)

// asked is the configuration of a directory that is asked.
func asked(s *ldaptest.Server) app.DirectoryConfig {
	return app.DirectoryConfig{
		Source: account.DirectoryLDAP,
		LDAP: directory.Config{
			URL: s.Plain, Roots: s.Roots, BindDN: ldaptest.BindDN, Base: ldaptest.Base, Timeout: 5 * time.Second,
			UserFilter: directory.DefaultUserFilter, GroupFilter: directory.DefaultGroupFilter,
			Password: func(in *sealed.Session) (sealed.Value, error) { return in.Seal("password", []byte(ldaptest.Password)) },
		},
		Groups: []app.DirectoryGroup{{Name: ldaptest.Clerks, Role: habeas.RoleStaff}, {Name: ldaptest.Chiefs, Role: habeas.RoleAdministrator}},
	}
}

// countsAt are the roles that count for an address now.
func (w *world) countsAt(address string) []habeas.Role {
	w.Helper()
	held, _, err := w.DB.Accounts().AddressAt(w.ctx(), w.Backstage().AddressHash(w.address(address)))
	w.ok(err)
	a := must(w.Accounts.Holdings(w.ctx(), habeas.Actor{Account: held.Account}))(w)
	return slices.DeleteFunc(a.Roles, func(r habeas.Role) bool { return r == habeas.RolePerson })
}

// quarter lets a quarter of an hour go by, and the schedule run.
func (w *world) quarter() {
	w.Helper()
	w.later(account.AskDirectoryEvery)
	w.ok(w.Directory.Keep(w.ctx()))
}

// lines counts events of whoever holds an address.
func (w *world) lines(address string, event audit.Event) (n int) {
	w.Helper()
	held, _, err := w.DB.Accounts().AddressAt(w.ctx(), w.Backstage().AddressHash(w.address(address)))
	w.ok(err)
	for _, l := range must(w.DB.Events(w.ctx(), habeas.SubjectOf(held.Account), habeas.EventID{}, 1000))(w) {
		if l.Event == event {
			n++
		}
	}
	return n
}

func TestALeaverLosesAccessAtTheNextAnswer(t *testing.T) {
	ldap := ldaptest.Start(t)
	ldap.Hire("nora", "nora@example.org", ldaptest.Clerks)
	w := newWorldWith(t, asked(ldap))
	nora, eva := w.staffBrowser("nora@example.org"), w.staffBrowser("eva@example.org")
	if page := nora.send(http.MethodGet, "/staff/add", nil); page.status != http.StatusForbidden {
		t.Fatalf("before any answer: status %d", page.status)
	}
	w.ok(w.Directory.Keep(w.ctx()))
	nora.get("/staff/add")
	if page := eva.send(http.MethodGet, "/staff/add", nil); page.status != http.StatusForbidden || len(w.countsAt("eva@example.org")) != 0 {
		t.Errorf("somebody whom the directory does not know: status %d", page.status)
	}
	// In the directory alone nobody is anything.
	ldap.Hire("tim", "tim@example.org", ldaptest.Chiefs)
	w.join("tim@example.org")
	w.quarter()
	if got := w.countsAt("tim@example.org"); len(got) != 0 {
		t.Errorf("the directory has granted %v", got)
	}
	ldap.Leave("nora", ldaptest.Clerks)
	w.later(account.AskDirectoryEvery - time.Minute)
	w.ok(w.Directory.Keep(w.ctx()))
	nora.get("/staff/add") // nobody has asked yet
	w.later(time.Minute)
	w.ok(w.Directory.Keep(w.ctx()))
	if got := w.countsAt("nora@example.org"); len(got) != 0 {
		t.Errorf("a leaver holds %v", got)
	}
	if page := nora.send(http.MethodGet, "/me", nil); page.status == http.StatusOK {
		t.Error("a leaver is still signed in")
	}
	if n := w.lines("nora@example.org", audit.RoleUnpermitted); n != 1 {
		t.Errorf("%d lines tell of it", n)
	}
	ldap.Join("nora", ldaptest.Clerks)
	w.quarter()
	if got := w.countsAt("nora@example.org"); !slices.Equal(got, []habeas.Role{habeas.RoleStaff}) {
		t.Errorf("back in the group: %v", got)
	}
	if n := w.lines("nora@example.org", audit.RolePermitted); n != 2 {
		t.Errorf("%d lines tell that it was permitted, want 2", n)
	}
	ldap.Fire("nora") // the entry goes, the group still names it
	w.quarter()
	if got := w.countsAt("nora@example.org"); len(got) != 0 {
		t.Errorf("without an entry: %v", got)
	}
	w.verify()
}

func TestADirectoryThatIsSilentCountsForAWhileAndThenNobodyComesIn(t *testing.T) {
	ldap := ldaptest.Start(t)
	ldap.Hire("nora", "nora@example.org", ldaptest.Clerks)
	c := asked(ldap)
	c.Exempt = []email.Address{must(email.Parse("it@example.org"))(t)}
	w := newWorldWith(t, c)
	w.join("it@example.org")
	w.rooted("it@example.org")
	w.staffBrowser("nora@example.org")
	w.ok(w.Directory.Keep(w.ctx()))
	root := w.boss("boss@example.org")
	page := &app.HealthPage{Server: w.Server}
	health := func() (level app.Level) {
		for _, c := range w.Health(w.ctx()).Checks {
			if c.Name == "directory" {
				level = c.Level
			}
		}
		return level
	}
	if st := must(page.State(w.ctx(), root))(t); !st.Directory.Answered || st.Directory.Failure != "" || health() != app.Good {
		t.Errorf("it answers: %+v, %v", st.Directory, health())
	}
	ldap.Stop()
	w.quarter()
	if got := w.countsAt("nora@example.org"); len(got) != 1 || health() != app.Warned {
		t.Errorf("fifteen minutes later: %v, %v", got, health())
	}
	w.later(44 * time.Minute)
	w.ok(w.Directory.Keep(w.ctx()))
	if got := w.countsAt("nora@example.org"); len(got) != 1 {
		t.Errorf("59 minutes after the answer: %v", got)
	}
	w.later(time.Minute)
	if got := w.countsAt("nora@example.org"); len(got) != 0 || health() != app.Failed {
		t.Errorf("an hour after the answer: %v, %v", got, health())
	}
	if got := w.countsAt("it@example.org"); !slices.Contains(got, habeas.RoleAdministrator) {
		t.Errorf("an exempt administrator holds %v", got)
	}
	if st := must(page.State(w.ctx(), root))(t); st.Directory.Answered || st.Directory.Failure != "down" {
		t.Errorf("health says %+v", st.Directory)
	}
	ldap.Up()
	w.later(time.Minute)
	w.ok(w.Directory.Keep(w.ctx())) // asked each minute meanwhile
	if got := w.countsAt("nora@example.org"); len(got) != 1 || health() != app.Good {
		t.Errorf("once it answers: %v, %v", got, health())
	}
	if n := w.lines("nora@example.org", audit.RoleUnpermitted); n != 0 {
		t.Errorf("silence has taken %d permissions away", n)
	}
}

func TestAnAnswerOfAForeignDirectoryIsNone(t *testing.T) {
	ldap := ldaptest.Start(t)
	ldap.Hire("nora", "nora@example.org", ldaptest.Clerks)
	c := asked(ldap)
	c.LDAP.Roots = x509.NewCertPool()
	w := newWorldWith(t, c)
	w.staffBrowser("nora@example.org")
	w.ok(w.Directory.Ask(w.ctx()))
	if got := w.countsAt("nora@example.org"); len(got) != 0 {
		t.Errorf("it permits %v", got)
	}
	if s := must(w.DB.Directories().State(w.ctx()))(t); s.Failure != string(directory.ErrTLS) || !s.AnsweredAt.IsZero() {
		t.Errorf("noted: %+v", s)
	}
}

func TestTheGroupDecidesWhichRoleCounts(t *testing.T) {
	ldap := ldaptest.Start(t)
	ldap.Hire("eva", "eva@example.org", ldaptest.Chiefs)
	w := newWorldWith(t, asked(ldap))
	b := w.rooted("eva@example.org") // staff and administrator
	w.ok(w.Directory.Keep(w.ctx()))
	if got := w.countsAt("eva@example.org"); len(got) != 2 {
		t.Errorf("a chief: %v", got)
	}
	page := b.get("/admin/directory").text
	for _, want := range []string{"The directory answers.", "eva@example.org", "permitted", ldaptest.Chiefs} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	ldap.Join("eva", ldaptest.Clerks)
	ldap.Leave("eva", ldaptest.Chiefs)
	to := b.post("/admin/directory/ask")
	if to != "/admin/directory?asked=1" {
		t.Errorf("leads to %s", to)
	}
	if got := w.countsAt("eva@example.org"); !slices.Equal(got, []habeas.Role{habeas.RoleStaff}) {
		t.Errorf("a clerk: %v", got)
	}
	nobody := w.member("tim@example.org")
	w.refused(w.Directory.AskNow(w.ctx(), nobody), "role.missing")
	_, err := w.Directory.Standing(w.ctx(), nobody)
	w.refused(err, "role.missing")
	st := must(w.Directory.Standing(w.ctx(), w.boss("root@example.org")))(t)
	if len(st.Lost) != 1 || st.Lost[0].Role != habeas.RoleAdministrator || st.Lost[0].Who != "eva@example.org" {
		t.Errorf("lost: %+v", st.Lost)
	}
}
