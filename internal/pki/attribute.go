package pki

import (
	"crypto/x509"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/attrcert"
)

// RoleURI is the name of a role in attribute certificates (RFC 5755, 4.4.5): a URI that
// is this organisation's alone.
func (o Organisation) RoleURI(role habeas.Role) string { return o.URL + "/role/" + string(role) }

// IssueRole certifies that the owner of an identity certificate holds a role (ATTR-01). The
// holder is named by issuer and serial number, so that no other certificate of the same
// person has the role (ATTR-11), and by the distinguished name for people to read. It ends
// with the identity certificate, or at ends where that is not zero; a later end is refused
// (ATTR-09). Errors: Invalid for ends, ErrLapsed, ErrOutlived.
func (a *Authority) IssueRole(holder *x509.Certificate, role habeas.Role, ends, now time.Time) (Issued, error) {
	if a.kind != Attribute {
		return Issued{}, errRole
	}
	ends = ends.UTC().Truncate(time.Second)
	switch {
	case ends.IsZero():
		ends = holder.NotAfter
	case ends.After(holder.NotAfter):
		return Issued{}, habeas.Invalid("ends", "Expected a moment before the end of the identity certificate.")
	}
	if !ends.After(now) {
		return Issued{}, ErrLapsed
	}
	if ends.After(a.cert.NotAfter) {
		return Issued{}, ErrOutlived
	}
	begins := now.Add(-backdate).UTC().Truncate(time.Second)
	if begins.Before(holder.NotBefore) {
		begins = holder.NotBefore
	}
	serial := newSerial()
	list := attrcert.URIName(a.org.CRLURL(a.Issuer(), a.kind.Shard(serial)))
	der, err := attrcert.Create(&attrcert.AttributeCertificate{
		SerialNumber: serial.Int(),
		Holder:       attrcert.Holder{EntityName: []attrcert.GeneralName{attrcert.DirectoryName(holder.RawSubject)}},
		NotBefore:    begins, NotAfter: ends,
		Roles:                []attrcert.Role{{Name: attrcert.URIName(a.org.RoleURI(role))}},
		OCSPServers:          []string{a.org.OCSPURL(a.Issuer())},
		CRLDistributionPoint: &list,
	}, holder, a.cert, a.key)
	return Issued{Authority: a.kind, Generation: a.generation, Serial: serial, NotBefore: begins, NotAfter: ends, DER: der}, err
}
