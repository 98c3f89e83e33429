package pki

import (
	"crypto/x509"
	"math"
	"time"
)

// RootCRLSoon is how long before its end a list of the root is due: somebody has to go there.
const RootCRLSoon = 60 * 24 * time.Hour

// NextList is the root's part of a second ceremony: it signs the list that follows one (DER; nil
// for the first), with further authorities on it that count no more. A root without a network
// keeps no records, so the list that travels is what it remembers. Errors: ErrList.
func (a *Authority) NextList(previous []byte, revoked []Revocation, now time.Time) (CRL, error) {
	if a.kind != Root {
		return CRL{}, errRole
	}
	number := int64(1)
	all := map[Serial]Revocation{}
	for _, r := range revoked {
		all[r.Serial] = r
	}
	if previous != nil {
		last, known, err := ReadRootList(previous, a.cert)
		if err != nil {
			return CRL{}, err
		}
		if now.Before(last.ThisUpdate) {
			now = last.ThisUpdate
		}
		number = last.Number + 1
		for serial, r := range known {
			all[serial] = r // the first moment counts
		}
	}
	entries := make([]Revocation, 0, len(all))
	for _, r := range all {
		r.NotAfter = now.AddDate(rootYears, 0, 0) // a list does not say it; there are few, and they stay
		entries = append(entries, r)
	}
	return a.SignCRL(0, number, entries, now)
}

// ReadRootList reads a list (DER) and checks that the root has signed it. It may have ended.
// Errors: ErrList.
func ReadRootList(der []byte, root *x509.Certificate) (CRL, map[Serial]Revocation, error) {
	list, err := x509.ParseRevocationList(der)
	if err != nil || list.CheckSignatureFrom(root) != nil || list.Number == nil || !list.Number.IsInt64() || list.Number.Sign() <= 0 ||
		list.Number.Int64() == math.MaxInt64 || list.NextUpdate.IsZero() {
		return CRL{}, nil, ErrList
	}
	for _, e := range list.Extensions { // a list of a part, or one that changes another, is not the root's
		if e.Critical {
			return CRL{}, nil, ErrList
		}
	}
	out := CRL{Issuer: Root.Nth(1), Number: list.Number.Int64(), ThisUpdate: list.ThisUpdate, NextUpdate: list.NextUpdate, DER: list.Raw}
	revoked := make(map[Serial]Revocation, len(list.RevokedCertificateEntries))
	for _, e := range list.RevokedCertificateEntries {
		serial, ok := SerialOf(e.SerialNumber)
		reason := Reason(e.ReasonCode)
		if !ok || !reason.Valid() {
			return CRL{}, nil, ErrList
		}
		revoked[serial] = Revocation{Serial: serial, At: e.RevocationTime, Reason: reason}
	}
	return out, revoked, nil
}
