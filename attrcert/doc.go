// Package attrcert makes, reads and verifies X.509 attribute certificates as profiled by
// RFC 5755. A certificate of a public key says who somebody is; an attribute certificate
// says what they may do: it binds a role, a group or another attribute to a holder's
// certificate for some time, and an attribute authority signs it.
//
//	der, err := attrcert.Create(&attrcert.AttributeCertificate{
//		SerialNumber: serial,
//		Roles:        []attrcert.Role{{Name: attrcert.URIName("urn:example:role:editor")}},
//		NoRevAvail:   true,
//	}, holder, authority, key)
//	...
//	ac, err := attrcert.Parse(der)
//	err = ac.Verify(attrcert.VerifyOptions{
//		HolderChain: connection.VerifiedChains[0], // of a TLS handshake
//		Issuers:     []*x509.Certificate{authority},
//		Roots:       roots,
//	})
//
// # Whose it is
//
// Certificates that this package makes, and all that it verifies, name their holder by
// issuer and serial number of the holder's certificate (baseCertificateID). Somebody who
// registers again has the same distinguished name and another serial number, and the
// attributes of the one certificate do not work with the other. A distinguished name may
// stand beside it ([Holder].EntityName) to be shown to people. RFC 5755 recommends one way
// of naming the holder; where there are several, all of them must fit here, as ITU-T X.509
// has it: the issuer and serial number decide, and the rest is a hint.
//
// Names are compared by their DER octets, never by how they look.
//
// # What is strict
//
// [Parse] accepts DER and nothing else: no indefinite or overlong lengths, no octets after
// the end, sets in order, no default values written out. An input has at most [MaxSize]
// octets and is nested at most 32 deep. What RFC 5755 forbids is refused: serial numbers
// that are not positive or longer than 20 octets, UTCTime, attribute types and extensions
// that come twice, no attribute at all, extensions whose criticality is wrong. [Create]
// reads what it has built by the same rules before it signs.
//
// Errors name the field and what was expected there, and never hold what was found.
// They are a [*FieldError] from Parse and Create, and a [*VerifyError] from verification,
// whose [Rule] says which rule of section 5 was broken.
//
// # Revocation
//
// A certificate says NoRevAvail, which suits a short life, or its issuer keeps a CRL.
// [AttributeCertificate.CheckCRL] looks it up on one, and [CheckCRLs] makes of CRLs the
// check that [VerifyOptions] asks for. Nothing is ever fetched: the addresses in a
// certificate are only read.
//
// # Limits
//
//   - Signatures: ECDSA and RSA (PKCS #1 v1.5 and PSS) with SHA-256, SHA-384 or SHA-512,
//     and Ed25519.
//   - Roles, groups, charging and access identities are read; clearance, authenticationInfo
//     and other attributes are kept as DER. Attributes are not decrypted.
//   - Unique identifiers (issuerUniqueID, issuerUID) are refused: RFC 5280 forbids them in
//     the certificates that they would have to match. Neither are proxying, targetCert and
//     chains of attribute authorities supported, which the profile leaves out or advises
//     against.
//   - Whoever has an ECDSA signature can write it in a second way that verifies as well.
//     A certificate is known by issuer and serial number, never by a hash of its octets.
//   - The numbers of an object identifier are below 2^31, as in encoding/asn1.
//
// All functions may be called concurrently. What Parse returns is not changed by any of
// them, and holds no reference to its input.
package attrcert
