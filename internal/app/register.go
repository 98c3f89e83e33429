package app

import (
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/sqlstore"
	accountpages "github.com/habeas-data/habeas/internal/web/account"
)

// Registers are the retention register and the consent register: one of each for the
// whole server, fed by every domain (design.md, decision 13). It is safe for concurrent
// use.
type Registers struct {
	DB       *sqlstore.DB
	Policies *Policies
	Schemas  *party.Schemas
	Records  *Records
	Clock    habeas.Clock
	// SessionDays is how long session logs are kept; 0: there are none.
	SessionDays int
}

// Kept lists what the server keeps, why, and until when. Anybody may read it.
func (r *Registers) Kept(ctx context.Context) ([]habeas.Kept, error) {
	p, err := r.Policies.Current(ctx)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(party.Kept(p), account.Kept(), jobs.Kept(), entity.Kept(), authz.Kept(), audit.Kept())
	if r.SessionDays > 0 {
		all = append(all, session.Kept(r.SessionDays)...)
	}
	return all, nil
}

// Sources names the systems that are connected now, for the public policy page. A
// sandbox says nothing about anybody and is left out.
func (r *Registers) Sources(ctx context.Context) ([]string, error) {
	all, err := r.DB.Systems().Systems(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range all {
		if s.Connected() && !s.Sandbox {
			out = append(out, s.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// DataSets are what a record can hold.
func (r *Registers) DataSets() []party.SetSchema { return r.Schemas.Sets() }

// ConsentCounts are the lines of the consent register, for administrators.
func (r *Registers) ConsentCounts(ctx context.Context, a habeas.Actor) ([]account.ConsentCount, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return nil, account.ErrNotAdministrator
	}
	return r.DB.Consents().ConsentCounts(ctx)
}

// Agreements lists what the actor can agree to: for each of their records with a public
// profile, whether everybody may see it; and what they have decided about their private key.
func (r *Registers) Agreements(ctx context.Context, a habeas.Actor) ([]accountpages.Agreement, error) {
	mine, err := r.DB.Records().PartiesOf(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	term, _ := account.Term(account.ConsentProfile)
	var out []accountpages.Agreement
	for _, p := range mine {
		rec, _, err := r.Records.load(ctx, r.DB.Records(), p.ID)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(rec.Sets, func(s party.Set) bool { return s.Schema.Visibility == party.Public }) {
			continue
		}
		c, found, err := r.DB.Consents().ConsentTo(ctx, account.ConsentProfile, habeas.SubjectOf(p.ID))
		if err != nil {
			return nil, err
		}
		found = found && c.Account == a.Account
		out = append(out, accountpages.Agreement{Term: term, Party: p.ID, Name: rec.Name(), Decided: found, Given: c.Given || !found, At: c.At})
	}
	for _, kind := range []account.ConsentKind{account.ConsentEscrow, account.ConsentWritten} { // about the account
		c, found, err := r.DB.Consents().ConsentTo(ctx, kind, habeas.SubjectOf(a.Account))
		if err != nil {
			return nil, err
		}
		if term, _ := account.Term(kind); found {
			out = append(out, accountpages.Agreement{Term: term, Decided: true, Given: c.Given, At: c.At})
		}
	}
	return out, nil
}

// Decide notes what the actor agrees to about one of their records, or takes it back,
// with effect at once.
func (r *Registers) Decide(ctx context.Context, a habeas.Actor, kind account.ConsentKind, id habeas.PartyID, given bool) error {
	term, ok := account.Term(kind)
	if !ok || kind != account.ConsentProfile { // what else there is has a page of its own
		return habeas.NotFound("There is nothing to agree to here.").WithCode("consent.none")
	}
	now := r.Clock.Now()
	event := audit.ConsentWithdrawn
	if given {
		event = audit.ConsentGiven
	}
	e := audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: event, Subject: habeas.SubjectOf(a.Account), Actor: a, At: now,
		Detail: map[string]string{"consent": string(kind), "party": id.String()},
	}
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		p, err := tx.Records().Party(tx.Context(), id)
		if err == nil && (p.Account != a.Account || p.State != party.Claimed) {
			err = habeas.NotFound("There is no such record here.").WithCode("party.none")
		}
		if err != nil {
			return err
		}
		c := account.Consent{Account: a.Account, Kind: kind, About: habeas.SubjectOf(id), Words: term.Words, Given: given, At: now}
		return tx.Consents().SetConsent(c, e)
	})
}

// policyPages is what the policy page asks. It implements web/admin.Policies.
type policyPages struct {
	*Policies
	notices *Notices
}

// Overdue implements web/admin.Policies.
func (p policyPages) Overdue(ctx context.Context, a habeas.Actor, r party.RetentionPolicy) (int, error) {
	n, _, err := p.notices.DryRun(ctx, a, r)
	return n, err
}
