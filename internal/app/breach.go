package app

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Breaches are the use cases of the register of breaches (GDPR articles 33 and 34). All
// refuse everybody who is no administrator. It is safe for concurrent use.
type Breaches struct {
	records *Records
}

// NewBreaches returns the use cases.
func NewBreaches(records *Records) *Breaches { return &Breaches{records} }

func breachesFor(a *habeas.Actor) error {
	if !a.Has(habeas.RoleAdministrator) {
		return account.ErrNotAdministrator
	}
	*a = atWork(*a)
	return nil
}

// List lists the register, what was noticed last first.
func (b *Breaches) List(ctx context.Context, a habeas.Actor, limit int) ([]party.Breach, error) {
	if err := breachesFor(&a); err != nil {
		return nil, err
	}
	return b.records.DB.Breaches().Noticed(ctx, limit)
}

// At is one breach with what became of its letters.
func (b *Breaches) At(ctx context.Context, a habeas.Actor, id habeas.BreachID) (party.Breach, map[string]int, error) {
	if err := breachesFor(&a); err != nil {
		return party.Breach{}, nil, err
	}
	found, err := b.records.DB.Breaches().Breach(ctx, id)
	if err != nil {
		return found, nil, err
	}
	letters, err := b.records.DB.Breaches().Letters(ctx, id)
	return found, letters, err
}

// Open begins a line of the register: the clock runs from when the breach was noticed.
func (b *Breaches) Open(ctx context.Context, a habeas.Actor, noticed time.Time, facts party.BreachFacts) (out party.Breach, err error) {
	if err := breachesFor(&a); err != nil {
		return out, err
	}
	if err := facts.Check(b.records.schemas); err != nil {
		return out, err
	}
	if out, err = party.OpenBreach(noticed, facts, b.records.Clock.Now()); err != nil {
		return out, err
	}
	return out, b.save(ctx, a, out, audit.BreachOpened, "open")
}

func (b *Breaches) save(ctx context.Context, a habeas.Actor, to party.Breach, event audit.Event, what string) error {
	return b.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return tx.Breaches().SaveBreach(to, b.event(event, a, to, what))
	})
}

// event witnesses a step; what it says of the breach is its number and which step it was.
func (b *Breaches) event(event audit.Event, a habeas.Actor, of party.Breach, what string) audit.Entry {
	return b.records.houseEvent(event, a, map[string]string{"breach": of.ID.String(), "version": strconv.FormatInt(of.Version, 10), "step": what})
}

// change does one step on the version that was seen.
func (b *Breaches) change(ctx context.Context, a habeas.Actor, id habeas.BreachID, version int64, what string, step func(party.Breach) (party.Breach, error)) error {
	if err := breachesFor(&a); err != nil {
		return err
	}
	is, err := b.records.DB.Breaches().Breach(ctx, id)
	if err != nil {
		return err
	}
	if is.Version != version {
		return party.ErrBreachMoved
	}
	if is, err = step(is); err != nil {
		return err
	}
	return b.save(ctx, a, is, audit.BreachChanged, what)
}

// Change puts other facts into the register.
func (b *Breaches) Change(ctx context.Context, a habeas.Actor, id habeas.BreachID, version int64, facts party.BreachFacts) error {
	if err := facts.Check(b.records.schemas); err != nil {
		return err
	}
	return b.change(ctx, a, id, version, "facts", func(is party.Breach) (party.Breach, error) { return is.Change(facts) })
}

// Notify notes a notification to the supervisory authority.
func (b *Breaches) Notify(ctx context.Context, a habeas.Actor, id habeas.BreachID, version int64, at time.Time, words string) error {
	return b.change(ctx, a, id, version, "notified", func(is party.Breach) (party.Breach, error) {
		return is.Notify(at, words, b.records.Clock.Now())
	})
}

// Close ends the work on a breach, or begins it again.
func (b *Breaches) Close(ctx context.Context, a habeas.Actor, id habeas.BreachID, version int64, closed bool) error {
	return b.change(ctx, a, id, version, "closed "+strconv.FormatBool(closed), func(is party.Breach) (party.Breach, error) {
		if !closed {
			return is.Reopen(), nil
		}
		return is.Close(b.records.Clock.Now())
	})
}

// concerned lists the records of which something was said that chooses them, each once.
func (b *Breaches) concerned(ctx context.Context, by party.Affected) ([]habeas.PartyID, error) {
	seen := make(map[habeas.PartyID]bool)
	err := b.records.DB.Records().Each(ctx, func(_ party.Party, s party.Statement) {
		if by.Has(s) {
			seen[s.Party] = true
		}
	})
	if err != nil {
		return nil, err
	}
	tops := make(map[habeas.PartyID]bool, len(seen))
	for id := range seen {
		top, err := b.records.DB.Records().Top(ctx, id)
		if err != nil {
			return nil, err
		}
		tops[top] = true
	}
	out := make([]habeas.PartyID, 0, len(tops))
	for id := range tops {
		out = append(out, id)
	}
	slices.SortFunc(out, func(x, y habeas.PartyID) int { return strings.Compare(string(x[:]), string(y[:])) })
	return out, nil
}

// Count counts the records that a choice concerns, before anybody is written to.
func (b *Breaches) Count(ctx context.Context, a habeas.Actor, by party.Affected) (int, error) {
	if err := breachesFor(&a); err != nil {
		return 0, err
	}
	all, err := b.concerned(ctx, by)
	return len(all), err
}

// letterBatch is how many people are written to in one transaction.
const letterBatch = 50

var errLetterWords = habeas.Invalid("words", "Write what happened, what it may mean and what people can do, in both languages, at most 1000 characters each.").WithCode("breach.words")

// Write leaves a letter for everybody whom the choice concerns and who was not written to
// because of this breach already, in their language. It returns how many letters there are
// and how many people no letter reaches.
func (b *Breaches) Write(ctx context.Context, a habeas.Actor, id habeas.BreachID, version int64, by party.Affected, words party.Texts) (party.Mailing, error) {
	out := party.Mailing{At: b.records.Clock.Now(), Affected: by}
	for _, language := range mail.Languages() {
		if text := strings.TrimSpace(words[language]); text == "" || utf8.RuneCountInString(text) > 1000 {
			return out, errLetterWords
		}
	}
	err := b.change(ctx, a, id, version, "letters begun", func(is party.Breach) (party.Breach, error) {
		is.Version++ // two who press at once do not write twice
		return is, nil
	})
	if err != nil {
		return out, err
	}
	all, err := b.concerned(ctx, by)
	if err != nil {
		return out, err
	}
	for batch := range slices.Chunk(all, letterBatch) {
		letters, without := 0, 0
		err := b.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
			letters, without = 0, 0 // a repeated run begins anew
			for _, one := range batch {
				sent, reached, err := b.write(tx, a, id, one, words)
				if err != nil {
					return err
				}
				letters += sent
				if !reached {
					without++
				}
			}
			return nil
		})
		if err != nil {
			return out, err
		}
		out.Letters, out.Without = out.Letters+letters, out.Without+without
	}
	return out, b.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		is, err := tx.Breaches().Breach(tx.Context(), id)
		if err != nil {
			return err
		}
		is.Mailings = append(slices.Clone(is.Mailings), out)
		is.Version++
		return tx.Breaches().SaveBreach(is, b.event(audit.BreachWritten, atWork(a), is, "letters"))
	})
}

// write leaves the letter for the person of one record. The mark by which a second one is
// known is this breach's alone and leads to nobody.
func (b *Breaches) write(tx *sqlstore.Tx, a habeas.Actor, id habeas.BreachID, about habeas.PartyID, words party.Texts) (sent int, reached bool, err error) {
	r := b.records
	mark := r.Keys.Lookup("breach-letter", string(id[:])+string(about[:]))
	if told, err := tx.Breaches().Told(tx.Context(), id, mark); err != nil || told {
		return 0, true, err
	}
	rec, _, err := r.load(tx.Context(), tx.Records(), about)
	if k := habeas.KindOf(err); err != nil && (k == habeas.KindNotFound || k == habeas.KindGone) {
		return 0, true, nil // erased meanwhile
	}
	if err != nil {
		return 0, false, err
	}
	to, language := "", rec.Text("contact", "language")
	if rec.Party.State == party.Claimed {
		if to, language, err = r.Accounts.MainAddress(tx.Context(), rec.Party.Account); err != nil {
			return 0, false, err
		}
	} else if address, ok := addressOf(rec); ok && !rec.Party.Blocked {
		to = address.Mailbox()
	}
	if to == "" {
		return 0, false, nil
	}
	mailed, err := r.Mailer.post(tx, habeas.SubjectOf(about), Letter{
		Kind: mail.KindBreach, To: to, Language: language, Link: "/notice", Why: words.In(language),
	})
	if err != nil {
		return 0, false, err
	}
	told := r.event(audit.BreachTold, about, atWork(a), nil)
	return 1, true, tx.Breaches().SaveBreachLetter(id, mark, mailed, told)
}
