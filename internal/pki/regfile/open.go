package regfile

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/sealed"
)

// Identity is what a registration file holds.
type Identity struct {
	Key     Key
	Chain   []*x509.Certificate // the user's own first, the root last; each signed by the next
	Subject dn.Subject
}

// Open opens a file and keeps its private key in the session. Its certificates belong
// together and to the key; whether they are valid now, and whether the root is one to trust,
// it does not say. Errors: [ErrIntegrity] for a wrong password and for damage, and, when
// integrity is proved, one about a weak method or other contents. With an error nothing is
// kept.
func Open(s *sealed.Session, file []byte, password sealed.Value) (*Identity, error) {
	return opener{Iterations}.open(s, file, password)
}

// opener is Open with another amount of work for what cannot be read, for tests.
type opener struct{ iterations int }

func (o opener) open(s *sealed.Session, file []byte, password sealed.Value) (id *Identity, err error) {
	e, damage := parse(file)
	switch {
	case errors.Is(damage, ErrIntegrity):
		e = envelope{salt: make([]byte, 16), mac: make([]byte, sha256.Size), iterations: o.iterations}
	case damage != nil:
		return nil, damage
	}
	err = work(password, func(r *room, h digest) (err error) {
		r.integrity(h, e.content, e.salt, e.iterations) //sealcheck:allow mutate the room is there to be written in
		same := subtle.ConstantTimeCompare(r.sum[:], e.mac) == 1
		if !same || damage != nil || !r.hasPassword() {
			return ErrIntegrity
		}
		c := contents{room: r, digest: h, left: MaxIterations - e.iterations}
		//sealcheck:allow retain what it returns is certificates and a key in the session
		id, err = c.identity(s, e.content) //sealcheck:allow mutate the room is there to be written in
		return err
	})
	if err != nil {
		return nil, err
	}
	return id, nil
}

// contents is a file whose integrity is proved, while it is read.
type contents struct {
	*room
	digest digest
	left   int // iterations
	key    cryptobyte.String
	certs  []*x509.Certificate
}

func (c *contents) identity(s *sealed.Session, content []byte) (id *Identity, err error) {
	if err := c.collect(content); err != nil {
		return nil, err
	}
	key, err := c.openKey(s)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.Forget(key.scalar.Value())
		}
	}()
	chain := sorted(c.certs, key)
	if len(chain) != len(c.certs) || !complete(chain) {
		return nil, errContent
	}
	who, err := dn.Parse(chain[0].RawSubject)
	if err != nil {
		return nil, err
	}
	return &Identity{key, chain, who}, nil
}

// collect finds the certificates and the encrypted key.
func (c *contents) collect(content []byte) error {
	all, ok := parts(content)
	if !ok {
		return errContent
	}
	for _, p := range all {
		data := p.data
		if p.algorithm != nil {
			plain, err := c.open(p.algorithm, p.data, make([]byte, len(p.data)))
			if err != nil {
				return err
			}
			data = plain
		}
		found, ok := bags(data)
		if !ok {
			return errContent
		}
		for _, b := range found {
			if err := c.add(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// add takes a bag: one key at most, and as many certificates as a file may have.
func (c *contents) add(b bag) error {
	if b.key {
		if c.key != nil {
			return errContent
		}
		c.key = b.value
		return nil
	}
	var one cryptobyte.String
	var raw []byte
	if !b.value.ReadASN1(&one, asn1.SEQUENCE) || !b.value.Empty() {
		return errContent
	}
	value, ok := explicit(&one, oidX509)
	if !ok || !one.Empty() || !value.ReadASN1Bytes(&raw, asn1.OCTET_STRING) || !value.Empty() || len(c.certs) == MaxCertificates {
		return errContent
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		return errContent
	}
	c.certs = append(c.certs, cert)
	return nil
}

// openKey decrypts the key in the room and moves it to the session.
func (c *contents) openKey(s *sealed.Session) (Key, error) {
	var info, algorithm cryptobyte.String
	var text []byte
	if !c.key.ReadASN1(&info, asn1.SEQUENCE) || !c.key.Empty() || !info.ReadASN1(&algorithm, asn1.SEQUENCE) ||
		!info.ReadASN1Bytes(&text, asn1.OCTET_STRING) || !info.Empty() || len(text) > len(c.plain) {
		return Key{}, errContent
	}
	plain, err := c.open(algorithm, text, c.plain[:len(text)])
	if err != nil {
		return Key{}, err
	}
	return keep(s, plain)
}

// open decrypts a text into dst, of the same length.
func (c *contents) open(algorithm cryptobyte.String, text, dst []byte) ([]byte, error) {
	p, err := parsePBES2(algorithm)
	if err != nil {
		return nil, err
	}
	if c.left -= p.iterations; c.left < 0 || len(text) == 0 || len(text)%aes.BlockSize != 0 {
		return nil, errContent
	}
	c.pbkdf2(c.digest, p.salt, p.iterations)
	c.decrypt(dst, text, p.iv)
	plain, ok := unpad(dst)
	if !ok {
		return nil, errContent
	}
	return plain, nil
}

// sorted puts the certificate of the key first and after each the one that has signed it,
// as far as there is one.
func sorted(certs []*x509.Certificate, key Key) (chain []*x509.Certificate) {
	rest := append([]*x509.Certificate(nil), certs...)
	next := func(fits func(*x509.Certificate) bool) bool {
		for i, c := range rest {
			if fits(c) {
				chain = append(chain, c)
				rest = append(rest[:i], rest[i+1:]...)
				return true
			}
		}
		return false
	}
	more := next(func(c *x509.Certificate) bool { return key.public.Equal(c.PublicKey) })
	for more {
		last := chain[len(chain)-1]
		more = next(func(c *x509.Certificate) bool {
			return bytes.Equal(last.RawIssuer, c.RawSubject) && last.CheckSignatureFrom(c) == nil
		})
	}
	return chain
}

// Review is what a user is shown of the data in a file (FILE-05). It is all in the file:
// nothing is asked of anybody.
type Review struct {
	Subject             dn.Subject
	Serial              string   // of the certificate, in hexadecimal
	Issuers             []string // who signed it, and so on up to the root
	NotBefore, NotAfter time.Time
	Fingerprint, Root   [sha256.Size]byte // SHA-256 of the certificate and of the root's
}

// ReviewFile opens a file for its user to look at, and keeps nothing of it. Errors are those
// of [Open].
func ReviewFile(file []byte, password sealed.Value) (Review, error) {
	s := sealed.Open(context.Background())
	defer s.Close()
	id, err := Open(s, file, password)
	if err != nil {
		return Review{}, err
	}
	return id.Review(), nil
}

// Review tells what there is to see.
func (id *Identity) Review() Review {
	own := id.Chain[0]
	v := Review{
		Subject: id.Subject, Serial: fmt.Sprintf("%x", own.SerialNumber),
		NotBefore: own.NotBefore, NotAfter: own.NotAfter,
		Fingerprint: sha256.Sum256(own.Raw), Root: sha256.Sum256(id.Chain[len(id.Chain)-1].Raw),
	}
	for _, c := range id.Chain[1:] {
		name := c.Subject.CommonName
		if name == "" {
			name = c.Subject.String()
		}
		v.Issuers = append(v.Issuers, name)
	}
	return v
}
