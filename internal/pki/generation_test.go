package pki

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

// DestroySecret implements Shredder.
func (s *secrets) DestroySecret(_ context.Context, names ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		delete(s.held, name)
	}
	return nil
}

func TestNamesOfGenerationsAreReadInOneSpelling(t *testing.T) {
	for kind := range commonNames {
		for _, n := range []int{1, 2, maxGenerations} {
			if i, ok := ParseIssuer(kind.Nth(n).String()); !ok || i != kind.Nth(n) {
				t.Errorf("%s is read as %v", kind.Nth(n), i)
			}
		}
	}
	for _, text := range []string{"", "identity-1", "identity-02", "identity-0", "identity-", "identity-100", "identity--2", "other", "identity-2-3", "-2", "identity-+2"} {
		if i, ok := ParseIssuer(text); ok {
			t.Errorf("%q is %v", text, i)
		}
	}
}

// An authority is able for exactly as long as what it issues for the whole time ends before it.
func TestAnAuthorityIsAbleUntilWhatItIssuesOutlivesIt(t *testing.T) {
	w := newWorld(t)
	for _, a := range []*Authority{w.identity, w.server, w.attribute, w.root} {
		until := a.kind.AbleUntil(a.cert.NotAfter)
		if a.kind.lasts(until).After(a.cert.NotAfter) || !a.kind.lasts(until.Add(48*time.Hour)).After(a.cert.NotAfter) {
			t.Errorf("%s, which ends %s, is able until %s", a.kind, a.cert.NotAfter, until)
		}
		if a.HeirDue(until, 0) || !a.HeirDue(until.Add(time.Second), 0) || !a.HeirDue(until, Lead) {
			t.Errorf("%s: its heir is due at another moment", a.kind)
		}
	}
	until := Identity.AbleUntil(w.identity.cert.NotAfter)
	if _, err := w.identity.IssueIdentity(ana, newKey(t).Public(), until, until); err != nil {
		t.Errorf("at the last moment: %v", err)
	}
	late := until.Add(49 * time.Hour)
	if _, err := w.identity.IssueIdentity(ana, newKey(t).Public(), late, late); !errors.Is(err, ErrOutlived) {
		t.Errorf("later: %v", err)
	}
}

// Over twenty-four years, with a root that was renewed: whoever trusts either certificate of the
// root verifies every certificate of every generation until it ends, with the lists of its own
// generation; a list of another generation proves nothing.
//
// Proves FILE-04.
func TestGenerationsVerifyWithEitherCertificateOfTheRoot(t *testing.T) {
	w := newWorld(t)
	start := w.clock.Now()
	oldRoot := w.root
	type made struct {
		person Issued
		ca     *Authority
	}
	var all []made
	for n := range 4 {
		if n > 0 { // seven years later, when the heir is due
			w.clock.Advance(w.identity.cert.NotAfter.AddDate(-3, 0, -20).Sub(w.clock.Now()))
			if !w.identity.HeirDue(w.clock.Now(), Lead) {
				t.Fatal("no heir is due")
			}
			w.root = w.must(MakeRoot(ctx, w.keys, org, w.clock.Now()))
			w.identity = w.must(w.root.Subordinate(ctx, w.keys, Identity.Nth(n+1), w.clock.Now()))
		}
		person, _, _ := w.person()
		all = append(all, made{person, w.identity})
	}
	if w.root.cert.Equal(oldRoot.cert) || w.root.generation != 2 || w.clock.Now().Sub(start) < 20*365*24*time.Hour {
		t.Fatalf("the root has certificate %d after %s", w.root.generation, w.clock.Now().Sub(start))
	}
	if n, err := Generations(ctx, w.keys, Identity); n != 4 || err != nil {
		t.Errorf("%d generations: %v", n, err)
	}
	for i, m := range all {
		at := m.person.NotBefore.AddDate(2, 11, 0)
		list, err := m.ca.Publish(ctx, w.register, Identity.Shard(m.person.Serial), at)
		if err != nil {
			t.Fatal(err)
		}
		leaf, sub := w.certificates(fmt.Sprintf("person-%d.pem", i), m.person.DER), w.certificates(fmt.Sprintf("sub-%d.pem", i), m.ca.cert.Raw)
		lists := w.file(fmt.Sprintf("list-%d.pem", i), "X509 CRL", list.DER)
		for name, root := range map[string]*Authority{"old": oldRoot, "new": w.root} {
			if at.Before(root.cert.NotBefore) || at.After(root.cert.NotAfter) {
				continue
			}
			args := []string{
				"verify", "-x509_strict", "-crl_check", "-attime", fmt.Sprint(at.Unix()), "-purpose", "sslclient",
				"-CAfile", w.certificates(name+"-root.pem", root.cert.Raw), "-untrusted", sub, "-CRLfile", lists, leaf,
			}
			w.says(true, args, "OK")
			roots, below := x509.NewCertPool(), x509.NewCertPool()
			roots.AddCert(root.cert)
			below.AddCert(m.ca.cert)
			_, err := w.parse(m.person.DER).Verify(x509.VerifyOptions{
				Roots: roots, Intermediates: below, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
			})
			if err != nil {
				t.Errorf("generation %d with the %s root: %v", i+1, name, err)
			}
		}
		other := all[(i+1)%len(all)].ca
		foreign, err := other.SignCRL(Identity.Shard(m.person.Serial), 1, nil, at)
		if err != nil {
			t.Fatal(err)
		}
		out, ok := w.openssl("verify", "-crl_check", "-attime", fmt.Sprint(at.Unix()), "-partial_chain", "-CAfile", sub,
			"-CRLfile", w.file("foreign.pem", "X509 CRL", foreign.DER), leaf)
		if ok {
			t.Errorf("the list of another generation counts: %s", out)
		}
	}
}

func TestARetiredGenerationOpensNoMore(t *testing.T) {
	w := newWorld(t)
	if _, err := NewResponder(ctx, w.identity, w.keys, w.register, w.clock); err != nil {
		t.Fatal(err)
	}
	if err := Retire(ctx, w.keys, Identity.Nth(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, w.keys, Identity.Nth(1), org); !errors.Is(err, ErrRetired) {
		t.Errorf("opened: %v", err)
	}
	for _, name := range []string{Identity.Nth(1).keySecret(), Identity.Nth(1).responderSecret()} {
		if _, left := w.keys.held[name]; left {
			t.Errorf("%s is left", name)
		}
	}
	if n, err := Generations(ctx, w.keys, Identity); n != 1 || err != nil {
		t.Errorf("the number is free again: %d, %v", n, err)
	}
	if err := Retire(ctx, w.keys, Root.Nth(1)); !errors.Is(err, errRole) {
		t.Errorf("the root: %v", err)
	}
}

// The list of a root without records is what it remembers: entries stay, numbers rise, and a list
// that somebody else has signed is none.
func TestTheListOfTheRootTravels(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Now()
	one := func(a *Authority) Revocation {
		return Revocation{Serial: a.Described().Serial, At: now, Reason: CACompromise}
	}
	first, err := w.root.NextList(nil, []Revocation{one(w.server)}, now)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.root.NextList(first.DER, []Revocation{one(w.identity), one(w.server)}, now.AddDate(8, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	list, revoked, err := ReadRootList(second.DER, w.root.cert)
	if err != nil || list.Number != 2 || len(revoked) != 2 || !revoked[one(w.server).Serial].At.Equal(now.UTC().Truncate(time.Second)) {
		t.Errorf("read back: %d, %v, %v", list.Number, revoked, err)
	}
	person, _, _ := w.person()
	w.says(false, []string{
		"verify", "-crl_check_all", "-attime", fmt.Sprint(now.Add(time.Minute).Unix()), "-CAfile", w.certificates("root.pem", w.root.cert.Raw),
		"-untrusted", w.certificates("sub.pem", w.identity.cert.Raw), "-CRLfile", w.file("lists.pem", "X509 CRL", w.listOf(person), w.again(one(w.identity))),
		w.certificates("person.pem", person.DER),
	}, "certificate revoked")

	stranger := newWorld(t)
	foreign, err := stranger.root.NextList(nil, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	part, err := w.identity.SignCRL(0, 3, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	for name, der := range map[string][]byte{"foreign": foreign.DER, "of a shard": part.DER, "cut": first.DER[:40], "empty": nil} {
		if _, _, err := ReadRootList(der, w.root.cert); !errors.Is(err, ErrList) || habeas.KindOf(err) != habeas.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.root.NextList(der, nil, now); der != nil && !errors.Is(err, ErrList) {
			t.Errorf("%s is followed: %v", name, err)
		}
	}
	if _, err := w.identity.NextList(nil, nil, now); !errors.Is(err, errRole) {
		t.Errorf("signed by the identity CA: %v", err)
	}
}

func (w *world) listOf(c Issued) []byte {
	w.Helper()
	list, err := w.identity.Publish(ctx, w.register, Identity.Shard(c.Serial), w.clock.Now())
	if err != nil {
		w.Fatal(err)
	}
	return list.DER
}

func (w *world) again(r Revocation) []byte {
	w.Helper()
	list, err := w.root.NextList(nil, []Revocation{r}, w.clock.Now())
	if err != nil {
		w.Fatal(err)
	}
	return list.DER
}

func FuzzReadRootList(f *testing.F) {
	w := newWorld(f)
	list, err := w.root.NextList(nil, []Revocation{{Serial: Serial{1}, At: w.clock.Now()}}, w.clock.Now())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(list.DER)
	f.Add(list.DER[:len(list.DER)-1])
	f.Fuzz(func(t *testing.T, der []byte) {
		read, _, err := ReadRootList(der, w.root.cert)
		if err == nil && read.Number < 1 {
			t.Error("a list without a number")
		}
	})
}

func TestNeedsAreSaidInGoodTime(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	all := []Generation{
		{Issuer: Identity.Nth(1), Ends: now.AddDate(1, 0, 0)},
		{Issuer: Identity.Nth(2), Ends: now.AddDate(8, 0, 0)},
		{Issuer: Server.Nth(1), Ends: now.AddDate(1, 3, 0)},
		{Issuer: Attribute.Nth(1), Ends: now.AddDate(9, 0, 0), RevokedAt: now.AddDate(0, 0, -1)},
		{Issuer: Root.Nth(1), Ends: now.AddDate(1, 0, 0)},
	}
	needs := Needs(all, now.AddDate(0, 0, 30), now)
	want := []Issuer{Server.Nth(1), Attribute.Nth(1), Root.Nth(1)}
	if len(needs) != len(want) {
		t.Fatalf("needed: %v", needs)
	}
	for i, n := range needs {
		if n.Issuer != want[i] || n.Late(now) != (n.Issuer.Kind == Attribute) || n.What() == "" || n.Do() == "" {
			t.Errorf("%v: %s %s", n.Issuer, n.What(), n.Do())
		}
	}
	if needs := Needs(nil, time.Time{}, now); len(needs) != 0 {
		t.Errorf("where nothing is there yet: %v", needs)
	}
	if needs := Needs(all[1:2], time.Time{}, now); len(needs) != 1 || needs[0].Late(now) {
		t.Errorf("without a list: %v", needs)
	}
}
