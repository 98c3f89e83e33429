package app

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/match/table"
)

// Preview is what would be handed over now. It is a look at somebody's data, so it is
// witnessed with the ground as its purpose before anything is shown (ADM-02).
func (s *Releases) Preview(ctx context.Context, a habeas.Actor, id habeas.ReleaseID) (account.Case, account.Handed, error) {
	c, err := s.At(ctx, a, id)
	if err != nil {
		return c, account.Handed{}, err
	}
	if err := s.may(&a, c); err != nil {
		return c, account.Handed{}, err
	}
	if !c.Deciding() {
		return c, account.Handed{}, habeas.Conflict("This case is decided.").WithCode("release.closed")
	}
	if err := s.look(ctx, a, id, audit.ReleaseRead); err != nil {
		return c, account.Handed{}, err
	}
	out, err := s.gather(ctx, c, s.clock.Now())
	return c, out, err
}

// look witnesses that somebody sees data of a case.
func (s *Releases) look(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, event audit.Event) error {
	return s.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		c, err := tx.Releases().Case(ctx, id)
		if err != nil {
			return err
		}
		e := s.entry(a, &c, event, nil)
		if !c.Held(s.clock.Now()) {
			return tx.Audit(e)
		}
		return tx.Releases().SaveCase(c.Seen(), e)
	})
}

// Release decides that the data go out and makes the file, or, for key material, asks for a
// second administrator.
func (s *Releases) Release(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64, why string) error {
	return s.give(ctx, a, id, version, func(c account.Case, now time.Time) (account.Case, error) { return c.Release(a.Account, why, now) })
}

// Confirm is what the second administrator says. No private key is kept here yet, so what
// comes of it is the recorded approval.
func (s *Releases) Confirm(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64) error {
	return s.give(ctx, a, id, version, func(c account.Case, now time.Time) (account.Case, error) { return c.Confirm(a.Account, now) })
}

func (s *Releases) give(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64, step func(account.Case, time.Time) (account.Case, error)) error {
	seen, err := s.At(ctx, a, id)
	if err != nil {
		return err
	}
	if err := s.may(&a, seen); err != nil {
		return err
	}
	now := s.clock.Now()
	if err := seen.Obstacle(now); err != nil {
		return err // before anything is read
	}
	handed, err := s.gather(ctx, seen, now)
	if err != nil {
		return err
	}
	file, err := json.MarshalIndent(handed, "", "  ")
	if err != nil {
		return habeas.Internal(err)
	}
	return s.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		c, err := tx.Releases().Case(ctx, id)
		if err != nil {
			return err
		}
		if c.Version != version || c.Version != seen.Version {
			return account.ErrCaseMoved
		}
		if c, err = step(c, now); err != nil {
			return err
		}
		if c.State == account.CaseAsked {
			_, err := s.save(tx, a, c, audit.ReleaseAsked, nil)
			return err
		}
		e := s.entry(a, &c, audit.ReleaseGiven, nil)
		return tx.Releases().SaveGiven(c, file, e)
	})
}

// File is what was handed over, as "json" or "csv". Each time somebody takes it is witnessed.
func (s *Releases) File(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, format string) ([]byte, error) {
	c, err := s.At(ctx, a, id)
	if err != nil {
		return nil, err
	}
	if err := s.may(&a, c); err != nil {
		return nil, err
	}
	if c.State != account.CaseReleased || c.Account.IsZero() {
		return nil, account.ErrNoCase
	}
	file, err := s.db.Releases().File(ctx, c)
	if err != nil {
		return nil, err
	}
	if format == "csv" {
		if file, err = handedCSV(file); err != nil {
			return nil, err
		}
	}
	return file, s.look(ctx, a, id, audit.ReleaseTaken)
}

// handedCSV writes a file as a table that no program takes for formulas.
func handedCSV(file []byte) ([]byte, error) {
	var h account.Handed
	if err := json.Unmarshal(file, &h); err != nil {
		return nil, habeas.Internal(err)
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write([]string{"case", "set", "at", "what", "value"})
	for _, set := range h.Sets {
		for _, l := range set.Lines {
			at := ""
			if !l.At.IsZero() {
				at = l.At.Format(time.RFC3339)
			}
			_ = w.Write(table.Defuse([]string{h.Case, string(set.Set), at, l.What, l.Value}))
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// gather collects exactly the data sets of a case.
func (s *Releases) gather(ctx context.Context, c account.Case, now time.Time) (account.Handed, error) {
	out := account.Handed{
		Case: c.Number(), Organisation: s.accounts.mailer.Organisation, Ground: c.Ground, Requester: c.Words.Requester, Released: now.UTC(),
	}
	of := map[account.DataSet]func(context.Context, account.Case) ([]account.HandedLine, error){
		account.DataAccount: s.accountLines, account.DataAddresses: s.addressLines, account.DataSignIns: s.signInLines,
		account.DataCredentials: s.credentialLines, account.DataRoles: s.roleLines, account.DataActs: s.actLines,
		account.DataKey: func(context.Context, account.Case) ([]account.HandedLine, error) {
			return []account.HandedLine{account.KeyLine}, nil
		},
	}
	for _, term := range account.DataTerms() {
		if !c.Has(term.Set) {
			continue
		}
		lines, err := of[term.Set](ctx, c)
		if err != nil {
			return out, err
		}
		out.Sets = append(out.Sets, account.HandedSet{Set: term.Set, Lines: lines})
	}
	return out, nil
}

func (s *Releases) accountLines(ctx context.Context, c account.Case) ([]account.HandedLine, error) {
	who, err := s.db.Accounts().Account(ctx, c.Account)
	if err != nil {
		return nil, err
	}
	out := []account.HandedLine{
		{At: who.CreatedAt, What: "account", Value: string(who.State)}, {What: "name", Value: who.Profile.Name}, {What: "language", Value: who.Profile.Language},
	}
	g, found, err := s.db.Accounts().Registration(ctx, c.Account)
	if err != nil || !found {
		return out, err
	}
	return append(out, // but for the address, which is a data set of its own
		account.HandedLine{At: g.At, What: "registered name", Value: g.Subject.Name}, account.HandedLine{What: "country", Value: g.Subject.Country},
		account.HandedLine{What: "organisation", Value: g.Subject.Organisation}, account.HandedLine{What: "username", Value: g.Subject.Username},
		account.HandedLine{At: g.Ends, What: "registration ends"}), nil
}

func (s *Releases) addressLines(ctx context.Context, c account.Case) (out []account.HandedLine, err error) {
	all, err := s.db.Accounts().Addresses(ctx, c.Account)
	for _, address := range all {
		what := "address"
		if address.Main {
			what = "main address"
		}
		out = append(out, account.HandedLine{At: address.ProvedAt, What: what, Value: address.Display})
	}
	return out, err
}

func (s *Releases) credentialLines(ctx context.Context, c account.Case) ([]account.HandedLine, error) {
	keys, err := s.db.Accounts().Passkeys(ctx, c.Account)
	if err != nil {
		return nil, err
	}
	links, err := s.db.Accounts().ProviderLinks(ctx, c.Account)
	if err != nil {
		return nil, err
	}
	certificates, err := s.db.Accounts().Certificates(ctx, c.Account)
	if err != nil {
		return nil, err
	}
	out := []account.HandedLine{}
	line := func(what, value string, added, used time.Time) {
		out = append(out, account.HandedLine{At: added, What: what + " added", Value: value})
		if !used.IsZero() {
			out = append(out, account.HandedLine{At: used, What: what + " last used", Value: value})
		}
	}
	for _, k := range keys {
		line("passkey", k.Name, k.AddedAt, k.UsedAt)
	}
	for _, l := range links {
		line("identity provider", l.Issuer, l.AddedAt, l.UsedAt)
	}
	for _, cert := range certificates { // serial numbers; who has one knows its name already
		what := string(cert.Authority) + " certificate "
		out = append(out, account.HandedLine{At: cert.IssuedAt, What: what + "issued", Value: cert.Serial.String()})
		if cert.Revoked() {
			out = append(out, account.HandedLine{At: cert.RevokedAt, What: what + "revoked", Value: cert.Serial.String()})
		}
	}
	return out, nil
}

func (s *Releases) roleLines(ctx context.Context, c account.Case) ([]account.HandedLine, error) {
	all, err := s.db.Accounts().Grants(ctx)
	out := []account.HandedLine{}
	for _, g := range all {
		if g.Holder == c.Account {
			out = append(out, account.HandedLine{At: g.At, What: "role", Value: string(g.Role)})
		}
	}
	return out, err
}

// signInEvents are what the sign-in log consists of.
var signInEvents = []audit.Event{audit.SignInSucceeded, audit.SignInFailed, audit.SignedOut, audit.AccountRecovered}

func (s *Releases) signInLines(ctx context.Context, c account.Case) ([]account.HandedLine, error) {
	return s.lines(ctx, habeas.SubjectOf(c.Account), func(w audit.Witnessed) bool { return slices.Contains(signInEvents, w.Event) })
}

// actLines are what the account did itself, in its own affairs and in the records that it
// has. What others did to it is not theirs to be handed over.
func (s *Releases) actLines(ctx context.Context, c account.Case) ([]account.HandedLine, error) {
	subjects, err := s.records.subjects(ctx, habeas.Actor{Kind: habeas.ActorPerson, Account: c.Account})
	if err != nil {
		return nil, err
	}
	out := []account.HandedLine{}
	for subject := range subjects {
		lines, err := s.lines(ctx, subject, func(w audit.Witnessed) bool {
			return w.Actor.Kind == habeas.ActorPerson && w.Actor.Account == c.Account && !slices.Contains(signInEvents, w.Event)
		})
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	slices.SortStableFunc(out, func(x, y account.HandedLine) int { return x.At.Compare(y.At) })
	return out, nil
}

// logPage is how many lines of the ledger are read at once.
const logPage = 500

// lines reads the lines of a subject that are wanted, oldest first.
func (s *Releases) lines(ctx context.Context, subject habeas.SubjectID, want func(audit.Witnessed) bool) ([]account.HandedLine, error) {
	out, before := []account.HandedLine{}, habeas.EventID{}
	for {
		page, err := s.db.Events(ctx, subject, before, logPage)
		if err != nil {
			return nil, err
		}
		for _, w := range page {
			before = w.ID
			if want(w) {
				out = append(out, account.HandedLine{At: w.At, What: string(w.Event), Value: w.Detail["proof"]})
			}
		}
		if len(page) == 0 {
			slices.Reverse(out)
			return out, nil
		}
	}
}
