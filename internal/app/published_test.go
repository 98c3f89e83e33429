package app_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/habeas-data/habeas/internal/pki"
)

// today lets the world's clock show the machine's time, which is the only one that openssl asks.
func (w *world) today() {
	w.Helper()
	w.later(time.Since(w.clock.Now()))
}

// serving starts the pages on a port, and returns it with a client that finds every host there.
func (w *world) serving() (at string, client *http.Client) {
	w.Helper()
	srv := httptest.NewServer(w.pages)
	w.Cleanup(srv.Close)
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
	}
	transport := &http.Transport{DialContext: dial}
	w.Cleanup(transport.CloseIdleConnections)
	return srv.URL, &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// fetchedAnswer is an answer that was read to its end.
type fetchedAnswer struct {
	StatusCode int
	Header     http.Header
}

// fetched reads what is at an address.
func (w *world) fetched(client *http.Client, to string) (fetchedAnswer, []byte) {
	w.Helper()
	return w.answered(client, must(http.NewRequestWithContext(w.ctx(), http.MethodGet, to, http.NoBody))(w))
}

func (w *world) answered(client *http.Client, r *http.Request) (fetchedAnswer, []byte) {
	w.Helper()
	res, err := client.Do(r)
	w.ok(err)
	defer res.Body.Close()
	return fetchedAnswer{res.StatusCode, res.Header}, must(io.ReadAll(res.Body))(w)
}

// pemFile writes one for openssl.
func (w *world) pemFile(kind string, ders ...[]byte) string {
	w.Helper()
	f := must(os.CreateTemp(w.TempDir(), "*.pem"))(w)
	for _, der := range ders {
		w.ok(pem.Encode(f, &pem.Block{Type: kind, Bytes: der}))
	}
	w.ok(f.Close())
	return f.Name()
}

// openssl runs it and wants it to be content, or not, and to say something.
func (w *world) openssl(content bool, says string, args ...string) {
	w.Helper()
	out, err := exec.CommandContext(w.ctx(), "openssl", args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.Fatal(err)
	}
	if (err == nil) != content || !strings.Contains(string(out), says) {
		w.Errorf("openssl %s: content %v, want %v and %q:\n%s", args[0], err == nil, content, says, out)
	}
}

// What certificates point at is there, in plain HTTP, and openssl is content with it; a
// revocation shows at once.
// Proves REV-03.
func TestAnybodyReadsWhatCertificatesPointAt(t *testing.T) {
	w := newWorld(t)
	w.today()
	at, client := w.serving()
	if res, _ := w.fetched(client, at+"/pki/ca/identity.cer"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger made an authority: %d", res.StatusCode)
	}
	tim := w.join("tim@example.com")
	held := w.registered(tim, "tim@example.com")
	cert := must(x509.ParseCertificate(held.DER))(w)

	res, der := w.fetched(client, cert.IssuingCertificateURL[0])
	issuer := must(x509.ParseCertificate(der))(w)
	w.ok(cert.CheckSignatureFrom(issuer))
	if got := res.Header.Get("Content-Type"); got != "application/pkix-cert" {
		t.Errorf("the issuer is %q", got)
	}
	_, der = w.fetched(client, issuer.IssuingCertificateURL[0])
	root := must(x509.ParseCertificate(der))(w)
	w.ok(issuer.CheckSignatureFrom(root))

	leaf, roots, between := w.pemFile("CERTIFICATE", cert.Raw), w.pemFile("CERTIFICATE", root.Raw), w.pemFile("CERTIFICATE", issuer.Raw)
	verify := func(content bool, says string) {
		t.Helper()
		res, der := w.fetched(client, cert.CRLDistributionPoints[0])
		if got := res.Header.Get("Content-Type"); got != "application/pkix-crl" || !strings.Contains(res.Header.Get("Cache-Control"), "max-age=300") {
			t.Errorf("the list is %q, %q", got, res.Header.Get("Cache-Control"))
		}
		_, above := w.fetched(client, issuer.CRLDistributionPoints[0])
		list := w.pemFile("X509 CRL", der, above)
		w.openssl(true, "verify OK", "crl", "-in", list, "-noout", "-verify", "-CAfile", between)
		w.openssl(content, says, "verify", "-x509_strict", "-crl_check_all", "-CAfile", roots, "-untrusted", between, "-CRLfile", list, "-purpose", "sslclient", leaf)
	}
	ask := func(says string, more ...string) {
		t.Helper()
		to := at + "/pki" + must(url.Parse(cert.OCSPServer[0]))(w).Path
		w.openssl(true, says, append([]string{"ocsp", "-url", to, "-CAfile", roots, "-verify_other", between, "-issuer", between, "-cert", leaf}, more...)...)
	}
	verify(true, "OK")
	ask(": good")
	ask(": good", "-no_nonce")
	w.later(time.Second)
	w.ok(w.Certificates.Revoke(w.ctx(), tim, pki.Identity, held.Serial, pki.KeyCompromise))
	verify(false, "certificate revoked")
	ask("keyCompromise")
	ask("keyCompromise", "-no_nonce")
}

// A clock that is set back hides no revocation, and a list is signed once for everybody.
// Proves REV-03.
func TestAListIsSignedOnceForAllWhoAskAndWhateverTheClockSays(t *testing.T) {
	w := newWorld(t)
	_, client := w.serving()
	tim := w.join("tim@example.com")
	held := w.registered(tim, "tim@example.com")
	cert := must(x509.ParseCertificate(held.DER))(w)
	number := func() int64 {
		_, der := w.fetched(client, cert.CRLDistributionPoints[0])
		return must(x509.ParseRevocationList(der))(w).Number.Int64()
	}
	number()
	w.clock.Advance(-2 * time.Minute)
	w.ok(w.Certificates.Revoke(w.ctx(), tim, pki.Identity, held.Serial, pki.KeyCompromise))
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { number() })
	}
	all.Wait()
	if got := number(); got != 2 {
		t.Errorf("after one revocation and many questions the list has number %d, want 2", got)
	}
	_, der := w.fetched(client, cert.CRLDistributionPoints[0])
	if l := must(x509.ParseRevocationList(der))(w); len(l.RevokedCertificateEntries) != 1 {
		t.Error("what was revoked by a clock that was set back is not on the list")
	}
}

// Requests come by GET with the headers of RFC 5019; who asks what only they can use is held back.
func TestStrangersGetAnswersButNoSignaturesWithoutEnd(t *testing.T) {
	w := newWorld(t)
	_, client := w.serving()
	tim := w.join("tim@example.com")
	held := w.registered(tim, "tim@example.com")
	cert := must(x509.ParseCertificate(held.DER))(w)
	issuer := must(w.Certificates.Authorities.Get(w.ctx(), pki.Identity))(w).Certificate()
	request := func(n *big.Int) []byte {
		return must(ocsp.CreateRequest(&x509.Certificate{SerialNumber: n}, issuer, &ocsp.RequestOptions{Hash: crypto.SHA256}))(w)
	}
	text := base64.StdEncoding.EncodeToString(request(cert.SerialNumber))
	for name, path := range map[string]string{"escaped": url.PathEscape(text), "as it is": text} {
		res, der := w.fetched(client, cert.OCSPServer[0]+"/"+path)
		said, err := ocsp.ParseResponseForCert(der, cert, issuer)
		if err != nil || said.Status != ocsp.Good {
			t.Fatalf("%s: %v", name, err)
		}
		h := res.Header
		if h.Get("Content-Type") != "application/ocsp-response" || h.Get("Cache-Control") != "max-age=3600, public, no-transform, must-revalidate" ||
			h.Get("Expires") != said.NextUpdate.UTC().Format(http.TimeFormat) || h.Get("Last-Modified") != said.ThisUpdate.UTC().Format(http.TimeFormat) || h.Get("ETag") == "" {
			t.Errorf("%s: headers %v", name, h)
		}
		again := must(http.NewRequestWithContext(w.ctx(), http.MethodGet, cert.OCSPServer[0]+"/"+path, http.NoBody))(w)
		again.Header.Set("If-None-Match", h.Get("ETag"))
		res, _ = w.answered(client, again)
		if res.StatusCode != http.StatusNotModified {
			t.Errorf("%s: whoever has the answer gets it again: %d", name, res.StatusCode)
		}
	}
	post := func(body []byte) (fetchedAnswer, []byte) {
		return w.answered(client, must(http.NewRequestWithContext(w.ctx(), http.MethodPost, cert.OCSPServer[0], bytes.NewReader(body)))(w))
	}
	malformed := []byte{0x30, 3, 0x0a, 1, 1}
	for name, body := range map[string][]byte{"empty": nil, "noise": []byte("who is it?"), "too long": bytes.Repeat([]byte{0x30}, pki.MaxOCSPRequest+1)} {
		if res, der := post(body); res.StatusCode != http.StatusOK || !bytes.Equal(der, malformed) || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, %x", name, res.StatusCode, der)
		}
	}
	signed, later := 0, []byte{0x30, 3, 0x0a, 1, 3}
	for n := range int64(80) {
		if _, der := post(request(big.NewInt(n + 1))); bytes.Equal(der, later) {
			break
		}
		signed++
	}
	if signed != 50 {
		t.Errorf("%d answers about thought-up numbers were signed, want 50", signed)
	}
	if _, der := post(request(cert.SerialNumber)); must(ocsp.ParseResponseForCert(der, cert, issuer))(w).Status != ocsp.Good {
		t.Error("who thinks up numbers keeps others from an answer")
	}
	for _, path := range []string{
		"/ca/identity", "/ca/nobody.cer", "/crl/identity-40.crl", "/crl/identity-1.crl", "/crl/identity-0G.crl", "/crl/root-01.crl",
		"/crl/..%2f..%2fkeys.db", "/ocsp/root", "/ocsp/nobody/" + text,
	} {
		if res, _ := w.fetched(client, "http://pki.example.org"+path); res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}
