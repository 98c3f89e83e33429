package app

import (
	"context"
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// errMoved sends a query back to the start: a record changed between looking and noting.
var errMoved = habeas.Unavailable("A record has just changed. Send the same again.").WithCode("busy")

// Query reads data sets of parties by the system's own references, in their order. A
// reference that stands for nobody, or for somebody who is gone, gives nothing. Each
// read is in the ledger, with its purpose, before anything is returned (PTY-22).
func (r *SystemRecords) Query(ctx context.Context, a habeas.Actor, refs []party.Reference, sets []string) (views []party.Values, err error) {
	for range 3 {
		if views, err = r.query(ctx, a, refs, sets); err != errMoved { //nolint:errorlint // compared with the very value
			return views, err
		}
	}
	return nil, errMoved
}

func (r *SystemRecords) query(ctx context.Context, a habeas.Actor, refs []party.Reference, sets []string) ([]party.Values, error) {
	records, c := r.db.Records(), r.keys.Cipher("reference/"+a.System.String())
	policy, err := r.db.Policies().Policy(ctx)
	if err != nil {
		return nil, err
	}
	views := make([]party.Values, len(refs))
	seen := map[habeas.PartyID]int64{} // and in which version
	var entries []audit.Entry
	for i, ref := range refs {
		prefix, n := ref.Handle(c)
		p, said, err := read(ctx, records, a.System, prefix, n)
		switch habeas.KindOf(err) {
		case habeas.KindNotFound, habeas.KindGone:
			continue
		default:
			if err != nil {
				return nil, err
			}
		}
		var opened bool
		views[i], opened = party.SystemView(p, said, a.System, ref, under(prefix, r.keys), sets, policy, r.schemas)
		if _, twice := seen[p.ID]; !twice {
			entries = append(entries, r.readEntry(a, p.ID, sets, opened))
		}
		seen[p.ID] = p.Version
	}
	if len(entries) == 0 {
		return views, nil
	}
	return views, r.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		now, err := tx.Policies().Policy(ctx)
		if err != nil {
			return err
		}
		if now.Version != policy.Version {
			return errMoved
		}
		for id, version := range seen {
			if p, err := tx.Records().Party(ctx, id); err != nil || p.Version != version {
				return errMoved // claimed, restrained or erased meanwhile: look again
			}
		}
		for _, e := range entries {
			if err := tx.Audit(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// under tells of a statement that was kept before references were noted with them whether
// it was made at the address, or with the id, that a reference stands for.
func under(prefix [12]byte, keys party.Keys) func(party.Statement) bool {
	return func(s party.Statement) bool {
		return slices.ContainsFunc(party.HashesOf([]party.Statement{s}, keys, emailKey), func(h keyring.LookupHash) bool {
			return [12]byte(h[:12]) == prefix
		})
	}
}

func read(ctx context.Context, records sqlstore.Records, system habeas.SystemID, prefix [12]byte, n uint32) (p party.Party, said []party.Statement, err error) {
	id, err := records.ByReference(ctx, system, prefix, n)
	if err != nil {
		return p, nil, err
	}
	if p, err = topOf(ctx, records, id); err != nil {
		return p, nil, err
	}
	said, err = records.Statements(ctx, p.ID)
	return p, said, err
}

// readEntry witnesses that a system read a party; its person sees it in their Activity.
func (r *SystemRecords) readEntry(a habeas.Actor, id habeas.PartyID, sets []string, opened bool) audit.Entry {
	now := r.clock.Now()
	words := "own"
	if opened {
		words = "all"
	}
	return audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: audit.PartyRead, Subject: habeas.SubjectOf(id), Actor: a, At: now,
		Detail: map[string]string{"sets": strings.Join(sets, " "), "words": words},
	}
}

// Query answers as [SystemRecords.Query] does, by the policy that holds by default.
func (s *Sandbox) Query(_ context.Context, a habeas.Actor, refs []party.Reference, sets []string) ([]party.Values, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.of(a.System)
	views := make([]party.Values, len(refs))
	for i, ref := range refs {
		if id, ok := w.behind(ref); ok {
			views[i], _ = party.SystemView(w.parties[id], w.said[id], a.System, ref, func(party.Statement) bool { return false }, sets, party.DefaultPolicy(), s.schemas)
		}
	}
	return views, nil
}

// behind finds the party that a reference stands for.
func (w *sand) behind(ref party.Reference) (habeas.PartyID, bool) {
	for _, rows := range w.knownAs {
		for _, k := range rows {
			if k.Ref == ref {
				return k.Party, true
			}
		}
	}
	return habeas.PartyID{}, false
}
