package app

import (
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// Digests tells people who looked at their records, as often as they wish (PTY-20). What
// a digest covers is a span of the ledger's lines: spans follow each other without gap or
// overlap, whatever clocks, restarts and other nodes do. It is safe for concurrent use.
type Digests struct {
	records  *Records
	accounts *Accounts
	policies *Policies
}

// NewDigests returns the use cases.
func NewDigests(records *Records, accounts *Accounts, policies *Policies) *Digests {
	return &Digests{records: records, accounts: accounts, policies: policies}
}

// digestPage is where a digest is read and chosen.
const digestPage = "/me/notifications"

// newAccount is how old an account may be whose first digest begins with its first day.
const newAccount = 30 * 24 * time.Hour

// Tell begins digests for accounts that have none, and sends those that are due. It is
// run by schedule and may be run again at any time, on several nodes at once.
func (d *Digests) Tell(ctx context.Context) error {
	policy, err := d.policies.Current(ctx)
	if err != nil {
		return err
	}
	now, store := d.records.Clock.Now(), d.records.DB.Digests()
	size, err := d.records.DB.Size(ctx)
	if err != nil {
		return err
	}
	for range sweepRuns {
		begin, err := store.Undigested(ctx, sweepBatch)
		if err != nil {
			return err
		}
		for _, id := range begin {
			from := size // an account of before there were digests begins with what comes
			if now.Sub(id.Time()) < newAccount {
				from = 0
			}
			first := d.begun(id, from).Told(from, now, policy.Digests.Location(), policy.Digests.Hour)
			if _, err := d.records.DB.Ops().MarkDigest(ctx, nil, first); err != nil {
				return err
			}
		}
		if len(begin) < sweepBatch {
			break
		}
	}
	for range sweepRuns {
		due, err := store.DueDigests(ctx, now, sweepBatch)
		if err != nil {
			return err
		}
		for _, id := range due {
			if err := d.tell(ctx, policy.Digests, id, now); err != nil && !gone(err) {
				return err
			}
		}
		if len(due) < sweepBatch {
			return nil
		}
	}
	return nil
}

// begun is the digest of an account before anything was told.
func (d *Digests) begun(id habeas.AccountID, line int64) account.Digest {
	out := account.Digest{Account: id, Line: line}
	sealed.Do(func() {
		token := stopToken(d.records.Keys, d.stopOf(id))
		defer clear(token)
		out.Stop = sha256.Sum256(token)
	})
	return out
}

// stopOf is what the stop link of an account's digests is derived from.
func (d *Digests) stopOf(id habeas.AccountID) keyring.LookupHash {
	return d.records.Keys.Lookup("digest", string(id[:]))
}

// tell sends one digest if there is something to tell, and notes how far it went. Mail
// and note commit together, and only where the note before is still as it was read.
func (d *Digests) tell(ctx context.Context, policy party.DigestPolicy, id habeas.AccountID, now time.Time) error {
	db := d.records.DB
	was, found, err := db.Digests().Digest(ctx, id)
	if err != nil || !found {
		return err
	}
	back, err := db.Digests().Returned(ctx, was.Mail)
	if err != nil {
		return err
	}
	if back {
		_, err := db.Ops().MarkDigest(ctx, &was, was.Bounced(now))
		return err
	}
	size, err := db.Size(ctx)
	if err != nil {
		return err
	}
	looks, err := d.looks(ctx, was, size)
	if err != nil {
		return err
	}
	next := was.Told(size, now, policy.Location(), policy.Hour)
	if len(looks) == 0 {
		_, err := db.Ops().MarkDigest(ctx, &was, next)
		return err
	}
	return db.InTx(ctx, func(tx *sqlstore.Tx) error {
		main, err := mainOf(tx, id)
		if err != nil {
			return err
		}
		who, err := tx.Accounts().Account(ctx, id)
		if err != nil {
			return err
		}
		letter := Letter{
			Kind: mail.KindDigest, To: main.Mailbox, Language: who.Profile.Language, Link: "/me/activity", More: digestPage,
			Lines: d.words(ctx, looks, who.Profile.Language), Stop: d.stopOf(id),
		}
		if next.Mail, err = d.records.Mailer.post(tx, habeas.SubjectOf(id), letter); err != nil {
			return err
		}
		ok, err := tx.Digests().SaveDigest(&was, next, d.accounts.entry(audit.DigestSent, habeas.SubjectOf(id), habeas.Server, nil))
		if err == nil && !ok {
			err = errToldAlready
		}
		return err
	})
}

// errToldAlready takes back a digest that another node has sent meanwhile.
var errToldAlready = habeas.Gone("This digest was sent already.").WithCode("digest.told")

// looked is one kind of look with what tells it apart: the purpose, or the system.
type looked struct {
	kind account.Telling
	by   string
}

// looks counts who looked at an account's records on the lines that it was not told of.
func (d *Digests) looks(ctx context.Context, of account.Digest, to int64) (map[looked]int, error) {
	who, err := d.records.DB.Accounts().Account(ctx, of.Account)
	if err != nil || who.StateAt(d.records.Clock.Now()) != account.Active {
		return nil, err
	}
	subjects, err := d.records.subjects(ctx, habeas.Actor{Account: of.Account})
	if err != nil {
		return nil, err
	}
	counts, since := make(map[looked]int), who.CreatedAt.Truncate(time.Second) // lines keep no finer time
	for subject := range subjects {
		events, err := d.records.DB.EventsIn(ctx, subject, of.Line, to)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			// What happened before there was an account is in its Activity; no mail tells it.
			l, ok := lookOf(e.Entry)
			if ok && e.Actor.Account != of.Account && of.Wish.Wants(l.kind) && !e.At.Before(since) {
				counts[l]++
			}
		}
	}
	return counts, nil
}

// lookOf tells which kind of look an entry is; ok is false when it is none.
func lookOf(e audit.Entry) (l looked, ok bool) {
	system := e.Actor.Kind == habeas.ActorSystem
	switch e.Event {
	case audit.PartyRead:
		if system {
			return looked{account.TellReads, e.Actor.System.String()}, true
		}
		return looked{account.TellLooks, e.Actor.Purpose}, true
	case audit.PartyListed:
		return looked{kind: account.TellLists}, true
	case audit.PassUsed, audit.PassRead:
		if e.Event == audit.PassRead && e.Detail["sets"] == "" {
			return l, false // nothing was to be seen
		}
		if system {
			return looked{account.TellCodes, e.Actor.System.String()}, true
		}
		return looked{kind: account.TellCodes}, true
	default:
		return l, false
	}
}

// words says what was counted, kind by kind: numbers, purposes and systems, nobody's name.
func (d *Digests) words(ctx context.Context, counts map[looked]int, language string) []string {
	p := printer(language)
	var out []string
	for _, kind := range account.InDigest {
		var lines []string
		for _, l := range slices.Collect(maps.Keys(counts)) {
			if l.kind != kind {
				continue
			}
			n, name := counts[l], ""
			if l.by != "" && (kind == account.TellReads || kind == account.TellCodes) {
				if id, err := habeas.ParseID[habeas.SystemKind](l.by); err == nil {
					name = d.records.Systems.NameOf(ctx, id)
				}
			}
			lines = append(lines, lookWords(p, l, n, name))
		}
		slices.SortFunc(lines, strings.Compare)
		out = append(out, lines...)
	}
	return out
}

// lookWords are one line of a digest.
func lookWords(p lang.Printer, l looked, n int, system string) string {
	say := func(one, other string, pairs ...any) string {
		if n != 1 {
			one = other
		}
		return p.T(one, append([]any{"n", n}, pairs...)...)
	}
	switch {
	case l.kind == account.TellReads:
		return say(lang.Mark("{n} read by {system}"), lang.Mark("{n} reads by {system}"), "system", system)
	case l.kind == account.TellCodes && system != "":
		return say(lang.Mark("{n} use of a consent code by {system}"), lang.Mark("{n} uses of a consent code by {system}"), "system", system)
	case l.kind == account.TellCodes:
		return say(lang.Mark("{n} look with a consent code of yours"), lang.Mark("{n} looks with a consent code of yours"))
	case l.kind == account.TellLists:
		return say(lang.Mark("{n} time in a list that staff saw"), lang.Mark("{n} times in lists that staff saw"))
	case l.by == "":
		return say(lang.Mark("{n} look by staff"), lang.Mark("{n} looks by staff"))
	}
	return say(lang.Mark("{n} look by staff for “{purpose}”"), lang.Mark("{n} looks by staff for “{purpose}”"), "purpose", p.T(l.by))
}

// Wish returns how an account wants to be told, and whether its mail came back.
func (d *Digests) Wish(ctx context.Context, a habeas.Actor) (account.Digest, error) {
	of, found, err := d.records.DB.Digests().Digest(ctx, a.Account)
	if err == nil && !found {
		of = d.begun(a.Account, 0)
	}
	return of, err
}

// Choose changes how the actor is told.
func (d *Digests) Choose(ctx context.Context, a habeas.Actor, w account.Wish) error {
	if err := w.Check(); err != nil {
		return err
	}
	return d.change(ctx, a.Account, a, func(of account.Digest, size int64, policy party.DigestPolicy, now time.Time) account.Digest {
		return of.Wished(w, size, now, policy.Location(), policy.Hour)
	})
}

// Mend says that the actor's address is good again.
func (d *Digests) Mend(ctx context.Context, a habeas.Actor) error {
	return d.change(ctx, a.Account, a, func(of account.Digest, _ int64, policy party.DigestPolicy, now time.Time) account.Digest {
		return of.Mended(now, policy.Location(), policy.Hour)
	})
}

// change writes what somebody has chosen, however often another node comes between.
func (d *Digests) change(ctx context.Context, id habeas.AccountID, a habeas.Actor, do func(of account.Digest, size int64, policy party.DigestPolicy, now time.Time) account.Digest) error {
	policy, err := d.policies.Current(ctx)
	if err != nil {
		return err
	}
	size, err := d.records.DB.Size(ctx)
	if err != nil {
		return err
	}
	now := d.records.Clock.Now()
	return d.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		of, found, err := tx.Digests().Digest(ctx, id)
		if err != nil {
			return err
		}
		was := &of
		if !found {
			of, was = d.begun(id, size), nil
		}
		next := do(of, size, policy.Digests, now)
		e := d.accounts.entry(audit.TellingChosen, habeas.SubjectOf(id), a, map[string]string{"every": string(next.Wish.Often())})
		ok, err := tx.Digests().SaveDigest(was, next, e)
		if err == nil && !ok {
			err = habeas.Conflict("This changed while you were looking at it. Try again.").WithCode("digest.changed")
		}
		return err
	})
}

// Stopped says whether the digests of a stop link are off; found is false when the link
// is none of a digest. It changes nothing.
func (d *Digests) Stopped(ctx context.Context, stop [32]byte) (off, found bool, err error) {
	of, found, err := d.records.DB.Digests().DigestBy(ctx, stop)
	return of.Wish.Often() == account.Never, found, err
}

// StopBy switches the digests of a stop link off, or on again as often as by default.
// Doing it twice is the same as once.
func (d *Digests) StopBy(ctx context.Context, stop [32]byte, off bool) (found bool, err error) {
	of, found, err := d.records.DB.Digests().DigestBy(ctx, stop)
	if err != nil || !found || off == (of.Wish.Often() == account.Never) {
		return found, err
	}
	return true, d.change(ctx, of.Account, visitor, func(of account.Digest, size int64, policy party.DigestPolicy, now time.Time) account.Digest {
		w := of.Wish
		w.Every = account.Weekly
		if off {
			w.Every = account.Never
		}
		return of.Wished(w, size, now, policy.Location(), policy.Hour)
	})
}
