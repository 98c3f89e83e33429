package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app/backup"
	ldap "github.com/habeas-data/habeas/internal/directory"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/sealed"
)

// DirectorySettings say who decides who works here now.
type DirectorySettings struct {
	URL            string   `toml:"url" doc:"the directory that is asked: ldaps://, or ldap:// for one that offers StartTLS; there is no way without TLS" example:"ldaps://ldap.example.org"`
	CAFile         string   `toml:"ca_file" doc:"PEM file of the root that its certificate is checked with; without it the system's" example:"directory-root.pem"`
	BindDN         string   `toml:"bind_dn" doc:"who asks; without it anonymously" example:"cn=habeas,ou=services,dc=example,dc=org"`
	PasswordFile   string   `toml:"password_file" doc:"file with the password of bind_dn; read at each question" example:"/etc/habeas/directory-password"`
	Base           string   `toml:"base" doc:"people are looked for in this entry and below" example:"ou=people,dc=example,dc=org"`
	UserFilter     string   `toml:"user_filter" doc:"finds a person by their address, {mail}" default:"(mail={mail})" example:"(&(mail={mail})(!(pwdAccountLockedTime=*)))"`
	GroupFilter    string   `toml:"group_filter" doc:"holds for a group that the entry {dn} is a member of" default:"(|(member={dn})(uniqueMember={dn}))" example:"(member:1.2.840.113556.1.4.1941:={dn})"`
	TimeoutSeconds int      `toml:"timeout_seconds" doc:"how long one answer may take: 1 to 60" default:"10"`
	GraceMinutes   int      `toml:"grace_minutes" doc:"how long the last answer counts when the directory does not answer; then no role counts: 15 to 1440" default:"60"`
	SCIM           bool     `toml:"scim" doc:"true lets a connected system say who works here (SCIM 2.0), in place of a directory that is asked"`
	Exempt         []string `toml:"exempt" doc:"addresses that need no directory, for when it is broken; they still need a granted role and a passkey" example:"it@example.org"`
}

// DirectoryGroupSettings are one group that matters.
type DirectoryGroupSettings struct {
	Name string `toml:"name"` // distinguished name, or the displayName of SCIM
	Role string `toml:"role"` // that it permits: staff or administrator
}

// source is who tells who works here.
func (s DirectorySettings) source() account.DirectorySource {
	switch {
	case s.URL != "":
		return account.DirectoryLDAP
	case s.SCIM:
		return account.DirectorySCIM
	}
	return account.DirectoryNone
}

// directoryConfig turns the settings into what Open wants.
func (s Settings) directoryConfig() (DirectoryConfig, error) {
	d := s.Directory
	c := DirectoryConfig{Source: d.source(), Grace: time.Duration(d.GraceMinutes) * time.Minute}
	for _, g := range s.DirectoryGroups {
		c.Groups = append(c.Groups, DirectoryGroup{g.Name, habeas.Role(g.Role)})
		c.LDAP.Groups = append(c.LDAP.Groups, g.Name)
	}
	for _, text := range d.Exempt {
		address, err := email.Parse(text)
		if err != nil {
			return c, errExempt
		}
		c.Exempt = append(c.Exempt, address)
	}
	roots, err := s.pool(d.CAFile)
	if err != nil {
		return c, err
	}
	c.LDAP.URL, c.LDAP.Roots, c.LDAP.BindDN, c.LDAP.Base = d.URL, roots, d.BindDN, d.Base
	c.LDAP.UserFilter, c.LDAP.GroupFilter = d.UserFilter, d.GroupFilter
	c.LDAP.Timeout = time.Duration(d.TimeoutSeconds) * time.Second
	if file := s.file(d.PasswordFile); file != "" {
		c.LDAP.Password = func(in *sealed.Session) (sealed.Value, error) {
			text, err := readSecret(file)
			if err != nil {
				return sealed.Value{}, err
			}
			return in.Seal("directory password", text) // clears it
		}
	}
	return c, nil
}

var errExempt = errors.New("expected e-mail addresses, such as it@example.org")

// directory checks what the settings say about it.
func (c *checker) directory() {
	d, on := c.Directory, c.Directory.source() != account.DirectoryNone
	c.wantIf(d.URL != "" && d.SCIM, "directory.scim", "directory.url names a directory already: choose one of the two, or whom one has let go stays by the other")
	c.wantIf(!on && len(c.DirectoryGroups) > 0, "directory_group", "it is used with directory.url or directory.scim only")
	c.wantIf(!on && len(d.Exempt) > 0, "directory.exempt", "it is used with directory.url or directory.scim only")
	for _, g := range c.DirectoryGroups {
		role := habeas.Role(g.Role)
		c.wantIf(strings.TrimSpace(g.Name) == "" || !account.Grantable(role), "directory_group",
			"expected name, the group, and role, which is staff or administrator")
	}
	c.wantIf(on && len(c.DirectoryGroups) == 0, "directory_group", "expected at least one group: nobody's role would count")
	c.wantIf(on && (d.GraceMinutes < int(account.LeastGrace/time.Minute) || d.GraceMinutes > int(account.MostGrace/time.Minute)), "directory.grace_minutes", "expected a number from 15 to 1440")
	c.wantIf(on && (d.TimeoutSeconds < 1 || d.TimeoutSeconds > 60), "directory.timeout_seconds", "expected a number from 1 to 60")
	c.wantIf(d.BindDN != "" && d.PasswordFile == "", "directory.bind_dn", "directory.password_file is missing beside it")
	c.wantIf(d.BindDN == "" && d.PasswordFile != "", "directory.password_file", "directory.bind_dn is missing beside it")
	c.readable("directory.password_file", d.PasswordFile, true)
	if _, err := c.pool(d.CAFile); err != nil {
		c.want(err, "directory.ca_file")
		return
	}
	config, err := c.directoryConfig()
	c.want(err, "directory.exempt")
	if d.URL == "" || len(c.DirectoryGroups) == 0 {
		return
	}
	if err := config.LDAP.Check(); err != nil {
		c.want(err, directoryKey(err))
	}
}

// directoryKey is the setting that an error of ldap.Config.Check is about.
func directoryKey(err error) string {
	switch {
	case errors.Is(err, ldap.ErrBindDN):
		return "directory.bind_dn"
	case errors.Is(err, ldap.ErrBase):
		return "directory.base"
	case errors.Is(err, ldap.ErrUserFilter):
		return "directory.user_filter"
	case errors.Is(err, ldap.ErrGroupFilter):
		return "directory.group_filter"
	case errors.Is(err, ldap.ErrGroups):
		return "directory_group"
	}
	return "directory.url"
}

// examineDirectory adds to a report what is wrong with the directory of the settings, as
// it answers now.
func examineDirectory(ctx context.Context, dir string, r backup.Report) backup.Report {
	s, err := ReadSettings(dir)
	if err != nil || s.Directory.source() != account.DirectoryLDAP {
		return r // what is wrong with the settings is said by "habeas config check"
	}
	add := func(what, do string) {
		r.Findings = append(r.Findings, backup.Finding{Code: "directory", Severity: backup.Warn, What: what, Do: do})
		if r.Verdict == backup.Good {
			r.Verdict = backup.Warn
		}
	}
	config, err := s.directoryConfig()
	var client *ldap.Client
	if err == nil {
		client, err = ldap.New(config.LDAP)
	}
	var missing []string
	if err == nil {
		missing, err = client.Try(ctx)
	}
	if err != nil {
		add("The directory that decides who works here cannot be asked: "+strings.TrimPrefix(err.Error(), "directory: ")+".",
			fmt.Sprintf("Look whether it runs, and at [directory] in habeas.toml. What it said last counts for %d minutes, then nobody's role does.", s.Directory.GraceMinutes))
	}
	for _, name := range missing {
		add("The directory has no entry "+name+", or does not show it.", "Look at [directory] and [[directory_group]] in habeas.toml, and at what "+s.Directory.BindDN+" may read.")
	}
	return r
}
