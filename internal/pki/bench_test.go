package pki

import (
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"testing"
)

func BenchmarkSign(b *testing.B) {
	keys := newSecrets(b)
	digest := sha256.Sum256([]byte("message"))
	for name, c := range map[string]*curve{"P-256": p256, "P-384": p384} {
		key, err := openKey(ctx, keys, name, c, c.generate)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := key.Sign(nil, digest[:], crypto.SHA256); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkIssue wants 500 a second or more.
func BenchmarkIssue(b *testing.B) {
	w := newWorld(b)
	key := newKey(b).Public()
	now := w.clock.Now()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := w.identity.IssueIdentity(ana, key, now, now); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "certificates/s")
}

// BenchmarkOCSP wants 5,000 a second or more: the worst is an answer signed for a nonce.
func BenchmarkOCSP(b *testing.B) {
	w := newWorld(b)
	r := w.responder()
	_, cert, _ := w.person()
	ids := certIDs(b, w.identity.cert, crypto.SHA256, cert.SerialNumber)
	for name, q := range map[string]inquiry{
		"kept": {ids: ids, version: -1}, "nonce": {ids: ids, version: -1, nonce: make([]byte, 32)},
		"unknown": {ids: certIDs(b, w.identity.cert, crypto.SHA256, big.NewInt(1)), version: -1},
	} {
		request := q.der(b)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if answer, _ := r.Respond(ctx, request); len(answer) < 100 {
						b.Error("refused")
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
		})
	}
}

func BenchmarkCRL(b *testing.B) {
	w := newWorld(b)
	var revoked []Revocation
	for range 1000 {
		s := newSerial()
		s[15] = 0
		revoked = append(revoked, Revocation{Serial: s, Reason: Superseded, At: w.clock.Now(), NotAfter: w.clock.Now().AddDate(1, 0, 0)})
	}
	for b.Loop() {
		if _, err := w.identity.SignCRL(0, 1, revoked, w.clock.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyClient(b *testing.B) {
	w := newWorld(b)
	v := w.verifier()
	_, cert, _ := w.person()
	chain := []*x509.Certificate{cert}
	for b.Loop() {
		if _, err := v.VerifyClient(chain); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHandshake counts mutual handshakes, client and server on one machine; 1,500 a
// second are wanted of the server. The client does not verify the chain, whose root costs it
// more than all the rest.
func BenchmarkHandshake(b *testing.B) {
	w := newWorld(b)
	addr, _ := w.port()
	_, cert, key := w.person()
	config := &tls.Config{
		InsecureSkipVerify: true,
		Certificates:       []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}},
	}
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			c, err := visit(addr, config)
			if err != nil {
				b.Error(err)
				continue
			}
			_ = c.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "handshakes/s")
}
