package app

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// RecordAccounts is what the use cases about records need of accounts: party and
// account do not know each other, app connects them.
type RecordAccounts interface {
	// Claimant tells which addresses the actor has proved and what stands against a claim.
	Claimant(ctx context.Context, a habeas.Actor) (party.Claimant, error)
	// ClaimantIn is Claimant as this transaction sees it.
	ClaimantIn(tx *sqlstore.Tx, a habeas.Actor) (party.Claimant, error)
	// MainAddress is where mail to an account goes, and in which language.
	MainAddress(ctx context.Context, id habeas.AccountID) (address, language string, err error)
	// NameOf is how an account is called on a page.
	NameOf(ctx context.Context, id habeas.AccountID) string
	// Holdings is what opens or reaches the actor's account.
	Holdings(ctx context.Context, a habeas.Actor) (account.Holdings, error)
	// EraseAccount removes every row of the actor's account; its key goes afterwards. The
	// last administrator cannot go.
	EraseAccount(tx *sqlstore.Tx, a habeas.Actor, e audit.Entry) error
	// AskToErase mails a code by which the actor confirms that the account is to be erased.
	AskToErase(ctx context.Context, a habeas.Actor, in account.Asking) (habeas.ChallengeID, error)
	// EraseByCode does something in the transaction in which such a code is used up.
	EraseByCode(ctx context.Context, a habeas.Actor, id habeas.ChallengeID, typed sealed.Value, flow account.Token, erase func(tx *sqlstore.Tx) error) error
	// TellStaff mails everybody who decides about records, and those named.
	TellStaff(tx *sqlstore.Tx, kind mail.Kind, link string, also ...habeas.AccountID) error
	// TellAccount mails every address of an account.
	TellAccount(tx *sqlstore.Tx, id habeas.AccountID, kind mail.Kind, link string) error
	// InviteTo leaves an invitation with a code in the outbox. It says how many details are
	// missing.
	InviteTo(tx *sqlstore.Tx, subject habeas.SubjectID, address email.Address, language string, missing int) error
}

// RecordSystems names connected systems.
type RecordSystems interface {
	NameOf(ctx context.Context, id habeas.SystemID) string
}

// RecordLedger makes and checks receipts.
type RecordLedger interface {
	// Receipt proves a leaf against the newest published checkpoint; pending when
	// none covers it yet.
	Receipt(ctx context.Context, index int64, extra []byte) (receipt []byte, pending bool, err error)
	// VerifierKey is the public key that checks receipts.
	VerifierKey() string
	// Publish brings the signed checkpoint up to the last leaf.
	Publish(ctx context.Context) error
	// Check verifies a receipt offline and says in words what was found.
	Check(receipt, leaf []byte) (good bool, finding string)
}

// Records are the use cases about records. It implements web/party.Records.
type Records struct {
	DB       *sqlstore.DB
	Keys     *keyring.Ring
	schemas  *party.Schemas
	Finder   party.Finder
	Ready    func() bool // whether the finder has read everything
	Accounts RecordAccounts
	Systems  RecordSystems
	Ledger   RecordLedger
	Mailer   *Mailer
	Clock    habeas.Clock
	Policies *Policies
	Rules    party.Rules // but for what the policy says
}

// NewRecords returns the use cases; every field of deps is required.
func NewRecords(deps Records, schemas *party.Schemas) *Records {
	deps.schemas = schemas
	return &deps
}

// Schemas returns the data sets that the organisation keeps.
func (r *Records) Schemas() *party.Schemas { return r.schemas }

// FindOrCreate takes in what a source says about a party (journey 1). It returns
// when record, provenance and ledger leaf are durable.
func (r *Records) FindOrCreate(ctx context.Context, in party.Assertion) (*party.Asserting, error) {
	a, err := party.Prepare(in, r.schemas, r.Keys, r.Clock.Now())
	if err != nil {
		return nil, err
	}
	return a, r.DB.Do(ctx, a)
}

// SourceName implements web/party.Records.
func (r *Records) SourceName(ctx context.Context, a habeas.Actor, s party.Source) string {
	switch s.Kind {
	case party.FromSystem:
		return r.Systems.NameOf(ctx, s.System)
	case party.FromSelf:
		if s.Account == a.Account {
			return "you"
		}
		return r.Accounts.NameOf(ctx, s.Account)
	case party.FromImport:
		return "an import"
	case party.FromStaff, party.FromGuardian:
	}
	return r.Accounts.NameOf(ctx, s.Account)
}

// load reads and folds one record. Of a party that is merged it is the record that
// shows it: old links and handles lead there.
func (r *Records) load(ctx context.Context, from party.Reader, id habeas.PartyID) (party.Record, []party.Statement, error) {
	p, err := from.Party(ctx, id)
	if err == nil && p.State == party.Merged {
		p, err = topOf(ctx, from, id)
	}
	if err != nil {
		return party.Record{}, nil, err
	}
	said, err := from.Statements(ctx, p.ID)
	if err != nil {
		return party.Record{}, nil, err
	}
	settled, err := from.Settled(ctx, p)
	if err != nil {
		return party.Record{}, nil, err
	}
	return party.Fold(p, said, settled, r.schemas), said, nil
}

// topOf reads the party whose record shows the given one.
func topOf(ctx context.Context, from party.Reader, id habeas.PartyID) (party.Party, error) {
	top, err := from.Top(ctx, id)
	if err != nil {
		return party.Party{}, err
	}
	return from.Party(ctx, top)
}

// loadAll reads records in order, each once, and leaves out those that vanished meanwhile.
func (r *Records) loadAll(ctx context.Context, ids []habeas.PartyID) ([]party.Record, error) {
	out := make([]party.Record, 0, len(ids))
	seen := make(map[habeas.PartyID]bool, len(ids))
	for _, id := range ids {
		rec, _, err := r.load(ctx, r.DB.Records(), id)
		switch habeas.KindOf(err) {
		case habeas.KindNotFound, habeas.KindGone:
			continue
		default:
			if err != nil {
				return nil, err
			}
		}
		if !seen[rec.Party.ID] {
			seen[rec.Party.ID] = true
			out = append(out, rec)
		}
	}
	return out, nil
}

// event makes the audit entry of something done to a party now.
func (r *Records) event(e audit.Event, id habeas.PartyID, a habeas.Actor, detail map[string]string) audit.Entry {
	now := r.Clock.Now()
	return audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: e, Subject: habeas.SubjectOf(id), Actor: a, At: now, Detail: detail,
	}
}

// statement makes one by the actor, now.
func (r *Records) statement(id habeas.PartyID, kind party.SourceKind, a habeas.Actor, v party.Values) party.Statement {
	return party.Statement{
		ID: habeas.NewID[habeas.StatementKind](r.Clock.Now()), Party: id,
		Source: party.Source{Kind: kind, Account: a.Account}, Values: v,
	}
}

// emailKey returns the canonical key of an address as it stands in a record.
func emailKey(text string) (string, bool) {
	if text == "" {
		return "", false
	}
	a, err := email.Parse(text)
	return a.Key(), err == nil
}

// known returns the rows under which the actor's own word makes a party known.
func (r *Records) known(id habeas.PartyID, source habeas.SystemID, rows []party.KnownAs, hash keyring.LookupHash, identity party.Identity) party.KnownAs {
	k := party.KnownAs{Hash: hash, Source: source, Party: id, Identity: identity}
	for _, row := range rows {
		if row.Source == source {
			if row.Party == id {
				k.N = row.N
				return k
			}
			k.N = max(k.N, row.N+1)
		}
	}
	return k
}

// sets names the data sets of values, for audit details.
func sets(v party.Values) string {
	var names []string
	for set := range v {
		names = append(names, set)
	}
	slices.Sort(names)
	out := ""
	for i, n := range names {
		if i > 0 {
			out += " "
		}
		out += n
	}
	return out
}

// newest returns when a party was last spoken of at one of the addresses.
func (r *Records) newest(said []party.Statement, addresses []keyring.LookupHash) time.Time {
	var t time.Time
	for _, s := range said {
		key, ok := emailKey(s.Values.Get("contact", "email"))
		if ok && s.At().After(t) && slices.Contains(addresses, r.Keys.Lookup(party.LookupEmail, key)) {
			t = s.At()
		}
	}
	return t
}
