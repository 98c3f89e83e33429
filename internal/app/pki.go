package app

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// PEM types (RFC 7468).
const (
	pemCertificate = "CERTIFICATE"
	pemRequest     = "CERTIFICATE REQUEST"
	pemList        = "X509 CRL"
)

// CeremonyOptions say in which data directory a step of the ceremony is done. The server of
// that directory must not run.
type CeremonyOptions struct {
	Dir      string
	Password keyring.Password // closed
	Clock    habeas.Clock
}

var (
	errNoPKI      = habeas.Invalid("pki", "The settings do not say what certificates are to name: set public_url or pki.url in habeas.toml.").WithCode("pki.settings")
	errPEMRequest = habeas.Invalid("request", "This is not a file of one certificate request, as “habeas pki sub” prints it.").WithCode("pki.pem")
	errPEMList    = habeas.Invalid("list", "This is not a file of one list, as “habeas pki crl” prints it.").WithCode("pki.pem")
	errPEMChain   = habeas.Invalid("certificate", "This is not a file of certificates, as “habeas pki sign” prints it.").WithCode("pki.pem")
)

// unknownCountry stands in certificates where no country was set: the code of CLDR for it.
const unknownCountry = "ZZ"

// rootAway reports whether the root is on another machine.
func (s Settings) rootAway() bool { return s.PKI.Root == "elsewhere" }

// certified is what certificates say of the organisation, which is reached at an origin.
func (s Settings) certified(o edge.Origin) pki.Organisation {
	return certifiedOr(pki.Organisation{Name: s.Organisation, Country: s.PKI.Country, URL: s.PKI.URL}, o)
}

// certifiedOr fills in what was not set.
func certifiedOr(org pki.Organisation, o edge.Origin) pki.Organisation {
	org.Country = cmp.Or(org.Country, unknownCountry)
	org.Name = cmp.Or(org.Name, o.Host())
	host := o.Host()
	if o.Secure() { // at another port than https listens at: the usual one
		host = o.RPID()
	}
	org.URL = cmp.Or(org.URL, "http://"+host+"/pki")
	return org
}

// ceremony opens the key store for one step.
func ceremony(ctx context.Context, o CeremonyOptions, step func(*keyring.Ring, pki.Organisation) error) (err error) {
	defer o.Password.Close()
	settings, err := ReadSettings(o.Dir)
	if err != nil {
		return err
	}
	if settings.PKI.URL == "" && settings.PublicURL == "" {
		return errNoPKI
	}
	var origin edge.Origin
	if settings.PublicURL != "" {
		if origin, err = edge.ParseOrigin(settings.PublicURL); err != nil {
			return err
		}
	}
	lock, err := LockDir(o.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	keys, err := Unseal(ctx, o.Dir, o.Password, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	return step(keys, settings.certified(origin))
}

// MakeRoot makes the root of the certificate authority in this key store, or opens the one
// that is there, and returns its certificate as PEM.
func MakeRoot(ctx context.Context, o CeremonyOptions) (certificate []byte, err error) {
	err = ceremony(ctx, o, func(keys *keyring.Ring, org pki.Organisation) error {
		root, err := pki.MakeRoot(ctx, keys, org, o.Clock.Now())
		if err == nil {
			certificate = encodePEM(pemCertificate, root.Certificate().Raw)
		}
		return err
	})
	return certificate, err
}

// RequestAuthority makes the key of the next generation of an authority below the root and
// returns the request for its certificate as PEM. Until that is brought in, the same is requested.
func RequestAuthority(ctx context.Context, o CeremonyOptions, kind pki.Kind) (request []byte, err error) {
	err = ceremony(ctx, o, func(keys *keyring.Ring, org pki.Organisation) error {
		n, err := pki.Generations(ctx, keys, kind)
		if err != nil {
			return err
		}
		der, err := pki.Request(ctx, keys, kind.Nth(n+1), org)
		if err == nil {
			request = encodePEM(pemRequest, der)
		}
		return err
	})
	return request, err
}

// SignAuthority signs such a request by the root in this key store, which gets another
// certificate first if it ends too soon. It returns the certificate and the root's as PEM.
func SignAuthority(ctx context.Context, o CeremonyOptions, request []byte) (chain []byte, err error) {
	ders, ok := decodePEM(pemRequest, request)
	if !ok || len(ders) != 1 {
		o.Password.Close()
		return nil, errPEMRequest
	}
	err = ceremony(ctx, o, func(keys *keyring.Ring, org pki.Organisation) error {
		root, err := openRoot(ctx, keys, org, o.Clock.Now())
		if err != nil {
			return err
		}
		_, signed, err := root.SignSubordinate(ders[0], o.Clock.Now())
		if err == nil {
			chain = encodePEM(pemCertificate, signed...)
		}
		return err
	})
	return chain, err
}

// ImportAuthority brings the signed certificate into the key store that has its key.
func ImportAuthority(ctx context.Context, o CeremonyOptions, chain []byte) (made *pki.Authority, err error) {
	ders, ok := decodePEM(pemCertificate, chain)
	if !ok {
		o.Password.Close()
		return nil, errPEMChain
	}
	err = ceremony(ctx, o, func(keys *keyring.Ring, org pki.Organisation) (err error) {
		made, err = pki.Install(ctx, keys, org, ders)
		return err
	})
	return made, err
}

// openRoot opens the root that is there, renewed if it is due.
func openRoot(ctx context.Context, keys *keyring.Ring, org pki.Organisation, now time.Time) (*pki.Authority, error) {
	if _, err := pki.Open(ctx, keys, pki.Root.Nth(1), org); err != nil {
		return nil, err
	}
	return pki.MakeRoot(ctx, keys, org, now)
}

// SignList signs the list of authorities that the root in this key store has revoked: the one
// after previous (PEM or DER; empty for the first), with those on it whose certificates (PEM, as
// SignAuthority returns them) are revoked now, for a reason. It returns the list as PEM.
func SignList(ctx context.Context, o CeremonyOptions, previous []byte, ends [][]byte, reason pki.Reason) (list []byte, err error) {
	if ders, ok := decodePEM(pemList, previous); ok && len(ders) == 1 {
		previous = ders[0]
	}
	if len(previous) == 0 {
		previous = nil
	}
	err = ceremony(ctx, o, func(keys *keyring.Ring, org pki.Organisation) error {
		now := o.Clock.Now()
		root, err := openRoot(ctx, keys, org, now)
		if err != nil {
			return err
		}
		revoked := make([]pki.Revocation, len(ends))
		for i, file := range ends {
			if revoked[i], err = revocation(root, file, reason, now); err != nil {
				return err
			}
		}
		signed, err := root.NextList(previous, revoked, now)
		if err == nil {
			list = encodePEM(pemList, signed.DER)
		}
		return err
	})
	return list, err
}

// revocation reads whose certificate is revoked: one that this root has signed.
func revocation(root *pki.Authority, file []byte, reason pki.Reason, now time.Time) (pki.Revocation, error) {
	ders, ok := decodePEM(pemCertificate, file)
	if !ok {
		return pki.Revocation{}, errPEMChain
	}
	cert, err := x509.ParseCertificate(ders[0])
	if err != nil || cert.CheckSignatureFrom(root.Certificate()) != nil {
		return pki.Revocation{}, errPEMChain
	}
	serial, ok := pki.SerialOf(cert.SerialNumber)
	if !ok || bytes.Equal(cert.RawSubject, cert.RawIssuer) {
		return pki.Revocation{}, errPEMChain
	}
	return pki.Revocation{Serial: serial, At: now, Reason: reason}, nil
}

// IsList reports whether a file of the ceremony is a list, which ImportList brings in.
func IsList(file []byte) bool {
	_, ok := decodePEM(pemList, file)
	return ok
}

// ImportList brings such a list (PEM) into a data directory: it is published, and the authorities
// on it count no more. Errors: those of Authorities.BringList.
func ImportList(ctx context.Context, o CeremonyOptions, list []byte) (brought pki.CRL, err error) {
	ders, ok := decodePEM(pemList, list)
	if !ok || len(ders) != 1 {
		o.Password.Close()
		return brought, errPEMList
	}
	records, _, err := stores(o.Dir)
	if err != nil {
		o.Password.Close()
		return brought, err
	}
	settings, err := ReadSettings(o.Dir)
	if err != nil {
		o.Password.Close()
		return brought, err
	}
	err = ceremony(ctx, o, func(keys *keyring.Ring, org pki.Organisation) (err error) {
		db, err := sqlstore.Open(ctx, sqlstore.Config{Dir: o.Dir, DSN: records.DSN, Keys: keys, Clock: o.Clock})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, db.Close()) }()
		all := Authorities{DB: db, Keys: keys, Org: org, Clock: o.Clock, Elsewhere: settings.rootAway()}
		brought, err = all.BringList(ctx, ders[0])
		return err
	})
	return brought, err
}

func encodePEM(kind string, ders ...[]byte) (out []byte) {
	for _, der := range ders {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})...)
	}
	return out
}

// decodePEM reads blocks of one type; ok is false if there is another, or none.
func decodePEM(kind string, in []byte) (ders [][]byte, ok bool) {
	for {
		block, rest := pem.Decode(in)
		if block == nil {
			return ders, len(ders) > 0
		}
		if block.Type != kind {
			return nil, false
		}
		ders, in = append(ders, block.Bytes), rest
	}
}
