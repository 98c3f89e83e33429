package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"golang.org/x/net/dns/dnsmessage"
)

// names answers every question about addresses with this machine's, so that the
// authority finds the server under test. It speaks DNS over TCP (RFC 7766), as the
// authority does.
func names(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answerNames(conn)
		}
	}()
	return l.Addr().String()
}

func answerNames(conn net.Conn) {
	defer conn.Close()
	var length [2]byte
	for {
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		buf := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, buf); err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf) != nil || len(m.Questions) != 1 {
			return
		}
		m.Response, m.Authoritative, m.Additionals = true, true, nil
		if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1},
				Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
			}}
		}
		answer, err := m.AppendPack(make([]byte, 2, 512))
		if err != nil {
			return
		}
		binary.BigEndian.PutUint16(answer, uint16(len(answer)-2))
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// authority starts a certificate authority that checks challenges at two ports of this
// machine. It is Pebble, Let's Encrypt's own server for tests.
func authority(t *testing.T, httpPort, tlsPort int) (directory string, roots *x509.CertPool, root func() *x509.CertPool) {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "5") // a client has to bear it
	quiet := slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	store := db.NewMemoryStore()
	issuer := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "for tests"}})
	front := wfe.New(quiet, store, va.New(quiet, httpPort, tlsPort, true, names(t), store), issuer, []string{"authority.test"}, true, false, 1, 1)
	srv := httptest.NewTLSServer(front.Handler())
	t.Cleanup(srv.Close)
	roots = x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	return srv.URL + wfe.DirectoryPath, roots, func() *x509.CertPool {
		pool := x509.NewCertPool()
		pool.AddCert(issuer.GetRootCert(0).Cert)
		return pool
	}
}

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

func TestACertificateIsFetchedFromAnAuthority(t *testing.T) {
	const host = "records.example.org"
	for name, overHTTP := range map[string]bool{"by TLS-ALPN-01": false, "by HTTP-01": true} {
		t.Run(name, func(t *testing.T) {
			secure, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			plain, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			tlsPort := portOf(secure)
			if overHTTP {
				tlsPort = 1 // where nobody answers: the authority does not reach port 443
			}
			directory, trusted, root := authority(t, portOf(plain), tlsPort)
			var lines bytes.Buffer
			logger := slog.New(slog.NewTextHandler(&lines, nil))
			cache := filepath.Join(t.TempDir(), "acme")
			fetcher, err := NewACME(Authority{
				Directory: directory, Roots: trusted, Email: "it@example.org", Host: host, Cache: cache,
			})
			if err != nil {
				t.Fatal(err)
			}
			srv := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)}
			go func() { _ = srv.Serve(tls.NewListener(secure, fetcher.Config())) }()
			t.Cleanup(func() { _ = srv.Close() })
			side := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute}
			if overHTTP {
				side.Handler = fetcher.Handler()
			}
			go func() { _ = side.Serve(plain) }()
			t.Cleanup(func() { _ = side.Close() })

			fetcher.Fetch(t.Context(), host, logger)
			if fetcher.End().Before(time.Now()) {
				t.Fatalf("no certificate:\n%s", &lines)
			}
			conn, err := tls.Dial("tcp", secure.Addr().String(), &tls.Config{ServerName: host, RootCAs: root(), NextProtos: []string{"h2", "http/1.1"}})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if got := conn.ConnectionState().NegotiatedProtocol; got != "h2" {
				t.Errorf("negotiated %q", got)
			}
			if _, err := tls.Dial("tcp", secure.Addr().String(), &tls.Config{ServerName: "other.example.org", InsecureSkipVerify: true}); err == nil {
				t.Error("a certificate for a name that is not ours")
			}
			info, err := os.Stat(cache)
			if err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("the cache: %v, %v", info.Mode(), err)
			}
			if overHTTP {
				res, err := http.DefaultTransport.RoundTrip(httptest.NewRequestWithContext(t.Context(), "GET", "http://"+plain.Addr().String()+"/me", nil))
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				if to := res.Header.Get("Location"); res.StatusCode != http.StatusFound || to != "https://127.0.0.1/me" {
					t.Errorf("plain HTTP answers %d, %q", res.StatusCode, to)
				}
			}
		})
	}
}
