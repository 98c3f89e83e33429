package party

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// memoryRecords keeps records in memory: enough of Records to look at pages and to
// see what forms ask for. What the server decides is proved in internal/app.
type memoryRecords struct {
	clock    habeas.Clock
	schemas  *party.Schemas
	parties  map[habeas.PartyID]party.Party
	said     map[habeas.PartyID][]party.Statement
	tickets  map[habeas.TicketID]party.Ticket
	names    map[party.Source]string
	accounts map[habeas.AccountID]string
	offered  []habeas.PartyID
	tries    int
	log      []party.Look // oldest first
	building bool
	reasons  []party.Reason // of every list
	asked    []party.Request
	settled  map[habeas.PartyID]party.Settled
	told     []string // what was asked for, for tests
}

func newMemoryRecords(clock habeas.Clock) *memoryRecords {
	schemas, err := party.NewSchemas(party.DefaultSchemas()...)
	if err != nil {
		panic(err)
	}
	return &memoryRecords{
		clock: clock, schemas: schemas, parties: map[habeas.PartyID]party.Party{}, said: map[habeas.PartyID][]party.Statement{},
		tickets: map[habeas.TicketID]party.Ticket{}, names: map[party.Source]string{}, accounts: map[habeas.AccountID]string{},
		settled: map[habeas.PartyID]party.Settled{},
	}
}

// put adds a party, and say a statement about it as of a moment.
func (m *memoryRecords) put(p party.Party) habeas.PartyID {
	if p.ID.IsZero() {
		p.ID = habeas.NewID[habeas.PartyKind](m.clock.Now())
	}
	if p.Kind == "" {
		p.Kind = party.Person
	}
	if p.State == "" {
		p.State = party.Unclaimed
	}
	p.Version = 1
	m.parties[p.ID] = p
	return p.ID
}

func (m *memoryRecords) say(id habeas.PartyID, at time.Time, src party.Source, occ party.Occasion, values party.Values) {
	s := party.Statement{ID: habeas.NewID[habeas.StatementKind](at), Party: id, Source: src, Occ: occ, Values: values}
	if occ.Ref != "" {
		copy(s.Ticket[:], "ticket-"+occ.Ref)
		m.tickets[s.Ticket] = party.Ticket{ID: s.Ticket, State: party.TicketActive}
	}
	m.said[id] = append(m.said[id], s)
}

func (m *memoryRecords) happened(e audit.Event, id habeas.PartyID, a habeas.Actor, name string, at time.Time, detail map[string]string) {
	m.log = append(m.log, party.Look{
		Witnessed: audit.Witnessed{
			Entry: audit.Entry{ID: habeas.NewID[habeas.EventKind](at), Event: e, Actor: a, At: at, Detail: detail},
			Index: int64(len(m.log)), Leaf: []byte("habeas-leaf v1\n" + string(e) + "\ncommitment 6f1e0c…\n"),
		},
		Party: id, ActorName: name, Mine: name == "you",
	})
}

func (m *memoryRecords) record(id habeas.PartyID) (party.Record, error) {
	p, ok := m.parties[id]
	if !ok {
		return party.Record{}, habeas.NotFound("There is no such record.")
	}
	return party.Fold(p, m.said[id], m.settled[id], m.schemas), nil
}

func (m *memoryRecords) Schemas() *party.Schemas { return m.schemas }

func (m *memoryRecords) Sight(context.Context, habeas.Actor) (party.Sight, error) {
	return party.Sight{}, nil
}

func (m *memoryRecords) SourceName(_ context.Context, a habeas.Actor, s party.Source) string {
	if s.Kind == party.FromSelf && s.Account == a.Account {
		return "you"
	}
	if n, ok := m.names[s]; ok {
		return n
	}
	return m.accounts[s.Account]
}

func (m *memoryRecords) Offers(ctx context.Context, a habeas.Actor) ([]party.Offer, error) {
	var out []party.Offer
	for _, id := range m.offered {
		if o, err := m.Offer(ctx, a, id); err == nil {
			out = append(out, o)
		}
	}
	return out, nil
}

func (m *memoryRecords) Offer(_ context.Context, _ habeas.Actor, id habeas.PartyID) (party.Offer, error) {
	p := m.parties[id]
	if !slices.Contains(m.offered, id) || p.State != party.Unclaimed {
		return party.Offer{}, habeas.NotFound("There is no record here that you could claim.").WithCode("claim.none")
	}
	o := party.Offer{Record: party.Record{Party: p}, Review: p.Review, Locked: m.tries >= 5}
	o.Claim = party.Claim{Party: id, State: party.ClaimOpen, Version: p.Version, Tries: m.tries}
	if p.Review == party.ReviewNone {
		rec, _ := m.record(id)
		o.Record = rec.MaskFor(false)
	}
	return o, nil
}

func (m *memoryRecords) Accept(_ context.Context, a habeas.Actor, id habeas.PartyID, version int64, corrected party.Values) error {
	clean, err := m.schemas.Clean(corrected)
	if err != nil {
		return err
	}
	p := m.parties[id]
	if p.Version != version {
		return habeas.Conflict("This record changed while you were looking at it. Look at it again.")
	}
	p.State, p.Account, p.ClaimedAt = party.Claimed, a.Account, m.clock.Now()
	m.parties[id] = p
	m.told = append(m.told, "accept "+flat(clean))
	return m.Correct(context.Background(), a, id, version, clean)
}

func (m *memoryRecords) NotMe(_ context.Context, _ habeas.Actor, id habeas.PartyID, version int64) error {
	p := m.parties[id]
	if p.Version != version {
		return habeas.Conflict("This record changed while you were looking at it. Look at it again.")
	}
	m.offered = slices.DeleteFunc(m.offered, func(o habeas.PartyID) bool { return o == id })
	m.told = append(m.told, "not me")
	return nil
}

func (m *memoryRecords) ShowEvidence(_ context.Context, a habeas.Actor, id habeas.PartyID, kind party.EvidenceKind, proof sealed.Value) (bool, int, error) {
	m.told = append(m.told, "evidence "+string(kind))
	if m.tries >= 5 {
		return false, 0, habeas.TooMany("Too many wrong tries. A member of staff can help you.").WithCode("evidence.locked")
	}
	rec, err := m.record(id)
	if err != nil {
		return false, 0, err
	}
	if !rec.MatchesMembership([]byte(sealedtest.Text(proof)), party.Exclusion{Account: a.Account}) {
		m.tries++
		return false, 5 - m.tries, nil
	}
	p := m.parties[id]
	p.Opened = m.schemas.StepUp()
	m.parties[id] = p
	return true, 5 - m.tries, nil
}

func (m *memoryRecords) Mine(ctx context.Context, a habeas.Actor) ([]party.Record, error) {
	var out []party.Record
	for id, p := range m.parties {
		if p.Account == a.Account && !p.Account.IsZero() {
			rec, _ := m.My(ctx, a, id)
			out = append(out, rec)
		}
	}
	return out, nil
}

func (m *memoryRecords) My(_ context.Context, a habeas.Actor, id habeas.PartyID) (party.Record, error) {
	rec, err := m.record(id)
	if err != nil || rec.Party.Account != a.Account {
		return party.Record{}, habeas.NotFound("There is no such record of yours.").WithCode("party.not-yours")
	}
	return rec.MaskFor(false), nil
}

func (m *memoryRecords) Occasions(_ context.Context, _ habeas.Actor, id habeas.PartyID) ([]party.Attended, error) {
	var out []party.Attended
	for _, s := range slices.Backward(m.said[id]) {
		if s.Ticket.IsZero() {
			continue
		}
		out = append(out, party.Attended{
			Occasion: s.Occ, Ticket: m.tickets[s.Ticket], System: m.names[s.Source], BookedBy: s.Occ.BookedBy, Said: s.Values, At: s.At(),
		})
	}
	return out, nil
}

func (m *memoryRecords) Correct(_ context.Context, a habeas.Actor, id habeas.PartyID, version int64, said party.Values) error {
	clean, err := m.schemas.Clean(said)
	if err != nil {
		return err
	}
	rec, err := m.record(id)
	if err != nil {
		return err
	}
	if rec.Party.Version != version {
		return habeas.Conflict("This record changed while you were looking at it. Look at it again.")
	}
	diff := party.Values{}
	for set, fields := range clean {
		for name, text := range fields {
			if text != rec.Text(set, name) {
				diff.Put(set, name, text)
			}
		}
	}
	if diff.Len() > 0 {
		m.say(id, m.clock.Now(), party.Source{Kind: party.FromSelf, Account: a.Account}, party.Occasion{}, diff)
		m.told = append(m.told, "correct "+flat(diff))
	}
	p := m.parties[id]
	p.Version++
	m.parties[id] = p
	return nil
}

func (m *memoryRecords) Copy(context.Context, habeas.Actor) (party.Copy, error) {
	return party.Copy{Name: "my-records-2026-11-22", JSON: []byte(`{}`), CSV: []byte("a,b\n"), HTML: []byte("<!doctype html>"), Taken: m.clock.Now()}, nil
}

func (m *memoryRecords) Erase(_ context.Context, a habeas.Actor, id habeas.PartyID) ([]byte, error) {
	delete(m.parties, id)
	m.told = append(m.told, "erase")
	m.happened(audit.PartyErased, id, a, "you", m.clock.Now(), nil)
	return []byte("c2sp.org/tlog-proof@v1\nindex 8\n"), nil
}

func (m *memoryRecords) Activity(_ context.Context, _ habeas.Actor, before habeas.EventID, limit int) ([]party.Look, error) {
	var out []party.Look
	for _, l := range slices.Backward(m.log) {
		if (before.IsZero() || bytes.Compare(l.ID[:], before[:]) < 0) && len(out) < limit {
			out = append(out, l)
		}
	}
	return out, nil
}

func (m *memoryRecords) Line(_ context.Context, _ habeas.Actor, event habeas.EventID) (party.Look, error) {
	for _, l := range m.log {
		if l.ID == event {
			return l, nil
		}
	}
	return party.Look{}, habeas.NotFound("There is no such line in your activity.").WithCode("activity.none")
}

func (m *memoryRecords) Receipt(_ context.Context, _ habeas.Actor, event habeas.EventID) ([]byte, bool, error) {
	return []byte("c2sp.org/tlog-proof@v1\n"), event == m.log[len(m.log)-1].ID && m.building, nil
}

func (m *memoryRecords) Certificate(context.Context, habeas.Actor, habeas.EventID) ([]byte, error) {
	return []byte("CERTIFICATE\n\nc2sp.org/tlog-proof@v1\n"), nil
}

func (m *memoryRecords) Prove(_ context.Context, _ habeas.Actor, _ habeas.EventID, flip bool) (bool, string, error) {
	if flip {
		return false, "Leaf {leaf} was changed: it does not lead to the signed checkpoint any more.", nil
	}
	return true, "Leaf {leaf} leads to the signed checkpoint: this line is as it was written.", nil
}

// memoryProfiles are the public profiles of memoryRecords, each under the id of its party.
type memoryProfiles struct{ *memoryRecords }

func (m memoryProfiles) Ref(id habeas.PartyID) party.Reference { return party.Reference(id) }

func (m memoryProfiles) of(id habeas.PartyID) (party.Profile, error) {
	rec, err := m.record(id)
	if err != nil {
		return party.Profile{}, err
	}
	p := party.ProfileOf(rec, party.Showing{}, party.Consented{}, nil)
	p.Ref = m.Ref(id)
	return p, nil
}

func (m memoryProfiles) Look(_ context.Context, ref party.Reference) (party.Profile, error) {
	p, err := m.of(habeas.PartyID(ref))
	if err == nil && !p.State.Visible() {
		err = habeas.NotFound("There is no public profile here.")
	}
	return p, err
}

func (m memoryProfiles) Search(context.Context, string, string, int, int) ([]party.Profile, int, []party.Subjects, error) {
	return nil, 0, nil, nil
}

func (m memoryProfiles) Mine(_ context.Context, _ habeas.Actor, id habeas.PartyID) (shown, whole party.Profile, err error) {
	shown, err = m.of(id)
	return shown, shown, err
}

func (m memoryProfiles) Choose(context.Context, habeas.Actor, habeas.PartyID, []string) error {
	return nil
}

func (m memoryProfiles) Publish(context.Context, habeas.Actor, habeas.PartyID, party.Publication) error {
	return nil
}

func (m memoryProfiles) ForStaff(_ context.Context, _ habeas.Actor, id habeas.PartyID) (party.Profile, bool, error) {
	p, err := m.of(id)
	return p, false, err
}

func (m memoryProfiles) Set(context.Context, habeas.Actor, habeas.PartyID, party.ProfileStep) error {
	return nil
}

func (m *memoryRecords) ReadCopy(context.Context, habeas.Actor, habeas.PartyID, io.Reader) (party.Brought, error) {
	return party.Brought{}, nil
}

func (m *memoryRecords) Completion(_ context.Context, _ habeas.Actor, rec party.Record) (party.Completion, error) {
	return party.CompletionOf(rec, party.Completing{}, m.schemas), nil
}

func (m *memoryRecords) Silence(context.Context, habeas.Actor, habeas.PartyID, string, bool) error {
	return nil
}

func (m *memoryRecords) Completeness(_ context.Context, _ habeas.Actor, rec party.Record) (party.Completion, time.Time, error) {
	return party.CompletionOf(rec, party.Completing{}, m.schemas), time.Time{}, nil
}

func (m *memoryRecords) Remind(context.Context, habeas.Actor, habeas.PartyID) error { return nil }

func (m *memoryRecords) Tally(context.Context, habeas.Actor) (t party.Tally, err error) {
	for _, p := range m.parties {
		t.All++
		if p.State == party.Claimed {
			t.Claimed++
		}
		if p.Review != party.ReviewNone {
			t.Waiting++
		}
	}
	return t, nil
}

func (m *memoryRecords) sorted(keep func(party.Record) bool) []party.Record {
	var out []party.Record
	for id := range m.parties {
		if rec, err := m.record(id); err == nil && keep(rec) {
			out = append(out, rec)
		}
	}
	slices.SortFunc(out, func(a, b party.Record) int { return strings.Compare(a.Name(), b.Name()) })
	return out
}

// A word of a search is no secret here, but no reader takes it for the text.
func (m *memoryRecords) SealQuery(_ habeas.Actor, query string) string {
	return hex.EncodeToString([]byte(query))
}

func (m *memoryRecords) OpenQuery(_ habeas.Actor, token string) string {
	query, _ := hex.DecodeString(token)
	return string(query)
}

func (m *memoryRecords) Find(_ context.Context, _ habeas.Actor, query string, limit int) ([]party.Listed, bool, error) {
	found := m.sorted(func(r party.Record) bool {
		return strings.Contains(strings.ToLower(r.Name()+" "+r.Text("address", "city")), strings.ToLower(query))
	})
	return withReasons(found[:min(limit, len(found))], 1, m.reasons), !m.building, nil
}

func (m *memoryRecords) Open(_ context.Context, a habeas.Actor, id habeas.PartyID) (party.Record, error) {
	m.told = append(m.told, "open for "+a.Purpose)
	return m.record(id)
}

// withReasons gives records the reasons of a list.
func withReasons(found []party.Record, p float64, reasons []party.Reason) []party.Listed {
	var out []party.Listed
	for _, rec := range found {
		out = append(out, party.Listed{Record: rec, P: p, Reasons: reasons})
	}
	return out
}

func (m *memoryRecords) Like(_ context.Context, _ habeas.Actor, v party.Values) ([]party.Listed, error) {
	return withReasons(m.sorted(func(r party.Record) bool {
		family := v.Get("identity", "family_name")
		mail := v.Get("contact", "email")
		return family != "" && r.Text("identity", "family_name") == family || mail != "" && r.Text("contact", "email") == mail
	}), 0.97, m.reasons), nil
}

func (m *memoryRecords) Enter(_ context.Context, a habeas.Actor, in party.Assertion, invite bool) (habeas.PartyID, bool, error) {
	clean, err := m.schemas.Clean(in.Values)
	if err != nil {
		return habeas.PartyID{}, false, err
	}
	if in.HasEmail {
		clean.Put("contact", "email", in.Email.Display())
	}
	id := m.put(party.Party{Kind: in.Kind, Stub: in.Stub})
	m.say(id, m.clock.Now(), party.Source{Kind: party.FromStaff, Account: a.Account}, party.Occasion{}, clean)
	told := "enter " + flat(clean)
	if invite {
		told += " invite"
	}
	if in.Separate {
		told += " separate"
	}
	m.told = append(m.told, told)
	return id, true, nil
}

func (m *memoryRecords) Amend(_ context.Context, a habeas.Actor, id habeas.PartyID, said party.Values) error {
	clean, err := m.schemas.Clean(said)
	if err != nil {
		return err
	}
	m.say(id, m.clock.Now(), party.Source{Kind: party.FromStaff, Account: a.Account}, party.Occasion{}, clean)
	m.told = append(m.told, "amend "+flat(clean))
	return nil
}

func (m *memoryRecords) Reconsider(_ context.Context, _ habeas.Actor, _ habeas.PartyID, reason party.Review) error {
	m.told = append(m.told, "reconsider "+string(reason))
	return nil
}

func (m *memoryRecords) AskErase(context.Context, habeas.Actor, account.Asking) (habeas.ChallengeID, error) {
	return habeas.ChallengeID{15: 1}, nil
}

func (m *memoryRecords) EraseMeByCode(context.Context, habeas.Actor, habeas.ChallengeID, sealed.Value, account.Token) ([]byte, error) {
	m.told = append(m.told, "erase me")
	return []byte("c2sp.org/tlog-proof@v1"), nil
}

func (m *memoryRecords) ChangeAddress(_ context.Context, _ habeas.Actor, _ habeas.PartyID, to email.Address) error {
	m.told = append(m.told, "address "+to.Display())
	return nil
}

func (m *memoryRecords) Invite(context.Context, habeas.Actor, habeas.PartyID) error {
	m.told = append(m.told, "invite")
	return nil
}

func (m *memoryRecords) PaperCode(context.Context, habeas.Actor, habeas.PartyID) (sealed.Value, time.Time, error) {
	return sealedtest.Seal("7k2m-x4tz-90ab"), m.clock.Now().Add(60 * 24 * time.Hour), nil
}

func (m *memoryRecords) Waiting(_ context.Context, _ habeas.Actor, after habeas.PartyID, limit int) ([]party.Record, error) {
	var out []party.Record
	for _, r := range m.sorted(func(r party.Record) bool { return r.Party.Review != party.ReviewNone }) {
		if len(out) < limit && (after.IsZero() || r.Party.ID != after) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (m *memoryRecords) Rivals(_ context.Context, _ habeas.Actor, id habeas.PartyID) ([]party.Record, error) {
	one, err := m.record(id)
	if err != nil {
		return nil, err
	}
	return m.sorted(func(r party.Record) bool {
		return r.Party.ID != id && r.Text("contact", "email") == one.Text("contact", "email")
	}), nil
}

func (m *memoryRecords) Decide(_ context.Context, _ habeas.Actor, id habeas.PartyID, d party.Decision) error {
	p := m.parties[id]
	if p.Review == party.ReviewNone {
		return habeas.Conflict("Somebody has decided this already.")
	}
	p.Review = party.ReviewNone
	m.parties[id] = p
	m.told = append(m.told, "decide "+string(d))
	return nil
}

// flat writes values in a fixed order.
func flat(v party.Values) string {
	var out []string
	for set, fields := range v {
		for name, text := range fields {
			out = append(out, set+"."+name+"="+text)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

var _ Records = (*memoryRecords)(nil)

func (m *memoryRecords) RequestsOfMine(context.Context, habeas.Actor, habeas.PartyID) ([]party.Request, error) {
	return m.asked, nil
}

func (m *memoryRecords) RequestForMine(_ context.Context, _ habeas.Actor, id habeas.PartyID, kind party.RequestKind) (party.Request, error) {
	q := party.NewRequest(id, kind, party.ByAccount, false, m.clock.Now())
	m.asked = append([]party.Request{q}, m.asked...)
	return q, nil
}

func (m *memoryRecords) WithdrawMine(_ context.Context, _ habeas.Actor, _ habeas.PartyID, request habeas.RequestID) error {
	for i, q := range m.asked {
		if q.ID == request {
			m.asked[i].State = party.RequestWithdrawn
		}
	}
	return nil
}

func (m *memoryRecords) BoundOfMine(context.Context, habeas.Actor, habeas.PartyID) (party.Bound, error) {
	return party.Bound{}, nil
}

// noDisputes has none, and asks no facts.
type noDisputes struct{ Disputes }

func (noDisputes) Facts(context.Context, habeas.Actor, habeas.PartyID) ([]party.Question, error) {
	return nil, nil
}

func (noDisputes) Assess(context.Context, habeas.Actor, habeas.PartyID) ([]party.Assessed, error) {
	return nil, nil
}

func (noDisputes) DisputesOn(context.Context, habeas.Actor, habeas.PartyID) ([]party.Dispute, error) {
	return nil, nil
}
