package servertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/url"

	"github.com/fxamacker/cbor/v2"
)

// Authenticator answers WebAuthn ceremonies as a device does: ES256, no attestation,
// user verified.
type Authenticator struct {
	origin  string
	rp      string
	key     *ecdsa.PrivateKey
	ID      []byte // of the credential
	user    []byte
	counter uint32
}

// NewAuthenticator returns a device that answers for an origin, whose host is the RP id.
func NewAuthenticator(origin string) *Authenticator {
	a := &Authenticator{origin: origin, ID: make([]byte, 32)}
	if u, err := url.Parse(origin); err == nil {
		a.rp = u.Hostname()
	}
	rand.Read(a.ID)
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // never fails
	return a
}

// Point is the public key: x and y.
func (a *Authenticator) Point() []byte {
	p, _ := a.key.PublicKey.Bytes() // 0x04, x, y
	return p[1:]
}

// Create answers creation options.
func (a *Authenticator) Create(challenge string, user []byte) map[string]any {
	a.user = user
	p := a.Point()
	cose, _ := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: p[:32], -3: p[32:]})
	data := append(a.data(0x45), make([]byte, 16)...) // present, verified, with a key; no AAGUID
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.ID)))
	data = append(append(data, a.ID...), cose...)
	object, _ := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	return a.answer(map[string]any{
		"clientDataJSON": b64(a.clientData("webauthn.create", challenge)), "attestationObject": b64(object),
	})
}

// Get answers request options.
func (a *Authenticator) Get(challenge string) map[string]any {
	a.counter++
	client, data := a.clientData("webauthn.get", challenge), a.data(0x05)
	sum := sha256.Sum256(client)
	digest := sha256.Sum256(append(data, sum[:]...))
	signature, _ := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	return a.answer(map[string]any{
		"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(a.user),
	})
}

func (a *Authenticator) answer(response map[string]any) map[string]any {
	return map[string]any{
		"id": b64(a.ID), "rawId": b64(a.ID), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{},
	}
}

func (a *Authenticator) clientData(kind, challenge string) []byte {
	text, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	return text
}

func (a *Authenticator) data(flags byte) []byte {
	rp := sha256.Sum256([]byte(a.rp))
	return binary.BigEndian.AppendUint32(append(rp[:], flags), a.counter)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
