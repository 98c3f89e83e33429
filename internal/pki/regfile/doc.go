// Package regfile makes and opens the registration file: one PKCS#12 file (RFC 7292) with
// a user's private key, the identity certificate and the chain up to the root, encrypted
// with a password that only the user has (FILE-01 to FILE-06).
//
// It is made where its user is, by the command line, the proxy or the page (regfile.js
// writes the same bytes), and the server sees a certificate request. Nothing here sends
// anything.
//
// # Form
//
//	certificates  PBES2: PBKDF2 with HMAC-SHA-256 and 600,000 iterations, AES-256-CBC
//	private key   the same, with another salt; PKCS#8 (RFC 5208)
//	integrity     HMAC-SHA-256, key by the method of PKCS#12 with 600,000 iterations
//	names         friendlyName is the username, localKeyID the SHA-256 of the certificate,
//	              on the key and on the user's own certificate
//
// The password is UTF-8 for PBKDF2 and UTF-16 with two zero bytes for integrity, as OpenSSL,
// NSS and Java have it, in the composed form of Unicode (NFC). Lengths are definite.
//
// # Opening
//
// All or nothing. A wrong password, a flipped byte and a file that is none are one error
// with one text, [ErrIntegrity], after the same work. Other errors, about methods too weak
// and contents that do not belong, come when integrity is proved, so that no damage looks
// like one of them; only a file whose integrity itself is protected in another way is told
// apart before. A file has at most 64 KiB, one key on P-256 and eight certificates, and asks
// for at most five million iterations in all.
//
// # What is left behind
//
// Passwords, keys derived from them and private keys lie in sealed memory (package sealed).
// Package crypto/ecdsa keeps a key on the heap while it makes or uses one; what can be
// reached of it is cleared.
package regfile
