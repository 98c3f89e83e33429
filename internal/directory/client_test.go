package directory_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"

	"github.com/habeas-data/habeas/internal/directory"
	"github.com/habeas-data/habeas/internal/directory/ldaptest"
	"github.com/habeas-data/habeas/sealed"
)

func password(text string) func(*sealed.Session) (sealed.Value, error) {
	return func(s *sealed.Session) (sealed.Value, error) { return s.Seal("password", []byte(text)) }
}

func config(s *ldaptest.Server) directory.Config {
	return directory.Config{
		URL: s.TLS, Roots: s.Roots, BindDN: ldaptest.BindDN, Password: password(ldaptest.Password), Base: ldaptest.Base,
		UserFilter: directory.DefaultUserFilter, GroupFilter: directory.DefaultGroupFilter,
		Groups: []string{ldaptest.Clerks, ldaptest.Chiefs}, Timeout: 5 * time.Second,
	}
}

func ask(t *testing.T, cfg directory.Config, mails ...string) ([][]int, error) {
	t.Helper()
	c, err := directory.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c.Ask(t.Context(), mails)
}

func TestAnswersOfADirectory(t *testing.T) {
	s := ldaptest.Start(t,
		ldaptest.Entry("twin1", "twin@example.org"), ldaptest.Entry("twin2", "twin@example.org"),
		// A subtree that another server would know: a continuation, and no entry.
		"dn: ou=elsewhere,"+ldaptest.Base+"\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://127.0.0.1:9/ou=elsewhere,dc=example,dc=org",
	)
	s.Hire("ada", "ada@example.org", ldaptest.Clerks)
	s.Hire("eva", "eva@example.org", ldaptest.Clerks, ldaptest.Chiefs)
	s.Hire("tim, (the) *\\one", "tim@example.org", ldaptest.Chiefs)
	s.Hire("idle", "idle@example.org")
	s.Join("twin1", ldaptest.Chiefs)
	for _, url := range []string{s.TLS, s.Plain} {
		cfg := config(s)
		cfg.URL = url
		got, err := ask(t, cfg, "ada@example.org", "EVA@example.org", "tim@example.org", "idle@example.org", "nobody@example.org", "twin@example.org",
			"*", "ada*", "x)(mail=*", "*)(uid=*))(|(uid=*", `\2a`, "a\x00b", "", strings.Repeat("ä", 5000))
		if err != nil {
			t.Fatal(err)
		}
		want := [][]int{{0}, {0, 1}, {1}, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: got %v, want %v", url, got, want)
		}
	}
}

func TestADirectoryThatCannotBeAsked(t *testing.T) {
	s := ldaptest.Start(t)
	s.Hire("ada", "ada@example.org", ldaptest.Clerks)
	for name, c := range map[string]struct {
		change func(*directory.Config)
		want   directory.Failure
	}{
		"a foreign authority over TLS":      {func(c *directory.Config) { c.Roots = x509.NewCertPool() }, directory.ErrTLS},
		"a foreign authority over StartTLS": {func(c *directory.Config) { c.Roots, c.URL = x509.NewCertPool(), s.Plain }, directory.ErrTLS},
		"another name than the certificate": {func(c *directory.Config) { c.URL = strings.Replace(s.TLS, "127.0.0.1", "localhost", 1) }, directory.ErrTLS},
		"TLS where there is none":           {func(c *directory.Config) { c.URL = strings.Replace(s.Plain, "ldap:", "ldaps:", 1) }, directory.ErrTLS},
		"a wrong password":                  {func(c *directory.Config) { c.Password = password("guessed") }, directory.ErrBind},
		"an empty password":                 {func(c *directory.Config) { c.Password = password("") }, directory.ErrBind},
		"a password that cannot be read": {func(c *directory.Config) {
			c.Password = func(*sealed.Session) (sealed.Value, error) { return sealed.Value{}, errors.New("gone") }
		}, directory.ErrBind},
		"a base elsewhere": {func(c *directory.Config) { c.Base = "dc=example,dc=com" }, directory.ErrAnswer},
		"nobody there":     {func(c *directory.Config) { c.URL = "ldaps://127.0.0.1:9" }, directory.ErrDown},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(s)
			c.change(&cfg)
			got, err := ask(t, cfg, "ada@example.org")
			if got != nil || err != c.want {
				t.Errorf("got %v and %v, want %v", got, err, c.want)
			}
		})
	}
	cfg := config(s)
	cfg.Password, cfg.BindDN = nil, ""
	if got, err := ask(t, cfg, "ada@example.org"); err == nil && got[0] != nil {
		t.Error("an anonymous question was answered by a directory that lets nobody read anonymously")
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	s := ldaptest.Start(t)
	cfg := config(s)
	cfg.Groups = append(cfg.Groups, "cn=gone,ou=groups,"+ldaptest.Base)
	c, err := directory.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	missing, err := c.Try(t.Context())
	if err != nil || !slices.Equal(missing, cfg.Groups[2:]) {
		t.Errorf("missing %v, %v", missing, err)
	}
	s.Hire("ada", "ada@example.org", ldaptest.Chiefs)
	if got, err := c.Ask(t.Context(), []string{"ada@example.org"}); err != nil || !slices.Equal(got[0], []int{1}) {
		t.Errorf("with a group that is gone: %v, %v", got, err)
	}
}

// Ten thousand groups of one person are neither read nor waited for: only those that
// matter are looked into, and of them no attribute.
func TestManyGroupsOfOnePerson(t *testing.T) {
	var groups strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&groups, "dn: cn=g%d,ou=groups,%s\nobjectClass: groupOfNames\ncn: g%d\nmember: %s\n\n", i, ldaptest.Base, i, ldaptest.Person("ada"))
	}
	s := ldaptest.Start(t, groups.String(), ldaptest.Entry("ada", "ada@example.org"))
	cfg := config(s)
	cfg.Groups = []string{"cn=g17," + "ou=groups," + ldaptest.Base, ldaptest.Clerks, "cn=g9999,ou=groups," + ldaptest.Base}
	got, err := ask(t, cfg, "ada@example.org")
	if err != nil || !slices.Equal(got[0], []int{0, 2}) {
		t.Fatalf("got %v, %v", got, err)
	}
}

// flood is a server that answers StartTLS with more than anybody wants to read.
func flood(t *testing.T, first []byte, again []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, err := c.Read(make([]byte, 1024))
				for ; err == nil; first = again {
					if len(first) == 0 {
						_, err = c.Read(make([]byte, 1)) // says nothing, and waits for the end
						continue
					}
					_, err = c.Write(first)
				}
			}()
		}
	}()
	return "ldap://" + l.Addr().String()
}

func TestAServerThatIsNoDirectory(t *testing.T) {
	refusal := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	refusal.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 1, ""))
	body := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 24, nil, "")
	body.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, 2, ""))
	body.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	body.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "no TLS here", ""))
	refusal.AppendChild(body)
	for name, answer := range map[string][]byte{
		"without StartTLS":         refusal.Bytes(),
		"a packet of a gigabyte":   {0x30, 0x84, 0x40, 0, 0, 0},
		"not LDAP":                 []byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
		"unending nested brackets": []byte(strings.Repeat("\x30\x80", 4096)),
		"silence":                  nil,
	} {
		t.Run(name, func(t *testing.T) {
			cfg := directory.Config{
				URL: flood(t, answer, nil), Base: ldaptest.Base, UserFilter: directory.DefaultUserFilter, GroupFilter: directory.DefaultGroupFilter,
				Groups: []string{ldaptest.Clerks}, Timeout: 200 * time.Millisecond,
			}
			got, err := ask(t, cfg, "ada@example.org")
			if got != nil || err != directory.ErrTLS && err != directory.ErrDown {
				t.Errorf("got %v and %v", got, err)
			}
		})
	}
}

func TestWhoeverAsksMayStop(t *testing.T) {
	cfg := directory.Config{
		URL: flood(t, nil, nil), Base: ldaptest.Base, UserFilter: directory.DefaultUserFilter, GroupFilter: directory.DefaultGroupFilter,
		Groups: []string{ldaptest.Clerks}, Timeout: time.Hour,
	}
	c, err := directory.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Ask(ctx, []string{"ada@example.org"}); err != directory.ErrDown {
		t.Errorf("got %v", err)
	}
}
