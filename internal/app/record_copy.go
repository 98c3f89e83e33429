package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/match/table"
)

// copied is the machine-readable copy of everything held about a person.
type copied struct {
	Format   string         `json:"format"` // copyFormat: by it an import knows what it has before it
	Taken    time.Time      `json:"taken"`
	House    string         `json:"house"` // the organisation that gave the copy
	Account  []copiedLine   `json:"account"`
	Records  []copiedRecord `json:"records"`
	Activity []copiedEvent  `json:"activity"`

	// Everything of the account row by row, its log and what it contributed (ACCT-03).
	Held          []account.HeldTable  `json:"held,omitempty"`
	Log           []copiedLog          `json:"log,omitempty"`
	Contributions []copiedContribution `json:"contributions,omitempty"`

	ledgerKey string
}

// copiedLine is one thing that the account holds, its name, an address, a passkey, or
// that was asked for about a record.
type copiedLine struct {
	What  string `json:"what"`
	Value string `json:"value"`
	Since string `json:"since,omitempty"`
}

type copiedRecord struct {
	ID         habeas.PartyID    `json:"id"`
	Kind       party.Kind        `json:"kind"`
	State      party.State       `json:"state"`
	Restraint  party.Restraint   `json:"restraint,omitempty"`
	Requests   []copiedLine      `json:"requests,omitempty"`
	Decisions  []copiedLine      `json:"decisions,omitempty"` // about what others propose
	Consents   []copiedLine      `json:"consents,omitempty"`  // handed over as a code
	Notes      []copiedLine      `json:"notes,omitempty"`     // of staff, with what their person answered
	Tags       []copiedLine      `json:"tags,omitempty"`      // of staff
	Relations  []copiedLine      `json:"relations,omitempty"` // to whom it is related, and in whose household
	Guardians  []copiedLine      `json:"guardians,omitempty"` // who acted for its person
	Fields     []copiedField     `json:"fields"`
	Statements []copiedStatement `json:"statements"`
}

type copiedField struct {
	Set    string `json:"set"`
	Field  string `json:"field"`
	Value  string `json:"value"`
	Source string `json:"source"`
	Stated string `json:"stated"`
	Masked bool   `json:"masked,omitempty"`
}

// copyFormat names the form of the machine-readable copy.
const copyFormat = "habeas-copy/1"

type copiedStatement struct {
	Source string         `json:"source"`
	Kind   string         `json:"kind"` // in which capacity the source spoke: self, staff, system, import
	Stated string         `json:"stated"`
	Before party.Before   `json:"before,omitzero"` // who said it in the house before
	Masked []string       `json:"masked,omitempty"`
	Ticket party.Occasion `json:"ticket,omitzero"`
	Values party.Values   `json:"values"`
}

type copiedEvent struct {
	At      string            `json:"at"`
	Event   audit.Event       `json:"event"`
	By      string            `json:"by"`
	Purpose string            `json:"purpose,omitempty"`
	Detail  map[string]string `json:"detail,omitempty"`
	Leaf    int64             `json:"leaf"`              // -1 while it waits for its place
	Receipt string            `json:"receipt,omitempty"` // name of its file in the archive

	proof []byte
}

// Copy implements web/party.Records (PTY-18). What still asks for evidence is masked in
// the copy as it is on the page.
func (r *Records) Copy(ctx context.Context, a habeas.Actor) (party.Copy, error) {
	c, parties, err := r.gather(ctx, a)
	if err != nil {
		return party.Copy{}, err
	}
	if err := r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		e := r.event(audit.PartyExported, habeas.PartyID{}, a, nil)
		e.Subject = habeas.SubjectOf(a.Account)
		return r.noteCopy(tx, parties, e)
	}); err != nil {
		return party.Copy{}, err
	}
	return c.render()
}

// gather reads everything held about the actor.
func (r *Records) gather(ctx context.Context, a habeas.Actor) (copied, []party.Party, error) {
	held, err := r.Accounts.Holdings(ctx, a)
	if err != nil {
		return copied{}, nil, err
	}
	c := copied{Format: copyFormat, Taken: r.Clock.Now(), House: r.Mailer.Organisation, Account: copyAccount(held), ledgerKey: r.Ledger.VerifierKey()}
	decided, err := r.copyDecided(ctx, a)
	if err != nil {
		return c, nil, err
	}
	wishes, err := r.copyWishes(ctx, a)
	if err != nil {
		return c, nil, err
	}
	c.Account = slices.Concat(c.Account, decided, wishes)
	parties, err := r.DB.Records().PartiesOf(ctx, a.Account)
	if err != nil {
		return c, nil, err
	}
	for _, p := range parties {
		rec, said, err := r.own(ctx, r.DB.Records(), a, p.ID)
		if err != nil {
			return c, nil, err
		}
		one := r.copyRecord(ctx, a, rec, said)
		if one.Requests, err = r.copyRequests(ctx, p.ID); err != nil {
			return c, nil, err
		}
		if one.Consents, err = r.copyPasses(ctx, a, p.ID); err != nil {
			return c, nil, err
		}
		if one.Notes, err = r.copyNotes(ctx, a, p.ID); err != nil {
			return c, nil, err
		}
		if one.Tags, err = r.copyTags(ctx, a, p.ID); err != nil {
			return c, nil, err
		}
		if one.Relations, err = r.copyRelations(ctx, rec); err != nil {
			return c, nil, err
		}
		if one.Guardians, err = r.copyGuardians(ctx, p.ID); err != nil {
			return c, nil, err
		}
		c.Records = append(c.Records, one)
	}
	looks, err := r.Activity(ctx, a, habeas.EventID{}, 10_000)
	if err != nil {
		return c, nil, err
	}
	if err := c.happened(ctx, r, looks); err != nil {
		return c, nil, err
	}
	return c, parties, r.inspected(ctx, a, &c)
}

// noteCopy notes that a copy was taken, and in the register that the right to one was
// fulfilled at once.
func (r *Records) noteCopy(tx *sqlstore.Tx, parties []party.Party, e audit.Entry) error {
	if len(parties) == 0 {
		return tx.Audit(e)
	}
	q, first, err := r.fulfilledToday(tx, parties[0].ID, party.AskCopy)
	if err != nil || !first {
		return cmp.Or(err, tx.Audit(e))
	}
	return tx.Notices().SaveRequest(q, e)
}

// copyAccount lists what the account holds. Keys stay out: they open, they say nothing.
func copyAccount(h account.Holdings) []copiedLine {
	var out []copiedLine
	add := func(what, value string, since time.Time) {
		if value != "" {
			out = append(out, copiedLine{what, value, since.Format(time.RFC3339)})
		}
	}
	add("account", h.Account.ID.String(), h.Account.CreatedAt)
	add("name", h.Account.Profile.Name, h.Account.CreatedAt)
	add("language", h.Account.Profile.Language, h.Account.CreatedAt)
	for _, address := range h.Addresses {
		add("address", address.Display, address.ProvedAt)
		add("address on the word of", address.Voucher, address.ProvedAt)
	}
	for _, l := range h.Links {
		add("identity provider", strings.TrimSpace(l.Issuer+" "+l.Called), l.AddedAt)
	}
	for _, key := range h.Passkeys {
		add("passkey", cmp.Or(key.Name, "without a name"), key.AddedAt)
	}
	for _, s := range h.SignIns {
		add("sign-in", string(s.Proof)+" "+s.Device, s.CreatedAt)
	}
	for _, role := range h.Roles {
		add("role", string(role), h.Account.CreatedAt)
	}
	return out
}

// copyDecided lists what the person has agreed to or taken back, and a change of the main
// address under way.
func (r *Records) copyDecided(ctx context.Context, a habeas.Actor) ([]copiedLine, error) {
	var out []copiedLine
	consents, err := r.DB.Consents().ConsentsOf(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	for _, c := range consents {
		state := "withdrawn"
		if c.Given {
			state = "given"
		}
		what := string(c.Kind)
		if c.About != habeas.SubjectOf(a.Account) {
			what += " " + habeas.PartyID(c.About).String()
		}
		out = append(out, copiedLine{"consent", what + " " + state, c.At.Format(time.RFC3339)})
	}
	change, found, err := r.DB.Accounts().Changing(ctx, a.Account)
	if err == nil && found {
		out = append(out, copiedLine{"new main address", change.Display, change.ID.Time().Format(time.RFC3339)})
	}
	return out, err
}

// copyRequests lists what was asked for about a record and what was answered.
func (r *Records) copyRequests(ctx context.Context, id habeas.PartyID) ([]copiedLine, error) {
	requests, err := r.DB.Notices().Requests(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []copiedLine
	for _, q := range requests {
		words := strings.Join(strings.Fields(string(q.State)+" "+q.Answer+" "+q.WhyLonger+" "+q.Identity+" "+q.Note), " ")
		out = append(out, copiedLine{string(q.Kind), words, q.At().Format(time.RFC3339)})
	}
	return out, nil
}

func (r *Records) copyRecord(ctx context.Context, a habeas.Actor, rec party.Record, said []party.Statement) copiedRecord {
	out := copiedRecord{ID: rec.Party.ID, Kind: rec.Party.Kind, State: rec.Party.State, Restraint: rec.Party.Restraint}
	for _, set := range rec.MaskFor(false).Sets {
		for _, f := range set.Fields {
			if f.Current.Text != "" {
				out.Fields = append(out.Fields, copiedField{
					Set: set.Schema.Name, Field: f.Schema.Name, Value: f.Current.Text, Masked: f.Masked,
					Source: r.SourceName(ctx, a, f.Current.Source), Stated: f.Current.At.Format(time.RFC3339),
				})
			}
		}
	}
	for _, s := range rec.Settled.All {
		out.Decisions = append(out.Decisions, r.copyDecision(ctx, a, s))
	}
	for _, s := range said {
		if rec.Party.Disowned(s) || rec.Party.State == party.Frozen && s.Source.Kind != party.FromSelf {
			continue // it is about somebody else, or may be
		}
		one := copiedStatement{
			Source: r.SourceName(ctx, a, s.Source), Kind: s.Source.Kind.String(), Stated: s.At().Format(time.RFC3339), Before: s.Before, Ticket: s.Occ, Values: s.Values,
		}
		if s.Before.Source != "" { // the copy says whose words they were first
			one.Source = s.Before.Source + ", by " + one.Source
		}
		if !rec.Own(s) {
			one.Values = r.maskSaid(rec, s)
			one.Masked = masked(s.Values, one.Values)
		}
		out.Statements = append(out.Statements, one)
	}
	return out
}

// copyDecision is one decision about what others propose.
func (r *Records) copyDecision(ctx context.Context, a habeas.Actor, s party.Settlement) copiedLine {
	about := "every field"
	if !s.Whole() {
		about = s.Set + "." + s.Field
	}
	from := s.From.Kind.String()
	if s.From.Kind == party.FromSystem {
		from = r.SourceName(ctx, a, s.From)
	}
	words := about + " from " + from
	if !s.Until.IsZero() {
		words += ", taken back " + s.Until.Format(time.RFC3339)
	}
	return copiedLine{string(s.Verdict), words, s.At().Format(time.RFC3339)}
}

// masked names the fields of which a copy shows less than is held.
func masked(held, shown party.Values) []string {
	var out []string
	for set, fields := range held {
		for name, text := range fields {
			if shown.Get(set, name) != text {
				out = append(out, set+"."+name)
			}
		}
	}
	slices.Sort(out)
	return out
}

func (c copied) render() (party.Copy, error) {
	out := party.Copy{Name: "my-records-" + c.Taken.Format(time.DateOnly), Taken: c.Taken}
	for _, rec := range c.Records {
		out.Entries += len(rec.Statements)
	}
	var err error
	if out.JSON, err = json.MarshalIndent(c, "", "  "); err != nil {
		return out, err
	}
	if out.CSV, err = c.csv(); err != nil {
		return out, err
	}
	var page bytes.Buffer
	if err := copyPage.Execute(&page, c); err != nil {
		return out, err
	}
	out.HTML = page.Bytes()
	out.ZIP, err = c.zip(out)
	return out, err
}

// csv is one table of everything: what each record says now, what was ever said of
// it with the ticket it came with, and who looked or changed something.
func (c copied) csv() ([]byte, error) {
	rows := [][]string{{"record", "set", "field", "value", "source", "stated", "current", "ticket"}}
	for _, l := range c.Account {
		rows = append(rows, []string{"", "account", l.What, l.Value, "", l.Since, "yes", ""})
	}
	for _, rec := range c.Records {
		id := rec.ID.String()
		for _, f := range rec.Fields {
			rows = append(rows, []string{id, f.Set, f.Field, f.Value, f.Source, f.Stated, "yes", ""})
		}
		for _, q := range rec.Requests {
			rows = append(rows, []string{id, "request", q.What, q.Value, "", q.Since, "yes", ""})
		}
		for _, d := range rec.Decisions {
			rows = append(rows, []string{id, "decision", d.What, d.Value, "", d.Since, "yes", ""})
		}
		for _, q := range rec.Consents {
			rows = append(rows, []string{id, "consent", q.What, q.Value, "", q.Since, "yes", ""})
		}
		for _, n := range rec.Notes {
			rows = append(rows, []string{id, "note", n.What, n.Value, "", n.Since, "yes", ""})
		}
		for _, q := range rec.Tags {
			rows = append(rows, []string{id, "tag", q.What, q.Value, "", q.Since, "yes", ""})
		}
		for _, q := range rec.Relations {
			rows = append(rows, []string{id, "relation", q.What, q.Value, "", q.Since, "yes", ""})
		}
		for _, q := range rec.Guardians {
			rows = append(rows, []string{id, "guardian", q.What, q.Value, "", q.Since, "yes", ""})
		}
		for _, s := range rec.Statements {
			for _, set := range slices.Sorted(maps.Keys(s.Values)) {
				for _, name := range slices.Sorted(maps.Keys(s.Values[set])) {
					rows = append(rows, []string{id, set, name, s.Values[set][name], s.Source, s.Stated, "", s.ticket()})
				}
			}
			if s.Values.Len() == 0 {
				rows = append(rows, []string{id, "", "", "", s.Source, s.Stated, "", s.ticket()})
			}
		}
	}
	for _, e := range c.Activity {
		rows = append(rows, []string{"", "activity", string(e.Event), e.Purpose, e.By, e.At, "", ""})
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, row := range rows {
		if err := w.Write(table.Defuse(row)); err != nil { // PTY-A40
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

func (s copiedStatement) ticket() string {
	return strings.TrimSpace(s.Ticket.Ref + " " + s.Ticket.Title)
}
