package attrcert

import (
	"crypto/x509/pkix"
	encoding_asn1 "encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidAuditIdentity        = encoding_asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 4}
	oidTargetInformation    = encoding_asn1.ObjectIdentifier{2, 5, 29, 55}
	oidAuthorityKeyID       = encoding_asn1.ObjectIdentifier{2, 5, 29, 35}
	oidAuthorityInfoAccess  = encoding_asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 1}
	oidCRLDistributionPoint = encoding_asn1.ObjectIdentifier{2, 5, 29, 31}
	oidNoRevAvail           = encoding_asn1.ObjectIdentifier{2, 5, 29, 56}
	oidOCSP                 = encoding_asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1}
)

// Target is a server, or a group of servers, that a certificate is meant for.
type Target struct {
	Name    GeneralName
	IsGroup bool
}

// extension is an extension of section 4.3 with the criticality that it must have.
type extension struct {
	field    string
	oid      encoding_asn1.ObjectIdentifier
	critical bool
	read     func(*AttributeCertificate, cryptobyte.String) bool
	add      func(*AttributeCertificate, *cryptobyte.Builder) // writes nothing where ac has none
}

// extensions are those that are known, in the order they are written in.
var extensions = []extension{
	{"auditIdentity", oidAuditIdentity, true, readAuditIdentity, addAuditIdentity},
	{"targetInformation", oidTargetInformation, true, readTargets, addTargets},
	{"authorityKeyIdentifier", oidAuthorityKeyID, false, readAuthorityKeyID, addAuthorityKeyID},
	{"authorityInfoAccess", oidAuthorityInfoAccess, false, readInfoAccess, addInfoAccess},
	{"cRLDistributionPoints", oidCRLDistributionPoint, false, readDistributionPoint, addDistributionPoint},
	{"noRevAvail", oidNoRevAvail, false, readNoRevAvail, addNoRevAvail},
}

// readExtensions reads the last field of a certificate, which may be missing.
func readExtensions(s *cryptobyte.String, ac *AttributeCertificate) error {
	if s.Empty() {
		return nil
	}
	var list cryptobyte.String
	if s.PeekASN1Tag(asn1.BIT_STRING) {
		return bad("issuerUniqueID", "to be absent")
	}
	if !s.ReadASN1(&list, asn1.SEQUENCE) || list.Empty() {
		return bad("extensions", "at least one extension, or nothing")
	}
	seen := map[string]bool{}
	for !list.Empty() {
		var one, value cryptobyte.String
		if !list.ReadASN1(&one, asn1.SEQUENCE) {
			return bad("extensions", "SEQUENCEs")
		}
		id, key, ok := readOID(&one)
		if !ok || seen[key] {
			return bad("extensions.extnID", "an object identifier that comes once")
		}
		seen[key] = true
		critical, ok := readCritical(&one)
		if !ok {
			return bad("extensions.critical", "TRUE, or to be absent")
		}
		if !one.ReadASN1(&value, asn1.OCTET_STRING) || !one.Empty() {
			return bad("extensions.extnValue", "an OCTET STRING, and nothing more")
		}
		ext := pkix.Extension{Id: id, Critical: critical, Value: octets(value)}
		if err := ac.understand(ext); err != nil {
			return err
		}
		ac.Extensions = append(ac.Extensions, ext)
	}
	if ac.NoRevAvail && (ac.CRLDistributionPoint != nil || ac.OCSPServers != nil) {
		return bad("extensions.noRevAvail", "no place to ask about revocation beside it")
	}
	return nil
}

// understand reads an extension that is known, and notes one that is critical and is not.
func (ac *AttributeCertificate) understand(ext pkix.Extension) error {
	for _, k := range extensions {
		if !k.oid.Equal(ext.Id) {
			continue
		}
		if ext.Critical != k.critical {
			if k.critical {
				return bad("extensions."+k.field, "to be critical")
			}
			return bad("extensions."+k.field, "not to be critical")
		}
		value := cryptobyte.String(ext.Value)
		if !isDER(value, 0) || !k.read(ac, value) {
			return bad("extensions."+k.field, "its syntax of section 4.3")
		}
		return nil
	}
	if ext.Critical {
		ac.UnhandledCriticalExtensions = append(ac.UnhandledCriticalExtensions, ext.Id)
	}
	return nil
}

func readAuditIdentity(ac *AttributeCertificate, s cryptobyte.String) bool {
	content, ok := whole(s, asn1.OCTET_STRING)
	ac.AuditIdentity = octets(content)
	return ok && len(content) > 0
}

func addAuditIdentity(ac *AttributeCertificate, b *cryptobyte.Builder) {
	if ac.AuditIdentity != nil {
		b.AddASN1OctetString(ac.AuditIdentity)
	}
}

// readTargets reads SEQUENCE OF Targets; several are as good as one. A targetCert must not
// be used (section 4.3.2).
func readTargets(ac *AttributeCertificate, s cryptobyte.String) bool {
	lists, ok := whole(s, asn1.SEQUENCE)
	for ok && !lists.Empty() {
		var list cryptobyte.String
		ok = lists.ReadASN1(&list, asn1.SEQUENCE)
		for ok && !list.Empty() {
			var content cryptobyte.String
			target := Target{IsGroup: list.PeekASN1Tag(inner(1))}
			if target.IsGroup {
				ok = list.ReadASN1(&content, inner(1))
			} else {
				ok = list.ReadASN1(&content, inner(0))
			}
			if ok {
				target.Name, ok = readName(&content)
			}
			ok = ok && content.Empty()
			ac.Targets = append(ac.Targets, target)
		}
	}
	return ok && len(ac.Targets) > 0
}

func addTargets(ac *AttributeCertificate, b *cryptobyte.Builder) {
	if ac.Targets == nil {
		return
	}
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, t := range ac.Targets {
				tag := inner(0)
				if t.IsGroup {
					tag = inner(1)
				}
				addNames(b, tag, []GeneralName{t.Name})
			}
		})
	})
}

// readAuthorityKeyID takes the key identifier; issuer and serial number beside it are a
// hint to a path, which the caller of Verify has.
func readAuthorityKeyID(ac *AttributeCertificate, s cryptobyte.String) bool {
	content, ok := whole(s, asn1.SEQUENCE)
	if !ok {
		return false
	}
	var id, serial cryptobyte.String
	var present, numbered bool
	if !content.ReadOptionalASN1(&id, &present, context(0)) {
		return false
	}
	if present {
		ac.AuthorityKeyID = octets(id)
	}
	names, ok := readOptionalNames(&content, 1)
	return ok && content.ReadOptionalASN1(&serial, &numbered, context(2)) && content.Empty() && numbered == (names != nil)
}

func addAuthorityKeyID(ac *AttributeCertificate, b *cryptobyte.Builder) {
	if ac.AuthorityKeyID == nil {
		return
	}
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(context(0), func(b *cryptobyte.Builder) { b.AddBytes(ac.AuthorityKeyID) })
	})
}

// readInfoAccess takes the URIs of OCSP responders; other methods are of no use here.
func readInfoAccess(ac *AttributeCertificate, s cryptobyte.String) bool {
	list, ok := whole(s, asn1.SEQUENCE)
	if !ok || list.Empty() {
		return false
	}
	for !list.Empty() {
		var one cryptobyte.String
		var method encoding_asn1.ObjectIdentifier
		if !list.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&method) {
			return false
		}
		location, ok := readName(&one)
		if !ok || !one.Empty() {
			return false
		}
		if !method.Equal(oidOCSP) {
			continue
		}
		if location.Kind != URI {
			return false
		}
		ac.OCSPServers = append(ac.OCSPServers, string(location.Value))
	}
	return true
}

func addInfoAccess(ac *AttributeCertificate, b *cryptobyte.Builder) {
	if ac.OCSPServers == nil {
		return
	}
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, uri := range ac.OCSPServers {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidOCSP)
				addName(b, URIName(uri))
			})
		}
	})
}

// readDistributionPoint reads exactly one distribution point with one full name, which is
// a URI or a distinguished name (section 4.3.5).
func readDistributionPoint(ac *AttributeCertificate, s cryptobyte.String) bool {
	list, ok := whole(s, asn1.SEQUENCE)
	var point, place, full cryptobyte.String
	if !ok || !list.ReadASN1(&point, asn1.SEQUENCE) || !list.Empty() || !point.ReadASN1(&place, inner(0)) ||
		!point.Empty() || !place.ReadASN1(&full, inner(0)) || !place.Empty() {
		return false
	}
	names, ok := readNames(full)
	if !ok || len(names) != 1 || names[0].Kind != URI && names[0].Kind != Directory {
		return false
	}
	ac.CRLDistributionPoint = &names[0]
	return true
}

func addDistributionPoint(ac *AttributeCertificate, b *cryptobyte.Builder) {
	if ac.CRLDistributionPoint == nil {
		return
	}
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(inner(0), func(b *cryptobyte.Builder) {
				addNames(b, inner(0), []GeneralName{*ac.CRLDistributionPoint})
			})
		})
	})
}

func readNoRevAvail(ac *AttributeCertificate, s cryptobyte.String) bool {
	_, ok := whole(s, asn1.NULL)
	ac.NoRevAvail = ok
	return ok
}

func addNoRevAvail(ac *AttributeCertificate, b *cryptobyte.Builder) {
	if ac.NoRevAvail {
		b.AddASN1NULL()
	}
}

func addExtension(b *cryptobyte.Builder, ext pkix.Extension) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(ext.Id)
		if ext.Critical {
			b.AddASN1Boolean(true)
		}
		b.AddASN1OctetString(ext.Value)
	})
}
