package app_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/request"
)

// requested makes a key and a request for a certificate that names an address.
func (w *world) requested(address string) (*ecdsa.PrivateKey, []byte) {
	w.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(w)
	who := dn.Subject{Name: "Tim Tester", Country: "ES", Username: "tim", Email: address}
	return key, must(request.Make(key, who))(w)
}

// witnessed counts the lines of an event in the log of an account.
func (w *world) witnessed(id habeas.AccountID, event audit.Event) (n int) {
	w.Helper()
	for _, l := range must(w.DB.Events(w.ctx(), habeas.SubjectOf(id), habeas.EventID{}, 1000))(w) {
		if l.Event == event {
			n++
		}
	}
	return n
}

// registered gives an actor an identity certificate.
func (w *world) registered(a habeas.Actor, address string) account.Certificate {
	w.Helper()
	_, asked := w.requested(address)
	must(w.Certificates.Register(w.ctx(), a, asked))(w)
	c, found := account.ActiveIdentity(must(w.DB.Accounts().Certificates(w.ctx(), a.Account))(w), w.clock.Now())
	if !found {
		w.Fatal("no certificate after registering")
	}
	return c
}

// employ lets those who may give somebody a role, and registers them if they are there and
// are not registered yet.
func (w *world) employ(address string, role habeas.Role) {
	w.Helper()
	id, found, err := w.Accounts.AccountAt(w.ctx(), w.Keys.Lookup(account.LookupAddress, w.address(address).Key()))
	w.ok(err)
	if found {
		if _, registered := account.ActiveIdentity(must(w.DB.Accounts().Certificates(w.ctx(), id))(w), w.clock.Now()); !registered {
			w.registered(habeas.Actor{Kind: habeas.ActorPerson, Account: id}, w.address(address).Mailbox())
		}
	}
	w.ok(w.Certificates.Roles.Grant(w.ctx(), grantor, w.address(address), account.Granting{Role: role, Proof: "Seen at the desk."}))
}

// grantor gives every role that people give.
var grantor = habeas.Actor{
	Kind: habeas.ActorPerson, Account: habeas.AccountID{15: 9}, Proof: habeas.ProofPasskey,
	Roles: []habeas.Role{habeas.RoleManager, habeas.RoleAdministrator},
}

// Who registers gets a certificate of the project's CA, with a chain that anybody can verify,
// and its place in the ledger.
// Proves FILE-04, REG-13 and REC-07.
func TestWhoRegistersGetsACertificate(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.com")
	key, asked := w.requested("tim@example.com")
	chain := must(w.Certificates.Register(w.ctx(), tim, asked))(w)

	var certs []*x509.Certificate
	for _, der := range chain {
		certs = append(certs, must(x509.ParseCertificate(der))(w))
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	between.AddCert(certs[1])
	roots.AddCert(certs[2])
	_, err := certs[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: w.clock.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	w.ok(err)
	who, err := dn.Parse(certs[0].RawSubject)
	if err != nil || who.Name != "Tim Tester" || who.Email != "tim@example.com" || !key.PublicKey.Equal(certs[0].PublicKey) {
		t.Errorf("the certificate is about another key or another name: %v", err)
	}

	h := must(w.Certificates.Holding(w.ctx(), tim))(w)
	policy := must(w.Policies.Current(w.ctx()))(w)
	if !h.Registered || h.Registration.Policy != policy.Version || len(h.Certificates) != 1 || len(h.Chain) != 3 {
		t.Errorf("held: %+v", h.Registration)
	}
	if want := w.clock.Now().AddDate(3, 0, 0); !h.Registration.Ends.Equal(want) || !h.Certificates[0].Ends.Equal(want) {
		t.Errorf("it ends %s, want %s", h.Registration.Ends, want)
	}
	for _, event := range []audit.Event{audit.Registered, audit.CertificateIssued} {
		if w.witnessed(tim.Account, event) != 1 {
			t.Errorf("%s stands %d times in the ledger", event, w.witnessed(tim.Account, event))
		}
	}

	// A second one beside it is refused; after the first was revoked there is a new one, of a new key.
	_, again := w.requested("tim@example.com")
	_, err = w.Certificates.Register(w.ctx(), tim, again)
	w.refused(err, "registration.exists")
	w.later(time.Hour)
	w.ok(w.Certificates.Revoke(w.ctx(), tim, pki.Identity, h.Certificates[0].Serial, pki.KeyCompromise))
	must(w.Certificates.Register(w.ctx(), tim, again))(w)
	h = must(w.Certificates.Holding(w.ctx(), tim))(w)
	if len(h.Certificates) != 2 || !h.Certificates[1].Revoked() || h.Certificates[0].Revoked() {
		t.Errorf("%d certificates", len(h.Certificates))
	}
}

func TestNobodyRegistersForAnother(t *testing.T) {
	w := newWorld(t)
	tim, eve := w.join("tim@example.com"), w.join("eve@example.com")
	_, asked := w.requested("tim@example.com")
	_, unknown := w.requested("x@example.org")
	for name, c := range map[string]struct {
		actor habeas.Actor
		der   []byte
		code  string
	}{
		"another's address": {eve, asked, "registration.address"},
		"nobody's address":  {eve, unknown, "registration.address"},
		"nobody":            {habeas.Actor{Kind: habeas.ActorPerson}, asked, "signin.needed"},
		"staff at work":     {habeas.Actor{Kind: habeas.ActorStaff, Account: tim.Account}, asked, "signin.needed"},
		"bytes that follow": {tim, append(slices.Clone(asked), 0), "request.form"},
	} {
		_, err := w.Certificates.Register(w.ctx(), c.actor, c.der)
		t.Log(name)
		w.refused(err, c.code)
	}
	mine := w.registered(tim, "tim@example.com")
	w.refused(w.Certificates.Revoke(w.ctx(), eve, pki.Identity, mine.Serial, pki.KeyCompromise), "certificate.none")
	w.refused(w.Certificates.Revoke(w.ctx(), tim, pki.Identity, mine.Serial, pki.Reason(6)), "form.choice")
}

// A revocation is told at once: by the list of its shard, by OCSP, and to our own port.
// Proves REV-02.
func TestARevocationIsToldAtOnce(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.com")
	c := w.registered(tim, "tim@example.com")
	shard := c.Authority.Shard(c.Serial)
	listed := func() bool {
		l := must(w.Certificates.Authorities.List(w.ctx(), pki.Identity.Nth(1), shard))(w)
		crl := must(x509.ParseRevocationList(l.DER))(w)
		w.ok(crl.CheckSignatureFrom(must(w.Certificates.Authorities.Get(w.ctx(), pki.Identity))(w).Certificate()))
		return slices.ContainsFunc(crl.RevokedCertificateEntries, func(e x509.RevocationListEntry) bool { return e.SerialNumber.Cmp(c.Serial.Int()) == 0 })
	}
	issuer := must(w.Certificates.Authorities.Get(w.ctx(), pki.Identity))(w).Certificate()
	answered := func() int {
		r := must(w.Certificates.Authorities.Responder(w.ctx(), pki.Identity.Nth(1)))(w)
		ask := must(ocsp.CreateRequest(must(x509.ParseCertificate(c.DER))(w), issuer, nil))(w)
		der, _ := r.Respond(w.ctx(), ask)
		return must(ocsp.ParseResponseForCert(der, &x509.Certificate{SerialNumber: c.Serial.Int()}, issuer))(w).Status
	}
	gone := func() bool { return must(w.DB.Revocations().IsRevoked(pki.Identity, c.Serial))(w) }
	if listed() || answered() != ocsp.Good || gone() {
		t.Error("revoked before it was")
	}
	w.ok(w.Certificates.Revoke(w.ctx(), tim, pki.Identity, c.Serial, pki.KeyCompromise))
	if !listed() || answered() != ocsp.Revoked || !gone() {
		t.Error("good after it was revoked, in the same second")
	}
	before := w.witnessed(tim.Account, audit.CertificateRevoked)
	w.ok(w.Certificates.Revoke(w.ctx(), tim, pki.Identity, c.Serial, pki.Superseded))
	if w.witnessed(tim.Account, audit.CertificateRevoked) != before {
		t.Error("revoked twice")
	}
	if unknown, ok := pki.SerialOf(big.NewInt(7)); !ok || !must(w.DB.Revocations().IsRevoked(pki.Identity, unknown))(w) {
		t.Error("a number that nobody got counts")
	}
}

// Erasing the account ends its certificates and leaves of them the numbers that others have
// to learn.
func TestErasingLeavesNumbersOfCertificates(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.com")
	c := w.registered(tim, "tim@example.com")
	must(w.Records.EraseMe(w.ctx(), tim))(w)
	left, found, err := w.DB.Accounts().Certificate(w.ctx(), pki.Identity, c.Serial)
	w.ok(err)
	if !found || !left.Account.IsZero() || left.DER != nil || !left.Revoked() {
		t.Errorf("left: %+v", left)
	}
	if _, found, err := w.DB.Accounts().Registration(w.ctx(), tim.Account); found || err != nil {
		t.Errorf("the registration is left, %v", err)
	}
	w.later(10 * 365 * 24 * time.Hour)
	w.ok(w.DB.Ops().Tidy(w.ctx(), w.clock.Now()))
	if _, found, err = w.DB.Accounts().Certificate(w.ctx(), pki.Identity, c.Serial); found || err != nil {
		t.Errorf("the number is left after its time, %v", err)
	}
}
