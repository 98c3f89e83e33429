// Package ldaptest gives tests a real LDAP directory: Debian's slapd, run as a user
// without rights, on loopback ports of its own, with a certificate of an authority that
// is made for the test. Only tests import it.
package ldaptest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// The directory as it is made.
const (
	Base     = "dc=example,dc=org"
	People   = "ou=people," + Base
	Clerks   = "cn=clerks,ou=groups," + Base
	Chiefs   = "cn=chiefs,ou=groups," + Base
	BindDN   = "cn=habeas,ou=services," + Base
	Password = "the directory's own"

	manager = "cn=manager," + Base
)

// slapd is where Debian puts the server; it is in no user's path.
const slapd = "/usr/sbin/slapd"

// Server is a running directory.
type Server struct {
	testing.TB
	Plain  string // ldap://127.0.0.1:port, which offers StartTLS
	TLS    string // ldaps://127.0.0.1:port
	CAFile string // PEM file of the authority
	Roots  *x509.CertPool

	dir  string
	as   *syscall.Credential
	cmd  *exec.Cmd
	gone chan struct{}
}

// Start makes a directory with two groups, whose members are Person("nobody") as long as
// nobody else is, and takes it away when the test ends. more is LDIF that is loaded beside.
// Where slapd is not installed the test is skipped, and fails when CI is set.
func Start(t testing.TB, more ...string) *Server {
	t.Helper()
	need(t)
	dir, err := os.MkdirTemp("", "habeas-ldap-")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{TB: t, dir: dir, CAFile: filepath.Join(dir, "ca.pem")}
	t.Cleanup(func() { s.Stop(); _ = os.RemoveAll(dir) })
	s.ok(os.Mkdir(filepath.Join(dir, "db"), 0o700))
	s.certificates()
	s.configure()
	s.ok(s.unprivileged())
	s.load(strings.Join(append([]string{tree}, more...), "\n\n"))
	s.Up()
	return s
}

func need(t testing.TB) {
	t.Helper()
	if _, err := os.Stat(slapd); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("slapd is not installed; scripts/setup test installs it")
	}
	t.Skip("slapd is not installed; scripts/setup test installs it")
}

// tree is what every directory begins with.
const tree = `dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit
ou: groups

dn: ou=services,dc=example,dc=org
objectClass: organizationalUnit
ou: services

dn: cn=habeas,ou=services,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: habeas
userPassword: the directory's own

dn: cn=clerks,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: clerks
member: uid=nobody,ou=people,dc=example,dc=org

dn: cn=chiefs,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: chiefs
member: uid=nobody,ou=people,dc=example,dc=org`

func (s *Server) configure() {
	config := fmt.Sprintf(`include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile %[1]s/pid
TLSCACertificateFile %[1]s/ca.pem
TLSCertificateFile %[1]s/server.pem
TLSCertificateKeyFile %[1]s/server.key
referral ldap://127.0.0.1:9/
sizelimit 500
database mdb
maxsize 67108864
dbnosync
suffix "%[2]s"
rootdn "%[3]s"
rootpw manager
directory %[1]s/db
index objectClass,mail,member eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="%[4]s" read by * none
`, s.dir, Base, manager, BindDN)
	s.write("slapd.conf", []byte(config))
}

func (s *Server) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *Server) write(name string, text []byte) {
	s.Helper()
	s.ok(os.WriteFile(filepath.Join(s.dir, name), text, 0o600))
}

// certificates makes an authority and the server's certificate.
func (s *Server) certificates() {
	s.Helper()
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		s.ok(err)
		return k
	}
	now := time.Now()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "A directory's authority"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caKey, serverKey := key(), key()
	ca, err := x509.CreateCertificate(rand.Reader, authority, authority, caKey.Public(), caKey)
	s.ok(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, leaf, authority, serverKey.Public(), caKey)
	s.ok(err)
	der, err := x509.MarshalPKCS8PrivateKey(serverKey)
	s.ok(err)
	s.write("ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca}))
	s.write("server.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	s.write("server.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	s.Roots = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(ca)
	s.ok(err)
	s.Roots.AddCert(parsed)
}

// unprivileged picks another user when root runs the tests.
func (s *Server) unprivileged() error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		return err
	}
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return err
	}
	s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return filepath.WalkDir(s.dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, int(uid), int(gid)))
	})
}

// load fills the database before the server runs.
func (s *Server) load(ldif string) {
	s.Helper()
	cmd := exec.Command("/usr/sbin/slapadd", "-q", "-f", filepath.Join(s.dir, "slapd.conf"))
	cmd.Dir, cmd.Stdin, cmd.SysProcAttr = s.dir, strings.NewReader(ldif), &syscall.SysProcAttr{Credential: s.as}
	if out, err := cmd.CombinedOutput(); err != nil {
		s.Fatalf("slapadd: %v\n%s", err, out)
	}
}

// Up starts the server, again on its old ports when it was stopped.
func (s *Server) Up() {
	s.Helper()
	if s.Plain == "" {
		s.Plain, s.TLS = "ldap://"+s.port(), "ldaps://"+s.port()
	}
	s.cmd = exec.Command(slapd, "-h", s.Plain+" "+s.TLS, "-f", filepath.Join(s.dir, "slapd.conf"), "-d", "0")
	s.cmd.Dir, s.cmd.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: s.as, Pdeathsig: syscall.SIGKILL}
	s.gone = make(chan struct{})
	started := make(chan error)
	go func() {
		// The server dies with the thread that started it, so this one stays.
		runtime.LockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			_ = s.cmd.Wait() // it is ended by us
		}
		close(s.gone)
	}()
	s.ok(<-started)
	s.answer()
}

// port finds a free one of this machine.
func (s *Server) port() string {
	s.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	s.ok(err)
	s.ok(l.Close())
	return l.Addr().String()
}

// answer waits until the server takes connections on both ports.
func (s *Server) answer() {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var d net.Dialer
	for _, url := range []string{s.Plain, s.TLS} {
		_, address, _ := strings.Cut(url, "://")
		for {
			conn, err := d.DialContext(ctx, "tcp", address)
			if err == nil {
				_ = conn.Close()
				break
			}
			select {
			case <-tick.C:
			case <-s.gone:
				s.Fatal("slapd ended by itself")
			case <-ctx.Done():
				s.Fatalf("slapd does not answer: %v", err)
			}
		}
	}
}

// Stop ends the server; what is in it stays for the next Up.
func (s *Server) Stop() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	<-s.gone
	s.cmd = nil
}

// Person is the name of somebody's entry.
func Person(uid string) string { return "uid=" + ldap.EscapeDN(uid) + "," + People }

// Entry is somebody in LDIF.
func Entry(uid, mail string) string {
	return fmt.Sprintf("dn: %s\nobjectClass: inetOrgPerson\nuid: %s\ncn: %s\nsn: %s\nmail: %s", Person(uid), uid, uid, uid, mail)
}

// Hire puts somebody into the directory, and into groups.
func (s *Server) Hire(uid, mail string, groups ...string) {
	s.Helper()
	s.do(func(c *ldap.Conn) error {
		add := ldap.NewAddRequest(Person(uid), nil)
		for name, value := range map[string]string{"objectClass": "inetOrgPerson", "uid": uid, "cn": uid, "sn": uid, "mail": mail} {
			add.Attribute(name, []string{value})
		}
		return c.Add(add)
	})
	for _, g := range groups {
		s.Join(uid, g)
	}
}

// Fire takes somebody's entry away, and leaves the groups as they are.
func (s *Server) Fire(uid string) {
	s.Helper()
	s.do(func(c *ldap.Conn) error { return c.Del(ldap.NewDelRequest(Person(uid), nil)) })
}

// Join puts somebody into a group.
func (s *Server) Join(uid, group string) {
	s.Helper()
	s.member(group, func(m *ldap.ModifyRequest) { m.Add("member", []string{Person(uid)}) })
}

// Leave takes somebody out of a group.
func (s *Server) Leave(uid, group string) {
	s.Helper()
	s.member(group, func(m *ldap.ModifyRequest) { m.Delete("member", []string{Person(uid)}) })
}

func (s *Server) member(group string, change func(*ldap.ModifyRequest)) {
	s.Helper()
	s.do(func(c *ldap.Conn) error {
		m := ldap.NewModifyRequest(group, nil)
		change(m)
		return c.Modify(m)
	})
}

// do changes the directory as its manager.
func (s *Server) do(change func(*ldap.Conn) error) {
	s.Helper()
	c, err := ldap.DialURL(s.TLS, ldap.DialWithTLSConfig(&tls.Config{RootCAs: s.Roots}))
	s.ok(err)
	defer c.Close()
	s.ok(c.Bind(manager, "manager"))
	s.ok(change(c))
}
