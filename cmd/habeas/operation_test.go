package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/app"
)

// fetch asks for a page and returns its status and text.
func (s *site) fetch(client *http.Client, url, token string) (int, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, url, nil)
	s.must(err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(r)
	s.must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	s.must(err)
	return res.StatusCode, string(text)
}

// freeAddress returns an address of this machine where nobody listens.
func (s *site) freeAddress() string {
	s.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	s.must(l.Close())
	return l.Addr().String()
}

// set writes the settings of the site.
func (s *site) set(text string) {
	s.Helper()
	s.must(os.WriteFile(filepath.Join(s.dir, app.SettingsFile), []byte(text), 0o600))
}

func TestAdministratorsSeeHowARunningServerIs(t *testing.T) {
	s := newSite(t)
	figures, token := s.freeAddress(), filepath.Join(t.TempDir(), "token")
	s.must(os.WriteFile(token, []byte("let me see\n"), 0o600))
	s.set("[metrics]\nlisten = \"" + figures + "\"\ntoken_file = \"" + token + "\"\n[log]\nformat = \"json\"\n")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify"), Net: "unixgram"})
	s.must(err)
	defer manager.Close()
	t.Setenv("NOTIFY_SOCKET", manager.LocalAddr().String())
	t.Setenv("WATCHDOG_USEC", "200000")
	heard := make(chan string, 1<<16)
	go func() { // a manager always listens
		defer close(heard)
		for buf := make([]byte, 100); ; {
			n, err := manager.Read(buf)
			if err != nil {
				return
			}
			heard <- string(buf[:n])
		}
	}()
	told := func() string { return <-heard }
	c := s.serve()
	if state := told(); state != "READY=1" {
		t.Errorf("the service manager was told %q", state)
	}
	if state := told(); state != "WATCHDOG=1" {
		t.Errorf("the service manager was told %q", state)
	}
	for code := 0; code != http.StatusOK; { // the search index is built within moments
		code, _ = s.fetch(http.DefaultClient, c.url+"/readyz", "")
	}
	for _, at := range []string{c.url, "http://" + figures} {
		if code, text := s.fetch(http.DefaultClient, at+"/healthz", ""); code != http.StatusOK || text != `{"status":"ok"}` {
			t.Errorf("%s/healthz: %d %s", at, code, text)
		}
		if code, text := s.fetch(http.DefaultClient, at+"/readyz", ""); code != http.StatusOK || !strings.Contains(text, `"database":"ok"`) {
			t.Errorf("%s/readyz: %d %s", at, code, text)
		}
	}
	if code, _ := s.fetch(http.DefaultClient, c.url+"/verify?q=somebody", ""); code >= 500 {
		t.Errorf("a page answers %d", code)
	}
	if code, _ := s.fetch(http.DefaultClient, "http://"+figures+"/metrics", "guess"); code != http.StatusUnauthorized {
		t.Errorf("figures without the token: %d", code)
	}
	if code, _ := s.fetch(http.DefaultClient, c.url+"/metrics", "let me see"); code != http.StatusNotFound {
		t.Errorf("figures among the pages: %d", code)
	}
	_, text := s.fetch(http.DefaultClient, "http://"+figures+"/metrics", "let me see")
	for _, want := range []string{`habeas_requests_total{method="GET"`, "habeas_write_batch_size_count", "habeas_disk_free_bytes", "habeas_ready 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("the figures lack %s", want)
		}
	}
	code, out, complaints := s.run("status", "--dir", s.dir, "--json")
	var st app.Status
	if err := json.Unmarshal([]byte(out), &st); err != nil || code != 0 || !st.Ready || st.PID != c.cmd.Process.Pid || st.URL != c.url {
		t.Errorf("status: %d %s%s", code, out, complaints)
	}
	if code, out, _ := s.run("status", "--dir", s.dir); code != 0 || !strings.Contains(out, "database") {
		t.Errorf("status: %d %s", code, out)
	}
	if code := c.stop(); code != 0 {
		t.Errorf("ended with %d", code)
	}
	mark, err := net.Dial("unixgram", manager.LocalAddr().String())
	s.must(err)
	defer mark.Close()
	_, err = mark.Write([]byte("ended")) // after everything that the server said
	s.must(err)
	last := ""
	for state := told(); state != "ended"; state = told() {
		if state != "WATCHDOG=1" {
			last = state
		}
	}
	if last != "STOPPING=1" {
		t.Errorf("the last that the service manager heard is %q", last)
	}
	if code, _, complaints := s.run("status", "--dir", s.dir); code != 1 || !strings.Contains(complaints, "No server is running") {
		t.Errorf("status without a server: %d %s", code, complaints)
	}
	for line := range strings.Lines(c.log.String()) {
		if !json.Valid([]byte(line)) || strings.Contains(line, "somebody") {
			t.Errorf("logged %s", line)
		}
	}
}

// pair writes a certificate for the name and returns who signed it.
func (s *site) pair(name string, ends time.Time) *x509.CertPool {
	s.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	s.must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(ends.Unix()), DNSNames: []string{name}, NotBefore: ends.Add(-365 * 24 * time.Hour), NotAfter: ends,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	s.must(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	s.must(err)
	s.must(os.WriteFile(filepath.Join(s.dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	s.must(os.WriteFile(filepath.Join(s.dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	cert, err := x509.ParseCertificate(der)
	s.must(err)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool
}

func TestARenewedCertificateIsServedAfterReload(t *testing.T) {
	s := newSite(t)
	const name = "records.example.org"
	at := s.freeAddress()
	_, port, err := net.SplitHostPort(at)
	s.must(err)
	url := "https://" + name + ":" + port
	s.set("public_url = \"" + url + "\"\nlisten = \"" + at + "\"\ntls_cert = \"cert.pem\"\ntls_key = \"key.pem\"\n")

	s.pair(name, time.Now().Add(-time.Hour))
	if code, out, complaints := s.run("serve", "--dir", s.dir, "--master-password-file", s.password); code != 2 || out != "" || !strings.Contains(complaints, "The certificate expired on") {
		t.Errorf("with an expired certificate: %d %s%s", code, out, complaints)
	}
	roots := s.pair(name, time.Now().Add(24*time.Hour))
	c := s.serveAs("serve", "--dir", s.dir, "--master-password-file", s.password)
	ask := func(roots *x509.CertPool) (kind, hsts string, err error) {
		client := &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true, DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, at)
			},
		}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/", nil)
		s.must(err)
		res, err := client.Do(r)
		if err != nil {
			return "", "", err
		}
		return fmt.Sprintf("%d %s", res.StatusCode, res.Proto), res.Header.Get("Strict-Transport-Security"), res.Body.Close()
	}
	kind, hsts, err := ask(roots)
	s.must(err)
	if kind != "200 HTTP/2.0" || hsts == "" {
		t.Errorf("answered %s, with HSTS %q", kind, hsts)
	}
	renewed := s.pair(name, time.Now().Add(90*24*time.Hour))
	if code, _, complaints := s.run("reload", "--dir", s.dir); code != 0 {
		t.Errorf("reload: %d %s", code, complaints)
	}
	if _, _, err := ask(renewed); err != nil {
		t.Errorf("after the renewal: %v", err)
	}
	s.must(os.WriteFile(filepath.Join(s.dir, "key.pem"), []byte("half a file"), 0o600))
	if code, _, complaints := s.run("reload", "--dir", s.dir); code != 2 || !strings.Contains(complaints, "cannot be used together") {
		t.Errorf("reload of a broken pair: %d %s", code, complaints)
	}
	s.must(c.cmd.Process.Signal(syscall.SIGHUP)) // the same, told in the log only
	if _, _, err := ask(renewed); err != nil {
		t.Errorf("after a broken renewal: %v", err)
	}
	if code := c.stop(); code != 0 {
		t.Errorf("ended with %d", code)
	}
}
