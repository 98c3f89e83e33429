package app

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// errNoProfile is the one answer where there is no public profile: never was, taken back,
// hidden, erased, or of nobody.
var errNoProfile = habeas.NotFound("There is no public profile here.").WithCode("profile.none")

// Profiles are the use cases about public profiles (PTY-6). It implements
// web/party.Profiles and is safe for concurrent use.
type Profiles struct {
	records  *Records
	policies *Policies
	list     directory
}

// NewProfiles returns the use cases.
func NewProfiles(records *Records, policies *Policies) *Profiles {
	return &Profiles{records: records, policies: policies}
}

// Ref names the profile of a record in public addresses.
func (s *Profiles) Ref(id habeas.PartyID) party.Reference {
	return party.ProfileRef(s.records.Keys.Cipher(party.ProfileCipher), id)
}

// Look returns what everybody may see under a name; every other name is answered alike.
func (s *Profiles) Look(ctx context.Context, ref party.Reference) (party.Profile, error) {
	id := party.ProfileParty(s.records.Keys.Cipher(party.ProfileCipher), ref)
	p, err := s.of(ctx, id)
	switch {
	case gone(err):
		return party.Profile{}, errNoProfile
	case err != nil:
		return party.Profile{}, err
	case !p.State.Visible():
		return party.Profile{}, errNoProfile
	}
	return p, nil
}

// of computes the profile of a record as it stands.
func (s *Profiles) of(ctx context.Context, id habeas.PartyID) (party.Profile, error) {
	rec, said, err := s.records.load(ctx, s.records.DB.Records(), id)
	if err != nil {
		return party.Profile{}, err
	}
	return s.profile(ctx, rec, said, nil)
}

// profile computes the profile of a record, as was decided, or as if other had been.
func (s *Profiles) profile(ctx context.Context, rec party.Record, said []party.Statement, other *party.Showing) (party.Profile, error) {
	db, id := s.records.DB, rec.Party.ID
	showing, err := db.Profiles().Showing(ctx, id)
	if err != nil {
		return party.Profile{}, err
	}
	if other != nil {
		showing = *other
	}
	c, found, err := db.Consents().ConsentTo(ctx, account.ConsentProfile, habeas.SubjectOf(id))
	if err != nil {
		return party.Profile{}, err
	}
	found = found && c.Account == rec.Party.Account // not what somebody decided who held it before
	tickets, err := db.Records().Tickets(ctx, rec.Tickets)
	if err != nil {
		return party.Profile{}, err
	}
	policy, err := s.policies.Current(ctx)
	if err != nil {
		return party.Profile{}, err
	}
	today := s.records.Clock.Now().In(policy.Digests.Location()).Format(time.DateOnly)
	name := func(system habeas.SystemID) string { return s.records.Systems.NameOf(ctx, system) }
	// What a wrong claimant said is nobody's word, also not with a ticket.
	said = slices.DeleteFunc(slices.Clone(said), rec.Party.Disowned)
	attached := party.Attachments(said, tickets, s.records.schemas, name, today)
	if !policy.StaffPublish {
		showing.PublishedAt = time.Time{}
	}
	out := party.ProfileOf(rec, showing, party.Consented{Decided: found, Given: c.Given}, attached)
	out.Ref = s.Ref(id)
	return out, nil
}

// Mine returns the profile of one of the actor's records, whatever its state: as it
// shows, and with all that it could show.
func (s *Profiles) Mine(ctx context.Context, a habeas.Actor, id habeas.PartyID) (shown, whole party.Profile, err error) {
	rec, said, err := s.records.own(ctx, s.records.DB.Records(), a, id)
	if err != nil {
		return shown, whole, err
	}
	if shown, err = s.profile(ctx, rec, said, nil); err != nil {
		return shown, whole, err
	}
	if whole, err = s.profile(ctx, rec, said, &party.Showing{}); err != nil {
		return shown, whole, err
	}
	if !shown.State.Visible() { // what everybody saw is no secret; what nobody sees may be
		shown.Name = rec.MaskFor(false).Name()
	}
	whole.Name = shown.Name
	return shown, whole, nil
}

// Choose says which fields of the actor's profile show.
func (s *Profiles) Choose(ctx context.Context, a habeas.Actor, id habeas.PartyID, shut []string) error {
	for _, name := range shut {
		set, field, _ := strings.Cut(name, ".")
		schema, ok := s.records.schemas.Set(set)
		_, known := schema.Field(field)
		if name != party.ShowAttached && (!ok || !known || schema.Visibility != party.Public) {
			return habeas.Invalid("show", "Choose one of the options.").WithCode("form.choice")
		}
	}
	err := s.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		rec, _, err := s.records.own(ctx, tx.Records(), a, id)
		if err != nil {
			return err
		}
		if rec.Party.State == party.Frozen {
			return party.ErrFrozen
		}
		if err := s.contribute(tx, a, contributionChoose, rec.Party.ID); err != nil {
			return err
		}
		row, err := tx.Profiles().Showing(ctx, rec.Party.ID)
		if err != nil {
			return err
		}
		slices.Sort(shut)
		row.Account, row.Shut = a.Account, slices.Compact(shut)
		s.list.forget()
		return tx.Profiles().SaveShowing(row, s.records.event(audit.ProfileChosen, rec.Party.ID, a, map[string]string{"shut": strings.Join(row.Shut, " ")}))
	})
	return s.records.refusedContribution(ctx, a, contributionChoose, err)
}

// The operations of the contribution log on public profiles. What staff decide has the name
// of the step behind "profile.".
const (
	contributionChoose  account.Operation = "profile.choose"
	contributionConsent account.Operation = "profile.consent"
)

// contribute notes in the contribution log who changed a public profile.
func (s *Profiles) contribute(tx *sqlstore.Tx, a habeas.Actor, operation account.Operation, id habeas.PartyID) error {
	return s.records.contribute(tx, a, operation, s.Ref(id).String(), false)
}

// Publish lets everybody find the profile of the actor's record, takes it off the web, or
// leaves it undecided as it was before either.
func (s *Profiles) Publish(ctx context.Context, a habeas.Actor, id habeas.PartyID, what party.Publication) error {
	now := s.records.Clock.Now()
	term, _ := account.Term(account.ConsentProfile)
	event := audit.ConsentGiven
	if what != party.Publish {
		event = audit.ConsentWithdrawn
	}
	err := s.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		rec, _, err := s.records.own(ctx, tx.Records(), a, id)
		if err != nil {
			return err
		}
		if rec.Party.State != party.Claimed {
			return party.ErrFrozen
		}
		if err := s.contribute(tx, a, contributionConsent, rec.Party.ID); err != nil {
			return err
		}
		e := audit.Entry{
			ID: habeas.NewID[habeas.EventKind](now), Event: event, Subject: habeas.SubjectOf(a.Account), Actor: a, At: now,
			Detail: map[string]string{"consent": string(account.ConsentProfile), "party": rec.Party.ID.String(), "state": string(what)},
		}
		s.list.forget()
		c := account.Consent{Account: a.Account, Kind: account.ConsentProfile, About: habeas.SubjectOf(rec.Party.ID), Words: term.Words, Given: what == party.Publish, At: now}
		if what == party.Undecided {
			return tx.Consents().RemoveConsent(c, e)
		}
		return tx.Consents().SetConsent(c, e)
	})
	return s.records.refusedContribution(ctx, a, contributionConsent, err)
}

// ForStaff returns the profile of a record as it stands, and whether staff may publish it.
func (s *Profiles) ForStaff(ctx context.Context, a habeas.Actor, id habeas.PartyID) (p party.Profile, may bool, err error) {
	if err := staff(&a); err != nil {
		return p, false, err
	}
	policy, err := s.policies.Current(ctx)
	if err != nil {
		return p, false, err
	}
	p, err = s.of(ctx, id)
	return p, policy.StaffPublish && p.Account.IsZero(), err
}

// Set carries out what staff decide about a profile.
func (s *Profiles) Set(ctx context.Context, a habeas.Actor, id habeas.PartyID, what party.ProfileStep) error {
	if err := staff(&a); err != nil {
		return err
	}
	policy, err := s.policies.Current(ctx)
	if err != nil {
		return err
	}
	now, operation := s.records.Clock.Now(), account.Operation("profile."+string(what))
	err = s.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		rec, _, err := s.records.load(ctx, tx.Records(), id)
		if err != nil {
			return err
		}
		row, err := tx.Profiles().Showing(ctx, rec.Party.ID)
		if err != nil {
			return err
		}
		next, event, err := row.Step(rec.Party, what, policy.StaffPublish, now)
		if err != nil {
			return err
		}
		if err := s.contribute(tx, a, operation, rec.Party.ID); err != nil {
			return err
		}
		s.list.forget()
		return tx.Profiles().SaveShowing(next, s.records.event(event, rec.Party.ID, a, nil))
	})
	if !what.Known() {
		return err
	}
	return s.records.refusedContribution(ctx, a, operation, err)
}

// directory holds the published profiles of this node for a moment: what of them is shown
// is read afresh, so that what was taken back is gone at once, on every node.
type directory struct {
	mu   sync.Mutex
	at   time.Time
	held []party.Profile
}

const (
	directoryFor  = 30 * time.Second
	mostPublished = 20_000
)

func (d *directory) forget() {
	d.mu.Lock()
	d.at = time.Time{}
	d.mu.Unlock()
}

// Search lists published profiles in which every word of a query is met and that name a
// subject, by name; offset is how many of them come before. subjects are those by which
// the list can be cut down.
func (s *Profiles) Search(ctx context.Context, query, subject string, offset, limit int) (found []party.Profile, total int, subjects []party.Subjects, err error) {
	all, err := s.published(ctx)
	if err != nil {
		return nil, 0, nil, err
	}
	subjects = party.CountSubjects(all)
	var hits []party.Profile
	for _, p := range all {
		if (subject == "" || slices.Contains(p.Subjects(), subject)) && p.Found(query) {
			hits = append(hits, p)
		}
	}
	total = len(hits)
	for _, p := range hits[min(offset, total):] {
		fresh, err := s.of(ctx, p.Party)
		switch {
		case gone(err) || err == nil && fresh.State != party.ProfilePublished:
			total--
			s.list.forget()
			continue
		case err != nil:
			return nil, 0, nil, err
		}
		if found = append(found, fresh); len(found) == limit {
			break
		}
	}
	return found, total, subjects, nil
}

// published returns the published profiles by name.
func (s *Profiles) published(ctx context.Context) ([]party.Profile, error) {
	s.list.mu.Lock()
	defer s.list.mu.Unlock()
	now := s.records.Clock.Now()
	if !s.list.at.IsZero() && !now.Before(s.list.at) && now.Sub(s.list.at) < directoryFor {
		return s.list.held, nil
	}
	var out []party.Profile
	var after habeas.PartyID
	for len(out) < mostPublished {
		ids, err := s.records.DB.Profiles().Published(ctx, after, sweepBatch)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			after = id
			p, err := s.of(ctx, id)
			if err != nil && !gone(err) {
				return nil, err
			}
			if err == nil && p.Party == id && p.State == party.ProfilePublished {
				out = append(out, p)
			}
		}
		if len(ids) < sweepBatch {
			break
		}
	}
	party.SortProfiles(out)
	s.list.at, s.list.held = now, out
	return out, nil
}
