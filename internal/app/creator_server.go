package app

import (
	"context"
	"crypto/x509"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/web/port"
)

// Standing implements web/port.Creators. Errors: account.ErrNotCreator, account.ErrNoCreatorSite.
func (c *Creators) Standing(ctx context.Context, a habeas.Actor) (port.CreatorStanding, error) {
	var out port.CreatorStanding
	if _, err := c.speaks(ctx, c.db.Accounts(), a.Account, ""); err != nil {
		return out, err
	}
	sites, err := c.MySites(ctx, a)
	if err != nil {
		return out, err
	}
	origin := c.accounts.origin
	for _, s := range sites {
		if s.Confirmed() {
			out.Sites = append(out.Sites, port.Site{Origin: s.Words.Origin, Badge: origin.URL("/creators/badge/" + s.ID.String() + ".svg")})
		}
	}
	ca, err := c.certificates.Authorities.Get(ctx, pki.Identity)
	if err != nil {
		return out, err
	}
	chain := ca.Chain()
	out.Root, out.Read, out.Check = chain[len(chain)-1].Raw, origin.URL("/policy"), origin.URL("/creators?site="+out.Sites[0].Origin)
	out.Policy, err = c.certificates.Policy(ctx)
	return out, err
}

var errServerRequest = habeas.Invalid("request", "A certificate request is expected: PKCS#10 in DER, of a key on the curve P-256.").WithCode("site.request")

// ServerCertificate implements web/port.Creators: the server of a confirmed site gets a
// certificate of our own authority, so that who trusts only the Project's root can reach it
// (AUTH-05). The name is the site's; of the request only the key counts.
func (c *Creators) ServerCertificate(ctx context.Context, a habeas.Actor, origin string, der []byte) ([][]byte, error) {
	if !a.Has(habeas.RoleCreator) {
		return nil, account.ErrNotCreator
	}
	site, err := c.speaks(ctx, c.db.Accounts(), a.Account, origin)
	if err != nil {
		return nil, err
	}
	asked, err := x509.ParseCertificateRequest(der)
	if err != nil || asked.CheckSignature() != nil {
		return nil, errServerRequest
	}
	if err := c.turn(ctx, a.Account); err != nil {
		return nil, err
	}
	ca, err := c.certificates.Authorities.Get(ctx, pki.Server)
	if err != nil {
		return nil, err
	}
	issued, err := ca.IssueServer(site.Host(), asked.PublicKey, c.clock.Now())
	if err != nil {
		return nil, err
	}
	e := c.accounts.entry(audit.CertificateIssued, habeas.SubjectID{}, a, map[string]string{"authority": string(pki.Server), "serial": issued.Serial.String(), "site": site.Words.Origin})
	if err := c.db.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.AddServerCertificate(issued, e) }); err != nil {
		return nil, err
	}
	chain := [][]byte{issued.DER}
	for _, above := range ca.Chain() {
		chain = append(chain, above.Raw)
	}
	return chain, nil
}
