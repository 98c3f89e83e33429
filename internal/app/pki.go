package app

import (
	"cmp"
	"context"
	"encoding/pem"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
)

// PEM types (RFC 7468).
const (
	pemCertificate = "CERTIFICATE"
	pemRequest     = "CERTIFICATE REQUEST"
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
	errPEMChain   = habeas.Invalid("certificate", "This is not a file of certificates, as “habeas pki sign” prints it.").WithCode("pki.pem")
)

// unknownCountry stands in certificates where no country was set: the code of CLDR for it.
const unknownCountry = "ZZ"

// certified is what certificates say of the organisation, which is reached at an origin.
func (s Settings) certified(o edge.Origin) pki.Organisation {
	return certifiedOr(pki.Organisation{Name: s.Organisation, Country: s.PKI.Country, URL: s.PKI.URL}, o)
}

// certifiedOr fills in what was not set.
func certifiedOr(org pki.Organisation, o edge.Origin) pki.Organisation {
	org.Country = cmp.Or(org.Country, unknownCountry)
	org.Name = cmp.Or(org.Name, o.Host())
	org.URL = cmp.Or(org.URL, "http://"+o.Host()+"/pki")
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

// RequestAuthority makes the key of an authority below the root and returns the request for
// its certificate as PEM.
func RequestAuthority(ctx context.Context, o CeremonyOptions, kind pki.Kind) (request []byte, err error) {
	err = ceremony(ctx, o, func(keys *keyring.Ring, org pki.Organisation) error {
		der, err := pki.Request(ctx, keys, kind, org)
		if err == nil {
			request = encodePEM(pemRequest, der)
		}
		return err
	})
	return request, err
}

// SignAuthority signs such a request by the root in this key store. It returns the
// certificate and the root's as PEM.
func SignAuthority(ctx context.Context, o CeremonyOptions, request []byte) (chain []byte, err error) {
	ders, ok := decodePEM(pemRequest, request)
	if !ok || len(ders) != 1 {
		o.Password.Close()
		return nil, errPEMRequest
	}
	err = ceremony(ctx, o, func(keys *keyring.Ring, org pki.Organisation) error {
		root, err := pki.Open(ctx, keys, pki.Root, org)
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
