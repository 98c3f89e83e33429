package account

import (
	"context"
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Tellings is what the page about mails asks of the server (PTY-20).
type Tellings interface {
	// Wish is how the actor wants to be told, and whether their mail came back.
	Wish(ctx context.Context, a habeas.Actor) (account.Digest, error)
	Choose(ctx context.Context, a habeas.Actor, w account.Wish) error
	// Mend says that the actor's address is good again.
	Mend(ctx context.Context, a habeas.Actor) error
	// Told lists the mails of the last weeks, the newest first.
	Told(ctx context.Context, a habeas.Actor, limit int) ([]jobs.Delivery, error)
}

const (
	tellingPath = "/me/notifications"
	// toldShown is how many mails the page lists.
	toldShown = 50
)

func (s *Pages) mountTelling(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET "+tellingPath, s.telling)
	s.Handle(m, ui.SignedIn, "POST "+tellingPath, s.chooseTelling)
	s.Handle(m, ui.SignedIn, "POST "+tellingPath+"/mend", s.mendTelling)
}

// TellingPage is the data of me/notifications.
type TellingPage struct {
	Heading ui.Heading
	Bounced string // when mail came back; empty: it did not
	Mend    string
	Form    ui.Form
	Always  []string // what is always told at once
	Told    ui.Table
}

func (s *Pages) telling(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.tellingPage(r.Context(), v)
	if err != nil {
		return err
	}
	if r.URL.Query().Has("saved") {
		r = ui.WithNotice(r, ui.Notice{Kind: ui.NoticeDone, Text: v.P.T("You are told as you chose.")})
	}
	return s.Render(w, r, http.StatusOK, "me/notifications", page)
}

func (s *Pages) tellingPage(ctx context.Context, v ui.Visit) (TellingPage, error) {
	p := v.P
	d, err := s.Tellings.Wish(ctx, v.Actor)
	if err != nil {
		return TellingPage{}, err
	}
	told, err := s.Tellings.Told(ctx, v.Actor, toldShown)
	if err != nil {
		return TellingPage{}, err
	}
	page := TellingPage{
		Heading: ui.Heading{Title: p.T("How you are told"), Lead: p.T("What we write to you, and how often.")},
		Mend:    tellingPath + "/mend", Form: tellingForm(p, d.Wish),
		Always: []string{
			p.T("a record is claimed or linked"), p.T("a claim is disputed or decided"), p.T("an address or passkey of your account changes"),
			p.T("staff ask before they merge or split a record of yours"),
		},
		Told: s.toldTable(p, told),
	}
	if !d.BouncedAt.IsZero() {
		page.Bounced = p.Date(d.BouncedAt.In(s.Zone()))
	}
	return page, nil
}

func tellingForm(p lang.Printer, w account.Wish) ui.Form {
	every := ui.Control{
		Kind: ui.ControlRadio, Name: "every", Label: p.T("Who looked at your records"), Value: string(w.Often()),
		Hint: p.T("One mail with numbers: no names, and nothing of what they saw. It comes only if somebody looked."),
	}
	for _, e := range account.EveryChoices {
		every.Options = append(every.Options, ui.Option{Value: string(e), Text: everyName(p, e)})
	}
	f := ui.Form{Action: tellingPath, Submit: p.T("Save"), Controls: []ui.Control{every}}
	box := func(t account.Telling, label string) {
		f.Controls = append(f.Controls, ui.Control{Kind: ui.ControlCheckbox, Name: "tell_" + string(t), Value: "on", Label: label, Checked: w.Wants(t)})
	}
	f.Controls = append(f.Controls, ui.Control{Kind: ui.ControlHeading, Label: p.T("What it counts")})
	box(account.TellLooks, p.T("Staff opened a record"))
	box(account.TellLists, p.T("Staff saw it in a list"))
	box(account.TellReads, p.T("Connected systems read it"))
	box(account.TellCodes, p.T("Somebody saw it with a consent code"))
	f.Controls = append(f.Controls, ui.Control{Kind: ui.ControlHeading, Label: p.T("At once, each in a mail of its own")})
	box(account.TellProposals, p.T("Others propose something for a record"))
	box(account.TellPasses, p.T("Somebody uses a consent code"))
	box(account.TellReminders, p.T("Staff ask you to complete a record"))
	return f
}

func everyName(p lang.Printer, e account.Every) string {
	switch e {
	case account.Daily:
		return p.T("Every day")
	case account.Weekly:
		return p.T("Every week, on Monday")
	case account.Monthly:
		return p.T("Every month, on the first")
	case account.Never:
	}
	return p.T("Never")
}

func (s *Pages) chooseTelling(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	every := make([]string, len(account.EveryChoices))
	for i, e := range account.EveryChoices {
		every[i] = string(e)
	}
	wish := account.Wish{Every: account.Every(f.Choice("every", every...))}
	for _, kinds := range [][]account.Telling{account.InDigest, account.AtOnce} {
		for _, t := range kinds {
			if !f.Bool("tell_" + string(t)) {
				wish.Off = append(wish.Off, t)
			}
		}
	}
	if err = f.Err(); err == nil {
		err = s.Tellings.Choose(r.Context(), v.Actor, wish)
	}
	if err != nil {
		page, wrong := s.tellingPage(r.Context(), v)
		if wrong != nil {
			return wrong
		}
		return s.Again(w, r, v, err, "me/notifications", &page, &page.Form, f)
	}
	http.Redirect(w, r, tellingPath+"?saved", http.StatusSeeOther)
	return nil
}

func (s *Pages) mendTelling(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err == nil {
		err = f.Err()
	}
	if err == nil {
		err = s.Tellings.Mend(r.Context(), v.Actor)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, tellingPath+"?saved", http.StatusSeeOther)
	return nil
}

// toldTable lists mails: of which kind, when, and what became of them.
func (s *Pages) toldTable(p lang.Printer, told []jobs.Delivery) ui.Table {
	t := ui.Table{
		ID: "told", Caption: p.T("What we wrote to you in the last 30 days"), Prose: true,
		Columns: []ui.Column{{Text: p.T("About")}, {Text: p.T("When")}, {Text: p.T("What became of it")}},
		Empty:   ui.Empty{Text: p.T("No mail went to you in the last 30 days.")},
	}
	for _, m := range told {
		tag := ui.Tag{Kind: ui.TagInfo, Text: p.T("on its way")}
		switch m.State {
		case jobs.Ended:
			tag = ui.Tag{Kind: ui.TagQuiet, Text: p.T("delivered")}
		case jobs.Failed:
			tag = ui.Tag{Kind: ui.TagDanger, Text: p.T("came back")}
			if !strings.HasPrefix(m.Reason, "recipient") {
				tag.Text = p.T("not sent")
			}
		case jobs.Waiting:
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: aboutWords(p, mail.Kind(m.About))}, {Text: p.DateTime(m.QueuedAt, s.Zone())}, {Tag: &tag}})
	}
	return t
}

// aboutWords says what a mail was about, and nothing of what it said.
func aboutWords(p lang.Printer, kind mail.Kind) string {
	switch kind {
	case mail.KindCode:
		return p.T("A code that was asked for")
	case mail.KindInvitation:
		return p.T("An invitation to a record")
	case mail.KindClaimed, mail.KindClaimedKnown, mail.KindLinked:
		return p.T("A record was claimed or linked")
	case mail.KindRecovered, mail.KindPasskeyAdded, mail.KindProviderAdded:
		return p.T("How you sign in has changed")
	case mail.KindAddressWaiting, mail.KindAddressChanged, mail.KindAddressMain, mail.KindAddressKept:
		return p.T("Your main address")
	case mail.KindEscrowKept, mail.KindEscrowEnded, mail.KindResetWaiting, mail.KindResetNow, mail.KindResetStopped, mail.KindFileReset, mail.KindRegistrationReset:
		return p.T("Your registration file")
	case mail.KindKeeperAsked, mail.KindKeeperAnswered, mail.KindKeeperLost, mail.KindKeeperNeeded:
		return p.T("Key keepers")
	case mail.KindProposal:
		return p.T("Others propose something")
	case mail.KindNotice, mail.KindRetention:
		return p.T("What is held about you")
	case mail.KindAsked, mail.KindAnswered, mail.KindExtended:
		return p.T("Something that you asked for")
	case mail.KindQuestion:
		return p.T("A question about merging or splitting")
	case mail.KindPassUsed:
		return p.T("A consent code was used")
	case mail.KindGuardian, mail.KindGuardianDay, mail.KindGuardianEnded:
		return p.T("Acting for somebody as guardian")
	case mail.KindDigest:
		return p.T("Who looked")
	case mail.KindReminder:
		return p.T("Details that are missing")
	case mail.KindDisputed, mail.KindFrozen, mail.KindDisputeReceived, mail.KindDisputeKept, mail.KindDisputeUndone, mail.KindDisputeGranted:
		return p.T("A dispute")
	case mail.KindRefused, mail.KindStubConfirmed, mail.KindLocked, mail.KindRequestDue, mail.KindWebhook, mail.KindContact, mail.KindComplaint, mail.KindRolesEnded, mail.KindBackupLate, mail.KindRootNeeded, mail.KindRoleAsked, mail.KindSiteWaits, mail.KindSiteAnswer:
		return p.T("Your work here")
	case mail.KindWritten:
		return p.T("Somebody wrote to you")
	case mail.KindRoleGiven, mail.KindRoleWaits, mail.KindRoleEnded, mail.KindRoleRefused:
		return p.T("Your roles")
	case mail.KindRegistered, mail.KindReregistered, mail.KindUnregistered, mail.KindCertificateCode:
		return p.T("Your registration")
	case mail.KindBehalfCode, mail.KindBehalf, mail.KindMandate, mail.KindMandateEnded:
		return p.T("A trusted entity creator acts for you")
	case mail.KindBreach:
		return p.T("A breach of data")
	case mail.KindRelease:
		return p.T("A legal demand for data")
	case mail.KindTermEnds, mail.KindLapsed, mail.KindTermGoes, mail.KindRenewed:
		return p.T("Your registration")
	case mail.KindErased, mail.KindAccountErased:
		return p.T("Something was erased")
	case mail.KindTest:
		return p.T("A test")
	}
	return p.T("A mail")
}
