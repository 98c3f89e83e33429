package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

const day = 24 * time.Hour

// writePair writes a self-signed certificate for name that is good from one day to another.
func writePair(t *testing.T, dir, name string, from, to time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(to.Unix()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: from, NotAfter: to, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestARenewedCertificateIsUsedWithoutARestartAndABrokenOneIsNot(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	clock := habeas.NewManualClock(now)
	cert, key := writePair(t, dir, "records.example.org", now.Add(-day), now.Add(2*day))
	var log bytes.Buffer
	f, err := Open(cert, key, "records.example.org", clock, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", f.Config())
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }()
	defer srv.Close()
	serves := func() time.Time {
		t.Helper()
		conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if proto := conn.ConnectionState().NegotiatedProtocol; proto != "h2" {
			t.Errorf("negotiated %q", proto)
		}
		return conn.ConnectionState().PeerCertificates[0].NotAfter
	}
	first := serves()

	f.look() // nothing has changed
	if log.Len() > 0 {
		t.Errorf("logged %s", &log)
	}
	writePair(t, dir, "records.example.org", now.Add(-day), now.Add(90*day))
	f.look()
	if second := serves(); !second.After(first) || !f.End().Equal(second) {
		t.Errorf("still serves the certificate that ends %s", second)
	}

	second := serves()
	for name, breakIt := range map[string]func() error{
		"a key of another certificate": func() error {
			other, _ := writePair(t, t.TempDir(), "records.example.org", now, now.Add(day))
			text, err := os.ReadFile(other)
			if err != nil {
				return err
			}
			return os.WriteFile(cert, text, 0o600)
		},
		"half a file": func() error { return os.WriteFile(cert, []byte("-----BEGIN"), 0o600) },
		"no file":     func() error { return os.Remove(cert) },
		"an old one": func() error {
			writePair(t, dir, "records.example.org", now.Add(-3*day), now.Add(-2*day))
			return nil
		},
	} {
		log.Reset()
		if err := breakIt(); err != nil {
			t.Fatal(err)
		}
		f.look()
		if got := serves(); !got.Equal(second) {
			t.Errorf("%s: serves the certificate that ends %s", name, got)
		}
		if !strings.Contains(log.String(), "the one before stays") {
			t.Errorf("%s: logged %s", name, &log)
		}
	}
}

func TestACertificateThatNobodyCouldUseIsRefusedAtTheStart(t *testing.T) {
	now := time.Now()
	clock := habeas.NewManualClock(now)
	log := slog.New(slog.DiscardHandler)
	for name, c := range map[string]struct {
		host     string
		from, to time.Time
		want     string
	}{
		"expired":      {"records.example.org", now.Add(-3 * day), now.Add(-2 * day), "expired on " + now.Add(-2*day).UTC().Format(time.DateOnly)},
		"not yet":      {"records.example.org", now.Add(day), now.Add(2 * day), "good from"},
		"another name": {"other.example.org", now.Add(-day), now.Add(day), "another name than public_url"},
	} {
		cert, key := writePair(t, t.TempDir(), c.host, c.from, c.to)
		_, err := Open(cert, key, "records.example.org", clock, log)
		if habeas.KindOf(err) != habeas.KindInvalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open("missing", "missing", "x", clock, log); err == nil {
		t.Error("opened a file that is not there")
	}
}
