package app

import (
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// SandboxCode is the one consent code that a sandbox knows: that of an invented person.
const (
	SandboxCode    = "TEST-TEST-TEST"
	sandboxLetters = "testtesttest" // what counts of it
)

// sandboxPerson is what it opens, as far as the organisation keeps it.
var sandboxPerson = party.Values{
	"identity": {"given_name": "Tim", "family_name": "Berger"},
	"contact":  {"email": "tim@example.org"},
}

// sandboxPass is the pass of that person, whom every sandbox has for itself.
var sandboxPass = party.Pass{ID: habeas.PassID{15: 1}, Party: habeas.PartyID{15: 1}, Uses: party.MaxPassUses}

func (s *Sandbox) passReference(system habeas.SystemID) party.Reference {
	return party.MakeReference(s.keys.Cipher("reference/"+system.String()), party.PassHandle(s.keys, sandboxPass.ID, system), 0)
}

// attach answers as [SystemRecords.FindOrCreate] does to a consent code.
func (s *Sandbox) attach(a habeas.Actor, in party.Assertion) (party.Reference, error) {
	desk := passDesk{keys: s.keys.Ring, clock: s.clock}
	code := desk.read(in.Consent.Typed)
	in.Consent = &code
	said, err := party.Prepare(in, s.schemas, s.keys, s.clock.Now())
	if err != nil {
		return party.Reference{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.of(a.System)
	if seen, ok := w.Idempotent(said.RepeatedUnder()); ok {
		return seen.Answer, said.Repeats(seen)
	}
	if code.Whole != s.keys.Lookup(party.LookupPassCode, sandboxLetters) {
		return party.Reference{}, party.ErrPass
	}
	said.Answer = s.passReference(a.System)
	was, there := w.Ticket(said.Ticketed())
	c, err := said.Attach(party.Party{ID: sandboxPass.Party, Kind: party.Person, State: party.Claimed}, sandboxPass, was, there)
	if err != nil {
		return party.Reference{}, err
	}
	w.apply(c)
	return said.Answer, nil
}

// Consented answers as [SystemRecords.Consented] does.
func (s *Sandbox) Consented(_ context.Context, a habeas.Actor, refs []party.Reference, sets []string) ([]party.Shared, error) {
	out := make([]party.Shared, len(refs))
	for i, ref := range refs {
		if ref != s.passReference(a.System) {
			continue
		}
		out[i] = party.Shared{Pass: sandboxPass.ID, Until: s.clock.Now().Add(party.DefaultPassLife)}
		rec := party.Fold(party.Party{}, []party.Statement{{Source: party.Source{Kind: party.FromSelf}, Values: sandboxPerson}}, party.Settled{}, s.schemas)
		for _, set := range rec.Sets {
			if len(sets) == 0 || slices.Contains(sets, set.Schema.Name) {
				out[i].Sets = append(out[i].Sets, set)
			}
		}
	}
	return out, nil
}
