package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// eraseParts erases a record but for what legal duties keep: that goes on apart from it,
// under keys of its own, and is found by the number of the erasure (ADR 0031). It returns
// whose keys are to be destroyed and what is left, and says the latter in the entry.
func (r *Records) eraseParts(tx *sqlstore.Tx, rec party.Record, said []party.Statement, addresses []keyring.LookupHash, erasure habeas.RemainderID, e audit.Entry) (gone []habeas.PartyID, left []party.Remainder, err error) {
	now := r.Clock.Now()
	left = party.Remain(rec, said, party.OwedBy(rec, said, now), erasure, now)
	e.Detail = withLeft(e.Detail, left)
	if gone, err = r.eraseWhole(tx.Context(), tx.Records(), rec.Party.ID, addresses, e); err != nil {
		return gone, nil, err
	}
	return gone, left, r.keepLeft(tx, left)
}

// keepLeft writes what is left, each under a key of its own. The keys are durable before
// the rows; one without a row opens nothing.
func (r *Records) keepLeft(tx *sqlstore.Tx, left []party.Remainder) error {
	for _, one := range left {
		if err := r.Keys.Commit(tx.Context(), r.Keys.NewKey(habeas.SubjectOf(one.ID))); err != nil {
			return err
		}
		e := r.houseEvent(audit.RemainderKept, habeas.Server, map[string]string{
			"part": one.ID.String(), "set": one.Set, "duty": one.Duty, "until": one.Until.Format(time.DateOnly),
		})
		one.Event = e.ID
		if err := tx.Remainders().KeepRemainder(one, e); err != nil {
			return err
		}
	}
	return nil
}

// houseEvent makes an entry that is about nobody: what is left of an erased record, a breach.
func (r *Records) houseEvent(event audit.Event, a habeas.Actor, detail map[string]string) audit.Entry {
	e := r.event(event, habeas.PartyID{}, a, detail)
	e.Subject = habeas.SubjectID{}
	return e
}

// withLeft adds to the detail of an erasure what it left.
func withLeft(detail map[string]string, left []party.Remainder) map[string]string {
	if len(left) == 0 {
		return detail
	}
	detail = maps.Clone(detail)
	if detail == nil {
		detail = map[string]string{}
	}
	var names, duties []string
	last := left[0].Until
	for _, one := range left {
		names, duties = append(names, one.Set), append(duties, one.Duty)
		if one.Until.After(last) {
			last = one.Until
		}
	}
	detail["kept"], detail["duty"], detail["until"] = strings.Join(names, " "), strings.Join(duties, "; "), last.Format(time.DateOnly)
	detail["page"] = left[0].Erasure.String()
	return detail
}

// erasedLetter is the last mail about a record: what went, what stays by law, and where to
// see how that ends.
func erasedLetter(l Letter, left []party.Remainder) Letter {
	if len(left) == 0 {
		return l
	}
	p := printer(l.Language)
	var parts []string
	for _, one := range left {
		parts = append(parts, p.T("{set} until {date} ({duty})", "set", p.T(one.Label), "date", p.Date(one.Until), "duty", one.Duty))
	}
	l.Link = "/erased/" + left[0].Erasure.String()
	l.Reason = p.T("But for what the law makes us keep, apart from everything else and used for nothing else: {parts}. Then it goes by itself.", "parts", strings.Join(parts, "; "))
	return l
}

// held refuses the erasure of a record that staff keep, with their reason.
func (r *Records) held(ctx context.Context, notes party.Retention, members []habeas.PartyID) (party.Keeping, error) {
	for _, id := range members {
		if kept, err := notes.Keeping(ctx, id); err != nil || kept.Held() {
			return kept, err
		}
	}
	return party.Keeping{}, nil
}

var errHeldByStaff = habeas.Forbidden("The organisation has to keep this record for now. The record says why.").WithCode("party.held")

// BoundOfMine implements web/party.Rights: what stands against erasing one of the actor's
// own records.
func (n *Notices) BoundOfMine(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Bound, error) {
	rec, said, err := n.records.own(ctx, n.records.DB.Records(), a, id)
	if err != nil {
		return party.Bound{}, err
	}
	return n.bound(ctx, rec, said)
}

// Bound is the same for staff who answer a request, of the data sets that they see.
func (n *Notices) Bound(ctx context.Context, a habeas.Actor, id habeas.PartyID) (b party.Bound, err error) {
	if err := staff(&a); err != nil {
		return b, err
	}
	sight, err := n.records.Sight(ctx, a)
	if err != nil {
		return b, err
	}
	rec, said, err := n.records.load(ctx, n.records.DB.Records(), id)
	if err != nil {
		return b, err
	}
	b, err = n.bound(ctx, rec, said)
	b.Owed = slices.DeleteFunc(b.Owed, func(o party.Owed) bool { return !sight.Sees(o.Set.Name) })
	return b, err
}

func (n *Notices) bound(ctx context.Context, rec party.Record, said []party.Statement) (b party.Bound, err error) {
	members, err := n.records.DB.Records().Members(ctx, rec.Party.ID)
	if err != nil {
		return b, err
	}
	b.Owed = party.OwedBy(rec, said, n.records.Clock.Now())
	b.Hold, err = n.records.held(ctx, n.records.DB.Notices(), members)
	return b, err
}

// Remains lists what one erasure left, for whoever knows its number: which data sets, by
// what duty, until when. Nothing in it is personal.
func (n *Notices) Remains(ctx context.Context, erasure habeas.RemainderID) ([]party.Remainder, error) {
	all, err := n.records.DB.Remainders().OfErasure(ctx, erasure)
	if err == nil && len(all) == 0 {
		err = habeas.NotFound("Nothing is kept under this number.").WithCode("remainder.none")
	}
	return all, err
}

const keptCertificate = `CERTIFICATE OF ERASURE IN PART

%s has erased a record about a person and destroyed the key
that opened it. One part of it is kept by law, apart from everything else,
under a key of its own, and used for nothing else.

Erased:  %s, everything but the part below
Kept:    %s
Because: %s
Until:   %s. Then its key is destroyed by itself, and a second
         certificate is found at %s
`

const restCertificate = `CERTIFICATE OF ERASURE OF THE REST

%s had erased a record about a person on %s, but for one part
that the law made it keep. The time of that part is over. Its key is
destroyed, and nobody can read it again.

Erased:  %s
Kept by: %s
When:    %s
Page:    %s
`

const provedBelow = `Where:  entry %d of the public ledger
Check:  habeas audit receipt THIS-FILE --key %s
        That needs no network. The key is published at %s.
        The words above are for people; what is proved is below.

%s`

// RemainsCertificate is the file that says of one part that it is kept and until when, or
// that it is erased, with the proof that it stands in the ledger.
func (n *Notices) RemainsCertificate(ctx context.Context, erasure habeas.RemainderID, id habeas.RemainderID) ([]byte, error) {
	all, err := n.Remains(ctx, erasure)
	if err != nil {
		return nil, err
	}
	r := n.records
	for _, one := range all {
		if one.ID != id {
			continue
		}
		page := r.Mailer.Origin.URL("/erased/" + erasure.String())
		words, event := fmt.Sprintf(keptCertificate, r.Mailer.Organisation, one.At().Format(time.RFC1123), one.Label, one.Duty, one.Until.Format(time.DateOnly), page), one.Event
		if !one.EndedAt.IsZero() {
			words, event = fmt.Sprintf(restCertificate, r.Mailer.Organisation, one.At().Format(time.DateOnly), one.Label, one.Duty, one.EndedAt.Format(time.RFC1123), page), one.Ended
		}
		line, err := r.DB.Event(ctx, habeas.SubjectID{}, event)
		if err != nil {
			return nil, err
		}
		receipt, pending, err := r.receipt(ctx, line)
		if err == nil && pending {
			err = errPending
		}
		if err != nil {
			return nil, err
		}
		return fmt.Appendf([]byte(words), provedBelow, line.Index, r.Ledger.VerifierKey(), r.Mailer.Origin.URL("/ledger/key"), receipt), nil
	}
	return nil, habeas.NotFound("Nothing is kept under this number.").WithCode("remainder.none")
}

// Remainders lists for administrators what legal duties keep, what goes first first,
// without what it says.
func (n *Notices) Remainders(ctx context.Context, a habeas.Actor, limit int) ([]party.Remainder, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return nil, account.ErrNotAdministrator
	}
	return n.records.DB.Remainders().Kept(ctx, limit)
}

// OpenRemainder reads one for its duty; the purpose is written into the ledger before
// anything is shown.
func (n *Notices) OpenRemainder(ctx context.Context, a habeas.Actor, id habeas.RemainderID, purpose string) (one party.Remainder, err error) {
	purpose = strings.TrimSpace(purpose)
	switch {
	case !a.Has(habeas.RoleAdministrator):
		return one, account.ErrNotAdministrator
	case purpose == "" || len(purpose) > 400:
		return one, habeas.Invalid("purpose", "Say for which duty you look at it: a tax audit, a court.").WithCode("remainder.purpose")
	}
	err = n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		if one, err = tx.Remainders().Open(tx.Context(), id); err != nil {
			return err
		}
		if !one.EndedAt.IsZero() {
			return habeas.Gone("Its time is over, and it is erased.").WithCode("remainder.over")
		}
		return tx.Audit(n.records.houseEvent(audit.RemainderRead, atWork(a), map[string]string{"part": id.String(), "set": one.Set, "purpose": purpose}))
	})
	return one, err
}

// endRemainders destroys what legal duties have kept until now.
func (n *Notices) endRemainders(ctx context.Context) error {
	over, err := n.records.DB.Remainders().Over(ctx, n.records.Clock.Now(), sweepBatch)
	if err != nil || len(over) == 0 {
		return err
	}
	var subjects []habeas.SubjectID
	for _, one := range over {
		err := n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
			return tx.Remainders().EndRemainder(one, n.records.houseEvent(audit.RemainderErased, habeas.Server, map[string]string{
				"part": one.ID.String(), "set": one.Set, "duty": one.Duty,
			}))
		})
		if err != nil {
			return err
		}
		subjects = append(subjects, habeas.SubjectOf(one.ID))
	}
	return n.records.forget(ctx, nil, subjects...)
}
