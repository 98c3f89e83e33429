package pki

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"sync"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/habeas-data/habeas"
)

const (
	// OCSPValidity is for how long others may rely on an answer that they have.
	OCSPValidity = time.Hour
	// maxAnswers bounds the memory of answers that are kept, at about 1 kB each.
	maxAnswers = 1 << 14
)

// State is what is known of a certificate.
type State uint8

// The states, as RFC 6960 (2.2) has them.
const (
	Unknown State = iota // the serial number was never given
	Good                 // not revoked; it may have expired
	Revoked
)

// Status is what is known of a certificate; At and Reason are of revoked ones.
type Status struct {
	State  State
	At     time.Time
	Reason Reason
}

// ocspError is an answer that says nothing of a certificate (OCSPResponseStatus).
type ocspError uint8

const (
	malformedRequest ocspError = 1
	internalError    ocspError = 2
	tryLater         ocspError = 3
)

// Responder answers OCSP requests about the certificates of one authority. A CA has a
// delegated key for this, so that the CA's own is used for certificates and lists only; the
// attribute authority, which cannot delegate because it is no CA, answers itself.
type Responder struct {
	authority *Authority
	key       *Key
	store     Store
	clock     habeas.Clock
	issuer    map[crypto.Hash][2][]byte // hashes of the authority's name and key

	mu      sync.Mutex
	cert    *x509.Certificate // of key
	keyID   []byte            // SHA-1 of it, by which answers name the responder
	answers map[[sha256.Size]byte]answer
}

// answer is one that was signed for a request without a nonce.
type answer struct {
	der    []byte
	signed time.Time
}

// NewResponder makes the responder of an authority; the root, which may be elsewhere, has
// none. Its certificate is made anew while it works.
func NewResponder(ctx context.Context, a *Authority, keys Keys, store Store, clock habeas.Clock) (*Responder, error) {
	r := &Responder{
		authority: a, store: store, clock: clock,
		issuer: map[crypto.Hash][2][]byte{}, answers: map[[sha256.Size]byte]answer{},
	}
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
		key, err := keyHash(a.cert, h)
		if err != nil {
			return nil, err
		}
		r.issuer[h] = [2][]byte{digest(h, a.cert.RawSubject), key}
	}
	switch a.kind {
	case Root:
		return nil, errRole
	case Attribute:
		r.key = a.key
	default:
		key, err := openKey(ctx, keys, a.Issuer().responderSecret(), p256, p256.generate)
		if err != nil {
			return nil, err
		}
		r.key = key
	}
	_, _, err := r.certificate(clock.Now())
	return r, err
}

// Certificate returns the certificate that goes with the answers of now.
func (r *Responder) Certificate() (*x509.Certificate, error) {
	cert, _, err := r.certificate(r.clock.Now())
	return cert, err
}

// certificate returns the one that goes with answers, a new one when half of its life is
// over (or has not begun, because the clock was set back).
func (r *Responder) certificate(now time.Time) (*x509.Certificate, []byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.cert; c != nil && (r.key == r.authority.key || !now.Before(c.NotBefore) && now.Before(c.NotAfter.Add(-responderLife/2))) {
		return c, r.keyID, nil
	}
	cert := r.authority.cert
	if r.key != r.authority.key {
		var err error
		if cert, err = r.authority.issueResponder(r.key.public, now); err != nil {
			return nil, nil, err
		}
	}
	id, err := keyHash(cert, crypto.SHA1)
	if err != nil {
		return nil, nil, err
	}
	r.cert, r.keyID = cert, id
	clear(r.answers) // they hold the old certificate
	return cert, id, nil
}

// Respond answers a request (DER, RFC 6960). There is always an answer, at times one that
// says that there is none. It may be kept by others until the moment that is returned, which
// is zero if it must not be kept. The state of a certificate is asked of the store each time.
func (r *Responder) Respond(ctx context.Context, request []byte) (response []byte, until time.Time) {
	return r.RespondWithin(ctx, request, func() bool { return true })
}

// RespondWithin is Respond that asks first before it signs what nobody but who asks has a use
// for: an answer with a nonce, of several certificates, or of one that nobody was given. If may
// says no, the answer is one without the nonce (RFC 9654, 2.1), or “try later”. Other answers
// are signed at most twice in OCSPValidity for each state of a certificate, whoever asks.
func (r *Responder) RespondWithin(ctx context.Context, request []byte, may func() bool) (response []byte, until time.Time) {
	req, err := parseOCSP(request)
	if err != nil {
		return malformedRequest.der(), time.Time{}
	}
	states := make([]Status, len(req.ids))
	unknown := false
	for i, id := range req.ids {
		if !id.foreign && r.isOurs(id) {
			if states[i], err = r.store.Status(ctx, r.authority.Issuer(), id.serial); err != nil {
				return tryLater.der(), time.Time{}
			}
		}
		unknown = unknown || states[i].State == Unknown
	}
	now := r.clock.Now().UTC().Truncate(time.Second)
	// Unknown certificates can be thought up, so answers about them are not kept.
	shared := len(req.ids) == 1 && !unknown
	if (req.nonce != nil || !shared) && !may() {
		if !shared {
			return tryLater.der(), time.Time{}
		}
		req.nonce = nil
	}
	keep := shared && req.nonce == nil
	var name [sha256.Size]byte
	if keep {
		name = answerName(req.ids[0], states[0])
		if kept, ok := r.kept(name, now); ok {
			return kept.der, kept.signed.Add(OCSPValidity)
		}
	}
	der, err := r.sign(req, states, now)
	if err != nil {
		return internalError.der(), time.Time{}
	}
	if !keep {
		return der, time.Time{}
	}
	r.keep(name, answer{der, now})
	return der, now.Add(OCSPValidity)
}

// isOurs reports whether the certificate that is asked about is of this authority.
func (r *Responder) isOurs(id certID) bool {
	issuer := r.issuer[id.hash]
	return bytes.Equal(id.name, issuer[0]) && bytes.Equal(id.key, issuer[1])
}

// answerName is what an answer is kept under. The state is part of it: after a revocation
// nobody gets the answer from before.
func answerName(id certID, s Status) [sha256.Size]byte {
	b := append(bytes.Clone(id.raw), byte(s.State), byte(s.Reason))
	return sha256.Sum256(s.At.UTC().AppendFormat(b, time.RFC3339Nano))
}

// kept finds an answer of which more than half of the time is left.
func (r *Responder) kept(name [sha256.Size]byte, now time.Time) (answer, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.answers[name]
	return a, ok && !now.Before(a.signed) && now.Sub(a.signed) < OCSPValidity/2
}

func (r *Responder) keep(name [sha256.Size]byte, a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.answers) >= maxAnswers {
		clear(r.answers) // they are soon there again
	}
	r.answers[name] = a
}

// sign makes a BasicOCSPResponse (RFC 6960, 4.2.1).
func (r *Responder) sign(req ocspRequest, states []Status, now time.Time) ([]byte, error) {
	cert, keyID, err := r.certificate(now)
	if err != nil {
		return nil, err
	}
	constructed := func(n uint8) casn1.Tag { return casn1.Tag(n).ContextSpecific().Constructed() }
	var b cryptobyte.Builder
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) { // ResponseData
		b.AddASN1(constructed(2), func(b *cryptobyte.Builder) { b.AddASN1OctetString(keyID) })
		b.AddASN1GeneralizedTime(now)
		b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for i, id := range req.ids {
				addSingle(b, id, states[i], now)
			}
		})
		if req.nonce != nil {
			b.AddASN1(constructed(1), func(b *cryptobyte.Builder) { addNonce(b, req.nonce) })
		}
	})
	data, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	sig, err := r.key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	return marshalOCSP(data, sig, cert.Raw)
}

var oidECDSAWithSHA256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}

// marshalOCSP puts a signed answer into its envelopes.
func marshalOCSP(data, sig, cert []byte) ([]byte, error) {
	explicit0 := casn1.Tag(0).ContextSpecific().Constructed()
	var b cryptobyte.Builder
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(0) // successful
		b.AddASN1(explicit0, func(b *cryptobyte.Builder) {
			b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidOCSPBasic)
				b.AddASN1(casn1.OCTET_STRING, func(b *cryptobyte.Builder) {
					b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddBytes(data)
						b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidECDSAWithSHA256) })
						b.AddASN1BitString(sig)
						b.AddASN1(explicit0, func(b *cryptobyte.Builder) {
							b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(cert) })
						})
					})
				})
			})
		})
	})
	return b.Bytes()
}

// addSingle adds what is known of one certificate (SingleResponse).
func addSingle(b *cryptobyte.Builder, id certID, s Status, now time.Time) {
	constructed := func(n uint8) casn1.Tag { return casn1.Tag(n).ContextSpecific().Constructed() }
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(id.raw)
		switch s.State {
		case Good:
			b.AddASN1(casn1.Tag(0).ContextSpecific(), func(*cryptobyte.Builder) {})
		case Revoked:
			b.AddASN1(constructed(1), func(b *cryptobyte.Builder) {
				b.AddASN1GeneralizedTime(s.At.UTC().Truncate(time.Second))
				if s.Reason != Unspecified {
					b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(s.Reason)) })
				}
			})
		default:
			b.AddASN1(casn1.Tag(2).ContextSpecific(), func(*cryptobyte.Builder) {})
		}
		b.AddASN1GeneralizedTime(now)
		b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(now.Add(OCSPValidity)) })
	})
}

// addNonce adds Extensions with the nonce of the request (RFC 9654, 2.1).
func addNonce(b *cryptobyte.Builder, nonce []byte) {
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidOCSPNonce)
			b.AddASN1(casn1.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(nonce) })
		})
	})
}

// der is an OCSPResponse without responseBytes.
func (e ocspError) der() []byte { return []byte{0x30, 0x03, 0x0a, 0x01, byte(e)} }
