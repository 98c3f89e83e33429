package app_test

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
)

// overTLS makes a request one that came to the server over TLS.
func overTLS(r *http.Request) { r.TLS = &tls.ConnectionState{} }

func asJSON(r *http.Request) { r.Header.Set("Accept", "application/json") }

// answered is what the page's script is told.
type answered struct {
	Chain     [][]byte
	Challenge string
	Code      string
}

func (b *browser) submitted(at string, form url.Values, change ...func(*http.Request)) (a answered, status int) {
	b.Helper()
	p := b.send(http.MethodPost, at, form, append(change, asJSON)...)
	b.ok(json.Unmarshal([]byte(p.text), &a))
	return a, p.status
}

// signedIn is a browser in which somebody has proved an address.
func (w *world) signedIn(address string) *browser {
	w.Helper()
	b := w.browser()
	reply := b.send(http.MethodPost, "/join", url.Values{"address": {address}, "again": {address}, "language": {"en"}})
	to := must(url.Parse(reply.header.Get("Location")))(w)
	code := w.codeIn(w.mailTo(address, mail.KindCode))
	if p := b.send(http.MethodPost, "/code", url.Values{"c": {to.Query().Get("c")}, "code": {code}}); p.status != http.StatusSeeOther {
		w.Fatalf("signing in: %d", p.status)
	}
	return b
}

// The page hands a request in over TLS alone: a plain one is refused before anything is read of
// it, wherever a proxy says it came from.
// Proves REG-07.
func TestRegisteringIsRefusedWithoutTLS(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("tim@example.com")
	version := strconv.FormatInt(must(w.Certificates.Policy(w.ctx()))(w), 10)
	form := url.Values{"request": {base64.StdEncoding.EncodeToString(w.asks(dn.Subject{Name: "Tim", Country: "ES", Username: "tim", Email: "tim@example.com"}))}, "policy": {version}, "accept": {"yes"}}
	const at = "/me/registration/new"
	for _, path := range []string{at, "/me/registration/confirm", "/me/registration/upload", "/me/registration/terminal", "/registration/terminal", "/registration/terminal/confirm"} {
		if a, status := b.submitted(path, form); status != http.StatusForbidden || a.Code != "registration.plain" {
			t.Errorf("%s over plain HTTP: %d %s", path, status, a.Code)
		}
	}
	claimed := func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }
	if _, status := b.submitted(at, form, claimed); status != http.StatusForbidden {
		t.Errorf("somebody who calls himself a proxy: %d", status)
	}
	if _, status := b.submitted("/me/registration/new", url.Values{"request": form["request"], "policy": {version}}, overTLS); status != http.StatusBadRequest {
		t.Errorf("without accepting the policy: %d", status)
	}
	foreign := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
	if _, status := b.submitted(at, form, overTLS, foreign); status != http.StatusForbidden {
		t.Errorf("from another site: %d", status)
	}
	if a, status := b.submitted(at, form, overTLS); status != http.StatusOK || len(a.Chain) != 3 {
		t.Fatalf("over TLS: %d", status)
	}
	for name, c := range map[string]struct {
		proxies edge.Proxies
		proto   []string
		want    bool
	}{
		"no proxy":               {nil, []string{"https"}, false},
		"a proxy that does TLS":  {edge.Proxies{netip.MustParsePrefix("192.0.2.0/24")}, nil, true},
		"and says so":            {edge.Proxies{netip.MustParsePrefix("192.0.2.0/24")}, []string{"https"}, true},
		"a proxy, in the open":   {edge.Proxies{netip.MustParsePrefix("192.0.2.0/24")}, []string{"http"}, false},
		"another machine's word": {edge.Proxies{netip.MustParsePrefix("10.0.0.0/8")}, []string{"https"}, false},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-Proto"] = "192.0.2.1:4711", c.proto
		if got := c.proxies.Encrypted(r); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The page lists what counts and what does not, hands out the certificates, and revokes.
// Proves ACCT-01, ACCT-02, REV-02, REG-14 and AUTH-07.
func TestThePageOfARegistration(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("tim@example.com")
	if p := b.get("/me/registration/new"); !strings.Contains(p.text, "Whoever reads your mail could register in your name") || strings.Contains(p.text, `type="password" name`) {
		t.Error("the form does not say what a mailbox is worth, or would send a password")
	}
	if p := b.get("/me/registration/new"); !strings.Contains(p.text, "The official address of this site is https://records.example.org.") || p.header.Get("Strict-Transport-Security") == "" {
		t.Error("the form does not name the official site, or is not bound to TLS")
	}
	version := strconv.FormatInt(must(w.Certificates.Policy(w.ctx()))(w), 10)
	upload := func(der []byte) page {
		var body bytes.Buffer
		parts := multipart.NewWriter(&body)
		w.ok(parts.WriteField("policy", version))
		w.ok(parts.WriteField("accept", "yes"))
		file := must(parts.CreateFormFile("file", "own.csr"))(w)
		w.ok(pem.Encode(file, &pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
		w.ok(parts.Close())
		return b.send(http.MethodPost, "/me/registration/upload", nil, overTLS, func(r *http.Request) {
			fresh := httptest.NewRequest(http.MethodPost, "/", &body)
			r.Body, r.ContentLength = fresh.Body, fresh.ContentLength
			r.Header.Set("Content-Type", parts.FormDataContentType())
		})
	}
	who := dn.Subject{Name: "Tim Tester", Country: "ES", Username: "tim", Email: "tim@example.com"}
	if p := upload([]byte("no request")); p.status != http.StatusBadRequest || !strings.Contains(p.text, "PKCS#10") {
		t.Errorf("what is no request: %d", p.status)
	}
	if p := upload(w.asks(who)); p.header.Get("Location") != "/me/registration?done=registered" {
		t.Fatalf("handing a request in: %d %s", p.status, p.header.Get("Location"))
	}
	shown := b.get("/me/registration").text
	for _, text := range []string{"Tim Tester", "Certificates that count", "Counts until", "1 March 2029"} {
		if !strings.Contains(shown, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
	if n := strings.Count(b.get("/me/registration/chain.pem").text, "BEGIN CERTIFICATE"); n != 3 {
		t.Errorf("a chain of %d", n)
	}

	// A change waits for the code; it is typed on the page for codes.
	w.mails()
	p := upload(w.asks(dn.Subject{Name: "Tim Married", Country: "ES", Username: "tim", Email: "tim@example.com"}))
	to := must(url.Parse(p.header.Get("Location")))(w)
	code := w.codeIn(w.mailTo("tim@example.com", mail.KindCertificateCode))
	p = b.send(http.MethodPost, "/code", url.Values{"c": {to.Query().Get("c")}, "code": {code}})
	if p.header.Get("Location") != "/me/registration?done=changed" {
		t.Fatalf("the code led to %q", p.header.Get("Location"))
	}
	shown = b.get("/me/registration").text
	if !strings.Contains(shown, "Another certificate took its place.") || !strings.Contains(shown, "Tim Married") {
		t.Error("the change is not shown")
	}

	if p := b.send(http.MethodPost, "/me/registration/lost", url.Values{"reason": {"lost"}}); p.header.Get("Location") != "/me/registration?done=revoked" {
		t.Fatalf("revoking: %d", p.status)
	}
	shown = b.get("/me/registration").text
	if strings.Contains(shown, "Certificates that count<") || !strings.Contains(shown, "somebody else may have them") || !strings.Contains(shown, "Register again") {
		t.Error("the page after revoking")
	}
	if p := b.send(http.MethodGet, "/me/registration/chain.pem", nil); p.status != http.StatusConflict {
		t.Errorf("a chain of what was revoked: %d", p.status)
	}
	h := w.holding(w.who(b))
	for _, c := range h.Certificates {
		if !c.Revoked() || c.Authority != pki.Identity {
			t.Error("something still counts")
		}
	}

	// Nobody else's pages show any of it.
	eve := w.signedIn("eve@example.com")
	if p := eve.get("/me/registration"); strings.Contains(p.text, "Tim") || strings.Contains(p.text, h.Certificates[0].Serial.String()) {
		t.Error("somebody else sees it")
	}
	if p := w.browser().send(http.MethodGet, "/me/registration", nil); p.status != http.StatusSeeOther {
		t.Errorf("without signing in: %d", p.status)
	}
}
