package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"unsafe"
)

// Encrypted inputs (SEAL-A8), RFC 9180 in base mode with one suite: DHKEM(X25519,
// HKDF-SHA256), HKDF-SHA256, AES-256-GCM; one message to a context. crypto/hpke would do it
// but returns the plaintext on the Go heap, so the receiving side is here, with every secret
// in between in the arena. On the sending side crypto/hpke serves.

// ErrDecrypt says that an encrypted input does not belong to the session's key, its info
// or its associated data, or was changed.
var ErrDecrypt = Public(errors.New("sealed: the encrypted input does not open with the session's key"))

// The identifiers of RFC 9180, section 7.
var (
	kemSuite  = []byte{'K', 'E', 'M', 0x00, 0x20}
	hpkeSuite = []byte{'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x02}
)

const gcmTag = 16

// inputKey is the key pair of a session.
type inputKey struct {
	private Of[[32]byte]
	public  *ecdh.PublicKey
}

// PublicKey is the session's X25519 key, 32 bytes, for a sender that encrypts inputs by
// HPKE: crypto/hpke with DHKEM(ecdh.X25519()), HKDFSHA256 and AES256GCM. The pair is made on
// the first call; its private half lives and ends with the session. Errors: ErrClosed,
// ErrFull.
func (s *Session) PublicKey() ([]byte, error) {
	k, err := s.inputKey()
	if err != nil {
		return nil, err
	}
	return k.public.Bytes(), nil
}

func (s *Session) inputKey() (*inputKey, error) {
	s.keyOnce.Lock() // not s.mu, which sealing takes
	defer s.keyOnce.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	e, err := s.reserve("session key", 32)
	if err != nil {
		return nil, err
	}
	_, _ = rand.Read(e.slot.plain()) // never fails
	v, err := s.keep(e)
	if err != nil {
		return nil, err
	}
	k := &inputKey{private: Of[[32]byte]{guard: v.guard}}
	err = k.private.Use(func(private *[32]byte) error {
		pair, err := ecdh.X25519().NewPrivateKey(private[:])
		if err != nil {
			return err
		}
		defer Wipe(pair)
		k.public, err = ecdh.X25519().NewPublicKey(pair.PublicKey().Bytes())
		return err
	})
	if err != nil {
		return nil, err
	}
	s.key = k
	return k, nil
}

// OpenHPKE decrypts an input that was encrypted to the session's public key straight into
// the arena and gives it a label. The sender's info and aad must match; enc is the 32 byte
// encapsulated key and ciphertext ends with the tag. The inputs are not changed. Errors:
// ErrDecrypt, ErrTooLong, and those of PublicKey.
//
// The private key, the shared secret and the keys made of it are in the arena; copies that
// the standard library puts on the heap (of the private key, the expanded AES key and
// blocks of hashes) are wiped before OpenHPKE returns. What it leaves in registers, and
// further down the stack than Use erases, is erased with GOEXPERIMENT=runtimesecret only.
func (s *Session) OpenHPKE(label string, info, aad, enc, ciphertext []byte) (Value, error) {
	k, err := s.inputKey()
	if err != nil {
		return Value{}, err
	}
	n := len(ciphertext) - gcmTag
	if n < 0 {
		return Value{}, ErrDecrypt
	}
	if n > MaxLen {
		return Value{}, ErrTooLong
	}
	sender, err := ecdh.X25519().NewPublicKey(enc)
	if err != nil {
		return Value{}, ErrDecrypt
	}
	e, err := s.reserve(label, n)
	if err != nil {
		return Value{}, err
	}
	scratch, err := memory.alloc(int(unsafe.Sizeof(schedule{})))
	if err != nil {
		memory.free(e.slot)
		return Value{}, err
	}
	defer memory.free(scratch)
	err = k.private.Use(func(private *[32]byte) error {
		sc := (*schedule)(unsafe.Pointer(unsafe.SliceData(scratch.plain())))
		if err := sc.agree(private, k.public, sender); err != nil {
			return ErrDecrypt
		}
		if err := sc.derive(info); err != nil {
			return err
		}
		return sc.open(e.slot.plain(), aad, ciphertext)
	})
	if err != nil {
		memory.free(e.slot)
		return Value{}, err
	}
	return s.keep(e)
}

// schedule holds every secret of one opening.
type schedule struct {
	shared [32]byte // of the KEM
	secret [32]byte // of the key schedule; before, the KEM's pseudorandom key
	key    [32]byte
	nonce  [32]byte // 12 bytes of it
	hash   [32]byte
	block  [64 + 192]byte // a padded key and a message
}

// agree is Decap of RFC 9180, section 4.1.
func (sc *schedule) agree(private *[32]byte, public, sender *ecdh.PublicKey) error {
	pair, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		return err
	}
	defer Wipe(pair)
	dh, err := pair.ECDH(sender)
	if err != nil {
		return err
	}
	defer clear(dh)
	sc.extract(&sc.secret, nil, kemSuite, "eae_prk", dh)
	sc.expand(&sc.shared, &sc.secret, 32, kemSuite, "shared_secret", sender.Bytes(), public.Bytes())
	return nil
}

// derive is KeySchedule of RFC 9180, section 5.1, for mode_base. What depends on info alone
// is no secret.
func (sc *schedule) derive(info []byte) error {
	labeled := func(label string, ikm []byte) ([]byte, error) {
		msg := append([]byte("HPKE-v1"), hpkeSuite...)
		msg = append(append(msg, label...), ikm...)
		return hkdf.Extract(sha256.New, msg, nil)
	}
	psk, err := labeled("psk_id_hash", nil)
	if err != nil {
		return err
	}
	about, err := labeled("info_hash", info)
	if err != nil {
		return err
	}
	sc.extract(&sc.secret, sc.shared[:], hpkeSuite, "secret", nil)
	sc.expand(&sc.key, &sc.secret, 32, hpkeSuite, "key", []byte{0}, psk, about)
	sc.expand(&sc.nonce, &sc.secret, 12, hpkeSuite, "base_nonce", []byte{0}, psk, about)
	return nil
}

func (sc *schedule) open(dst, aad, ciphertext []byte) error {
	block, err := aes.NewCipher(sc.key[:])
	if err != nil {
		return err
	}
	defer Wipe(block)
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	defer Wipe(aead)
	if _, err = aead.Open(dst[:0:len(dst)], sc.nonce[:12], ciphertext, aad); err != nil {
		return ErrDecrypt
	}
	return nil
}

// extract is LabeledExtract of RFC 9180, section 4.
func (sc *schedule) extract(out *[32]byte, salt, suite []byte, label string, ikm []byte) {
	msg := append(sc.block[:64], "HPKE-v1"...)
	msg = append(append(append(msg, suite...), label...), ikm...)
	sc.hmac(out, salt, len(msg)-64)
}

// expand is LabeledExpand of RFC 9180, section 4, for at most 32 bytes of output: one block
// of HKDF-Expand.
func (sc *schedule) expand(out, prk *[32]byte, n uint16, suite []byte, label string, context ...[]byte) {
	msg := binary.BigEndian.AppendUint16(sc.block[:64], n)
	msg = append(append(append(msg, "HPKE-v1"...), suite...), label...)
	for _, c := range context {
		msg = append(msg, c...)
	}
	msg = append(msg, 1)
	sc.hmac(out, prk[:], len(msg)-64)
}

// hmac is HMAC-SHA-256 of the n bytes at block[64:] under a key of at most 64 bytes.
// crypto/hmac keeps both padded keys on the heap.
func (sc *schedule) hmac(out *[32]byte, key []byte, n int) {
	pad := func(with byte) {
		clear(sc.block[:64])
		copy(sc.block[:], key)
		for i := range sc.block[:64] {
			sc.block[i] ^= with
		}
	}
	pad(0x36)
	sum(&sc.hash, sc.block[:64+n])
	pad(0x5c)
	copy(sc.block[64:], sc.hash[:])
	sum(out, sc.block[:64+32])
}

// sum is SHA-256 without the last block of the message left on the heap.
func sum(out *[32]byte, msg []byte) {
	h := sha256.New()
	h.Write(msg)
	h.Sum(out[:0])
	Wipe(h)
}
