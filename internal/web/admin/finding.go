package admin

import (
	"slices"
	"time"

	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Weight is how much a finding wants somebody's attention.
type Weight string

// The weights.
const (
	Fine Weight = "fine"
	Note Weight = "note" // when there is time
	Grim Weight = "grim" // now
)

// Finding is one thing that was looked at, in plain words.
type Finding struct {
	Weight Weight
	Part   string // "Backup"
	Text   string // how it is
	Advice string // what to do; empty when there is nothing
	Link   *ui.Link
}

// What is still in order.
const (
	// sealLag is how long lines may wait for a checkpoint, which is signed each second.
	sealLag = time.Minute
	// certificateLead is how long before its end a certificate is spoken of: one that
	// renews itself has been renewed by then.
	certificateLead = 14 * 24 * time.Hour
	// clockSlack is how far ahead of the clock the newest line may be: nodes differ.
	clockSlack = time.Minute
)

// findings looks at every part. What is wrong comes apart, the worst first.
func (s *Pages) findings(p lang.Printer, st State) (wrong, right []Finding) {
	for _, look := range []func(lang.Printer, State) Finding{
		s.lookAtBackup, s.lookAtDisk, s.lookAtLedger, lookAtSearch, lookAtMail, lookAtKeys, lookAtDatabase, lookAtSessions, lookAtReleases, s.lookAtDirectory, s.lookAtCertificate, s.lookAtAuthorities, s.lookAtClock, lookAtTerms,
	} {
		switch f := look(p, st); f.Weight {
		case "": // there is no such part
		case Fine:
			right = append(right, f)
		default:
			wrong = append(wrong, f)
		}
	}
	slices.SortStableFunc(wrong, func(a, b Finding) int {
		if a.Weight == b.Weight {
			return 0
		}
		if a.Weight == Grim {
			return -1
		}
		return 1
	})
	return wrong, right
}

// verdict sums up in one sentence.
func verdict(p lang.Printer, wrong []Finding) ui.Notice {
	n := ui.Notice{Kind: ui.NoticeDone, Text: p.T("Everything is in order.")}
	if len(wrong) > 0 {
		n.Kind, n.Text = ui.NoticeWarning, p.Plural(len(wrong), "{n} thing wants your attention.", "{n} things want your attention.")
		if wrong[0].Weight == Grim {
			n.Kind = ui.NoticeDanger
		}
	}
	return n
}

func (s *Pages) lookAtBackup(p lang.Printer, st State) Finding {
	f := Finding{Weight: Fine, Part: p.T("Backup")}
	advice := p.T("Run “habeas backup” from a daily timer, and keep the files on another machine.")
	switch {
	case st.Backup.IsZero():
		f.Weight, f.Text, f.Advice = Grim, p.T("No backup was ever made."), advice
	case st.Now.Sub(st.Backup) > st.BackupWithin:
		f.Weight, f.Text, f.Advice = Note, p.T("The last backup is of {time}.", "time", p.DateTime(st.Backup, s.Zone())), advice
	default:
		f.Text = p.T("The last backup is of {time}.", "time", p.DateTime(st.Backup, s.Zone()))
	}
	return f
}

// lookAtAuthorities says what has to be done at the machine of the root of the authorities.
func (s *Pages) lookAtAuthorities(p lang.Printer, st State) Finding {
	if len(st.Authorities) == 0 {
		return Finding{}
	}
	f := Finding{Weight: Note, Part: p.T("Certificate authorities"), Advice: p.T("Do it on the machine of the root: the chapter on the certificate authority says how.")}
	for _, n := range st.Authorities {
		if n.Late(st.Now) {
			f.Weight = Grim
		}
		if f.Text != "" {
			f.Text += " "
		}
		day := p.Date(n.By.In(s.Zone()))
		switch n.Issuer.Kind {
		case pki.Root:
			if n.By.IsZero() {
				f.Text += p.T("No list of authorities that the root has revoked was brought in yet.")
			} else {
				f.Text += p.T("The list of authorities that the root has revoked ends on {day}.", "day", day)
			}
		case pki.Identity:
			f.Text += p.T("Until {day} the authority needs its next generation, or nobody can register for three years.", "day", day)
		case pki.Attribute:
			f.Text += p.T("Until {day} the authority for roles needs its next generation.", "day", day)
		case pki.Server:
			f.Text += p.T("Until {day} the authority for servers needs its next generation.", "day", day)
		}
	}
	return f
}

// lookAtTerms says whether accounts outlive their time.
func lookAtTerms(p lang.Printer, st State) Finding {
	f := Finding{Weight: Fine, Part: p.T("Registrations"), Text: p.T("No account outlives its time.")}
	if st.Overdue > 0 {
		f.Weight = Note
		f.Text = p.Plural(st.Overdue, "{n} account should have been erased.", "{n} accounts should have been erased.")
		f.Advice = p.T("A dispute or a hold keeps a record of its person. The account goes by itself once that ends.")
	}
	return f
}

func (s *Pages) lookAtDisk(p lang.Printer, st State) Finding {
	f := Finding{Weight: Fine, Part: p.T("Disk"), Text: p.T("{free} of {total} are free.", "free", size(p, st.Free), "total", size(p, st.Total))}
	switch {
	case st.Disk == DiskFull:
		f.Weight, f.Advice = Grim, p.T("The disk is nearly full, so nothing new is taken in; reading and erasing go on. Make room.")
	case st.Disk == DiskLow:
		f.Weight, f.Advice = Note, p.T("The disk is filling up. Make room before nothing new is taken in.")
	case st.Total == 0:
		f.Text = p.T("This system does not tell how much room there is.")
	}
	return f
}

func (s *Pages) lookAtLedger(p lang.Printer, st State) Finding {
	f := Finding{
		Weight: Fine, Part: p.T("Ledger"),
		Text: p.Plural(int(st.Lines), "{n} line.", "{n} lines.") + " " + p.T("The newest seal is of {time}.", "time", p.DateTime(st.SealedAt, s.Zone())),
	}
	waiting := st.Staged + max(st.Lines-st.Sealed, 0)
	if waiting > 0 {
		f.Text += " " + p.Plural(int(waiting), "{n} line waits for its seal.", "{n} lines wait for their seal.")
		if st.Now.Sub(st.SealedAt) > sealLag && st.Now.Sub(st.Newest) > sealLag {
			f.Weight, f.Advice = Grim, p.T("They should wait for a second only. Until they are sealed nobody gets a receipt for them. The server's log says what stands in the way.")
		}
	}
	return f
}

func lookAtReleases(p lang.Printer, st State) Finding {
	f := Finding{Weight: Fine, Part: p.T("Notices of legal demands"), Text: p.T("None is overdue.")}
	if st.NoticesLate > 0 {
		f.Weight, f.Text = Grim, p.Plural(st.NoticesLate, "{n} notice of a legal demand is overdue.", "{n} notices of legal demands are overdue.")
		f.Advice = p.T("They go out by themselves within ten minutes. If they do not, open the case and send the notice.")
		f.Link = &ui.Link{Text: p.T("Releases of data"), URL: releasesPath}
	}
	return f
}

func lookAtSearch(p lang.Printer, st State) Finding {
	f := Finding{Weight: Fine, Part: p.T("Search"), Text: p.Plural(st.Records, "Search covers {n} record: all there are.", "Search covers {n} records: all there are.")}
	if !st.Searchable {
		f.Weight, f.Text = Note, p.T("The search index is still being built, as it is after every start. Staff may not find everybody yet.")
	}
	return f
}

func lookAtMail(p lang.Printer, st State) Finding {
	f := Finding{Weight: Fine, Part: p.T("Mail"), Text: p.T("Nothing waits to be sent.")}
	if st.Waiting > 0 {
		f.Text = p.Plural(st.Waiting, "{n} mail waits to be sent.", "{n} mails wait to be sent.")
	}
	switch {
	case !st.MailServer:
		f.Weight = Grim
		f.Text = p.T("No mail server is set, so nobody gets a code or an invitation.") + " " + f.Text
		f.Advice = p.T("Set [smtp] in habeas.toml, start the server again, and send yourself a test mail.")
	case st.GivenUp > 0:
		f.Weight = Note
		f.Text += " " + p.Plural(st.GivenUp, "{n} mail was given up in the last 30 days.", "{n} mails were given up in the last 30 days.")
	}
	f.Link = &ui.Link{Text: p.T("See the mails"), URL: deliveriesPath}
	return f
}

func lookAtKeys(p lang.Printer, st State) Finding {
	f := Finding{Weight: Fine, Part: p.T("Keys"), Text: p.Plural(st.Keys, "{n} key.", "{n} keys.")}
	if st.Erased > 0 {
		f.Text += " " + p.Plural(st.Erased, "{n} was destroyed: what it sealed is noise, also in old copies.", "{n} were destroyed: what they sealed is noise, also in old copies.")
	}
	if st.Erasing {
		f.Weight = Note
		f.Text += " " + p.T("The last erasure is not finished: its key may still lie in free space of the key store.")
		f.Advice = p.T("The server finishes it by itself, at the latest with the next start. Until then, do not copy the key store.")
	}
	return f
}

func lookAtDatabase(p lang.Printer, st State) Finding {
	return Finding{Weight: Fine, Part: p.T("Database"), Text: p.T("{engine}, {size}.", "engine", st.Engine, "size", size(p, uint64(max(st.Bytes, 0))))}
}

func lookAtSessions(p lang.Printer, st State) Finding {
	f := Finding{Weight: Fine, Part: p.T("Session log"), Text: p.T("Nothing was lost since the start."), Link: &ui.Link{Text: p.T("See the session log"), URL: sessionsPath}}
	if st.LinesLost > 0 {
		f.Text = p.Plural(int(st.LinesLost), "{n} line was lost since the start.", "{n} lines were lost since the start.")
	}
	if st.LinesFail {
		f.Weight, f.Advice = Note, p.T("It cannot be written, so people's steps are not recorded; they notice nothing of it. Look for room on the disk, and for who may write to the folder “sessions”.")
	}
	return f
}

func (s *Pages) lookAtCertificate(p lang.Printer, st State) Finding {
	f := Finding{Weight: Fine, Part: p.T("Certificate"), Text: p.T("This server holds none of its own: a proxy in front of it does, or only this machine reaches it.")}
	if st.Certificate.IsZero() {
		return f
	}
	f.Text = p.T("Good until {date}.", "date", p.Date(st.Certificate.In(s.Zone())))
	switch left := st.Certificate.Sub(st.Now); {
	case left <= 0:
		f.Weight, f.Text = Grim, p.T("It ended on {date}. Browsers refuse to open this site.", "date", p.Date(st.Certificate.In(s.Zone())))
		f.Advice = p.T("Renew it. The server takes a new file without a restart.")
	case left < certificateLead:
		f.Weight, f.Advice = Note, p.T("Renew it before then. The server takes a new file without a restart.")
	}
	return f
}

func (s *Pages) lookAtClock(p lang.Printer, st State) Finding {
	f := Finding{Weight: Fine, Part: p.T("Clock"), Text: p.T("It is {time} here. Does your watch say the same?", "time", p.DateTime(st.Now, s.Zone()))}
	if st.Newest.Sub(st.Now) > clockSlack {
		f.Weight = Grim
		f.Text = p.T("It is {time} here, but the newest line of the ledger says {newest}: the clock went back.", "time", p.DateTime(st.Now, s.Zone()), "newest", p.DateTime(st.Newest, s.Zone()))
		f.Advice = p.T("Set the clock, and keep it by NTP. Codes and sign-ins live longer than they should until then.")
	}
	return f
}

// size writes an amount of bytes as people say it: "48 MB".
func size(p lang.Printer, n uint64) string {
	units := []string{"kB", "MB", "GB", "TB"}
	i := 0
	for n /= 1000; n >= 10_000 && i < len(units)-1; i++ {
		n /= 1000
	}
	return p.Number(int64(n)) + "\u00a0" + units[i] //nolint:gosec // far below the limit
}
