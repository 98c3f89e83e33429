package pki

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

// The root is in a key store of its own, as on a machine without a network; files go
// between the two.
func TestARootElsewhereSignsARequest(t *testing.T) {
	here, elsewhere := newSecrets(t), newSecrets(t)
	now := time.Now()
	root, err := MakeRoot(ctx, elsewhere, org, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []Kind{Identity, Server, Attribute} {
		request, err := Request(ctx, here, kind.Nth(1), org)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(ctx, here, kind.Nth(1), org); !errors.Is(err, ErrNoAuthority) {
			t.Errorf("%s: opened before its certificate came: %v", kind, err)
		}
		signed, chain, err := root.SignSubordinate(request, now)
		if err != nil || signed != kind.Nth(1) {
			t.Fatalf("%s: signed as %q: %v", kind, signed, err)
		}
		if _, err := Install(ctx, here, org, chain); err != nil {
			t.Fatal(err)
		}
		a, err := Open(ctx, here, kind.Nth(1), org)
		if err != nil || a.Kind() != kind || !a.Chain()[1].Equal(root.Certificate()) {
			t.Errorf("%s: another authority, or %v", kind, err)
		}
		if _, err := Install(ctx, here, org, chain); err != nil {
			t.Errorf("%s: the same once more: %v", kind, err)
		}
		_, other, err := root.SignSubordinate(request, now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Install(ctx, here, org, other); !errors.Is(err, ErrInstalled) {
			t.Errorf("%s: another certificate: %v", kind, err)
		}
	}
	if _, err := Open(ctx, here, Root.Nth(1), org); !errors.Is(err, ErrNoAuthority) {
		t.Errorf("the root is here: %v", err)
	}
}

func TestACertificateThatWasNotRequestedIsNotBroughtIn(t *testing.T) {
	now := time.Now()
	w := newWorld(t)
	here := newSecrets(t)
	request, err := Request(ctx, here, Identity.Nth(1), org)
	if err != nil {
		t.Fatal(err)
	}
	_, good, err := w.root.SignSubordinate(request, now)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := MakeRoot(ctx, newSecrets(t), org, now)
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte(nil), good[0]...)
	flipped[len(flipped)-1] ^= 1
	for about, chain := range map[string][][]byte{
		"nothing":             nil,
		"no root":             {good[0]},
		"another's root":      {good[0], stranger.cert.Raw},
		"only a root":         {w.root.cert.Raw, w.root.cert.Raw},
		"another's key":       {w.identity.cert.Raw, w.root.cert.Raw},
		"another kind":        {w.server.cert.Raw, w.root.cert.Raw},
		"a flipped signature": {flipped, good[1]},
		"trailing bytes":      {good[0], good[1], {0}},
		"no certificate":      {[]byte("certificate")},
	} {
		if _, err := Install(ctx, here, org, chain); habeas.KindOf(err) != habeas.KindInvalid {
			t.Errorf("%s: %v", about, err)
		}
	}
	if _, err := Install(ctx, here, org, good); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

func TestTheRootSignsOnlyRequestsOfItsOrganisation(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Now()
	request := func(o Organisation) []byte {
		der, err := Request(ctx, newSecrets(t), Identity.Nth(1), o)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	ours := request(org)
	rooted, err := org.subject(Root.Nth(1))
	if err != nil {
		t.Fatal(err)
	}
	another, err := x509.CreateCertificateRequest(nil, &x509.CertificateRequest{RawSubject: rooted}, newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	free, err := x509.CreateCertificateRequest(nil, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "Identity CA 1"}}, newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte(nil), ours...)
	flipped[len(flipped)-1] ^= 1
	for about, der := range map[string][]byte{
		"another organisation's": request(Organisation{Name: "Others", Country: "ES", URL: org.URL}),
		"another root":           another,
		"a free name":            free,
		"flipped":                flipped,
		"with trailing bytes":    append(append([]byte(nil), ours...), 0),
		"empty":                  nil,
	} {
		if _, _, err := w.root.SignSubordinate(der, now); habeas.KindOf(err) != habeas.KindInvalid {
			t.Errorf("%s: %v", about, err)
		}
	}
	if _, _, err := w.identity.SignSubordinate(ours, now); !errors.Is(err, errRole) {
		t.Errorf("the identity CA signs another CA: %v", err)
	}
}

func TestAnOrganisationNeedsAnAddressForItsLists(t *testing.T) {
	for _, url := range []string{"", "https://pki.example.org", "http://", "http://pki.example.org/", "http://u@pki.example.org", "http://pki.example.org?x", "pki.example.org"} {
		if _, err := MakeRoot(ctx, newSecrets(t), Organisation{Name: "O", Country: "ES", URL: url}, time.Now()); habeas.KindOf(err) != habeas.KindInvalid {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestEachAuthorityIssuesOnlyItsOwn(t *testing.T) {
	w := newWorld(t)
	now, key := w.clock.Now(), newKey(t).Public()
	for _, a := range []*Authority{w.root, w.server, w.attribute} {
		if _, err := a.IssueIdentity(ana, key, now, now); !errors.Is(err, errRole) {
			t.Errorf("%s makes a person: %v", a.kind, err)
		}
	}
	for _, a := range []*Authority{w.root, w.identity, w.attribute} {
		if _, err := a.IssueServer("books.example.org", key, now); !errors.Is(err, errRole) {
			t.Errorf("%s makes a server: %v", a.kind, err)
		}
	}
	for _, host := range []string{"", "*.example.org", "Books.example.org", "-a.example.org", "a..b", "a_b.org", "10.0.0.1", "a b", "a.example.org.", "bücher.example"} {
		if _, err := w.server.IssueServer(host, key, now); habeas.KindOf(err) != habeas.KindInvalid {
			t.Errorf("%q: %v", host, err)
		}
	}
}

func TestACertificateEndsThreeYearsAfterTheRegistration(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ registered, until string }{
		{"2026-11-23T10:00:00Z", "2029-11-23T10:00:00Z"},
		{"2028-02-29T10:00:00Z", "2031-03-01T10:00:00Z"},
		{"2026-11-23T10:00:00.9Z", "2029-11-23T10:00:00Z"},
	} {
		registered, err := time.Parse(time.RFC3339, c.registered)
		if err != nil {
			t.Fatal(err)
		}
		want, err := time.Parse(time.RFC3339, c.until)
		if err != nil {
			t.Fatal(err)
		}
		// Issued again a year later, because something has changed, it ends no later.
		for _, now := range []time.Time{registered, registered.AddDate(1, 0, 0), want.Add(-time.Second)} {
			issued, err := w.identity.IssueIdentity(ana, newKey(t).Public(), registered, now)
			if err != nil || !issued.NotAfter.Equal(want) || !w.parse(issued.DER).NotAfter.Equal(want) {
				t.Errorf("registered %s, issued %s: until %s (%v), want %s", registered, now, issued.NotAfter, err, want)
			}
		}
		if _, err := w.identity.IssueIdentity(ana, newKey(t).Public(), registered, want); !errors.Is(err, ErrLapsed) {
			t.Errorf("at the end of the registration: %v", err)
		}
		if _, err := w.identity.IssueIdentity(ana, newKey(t).Public(), registered, registered.Add(-time.Second)); habeas.KindOf(err) != habeas.KindInvalid {
			t.Errorf("before the registration: %v", err)
		}
	}
	late := w.identity.cert.NotAfter.AddDate(-3, 0, 1)
	if _, err := w.identity.IssueIdentity(ana, newKey(t).Public(), late, late); !errors.Is(err, ErrOutlived) {
		t.Errorf("a certificate that outlives its issuer: %v", err)
	}
}

func TestSerialNumbersAreNeverTheSame(t *testing.T) {
	seen := map[Serial]bool{}
	for range 1000 {
		s := newSerial()
		back, ok := SerialOf(s.Int())
		if seen[s] || !ok || back != s {
			t.Fatal("a serial number came twice or does not come back")
		}
		seen[s] = true
	}
	if _, ok := SerialOf(nil); ok {
		t.Error("no number is one")
	}
}
