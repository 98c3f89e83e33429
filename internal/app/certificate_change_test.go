package app_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// asks is a request of a fresh key for a name.
func (w *world) asks(who dn.Subject) []byte {
	w.Helper()
	return must(request.Make(must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(w), who))(w)
}

func (w *world) holding(a habeas.Actor) account.CertificateHolding {
	w.Helper()
	return must(w.Certificates.Holding(w.ctx(), a))(w)
}

// submits hands a request in as the page does.
func (w *world) submits(a habeas.Actor, der []byte, flow account.Token) (account.Submitted, error) {
	w.Helper()
	version := must(w.Certificates.Policy(w.ctx()))(w)
	return w.Certificates.Submit(w.ctx(), a, account.Submission{Request: der, Policy: version}, account.Asking{Language: "en", Flow: flow, Client: "192.0.2.1"})
}

// What a certificate says changes only by a code that was mailed for exactly that: then the new
// one is there until the same day, the old one is revoked, and the person is told.
// Proves REC-05, REC-06, REC-10 and REG-12.
func TestAChangeNeedsTheMailedCode(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.com")
	must(w.submits(tim, w.asks(dn.Subject{Name: "Tim Tester", Country: "ES", Username: "tim", Email: "tim@example.com"}), newToken()))(w)
	if m := w.mailTo("tim@example.com", mail.KindRegistered); strings.Contains(m.Subject, "Tim") {
		t.Errorf("the subject names somebody: %q", m.Subject)
	}
	was := w.holding(tim)
	w.later(100 * 24 * time.Hour)

	flow := newToken()
	asked := dn.Subject{Name: "Tim Married", Country: "IE", Organisation: "Quay", Username: "t", Email: "tim@example.com"}
	out := must(w.submits(tim, w.asks(asked), flow))(w)
	if out.Chain != nil || w.holding(tim).Registration.Subject != was.Registration.Subject {
		t.Fatal("it has changed before the code was typed")
	}
	code := w.codeIn(w.mailTo("tim@example.com", mail.KindCertificateCode))
	eve := w.join("eve@example.com")
	type try struct {
		actor habeas.Actor
		flow  account.Token
		code  string
		want  string
	}
	for _, try := range []try{{tim, newToken(), code, "code.wrong"}, {tim, flow, wrongCode(code), "code.wrong"}, {eve, flow, code, "registration.signed-out"}} {
		_, err := w.Accounts.Prove(w.ctx(), try.actor, out.Challenge, sealedtest.Seal(try.code), account.Browser{Flow: try.flow})
		w.refused(err, try.want)
	}
	out = must(w.submits(tim, w.asks(asked), flow))(w) // the code was spent by Eve
	code = w.codeIn(w.mailTo("tim@example.com", mail.KindCertificateCode))
	// A later asking takes the place of the one before: its code fits no more.
	second := must(w.submits(tim, w.asks(asked), flow))(w)
	_, err := w.Accounts.Prove(w.ctx(), tim, out.Challenge, sealedtest.Seal(code), account.Browser{Flow: flow})
	w.refused(err, "code.wrong")
	code = w.codeIn(w.mailTo("tim@example.com", mail.KindCertificateCode))
	must(w.Accounts.Prove(w.ctx(), tim, second.Challenge, sealedtest.Seal(code), account.Browser{Flow: flow}))(w)
	_, err = w.Accounts.Prove(w.ctx(), tim, second.Challenge, sealedtest.Seal(code), account.Browser{Flow: flow})
	w.refused(err, "code.wrong")

	now := w.holding(tim)
	if now.Registration.Subject != asked || !now.Registration.Ends.Equal(was.Registration.Ends) || !now.Registration.At.Equal(was.Registration.At) {
		t.Errorf("the registration after the change: %v until %s", now.Registration.Subject == asked, now.Registration.Ends)
	}
	fresh, found := account.ActiveIdentity(now.Certificates, w.clock.Now())
	cert := must(x509.ParseCertificate(fresh.DER))(w)
	if !found || must(dn.Parse(cert.RawSubject))(w) != asked || !cert.NotAfter.Equal(was.Registration.Ends) {
		t.Error("the certificate that counts says something else")
	}
	if old := now.Certificates[1]; len(now.Certificates) != 2 || !old.Revoked() || old.Reason != pki.Superseded {
		t.Errorf("the old certificate: %v", old.Reason)
	}
	w.mailTo("tim@example.com", mail.KindReregistered)
}

func wrongCode(code string) string {
	if code == "00000000" {
		return "11111111"
	}
	return "00000000"
}

// A code that signs in confirms no change, and what confirms one signs nobody in.
func TestACodeOpensOnlyWhatItWasMailedFor(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.com")
	w.registered(tim, "tim@example.com")
	w.mails()
	flow := newToken()
	id := must(w.Accounts.Ask(w.ctx(), account.Asking{Address: w.address("tim@example.com"), Language: "en", Flow: flow, Client: "192.0.2.1"}))(w)
	code := w.codeIn(w.mailTo("tim@example.com", mail.KindCode))
	_, err := w.Certificates.Confirm(w.ctx(), tim, id, sealedtest.Seal(code), flow)
	w.refused(err, "code.wrong")
	must(w.Accounts.Prove(w.ctx(), habeas.Actor{}, id, sealedtest.Seal(code), account.Browser{Flow: flow, New: newToken()}))(w) // it was not spent

	out := must(w.submits(tim, w.asks(dn.Subject{Name: "Tim New", Country: "ES", Username: "tim", Email: "tim@example.com"}), flow))(w)
	code = w.codeIn(w.mailTo("tim@example.com", mail.KindCertificateCode))
	_, err = w.Accounts.Prove(w.ctx(), habeas.Actor{}, out.Challenge, sealedtest.Seal(code), account.Browser{Flow: flow, New: newToken()})
	w.refused(err, "registration.signed-out")
	if who := w.holding(tim).Registration.Subject; who.Name != "Tim Tester" {
		t.Error("somebody who is not signed in changed it")
	}
}

// What hangs on a certificate follows to the one that takes its place where somebody sees to
// it, and else ends with it; when that fails, nothing has changed.
// Proves REV-04.
func TestWhatHangsOnACertificateFollowsOrEnds(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.com")
	old := w.registered(tim, "tim@example.com")
	hang := func(on pki.Serial, role habeas.Role) account.Certificate {
		var c account.Certificate
		rand.Read(c.Serial[:])
		c.Authority, c.Account, c.Holder, c.Role, c.IssuedAt, c.Ends = pki.Attribute, tim.Account, on, role, w.clock.Now(), w.clock.Now().Add(time.Hour)
		return c
	}
	add := func(tx *sqlstore.Tx, c account.Certificate) error {
		return tx.Accounts().AddCertificate(c, audit.Entry{
			ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.CertificateIssued, Subject: habeas.SubjectOf(tim.Account), Actor: tim, At: w.clock.Now(),
		})
	}
	w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error { return add(tx, hang(old.Serial, habeas.RoleStaff)) }))
	fail, order := true, ""
	w.Certificates.WhenReissued(func(tx *sqlstore.Tx, _ habeas.Actor, was, fresh account.Certificate) error {
		if order += "1"; was.Serial != old.Serial {
			t.Error("another certificate than the old one")
		}
		return add(tx, hang(fresh.Serial, habeas.RoleStaff))
	})
	w.Certificates.WhenReissued(func(*sqlstore.Tx, habeas.Actor, account.Certificate, account.Certificate) error {
		if order += "2"; fail {
			return errors.New("not now")
		}
		return nil
	})
	flow := newToken()
	out := must(w.submits(tim, w.asks(dn.Subject{Name: "Tim", Country: "ES", Username: "tim", Email: "tim@example.com"}), flow))(w)
	code := w.codeIn(w.mailTo("tim@example.com", mail.KindCertificateCode))
	if _, err := w.Accounts.Prove(w.ctx(), tim, out.Challenge, sealedtest.Seal(code), account.Browser{Flow: flow}); err == nil {
		t.Fatal("it was changed although something failed")
	}
	if h := w.holding(tim); len(h.Certificates) != 2 || h.Certificates[0].Revoked() || h.Certificates[1].Revoked() {
		t.Fatal("something has changed although something failed")
	}
	fail = false
	must(w.Accounts.Prove(w.ctx(), tim, out.Challenge, sealedtest.Seal(code), account.Browser{Flow: flow}))(w)
	counts := 0
	fresh, _ := account.ActiveIdentity(w.holding(tim).Certificates, w.clock.Now())
	for _, c := range w.holding(tim).Certificates {
		switch {
		case c.Active(w.clock.Now()):
			counts++
		case c.Reason != pki.Superseded:
			t.Errorf("ended for %v", c.Reason)
		}
		if c.Hangs(fresh.Serial) && !c.Active(w.clock.Now()) {
			t.Error("the role that follows does not count")
		}
	}
	if counts != 2 || order != "1212" {
		t.Errorf("%d certificates count; called in the order %s", counts, order)
	}
}

// A second registration with an address makes no second record of it, in whatever spelling it
// comes; a username may be anybody's; a second account of other address holds nothing of the
// first one's.
// Proves REG-04, REG-05, REG-06 and REG-10.
func TestOneAddressIsOneRegistration(t *testing.T) {
	w := newWorld(t)
	tim := w.join("Tim@Bücher.example")
	flow := newToken()
	id := must(w.Accounts.Ask(w.ctx(), account.Asking{Address: w.address("tim@xn--bcher-kva.example"), Language: "en", Flow: flow, Client: "192.0.2.1"}))(w)
	again := w.prove(id, w.codeIn(w.mailTo(w.address("Tim@Bücher.example").Mailbox(), mail.KindCode)), flow)
	if tim.Account != again.Account {
		t.Error("another spelling of the address is another account")
	}
	same := dn.Subject{Name: "Tim Tester", Country: "ES", Username: "tim", Email: "tim@xn--bcher-kva.example"}
	must(w.submits(tim, w.asks(same), newToken()))(w)
	out := must(w.submits(again, w.asks(same), newToken()))(w)
	if out.Chain != nil || len(w.holding(tim).Certificates) != 1 {
		t.Error("the second registration made a second certificate")
	}
	if _, err := request.Make(must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(w), dn.Subject{Name: "Tim", Country: "ES", Username: "tim"}); err == nil {
		t.Error("a certificate without an address can be asked for")
	}

	other := w.join("someone.else@example.net")
	pseudonym := dn.Subject{Name: "A. Nonymous", Country: "IE", Username: "tim", Email: "someone.else@example.net"}
	must(w.submits(other, w.asks(pseudonym), newToken()))(w)
	h := w.holding(other)
	cert := must(x509.ParseCertificate(h.Chain[0]))(w)
	if who := must(dn.Parse(cert.RawSubject))(w); other.Account == tim.Account || who != pseudonym || len(h.Certificates) != 1 {
		t.Error("the second account holds something of the first one's")
	}
}

// Whoever registers accepts the policy that is in force, and a lost key is never certified again.
// Proves REG-13 and REC-09.
func TestRegisteringGoesByThePolicyAndByAFreshKey(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.com")
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(w)
	der := must(request.Make(key, dn.Subject{Name: "Tim", Country: "ES", Username: "tim", Email: "tim@example.com"}))(w)
	version := must(w.Certificates.Policy(w.ctx()))(w)
	_, err := w.Certificates.Submit(w.ctx(), tim, account.Submission{Request: der, Policy: version + 1}, account.Asking{})
	w.refused(err, "registration.policy")
	must(w.submits(tim, der, newToken()))(w)
	if got := w.holding(tim).Registration.Policy; got != version {
		t.Errorf("accepted version %d, want %d", got, version)
	}
	w.decide(w.boss("root@example.org"), func(p *party.Policy) { p.Retention.Months++ })
	page := w.browser().get("/policy")
	for _, says := range []string{"Version 1", "2026", "City Sports has not checked name, country, organisation and username, and promises nothing that is not written here"} {
		if !strings.Contains(page.text, says) {
			t.Errorf("the policy does not say %q", says)
		}
	}
	style := regexp.MustCompile(`href="(/static/[^"]*app\.css)"`).FindStringSubmatch(page.text)
	if style == nil || !strings.Contains(w.browser().get(style[1]).text, "@media print") {
		t.Error("the policy is not made to be printed")
	}
	w.ok(w.Certificates.Revoke(w.ctx(), tim, pki.Identity, w.holding(tim).Certificates[0].Serial, pki.KeyCompromise))
	w.mailTo("tim@example.com", mail.KindUnregistered)
	_, err = w.submits(tim, der, newToken())
	w.refused(err, "registration.key")
	must(w.submits(tim, w.asks(dn.Subject{Name: "Tim", Country: "ES", Username: "tim", Email: "tim@example.com"}), newToken()))(w)
}

// The code of the page lets a command register, once, for its account, within ten minutes.
func TestACommandRegistersByTheCodeOfThePage(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.com")
	version := must(w.Certificates.Policy(w.ctx()))(w)
	handover := func() (habeas.ChallengeID, string) {
		number, code, err := w.Certificates.Handover(w.ctx(), tim, version)
		w.ok(err)
		var text string
		w.ok(code.Use(func(b []byte) error { text = string(b); return nil }))
		return number, text
	}
	der := w.asks(dn.Subject{Name: "Tim", Country: "ES", Username: "tim", Email: "tim@example.com"})
	send := func(number habeas.ChallengeID, code string, der []byte) (account.Submitted, error) {
		return w.Certificates.FromTerminal(w.ctx(), number, sealedtest.Seal(code), der, "192.0.2.1")
	}
	early, earlyCode := handover()
	number, code := handover()
	_, err := send(early, earlyCode, der)
	w.refused(err, "code.wrong") // the newer one ended it
	_, err = send(number, wrongCode(code), der)
	w.refused(err, "code.wrong")
	_, err = send(number, code, w.asks(dn.Subject{Name: "Eve", Country: "ES", Username: "eve", Email: "eve@example.com"}))
	w.refused(err, "registration.address") // and the code is not spent by it
	if out := must(send(number, code, der))(w); len(out.Chain) != 3 {
		t.Fatalf("a chain of %d", len(out.Chain))
	}
	_, err = send(number, code, der)
	w.refused(err, "code.wrong")
	w.mails()

	// A change goes the same way, and is confirmed by the mailed code, typed into the command.
	number, code = handover()
	out := must(send(number, code, w.asks(dn.Subject{Name: "Tim New", Country: "ES", Username: "tim", Email: "tim@example.com"})))(w)
	mailed := w.codeIn(w.mailTo("tim@example.com", mail.KindCertificateCode))
	_, err = w.Certificates.ConfirmFromTerminal(w.ctx(), early, out.Challenge, sealedtest.Seal(mailed))
	w.refused(err, "code.wrong") // another command's number
	_, err = w.Certificates.ConfirmFromTerminal(w.ctx(), number, number, sealedtest.Seal(code))
	w.refused(err, "code.wrong") // what the page showed confirms nothing
	chain := must(w.Certificates.ConfirmFromTerminal(w.ctx(), number, out.Challenge, sealedtest.Seal(mailed)))(w)
	if cert := must(x509.ParseCertificate(chain[0]))(w); must(dn.Parse(cert.RawSubject))(w).Name != "Tim New" {
		t.Error("the chain is the old one")
	}
	number, code = handover()
	w.later(10 * time.Minute)
	_, err = send(number, code, der)
	w.refused(err, "code.wrong")
	for range account.FullTries {
		_, err = send(number, wrongCode(code), der)
		w.refused(err, "code.wrong")
	}
}
