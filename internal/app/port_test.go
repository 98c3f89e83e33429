package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/pki"
)

const (
	siteURL = "https://records.example.org"
	portURL = "https://records.example.org:8443"
)

// certPort is the port for certificates, open on the loopback.
type certPort struct {
	*world
	at    string
	roots *x509.CertPool
}

func (w *world) openPort(change ...func(*app.Port)) certPort {
	w.Helper()
	p := must(w.NewPort(w.ctx(), nil))(w)
	for _, c := range change {
		c(p)
	}
	l := must(net.Listen("tcp", "127.0.0.1:0"))(w)
	srv, _, err := p.Serve(l)
	w.ok(err)
	w.Cleanup(func() { _ = srv.Close() })
	root := must(w.Certificates.Authorities.Get(w.ctx(), pki.Root))(w).Certificate()
	roots := x509.NewCertPool()
	roots.AddCert(root)
	return certPort{w, l.Addr().String(), roots}
}

// config is the TLS of a client of the port that shows a certificate, if one is given.
func (p certPort) config(shown ...tls.Certificate) *tls.Config {
	return &tls.Config{
		RootCAs: p.roots, ServerName: "records.example.org", Time: p.clock.Now, ClientSessionCache: tls.NewLRUClientSessionCache(0),
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if len(shown) == 0 {
				return &tls.Certificate{}, nil
			}
			return &shown[0], nil
		},
	}
}

// client keeps its connections alive, follows nothing and finds the port under its name.
func (p certPort) client(config *tls.Config) *http.Client {
	t := &http.Transport{
		TLSClientConfig: config, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, p.at)
		},
	}
	p.Cleanup(t.CloseIdleConnections)
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// identity registers somebody and returns their certificate with its key.
func (w *world) identity(a habeas.Actor, address string) (tls.Certificate, account.Certificate) {
	w.Helper()
	key, asked := w.requested(address)
	chain := must(w.Certificates.Register(w.ctx(), a, asked))(w)
	held, found := account.ActiveIdentity(must(w.DB.Accounts().Certificates(w.ctx(), a.Account))(w), w.clock.Now())
	if !found {
		w.Fatal("no certificate after registering")
	}
	return tls.Certificate{Certificate: chain[:1], PrivateKey: key}, held
}

type visit struct {
	status int
	header http.Header
	body   string
	used   bool // the connection had been used before
}

func (p certPort) do(c *http.Client, method, path string, form url.Values, header ...string) (visit, error) {
	p.Helper()
	var v visit
	ctx := httptrace.WithClientTrace(p.ctx(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { v.used = i.Reused }})
	req := must(http.NewRequestWithContext(ctx, method, portURL+path, strings.NewReader(form.Encode())))(p)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.Do(req)
	if err != nil {
		return v, err
	}
	defer res.Body.Close()
	v.status, v.header, v.body = res.StatusCode, res.Header, string(must(io.ReadAll(res.Body))(p))
	if len(res.Cookies()) > 0 {
		p.Errorf("%s %s sets a cookie", method, path)
	}
	return v, nil
}

func (p certPort) get(c *http.Client, path string, header ...string) visit {
	p.Helper()
	return must(p.do(c, http.MethodGet, path, nil, header...))(p)
}

// browser is one browser on the site: its cookies, and where it was sent.
type siteBrowser struct {
	*world
	cookies map[string]string
}

func (w *world) atSite() siteBrowser { return siteBrowser{w, map[string]string{}} }

func (b siteBrowser) send(method, path string, form url.Values) *httptest.ResponseRecorder {
	b.Helper()
	r := httptest.NewRequestWithContext(b.ctx(), method, siteURL+path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	out := httptest.NewRecorder()
	b.pages.ServeHTTP(out, r)
	for _, c := range out.Result().Cookies() {
		b.cookies[c.Name] = c.Value
	}
	return out
}

var sentTo = regexp.MustCompile(`^0; url=` + regexp.QuoteMeta(portURL) + `(/sign-in\?t=([\w-]{43}))$`)

// begin presses the button on the site and returns the way to the port.
func (b siteBrowser) begin(to string) (path, token string) {
	b.Helper()
	out := b.send(http.MethodPost, "/sign-in/certificate", url.Values{"to": {to}})
	found := sentTo.FindStringSubmatch(out.Header().Get("Refresh"))
	if out.Code != http.StatusOK || found == nil {
		b.Fatalf("the button answers %d, %q", out.Code, out.Header().Get("Refresh"))
	}
	return found[1], found[2]
}

// who is who a browser is on the site.
func (b siteBrowser) who() habeas.Actor {
	b.Helper()
	r := httptest.NewRequestWithContext(b.ctx(), http.MethodGet, siteURL+"/", http.NoBody)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	sign, ok := edge.Cookies{Origin: b.Origin}.SignIn(r)
	if !ok {
		return habeas.Actor{}
	}
	actor, _, err := b.Accounts.Who(b.ctx(), sign)
	b.ok(err)
	return actor
}

// hand presses the button on the port and returns the path back on the site.
func (p certPort) hand(c *http.Client, token string) string {
	p.Helper()
	v := must(p.do(c, http.MethodPost, "/sign-in", url.Values{"t": {token}}, "Sec-Fetch-Site", "same-origin"))(p)
	back, ok := strings.CutPrefix(v.header.Get("Location"), siteURL)
	if v.status != http.StatusSeeOther || !ok {
		p.Fatalf("the port answers %d, %q", v.status, v.header.Get("Location"))
	}
	return back
}

// Proves AUTH-03 and REV-03.
func TestSomebodySignsInByCertificateAndARevocationEndsIt(t *testing.T) {
	w := newWorld(t)
	p := w.openPort()
	tim := w.join("tim@example.com")
	own, held := w.identity(tim, "tim@example.com")
	c := p.client(p.config(own))

	var me map[string]any
	v := p.get(c, "/api/v1/me")
	w.ok(json.Unmarshal([]byte(v.body), &me))
	if v.status != http.StatusOK || me["name"] != "Tim Tester" || me["email"] != "tim@example.com" || me["serial"] != held.Serial.String() {
		t.Errorf("who am I: %d %s", v.status, v.body)
	}
	if v := p.get(c, "/"); v.status != http.StatusSeeOther || v.header.Get("Location") != "/sign-in" {
		t.Errorf("the start of the port: %d", v.status)
	}

	b := w.atSite()
	path, token := b.begin("/me/credentials")
	v = p.get(c, path)
	if v.status != http.StatusOK || !strings.Contains(v.body, "Sign in as Tim Tester") || !strings.Contains(v.header.Get("Content-Security-Policy"), "form-action 'self' "+siteURL+";") {
		t.Errorf("the page of the port: %d, %s", v.status, v.header.Get("Content-Security-Policy"))
	}
	if w.witnessed(tim.Account, audit.SignInSucceeded) != 1 { // by code, when joining
		t.Error("looking at the page signs in")
	}
	out := b.send(http.MethodGet, p.hand(c, token), nil)
	if out.Code != http.StatusSeeOther || out.Header().Get("Location") != "/me/credentials" {
		t.Fatalf("coming back: %d %s", out.Code, out.Body)
	}
	who := b.who()
	if who.Account != tim.Account || who.Proof != habeas.ProofCertificate {
		t.Errorf("signed in as %+v", who)
	}
	if out := b.send(http.MethodGet, "/me/credentials", nil); !strings.Contains(out.Body.String(), "By certificate, since") {
		t.Error("the list of sign-ins does not say how")
	}
	if w.witnessed(tim.Account, audit.SignInSucceeded) != 2 {
		t.Error("the ledger does not say that somebody signed in")
	}

	live, resumed := p.config(own), p.client(p.config(own))
	p.get(resumed, "/api/v1/me")
	w.ok(w.Certificates.Revoke(w.ctx(), tim, pki.Identity, held.Serial, pki.KeyCompromise))
	if who := b.who(); !who.Account.IsZero() {
		t.Error("signed in by a certificate that was revoked")
	}
	if v := p.get(c, "/api/v1/me"); v.status != http.StatusUnauthorized || !v.used || strings.Contains(v.body, "Tester") {
		t.Errorf("a live connection after the revocation: %d, used before %v", v.status, v.used)
	}
	resumed.CloseIdleConnections()
	if _, err := p.do(resumed, http.MethodGet, "/api/v1/me", nil); err == nil {
		t.Error("a resumed connection after the revocation is let in")
	}
	if _, err := p.do(p.client(live), http.MethodGet, "/api/v1/me", nil); err == nil {
		t.Error("a new connection after the revocation is let in")
	}
	if w.witnessed(tim.Account, audit.SignInFailed) != 3 {
		t.Errorf("%d refusals stand in the ledger, want 3", w.witnessed(tim.Account, audit.SignInFailed))
	}
}

// Roles count in a sign-in by certificate as in one by passkey.
// Proves AUTH-03.
func TestRolesCountInASignInByCertificate(t *testing.T) {
	for proof, want := range map[habeas.Proof]bool{habeas.ProofCertificate: true, habeas.ProofPasskey: true, habeas.ProofCode: false, habeas.ProofProvider: false} {
		a := habeas.Actor{Kind: habeas.ActorPerson, Account: habeas.AccountID{1}, Roles: []habeas.Role{habeas.RoleStaff}, Proof: proof}
		if a.Has(habeas.RoleStaff) != want {
			t.Errorf("%s: %v", proof, !want)
		}
		if got := account.ReachOf(account.Active, proof, true) == account.ReachEverything; got != (proof != habeas.ProofCode) {
			t.Errorf("%s opens everything: %v", proof, got)
		}
		if account.ReachOf(account.Deactivated, proof, false) != account.ReachNothing {
			t.Errorf("%s opens a closed account", proof)
		}
	}
}

// One browser begins, shows the certificate and comes back, or nobody is signed in.
func TestAHandoverIsOfOneBrowserOnceAndShort(t *testing.T) {
	w := newWorld(t)
	p := w.openPort()
	tim := w.join("tim@example.com")
	own, held := w.identity(tim, "tim@example.com")
	c := p.client(p.config(own))
	fails := func(name string, b siteBrowser, path string) {
		t.Helper()
		out := b.send(http.MethodGet, path, nil)
		if out.Code < 400 || out.Code >= 500 || !b.who().Account.IsZero() {
			t.Errorf("%s: %d, signed in %v", name, out.Code, !b.who().Account.IsZero())
		}
		if strings.Contains(out.Body.String(), "Tester") || strings.Contains(out.Body.String(), "tim@") {
			t.Errorf("%s: the page says whose it was", name)
		}
	}
	// Eve sends Tim the way of her own flow: his answer is worth nothing in her browser, and it
	// does not sign her in, nor him as anybody in his.
	eve, his := w.atSite(), w.atSite()
	_, token := eve.begin("")
	his.begin("")
	back := p.hand(c, token)
	fails("in another browser", his, back)
	fails("in a browser without a flow", w.atSite(), back)
	if out := eve.send(http.MethodGet, back, nil); out.Code != http.StatusSeeOther { // she has not got it; had she, one use is left
		t.Errorf("the browser that began: %d", out.Code)
	}

	b := w.atSite()
	_, token = b.begin("")
	back = p.hand(c, token)
	if v := must(p.do(c, http.MethodPost, "/sign-in", url.Values{"t": {token}}))(w); v.status != http.StatusBadRequest {
		t.Errorf("the way there, a second time: %d", v.status)
	}
	if out := b.send(http.MethodHead, back, nil); out.Code != http.StatusNoContent {
		t.Errorf("a look ahead: %d", out.Code)
	}
	if out := b.send(http.MethodGet, back, nil); out.Code != http.StatusSeeOther {
		t.Errorf("the first time: %d", out.Code)
	}
	again := siteBrowser{w, map[string]string{}}
	for name, value := range b.cookies {
		if strings.Contains(name, "flow") {
			again.cookies[name] = value
		}
	}
	fails("a second time", again, back)

	b = w.atSite()
	_, token = b.begin("")
	back = p.hand(c, token)
	w.later(time.Minute)
	fails("after a minute", b, back)
	_, token = b.begin("")
	w.later(10 * time.Minute)
	if v := must(p.do(c, http.MethodPost, "/sign-in", url.Values{"t": {token}}))(w); v.status != http.StatusBadRequest {
		t.Errorf("the way there after ten minutes: %d", v.status)
	}
	fails("made up", b, "/sign-in/certificate?t="+strings.Repeat("A", 43))
	fails("twice in one address", b, "/sign-in/certificate?t=a&t=b")
	fails("the way there as the way back", b, "/sign-in/certificate?t="+token)
	if v := must(p.do(c, http.MethodPost, "/sign-in", url.Values{"t": {token}}, "Sec-Fetch-Site", "same-site"))(w); v.status != http.StatusForbidden {
		t.Errorf("a button on another page: %d", v.status)
	}

	_, token = b.begin("//evil.example")
	back = p.hand(c, token)
	w.ok(w.Certificates.Revoke(w.ctx(), tim, pki.Identity, held.Serial, pki.KeyCompromise))
	fails("revoked on the way", b, back)
}

// Who is refused, and that of strangers nobody is named.
// Proves AUTH-03.
func TestThePortRefusesEveryOtherCertificate(t *testing.T) {
	w := newWorld(t)
	p := w.openPort()
	tim := w.join("tim@example.com")
	own, held := w.identity(tim, "tim@example.com")
	stranger := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(w)
	template := &x509.Certificate{
		SerialNumber: held.Serial.Int(), Subject: pkix.Name{CommonName: "Tim Tester"}, NotBefore: w.clock.Now().Add(-time.Hour), NotAfter: w.clock.Now().Add(time.Hour),
		// An address that nobody may call: what a stranger's certificate names is never fetched.
		CRLDistributionPoints: []string{"http://" + p.trap() + "/list.crl"}, OCSPServer: []string{"http://" + p.trap() + "/ocsp"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	self := must(x509.CreateCertificate(rand.Reader, template, template, stranger.Public(), stranger))(w)
	ca := must(w.Certificates.Authorities.Get(w.ctx(), pki.Server))(w)
	server := must(ca.IssueServer("tim.example.org", stranger.Public(), w.clock.Now()))(w)
	flipped := append([]byte{}, own.Certificate[0]...)
	flipped[len(flipped)-20] ^= 1 // in the signature
	for name, shown := range map[string][]tls.Certificate{
		"none":                      {},
		"a stranger's":              {{Certificate: [][]byte{self}, PrivateKey: stranger}},
		"a server's":                {{Certificate: [][]byte{server.DER}, PrivateKey: stranger}},
		"a flipped bit":             {{Certificate: [][]byte{flipped}, PrivateKey: own.PrivateKey}},
		"Tim's, another's key":      {{Certificate: own.Certificate, PrivateKey: stranger}},
		"Tim's behind a stranger's": {{Certificate: [][]byte{self, own.Certificate[0]}, PrivateKey: stranger}},
	} {
		if _, err := p.do(p.client(p.config(shown...)), http.MethodGet, "/api/v1/me", nil); err == nil {
			t.Errorf("%s is let in", name)
		}
	}
	old := p.config(own)
	old.MaxVersion = tls.VersionTLS12
	if _, err := p.do(p.client(old), http.MethodGet, "/api/v1/me", nil); err == nil {
		t.Error("TLS 1.2 is spoken")
	}
	if n := w.witnessed(tim.Account, audit.SignInFailed); n != 0 {
		t.Errorf("%d failures of strangers stand on Tim", n)
	}
	if n := w.refusals(); n != 4 { // all but none, TLS 1.2 and a key that does not fit, which show nothing
		t.Errorf("%d refusals stand in the ledger, want 4", n)
	}
	c := p.client(p.config(own))
	w.clock.Advance(-time.Hour)
	if _, err := p.do(c, http.MethodGet, "/api/v1/me", nil); err == nil {
		t.Error("let in before the certificate begins, by a clock that was set back")
	}
	w.clock.Advance(time.Hour)
	if v := p.get(c, "/api/v1/me"); v.status != http.StatusOK {
		t.Errorf("after the clock was put right: %d", v.status)
	}
	w.clock.Advance(-time.Hour)
	if v := p.get(c, "/api/v1/me"); v.status != http.StatusUnauthorized {
		t.Errorf("on a live connection, the clock set back: %d", v.status)
	}
	w.clock.Advance(time.Hour)
	w.later(held.Ends.Sub(w.clock.Now()) + time.Second)
	if _, err := p.do(p.client(p.config(own)), http.MethodGet, "/api/v1/me", nil); err == nil {
		t.Error("let in by an expired certificate")
	}
}

// A certificate in a header is refused on the port and means nothing on the site; cookies mean
// nothing on the port.
// Proves AUTH-03.
func TestACertificateInAHeaderIsNone(t *testing.T) {
	w := newWorld(t)
	p := w.openPort()
	tim := w.join("tim@example.com")
	own, _ := w.identity(tim, "tim@example.com")
	c := p.client(p.config(own))
	for _, name := range []string{
		"X-Client-Cert", "X-SSL-Client-Cert", "Client-Cert", "Client-Cert-Chain", "X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert",
		"SSL-Client-Cert", "Ssl_client_cert", "X-ARR-ClientCert", "X-SSL-Client-S-DN", "X-SSL-Client-Verify", "X-Amzn-Mtls-Clientcert-Leaf", "X-ClientCert",
	} {
		if v := p.get(c, "/api/v1/me", name, "anything"); v.status != http.StatusBadRequest {
			t.Errorf("%s on the port: %d", name, v.status)
		}
		r := httptest.NewRequestWithContext(w.ctx(), http.MethodGet, siteURL+"/me", http.NoBody)
		r.Header.Set(name, "anything")
		out := httptest.NewRecorder()
		w.pages.ServeHTTP(out, r)
		if out.Code != http.StatusSeeOther || !strings.HasPrefix(out.Header().Get("Location"), "/sign-in") {
			t.Errorf("%s on the site: %d", name, out.Code)
		}
	}
	if v := p.get(c, "/api/v1/me", "Cookie", "__Host-habeas-sign-in="+strings.Repeat("A", 43), "Accept", "application/json"); v.status != http.StatusOK {
		t.Errorf("with a cookie of the site: %d", v.status)
	}
	if v := p.get(c, "/me"); v.status != http.StatusNotFound {
		t.Errorf("a page of the site on the port: %d", v.status)
	}
	r := must(http.NewRequestWithContext(w.ctx(), http.MethodGet, portURL+"/api/v1/me", http.NoBody))(w)
	r.Host = "evil.example.org"
	res, _ := w.answered(c, r)
	if res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("under another name: %d", res.StatusCode)
	}
}

// The certificate of a closed or an erased account opens nothing.
func TestTheCertificateOfAClosedAccountOpensNothing(t *testing.T) {
	w := newWorld(t)
	p := w.openPort()
	tim := w.join("tim@example.com")
	own, _ := w.identity(tim, "tim@example.com")
	c := p.client(p.config(own))
	b := w.atSite()
	_, token := b.begin("")
	back := p.hand(c, token)
	w.close("tim@example.com", true)
	if v := p.get(c, "/api/v1/me"); v.status != http.StatusForbidden {
		t.Errorf("of a closed account: %d", v.status)
	}
	if out := b.send(http.MethodGet, back, nil); out.Code != http.StatusForbidden || !b.who().Account.IsZero() {
		t.Errorf("back from the port, to an account that was closed: %d", out.Code)
	}
	ana := w.join("ana@example.com")
	hers, _ := w.identity(ana, "ana@example.com")
	c = p.client(p.config(hers))
	p.get(c, "/api/v1/me")

	// Blocks hold here too: of the account, and of the network that the connection comes from.
	boss, ends := w.boss("root@example.com"), w.clock.Now().Add(time.Hour)
	blocks := app.NewBlocks(w.DB, w.Accounts, w.Proxies, w.clock, "help@example.org")
	w.ok(blocks.BlockAccount(w.ctx(), boss, w.address("ana@example.com"), "A flood", ends))
	if v := p.get(c, "/api/v1/me"); v.status != http.StatusForbidden {
		t.Errorf("of a blocked account: %d", v.status)
	}
	w.later(time.Hour)
	if v := p.get(c, "/api/v1/me"); v.status != http.StatusOK {
		t.Errorf("after the block: %d", v.status)
	}
	elsewhere := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
	w.ok(blocks.BlockNetwork(w.ctx(), boss, "127.0.0.0/8", "A flood", w.clock.Now().Add(time.Hour), elsewhere))
	w.later(time.Minute)
	if v := p.get(c, "/api/v1/me", "X-Forwarded-For", "203.0.113.9"); v.status != http.StatusForbidden {
		t.Errorf("from a blocked network: %d", v.status)
	}
	w.later(time.Hour)
	must(w.Records.EraseMe(w.ctx(), ana))(w)
	if v := p.get(c, "/api/v1/me"); v.status != http.StatusUnauthorized {
		t.Errorf("of an erased account: %d", v.status)
	}
}

// Who does not finish the handshake is let go, and a network that shows false certificates waits.
func TestThePortBearsSlowAndFalseClients(t *testing.T) {
	w := newWorld(t)
	p := w.openPort(func(p *app.Port) { p.HandshakeTime = 50 * time.Millisecond })
	conn := must(net.Dial("tcp", p.at))(w)
	defer conn.Close()
	if _, err := conn.Write([]byte{22, 3, 1}); err != nil {
		t.Fatal(err)
	}
	if n, _ := io.Copy(io.Discard, conn); n != 0 { // returns when the server hangs up
		t.Errorf("%d bytes for half a record", n)
	}
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(w)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: w.clock.Now().Add(time.Hour)}
	self := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))(w)
	config := p.config(tls.Certificate{Certificate: [][]byte{self}, PrivateKey: key})
	for range 30 {
		if _, err := p.do(p.client(config), http.MethodGet, "/", nil); err == nil {
			t.Fatal("let in")
		}
	}
	if n := w.refusals(); n != 20 {
		t.Errorf("%d lines in the ledger for 30 false certificates, want 20", n)
	}
	tim := w.join("tim@example.com")
	own, _ := w.identity(tim, "tim@example.com")
	if _, err := p.do(p.client(p.config(own)), http.MethodGet, "/", nil); err == nil {
		t.Error("the network that shows false certificates is let in at once")
	}
	w.later(time.Minute)
	if v := p.get(p.client(p.config(own)), "/api/v1/me"); v.status != http.StatusOK {
		t.Errorf("after a minute: %d", v.status)
	}
}

// trap is an address that must not be called.
func (p certPort) trap() string {
	p.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		p.Error("an address of a certificate was called")
	}))
	p.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}

// refusals counts the failed sign-ins that name nobody.
func (w *world) refusals() (n int) {
	w.Helper()
	for _, l := range must(w.DB.Events(w.ctx(), habeas.SubjectID{}, habeas.EventID{}, 1000))(w) {
		if l.Event == audit.SignInFailed {
			n++
		}
	}
	return n
}
