package account

import (
	"context"
	"net/http"
	"net/url"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

const (
	addressesAt = "/me/addresses"
	mainAt      = addressesAt + "/main"
	stopAt      = "/address-change"
)

// AddressesPage is the data of account/addresses.
type AddressesPage struct {
	Heading ui.Heading
	Change  *ChangeNotice // nil: none under way
	Lines   []AddressLine
	CanMain bool // another main address may be chosen now
	More    ui.Form
}

// AddressLine is one address with what may be done about it.
type AddressLine struct {
	Text, Note string
	Tag        *ui.Tag
	Hash       string
	MainURL    string // leads to making it the main one; empty: not now
	Removable  bool
	Prove      bool // it stands on a provider's word: a code proves it
}

// ChangeNotice tells of a change of the main address under way.
type ChangeNotice struct {
	Notice ui.Notice
	Stop   bool // it still waits: a button stops it
}

func (s *Pages) addresses(r *http.Request, v ui.Visit) (AddressesPage, error) {
	p := v.P
	h, err := s.Accounts.Holdings(r.Context(), v.Actor)
	if err != nil {
		return AddressesPage{}, err
	}
	change, changing, err := s.Accounts.Changing(r.Context(), v.Actor)
	if err != nil {
		return AddressesPage{}, err
	}
	page := AddressesPage{
		Heading: ui.Heading{
			Title: p.T("Your addresses"), Back: &ui.Link{Text: p.T("How you sign in"), URL: "/me/credentials"},
			Lead: p.T("We write to the main one, and recovering your account starts there. Records known at any of them are offered to you."),
		},
		CanMain: !changing,
		More: ui.Form{
			Action: addressesAt,
			Controls: []ui.Control{
				{Kind: ui.ControlEmail, Name: "address", Label: p.T("Another e-mail address"), Autocomplete: "off", MaxLength: ui.MaxAddress, CheckURL: "/join/check"},
				{Kind: ui.ControlEmail, Name: "again", Label: p.T("The same address again"), Autocomplete: "off", MaxLength: ui.MaxAddress, Same: "address"},
			},
			Submit: p.T("Send a code there"), Next: p.T("The address is added once the code is typed. Records known at it are then offered to you."),
		},
	}
	now := s.Clock.Now()
	for _, a := range h.Addresses {
		l := AddressLine{Text: a.Display, Hash: ui.HashText(a.Hash), Note: s.provedNote(p, a, now), Prove: a.Vouched()}
		part := changing && (a.Hash == change.From || a.Hash == change.To) // the change needs it
		switch {
		case a.Main:
			l.Tag = &ui.Tag{Kind: ui.TagYours, Text: p.T("main address")}
		case !changing:
			l.MainURL = mainAt + "?address=" + l.Hash
		}
		l.Removable = !a.Main && !part
		page.Lines = append(page.Lines, l)
	}
	if changing {
		page.Change = s.changeNotice(p, change)
	}
	return page, nil
}

func (s *Pages) changeNotice(p lang.Printer, c account.Change) *ChangeNotice {
	if c.Waits() {
		return &ChangeNotice{Stop: true, Notice: ui.Notice{
			Kind: ui.NoticeInfo, Title: p.T("Your main address is about to change"),
			Text: p.T("It becomes {address} after {time}. Until then nothing changes, and the old address was told how to stop it.",
				"address", c.Display, "time", p.DateTime(c.Due, s.Zone())),
		}}
	}
	return &ChangeNotice{Notice: ui.Notice{
		Kind: ui.NoticeInfo, Title: p.T("Your main address has changed"),
		Text: p.T("The old address can take it back until {time}, by the link in its mail. So it stays yours until then.", "time", p.DateTime(c.Ends, s.Zone())),
	}}
}

func (s *Pages) addressesPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.addresses(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, tellAddress(r, v.P), http.StatusOK, "account/addresses", page)
}

// tellAddress puts what has just happened above the page.
func tellAddress(r *http.Request, p lang.Printer) *http.Request {
	f := ui.FrameOf(r)
	done := func(text string) { f.Notices = append(f.Notices, ui.Notice{Kind: ui.NoticeDone, Text: text}) }
	switch q := r.URL.Query(); q.Get("done") {
	case "added":
		done(p.T("The address is one of yours now."))
	case "waiting":
		done(p.T("The new address is confirmed, and the old one was told."))
	case "stopped":
		done(p.T("The change is stopped. Your main address stays as it was."))
	case "restored":
		done(p.T("The address is one of yours again."))
	case "removed":
		f.Undo = &ui.Undo{
			Text: p.T("The address no longer belongs to your account."), Action: addressesAt + "/restore",
			Hidden: []ui.Hidden{{Name: "address", Value: ui.HashText(ui.ParseHash(q.Get("address")))}},
		}
	}
	return ui.WithFrame(r, f)
}

func addressDone(w http.ResponseWriter, r *http.Request, query string) error {
	http.Redirect(w, r, addressesAt+"?done="+query, http.StatusSeeOther)
	return nil
}

func (s *Pages) addAddress(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	address := ui.TypedAddress(f, true)
	if err := f.Err(); err != nil {
		page, pageErr := s.addresses(r, v)
		if pageErr != nil {
			return pageErr
		}
		return s.Again(w, r, v, err, "account/addresses", &page, &page.More, f)
	}
	id, err := s.Accounts.AskForAddress(r.Context(), v.Actor, s.asking(w, r, address, v.P.Lang, addressesAt))
	if err != nil {
		return err
	}
	return toCode(w, r, id)
}

func (s *Pages) removeAddress(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	text, err := oneField(w, r, "address")
	if err != nil {
		return err
	}
	hash := ui.ParseHash(text)
	if err := s.Accounts.RemoveAddress(r.Context(), v.Actor, hash); err != nil {
		return err
	}
	return addressDone(w, r, "removed&address="+ui.HashText(hash))
}

func (s *Pages) restoreAddress(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	text, err := oneField(w, r, "address")
	if err != nil {
		return err
	}
	if err := s.Accounts.RestoreAddress(r.Context(), v.Actor, ui.ParseHash(text)); err != nil {
		return err
	}
	return addressDone(w, r, "restored")
}

// MainPage is the data of account/main-address. Either Passkey or Code asks who it is,
// or Form asks which address.
type MainPage struct {
	Heading ui.Heading
	Steps   []string
	Passkey *ui.Passkey
	Code    *ui.Form
	Form    *ui.Form
}

// mainPage makes the page for one of the account's addresses, or for a new one when
// own is zero.
func (s *Pages) mainPage(r *http.Request, v ui.Visit, own keyring.LookupHash) (MainPage, error) {
	p := v.P
	page := MainPage{
		Heading: ui.Heading{Title: p.T("Change your main address"), Back: &ui.Link{Text: p.T("Your addresses"), URL: addressesAt}},
		Steps: []string{
			p.T("You show that it is you."),
			p.T("You type a code that we send to the new address."),
			p.T("We tell the old address, which can stop the change. After a wait the new one takes its place."),
		},
	}
	h, err := s.Accounts.Holdings(r.Context(), v.Actor)
	if err != nil {
		return page, err
	}
	lately, err := s.Accounts.ProvedLately(r.Context(), v.Actor, account.Token(v.Signed))
	if err != nil {
		return page, err
	}
	to := mainAt
	if own != (keyring.LookupHash{}) {
		to += "?address=" + ui.HashText(own)
	}
	switch {
	case lately:
		page.Form = mainForm(p, h, own)
	case len(h.Passkeys) > 0:
		page.Passkey = &ui.Passkey{
			OptionsURL: "/sign-in/passkey/options", FinishURL: "/sign-in/passkey?to=" + url.QueryEscape(to), Button: p.T("Show with your passkey that it is you"),
		}
	case h.Main().Vouched() && s.voucherForm(p, h, to) != nil:
		page.Code = s.voucherForm(p, h, to)
	default:
		page.Code = &ui.Form{
			Action: mainAt + "/prove", Hidden: []ui.Hidden{{Name: "to", Value: to}}, Submit: p.T("Send a code to my main address"),
			Next: p.T("The code goes to {address}. With a passkey this takes one touch.", "address", h.Main().Display),
		}
	}
	return page, nil
}

func mainForm(p lang.Printer, h account.Holdings, own keyring.LookupHash) *ui.Form {
	f := &ui.Form{
		Action: mainAt, Submit: p.T("Send a code there"), Cancel: &ui.Link{Text: p.T("Leave it as it is"), URL: addressesAt},
		Next: p.T("Nothing changes before the code is typed and the wait is over."),
	}
	for _, a := range h.Addresses {
		if a.Hash == own {
			f.Hidden = []ui.Hidden{{Name: "own", Value: ui.HashText(own)}}
			f.Next = p.T("The code goes to {address}. Nothing changes before it is typed and the wait is over.", "address", a.Display)
		}
	}
	if len(f.Hidden) == 0 {
		f.Controls = []ui.Control{
			{Kind: ui.ControlEmail, Name: "address", Label: p.T("New main address"), Autocomplete: "email", MaxLength: ui.MaxAddress, CheckURL: "/join/check"},
			{Kind: ui.ControlEmail, Name: "again", Label: p.T("The same address again"), Autocomplete: "off", MaxLength: ui.MaxAddress, Same: "address"},
		}
	}
	f.Controls = append(f.Controls, ui.Control{
		Kind: ui.ControlCheckbox, Name: "record", Value: "true", Label: p.T("Say it in my records too"), Optional: true,
		Hint: p.T("Once it is the main one, the records you control say it under your name."),
	})
	return f
}

func (s *Pages) askMain(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.mainPage(r, v, ui.ParseHash(r.URL.Query().Get("address")))
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "account/main-address", page)
}

// proveAgain mails a code to the main address of an account without passkey: whoever
// types it signs in anew, which is recent enough.
func (s *Pages) proveAgain(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	to, err := oneField(w, r, "to")
	if err != nil {
		return err
	}
	id, err := s.Accounts.AskToProve(r.Context(), v.Actor, s.asking(w, r, email.Address{}, v.P.Lang, to))
	if err != nil {
		return err
	}
	return toCode(w, r, id)
}

func (s *Pages) changeMain(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	own, record := ui.ParseHash(f.String("own", 64)), f.Bool("record")
	var address email.Address
	if own == (keyring.LookupHash{}) {
		address = ui.TypedAddress(f, true)
	}
	var id habeas.ChallengeID
	if err = f.Err(); err == nil {
		id, err = s.Accounts.AskForMain(r.Context(), v.Actor, account.Token(v.Signed), s.asking(w, r, address, v.P.Lang, addressesAt), own, record)
	}
	if err != nil {
		page, pageErr := s.mainPage(r, v, own)
		if pageErr != nil {
			return pageErr
		}
		if page.Form == nil {
			return err // too long ago: the page asks who it is first
		}
		return s.Again(w, r, v, err, "account/main-address", &page, page.Form, f)
	}
	return toCode(w, r, id)
}

func (s *Pages) stopChange(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Accounts.StopChange(r.Context(), v.Actor); err != nil {
		return err
	}
	return addressDone(w, r, "stopped")
}

// StopPage is the data of account/address-stop.
type StopPage struct {
	Heading ui.Heading
	Done    *ui.Notice
	Form    *ui.Form
}

// stopPage only asks: a mail scanner that opens the link stops nothing (PTY-A19).
func (s *Pages) stopPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	p, q := v.P, r.URL.Query()
	if q.Get("done") == "stopped" {
		return s.Render(w, r, http.StatusOK, "account/address-stop", StopPage{
			Heading: ui.Heading{Title: p.T("The main address stays as it was")},
			Done: &ui.Notice{
				Kind: ui.NoticeDone, Title: p.T("Every sign-in of the account has ended"),
				Text: p.T("If somebody else was in your account, recover it now: have a code sent to this address."), Link: &ui.Link{Text: p.T("Sign in or recover"), URL: "/sign-in"},
			},
		})
	}
	link := edge.Secret(r.Context(), q.Get("t"))
	c, err := s.Accounts.Stoppable(r.Context(), link)
	if err != nil {
		return err
	}
	page := StopPage{
		Heading: ui.Heading{
			Title: p.T("Stop the change of your main address?"),
			Lead:  p.T("After {time} another address takes the place of the one that this mail came to. If you asked for that, close this page.", "time", p.DateTime(c.Due, s.Zone())),
		},
		Form: &ui.Form{
			Action: stopAt, Danger: true, Hidden: []ui.Hidden{{Name: "t", Value: edge.Show(r.Context(), link)}}, Submit: p.T("Stop the change"),
			Next: p.T("Every sign-in of the account ends, and all its addresses are told."),
		},
	}
	if !c.Waits() {
		page.Heading.Title, page.Form.Submit = p.T("Take the change of your main address back?"), p.T("Take the change back")
		page.Heading.Lead = p.T("Another address has taken the place of the one that this mail came to. If you asked for that, close this page. You can take it back until {time}.",
			"time", p.DateTime(c.Ends, s.Zone()))
	}
	return s.Render(w, r, http.StatusOK, "account/address-stop", page)
}

func (s *Pages) stop(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	return stopByLink(w, r, stopAt, s.Accounts.StopByLink)
}

// stopByLink does what the form of a stop page asks for, and goes back to that page.
func stopByLink(w http.ResponseWriter, r *http.Request, page string, stop func(context.Context, sealed.Value) error) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	link := f.Secret("t")
	if err := f.Err(); err != nil {
		return err
	}
	if err := stop(r.Context(), link); err != nil {
		return err
	}
	http.Redirect(w, r, page+"?done=stopped", http.StatusSeeOther)
	return nil
}
