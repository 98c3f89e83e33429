package party

import (
	"bytes"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
)

// Kind is what a party is.
type Kind string

// The kinds of party.
const (
	Person       Kind = "person"
	Organisation Kind = "organisation"
)

// State is where a record stands in its life.
type State string

// The states. Erased parties have no row that could be read.
const (
	Unclaimed State = "unclaimed" // nobody controls it yet
	Claimed   State = "claimed"   // its person does
	Frozen    State = "frozen"    // a dispute is open: nobody may change it
	Merged    State = "merged"    // it is about the party of another record, which shows what is said here
)

// Party is the plain part of a record: nothing in it is personal.
type Party struct {
	ID        habeas.PartyID
	Kind      Kind
	State     State
	Account   habeas.AccountID // who controls it; zero while unclaimed
	ClaimedAt time.Time        // zero while unclaimed
	Review    Review           // why staff should look at it; empty when settled
	Opened    []string         // sensitive data sets that evidence has opened to the claimant
	Blocked   bool             // its address said "this is not me"
	Stub      bool             // entered as an address only, to be completed by its person
	Cleared   bool             // staff decided that whoever proves its address may claim it
	Version   int64            // grows with every change; claims compare it

	Restraint    Restraint // objected to or restricted: kept, and not used
	RestrainedAt time.Time // zero while there is no restraint
}

// Review is why a record waits for a human decision.
type Review string

// The reasons for review.
const (
	ReviewNone     Review = ""
	ReviewConflict Review = "conflict" // another name or birth date at a known address (PTY-26)
	ReviewShared   Review = "shared"   // a mailbox that several people read (PTY-A34)
	ReviewNotMe    Review = "not-me"   // the owner of the address says it is somebody else
	ReviewRole     Review = "role"     // the address belongs to an administrator (PTY-A36)
	ReviewEvidence Review = "evidence" // too much wrong evidence was offered (PTY-A8)
	ReviewApproval Review = "approval" // the organisation wants to approve every claim (PTY-24)
	ReviewSeveral  Review = "several"  // several known at its address fit what was said (PTY-10)
)

// Waits reports whether the reason is one for which a record stands in the queue.
func (r Review) Waits() bool {
	switch r {
	case ReviewConflict, ReviewShared, ReviewNotMe, ReviewRole, ReviewEvidence, ReviewApproval, ReviewSeveral:
		return true
	case ReviewNone:
	}
	return false
}

// SourceKind is in which capacity a source speaks.
type SourceKind uint8

// The kinds of source, by the weight of their word.
const (
	FromSystem SourceKind = iota
	FromImport
	FromStaff
	FromSelf
	FromGuardian // acts for the person while they have no account
)

// String names the kind for exports and audit details.
func (k SourceKind) String() string {
	return [...]string{"system", "import", "staff", "self", "guardian"}[min(int(k), 4)]
}

// Source is who or what supplied a value.
type Source struct {
	Kind    SourceKind
	System  habeas.SystemID  // for FromSystem
	Account habeas.AccountID // for FromStaff, FromSelf and FromGuardian
	Import  habeas.ImportID  // for FromImport
}

// Values are field values by data set and field name.
type Values map[string]map[string]string

// Get returns a value, or "" when there is none.
func (v Values) Get(set, field string) string { return v[set][field] }

// Put sets a value, making the data set when needed.
func (v Values) Put(set, field, value string) {
	if v[set] == nil {
		v[set] = make(map[string]string, 4)
	}
	v[set][field] = value
}

// DropEmpty removes fields that hold nothing.
func (v Values) DropEmpty() {
	for set, fields := range v {
		for name, text := range fields {
			if text == "" {
				delete(fields, name)
			}
		}
		if len(fields) == 0 {
			delete(v, set)
		}
	}
}

// Len counts the fields.
func (v Values) Len() (n int) {
	for _, fields := range v {
		n += len(fields)
	}
	return n
}

// Statement is what one source said about one party on one occasion. It never
// changes. Its ID carries the moment it was made.
type Statement struct {
	ID       habeas.StatementID
	Party    habeas.PartyID
	Source   Source
	Ticket   habeas.TicketID // the occasion, when there was one
	Occ      Occasion        // the ticket as this person's copy words it
	External string          // the source's own id for the party, when it gave one
	Pass     habeas.PassID   // the pass by which it was attached; zero: under a name of the source's own
	Ref      Reference       // that name, where it is a system's; zero: it was not noted yet
	Values   Values          // an empty value withdraws the field (self only)
	Before   Before          // who said it elsewhere, when it came with a copy
}

// Before is who said something, and when, in the house from which a copy was brought
// here. It is part of where a value comes from; here the word is that of the import.
type Before struct {
	Source string    `json:"s,omitempty"` // as the copy names it: "City Bookings"
	Kind   string    `json:"k,omitempty"` // as [SourceKind.String] says
	At     time.Time `json:"t,omitzero"`
}

// At is when the statement was made.
func (s Statement) At() time.Time { return s.ID.Time() }

// Value is one field of a record as one source stated it.
type Value struct {
	Text      string
	Source    Source
	At        time.Time
	Occ       Occasion
	Statement habeas.StatementID // of which it is part
	other     bool               // said by the person of a record merged into this one, who is not this one's
}

// own reports whether the value is the word of the record's person.
func (v Value) own() bool { return v.Source.Kind == FromSelf && !v.other }

// Field is a field of a record: its current value and every older or rival one.
type Field struct {
	Schema  FieldSchema
	Current Value
	Older   []Value // newest first: what it was, and what others say it is
	Masked  bool    // held, but evidence is wanted before it is shown
	Rival   bool    // somebody else stated another value after the claim
}

// Set is a data set of a record.
type Set struct {
	Schema SetSchema
	Fields []Field // in the order of the schema; only those that hold something
	Masked bool
}

// Record is a party with its current values and where each came from.
type Record struct {
	Party   Party
	Sets    []Set
	Tickets []habeas.TicketID // every occasion ever attached, newest first
	Closed  bool              // the account of its person is closed; known when staff open it

	Proposals []Proposal // what others want it to say, in the order of the schema
	Settled   Settled    // what its person has decided about such proposals
}

// Own reports whether a statement is the word of the record's person, and not of whoever
// held a record that was merged into it.
func (r Record) Own(s Statement) bool {
	return s.Source.Kind == FromSelf && (s.Party == r.Party.ID || s.Source.Account == r.Party.Account)
}

// Text returns the current value of a field, or "".
func (r Record) Text(set, field string) string {
	f, _ := r.Field(set, field)
	return f.Current.Text
}

// Field finds a field that the record holds.
func (r Record) Field(set, field string) (Field, bool) {
	s, _ := r.set(set)
	for _, f := range s.Fields {
		if f.Schema.Name == field {
			return f, true
		}
	}
	return Field{}, false
}

func (r Record) set(name string) (Set, bool) {
	for _, s := range r.Sets {
		if s.Schema.Name == name {
			return s, true
		}
	}
	return Set{}, false
}

// Name is how the party is called, or "" when no name is held.
func (r Record) Name() string {
	if n := r.Text("organisation", "name"); n != "" && r.Party.Kind == Organisation {
		return n
	}
	given, family := r.Text("identity", "given_name"), r.Text("identity", "family_name")
	if given != "" && family != "" {
		return given + " " + family
	}
	return given + family
}

// Disowned reports whether somebody said it as the record's person who does not control
// the record: their claim was undone, so it is nobody's word (PTY-14). It counts again
// if they get the record back. What its person said in a record that was merged into this
// one is no such word (PTY-15).
func (p Party) Disowned(s Statement) bool {
	return s.Source.Kind == FromSelf && s.Party == p.ID && !s.Source.Account.IsZero() && s.Source.Account != p.Account
}

// Fold computes a record from its statements (PTY-2): per field the subject's own
// word first, then the newest, whoever supplied it. After the claim, what others say
// fills only fields that held nothing; the rest stays on their ticket and is proposed,
// unless the subject has settled it (PTY-7).
func Fold(p Party, statements []Statement, settled Settled, schemas *Schemas) Record {
	ordered := slices.DeleteFunc(slices.Clone(statements), p.Disowned)
	// Newest first. Two of one millisecond keep one order for every reader.
	slices.SortFunc(ordered, func(a, b Statement) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	rec := Record{Party: p, Settled: settled.of(p)}
	seen := make(map[habeas.TicketID]bool)
	stated := make(map[[2]string][]Value)
	for _, s := range ordered {
		if !s.Ticket.IsZero() && !seen[s.Ticket] {
			seen[s.Ticket] = true
			rec.Tickets = append(rec.Tickets, s.Ticket)
		}
		for set, fields := range s.Values {
			for name, text := range fields {
				k := [2]string{set, name}
				stated[k] = append(stated[k], Value{
					Text: text, Source: s.Source, At: s.At(), Occ: s.Occ, Statement: s.ID,
					other: s.Party != p.ID && s.Source.Account != p.Account,
				})
			}
		}
	}
	for _, schema := range schemas.Sets() {
		set := Set{Schema: schema}
		for _, fs := range schema.Fields {
			said := stated[[2]string{schema.Name, fs.Name}]
			if len(said) == 0 {
				continue
			}
			f, held := foldField(p, rec.Settled, schema, fs, said)
			if held {
				set.Fields = append(set.Fields, f)
			}
			rec.Proposals = append(rec.Proposals, rec.Settled.proposals(p, schema, f, said)...)
		}
		if len(set.Fields) > 0 {
			rec.Sets = append(rec.Sets, set)
		}
	}
	return rec
}

// foldField picks the current value among those stated, newest first. A field of which
// its person wants nothing is not held.
func foldField(p Party, settled Settled, set SetSchema, schema FieldSchema, stated []Value) (Field, bool) {
	weights := make([]weight, len(stated))
	for i, v := range stated {
		weights[i] = settled.weigh(p, set, schema.Name, v)
	}
	at := currentIndex(weights)
	f := Field{Schema: schema}
	if at < 0 {
		return f, false
	}
	f.Current = stated[at]
	for i, v := range stated {
		if i == at {
			continue
		}
		f.Older = append(f.Older, v)
		if weights[i] <= late && v.Text != f.Current.Text {
			f.Rival = true
		}
	}
	return f, f.Current.Text != "" || len(f.Older) > 0
}

// currentIndex picks the newest word of the person's, else the newest before the claim,
// else the first who filled the gap; -1 when none of these was said.
func currentIndex(weights []weight) int {
	if i := slices.Index(weights, own); i >= 0 {
		return i
	}
	if i := slices.Index(weights, early); i >= 0 {
		return i
	}
	for i, w := range slices.Backward(weights) {
		if w == late {
			return i
		}
	}
	return -1
}

// afterClaim reports whether somebody else said it when the record was its person's
// already, and has not agreed to it, or while it may not be used.
func afterClaim(p Party, v Value) bool {
	after := func(t time.Time) bool { return !t.IsZero() && v.At.After(t) }
	return (after(p.ClaimedAt) || after(p.RestrainedAt)) && !v.own() && !v.Occ.Agreed
}

// MaskFor hides what a claimant may not see before more evidence is shown
// (PTY-13, PTY-25): the values of data sets that ask for step-up and that no
// evidence has opened, except what the claimant said. Everything is masked when
// stale is true, because the address may have changed hands (PTY-A35), and while the
// record is frozen, because its claimant may be the wrong one (PTY-14).
func (r Record) MaskFor(stale bool) Record {
	if r.Party.State == Frozen {
		r.Party.Opened, stale = nil, true
	}
	out := r
	out.Sets = make([]Set, len(r.Sets))
	for i, s := range r.Sets {
		if (s.Schema.StepUp || stale) && !slices.Contains(r.Party.Opened, s.Schema.Name) {
			s = maskSet(s)
		}
		out.Sets[i] = s
	}
	out.Proposals = slices.Clone(r.Proposals)
	for i, p := range out.Proposals {
		if r.Party.hides(p.Set) || stale {
			out.Proposals[i] = p.mask()
		}
	}
	return out
}

func maskSet(s Set) Set {
	s.Fields = slices.Clone(s.Fields)
	for i, f := range s.Fields {
		f.Older = slices.Clone(f.Older)
		for j, v := range f.Older {
			if !v.own() {
				f.Older[j].Text = Mask(f.Schema, v.Text)
			}
		}
		if !f.Current.own() && f.Current.Text != "" {
			f.Current.Text, f.Masked, s.Masked = Mask(f.Schema, f.Current.Text), true, true
		}
		s.Fields[i] = f
	}
	return s
}
