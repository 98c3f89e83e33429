package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/web/pass"
	"github.com/habeas-data/habeas/sealed"
)

// Passes are the use cases of consents that people hand over as a code or a link (PTY-8).
// It implements web/pass.Passes.
type Passes struct {
	records  *Records
	accounts *Accounts
	desk     passDesk
}

var _ pass.Passes = (*Passes)(nil)

// NewPasses returns the use cases.
func NewPasses(records *Records, accounts *Accounts) *Passes {
	return &Passes{records: records, accounts: accounts, desk: passDesk{keys: records.Keys, clock: records.Clock}}
}

// Schemas implements web/pass.Passes.
func (s *Passes) Schemas() *party.Schemas { return s.records.schemas }

// Given implements web/pass.Passes.
func (s *Passes) Given(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Record, []pass.Given, error) {
	rec, _, err := s.records.own(ctx, s.records.DB.Records(), a, id)
	if err != nil {
		return rec, nil, err
	}
	all, err := s.records.DB.Passes().PassesOf(ctx, id)
	if err != nil {
		return rec, nil, err
	}
	var out []pass.Given
	for _, x := range all {
		if x.Account != a.Account { // of somebody who held the record before
			continue
		}
		uses, err := s.records.DB.Passes().PassBookers(ctx, x.ID)
		if err != nil {
			return rec, nil, err
		}
		g := pass.Given{Pass: x}
		for _, u := range uses {
			if u.System != (habeas.SystemID{}) {
				u.Who = s.records.Systems.NameOf(ctx, u.System)
			}
			g.Uses = append(g.Uses, u)
		}
		out = append(out, g)
	}
	return rec.MaskFor(false), out, nil
}

// drawTries is how often another name is drawn when one is taken.
const drawTries = 5

var errPassDraw = habeas.Unavailable("No free code was found. Try again.").WithCode("busy")

// Give implements web/pass.Passes.
func (s *Passes) Give(ctx context.Context, a habeas.Actor, id habeas.PartyID, terms party.PassTerms) (x party.Pass, code, link sealed.Value, err error) {
	for range drawTries {
		plainCode, plainLink := drawPass()
		if code, err = sealed.In(ctx).Seal("consent code", plainCode); err != nil {
			return x, code, link, err
		}
		if link, err = sealed.In(ctx).Seal("consent link", plainLink); err != nil {
			return x, code, link, err
		}
		if x, err = s.give(ctx, a, id, terms, code, link); err != errPassDraw { //nolint:errorlint // compared with the very value
			return x, code, link, err
		}
	}
	return x, code, link, err
}

func (s *Passes) give(ctx context.Context, a habeas.Actor, id habeas.PartyID, terms party.PassTerms, code, link sealed.Value) (x party.Pass, err error) {
	now, short, long := s.records.Clock.Now(), s.desk.read(code), s.desk.read(link)
	err = s.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		rec, _, err := s.records.own(ctx, tx.Records(), a, id)
		if err != nil {
			return err
		}
		all, err := tx.Passes().PassesOf(ctx, id)
		if err != nil {
			return err
		}
		live := 0
		for _, y := range all {
			if y.InForce(now) {
				live++
			}
		}
		if x, err = party.NewPass(rec, a.Account, terms, live, now); err != nil {
			return err
		}
		x.Name, x.Code, x.Link = short.Name, short.Whole, long.Whole
		switch _, taken, err := tx.Passes().PassNamed(ctx, x.Name); {
		case err != nil:
			return err
		case taken:
			return errPassDraw
		}
		return tx.Passes().CreatePass(x, s.records.event(audit.PassGiven, id, a, map[string]string{"sets": strings.Join(x.Sets, " ")}))
	})
	return x, err
}

// End implements web/pass.Passes.
func (s *Passes) End(ctx context.Context, a habeas.Actor, id habeas.PassID) (habeas.PartyID, error) {
	var about habeas.PartyID
	err := s.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		x, found, err := tx.Passes().Pass(ctx, id)
		if err != nil {
			return err
		}
		if !found || a.Account.IsZero() || x.Account != a.Account {
			return party.ErrNoPass
		}
		about = x.Party
		if !x.EndedAt.IsZero() {
			return nil // it is over already: as was wished
		}
		x.EndedAt, x.Ended = s.records.Clock.Now(), party.PassRevoked
		return tx.Passes().EndPass(x, s.records.event(audit.PassEnded, x.Party, a, map[string]string{"why": string(x.Ended)}))
	})
	return about, err
}

// Ask implements web/pass.Passes.
func (s *Passes) Ask(ctx context.Context, in account.Asking) (habeas.ChallengeID, error) {
	return s.accounts.ask(ctx, account.Challenge{Purpose: account.ForPass}, in)
}

// Prove implements web/pass.Passes.
func (s *Passes) Prove(ctx context.Context, id habeas.ChallengeID, typed sealed.Value, flow account.Token, visit [32]byte) error {
	return s.accounts.proveVisit(ctx, account.ForPass, id, typed, flow, func(tx *sqlstore.Tx, v party.Visit) error {
		v.Hash, v.Purpose = visit, party.VisitPass
		e := s.records.event(audit.AddressProved, habeas.PartyID{}, visitor, nil)
		e.Subject = habeas.SubjectID{}
		return errors.Join(tx.Ops().StartVisit(tx.Context(), v), tx.Audit(e))
	})
}

var errNobody = habeas.Forbidden("The half hour is over, or this is another browser. Type your address once more.").WithCode("consent.visit")

// Who implements web/pass.Passes.
func (s *Passes) Who(ctx context.Context, by pass.Booker) (address string, err error) {
	who, err := s.who(ctx, s.records.DB.Accounts(), s.records.DB.Notices(), by)
	return who.who, err
}

// who finds out who acts: an account, or the reader of an address that was proved in this
// browser. Both are one booker when the address is the account's.
func (s *Passes) who(ctx context.Context, from account.Reader, visits party.Notices, by pass.Booker) (booker, error) {
	out := booker{actor: by.Actor, account: by.Actor.Account}
	out.actor.Kind = habeas.ActorPerson // also somebody who works here: it is their own affair
	if out.account.IsZero() {
		v, found, err := visits.Visit(ctx, by.Visit, party.VisitPass, s.records.Clock.Now())
		if err == nil && !found {
			err = errNobody
		}
		if err != nil {
			return out, err
		}
		held, found, err := from.AddressAt(ctx, v.Address)
		if err != nil {
			return out, err
		}
		out.actor, out.who, out.name = visitor, v.Display, "address "+string(v.Address[:])
		if found {
			out.account = held.Account
		}
	}
	if !out.account.IsZero() {
		out.name = "account " + out.account.String()
	}
	if out.who == "" {
		addresses, err := from.Addresses(ctx, out.account)
		if err != nil {
			return out, err
		}
		out.who = account.Holdings{Addresses: addresses}.Main().Display
	}
	out.limits = []passLimit{s.desk.limit(out.name, party.TriesPerPerson), s.desk.limit("network "+by.Client, party.TriesPerPerson)}
	return out, nil
}

// Use implements web/pass.Passes.
func (s *Passes) Use(ctx context.Context, by pass.Booker, typed sealed.Value) (id habeas.PassID, err error) {
	code := s.desk.read(typed)
	var refused error // what is said although the rows of the try are kept
	err = s.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		who, err := s.who(ctx, tx.Accounts(), tx.Notices(), by)
		if err != nil {
			return err
		}
		o, no, err := s.desk.open(tx, code, who, habeas.TicketID{})
		if refused = no; err != nil || no != nil {
			return err
		}
		id = o.pass.ID
		if o.known() {
			return nil // let in again; what is seen is noted when it is shown
		}
		e := s.records.event(audit.PassUsed, o.pass.Party, who.actor, map[string]string{"who": who.who, "sets": strings.Join(o.pass.Sets, " ")})
		if err := tx.Passes().AddPassUse(s.desk.use(o, who), e); err != nil {
			return err
		}
		return s.desk.tell(tx, o)
	})
	if err == nil {
		err = refused
	}
	return id, err
}

// errShut is the one answer to whoever asks for what is not shared with them, or not any
// more.
var errShut = habeas.NotFound("Nothing is shared with you here. The consent may be over or taken back: type the code again, or ask for another one.").WithCode("consent.shut")

// Look implements web/pass.Passes.
func (s *Passes) Look(ctx context.Context, by pass.Booker, id habeas.PassID) (out party.Shared, who string, err error) {
	err = s.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		b, err := s.who(ctx, tx.Accounts(), tx.Notices(), by)
		if err != nil {
			return err
		}
		x, found, err := tx.Passes().Pass(ctx, id)
		if err != nil {
			return err
		}
		uses, err := tx.Passes().PassUses(ctx, id)
		if err != nil {
			return err
		}
		p, shown, err := show(ctx, tx.Records(), x, s.records.schemas, s.records.Clock)
		if err != nil {
			return err
		}
		if !found || !x.Opens(p, s.records.Clock.Now()) || !(opened{uses: uses, as: s.desk.in(x, b)}).known() {
			return errShut
		}
		out, who = party.Shared{Pass: id, Sets: shown, Until: x.Expires}, b.who
		return tx.Audit(readOfPass(s.records.Clock, b.actor, x, shown, b.who))
	})
	return out, who, err
}

// Leave implements web/pass.Passes.
func (s *Passes) Leave(ctx context.Context, visit [32]byte) error {
	return s.records.DB.Ops().EndVisit(ctx, visit)
}

// copyPasses lists the consents that a person handed over; who used them stands in the
// Activity beside.
func (r *Records) copyPasses(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]copiedLine, error) {
	all, err := r.DB.Passes().PassesOf(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []copiedLine
	for _, x := range all {
		if x.Account != a.Account {
			continue
		}
		until := x.Expires
		if !x.EndedAt.IsZero() {
			until = x.EndedAt
		}
		words := strings.TrimSpace(until.Format(time.RFC3339) + " " + x.Note)
		out = append(out, copiedLine{strings.Join(x.Sets, " "), words, x.At().Format(time.RFC3339)})
	}
	return out, nil
}
