package party

import (
	"crypto/cipher"
	"encoding/base32"
	"encoding/binary"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Reference is the name of a party towards one connected system. It is an
// encrypted handle: the first twelve bytes of the address hash and a counter, run
// through a block cipher under a key of that system. So it looks random, two
// systems cannot compare theirs, it carries no time or version, and it costs no
// row. What it says depends only on what the system itself has said (ADR 0006).
type Reference [16]byte

var refText = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// String returns the 26 characters that the API shows.
func (r Reference) String() string { return refText.EncodeToString(r[:]) }

// IsZero reports whether the reference is unset.
func (r Reference) IsZero() bool { return r == Reference{} }

// ParseReference reads what [Reference.String] wrote.
func ParseReference(field, s string) (Reference, error) {
	var r Reference
	b, err := refText.DecodeString(s)
	if err != nil || len(b) != len(r) {
		return r, habeas.Invalid(field, "This is not a party reference. Send one that find-or-create returned.").WithCode("reference.invalid")
	}
	copy(r[:], b)
	if r.String() != s {
		return Reference{}, habeas.Invalid(field, "This is not a party reference. Send one that find-or-create returned.").WithCode("reference.invalid")
	}
	return r, nil
}

// MakeReference encrypts the handle of a known-as row with the system's cipher.
func MakeReference(c cipher.Block, h keyring.LookupHash, n uint32) Reference {
	var r Reference
	copy(r[:12], h[:12])
	binary.BigEndian.PutUint32(r[12:], n)
	c.Encrypt(r[:], r[:])
	return r
}

// Handle decrypts a reference: the prefix of the address hash and the counter.
// Anything decrypts to something; whether a row answers to it decides.
func (r Reference) Handle(c cipher.Block) (prefix [12]byte, n uint32) {
	c.Decrypt(r[:], r[:])
	copy(prefix[:], r[:12])
	return prefix, binary.BigEndian.Uint32(r[12:])
}
