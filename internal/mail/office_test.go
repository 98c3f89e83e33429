package mail

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/habeas-data/habeas"
)

// postOffice is a real SMTP server in this process, which does as told.
type postOffice struct {
	mu       sync.Mutex
	got      []received
	onRcpt   error
	onMail   error
	onData   error
	dropData bool   // cut the connection in the middle of DATA
	dropQuit bool   // cut it right after accepting
	atRcpt   func() // called when the recipient is named
	logins   []string
	asked    string // the login that was tried last
	port     int
	root     []byte // the certificate of its authority
	roots    *x509.CertPool
}

type received struct {
	from, to  string
	body      string
	encrypted bool
	user      string
}

type visit struct {
	p    *postOffice
	conn *smtp.Conn
	mail received
}

func (p *postOffice) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &visit{p: p, conn: c}, nil
}

func (v *visit) AuthMechanisms() []string {
	if v.p.logins != nil {
		return v.p.logins
	}
	return []string{sasl.Plain}
}

func (v *visit) Auth(mechanism string) (sasl.Server, error) {
	v.p.asked = mechanism
	if mechanism != sasl.Plain {
		return nil, errors.New("not today")
	}
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "habeas" || password != "right" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no " + user}
		}
		v.mail.user = user
		return nil
	}), nil
}

func (v *visit) Mail(from string, _ *smtp.MailOptions) error {
	v.mail.from = from
	return v.p.onMail
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.mail.to = to
	if v.p.atRcpt != nil {
		v.p.atRcpt()
	}
	return v.p.onRcpt
}

func (v *visit) Data(r io.Reader) error {
	if v.p.dropData {
		v.conn.Conn().Close()
		return errors.New("gone")
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if v.p.onData != nil {
		return v.p.onData
	}
	_, v.mail.encrypted = v.conn.TLSConnectionState()
	v.mail.body = string(b)
	v.p.mu.Lock()
	v.p.got = append(v.p.got, v.mail)
	v.p.mu.Unlock()
	return nil
}

func (v *visit) Reset() {
	if v.p.dropQuit && len(v.p.got) > 0 {
		v.conn.Conn().Close()
	}
}
func (v *visit) Logout() error { return nil }

// certificate signs a server certificate for localhost with an authority of its own.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		DNSNames: []string{"localhost"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func (p *postOffice) open(t *testing.T, way TLS) {
	t.Helper()
	server := smtp.NewServer(p)
	server.Domain = "localhost"
	server.ErrorLog = quiet{}
	var pair tls.Certificate
	pair, p.roots = certificate(t)
	p.root = pair.Certificate[0]
	config := &tls.Config{Certificates: []tls.Certificate{pair}}
	if way == StartTLS {
		server.TLSConfig = config
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.port = l.Addr().(*net.TCPAddr).Port
	if way == Implicit {
		l = tls.NewListener(l, config)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := server.Serve(l); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { server.Close(); l.Close(); <-served }) // it may not serve yet
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (p *postOffice) sender(t *testing.T, way TLS, change func(*Config)) *Sender {
	t.Helper()
	c := Config{
		Host: "localhost", Port: p.port, TLS: way, From: "records@example.org", FromName: "Riverside Trust",
		Timeout: 10 * time.Second, RootCAs: p.roots, Clock: habeas.NewManualClock(now),
	}
	if change != nil {
		change(&c)
	}
	s, err := NewSender(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
