package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

func (w *world) verifier() *Verifier {
	w.Helper()
	return NewVerifier(func() ([]*Authority, error) { return []*Authority{w.identity}, nil }, w.register, w.clock)
}

// forge issues a certificate in the name of the identity CA with a key of one's own.
func (w *world) forge(change func(*x509.Certificate)) *x509.Certificate {
	w.Helper()
	_, t, _ := w.person()
	change(t)
	own := newKey(w)
	parent := &x509.Certificate{RawSubject: w.identity.cert.RawSubject, SubjectKeyId: w.identity.cert.SubjectKeyId}
	der, err := x509.CreateCertificate(nil, t, parent, own.Public(), own)
	if err != nil {
		w.Fatal(err)
	}
	return w.parse(der)
}

// unusual has the identity CA sign what it has no profile for.
func (w *world) unusual(change func(*x509.Certificate)) *x509.Certificate {
	w.Helper()
	_, cert, key := w.person()
	t := &x509.Certificate{
		SerialNumber: cert.SerialNumber, RawSubject: cert.RawSubject, NotBefore: cert.NotBefore, NotAfter: cert.NotAfter,
		KeyUsage: cert.KeyUsage, ExtKeyUsage: cert.ExtKeyUsage, BasicConstraintsValid: true,
	}
	change(t)
	der, err := x509.CreateCertificate(nil, t, w.identity.cert, key.Public(), w.identity.key)
	if err != nil {
		w.Fatal(err)
	}
	return w.parse(der)
}

func TestACertificateIsRefusedForWhatIsWrongWithIt(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	v := w.verifier()
	issued, good, _ := w.person()
	_, foreign, _ := other.person()
	server, err := w.server.IssueServer("books.example.org", newKey(t).Public(), w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	responder, err := w.identity.issueResponder(newKey(t).Public(), w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good.Raw)
	flipped[bytes.Index(flipped, []byte("Ana"))] ^= 1
	revoked, cert, _ := w.person()
	w.register.revoke(revoked, w.clock.Now(), KeyCompromise)
	long := issued.NotAfter.Sub(w.clock.Now())
	for about, c := range map[string]struct {
		chain []*x509.Certificate
		later time.Duration
		want  error
	}{
		"ours":                         {[]*x509.Certificate{good}, 0, nil},
		"ours with its chain":          {append([]*x509.Certificate{good}, w.identity.Chain()...), 0, nil},
		"in its last second":           {[]*x509.Certificate{good}, long, nil},
		"none":                         {nil, 0, ErrNoCertificate},
		"of another CA with our name":  {append([]*x509.Certificate{foreign}, other.identity.Chain()...), 0, ErrUnknownIssuer},
		"forged":                       {[]*x509.Certificate{w.forge(func(*x509.Certificate) {})}, 0, ErrUnknownIssuer},
		"forged and expired":           {[]*x509.Certificate{w.forge(func(t *x509.Certificate) { t.NotAfter = t.NotBefore })}, 0, ErrUnknownIssuer},
		"a flipped letter in the name": {[]*x509.Certificate{w.parse(flipped)}, 0, ErrUnknownIssuer},
		"a server's":                   {[]*x509.Certificate{w.parse(server.DER)}, 0, ErrUnknownIssuer},
		"an authority's":               {[]*x509.Certificate{w.attribute.cert}, 0, ErrUnknownIssuer},
		"the issuer's own":             {[]*x509.Certificate{w.identity.cert}, 0, ErrUnknownIssuer},
		"the root":                     {[]*x509.Certificate{w.root.cert}, 0, ErrUnknownIssuer},
		"a responder's":                {[]*x509.Certificate{responder}, 0, ErrWrongUse},
		"a person's, with another use": {[]*x509.Certificate{w.unusual(func(t *x509.Certificate) { t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })}, 0, ErrWrongUse},
		"with any use":                 {[]*x509.Certificate{w.unusual(func(t *x509.Certificate) { t.ExtKeyUsage = nil })}, 0, ErrWrongUse},
		"with a use beside":            {[]*x509.Certificate{w.unusual(func(t *x509.Certificate) { t.UnknownExtKeyUsage = append(t.UnknownExtKeyUsage, oidNoCheck) })}, 0, ErrWrongUse},
		"for key agreement":            {[]*x509.Certificate{w.unusual(func(t *x509.Certificate) { t.KeyUsage = x509.KeyUsageKeyAgreement })}, 0, ErrWrongUse},
		"a CA below ours":              {[]*x509.Certificate{w.unusual(func(t *x509.Certificate) { t.IsCA = true })}, 0, ErrWrongUse},
		"with a serial number that we do not give": {[]*x509.Certificate{w.unusual(func(t *x509.Certificate) { t.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 150) })}, 0, ErrWrongUse},
		"expired":            {[]*x509.Certificate{good}, long + time.Second, ErrExpired},
		"from the future":    {[]*x509.Certificate{good}, -backdate - 2*time.Second, ErrNotYetValid},
		"the clock far back": {[]*x509.Certificate{good}, -20 * 365 * 24 * time.Hour, ErrNotYetValid},
		"revoked":            {[]*x509.Certificate{cert}, 0, ErrRevoked},
	} {
		t.Run(about, func(t *testing.T) {
			w.clock.Advance(c.later)
			defer w.clock.Advance(-c.later)
			client, err := v.VerifyClient(c.chain)
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if c.want == nil && (client.Subject != ana || client.Serial != issued.Serial) {
				t.Error("another client")
			}
		})
	}
	w.register.broken = errors.New("no disk")
	if _, err := v.VerifyClient([]*x509.Certificate{good}); habeas.KindOf(err) != habeas.KindUnavailable {
		t.Errorf("when nobody knows what was revoked: %v", err)
	}
	byServer := NewVerifier(func() ([]*Authority, error) { return []*Authority{w.server}, nil }, w.register, w.clock)
	if _, err := byServer.VerifyClient([]*x509.Certificate{good}); !errors.Is(err, errRole) {
		t.Errorf("people certified by the server CA: %v", err)
	}
}

func TestTrailingBytesMakeNoCertificate(t *testing.T) {
	w := newWorld(t)
	issued, _, _ := w.person()
	if _, err := x509.ParseCertificate(append(bytes.Clone(issued.DER), 0)); err == nil {
		t.Error("read")
	}
}

// port is a server with TLS on the loopback that greets who comes in and echoes one byte
// after asking again whether they are welcome.
func (w *world) port() (addr string, roots *x509.CertPool) {
	w.Helper()
	key := newKey(w)
	issued, err := w.server.IssueServer("localhost", key.Public(), w.clock.Now())
	if err != nil {
		w.Fatal(err)
	}
	own := &tls.Certificate{Certificate: [][]byte{issued.DER, w.server.cert.Raw}, PrivateKey: key}
	v := w.verifier()
	l, err := tls.Listen("tcp", "127.0.0.1:0", v.ServerConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return own, nil }))
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answerRequests(v, c.(*tls.Conn))
		}
	}()
	roots = x509.NewCertPool()
	roots.AddCert(w.root.cert)
	return l.Addr().String(), roots
}

func answerRequests(v *Verifier, c *tls.Conn) {
	defer func() { _ = c.Close() }()
	if c.Handshake() != nil {
		return
	}
	b := []byte{'!'}
	if _, err := c.Write(b); err != nil { // to whoever the configuration lets in
		return
	}
	client, err := v.VerifyClient(c.ConnectionState().PeerCertificates)
	if err != nil {
		return
	}
	for {
		if _, err := c.Read(b); err != nil || v.Recheck(client) != nil {
			return
		}
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

// visit connects and reads the greeting.
func visit(addr string, config *tls.Config) (*tls.Conn, error) {
	c, err := tls.Dial("tcp", addr, config)
	if err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil { // here a client of TLS 1.3 learns that it is refused
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func TestARevocationEndsLiveAndResumedConnections(t *testing.T) {
	w := newWorld(t)
	addr, roots := w.port()
	issued, cert, key := w.person()
	config := &tls.Config{
		RootCAs: roots, ServerName: "localhost", ClientSessionCache: tls.NewLRUClientSessionCache(0),
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}},
	}
	var live *tls.Conn
	for i, resumed := range []bool{false, true} {
		c, err := visit(addr, config)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if s := c.ConnectionState(); s.DidResume != resumed || s.Version != tls.VersionTLS13 {
			t.Errorf("connection %d: resumed %v, want %v", i, s.DidResume, resumed)
		}
		live = c
	}
	request := func() error {
		_, err := live.Write([]byte{'?'})
		_, failed := io.ReadFull(live, make([]byte, 1))
		return errors.Join(err, failed)
	}
	if err := request(); err != nil {
		t.Errorf("before the revocation: %v", err)
	}
	w.register.revoke(issued, w.clock.Now(), KeyCompromise)
	if err := request(); err == nil {
		t.Error("a live connection is answered after the revocation")
	}
	if c, err := visit(addr, config); err == nil {
		t.Errorf("connected after the revocation; resumed: %v", c.ConnectionState().DidResume)
	}
}

func TestThePortWantsACertificateAndTLS13(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	addr, roots := w.port()
	_, cert, key := w.person()
	_, foreign, foreignKey := other.person()
	own := tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
	for about, c := range map[string]struct {
		config *tls.Config
		ok     bool
	}{
		"a person":                      {&tls.Config{Certificates: []tls.Certificate{own}}, true},
		"nobody":                        {&tls.Config{}, false},
		"TLS 1.2":                       {&tls.Config{Certificates: []tls.Certificate{own}, MaxVersion: tls.VersionTLS12}, false},
		"a stranger":                    {&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{foreign.Raw}, PrivateKey: foreignKey}}}, false},
		"somebody's certificate alone":  {&tls.Config{GetClientCertificate: shown(cert.Raw, newKey(t))}, false},
		"somebody's behind one's own":   {&tls.Config{GetClientCertificate: shown(foreign.Raw, foreignKey, cert.Raw)}, false},
		"who trusts only another's CAs": {&tls.Config{Certificates: []tls.Certificate{own}, RootCAs: x509.NewCertPool()}, false},
	} {
		t.Run(about, func(t *testing.T) {
			c.config.ServerName = "localhost"
			if c.config.RootCAs == nil {
				c.config.RootCAs = roots
			}
			conn, err := visit(addr, c.config)
			if (err == nil) != c.ok {
				t.Errorf("connected %v (%v), want %v", err == nil, err, c.ok)
			}
			if conn != nil {
				_ = conn.Close()
			}
		})
	}
}

// shown shows a certificate whatever the server asks for.
func shown(cert []byte, key *ecdsa.PrivateKey, behind ...[]byte) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &tls.Certificate{Certificate: append([][]byte{cert}, behind...), PrivateKey: key}, nil
	}
}

// A third party knows nothing but the root, and any TLS library will do.
func TestAThirdPartyNeedsOnlyTheRoot(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	roots := x509.NewCertPool()
	roots.AddCert(w.root.cert)
	key := newKey(t)
	issued, err := w.server.IssueServer("books.example.org", key.Public(), w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	server := &tls.Config{
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots,
		Certificates: []tls.Certificate{{Certificate: [][]byte{issued.DER, w.server.cert.Raw}, PrivateKey: key}},
	}
	for about, c := range map[string]struct {
		from *world
		ok   bool
	}{"ours": {w, true}, "another's": {other, false}} {
		_, cert, key := c.from.person()
		here, there := net.Pipe()
		client := tls.Client(there, &tls.Config{
			RootCAs: roots, ServerName: "books.example.org",
			GetClientCertificate: shown(cert.Raw, key, c.from.identity.cert.Raw),
		})
		done := make(chan error, 1)
		go func() {
			err := client.Handshake()
			_, _ = client.Read(make([]byte, 1)) // takes in what the server says
			done <- err
		}()
		s := tls.Server(here, server)
		err := s.Handshake()
		_ = here.Close()
		if failed := <-done; failed != nil {
			t.Errorf("%s: the client does not trust the server: %v", about, failed)
		}
		if (err == nil) != c.ok {
			t.Errorf("%s: accepted %v (%v), want %v", about, err == nil, err, c.ok)
		}
	}
}

func TestAPublicKeyOfAnotherCurveVerifies(t *testing.T) {
	w := newWorld(t)
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := w.identity.IssueIdentity(ana, key.Public(), w.clock.Now(), w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.verifier().VerifyClient([]*x509.Certificate{w.parse(issued.DER)}); err != nil {
		t.Error(err)
	}
}
