package directory_test

import (
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"github.com/habeas-data/habeas/internal/directory"
)

func TestSettingsOfADirectory(t *testing.T) {
	good := directory.Config{
		URL: "ldaps://ldap.example.org", Base: "dc=example,dc=org", UserFilter: directory.DefaultUserFilter,
		GroupFilter: directory.DefaultGroupFilter, Groups: []string{"cn=clerks,dc=example,dc=org"},
	}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	with := func(change func(*directory.Config)) directory.Config {
		c := good
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		cfg  directory.Config
		want error
	}{
		"StartTLS":           {with(func(c *directory.Config) { c.URL = "ldap://ldap.example.org:1389/" }), nil},
		"a socket":           {with(func(c *directory.Config) { c.URL = "ldapi://%2Frun%2Fslapd" }), directory.ErrURL},
		"http":               {with(func(c *directory.Config) { c.URL = "http://ldap.example.org" }), directory.ErrURL},
		"no host":            {with(func(c *directory.Config) { c.URL = "ldaps://" }), directory.ErrURL},
		"a password in it":   {with(func(c *directory.Config) { c.URL = "ldaps://me:secret@ldap.example.org" }), directory.ErrURL},
		"a base in it":       {with(func(c *directory.Config) { c.URL = "ldaps://ldap.example.org/dc=example" }), directory.ErrURL},
		"no base":            {with(func(c *directory.Config) { c.Base = "" }), directory.ErrBase},
		"no name":            {with(func(c *directory.Config) { c.BindDN = "habeas" }), directory.ErrBindDN},
		"a filter of nobody": {with(func(c *directory.Config) { c.UserFilter = "(objectClass=*)" }), directory.ErrUserFilter},
		"an open filter":     {with(func(c *directory.Config) { c.UserFilter = "(mail={mail}" }), directory.ErrUserFilter},
		"a filter of none":   {with(func(c *directory.Config) { c.GroupFilter = "(member=*)" }), directory.ErrGroupFilter},
		"no group":           {with(func(c *directory.Config) { c.Groups = nil }), directory.ErrGroups},
		"a group twice":      {with(func(c *directory.Config) { c.Groups = []string{"cn=a,dc=b", "CN=A, DC=b"} }), directory.ErrGroups},
		"no group's name":    {with(func(c *directory.Config) { c.Groups = []string{"clerks"} }), directory.ErrGroups},
	} {
		if err := c.cfg.Check(); err != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// FuzzFilled shows that no address changes what a filter asks.
func FuzzFilled(f *testing.F) {
	for _, s := range []string{"tim@example.org", "*", ")(mail=*", `\`, "a\x00", "ü", "(|(a=b)", `\29`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		filter := directory.Fill(directory.DefaultUserFilter, "{mail}", value)
		p, err := ldap.CompileFilter(filter)
		if err != nil {
			t.Fatalf("%q: %v", filter, err)
		}
		back, err := ldap.DecompileFilter(p)
		if err != nil || !strings.EqualFold(back, filter) {
			t.Fatalf("%q was read as %q, %v", filter, back, err)
		}
		if p.Tag != ldap.FilterEqualityMatch || p.Children[1].Data.String() != value {
			t.Fatalf("%q became another question", value)
		}
	})
}
