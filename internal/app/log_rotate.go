package app

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app/archive"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// logBatch is how many lines are read, or removed in one transaction.
const logBatch = 1000

// Rotate moves every month of the log whose time is over into the archive and out of here,
// with the ledger's detail beside each line, and destroys the month's key (LOG-06, LOG-07).
// It is run by schedule, and repeats what it could not finish. A line stands in the archive
// before it goes from here; one that was archived by a run that was interrupted stands there
// twice, under one name.
func (l *Logs) Rotate(ctx context.Context) error {
	for {
		at, found, err := l.DB.Logs().Oldest(ctx)
		if err != nil {
			return err
		}
		now := l.Clock.Now()
		month := account.MonthOf(at)
		if !found || now.Before(account.LeavesAt(month)) {
			return l.endKeys(ctx, now)
		}
		if err := l.rotate(ctx, month, now); err != nil {
			return err
		}
	}
}

// endKeys destroys the keys of the months that left, those too that had no lines at the end.
// It looks back a year: a server that stood still for longer is caught up with by Rotate.
func (l *Logs) endKeys(ctx context.Context, now time.Time) error {
	since := account.LogSince(now)
	for month := since.AddDate(0, -12, 0); month.Before(since); month = month.AddDate(0, 1, 0) {
		if err := l.Keys.DestroyLogMonth(ctx, month); err != nil {
			return err
		}
	}
	return nil
}

// rotate moves one month.
func (l *Logs) rotate(ctx context.Context, month, now time.Time) error {
	file, digest, err := l.write(ctx, month)
	if err != nil {
		// The promise of six months is to people, the archive is for us: when it cannot be
		// written in the day that is left for that, the lines go all the same.
		if now.Before(month.AddDate(0, account.LogMonths, 0)) {
			return err
		}
		l.Log.Error("a month of the log leaves without having been archived", "error", err)
		file, digest = "", "failed"
	}
	for {
		lines, err := l.DB.Logs().LinesIn(ctx, month, habeas.EventID{}, logBatch)
		if err != nil {
			return err
		}
		if len(lines) == 0 {
			break
		}
		detail := map[string]string{"month": month.Format("2006-01"), "lines": strconv.Itoa(len(lines)), "file": file, "sha256": digest}
		if err := l.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
			_, err := tx.Logs().TakeLines(month, lines, l.event(audit.LogRotated, habeas.AccountID{}, habeas.Server, detail))
			return err
		}); err != nil {
			return err
		}
	}
	return l.Keys.DestroyLogMonth(ctx, month)
}

// write makes the archive file of a month. Without an archive there is none.
func (l *Logs) write(ctx context.Context, month time.Time) (name, digest string, err error) {
	if l.Archive.To == nil {
		return "", "none", nil
	}
	f, err := archive.Create(l.Archive.Dir, l.Archive.To, month)
	if err != nil {
		return "", "", err
	}
	defer func() { _ = f.Abort() }() // after Close it does nothing
	if err := l.writeLines(ctx, f, month); err != nil {
		return "", "", err
	}
	if err := l.writeActs(ctx, f, month); err != nil {
		return "", "", err
	}
	return f.Close()
}

func (l *Logs) writeLines(ctx context.Context, f *archive.File, month time.Time) error {
	var after habeas.EventID
	for {
		lines, err := l.DB.Logs().LinesIn(ctx, month, after, logBatch)
		if err != nil {
			return err
		}
		for _, one := range lines {
			after = one.Event
			out := archive.Line{Kind: archive.KindLog, ID: one.Event.String(), At: one.At.Format(time.RFC3339), Class: string(one.Class), Credential: one.Credential}
			if !one.Account.IsZero() {
				key, err := l.Keys.Key(ctx, habeas.SubjectOf(one.Account))
				if habeas.KindOf(err) == habeas.KindGone {
					continue // erased: no line of theirs leaves any more
				}
				if err != nil {
					return err
				}
				out.Who = pseudonymText(account.ArchivedAs(key))
			}
			if err := f.Add(out); err != nil {
				return err
			}
		}
		if len(lines) < logBatch {
			return nil
		}
	}
}

// writeActs adds the contributions of the month: they stay here and are kept there, too
// (LOG-12).
func (l *Logs) writeActs(ctx context.Context, f *archive.File, month time.Time) error {
	after := firstID(month)
	for {
		acts, err := l.DB.Logs().ContributionsAfter(ctx, after, logBatch)
		if err != nil {
			return err
		}
		for _, act := range acts {
			after = act.ID
			if !act.At.Before(month.AddDate(0, 1, 0)) {
				return nil
			}
			out := archive.Line{
				Kind: archive.KindContribution, ID: act.ID.String(), At: act.At.Format(time.RFC3339), Who: pseudonymText(act.By),
				Operation: string(act.Operation), Object: act.Object, Refused: act.Refused,
			}
			if !act.Via.IsZero() {
				out.Via = act.Via.String()
			}
			if !act.Through.IsZero() {
				out.Through = pseudonymText(act.Through)
			}
			if err := f.Add(out); err != nil {
				return err
			}
		}
		if len(acts) < logBatch {
			return nil
		}
	}
}

// firstID sorts before every contribution of a moment.
func firstID(at time.Time) (id habeas.ContributionID) {
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	return id
}

var pseudonymLetters = base32.StdEncoding.WithPadding(base32.NoPadding)

// pseudonymText is how a pseudonym is written.
func pseudonymText(p account.Pseudonym) string {
	return strings.ToLower(pseudonymLetters.EncodeToString(p[:]))
}

// check is the logs' part of the server's health.
func (l *Logs) check(ctx context.Context) Check {
	c := Check{Name: "log", Level: Good}
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	at, found, err := l.DB.Logs().Oldest(ctx)
	if err == nil && found && l.Clock.Now().Sub(account.LeavesAt(at)) > 2*rotateEvery {
		c.Level, c.Text = Warned, "A month of the log should have left by now. See whether the archive can be written."
	}
	return c
}

// rotateEvery is how often it is looked whether a month has to leave.
const rotateEvery = time.Hour

// contribute writes a line of the contribution log in the transaction of what it is about.
// The ledger's entry holds the line's digest and not who it was: the house's key is never
// destroyed.
func (r *Records) contribute(tx *sqlstore.Tx, a habeas.Actor, operation account.Operation, object string, refused bool) error {
	return r.contributeFor(tx, a, a.Account, operation, object, refused)
}

// contributeFor is contribute for an author who may be another than the actor: then the actor is
// the trusted entity creator through whom it came (ATTR-10, LOG-11).
func (r *Records) contributeFor(tx *sqlstore.Tx, a habeas.Actor, author habeas.AccountID, operation account.Operation, object string, refused bool) error {
	if a.Account.IsZero() && a.System.IsZero() {
		return nil
	}
	now := r.Clock.Now()
	c := account.Contribution{ID: habeas.NewID[habeas.ContributionKind](now), At: now, Operation: operation, Object: object, Via: a.System, Refused: refused}
	if refused {
		c.Object = "" // LOG-10
	}
	for id, to := range map[habeas.AccountID]*account.Pseudonym{author: &c.By, through(a, author): &c.Through} {
		if id.IsZero() {
			continue
		}
		name, err := tx.Logs().Contributor(tx.Context(), id)
		if err != nil {
			return err
		}
		*to = name
	}
	digest := c.Digest()
	e := r.houseEvent(audit.ContributionLogged, habeas.Server, map[string]string{"sha256": hex.EncodeToString(digest[:])})
	e.ID = habeas.EventID(c.ID) // by it the line's entry is found
	return tx.Logs().SaveContribution(c, e)
}

// through is the third party of what an actor does for an author; zero: there is none.
func through(a habeas.Actor, author habeas.AccountID) habeas.AccountID {
	if a.Account == author {
		return habeas.AccountID{}
	}
	return a.Account
}

// refusedContribution notes an attempt that was refused, and returns why.
func (r *Records) refusedContribution(ctx context.Context, a habeas.Actor, operation account.Operation, why error) error {
	return r.refusedFor(ctx, a, a.Account, operation, why)
}

// refusedFor is refusedContribution for an author who may be another than the actor, or unknown.
func (r *Records) refusedFor(ctx context.Context, a habeas.Actor, author habeas.AccountID, operation account.Operation, why error) error {
	switch habeas.KindOf(why) {
	case habeas.KindForbidden, habeas.KindNotFound:
	default:
		return why
	}
	if err := r.DB.InTx(ctx, func(tx *sqlstore.Tx) error { return r.contributeFor(tx, a, author, operation, "", true) }); err != nil {
		return err
	}
	return why
}

// CheckContributions compares every line of the contribution log with what the ledger says of
// it. It returns how many lines there are and how many are not as they were written or have
// no entry, and how many entries have no line any more.
func (l *Logs) CheckContributions(ctx context.Context, a habeas.Actor) (lines, changed, missing int, err error) {
	if !a.Has(habeas.RoleAdministrator) {
		return 0, 0, 0, account.ErrNotAdministrator
	}
	there := make(map[habeas.EventID]bool)
	var after habeas.ContributionID
	for {
		acts, err := l.DB.Logs().ContributionsAfter(ctx, after, logBatch)
		if err != nil {
			return 0, 0, 0, err
		}
		for _, act := range acts {
			after = act.ID
			lines++
			there[habeas.EventID(act.ID)] = true
			said, err := l.DB.Event(ctx, habeas.SubjectID{}, habeas.EventID(act.ID))
			if err != nil && !gone(err) {
				return 0, 0, 0, err
			}
			digest := act.Digest()
			want, bad := hex.DecodeString(said.Detail["sha256"])
			if err != nil || bad != nil || said.Event != audit.ContributionLogged || !bytes.Equal(want, digest[:]) {
				changed++
			}
		}
		if len(acts) < logBatch {
			break
		}
	}
	var before habeas.EventID
	for {
		said, err := l.DB.Events(ctx, habeas.SubjectID{}, before, logBatch)
		if err != nil {
			return 0, 0, 0, err
		}
		for _, w := range said {
			before = w.ID
			if w.Event == audit.ContributionLogged && !there[w.ID] {
				missing++
			}
		}
		if len(said) == 0 {
			return lines, changed, missing, nil
		}
	}
}
