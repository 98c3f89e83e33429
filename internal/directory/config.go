package directory

import (
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/habeas-data/habeas/sealed"
)

// Config says which directory is asked, and how.
type Config struct {
	URL   string         // ldaps://host[:port], or ldap://host[:port], which then has to offer StartTLS
	Roots *x509.CertPool // that its certificate is checked with; nil: the system's

	BindDN string // who asks; empty: anonymously
	// Password returns the password of BindDN. It is called for each question, so that it
	// can be changed while the server runs, and is nil for an anonymous one.
	Password func(*sealed.Session) (sealed.Value, error)

	Base        string   // people are looked for in this entry and below
	UserFilter  string   // finds a person; {mail} stands for the address
	GroupFilter string   // holds for a group of which the person is a member; {dn} stands for the person
	Groups      []string // distinguished names of the groups that matter

	Timeout time.Duration // for one answer; zero: DefaultTimeout
}

// What is asked where the settings do not say otherwise.
const (
	DefaultUserFilter  = "(mail={mail})"
	DefaultGroupFilter = "(|(member={dn})(uniqueMember={dn}))"
	DefaultTimeout     = 10 * time.Second
)

// What is asked about at most.
const (
	MaxGroups = 100    // that matter
	MaxPeople = 10_000 // in one round
)

// The places in filters.
const (
	mailPlace = "{mail}"
	dnPlace   = "{dn}"
)

// The errors of Config.Check, for who writes the settings. Each is about one of them.
var (
	ErrURL         = errors.New("expected ldaps://host, or ldap://host for a server that offers StartTLS, and nothing behind the port")
	ErrBindDN      = errors.New("expected a distinguished name, such as cn=habeas,ou=services,dc=example,dc=org")
	ErrBase        = errors.New("expected a distinguished name, such as dc=example,dc=org")
	ErrUserFilter  = errors.New("expected a filter with {mail} in it, such as (mail={mail})")
	ErrGroupFilter = errors.New("expected a filter with {dn} in it, such as (member={dn})")
	ErrGroups      = errors.New("expected distinguished names of groups, each once and at most 100, such as cn=clerks,ou=groups,dc=example,dc=org")
)

// Check returns what is wrong with the settings, one of the errors above, or nil.
func (c Config) Check() error {
	if _, _, err := c.address(); err != nil {
		return err
	}
	if c.BindDN != "" && !isDN(c.BindDN) {
		return ErrBindDN
	}
	if !isDN(c.Base) {
		return ErrBase
	}
	if !isFilter(c.UserFilter, mailPlace) {
		return ErrUserFilter
	}
	if !isFilter(c.GroupFilter, dnPlace) {
		return ErrGroupFilter
	}
	seen := map[string]bool{}
	for _, g := range c.Groups {
		key, ok := NameKey(g)
		if !ok || seen[key] {
			return ErrGroups
		}
		seen[key] = true
	}
	if len(c.Groups) == 0 || len(c.Groups) > MaxGroups {
		return ErrGroups
	}
	return nil
}

// address returns where the directory is, and whether TLS is there from the first byte.
func (c Config) address() (hostPort string, implicit bool, err error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", false, ErrURL
	}
	port := u.Port()
	switch u.Scheme {
	case "ldaps":
		implicit = true
		if port == "" {
			port = ldap.DefaultLdapsPort
		}
	case "ldap":
		if port == "" {
			port = ldap.DefaultLdapPort
		}
	default:
		return "", false, ErrURL
	}
	return net.JoinHostPort(u.Hostname(), port), implicit, nil
}

// NameKey returns the form by which two spellings of one distinguished name are equal;
// ok is false when it is none.
func NameKey(dn string) (key string, ok bool) {
	parsed, err := ldap.ParseDN(dn)
	if err != nil || len(parsed.RDNs) == 0 {
		return "", false
	}
	return strings.ToLower(parsed.String()), true
}

func isDN(s string) bool {
	_, ok := NameKey(s)
	return ok
}

// isFilter reports whether a text is a filter in which something can be filled in.
func isFilter(text, place string) bool {
	if !strings.Contains(text, place) {
		return false
	}
	_, err := ldap.CompileFilter(fill(text, place, "x"))
	return err == nil
}

// fill puts a value into a filter. Whatever the value holds, it stays a value (RFC 4515,
// section 3): nothing in it closes a bracket or stands for anything.
func fill(filter, place, value string) string {
	return strings.ReplaceAll(filter, place, ldap.EscapeFilter(value))
}
