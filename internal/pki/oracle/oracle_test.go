package oracle

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"slices"
	"testing"
	"time"

	zx509 "github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/sealed"
)

// allowed is what zlint says and we do knowingly, with the reason.
var allowed = map[string]string{
	"n_ecdsa_ee_invalid_ku": "the attribute authority signs lists of attribute certificates and is no CA (RFC 5755, 4.5)",
}

// rules are those that hold for every PKI. The others are of programs for certificates that
// the whole public trusts (CA/Browser Forum, root programs of browsers, ETSI).
func rules(t *testing.T) lint.Registry {
	t.Helper()
	r, err := lint.GlobalRegistry().Filter(lint.FilterOptions{IncludeSources: lint.SourceList{
		lint.RFC3279, lint.RFC5280, lint.RFC5480, lint.RFC5891, lint.RFC6960, lint.RFC6962, lint.RFC8813, lint.Community,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.CertificateLints().Lints()); n < 100 {
		t.Fatalf("only %d rules", n)
	}
	return r
}

func report(t *testing.T, about string, set *zlint.ResultSet) {
	t.Helper()
	passed := 0
	for name, result := range set.Results {
		switch {
		case result.Status == lint.Pass:
			passed++
		case result.Status >= lint.Notice && allowed[name] == "":
			t.Errorf("%s: %s: %s %s", about, name, result.Status, result.Details)
		}
	}
	if passed < 2 {
		t.Errorf("%s: only %d rules were applied", about, passed)
	}
}

func TestZlintFindsNothing(t *testing.T) {
	ctx, now := t.Context(), time.Now()
	policy, err := x509.OIDFromInts([]uint64{1, 3, 6, 1, 4, 1, 32473, 1}) // RFC 5612: for examples
	if err != nil {
		t.Fatal(err)
	}
	for about, policy := range map[string]x509.OID{"with a policy": policy, "without": {}} {
		org := pki.Organisation{Name: "Amigos de los Libros", Country: "ES", URL: "http://pki.example.org", Policy: policy}
		keys := &secrets{session: sealed.Open(ctx), held: map[string]sealed.Value{}}
		root, err := pki.MakeRoot(ctx, keys, org, now)
		if err != nil {
			t.Fatal(err)
		}
		certs := map[string][]byte{"root": root.Certificate().Raw}
		below := map[pki.Kind]*pki.Authority{pki.Root: root}
		for _, kind := range []pki.Kind{pki.Identity, pki.Server, pki.Attribute} {
			a, err := root.Subordinate(ctx, keys, kind.Nth(1), now)
			if err != nil {
				t.Fatal(err)
			}
			certs[string(kind)], below[kind] = a.Certificate().Raw, a
		}
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		person, err := below[pki.Identity].IssueIdentity(dn.Subject{
			Name: "Ana María Núñez", Country: "ES", Organisation: "Amigos de los Libros", Email: "ana@example.org", Username: "ana",
		}, key.Public(), now, now)
		server, failed := below[pki.Server].IssueServer("books.example.org", key.Public(), now)
		responder, failed2 := pki.NewResponder(ctx, below[pki.Identity], keys, store{}, habeas.SystemClock{})
		if err := errors.Join(err, failed, failed2); err != nil {
			t.Fatal(err)
		}
		answering, err := responder.Certificate()
		if err != nil {
			t.Fatal(err)
		}
		certs["person"], certs["host"], certs["responder"] = person.DER, server.DER, answering.Raw
		for name, der := range certs {
			cert, err := zx509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			report(t, name+" "+about, zlint.LintCertificateEx(cert, rules(t)))
		}
		for kind, a := range below {
			var s pki.Serial
			s[0] = 1
			list, err := a.SignCRL(0, 1, []pki.Revocation{{Serial: s, At: now, Reason: pki.Superseded, NotAfter: now.AddDate(1, 0, 0)}}, now)
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := zx509.ParseRevocationList(list.DER)
			if err != nil {
				t.Fatal(err)
			}
			report(t, "list of "+string(kind), zlint.LintRevocationListEx(parsed, rules(t)))
		}
		keys.session.Close()
	}
}

// An exception that nothing needs any more would hide what comes later.
func TestEveryExceptionIsARule(t *testing.T) {
	names := rules(t).Names()
	for name := range allowed {
		if !slices.Contains(names, name) {
			t.Errorf("%s is no rule", name)
		}
	}
}

// secrets is a key store in memory.
type secrets struct {
	session *sealed.Session
	held    map[string]sealed.Value
}

func (s *secrets) Secret(_ context.Context, name string, generate func() ([]byte, error)) (sealed.Value, error) {
	if v, ok := s.held[name]; ok {
		return v, nil
	}
	made, err := generate()
	if err != nil {
		return sealed.Value{}, err
	}
	s.held[name], err = s.session.Seal("secret", made)
	return s.held[name], err
}

// store is that of a responder that is asked nothing.
type store struct{ pki.Store }
