package account

import (
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/habeas-data/habeas"
)

// RoleCertificateType is the media type of attribute certificates (RFC 5877).
const RoleCertificateType = "application/pkix-attr-cert"

// MaxCreatorFile is the most bytes that a file of certificates may have.
const MaxCreatorFile = 64 << 10

// CreatorQuestion asks whether somebody is a trusted entity creator (ATTR-12), by the first
// of these that is given.
type CreatorQuestion struct {
	File         []byte // attribute certificate or identity certificate or both, PEM or DER
	Number       string // serial number of either, hexadecimal
	Site         string // address of a site
	Organisation string // as the certificate names it
}

// CreatorAnswer says so. Of a creator it tells what the certificate shows of the
// organisation, and nothing about the person.
type CreatorAnswer struct {
	Current bool
	Problem *habeas.Error // why a certificate that was shown does not count; else nil

	Organisation string // empty: the creator stands for nobody else
	Country      string // ISO 3166-1 alpha-2
	Number       string // of the attribute certificate, 32 hexadecimal digits
	Since, Until time.Time
	Sites        []CreatorSite // that an administrator has confirmed
}

// Why a certificate does not show a trusted entity creator.
var (
	ErrCreatorQuestion = habeas.Invalid("organisation", "Name the organisation or its site, type the number of its certificate, or choose the file.").WithCode("creator.question")
	ErrCreatorFile     = habeas.Invalid("file", "This is no attribute certificate: expected one in PEM or DER, with the identity certificate or without.").WithCode("creator.file")
	ErrCreatorForged   = habeas.Forbidden("This certificate was not issued here, or it was changed.").WithCode("creator.forged")
	ErrCreatorExpired  = habeas.Forbidden("This certificate does not count at this time: it has expired.").WithCode("creator.expired")
	ErrCreatorRevoked  = habeas.Forbidden("This certificate has been revoked.").WithCode("creator.revoked")
	ErrCreatorHolder   = habeas.Forbidden("This certificate belongs to somebody else than the identity certificate beside it.").WithCode("creator.holder")
	ErrCreatorRole     = habeas.Forbidden("This certificate gives another role.").WithCode("creator.role")
)

// SameOrganisation reports whether two names are written the same but for case, width and
// spaces.
func SameOrganisation(a, b string) bool {
	form := func(s string) string {
		return cases.Fold().String(norm.NFKC.String(strings.Join(strings.Fields(s), " ")))
	}
	return form(a) == form(b)
}
