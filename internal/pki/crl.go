package pki

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"strconv"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/habeas-data/habeas"
)

const (
	// CRLValidity is for how long others may rely on a CRL that they have. A shard is made
	// anew when one of its certificates is revoked, and every half of this time.
	CRLValidity = 24 * time.Hour
	// rootCRLValidity is longer: somebody has to go to the machine that holds the root.
	rootCRLValidity = 180 * 24 * time.Hour
	// KeptAfterExpiry is how long an entry stays after its certificate has expired: longer
	// than any CRL is valid, so it is on at least one that was made after the expiry
	// (RFC 5280, 3.3).
	KeptAfterExpiry = rootCRLValidity + 7*24*time.Hour
	// shards is a power of two. With a million certificates and one in fifty revoked, a
	// shard has some 300 entries.
	shards = 64
)

// Shards is the number of parts that the authority's CRL is in. It never changes, for each
// certificate holds the address of the part it is in.
func (k Kind) Shards() int {
	if k == Root {
		return 1
	}
	return shards
}

// Shard is the part of the CRL that a certificate is in. It depends on nothing but the
// serial number, which is random.
func (k Kind) Shard(s Serial) int { return int(s[len(s)-1]) % k.Shards() }

// Reason is why a certificate was revoked (CRLReason, RFC 5280, 5.3.1).
type Reason int

// The reasons. Others of the RFC suspend certificates or are about lists of parts of them,
// which there is neither of here.
const (
	Unspecified          Reason = 0
	KeyCompromise        Reason = 1
	CACompromise         Reason = 2
	AffiliationChanged   Reason = 3
	Superseded           Reason = 4
	CessationOfOperation Reason = 5
	PrivilegeWithdrawn   Reason = 9
	AACompromise         Reason = 10
)

// Valid reports whether it is one of the reasons above.
func (r Reason) Valid() bool {
	return r >= Unspecified && r <= CessationOfOperation || r == PrivilegeWithdrawn || r == AACompromise
}

// String is the reason's name in RFC 5280.
func (r Reason) String() string {
	switch r {
	case Unspecified:
		return "unspecified"
	case KeyCompromise:
		return "keyCompromise"
	case CACompromise:
		return "cACompromise"
	case AffiliationChanged:
		return "affiliationChanged"
	case Superseded:
		return "superseded"
	case CessationOfOperation:
		return "cessationOfOperation"
	case PrivilegeWithdrawn:
		return "privilegeWithdrawn"
	case AACompromise:
		return "aACompromise"
	}
	return "reason " + strconv.Itoa(int(r))
}

// Revocation is the entry of one revoked certificate.
type Revocation struct {
	Serial   Serial
	At       time.Time
	Reason   Reason
	NotAfter time.Time // when the certificate would have expired
}

// CRL is one signed part of an authority's list.
type CRL struct {
	Issuer                 Issuer
	Shard                  int
	Number                 int64
	ThisUpdate, NextUpdate time.Time
	// Counted is how many certificates of the shard stood as revoked when it was made. A list is
	// out of date when there are more, or fewer, now: that asks no clock.
	Counted int64
	DER     []byte
}

// Store holds what an authority publishes. Who issues and revokes writes the certificates
// themselves, with an audit entry; here they are only read.
type Store interface {
	// Status tells what is known of a certificate; a serial number that this issuer never gave
	// is Unknown and no error.
	Status(ctx context.Context, issuer Issuer, serial Serial) (Status, error)
	// Revoked lists the revocations of a shard whose certificates expire after a moment.
	Revoked(ctx context.Context, issuer Issuer, shard int, expireAfter time.Time) ([]Revocation, error)
	// CountRevoked is how many certificates of a shard stand as revoked.
	CountRevoked(ctx context.Context, issuer Issuer, shard int) (int64, error)
	// LatestCRL returns the newest list of a shard, the zero value if there is none.
	LatestCRL(ctx context.Context, issuer Issuer, shard int) (CRL, error)
	// SaveCRL keeps a list instead of the one before it. It is a Conflict if there is one
	// with this number, or a higher one, already.
	SaveCRL(ctx context.Context, list CRL) error
}

// Publish signs a shard of the authority's CRL anew and keeps it. Its number is one higher
// than the last one's; its date never lies before the last one's, though the clock may have
// been set back. After a Conflict, because another node has just done so, trying again helps.
func (a *Authority) Publish(ctx context.Context, store Store, shard int, now time.Time) (CRL, error) {
	last, err := store.LatestCRL(ctx, a.Issuer(), shard)
	if err != nil {
		return CRL{}, err
	}
	if now.Before(last.ThisUpdate) {
		now = last.ThisUpdate
	}
	// Counted first: what is revoked between the two is on the list, which is then made once more.
	counted, err := store.CountRevoked(ctx, a.Issuer(), shard)
	if err != nil {
		return CRL{}, err
	}
	revoked, err := store.Revoked(ctx, a.Issuer(), shard, now.Add(-KeptAfterExpiry))
	if err != nil {
		return CRL{}, err
	}
	list, err := a.SignCRL(shard, last.Number+1, revoked, now)
	if err != nil {
		return CRL{}, err
	}
	list.Counted = counted
	return list, store.SaveCRL(ctx, list)
}

// Due reports whether a list has to be made anew, though nothing was revoked.
func (l CRL) Due(now time.Time) bool {
	return now.Sub(l.ThisUpdate) >= l.NextUpdate.Sub(l.ThisUpdate)/2
}

// SignCRL signs the list of a shard (RFC 5280, 5). Entries of other shards and those whose
// certificates have long expired are left out. The attribute authority's lists are of
// attribute certificates only, and say so.
func (a *Authority) SignCRL(shard int, number int64, revoked []Revocation, now time.Time) (CRL, error) {
	if shard < 0 || shard >= a.kind.Shards() || number < 1 {
		return CRL{}, habeas.Invalid("shard", "Expected a part of this authority's list, and a number of at least 1.")
	}
	now = now.UTC().Truncate(time.Second)
	entries := make([]x509.RevocationListEntry, 0, len(revoked))
	for _, r := range revoked {
		if a.kind.Shard(r.Serial) != shard || r.NotAfter.Before(now.Add(-KeptAfterExpiry)) {
			continue
		}
		if !r.Reason.Valid() {
			return CRL{}, habeas.Invalid("reason", "Expected a reason for which certificates are revoked here.")
		}
		entries = append(entries, x509.RevocationListEntry{
			SerialNumber: r.Serial.Int(), RevocationTime: r.At.UTC().Truncate(time.Second), ReasonCode: int(r.Reason),
		})
	}
	// In an order that tells nothing of when certificates were issued or who comes after whom.
	slices.SortFunc(entries, func(x, y x509.RevocationListEntry) int { return x.SerialNumber.Cmp(y.SerialNumber) })
	var scope []pkix.Extension
	validity := rootCRLValidity
	if a.kind != Root { // whose list is whole: OpenSSL checks the root itself against it too
		validity = CRLValidity
		idp, err := a.distributionPoint(shard)
		if err != nil {
			return CRL{}, err
		}
		scope = append(scope, idp)
	}
	list := CRL{Issuer: a.Issuer(), Shard: shard, Number: number, ThisUpdate: now, NextUpdate: now.Add(validity)}
	var err error
	list.DER, err = x509.CreateRevocationList(nil, &x509.RevocationList{
		SignatureAlgorithm: a.key.algorithm(), RevokedCertificateEntries: entries,
		Number: big.NewInt(number), ThisUpdate: list.ThisUpdate, NextUpdate: list.NextUpdate,
		ExtraExtensions: scope,
	}, a.cert, a.key)
	return list, err
}

var oidIssuingDistributionPoint = asn1.ObjectIdentifier{2, 5, 29, 28}

// distributionPoint says which part of the list this is (RFC 5280, 5.2.5), by the same
// address as the certificates: a list of another part proves nothing about them.
func (a *Authority) distributionPoint(shard int) (pkix.Extension, error) {
	var b cryptobyte.Builder
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		constructed := func(n uint8) casn1.Tag { return casn1.Tag(n).ContextSpecific().Constructed() }
		b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { // distributionPoint
			b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { // fullName
				b.AddASN1(casn1.Tag(6).ContextSpecific(), func(b *cryptobyte.Builder) { // uniformResourceIdentifier
					b.AddBytes([]byte(a.org.CRLURL(a.Issuer(), shard)))
				})
			})
		})
		if a.kind == Attribute {
			b.AddASN1(casn1.Tag(5).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddUint8(0xff) }) // onlyContainsAttributeCerts
		}
	})
	der, err := b.Bytes()
	return pkix.Extension{Id: oidIssuingDistributionPoint, Critical: true, Value: der}, err
}
