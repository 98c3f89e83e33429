// Package pki is the certificate authority of a server: it issues, revokes and checks the
// X.509 certificates by which people, servers and roles are known (RFC 5280).
//
//	root CA (P-384, 20 years, may be kept on another machine)
//	├── identity CA ── identity certificates of people, three years
//	├── server CA ──── certificates of TLS servers, one year
//	└── attribute authority: signs attribute certificates (RFC 5755); no CA
//
// The three below the root have P-256 keys and ten years. The identity CA and the server CA
// have a delegated OCSP responder each.
//
// Each is a row of generations ([Issuer]): the next one, with a key and a name of its own, follows
// before the one before it can no longer issue for the whole time. The older signs its lists and
// answers on until all that it has issued has ended; then [Retire] destroys its keys. The root keeps
// its key and gets further certificates for it ([MakeRoot]).
//
// # Keys
//
// A private key is made inside the key store ([Keys], which is internal/keyring's Ring) and
// stays in sealed memory: a [Key] opens it for one signature and leaves nothing of it on the
// heap. An authority's certificate is kept beside its key, so every node that can open the
// keys has both, and a backup of the keys holds both.
//
// The root may live in the key store of another machine, one without a network. Then a
// subordinate is made in two steps with files: [Request] here, [Authority.SignSubordinate]
// there, [Install] here.
//
// # Revocation
//
// This server asks [Revocations] at each request, so a revocation is effective at once, on
// live and resumed connections too. Others learn of it from the OCSP responder within
// [OCSPValidity], and from the CRL within [CRLValidity].
//
// # What is personal
//
// A certificate of a person holds their distinguished name. Serial numbers are random and
// say nothing; status, CRL and OCSP deal in serial numbers only. Errors never hold a value
// of a certificate or of a request.
//
// All types are safe for concurrent use.
package pki
