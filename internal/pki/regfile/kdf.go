package regfile

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"encoding"
	"encoding/binary"
	"hash"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/habeas-data/habeas/sealed"
)

const (
	// MaxPassword is the most bytes that a password may have, in UTF-8.
	MaxPassword = 256
	keyLen      = 32  // AES-256, HMAC-SHA-256
	stateLen    = 108 // of SHA-256, as its binary form has it
	maxPlainKey = 1024
)

// room is where secrets lie while a file is made or opened: in sealed memory, for one file.
type room struct {
	utf8   [3 * MaxPassword]byte // composing makes a text three times as long at most
	utf16  [2*3*MaxPassword + 2]byte
	n8     int64 // bytes used of the two
	n16    int64
	pad    [sha256.BlockSize]byte
	inner  [stateLen]byte // HMAC after the first block of each pass
	outer  [stateLen]byte
	key    [keyLen]byte
	sum    [sha256.Size]byte
	link   [sha256.Size]byte // of the chain of PBKDF2
	scalar [scalarLen]byte
	plain  [maxPlainKey]byte
}

// digest is SHA-256 whose state can be put back, which HMAC asks for at each iteration.
type digest interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// work calls f with a room that has the password in it, and a hash. The error of f comes
// out as it is: it must hold nothing of a secret.
func work(password sealed.Value, f func(r *room, h digest) error) error {
	s := sealed.Open(context.Background())
	defer s.Close()
	place, err := sealed.SealOf(s, "room for a registration file", new(room))
	if err != nil {
		return err
	}
	h := sha256.New().(digest)
	defer sealed.Wipe(h)
	var said error
	err = place.Use(func(r *room) error {
		// A password that is gone is an empty one: it fits nothing, after the same work.
		_ = password.Use(func(plain []byte) error { r.take(plain); return nil })
		said = f(r, h)
		return nil
	})
	if err != nil {
		return err
	}
	return said
}

// take puts a password into the room in its two forms. One that nobody can have chosen
// leaves none there.
func (r *room) take(plain []byte) {
	if len(plain) > MaxPassword || !utf8.Valid(plain) {
		return
	}
	text := norm.NFC.Append(r.utf8[:0], plain...)
	r.n8 = int64(len(text))
	for b := text; len(b) > 0; {
		c, n := utf8.DecodeRune(b)
		b = b[n:]
		if unicode.IsControl(c) {
			r.n8, r.n16 = 0, 0
			return
		}
		var units [2]uint16
		for _, u := range utf16.AppendRune(units[:0], c) {
			binary.BigEndian.PutUint16(r.utf16[r.n16:], u)
			r.n16 += 2
		}
	}
	r.n16 += 2 // the end of a BMPString is part of it (RFC 7292, B.1)
}

// hasPassword reports whether there is one.
func (r *room) hasPassword() bool { return r.n8 > 0 }

// begin makes the two states of HMAC-SHA-256 (RFC 2104) for a key. Package crypto/hmac
// would leave them on the heap.
func (r *room) begin(h digest, key []byte) {
	clear(r.pad[:])
	if len(key) > len(r.pad) {
		h.Reset()
		h.Write(key)
		h.Sum(r.pad[:0])
	} else {
		copy(r.pad[:], key)
	}
	r.state(h, r.inner[:0], 0x36)
	r.state(h, r.outer[:0], 0x36^0x5c)
}

func (r *room) state(h digest, into []byte, fill byte) {
	for i := range r.pad {
		r.pad[i] ^= fill
	}
	h.Reset()
	h.Write(r.pad[:])
	_, _ = h.AppendBinary(into) // SHA-256 has no errors
}

// mac leaves the HMAC of the parts in dst, which may be one of them.
func (r *room) mac(h digest, dst *[sha256.Size]byte, parts ...[]byte) {
	_ = h.UnmarshalBinary(r.inner[:]) // its own form
	for _, p := range parts {
		h.Write(p)
	}
	h.Sum(dst[:0])
	_ = h.UnmarshalBinary(r.outer[:])
	h.Write(dst[:])
	h.Sum(dst[:0])
}

// pbkdf2 leaves in r.key the key of PBES2: PBKDF2 with HMAC-SHA-256 (RFC 8018, 5.2), of
// which 32 bytes are the first block.
func (r *room) pbkdf2(h digest, salt []byte, iterations int) {
	r.begin(h, r.utf8[:r.n8])
	r.mac(h, &r.link, salt, []byte{0, 0, 0, 1})
	r.key = r.link
	for range iterations - 1 {
		r.mac(h, &r.link, r.link[:])
		subtle.XORBytes(r.key[:], r.key[:], r.link[:])
	}
}

// pkcs12 leaves in r.key the key for integrity: the method of RFC 7292, B.2, with SHA-256
// and ID 3. Its 32 bytes are one hash long, so the steps that make more are not needed.
func (r *room) pkcs12(h digest, salt []byte, iterations int) {
	const id = 3
	for i := range r.pad {
		r.pad[i] = id
	}
	h.Reset()
	h.Write(r.pad[:])
	repeat(h, salt)
	repeat(h, r.utf16[:r.n16])
	h.Sum(r.key[:0])
	for range iterations - 1 {
		r.key = sha256.Sum256(r.key[:])
	}
}

// repeat writes b again and again up to whole blocks, and nothing when it is empty.
func repeat(h digest, b []byte) {
	blocks := (len(b) + sha256.BlockSize - 1) / sha256.BlockSize
	for left := blocks * sha256.BlockSize; left > 0; {
		n := min(left, len(b))
		h.Write(b[:n])
		left -= n
	}
}

// integrity leaves in r.sum the HMAC of the content under the key for integrity.
func (r *room) integrity(h digest, content, salt []byte, iterations int) {
	r.pkcs12(h, salt, iterations)
	r.begin(h, r.key[:])
	r.mac(h, &r.sum, content)
}

// encrypt is AES-256-CBC of whole blocks under r.key. dst may be src.
func (r *room) encrypt(dst, src, iv []byte) { r.cbc(dst, src, iv, cipher.NewCBCEncrypter) }

// decrypt is its inverse.
func (r *room) decrypt(dst, src, iv []byte) { r.cbc(dst, src, iv, cipher.NewCBCDecrypter) }

func (r *room) cbc(dst, src, iv []byte, mode func(cipher.Block, []byte) cipher.BlockMode) {
	block, err := aes.NewCipher(r.key[:])
	if err != nil {
		panic("regfile: " + err.Error()) // the key has 32 bytes
	}
	defer sealed.Wipe(block)
	m := mode(block, iv)
	defer sealed.Wipe(m)
	m.CryptBlocks(dst, src)
}

// pad adds 1 to 16 bytes that say how many they are (RFC 8018, 6.1.1), within the capacity
// of b where there is room.
func pad(b []byte) []byte {
	n := aes.BlockSize - len(b)%aes.BlockSize
	for range n {
		b = append(b, byte(n))
	}
	return b
}

// unpad takes them away.
func unpad(b []byte) ([]byte, bool) {
	if len(b) == 0 {
		return nil, false
	}
	n := int(b[len(b)-1])
	if n == 0 || n > aes.BlockSize || n > len(b) {
		return nil, false
	}
	for _, c := range b[len(b)-n:] {
		if int(c) != n {
			return nil, false
		}
	}
	return b[:len(b)-n], true
}
