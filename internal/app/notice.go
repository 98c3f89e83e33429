package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// Notices are the use cases about people who hold no account: who is told what, what
// they can do about it after a mailed code, and how long their records are kept
// (PTY-28, PTY-29). It is safe for concurrent use.
type Notices struct {
	records  *Records
	accounts *Accounts
	policies *Policies
	digests  *Digests // their stop links look like those of notices
}

// NewNotices returns the use cases.
func NewNotices(records *Records, accounts *Accounts, policies *Policies, digests *Digests) *Notices {
	return &Notices{records: records, accounts: accounts, policies: policies, digests: digests}
}

// Bounds of one run of a schedule: what is left is done by the next one.
const (
	sweepBatch = 100
	sweepRuns  = 20
)

// Tell writes to people about whom something is held and who were not told yet. It is
// run by schedule and may be run again at any time: each record is marked in the
// transaction that leaves its mail in the outbox.
func (n *Notices) Tell(ctx context.Context) error {
	now := n.records.Clock.Now()
	policy, err := n.policies.Current(ctx)
	if err != nil {
		return err
	}
	if err := n.records.DB.Ops().MarkBounced(ctx, now); err != nil || policy.Notices.Off {
		return err
	}
	var after habeas.PartyID
	for range sweepRuns {
		due, err := n.records.DB.Notices().ToBeTold(ctx, now.AddDate(0, 0, -policy.Notices.DelayDays), after, sweepBatch)
		if err != nil {
			return err
		}
		for _, p := range due {
			if err := n.tell(ctx, policy, p); err != nil {
				return err
			}
			after = p.ID
		}
		if len(due) < sweepBatch {
			return nil
		}
	}
	return nil
}

// tell looks at one record, writes if it should, and marks it.
func (n *Notices) tell(ctx context.Context, policy party.Policy, due party.Party) error {
	now := n.records.Clock.Now()
	return n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		p, err := w.Party(ctx, due.ID)
		if habeas.KindOf(err) == habeas.KindNotFound && err != nil {
			return nil // erased meanwhile
		}
		if err != nil {
			return err
		}
		if p.Version != due.Version {
			return nil // the next run sees what it is now
		}
		rec, said, err := n.records.load(ctx, w, p.ID)
		if err != nil {
			return err
		}
		to, hasAddress := addressOf(rec)
		h, others, err := n.holding(ctx, tx, rec, to, hasAddress)
		if err != nil {
			return err
		}
		state, names := party.JudgeNotice(p, said, hasAddress, h)
		if state == party.ToldSent {
			if err := n.post(tx, policy, rec, to, h, names, others); err != nil {
				return err
			}
		}
		return tx.Ops().MarkTold(ctx, party.Told{Party: p.ID, Version: p.Version, State: state, At: now})
	})
}

// addressOf is where the person of a record is written to.
func addressOf(rec party.Record) (email.Address, bool) {
	a, err := email.Parse(rec.Text("contact", "email"))
	return a, err == nil
}

// holding collects what stands at the address of a record: also what others who share
// it are told about, because one mail goes to an address, not one per record.
func (n *Notices) holding(ctx context.Context, tx *sqlstore.Tx, rec party.Record, to email.Address, has bool) (h party.Holding, said []party.Statement, err error) {
	if !has || rec.Party.State != party.Unclaimed {
		return h, nil, nil
	}
	w := tx.Records()
	hash := n.hash(to)
	if h.Notified, err = tx.Notices().NotifiedAt(ctx, hash); err != nil {
		return h, nil, err
	}
	if _, h.Account, err = tx.Accounts().AddressAt(ctx, hash); err != nil {
		return h, nil, err
	}
	at, err := n.at(ctx, w, hash)
	if err != nil {
		return h, nil, err
	}
	h.Blocked = true
	for _, p := range at {
		if p.State != party.Unclaimed {
			continue
		}
		found, words, err := n.records.load(ctx, w, p.ID)
		if err != nil {
			return h, nil, err
		}
		h.Blocked = h.Blocked && p.ID != rec.Party.ID
		h.Records, said = append(h.Records, found), append(said, words...)
	}
	return h, said, nil
}

func (n *Notices) hash(a email.Address) keyring.LookupHash {
	return n.records.Keys.Lookup(party.LookupEmail, a.Key())
}

// at lists the parties that an address leads to, but those it was said to be no
// address of.
func (n *Notices) at(ctx context.Context, from party.Reader, hash keyring.LookupHash) ([]party.Party, error) {
	rows, err := from.KnownAt(ctx, hash)
	if err != nil {
		return nil, err
	}
	var out []party.Party
	seen := make(map[habeas.PartyID]bool)
	for _, k := range rows {
		if seen[k.Party] || k.Identity.Left {
			continue
		}
		seen[k.Party] = true
		p, err := n.records.leadsTo(ctx, from, hash, k.Party)
		if habeas.KindOf(err) == habeas.KindNotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !p.ID.IsZero() && !p.Blocked && !slices.ContainsFunc(out, func(o party.Party) bool { return o.ID == p.ID }) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b party.Party) int { return strings.Compare(string(a.ID[:]), string(b.ID[:])) })
	return out, nil
}

// post leaves the notice in the outbox, and says on every record it covers that it was sent.
func (n *Notices) post(tx *sqlstore.Tx, policy party.Policy, rec party.Record, to email.Address, h party.Holding, names []string, said []party.Statement) error {
	language := mailLanguage(rec.Text("contact", "language"), policy.Notices.Language)
	id, err := n.records.Mailer.post(tx, habeas.SubjectOf(rec.Party.ID), Letter{
		Kind: mail.KindNotice, To: to.Mailbox(), Language: language, Link: "/notice", Stop: h.Notified.Address,
		Sets: n.labels(names, language), From: n.sources(tx, said, language),
		Why: policy.Notices.Why.In(language), Contact: policy.Notices.Contact.In(language),
		Months: policy.Retention.Months,
	})
	if err != nil {
		return err
	}
	detail := map[string]string{"sets": strings.Join(names, " ")}
	for _, other := range h.Records {
		if other.Party.ID == rec.Party.ID {
			continue
		}
		if err := tx.Audit(n.records.event(audit.NoticeSent, other.Party.ID, habeas.Server, detail)); err != nil {
			return err
		}
	}
	told := h.Notified
	told.Stop, told.Mail, told.SentAt = n.stopAt(told.Address), id, n.records.Clock.Now()
	told.Sets = append(slices.Clone(told.Sets), names...)
	slices.Sort(told.Sets)
	told.Sets = slices.Compact(told.Sets)
	return tx.Notices().SaveNotified(told, n.records.event(audit.NoticeSent, rec.Party.ID, habeas.Server, detail))
}

// mailLanguage is the language of the record, if mails are written in it, else the
// organisation's.
func mailLanguage(record, organisation string) string {
	base, _, _ := strings.Cut(strings.ToLower(record), "-")
	if slices.Contains(mail.Languages(), base) {
		return base
	}
	return organisation
}

// printer translates what is no template: labels of data sets, kinds of source.
func printer(language string) lang.Printer {
	all, err := lang.Standard()
	if err != nil { // the catalogue is part of the program and was read at the start
		return lang.Printer{}
	}
	return all.Printer(language)
}

// labels are the categories of data in a language.
func (n *Notices) labels(names []string, language string) []string {
	p := printer(language)
	var out []string
	for _, set := range n.records.schemas.Sets() { // in their order
		if slices.Contains(names, set.Name) {
			out = append(out, p.T(set.Label))
		}
	}
	return out
}

// sources names where what is held came from: systems by name, people by what they
// are, never who.
func (n *Notices) sources(tx *sqlstore.Tx, said []party.Statement, language string) []string {
	p := printer(language)
	var out []string
	for _, o := range party.Origins(said) {
		name := p.T("People who work here")
		switch o.Source.Kind {
		case party.FromSystem:
			name = n.records.Systems.NameOf(tx.Context(), o.Source.System)
		case party.FromImport:
			name = p.T("A list that was read in")
		case party.FromGuardian:
			name = p.T("A guardian")
		case party.FromSelf, party.FromStaff:
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// stopToken is what a stop link carries: 128 bits derived from the address, so that
// every mail to it carries the same, and only a hash of it is in a row (PTY-A24).
func stopToken(keys *keyring.Ring, address keyring.LookupHash) []byte {
	t := keys.Lookup("notice-stop", string(address[:]))
	defer clear(t[:])
	return base64.RawURLEncoding.AppendEncode(nil, t[:])
}

// stopAt is what a row holds of the token of an address's stop link.
func (n *Notices) stopAt(address keyring.LookupHash) (h party.StopToken) {
	sealed.Do(func() {
		token := stopToken(n.records.Keys, address)
		defer clear(token)
		h = sha256.Sum256(token)
	})
	return h
}

// stopHash is stopAt of a token that somebody shows. One that cannot be read is nobody's.
func stopHash(token sealed.Value) (h party.StopToken) {
	if token.Use(func(text []byte) error { h = sha256.Sum256(text); return nil }) != nil {
		_, _ = rand.Read(h[:]) // never fails: crypto/rand aborts the program instead
	}
	return h
}
