package app_test

import (
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
)

// swept lets time pass to a moment and the authorities see what is due.
func (w *world) followed(at time.Time) {
	w.Helper()
	w.clock.Advance(at.Sub(w.clock.Now()))
	w.ok(w.Certificates.Authorities.Sweep(w.ctx()))
}

// Twelve years, month by month, with the root here: everybody gets three years at any time, old
// certificates count until they end, and a generation goes when nothing is left of it.
//
// Proves FILE-04 and REV-03.
func TestAuthoritiesFollowOneAnotherForTwelveYears(t *testing.T) {
	w := newWorld(t)
	start := w.clock.Now()
	all := w.Certificates.Authorities
	type person struct {
		cert *x509.Certificate
		ca   *x509.Certificate
		gen  int
	}
	var people []person
	identity := must(all.Get(w.ctx(), pki.Identity))(t)
	must(all.Get(w.ctx(), pki.Server))(t)
	oldRoot := must(all.RootCertificate(w.ctx()))(t)
	for month := range 12 * 12 {
		now := start.AddDate(0, month, 0)
		w.followed(now)
		if month%9 == 0 {
			a, _, r := w.enrolled(strings.ToLower(now.Format("Jan2006")) + "@example.net")
			h := must(w.Certificates.Holding(w.ctx(), a))(t)
			cert, ca := must(x509.ParseCertificate(h.Chain[0]))(t), must(x509.ParseCertificate(h.Chain[1]))(t)
			if !r.Ends.Equal(now.AddDate(3, 0, 0)) || !cert.NotAfter.Equal(r.Ends) || ca.NotAfter.Before(cert.NotAfter) {
				t.Errorf("month %d: until %s by an authority until %s", month, cert.NotAfter, ca.NotAfter)
			}
			people = append(people, person{cert, ca, h.Certificates[0].Generation})
		}
		if month%12 != 5 {
			continue
		}
		verifier := w.Certificates.Authorities.Verifier()
		for i, p := range people {
			_, err := verifier.VerifyClient([]*x509.Certificate{p.cert})
			if ended := now.After(p.cert.NotAfter); ended != (err != nil) {
				t.Errorf("month %d, person %d of generation %d, ended %v: %v", month, i, p.gen, ended, err)
			}
			if now.After(p.cert.NotAfter) {
				continue
			}
			serial, _ := pki.SerialOf(p.cert.SerialNumber)
			list := must(all.List(w.ctx(), pki.Identity.Nth(p.gen), pki.Identity.Shard(serial)))(t)
			w.ok(must(x509.ParseRevocationList(list.DER))(t).CheckSignatureFrom(p.ca))
			must(all.Responder(w.ctx(), pki.Identity.Nth(p.gen)))(t)
			roots, below := x509.NewCertPool(), x509.NewCertPool()
			roots.AddCert(oldRoot)
			below.AddCert(p.ca)
			if _, err := p.cert.Verify(x509.VerifyOptions{Roots: roots, Intermediates: below, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
				t.Errorf("month %d: who trusts the first root: %v", month, err)
			}
		}
	}
	generations := must(w.DB.Authorities(w.ctx(), pki.Identity))(t)
	if len(generations) != 2 || generations[0].RetiredAt.IsZero() || !generations[1].Counts() {
		t.Fatalf("generations: %+v", generations)
	}
	if root := must(all.RootCertificate(w.ctx()))(t); root.Equal(oldRoot) || root.CheckSignatureFrom(oldRoot) != nil {
		t.Error("the root has no second certificate for its key")
	}
	if last := people[len(people)-1]; last.gen != 2 {
		t.Errorf("the last one is of generation %d", last.gen)
	}
	// Its key is gone for good: nothing more is signed for it.
	if _, err := pki.Open(w.ctx(), w.Keys, pki.Identity.Nth(1), identity.Organisation()); !errors.Is(err, pki.ErrRetired) {
		t.Errorf("the retired one opens: %v", err)
	}
	if _, err := all.Responder(w.ctx(), pki.Identity.Nth(1)); !errors.Is(err, pki.ErrRetired) {
		t.Errorf("the retired one answers: %v", err)
	}
	w.verify()
}

// Where the root is elsewhere, administrators are told in time, monthly, until the ceremony is done;
// a list of the root that says so ends an authority at once, and everything that it has issued.
//
// Proves REV-03.
func TestARootElsewhereIsAskedForInTime(t *testing.T) {
	w := newWorldAt(t, onSQLite.place(t))
	org := pki.Organisation{Name: "City Sports", Country: "ES", URL: "http://pki.example.org"}
	away := must(pki.MakeRoot(w.ctx(), w.Keys, org, w.clock.Now()))(t) // its key is in the same store: that no code here uses it is Elsewhere
	w.Certificates.Authorities = &app.Authorities{DB: w.DB, Keys: w.Keys, Org: org, Clock: w.clock, Elsewhere: true}
	all := w.Certificates.Authorities
	if _, err := all.Get(w.ctx(), pki.Identity); !errors.Is(err, pki.ErrNoAuthority) {
		t.Fatalf("made without the ceremony: %v", err)
	}
	if needs := must(all.Needs(w.ctx()))(t); len(needs) != 0 {
		t.Errorf("needed by nobody: %v", needs)
	}
	brought := func(i pki.Issuer) *pki.Authority {
		request := must(pki.Request(w.ctx(), w.Keys, i, org))(t)
		_, chain, err := away.SignSubordinate(request, w.clock.Now())
		w.ok(err)
		return must(pki.Install(w.ctx(), w.Keys, org, chain))(t)
	}
	brought(pki.Attribute.Nth(1))
	first := brought(pki.Identity.Nth(1))
	w.enrolled("tim@example.com")
	list := must(away.NextList(nil, nil, w.clock.Now()))(t)
	must(all.BringList(w.ctx(), list.DER))(t)
	if got := must(all.List(w.ctx(), pki.Root.Nth(1), 0))(t); string(got.DER) != string(list.DER) {
		t.Error("another list is published")
	}
	if needs := must(all.Needs(w.ctx()))(t); len(needs) != 0 {
		t.Errorf("needed too soon: %v", needs)
	}
	until := pki.Identity.AbleUntil(first.Certificate().NotAfter)
	w.followed(until.Add(-pki.CeremonyLead + 49*time.Hour))
	w.guard(w.join("ada@example.org"))
	w.employ("ada@example.org", habeas.RoleAdministrator)
	w.mails()
	for _, want := range []int{3, 0} { // two heirs and a list; once
		w.ok(w.AlarmAuthorities(w.ctx()))
		if n := w.kinds()[mail.KindRootNeeded]; n != want {
			t.Errorf("%d mails, want %d", n, want)
		}
	}
	needs := must(all.Needs(w.ctx()))(t)
	if len(needs) != 3 || needs[0].Issuer != pki.Identity.Nth(1) || needs[0].Late(w.clock.Now()) {
		t.Errorf("needed: %v", needs)
	}
	var shown, found bool
	for _, c := range w.Health(w.ctx()).Checks {
		shown = shown || c.Name == "authorities" && c.Level == app.Failed && strings.Contains(c.Text, "habeas pki sub identity")
	}
	for _, f := range must(w.Examine(w.ctx(), 0, false))(t).Findings {
		found = found || f.Code == "authority"
	}
	if !shown || !found {
		t.Errorf("health %v, doctor %v", shown, found)
	}
	brought(pki.Identity.Nth(2))
	w.followed(w.clock.Now().Add(time.Hour))
	if now := must(all.Get(w.ctx(), pki.Identity))(t); now.Issuer() != pki.Identity.Nth(2) {
		t.Errorf("%s issues", now.Issuer())
	}
	eva, _, _ := w.enrolled("eva@example.com")

	h := must(w.Certificates.Holding(w.ctx(), eva))(t)
	cert := must(x509.ParseCertificate(h.Chain[0]))(t)
	verifier := w.Certificates.Authorities.Verifier()
	client, err := verifier.VerifyClient([]*x509.Certificate{cert})
	w.ok(err)
	second := must(all.Published(w.ctx(), pki.Identity.Nth(2)))(t)
	next := must(away.NextList(list.DER, []pki.Revocation{{Serial: second.Described().Serial, At: w.clock.Now(), Reason: pki.CACompromise}}, w.clock.Now()))(t)
	must(all.BringList(w.ctx(), next.DER))(t)
	if err := verifier.Recheck(client); !errors.Is(err, pki.ErrUnknownIssuer) {
		t.Errorf("on a live connection: %v", err)
	}
	if _, err := verifier.VerifyClient([]*x509.Certificate{cert}); !errors.Is(err, pki.ErrUnknownIssuer) {
		t.Errorf("at a new one: %v", err)
	}
	if _, err := all.BringList(w.ctx(), list.DER); !errors.Is(err, pki.ErrList) {
		t.Errorf("an older list: %v", err)
	}
	w.verify()
}
