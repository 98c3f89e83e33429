package app

import (
	"context"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/admin"
)

// Processing is the record of processing activities (GDPR article 30, 1). All of it is read
// from what the server goes by, so it cannot say something else than is done; what nobody
// has configured is listed as missing.
func (r *Registers) Processing(ctx context.Context, a habeas.Actor) (admin.Processing, error) {
	var out admin.Processing
	if !a.Has(habeas.RoleAdministrator) {
		return out, account.ErrNotAdministrator
	}
	policy, err := r.Policies.Current(ctx)
	if err != nil {
		return out, err
	}
	kept, err := r.Kept(ctx)
	if err != nil {
		return out, err
	}
	systems, err := r.DB.Systems().Systems(ctx)
	if err != nil {
		return out, err
	}
	out = admin.Processing{
		Organisation: r.Records.Mailer.Organisation, Contact: r.Records.Mailer.Contact, Policy: policy, Made: r.Clock.Now(),
		Sets: r.Schemas.Sets(), Kept: kept,
	}
	for _, s := range systems {
		if s.Connected() && !s.Sandbox {
			out.Systems = append(out.Systems, connected(s))
		}
	}
	if out.Measures, err = r.measures(ctx); err != nil {
		return out, err
	}
	out.Missing = missingOf(out)
	return out, nil
}

// connected says what a system brings and what it may read, by its scopes.
func connected(s authz.System) admin.ProcessingSystem {
	out := admin.ProcessingSystem{Name: s.Name, Since: s.CreatedAt}
	for _, scope := range s.Scopes {
		switch {
		case scope == authz.ScopeParties:
			out.Brings = true
		case strings.HasPrefix(string(scope), string(authz.ReadScope(""))):
			out.Reads = append(out.Reads, strings.TrimPrefix(string(scope), string(authz.ReadScope(""))))
		}
	}
	return out
}

// measures are the technical and organisational measures that are in force (article 32).
func (r *Registers) measures(ctx context.Context) ([]admin.Measure, error) {
	grants, err := r.DB.Accounts().Grants(ctx)
	if err != nil {
		return nil, err
	}
	staff, administrators := 0, 0
	for _, g := range grants {
		switch {
		case !g.Stands(r.Clock.Now()):
		case g.Role == habeas.RoleAdministrator:
			administrators++
		case g.Role == habeas.RoleStaff:
			staff++
		}
	}
	backup, err := r.DB.LastBackup(ctx)
	if err != nil {
		return nil, err
	}
	return []admin.Measure{
		{Words: lang.Mark("Every value about a person is encrypted under a key of that person alone; erasing destroys the key.")},
		{Words: lang.Mark("The keys lie apart from the records, wrapped by a master password that is stored nowhere.")},
		{Words: lang.Mark("Addresses are found by keyed marks, so that a copy of the database names nobody.")},
		{Words: lang.Mark("Every reading and every change is a line of a public, tamper-evident ledger; people see those about themselves.")},
		{Words: lang.Mark("Roles: {staff} staff and {administrators} administrators; those at work sign in with passkeys and say why they open a record."), Args: []any{"staff", staff, "administrators", administrators}},
		{Words: lang.Mark("What is sensitive stays masked until its person has shown more than an address.")},
		{Words: lang.Mark("Backups are encrypted to a key that is not on the server, and bring no erased person back."), At: backup},
	}, nil
}

// missingOf lists what an article asks for and no configuration says.
func missingOf(p admin.Processing) []admin.Gap {
	var out []admin.Gap
	for _, set := range p.Sets {
		if set.Purpose == "" {
			out = append(out, admin.Gap{Words: lang.Mark("{set}: what it is held for (purpose)."), Set: set.Label})
		}
		if set.Basis == "" {
			out = append(out, admin.Gap{Words: lang.Mark("{set}: on what legal ground (basis)."), Set: set.Label})
		}
	}
	if p.Policy.Version == 0 {
		out = append(out, admin.Gap{Words: lang.Mark("Nobody has decided the policy yet: the defaults hold.")})
	}
	if p.Contact == "" || p.Contact == "the organisation" {
		out = append(out, admin.Gap{Words: lang.Mark("How people reach the organisation: contact in the settings.")})
	}
	for _, m := range p.Measures {
		if strings.HasPrefix(m.Words, "Backups") && m.At.IsZero() {
			out = append(out, admin.Gap{Words: lang.Mark("No backup was made yet.")})
		}
	}
	return append(out, admin.Gap{Words: lang.Mark("Whether data goes to countries outside the European Union, and a data protection officer, where there is one: this server does not know.")})
}
