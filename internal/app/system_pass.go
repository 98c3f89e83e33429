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

// attach takes in what a system says about the party of a consent code (PTY-8). The
// reference that it returns is of the pass: it tells neither whether the system knows the
// party already, nor who it is.
func (r *SystemRecords) attach(ctx context.Context, a habeas.Actor, in party.Assertion) (_ party.Reference, whole bool, err error) {
	desk := r.desk()
	code := desk.read(in.Consent.Typed)
	in.Consent = &code
	said, err := party.Prepare(in, r.schemas, r.keys, r.clock.Now())
	if err != nil {
		return party.Reference{}, false, err
	}
	var refused error // what is said although the rows of the try are kept
	err = r.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		refused = nil
		if again, err := repeated(tx, said); err != nil || again {
			return err
		}
		by := desk.system(a)
		o, no, err := desk.open(tx, code, by, said.Ticketed())
		if refused = no; err != nil || no != nil {
			return err
		}
		return r.attachTo(tx, said, o, desk.use(o, by))
	})
	if err != nil {
		return party.Reference{}, false, err
	}
	if refused != nil {
		return party.Reference{}, true, refused
	}
	return said.Answer, !said.Known, nil
}

func (r *SystemRecords) desk() passDesk { return passDesk{keys: r.keys.Ring, clock: r.clock} }

// repeated answers a request as it was answered before under its idempotency key.
func repeated(tx *sqlstore.Tx, said *party.Asserting) (bool, error) {
	key := said.RepeatedUnder()
	if key == (keyring.LookupHash{}) {
		return false, nil
	}
	seen, found, err := tx.Records().Repeated(tx.Context(), key)
	if err != nil || !found {
		return false, err
	}
	return true, said.Repeats(seen)
}

// attachTo writes the ticket and what was said with it, and who used the pass.
func (r *SystemRecords) attachTo(tx *sqlstore.Tx, said *party.Asserting, o opened, u party.PassUse) error {
	u.Ticket, u.Said = said.Ticketed(), said.Mark()
	u.Handle = party.PassHandle(r.keys, u.Pass, u.System)
	said.Answer = party.MakeReference(r.keys.Cipher("reference/"+u.System.String()), u.Handle, 0)
	delivered := slices.ContainsFunc(o.uses, func(w party.PassUse) bool {
		return w.Booker == u.Booker && w.Ticket == u.Ticket && w.Said == u.Said && u.Said != keyring.LookupHash{}
	})
	if delivered && said.RepeatedUnder() == (keyring.LookupHash{}) {
		said.Known = true
		return nil
	}
	var was party.Ticket
	there := false
	if !u.Ticket.IsZero() {
		found, err := tx.Records().Tickets(tx.Context(), []habeas.TicketID{u.Ticket})
		if err != nil {
			return err
		}
		was, there = found[u.Ticket]
	}
	c, err := said.Attach(o.party, o.pass, was, there)
	if err != nil {
		return err
	}
	if err := tx.Passes().Attach(u, c); err != nil {
		return err
	}
	return r.desk().tell(tx, o)
}

// Consented reads what passes open to a system, by the references that it got for them, in
// their order; sets narrows it, none means all that was ticked. A reference of another
// kind, or of a pass that has ended, gives nothing. Each read is in the ledger before
// anything is returned.
func (r *SystemRecords) Consented(ctx context.Context, a habeas.Actor, refs []party.Reference, sets []string) (out []party.Shared, err error) {
	for range 3 {
		if out, err = r.consented(ctx, a, refs, sets); err != errMoved { //nolint:errorlint // compared with the very value
			return out, err
		}
	}
	return nil, errMoved
}

func (r *SystemRecords) consented(ctx context.Context, a habeas.Actor, refs []party.Reference, sets []string) ([]party.Shared, error) {
	records, c, now := r.db.Records(), r.keys.Cipher("reference/"+a.System.String()), r.clock.Now()
	out := make([]party.Shared, len(refs))
	seen := map[habeas.PassID]int64{} // and the version of its record
	var entries []audit.Entry
	for i, ref := range refs {
		prefix, n := ref.Handle(c)
		x, found, err := r.db.Passes().PassBehind(ctx, a.System, prefix)
		if err != nil {
			return nil, err
		}
		if !found || n != 0 || !x.InForce(now) {
			continue
		}
		p, shown, err := show(ctx, records, x, r.schemas, r.clock)
		if err != nil {
			return nil, err
		}
		if len(sets) > 0 {
			shown = slices.DeleteFunc(shown, func(s party.Set) bool { return !slices.Contains(sets, s.Schema.Name) })
		}
		if !x.Opens(p, now) {
			continue
		}
		out[i] = party.Shared{Pass: x.ID, Sets: shown, Until: x.Expires}
		if _, twice := seen[x.ID]; !twice {
			entries = append(entries, readOfPass(r.clock, a, x, shown, ""))
		}
		seen[x.ID] = p.Version
	}
	if len(entries) == 0 {
		return out, nil
	}
	return out, r.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		for id, version := range seen {
			x, found, err := tx.Passes().Pass(ctx, id)
			if err != nil {
				return err
			}
			p, err := tx.Records().Party(ctx, x.Party)
			if err != nil || !found || !x.Opens(p, r.clock.Now()) || p.Version != version {
				return errMoved // taken back, or changed meanwhile: look again
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

// show reads what a pass opens now; nothing when its record is gone.
func show(ctx context.Context, from party.Reader, x party.Pass, schemas *party.Schemas, clock habeas.Clock) (party.Party, []party.Set, error) {
	p, err := from.Party(ctx, x.Party)
	var said []party.Statement
	var settled party.Settled
	if err == nil {
		said, err = from.Statements(ctx, x.Party)
	}
	if err == nil {
		settled, err = from.Settled(ctx, p)
	}
	switch habeas.KindOf(err) {
	case habeas.KindNotFound, habeas.KindGone:
		return party.Party{}, nil, nil
	default:
		if err != nil {
			return p, nil, err
		}
	}
	return p, x.Shows(p, said, settled, schemas, clock.Now()), nil
}

// readOfPass witnesses that a booker saw data sets; who is a person's proved address.
func readOfPass(clock habeas.Clock, a habeas.Actor, x party.Pass, shown []party.Set, who string) audit.Entry {
	now := clock.Now()
	var names []string
	for _, s := range shown {
		names = append(names, s.Schema.Name)
	}
	e := audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: audit.PassRead, Subject: habeas.SubjectOf(x.Party), Actor: a, At: now,
		Detail: map[string]string{"sets": strings.Join(names, " ")},
	}
	if who != "" {
		e.Detail["who"] = who
	}
	return e
}
