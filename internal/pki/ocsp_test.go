package pki

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"math/big"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"
)

// inquiry is what a test puts into a request.
type inquiry struct {
	ids       [][]byte // CertIDs
	nonce     []byte
	version   int
	critical  []int // OID of a critical extension
	twice     bool  // the nonce
	requestor bool
}

func certIDs(tb testing.TB, issuer *x509.Certificate, h crypto.Hash, serials ...*big.Int) (ids [][]byte) {
	tb.Helper()
	for _, s := range serials {
		der, err := ocsp.CreateRequest(&x509.Certificate{SerialNumber: s}, issuer, &ocsp.RequestOptions{Hash: h})
		if err != nil {
			tb.Fatal(err)
		}
		in := cryptobyte.String(der)
		var id cryptobyte.String
		for range 4 { // OCSPRequest, TBSRequest, requestList, Request
			if !in.ReadASN1(&in, casn1.SEQUENCE) {
				tb.Fatal("a request of another shape")
			}
		}
		if !in.ReadASN1Element(&id, casn1.SEQUENCE) {
			tb.Fatal("a request without a CertID")
		}
		ids = append(ids, id)
	}
	return ids
}

func (q inquiry) der(tb testing.TB) []byte {
	tb.Helper()
	constructed := func(n uint8) casn1.Tag { return casn1.Tag(n).ContextSpecific().Constructed() }
	extension := func(b *cryptobyte.Builder, oid []int, critical bool, value []byte) {
		b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			if critical {
				b.AddASN1Boolean(true)
			}
			b.AddASN1(casn1.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(value) })
		})
	}
	var b cryptobyte.Builder
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
			if q.version >= 0 {
				b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(q.version)) })
			}
			if q.requestor {
				b.AddASN1(constructed(1), func(b *cryptobyte.Builder) {
					b.AddASN1(casn1.Tag(6).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte("urn:me")) })
				})
			}
			b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, id := range q.ids {
					b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(id) })
				}
			})
			if q.nonce == nil && q.critical == nil {
				return
			}
			b.AddASN1(constructed(2), func(b *cryptobyte.Builder) {
				b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
					if q.nonce != nil {
						extension(b, oidOCSPNonce, false, q.nonce)
					}
					if q.twice {
						extension(b, oidOCSPNonce, false, q.nonce)
					}
					if q.critical != nil {
						extension(b, q.critical, true, []byte("x"))
					}
				})
			})
		})
	})
	der, err := b.Bytes()
	if err != nil {
		tb.Fatal(err)
	}
	return der
}

func (w *world) responder() *Responder {
	w.Helper()
	r, err := NewResponder(ctx, w.identity, w.keys, w.register, w.clock)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func TestRequestsOutsideOfTheRulesAreMalformed(t *testing.T) {
	w := newWorld(t)
	r := w.responder()
	ids := certIDs(t, w.identity.cert, crypto.SHA256, big.NewInt(7))
	many := func(n int) (all [][]byte) {
		for range n {
			all = append(all, ids[0])
		}
		return all
	}
	good := inquiry{ids: ids, version: -1}.der(t)
	for about, c := range map[string]struct {
		der []byte
		ok  bool
	}{
		"one certificate":        {good, true},
		"version 1, written out": {inquiry{ids: ids}.der(t), true},
		"who asks":               {inquiry{ids: ids, requestor: true}.der(t), true},
		"twenty certificates":    {inquiry{ids: many(20), version: -1}.der(t), true},
		"a nonce of 1":           {inquiry{ids: ids, nonce: []byte{1}}.der(t), true},
		"a nonce of 32":          {inquiry{ids: ids, nonce: make([]byte, 32)}.der(t), true},
		"a nonce of 128":         {inquiry{ids: ids, nonce: make([]byte, 128)}.der(t), true},
		"a nonce of 129":         {inquiry{ids: ids, nonce: make([]byte, 129)}.der(t), false},
		"an empty nonce":         {inquiry{ids: ids, nonce: []byte{}}.der(t), false},
		"two nonces":             {inquiry{ids: ids, nonce: []byte{1}, twice: true}.der(t), false},
		"version 2":              {inquiry{ids: ids, version: 1}.der(t), false},
		"a critical extension":   {inquiry{ids: ids, critical: []int{1, 2, 3}}.der(t), false},
		"no certificate":         {inquiry{version: -1}.der(t), false},
		"21 certificates":        {inquiry{ids: many(21)}.der(t), false},
		"trailing bytes":         {append(bytes.Clone(good), 0), false},
		"cut off":                {good[:len(good)-1], false},
		"too long":               {append(bytes.Clone(good), make([]byte, MaxOCSPRequest)...), false},
		"no DER":                 {[]byte("GET / HTTP/1.1"), false},
		"nothing":                {nil, false},
	} {
		t.Run(about, func(t *testing.T) {
			_, err := parseOCSP(c.der)
			answer, until := r.Respond(ctx, c.der)
			if (err == nil) != c.ok || bytes.Equal(answer, malformedRequest.der()) == c.ok {
				t.Errorf("accepted %v, want %v", err == nil, c.ok)
			}
			if !c.ok && !until.IsZero() {
				t.Error("a refusal may be kept")
			}
		})
	}
}

// ask sends a request for one certificate without a nonce and reads the answer as the
// library of Go's authors does, with the signature checked against the issuer.
func ask(tb testing.TB, r *Responder, issuer *x509.Certificate, h crypto.Hash, serial *big.Int) (*ocsp.Response, []byte, time.Time) {
	tb.Helper()
	der, until := r.Respond(ctx, inquiry{ids: certIDs(tb, issuer, h, serial), version: -1}.der(tb))
	answer, err := ocsp.ParseResponseForCert(der, &x509.Certificate{SerialNumber: serial}, issuer)
	if err != nil {
		tb.Fatal(err)
	}
	return answer, der, until
}

func TestARevocationIsInTheNextAnswer(t *testing.T) {
	w := newWorld(t)
	r := w.responder()
	issued, cert, _ := w.person()
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
		first, der, until := ask(t, r, w.identity.cert, h, cert.SerialNumber)
		if first.Status != ocsp.Good || !until.Equal(first.NextUpdate) {
			t.Errorf("%v: status %d until %s", h, first.Status, until)
		}
		if _, again, _ := ask(t, r, w.identity.cert, h, cert.SerialNumber); !bytes.Equal(der, again) {
			t.Errorf("%v: signed anew, though nothing has changed", h)
		}
		w.register.revoke(issued, w.clock.Now(), KeyCompromise)
		if now, _, _ := ask(t, r, w.identity.cert, h, cert.SerialNumber); now.Status != ocsp.Revoked || now.RevocationReason != ocsp.KeyCompromise {
			t.Errorf("%v: status %d after the revocation", h, now.Status)
		}
		delete(w.register.revoked[Identity.Nth(1)], issued.Serial)
	}
}

func TestANonceIsAnsweredOnce(t *testing.T) {
	w := newWorld(t)
	r := w.responder()
	_, cert, _ := w.person()
	ids := certIDs(t, w.identity.cert, crypto.SHA256, cert.SerialNumber)
	first, second := bytes.Repeat([]byte{0xa5}, 32), bytes.Repeat([]byte{0x5a}, 32)
	for _, nonce := range [][]byte{first, second, nil} {
		answer, until := r.Respond(ctx, inquiry{ids: ids, nonce: nonce, version: -1}.der(t))
		if until.IsZero() != (nonce != nil) {
			t.Errorf("nonce %x: may be kept until %s", nonce, until)
		}
		for _, n := range [][]byte{first, second} {
			if bytes.Contains(answer, n) != bytes.Equal(n, nonce) {
				t.Errorf("nonce %x is answered by another, or by none", nonce)
			}
		}
	}
}

func TestAnAnswerIsSignedAnewBeforeItEnds(t *testing.T) {
	w := newWorld(t)
	r := w.responder()
	_, cert, _ := w.person()
	_, first, _ := ask(t, r, w.identity.cert, crypto.SHA256, cert.SerialNumber)
	for _, step := range []struct {
		by   time.Duration
		same bool
	}{{OCSPValidity/2 - time.Second, true}, {time.Second, false}, {-24 * time.Hour, false}} {
		w.clock.Advance(step.by)
		answer, der, _ := ask(t, r, w.identity.cert, crypto.SHA256, cert.SerialNumber)
		if bytes.Equal(der, first) != step.same {
			t.Errorf("%s later: the same answer %v, want %v", step.by, !step.same, step.same)
		}
		if now := w.clock.Now(); answer.ThisUpdate.After(now) || answer.NextUpdate.Before(now) {
			t.Errorf("%s later: an answer of another time", step.by)
		}
		first = der
	}
}

func TestTheResponderRenewsItsCertificate(t *testing.T) {
	w := newWorld(t)
	r := w.responder()
	_, cert, _ := w.person()
	for range 4 {
		w.clock.Advance(responderLife * 3 / 4)
		answer, _, _ := ask(t, r, w.identity.cert, crypto.SHA256, cert.SerialNumber)
		if now := w.clock.Now(); answer.Certificate == nil || answer.Certificate.NotAfter.Before(now.Add(OCSPValidity)) || answer.Certificate.NotBefore.After(now) {
			t.Error("the certificate of the responder has ended, or ends before the answer")
		}
	}
}

func TestOnlyOurOwnCertificatesAreKnown(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	r := w.responder()
	issued, cert, _ := w.person()
	one := big.NewInt(1)
	huge := new(big.Int).Lsh(one, 140)
	for about, c := range map[string]struct {
		issuer *x509.Certificate
		serial *big.Int
	}{
		"a serial number that was not given": {w.identity.cert, one},
		"one of another CA with our name":    {other.identity.cert, cert.SerialNumber},
		"one of our server CA":               {w.server.cert, cert.SerialNumber},
		"one too long":                       {w.identity.cert, huge},
		"one below zero":                     {w.identity.cert, new(big.Int).Neg(issued.Serial.Int())},
	} {
		der, until := r.Respond(ctx, inquiry{ids: certIDs(t, c.issuer, crypto.SHA256, c.serial), version: -1}.der(t))
		answer, err := ocsp.ParseResponse(der, w.identity.cert)
		if err != nil || answer.Status != ocsp.Unknown || !until.IsZero() {
			t.Errorf("%s: %v, %v, until %s", about, answer, err, until)
		}
	}
	w.register.broken = errors.New("no disk")
	if der, _ := r.Respond(ctx, inquiry{ids: certIDs(t, w.identity.cert, crypto.SHA256, cert.SerialNumber)}.der(t)); !bytes.Equal(der, tryLater.der()) {
		t.Errorf("without a store: %x", der)
	}
}

func TestTheRootHasNoResponder(t *testing.T) {
	w := newWorld(t)
	if _, err := NewResponder(ctx, w.root, w.keys, w.register, w.clock); !errors.Is(err, errRole) {
		t.Error(err)
	}
}

func FuzzOCSPRequest(f *testing.F) {
	w := newWorld(f)
	r := w.responder()
	ids := certIDs(f, w.identity.cert, crypto.SHA1, big.NewInt(7), big.NewInt(8))
	for _, q := range []inquiry{{ids: ids[:1], version: -1}, {ids: ids, nonce: []byte("0123456789abcdef0123456789abcdef")}, {ids: ids, requestor: true, critical: []int{1, 2}}} {
		f.Add(q.der(f))
	}
	f.Add([]byte{0x30, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		req, err := parseOCSP(in)
		answer, _ := r.Respond(ctx, in)
		if err != nil {
			if !bytes.Equal(answer, malformedRequest.der()) {
				t.Errorf("an answer to what is no request: %x", answer)
			}
			return
		}
		if len(req.ids) < 1 || len(req.ids) > maxOCSPIDs || len(req.nonce) > maxOCSPNonce || len(in) > MaxOCSPRequest {
			t.Error("a request above the limits was read")
		}
		if len(req.ids) > 1 || req.ids[0].hash == 0 { // the library reads answers about one, named by a hash that it knows
			return
		}
		if _, err := ocsp.ParseResponse(answer, w.identity.cert); err != nil {
			t.Errorf("an answer that cannot be read: %v", err)
		}
	})
}
