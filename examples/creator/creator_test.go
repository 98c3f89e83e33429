package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/regfile"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/servertest"
	"github.com/habeas-data/habeas/sealed"
)

// wire records what travels, in both directions, as it was before TLS.
type wire struct {
	next http.RoundTripper
	mu   sync.Mutex
	sent bytes.Buffer
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	answer, err := w.next.RoundTrip(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = r.Header.Write(&w.sent) // a buffer takes everything
	w.sent.WriteString(r.Method + " " + r.URL.String() + "\n" + string(body) + "\n")
	return answer, err
}

func (w *wire) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent.String()
}

// world is a server with its port for certificates, and the example as its creator's site.
type world struct {
	*servertest.World
	origin string // of the site
	behind *wire  // from the site to the server
	root   *x509.Certificate
	at     net.Addr
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func listen(t testing.TB) (l net.Listener, port string) {
	t.Helper()
	l = must(net.Listen("tcp", "127.0.0.1:0"))(t)
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return l, port
}

func newWorld(t *testing.T) *world {
	t.Helper()
	onPort, number := listen(t)
	port := must(edge.ParseOrigin("https://localhost:" + number))(t)
	w := &world{World: servertest.New(t, servertest.Databases{}, func(c *app.Config) { c.Port = port })}
	srv, _, err := must(w.NewPort(t.Context(), nil))(t).Serve(onPort)
	w.Must(err)
	t.Cleanup(func() { _ = srv.Close() })
	l, number := listen(t)
	w.at, w.origin = l.Addr(), "https://localhost:"+number
	own := w.creator()
	w.root = own.Chain[len(own.Chain)-1]

	o := must(newOffice(port.String(), own))(t)
	w.behind = &wire{next: o.client.Transport}
	o.client.Transport = w.behind
	s := must(newSite(t.Context(), w.origin, o))(t)
	shown := must(o.certificate(t.Context(), w.origin))(t)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l, o.visitors(shown), s.handler()) }()
	t.Cleanup(func() {
		stop()
		w.Must(<-ended)
	})
	return w
}

// creator is somebody with the role and a confirmed site, and their registration file opened.
func (w *world) creator() *regfile.Identity {
	w.Helper()
	keys := sealed.Open(context.WithoutCancel(w.Context()))
	w.Cleanup(keys.Close)
	const address = "clara@museum.example"
	where := must(email.Parse(address))(w)
	id := must(w.Backstage().Account(w.Context(), where, account.Profile{}))(w)
	who := dn.Subject{Name: "Clara Site", Country: "ES", Organisation: "Museo del Río", Username: "clara", Email: address}
	key := must(regfile.NewKey(keys))(w)
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: id, Proof: habeas.ProofPasskey, Roles: []habeas.Role{habeas.RolePerson, habeas.RoleCreator}}
	der := must(w.Certificates.Register(w.Context(), self, must(request.Make(key, who))(w)))(w)
	w.Must(w.Certificates.Roles.Grant(w.Context(), servertest.Forged, where, account.Granting{Role: habeas.RoleCreator, Proof: "Seen at the desk."}))
	use := app.NewCreators(w.Certificates)
	w.Must(use.EnterSite(w.Context(), self, account.SiteWords{Origin: w.origin, Gathers: "Nothing.", Why: "To register people.", Contact: "office@museum.example"}))
	entered := must(use.MySites(w.Context(), self))(w)[0]
	w.Must(use.ConfirmSite(w.Context(), servertest.Forged, entered.ID, entered.Words.Proof))
	var chain []*x509.Certificate
	for _, c := range der {
		chain = append(chain, must(x509.ParseCertificate(c))(w))
	}
	return &regfile.Identity{Key: key, Chain: chain, Subject: who}
}

// browser is one with a certificate, if one is given, that trusts the Project's root.
func (w *world) browser(shown ...tls.Certificate) (*http.Client, *wire) {
	t := &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: pool(w.root), GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if len(shown) == 0 {
				return &tls.Certificate{}, nil
			}
			return &shown[0], nil
		},
	}}
	w.Cleanup(t.CloseIdleConnections)
	rec := &wire{next: t}
	return &http.Client{Transport: rec, Jar: must(cookiejar.New(nil))(w)}, rec
}

// post sends JSON as the page does.
func (w *world) post(c *http.Client, path string, in any) (answer *http.Response, out map[string]any) {
	w.Helper()
	text := must(json.Marshal(in))(w)
	answer = must(c.Post(w.origin+path, "application/json", bytes.NewReader(text)))(w)
	defer answer.Body.Close()
	w.Must(json.NewDecoder(answer.Body).Decode(&out))
	return answer, out
}

func (w *world) get(c *http.Client, path string) (answer *http.Response, text string) {
	w.Helper()
	answer = must(c.Get(w.origin + path))(w)
	defer answer.Body.Close()
	return answer, string(must(io.ReadAll(answer.Body))(w))
}

var ana = dn.Subject{Name: "Ana Rivera", Country: "ES", Username: "ana", Email: "ana@example.org"}

// register is a whole registration of Ana through the site.
func (w *world) register(c *http.Client) tls.Certificate {
	w.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(w)
	answer, out := w.post(c, "/register", map[string]any{"request": must(request.Make(key, ana))(w), "agreed": true})
	if answer.StatusCode != http.StatusOK {
		w.Fatalf("asking: %d %v", answer.StatusCode, out)
	}
	for _, k := range answer.Cookies() {
		if k.Name != cookie || !k.HttpOnly || !k.Secure || k.SameSite != http.SameSiteStrictMode || k.MaxAge != 0 || !k.Expires.IsZero() {
			w.Errorf("a cookie: %v", k)
		}
	}
	if len(answer.Cookies()) != 1 {
		w.Errorf("%d cookies", len(answer.Cookies()))
	}
	code := servertest.CodeIn(w, w.Post.Take(w, mail.KindBehalfCode, ana.Email))
	answer, out = w.post(c, "/register/code", map[string]string{"code": code})
	if answer.StatusCode != http.StatusOK {
		w.Fatalf("the code: %d %v", answer.StatusCode, out)
	}
	shown := tls.Certificate{PrivateKey: key}
	for _, c := range out["chain"].([]any) {
		shown.Certificate = append(shown.Certificate, must(base64.StdEncoding.DecodeString(c.(string)))(w))
	}
	return shown
}

// forms are the ways in which a private key could be written.
func forms(t testing.TB, key *ecdsa.PrivateKey) (all []string) {
	t.Helper()
	pkcs8 := must(x509.MarshalPKCS8PrivateKey(key))(t)
	sec1 := must(x509.MarshalECPrivateKey(key))(t)
	scalar := must(key.Bytes())(t)
	for _, der := range [][]byte{pkcs8, sec1, scalar} {
		all = append(all, string(der), base64.StdEncoding.EncodeToString(der), base64.RawURLEncoding.EncodeToString(der), hex.EncodeToString(der))
	}
	return append(all, new(big.Int).SetBytes(scalar).String(), "PRIVATE KEY")
}

// The site hands a registration through and brings its result back. What travels, to it and
// from it, is a certificate request and a code; a body with anything more is refused.
// Proves REG-09.
func TestRegistrationIsHandedThroughWithoutKeyAndPassword(t *testing.T) {
	w := newWorld(t)
	c, front := w.browser()
	shown := w.register(c)
	if len(shown.Certificate) != 3 || !bytes.Equal(shown.Certificate[2], w.root.Raw) {
		t.Fatalf("a chain of %d", len(shown.Certificate))
	}
	cert := must(x509.ParseCertificate(shown.Certificate[0]))(t)
	if !shown.PrivateKey.(*ecdsa.PrivateKey).PublicKey.Equal(cert.PublicKey) || must(dn.Parse(cert.RawSubject))(t) != ana {
		t.Error("the certificate is about somebody else")
	}
	for name, travelled := range map[string]string{"to the site": front.text(), "to the server": w.behind.text()} {
		if !strings.Contains(travelled, `"request"`) || !strings.Contains(travelled, `"code"`) {
			t.Errorf("%s nothing was recorded", name)
		}
		for i, form := range forms(t, shown.PrivateKey.(*ecdsa.PrivateKey)) {
			if strings.Contains(travelled, form) {
				t.Errorf("%s travels the private key, in form %d", name, i)
			}
		}
	}
	const password = "acorn velvet harbour"
	before := w.behind.text()
	for _, body := range []map[string]any{
		{"request": []byte{1}, "agreed": true, "password": password},
		{"request": []byte{1}, "agreed": true, "key": forms(t, shown.PrivateKey.(*ecdsa.PrivateKey))[1]},
	} {
		if answer, _ := w.post(c, "/register", body); answer.StatusCode != http.StatusBadRequest {
			t.Errorf("more than a request: %d", answer.StatusCode)
		}
	}
	if w.behind.text() != before {
		t.Error("what was refused went on to the server")
	}
	if _, text := w.get(c, "/register"); regexp.MustCompile(`<input[^>]* name=`).MatchString(text) {
		t.Error("the page could send what is typed")
	}
	if answer, out := w.post(c, "/register/code", map[string]string{"code": "12345670"}); answer.StatusCode != http.StatusConflict {
		t.Errorf("a code without a registration: %d %v", answer.StatusCode, out)
	}
}

// The badge links to the public check of this very site, and nothing but TLS is spoken.
// Proves TP-06.
func TestTheBadgeLeadsToTheCheckAndNothingButTLSIsSpoken(t *testing.T) {
	w := newWorld(t)
	c, _ := w.browser()
	answer, text := w.get(c, "/")
	found := regexp.MustCompile(`<a href="([^"]+)"><img src="([^"]+)"`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no badge:\n%s", text)
	}
	if answer.Header.Get("Strict-Transport-Security") == "" || len(answer.Cookies()) != 0 {
		t.Errorf("headers: %v", answer.Header)
	}
	visitor := w.Browser()
	for link, says := range map[string]string{found[1]: w.origin, found[2]: "Museo del Río"} {
		u := must(url.Parse(strings.ReplaceAll(link, "&amp;", "&")))(t)
		if r := visitor.Send(http.MethodGet, u.RequestURI(), "", ""); r.Status != http.StatusOK || !strings.Contains(string(r.Body), says) {
			t.Errorf("%s: %d", link, r.Status)
		}
	}
	plain, err := http.Get("http://" + w.at.String() + "/")
	if err == nil {
		defer plain.Body.Close()
		if body := must(io.ReadAll(plain.Body))(t); plain.StatusCode != http.StatusBadRequest || bytes.Contains(body, []byte("<html")) {
			t.Errorf("without TLS: %d", plain.StatusCode)
		}
	}
	old, err := tls.Dial("tcp", w.at.String(), &tls.Config{RootCAs: pool(w.root), ServerName: "localhost", MaxVersion: tls.VersionTLS12})
	if err == nil {
		_ = old.Close()
		t.Error("TLS 1.2 is spoken")
	}
}

// People are signed in by certificates that lead to the Project's root and count now: none of
// another authority, though the same person stands in it, none for servers, none revoked.
// Proves AUTH-05.
func TestPeopleAreSignedInByTheProjectsRootOnly(t *testing.T) {
	w := newWorld(t)
	stranger, _ := w.browser()
	own := w.register(stranger)
	known, _ := w.browser(own)
	if _, text := w.get(known, "/"); !strings.Contains(text, "You are <strong>Ana Rivera") {
		t.Fatalf("Ana is not signed in:\n%s", text)
	}
	if _, text := w.get(stranger, "/"); strings.Contains(text, "Ana") {
		t.Error("without a certificate somebody is signed in")
	}

	cert := must(x509.ParseCertificate(own.Certificate[0]))(t)
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	root := &x509.Certificate{
		SerialNumber: w.root.SerialNumber, RawSubject: w.root.RawSubject, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, SubjectKeyId: w.root.SubjectKeyId,
	}
	like := &x509.Certificate{
		SerialNumber: cert.SerialNumber, RawSubject: cert.RawSubject, NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		KeyUsage: cert.KeyUsage, ExtKeyUsage: cert.ExtKeyUsage, AuthorityKeyId: w.root.SubjectKeyId, OCSPServer: cert.OCSPServer,
	}
	rootDER := must(x509.CreateCertificate(rand.Reader, root, root, key.Public(), key))(t)
	foreign := must(x509.CreateCertificate(rand.Reader, like, root, key.Public(), key))(t)
	authority := must(w.Certificates.Authorities.Get(t.Context(), pki.Server))(t)
	server := must(authority.IssueServer("ana.example.org", key.Public(), time.Now()))(t)
	for name, chain := range map[string][][]byte{
		"another authority's, of the same name": {foreign, rootDER},
		"alone":                                 {foreign},
		"in front of Ana's":                     append([][]byte{foreign}, own.Certificate...),
		"a server's":                            {server.DER, authority.Certificate().Raw},
	} {
		c, _ := w.browser(tls.Certificate{Certificate: chain, PrivateKey: key})
		if answer, err := c.Get(w.origin + "/"); err == nil {
			answer.Body.Close()
			t.Errorf("%s: %d", name, answer.StatusCode)
		}
	}

	serial, _ := pki.SerialOf(cert.SerialNumber)
	id, _, err := w.Accounts.AccountAt(t.Context(), w.Backstage().AddressHash(must(email.Parse(ana.Email))(t)))
	w.Must(err)
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: id, Proof: habeas.ProofPasskey}
	w.Must(w.Certificates.Revoke(t.Context(), self, pki.Identity, serial, pki.KeyCompromise))
	if answer, text := w.get(known, "/"); answer.StatusCode != http.StatusForbidden || strings.Contains(text, "Ana Rivera") {
		t.Errorf("revoked, on a connection that was open: %d", answer.StatusCode)
	}
}

// Whoever is signed in enters an entity of which they are the author; nobody else does.
// Proves ENT-14.
func TestAnEntityIsEnteredForWhoIsSignedIn(t *testing.T) {
	w := newWorld(t)
	stranger, _ := w.browser()
	own := w.register(stranger)
	known, _ := w.browser(own)
	enter := func(c *http.Client) (int, string) {
		answer := must(c.PostForm(w.origin+"/entities", url.Values{"type": {"organization"}, "name": {"The Fifth Bridge Trust"}}))(t)
		defer answer.Body.Close()
		return answer.StatusCode, string(must(io.ReadAll(answer.Body))(t))
	}
	if status, _ := enter(stranger); status != http.StatusForbidden {
		t.Errorf("without a certificate: %d", status)
	}
	if status, text := enter(known); status != http.StatusUnprocessableEntity || !strings.Contains(text, "licence") {
		t.Errorf("before the licence was accepted: %d", status)
	}
	theirs, _ := w.browser(own) // at the server's own port
	accepted := must(theirs.Post(w.Port.URL("/api/v1/entities:acceptLicence"), "application/json", strings.NewReader(`{"words":1}`)))(t)
	accepted.Body.Close()
	if accepted.StatusCode != http.StatusNoContent {
		t.Fatalf("the licence: %d", accepted.StatusCode)
	}
	status, text := enter(known)
	made := regexp.MustCompile(`<code>([^<]+)</code>`).FindStringSubmatch(text)
	if status != http.StatusCreated || made == nil {
		t.Fatalf("entering: %d\n%s", status, text)
	}
	id, _, err := w.Accounts.AccountAt(t.Context(), w.Backstage().AddressHash(must(email.Parse(ana.Email))(t)))
	w.Must(err)
	acts := must(w.DB.Logs().ContributionsTo(t.Context(), made[1], 10))(t)
	author := must(w.DB.Logs().Contributor(t.Context(), id))(t)
	if len(acts) != 1 || acts[0].By != author || acts[0].Through == author || acts[0].Through == (account.Pseudonym{}) {
		t.Errorf("the log says %+v", acts)
	}
}
