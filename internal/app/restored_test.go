package app_test

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ocsp"

	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/servertest"
)

// asksJSON posts what the script of a page posts.
func (b *browser) asksJSON(path string, body any) page {
	b.Helper()
	text := must(json.Marshal(body))(b)
	return b.send(http.MethodPost, path, formOf(), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(text))), int64(len(text))
	})
}

type passkeyOptions struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
	} `json:"publicKey"`
}

// addsPasskey lets this browser's device make one.
func (b *browser) addsPasskey() *servertest.Authenticator {
	b.Helper()
	var o passkeyOptions
	b.ok(json.Unmarshal([]byte(b.asksJSON("/me/credentials/passkeys/options", map[string]string{"name": "phone"}).text), &o))
	key := servertest.NewAuthenticator(siteURL)
	user := must(base64.RawURLEncoding.DecodeString(o.PublicKey.User.ID))(b)
	if p := b.asksJSON("/me/credentials/passkeys", key.Create(o.PublicKey.Challenge, user)); p.status != http.StatusOK {
		b.Fatalf("adding a passkey: %d %s", p.status, p.text)
	}
	return key
}

// byPasskey signs in, and returns the status.
func (b *browser) byPasskey(key *servertest.Authenticator) int {
	b.Helper()
	var o passkeyOptions
	b.ok(json.Unmarshal([]byte(b.asksJSON("/sign-in/passkey/options", struct{}{}).text), &o))
	return b.asksJSON("/sign-in/passkey", key.Get(o.PublicKey.Challenge)).status
}

// listing is the list of revoked certificates that a certificate would be on, as everybody checks it.
func (w *world) listing(c account.Certificate) (crl *x509.RevocationList, on bool) {
	w.Helper()
	l := must(w.Certificates.Authorities.List(w.ctx(), c.Authority.Nth(max(c.Generation, 1)), c.Authority.Shard(c.Serial)))(w)
	crl = must(x509.ParseRevocationList(l.DER))(w)
	w.ok(crl.CheckSignatureFrom(must(w.Certificates.Authorities.Get(w.ctx(), pki.Identity))(w).Certificate()))
	return crl, slices.ContainsFunc(crl.RevokedCertificateEntries, func(e x509.RevocationListEntry) bool { return e.SerialNumber.Cmp(c.Serial.Int()) == 0 })
}

// answers is what OCSP says of a certificate.
func (w *world) answers(c account.Certificate) int {
	w.Helper()
	issuer := must(w.Certificates.Authorities.Get(w.ctx(), pki.Identity))(w).Certificate()
	r := must(w.Certificates.Authorities.Responder(w.ctx(), pki.Identity.Nth(1)))(w)
	ask := must(ocsp.CreateRequest(must(x509.ParseCertificate(c.DER))(w), issuer, nil))(w)
	der, _ := r.Respond(w.ctx(), ask)
	return must(ocsp.ParseResponseForCert(der, &x509.Certificate{SerialNumber: c.Serial.Int()}, issuer))(w).Status
}

// After a restore the service goes on: by the same passkeys and certificates, under the same root; people
// register and renew; who was revoked stays so, and lists, answers and ledger continue where they were.
//
// Proves PROT-04.
func TestARestoredBackupIsAWorkingService(t *testing.T) {
	w, v := newWorldAt(t, onSQLite.place(t)), newVault(t)
	before := w.openPort()
	tim, eva := w.join("tim@example.com"), w.join("eva@example.com")
	file, held := w.identity(tim, "tim@example.com")
	lost, gone := w.identity(eva, "eva@example.com")
	w.ok(w.Certificates.Revoke(w.ctx(), eva, pki.Identity, gone.Serial, pki.KeyCompromise))
	ida := w.browser().join("ida@example.com")
	phone := ida.addsPasskey()
	list, on := w.listing(gone)
	if !on || w.browser().byPasskey(phone) != http.StatusOK {
		t.Fatal("before the backup something is wrong already")
	}
	w.verify()
	made := w.backup(v)
	there := onSQLite.place(t)
	must(app.Restore(w.ctx(), w.restoring(v, made, there)))(w)
	w.doctor(there)

	again := w.at(there)
	port := again.openPort()
	port.roots = before.roots // what people trust is in their files
	if v := port.get(port.client(port.config(file)), "/api/v1/me"); v.status != http.StatusOK || !strings.Contains(v.body, held.Serial.String()) {
		t.Errorf("by certificate: %d %s", v.status, v.body)
	}
	if v, err := port.do(port.client(port.config(lost)), http.MethodGet, "/api/v1/me", nil); err == nil && v.status == http.StatusOK {
		t.Error("by a certificate that was revoked before the backup")
	}
	b := again.browser()
	if status := b.byPasskey(phone); status != http.StatusOK || again.who(b).Account != w.who(ida).Account {
		t.Errorf("by passkey: %d", status)
	}
	fresh, _ := again.identity(again.join("new@example.com"), "new@example.com")
	if v := port.get(port.client(port.config(fresh)), "/api/v1/me"); v.status != http.StatusOK {
		t.Errorf("who registers now: %d", v.status)
	}
	now, on := again.listing(gone)
	if !on || now.Number.Cmp(list.Number) < 0 || again.answers(gone) != ocsp.Revoked || again.answers(held) != ocsp.Good {
		t.Errorf("list %v after %v, revoked stands there: %v; OCSP %d and %d", now.Number, list.Number, on, again.answers(gone), again.answers(held))
	}

	r := again.registration(tim)
	again.to(r.Ends.Add(-account.RenewFrom))
	chain := must(again.Certificates.Renew(again.ctx(), tim, again.asking(file.PrivateKey.(*ecdsa.PrivateKey), "tim@example.com")))(w)
	renewed := tls.Certificate{Certificate: chain[:1], PrivateKey: file.PrivateKey}
	newer, found := again.identityNow(tim)
	if !found || newer.Serial == held.Serial || string(renewed.Certificate[0]) != string(newer.DER) {
		t.Error("the registration was not renewed")
	}
	later, on := again.listing(held)
	if !on || again.answers(held) != ocsp.Revoked || again.answers(newer) != ocsp.Good {
		t.Errorf("the certificate that was replaced: listed %v, OCSP %d", on, again.answers(held))
	}
	if same := held.Authority.Shard(held.Serial) == gone.Authority.Shard(gone.Serial); same && later.Number.Cmp(now.Number) <= 0 {
		t.Errorf("the list went from %v to %v", now.Number, later.Number)
	}
	again.verify()
	if n := must(again.DB.Size(again.ctx()))(w); n <= made.TreeSize {
		t.Errorf("the ledger has %d lines, the backup had %d", n, made.TreeSize)
	}
}
