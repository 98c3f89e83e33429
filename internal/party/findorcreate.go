package party

import (
	"context"
	"crypto/cipher"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Assertion is what somebody who is not the person says about a party: the input
// of find-or-create, of the staff form and of an import row.
type Assertion struct {
	Actor      habeas.Actor
	Source     Source
	Kind       Kind          // empty: person
	Email      email.Address // the address that identifies the party; may be zero
	HasEmail   bool
	ExternalID string // the source's own id for the party; may be empty
	Values     Values
	Ticket     *TicketInput
	Match      TicketMatch // how the ticket must stand; nil: any way
	Idempotent string      // the caller's Idempotency-Key; may be empty
	Stub       bool        // an address only, to be completed by its person
	Separate   bool        // staff saw the duplicates and say it is somebody else
	Once       int         // what is said counts once: how often one file has said just this, from 1; 0: it is not asked
	Before     Before      // who said it elsewhere; may be empty
	// Consent names the party by a pass, in place of an address or an id of the system's.
	Consent *ConsentCode
}

var errIdempotent = habeas.Conflict("This idempotency key was used for another request. Use a new key.").WithCode("idempotency.reused")

var errOtherKind = habeas.Conflict("You use this external id for a party of the other kind. A person and an organisation need ids of their own.").
	WithCode("kind.changed")

// Keys is what the domain needs of the keyring: hashes, references and new keys.
type Keys interface {
	Lookup(kind, value string) keyring.LookupHash
	Cipher(info string) cipher.Block
	NewKey(id habeas.SubjectID) *keyring.Key
}

// Planner runs hot writes. It returns when the write is durable.
type Planner interface {
	Do(ctx context.Context, p Plan) error
}

// Asserting is an assertion on its way: everything drawn and computed that does
// not depend on what the store holds. It implements Plan.
type Asserting struct {
	in        Assertion
	values    Values
	identity  Identity
	source    habeas.SystemID
	mail, ext keyring.LookupHash
	key       *keyring.Key
	statement Statement
	ticket    Ticket
	idem      Idempotent
	said      keyring.LookupHash
	event     habeas.EventID
	cipher    cipher.Block
	now       time.Time

	// The outcome, valid after Planner.Do has returned nil.
	Party   habeas.PartyID
	Answer  Reference
	Created bool
	Known   bool   // the very same was said before: nothing was written
	Review  Review // why staff should look at the party because of this
}

// Limits of an assertion.
const (
	maxExternalID = 200
	maxTicketRef  = 200
	maxTitle      = 300
	maxRole       = 100 // of a role or term
	maxIdempotent = 200
)

// Prepare checks an assertion and draws what it needs. All faults of the input
// are reported together. The work is the same for known and unknown addresses.
func Prepare(in Assertion, schemas *Schemas, keys Keys, now time.Time) (*Asserting, error) {
	if in.Kind == "" {
		in.Kind = Person
	}
	if in.HasEmail {
		in.Values = withEmail(in.Values, in.Email)
	}
	values, err := in.clean(schemas)
	if err != nil {
		return nil, err
	}
	if in.Source.Kind != FromSelf {
		values.DropEmpty() // only its person withdraws a value
	}
	id := habeas.NewID[habeas.PartyKind](now)
	a := &Asserting{
		in: in, values: values, identity: IdentityOf(values).of(in.Kind), now: now,
		source: in.Source.knownSource(),
		key:    keys.NewKey(habeas.SubjectOf(id)),
		event:  habeas.NewID[habeas.EventKind](now),
		statement: Statement{
			ID: habeas.NewID[habeas.StatementKind](now), Party: id, Source: in.Source, Values: values, External: in.ExternalID, Before: in.Before,
		},
	}
	if in.HasEmail {
		a.mail = keys.Lookup(LookupEmail, in.Email.Key())
	}
	if in.ExternalID != "" {
		a.ext = keys.Lookup(LookupExternal, a.source.String()+"|"+in.ExternalID)
	}
	if in.Source.Kind == FromSystem {
		a.cipher = keys.Cipher("reference/" + in.Source.System.String())
	}
	a.prepareTicket(keys)
	a.prepareIdempotency(keys)
	return a, nil
}

// clean checks everything and returns the values as they will be kept, or all faults.
func (in Assertion) clean(schemas *Schemas) (Values, error) {
	values, err := schemas.Clean(in.Values)
	return values, errors.Join(err, in.check())
}

// Check returns every fault of an assertion at once, without preparing it: for a
// caller that has found a fault of its own and wants to name them all.
func (in Assertion) Check(schemas *Schemas) error {
	if in.Kind == "" {
		in.Kind = Person
	}
	_, err := in.clean(schemas)
	return err
}

// check collects every fault of what is not a field.
func (in Assertion) check() error {
	var faults []error
	want := func(ok bool, field, code, message string) {
		if !ok {
			faults = append(faults, habeas.Invalid(field, message).WithCode(code))
		}
	}
	want(in.Kind == Person || in.Kind == Organisation, "kind", "kind.unknown", "The kind is either person or organisation.")
	want(visible(in.ExternalID, maxExternalID), "external_id", "external_id.invalid", "An external id has at most 200 visible characters.")
	want(visible(in.Idempotent, maxIdempotent), "Idempotency-Key", "idempotency.invalid", "An idempotency key has at most 200 visible characters.")
	want(in.Source.Kind != FromSystem || in.HasEmail || in.ExternalID != "" || in.Consent != nil, "email", "party.unidentified",
		"Send an e-mail address or an external id, so that the party can be found again.")
	if in.Consent != nil && (in.HasEmail || in.ExternalID != "") {
		faults = append(faults, errPassNamed)
	}
	want(in.Match == nil || in.Ticket != nil, "If-Match", "match.invalid", "If-Match is about a ticket. Send one, or leave the header away.")
	if t := in.Ticket; t != nil {
		want(t.Ref != "" && visible(t.Ref, maxTicketRef), "ticket.id", "ticket.id", "A ticket has an id of at most 200 visible characters.")
		want(t.Version >= 0, "ticket.version", "ticket.version", "A ticket version is a whole number from 1.")
		want(t.State == "" || t.State == TicketActive || t.State == TicketCancelled, "ticket.state", "ticket.state", "A ticket is active or cancelled.")
		want(visible(t.Title, maxTitle), "ticket.title", "ticket.title", "A title has at most 300 visible characters.")
		want(visible(t.Role, maxRole), "ticket.role", "ticket.role", "A role has at most 100 visible characters.")
		want(visible(t.Term, maxRole), "ticket.term", "ticket.term", "A term has at most 100 visible characters.")
		want(dateOrMoment(t.Ends), "ticket.ends", "ticket.ends", "Use a date such as 2026-05-03 or a moment such as 2026-05-03T18:00:00Z.")
		want(dateOrMoment(t.Starts), "ticket.starts", "ticket.starts", "Use a date such as 2026-05-03 or a moment such as 2026-05-03T18:00:00Z.")
		want(visible(t.BookedBy, maxTicketRef), "ticket.booked_by", "ticket.booked_by", "Name who booked by the reference that find-or-create returned.")
	}
	return errors.Join(faults...)
}

// visible reports whether s is no longer than limit bytes and hides nothing.
func visible(s string, limit int) bool { return len(s) <= limit && !hasHidden(s) }

func dateOrMoment(s string) bool {
	if s == "" {
		return true
	}
	if _, err := time.Parse(time.DateOnly, s); err == nil {
		return true
	}
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

func hasHidden(s string) bool {
	for _, r := range s {
		if hidden(r, false) {
			return true
		}
	}
	return false
}

func withEmail(v Values, a email.Address) Values {
	out := make(Values, len(v)+1)
	for set, fields := range v {
		out[set] = fields
	}
	contact := make(map[string]string, len(v["contact"])+1)
	for name, text := range v["contact"] {
		contact[name] = text
	}
	contact["email"] = a.Display()
	out["contact"] = contact
	return out
}

func (s Source) knownSource() habeas.SystemID {
	switch s.Kind {
	case FromSystem:
		return s.System
	case FromSelf:
		return SelfSource
	case FromStaff, FromImport, FromGuardian:
	}
	return StaffSource
}

// Needs implements Plan.
func (a *Asserting) Needs() Needs {
	n := Needs{Ticket: a.ticket.ID, Idempotent: a.idem.Key, Party: a.statement.Party}
	if a.in.HasEmail {
		n.Hashes = append(n.Hashes, a.mail)
	}
	if a.in.ExternalID != "" {
		n.Hashes = append(n.Hashes, a.ext)
	}
	return n
}

// Decide implements Plan.
func (a *Asserting) Decide(found Found) (Change, error) {
	a.Party, a.Created, a.Known, a.Review = habeas.PartyID{}, false, false, ReviewNone // it may be asked again
	if a.idem.Key != (keyring.LookupHash{}) {
		if seen, ok := found.Idempotent(a.idem.Key); ok {
			if seen.Print != a.idem.Print {
				return Change{}, errIdempotent
			}
			a.Answer, a.Known = seen.Answer, true
			return Change{}, nil
		}
	}
	if a.in.Match != nil {
		was, there := found.Ticket(a.ticket.ID)
		if err := a.in.Match.Check(was, there); err != nil {
			return Change{}, err
		}
	}
	var rows []KnownAs
	if a.in.HasEmail {
		rows = found.KnownAs(a.mail)
	}
	h := a.handle(rows, found)
	if h.bound && h.Identity.Kind != "" && h.Identity.Kind != a.in.Kind {
		return Change{}, errOtherKind
	}
	if h.bound && a.said == h.Said && a.said != (keyring.LookupHash{}) && a.idem.Key == (keyring.LookupHash{}) {
		a.Answer, a.Known = h.Ref, true // delivered again
		return Change{}, nil
	}
	target, several := a.target(reachable(rows, found), h, found.Top)
	if target.IsZero() {
		target = a.statement.Party // looked up all the same: known and unknown cost alike (PTY-A27)
	}
	p, exists := found.Party(target)
	exists = exists && p.Kind == a.in.Kind
	c, err := a.write(p, exists, several, rows)
	if err != nil {
		return Change{}, err
	}
	a.reference(&c, h)
	c.Statement.Ref = a.Answer
	if a.in.Ticket != nil {
		if t, ok := found.Ticket(a.ticket.ID); !ok || a.ticket.succeeds(t) {
			t := a.ticket
			c.Ticket = &t
		}
	}
	if a.idem.Key != (keyring.LookupHash{}) {
		idem := a.idem
		idem.Answer = a.Answer
		c.Idempotent = &idem
	}
	return c, nil
}

// reachable leaves out parties whose address said "this is not me": what is said at
// the address from now on is about somebody else.
func reachable(rows []KnownAs, found Found) []KnownAs {
	out := make([]KnownAs, 0, len(rows))
	for _, k := range rows {
		if p, ok := found.Party(k.Party); ok && !p.Blocked {
			out = append(out, k)
		}
	}
	return out
}

// handle is the row under which a source already knows a party.
type handle struct {
	KnownAs
	bound bool
	slot  uint32 // which of the source's rows at the address this statement belongs to
}

// handle finds it: by the external id, or at the address under an identity that
// does not conflict. Only the source's own rows count, so that what it can observe
// depends on its own words.
func (a *Asserting) handle(rows []KnownAs, found Found) (h handle) {
	if a.in.ExternalID != "" {
		if own := found.KnownAs(a.ext); len(own) > 0 {
			h.KnownAs, h.bound = own[0], true
		}
	}
	byExternal, slotted := h.bound, false
	for _, k := range rows {
		if k.Source != a.source || slotted {
			continue
		}
		switch {
		case byExternal && h.same(k):
			// The address may have led to a record of its own meanwhile; it is the
			// one that the source speaks of, so its own id follows.
			h.Party, h.Identity = k.Party, h.Identity.Merge(k.Identity)
			h.slot, slotted = k.N, true
		case !byExternal && !a.in.Separate && !k.Identity.Conflicts(a.identity):
			h.KnownAs, h.bound, h.slot, slotted = k, true, k.N, true
		}
		if !slotted {
			h.slot = k.N + 1
		}
	}
	return h
}

// same reports whether a row at the address is of the party that the source's own
// id means: by its reference, because which record is behind it depends on others.
// People have no references, and nothing to observe.
func (h handle) same(k KnownAs) bool {
	if h.Ref.IsZero() {
		return k.Party == h.Party
	}
	return k.Ref == h.Ref
}

// target chooses the party: the one the source means already, unless what is new
// in its words conflicts with what others know at this address; else the one known there
// that fits best and does not conflict (PTY-26). It is zero for a party of its own:
// because there is none, or because several fit, and staff must say which is meant.
func (a *Asserting) target(rows []KnownAs, h handle, top func(habeas.PartyID) habeas.PartyID) (one habeas.PartyID, several bool) {
	if a.in.Separate {
		return habeas.PartyID{}, false
	}
	if !h.bound {
		return choose(rows, a.identity, top)
	}
	merged := h.Identity.Merge(a.identity)
	if merged == h.Identity || a.in.ExternalID != "" && h.Hash == a.ext {
		return h.Party, false
	}
	others := make([]KnownAs, 0, len(rows))
	for _, k := range rows {
		if k.Source != h.Source || k.N != h.N {
			others = append(others, k)
		}
	}
	clash := false
	for _, k := range others {
		clash = clash || k.Party == h.Party && k.Identity.Conflicts(merged)
	}
	if !clash {
		return h.Party, false
	}
	return choose(others, merged, top)
}

// write makes the rows of the party and its statement. several says that it is one of its
// own because nobody knows which of several is meant.
func (a *Asserting) write(p Party, exists, several bool, rows []KnownAs) (c Change, err error) {
	s := a.statement
	event, move := audit.PartyAsserted, Move{Kind: MoveHear}
	if exists {
		s.Party = p.ID
	} else {
		event, move.Kind = audit.PartyCreated, MoveBegin
		p = Party{ID: s.Party, Kind: a.in.Kind, Stub: a.in.Stub}
	}
	if a.in.HasEmail && !slices.ContainsFunc(rows, func(k KnownAs) bool { return k.Party == p.ID }) {
		move.Review = ReviewAt(a.in.Email, p.ID, rows)
	}
	if several && !exists {
		move.Review = ReviewSeveral
	}
	now, err := Situation{Record: p}.Take(move)
	if err != nil {
		return c, err
	}
	if now.Record.Review != p.Review {
		a.Review = now.Record.Review
	}
	if p = now.Record; exists {
		c.Update = &p
	} else {
		c.Insert, c.NewKey = &p, a.key
	}
	a.Party, a.Created = p.ID, !exists
	c.Statement = &s
	c.Audit = audit.Entry{
		ID: a.event, Event: event, Subject: habeas.SubjectOf(p.ID), Actor: a.in.Actor, At: a.now,
		Detail: map[string]string{"source": a.in.Source.Kind.String(), "fields": strconv.Itoa(a.values.Len())},
	}
	if a.statement.Occ.Ref != "" {
		c.Audit.Detail["ticket"] = a.statement.Occ.Ref
	}
	return c, nil
}

// ReviewAt says whether staff should look at a party that an address begins to lead
// to, given who is known there: somebody else, or a mailbox that several people read.
func ReviewAt(a email.Address, id habeas.PartyID, rows []KnownAs) Review {
	switch {
	case slices.ContainsFunc(rows, func(k KnownAs) bool { return k.Party != id && !k.Identity.Left }):
		return ReviewConflict
	case email.Shared(a):
		return ReviewShared
	}
	return ReviewNone
}

// reference remembers under which handle and identity the source knows the party.
func (a *Asserting) reference(c *Change, h handle) {
	switch {
	case h.bound:
		a.Answer = h.Ref
	case a.in.ExternalID != "" && a.cipher != nil:
		a.Answer = MakeReference(a.cipher, a.ext, 0)
	case a.in.HasEmail && a.cipher != nil:
		a.Answer = MakeReference(a.cipher, a.mail, h.slot)
	}
	row := KnownAs{Source: a.source, Party: a.Party, Ref: a.Answer, Identity: h.Identity.Merge(a.identity), Said: a.said}
	if a.in.HasEmail {
		row.Hash, row.N = a.mail, h.slot
		c.KnownAs = append(c.KnownAs, row)
	}
	if a.in.ExternalID != "" {
		row.Hash, row.N = a.ext, 0
		c.KnownAs = append(c.KnownAs, row)
	}
}
