package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/habeas-data/habeas/internal/pki/regfile"
)

// office is the server as the site talks to it: with the creator's certificate, and with the
// root of that as the only one that is trusted. It is safe for concurrent use.
type office struct {
	base        string
	client      *http.Client
	authorities []*x509.Certificate // of the creator's chain, the root last
}

// standing is what the server tells a creator.
type standing struct {
	Policy    int64  `json:"policy"`
	PolicyURL string `json:"policyUrl"`
	Check     string `json:"check"`
	Sites     []struct {
		Origin string `json:"origin"`
		Badge  string `json:"badge"`
	} `json:"sites"`
	Root []byte `json:"root"`
}

// refusal is an answer of the server that says no, in its own words.
type refusal struct {
	Status int
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

// Error implements error.
func (r *refusal) Error() string {
	return strings.TrimSpace(r.Title + " " + r.Detail)
}

var (
	errAway   = errors.New("the server cannot be reached, or is not the one of the registration file")
	errAnswer = errors.New("the server's answer cannot be read")
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 256 << 10

func newOffice(server string, own *regfile.Identity) (*office, error) {
	u, err := url.Parse(strings.TrimSuffix(server, "/"))
	if err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" {
		return nil, errors.New("-server: an address with https:// and without a path is expected")
	}
	o := &office{base: u.String(), authorities: own.Chain[1:]}
	shown := &tls.Certificate{PrivateKey: own.Key, Leaf: own.Chain[0]}
	for _, c := range own.Chain[:len(own.Chain)-1] {
		shown.Certificate = append(shown.Certificate, c.Raw)
	}
	o.client = &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{
				MinVersion: tls.VersionTLS13, RootCAs: pool(o.root()),
				GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return shown, nil },
			},
			ForceAttemptHTTP2: true,
		},
	}
	return o, nil
}

// root is the Project's trust root.
func (o *office) root() *x509.Certificate { return o.authorities[len(o.authorities)-1] }

func pool(certs ...*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range certs {
		p.AddCert(c)
	}
	return p
}

// call sends JSON and reads the answer into out. Errors: errAway, errAnswer, *refusal.
func (o *office) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader = http.NoBody
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, o.base+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := o.client.Do(r)
	if err != nil {
		return errAway
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return errAway
	}
	if answer.StatusCode >= 300 {
		no := &refusal{Status: answer.StatusCode}
		if json.Unmarshal(text, no) != nil || no.Title == "" {
			return errAnswer
		}
		return no
	}
	if json.Unmarshal(text, out) != nil {
		return errAnswer
	}
	return nil
}

// standing asks what has to be known before anything begins.
func (o *office) standing(ctx context.Context) (out standing, err error) {
	err = o.call(ctx, http.MethodGet, "/api/v1/creator", nil, &out)
	if err == nil && !bytes.Equal(out.Root, o.root().Raw) {
		err = errors.New("the server has another root than the registration file")
	}
	return out, err
}

// certificate has the site's own server certified by the Project's authority. The key is new
// and stays in this process.
func (o *office) certificate(ctx context.Context, origin string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	asked, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	var out struct {
		Chain [][]byte `json:"chain"`
	}
	err = o.call(ctx, http.MethodPost, "/api/v1/creator/server-certificate", map[string]any{"request": asked, "site": origin}, &out)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate of the site: %w", err)
	}
	if len(out.Chain) < 2 {
		return tls.Certificate{}, errAnswer
	}
	return tls.Certificate{Certificate: out.Chain[:len(out.Chain)-1], PrivateKey: key}, nil
}
