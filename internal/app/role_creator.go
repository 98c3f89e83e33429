package app

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/attrcert"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
)

// Creator implements web/account.Roles: whether somebody is a trusted entity creator now
// (ATTR-12). Everybody may ask.
func (r *Roles) Creator(ctx context.Context, q account.CreatorQuestion) (account.CreatorAnswer, error) {
	current, err := r.db.Accounts().Creators(ctx, r.clock.Now())
	if err != nil {
		return account.CreatorAnswer{}, err
	}
	name, number := strings.TrimSpace(q.Organisation), strings.Map(hexDigit, q.Number)
	switch {
	case len(q.File) > 0:
		return r.shown(ctx, q.File, current)
	case number != "":
		serial, ok := pki.ParseSerial(number)
		return r.pick(ctx, current, func(c account.Certificate, _ dn.Subject) bool {
			return ok && (c.Serial == serial || c.Holder == serial)
		})
	case q.Site != "":
		return r.atSite(ctx, q.Site, current)
	case name != "":
		return r.pick(ctx, current, func(_ account.Certificate, who dn.Subject) bool {
			return who.Organisation != "" && account.SameOrganisation(who.Organisation, name)
		})
	}
	return account.CreatorAnswer{}, account.ErrCreatorQuestion
}

// hexDigit keeps of a number what is one: people copy colons and spaces too.
func hexDigit(c rune) rune {
	switch {
	case c >= '0' && c <= '9', c >= 'a' && c <= 'f':
		return c
	case c >= 'A' && c <= 'F':
		return c - 'A' + 'a'
	case c == ':' || c == ' ' || c == '\t':
		return -1
	}
	return 'x' // no number at all
}

// pick finds the first creator that fits.
func (r *Roles) pick(ctx context.Context, current []account.Certificate, fits func(account.Certificate, dn.Subject) bool) (account.CreatorAnswer, error) {
	for _, c := range current {
		identity, found, err := r.db.Accounts().Certificate(ctx, pki.Identity, c.Holder)
		if err != nil || !found {
			return account.CreatorAnswer{}, err
		}
		cert, err := x509.ParseCertificate(identity.DER)
		if err != nil {
			return account.CreatorAnswer{}, habeas.Internal(err)
		}
		who, err := dn.Parse(cert.RawSubject)
		if err != nil {
			return account.CreatorAnswer{}, habeas.Internal(err)
		}
		if fits(c, who) {
			sites, err := r.db.Accounts().Sites(ctx)
			return account.CreatorAnswer{
				Current: true, Organisation: who.Organisation, Country: who.Country,
				Number: c.Serial.String(), Since: c.IssuedAt, Until: c.Ends,
				Sites: slices.DeleteFunc(sites, func(s account.CreatorSite) bool { return s.Account != c.Account || !s.Confirmed() }),
			}, err
		}
	}
	return account.CreatorAnswer{}, nil
}

// atSite finds the creator that speaks for a site.
func (r *Roles) atSite(ctx context.Context, typed string, current []account.Certificate) (account.CreatorAnswer, error) {
	origin, err := account.ParseSiteOrigin(typed)
	if err != nil {
		return account.CreatorAnswer{}, err
	}
	sites, err := r.db.Accounts().Sites(ctx)
	if err != nil {
		return account.CreatorAnswer{}, err
	}
	i := slices.IndexFunc(sites, func(s account.CreatorSite) bool { return s.Confirmed() && s.Words.Origin == origin })
	if i < 0 {
		return account.CreatorAnswer{}, nil
	}
	return r.pick(ctx, current, func(c account.Certificate, _ dn.Subject) bool { return c.Account == sites[i].Account })
}

// Sites implements web/account.Roles: every confirmed site of somebody who is a creator now.
func (r *Roles) Sites(ctx context.Context) ([]account.CreatorAnswer, error) {
	current, err := r.db.Accounts().Creators(ctx, r.clock.Now())
	if err != nil {
		return nil, err
	}
	var out []account.CreatorAnswer
	done := map[habeas.AccountID]bool{}
	for _, c := range current {
		if done[c.Account] {
			continue
		}
		done[c.Account] = true
		a, err := r.pick(ctx, []account.Certificate{c}, func(account.Certificate, dn.Subject) bool { return true })
		if err != nil {
			return nil, err
		}
		if len(a.Sites) > 0 {
			out = append(out, a)
		}
	}
	return out, nil
}

// shown judges the certificates of a file.
func (r *Roles) shown(ctx context.Context, file []byte, current []account.Certificate) (account.CreatorAnswer, error) {
	role, identity, err := readCreatorFile(file)
	if err != nil {
		return account.CreatorAnswer{}, err
	}
	refused := func(problem *habeas.Error) (account.CreatorAnswer, error) {
		return account.CreatorAnswer{Problem: problem}, nil
	}
	if role == nil { // who shows an identity certificate alone asks whether it is a creator's
		serial, ok := pki.SerialOf(identity.SerialNumber)
		var problem *habeas.Error
		if err := r.identityHolds(identity); errors.As(err, &problem) && problem.Kind == habeas.KindForbidden {
			return refused(problem)
		} else if err != nil || !ok {
			return account.CreatorAnswer{}, err
		}
		return r.pick(ctx, current, func(c account.Certificate, _ dn.Subject) bool { return c.Holder == serial })
	}
	var problem *habeas.Error
	if err := r.verify(ctx, role, identity); errors.As(err, &problem) && problem.Kind == habeas.KindForbidden {
		return refused(problem)
	} else if err != nil {
		return account.CreatorAnswer{}, err
	}
	serial, _ := pki.SerialOf(role.SerialNumber)
	return r.pick(ctx, current, func(c account.Certificate, _ dn.Subject) bool { return c.Serial == serial })
}

// readCreatorFile reads an attribute certificate, an identity certificate or both; each once,
// and nothing else.
func readCreatorFile(file []byte) (role *attrcert.AttributeCertificate, identity *x509.Certificate, err error) {
	if len(file) > account.MaxCreatorFile {
		return nil, nil, account.ErrCreatorFile
	}
	if !bytes.Contains(file, []byte("-----BEGIN ")) {
		if role, err = attrcert.Parse(file); err == nil {
			return role, nil, nil
		}
		if identity, err = x509.ParseCertificate(file); err == nil {
			return nil, identity, nil
		}
		return nil, nil, account.ErrCreatorFile
	}
	for {
		var block *pem.Block
		if block, file = pem.Decode(file); block == nil {
			break
		}
		switch {
		case block.Type == attrcert.PEMType && role == nil:
			role, err = attrcert.Parse(block.Bytes)
		case block.Type == pemCertificate && identity == nil:
			identity, err = x509.ParseCertificate(block.Bytes)
		case block.Type == pemCertificate: // the rest of a chain, which is known here
		default:
			return nil, nil, account.ErrCreatorFile
		}
		if err != nil {
			return nil, nil, account.ErrCreatorFile
		}
	}
	if role == nil && identity == nil || len(bytes.TrimSpace(file)) > 0 {
		return nil, nil, account.ErrCreatorFile
	}
	return role, identity, nil
}

// identityHolds verifies an identity certificate that somebody shows. A refusal is a
// Forbidden that says why.
func (r *Roles) identityHolds(cert *x509.Certificate) error {
	v := r.certificates.Authorities.Verifier()
	switch _, err := v.VerifyClient([]*x509.Certificate{cert}); {
	case err == nil, habeas.KindOf(err) == habeas.KindUnavailable:
		return err
	case errors.Is(err, pki.ErrRevoked):
		return account.ErrCreatorRevoked
	case errors.Is(err, pki.ErrExpired), errors.Is(err, pki.ErrNotYetValid):
		return account.ErrCreatorExpired
	}
	return account.ErrCreatorForged
}

// verify judges an attribute certificate by RFC 5755, with the identity certificate that was
// shown, else with the one that it names. A refusal is a Forbidden that says why.
func (r *Roles) verify(ctx context.Context, role *attrcert.AttributeCertificate, identity *x509.Certificate) error {
	trusted, err := r.certificates.Authorities.Trusted(ctx, pki.Attribute)
	if errors.Is(err, pki.ErrNoAuthority) {
		return account.ErrCreatorForged
	}
	if err != nil {
		return err
	}
	if identity == nil {
		identity, err = r.named(ctx, role)
	} else {
		err = r.identityHolds(identity)
	}
	if err != nil {
		return err
	}
	issuers, roots := make([]*x509.Certificate, 0, len(trusted)), x509.NewCertPool()
	for _, authority := range trusted {
		chain := authority.Chain()
		issuers = append(issuers, chain[0])
		roots.AddCert(chain[len(chain)-1])
	}
	err = role.Verify(attrcert.VerifyOptions{
		HolderChain: []*x509.Certificate{identity}, Issuers: issuers, Roots: roots,
		CurrentTime: r.clock.Now(), Revocation: r.revocation, WithinHolder: true,
	})
	var broken *attrcert.VerifyError
	if errors.As(err, &broken) {
		return creatorProblem(broken.Rule)
	}
	if err != nil {
		return err
	}
	want := attrcert.URIName(trusted[0].Organisation().RoleURI(habeas.RoleCreator))
	for _, given := range role.Roles {
		if given.Name.Equal(want) {
			return nil
		}
	}
	return account.ErrCreatorRole
}

// named finds the identity certificate that an attribute certificate names. One that names
// none of ours was made elsewhere.
func (r *Roles) named(ctx context.Context, role *attrcert.AttributeCertificate) (*x509.Certificate, error) {
	base := role.Holder.BaseCertificateID
	if base == nil {
		return nil, account.ErrCreatorForged
	}
	serial, ok := pki.SerialOf(base.Serial)
	if !ok {
		return nil, account.ErrCreatorForged
	}
	held, found, err := r.db.Accounts().Certificate(ctx, pki.Identity, serial)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, account.ErrCreatorForged
	case held.DER == nil: // its account was erased, and what it opened was revoked
		return nil, account.ErrCreatorRevoked
	}
	return x509.ParseCertificate(held.DER)
}

// revocation tells what became of an attribute certificate and of the identity certificate
// that it hangs on.
func (r *Roles) revocation(role *attrcert.AttributeCertificate, _ *x509.Certificate, now time.Time) error {
	for kind, number := range map[pki.Kind]*big.Int{pki.Attribute: role.SerialNumber, pki.Identity: role.Holder.BaseCertificateID.Serial} {
		serial, ok := pki.SerialOf(number)
		if !ok {
			return &attrcert.RevokedError{At: now}
		}
		revoked, err := r.db.Revocations().IsRevoked(kind, serial)
		if err != nil {
			return err
		}
		if revoked {
			return &attrcert.RevokedError{At: now}
		}
	}
	return nil
}

// creatorProblem says for people which rule is broken.
func creatorProblem(rule attrcert.Rule) *habeas.Error {
	switch rule {
	case attrcert.RuleExpired, attrcert.RuleNotYetValid, attrcert.RuleHolderPath:
		return account.ErrCreatorExpired
	case attrcert.RuleHolder, attrcert.RuleWithinHolder:
		return account.ErrCreatorHolder
	case attrcert.RuleRevoked:
		return account.ErrCreatorRevoked
	default:
		return account.ErrCreatorForged
	}
}
